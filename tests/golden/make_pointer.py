"""Write pointer.json: a signed pointer, public keys, and variants that Python and TypeScript must verify alike.

Run: python -m tests.golden.make_pointer
"""

from __future__ import annotations

import base64
import datetime
import json
import tempfile
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from ml.release.pointer import parse_pointer, signed_pointer
from ml.release.signing import LocalSigner
from ml.release.verify import read_release
from tests.releases import make_release

PATH = Path(__file__).with_name("pointer.json")
NOW = datetime.datetime(2026, 11, 28, 9, tzinfo=datetime.UTC)

# Not secret: test keys that everyone can derive from these numbers.
PRIVATE_KEYS = {
    name: ec.derive_private_key(int.from_bytes(name.encode()), ec.SECP256R1())
    for name in ("first", "second", "not pinned")
}
SIGNERS = {name: LocalSigner(key) for name, key in PRIVATE_KEYS.items()}
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256


def make() -> dict[str, Any]:
    """Return the content of pointer.json."""
    with tempfile.TemporaryDirectory() as folder:
        release = read_release(make_release(Path(folder)))
    signed = {name: signed_pointer(release, signer, 1795856400, NOW, 90).data for name, signer in SIGNERS.items()}
    pointers = {name: json.loads(data) for name, data in signed.items()}
    pointer = pointers["first"]
    signature = base64.b64decode(pointer["signature"]["value"])
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])

    def with_signature(r: int, s: int) -> dict[str, Any]:
        value = base64.b64encode(r.to_bytes(32) + s.to_bytes(32)).decode()
        return pointer | {"signature": {**pointer["signature"], "value": value}}

    der = PRIVATE_KEYS["first"].sign(b"", ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    without_expiry = {key: value for key, value in pointer.items() if key != "expires"}
    never_expires = json.loads(signed_pointer(release, SIGNERS["first"], 1, NOW).data)
    variants: list[tuple[str, dict[str, Any], str | None]] = [
        ("signed by the first key", pointer, "first"),
        ("signed by the second key", pointers["second"], "second"),
        ("version 1, without expiry", never_expires, "first"),
        ("keys in another order", dict(reversed(list(pointer.items()))), "first"),
        ("the id of another signer", pointer | {"signature": {**pointer["signature"], "key": "0" * 16}}, "first"),
        ("s and its negative are both valid in ECDSA", with_signature(r, ORDER - s), "first"),
        ("signed by a key that is not pinned", pointers["not pinned"], None),
        ("higher version", pointer | {"version": pointer["version"] + 1}, None),
        ("other manifest", pointer | {"manifest": {**pointer["manifest"], "sha256": "0" * 64}}, None),
        ("other size", pointer | {"manifest": {**pointer["manifest"], "bytes": 1}}, None),
        ("later signing time", pointer | {"signed_at": "2026-11-28T09:00:01Z"}, None),
        ("later expiry", pointer | {"expires": "2028-02-26T09:00:00Z"}, None),
        ("expiry removed", without_expiry, None),
        ("expiry added", never_expires | {"expires": pointer["expires"]}, None),
        ("r and s swapped", with_signature(s, r), None),
        ("r is 0", with_signature(0, s), None),
        ("r and s are 0", with_signature(0, 0), None),
        ("r and s are the order of the curve", with_signature(ORDER, ORDER), None),
        ("the first 64 bytes of a DER signature", with_signature(*_halves(der)), None),
    ]
    return {
        "keys": {name: signer.public_key.text for name, signer in SIGNERS.items()},
        "key_ids": {name: signer.public_key.id for name, signer in SIGNERS.items()},
        "pinned": ["first", "second"],
        "signed_text": _signed_text(signed["first"]),
        "cases": [{"name": name, "pointer": value, "signer": signer} for name, value, signer in variants],
    }


def _halves(der: bytes) -> tuple[int, int]:
    return int.from_bytes(der[:32]), int.from_bytes(der[32:64])


def _signed_text(data: bytes) -> str:
    pointer = parse_pointer(data)
    assert pointer.schema_version == 2
    return pointer.signed_bytes().decode()


if __name__ == "__main__":
    PATH.write_text(json.dumps(make(), indent=1) + "\n")
    print(f"Written: {PATH.name}, {len(make()['cases'])} cases.")
