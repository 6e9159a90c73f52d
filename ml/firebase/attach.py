"""Files about a release that are kept next to it in Storage. They are not part of it, and the site ignores them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ml.errors import PublishError
from ml.firebase.storage import ConflictError, Storage
from ml.release.manifest import MANIFEST_FILE, release_prefix
from ml.release.verify import ReleaseObject

ATTACHMENTS = ("model.sig", "provenance.json")
"""OpenSSF model signature and SLSA provenance: Sigstore bundles, which are JSON."""

MAX_ATTACHMENT_BYTES = 2**20


def attach(storage: Storage, release: str, files: Iterable[Path]) -> list[str]:
    """Write files next to a release, or replace them, and read them back.

    Args:
        storage: The Storage.
        release: Id of a published release.
        files: Files whose names are in `ATTACHMENTS`.

    Returns:
        The names of the objects.

    Raises:
        PublishError: There is no such release, or a file has another name or is too large, and nothing was written.
            Or Storage failed, or another process wrote the same object.
    """
    items = [_read(release, file) for file in files]
    if not storage.read(release_prefix(release) + MANIFEST_FILE):
        raise PublishError(f"There is no release {release} in {storage.target}. `release list` shows them all.")
    for item in items:
        try:
            storage.write(item, storage.read(item.name))
        except ConflictError as error:
            raise PublishError(f"Another process wrote {item.name}. Run the command again.") from error
        written = storage.read(item.name)
        if not written or not written.matches(item):
            raise PublishError(f"{item.name} was not stored correctly. Run the command again.")
    return [item.name for item in items]


def _read(release: str, file: Path) -> ReleaseObject:
    if file.name not in ATTACHMENTS:
        raise PublishError(f"{file.name} cannot be attached. The names are {' and '.join(ATTACHMENTS)}.")
    data = file.read_bytes()
    if not 0 < len(data) <= MAX_ATTACHMENT_BYTES:
        raise PublishError(f"{file} has {len(data):,} bytes; between 1 and {MAX_ATTACHMENT_BYTES:,} are allowed.")
    return ReleaseObject(release_prefix(release) + file.name, data, "application/json", "no-cache")
