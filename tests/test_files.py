import json

import pytest

from ml.files import canonical_json, sha256, write_bytes, write_json, write_text


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


def test_canonical_json_is_compact_and_sorted():
    assert canonical_json({"b": [1.5, None], "a": "é"}) == '{"a":"é","b":[1.5,null]}'.encode()
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json(float("nan"))


def test_sha256_is_hexadecimal():
    assert sha256(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
