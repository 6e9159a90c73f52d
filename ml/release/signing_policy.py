"""How a publisher signs `models/current.json`, and which signatures it trusts."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from ml.documents import MAX_INTEGER
from ml.errors import PublishError
from ml.release.pointer import POINTER, Pointer, SignedPointer, UnsignedPointer, signed_pointer, unsigned_pointer
from ml.release.signing import PublicKey, Signer
from ml.release.verify import Release, ReleaseObject


@dataclass(frozen=True)
class Signing:
    """Whether and how a publisher signs pointers, and which signatures it trusts."""

    signer: Signer | None = None
    other_keys: tuple[PublicKey, ...] = ()
    """Keys that are trusted in addition to the signer's, such as the next or the last one of a rotation."""
    expires_days: int | None = None
    unsigned: bool = False
    """Without a signer: whether even a signed release is replaced."""

    @property
    def keys(self) -> tuple[PublicKey, ...]:
        """The trusted keys, without duplicates; the signer's first."""
        own = (self.signer.public_key,) if self.signer else ()
        return tuple(dict.fromkeys((*own, *self.other_keys)))

    def accepts(self, pointer: Pointer | None) -> bool:
        """Return whether a page that pins the trusted keys accepts the signature of `pointer`."""
        if not self.keys:
            return pointer is not None
        return isinstance(pointer, SignedPointer) and pointer.signer(self.keys) is not None

    def next_pointer(self, release: Release, current: Pointer | None) -> ReleaseObject:
        """Return the pointer with which `release` replaces `current`.

        The version is the time in seconds, or higher if that of `current` is. A version that no trusted key signed
        does not count, so nobody else can use up the versions.

        Raises:
            PublishError: A trusted key has signed the highest version.
        """
        if not self.signer:
            return unsigned_pointer(release)
        now = datetime.datetime.now(datetime.UTC)
        last = current.version if isinstance(current, SignedPointer) and self.accepts(current) else 0
        if last >= MAX_INTEGER:
            raise PublishError(
                f"{POINTER} has the highest possible version, which only a thief of a key signs. Revoke the key that "
                f"signed it ({current.signature.key if isinstance(current, SignedPointer) else ''}): deploy with "
                "another --key, without trusting that one."
            )
        return signed_pointer(release, self.signer, max(int(now.timestamp()), last + 1), now, self.expires_days)

    def is_final(self, pointer: Pointer | None, release: Release) -> bool:
        """Return whether `pointer` already names `release` and needs no new signature."""
        if pointer is None or not pointer.names(release):
            return False
        if not self.signer:
            return isinstance(pointer, UnsignedPointer)
        if not isinstance(pointer, SignedPointer):
            return False
        signed = pointer.signer([self.signer.public_key])
        return bool(signed) and self.expires_days is None and pointer.expires is None
