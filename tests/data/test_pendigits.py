import hashlib
import os
from pathlib import Path

import numpy as np
import pytest

from ml.data import download
from ml.data import pendigits as strokes
from ml.data.load import STROKE_RENDERINGS, load
from ml.data.pendigits import Sample
from ml.errors import DataError
from tests.data_files import SAMPLES, accept_as_mnist, write_mnist, write_strokes

PUBLISHED = Path(os.environ.get("DIGITS_DATA_DIR", "nowhere"))

# "nine digits\n" × 20, packed by compress 5.0.
PACKED = bytes.fromhex(
    "1f9d906ed2b82903824c9a3369e8cc51107060c183091736246810a14286022942bc38f1a14589193d46c4e8b0e2c88e2639864c09b2e4c6961a3f928c7972e5cb992255ba9489f2664f9e3681eeac39f422"
)
PACKED_SHA256 = hashlib.sha256(b"nine digits\n" * 20).hexdigest()


@pytest.fixture
def data_dir(tmp_path, monkeypatch):
    """A local folder with few images in MNIST's files, and SAMPLES as strokes."""
    write_mnist(tmp_path / "mnist")
    accept_as_mnist(monkeypatch, tmp_path / "mnist")
    text = write_strokes(tmp_path / "strokes" / strokes.FILE)
    monkeypatch.setattr(strokes, "SHA256", hashlib.sha256(text.encode()).hexdigest())
    return tmp_path


def test_parsed_strokes_are_those_of_the_file(tmp_path):
    read = strokes.parse(write_strokes(tmp_path / "x"))
    assert [(s.label, s.writer) for s in read] == [(s.label, s.writer) for s in SAMPLES]
    for a, b in zip(read, SAMPLES, strict=True):
        assert len(a.strokes) == len(b.strokes)
        assert all((p == q).all() for p, q in zip(a.strokes, b.strokes, strict=True))


def test_four_without_its_second_stroke_is_a_fragment():
    assert [s.fragment for s in SAMPLES] == [False, False, True, False, False, False]
    loop = np.array([[60.0, 10], [20, 70], [100, 70], [80, 20], [75, 130]])
    assert strokes.crosses_itself(loop)
    assert not Sample(4, 1, (loop,)).fragment


def test_segment_without_a_label_is_rejected():
    with pytest.raises(ValueError, match="neither its label nor its writer"):
        strokes.parse(".SEGMENT DIGIT\n.PEN_DOWN\n 1 2\n.PEN_UP\n")


def test_packed_file_is_unpacked_and_verified():
    assert strokes.unpack(PACKED, PACKED_SHA256) == b"nine digits\n" * 20
    with pytest.raises(ValueError, match="SHA-256"):
        strokes.unpack(PACKED, "0" * 64)


def test_mnist_with_strokes_keeps_validation_writers_out_of_training(data_dir):
    plain, both = load("mnist", data_dir), load("mnist+strokes", data_dir)
    assert both.describe().name == "mnist+strokes"
    assert len(both.x_train) == len(plain.x_train) + STROKE_RENDERINGS * 3
    assert both.y_train[len(plain.y_train) :].tolist() == [7, 4, 5] * STROKE_RENDERINGS
    assert both.y_val[len(plain.y_val) :].tolist() == [2, 0]
    assert (both.x_test == plain.x_test).all()


def test_missing_and_damaged_strokes_are_rejected(data_dir):
    path = data_dir / "strokes" / strokes.FILE
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataError, match="truncated or corrupt"):
        load("mnist+strokes", data_dir)
    path.unlink()
    with pytest.raises(DataError, match="is not available"):
        load("mnist+strokes", data_dir)


def test_test_part_is_loaded_without_its_fragments_which_are_counted(tmp_path, monkeypatch):
    assert strokes.load_test_samples(tmp_path) is None
    text = write_strokes(tmp_path / "strokes" / strokes.TEST_FILE)
    with pytest.raises(DataError, match=r"pendigits-orig\.tes is truncated or corrupt"):
        strokes.load_test_samples(tmp_path)
    monkeypatch.setattr(strokes, "TEST_SHA256", hashlib.sha256(text.encode()).hexdigest())
    samples, left_out = strokes.load_test_samples(tmp_path)
    assert [(s.label, s.writer) for s in samples] == [(s.label, s.writer) for s in SAMPLES if not s.fragment]
    assert left_out == 1
    assert strokes.load_samples(tmp_path) is None  # the training part is another file


@pytest.mark.skipif(
    not (PUBLISHED / "strokes" / strokes.TEST_FILE).is_file(),
    reason="DIGITS_DATA_DIR has no strokes/pendigits-orig.tes",
)
def test_official_test_part_has_3498_digits_of_14_writers():
    samples, left_out = strokes.load_test_samples(PUBLISHED)
    assert (len(samples), left_out) == (3417, 81)
    assert {sample.writer for sample in samples} == set(range(1, 15))


@pytest.mark.parametrize(
    ("part", "load_part", "nothing"),
    [("", strokes.load_samples, []), ("TEST_", strokes.load_test_samples, ([], 0))],
    ids=["training", "test"],
)
def test_download_is_unpacked_into_the_cache(tmp_path, monkeypatch, serve_folder, *, part, load_part, nothing):
    file = getattr(strokes, f"{part}FILE")
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / f"{file}.Z").write_bytes(PACKED)
    monkeypatch.setattr(download.pooch, "os_cache", lambda name: tmp_path / "cache")
    monkeypatch.setattr(strokes, "URL", serve_folder(tmp_path / "site"))
    assert load_part(None) is None  # not the published bytes
    assert not (tmp_path / "cache" / "strokes" / file).exists()
    monkeypatch.setattr(strokes, f"{part}SHA256", PACKED_SHA256)
    assert load_part(None) == nothing
    assert (tmp_path / "cache" / "strokes" / file).read_bytes() == b"nine digits\n" * 20


def test_training_part_is_not_downloaded_without_permission(tmp_path, monkeypatch):
    monkeypatch.setattr(download.pooch, "os_cache", lambda name: tmp_path / "cache")
    monkeypatch.setattr(strokes, "_download", lambda *_: pytest.fail("it was downloaded"))
    assert strokes.load_samples(None, allow_download=False) is None
