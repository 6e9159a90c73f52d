"""Keys and signatures. The golden file tests/golden/pointer.json has more signatures."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_public_key

from ml.errors import PublishError
from ml.release import signing
from ml.release.signing import LocalSigner, parse_public_key, read_public_key, read_signer

SIGNER = LocalSigner(ec.derive_private_key(7, ec.SECP256R1()))
KEY = SIGNER.public_key
PEM = (
    load_der_public_key(base64.b64decode(KEY.text))
    .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    .decode()
)


def no_passphrase(path: Path) -> str:
    pytest.fail(f"asked for the passphrase of {path}")


def pem_of(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def test_signature_verifies_only_its_data() -> None:
    signature = SIGNER.sign(b"data")
    assert len(signature) == 64
    assert KEY.verifies(signature, b"data")
    assert not KEY.verifies(signature, b"date")
    assert not KEY.verifies(signature[:63] + bytes([signature[63] ^ 1]), b"data")
    for wrong in (b"", signature[:63], signature + b"\0"):
        assert not KEY.verifies(wrong, b"data")


def test_signature_without_a_leading_zero_is_rejected() -> None:
    """WebCrypto rejects it, too."""
    data = next(data for data in map(str.encode, map(str, range(10_000))) if SIGNER.sign(data)[32] == 0)
    signature = SIGNER.sign(data)
    assert KEY.verifies(signature, data)
    assert not KEY.verifies(signature[:32] + signature[33:], data)


def test_signature_has_64_bytes_even_with_leading_zeros() -> None:
    assert signing.raw_signature(encode_dss_signature(1, 2)) == bytes(31) + b"\1" + bytes(31) + b"\2"


@pytest.mark.parametrize("der", [b"", b"no DER", encode_dss_signature(1 << 256, 1)])
def test_other_bytes_are_no_signature(der: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        signing.raw_signature(der)


def test_key_id_is_a_hash_of_the_key() -> None:
    spki = base64.b64decode("".join(PEM.splitlines()[1:-1]))
    assert hashlib.sha256(spki).hexdigest().startswith(KEY.id)
    assert len(KEY.id) == 16


def test_public_key_is_the_body_of_its_pem() -> None:
    assert "".join(PEM.splitlines()[1:-1]) == KEY.text
    assert parse_public_key(KEY.text) == KEY


@pytest.mark.parametrize(
    "text",
    [
        "",
        KEY.text[:-1],
        KEY.text + "\n",
        f"{KEY.text}=",
        KEY.text.replace("MFkw", "MFkx"),
        KEY.text[:-12] + "AAAAAAAAAA==",  # not on the curve
        base64.b64encode(bytes(91)).decode(),
        base64.b64encode(
            ec.derive_private_key(7, ec.SECP256K1())
            .public_key()
            .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        ).decode(),
    ],
)
def test_other_texts_are_no_public_keys(text: str) -> None:
    with pytest.raises(PublishError, match="is not a P-256 public key"):
        parse_public_key(text)


def test_new_key_signs(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(signing.new_private_key())
    signer = read_signer(path, no_passphrase)
    assert signer.public_key.verifies(signer.sign(b"data"), b"data")
    assert read_public_key(path, no_passphrase) == signer.public_key
    assert signing.new_private_key() != path.read_bytes()


def test_encrypted_key_needs_its_passphrase(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(signing.new_private_key("right"))
    assert b"BEGIN ENCRYPTED PRIVATE KEY" in path.read_bytes()
    signer = read_signer(path, lambda asked: "right" if asked == path else "")
    assert read_public_key(path, lambda _: "right") == signer.public_key
    for wrong in ("wrong", ""):
        with pytest.raises(PublishError, match="passphrase is wrong"):
            read_signer(path, lambda _, wrong=wrong: wrong)


def test_public_key_is_read_from_a_public_pem(tmp_path: Path) -> None:
    path = tmp_path / "key.pub.pem"
    path.write_text(PEM)
    assert read_public_key(path, no_passphrase) == KEY
    with pytest.raises(PublishError, match="is not a private key"):
        read_signer(path, no_passphrase)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is not a private key in the PEM format"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "is not a private key in the PEM format"),
        (pem_of(ed25519.Ed25519PrivateKey.generate()), "is not an elliptic-curve key"),
        (pem_of(ec.generate_private_key(ec.SECP384R1())), "on the curve secp384r1"),
    ],
    ids=["empty", "not base64", "Ed25519", "P-384"],  # the keys differ in each process
)
def test_other_files_are_no_private_keys(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(content)
    with pytest.raises(PublishError, match=words):
        read_signer(path, no_passphrase)
    with pytest.raises(PublishError, match=words.replace("private", "(private|public)")):
        read_public_key(path, no_passphrase)


def test_missing_key_file_is_reported(tmp_path: Path) -> None:
    for read in (read_signer, read_public_key):
        with pytest.raises(PublishError, match=r"missing\.pem cannot be read: No such file"):
            read(tmp_path / "missing.pem", no_passphrase)


def test_openssl_signatures_are_verified() -> None:
    """A signature with a random nonce, as other programs make it."""
    key = ec.derive_private_key(7, ec.SECP256R1())
    der = key.sign(b"data", ec.ECDSA(hashes.SHA256()))
    assert KEY.verifies(signing.raw_signature(der), b"data")


@pytest.mark.parametrize("passphrase", ["x" * 1024, "ü" * 512, "\udcff"], ids=["long", "long UTF-8", "no UTF-8"])
def test_unusable_passphrase_is_reported(tmp_path: Path, passphrase: str) -> None:
    """Bytes of the environment that are not UTF-8 are surrogates."""
    with pytest.raises(PublishError, match=r"not UTF-8 or has more than 1,023 bytes"):
        signing.new_private_key(passphrase)
    path = tmp_path / "key.pem"
    path.write_bytes(signing.new_private_key("right"))
    with pytest.raises(PublishError, match="passphrase is wrong"):
        read_signer(path, lambda _: passphrase)
