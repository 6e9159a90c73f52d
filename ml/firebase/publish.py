"""Publish releases to Firebase Storage: upload, verify, switch, roll back, list, prune.

Files are uploaded below a prefix derived from their bytes and read back. Only then is models/current.json switched,
and only if its generation is unchanged. Uploading files before the pointer keeps readers consistent: at any moment,
even after a publisher was killed, a reader finds one complete release.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from ml.errors import PublishError
from ml.files import sha256
from ml.firebase.storage import ConflictError, Storage, StoredObject
from ml.release.gate import publish_blocker, regression
from ml.release.manifest import (
    MANIFEST_FILE,
    Manifest,
    parse_manifest,
    release_prefix,
)
from ml.release.pointer import POINTER, Pointer, parse_pointer, unsigned_pointer
from ml.release.verify import Release, ReleaseObject, assemble, read_release

# ---- Reading ----------------------------------------------------------------------------------


def read_pointer(storage: Storage) -> tuple[StoredObject | None, Pointer | None]:
    """Return models/current.json and its parsed content, or None for a missing object or unreadable content."""
    stored = storage.read(POINTER)
    if not stored:
        return None, None
    try:
        return stored, parse_pointer(stored.data)
    except PublishError:
        return stored, None


def require_pointer(storage: Storage) -> Pointer:
    """Return the parsed content of models/current.json.

    Raises:
        PublishError: The object is missing or unreadable.
    """
    stored = storage.read(POINTER)
    if not stored:
        raise _nothing_published(storage)
    return parse_pointer(stored.data)


def fetch_manifest(storage: Storage, release: str) -> Manifest:
    """Return the manifest of a release.

    Raises:
        PublishError: The release does not exist, or its manifest is damaged.
    """
    stored = storage.read(f"{release_prefix(release)}{MANIFEST_FILE}")
    if not stored:
        raise _no_release(storage, release)
    return parse_manifest(stored.data)


def fetch_current(storage: Storage) -> Release:
    """Load the current release as `fetch_release` does."""
    pointer = require_pointer(storage)
    return fetch_release(storage, pointer.release, pointer)


def fetch_release(storage: Storage, release: str, pointer: Pointer | None = None) -> Release:
    """Load a release as the site does, and check every byte and header.

    Args:
        storage: Where the release is.
        release: Its id.
        pointer: The pointer that the manifest must match, if any.

    Raises:
        PublishError: The release is missing or damaged, or its manifest does not match `pointer`.
    """
    prefix = release_prefix(release)
    manifest = storage.read(f"{prefix}{MANIFEST_FILE}")
    if not manifest:
        raise _no_release(storage, release)
    if pointer and (len(manifest.data), sha256(manifest.data)) != (pointer.manifest.bytes, pointer.manifest.sha256):
        raise PublishError(f"{prefix}{MANIFEST_FILE} does not match {POINTER}. Publish the release again.")
    stored = {MANIFEST_FILE: manifest}

    def fetch(name: str, _: int) -> bytes | None:
        item = storage.read(prefix + name)
        if item:
            stored[name] = item
        return item.data if item else None

    complete = assemble(manifest.data, fetch)
    if complete.id != release:
        raise PublishError(f"{prefix} contains another release, {complete.id}. Publish {release} again.")
    for item in complete.objects:
        if not stored[item.name.removeprefix(prefix)].matches(item):
            raise PublishError(f"{item.name} has wrong headers. Publish the release again.")
    return complete


def _nothing_published(storage: Storage) -> PublishError:
    return PublishError(f"Nothing is published in {storage.target}. Run `nox -s deploy` first.")


def _no_release(storage: Storage, release: str) -> PublishError:
    return PublishError(f"There is no release {release} in {storage.target}. `release list` shows those that exist.")


# ---- Publishing -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """The result of `publish`, or of its dry run."""

    release: str
    uploaded: list[str]
    unchanged: list[str]
    switched: bool
    previous: str | None


def publish(
    storage: Storage, release: Release, *, accept_worse: bool = False, below_gate: bool = False, dry_run: bool = False
) -> Outcome:
    """Upload a release and make it the current one. Objects that are already there are not written again.

    Args:
        storage: Where to publish.
        release: A complete release, as `read_release` returns it.
        accept_worse: Publish to a real project even if the current release is more accurate.
        below_gate: Publish to a real project even if the release fails its gate.
        dry_run: Return the result without changing anything.

    Raises:
        PublishError: The release was not published. The current release is unchanged and complete.
    """
    storage.list_blobs(release_prefix(release.id))  # fails early without a bucket or permission
    stored, pointer = read_pointer(storage)
    _check_gate(storage, release, pointer, accept_worse=accept_worse, below_gate=below_gate)
    uploaded: list[str] = []
    unchanged: list[str] = []
    with tqdm(total=release.bytes, unit="B", unit_scale=True, desc=release.id, disable=None) as progress:
        for item in release.objects:
            written = _ensure_uploaded(storage, item, dry_run=dry_run)
            (uploaded if written else unchanged).append(item.name)
            progress.update(len(item.data))
    switched = not (stored and stored.matches(unsigned_pointer(release)))
    if switched and not dry_run:
        # Objects that were already there may have been pruned since they were read.
        present = {blob.name for blob in storage.list_blobs(release_prefix(release.id))}
        if any(item.name not in present for item in release.objects):
            raise PublishError(f"Objects of release {release.id} were deleted during the upload. Publish it again.")
        _switch(storage, release, stored, pointer)
    return Outcome(release.id, uploaded, unchanged, switched, pointer.release if pointer else None)


def publish_first(storage: Storage, folders: Iterable[Path]) -> str | None:
    """Publish the first release found in `folders` if nothing is published yet.

    Returns:
        The id of the published release, or None if nothing was done.
    """
    if read_pointer(storage)[0]:
        return None
    path = next((path for path in folders if (path / MANIFEST_FILE).is_file()), None)
    return publish(storage, read_release(path)).release if path else None


def _check_gate(
    storage: Storage, release: Release, pointer: Pointer | None, *, accept_worse: bool, below_gate: bool
) -> None:
    """Reject a release that must not be public. On an emulator, only print the reason."""
    current: Manifest | None = None
    if pointer:
        with suppress(PublishError):  # a damaged release may always be replaced
            current = fetch_manifest(storage, pointer.release)
    worse = None if accept_worse else regression(release.manifest, current)
    for reason in (
        publish_blocker(release, below_gate=below_gate),
        worse and f"{worse} (--accept-worse publishes it anyway)",
    ):
        if not reason:
            continue
        if not storage.target.emulator:
            raise PublishError(f"Release {release.id} cannot be published to {storage.target}: {reason}.")
        tqdm.write(f"Release {release.id} would be rejected by a real project: {reason}.", file=sys.stderr)


def _ensure_uploaded(storage: Storage, item: ReleaseObject, *, dry_run: bool) -> bool:
    """Upload `item` unless it is in Storage, read it back, and return whether it was missing."""
    stored = storage.read(item.name)
    if stored and stored.matches(item):
        return False
    if dry_run:
        return True
    # A conflict means that another publisher uploads the same release. The check below covers both cases.
    with suppress(ConflictError):
        storage.write(item, replacing=stored)
    stored = storage.read(item.name)
    if not stored or not stored.matches(item):
        raise PublishError(f"Storage returned {item.name} changed. The current release is unchanged. Publish again.")
    return True


def _switch(storage: Storage, release: Release, stored: StoredObject | None, pointer: Pointer | None) -> None:
    """Make `release` the current one if models/current.json is still `stored`, whose parsed content is `pointer`."""
    previous = pointer.release if pointer else None
    if stored and previous in (None, release.id):
        previous = stored.metadata.get("previous")
    try:
        generation = storage.write(unsigned_pointer(release), stored, **({"previous": previous} if previous else {}))
    except ConflictError:
        now, other = read_pointer(storage)
        if now and now.data == unsigned_pointer(release).data:
            return  # the response to our write was lost, or another publisher published the same release
        raise PublishError(
            f"Another publisher switched to {other.release if other else 'an unreadable pointer'} during the upload. "
            "Nothing was overwritten. Check that release, and publish again to replace it."
        ) from None
    now = storage.read(POINTER)
    if not now or (now.generation == generation and not now.matches(unsigned_pointer(release))):
        raise PublishError(f"Storage returned {POINTER} changed. Publish again.")


def rollback(storage: Storage, release: str | None = None, *, dry_run: bool = False) -> tuple[str, str | None]:
    """Switch back to a release that is still complete in Storage.

    Args:
        storage: Where the releases are.
        release: Id of the release (default: the one before the current one).
        dry_run: Only check that the rollback is possible.

    Returns:
        The id of the release that is current now, and that of the one before it.

    Raises:
        PublishError: There is no such release, it is damaged, or another publisher switched at the same time.
    """
    stored, pointer = read_pointer(storage)
    if not stored:
        raise _nothing_published(storage)
    target_id = release or stored.metadata.get("previous")
    if not target_id:
        raise PublishError("There is no previous release. Name one that `release list` shows.")
    target = fetch_release(storage, target_id)
    if not stored.matches(unsigned_pointer(target)) and not dry_run:
        _switch(storage, target, stored, pointer)
    return target.id, pointer.release if pointer else None


# ---- Listing and pruning ----------------------------------------------------------------------


@dataclass(frozen=True)
class StoredRelease:
    """A release in Storage."""

    release: str
    uploaded: str  # time in ISO 8601
    bytes: int
    current: bool
    previous: bool  # the default target of a rollback
    manifest: Manifest | None  # None if damaged or incomplete


def list_releases(storage: Storage) -> list[StoredRelease]:
    """Return every release in Storage, the newest upload first."""
    stored_pointer, pointer = read_pointer(storage)
    previous = stored_pointer.metadata.get("previous") if stored_pointer else None
    blobs_of: dict[str, list[Any]] = {}
    for blob in storage.list_blobs("models/"):
        if blob.name.count("/") == 2:
            blobs_of.setdefault(blob.name.split("/")[1], []).append(blob)
    result = []
    # A generation is Storage's time of the upload, so the clocks of publishers do not matter.
    newest = sorted(blobs_of.items(), key=lambda item: max(blob.generation for blob in item[1]), reverse=True)
    for release, blobs in newest:
        stored = storage.read(f"{release_prefix(release)}{MANIFEST_FILE}")
        try:
            manifest = parse_manifest(stored.data) if stored else None
        except PublishError:
            manifest = None
        result.append(
            StoredRelease(
                release,
                max(blob.updated for blob in blobs).isoformat(timespec="seconds"),
                sum(blob.size for blob in blobs),
                bool(pointer and pointer.release == release),
                previous == release,
                manifest,
            )
        )
    return result


def prune(storage: Storage, keep: int, *, dry_run: bool = False) -> list[str]:
    """Delete all releases except the `keep` newest, the current one and the one before it.

    Returns:
        The ids of the deleted releases.

    Raises:
        PublishError: The pointer is missing or unreadable, so the current release is unknown.
    """
    require_pointer(storage)
    old = [entry.release for entry in list_releases(storage)[keep:] if not entry.current and not entry.previous]
    for release in [] if dry_run else old:
        if require_pointer(storage).release == release:
            raise PublishError(f"Another publisher switched to {release}. Pruning stopped. Run the command again.")
        # Manifest first: a release that is deleted only in part is then no longer found.
        blobs = storage.list_blobs(release_prefix(release))
        for blob in sorted(blobs, key=lambda blob: not blob.name.endswith(f"/{MANIFEST_FILE}")):
            storage.delete(blob.name, blob.generation)
    return old
