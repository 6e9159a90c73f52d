"""Datasets in IDX form: fetch, verify, split into train, validation and test."""

from __future__ import annotations

import gzip
import hashlib
import logging
import math
import os
import tempfile
import zipfile
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pooch
import requests

from ml.config import DatasetDescription, Split
from ml.data import pendigits as strokes
from ml.errors import DataError
from ml.ink.preprocess import normalize

log = logging.getLogger(__name__)

Images = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]

FALLBACK = "sklearn-digits"
WITH_STROKES = "mnist+strokes"
STROKE_RENDERINGS = 3  # of each training sample
VALIDATION_FOLDS = 12  # one of them validates: 5,000 of MNIST's 60,000

TRAIN_IMAGES = "train-images-idx3-ubyte.gz"
TRAIN_LABELS = "train-labels-idx1-ubyte.gz"
TEST_IMAGES = "t10k-images-idx3-ubyte.gz"
TEST_LABELS = "t10k-labels-idx1-ubyte.gz"


class _UnreachableError(Exception):
    """No source of a file could be connected to."""


@dataclass(frozen=True)
class Source:
    """Where a dataset of the MNIST family is published, and its MD5 sums as published."""

    mirrors: tuple[str, ...]
    md5: dict[str, str]


SOURCES = {
    "mnist": Source(
        (
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
        ),
        {
            TRAIN_IMAGES: "f68b3c2dcbeaaa9fbdd348bbdeb94873",
            TRAIN_LABELS: "d53e105ee54ea40749a09fcbcd1e9432",
            TEST_IMAGES: "9fb629c4189551a2d022fa330f9573f3",
            TEST_LABELS: "ec29112dd5afa0611ce80d1b7f02629c",
        },
    ),
}

DATASETS = (*SOURCES, WITH_STROKES, FALLBACK)

# QMNIST names the writer of every MNIST image (Yadav and Bottou, 2019, https://arxiv.org/abs/1905.10498):
# rows are in MNIST's order, column 0 is the label and column 2 the writer.
WRITERS_FILE = "qmnist-train-labels-idx2-int.gz"
WRITERS_LOCAL = "qmnist_extended_labels.npz"
_WRITERS_URL = "https://raw.githubusercontent.com/facebookresearch/qmnist/master/"
_WRITERS_MD5 = "0058f8dd561b90ffdd0f734c6a30e5e4"


@dataclass(frozen=True)
class Dataset:
    """Images (n, 28, 28) uint8 and labels (n,) int64 in 0…9, in three parts that share no image."""

    name: str
    x_train: Images
    y_train: Labels
    x_val: Images
    y_val: Labels
    x_test: Images
    y_test: Labels
    split: Split

    @property
    def fallback(self) -> bool:
        """Whether this stands in for data that was out of reach."""
        return self.name == FALLBACK

    def describe(self) -> DatasetDescription:
        """Return what config.json and manifest.json record about the dataset."""
        return DatasetDescription(
            name=self.name,
            train=len(self.x_train),
            validation=len(self.x_val),
            test=len(self.x_test),
            split=self.split,
            fallback=self.fallback,
        )


def load(name: str = "mnist", data_dir: Path | None = None, split: Split | None = None) -> Dataset:
    """Load a dataset of the MNIST family, fetching what is not at hand.

    Args:
        name: A key of `SOURCES`; or `mnist+strokes`, MNIST together with pen strokes: those of twenty writers are drawn
            in varied ways and trained on, those of the other ten validate, and MNIST's test images test; or
            `sklearn-digits`.
        data_dir: A local folder with the files in it or in its subfolder `name`; nothing is downloaded then. None:
            the user's cache, filled by download. If neither cache nor network has the files, scikit-learn's 8×8
            digits stand in.
        split: By what validation images are to be set aside; None: by writer where writers are known.

    Returns:
        The dataset, 1/12 of its training images set aside for validation: by writer where writers are known
        (`split == "writers"`), otherwise stratified by label.

    Raises:
        DataError: Unknown name; a file that is missing from `data_dir`, truncated or corrupt, or that its sources
            do not give although they can be reached; or writers are wanted and not known.
    """
    if name == FALLBACK:
        return _load_fallback()
    if name == WITH_STROKES:
        return _add_strokes(load("mnist", data_dir, split), data_dir)
    if name not in SOURCES:
        raise DataError(f"There is no dataset {name!r}; choose one of {', '.join(DATASETS)}.")
    try:
        files = {file: _find(name, file, data_dir) for file in SOURCES[name].md5}
    except _UnreachableError as error:
        log.warning(
            "\n*** %s is out of reach (%s), and not all of it is cached."
            "\n*** Going on with scikit-learn's 1,797 digits of 8×8 pixels, enlarged."
            "\n*** What is trained on them is for trying the pipeline, not for publishing. For the real thing,"
            "\n*** connect to the network or name a folder with --data-dir or DIGITS_DATA_DIR.\n",
            name,
            error,
        )
        return _load_fallback()
    x, y = _read_pair(files[TRAIN_IMAGES], files[TRAIN_LABELS])
    x_test, y_test = _read_pair(files[TEST_IMAGES], files[TEST_LABELS])
    writers = _load_writers(data_dir, y) if name == "mnist" and split != "stratified" else None
    if split == "writers" and writers is None:
        raise DataError(f"The writers of {name}'s images are not at hand: {WRITERS_FILE} from {_WRITERS_URL}.")
    val = _validation_mask(y, writers)
    return Dataset(
        name, x[~val], y[~val], x[val], y[val], x_test, y_test, "stratified" if writers is None else "writers"
    )


def read_idx(path: Path) -> npt.NDArray[Any]:
    """Read a gzipped IDX file (http://yann.lecun.com/exdb/mnist/, "THE IDX FILE FORMAT").

    Returns:
        Array of the shape and, in native byte order, the type that the file's header states.

    Raises:
        DataError: The file is not gzip, not IDX, or shorter or longer than its header says.
    """
    types = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
    try:
        raw = gzip.decompress(path.read_bytes())
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path} is truncated or corrupt ({error}); delete it and fetch it again.") from error
    if len(raw) < 4 or raw[:2] != b"\0\0" or raw[2] not in types or len(raw) < 4 + 4 * raw[3]:
        raise DataError(f"{path} is not an IDX file.")
    dtype = np.dtype(types[raw[2]])
    shape = tuple(int.from_bytes(raw[4 + 4 * i : 8 + 4 * i], "big") for i in range(raw[3]))
    start = 4 + 4 * raw[3]
    if len(raw) - start != math.prod(shape) * dtype.itemsize:
        raise DataError(
            f"{path} is truncated or corrupt: its header announces {math.prod(shape) * dtype.itemsize} bytes "
            f"and {len(raw) - start} follow; delete it and fetch it again."
        )
    return np.frombuffer(raw, dtype, offset=start).reshape(shape).astype(dtype.newbyteorder("="))


def _read_pair(images_file: Path, labels_file: Path) -> tuple[Images, Labels]:
    images, labels = read_idx(images_file), read_idx(labels_file)
    if images.ndim != 3 or images.shape[1:] != (28, 28) or images.dtype != np.uint8:
        raise DataError(f"{images_file} does not hold 28×28 images of bytes but {images.dtype} {images.shape}.")
    if labels.shape != images.shape[:1] or labels.max(initial=0) > 9:
        raise DataError(f"{labels_file} does not hold one label of 0…9 for each of the {len(images)} images.")
    return images, labels.astype(np.int64)


def _find(name: str, file: str, data_dir: Path | None) -> Path:
    """Path of a verified local copy; _UnreachableError when it could not be fetched for want of a connection."""
    md5, mirrors = SOURCES[name].md5[file], SOURCES[name].mirrors
    if data_dir is None:
        return _download(f"{name}/{file}", [mirror + file for mirror in mirrors], md5)
    path = _find_locally(name, file, md5, data_dir)
    if path is None:
        raise DataError(
            f"{file} is neither in {data_dir / name} nor in {data_dir}; put it there, or leave --data-dir and "
            f"DIGITS_DATA_DIR unset to have it downloaded from {mirrors[0]}."
        )
    return path


def _find_locally(name: str, file: str, md5: str, data_dir: Path) -> Path | None:
    """Path of the file in `data_dir` or its subfolder `name`, its checksum verified; None when it is in neither."""
    for path in (data_dir / name / file, data_dir / file):
        if path.is_file():
            try:
                found = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
            except OSError as error:
                raise DataError(f"{path} cannot be read: {error.strerror}.") from error
            if found != md5:
                raise DataError(
                    f"{path} is truncated, corrupt or not {name}: its MD5 is {found}, not {md5}; fetch it again."
                )
            return path
    return None


def _download(file: str, urls: list[str], md5: str) -> Path:
    """Fetch through pooch, which checks the sum and moves a file into the cache only when it is whole."""
    cache = Path(pooch.os_cache("digits"))
    failures: list[Exception] = []
    for url in urls:
        try:
            return Path(
                pooch.retrieve(
                    url,
                    known_hash=f"md5:{md5}",
                    fname=Path(file).name,
                    path=cache / Path(file).parent,
                    downloader=_downloader(),
                )
            )
        except (OSError, ValueError) as error:  # ValueError: what came has another checksum
            failures.append(error)
            log.warning("%s: %s", url, _in_short(error))
    if all(isinstance(failure, requests.ConnectionError | requests.Timeout) for failure in failures):
        raise _UnreachableError("no connection")
    raise DataError(f"{file} could be fetched from none of its sources: {_in_short(failures[-1])}.")


def _downloader() -> pooch.HTTPDownloader:
    return pooch.HTTPDownloader(progressbar=True, timeout=30)


def _load_writers(data_dir: Path | None, labels: Labels) -> npt.NDArray[np.int64] | None:
    """Writer of each MNIST training image, or None where QMNIST's table is not at hand."""
    try:
        if data_dir is None:
            path = _download(f"mnist/{WRITERS_FILE}", [_WRITERS_URL + WRITERS_FILE], _WRITERS_MD5)
            table = read_idx(path)
        elif found := _find_locally("mnist", WRITERS_FILE, _WRITERS_MD5, data_dir):
            path, table = found, read_idx(found)
        else:
            path = next(p for p in (data_dir / "mnist" / WRITERS_LOCAL, data_dir / WRITERS_LOCAL) if p.is_file())
            with np.load(path) as archive:
                table = archive["qmnist_train"]
    except StopIteration:
        return None
    except _UnreachableError:
        log.warning("The writers of the images are not known here: validation is split by label alone.")
        return None
    except (ValueError, KeyError, zipfile.BadZipFile) as error:
        raise DataError(f"{path} is truncated or corrupt; delete it and fetch it again.") from error
    if table.ndim != 2 or len(table) != len(labels) or (table[:, 0] != labels).any():
        raise DataError(f"{path} does not list MNIST's training images in their order; delete it.")
    writers: npt.NDArray[np.int64] = table[:, 2].astype(np.int64)
    return writers


def load_strokes(data_dir: Path | None, *, download: bool = True) -> list[strokes.Sample] | None:
    """Pen strokes of 30 writers, without the fragments; see `ml.data.pendigits`.

    Args:
        data_dir: A local folder with `pendigits-orig.tra` in it or in its subfolder `strokes`; nothing is downloaded
            then.
        download: Whether to fetch what neither folder nor cache has.

    Returns:
        None when they are not at hand and cannot be had.

    Raises:
        DataError: The file is not the published one.
    """
    path = strokes.find(data_dir)
    if path is None and data_dir is None:
        path = _download_strokes(download)
    if path is None:
        return None
    raw = path.read_bytes()
    try:
        strokes.check(raw)
    except ValueError as error:
        raise DataError(f"{path} is truncated or corrupt: {error}; delete it and fetch it again.") from error
    return [sample for sample in strokes.parse(raw.decode("ascii")) if not sample.fragment]


def _download_strokes(download: bool) -> Path | None:
    cached = Path(pooch.os_cache("digits")) / "strokes" / strokes.FILE
    if cached.is_file() or not download:
        return cached if cached.is_file() else None
    with tempfile.TemporaryDirectory() as scratch:
        try:
            # UCI publishes no checksum of the packed file: that of what it holds is checked.
            packed = pooch.retrieve(strokes.URL, None, fname="packed", path=scratch, downloader=_downloader())
            raw = strokes.unpack(Path(packed).read_bytes())
        except (OSError, ValueError) as error:
            log.warning("%s: %s", strokes.URL, _in_short(error))
            return None
    cached.parent.mkdir(parents=True, exist_ok=True)
    unfinished = cached.with_name(f".{cached.name}-{os.getpid()}")
    unfinished.write_bytes(raw)
    return unfinished.replace(cached)


def _add_strokes(base: Dataset, data_dir: Path | None) -> Dataset:
    """MNIST and pen strokes as one dataset; the stand-in stays as it is, for it is for trying the pipeline."""
    if base.fallback:
        return base
    samples = load_strokes(data_dir)
    if samples is None:
        where = f"put it into {data_dir / 'strokes'}" if data_dir else "connect to the network"
        raise DataError(f"{strokes.FILE}, the pen strokes that {WITH_STROKES} needs, is not at hand; {where}.")
    trained = [sample for sample in samples if not sample.validates]
    held_out = [sample for sample in samples if sample.validates]
    log.info("Drawing the strokes of %d digits …", STROKE_RENDERINGS * len(trained) + len(held_out))
    labels = np.array([sample.label for sample in trained], np.int64)
    return replace(
        base,
        name=WITH_STROKES,
        x_train=np.concatenate([base.x_train, strokes.draw_varied(trained, STROKE_RENDERINGS, seed=0)]),
        y_train=np.concatenate([base.y_train, np.tile(labels, STROKE_RENDERINGS)]),
        x_val=np.concatenate([base.x_val, strokes.draw_all(held_out)]),
        y_val=np.concatenate([base.y_val, [sample.label for sample in held_out]]),
    )


def _validation_mask(labels: Labels, writers: npt.NDArray[np.int64] | None) -> npt.NDArray[np.bool_]:
    """Which images validate; always the same ones, whatever the experiment's seed."""
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold  # noqa: PLC0415

    folds = (StratifiedKFold if writers is None else StratifiedGroupKFold)(
        VALIDATION_FOLDS, shuffle=True, random_state=0
    )
    _, chosen = next(folds.split(np.zeros(len(labels)), labels, writers))
    mask = np.zeros(len(labels), bool)
    mask[chosen] = True
    return mask


def _load_fallback() -> Dataset:
    """scikit-learn's bundled digits (8×8, ink 0…16), enlarged the way MNIST was made."""
    from sklearn.datasets import load_digits  # noqa: PLC0415

    digits = load_digits()
    x = np.stack([normalize(image / 16) for image in digits.images])
    y = digits.target.astype(np.int64)
    test = np.arange(len(y)) % 5 == 0
    x_train, y_train = x[~test], y[~test]
    val = _validation_mask(y_train, None)
    return Dataset(FALLBACK, x_train[~val], y_train[~val], x_train[val], y_train[val], x[test], y[test], "stratified")


def _in_short(error: Exception) -> str:
    """What went wrong, without the chain of wrappers that requests puts around it."""
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    return str(error).strip().partition("\n")[0] or type(error).__name__


def as_input(images: Images) -> np.ndarray[Any, np.dtype[np.float32]]:
    """(n, 28, 28) uint8 → the network's input, (n, 28, 28, 1) float32 in [0, 255]."""
    return images[..., None].astype(np.float32)
