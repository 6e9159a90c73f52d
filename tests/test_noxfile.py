"""The checks that `nox -s demo` makes before it installs and trains. nox itself is not installed here."""

from __future__ import annotations

import importlib.util
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from ml.files import ROOT
from ml.firebase.fake.server import serving
from ml.firebase.target import Target
from tests.releases import free_port


class StoppedError(Exception):
    """A session called `session.error`."""


class Session:
    """The part of nox's session that the tests need."""

    def __init__(self, *posargs: str) -> None:
        self.posargs = list(posargs)

    def error(self, message: str) -> None:
        raise StoppedError(message)


@pytest.fixture
def noxfile(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The noxfile, whose demo uses a Storage on a free port."""

    def session(**options: Any) -> Callable[[Any], Any]:
        def decorate(function: Any) -> Any:
            function.requires = options.get("requires", [])
            return function

        return decorate

    nox = ModuleType("nox")
    vars(nox).update(session=session, options=SimpleNamespace(), Session=Session)
    monkeypatch.setitem(sys.modules, "nox", nox)
    spec = importlib.util.spec_from_file_location("noxfile", ROOT / "noxfile.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    storage = Target("demo-digits", "demo-digits.firebasestorage.app", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setattr(module, "choose_target", lambda *_: storage)
    monkeypatch.setattr(module, "_require_node", lambda _: None)
    monkeypatch.delenv("DIGITS_DATA_DIR", raising=False)
    return module


def test_demo_checks_before_it_installs(noxfile: Any) -> None:
    assert noxfile.demo.requires == ["preflight", "env"]
    assert noxfile.preflight.requires == []
    noxfile.preflight(Session("--port", str(free_port())))


@pytest.mark.parametrize("options", [("--preset", "quick"), ("--port",), ("--port", "x"), ("--port", "65536")])
def test_demo_names_its_options(noxfile: Any, options: tuple[str, ...]) -> None:
    with pytest.raises(StoppedError, match=r"only --port PORT\. DIGITS_PRESET chooses the preset"):
        noxfile.preflight(Session(*options))


def test_demo_names_a_missing_data_folder(noxfile: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGITS_DATA_DIR", str(tmp_path / "none"))
    with pytest.raises(StoppedError, match="none in DIGITS_DATA_DIR does not exist"):
        noxfile.preflight(Session("--port", str(free_port())))


def test_demo_names_a_port_in_use(noxfile: Any) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(StoppedError, match=f"Port {port} for Hosting .* already in use.*--port"):
            noxfile.preflight(Session("--port", str(port)))
        noxfile.choose_target = lambda *_: Target("demo-digits", "demo", f"http://127.0.0.1:{port}")
        other.settimeout(0)
        with pytest.raises(StoppedError, match=f"Port {port} for Storage .* already in use"):
            noxfile.preflight(Session("--port", str(free_port())))


def test_demo_refuses_the_storage_of_another_checkout(noxfile: Any, tmp_path: Path) -> None:
    with serving(tmp_path / "other") as server:
        noxfile.choose_target = lambda *_: Target("demo-digits", "demo-digits.firebasestorage.app", server.url)
        with pytest.raises(StoppedError, match="another checkout"):
            noxfile.preflight(Session("--port", str(free_port())))
        noxfile.LOCAL_FOLDER = tmp_path / "mine"
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine" / "storage").symlink_to(tmp_path / "other")
        noxfile.preflight(Session("--port", str(free_port())))
