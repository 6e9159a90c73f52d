"""The dataset of a run."""

from __future__ import annotations

from pathlib import Path

from ml.data.load import Dataset, load
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
    try:
        config = read_config(run)
    except FileNotFoundError as error:
        raise DataError(f"{run} contains no finished run. Train one first: nox -s train.") from error
    name, split = config["dataset"]["name"], config["dataset"]["split"]
    dataset = load(name, data_dir, split)
    if dataset.describe() != config["dataset"]:
        raise DataError(
            f"{run} was trained on {name}, but only {dataset.name} is available. Use the same --data-dir as in "
            "training, or connect to the network."
        )
    return dataset
