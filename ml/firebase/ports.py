"""The ports of the local servers. The noxfile imports this module, so it needs the standard library only."""

from __future__ import annotations

import errno
import http.client
import json
import socket
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ml.errors import PublishError
from ml.firebase.config import emulator_host, emulator_port
from ml.firebase.target import Target

FOLDER_ROUTE = "/internal/folder"
"""Path at which the fake server, unlike Firebase's emulator, names the folder with its objects."""

_MAX_ANSWER = 2**20  # bytes; a longer answer is not that of a Storage with one listed object


def require_free_port(port: int, service: str) -> None:
    """Check that the server of `service`, which is "hosting" or "storage", can open a port.

    Raises:
        PublishError: It cannot.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((emulator_host(service), port))
        except OSError as error:
            choose = "choose another port with --port" if service == "hosting" else ""
            if error.errno == errno.EADDRINUSE:
                hint = f"Stop the program that uses it{choose and f', or {choose}'}."
            else:
                hint = "Choose a port from 1024 up."
            raise PublishError(
                f"Port {port} for {service.title()} cannot be opened: {error.strerror}. {hint}"
            ) from error


def local_storage_runs(target: Target, folder: Path) -> bool:
    """Return whether the local Storage of a target already runs; if not, its port is free.

    Args:
        target: A target with an emulator.
        folder: Where the fake server of this checkout keeps its objects.

    Raises:
        PublishError: The port is used by the fake server of another checkout or by another program.
    """
    port = urlsplit(str(target.emulator)).port or emulator_port("storage")
    if not _is_storage(target):
        require_free_port(port, "storage")
        return False
    other = _get_json(f"{target.emulator}{FOLDER_ROUTE}")
    if isinstance(other, dict) and "folder" in other and other["folder"] != str(folder.resolve()):
        raise PublishError(
            f"Port {port} is used by the Storage of another checkout, which keeps its objects in {other['folder']}. "
            "Stop it, then run this command again."
        )
    return True


def _is_storage(target: Target) -> bool:
    listing = _get_json(f"{target.emulator}/storage/v1/b/{target.bucket}/o?prefix=models/current.json")
    return isinstance(listing, dict) and listing.get("kind") == "storage#objects"


def _get_json(url: str) -> Any:
    """Return the JSON value at a URL; None if there is none."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310
            return json.loads(response.read(_MAX_ANSWER))
    except (OSError, http.client.HTTPException, ValueError, RecursionError):
        return None
