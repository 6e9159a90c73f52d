"""Files that are kept next to a release."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from ml.cli import main as cli
from ml.errors import PublishError
from ml.firebase import publish
from ml.firebase.attach import MAX_ATTACHMENT_BYTES, attach
from ml.firebase.fake.server import FakeServer, Handler, serving
from ml.firebase.storage import Storage
from ml.firebase.target import Target
from ml.release.verify import Release, read_release
from tests.releases import make_release

BUCKET = "demo-digits.firebasestorage.app"


@pytest.fixture
def release(storage: Storage, tmp_path: Path) -> Release:
    release = read_release(make_release(tmp_path / "release", 1))
    publish.publish(storage, release)
    return release


def file(tmp_path: Path, name: str, data: bytes = b"{}") -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


def test_visitors_can_download_the_attachments(
    storage: Storage, release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", str(storage.target.emulator))
    for text in (b'{"first": 1}', b'{"again": 1}'):
        paths = [file(tmp_path, name, text) for name in ("model.sig", "provenance.json")]
        assert cli.main(["release", "attach", release.id, *map(str, paths)]) == 0
        for name in ("model.sig", "provenance.json"):
            response = requests.get(f"{storage.target.base_url}/models%2F{release.id}%2F{name}?alt=media", timeout=10)
            assert response.content == text
            assert response.headers["Content-Type"] == "application/json"
            assert response.headers["Cache-Control"] == "no-cache"
    assert cli.main(["release", "verify"]) == 0
    assert cli.main(["release", "verify", release.id]) == 0


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("manifest.json", b"{}"),
        ("model.json", b"{}"),
        ("current.json", b"{}"),
        ("model.sig", b""),
        pytest.param("model.sig", b"x" * (MAX_ATTACHMENT_BYTES + 1), id="large"),
    ],
)
def test_attachments_cannot_replace_the_release(
    storage: Storage, release: Release, tmp_path: Path, name: str, data: bytes
) -> None:
    before = [(blob.name, blob.generation) for blob in storage.list_blobs("")]
    good = file(tmp_path, "provenance.json")
    with pytest.raises(PublishError):
        attach(storage, release.id, [good, file(tmp_path, name, data)])
    assert [(blob.name, blob.generation) for blob in storage.list_blobs("")] == before


def test_release_must_be_published(server: FakeServer, storage: Storage, tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="There is no release 0123456789abcdef"):
        attach(storage, "0123456789abcdef", [file(tmp_path, "model.sig")])
    assert server.objects.all(BUCKET) == []


def test_damaged_upload_is_detected(release: Release, tmp_path: Path) -> None:
    class Damaging(Handler):
        def store(self, bucket, name, data, given, preconditions):  # type: ignore[no-untyped-def]
            given.pop("md5Hash", None), given.pop("crc32c", None)
            super().store(bucket, name, data[:-1] + b"?", given, preconditions)

    with serving(tmp_path / "storage", handler=Damaging) as server:
        damaged = Storage(Target("demo-digits", BUCKET, server.url))
        with pytest.raises(PublishError, match=r"do not match|not stored correctly"):
            attach(damaged, release.id, [file(tmp_path, "model.sig")])
