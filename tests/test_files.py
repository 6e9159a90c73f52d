import errno
import json
import resource
from pathlib import Path
from types import SimpleNamespace

import pytest

from ml import files
from ml.files import canonical_json, replace_folder, sha256, write_bytes, write_json, write_text


def test_files_are_replaced_without_temporary_files(tmp_path):
    path = tmp_path / "x"
    for write, value, content in (
        (write_bytes, b"\xff", b"\xff"),
        (write_text, "é\n", "é\n".encode()),
        (write_json, {"b": 1, "a": "é"}, '{\n  "a": "é",\n  "b": 1\n}\n'.encode()),
    ):
        write(path, value)
        assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


def test_failed_write_keeps_the_old_file(tmp_path):
    write_json(tmp_path / "x.json", [1])
    for value, error in ((object(), TypeError), (float("nan"), ValueError), (float("inf"), ValueError)):
        with pytest.raises(error):
            write_json(tmp_path / "x.json", [value])
    assert json.loads((tmp_path / "x.json").read_text()) == [1]


@pytest.fixture
def ten_bytes_free(monkeypatch):
    monkeypatch.setattr(files.shutil, "disk_usage", lambda path: SimpleNamespace(total=1000, free=10))


def test_file_is_not_written_to_a_full_disk(tmp_path, ten_bytes_free):
    path = tmp_path / "x"
    write_bytes(path, b"0123456789")
    with pytest.raises(OSError, match=r"No space left on device, 0\.5 kB more are needed: '.*/x'") as caught:
        write_bytes(path, b"." * 510)
    assert caught.value.errno == errno.ENOSPC
    assert path.read_bytes() == b"0123456789"
    assert list(tmp_path.iterdir()) == [path]


def test_failed_write_leaves_no_temporary_file(tmp_path):
    """The limit of the file size stands in for a disk that other processes fill after the check."""
    path = tmp_path / "x"
    path.write_bytes(b"old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(OSError, match=r"File too large: '.*/x'"):
            write_bytes(path, bytes(10_000))
        new = folder(tmp_path / "new", a="1", b="2" * 4000)
        with (new / "c").open("wb") as file:
            file.truncate(4096)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
        with pytest.raises(OSError, match="File too large"):
            replace_folder(new, tmp_path / "target")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == b"old"
    assert {each.name for each in tmp_path.iterdir()} == {"x", "new"}


def folder(path, **files):
    path.mkdir()
    for name, content in files.items():
        (path / name).write_text(content)
    return path


def content(path):
    return {file.name: file.read_text() for file in path.iterdir()}


def test_folder_is_replaced_without_leftovers(tmp_path):
    new, target = folder(tmp_path / "new", a="1"), tmp_path / "target"
    replace_folder(new, target)
    assert content(target) == {"a": "1"}
    (new / "a").rename(new / "b")
    replace_folder(new, target)
    assert content(target) == {"b": "1"}
    assert {path.name for path in tmp_path.iterdir()} == {"new", "target"}


def test_failed_copy_keeps_the_old_folder(tmp_path):
    target = folder(tmp_path / "target", a="1")
    with pytest.raises(FileNotFoundError):
        replace_folder(tmp_path / "missing", target)
    assert content(target) == {"a": "1"}


@pytest.mark.parametrize("successful_renames", [0, 1])
def test_folder_survives_a_kill_at_each_rename(tmp_path, monkeypatch, successful_renames):
    new, target = folder(tmp_path / "new", b="2"), folder(tmp_path / "target", a="1")
    rename = Path.rename
    done = []

    def killed(path, to):
        if len(done) == successful_renames:
            raise KeyboardInterrupt
        done.append(path)
        return rename(path, to)

    monkeypatch.setattr(Path, "rename", killed)
    with pytest.raises(KeyboardInterrupt):
        replace_folder(new, target)
    monkeypatch.undo()
    with pytest.raises(FileNotFoundError):
        replace_folder(tmp_path / "missing", target)
    assert content(target) == {"a": "1"}
    replace_folder(new, target)
    assert content(target) == {"b": "2"}
    assert {path.name for path in tmp_path.iterdir()} == {"new", "target"}


def test_canonical_json_is_compact_and_sorted():
    assert canonical_json({"b": [1.5, None], "a": "é"}) == '{"a":"é","b":[1.5,null]}'.encode()
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json(float("nan"))


def test_sha256_is_hexadecimal():
    assert sha256(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
