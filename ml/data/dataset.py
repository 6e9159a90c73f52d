"""The type of a dataset, and the choice of validation images."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from ml.config import DatasetDescription, Split

Images = npt.NDArray[np.uint8]
"""(n, 28, 28), or (28, 28) for a single one; ink is bright."""

Labels = npt.NDArray[np.int64]
"""(n,), 0 to 9."""

FloatArray = npt.NDArray[np.floating[Any]]
"""Logits, probabilities or other real numbers of any shape."""

FALLBACK = "sklearn-digits"
"""Name of scikit-learn's 8×8 digits, which replace MNIST when it cannot be downloaded."""

VALIDATION_FOLDS = 12  # one of them validates: 5,000 of MNIST's 60,000


@dataclass(frozen=True)
class Dataset:
    """Images and labels in three disjoint parts, and images for training that show no digit."""

    name: str
    x_train: Images
    y_train: Labels
    x_val: Images
    y_val: Labels
    x_test: Images
    y_test: Labels
    split: Split
    x_outliers: Images = field(default_factory=lambda: np.zeros((0, 28, 28), np.uint8))

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the images and labels of all parts, which identifies the data and their split."""
        outliers = (self.x_outliers,) if len(self.x_outliers) else ()
        return arrays_sha256(self.x_train, self.y_train, self.x_val, self.y_val, self.x_test, self.y_test, *outliers)

    @property
    def fallback(self) -> bool:
        """Whether this replaces data that could not be downloaded."""
        return self.name == FALLBACK

    def describe(self) -> DatasetDescription:
        """Return the description for config.json and manifest.json."""
        return DatasetDescription(
            name=self.name,
            train=len(self.x_train),
            validation=len(self.x_val),
            test=len(self.x_test),
            split=self.split,
            fallback=self.fallback,
        )


def arrays_sha256(*arrays: Images | Labels) -> str:
    """Return the hexadecimal SHA-256 of images and labels with their shapes."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.shape}".encode())
        digest.update(array.astype("u1" if array.dtype == np.uint8 else "<i8").tobytes())
    return digest.hexdigest()


def split_off_validation(
    name: str, x: Images, y: Labels, x_test: Images, y_test: Labels, *, writers: Labels | None
) -> Dataset:
    """Set aside one twelfth of the training images for validation, the same ones for every experiment.

    Args:
        name: Name of the dataset.
        x: Training and validation images.
        y: Their labels.
        x_test: Test images.
        y_test: Their labels.
        writers: (n,) the writer of each of `x`. No writer is then in both parts. None: stratified by label only.

    Raises:
        ValueError: There are fewer than `VALIDATION_FOLDS` writers, or, without writers, no label has that many images.
    """
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold  # noqa: PLC0415  takes a second

    kind = StratifiedKFold if writers is None else StratifiedGroupKFold
    folds = kind(VALIDATION_FOLDS, shuffle=True, random_state=0)
    train, val = next(folds.split(np.zeros(len(y)), y, writers))
    split: Split = "stratified" if writers is None else "writers"
    return Dataset(name, x[train], y[train], x[val], y[val], x_test, y_test, split)


def as_input(images: Images) -> npt.NDArray[np.float32]:
    """Return (n, 28, 28) uint8 images as the network's input: (n, 28, 28, 1) float32 in [0, 255]."""
    return images[..., None].astype(np.float32)
