"""The dataset of a run."""

from __future__ import annotations

from pathlib import Path

from ml.data.dataset import Dataset
from ml.data.load import load
from ml.errors import DataError
from ml.runs import read_config


def load_data_of(run: Path, data_dir: Path | None) -> Dataset:
    """Load the dataset that a run was trained on.

    Args:
        run: The run folder.
        data_dir: Local folder with the datasets. With None, they are downloaded.

    Raises:
        DataError: The run is not finished, or its dataset is not available.
    """
    description = read_config(run).dataset
    dataset = load(description.name, data_dir, description.split)
    if dataset.describe() != description:
        raise DataError(
            f"{run} was trained on {description.name}, but only {dataset.name} is available. Use the same --data-dir "
            "as in training, or connect to the network."
        )
    return dataset
