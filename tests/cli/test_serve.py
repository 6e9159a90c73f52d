"""`python -m ml serve` in its own process."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from ml.files import ROOT
from tests.releases import free_port

# Serves a folder as Firebase's emulator does, and starts in a fraction of its time.
FAKE_FIREBASE_TOOLS = f"""#!{sys.executable}
import functools, http.server, json, pathlib
config = json.loads(pathlib.Path("firebase.json").read_text())
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=config["hosting"]["public"])
server = http.server.HTTPServer(("127.0.0.1", config["emulators"]["hosting"]["port"]), handler)
print("All emulators ready!", flush=True)
server.serve_forever()
"""
PROXIES = ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY")


def serve_script(tmp_path: Path, port: int, *, fake: bool) -> str:
    """Return a program that serves a small site, with a fake of Firebase's emulator or with the real one."""
    firebase = tmp_path / "firebase"
    firebase.write_text(FAKE_FIREBASE_TOOLS)
    firebase.chmod(0o755)
    out = tmp_path / "out"
    out.mkdir()
    (out / "index.html").write_text("hello")
    return f"""
import sys
from pathlib import Path
from ml.cli import main, serve
from ml.firebase import emulators
emulators.LOCAL = Path({str(tmp_path / "local")!r})
serve.SITE = Path({str(out)!r})
if {fake}:
    emulators.FIREBASE_TOOLS = Path({str(firebase)!r})
sys.exit(main.main(["serve", "--bundled", "--port", "{port}"]))
"""


def wait_until_closed(port: int) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            requests.get(f"http://127.0.0.1:{port}/", timeout=30)
        except requests.ConnectionError:
            return
        time.sleep(0.1)
    pytest.fail("the emulator still runs")


def obey_ctrl_c() -> None:
    """As at a prompt: a shell makes its background processes ignore SIGINT, and children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize(("end", "fake"), [(signal.SIGINT, False), (signal.SIGTERM, True), (signal.SIGKILL, True)])
def test_emulator_stops_with_serve(tmp_path: Path, end: signal.Signals, fake: bool) -> None:
    """Serve a small site on a free port, end the process, and wait until the port is closed.

    The proxy, at which nothing listens, is for other hosts.
    """
    port = free_port()
    script = serve_script(tmp_path, port, fake=fake)
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "no_proxy": "", "NO_PROXY": "", **dict.fromkeys(PROXIES, f"http://127.0.0.1:{free_port()}")},
        preexec_fn=obey_ctrl_c,  # noqa: PLW1509
    )
    try:
        assert process.stdout
        assert process.stdout.readline() == f"The site: http://127.0.0.1:{port}\n"
        assert requests.get(f"http://127.0.0.1:{port}/config.json", timeout=30).json() == {"storage": None, "keys": []}
        process.send_signal(end)
        rest, _ = process.communicate(timeout=120)
    finally:
        process.kill()
    if end != signal.SIGKILL:
        assert process.returncode == 0
        assert "Stopped" in rest
        with pytest.raises(requests.ConnectionError):
            requests.get(f"http://127.0.0.1:{port}/", timeout=30)
    wait_until_closed(port)


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_serve_ends_with_the_process_that_started_it(tmp_path: Path, end: signal.Signals) -> None:
    port = free_port()
    starter = f"""
import os, subprocess, sys
command = [sys.executable, "-c", {serve_script(tmp_path, port, fake=True)!r}]
subprocess.run(command, env={{**os.environ, "DIGITS_PARENT": str(os.getpid())}})
"""
    process = subprocess.Popen(
        [sys.executable, "-c", starter],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=obey_ctrl_c,  # noqa: PLW1509
    )
    try:
        assert process.stdout
        assert process.stdout.readline() == f"The site: http://127.0.0.1:{port}\n"
        process.send_signal(end)
        rest, _ = process.communicate(timeout=120)  # until serve closes its output
        assert "Stopped" in rest
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    wait_until_closed(port)
