"""Keys and signatures of releases: ECDSA on P-256 with SHA-256, which browsers verify with WebCrypto."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from ml.errors import PublishError
from ml.files import sha256

MAX_KEYS = 8
"""A site pins at most this number of keys."""

# The SPKI DER of a P-256 key is a constant header of 27 bytes and an uncompressed point.
_SPKI_TEXT = re.compile(r"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE[A-Za-z0-9+/]{85}[AQgw]==")
_COORDINATE_BYTES = 32


@dataclass(frozen=True)
class PublicKey:
    """A public P-256 key."""

    text: str
    """Base64 of the SPKI DER: the body of the PEM on one line, as in the site's config.json."""

    @property
    def id(self) -> str:
        """First 16 hex digits of the SHA-256 of the SPKI DER. It names the key in messages and proves nothing."""
        return sha256(base64.b64decode(self.text))[:16]

    def verifies(self, signature: bytes, data: bytes) -> bool:
        """Return whether `signature` (r and s, 32 bytes each) is this key's signature of `data`."""
        if len(signature) != 2 * _COORDINATE_BYTES:
            return False
        r, s = signature[:_COORDINATE_BYTES], signature[_COORDINATE_BYTES:]
        der = encode_dss_signature(int.from_bytes(r), int.from_bytes(s))
        try:
            _load(self.text).verify(der, data, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        return True


class Signer(Protocol):
    """A private key, or access to one."""

    @property
    def public_key(self) -> PublicKey:
        """The public key that verifies the signatures."""

    def sign(self, data: bytes) -> bytes:
        """Return the signature of `data`: r and s, 32 bytes each, the most significant byte first."""


class LocalSigner:
    """Signs with a private key in memory."""

    def __init__(self, private_key: ec.EllipticCurvePrivateKey) -> None:
        self._private_key = private_key
        self.public_key = encode_public_key(private_key.public_key())

    def sign(self, data: bytes) -> bytes:
        """Sign as in RFC 6979: equal data give equal signatures, and no random numbers are needed."""
        return raw_signature(self._private_key.sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True)))


def raw_signature(der: bytes) -> bytes:
    """Convert a DER signature to r and s, 32 bytes each (IEEE P1363), as WebCrypto expects it.

    Raises:
        ValueError: It is not the DER of a P-256 signature.
    """
    try:
        return b"".join(number.to_bytes(_COORDINATE_BYTES) for number in decode_dss_signature(der))
    except OverflowError as error:
        raise ValueError("the signature is too long for P-256") from error


def signer_of(data: bytes, signature: bytes, keys: Iterable[PublicKey]) -> PublicKey | None:
    """Return the key of `keys` that made `signature` for `data`, or None."""
    return next((key for key in keys if key.verifies(signature, data)), None)


# ---- Keys as text and files -------------------------------------------------------------------


def is_public_key_text(text: str) -> bool:
    """Return whether a text has the form of a key in config.json. Its point may still not be on the curve."""
    return _SPKI_TEXT.fullmatch(text) is not None


def parse_public_key(text: str) -> PublicKey:
    """Parse a key of the site's config.json.

    Raises:
        PublishError: It is not a P-256 key.
    """
    if not is_public_key_text(text):
        raise PublishError(f"{text[:200]!r} is not a P-256 public key: base64 of its SPKI DER.")
    try:
        _load(text)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise PublishError(f"{text} is not a P-256 public key: its point is not on the curve.") from error
    return PublicKey(text)


def encode_public_key(key: ec.EllipticCurvePublicKey) -> PublicKey:
    """Return the `PublicKey` of a P-256 key.

    Raises:
        PublishError: The key is on another curve.
    """
    if not isinstance(key.curve, ec.SECP256R1):
        raise PublishError(f"The key is on the curve {key.curve.name}. Releases are signed with P-256 keys.")
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return PublicKey(base64.b64encode(der).decode())


def public_pem(key: PublicKey) -> bytes:
    """Return a public key in the PEM format, which `read_public_key` reads."""
    return _load(key.text).public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def new_private_key(passphrase: str | None = None) -> bytes:
    """Return the PEM (PKCS#8) of a new private key, encrypted if a passphrase is given.

    Raises:
        PublishError: The passphrase is not UTF-8 or too long.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    try:
        encryption = (
            serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else serialization.NoEncryption()
        )
        return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    except ValueError as error:
        raise PublishError("The passphrase is not UTF-8 or has more than 1,023 bytes. No key was made.") from error


def read_signer(path: Path, passphrase: Callable[[Path], str]) -> LocalSigner:
    """Read a private key in the PEM format.

    Args:
        path: The file.
        passphrase: Returns the passphrase of the file. It is called only if the key is encrypted.

    Raises:
        PublishError: The file does not exist, or does not contain a P-256 private key.
    """
    return LocalSigner(_read_private_key(path, _read_pem(path), passphrase))


def read_public_key(path: Path, passphrase: Callable[[Path], str]) -> PublicKey:
    """Read a public key, or the public half of a private key, in the PEM format. `read_signer` has the arguments.

    Raises:
        PublishError: The file does not exist, or does not contain a P-256 key.
    """
    pem = _read_pem(path)
    if b"PRIVATE KEY" in pem:
        return LocalSigner(_read_private_key(path, pem, passphrase)).public_key
    try:
        key = serialization.load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise PublishError(f"{path} is not a public key in the PEM format. Restore the file from its copy.") from error
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise PublishError(f"{path} is not an elliptic-curve key. Releases are signed with P-256 keys.")
    return encode_public_key(key)


def _read_pem(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PublishError(f"The key {path} cannot be read: {error.strerror}.") from error


def _read_private_key(path: Path, pem: bytes, passphrase: Callable[[Path], str]) -> ec.EllipticCurvePrivateKey:
    secret = passphrase(path).encode(errors="replace") if b"ENCRYPTED" in pem else None
    try:
        key = serialization.load_pem_private_key(pem, secret)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        if secret is None:
            what = "a public key" if b"PUBLIC KEY" in pem else "damaged, or no key"
            raise PublishError(
                f"{path} is not a private key in the PEM format: it is {what}. Name the private key, or restore the "
                "file from its copy."
            ) from error
        raise PublishError(
            f"The passphrase is wrong, or {path} is damaged. Repeat the passphrase, or restore the file from its copy."
        ) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise PublishError(f"{path} is not an elliptic-curve key. Releases are signed with P-256 keys.")
    return key


def _load(text: str) -> ec.EllipticCurvePublicKey:
    key = serialization.load_der_public_key(base64.b64decode(text))
    assert isinstance(key, ec.EllipticCurvePublicKey)  # noqa: S101  the header of the DER says so
    return key
