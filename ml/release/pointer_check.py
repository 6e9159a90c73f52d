"""The check of `models/current.json` that a page with given keys makes."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from ml.errors import PublishError
from ml.release.pointer import POINTER, Pointer, SignedPointer, utc_time
from ml.release.signing import PublicKey


@dataclass(frozen=True)
class SignatureCheck:
    """The signature of a pointer, as a page with given keys sees it."""

    signer: str | None
    """Id of the key that the pointer names. None: it is not signed."""
    verified: bool
    """False if no keys are pinned."""
    version: int | None = None
    signed_at: str | None = None
    expires: str | None = None

    def __str__(self) -> str:
        """Return a sentence without its full stop."""
        if self.signer is None:
            return "It is not signed, and the site pins no key"
        expiry = f", expires {self.expires}" if self.expires else ""
        signed = f"signed by {self.signer}, version {self.version}, {self.signed_at}{expiry}"
        return f"It is {signed}" if self.verified else f"It says that it is {signed}; the site pins no key"


def check_signature(pointer: Pointer, keys: Sequence[PublicKey], lowest: int = 1) -> SignatureCheck:
    """Check the signature, the version and the expiry of a pointer. Without keys, every pointer is valid.

    Args:
        pointer: The pointer to the current release.
        keys: The keys that the site pins.
        lowest: The lowest version that the site accepts, if it pins keys.

    Raises:
        PublishError: None of the keys signed the pointer, its version is too low, or it has expired.
    """
    check = claimed_signature(pointer, keys)
    if keys and not check.verified:
        claimed = f" It names {pointer.signature.key}." if isinstance(pointer, SignedPointer) else ""
        if isinstance(pointer, SignedPointer) and pointer.signature.key in [key.id for key in keys]:
            raise PublishError(
                f"The signature of {pointer.signature.key} does not match {POINTER}: the pointer was changed after the "
                "signature. Visitors keep the release that they have. Check who can write to the bucket; `deploy` "
                "replaces the pointer."
            )
        raise PublishError(
            f"{POINTER} is not signed by a key that the site pins ({', '.join(key.id for key in keys)}).{claimed} "
            "Visitors keep the release that they have. Publish a release with the right --key."
        )
    if not isinstance(pointer, SignedPointer):
        return check
    if check.verified and pointer.version < lowest:
        raise PublishError(
            f"{POINTER} has version {pointer.version}, and the site accepts none below {lowest}: an older pointer was "
            "put in its place. Publish the release again with `deploy`."
        )
    if pointer.expires and pointer.expires < utc_time(datetime.datetime.now(datetime.UTC)):
        raise PublishError(f"The signature of {POINTER} expired at {pointer.expires}. Run `release renew`.")
    return check


def claimed_signature(pointer: Pointer, keys: Sequence[PublicKey]) -> SignatureCheck:
    """Return what a pointer says about its signature, and whether one of `keys` made it."""
    if not isinstance(pointer, SignedPointer):
        return SignatureCheck(None, verified=False)
    signer = pointer.signer(keys)
    key = signer.id if signer else pointer.signature.key
    return SignatureCheck(key, signer is not None, pointer.version, pointer.signed_at, pointer.expires)
