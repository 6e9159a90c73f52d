"""Read the pointer and the releases in Storage.

`DamagedError` means that what is stored is missing or invalid. Any other `PublishError` means that Storage failed, or
that a newer program wrote it, and says nothing about the release.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from ml.documents import parse_json
from ml.errors import DamagedError, PublishError
from ml.files import sha256
from ml.firebase.storage import Storage, StoredObject
from ml.release.manifest import MANIFEST_FILE, SCHEMA, Manifest, parse_manifest, release_prefix
from ml.release.pointer import POINTER, SIGNED, Pointer, SignedPointer, parse_pointer
from ml.release.pointer_check import SignatureCheck, claimed_signature
from ml.release.signing import PublicKey
from ml.release.verify import Release, assemble

T = TypeVar("T")

SIGNED_BEFORE = ".pointer.json"
"""The signed pointer with which a release was current. The names of a release's files do not start with a dot."""


@dataclass(frozen=True)
class CurrentPointer:
    """`models/current.json` as it was read."""

    stored: StoredObject | None  # None: nothing is published
    pointer: Pointer | None  # None: nothing is published, or it is damaged

    @property
    def release(self) -> str | None:
        """Id of the current release."""
        return self.pointer.release if self.pointer else None

    @property
    def previous(self) -> str | None:
        """Id of the release that was current before."""
        return self.stored.metadata.get("previous") if self.stored else None


def read_pointer(storage: Storage) -> CurrentPointer:
    """Read models/current.json, which may be missing or damaged.

    Raises:
        PublishError: Storage fails, or a newer program wrote the pointer.
    """
    stored = storage.read(POINTER)
    if not stored:
        return CurrentPointer(None, None)
    try:
        return CurrentPointer(stored, _parse(parse_pointer, stored.data, SIGNED))
    except DamagedError:
        return CurrentPointer(stored, None)


def read_earlier_pointer(storage: Storage, release: str) -> Pointer | None:
    """Return the pointer with which `release` was current before, if a valid one is kept next to it.

    Anyone who can write to the bucket can write it, so only its signature counts.
    """
    stored = storage.read(release_prefix(release) + SIGNED_BEFORE)
    try:
        pointer = parse_pointer(stored.data) if stored else None
    except PublishError:
        return None
    return pointer if pointer and pointer.release == release else None


def require_pointer(storage: Storage) -> tuple[StoredObject, Pointer]:
    """Return models/current.json as it is stored, and its parsed content.

    Raises:
        DamagedError: It is missing or invalid.
    """
    stored = storage.read(POINTER)
    if not stored:
        raise nothing_published(storage)
    try:
        return stored, _parse(parse_pointer, stored.data, SIGNED)
    except DamagedError as error:
        raise DamagedError(f"{error} Publish a release from its folder with `deploy`.") from error


def fetch_manifest(storage: Storage, release: str) -> Manifest:
    """Return the manifest of a release.

    Raises:
        DamagedError: The release does not exist, or its manifest is damaged.
    """
    return _parse_manifest(storage, release, _manifest_object(storage, release).data)


def fetch_current(storage: Storage) -> Release:
    """Load the current release as `fetch_release` does."""
    _, pointer = require_pointer(storage)
    return fetch_release(storage, pointer.release, pointer)


def fetch_release(storage: Storage, release: str, pointer: Pointer | None = None) -> Release:
    """Load a release as the site does, and check every byte and header.

    Args:
        storage: Where the release is.
        release: Its id.
        pointer: The pointer that the manifest must match, if any.

    Raises:
        DamagedError: The release is missing or damaged, or its manifest does not match `pointer`.
    """
    prefix = release_prefix(release)
    manifest = _manifest_object(storage, release)
    if pointer and not _names(pointer, manifest.data):
        raise DamagedError(f"{prefix}{MANIFEST_FILE} does not match {POINTER}. Publish the release again.")
    stored = {MANIFEST_FILE: manifest}
    for file in _parse_manifest(storage, release, manifest.data).files:
        if found := _read(storage, prefix + file.path):
            stored[file.path] = found
    try:
        complete = assemble(manifest.data, lambda name, _: stored[name].data if name in stored else None)
    except PublishError as error:
        raise _damaged(storage, release, error) from error
    if complete.id != release:
        raise DamagedError(f"{prefix} contains another release, {complete.id}. Publish {release} again.")
    for item in complete.objects:
        if not stored[item.name.removeprefix(prefix)].matches(item):
            raise DamagedError(f"{item.name} has wrong headers. Publish the release again.")
    return complete


def _read(storage: Storage, name: str) -> StoredObject | None:
    """Read an object of a release, of which none is empty.

    Raises:
        DamagedError: Its bytes cannot be read.
    """
    stored = storage.read(name)
    if stored and not stored.data:
        raise DamagedError(
            f"{name} in {storage.target} is damaged: it is empty, too large, or does not match its checksum. Publish "
            "its release again from its folder with `deploy`."
        )
    return stored


def _manifest_object(storage: Storage, release: str) -> StoredObject:
    stored = _read(storage, f"{release_prefix(release)}{MANIFEST_FILE}")
    if not stored:
        raise DamagedError(f"There is no release {release} in {storage.target}. `release list` shows those that exist.")
    return stored


def _names(pointer: Pointer, manifest: bytes) -> bool:
    return (pointer.manifest.bytes, pointer.manifest.sha256) == (len(manifest), sha256(manifest))


def _parse_manifest(storage: Storage, release: str, data: bytes) -> Manifest:
    try:
        return _parse(parse_manifest, data, SCHEMA)
    except DamagedError as error:
        raise _damaged(storage, release, error) from error


def _damaged(storage: Storage, release: str, error: PublishError) -> DamagedError:
    return DamagedError(
        f"Release {release} in {storage.target} is damaged: {error} Publish it again from its folder with `deploy`."
    )


def _parse(parse: Callable[[bytes], T], data: bytes, newest: int) -> T:
    """Parse stored bytes. A document of a schema above `newest` is not damaged: this program is too old for it."""
    try:
        return parse(data)
    except PublishError as error:
        if _schema(data) > newest:
            raise
        raise DamagedError(str(error)) from error


def _schema(data: bytes) -> float:
    try:
        value = parse_json(data)
    except ValueError:
        return 0
    schema = value.get("schema") if isinstance(value, dict) else None
    return schema if isinstance(schema, int | float) else 0


def nothing_published(storage: Storage) -> DamagedError:
    """Return the error for a Storage without a pointer."""
    return DamagedError(f"Nothing is published in {storage.target}. `deploy` publishes a release.")


# ---- Listing ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class StoredRelease:
    """A release in Storage."""

    release: str
    uploaded: str  # time in ISO 8601
    bytes: int
    current: bool
    previous: bool  # the default target of a rollback
    manifest: Manifest | None  # None if damaged or incomplete
    signature: SignatureCheck | None  # None if it was never signed


def list_releases(storage: Storage, keys: Sequence[PublicKey] = ()) -> list[StoredRelease]:
    """Return every release in Storage, the newest upload first.

    The manifests are read, and the sizes of the other files are compared with them.

    Args:
        storage: Where the releases are.
        keys: The keys with which signatures are verified.
    """
    current = read_pointer(storage)
    result = []
    for release, blobs in list_objects(storage).items():
        stored_sizes = {blob.name.removeprefix(release_prefix(release)): blob.size for blob in blobs}
        sizes, manifest, signature = stored_sizes, None, None
        with suppress(DamagedError):
            data = _manifest_object(storage, release).data
            manifest = _parse_manifest(storage, release, data)
            sizes = {file.path: file.bytes for file in manifest.files} | {MANIFEST_FILE: len(data)}
            if not sizes.items() <= stored_sizes.items():
                manifest = None
            pointer = current.pointer if release == current.release else read_earlier_pointer(storage, release)
            if isinstance(pointer, SignedPointer) and _names(pointer, data):
                signature = claimed_signature(pointer, keys)
        uploaded: datetime.datetime = max(blob.updated for blob in blobs)
        result.append(
            StoredRelease(
                release,
                uploaded.isoformat(timespec="seconds"),
                sum(sizes.values()),
                release == current.release,
                release == current.previous and manifest is not None,
                manifest,
                signature,
            )
        )
    return result


def list_objects(storage: Storage) -> dict[str, list[Any]]:
    """Return the objects (`google.cloud.storage.Blob`) of every release by its id, the newest upload first."""
    blobs_of: dict[str, list[Any]] = {}
    for blob in storage.list_blobs("models/"):
        if blob.name.count("/") == 2:
            blobs_of.setdefault(blob.name.split("/")[1], []).append(blob)
    # A generation is Storage's time of the upload, so the clocks of publishers do not matter.
    newest = sorted(blobs_of.items(), key=lambda item: max(blob.generation for blob in item[1]), reverse=True)
    return dict(newest)
