"""Environment of a process: variables of TensorFlow, proxies, the parent, and characters that the console lacks."""

from __future__ import annotations

import codecs
import io
import os
import signal
import sys
import threading
import time
import unicodedata

LOOPBACK = ("127.0.0.1", "localhost", "::1")

# Characters without a decomposition in ASCII.
ASCII = str.maketrans(
    {"←": "<-", "→": "->", "–": "-", "—": "-", "−": "-", "×": "x", "±": "+/-", "≥": ">=", "≤": "<=", "⁄": "/"}
    | dict.fromkeys("“”", '"')
    | dict.fromkeys("‘’", "'")
)


def prepare_tensorflow() -> None:
    """Set the environment variables of TensorFlow that are not set yet. Call it before TensorFlow is imported."""
    # Fatal errors only: TensorFlow's log lines would hide our output.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # The converter of TensorFlow.js prints a welcome message, which requires IPython if output is not a terminal.
    os.environ.setdefault("TFDF_DISABLE_WELCOME_MESSAGE", "1")
    # TensorFlow uses oneDNN by default only on processors with instructions such as AVX512_VNNI. Training is faster
    # with it on others, too: see benchmarks/training_step.json.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")


def bypass_proxies_for_loopback() -> None:
    """Reach servers on this machine directly, in this process and its children, even if a proxy is configured.

    requests, urllib and Google's clients read these variables. Python prefers the lower-case name.
    """
    given = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    names = [name.strip() for name in given.split(",") if name.strip()]
    if "*" not in names:
        value = ",".join(dict.fromkeys([*names, *LOOPBACK]))
        os.environ["no_proxy"] = os.environ["NO_PROXY"] = value


def end_with_parent() -> None:
    """End this process when the process in DIGITS_PARENT, which started it, ends.

    nox sets the variable, because it does not stop its command if it is terminated or killed.
    """
    parent = os.getppid()
    if os.environ.get("DIGITS_PARENT") != str(parent):
        return

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def without_proxies() -> dict[str, str]:
    """Return the environment without proxies, for an emulator of firebase-tools, which ignores `no_proxy`."""
    return {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}


def degrade_output() -> None:
    """Print characters that the encoding of the console lacks as ASCII, for example … as three dots."""
    codecs.register_error("degrade", _degrade)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="degrade")


def _degrade(error: UnicodeError) -> tuple[str, int]:
    """Error handler of codecs: replace what cannot be encoded."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    characters = (_ascii(character) for character in error.object[error.start : error.end])
    return "".join(characters), error.end


def _ascii(character: str) -> str:
    decomposed = unicodedata.normalize("NFKD", character).translate(ASCII)
    return decomposed.encode("ascii", "ignore").decode() or "?"
