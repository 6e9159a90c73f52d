import hashlib
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest

from ml.data import pendigits, unipen
from ml.data.load import UNIPEN_RENDERINGS, load
from ml.data.unipen import Character
from ml.errors import DataError
from tests.data_files import accept_as_mnist, write_mnist, write_strokes

RECORDING = """.WRITER_ID ann
.PEN_DOWN
 0 100
 0 0
.PEN_UP
.PEN_DOWN
 10 0
 10 20
 10 40
 10 60
.PEN_UP
.PEN_DOWN
 5 5
.PEN_UP
"""
DOCUMENTATION = ".COORD  X Y\n.X_POINTS_PER_INCH 254\n.Y_POINTS_PER_INCH 508\n"


def files(segments: str, documentation: str = DOCUMENTATION) -> dict[str, bytes]:
    document = f".VERSION 1.0\n.INCLUDE abc/abc.doc\n.INCLUDE abc/data/ann.dat\n{segments}"
    return {
        "data/1a/abc/ann.dat": document.encode(),
        "include/abc/abc.doc": documentation.encode(),
        "include/abc/data/ann.dat": RECORDING.encode("latin-1"),
    }


def archive(path: Path, content: dict[str, bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as tar:
        for name, data in content.items():
            member = tarfile.TarInfo(f"CDROM/train_r01_v07/{name}")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return path


@pytest.fixture
def published(tmp_path, monkeypatch):
    """The content of an archive whose files are taken for the published ones."""
    content = files('.SEGMENT CHARACTER 0 ? "1"\n')
    lines = [f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in content.items()]
    (tmp_path / "unipen.sha256").write_text("".join(lines))
    monkeypatch.setattr(unipen, "CHECKSUMS", tmp_path / "unipen.sha256")
    return content


@pytest.fixture
def data_dir(tmp_path, monkeypatch):
    """A local folder with few images in MNIST's files, a few pen strokes, and characters of two writers of UNIPEN."""
    write_mnist(tmp_path / "mnist")
    accept_as_mnist(monkeypatch, tmp_path / "mnist")
    strokes = write_strokes(tmp_path / "strokes" / pendigits.FILE)
    monkeypatch.setattr(pendigits, "SHA256", hashlib.sha256(strokes.encode()).hexdigest())
    characters = [
        Character(label, "gmd", writer, (line((0, 0), (0, 9)), line((0, 5), (3, 5))))
        for writer in ("kast", "alek")  # kast trains, alek validates
        for label in ("4", "A", "B", "+")
    ]
    monkeypatch.setattr(unipen, "load_characters", lambda folder: characters if folder == tmp_path else None)
    return tmp_path


def line(*points: tuple[float, float]) -> np.ndarray:
    return np.array(points, np.float64)


def test_segments_are_strokes_in_millimetres_with_y_down():
    [one, two] = unipen.parse(files('.SEGMENT CHARACTER 0 ? "1"\n.SEGMENT CHARACTER 0-2 OK "4" \n'))
    assert (one.label, one.lab, one.writer, len(one.strokes)) == ("1", "abc", "ann", 1)
    np.testing.assert_allclose(one.strokes[0], [[0, -5], [0, 0]])
    assert [len(stroke) for stroke in two.strokes] == [2, 4, 1]


def test_a_segment_can_start_and_end_within_a_stroke():
    [part] = unipen.parse(files('.SEGMENT CHARACTER 0:1-1:2,2 ? "b"\n'))
    ends = [[stroke[0, 1], stroke[-1, 1]] for stroke in part.strokes]
    np.testing.assert_allclose(ends, [[0, 0], [0, -2], [-0.25, -0.25]])


def test_without_a_resolution_the_units_are_those_of_the_tablet():
    [one] = unipen.parse(files('.SEGMENT CHARACTER 0 ? "1"\n', documentation=".COORD X Y\n"))
    assert one.strokes[0].tolist() == [[0, -100], [0, 0]]


def test_labels_are_unescaped():
    labels = [
        character.label
        for character in unipen.parse(files('.SEGMENT CHARACTER 0 ? "\\""\n.SEGMENT CHARACTER 1 ? "\\\\"\n'))
    ]
    assert labels == ['"', "\\"]


@pytest.mark.parametrize(
    ("segments", "documentation"),
    [
        ('.SEGMENT CHARACTER 9 ? "1"\n', DOCUMENTATION),
        ('.SEGMENT CHARACTER x ? "1"\n', DOCUMENTATION),
        ('.SEGMENT CHARACTER 0 ? "1"\n', ".COORD X Y P\n"),
        ('.INCLUDE abc/data/missing.dat\n.SEGMENT CHARACTER 0 ? "1"\n', DOCUMENTATION),
    ],
)
def test_a_document_of_another_form_is_rejected(segments, documentation):
    with pytest.raises(DataError, match=r"data/1a/abc/ann\.dat does not have the expected form"):
        list(unipen.parse(files(segments, documentation)))


def test_the_archive_is_read_and_verified(tmp_path, published):
    archive(tmp_path / "unipen" / "unipen-part.tgz", {**published, "data/1a/abc/other.dat": b"not used"})
    characters = unipen.load_characters(tmp_path)
    assert characters is not None
    assert [character.label for character in characters] == ["1"]


def test_without_the_archive_there_are_no_characters(tmp_path):
    assert unipen.load_characters(tmp_path) is None


def test_a_changed_file_is_rejected(tmp_path, published):
    path = archive(tmp_path / "a.tgz", {**published, "include/abc/abc.doc": b".COORD X Y"})
    with pytest.raises(DataError, match=r"include/abc/abc\.doc is not the published file"):
        unipen.read_archive(path)


def test_a_missing_file_is_named(tmp_path, published):
    del published["include/abc/abc.doc"]
    with pytest.raises(DataError, match=r"lacks 1 files, such as include/abc/abc\.doc"):
        unipen.read_archive(archive(tmp_path / "a.tgz", published))


def test_a_truncated_archive_is_rejected(tmp_path, published):
    path = archive(tmp_path / "a.tgz", published)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(DataError, match="truncated or corrupt"):
        unipen.read_archive(path)


def test_writers_of_all_laboratories_are_listed():
    names = unipen.read_checksums()
    assert {name.split("/")[2] for name in names if name.startswith("data/1a/")} == set(unipen.LABS)
    assert all(len(digest) == 64 for digest in names.values())


def test_the_group_of_a_writer_depends_on_name_and_laboratory():
    assert [Character("1", "gmd", writer, ()).group for writer in ("kast", "alek")] == [4, 5]
    assert [Character("1", "gmd", writer, ()).for_validation for writer in ("kast", "alek")] == [False, True]


def test_a_zero_with_a_straight_second_stroke_is_slashed():
    ring = line((0, 0), (10, 0), (10, 20), (0, 20), (0, 0))
    slash, dot, hook = line((-2, 22), (12, -2)), line((5, 10), (5, 11)), line((0, 0), (9, 9), (0, 18), (1, 1))
    slashed = [Character("0", "a", "b", (ring, stroke)).slashed for stroke in (slash, dot, hook)]
    assert slashed == [True, False, False]
    assert not Character("0", "a", "b", (ring,)).slashed
    assert not Character("8", "a", "b", (ring, slash)).slashed


def test_a_digit_that_is_only_a_line_is_a_fragment():
    upright, flat = line((0, 0), (0, 10)), line((0, 0), (10, 1))
    assert [Character(label, "a", "b", (upright,)).fragment for label in "147"] == [False, True, True]
    assert Character("1", "a", "b", (flat,)).fragment
    assert not Character("4", "a", "b", (upright, flat)).fragment


def test_unipen_adds_digits_of_other_writers_and_outliers(data_dir):
    without, with_unipen = load("mnist+strokes", data_dir), load("mnist+strokes+unipen", data_dir)
    assert with_unipen.describe().name == "mnist+strokes+unipen"
    assert with_unipen.describe().has_strokes
    assert with_unipen.y_train[len(without.y_train) :].tolist() == [4] * UNIPEN_RENDERINGS
    assert with_unipen.y_val[len(without.y_val) :].tolist() == [4]
    assert len(with_unipen.x_outliers) == 2  # A and + of kast; a B looks like an 8
    assert len(without.x_outliers) == 0
    assert with_unipen.sha256 != without.sha256


def test_missing_unipen_is_named(data_dir, monkeypatch):
    monkeypatch.setattr(unipen, "load_characters", lambda folder: None)
    with pytest.raises(DataError, match=rf"{unipen.FILE}.* is not available"):
        load("mnist+strokes+unipen", data_dir)
