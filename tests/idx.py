"""IDX files and small datasets for tests."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path
from typing import Any

import numpy as np

from ml.data.dataset import FALLBACK, Dataset
from ml.data.load import load
from ml.data.mnist import TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS

CODES = {"u1": 8, "i1": 9, "i2": 11, "i4": 12, "f4": 13, "f8": 14}


def idx_bytes(array: np.ndarray[Any, Any]) -> bytes:
    """Return the array in the IDX format."""
    header = struct.pack(">HBB", 0, CODES[array.dtype.str[1:]], array.ndim)
    header += struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


def write_idx(path: Path, array: np.ndarray[Any, Any]) -> None:
    """Write a gzipped IDX file."""
    path.write_bytes(gzip.compress(idx_bytes(array)))


def write_family(folder: Path, train: int = 240, test: int = 30) -> None:
    """Write the four files of MNIST with a few of scikit-learn's digits."""
    small = load(FALLBACK)
    folder.mkdir(parents=True, exist_ok=True)
    write_idx(folder / f"{TRAIN_IMAGES}.gz", small.x_train[:train])
    write_idx(folder / f"{TRAIN_LABELS}.gz", small.y_train[:train].astype(np.uint8))
    write_idx(folder / f"{TEST_IMAGES}.gz", small.x_test[:test])
    write_idx(folder / f"{TEST_LABELS}.gz", small.y_test[:test].astype(np.uint8))


def small_dataset(train: int = 256) -> Dataset:
    """Return a few of scikit-learn's digits."""
    whole = load(FALLBACK)
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
