"""Downloads into the user's cache."""

from __future__ import annotations

import logging
from pathlib import Path

import pooch
import requests

from ml.errors import DataError

log = logging.getLogger(__name__)


class UnreachableError(Exception):
    """No source of a file could be reached."""


def cache_dir(name: str) -> Path:
    """Return the folder of the user's cache for files of this kind."""
    return Path(pooch.os_cache("digits")) / name


def download(urls: list[str], path: Path, md5: str | None) -> Path:
    """Return a file from the cache, downloaded from the first URL that works if it is not there yet.

    Pooch verifies the checksum and moves a file into the cache only when it is complete.

    Args:
        urls: Sources of the file.
        path: Where the cached file is.
        md5: Its checksum; None: do not verify.

    Raises:
        UnreachableError: No source could be reached.
        DataError: The sources could be reached but did not return the file.
    """
    downloader = pooch.HTTPDownloader(progressbar=True, timeout=(10, 30))  # seconds to connect, and between bytes
    known_hash = md5 and f"md5:{md5}"
    failures: list[Exception] = []
    for url in urls:
        try:
            return Path(pooch.retrieve(url, known_hash, fname=path.name, path=path.parent, downloader=downloader))
        except (OSError, ValueError) as error:  # ValueError: the checksum differs
            failures.append(error)
            log.warning("%s: %s", url, _reason(error))
    if all(isinstance(failure, requests.ConnectionError | requests.Timeout) for failure in failures):
        raise UnreachableError("no connection")
    raise DataError(f"{path.name} could not be downloaded from any source: {_reason(failures[-1])}.")


def _reason(error: Exception) -> str:
    """Return the first line of a message, without the chain of exceptions that requests wraps."""
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    return str(error).strip().partition("\n")[0] or type(error).__name__
