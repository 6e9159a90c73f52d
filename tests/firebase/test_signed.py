"""Signed releases, and attackers who can write to the bucket but have no key. test_publish.py has the rest."""

from __future__ import annotations

import dataclasses
import datetime
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from ml.errors import PublishError
from ml.firebase import prune, publish, stored
from ml.firebase.attach import attach
from ml.firebase.fake.server import FakeServer, Preconditions
from ml.firebase.storage import Storage
from ml.release.pointer import POINTER, SignedPointer, parse_pointer, signed_pointer, unsigned_pointer
from ml.release.signing import LocalSigner
from ml.release.signing_policy import Signing
from ml.release.verify import Release, ReleaseObject, read_release
from tests.releases import load, make_release

BUCKET = "demo-digits.firebasestorage.app"
OWNER, NEXT, ATTACKER = (LocalSigner(ec.derive_private_key(number, ec.SECP256R1())) for number in (1, 2, 3))
SIGNING = Signing(OWNER)
NOW = datetime.datetime(2026, 11, 28, 9, tzinfo=datetime.UTC)


@pytest.fixture
def make(tmp_path: Path) -> Callable[[int], Release]:
    return lambda seed: read_release(make_release(tmp_path / f"release-{seed}", seed))


def pointer(storage: Storage) -> SignedPointer:
    found = stored.require_pointer(storage)[1]
    assert isinstance(found, SignedPointer)
    return found


def put(server: FakeServer, item: ReleaseObject, **metadata: str) -> None:
    """Write an object as an attacker does: without a publisher."""
    given: Any = {
        "contentType": item.content_type,
        "cacheControl": item.cache_control,
        "metadata": {"sha256": item.sha256, **metadata},
    }
    server.objects.put(BUCKET, item.name, item.data, given, Preconditions())


def test_version_grows_with_every_switch(storage: Storage, make: Callable[[int], Release]) -> None:
    versions = []
    for seed in (1, 2):
        publish.publish(storage, make(seed), SIGNING)
        versions.append(pointer(storage).version)
    publish.rollback(storage, None, SIGNING)
    versions.append(pointer(storage).version)
    versions.append(publish.renew(storage, SIGNING).version)
    assert versions == sorted(set(versions))
    assert load(storage.target.base_url) == make(1).id


def test_publishing_the_current_release_again_signs_nothing(
    storage: Storage, server: FakeServer, make: Callable[[int], Release]
) -> None:
    publish.publish(storage, make(1), SIGNING)
    before = server.objects.all(BUCKET)
    assert not publish.publish(storage, make(1), SIGNING).switched
    assert publish.rollback(storage, make(1).id, SIGNING) == (make(1).id, make(1).id)
    assert server.objects.all(BUCKET) == before


def test_unsigned_publisher_fails_after_a_signed_one(
    storage: Storage, server: FakeServer, make: Callable[[int], Release]
) -> None:
    publish.publish(storage, make(1), SIGNING)
    publish.publish(storage, make(2), SIGNING)
    before = server.objects.all(BUCKET)
    with pytest.raises(PublishError, match=r"is signed, and pages that pin a key would reject.*--key"):
        publish.publish(storage, make(3))
    with pytest.raises(PublishError, match="is signed"):
        publish.rollback(storage)
    with pytest.raises(PublishError, match="no key to sign with"):
        publish.renew(storage, Signing())
    assert server.objects.all(BUCKET) == before


def test_signed_publisher_replaces_an_unsigned_release(storage: Storage, make: Callable[[int], Release]) -> None:
    publish.publish(storage, make(1))
    assert publish.publish(storage, make(1), SIGNING).switched
    assert pointer(storage).signer(SIGNING.keys)


def test_two_signed_publishers_of_the_same_release_succeed(
    storage: Storage, make: Callable[[int], Release], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Storage(storage.target)
    write = storage.write

    def second_switches_first(*arguments: Any) -> int:
        publish.publish(other, make(1), Signing(NEXT, (OWNER.public_key,)))
        return write(*arguments)

    monkeypatch.setattr(storage, "write", second_switches_first)
    publish.publish(storage, make(1), Signing(OWNER, (NEXT.public_key,)))
    assert pointer(storage).signer([NEXT.public_key])


def test_foreign_pointer_to_the_same_release_is_no_success(
    storage: Storage, server: FakeServer, make: Callable[[int], Release], monkeypatch: pytest.MonkeyPatch
) -> None:
    write = storage.write

    def attacker_is_faster(*arguments: Any) -> int:
        put(server, signed_pointer(make(1), ATTACKER, 5, NOW))
        return write(*arguments)

    monkeypatch.setattr(storage, "write", attacker_is_faster)
    with pytest.raises(PublishError, match="Another publisher"):
        publish.publish(storage, make(1), SIGNING)


# ---- An attacker without the key --------------------------------------------------------------


def test_only_versions_of_trusted_keys_count(
    storage: Storage, server: FakeServer, make: Callable[[int], Release]
) -> None:
    """Otherwise a forged pointer could use up all versions."""
    publish.publish(storage, make(1), SIGNING)
    last = pointer(storage).version
    put(server, signed_pointer(make(1), ATTACKER, 2**53 - 1, NOW))
    publish.publish(storage, make(2), SIGNING)
    assert last <= pointer(storage).version < 2**40


@pytest.mark.parametrize("attack", ["deleted", "replayed", "unsigned", "garbage"])
def test_version_is_not_lower_after_an_attack(
    storage: Storage, server: FakeServer, make: Callable[[int], Release], attack: str
) -> None:
    old = signed_pointer(make(1), OWNER, 1, NOW)
    publish.publish(storage, make(1), SIGNING)
    last = pointer(storage).version
    if attack == "deleted":
        server.objects.delete(BUCKET, POINTER, Preconditions())
    else:
        garbage = ReleaseObject(POINTER, b"x" * 100, "application/json", "no-cache")
        put(server, {"replayed": old, "unsigned": unsigned_pointer(make(1)), "garbage": garbage}[attack])
    publish.publish(storage, make(2), SIGNING)
    assert pointer(storage).version >= last  # equal only within the same second


def test_rollback_signs_no_release_that_was_put_into_the_bucket(
    storage: Storage, server: FakeServer, make: Callable[[int], Release]
) -> None:
    """Rollback reads the release from the bucket, so only an earlier signature says who made it."""
    publish.publish(storage, make(1), SIGNING)
    evil = make(66)
    for item in evil.objects:
        put(server, item)
    put(server, ReleaseObject(POINTER, signed_bytes(storage), "application/json", "no-cache"), previous=evil.id)
    before = pointer(storage)
    foreign = f"names the key {ATTACKER.public_key.id}, and the trusted keys are {OWNER.public_key.id}"
    unknown = f"No trusted key has signed release {evil.id} before"
    for pretended, words in (
        (None, unknown),
        (signed_pointer(evil, ATTACKER, 7, NOW), foreign),
        (signed_pointer(make(1), OWNER, 7, NOW), unknown),
    ):
        if pretended:
            name = f"models/{evil.id}/{stored.SIGNED_BEFORE}"
            put(server, ReleaseObject(name, pretended.data, pretended.content_type, pretended.cache_control))
        for wanted in (None, evil.id):
            with pytest.raises(PublishError, match=words):
                publish.rollback(storage, wanted, SIGNING)
    assert pointer(storage) == before


def signed_bytes(storage: Storage) -> bytes:
    return stored.require_pointer(storage)[0].data


def test_renew_signs_no_foreign_pointer(storage: Storage, server: FakeServer, make: Callable[[int], Release]) -> None:
    publish.publish(storage, make(1), SIGNING)
    evil = make(66)
    for item in evil.objects:
        put(server, item)
    stolen = json.loads(signed_bytes(storage))["signature"]
    forged = json.loads(signed_pointer(evil, ATTACKER, 7, NOW).data) | {"signature": stolen}
    for data, words in (
        (unsigned_pointer(evil).data, "it was published unsigned, or someone else"),
        (signed_pointer(evil, ATTACKER, 7, NOW).data, f"names the key {ATTACKER.public_key.id}, and the trusted keys"),
        (json.dumps(forged).encode(), f"the signature of {OWNER.public_key.id} does not match"),
        (b"{}", "is damaged"),
    ):
        put(server, ReleaseObject(POINTER, data, "application/json", "no-cache"))
        with pytest.raises(PublishError, match=words):
            publish.renew(storage, SIGNING)
    put(server, signed_pointer(make(1), OWNER, 1, NOW))
    with pytest.raises(PublishError, match="The current release is"):
        publish.renew(storage, SIGNING, evil.id)


def test_renew_needs_a_release(storage: Storage) -> None:
    with pytest.raises(PublishError, match="Nothing is published"):
        publish.renew(storage, SIGNING)


def test_release_signed_by_a_revoked_key_is_not_restored(storage: Storage, make: Callable[[int], Release]) -> None:
    publish.publish(storage, make(1), SIGNING)
    publish.publish(storage, make(2), Signing(NEXT, (OWNER.public_key,)))
    with pytest.raises(PublishError, match=f"names the key {OWNER.public_key.id}, and .*--key .*--trusted-key"):
        publish.rollback(storage, None, Signing(NEXT))
    publish.rollback(storage, None, Signing(NEXT, (OWNER.public_key,)))
    assert parse_pointer(signed_bytes(storage)).release == make(1).id


def test_pointer_of_an_earlier_release_must_name_the_same_manifest(
    storage: Storage, server: FakeServer, make: Callable[[int], Release]
) -> None:
    """An id is 16 hex digits, so others can make a release with the same one."""
    publish.publish(storage, make(1), SIGNING)
    publish.publish(storage, make(2), SIGNING)
    earlier = make(1)
    manifest = earlier.objects[-1]
    other = dataclasses.replace(
        earlier, objects=(*earlier.objects[:-1], dataclasses.replace(manifest, data=manifest.data + b" "))
    )
    signed = signed_pointer(other, OWNER, 1, NOW)
    put(server, dataclasses.replace(signed, name=f"models/{earlier.id}/{stored.SIGNED_BEFORE}"))
    with pytest.raises(PublishError, match="No trusted key has signed"):
        publish.rollback(storage, None, SIGNING)


def test_release_from_before_the_first_signature_is_not_restored(
    storage: Storage, make: Callable[[int], Release]
) -> None:
    publish.publish(storage, make(1))
    publish.publish(storage, make(2), SIGNING)
    with pytest.raises(PublishError, match=r"it was published unsigned.*Publish it from its folder"):
        publish.rollback(storage, None, SIGNING)


@pytest.mark.parametrize("command", ["publish", "rollback", "next publish", "next rollback", "renew"])
def test_missing_pointer_of_a_signed_release_is_written(
    storage: Storage, server: FakeServer, make: Callable[[int], Release], command: str
) -> None:
    """A publisher that was killed directly after the switch has not written it."""
    for seed in (1, 2):
        publish.publish(storage, make(seed), SIGNING)
    name = f"models/{make(2).id}/{stored.SIGNED_BEFORE}"
    server.objects.delete(BUCKET, name, Preconditions())
    {
        "publish": lambda: publish.publish(storage, make(2), SIGNING),
        "rollback": lambda: publish.rollback(storage, make(2).id, SIGNING),
        "next publish": lambda: publish.publish(storage, make(3), SIGNING),
        "next rollback": lambda: publish.rollback(storage, None, SIGNING),
        "renew": lambda: publish.renew(storage, SIGNING),
    }[command]()
    publish.publish(storage, make(4), SIGNING)
    assert publish.rollback(storage, make(2).id, SIGNING)[0] == make(2).id


@pytest.mark.parametrize("command", ["publish", "rollback"])
def test_attachments_survive_a_prune_during_the_switch(
    storage: Storage, make: Callable[[int], Release], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str
) -> None:
    """The prune has listed the old generations, and deletes them after the switch."""
    for seed in (1, 2, 3):
        publish.publish(storage, make(seed), SIGNING)
        (tmp_path / "model.sig").write_text(f"signature {seed}")
        attach(storage, make(seed).id, [tmp_path / "model.sig"])
    pruner = Storage(storage.target)
    delete = pruner.delete

    def switch_first(*arguments: Any) -> None:
        monkeypatch.setattr(pruner, "delete", delete)
        if command == "publish":
            publish.publish(storage, make(1), SIGNING)
        else:
            publish.rollback(storage, make(1).id, SIGNING)
        delete(*arguments)

    monkeypatch.setattr(pruner, "delete", switch_first)
    assert prune.prune(pruner, 1) == [make(1).id]
    kept = storage.read(f"models/{make(1).id}/model.sig")
    assert kept
    assert kept.data == b"signature 1"


def prune_before_the_switch(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let another process prune just before `storage` writes the pointer."""
    write = storage.write

    def prune_first(item: ReleaseObject, *arguments: Any) -> int:
        if item.name == POINTER:
            monkeypatch.setattr(storage, "write", write)
            assert prune.prune(Storage(storage.target), 1)
        return write(item, *arguments)

    monkeypatch.setattr(storage, "write", prune_first)


@pytest.mark.parametrize("signer", ["same", "next"])
def test_signing_again_beside_a_prune_fails_instead_of_keeping_the_old_signature(
    storage: Storage, make: Callable[[int], Release], monkeypatch: pytest.MonkeyPatch, signer: str
) -> None:
    for seed in (1, 2, 3):
        publish.publish(storage, make(seed), SIGNING)
    before = pointer(storage)
    sign_again = {
        "same": lambda: publish.renew(storage, SIGNING),
        "next": lambda: publish.publish(storage, make(3), Signing(NEXT, (OWNER.public_key,))),
    }[signer]
    prune_before_the_switch(storage, monkeypatch)
    with pytest.raises(PublishError, match=r"`release prune` ran at the same time\. Nothing was overwritten"):
        sign_again()
    assert pointer(storage) == before


def test_attachment_that_a_slow_prune_deletes_during_a_rollback_is_written_again(
    storage: Storage, make: Callable[[int], Release], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "model.sig").write_text("signature")
    publish.publish(storage, make(1), SIGNING)
    attach(storage, make(1).id, [tmp_path / "model.sig"])
    publish.publish(storage, make(2), SIGNING)
    name = f"models/{make(1).id}/model.sig"
    listed = next(blob for blob in storage.list_blobs(name))
    read = storage.read

    def read_then_delete(wanted: str) -> Any:
        found = read(wanted)
        if wanted == name:
            monkeypatch.setattr(storage, "read", read)
            Storage(storage.target).delete(name, listed.generation)
        return found

    monkeypatch.setattr(storage, "read", read_then_delete)
    publish.rollback(storage, make(1).id, SIGNING)
    kept = storage.read(name)
    assert kept
    assert kept.data == b"signature"


def test_expiry_is_removed_by_a_publication_without_it(storage: Storage, make: Callable[[int], Release]) -> None:
    publish.publish(storage, make(1), Signing(OWNER, expires_days=9))
    assert pointer(storage).expires
    assert publish.publish(storage, make(1), SIGNING).switched
    assert pointer(storage).expires is None


@pytest.mark.parametrize("command", ["publish", "rollback", "renew"])
def test_lost_expiry_is_reported(
    storage: Storage, make: Callable[[int], Release], capsys: pytest.CaptureFixture[str], command: str
) -> None:
    for seed in (1, 2):
        publish.publish(storage, make(seed), Signing(OWNER, expires_days=9))
    before = pointer(storage).expires
    assert "does not expire" not in capsys.readouterr().err
    {
        "publish": lambda: publish.publish(storage, make(1), SIGNING),
        "rollback": lambda: publish.rollback(storage, None, SIGNING),
        "renew": lambda: publish.renew(storage, SIGNING),
    }[command]()
    assert f"The new pointer does not expire. The one before had the expiry {before}" in capsys.readouterr().err


def test_highest_version_of_a_trusted_key_asks_for_its_revocation(
    storage: Storage, server: FakeServer, make: Callable[[int], Release]
) -> None:
    publish.publish(storage, make(1), SIGNING)
    put(server, signed_pointer(make(1), OWNER, 2**53 - 1, NOW))
    with pytest.raises(PublishError, match=f"Revoke the key that signed it .{OWNER.public_key.id}"):
        publish.publish(storage, make(2), SIGNING)
    assert publish.publish(storage, make(2), Signing(NEXT)).switched


def test_prune_keeps_the_signature(storage: Storage, make: Callable[[int], Release]) -> None:
    for seed in (1, 2, 3):
        publish.publish(storage, make(seed), SIGNING)
    before = pointer(storage)
    assert prune.prune(storage, 1) == [make(1).id]
    assert pointer(storage) == before
    assert not storage.list_blobs(f"models/{make(1).id}/")
    assert publish.rollback(storage, None, SIGNING)[0] == make(2).id
