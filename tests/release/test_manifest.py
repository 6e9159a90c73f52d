from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ml.errors import PublishError
from ml.release.manifest import Release, parse_manifest, parse_pointer, read_release, regression, release_id, unfit_data
from tests.releases import SHARDS, make_release, write_manifest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_release(tmp_path / "release")


def change_manifest(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the manifest so that it is at one with itself again."""
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest.pop("release")
    change(manifest)
    write_manifest(folder, manifest)


def flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def test_lays_a_release_out_with_its_manifest_last(folder: Path) -> None:
    release = read_release(folder)
    names = [item.name.removeprefix(f"models/{release.id}/") for item in release.objects]
    assert names == ["model.json", *SHARDS, "manifest.json"]
    assert {item.cache_control for item in release.objects} == {"public, max-age=31536000, immutable"}
    types = [item.content_type for item in release.objects]
    assert types == ["application/json", *["application/octet-stream"] * 2, "application/json"]


def test_the_pointer_is_what_the_architecture_says(folder: Path) -> None:
    release = read_release(folder)
    manifest = release.objects[-1]
    assert json.loads(release.pointer.data) == {
        "schema": 1,
        "release": release.id,
        "manifest": {
            "path": f"models/{release.id}/manifest.json",
            "bytes": len(manifest.data),
            "sha256": manifest.sha256,
        },
    }
    assert (release.pointer.name, release.pointer.cache_control) == ("models/current.json", "no-cache")
    pointer = parse_pointer(release.pointer.data)
    assert (pointer.release, pointer.manifest_bytes) == (release.id, len(manifest.data))


def test_the_id_stands_for_the_content(tmp_path: Path) -> None:
    ids = {read_release(make_release(tmp_path / str(seed), seed)).id for seed in (0, 1, 0)}
    assert len(ids) == 2
    assert release_id({"b": 1, "a": [1.5], "release": "x"}) == release_id({"a": [1.5], "b": 1})


@pytest.mark.parametrize("name", ["model.json", *SHARDS])
@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (Path.unlink, "missing"),
        (lambda file: file.write_bytes(file.read_bytes()[:-1]), "bytes; its manifest says"),
        (lambda file: file.write_bytes(file.read_bytes() + b" "), "bytes; its manifest says"),
        (flip, "SHA-256 differs"),
    ],
)
def test_refuses_a_damaged_file(folder: Path, name: str, damage: Callable[[Path], object], words: str) -> None:
    damage(folder / name)
    with pytest.raises(PublishError, match=words):
        read_release(folder)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda manifest: manifest.update(schema=2), r"schema 2, and this program knows 1: update it"),
        (lambda manifest: manifest.update(schema="1"), r"\$\.schema"),
        (lambda manifest: manifest.pop("dataset"), "'dataset' is a required property"),
        (lambda manifest: manifest.update(surprise=1), "surprise"),
        (lambda manifest: manifest["files"][1].update(path="../evil.bin"), r"\$\.files\[1\]\.path"),
        (lambda manifest: manifest["files"][1].update(path="/evil.bin"), r"\$\.files\[1\]\.path"),
        (lambda manifest: manifest["files"][1].update(path="a/b.bin"), r"\$\.files\[1\]\.path"),
        (lambda manifest: manifest["files"][1].update(bytes=200 << 20), r"\$\.files\[1\]\.bytes"),
        (lambda manifest: manifest["files"].pop(0), r"\$\.files"),  # model.json
        (lambda manifest: manifest["files"].pop(1), "asks for shards that the manifest lacks"),
    ],
)
def test_refuses_a_manifest_outside_the_contract(
    folder: Path, change: Callable[[dict[str, Any]], object], words: str
) -> None:
    change_manifest(folder, change)
    with pytest.raises(PublishError, match=words):
        read_release(folder)


def test_refuses_a_manifest_that_was_changed_by_hand(folder: Path) -> None:
    file = folder / "manifest.json"
    file.write_text(file.read_text().replace('"accuracy": 0.99', '"accuracy": 1.0'))
    with pytest.raises(PublishError, match="changed after it was made"):
        read_release(folder)


@pytest.mark.parametrize("data", [b"", b"<!doctype html>", b"[]", b"null", b"\xff\xfe", b'{"schema": 1}'])
def test_refuses_what_is_no_manifest_and_no_pointer(data: bytes) -> None:
    with pytest.raises(PublishError, match=r"manifest\.json"):
        parse_manifest(data)
    with pytest.raises(PublishError, match=r"current\.json"):
        parse_pointer(data)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda pointer: pointer.update(schema=2), "schema 2"),
        (lambda pointer: pointer.update(release="../0123456789ab"), "no release id"),
        (lambda pointer: pointer.update(release=7), "no release id"),
        (lambda pointer: pointer["manifest"].update(path="models/../x/manifest.json"), "outside"),
        (lambda pointer: pointer["manifest"].update(path="https://evil.example/manifest.json"), "outside"),
        (lambda pointer: pointer["manifest"].pop("sha256"), "not a pointer"),
    ],
)
def test_refuses_a_pointer_outside_the_contract(
    folder: Path, change: Callable[[dict[str, Any]], object], words: str
) -> None:
    pointer = json.loads(read_release(folder).pointer.data)
    change(pointer)
    with pytest.raises(PublishError, match=words):
        parse_pointer(json.dumps(pointer).encode())


def test_a_missing_release_is_named_with_the_way_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match=r"nox -s train convert"):
        read_release(tmp_path / "nowhere")


def compare(new: float, old: float | None, dataset: str = "mnist") -> str | None:
    def manifest(accuracy: float, name: str) -> dict[str, Any]:
        return {"release": "x", "metrics": {"accuracy": accuracy}, "dataset": {"name": name}}

    return regression(manifest(new, dataset), None if old is None else manifest(old, "mnist"))


def test_a_regression_is_what_is_clearly_worse_on_the_same_test_set() -> None:
    assert compare(0.99, None) is None
    assert compare(0.99, 0.9905) is None
    assert compare(0.99, 0.98) is None
    assert "98.00%" in str(compare(0.98, 0.99))
    assert "98.00%" in str(compare(0.98, 0.99, dataset="mnist+strokes"))
    assert compare(0.90, 0.99, dataset="sklearn-digits") is None


def test_data_that_make_no_digit_reader_are_told_by_the_manifest() -> None:
    def told(name: str, fallback: bool = False) -> str | None:
        return unfit_data({"dataset": {"name": name, "fallback": fallback}})

    assert told("mnist") is None
    assert told("mnist+strokes") is None
    assert "8x8" in str(told("sklearn-digits", fallback=True))


def test_sizes_add_up(folder: Path) -> None:
    release: Release = read_release(folder)
    assert release.bytes == sum(file.stat().st_size for file in folder.iterdir())
