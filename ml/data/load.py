"""Datasets by name."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np

from ml.config import Split
from ml.data import mnist, pendigits
from ml.data.dataset import FALLBACK, Dataset, split_off_validation
from ml.data.download import UnreachableError
from ml.errors import DataError
from ml.ink.preprocess import normalize

log = logging.getLogger(__name__)

WITH_STROKES = "mnist+strokes"
STROKE_RENDERINGS = 3  # of each training sample

DATASETS = (mnist.NAME, WITH_STROKES, FALLBACK)


def load(name: str = mnist.NAME, data_dir: Path | None = None, split: Split | None = None) -> Dataset:
    """Load a dataset; files that are not cached are downloaded.

    Args:
        name: `mnist`; `mnist+strokes`, MNIST and pen strokes: those of twenty writers are drawn in varied ways and
            added to training, those of the other ten are added to validation, and the test images are MNIST's; or
            `sklearn-digits`.
        data_dir: A local folder with the files in it or in its subfolders `mnist` and `strokes`; nothing is downloaded
            then. None: the user's cache, filled by download. If MNIST cannot be downloaded, scikit-learn's 8×8 digits
            replace it.
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
    return _add_strokes(dataset, data_dir) if name == WITH_STROKES else dataset


def _add_strokes(base: Dataset, data_dir: Path | None) -> Dataset:
    samples = pendigits.load_samples(data_dir)
    if samples is None:
        hint = f"Put it into {data_dir / 'strokes'}" if data_dir else "Connect to the network"
        raise DataError(f"{pendigits.FILE}, the pen strokes of {WITH_STROKES}, is not available. {hint}.")
    train = [sample for sample in samples if not sample.for_validation]
    val = [sample for sample in samples if sample.for_validation]
    log.info("Drawing the strokes of %d digits …", STROKE_RENDERINGS * len(train) + len(val))
    labels = np.array([sample.label for sample in train], np.int64)
    return replace(
        base,
        name=WITH_STROKES,
        x_train=np.concatenate([base.x_train, pendigits.draw_varied(train, STROKE_RENDERINGS, seed=0)]),
        y_train=np.concatenate([base.y_train, np.tile(labels, STROKE_RENDERINGS)]),
        x_val=np.concatenate([base.x_val, pendigits.draw_all(val)]),
        y_val=np.concatenate([base.y_val, [sample.label for sample in val]]),
    )


def _load_fallback() -> Dataset:
    """Load scikit-learn's digits (8×8, ink 0 to 16), enlarged by MNIST's procedure."""
    from sklearn.datasets import load_digits  # noqa: PLC0415  takes a second

    digits = load_digits()
    x = np.stack([normalize(image / 16) for image in digits.images])
    y = digits.target.astype(np.int64)
    test = np.arange(len(y)) % 5 == 0
    return split_off_validation(FALLBACK, x[~test], y[~test], x[test], y[test], writers=None)
