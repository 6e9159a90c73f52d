from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ml.firebase import emulators
from ml.firebase.fake.server import FakeServer, serving


@pytest.fixture(autouse=True)
def own_demo_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the key of the demo project in a folder of the test, and ignore keys of the environment."""
    monkeypatch.setattr(emulators, "LOCAL", tmp_path / "local")
    for name in ("DIGITS_SIGNING_KEY", "DIGITS_TRUSTED_KEYS", "DIGITS_SIGNING_PASSPHRASE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    """A running fake Storage server, which commands use."""
    with serving(tmp_path / "storage") as running:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", running.url)
        yield running
