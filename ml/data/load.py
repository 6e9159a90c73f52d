"""Datasets by name."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ml.config import Split
from ml.data import mnist, pendigits, unipen
from ml.data.dataset import FALLBACK, Dataset, split_off_validation
from ml.data.download import UnreachableError
from ml.data.drawn import draw_all, draw_varied
from ml.data.unipen import Character
from ml.errors import DataError
from ml.ink.preprocess import normalize

log = logging.getLogger(__name__)

WITH_STROKES = "mnist+strokes"
STROKE_RENDERINGS = 3  # of each training sample

WITH_UNIPEN = f"{WITH_STROKES}+unipen"
UNIPEN_RENDERINGS = 3  # of each digit in training
UNIPEN_OUTLIERS = 150  # at most, of each letter or symbol

DATASETS = (mnist.NAME, WITH_STROKES, WITH_UNIPEN, FALLBACK)


def load(name: str = mnist.NAME, data_dir: Path | None = None, split: Split | None = None) -> Dataset:
    """Load a dataset; files that are not cached are downloaded.

    Args:
        name: `mnist`; `mnist+strokes`, MNIST and pen strokes: those of twenty writers are drawn in varied ways and
            added to training, those of the other ten are added to validation, and the test images are MNIST's;
            `mnist+strokes+unipen`, which adds UNIPEN's digits in the same way, and its letters and symbols as outliers;
            or `sklearn-digits`.
        data_dir: A local folder with the files in it or in its subfolders `mnist`, `strokes` and `unipen`; nothing is
            downloaded then. None: the user's cache, filled by download. If MNIST cannot be downloaded, scikit-learn's
            8×8 digits replace it.
        split: How MNIST's validation images are to be chosen; None: by writer if the writers are known, else by label.

    Returns:
        The dataset. One twelfth of the training images is set aside for validation.

    Raises:
        DataError: There is no such dataset; a file is missing from `data_dir`, truncated or corrupt; its sources can
            be reached but do not return it; or `split` is "writers" and the writers are not known.
    """
    if name not in DATASETS:
        raise DataError(f"There is no dataset {name!r}. Choose one of {', '.join(DATASETS)}.")
    if name == FALLBACK:
        return _load_fallback()
    try:
        dataset = mnist.load_mnist(data_dir, split)
    except UnreachableError as error:
        log.warning(
            "\n*** MNIST cannot be downloaded (%s)."
            "\n*** Continuing with scikit-learn's 1,797 digits of 8×8 pixels, enlarged. They are for trying the"
            "\n*** pipeline; a network trained on them cannot be published. For MNIST, connect to the network, or name"
            "\n*** a folder with --data-dir or DIGITS_DATA_DIR.\n",
            error,
        )
        return _load_fallback()
    if name == mnist.NAME:
        return dataset
    with_strokes = _add_strokes(dataset, data_dir)
    return _add_unipen(with_strokes, data_dir) if name == WITH_UNIPEN else with_strokes


def _add_strokes(base: Dataset, data_dir: Path | None) -> Dataset:
    samples = pendigits.load_samples(data_dir)
    if samples is None:
        raise _not_available(pendigits.FILE, data_dir / "strokes" if data_dir else None)
    train = [sample for sample in samples if not sample.for_validation]
    val = [sample for sample in samples if sample.for_validation]
    return replace(_add_digits(base, train, val, STROKE_RENDERINGS, "pendigits"), name=WITH_STROKES)


def _add_unipen(base: Dataset, data_dir: Path | None) -> Dataset:
    characters = unipen.load_characters(data_dir)
    if characters is None:
        raise _not_available(unipen.FILE, data_dir / "unipen" if data_dir else None)
    digits = [character for character in characters if character.is_digit and not character.fragment]
    train = [digit for digit in digits if not digit.for_validation]
    val = [digit for digit in digits if digit.for_validation]
    outliers = _choose_outliers([character for character in characters if not character.for_validation])
    return replace(
        _add_digits(base, train, val, UNIPEN_RENDERINGS, "unipen"),
        name=WITH_UNIPEN,
        x_outliers=draw_varied([each.strokes for each in outliers], times=1, seed=1, name="unipen letters"),
    )


def _choose_outliers(characters: Sequence[Character]) -> list[Character]:
    """Choose letters and symbols that do not look like digits, at most `UNIPEN_OUTLIERS` of each at random."""
    chosen: Counter[str] = Counter()
    outliers = []
    for i in np.random.default_rng(0).permutation(len(characters)):
        character = characters[i]
        like_digit = character.is_digit or character.label in unipen.LIKE_DIGITS
        if not like_digit and chosen[character.label] < UNIPEN_OUTLIERS:
            chosen[character.label] += 1
            outliers.append(character)
    return outliers


def _add_digits(
    base: Dataset,
    train: Sequence[pendigits.Sample | Character],
    val: Sequence[pendigits.Sample | Character],
    renderings: int,
    source: str,
) -> Dataset:
    """Add pen strokes: varied drawings of `train` to the training images, plain ones of `val` to the validation."""
    labels = np.array([int(sample.label) for sample in train], np.int64)
    varied = draw_varied([sample.strokes for sample in train], renderings, seed=0, name=f"{source} training")
    plain = draw_all([sample.strokes for sample in val], name=f"{source} validation")
    return replace(
        base,
        x_train=np.concatenate([base.x_train, varied]),
        y_train=np.concatenate([base.y_train, np.tile(labels, renderings)]),
        x_val=np.concatenate([base.x_val, plain]),
        y_val=np.concatenate([base.y_val, np.array([int(sample.label) for sample in val], np.int64)]),
    )


def _not_available(file: str, folder: Path | None) -> DataError:
    hint = f"Put it into {folder}" if folder else "Connect to the network"
    return DataError(f"{file}, which contains pen strokes of the dataset, is not available. {hint}.")


def _load_fallback() -> Dataset:
    """Load scikit-learn's digits (8×8, ink 0 to 16), enlarged by MNIST's procedure."""
    from sklearn.datasets import load_digits  # noqa: PLC0415  takes a second

    digits = load_digits()
    x = np.stack([normalize(image / 16) for image in digits.images])
    y = digits.target.astype(np.int64)
    test = np.arange(len(y)) % 5 == 0
    return split_off_validation(FALLBACK, x[~test], y[~test], x[test], y[test], writers=None)
