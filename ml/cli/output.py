"""Output of the commands."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any


def print_result(options: argparse.Namespace, value: Any, *lines: str) -> None:
    """Print `lines` or, with `--json`, have `json_output` print `value` at the end of the command."""
    if options.json:
        options.result = value
    else:
        print("\n".join(lines))


def print_next(text: str) -> None:
    """Print what the user can do next, except in `nox -s demo`, which does it."""
    if "DIGITS_DEMO" not in os.environ:
        print(text)


@contextmanager
def json_output(options: argparse.Namespace) -> Iterator[None]:
    """With `--json`, print `options.result` after the block, and nothing else on standard output.

    During the block, standard output is standard error, also for child processes and native libraries.
    """
    if not getattr(options, "json", False):
        yield
        return
    sys.stdout.flush()
    stdout = os.dup(1)
    os.dup2(2, 1)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(stdout, 1)
        os.close(stdout)
    print(json.dumps(options.result, indent=2))


@contextmanager
def quiet(message: str = "Starting Keras …") -> Iterator[None]:
    """Print `message` and discard what native libraries write to standard error during the block.

    Commands import Keras inside such a block, because the import takes ten seconds with TensorFlow.
    """
    print(message, flush=True)
    stderr = os.dup(2)
    with Path(os.devnull).open("wb") as devnull:
        os.dup2(devnull.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
