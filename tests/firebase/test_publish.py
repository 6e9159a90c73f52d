"""Publishing with the real client against the fake server. test_faults.py has the tests of failures."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from ml.errors import PublishError
from ml.firebase import prune, publish, site, stored
from ml.firebase.config import emulator_url
from ml.firebase.fake.server import FakeServer, Preconditions, serving
from ml.firebase.storage import Storage, StoredObject
from ml.firebase.target import Target, choose_target
from ml.release.gate import GATES, Gate
from ml.release.pointer import unsigned_pointer
from ml.release.verify import Release, read_release
from tests.releases import free_port, load, make_release

PROJECT = "demo-digits"
BUCKET = "demo-digits.firebasestorage.app"
Publisher = Callable[..., Release]


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    with serving(tmp_path / "storage") as server:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", server.url)
        yield server


@pytest.fixture
def target(server: FakeServer) -> Target:
    return Target(PROJECT, BUCKET, server.url)


@pytest.fixture
def storage(target: Target) -> Storage:
    return Storage(target)


@pytest.fixture
def release(tmp_path: Path) -> Callable[..., Release]:
    """Return a function that makes the release of a seed."""
    return lambda seed=0, **changes: read_release(make_release(tmp_path / f"release-{seed}", seed, **changes))


def generations(server: FakeServer) -> dict[str, str]:
    """Return the generation of every object by name."""
    return {stored.metadata["name"]: stored.metadata["generation"] for stored in server.objects.all(BUCKET)}


# ---- Target -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("project", "environ", "expected"),
    [
        (None, {}, Target(PROJECT, BUCKET, emulator_url("storage"))),
        (None, {"GOOGLE_CLOUD_PROJECT": "my-work"}, Target(PROJECT, BUCKET, emulator_url("storage"))),
        (None, {"STORAGE_EMULATOR_HOST": "http://localhost:1/"}, Target(PROJECT, BUCKET, "http://localhost:1")),
        (None, {"FIREBASE_STORAGE_EMULATOR_HOST": "localhost:1"}, Target(PROJECT, BUCKET, "http://localhost:1")),
        ("demo-x", {}, Target("demo-x", "demo-x.firebasestorage.app", emulator_url("storage"))),
        ("real", {}, Target("real", "real.firebasestorage.app", None)),
        (None, {"FIREBASE_PROJECT": "real"}, Target("real", "real.firebasestorage.app", None)),
    ],
)
def test_target_is_local_unless_a_project_is_named(
    project: str | None, environ: dict[str, str], expected: Target
) -> None:
    assert choose_target(project, None, environ) == expected


@pytest.mark.parametrize("variable", ["STORAGE_EMULATOR_HOST", "FIREBASE_STORAGE_EMULATOR_HOST"])
def test_real_project_with_emulator_variable_is_rejected(variable: str) -> None:
    with pytest.raises(PublishError, match=f"real is a real project, but {variable}"):
        choose_target("real", None, {variable: emulator_url("storage")})


def test_client_restores_the_environment(server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for value in (None, "http://elsewhere.example"):
        if value:
            monkeypatch.setenv("STORAGE_EMULATOR_HOST", value)
        else:
            monkeypatch.delenv("STORAGE_EMULATOR_HOST")
        Storage(Target(PROJECT, BUCKET, server.url))
        assert os.environ.get("STORAGE_EMULATOR_HOST") == value


def test_demo_project_needs_an_emulator() -> None:
    with pytest.raises(PublishError, match="Start it with `nox -s emulators`"):
        Storage(Target(PROJECT, BUCKET, "http://127.0.0.1:9"))


@pytest.mark.parametrize("bucket", ["../x", "a/b", "UPPER", "x y", "x"])
def test_invalid_bucket_name_is_rejected(bucket: str) -> None:
    with pytest.raises(PublishError, match="is not a valid bucket name"):
        choose_target(None, bucket, {})


def test_missing_credentials_are_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("GOOGLE_APPLICATION_CREDENTIALS", "STORAGE_EMULATOR_HOST"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    with pytest.raises(PublishError, match="gcloud auth application-default login"):
        Storage(Target("real", "real.firebasestorage.app", None))


# ---- Publish ----------------------------------------------------------------------------------


def test_site_loads_the_published_release(storage: Storage, server: FakeServer, release: Publisher) -> None:
    new = release()
    done = publish.publish(storage, new)
    assert load(storage.target.base_url) == new.id
    assert (done.switched, done.previous, done.unchanged) == (True, None, [])
    assert done.uploaded == [item.name for item in new.objects]
    for item in (*new.objects, unsigned_pointer(new)):
        stored = server.objects.get(BUCKET, item.name)
        assert stored is not None
        assert stored.metadata["contentType"] == item.content_type
        assert stored.metadata["cacheControl"] == item.cache_control
        assert stored.metadata["metadata"]["sha256"] == item.sha256


def test_pointer_is_written_last(storage: Storage, server: FakeServer, release: Publisher) -> None:
    publish.publish(storage, release())
    by_generation = sorted(generations(server).items(), key=lambda item: int(item[1]))
    assert [name.rsplit("/", 1)[1] for name, _ in by_generation][-2:] == ["manifest.json", "current.json"]


def test_publishing_again_changes_nothing(storage: Storage, server: FakeServer, release: Publisher) -> None:
    publish.publish(storage, release())
    before = generations(server)
    done = publish.publish(storage, release())
    assert generations(server) == before
    assert (done.uploaded, done.switched) == ([], False)


def test_dry_run_changes_nothing(storage: Storage, server: FakeServer, release: Publisher) -> None:
    done = publish.publish(storage, release(), dry_run=True)
    assert (len(done.uploaded), done.switched, generations(server)) == (4, True, {})


def test_only_damaged_objects_are_uploaded_again(storage: Storage, server: FakeServer, release: Publisher) -> None:
    new = release()
    publish.publish(storage, new)
    before = generations(server)
    damaged = new.objects[1]
    storage.write(type(damaged)(damaged.name, b"damaged", damaged.content_type, "no-cache"), storage.read(damaged.name))
    done = publish.publish(storage, new)
    assert done.uploaded == [damaged.name]
    after = generations(server)
    assert {name for name in after if after[name] != before[name]} == {damaged.name}
    assert load(storage.target.base_url) == new.id


def test_unreadable_pointer_is_replaced(storage: Storage, server: FakeServer, release: Publisher) -> None:
    publish.publish(storage, release(0))
    pointer = unsigned_pointer(release(0))
    storage.write(type(pointer)(pointer.name, b"<html>", "text/html", "no-cache"), storage.read(pointer.name))
    publish.publish(storage, release(1))
    assert load(storage.target.base_url) == release(1).id


SMOKE = {"name": "smoke", "seed": 0, "parameters": 1000}  # a preset without a gate
FALLBACK = {"name": "mnist", "train": 1, "validation": 1, "test": 1, "split": "stratified", "fallback": True}


def test_real_project_rejects_fallback_data_and_worse_releases(
    storage: Storage, server: FakeServer, release: Publisher
) -> None:
    publish.publish(storage, release(0, metrics={"accuracy": 0.997, "weighted_f1": 0.997}))
    before = generations(server)
    storage.target = Target("real", BUCKET, None)  # the same server, treated as a real project
    worse = release(1)
    fallback = release(2, dataset=FALLBACK)
    for rejected, accept, words in (
        (worse, False, "99.00 %.*99.70 %.*--accept-worse"),
        (fallback, False, "8x8 digits"),
        (fallback, True, "8x8 digits"),
    ):
        with pytest.raises(PublishError, match=words):
            publish.publish(storage, rejected, accept_worse=accept, below_gate=accept)
        assert generations(server) == before
    publish.publish(storage, worse, accept_worse=True)
    assert load(Target(PROJECT, BUCKET, server.url).base_url) == worse.id


def test_real_project_rejects_releases_below_their_gate(
    storage: Storage, server: FakeServer, release: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(GATES, "quick", Gate(floors={"test.accuracy": 0.99, "strokes.accuracy": 0.9}))
    storage.target = Target("real", BUCKET, None)
    short = release(1, metrics={"accuracy": 0.98, "weighted_f1": 0.98, "strokes_accuracy": 0.8})
    words = "test.accuracy is 0.98 and should be at least 0.99; strokes.accuracy is 0.8 .*--below-gate"
    with pytest.raises(PublishError, match=words):
        publish.publish(storage, short)
    assert generations(server) == {}
    without_gate = release(2, metrics={"accuracy": 0.93, "weighted_f1": 0.93}, experiment=SMOKE)
    with pytest.raises(PublishError, match=r"test.accuracy is 0.93 and should be at least 0.99"):
        publish.publish(storage, without_gate)
    assert generations(server) == {}
    publish.publish(storage, short, below_gate=True)
    assert load(Target(PROJECT, BUCKET, server.url).base_url) == short.id


def test_emulator_accepts_fallback_data_with_a_warning(
    storage: Storage, release: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    publish.publish(storage, release(dataset=FALLBACK))
    assert "would be rejected by a real project" in capsys.readouterr().err


# ---- Roll back, list, prune -------------------------------------------------------------------


def test_rollback_and_forward_again(storage: Storage, release: Publisher) -> None:
    first, second = release(1), release(2)
    publish.publish(storage, first)
    publish.publish(storage, second)
    assert publish.rollback(storage) == (first.id, second.id)
    assert load(storage.target.base_url) == first.id
    publish.publish(storage, release(3))
    publish.rollback(storage)  # to the previously current release, not to the previously uploaded one
    assert load(storage.target.base_url) == first.id
    publish.rollback(storage, second.id)
    assert load(storage.target.base_url) == second.id


def test_publishing_the_current_release_again_keeps_the_rollback_target(storage: Storage, release: Publisher) -> None:
    for seed in (1, 2, 2):
        publish.publish(storage, release(seed))
    assert publish.rollback(storage)[0] == release(1).id


def test_rollback_to_damaged_or_unknown_release_is_rejected(
    storage: Storage, server: FakeServer, release: Publisher
) -> None:
    publish.publish(storage, release(1))
    with pytest.raises(PublishError, match="There is no previous release"):
        publish.rollback(storage)
    publish.publish(storage, release(2))
    name = release(1).objects[0].name
    storage.delete(name, int(generations(server)[name]))
    before = generations(server)
    for wanted, words in ((None, "missing"), (release(1).id, "missing"), ("0" * 16, "no release 0000")):
        with pytest.raises(PublishError, match=words):
            publish.rollback(storage, wanted)
    assert generations(server) == before


def test_dry_rollback_changes_nothing(storage: Storage, server: FakeServer, release: Publisher) -> None:
    publish.publish(storage, release(1))
    publish.publish(storage, release(2))
    before = generations(server)
    assert publish.rollback(storage, dry_run=True) == (release(1).id, release(2).id)
    assert generations(server) == before


def test_prune_keeps_the_newest_the_current_and_the_previous_release(
    storage: Storage, server: FakeServer, release: Publisher
) -> None:
    for seed in range(6):
        publish.publish(storage, release(seed))
    publish.rollback(storage, release(1).id)
    publish.publish(storage, release(3))
    publish.publish(storage, release(4))
    publish.rollback(storage, release(1).id)
    publish.publish(storage, release(2))
    publish.publish(storage, release(5))
    publish.rollback(storage, release(3).id)  # now 3 is current, and a rollback would go to 5
    before = generations(server)
    old = {release(seed).id for seed in (0, 1, 4)}
    assert set(prune.prune(storage, 3, dry_run=True)) == old
    assert generations(server) == before
    assert set(prune.prune(storage, 3)) == old
    left = {name.split("/")[1] for name in generations(server)} - {"current.json"}
    assert left == {release(seed).id for seed in (2, 3, 5)}
    assert prune.prune(storage, 1) == [release(2).id]
    assert publish.rollback(storage)[0] == release(5).id


def test_prune_deletes_interrupted_uploads_instead_of_releases(
    storage: Storage, server: FakeServer, release: Publisher
) -> None:
    interrupted = "0123456789abcdef"
    for seed in range(4):
        publish.publish(storage, release(seed))
        if seed == 2:
            server.objects.put(BUCKET, f"models/{interrupted}/weights.bin", b"", {}, Preconditions())
    running = "fedcba9876543210"
    server.objects.put(BUCKET, f"models/{running}/weights.bin", b"", {}, Preconditions())
    assert prune.prune(storage, 3) == [release(0).id, interrupted]
    left = {name.split("/")[1] for name in generations(server)} - {"current.json"}
    assert left == {*(release(seed).id for seed in (1, 2, 3)), running}


def test_prune_deletes_nothing_with_an_unreadable_pointer(
    storage: Storage, server: FakeServer, release: Publisher
) -> None:
    for seed in range(3):
        publish.publish(storage, release(seed))
    pointer = unsigned_pointer(release(0))
    storage.write(type(pointer)(pointer.name, b"{}", "application/json", "no-cache"), storage.read(pointer.name))
    before = generations(server)
    with pytest.raises(PublishError, match="is not valid: schema: field required"):
        prune.prune(storage, 1)
    assert generations(server) == before


def test_list_is_newest_first_and_marks_incomplete_releases(
    storage: Storage, server: FakeServer, release: Publisher
) -> None:
    for seed in (1, 2):
        publish.publish(storage, release(seed))
    storage.write(release(3).objects[0], None)
    found = {entry.release: entry for entry in stored.list_releases(storage)}
    assert found[release(2).id].current
    assert found[release(1).id].previous
    assert found[release(2).id].bytes == release(2).bytes
    assert found[release(3).id].manifest is None
    assert next(iter(found)) == release(3).id


def test_publishing_to_firebases_emulator(release: Publisher) -> None:
    """The same operations against Firebase's storage emulator."""
    port = free_port()
    script = Path(__file__).with_name("firebase_storage.cjs")
    emulator = subprocess.Popen(["node", str(script), str(port)], stdout=subprocess.PIPE, text=True)
    try:
        assert emulator.stdout
        assert emulator.stdout.readline() == "ready\n"
        storage = Storage(Target(PROJECT, BUCKET, f"http://127.0.0.1:{port}"))
        assert len(publish.publish(storage, release(1)).uploaded) == 4
        assert publish.publish(storage, release(1)).uploaded == []
        assert publish.publish(storage, release(2)).previous == release(1).id
        assert stored.fetch_current(storage).id == release(2).id
        assert publish.rollback(storage)[0] == release(1).id
        publish.publish(storage, release(3))
        assert prune.prune(storage, 1) == [release(2).id]
        listed = {entry.release: entry for entry in stored.list_releases(storage)}
        assert listed[release(3).id].current
        assert listed[release(1).id].previous
        name = release(3).objects[0].name
        storage.delete(name, 0)
        with pytest.raises(PublishError, match="missing"):
            stored.fetch_current(storage)
    finally:
        emulator.kill()
        emulator.communicate()


def test_first_release_is_published_only_to_an_empty_storage(
    storage: Storage, release: Publisher, tmp_path: Path
) -> None:
    first, second = release(1), release(2)
    folders = [tmp_path / "missing", tmp_path / "release-1", tmp_path / "release-2"]
    assert publish.publish_first(storage, folders) == first.id
    assert load(storage.target.base_url) == first.id
    assert publish.publish_first(storage, folders[2:]) is None
    assert load(storage.target.base_url) == first.id
    assert second.id not in str(stored.list_releases(storage))


@pytest.mark.parametrize(("dry", "code"), [(False, 0), (True, 0), (False, 1)])
def test_site_is_deployed_with_firebase_tools(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dry: bool, code: int
) -> None:
    firebase = tmp_path / "firebase"
    firebase.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/arguments\nexit {code}\n')
    firebase.chmod(0o755)
    monkeypatch.setattr(site, "FIREBASE_TOOLS", firebase)
    if code:
        with pytest.raises(PublishError, match="firebase deploy failed"):
            site.deploy_site("real", dry_run=dry)
    else:
        site.deploy_site("real", dry_run=dry)
    words = "deploy --only hosting,storage --project real --non-interactive" + " --dry-run" * dry
    assert (tmp_path / "arguments").read_text() == words + "\n"


def test_stored_object_matches_only_with_bytes_and_headers(release: Publisher) -> None:
    item = release().objects[0]
    right = {
        "content_type": item.content_type,
        "cache_control": item.cache_control,
        "metadata": {"sha256": item.sha256},
    }
    assert StoredObject(item.data, 1, **right).matches(item)
    assert not StoredObject(item.data + b" ", 1, **right).matches(item)
    for key, wrong in (("content_type", "text/html"), ("cache_control", None), ("metadata", {})):
        assert not StoredObject(item.data, 1, **{**right, key: wrong}).matches(item)


def test_base_url_is_the_route_of_the_site(storage: Storage, release: Publisher) -> None:
    publish.publish(storage, release())
    url = f"{storage.target.base_url}/models%2Fcurrent.json?alt=media"
    assert requests.get(url, timeout=10).content == unsigned_pointer(release()).data
    assert Target("p", "p.firebasestorage.app", None).base_url == (
        "https://firebasestorage.googleapis.com/v0/b/p.firebasestorage.app/o"
    )
