import gzip
import hashlib
import logging
from pathlib import Path

import numpy as np
import pytest

from ml.data import load as data
from ml.errors import DataError
from tests.idx import write_family, write_idx


def register(monkeypatch, folder: Path) -> None:
    """Let mnist's published checksums be those of the files in `folder`."""
    sums = {p.name: hashlib.md5(p.read_bytes(), usedforsecurity=False).hexdigest() for p in folder.glob("*.gz")}
    monkeypatch.setitem(data.SOURCES, "mnist", data.Source(("http://127.0.0.1:9/",), sums))


@pytest.fixture
def family(tmp_path, monkeypatch):
    """A local folder with mnist's four files, small."""
    write_family(tmp_path / "mnist")
    register(monkeypatch, tmp_path / "mnist")
    return tmp_path


def test_idx_round_trip(tmp_path):
    for array in (np.arange(24, dtype=np.uint8).reshape(2, 3, 4), np.array([[1, -2], [300, 70000]], np.int32)):
        write_idx(tmp_path / "x.gz", array)
        read = data.read_idx(tmp_path / "x.gz")
        assert read.dtype == array.dtype
        assert (read == array).all()


@pytest.mark.parametrize("where", ["subfolder", "the folder itself"])
def test_local_folder(family, where):
    loaded = data.load("mnist", family if where == "subfolder" else family / "mnist")
    assert len(loaded.x_train) + len(loaded.x_val) == 240
    assert loaded.x_test.shape == (30, 28, 28)
    assert loaded.split == "stratified"
    assert not loaded.fallback


def test_writers_are_not_shared_between_training_and_validation(family):
    labels = data.read_idx(family / "mnist" / data.TRAIN_LABELS).astype(np.int32)
    writers = np.arange(240, dtype=np.int32) // 6
    table = np.zeros((240, 8), np.int32)
    table[:, 0], table[:, 2] = labels, writers
    np.savez(family / "mnist" / data.WRITERS_LOCAL, qmnist_train=table)
    loaded = data.load("mnist", family)
    assert loaded.split == "writers"
    images = data.read_idx(family / "mnist" / data.TRAIN_IMAGES)
    writer_of = {image.tobytes(): writer for image, writer in zip(images, writers, strict=True)}
    in_training = {writer_of[image.tobytes()] for image in loaded.x_train}
    in_validation = {writer_of[image.tobytes()] for image in loaded.x_val}
    assert in_validation
    assert not in_training & in_validation


def test_the_split_of_a_run_can_be_asked_for(family):
    with pytest.raises(DataError, match="writers of mnist's images are not at hand"):
        data.load("mnist", family, split="writers")
    table = np.zeros((240, 8), np.int32)
    table[:, 0] = data.read_idx(family / "mnist" / data.TRAIN_LABELS)
    table[:, 2] = np.arange(240) // 6
    np.savez(family / "mnist" / data.WRITERS_LOCAL, qmnist_train=table)
    assert data.load("mnist", family, split="stratified").split == "stratified"


def test_the_published_writers_file_is_read_from_a_folder(family, monkeypatch):
    table = np.zeros((240, 8), np.int32)
    table[:, 0] = data.read_idx(family / "mnist" / data.TRAIN_LABELS)
    table[:, 2] = np.arange(240) // 6
    path = family / "mnist" / data.WRITERS_FILE
    write_idx(path, table)
    monkeypatch.setattr(data, "_WRITERS_MD5", hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest())
    assert data.load("mnist", family).split == "writers"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataError, match="truncated, corrupt"):
        data.load("mnist", family)


def test_a_damaged_table_of_writers_is_told(family):
    (family / "mnist" / data.WRITERS_LOCAL).write_bytes(b"PK broken")
    with pytest.raises(DataError, match="truncated or corrupt"):
        data.load("mnist", family)


def test_writers_of_other_images_are_refused(family):
    np.savez(family / "mnist" / data.WRITERS_LOCAL, qmnist_train=np.full((240, 8), 3, np.int32))
    with pytest.raises(DataError, match="in their order"):
        data.load("mnist", family)


def test_the_split_is_the_same_every_time(family):
    first, second = data.load("mnist", family), data.load("mnist", family)
    assert (first.x_val == second.x_val).all()


@pytest.mark.parametrize("damage", ["truncated", "bit flipped", "empty", "not gzip"])
def test_a_damaged_file_is_named_in_one_sentence(family, damage):
    path = family / "mnist" / data.TEST_IMAGES
    raw = path.read_bytes()
    path.write_bytes(
        {
            "truncated": raw[:-7],
            "bit flipped": raw[:100] + bytes([raw[100] ^ 1]) + raw[101:],
            "empty": b"",
            "not gzip": b"<!doctype html>",
        }[damage]
    )
    with pytest.raises(DataError, match="truncated, corrupt or not mnist") as caught:
        data.load("mnist", family)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(family):
    (family / "mnist" / data.TRAIN_LABELS).unlink()
    with pytest.raises(DataError, match=data.TRAIN_LABELS):
        data.load("mnist", family)


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (gzip.compress(b"\0\0\x08\x01\0\0\0\x05abc"), "announces 5 bytes and 3 follow"),
        (gzip.compress(b"\0\0\x08\x01\0\0\0\x01abc"), "announces 1 bytes and 3 follow"),
        (gzip.compress(b"PNG!"), "not an IDX file"),
        (gzip.compress(b"\0\0\x08"), "not an IDX file"),
        (gzip.compress(b"\0\0\x08\x01\0\0\0\x05abcde")[:-9], "truncated or corrupt"),
        (b"plain", "truncated or corrupt"),
    ],
)
def test_files_that_are_not_whole_idx(tmp_path, raw, says):
    (tmp_path / "x.gz").write_bytes(raw)
    with pytest.raises(DataError, match=says):
        data.read_idx(tmp_path / "x.gz")


def test_unknown_dataset():
    with pytest.raises(DataError, match="choose one of"):
        data.load("cifar")


def test_without_network_and_cache_the_bundled_digits_stand_in(tmp_path, monkeypatch, caplog):
    write_family(tmp_path / "mnist")
    register(monkeypatch, tmp_path / "mnist")  # its mirror is a closed port of this machine
    monkeypatch.setattr(data.pooch, "os_cache", lambda name: tmp_path / "cache")
    with caplog.at_level(logging.WARNING):
        loaded = data.load("mnist")
    assert loaded.fallback
    assert loaded.describe().name == data.FALLBACK
    assert "Going on with scikit-learn" in caplog.text
    assert [p for p in (tmp_path / "cache").rglob("*") if p.is_file()] == []


def test_download_caches_whole_files_and_refuses_others(tmp_path, monkeypatch, serve_folder):
    write_family(tmp_path / "site")
    monkeypatch.setattr(data.pooch, "os_cache", lambda name: tmp_path / "cache")
    register(monkeypatch, tmp_path / "site")
    sums = data.SOURCES["mnist"].md5
    monkeypatch.setattr(data, "_WRITERS_URL", "http://127.0.0.1:9/")
    url = serve_folder(tmp_path / "site")
    # The first mirror is closed: the second one serves.
    monkeypatch.setitem(data.SOURCES, "mnist", data.Source(("http://127.0.0.1:9/", url), sums))
    assert data.load("mnist").describe().test == 30
    assert sorted(path.name for path in (tmp_path / "cache" / "mnist").iterdir()) == sorted(sums)

    (tmp_path / "cache" / "mnist" / data.TEST_LABELS).unlink()
    good = (tmp_path / "site" / data.TEST_LABELS).read_bytes()
    (tmp_path / "site" / data.TEST_LABELS).write_bytes(good[:-1])
    with pytest.raises(DataError, match="fetched from none of its sources"):
        data.load("mnist")
    assert not (tmp_path / "cache" / "mnist" / data.TEST_LABELS).exists()

    (tmp_path / "site" / data.TEST_LABELS).write_bytes(good)
    assert not data.load("mnist").fallback
