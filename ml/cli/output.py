"""Output of the commands."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def print_result(options: argparse.Namespace, value: Any, *lines: str) -> None:
    """Print `value` as JSON with `--json`, else `lines`."""
    print(json.dumps(value, indent=2) if options.json else "\n".join(lines))


@contextmanager
def quiet(message: str = "Starting Keras …") -> Iterator[None]:
    """Print `message` and discard what native libraries write to standard error during the block.

    Commands import Keras inside such a block, because the import takes ten seconds with TensorFlow.
    """
    print(message, flush=True)
    stderr = os.dup(2)
    with Path(os.devnull).open("w") as devnull:
        os.dup2(devnull.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
