"""Storage and Hosting on this machine, for as long as they are needed.

Hosting is Firebase's emulator, from frontend/node_modules. Storage is Firebase's emulator too where
it can run (Java 21 or newer, and its jar on disk or online), and else the stand-in of
`ml.firebase.fake.server`. What is published stays in .local between runs.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ml.errors import PublishError
from ml.files import ROOT
from ml.firebase.fake import server as storage_standin
from ml.firebase.fake.rules import RulesError
from ml.firebase.storage import DEMO_PROJECT, LOCAL_STORAGE, Target

SITE = ROOT / "frontend" / "out"
FIREBASE = ROOT / "frontend" / "node_modules" / ".bin" / "firebase"
KEEPER = Path(__file__).with_name("supervise.py")
LOCAL = ROOT / ".local"
HOSTING_PORT = 5000
START_SECONDS = 90
STOP_SECONDS = 20
READY = "All emulators ready"  # what firebase-tools says
JAVA = 21  # what Firebase's storage emulator wants

Json = dict[str, Any]


def java_major(printed: str) -> int | None:
    """The major version in what `java -version` prints; None when there is none in it."""
    found = re.search(r'version "(?:1\.)?(\d+)', printed)
    return int(found[1]) if found else None


def why_stand_in() -> str | None:
    """Why Firebase's storage emulator cannot run here; None when it can."""
    if not FIREBASE.exists():
        return "firebase-tools is not installed (`nox -s web` does that)"
    try:
        asked = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return f"there is no Java, and Firebase's emulator wants {JAVA}"
    major = java_major(asked.stderr)
    if major is None or major < JAVA:
        return f"this is Java {major or 'of an unknown version'}, and Firebase's emulator wants {JAVA}"
    if os.environ.get("STORAGE_EMULATOR_BINARY_PATH"):
        return None
    LOCAL.mkdir(exist_ok=True)
    fetched = subprocess.run([str(FIREBASE), "setup:emulators:storage"], cwd=LOCAL, capture_output=True, check=False)
    return "the jar of Firebase's emulator cannot be downloaded" if fetched.returncode else None


def local_config(config: Json, public: str, port: int) -> Json:
    """firebase.json as the emulators need it: pages may also read from the local Storage.

    Args:
        config: The content of firebase.json.
        public: The site's folder, as seen from where the result will lie.
        port: Where Hosting listens.
    """
    changed: Json = json.loads(json.dumps(config))
    changed.pop("$schema", None)
    changed["hosting"]["public"] = public
    changed["emulators"]["hosting"]["port"] = port
    for rule in changed["hosting"]["headers"]:
        for header in rule["headers"]:
            if header["key"] == "Content-Security-Policy":
                header["value"] = header["value"].replace("connect-src 'self'", f"connect-src 'self' {LOCAL_STORAGE}")
    return changed


@contextmanager
def storage_running(target: Target) -> Iterator[None]:
    """See that `target`'s local Storage runs: the one that does already, or one that does until the block ends.

    Raises:
        PublishError: Its port is taken by something else, or it does not start.
    """
    port = urlsplit(str(target.emulator)).port or storage_standin.PORT
    with ExitStack() as stack:
        if _is_storage(target):
            _say(f"Storage: the one that runs at {target.emulator} already")
        else:
            _demand_free(port, "Storage")
            if reason := why_stand_in():
                try:
                    stack.enter_context(storage_standin.serving(LOCAL / "storage", port))
                except RulesError as error:
                    raise PublishError(f"The stand-in for Storage cannot read storage.rules: {error}.") from error
                _say(f"Storage: the project's STAND-IN at {target.emulator}, because {reason}")
            else:
                data = ["--import", "emulator-data", "--export-on-exit", "emulator-data"]
                stack.enter_context(_firebase("storage", *data))
                _say(f"Storage: Firebase's emulator at {target.emulator}")
        yield


@contextmanager
def hosting_running(site: Path = SITE, port: int = HOSTING_PORT) -> Iterator[str]:
    """Firebase's hosting emulator over the built site; gives its URL.

    Raises:
        PublishError: The site is not built, the port is taken, or the emulator does not start.
    """
    if not (site / "index.html").is_file():
        raise PublishError("The site is not built: run `nox -s site` first.")
    _demand_free(port, "Hosting")
    url = f"http://127.0.0.1:{port}"
    with _firebase("hosting", site=site, port=port):
        yield url


@contextmanager
def _firebase(service: str, *options: str, site: Path = SITE, port: int = HOSTING_PORT) -> Iterator[None]:
    """Firebase's emulator of `service`, from when it is ready until the block ends."""
    if not FIREBASE.exists():
        raise PublishError("firebase-tools is not installed: run `nox -s web`.")
    LOCAL.mkdir(exist_ok=True)
    config = json.loads((ROOT / "firebase.json").read_text())
    config = local_config(config, os.path.relpath(site, LOCAL), port)
    (LOCAL / "firebase.json").write_text(json.dumps(config, indent=2))
    shutil.copy(ROOT / "storage.rules", LOCAL)
    command = [str(FIREBASE), "emulators:start", "--only", service, "--project", DEMO_PROJECT]
    log = LOCAL / f"{service}.log"
    with log.open("w") as output:
        # A session of its own: Ctrl-C reaches this program alone, and the keeper stops the child once.
        keeper = subprocess.Popen(
            [sys.executable, str(KEEPER), str(STOP_SECONDS), *command, "--config", "firebase.json", *options],
            cwd=LOCAL,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while READY not in log.read_text():
            if keeper.poll() is not None or time.monotonic() > deadline:
                raise PublishError(f"Firebase's {service} emulator did not start; {log} says why.")
            time.sleep(0.2)
        time.sleep(0.2)  # firebase-tools ignores a signal that comes in its first tenth of a second
        yield
    finally:
        keeper.communicate()  # closes its input and waits


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def _is_storage(target: Target) -> bool:
    url = f"{target.emulator}/storage/v1/b/{target.bucket}/o?maxResults=1"
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310
            return bool(json.load(answer)["kind"] == "storage#objects")
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _demand_free(port: int, service: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            mend = (
                "stop the program that listens there"
                if error.errno == errno.EADDRINUSE
                else "let this user listen there"
            )
            raise PublishError(
                f"Port {port}, where {service} should listen, cannot be opened: {error.strerror}; {mend}."
            ) from error
