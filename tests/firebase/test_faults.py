"""Whatever goes wrong while a release is published, a reader finds one complete release."""

from __future__ import annotations

import itertools
import json
import multiprocessing
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
import requests
from google.api_core import exceptions
from google.auth.exceptions import RefreshError
from google.cloud.storage.retry import DEFAULT_RETRY
from tqdm import tqdm

from ml.errors import PublishError
from ml.firebase import publish, storage
from ml.firebase.fake.server import FakeServer, Handler, HTTPError, Preconditions, serving
from ml.firebase.storage import Storage, Target
from ml.release.manifest import POINTER
from ml.release.verify import Object, Release, read_release
from tests.releases import SHARDS, load, make_release

BUCKET = "demo-digits.firebasestorage.app"
Maker = Callable[[int], Release]

# Children start from a clean process that has imported what they need, so that each takes milliseconds.
FORKED = multiprocessing.get_context("forkserver")
FORKED.set_forkserver_preload(["tests.firebase.test_faults"])


def target_of(server: FakeServer) -> Target:
    return Target("demo-digits", BUCKET, server.url)


@pytest.fixture
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "RETRY", DEFAULT_RETRY.with_delay(0.01, 0.05, 2.0).with_timeout(1.0))
    monkeypatch.setattr(storage, "TIMEOUT", (1.0, 0.3))


@pytest.fixture
def make(tmp_path: Path) -> Maker:
    return lambda seed: read_release(make_release(tmp_path / f"release-{seed}", seed))


class Readers:
    """Threads that load the current release over and over, as the site does."""

    def __init__(self, url: str, count: int = 2) -> None:
        self.url = url
        self.loaded: Counter[str] = Counter()
        self.mixtures: list[str] = []
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._read) for _ in range(count)]

    def _read(self) -> None:
        while not self._stopped.is_set():
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


# ---- a publisher that dies ---------------------------------------------------------------------


def die_after(requests_answered: int) -> None:
    """Let this process end without a word when so many of its requests were answered."""
    answered = itertools.count(1)
    send = requests.Session.send

    def counted(*arguments: Any, **options: Any) -> requests.Response:
        answer = send(*arguments, **options)
        if next(answered) == requests_answered:
            os._exit(9)
        return answer

    requests.Session.send = counted  # type: ignore[method-assign]
    tqdm.set_lock(threading.RLock())  # its own would outlive a process that ends like this


def publish_and_die(url: str, folder: str, after: int) -> None:
    die_after(after)
    publish.publish(Storage(Target("demo-digits", BUCKET, url)), read_release(Path(folder)))


def roll_back_and_die(url: str, after: int) -> None:
    die_after(after)
    publish.rollback(Storage(Target("demo-digits", BUCKET, url)))


def run_publisher(server: FakeServer, folder: Path, after: int) -> bool:
    """Whether the publisher died at request number `after`, and did not come to its end before."""
    child = FORKED.Process(target=publish_and_die, args=(server.url, str(folder), after))
    child.start()
    child.join(60)
    assert child.exitcode in (0, 9)
    return child.exitcode == 9


def test_a_publisher_may_die_after_any_operation(
    tmp_path: Path, make: Maker, record_property: Callable[[str, object], None]
) -> None:
    with serving(tmp_path / "storage") as server:
        url = target_of(server).base_url
        assert not run_publisher(server, make_release(tmp_path / "first"), after=1_000)
        current = load(url)
        switches = 0
        with Readers(url) as readers:
            for point in itertools.count(1):
                new = make(point)
                died = run_publisher(server, tmp_path / f"release-{point}", after=point)
                now = load(url)
                assert now in (current, new.id)
                switches += now == new.id
                assert died or now == new.id
                # The same command again mends whatever was left undone.
                assert not run_publisher(server, tmp_path / f"release-{point}", after=1_000)
                assert load(url) == new.id
                current = new.id
                if not died:
                    break
    tried = point - 1
    record_property("points", tried)
    record_property("loads", readers.loaded.total())
    record_property("mixtures", len(readers.mixtures))
    print(f"points {tried}, loads {readers.loaded.total()}, mixtures {len(readers.mixtures)}")
    assert readers.mixtures == []
    assert readers.loaded.total() > tried
    # 4 objects and the pointer, each looked up, written and read back.
    assert tried >= 5 * 3
    # Death behind the switch leaves the new release, before it the old one: both kinds were met.
    assert 1 <= switches <= tried


def test_a_rollback_may_die_after_any_operation(tmp_path: Path, make: Maker) -> None:
    with serving(tmp_path / "storage") as server:
        store = Storage(target_of(server))
        for seed in (1, 2):
            publish.publish(store, make(seed))
        ids = {make(1).id, make(2).id}
        with Readers(store.target.base_url) as readers:
            for point in itertools.count(1):
                child = FORKED.Process(target=roll_back_and_die, args=(server.url, point))
                child.start()
                child.join(60)
                assert load(store.target.base_url) in ids
                if child.exitcode == 0:
                    break
        assert point > 5
        assert readers.mixtures == []
        assert set(readers.loaded) <= ids


# ---- two publishers ----------------------------------------------------------------------------


def test_of_two_publishers_the_second_to_switch_loses(tmp_path: Path, make: Maker) -> None:
    """B publishes as a whole while A has uploaded all but its manifest."""
    with serving(tmp_path / "storage", handler=Interrupted) as server:
        a, b = Storage(target_of(server)), Storage(target_of(server))
        publish.publish(a, make(0))
        with Readers(a.target.base_url) as readers:
            Interrupted.before[f"{make(1).id}/manifest.json"] = lambda: publish.publish(b, make(2))
            with pytest.raises(PublishError, match=f"Another publisher switched to {make(2).id}"):
                publish.publish(a, make(1))
            assert load(a.target.base_url) == make(2).id
            # The loser is told what to do, and that works.
            assert publish.publish(a, make(1)).previous == make(2).id
        assert readers.mixtures == []


def test_two_publishers_of_one_release_both_succeed(tmp_path: Path, make: Maker) -> None:
    with serving(tmp_path / "storage", handler=Interrupted) as server:
        a, b = Storage(target_of(server)), Storage(target_of(server))
        publish.publish(a, make(0))
        Interrupted.before[f"{make(1).id}/{SHARDS[0]}"] = lambda: publish.publish(b, make(1))
        publish.publish(a, make(1))
        assert load(a.target.base_url) == make(1).id


def test_a_first_publish_can_lose_too(tmp_path: Path, make: Maker) -> None:
    with serving(tmp_path / "storage", handler=Interrupted) as server:
        a, b = Storage(target_of(server)), Storage(target_of(server))
        Interrupted.before[f"{make(1).id}/model.json"] = lambda: publish.publish(b, make(2))
        with pytest.raises(PublishError, match="Another publisher"):
            publish.publish(a, make(1))
        assert load(a.target.base_url) == make(2).id


def test_a_rollback_loses_against_a_publisher(tmp_path: Path, make: Maker) -> None:
    with serving(tmp_path / "storage", handler=Interrupted) as server:
        a, b = Storage(target_of(server)), Storage(target_of(server))
        for seed in (0, 1):
            publish.publish(a, make(seed))
        Interrupted.before[POINTER] = lambda: publish.publish(b, make(2))
        with pytest.raises(PublishError, match=f"Another publisher switched to {make(2).id}"):
            publish.rollback(a)
        assert load(a.target.base_url) == make(2).id


def test_publishers_in_a_crowd(tmp_path: Path, make: Maker) -> None:
    """Whoever wins, every publisher is told the truth and every reader finds a whole release."""
    with serving(tmp_path / "storage") as server:
        first = Storage(target_of(server))
        publish.publish(first, make(0))
        won: list[str] = []
        lost: list[str] = []

        def compete(seed: int) -> None:
            store = Storage(target_of(server))
            try:
                won.append(publish.publish(store, make(seed)).release)
            except PublishError as error:
                assert "Another publisher switched to" in str(error)  # noqa: PT017
                lost.append(make(seed).id)

        with Readers(first.target.base_url) as readers:
            for round_ in range(5):
                crowd = [threading.Thread(target=compete, args=(10 + 3 * round_ + each,)) for each in range(3)]
                for thread in crowd:
                    thread.start()
                for thread in crowd:
                    thread.join()
                assert load(first.target.base_url) in won
        assert readers.mixtures == []
        assert len(won) + len(lost) == 15
        assert len(won) >= 5
        assert not set(lost) & set(readers.loaded)


class Interrupted(Handler):
    """Does something else once, right before an object whose name ends so is written."""

    before: dict[str, Callable[[], object]] = {}  # noqa: RUF012

    def store(self, bucket: str, name: str, data: bytes, given: Any, wanted: Preconditions) -> None:
        for end in list(self.before):
            if name.endswith(end):
                self.before.pop(end)()
        super().store(bucket, name, data, given, wanted)


# ---- a Storage that misbehaves -----------------------------------------------------------------


@contextmanager
def misbehaving(folder: Path, misbehave: Callable[[Handler], bool]) -> Iterator[FakeServer]:
    """A stand-in that answers itself only where `misbehave` returns False."""

    class Misbehaving(Handler):
        def answer(self) -> None:
            if not misbehave(self):
                super().answer()

        do_GET = do_POST = do_PUT = answer  # noqa: N815

    with serving(folder, handler=Misbehaving) as server:
        yield server


def refuse(handler: Handler, status: int, message: str = "no") -> bool:
    handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
    handler.send_json({"error": {"code": status, "message": message}}, status)
    return True


@pytest.mark.usefixtures("quick_retries")
@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_every_request_fails_twice_and_then_goes_well(tmp_path: Path, make: Maker, status: int) -> None:
    seen: Counter[str] = Counter()

    def misbehave(handler: Handler) -> bool:
        if handler.path == "/" or handler.path.startswith("/v0/"):
            return False
        # A write is told apart by its body's length, everything else by its path.
        key = f"{handler.command} {handler.path} {handler.headers.get('Content-Length')}"
        seen[key] += 1
        return seen[key] <= 2 and refuse(handler, status)

    with misbehaving(tmp_path / "storage", misbehave) as server:
        store = Storage(target_of(server))
        publish.publish(store, make(1))
        assert load(store.target.base_url) == make(1).id
        assert max(seen.values()) >= 3


@pytest.mark.usefixtures("quick_retries")
@pytest.mark.parametrize(
    ("status", "words"),
    [
        (403, "Permission denied in .*no such luck.*role Storage Object Admin"),
        (404, f"no bucket {BUCKET}.*press Get started"),
        (429, r"quota of demo-digits is used up.*was repeated"),
        (503, r"Storage failed: .*no such luck.*was repeated"),
        (418, r"Storage failed: .*no such luck"),
    ],
)
def test_what_does_not_pass_is_said_in_plain_words(tmp_path: Path, make: Maker, status: int, words: str) -> None:
    def misbehave(handler: Handler) -> bool:
        return handler.path != "/" and refuse(handler, status, "no such luck")

    with (
        misbehaving(tmp_path / "storage", misbehave) as server,
        pytest.raises(PublishError, match=words) as caught,
    ):
        publish.publish(Storage(target_of(server)), make(1))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("error", [exceptions.Unauthorized("x"), RefreshError("expired")])
def test_credentials_that_are_refused_are_to_be_renewed(error: Exception) -> None:
    assert "credentials were refused" in storage.explain(error, Target("p", "b", None))


@pytest.mark.usefixtures("quick_retries")
def test_a_storage_that_does_not_answer_in_time_is_given_up(tmp_path: Path, make: Maker) -> None:
    def misbehave(handler: Handler) -> bool:
        if handler.path != "/":
            time.sleep(0.6)
        return False

    with (
        misbehaving(tmp_path / "storage", misbehave) as server,
        pytest.raises(PublishError, match="is unreachable"),
    ):
        publish.publish(Storage(target_of(server)), make(1))


@pytest.mark.usefixtures("quick_retries")
def test_a_storage_that_goes_away_is_out_of_reach(tmp_path: Path, make: Maker) -> None:
    with serving(tmp_path / "storage") as server:
        store = Storage(target_of(server))
    with pytest.raises(PublishError, match="is unreachable"):
        publish.publish(store, make(1))


def test_a_lost_answer_to_the_switch_is_no_defeat(tmp_path: Path, make: Maker, quick_retries: None) -> None:
    """The pointer is written, but the answer is lost and the client asks again: 412, by its own hand."""
    lost = iter([True])

    class Forgetful(Handler):
        def store(self, bucket: str, name: str, data: bytes, given: Any, wanted: Preconditions) -> None:
            if name == POINTER and next(lost, False):
                self.server.objects.put(bucket, name, data, given, wanted)
                raise HTTPError(HTTPStatus.SERVICE_UNAVAILABLE, "lost")
            super().store(bucket, name, data, given, wanted)

    with serving(tmp_path / "storage", handler=Forgetful) as server:
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
def test_an_object_that_is_stored_wrong_stops_the_publish(
    tmp_path: Path, make: Maker, damage: Callable[[bytes], bytes], which: int
) -> None:
    """Storage keeps other bytes than it was sent, with checksums that fit them: only reading back tells."""
    name = make(1).objects[which].name

    class Careless(Handler):
        def store(self, bucket: str, name_: str, data: bytes, given: Any, wanted: Preconditions) -> None:
            given = {key: value for key, value in given.items() if key not in ("md5Hash", "crc32c")}
            super().store(bucket, name_, damage(data) if name_ == name else data, given, wanted)

    with serving(tmp_path / "storage", handler=Careless) as server:
        store = Storage(target_of(server))
        publish.publish(store, make(0))
        with pytest.raises(PublishError, match=f"Storage returned {name} changed"):
            publish.publish(store, make(1))
        assert load(store.target.base_url) == make(0).id


# ---- a release that is damaged in Storage ------------------------------------------------------


def rot(server: FakeServer, name: str, change: Callable[[bytes], bytes]) -> None:
    """Change an object behind everybody's back, checksums and headers to match."""
    stored = server.objects.get(BUCKET, name)
    assert stored
    given = {key: stored.metadata[key] for key in ("contentType", "cacheControl", "metadata")}
    server.objects.put(BUCKET, name, change(stored.data), given, Preconditions())


@pytest.mark.parametrize("damage", [*DAMAGE.values(), None], ids=[*DAMAGE, "missing"])
@pytest.mark.parametrize("which", range(5))
def test_verify_finds_every_damage_and_publish_mends_it(
    tmp_path: Path, make: Maker, damage: Callable[[bytes], bytes] | None, which: int
) -> None:
    new = make(1)
    name = (*new.objects, new.pointer)[which].name
    with serving(tmp_path / "storage") as server:
        store = Storage(target_of(server))
        publish.publish(store, new)
        assert publish.fetch_current(store).id == new.id
        if damage:
            rot(server, name, damage)
        else:
            server.objects.delete(BUCKET, name, Preconditions())
        harmless = damage and name == POINTER and damage(new.pointer.data).strip() == new.pointer.data.strip()
        if not harmless:  # white space around the pointer's JSON says nothing else
            with pytest.raises(PublishError):
                publish.fetch_current(store)
        publish.publish(store, new)
        assert publish.fetch_current(store).id == new.id
        assert load(store.target.base_url) == new.id


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
        (lambda pointer: pointer.update(schema=2), "version 2 is newer"),
    ],
)
def test_verify_refuses_a_pointer_to_elsewhere(
    tmp_path: Path, make: Maker, change: Callable[[Any], object], words: str
) -> None:
    with serving(tmp_path / "storage") as server:
        store = Storage(target_of(server))
        publish.publish(store, make(1))

        def rewritten(data: bytes) -> bytes:
            pointer = json.loads(data)
            change(pointer)
            return json.dumps(pointer).encode()

        rot(server, POINTER, rewritten)
        with pytest.raises(PublishError, match=words):
            publish.fetch_current(store)


def test_verify_refuses_wrong_headers(tmp_path: Path, make: Maker) -> None:
    with serving(tmp_path / "storage") as server:
        store = Storage(target_of(server))
        publish.publish(store, make(1))
        item: Object = make(1).objects[0]
        metadata = {"contentType": "text/html", "cacheControl": item.cache_control}
        server.objects.put(BUCKET, item.name, item.data, metadata, Preconditions())
        with pytest.raises(PublishError, match="has wrong headers"):
            publish.fetch_current(store)


def test_a_release_that_is_pruned_while_it_is_published_is_not_switched_to(tmp_path: Path, make: Maker) -> None:
    with serving(tmp_path / "storage", handler=Interrupted) as server:
        store = Storage(target_of(server))
        for seed in (0, 1, 2, 3):
            publish.publish(store, make(seed))
        old = make(0)
        # All of it is there but its manifest; while that is written, somebody prunes.
        server.objects.delete(BUCKET, old.objects[-1].name, Preconditions())
        Interrupted.before[old.objects[-1].name] = lambda: publish.prune(Storage(store.target), 1)
        with pytest.raises(PublishError, match="were deleted during the upload"):
            publish.publish(store, old)
        assert load(store.target.base_url) == make(3).id
        publish.publish(store, old)
        assert load(store.target.base_url) == old.id
