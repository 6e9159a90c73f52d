"""Failures during publishing: a reader always finds one complete release."""

from __future__ import annotations

import itertools
import json
import multiprocessing
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec
from google.api_core import exceptions
from google.auth.exceptions import RefreshError
from google.cloud.storage.retry import DEFAULT_RETRY
from tqdm import tqdm

from ml.errors import PublishError
from ml.firebase import prune, publish, storage, stored
from ml.firebase.fake.server import FakeServer, Handler, HTTPError, Preconditions, serving
from ml.firebase.storage import Storage
from ml.firebase.target import Target
from ml.release.pointer import POINTER, unsigned_pointer
from ml.release.signing import LocalSigner
from ml.release.signing_policy import Signing
from ml.release.verify import Release, ReleaseObject, read_release
from tests.releases import SHARDS, load, make_release

BUCKET = "demo-digits.firebasestorage.app"
SIGNING = Signing(LocalSigner(ec.derive_private_key(1, ec.SECP256R1())))
Maker = Callable[[int], Release]

# Children fork from a clean process that has imported this module, so each starts in milliseconds.
FORKED = multiprocessing.get_context("forkserver")
FORKED.set_forkserver_preload(["tests.firebase.test_faults"])


def target_of(server: FakeServer) -> Target:
    return Target("demo-digits", BUCKET, server.url)


@pytest.fixture
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry after milliseconds instead of seconds."""
    monkeypatch.setattr(storage, "RETRY", DEFAULT_RETRY.with_delay(0.01, 0.05, 2.0).with_timeout(60.0))


@pytest.fixture
def few_retries(quick_retries: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up after a fraction of a second."""
    monkeypatch.setattr(storage, "RETRY", storage.RETRY.with_timeout(0.3))


@pytest.fixture
def make(tmp_path: Path) -> Maker:
    return lambda seed: read_release(make_release(tmp_path / f"release-{seed}", seed))


class Readers:
    """Threads that load the current release repeatedly, as the site does."""

    def __init__(self, url: str, count: int = 2) -> None:
        self.url = url
        self.loaded: Counter[str] = Counter()
        self.mixtures: list[str] = []
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._read) for _ in range(count)]

    def _read(self) -> None:
        while not self._stopped.wait(0.2):  # leaves time for the server in this process
            try:
                self.loaded[load(self.url)] += 1
            except (AssertionError, ValueError, KeyError, requests.RequestException) as error:
                self.mixtures.append(repr(error))

    def __enter__(self) -> Readers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()


# ---- A killed publisher -------------------------------------------------------------------------


def exit_after(count: int) -> None:
    """End this process without any cleanup after `count` answered requests."""
    answered = itertools.count(1)
    send = requests.Session.send

    def counted(*arguments: Any, **options: Any) -> requests.Response:
        response = send(*arguments, **options)
        if next(answered) == count:
            os._exit(9)
        return response

    requests.Session.send = counted  # type: ignore[method-assign]
    tqdm.set_lock(threading.RLock())  # the default lock is a semaphore, which would leak


def publish_and_exit(url: str, folder: str, after: int) -> None:
    exit_after(after)
    publish.publish(Storage(Target("demo-digits", BUCKET, url)), read_release(Path(folder)))


def publish_signed_and_exit(url: str, folder: str, after: int) -> None:
    exit_after(after)
    publish.publish(Storage(Target("demo-digits", BUCKET, url)), read_release(Path(folder)), SIGNING)


def roll_back_and_exit(url: str, after: int) -> None:
    exit_after(after)
    publish.rollback(Storage(Target("demo-digits", BUCKET, url)))


def run_publisher(server: FakeServer, folder: Path, after: int) -> bool:
    """Publish in a process that ends after this number of requests; return whether it ended before it finished."""
    child = FORKED.Process(target=publish_and_exit, args=(server.url, str(folder), after))
    child.start()
    child.join()
    assert child.exitcode in (0, 9)
    return child.exitcode == 9


def test_publisher_can_be_killed_after_any_request(
    tmp_path: Path, make: Maker, record_property: Callable[[str, object], None]
) -> None:
    with serving(tmp_path / "storage") as server:
        storage = Storage(target_of(server))
        url = storage.target.base_url
        current = publish.publish(storage, make(0)).release
        switches = 0
        with Readers(url) as readers:
            for point in itertools.count(1):
                new = make(point)
                killed = run_publisher(server, tmp_path / f"release-{point}", after=point)
                now = load(url)
                assert now in (current, new.id)
                switches += now == new.id
                assert killed or now == new.id
                # The same command completes the rest.
                publish.publish(storage, new)
                assert load(url) == new.id
                current = new.id
                if not killed:
                    break
    tried = point - 1
    record_property("points", tried)
    record_property("loads", readers.loaded.total())
    record_property("mixtures", len(readers.mixtures))
    print(f"points {tried}, loads {readers.loaded.total()}, mixtures {len(readers.mixtures)}")
    assert readers.mixtures == []
    assert readers.loaded.total() > tried
    # 4 objects and the pointer, each read, written and read back.
    assert tried >= 5 * 3
    # A publisher that is killed after the switch leaves the new release, before it the old one. Both occurred.
    assert 1 <= switches <= tried


def test_rollback_can_be_killed_after_any_request(tmp_path: Path, make: Maker) -> None:
    with serving(tmp_path / "storage") as server:
        store = Storage(target_of(server))
        for seed in (1, 2):
            publish.publish(store, make(seed))
        ids = {make(1).id, make(2).id}
        with Readers(store.target.base_url) as readers:
            for point in itertools.count(1):
                child = FORKED.Process(target=roll_back_and_exit, args=(server.url, point))
                child.start()
                child.join()
                assert load(store.target.base_url) in ids
                if child.exitcode == 0:
                    break
        assert point > 5
        assert readers.mixtures == []
        assert set(readers.loaded) <= ids


def test_rollback_target_survives_a_killed_signer(tmp_path: Path, make: Maker) -> None:
    with serving(tmp_path / "storage") as server:
        store = Storage(target_of(server))
        publish.publish(store, make(0), SIGNING)
        for point in itertools.count(1):
            folder = str(make_release(tmp_path / f"release-{point}", point))
            child = FORKED.Process(target=publish_signed_and_exit, args=(server.url, folder, point))
            child.start()
            child.join()
            current = load(store.target.base_url)
            if point % 2:  # the same command again changes nothing after the switch
                publish.publish(store, make(point), SIGNING)
                current = make(point).id
            publish.publish(store, make(0 if point > 1 else 99), SIGNING)
            assert publish.rollback(store, current, SIGNING)[0] == current
            if child.exitcode == 0:
                break
        assert point > 5 * 3


# ---- Several publishers -----------------------------------------------------------------------


def test_second_of_two_publishers_fails(tmp_path: Path, make: Maker) -> None:
    """B publishes completely when A has uploaded everything except its manifest."""
    with serving(tmp_path / "storage", handler=Interrupted) as server:
        a, b = Storage(target_of(server)), Storage(target_of(server))
        publish.publish(a, make(0))
        with Readers(a.target.base_url) as readers:
            Interrupted.before[f"{make(1).id}/manifest.json"] = lambda: publish.publish(b, make(2))
            with pytest.raises(PublishError, match=f"Another publisher switched to {make(2).id}"):
                publish.publish(a, make(1))
            assert load(a.target.base_url) == make(2).id
            # Publishing again works.
            assert publish.publish(a, make(1)).previous == make(2).id
        assert readers.mixtures == []


def test_two_publishers_of_the_same_release_succeed(tmp_path: Path, make: Maker) -> None:
    with serving(tmp_path / "storage", handler=Interrupted) as server:
        a, b = Storage(target_of(server)), Storage(target_of(server))
        publish.publish(a, make(0))
        Interrupted.before[f"{make(1).id}/{SHARDS[0]}"] = lambda: publish.publish(b, make(1))
        publish.publish(a, make(1))
        assert load(a.target.base_url) == make(1).id


def test_first_publish_fails_after_a_concurrent_one(tmp_path: Path, make: Maker) -> None:
    with serving(tmp_path / "storage", handler=Interrupted) as server:
        a, b = Storage(target_of(server)), Storage(target_of(server))
        Interrupted.before[f"{make(1).id}/model.json"] = lambda: publish.publish(b, make(2))
        with pytest.raises(PublishError, match="Another publisher"):
            publish.publish(a, make(1))
        assert load(a.target.base_url) == make(2).id


def test_rollback_fails_after_a_concurrent_publish(tmp_path: Path, make: Maker) -> None:
    with serving(tmp_path / "storage", handler=Interrupted) as server:
        a, b = Storage(target_of(server)), Storage(target_of(server))
        for seed in (0, 1):
            publish.publish(a, make(seed))
        Interrupted.before[POINTER] = lambda: publish.publish(b, make(2))
        with pytest.raises(PublishError, match=f"Another publisher switched to {make(2).id}"):
            publish.rollback(a)
        assert load(a.target.base_url) == make(2).id


def test_concurrent_publishers_succeed_or_fail_completely(tmp_path: Path, make: Maker) -> None:
    """Every publisher either succeeds or fails with a message, and readers find only complete, published releases."""
    with serving(tmp_path / "storage") as server:
        first = Storage(target_of(server))
        publish.publish(first, make(0))
        published: list[str] = []
        failed: list[str] = []

        def publish_seed(seed: int) -> None:
            store = Storage(target_of(server))
            try:
                published.append(publish.publish(store, make(seed)).release)
            except PublishError as error:
                assert "Another publisher switched to" in str(error)  # noqa: PT017
                failed.append(make(seed).id)

        with Readers(first.target.base_url) as readers:
            for round_ in range(5):
                threads = [threading.Thread(target=publish_seed, args=(10 + 3 * round_ + each,)) for each in range(3)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
                assert load(first.target.base_url) in published
        assert readers.mixtures == []
        assert len(published) + len(failed) == 15
        assert len(published) >= 5
        assert not set(failed) & set(readers.loaded)


class Interrupted(Handler):
    """Calls a function once, before an object is written whose name has a given end."""

    before: dict[str, Callable[[], object]] = {}  # noqa: RUF012

    def store(self, bucket: str, name: str, data: bytes, given: Any, preconditions: Preconditions) -> None:
        for end in list(self.before):
            if name.endswith(end):
                self.before.pop(end)()
        super().store(bucket, name, data, given, preconditions)


# ---- A failing Storage ------------------------------------------------------------------------


@contextmanager
def failing(folder: Path, fail: Callable[[Handler], bool]) -> Iterator[FakeServer]:
    """Run a fake server in which `fail` answers the requests for which it returns True."""

    class Failing(Handler):
        def respond(self) -> None:
            if not fail(self):
                super().respond()

        do_GET = do_POST = do_PUT = respond  # noqa: N815

    with serving(folder, handler=Failing) as server:
        yield server


def send_error(handler: Handler, status: int, message: str = "no") -> bool:
    handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
    handler.send_json({"error": {"code": status, "message": message}}, status)
    return True


@pytest.mark.usefixtures("quick_retries")
@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_requests_are_retried(tmp_path: Path, make: Maker, status: int, capsys: pytest.CaptureFixture[str]) -> None:
    seen: Counter[str] = Counter()

    def fail(handler: Handler) -> bool:
        if handler.path == "/" or handler.path.startswith("/v0/"):
            return False
        # Writes have the same path and differ in the length of the body.
        key = f"{handler.command} {handler.path} {handler.headers.get('Content-Length')}"
        seen[key] += 1
        return seen[key] <= 2 and send_error(handler, status)

    with failing(tmp_path / "storage", fail) as server:
        store = Storage(target_of(server))
        publish.publish(store, make(1))
        assert load(store.target.base_url) == make(1).id
    assert "Retrying" in capsys.readouterr().err


@pytest.mark.usefixtures("few_retries")
@pytest.mark.parametrize(
    ("status", "words"),
    [
        (403, "Permission denied in .*the reason.*role Storage Object Admin"),
        (404, f"no bucket {BUCKET}.*press Get started"),
        (429, r"quota of demo-digits is used up.*was repeated"),
        (503, r"Storage failed: .*the reason.*was repeated"),
        (418, r"Storage failed: .*the reason"),
    ],
)
def test_errors_are_explained(tmp_path: Path, make: Maker, status: int, words: str) -> None:
    def fail(handler: Handler) -> bool:
        return handler.path != "/" and send_error(handler, status, "the reason")

    with (
        failing(tmp_path / "storage", fail) as server,
        pytest.raises(PublishError, match=words) as caught,
    ):
        publish.publish(Storage(target_of(server)), make(1))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("error", [exceptions.Unauthorized("x"), RefreshError("expired")])
def test_rejected_credentials_are_explained(error: Exception) -> None:
    assert "credentials were rejected" in storage.explain(error, Target("p", "b", None))


@pytest.mark.usefixtures("few_retries")
def test_slow_storage_times_out(tmp_path: Path, make: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "TIMEOUT", (60.0, 0.2))
    given_up = threading.Event()
    with failing(tmp_path / "storage", lambda handler: handler.path != "/" and given_up.wait()) as server:
        try:
            with pytest.raises(PublishError, match="is unreachable"):
                publish.publish(Storage(target_of(server)), make(1))
        finally:
            given_up.set()


@pytest.mark.usefixtures("few_retries")
def test_stopped_storage_is_unreachable(tmp_path: Path, make: Maker) -> None:
    with serving(tmp_path / "storage") as server:
        store = Storage(target_of(server))
    with pytest.raises(PublishError, match="is unreachable"):
        publish.publish(store, make(1))


def test_lost_response_to_the_switch_is_a_success(tmp_path: Path, make: Maker, quick_retries: None) -> None:
    """The pointer is written but the response is lost, so the retry of the client fails with 412."""
    lost = iter([True])

    class LosesResponse(Handler):
        def store(self, bucket: str, name: str, data: bytes, given: Any, preconditions: Preconditions) -> None:
            if name == POINTER and next(lost, False):
                self.server.objects.put(bucket, name, data, given, preconditions)
                raise HTTPError(HTTPStatus.SERVICE_UNAVAILABLE, "lost")
            super().store(bucket, name, data, given, preconditions)

    with serving(tmp_path / "storage", handler=LosesResponse) as server:
        store = Storage(target_of(server))
        publish.publish(store, make(1))
        assert next(lost, None) is None
        assert load(store.target.base_url) == make(1).id


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "one byte short": lambda data: data[:-1],
    "one bit flipped": lambda data: bytes([data[0] ^ 1]) + data[1:],
    "one byte more": lambda data: data + b"\n",
    "empty": lambda _: b"",
    "an error page": lambda _: b"<!doctype html><title>404</title>",
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize("which", range(4))
def test_object_that_is_stored_changed_stops_the_publish(
    tmp_path: Path, make: Maker, damage: Callable[[bytes], bytes], which: int
) -> None:
    """Storage keeps changed bytes with matching checksums, so only reading back reveals it."""
    name = make(1).objects[which].name

    class ChangesBytes(Handler):
        def store(self, bucket: str, name_: str, data: bytes, given: Any, preconditions: Preconditions) -> None:
            given = {key: value for key, value in given.items() if key not in ("md5Hash", "crc32c")}
            super().store(bucket, name_, damage(data) if name_ == name else data, given, preconditions)

    with serving(tmp_path / "storage", handler=ChangesBytes) as server:
        store = Storage(target_of(server))
        publish.publish(store, make(0))
        with pytest.raises(PublishError, match=f"Storage returned {name} changed"):
            publish.publish(store, make(1))
        assert load(store.target.base_url) == make(0).id


# ---- A release that is damaged in Storage -----------------------------------------------------


def overwrite(server: FakeServer, name: str, change: Callable[[bytes], bytes]) -> None:
    """Change the bytes of an object and keep its headers."""
    stored = server.objects.get(BUCKET, name)
    assert stored
    given = {key: stored.metadata[key] for key in ("contentType", "cacheControl", "metadata")}
    server.objects.put(BUCKET, name, change(stored.data), given, Preconditions())


@pytest.mark.parametrize("damage", [*DAMAGE.values(), None], ids=[*DAMAGE, "missing"])
@pytest.mark.parametrize("which", range(5))
def test_verify_finds_damage_and_publish_repairs_it(
    tmp_path: Path, make: Maker, damage: Callable[[bytes], bytes] | None, which: int
) -> None:
    new = make(1)
    name = (*new.objects, unsigned_pointer(new))[which].name
    with serving(tmp_path / "storage") as server:
        store = Storage(target_of(server))
        publish.publish(store, new)
        assert stored.fetch_current(store).id == new.id
        if damage:
            overwrite(server, name, damage)
        else:
            server.objects.delete(BUCKET, name, Preconditions())
        harmless = (
            damage
            and name == POINTER
            and damage(unsigned_pointer(new).data).strip() == unsigned_pointer(new).data.strip()
        )
        if not harmless:  # white space around the JSON of the pointer changes nothing
            with pytest.raises(PublishError):
                stored.fetch_current(store)
        publish.publish(store, new)
        assert stored.fetch_current(store).id == new.id
        assert load(store.target.base_url) == new.id


@pytest.mark.parametrize("damage", [DAMAGE["one bit flipped"], lambda _: b"garbage"], ids=["bit", "garbage"])
@pytest.mark.parametrize("which", range(5))
def test_damaged_file_of_the_fake_server_is_repaired(
    tmp_path: Path, make: Maker, damage: Callable[[bytes], bytes], which: int
) -> None:
    """Its bytes do not match the checksum, which Storage computed when they were uploaded."""
    new = make(1)
    name = (*new.objects, unsigned_pointer(new))[which].name
    with serving(tmp_path / "storage") as server:
        store = Storage(target_of(server))
        publish.publish(store, new)
        file = server.objects._file(BUCKET, name)
        head, data = file.read_bytes().split(b"\n", 1)
        file.write_bytes(b"garbage" if damage(data) == b"garbage" else head + b"\n" + damage(data))
        words = "is not valid|Nothing is published" if name == POINTER else f"{name}|There is no release|is missing"
        with pytest.raises(PublishError, match=words):
            stored.fetch_current(store)
        publish.publish(store, new)
        assert stored.fetch_current(store).id == new.id


@pytest.mark.parametrize(("which", "words"), [(0, "has 100 bytes"), (-1, "manifest.json is not")])
def test_damaged_release_is_named_with_its_repair(tmp_path: Path, make: Maker, which: int, words: str) -> None:
    with serving(tmp_path / "storage") as server:
        store = Storage(target_of(server))
        publish.publish(store, make(1))
        overwrite(server, make(1).objects[which].name, lambda data: data[:100])
        with pytest.raises(PublishError, match=f"Release {make(1).id} in .* is damaged: .*{words}.*`deploy`"):
            stored.fetch_release(store, make(1).id)


def test_damaged_pointer_is_reported_with_its_repair(tmp_path: Path, make: Maker) -> None:
    with serving(tmp_path / "storage") as server:
        store = Storage(target_of(server))
        publish.publish(store, make(1))
        overwrite(server, POINTER, lambda _: b"garbage")
        with pytest.raises(PublishError, match=r"models/current.json is not .*`deploy`"):
            stored.fetch_current(store)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda pointer: pointer.update(release="f" * 16), "points outside its release"),
        (
            lambda pointer: pointer.update(
                release="f" * 16, manifest={**pointer["manifest"], "path": f"models/{'f' * 16}/manifest.json"}
            ),
            "There is no release ffff",
        ),
        (lambda pointer: pointer["manifest"].update(path="models/../x/manifest.json"), "outside"),
        (lambda pointer: pointer["manifest"].update(sha256="0" * 64), "does not match models/current.json"),
        (lambda pointer: pointer["manifest"].update(bytes=1), "does not match models/current.json"),
        (lambda pointer: pointer.update(schema=3), "version 3 is newer"),
    ],
)
def test_verify_rejects_wrong_pointers(
    tmp_path: Path, make: Maker, change: Callable[[Any], object], words: str
) -> None:
    with serving(tmp_path / "storage") as server:
        store = Storage(target_of(server))
        publish.publish(store, make(1))

        def rewritten(data: bytes) -> bytes:
            pointer = json.loads(data)
            change(pointer)
            return json.dumps(pointer).encode()

        overwrite(server, POINTER, rewritten)
        with pytest.raises(PublishError, match=words):
            stored.fetch_current(store)


def test_verify_rejects_wrong_headers(tmp_path: Path, make: Maker) -> None:
    with serving(tmp_path / "storage") as server:
        store = Storage(target_of(server))
        publish.publish(store, make(1))
        item: ReleaseObject = make(1).objects[0]
        metadata = {"contentType": "text/html", "cacheControl": item.cache_control}
        server.objects.put(BUCKET, item.name, item.data, metadata, Preconditions())
        with pytest.raises(PublishError, match="has wrong headers"):
            stored.fetch_current(store)


def test_publish_fails_after_a_concurrent_prune(tmp_path: Path, make: Maker) -> None:
    """The prune lists and deletes an older upload of the release that is being published."""
    with serving(tmp_path / "storage", handler=Interrupted) as server:
        store = Storage(target_of(server))
        for seed in (0, 1, 2, 3):
            publish.publish(store, make(seed))
        old = make(0)
        Interrupted.before[old.objects[-1].name] = lambda: prune.prune(Storage(store.target), 1)
        with pytest.raises(PublishError, match="`release prune` ran at the same time"):
            publish.publish(store, old)
        assert load(store.target.base_url) == make(3).id
        publish.publish(store, old)
        assert load(store.target.base_url) == old.id


@pytest.mark.parametrize("command", ["publish", "rollback"])
def test_release_is_complete_if_a_prune_ends_after_the_switch(tmp_path: Path, make: Maker, command: str) -> None:
    """A prune has decided to delete the release, and deletes only after another command has switched to it."""
    switched = False

    class Delayed(Handler):
        def respond(self) -> None:
            nonlocal switched
            if not switched:
                switched = True
                store = Storage(target_of(self.server))
                if command == "publish":
                    publish.publish(store, make(0))
                else:
                    publish.rollback(store, make(0).id)
            super().respond()

        do_DELETE = respond  # noqa: N815

    with serving(tmp_path / "storage", handler=Delayed) as server:
        store = Storage(target_of(server))
        for seed in (0, 1, 2):
            publish.publish(store, make(seed))
        assert prune.prune(store, 1) == [make(0).id]
        assert switched
        assert load(store.target.base_url) == make(0).id


def test_prune_deletes_nothing_if_the_pointer_changes_meanwhile(tmp_path: Path, make: Maker) -> None:
    with serving(tmp_path / "storage", handler=Interrupted) as server:
        store = Storage(target_of(server))
        for seed in (0, 1, 2):
            publish.publish(store, make(seed))
        Interrupted.before[POINTER] = lambda: publish.rollback(Storage(store.target), make(0).id)
        with pytest.raises(PublishError, match=r"written by another command at the same time\. Nothing was deleted"):
            prune.prune(store, 1)
        assert {entry.release for entry in stored.list_releases(store)} == {make(seed).id for seed in (0, 1, 2)}
        assert load(store.target.base_url) == make(0).id


def test_release_that_a_slow_prune_has_listed_is_not_switched_to(tmp_path: Path, make: Maker) -> None:
    """A prune lists the new objects of a release just before the switch to it, and deletes them afterwards."""
    deletions: list[tuple[str, int]] = []

    class SlowStorage(Storage):
        def delete(self, name: str, generation: int) -> None:
            deletions.append((name, generation))

    with serving(tmp_path / "storage", handler=Interrupted) as server:
        store = Storage(target_of(server))
        publish.publish(store, make(0))

        def prune_meanwhile() -> None:
            for item in make(2).objects:  # a third publisher makes its release the newest
                store.overwrite(item)
            assert prune.prune(SlowStorage(store.target), 1) == [make(1).id]

        Interrupted.before[POINTER] = prune_meanwhile
        with pytest.raises(PublishError, match="`release prune` ran at the same time"):
            publish.publish(store, make(1))
        assert len(deletions) == len(make(1).objects)
        for name, generation in deletions:
            store.delete(name, generation)
        assert load(store.target.base_url) == make(0).id


def test_objects_that_vanish_before_the_switch_are_written_again(tmp_path: Path, make: Maker) -> None:
    with serving(tmp_path / "storage", handler=Interrupted) as server:
        store = Storage(target_of(server))
        name = make(1).objects[0].name
        Interrupted.before[POINTER] = lambda: server.objects.delete(BUCKET, name, Preconditions())
        publish.publish(store, make(1))
        assert load(store.target.base_url) == make(1).id


# ---- The regression gate ----------------------------------------------------------------------


def worse_release(tmp_path: Path) -> Release:
    metrics = {"accuracy": 0.991, "weighted_f1": 0.991}
    return read_release(make_release(tmp_path / "worse", 8, metrics=metrics))


def better_release(tmp_path: Path) -> Release:
    metrics = {"accuracy": 0.9965, "weighted_f1": 0.9965}
    return read_release(make_release(tmp_path / "better", 9, metrics=metrics))


@pytest.mark.usefixtures("few_retries")
@pytest.mark.parametrize("status", [403, 418, 429, 503])
def test_worse_release_is_rejected_if_the_current_one_cannot_be_read(tmp_path: Path, status: int) -> None:
    better = better_release(tmp_path)
    broken = False

    def fail(handler: Handler) -> bool:
        return broken and f"{better.id}%2Fmanifest.json" in handler.path and send_error(handler, status)

    with failing(tmp_path / "storage", fail) as server:
        store = Storage(target_of(server))
        publish.publish(store, better)
        store.target = Target("real", BUCKET, None)
        broken = True
        with pytest.raises(PublishError, match=r"Permission denied|quota|Storage failed"):
            publish.publish(store, worse_release(tmp_path))
        broken = False
        with pytest.raises(PublishError, match=r"its accuracy is 99.10 %"):
            publish.publish(store, worse_release(tmp_path))
        assert load(target_of(server).base_url) == better.id


# A line feed after the JSON, "one byte more", is no damage of a manifest.
@pytest.mark.parametrize("damage", [DAMAGE[name] for name in ("one byte short", "one bit flipped", "empty")] + [None])
def test_worse_release_may_replace_a_damaged_one(tmp_path: Path, damage: Callable[[bytes], bytes] | None) -> None:
    better, worse = better_release(tmp_path), worse_release(tmp_path)
    with serving(tmp_path / "storage") as server:
        store = Storage(target_of(server))
        publish.publish(store, better)
        store.target = Target("real", BUCKET, None)
        name = better.objects[-1].name
        if damage:
            overwrite(server, name, damage)
        else:
            server.objects.delete(BUCKET, name, Preconditions())
        publish.publish(store, worse)
        assert load(target_of(server).base_url) == worse.id


@pytest.mark.parametrize("document", ["pointer", "manifest"])
def test_release_of_a_newer_program_is_not_replaced(tmp_path: Path, document: str) -> None:
    """It cannot be compared, and is not damaged."""
    better = better_release(tmp_path)
    with serving(tmp_path / "storage") as server:
        store = Storage(target_of(server))
        publish.publish(store, better)
        name = POINTER if document == "pointer" else better.objects[-1].name
        overwrite(server, name, lambda data: json.dumps(json.loads(data) | {"schema": 9}).encode())
        with pytest.raises(PublishError, match="version 9 is newer than"):
            publish.publish(store, worse_release(tmp_path))


def test_huge_objects_are_not_read(tmp_path: Path, make: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(tmp_path / "storage") as server:
        store = Storage(target_of(server))
        publish.publish(store, make(1))
        name = make(1).objects[0].name
        overwrite(server, name, lambda data: data + bytes(2**10))
        monkeypatch.setattr(storage, "MAX_FILE_BYTES", 2**10)
        monkeypatch.setattr(
            Handler, "send_media", lambda handler, found: pytest.fail(f"{found.metadata['size']} bytes were read")
        )
        huge = store.read(name)
        assert huge
        assert huge.data == b""
