"""Files of this checkout: their location, atomic writes, canonical JSON and hashes."""

from __future__ import annotations

import contextlib
import errno
import glob
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
"""Root folder of the checkout."""

Json = dict[str, Any]
"""A JSON object without a typed model."""


def sha256(data: bytes) -> str:
    """Return the hexadecimal SHA-256 of `data`."""
    return hashlib.sha256(data).hexdigest()


def check_free_space(path: Path, size: int) -> None:
    """Check that a file or folder fits on the disk before it is written.

    Args:
        path: Where it is to be written; the parent folder exists.
        size: Bytes to write.

    Raises:
        OSError: The disk has less space (ENOSPC); the message says how much is missing.
    """
    disk = shutil.disk_usage(path.parent)
    if disk.total and size > disk.free:  # some network file systems report no sizes
        missing = f"{(size - disk.free) / 1000:,.1f} kB more are needed"
        raise OSError(errno.ENOSPC, f"{os.strerror(errno.ENOSPC)}, {missing}", str(path))


def write_bytes(path: Path, data: bytes) -> None:
    """Replace a file atomically: readers see the complete old or new content.

    Raises:
        OSError: It could not be written, for example on a full disk. The old file is kept.
    """
    check_free_space(path, len(data))
    with _unfinished(path) as unfinished:
        unfinished.write_bytes(data)


def write_link(path: Path, target: str) -> None:
    """Replace a symbolic link atomically by one to a folder.

    Args:
        path: The link.
        target: Where it points, relative to its folder.
    """
    with _unfinished(path) as unfinished:
        unfinished.symlink_to(target, target_is_directory=True)


@contextlib.contextmanager
def _unfinished(path: Path) -> Iterator[Path]:
    """Yield a temporary name next to `path`, and rename it to `path` at the end. After an error it is deleted.

    What earlier processes left at the temporary names of `path` when they were killed is deleted.
    """
    prefix = f".{path.name}-"
    for leftover in path.parent.glob(f"{glob.escape(prefix)}*"):
        pid = leftover.name.removeprefix(prefix)
        if pid.isdecimal() and not _is_running(int(pid)):
            leftover.unlink(missing_ok=True)
    unfinished = path.with_name(f"{prefix}{os.getpid()}")
    try:
        yield unfinished
        unfinished.replace(path)
    except BaseException as error:
        unfinished.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename is None:  # of write()
            error.filename = str(path)
        raise


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # of another user
        return True
    return True


def write_text(path: Path, text: str) -> None:
    """Replace a text file atomically, in UTF-8."""
    write_bytes(path, text.encode())


def write_json(path: Path, value: Any) -> None:
    """Replace a JSON file atomically: sorted keys, indented, UTF-8.

    Raises:
        ValueError: A number is NaN or infinite. The old file is kept.
    """
    write_text(path, json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n")


def replace_folder(new: Path, target: Path) -> None:
    """Replace a folder by a complete copy of `new`, or create it.

    A kill leaves the old folder or the new one, never a mixture. A kill between the two renames leaves the old one as
    `.NAME.old`, which the next call restores first.

    Raises:
        OSError: The copy could not be written, for example on a full disk. The old folder is kept.
    """
    copy, old = (target.with_name(f".{target.name}.{suffix}") for suffix in ("new", "old"))
    if old.exists() and not target.exists():  # a kill between the renames
        old.rename(target)
    for leftover in (copy, old):
        shutil.rmtree(leftover, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    check_free_space(target, sum(path.stat().st_size for path in new.rglob("*")))
    try:
        shutil.copytree(new, copy)
    except OSError:
        shutil.rmtree(copy, ignore_errors=True)
        raise
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
