"""The environment of a process: proxies, and consoles that cannot show every character."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from ml.environment import bypass_proxies_for_loopback, degrade_output, without_proxies
from ml.files import ROOT
from ml.firebase.fake.server import Preconditions, serving
from tests.releases import free_port

FIREBASE_TOOLS = ROOT / "frontend" / "node_modules" / "firebase-tools"


def with_requests(url: str) -> str:
    return requests.get(url, timeout=10).text


def with_urllib(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as response:  # noqa: S310
        return str(response.read().decode())


def with_google_client(url: str) -> str:
    client = storage.Client("p", AnonymousCredentials(), client_options={"api_endpoint": url.rstrip("/")})
    [blob] = client.list_blobs("a-bucket", timeout=10, retry=None)
    return f"fake: {blob.name}"


def with_firebase_tools(url: str) -> str:
    script = f"""
    const {{ Client }} = require({json.dumps(str(FIREBASE_TOOLS / "lib/apiv2"))});
    new Client({{ urlPrefix: {json.dumps(url.rstrip("/"))}, auth: false }})
        .get("/storage/v1/b/a-bucket/o", {{ timeout: 10000 }})
        .then(({{ body }}) => console.log(`fake: ${{body.items[0].name}}`))
        .catch((error) => console.log("failed", error.message));
    """
    command = ["node", "-e", script]
    return subprocess.run(command, env=without_proxies(), capture_output=True, check=True, text=True).stdout


CLIENTS: list[Callable[[str], str]] = [with_requests, with_urllib, with_google_client, with_firebase_tools]


@pytest.mark.parametrize("excluded", [None, "corp.example, other.example", "*"])
@pytest.mark.parametrize("get", CLIENTS)
def test_servers_on_this_machine_are_reached_without_the_proxy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, get: Callable[[str], str], excluded: str | None
) -> None:
    proxy = f"http://127.0.0.1:{free_port()}"  # nothing listens there
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, proxy)
        monkeypatch.setenv(name.upper(), proxy)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, excluded or "")
    bypass_proxies_for_loopback()
    with serving(tmp_path) as server:
        server.objects.put("a-bucket", "x", b"", {}, Preconditions())
        assert "fake" in get(f"{server.url}/")
    assert requests.utils.should_bypass_proxies("http://corp.example/", None) == (excluded is not None)
    assert requests.utils.should_bypass_proxies("http://google.example/", None) == (excluded == "*")


@pytest.mark.parametrize(
    ("encoding", "printed"),
    [
        ("ascii", '... <- -> x +/- "q" 1/2 e ? ?'),
        ("latin-1", '... <- -> × ± "q" ½ é ? ?'),
        ("utf-8", "… ← → × ± “q” ½ é 数 ?"),
    ],
)
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_output_degrades(monkeypatch: pytest.MonkeyPatch, encoding: str, printed: str, stream: str) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, stream, io.TextIOWrapper(written, encoding=encoding))
    degrade_output()
    print("… ← → × ± “q” ½ é 数 \udcff", file=getattr(sys, stream), flush=True)
    assert written.getvalue().decode(encoding) == printed + "\n"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_nox_prints_in_every_encoding(encoding: str) -> None:
    """A session prints the output of npm scripts, which is UTF-8."""
    code = (
        "import sys; from unittest import mock; sys.modules['nox'] = mock.MagicMock(); import noxfile; print('✓ … ←')"
    )
    environ = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environ, capture_output=True, check=True)
    assert done.stdout.decode(encoding).rstrip() == "? ... <-"
