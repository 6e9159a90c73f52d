"""The Storage of a command."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from contextlib import nullcontext

from ml.firebase.config import emulator_url
from ml.firebase.emulators import storage_running
from ml.firebase.storage import Target, choose_target


def with_target(run: Callable[[argparse.Namespace, Target], int | None]) -> Callable[[argparse.Namespace], int | None]:
    """Return a command that chooses its target and, for the demo project, runs the local Storage."""

    def command(options: argparse.Namespace) -> int | None:
        target = choose_target(options.project, options.bucket, os.environ)
        with storage_running(target) if target.emulator == emulator_url("storage") else nullcontext():
            return run(options, target)

    return command
