"""The dataset of a run."""

from __future__ import annotations

from pathlib import Path

from ml.data.dataset import Dataset
from ml.data.load import load
from ml.errors import DataError
from ml.runs import TRAIN_AGAIN, read_config


def load_data_of(run: Path, data_dir: Path | None) -> Dataset:
    """Load the dataset that a run was trained on.

    Args:
        run: The run folder.
        data_dir: Local folder with the datasets. With None, they are downloaded.

    Raises:
        DataError: The run is not finished, or its dataset is not available.
    """
    config = read_config(run)
    dataset = load(config.dataset.name, data_dir, config.dataset.split)
    if dataset.describe() != config.dataset:
        raise DataError(
            f"{run} was trained on {config.dataset.name}, but only {dataset.name} is available. Use the same "
            "--data-dir as in training, or connect to the network."
        )
    if config.dataset_sha256 not in (None, dataset.sha256):
        raise DataError(
            f"{run} was trained on other images or on another split of {dataset.name}. Use the same --data-dir as in "
            f"training, or {TRAIN_AGAIN}."
        )
    return dataset
