"""Publishing, by the real client against the stand-in; what may go wrong on the way is in test_faults.py."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from ml.config import GATES, Gate
from ml.errors import PublishError
from ml.firebase import publish, storage
from ml.firebase.fake.server import StandIn, serving
from ml.firebase.storage import Found, Storage, Target, choose_target
from ml.release.manifest import Release, read_release
from tests.releases import free_port, load, make_release

PROJECT = "demo-digits"
BUCKET = "demo-digits.firebasestorage.app"
Publisher = Callable[..., Release]


@pytest.fixture
def standin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    with serving(tmp_path / "storage") as server:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", server.url)
        yield server


@pytest.fixture
def target(standin: StandIn) -> Target:
    return Target(PROJECT, BUCKET, standin.url)


@pytest.fixture
def store(target: Target) -> Storage:
    return Storage(target)


@pytest.fixture
def release(tmp_path: Path) -> Callable[..., Release]:
    """Make the release with a seed; another seed, another release."""
    return lambda seed=0, **changes: read_release(make_release(tmp_path / f"release-{seed}", seed, **changes))


@pytest.fixture
def command(standin: StandIn, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Run a command of the command line; gives its exit code and what it printed."""
    parser = argparse.ArgumentParser()
    publish.register(parser.add_subparsers())

    def run(*words: str) -> tuple[int, str]:
        options = parser.parse_args(words)
        capsys.readouterr()
        return options.func(options), capsys.readouterr().out

    return run


def held(standin: StandIn) -> dict[str, str]:
    """Every object's name and generation."""
    return {stored.metadata["name"]: stored.metadata["generation"] for stored in standin.objects.all(BUCKET)}


# ---- where to ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("project", "environ", "expected"),
    [
        (None, {}, Target(PROJECT, BUCKET, "http://127.0.0.1:9199")),
        (None, {"GOOGLE_CLOUD_PROJECT": "my-work"}, Target(PROJECT, BUCKET, "http://127.0.0.1:9199")),
        (None, {"STORAGE_EMULATOR_HOST": "http://localhost:1/"}, Target(PROJECT, BUCKET, "http://localhost:1")),
        (None, {"FIREBASE_STORAGE_EMULATOR_HOST": "localhost:1"}, Target(PROJECT, BUCKET, "http://localhost:1")),
        ("demo-x", {}, Target("demo-x", "demo-x.firebasestorage.app", "http://127.0.0.1:9199")),
        ("real", {}, Target("real", "real.firebasestorage.app", None)),
        (None, {"FIREBASE_PROJECT": "real"}, Target("real", "real.firebasestorage.app", None)),
    ],
)
def test_publishes_locally_unless_a_project_is_named(
    project: str | None, environ: dict[str, str], expected: Target
) -> None:
    assert choose_target(project, None, environ) == expected


@pytest.mark.parametrize("variable", ["STORAGE_EMULATOR_HOST", "FIREBASE_STORAGE_EMULATOR_HOST"])
def test_refuses_a_real_project_while_an_emulator_is_set(variable: str) -> None:
    with pytest.raises(PublishError, match=f"real is a real project, but {variable}"):
        choose_target("real", None, {variable: "http://127.0.0.1:9199"})


def test_leaves_the_environment_alone(standin: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    for value in (None, "http://elsewhere.example"):
        if value:
            monkeypatch.setenv("STORAGE_EMULATOR_HOST", value)
        else:
            monkeypatch.delenv("STORAGE_EMULATOR_HOST")
        Storage(Target(PROJECT, BUCKET, standin.url))
        assert os.environ.get("STORAGE_EMULATOR_HOST") == value


def test_refuses_a_demo_project_without_an_emulator() -> None:
    with pytest.raises(PublishError, match="start it with `nox -s emulators`"):
        Storage(Target(PROJECT, BUCKET, "http://127.0.0.1:9"))


@pytest.mark.parametrize("bucket", ["../x", "a/b", "UPPER", "x y", "x"])
def test_refuses_what_cannot_be_a_bucket(bucket: str) -> None:
    with pytest.raises(PublishError, match="cannot be a bucket's name"):
        choose_target(None, bucket, {})


def test_says_that_there_are_no_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("GOOGLE_APPLICATION_CREDENTIALS", "STORAGE_EMULATOR_HOST"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    with pytest.raises(PublishError, match="gcloud auth application-default login"):
        Storage(Target("real", "real.firebasestorage.app", None))


# ---- publish -----------------------------------------------------------------------------------


def test_what_was_published_is_what_the_site_loads(store: Storage, standin: StandIn, release: Publisher) -> None:
    new = release()
    done = publish.publish(store, new)
    assert load(store.target.base_url) == new.id
    assert (done.switched, done.previous, done.unchanged) == (True, None, [])
    assert done.uploaded == [item.name for item in new.objects]
    for item in (*new.objects, new.pointer):
        stored = standin.objects.get(BUCKET, item.name)
        assert stored is not None
        assert stored.metadata["contentType"] == item.content_type
        assert stored.metadata["cacheControl"] == item.cache_control
        assert stored.metadata["metadata"]["sha256"] == item.sha256


def test_the_pointer_is_written_last(store: Storage, standin: StandIn, release: Publisher) -> None:
    publish.publish(store, release())
    by_age = sorted(held(standin).items(), key=lambda item: int(item[1]))
    assert [name.rsplit("/", 1)[1] for name, _ in by_age][-2:] == ["manifest.json", "current.json"]


def test_publishing_again_writes_nothing(store: Storage, standin: StandIn, release: Publisher) -> None:
    publish.publish(store, release())
    before = held(standin)
    done = publish.publish(store, release())
    assert held(standin) == before
    assert (done.uploaded, done.switched) == ([], False)


def test_a_dry_run_writes_nothing(store: Storage, standin: StandIn, release: Publisher) -> None:
    done = publish.publish(store, release(), dry_run=True)
    assert (len(done.uploaded), done.switched, held(standin)) == (4, True, {})


def test_only_what_is_damaged_is_written_again(store: Storage, standin: StandIn, release: Publisher) -> None:
    new = release()
    publish.publish(store, new)
    before = held(standin)
    damaged = new.objects[1]
    store.write(type(damaged)(damaged.name, b"damaged", damaged.content_type, "no-cache"), store.read(damaged.name))
    done = publish.publish(store, new)
    assert done.uploaded == [damaged.name]
    after = held(standin)
    assert {name for name in after if after[name] != before[name]} == {damaged.name}
    assert load(store.target.base_url) == new.id


def test_an_unreadable_pointer_is_mended(store: Storage, standin: StandIn, release: Publisher) -> None:
    publish.publish(store, release(0))
    pointer = release(0).pointer
    store.write(type(pointer)(pointer.name, b"<html>", "text/html", "no-cache"), store.read(pointer.name))
    publish.publish(store, release(1))
    assert load(store.target.base_url) == release(1).id


SMOKE = {"name": "smoke", "seed": 0, "parameters": 1000}  # which has no gate
FALLBACK = {"name": "mnist", "train": 1, "validation": 1, "test": 1, "split": "stratified", "fallback": True}


def test_a_real_project_gets_no_stand_in_data_and_nothing_worse(
    store: Storage, standin: StandIn, release: Publisher
) -> None:
    publish.publish(store, release(0, metrics={"accuracy": 0.997, "weighted_f1": 0.997}))
    before = held(standin)
    store.target = Target("real", BUCKET, None)  # the same server, taken for Google's
    worse = release(1)
    stand_in_data = release(2, dataset=FALLBACK)
    clothes = release(3, dataset={**FALLBACK, "name": "fashion-mnist", "fallback": False})
    for refused, accept, words in (
        (worse, False, "99.00%.*99.70%.*--accept-worse"),
        (stand_in_data, False, "8x8 digits"),
        (stand_in_data, True, "8x8 digits"),
        (clothes, True, "fashion-mnist, which holds no digits"),
    ):
        with pytest.raises(PublishError, match=words):
            publish.publish(store, refused, accept_worse=accept, below_gate=accept)
        assert held(standin) == before
    publish.publish(store, worse, accept_worse=True)
    assert load(Target(PROJECT, BUCKET, standin.url).base_url) == worse.id


def test_a_real_project_gets_nothing_below_its_presets_gate(
    store: Storage, standin: StandIn, release: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(GATES, "quick", Gate(floors={"test.accuracy": 0.99, "strokes.accuracy": 0.9}))
    store.target = Target("real", BUCKET, None)
    short = release(1, metrics={"accuracy": 0.98, "weighted_f1": 0.98, "strokes_accuracy": 0.8})
    words = "test.accuracy is 0.98 and should be at least 0.99; strokes.accuracy is 0.8 .*--below-gate"
    with pytest.raises(PublishError, match=words):
        publish.publish(store, short)
    assert held(standin) == {}
    without_gate = release(2, metrics={"accuracy": 0.93, "weighted_f1": 0.93}, experiment=SMOKE)
    with pytest.raises(PublishError, match=r"test.accuracy is 0.93 and should be at least 0.99"):
        publish.publish(store, without_gate)
    assert held(standin) == {}
    publish.publish(store, short, below_gate=True)
    assert load(Target(PROJECT, BUCKET, standin.url).base_url) == short.id


def test_locally_such_a_release_is_published_with_a_warning(
    store: Storage, release: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    publish.publish(store, release(dataset=FALLBACK))
    assert "would not go to a real project" in capsys.readouterr().err


# ---- roll back, list, prune --------------------------------------------------------------------


def test_rolls_back_to_what_ran_before_and_forth_again(store: Storage, release: Publisher) -> None:
    first, second = release(1), release(2)
    publish.publish(store, first)
    publish.publish(store, second)
    assert publish.rollback(store) == (first.id, second.id)
    assert load(store.target.base_url) == first.id
    publish.publish(store, release(3))
    publish.rollback(store)  # to what ran before, not to what was uploaded before
    assert load(store.target.base_url) == first.id
    publish.rollback(store, second.id)
    assert load(store.target.base_url) == second.id


def test_publishing_the_current_release_again_keeps_the_way_back(store: Storage, release: Publisher) -> None:
    for seed in (1, 2, 2):
        publish.publish(store, release(seed))
    assert publish.rollback(store)[0] == release(1).id


def test_does_not_roll_back_to_a_damaged_or_unknown_release(
    store: Storage, standin: StandIn, release: Publisher
) -> None:
    publish.publish(store, release(1))
    with pytest.raises(PublishError, match="No release ran before"):
        publish.rollback(store)
    publish.publish(store, release(2))
    name = release(1).objects[0].name
    store.delete(name, int(held(standin)[name]))
    before = held(standin)
    for wanted, words in ((None, "missing"), (release(1).id, "missing"), ("0" * 16, "no release 0000")):
        with pytest.raises(PublishError, match=words):
            publish.rollback(store, wanted)
    assert held(standin) == before


def test_a_dry_rollback_changes_nothing(store: Storage, standin: StandIn, release: Publisher) -> None:
    publish.publish(store, release(1))
    publish.publish(store, release(2))
    before = held(standin)
    assert publish.rollback(store, dry_run=True) == (release(1).id, release(2).id)
    assert held(standin) == before


def test_prune_keeps_the_newest_the_current_and_the_one_before_it(
    store: Storage, standin: StandIn, release: Publisher
) -> None:
    for seed in range(6):
        publish.publish(store, release(seed))
    publish.rollback(store, release(1).id)
    publish.publish(store, release(3))  # now 3 is current, and a rollback would go to 1
    before = held(standin)
    doomed = {release(seed).id for seed in (0, 2)}
    assert set(publish.prune(store, 2, dry_run=True)) == doomed
    assert held(standin) == before
    assert set(publish.prune(store, 2)) == doomed
    left = {name.split("/")[1] for name in held(standin)} - {"current.json"}
    assert left == {release(seed).id for seed in (1, 3, 4, 5)}
    assert publish.prune(store, 2) == []
    assert publish.rollback(store)[0] == release(1).id


def test_prune_deletes_nothing_when_it_cannot_tell_what_is_current(
    store: Storage, standin: StandIn, release: Publisher
) -> None:
    for seed in range(3):
        publish.publish(store, release(seed))
    pointer = release(0).pointer
    store.write(type(pointer)(pointer.name, b"{}", "application/json", "no-cache"), store.read(pointer.name))
    before = held(standin)
    with pytest.raises(PublishError, match="not a pointer"):
        publish.prune(store, 1)
    assert held(standin) == before


def test_lists_newest_first_and_marks_what_is_incomplete(store: Storage, standin: StandIn, release: Publisher) -> None:
    for seed in (1, 2):
        publish.publish(store, release(seed))
    store.write(release(3).objects[0], None)
    found = {entry.release: entry for entry in publish.entries(store)}
    assert found[release(2).id].current
    assert found[release(1).id].previous
    assert found[release(2).id].bytes == release(2).bytes
    assert found[release(3).id].manifest is None
    assert next(iter(found)) == release(3).id


def test_firebases_own_emulator_takes_the_same_requests(release: Publisher) -> None:
    """All of the above in short, against the code that the stand-in stands in for."""
    port = free_port()
    script = Path(__file__).with_name("firebase_storage.cjs")
    emulator = subprocess.Popen(["node", str(script), str(port)], stdout=subprocess.PIPE, text=True)
    try:
        assert emulator.stdout
        assert emulator.stdout.readline() == "ready\n"
        store = Storage(Target(PROJECT, BUCKET, f"http://127.0.0.1:{port}"))
        assert len(publish.publish(store, release(1)).uploaded) == 4
        assert publish.publish(store, release(1)).uploaded == []
        assert publish.publish(store, release(2)).previous == release(1).id
        assert publish.fetch_current(store).id == release(2).id
        assert publish.rollback(store)[0] == release(1).id
        publish.publish(store, release(3))
        assert publish.prune(store, 1) == [release(2).id]
        listed = {entry.release: entry for entry in publish.entries(store)}
        assert listed[release(3).id].current
        assert listed[release(1).id].previous
        name = release(3).objects[0].name
        store.delete(name, 0)
        with pytest.raises(PublishError, match="missing"):
            publish.fetch_current(store)
    finally:
        emulator.kill()
        emulator.communicate()


# ---- the command line --------------------------------------------------------------------------


def test_the_commands_answer_in_json(
    command: Callable[..., tuple[int, str]], release: Publisher, tmp_path: Path, target: Target
) -> None:
    first, second = release(1), release(2)

    def answer(*words: str) -> Any:
        code, printed = command(*words, "--json")
        assert code == 0
        return json.loads(printed)

    config = tmp_path / "config.json"
    for seed in (1, 2):
        folder = str(tmp_path / f"release-{seed}")
        done = answer("deploy", "--release", folder, "--site-config", str(config))
        assert done["storage"] == target.base_url
    assert json.loads(config.read_text()) == {"storage": target.base_url}
    assert [entry["release"] for entry in answer("release", "list")] == [second.id, first.id]
    assert answer("release", "show") == second.manifest
    assert answer("release", "show", first.id) == first.manifest
    assert answer("release", "verify")["release"] == second.id
    assert answer("release", "verify", first.id)["objects"] == 4
    assert answer("release", "rollback") == {"release": first.id, "previous": second.id}
    assert answer("release", "prune", "--keep", "1") == {"deleted": []}


def test_the_commands_answer_people(
    command: Callable[..., tuple[int, str]], release: Publisher, tmp_path: Path
) -> None:
    new = release(1)
    assert "There is no release" in command("release", "list")[1]
    printed = command("deploy", "--release", str(tmp_path / "release-1"), "--site-config", str(tmp_path / "c.json"))[1]
    assert "4 objects uploaded and read back" in printed
    assert f"switched from nothing to {new.id}" in printed
    assert "← current" in command("release", "list")[1]
    assert "accuracy: 0.9900" in command("release", "show")[1]
    assert "is whole: 4 objects" in command("release", "verify")[1]


def test_a_dry_deploy_leaves_the_sites_configuration(
    command: Callable[..., tuple[int, str]], release: Publisher, tmp_path: Path
) -> None:
    release(1)
    config = tmp_path / "config.json"
    words = ("deploy", "--release", str(tmp_path / "release-1"), "--site-config", str(config), "--dry-run")
    assert "would be uploaded" in command(*words)[1]
    assert not config.exists()


@pytest.mark.parametrize("config", ["nowhere/config.json", "."])
def test_a_site_config_that_cannot_be_written_is_told_before_anything_is_sent(
    command: Callable[..., tuple[int, str]], release: Publisher, standin: StandIn, tmp_path: Path, config: str
) -> None:
    release(1)
    with pytest.raises(PublishError, match="--site-config"):
        command("deploy", "--release", str(tmp_path / "release-1"), "--site-config", str(tmp_path / config))
    assert held(standin) == {}


@pytest.mark.parametrize(("dry", "code"), [(False, 0), (True, 0), (False, 1)])
def test_a_real_projects_site_is_deployed_by_firebase_tools(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dry: bool, code: int
) -> None:
    firebase = tmp_path / "firebase"
    firebase.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/said\nexit {code}\n')
    firebase.chmod(0o755)
    monkeypatch.setattr(publish, "FIREBASE", firebase)
    if code:
        with pytest.raises(PublishError, match="firebase deploy failed"):
            publish.deploy_site("real", dry_run=dry)
    else:
        publish.deploy_site("real", dry_run=dry)
    words = "deploy --only hosting,storage --project real --non-interactive" + " --dry-run" * dry
    assert (tmp_path / "said").read_text() == words + "\n"


def test_a_real_deploy_wants_a_built_site_before_it_publishes(
    release: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release(1)
    monkeypatch.setattr(publish, "SITE", tmp_path / "not-built")
    monkeypatch.setattr(publish, "Storage", lambda _: pytest.fail("it went on"))
    parser = argparse.ArgumentParser()
    publish.register(parser.add_subparsers())
    options = parser.parse_args(["deploy", "--project", "real", "--release", str(tmp_path / "release-1")])
    with pytest.raises(PublishError, match="nox -s site"):
        options.func(options)


def test_seed_publishes_something_only_where_nothing_is(
    store: Storage, release: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish, "LATEST", tmp_path / "latest")
    monkeypatch.setattr(publish, "BUNDLED", tmp_path / "bundled")
    bundled = read_release(make_release(publish.BUNDLED, 7))
    publish.seed(store)
    assert load(store.target.base_url) == bundled.id
    make_release(publish.LATEST / "release", 8)
    publish.seed(store)
    assert load(store.target.base_url) == bundled.id


def test_compares_metrics_in_a_table(
    command: Callable[..., tuple[int, str]], release: Publisher, tmp_path: Path
) -> None:
    new = release(1, metrics={"accuracy": 0.995, "weighted_f1": 0.99, "ink": 0.95})
    old = release(2)
    printed = command("release", "compare", "--release", f"{tmp_path}/release-1", "--with", f"{tmp_path}/release-2")[1]
    assert f"| | {new.id} | {old.id} | change |" in printed
    assert "| accuracy | 0.9950 | 0.9900 | +0.0050 |" in printed
    assert "| ink | 0.9500 |  |  |" in printed


def test_found_holds_only_what_it_holds_in_full(release: Publisher) -> None:
    item = release().objects[0]
    right = {
        "content_type": item.content_type,
        "cache_control": item.cache_control,
        "metadata": {"sha256": item.sha256},
    }
    assert Found(item.data, 1, **right).holds(item)
    assert not Found(item.data + b" ", 1, **right).holds(item)
    for key, wrong in (("content_type", "text/html"), ("cache_control", None), ("metadata", {})):
        assert not Found(item.data, 1, **{**right, key: wrong}).holds(item)


def test_the_read_route_is_the_one_that_the_site_uses(store: Storage, release: Publisher) -> None:
    publish.publish(store, release())
    url = f"{store.target.base_url}/models%2Fcurrent.json?alt=media"
    assert requests.get(url, timeout=10).content == release().pointer.data
    assert Target("p", "p.firebasestorage.app", None).base_url == (
        "https://firebasestorage.googleapis.com/v0/b/p.firebasestorage.app/o"
    )
    assert storage.LOCAL_STORAGE == "http://127.0.0.1:9199"
