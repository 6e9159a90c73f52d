"""`models/current.json`, the pointer to the current release: unsigned (schema 1) or signed (schema 2).

A signature covers the canonical JSON of the pointer without `signature`. The pointer has the SHA-256 of the manifest,
and the manifest those of all files, so a signature covers every byte of a release.
"""

from __future__ import annotations

import base64
import datetime
import json
from collections.abc import Iterable
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, ConfigDict, Field

from ml.documents import AS_INTEGER, Document, Integer, Omittable, PositiveCount, parse_document
from ml.errors import PublishError
from ml.files import Json, canonical_json
from ml.release.manifest import MANIFEST_FILE, FileSize, ReleaseId, Sha256, UtcTime, release_prefix
from ml.release.signing import PublicKey, Signer, signer_of
from ml.release.verify import NO_CACHE, Release, ReleaseObject

POINTER = "models/current.json"
UNSIGNED, SIGNED = 1, 2


def _check_schema(version: int) -> int:
    if version > SIGNED:
        raise ValueError(f"version {version} is newer than {SIGNED}, the newest that this program reads; update it")
    if version < UNSIGNED:
        raise ValueError(f"should be {UNSIGNED} or {SIGNED}")
    return version


class _AnyPointer(Document):
    model_config = ConfigDict(extra="ignore")

    schema_version: Annotated[Integer, AfterValidator(_check_schema)] = Field(alias="schema")


class ManifestReference(Document):
    """Where the manifest of the current release is, and its hash."""

    path: str
    bytes: FileSize
    sha256: Sha256


class _UnsignedReference(ManifestReference):
    model_config = ConfigDict(extra="ignore")


class _Named(Document):
    release: ReleaseId
    manifest: ManifestReference

    def names(self, release: Release) -> bool:
        """Return whether this is a pointer to `release`, with the path, size and hash of its manifest."""
        return {"release": self.release, "manifest": self.manifest.to_json()} == _content(release)


class UnsignedPointer(_Named):
    """Schema 1. Unknown keys are ignored."""

    model_config = ConfigDict(extra="ignore")

    schema_version: Annotated[Literal[1], AS_INTEGER] = Field(alias="schema")
    manifest: _UnsignedReference


class Signature(Document):
    key: str = Field(pattern="^[0-9a-f]{16}$", description="Id of the public key. It only names the signer.")
    value: str = Field(pattern="^[A-Za-z0-9+/]{85}[AQgw]==$", description="Base64 of r and s, 32 bytes each.")


class SignedPointer(_Named):
    """Schema 2. Unknown keys are errors, so the canonical JSON of this object is that of the document."""

    schema_version: Annotated[Literal[2], AS_INTEGER] = Field(alias="schema")
    version: PositiveCount = Field(description="Grows with each signature.")
    signed_at: UtcTime
    expires: Omittable[UtcTime] = None
    signature: Signature

    def signed_bytes(self) -> bytes:
        """Return the bytes that the signature covers."""
        return _signed_bytes(self.to_json())

    def signer(self, keys: Iterable[PublicKey]) -> PublicKey | None:
        """Return the key of `keys` that signed this pointer, or None."""
        return signer_of(self.signed_bytes(), base64.b64decode(self.signature.value), keys)


Pointer: TypeAlias = UnsignedPointer | SignedPointer


def parse_pointer(data: bytes) -> Pointer:
    """Parse `models/current.json`. A signature is not verified.

    Raises:
        PublishError: It is not a pointer, is of a newer schema, or points outside the release that it names.
    """
    schema = parse_document(_AnyPointer, data, POINTER, PublishError).schema_version
    pointer: Pointer = (
        parse_document(SignedPointer, data, POINTER, PublishError)
        if schema == SIGNED
        else parse_document(UnsignedPointer, data, POINTER, PublishError)
    )
    if pointer.manifest.path != release_prefix(pointer.release) + MANIFEST_FILE:
        raise PublishError(f"{POINTER} points outside its release: {pointer.manifest.path!r}.")
    return pointer


def unsigned_pointer(release: Release) -> ReleaseObject:
    """Return `models/current.json` with `release` as the current release, without a signature."""
    return _pointer_object({"schema": UNSIGNED, **_content(release)})


def signed_pointer(
    release: Release, signer: Signer, version: int, now: datetime.datetime, expires_days: int | None = None
) -> ReleaseObject:
    """Return `models/current.json` with `release` as the current release, signed.

    Args:
        release: The release.
        signer: Signs the pointer.
        version: Must be higher than that of every pointer that this release is to replace; 1 … 2^53 − 1.
        now: The time, with a time zone.
        expires_days: After this number of days, pages say that the release may be out of date. None: never.
    """
    value = {"schema": SIGNED, **_content(release), "version": version, "signed_at": utc_time(now)}
    if expires_days is not None:
        value["expires"] = utc_time(now + datetime.timedelta(days=expires_days))
    signature = signer.sign(_signed_bytes(value))
    value["signature"] = {"key": signer.public_key.id, "value": base64.b64encode(signature).decode()}
    return _pointer_object(value)


def utc_time(time: datetime.datetime) -> str:
    """Return a time with a time zone as `YYYY-MM-DDTHH:MM:SSZ`. Such texts are ordered as the times are."""
    return time.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _content(release: Release) -> Json:
    manifest = release.objects[-1]
    return {
        "release": release.id,
        "manifest": {"path": manifest.name, "bytes": len(manifest.data), "sha256": manifest.sha256},
    }


def _signed_bytes(pointer: Json) -> bytes:
    return canonical_json({key: value for key, value in pointer.items() if key != "signature"})


def _pointer_object(value: Json) -> ReleaseObject:
    return ReleaseObject(POINTER, json.dumps(value).encode() + b"\n", "application/json", NO_CACHE)
