"""Argument types and options that several commands share."""

from __future__ import annotations

import argparse
import math
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from ml.config import RUN_NAME
from ml.errors import PublishError
from ml.firebase.config import demo_project
from ml.presets import PRESETS
from ml.runs import LATEST


class UsageError(PublishError):
    """Options that exclude each other, or one that has no effect with the others."""


# Not subscripted at run time: argparse's class is generic for type checkers only.
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def int_range(low: int, high: float = math.inf) -> Callable[[str], int]:
    """Return an argparse type: an integer from `low` to `high`, both included."""

    def parse(text: str) -> int:
        if not (text.isdecimal() and low <= int(text) <= high):
            bounds = f"of at least {low}" if high == math.inf else f"from {low} to {high}"
            raise argparse.ArgumentTypeError(f"{text!r} is not an integer {bounds}")
        return int(text)

    return parse


def preset_name(text: str) -> str:
    """Argparse type: the name of a preset. Unlike choices, a type also checks the default."""
    if text not in PRESETS:
        origin = " (from DIGITS_PRESET)" if text == os.environ.get("DIGITS_PRESET") else ""
        raise argparse.ArgumentTypeError(f"there is no preset {text!r}{origin}; choose one of {', '.join(PRESETS)}")
    return text


def data_folder(text: str) -> Path:
    """Argparse type: an existing folder."""
    if not Path(text).is_dir():
        origin = " (from DIGITS_DATA_DIR)" if text == os.environ.get("DIGITS_DATA_DIR") else ""
        raise argparse.ArgumentTypeError(f"the folder {text!r}{origin} does not exist")
    return Path(text)


def non_empty(text: str) -> str:
    """Argparse type: a text that is not empty, as an unset variable of a script is."""
    if not text:
        raise argparse.ArgumentTypeError("it is empty")
    return text


def new_file(text: str) -> Path:
    """Argparse type: the path of a file to create. The shell leaves a quoted `~/` as it is."""
    if not text or text.endswith(os.sep):
        raise argparse.ArgumentTypeError(f"{text!r} does not name a file")
    return Path(text).expanduser() if text.startswith("~/") else Path(text)


def run_name(text: str) -> str:
    """Argparse type: the name of a run folder."""
    if not re.fullmatch(RUN_NAME, text) or text == LATEST.name:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a valid run name; use letters, digits, . _ + - and not {LATEST.name}"
        )
    return text


def run_folder(text: str) -> Path:
    """Argparse type: a run folder. Links are resolved because another training may move `runs/latest` meanwhile."""
    return Path(os.path.relpath(Path(text).resolve()))


def add_run(parser: argparse.ArgumentParser) -> None:
    """Add the option `--run`."""
    parser.add_argument("--run", type=run_folder, default=str(LATEST), help="run folder (default: runs/latest)")


def add_data_dir(parser: argparse.ArgumentParser) -> None:
    """Add the option `--data-dir`."""
    parser.add_argument(
        "--data-dir",
        type=data_folder,
        default=os.environ.get("DIGITS_DATA_DIR") or None,
        help="local folder with the datasets; disables downloads (default: DIGITS_DATA_DIR)",
    )


def add_target(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose the Storage of a command, and `--json`."""
    parser.add_argument("--project", help=f"Firebase project (default: FIREBASE_PROJECT, then {demo_project()}, local)")
    parser.add_argument("--bucket", help="Storage bucket (default: PROJECT.firebasestorage.app)")
    parser.add_argument("--json", action="store_true", help="print JSON")
