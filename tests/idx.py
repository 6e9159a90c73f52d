"""IDX files and small datasets for tests, made here."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path
from typing import Any

import numpy as np

from ml.data import load as data
from ml.data.load import TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS, Dataset


def write_idx(path: Path, array: np.ndarray[Any, Any]) -> None:
    codes = {"u1": 8, "i4": 12}
    header = struct.pack(">HBB", 0, codes[array.dtype.str[1:]], array.ndim)
    header += struct.pack(f">{array.ndim}I", *array.shape)
    path.write_bytes(gzip.compress(header + array.astype(array.dtype.newbyteorder(">")).tobytes()))


def write_family(folder: Path, train: int = 240, test: int = 30) -> None:
    """Write the four files of a dataset of the MNIST family, drawn from scikit-learn's digits."""
    small = data.load(data.FALLBACK)
    folder.mkdir(parents=True, exist_ok=True)
    write_idx(folder / TRAIN_IMAGES, small.x_train[:train])
    write_idx(folder / TRAIN_LABELS, small.y_train[:train].astype(np.uint8))
    write_idx(folder / TEST_IMAGES, small.x_test[:test])
    write_idx(folder / TEST_LABELS, small.y_test[:test].astype(np.uint8))


def small_dataset(train: int = 256) -> Dataset:
    """Real digits, few of them."""
    whole = data.load(data.FALLBACK)
    return Dataset(
        "small",
        whole.x_train[:train],
        whole.y_train[:train],
        whole.x_val,
        whole.y_val,
        whole.x_test[:64],
        whole.y_test[:64],
        "stratified",
    )
