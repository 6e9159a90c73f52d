"""Delete old releases from Storage, while others publish and roll back.

A switch relies on objects that a concurrent prune must not delete. Two rules ensure this, for prunes and publishers
that are killed or delayed at any point:

- A prune reads the pointer, lists the objects, and then writes the same pointer again, on condition that its
  generation has not changed. Only afterwards does it delete, and only the generations that it listed.
- A publisher or a rollback reads the pointer, then writes *every* object of its release anew, and then switches on
  condition that the generation of the pointer has not changed.

Let P be a successful switch to the release R, and D a prune that deletes R. No write of the pointer succeeds between
P's first read of the pointer and its switch. So D writes the pointer either before that read or after the switch.
Before: D made its list even earlier, and all objects of R that P relies on are newer, so the list does not contain
their generations. After: D has read the pointer after the switch too, so R was the current release, which it keeps, or
another switch had replaced it already.
"""

from __future__ import annotations

from typing import Any

from ml.errors import PublishError
from ml.firebase.storage import ConflictError, Storage
from ml.firebase.stored import list_objects, require_pointer
from ml.release.manifest import MANIFEST_FILE
from ml.release.pointer import POINTER
from ml.release.verify import NO_CACHE, ReleaseObject


def prune(storage: Storage, keep: int, *, dry_run: bool = False) -> list[str]:
    """Delete all releases except the `keep` newest, the current one and the one before it.

    What interrupted uploads left behind is deleted too, if it is older than the pointer. An upload that began before
    the pointer was written cannot end in a switch.

    Args:
        storage: Where the releases are.
        keep: How many of the releases that were published or rolled back to last are kept.
        dry_run: Delete nothing.

    Returns:
        The ids of the deleted releases and interrupted uploads.

    Raises:
        PublishError: The pointer is missing or damaged, so the current release is unknown, or a publisher switched at
            the same time. Nothing was deleted.
    """
    stored, pointer = require_pointer(storage)
    kept = {pointer.release, stored.metadata.get("previous")}
    objects = list_objects(storage)
    complete = [release for release, blobs in objects.items() if any(_is_manifest(blob) for blob in blobs)]
    interrupted = [
        release
        for release, blobs in objects.items()
        if release not in complete and all(blob.generation < stored.generation for blob in blobs)
    ]
    old = [release for release in (*complete[keep:], *interrupted) if release not in kept]
    if not old or dry_run:
        return old
    try:
        storage.write(ReleaseObject(POINTER, stored.data, "application/json", NO_CACHE), stored, stored.metadata)
    except ConflictError:
        raise PublishError(
            f"{POINTER} was written by another command at the same time. Nothing was deleted. Run the command again."
        ) from None
    for release in old:
        # Manifest first: a release that is deleted only in part is then no longer found.
        for blob in sorted(objects[release], key=_is_manifest, reverse=True):
            storage.delete(blob.name, blob.generation)
    return old


def _is_manifest(blob: Any) -> bool:
    return str(blob.name).endswith(f"/{MANIFEST_FILE}")
