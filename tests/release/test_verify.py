from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ml.errors import PublishError
from ml.files import ROOT
from ml.release.pointer import parse_pointer, unsigned_pointer
from ml.release.verify import assemble, read_release
from tests.releases import SHARDS, make_release, manifest_of, write_manifest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_release(tmp_path / "release")


def change_manifest(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the manifest, and update its id."""
    manifest = json.loads((folder / "manifest.json").read_text())
    change(manifest)
    write_manifest(folder, manifest)


def replace_file(folder: Path, name: str, data: bytes) -> None:
    """Replace or add a file, with its size and hash in the manifest."""
    (folder / name).write_bytes(data)
    files = [path.name for path in folder.iterdir() if path.name != "manifest.json"]
    write_manifest(folder, manifest_of({file: (folder / file).read_bytes() for file in files}))


def flip_bit(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def test_objects_are_ordered_with_the_manifest_last(folder: Path) -> None:
    release = read_release(folder)
    prefix = f"models/{release.id}/"
    assert [item.name for item in release.objects] == [
        prefix + name for name in ("model.json", *SHARDS, "manifest.json")
    ]
    assert {item.cache_control for item in release.objects} == {"public, max-age=31536000, immutable"}
    types = [item.content_type for item in release.objects]
    assert types == ["application/json", *["application/octet-stream"] * 2, "application/json"]
    assert release.objects[-1].data == (folder / "manifest.json").read_bytes()
    assert release.bytes == sum(file.stat().st_size for file in folder.iterdir())
    assert release.report is None


def test_pointer_has_size_and_hash_of_the_manifest(folder: Path) -> None:
    release = read_release(folder)
    manifest = release.objects[-1]
    assert json.loads(unsigned_pointer(release).data) == {
        "schema": 1,
        "release": release.id,
        "manifest": {
            "path": f"models/{release.id}/manifest.json",
            "bytes": len(manifest.data),
            "sha256": manifest.sha256,
        },
    }
    assert (unsigned_pointer(release).name, unsigned_pointer(release).cache_control) == (
        "models/current.json",
        "no-cache",
    )
    assert unsigned_pointer(release).content_type == "application/json"
    assert parse_pointer(unsigned_pointer(release).data).release == release.id


def test_release_ids_differ_if_the_bytes_differ(tmp_path: Path) -> None:
    ids = {read_release(make_release(tmp_path / str(i), seed)).id for i, seed in enumerate((0, 1, 0))}
    assert len(ids) == 2


@pytest.mark.parametrize("name", ["model.json", *SHARDS])
@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (Path.unlink, "is missing from release"),
        (lambda file: file.write_bytes(file.read_bytes()[:-1]), "bytes; its manifest states"),
        (lambda file: file.write_bytes(file.read_bytes() + b" "), "bytes; its manifest states"),
        (flip_bit, "SHA-256 differs"),
    ],
)
def test_damaged_files_are_rejected(folder: Path, name: str, damage: Callable[[Path], object], message: str) -> None:
    damage(folder / name)
    with pytest.raises(PublishError, match=rf"{name} .*{message}"):
        read_release(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda manifest: manifest.update(surprise=1), "surprise"),
        (lambda manifest: manifest["files"][1].update(path="../evil.bin"), r"files\[1\]\.path"),
        (lambda manifest: manifest["outputs"].update(logits="other"), r"nodes that model\.json does not have: other"),
        (lambda manifest: manifest["outputs"].update(more="x"), r"nodes that model\.json does not have: x"),
        (lambda manifest: manifest["input"].update(name="Image"), r"nodes that model\.json does not have: Image"),
        (lambda manifest: manifest["files"].pop(0), r"files: model\.json is missing"),
        (lambda manifest: manifest["files"].pop(1), f"lists weight files that the release lacks: {SHARDS[0]}"),
    ],
)
def test_invalid_manifests_are_rejected(folder: Path, change: Callable[[dict[str, Any]], object], message: str) -> None:
    change_manifest(folder, change)
    with pytest.raises(PublishError, match=message):
        read_release(folder)


@pytest.mark.parametrize(
    "model",
    [
        b"{}",
        b"[]",
        b"x",
        b"[" * 100_000,
        b'{"modelTopology": {"node": []}, "weightsManifest": [{"paths": [1]}]}',
        b'{"modelTopology": {"node": []}, "weightsManifest": [{}]}',
        b'{"modelTopology": {"node": [{}]}, "weightsManifest": []}',
        b'{"modelTopology": {"node": [], "min": NaN}, "weightsManifest": []}',
    ],
)
def test_other_json_is_rejected_as_model(folder: Path, model: bytes) -> None:
    replace_file(folder, "model.json", model)
    with pytest.raises(PublishError, match=r"^model\.json is not "):
        read_release(folder)


def test_invalid_report_is_rejected(folder: Path) -> None:
    replace_file(folder, "report.json", b'{"schema": 1}')
    with pytest.raises(PublishError, match=r"^report\.json is not valid: metrics"):
        read_release(folder)


def test_release_with_report_is_read() -> None:
    release = read_release(ROOT / "frontend/public/model")
    assert release.report is not None
    assert release.report.metrics.test.images == 10_000


def test_missing_folder_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match=r"no release in .*nowhere.*nox -s train convert"):
        read_release(tmp_path / "nowhere")


def test_assemble_rejects_a_file_of_another_size(folder: Path) -> None:
    manifest = (folder / "manifest.json").read_bytes()
    with pytest.raises(PublishError, match=r"^model\.json has 1 bytes; its manifest states \d+\.$"):
        assemble(manifest, lambda name, size: b"x")
