"""What Hosting serves, by Firebase's own emulator, and which Storage runs beside it."""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import requests

from ml.errors import PublishError
from ml.files import ROOT
from ml.firebase import emulators
from ml.firebase.storage import Target
from tests.releases import free_port

CONFIG: dict[str, Any] = json.loads((ROOT / "firebase.json").read_text())
PAGES = {
    "index.html": "<!doctype html><title>Draw</title>",
    "about.html": "<!doctype html><title>About</title>",
    "404.html": "<!doctype html><title>Not found</title>",
    "config.json": '{"storage": null}',
    "model/manifest.json": "{}",
    "model/model.json": "{}",
    "model/weights.bin": "",
    "wasm/1.0.0/backend.wasm": "",
    "_next/static/chunks/worker.js": "0",
    "_next/static/media/font.woff2": "",
    ".built": "not for the public",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a small site behind Firebase's hosting emulator with the project's firebase.json."""
    folder = tmp_path_factory.mktemp("project")
    for name, content in PAGES.items():
        file = folder / "frontend" / "out" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(emulators, "LOCAL", folder / ".local")
        with emulators.hosting_running(folder / "frontend" / "out", free_port()) as url:
            yield url


def policy(answer: requests.Response) -> dict[str, list[str]]:
    directives = (part.split() for part in answer.headers["Content-Security-Policy"].split(";"))
    return {name: sources for name, *sources in directives}


@pytest.mark.parametrize("path", ["/", "/about", "/config.json", "/model/manifest.json", "/none"])
def test_what_may_change_is_asked_for_again_each_time(site: str, path: str) -> None:
    answer = requests.get(site + path, timeout=10)
    assert answer.status_code == (404 if path == "/none" else 200)
    assert answer.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("path", ["/model/model.json", "/model/weights.bin"])
def test_what_is_fetched_ahead_is_kept_until_it_is_asked_for(site: str, path: str) -> None:
    assert requests.get(site + path, timeout=10).headers["Cache-Control"] == "public, max-age=300"


@pytest.mark.parametrize(
    "path", ["/_next/static/chunks/worker.js", "/_next/static/media/font.woff2", "/wasm/1.0.0/backend.wasm"]
)
def test_what_never_changes_under_its_address_is_kept_for_good(site: str, path: str) -> None:
    assert requests.get(site + path, timeout=10).headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("path", ["/", "/about", "/none", "/config.json", "/_next/static/chunks/worker.js"])
def test_every_answer_is_guarded(site: str, path: str) -> None:
    headers = requests.get(site + path, timeout=10).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "max-age=31536000" in headers["Strict-Transport-Security"]
    assert "geolocation=()" in headers["Permissions-Policy"]
    # TensorFlow.js would pick its threaded build, which breaks under minification.
    assert "Cross-Origin-Embedder-Policy" not in headers


def test_pages_reach_the_site_and_its_storage_and_nothing_else(site: str) -> None:
    page = policy(requests.get(site, timeout=10))
    storage = ["http://127.0.0.1:9199", "https://firebasestorage.googleapis.com"]
    assert page["connect-src"] == ["'self'", *storage]
    for name in ("object-src", "base-uri", "form-action", "frame-ancestors", "frame-src", "script-src-attr"):
        assert page[name] == ["'none'"]
    # Each page's own meta policy names its inline scripts by hash. Policies add up: a script-src or
    # default-src here would forbid those scripts, and 'unsafe-inline' here would only seem to allow more.
    assert not {"script-src", "script-src-elem", "default-src"} & set(page)
    assert "unsafe" not in str(page)


def test_workers_run_the_sites_scripts_and_wasm_and_nothing_else(site: str) -> None:
    """A worker is ruled by the headers of its script, not by its page's meta policy."""
    worker = policy(requests.get(f"{site}/_next/static/chunks/worker.js", timeout=10))
    assert worker["default-src"] == ["'none'"]
    assert worker["script-src"] == ["'self'", "'wasm-unsafe-eval'"]
    assert worker["connect-src"][0] == "'self'"
    assert worker["connect-src"][1:] == ["http://127.0.0.1:9199", "https://firebasestorage.googleapis.com"]


def test_urls_are_clean(site: str) -> None:
    for path in ("/about.html", "/about/"):
        answer = requests.get(site + path, timeout=10, allow_redirects=False)
        assert (answer.status_code, answer.headers["Location"]) == (301, "/about")


def test_hidden_files_are_not_deployed(tmp_path: Path) -> None:
    """By the function that `firebase deploy` chooses files with; the emulator knows no `ignore`."""
    for name in ("index.html", ".built", "_next/static/x.js", "model/.DS_Store"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    script = f"""
    const {{ listFiles }} = require("./frontend/node_modules/firebase-tools/lib/listFiles");
    console.log(JSON.stringify(listFiles({json.dumps(str(tmp_path))}, {json.dumps(CONFIG["hosting"]["ignore"])})));
    """
    listed = subprocess.run(["node", "-e", script], cwd=ROOT, capture_output=True, check=True).stdout
    assert sorted(json.loads(listed)) == ["_next/static/x.js", "index.html"]


def test_the_committed_policy_names_no_local_server() -> None:
    assert "127.0.0.1" not in json.dumps(CONFIG["hosting"])


def test_firebase_json_fits_the_schema_of_firebase_tools() -> None:
    schema = json.loads((ROOT / "frontend/node_modules/firebase-tools/schema/firebase-config.json").read_text())
    jsonschema.validate(CONFIG, schema)
    jsonschema.validate(emulators.local_config(CONFIG, "../frontend/out", 5000), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(CONFIG | {"hosting": {"headers": "none"}}, schema)


def test_the_local_ports_are_the_documented_ones() -> None:
    assert CONFIG["emulators"]["hosting"] == {"host": "127.0.0.1", "port": emulators.HOSTING_PORT}
    assert CONFIG["emulators"]["storage"] == {"host": "127.0.0.1", "port": 9199}
    assert "Hosting 5000, Storage 9199" in (ROOT / "docs" / "architecture.md").read_text()


def test_storage_cors_lets_pages_get_and_nothing_more() -> None:
    [entry] = json.loads((ROOT / "storage-cors.json").read_text())
    assert set(entry["method"]) == {"GET", "HEAD"}


# ---- which Storage -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("printed", "major"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('java version "1.8.0_402"', 8),
        ('openjdk version "21" 2023-09-19', 21),
        ('openjdk version "25-ea" 2025-09-16', 25),
        ("command not found", None),
    ],
)
def test_reads_javas_version(printed: str, major: int | None) -> None:
    assert emulators.java_major(printed) == major


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Put a Java of some version on the PATH, and a firebase-tools that gets its jar or does not."""

    def program(name: str, script: str) -> Path:
        file = tmp_path / name
        file.write_text(f"#!{sys.executable}\nimport sys\n{script}\n")
        file.chmod(0o755)
        return file

    def put(java: str | None, *, jar: bool = False) -> None:
        if java:
            program("java", f"print('openjdk version \"{java}\"', file=sys.stderr)")
        monkeypatch.setattr(emulators, "FIREBASE", program("firebase", f"sys.exit({int(not jar)})"))
        monkeypatch.setattr(emulators, "LOCAL", tmp_path / "local")
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.delenv("STORAGE_EMULATOR_BINARY_PATH", raising=False)

    return put


@pytest.mark.parametrize(
    ("java", "jar", "reason"),
    [
        (None, True, "there is no Java"),
        ("17.0.1", True, "this is Java 17, and Firebase's emulator wants 21"),
        ("21.0.1", False, "the jar of Firebase's emulator cannot be downloaded"),
        ("21.0.1", True, None),
        ("25", True, None),
    ],
)
def test_the_stand_in_runs_only_where_firebases_emulator_cannot(
    tools: Callable[..., None], java: str | None, jar: bool, reason: str | None
) -> None:
    tools(java, jar=jar)
    found = emulators.why_stand_in()
    assert (found is None) == (reason is None)
    assert (reason or "") in (found or "")


def test_storage_runs_once_and_is_shared(tools: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    tools("17")
    target = Target("demo-digits", "demo-digits.firebasestorage.app", f"http://127.0.0.1:{free_port()}")
    with emulators.storage_running(target):
        assert "STAND-IN" in capsys.readouterr().err
        with emulators.storage_running(target):
            assert "already" in capsys.readouterr().err
        assert requests.get(f"{target.emulator}/", timeout=10).ok
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{target.emulator}/", timeout=10)


def test_a_taken_port_is_named(tools: Callable[..., None], tmp_path: Path) -> None:
    tools("17")
    (tmp_path / "index.html").touch()
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        target = Target("demo-digits", "demo-digits.firebasestorage.app", f"http://127.0.0.1:{port}")
        other.settimeout(0)
        with pytest.raises(PublishError, match=f"Port {port}, where Storage"), emulators.storage_running(target):
            pass
        with (
            pytest.raises(PublishError, match=f"Port {port}, where Hosting"),
            emulators.hosting_running(tmp_path, port),
        ):
            pass


def test_a_port_that_cannot_be_had_is_not_called_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "index.html").touch()

    def denied(*_: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(socket.socket, "bind", denied)
    with (
        pytest.raises(PublishError, match=r"Port 80, where Hosting .* cannot be opened: Permission denied"),
        emulators.hosting_running(tmp_path, 80),
    ):
        pass


def test_a_site_that_is_not_built_is_named(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="nox -s site"), emulators.hosting_running(tmp_path):
        pass


def test_an_emulator_that_does_not_start_leaves_its_words(tools: Callable[..., None], tmp_path: Path) -> None:
    tools("17")
    (tmp_path / "index.html").touch()
    with (
        pytest.raises(PublishError, match=re.escape(str(tmp_path / "local" / "hosting.log"))),
        emulators.hosting_running(tmp_path, free_port()),
    ):
        pass


def test_the_emulator_is_gone_afterwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child that ignores SIGINT is ended too, and whatever it started."""
    firebase = tmp_path / "firebase"
    firebase.write_text(
        f"#!{sys.executable}\n"
        "import http.server, json, pathlib, signal\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "port = json.loads(pathlib.Path('firebase.json').read_text())['emulators']['hosting']['port']\n"
        "server = http.server.HTTPServer(('127.0.0.1', port), http.server.SimpleHTTPRequestHandler)\n"
        "print('All emulators ready!', flush=True)\n"
        "server.serve_forever()\n"
    )
    firebase.chmod(0o755)
    (tmp_path / "index.html").touch()
    monkeypatch.setattr(emulators, "FIREBASE", firebase)
    monkeypatch.setattr(emulators, "LOCAL", tmp_path / "local")
    monkeypatch.setattr(emulators, "STOP_SECONDS", 0.2)
    with emulators.hosting_running(tmp_path, free_port()) as url:
        assert requests.get(url, timeout=10).ok
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=10)


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_however_serving_ends_nothing_stays_behind(tmp_path: Path, end: signal.Signals) -> None:
    """`python -m ml serve` in a process of its own, over a small site and on another port."""
    out = tmp_path / "out"
    out.mkdir()
    (out / "index.html").write_text("hello")
    port = free_port()
    script = f"""
import argparse, functools, sys
from pathlib import Path
from ml.firebase import emulators
from ml.firebase import publish
emulators.LOCAL = Path({str(tmp_path / "local")!r})
publish.SITE = Path({str(out)!r})
publish.hosting_running = functools.partial(emulators.hosting_running, publish.SITE)
parser = argparse.ArgumentParser()
publish.register(parser.add_subparsers())
options = parser.parse_args(["serve", "--bundled", "--port", "{port}"])
sys.exit(options.func(options))
"""
    serving = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        # As at a prompt: what a shell starts in the background is deaf to Ctrl-C, and so would be its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    assert serving.stdout
    assert serving.stdout.readline() == f"The site: http://127.0.0.1:{port}\n"
    assert requests.get(f"http://127.0.0.1:{port}/config.json", timeout=10).json() == {"storage": None}
    serving.send_signal(end)
    rest, _ = serving.communicate(timeout=60)
    if end != signal.SIGKILL:
        assert serving.returncode == 0
        assert "Stopped" in rest
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            requests.get(f"http://127.0.0.1:{port}/", timeout=10)
        except requests.ConnectionError:
            break
        assert end == signal.SIGKILL, "whoever ends by himself waits for his child"
        time.sleep(0.1)
    else:
        pytest.fail("the emulator outlives its owner")
