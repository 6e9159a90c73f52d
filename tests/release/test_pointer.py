"""The pointer to the current release. test_documents.py has the cases that both parsers must accept or reject."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pytest

from ml.errors import PublishError
from ml.files import sha256
from ml.release.pointer import SignedPointer, UnsignedPointer, parse_pointer, signed_pointer, unsigned_pointer, utc_time
from ml.release.signing import parse_public_key
from ml.release.verify import Release, read_release
from tests.golden import make_pointer
from tests.release.documents import document
from tests.releases import make_release

GOLDEN = json.loads(make_pointer.PATH.read_bytes())
SIGNER = make_pointer.SIGNERS["first"]


@pytest.fixture
def release(tmp_path: Path) -> Release:
    return read_release(make_release(tmp_path))


def parse(value: Any) -> UnsignedPointer | SignedPointer:
    return parse_pointer(json.dumps(value).encode())


def test_unsigned_pointer_names_the_manifest() -> None:
    pointer = parse(document("pointer"))
    assert isinstance(pointer, UnsignedPointer)
    assert (pointer.release, pointer.manifest.bytes, pointer.manifest.sha256) == ("ad4b892bc7d24a29", 2345, "a" * 64)


@pytest.mark.parametrize("data", [b"", b"<!doctype html>", b"[]", b"null", b"\xff\xfe", b'{"schema": 1}'])
def test_other_files_are_rejected(data: bytes) -> None:
    with pytest.raises(PublishError, match=r"^models/current\.json is not "):
        parse_pointer(data)


@pytest.mark.parametrize("kind", ["pointer", "signed_pointer"])
def test_pointer_outside_its_release_is_rejected(kind: str) -> None:
    with pytest.raises(PublishError, match=r"current\.json points outside its release: 'models/[0-9a-f]{16}"):
        parse(document(kind) | {"release": "f" * 16})


def test_golden_file_is_up_to_date() -> None:
    assert make_pointer.make() == GOLDEN, "run: python -m tests.golden.make_pointer"


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: case["name"])
def test_signature_is_valid_only_for_a_pinned_key_and_unchanged_content(case: Any) -> None:
    keys = [parse_public_key(GOLDEN["keys"][name]) for name in GOLDEN["pinned"]]
    pointer = parse(case["pointer"])
    assert isinstance(pointer, SignedPointer)
    signer = pointer.signer(keys)
    assert (signer and signer.text) == (case["signer"] and GOLDEN["keys"][case["signer"]])
    assert pointer.signer([]) is None


def test_integers_written_as_floats_do_not_change_the_signature() -> None:
    """JavaScript does not distinguish 1.0 from 1."""
    value = GOLDEN["cases"][0]["pointer"]
    text = json.dumps(value).replace(str(value["version"]), f"{value['version']}.0")
    pointer = parse_pointer(text.encode())
    assert isinstance(pointer, SignedPointer)
    assert pointer.signer([SIGNER.public_key]) == SIGNER.public_key


def test_signed_pointer_has_the_hash_of_the_manifest(release: Release) -> None:
    now = datetime.datetime(2026, 11, 28, 9, 30, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))
    written = signed_pointer(release, SIGNER, 5, now, 90)
    manifest = release.objects[-1]
    value = json.loads(written.data)
    assert value.pop("signature")["key"] == SIGNER.public_key.id
    assert value == {
        "schema": 2,
        "release": release.id,
        "manifest": {"path": manifest.name, "bytes": len(manifest.data), "sha256": sha256(manifest.data)},
        "version": 5,
        "signed_at": "2026-11-28T07:30:00Z",
        "expires": "2027-02-26T07:30:00Z",
    }
    assert (written.name, written.cache_control) == ("models/current.json", "no-cache")
    pointer = parse_pointer(written.data)
    assert isinstance(pointer, SignedPointer)
    assert pointer.signer([SIGNER.public_key])


def test_expiry_is_optional(release: Release) -> None:
    now = datetime.datetime.now(datetime.UTC)
    assert "expires" not in json.loads(signed_pointer(release, SIGNER, 1, now).data)


def test_unsigned_and_signed_pointer_name_the_same_release(release: Release) -> None:
    pointer = parse_pointer(unsigned_pointer(release).data)
    signed = parse_pointer(signed_pointer(release, SIGNER, 1, datetime.datetime.now(datetime.UTC)).data)
    assert pointer.release == signed.release == release.id
    assert pointer.manifest.to_json() == signed.manifest.to_json()


def test_times_are_in_utc_without_fractions() -> None:
    assert utc_time(datetime.datetime(2026, 1, 2, 3, 4, 5, 999999, datetime.UTC)) == "2026-01-02T03:04:05Z"
