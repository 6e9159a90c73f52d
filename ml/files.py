"""Files of this checkout: their location, atomic writes, canonical JSON and hashes."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
"""Root folder of the checkout."""

Json = dict[str, Any]
"""A JSON object without a typed model."""


def sha256(data: bytes) -> str:
    """Return the hexadecimal SHA-256 of `data`."""
    return hashlib.sha256(data).hexdigest()


def write_bytes(path: Path, data: bytes) -> None:
    """Replace a file atomically: readers see the complete old or new content."""
    unfinished = path.with_name(f".{path.name}-{os.getpid()}")
    unfinished.write_bytes(data)
    unfinished.replace(path)


def write_text(path: Path, text: str) -> None:
    """Replace a text file atomically, in UTF-8."""
    write_bytes(path, text.encode())


def write_json(path: Path, value: Any) -> None:
    """Replace a JSON file atomically: sorted keys, indented, UTF-8."""
    write_text(path, json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n")


def replace_folder(new: Path, target: Path) -> None:
    """Replace a folder by a complete copy of `new`, or create it.

    A kill leaves the old folder or the new one, never a mixture. A kill between the two renames leaves the old one as
    `.NAME.old`, which the next call restores first.
    """
    copy, old = (target.with_name(f".{target.name}.{suffix}") for suffix in ("new", "old"))
    if old.exists() and not target.exists():  # a kill between the renames
        old.rename(target)
    for leftover in (copy, old):
        shutil.rmtree(leftover, ignore_errors=True)
    shutil.copytree(new, copy)
    if target.exists():
        target.rename(old)
    copy.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def canonical_json(value: Any) -> bytes:
    """Serialize as canonical JSON, so that equal values give equal bytes: sorted keys, no spaces, UTF-8.

    Raises:
        ValueError: A number is NaN or infinite.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
