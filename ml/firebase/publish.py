"""Publish releases to Firebase Storage: upload, verify, switch, roll back, renew the signature.

Files are uploaded below a prefix derived from their bytes and read back. Only then is models/current.json switched,
and only if its generation is unchanged. Uploading files before the pointer keeps readers consistent: at any moment,
even after a publisher was killed, a reader finds one complete release. `ml.firebase.prune` says why this also holds
while releases are deleted.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from ml.errors import DamagedError, PublishError
from ml.firebase.attach import ATTACHMENTS
from ml.firebase.storage import ConflictError, Storage
from ml.firebase.stored import (
    SIGNED_BEFORE,
    CurrentPointer,
    fetch_manifest,
    fetch_release,
    nothing_published,
    read_earlier_pointer,
    read_pointer,
    require_pointer,
)
from ml.release.gate import publish_blocker, regression
from ml.release.manifest import MANIFEST_FILE, Manifest, release_prefix
from ml.release.pointer import POINTER, Pointer, SignedPointer
from ml.release.signing_policy import Signing
from ml.release.verify import NO_CACHE, Release, ReleaseObject, read_release

UNSIGNED = Signing()

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
    storage: Storage,
    release: Release,
    signing: Signing = UNSIGNED,
    *,
    accept_worse: bool = False,
    below_gate: bool = False,
    dry_run: bool = False,
) -> Outcome:
    """Upload a release and make it the current one. If it already is, only missing and damaged objects are written.

    Args:
        storage: Where to publish.
        release: A complete release, as `read_release` returns it.
        signing: How the pointer is signed.
        accept_worse: Publish to a real project even if the current release is more accurate.
        below_gate: Publish to a real project even if the release fails its gate.
        dry_run: Return the result without changing anything.

    Raises:
        PublishError: The release was not published. The current release is unchanged and complete.
    """
    storage.list_blobs(release_prefix(release.id))  # fails early without a bucket or permission
    current = read_pointer(storage)
    _check_signed(current, signing)
    _check_gate(storage, release, current, accept_worse=accept_worse, below_gate=below_gate)
    switched = not _is_final(current, release, signing)
    uploaded: list[str] = []
    unchanged: list[str] = []
    with tqdm(total=release.bytes, unit="B", unit_scale=True, desc=release.id, disable=None) as progress:
        for item in release.objects:
            keep = not switched and _is_stored(storage, item)
            if not keep and not dry_run:
                _upload(storage, item)
            (unchanged if keep else uploaded).append(item.name)
            progress.update(len(item.data))
    if switched and not dry_run:
        _switch(storage, release, current, signing)
    elif not dry_run:
        _keep_pointer(storage, current, signing)
    return Outcome(release.id, uploaded, unchanged, switched, current.release)


def publish_first(storage: Storage, folders: Iterable[Path], signing: Signing = UNSIGNED) -> str | None:
    """Publish the first release found in `folders` if nothing is published yet.

    Returns:
        The id of the published release, or None if nothing was done.
    """
    if read_pointer(storage).stored:
        return None
    path = next((path for path in folders if (path / MANIFEST_FILE).is_file()), None)
    return publish(storage, read_release(path), signing).release if path else None


def rollback(
    storage: Storage, release: str | None = None, signing: Signing = UNSIGNED, *, dry_run: bool = False
) -> tuple[str, str | None]:
    """Switch back to a release that is still complete in Storage.

    Args:
        storage: Where the releases are.
        release: Id of the release (default: the one before the current one).
        signing: How the pointer is signed.
        dry_run: Only check that the rollback is possible.

    Returns:
        The id of the release that is current now, and that of the one before it.

    Raises:
        PublishError: There is no such release, it is damaged, no trusted key has signed it before, or another
            publisher switched at the same time.
    """
    current = read_pointer(storage)
    if not current.stored:
        raise nothing_published(storage)
    _check_signed(current, signing)
    target_id = release or current.previous
    if not target_id:
        raise PublishError("There is no previous release. Name one that `release list` shows.")
    target = fetch_release(storage, target_id)
    if signing.signer:
        _require_signed_before(storage, target, current, signing)
    if not _is_final(current, target, signing) and not dry_run:
        for item in target.objects:
            _upload(storage, item)
        _switch(storage, target, current, signing)
    elif not dry_run:
        _keep_pointer(storage, current, signing)
    return target.id, current.release


def renew(storage: Storage, signing: Signing, release: str | None = None) -> SignedPointer:
    """Sign the current release again: with a new version, time and expiry.

    Args:
        storage: Where the release is.
        signing: How the pointer is signed.
        release: The id that the current release must have. It protects against a pointer that was replaced by an
            older one.

    Returns:
        The new pointer.

    Raises:
        PublishError: There is no signer, no trusted key has signed the current release, it is damaged, or it is not
            `release`.
    """
    current = read_pointer(storage)
    if not signing.signer:
        raise PublishError("There is no key to sign with. Name it with --key or DIGITS_SIGNING_KEY.")
    if not current.stored:
        raise nothing_published(storage)
    if current.pointer is None:
        raise PublishError(f"{POINTER} is damaged. Publish a release from its folder with `deploy`.")
    if not signing.accepts(current.pointer):
        raise _not_trusted(current.pointer.release, current.pointer, signing)
    if release not in (None, current.release):
        raise PublishError(f"The current release is {current.release}, not {release}. Nothing was signed.")
    target = fetch_release(storage, current.pointer.release, current.pointer)
    _switch(storage, target, current, signing)
    renewed = require_pointer(storage)[1]
    if not isinstance(renewed, SignedPointer) or renewed.release != target.id:
        raise PublishError(f"Another publisher switched to {renewed.release} at the same time.")
    return renewed


# ---- Checks -----------------------------------------------------------------------------------


def _check_signed(current: CurrentPointer, signing: Signing) -> None:
    """Reject an unsigned publisher after a signed one."""
    if isinstance(current.pointer, SignedPointer) and not signing.signer and not signing.unsigned:
        raise PublishError(
            "The current release is signed, and pages that pin a key would reject an unsigned one. Name the key with "
            "--key or DIGITS_SIGNING_KEY."
        )


def _require_signed_before(storage: Storage, release: Release, current: CurrentPointer, signing: Signing) -> None:
    """Check that a trusted key has signed a release that was read from Storage: anyone could have put it there."""
    pointers = [current.pointer, read_earlier_pointer(storage, release.id)]
    found = [pointer for pointer in pointers if pointer and pointer.names(release)]
    if not any(map(signing.accepts, found)):
        raise _not_trusted(release.id, found[-1] if found else None, signing)


def _not_trusted(release: str, pointer: Pointer | None, signing: Signing) -> PublishError:
    """Return the error for a release that no trusted key has signed, with the key that `pointer` names."""
    deploy = "Publish it from its folder with `deploy`."
    trusted = [key.id for key in signing.keys]
    if not isinstance(pointer, SignedPointer):
        reason = "it was published unsigned, or someone else put it into the bucket"
        return PublishError(f"No trusted key has signed release {release} before: {reason}. {deploy}")
    key = pointer.signature.key
    if key in trusted:
        reason = f"the signature of {key} does not match, so the pointer was changed after it was signed"
        return PublishError(f"No trusted key has signed release {release}: {reason}. {deploy}")
    return PublishError(
        f"The signature of release {release} names the key {key}, and the trusted keys are {', '.join(trusted)}. If "
        f"{key} is yours, name it with --key or DIGITS_SIGNING_KEY or, after a rotation, with --trusted-key. Otherwise "
        "someone else put the release into the bucket: publish one of yours from its folder with `deploy`."
    )


def _check_gate(
    storage: Storage, release: Release, current: CurrentPointer, *, accept_worse: bool, below_gate: bool
) -> None:
    """Reject a release that must not be public. On an emulator, only print the reason.

    A damaged release may be replaced by any other. If Storage fails, the current release is unknown, and the error
    ends the command.
    """
    manifest: Manifest | None = None
    if current.release and not accept_worse:
        with suppress(DamagedError):
            manifest = fetch_manifest(storage, current.release)
    worse = regression(release.manifest, manifest)
    for reason in (
        publish_blocker(release, below_gate=below_gate),
        worse and f"{worse} (--accept-worse publishes it anyway)",
    ):
        if not reason:
            continue
        if not storage.target.emulator:
            raise PublishError(f"Release {release.id} cannot be published to {storage.target}: {reason}.")
        tqdm.write(f"Release {release.id} would be rejected by a real project: {reason}.", file=sys.stderr)


def _is_final(current: CurrentPointer, release: Release, signing: Signing) -> bool:
    """Return whether models/current.json names `release`, with the right headers, and needs no new signature."""
    stored = current.stored
    return bool(
        stored
        and signing.is_final(current.pointer, release)
        and stored.matches(ReleaseObject(POINTER, stored.data, "application/json", NO_CACHE))
    )


# ---- Writing ----------------------------------------------------------------------------------


def _is_stored(storage: Storage, item: ReleaseObject) -> bool:
    stored = storage.read(item.name)
    return stored is not None and stored.matches(item)


def _upload(storage: Storage, item: ReleaseObject) -> None:
    """Write `item`, also if it is already there, and read it back."""
    storage.overwrite(item)
    if not _is_stored(storage, item):
        raise PublishError(f"Storage returned {item.name} changed. The current release is unchanged. Publish again.")


def _switch(storage: Storage, release: Release, current: CurrentPointer, signing: Signing) -> None:
    """Make `release` the current one if models/current.json is still `current`."""
    pointer = signing.next_pointer(release, current.pointer)
    _keep_pointer(storage, current, signing)
    _renew_attachments(storage, release.id)
    metadata = dict(current.stored.metadata) if current.stored else {}
    if current.release not in (None, release.id):
        metadata["previous"] = str(current.release)
    try:
        generation = storage.write(pointer, current.stored, metadata)
    except ConflictError:
        now = read_pointer(storage)
        data = now.stored.data if now.stored else None
        before = current.stored.data if current.stored else None
        # The response to our write was lost, or another publisher published the same release.
        done = data == pointer.data or data != before
        if not (done and now.release == release.id and signing.accepts(now.pointer)):
            raise PublishError(_conflict(current, now)) from None
    else:
        written = storage.read(POINTER)
        if not written or (written.generation == generation and not written.matches(pointer)):
            raise PublishError(f"Storage returned {POINTER} changed. Publish again.")
    expiry = current.pointer.expires if isinstance(current.pointer, SignedPointer) else None
    if expiry and signing.expires_days is None:
        tqdm.write(
            f"The new pointer does not expire. The one before had the expiry {expiry}: --expires-days sets a new one.",
            file=sys.stderr,
        )
    present = {blob.name for blob in storage.list_blobs(release_prefix(release.id))}
    for item in release.objects:
        if item.name not in present:  # deleted by other means than `release prune`
            _upload(storage, item)
    if signing.signer:
        storage.overwrite(_earlier_pointer(release.id, pointer.data))


def _keep_pointer(storage: Storage, current: CurrentPointer, signing: Signing) -> None:
    """Keep the signed pointer of the current release next to it, unless it is already there.

    A switch writes that of its own release last, so a publisher that was killed may have left it out.
    """
    pointer = current.pointer
    if not (signing.signer and current.stored and pointer and signing.accepts(pointer)):
        return
    earlier = read_earlier_pointer(storage, pointer.release)
    if not (earlier and earlier.manifest == pointer.manifest and signing.accepts(earlier)):
        storage.overwrite(_earlier_pointer(pointer.release, current.stored.data))


def _earlier_pointer(release: str, data: bytes) -> ReleaseObject:
    return ReleaseObject(release_prefix(release) + SIGNED_BEFORE, data, "application/json", NO_CACHE)


def _renew_attachments(storage: Storage, release: str) -> None:
    """Write the attachments of a release anew, like its files, so that a concurrent prune does not delete them."""
    for name in ATTACHMENTS:
        stored = storage.read(release_prefix(release) + name)
        if stored and stored.data:
            item = ReleaseObject(release_prefix(release) + name, stored.data, "application/json", NO_CACHE)
            try:
                storage.write(item, stored, stored.metadata)
            except ConflictError:  # someone else has just written it, or a prune has deleted it
                with suppress(ConflictError):
                    storage.write(item, None, stored.metadata)


def _conflict(before: CurrentPointer, now: CurrentPointer) -> str:
    if before.stored and now.stored and before.stored.data == now.stored.data:
        return "`release prune` ran at the same time. Nothing was overwritten. Run the command again."
    return (
        f"Another publisher switched to {now.release or 'an unreadable pointer'} at the same time. Nothing was "
        "overwritten. Check that release, and publish again to replace it."
    )
