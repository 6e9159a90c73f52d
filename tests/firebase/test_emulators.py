"""Headers of Firebase's hosting emulator, and the choice of the local Storage."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import jsonschema
import pytest
import requests

from ml.errors import PublishError
from ml.files import ROOT, Json
from ml.firebase import config, emulators
from ml.firebase.config import emulator_port, emulator_url, firebase_json, local_config
from ml.firebase.target import Target
from tests.releases import free_port

CONFIG = firebase_json()


@pytest.fixture
def site(hosting: tuple[str, Path]) -> str:
    """The URL of a small site behind Firebase's hosting emulator."""
    return hosting[0]


def policy(response: requests.Response) -> dict[str, list[str]]:
    directives = (part.split() for part in response.headers["Content-Security-Policy"].split(";"))
    return {name: sources for name, *sources in directives}


@pytest.mark.parametrize("path", ["/", "/about", "/config.json", "/model/manifest.json", "/none"])
def test_mutable_files_are_always_revalidated(site: str, path: str) -> None:
    response = requests.get(site + path, timeout=10)
    assert response.status_code == (404 if path == "/none" else 200)
    assert response.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("path", ["/model/model.json", "/model/weights.bin"])
def test_preloaded_model_files_are_cached_for_minutes(site: str, path: str) -> None:
    assert requests.get(site + path, timeout=10).headers["Cache-Control"] == "public, max-age=300"


@pytest.mark.parametrize(
    "path", ["/_next/static/chunks/worker.js", "/_next/static/media/font.woff2", "/wasm/1.0.0/backend.wasm"]
)
def test_versioned_files_are_immutable(site: str, path: str) -> None:
    assert requests.get(site + path, timeout=10).headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("path", ["/", "/about", "/none", "/config.json", "/_next/static/chunks/worker.js"])
def test_security_headers_are_sent(site: str, path: str) -> None:
    headers = requests.get(site + path, timeout=10).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "max-age=31536000" in headers["Strict-Transport-Security"]
    assert "geolocation=()" in headers["Permissions-Policy"]
    # With it, TensorFlow.js would choose its threaded build, which breaks under minification.
    assert "Cross-Origin-Embedder-Policy" not in headers


def test_pages_may_connect_only_to_the_site_and_storage(site: str) -> None:
    page = policy(requests.get(site, timeout=10))
    storage = [emulator_url("storage"), "https://firebasestorage.googleapis.com"]
    assert page["connect-src"] == ["'self'", *storage]
    for name in ("object-src", "base-uri", "form-action", "frame-ancestors", "frame-src", "script-src-attr"):
        assert page[name] == ["'none'"]
    # The meta policy of each page names its inline scripts by hash. Browsers enforce both policies: a script-src or
    # default-src here would forbid those scripts.
    assert not {"script-src", "script-src-elem", "default-src"} & set(page)
    assert "unsafe" not in str(page)


def test_workers_may_run_only_scripts_and_wasm_of_the_site(site: str) -> None:
    """A worker obeys the headers of its script, not the meta policy of its page."""
    worker = policy(requests.get(f"{site}/_next/static/chunks/worker.js", timeout=10))
    assert worker["default-src"] == ["'none'"]
    assert worker["script-src"] == ["'self'", "'wasm-unsafe-eval'"]
    assert worker["connect-src"][0] == "'self'"
    assert worker["connect-src"][1:] == [emulator_url("storage"), "https://firebasestorage.googleapis.com"]


def test_urls_are_clean(site: str) -> None:
    for path in ("/about.html", "/about/"):
        response = requests.get(site + path, timeout=10, allow_redirects=False)
        assert (response.status_code, response.headers["Location"]) == (301, "/about")


def test_hidden_files_are_not_deployed(tmp_path: Path) -> None:
    """Uses the function that `firebase deploy` lists files with, because the emulator ignores `ignore`."""
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


def test_committed_policy_has_no_local_server() -> None:
    assert "127.0.0.1" not in json.dumps(CONFIG["hosting"])


def test_firebase_json_matches_its_schema() -> None:
    schema = json.loads((ROOT / "frontend/node_modules/firebase-tools/schema/firebase-config.json").read_text())
    jsonschema.validate(CONFIG, schema)
    jsonschema.validate(local_config("../frontend/out", 5050), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(CONFIG | {"hosting": {"headers": "none"}}, schema)


def test_documents_name_the_ports() -> None:
    hosting, storage = emulator_port("hosting"), emulator_port("storage")
    assert f"Hosting {hosting}, Storage {storage}" in (ROOT / "docs" / "architecture.md").read_text()
    assert f"| {hosting} | Hosting" in (ROOT / "docs" / "deployment.md").read_text()
    assert f"| {storage} | Storage" in (ROOT / "docs" / "deployment.md").read_text()
    assert emulator_url("hosting") in (ROOT / "README.md").read_text()


def test_local_config_leaves_the_committed_one_unchanged() -> None:
    changed = local_config("elsewhere", 5050)
    assert changed["emulators"]["hosting"]["port"] == 5050
    assert changed["hosting"]["public"] == "elsewhere"
    assert firebase_json() == json.loads((ROOT / "firebase.json").read_text())


@pytest.mark.parametrize(
    ("hosting", "expected"),
    [({}, "real"), ({"site": "digits"}, "digits"), ({"target": "app"}, "of-target")],
    ids=["default", "site", "target"],
)
def test_site_of_a_project(monkeypatch: pytest.MonkeyPatch, hosting: Json, expected: str) -> None:
    monkeypatch.setattr(config, "firebase_json", lambda: {"hosting": hosting})
    monkeypatch.setattr(config, "firebaserc", lambda: {"targets": {"real": {"hosting": {"app": ["of-target"]}}}})
    assert config.site_url("real") == f"https://{expected}.web.app"


def test_target_without_a_site_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "firebase_json", lambda: {"hosting": {"target": "app"}})
    with pytest.raises(PublishError, match=r"no site for the target app of .*firebase target:apply hosting app SITE"):
        config.site_url("real")


def test_cors_allows_only_reading() -> None:
    [entry] = json.loads((ROOT / "storage-cors.json").read_text())
    assert set(entry["method"]) == {"GET", "HEAD"}


# ---- Local Storage ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("output", "major"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('java version "1.8.0_402"', 8),
        ('openjdk version "21" 2023-09-19', 21),
        ('openjdk version "25-ea" 2025-09-16', 25),
        ("command not found", None),
    ],
)
def test_java_major_version_is_parsed(output: str, major: int | None) -> None:
    assert emulators.java_major(output) == major


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that installs fakes of Java and of firebase-tools, which downloads its jar or fails."""

    def program(name: str, script: str) -> Path:
        file = tmp_path / name
        file.write_text(f"#!{sys.executable}\nimport sys\n{script}\n")
        file.chmod(0o755)
        return file

    def install(java: str | None, *, jar: bool = False) -> None:
        if java:
            program("java", f"print('openjdk version \"{java}\"', file=sys.stderr)")
        monkeypatch.setattr(emulators, "FIREBASE_TOOLS", program("firebase", f"sys.exit({int(not jar)})"))
        monkeypatch.setattr(emulators, "LOCAL", tmp_path / "local")
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.delenv("STORAGE_EMULATOR_BINARY_PATH", raising=False)

    return install


@pytest.mark.parametrize(
    ("java", "jar", "reason"),
    [
        (None, True, "it requires Java 21 or newer, and Java is not installed"),
        ("17.0.1", True, "it requires Java 21 or newer, and Java 17 is installed"),
        ("21.0.1", False, "its jar cannot be downloaded"),
        ("21.0.1", True, None),
        ("25", True, None),
    ],
)
def test_missing_requirement_of_firebase_storage(
    tools: Callable[..., None], java: str | None, jar: bool, reason: str | None
) -> None:
    tools(java, jar=jar)
    found = emulators.missing_requirement()
    assert (found is None) == (reason is None)
    assert (reason or "") in (found or "")


def test_running_storage_is_reused(tools: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    tools("17")
    target = Target("demo-digits", "demo-digits.firebasestorage.app", f"http://127.0.0.1:{free_port()}")
    with emulators.storage_running(target):
        assert "the project's fake server" in capsys.readouterr().err
        with emulators.storage_running(target):
            assert "already" in capsys.readouterr().err
        assert requests.get(f"{target.emulator}/", timeout=10).ok
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{target.emulator}/", timeout=10)


def test_storage_of_another_checkout_is_refused(
    tools: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools("17")
    target = Target("demo-digits", "demo-digits.firebasestorage.app", f"http://127.0.0.1:{free_port()}")
    with emulators.storage_running(target):
        monkeypatch.setattr(emulators, "LOCAL", tmp_path / "other")
        message = f"another checkout, which keeps its objects in {tmp_path / 'local' / 'storage'}"
        with pytest.raises(PublishError, match=re.escape(message)), emulators.storage_running(target):
            pass


def test_firebase_storage_names_no_folder(tools: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    """It answers requests that it does not know with an error, and is reused."""
    tools("17")

    class Firebase(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if "/storage/v1/b/" in self.path else 501)
            self.end_headers()
            self.wfile.write(b'{"kind": "storage#objects"}')

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Firebase) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        target = Target("demo-digits", "demo-digits.firebasestorage.app", f"http://127.0.0.1:{server.server_port}")
        with emulators.storage_running(target):
            assert "already" in capsys.readouterr().err
        server.shutdown()


@pytest.mark.parametrize("answer", ["[" * 100_000, "{}", "[]", '{"kind": "other"}', "\xff"], ids=range(5))
def test_other_server_is_not_taken_for_storage(tools: Callable[..., None], answer: str) -> None:
    tools("17")

    class Other(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            with contextlib.suppress(ConnectionError):  # the client stops reading
                self.wfile.write(answer.encode("latin-1"))

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Other) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        target = Target("demo-digits", "demo-digits.firebasestorage.app", f"http://127.0.0.1:{other.server_port}")
        with pytest.raises(PublishError, match="cannot be opened"), emulators.storage_running(target):
            pass
        other.shutdown()


def test_port_in_use_is_reported(tools: Callable[..., None], tmp_path: Path) -> None:
    tools("17")
    (tmp_path / "index.html").touch()
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        target = Target("demo-digits", "demo-digits.firebasestorage.app", f"http://127.0.0.1:{port}")
        other.settimeout(0)
        with (
            pytest.raises(
                PublishError, match=f"Port {port} for Storage cannot be opened: Address already in use. Stop"
            ),
            emulators.storage_running(target),
        ):
            pass
        with (
            pytest.raises(
                PublishError, match=f"Port {port} for Hosting cannot be opened: Address already in use. Stop"
            ),
            emulators.hosting_running(tmp_path, port),
        ):
            pass


def test_port_without_permission_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "index.html").touch()

    def denied(*_: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(socket.socket, "bind", denied)
    with (
        pytest.raises(PublishError, match=r"Port 80 for Hosting cannot be opened: Permission denied\. Choose"),
        emulators.hosting_running(tmp_path, 80),
    ):
        pass


def test_site_must_be_built(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="nox -s site"), emulators.hosting_running(tmp_path):
        pass


def test_failed_start_names_the_log(tools: Callable[..., None], tmp_path: Path) -> None:
    tools("17")
    (tmp_path / "index.html").touch()
    with (
        pytest.raises(PublishError, match=re.escape(str(tmp_path / "local" / "hosting.log"))),
        emulators.hosting_running(tmp_path, free_port()),
    ):
        pass


def test_emulator_that_ignores_sigint_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The emulator and its children stop even if they ignore SIGINT."""
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
    monkeypatch.setattr(emulators, "FIREBASE_TOOLS", firebase)
    monkeypatch.setattr(emulators, "LOCAL", tmp_path / "local")
    monkeypatch.setattr(emulators, "STOP_SECONDS", 0.2)
    with emulators.hosting_running(tmp_path, free_port()) as url:
        assert requests.get(url, timeout=10).ok
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=10)
