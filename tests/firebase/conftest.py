from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from ml.firebase import emulators
from ml.firebase.fake.server import FakeServer, serving
from ml.firebase.storage import Storage
from ml.firebase.target import Target
from tests.releases import free_port

PAGES = {
    "index.html": '<!doctype html><title>Draw</title><script src="/_next/static/chunks/page.js"></script>',
    "about.html": "<!doctype html><title>About</title>",
    "404.html": "<!doctype html><title>Not found</title>",
    "config.json": '{"storage": null}',
    "model/manifest.json": "{}",
    "model/model.json": "{}",
    "model/weights.bin": "",
    "wasm/1.0.0/backend.wasm": "",
    "_next/static/chunks/page.js": "0",
    "_next/static/chunks/worker.js": "0",
    "_next/static/media/font.woff2": "",
    ".built": "a hidden file",
}


@pytest.fixture(scope="session")
def hosting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Serve a small site with Firebase's hosting emulator and firebase.json; yield its URL and its folder."""
    project = tmp_path_factory.mktemp("project")
    out = project / "frontend" / "out"
    for name, content in PAGES.items():
        file = out / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    with contextlib.ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(emulators, "LOCAL", project / ".local")
            url = stack.enter_context(emulators.hosting_running(out, free_port()))
        yield url, out


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FakeServer]:
    """A running fake Storage server."""
    with serving(tmp_path / "storage") as running:
        yield running


@pytest.fixture
def storage(server: FakeServer) -> Storage:
    return Storage(Target("demo-digits", "demo-digits.firebasestorage.app", server.url))
