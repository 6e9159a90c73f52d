"""Local Storage and Hosting.

Hosting is Firebase's emulator from frontend/node_modules. Storage is Firebase's emulator if it can run, which takes
Java 21 or newer and a jar that is downloaded once. Otherwise it is the fake server of `ml.firebase.fake.server`.
Published objects stay in .local between runs.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from ml.environment import without_proxies
from ml.errors import PublishError
from ml.files import ROOT
from ml.firebase.config import LOCAL_FOLDER, demo_project, emulator_port, emulator_url, local_config
from ml.firebase.fake import server as fake_server
from ml.firebase.fake.rules import RulesError
from ml.firebase.ports import local_storage_runs, require_free_port
from ml.firebase.site import FIREBASE_TOOLS, SITE, is_built
from ml.firebase.target import Target

SUPERVISE = Path(__file__).with_name("supervise.py")
LOCAL = LOCAL_FOLDER
START_SECONDS = 90
STOP_SECONDS = 20
READY = "All emulators ready"  # printed by firebase-tools
JAVA = 21  # oldest version for Firebase's storage emulator


def java_major(output: str) -> int | None:
    """Return the major version in the output of `java -version`, or None if there is none."""
    found = re.search(r'version "(?:1\.)?(\d+)', output)
    return int(found[1]) if found else None


def missing_requirement() -> str | None:
    """Return why Firebase's storage emulator cannot run on this machine, or None if it can."""
    if not FIREBASE_TOOLS.exists():
        return "firebase-tools is not installed; `nox -s web` installs it"
    try:
        java = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return f"it requires Java {JAVA} or newer, and Java is not installed"
    major = java_major(java.stderr)
    if major is None or major < JAVA:
        return f"it requires Java {JAVA} or newer, and Java {major or 'of an unknown version'} is installed"
    if os.environ.get("STORAGE_EMULATOR_BINARY_PATH"):
        return None
    LOCAL.mkdir(exist_ok=True)
    download = subprocess.run(
        [str(FIREBASE_TOOLS), "setup:emulators:storage"], cwd=LOCAL, capture_output=True, check=False
    )
    return "its jar cannot be downloaded" if download.returncode else None


@contextmanager
def storage_running(target: Target) -> Iterator[None]:
    """Run the local Storage of `target` during the block, unless it already runs.

    Raises:
        PublishError: Another program or another checkout uses the port, or Storage does not start.
    """
    port = urlsplit(str(target.emulator)).port or emulator_port("storage")
    with ExitStack() as stack:
        if local_storage_runs(target, LOCAL / "storage"):
            _notice(f"Storage: already running at {target.emulator}")
        elif reason := missing_requirement():
            try:
                stack.enter_context(fake_server.serving(LOCAL / "storage", port))
            except RulesError as error:
                raise PublishError(f"The fake server cannot read storage.rules: {error}.") from error
            _notice(
                f"Storage: the project's fake server at {target.emulator}. It is sufficient on this machine; "
                f"Firebase's emulator is optional and not used ({reason})."
            )
        else:
            data = ["--import", "emulator-data", "--export-on-exit", "emulator-data"]
            stack.enter_context(_firebase("storage", *data))
            _notice(f"Storage: Firebase's emulator at {target.emulator}")
        yield


@contextmanager
def hosting_running(site: Path = SITE, port: int | None = None) -> Iterator[str]:
    """Serve the built site with Firebase's hosting emulator during the block, and yield its URL.

    Args:
        site: The built site.
        port: The port to listen on (default: that of firebase.json).

    Raises:
        PublishError: The site is not built, another program uses the port, or the emulator does not start.
    """
    if not is_built(site):
        raise PublishError("The site is not built. Run `nox -s site` first.")
    port = port or emulator_port("hosting")
    require_free_port(port, "hosting")
    with _firebase("hosting", site=site, port=port):
        yield emulator_url("hosting", port)


@contextmanager
def _firebase(service: str, *options: str, site: Path = SITE, port: int | None = None) -> Iterator[None]:
    """Run Firebase's emulator of `service` during the block, which starts when the emulator is ready."""
    if not FIREBASE_TOOLS.exists():
        raise PublishError("firebase-tools is not installed. Run `nox -s web`.")
    LOCAL.mkdir(exist_ok=True)
    config = local_config(os.path.relpath(site, LOCAL), port)
    (LOCAL / "firebase.json").write_text(json.dumps(config, indent=2), encoding="utf-8")
    shutil.copy(ROOT / "storage.rules", LOCAL)
    command = [str(FIREBASE_TOOLS), "emulators:start", "--only", service, "--project", demo_project()]
    log = LOCAL / f"{service}.log"
    with log.open("w") as output:
        # In a new session, so that Ctrl-C reaches only this program and the supervisor stops the child once.
        supervisor = subprocess.Popen(
            [sys.executable, str(SUPERVISE), str(STOP_SECONDS), *command, "--config", "firebase.json", *options],
            cwd=LOCAL,
            env=without_proxies(),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while READY not in log.read_text(encoding="utf-8", errors="replace"):
            if supervisor.poll() is not None or time.monotonic() > deadline:
                raise PublishError(f"Firebase's {service} emulator did not start. See {log}.")
            time.sleep(0.2)
        time.sleep(0.2)  # firebase-tools ignores a signal in its first tenth of a second
        yield
    finally:
        supervisor.communicate()  # closes its input and waits


def _notice(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
