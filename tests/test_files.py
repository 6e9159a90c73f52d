import json
from pathlib import Path

import pytest

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
    with pytest.raises(TypeError):
        write_json(tmp_path / "x.json", [object()])
    assert json.loads((tmp_path / "x.json").read_text()) == [1]


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
