"""Data of the evaluation sets. A set whose data are not available is None.

Sources:

- Corrected labels: Northcutt, Athalye and Mueller, Pervasive Label Errors in Test Sets, 2021,
  https://arxiv.org/abs/2103.14749; the votes are those of https://github.com/cleanlab/label-errors.
- MNIST-C: Mu and Gilmer, 2019, https://arxiv.org/abs/1906.02337, https://zenodo.org/records/3239543.
- Letters: write-math.com, recorded in a browser's canvas. Characters: Omniglot, Lake, Salakhutdinov and Tenenbaum,
  2015, https://github.com/brendenlake/omniglot, drawn online.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ml.data import mnist, pendigits, unipen
from ml.data.dataset import Dataset, Images, Labels
from ml.data.drawn import draw_all
from ml.data.npy import read_array
from ml.data.unipen import Character
from ml.errors import DataError
from ml.ink.preprocess import from_strokes

# Five people were shown each of the 100 test images with the least plausible labels according to a network, and were
# offered the label and one other digit. If at least three of them chose the other digit, it is the corrected label.
# Without a majority for either digit, the image has no corrected label.
CORRECTED = {947: 9, 1621: 6, 1901: 4, 2462: 0, 2597: 3, 3558: 0, 5937: 3, 6651: 6, 6783: 6, 9729: 6}
DISPUTED = (2130, 2654, 3520, 8527, 9679)

CORRUPTIONS = (
    "shot_noise",
    "impulse_noise",
    "glass_blur",
    "motion_blur",
    "shear",
    "scale",
    "rotate",
    "brightness",
    "translate",
    "stripe",
    "fog",
    "spatter",
    "dotted_line",
    "zigzag",
    "canny_edges",
)
NON_DIGITS = ("browser_AB.json.gz", "omniglot_600.json.gz")


@dataclass(frozen=True)
class PenStrokes:
    """Digits rendered from pen strokes as the page renders them: images (n, 28, 28), labels (n,), writers (n,)."""

    images: Images
    labels: Labels
    writers: Labels
    left_out: int | None = None  # samples that lack a stroke; None: not counted


@dataclass(frozen=True)
class UnipenDigits:
    """Digits of UNIPEN's validation writers, rendered in the same way: images (n, 28, 28) and an entry for each."""

    images: Images
    labels: Labels
    labs: npt.NDArray[np.str_]
    slashed: npt.NDArray[np.bool_]
    left_out: int


@dataclass(frozen=True)
class NonDigitKinds:
    """Drawings that are not digits: images (n, 28, 28) and the kind of each."""

    images: Images
    kinds: npt.NDArray[np.str_]


def has_mnist_test_images(dataset: Dataset) -> bool:
    """Return whether the test images are MNIST's."""
    return dataset.describe().base == mnist.NAME and len(dataset.y_test) == 10_000


def corrected_labels(dataset: Dataset) -> Labels | None:
    """Return MNIST's test labels by the majority of five people, −1 without a majority; None for other datasets."""
    if not has_mnist_test_images(dataset):
        return None
    labels = dataset.y_test.copy()
    labels[list(CORRECTED)] = list(CORRECTED.values())
    labels[list(DISPUTED)] = -1
    return labels


# The functions below that render strokes keep their result: several runs are evaluated in one command.


def ink_test(dataset: Dataset, data_dir: Path | None) -> PenStrokes | None:
    """Return the pen strokes of the 14 test writers. For networks on MNIST, the file is downloaded if necessary.

    Raises:
        DataError: The file is not the published one.
    """
    return _render_test_strokes(data_dir, allow_download=dataset.describe().base == mnist.NAME)


@cache
def _render_test_strokes(data_dir: Path | None, allow_download: bool) -> PenStrokes | None:
    loaded = pendigits.load_test_samples(data_dir, allow_download=allow_download)
    return None if loaded is None else _render(loaded[0], "pendigits test", left_out=loaded[1])


def pen_strokes(dataset: Dataset, data_dir: Path | None) -> PenStrokes | None:
    """Return pen strokes of 30 writers, or of the ten validation writers if the dataset contains the others."""
    return _render_strokes(data_dir, only_validation=dataset.describe().has_strokes)


@cache
def _render_strokes(data_dir: Path | None, only_validation: bool) -> PenStrokes | None:
    samples = pendigits.load_samples(data_dir, allow_download=False)
    if samples is None:
        return None
    if only_validation:
        samples = [sample for sample in samples if sample.for_validation]
    return _render(samples, "pendigits validation" if only_validation else "pendigits all")


def _render(samples: Sequence[pendigits.Sample], name: str, left_out: int | None = None) -> PenStrokes:
    return PenStrokes(
        draw_all([sample.strokes for sample in samples], name),
        np.array([sample.label for sample in samples], np.int64),
        np.array([sample.writer for sample in samples], np.int64),
        left_out,
    )


@cache
def _validation_characters(data_dir: Path | None) -> tuple[Character, ...]:
    """Return all characters of UNIPEN's validation writers; () if the archive is not available."""
    characters = unipen.load_characters(data_dir, allow_download=False) or ()
    return tuple(character for character in characters if character.for_validation)


@cache
def unipen_digits(data_dir: Path | None) -> UnipenDigits | None:
    """Return the digits of UNIPEN's validation writers without the fragments, which are counted.

    Raises:
        DataError: The archive is damaged.
    """
    digits = [character for character in _validation_characters(data_dir) if character.is_digit]
    complete = [digit for digit in digits if not digit.fragment]
    if not complete:
        return None
    return UnipenDigits(
        draw_all([digit.strokes for digit in complete], "unipen validation"),
        np.array([int(digit.label) for digit in complete], np.int64),
        np.array([digit.lab for digit in complete]),
        np.array([digit.slashed for digit in complete]),
        left_out=len(digits) - len(complete),
    )


@cache
def letters_and_signs(data_dir: Path | None) -> NonDigitKinds | None:
    """Return letters and signs of UNIPEN's validation writers, without those that look like digits to many readers.

    Raises:
        DataError: The archive is damaged.
    """
    chosen = [
        character
        for character in _validation_characters(data_dir)
        if not character.is_digit and character.label not in unipen.LIKE_DIGITS
    ]
    if not chosen:
        return None
    return NonDigitKinds(
        draw_all([character.strokes for character in chosen], "unipen validation letters"),
        np.array(["letters" if character.label.isalpha() else "signs" for character in chosen]),
    )


def mnist_c(dataset: Dataset, data_dir: Path | None) -> tuple[Labels, Iterator[tuple[str, Images]]] | None:
    """Return MNIST's test labels and the test images with each corruption by name, read one after the other.

    The images are in `data_dir/mnist_c`: `<corruption>/test_images.npy`, as published, or a single `mnist_c.npz` whose
    keys are the corruptions.

    Raises:
        DataError: A file is missing or damaged; it is raised when the corruption is read.
    """
    folder = data_dir / "mnist_c" if data_dir else None
    if folder is None or not folder.is_dir() or not has_mnist_test_images(dataset):
        return None
    images = ((name, _read_corruption(folder, name, len(dataset.y_test))) for name in CORRUPTIONS)
    return dataset.y_test, images


def _read_corruption(folder: Path, name: str, images: int) -> Images:
    archive = folder / "mnist_c.npz"
    path = archive if archive.exists() else folder / name / "test_images.npy"
    try:
        array: Images = np.squeeze(read_array(path, name if path == archive else None))
    except ValueError as error:
        raise DataError(f"{path} does not contain MNIST-C's {name}; add it, or remove {folder}.") from error
    if array.shape != (images, 28, 28) or array.dtype != np.uint8:
        raise DataError(
            f"{path} has {array.dtype} {array.shape} for {name} instead of {images:,} images of 28×28 bytes; replace "
            f"it, or remove {folder}."
        )
    return array


def non_digits(dataset: Dataset, data_dir: Path | None) -> Images | None:
    """Return drawings that are not digits, (n, 28, 28), rendered as the page renders ink; None if a file is missing.

    `data_dir/strokes` contains `browser_AB.json.gz` and `omniglot_600.json.gz`: objects with `samples`, each with its
    `strokes` as lists of [x, y], y down.

    Raises:
        DataError: A file is damaged.
    """
    paths = [data_dir / "strokes" / name for name in NON_DIGITS] if data_dir else []
    if not paths or not all(path.is_file() for path in paths):
        return None
    images = []
    for path in paths:
        try:
            samples = json.loads(gzip.decompress(path.read_bytes()))["samples"]
            if not samples:
                raise ValueError("it has no samples")
            images += [from_strokes(sample["strokes"]) for sample in samples]
        except (OSError, ValueError, KeyError, TypeError, EOFError, IndexError, zlib.error, RecursionError) as error:
            raise DataError(
                f"{path} is not gzipped JSON with samples of strokes ({error}); replace or remove it."
            ) from error
    return np.stack(images)
