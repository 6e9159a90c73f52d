"""The Storage of a command."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from contextlib import nullcontext
from typing import TYPE_CHECKING

from ml.firebase.config import emulator_url
from ml.firebase.emulators import storage_running
from ml.firebase.target import Target, choose_target

if TYPE_CHECKING:
    from ml.firebase.storage import Storage


def with_target(run: Callable[[argparse.Namespace, Target], int | None]) -> Callable[[argparse.Namespace], int | None]:
    """Return a command that chooses its target and, for the demo project, runs the local Storage."""

    def command(options: argparse.Namespace) -> int | None:
        target = choose_target(options.project, options.bucket, os.environ)
        with storage_running(target) if target.emulator == emulator_url("storage") else nullcontext():
            return run(options, target)

    return command


def with_storage(run: Callable[[argparse.Namespace, Storage], None]) -> Callable[[argparse.Namespace], int | None]:
    """Return a command like `with_target`, for a function that takes the Storage client of the target."""

    def open_storage(options: argparse.Namespace, target: Target) -> None:
        from ml.firebase.storage import Storage

        run(options, Storage(target))

    return with_target(open_storage)
