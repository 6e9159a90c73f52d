"""Random interleavings of publish, rollback, prune and readers, with kills, request by request.

Each actor is a thread with the real client. It stops before each of its requests until the scheduler, whose choices
depend on a seed, lets it continue. After each request, the current release must be complete.

`INTERLEAVINGS=1000 pytest -s -m slow tests/firebase/test_interleavings.py` tries the given number of seeds.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec

from ml.errors import PublishError
from ml.firebase import prune, publish
from ml.firebase.fake.server import FakeServer, serving
from ml.firebase.storage import Storage
from ml.firebase.target import Target
from ml.release.pointer import POINTER, SignedPointer, parse_pointer
from ml.release.signing import LocalSigner
from ml.release.signing_policy import Signing
from ml.release.verify import Release, read_release
from tests.releases import load, make_release

BUCKET = "demo-digits.firebasestorage.app"
KEYS = [LocalSigner(ec.derive_private_key(number, ec.SECP256R1())) for number in (1, 2)]
UNSIGNED = Signing()
SIGNINGS = [UNSIGNED, Signing(KEYS[0], (KEYS[1].public_key,))]
PUBLISHED = range(4)  # seeds of the releases that are published at the start; the last one is current
NEW = range(4, 6)
GATE = (0, 1, 2, 23, 40, 41)  # seeds; without rewriting objects before a switch, the last four find a dead pointer
MOST_REQUESTS = 40  # of one actor; a kill comes before

_actor = threading.local()
_send = requests.Session.send


class Killed(BaseException):
    """The actor's process ended."""


class Actor:
    """A command in a thread, which stops before each of its requests."""

    def __init__(self, name: str, command: Callable[[], object], kill_at: int | None, *, kill_after: bool) -> None:
        self.name = name
        self.done = False
        self.outcome = ""
        self.unexpected: BaseException | None = None
        self._requests = 0
        self._kill_at, self._kill_after = kill_at, kill_after
        self._may_go, self._stopped = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, args=(command,), daemon=True)
        self._thread.start()
        self._stopped.acquire()

    def _run(self, command: Callable[[], object]) -> None:
        _actor.value = self
        try:
            command()
            self.outcome = "done"
        except PublishError:
            self.outcome = "failed"
        except Killed:
            self.outcome = "killed"
        except BaseException as error:
            self.outcome, self.unexpected = "unexpected", error
        self.done = True
        self._stopped.release()

    def step(self) -> None:
        """Let the actor send one request and run until its next request or its end."""
        self._may_go.release()
        self._stopped.acquire()

    def send(self, *arguments: Any, **options: Any) -> requests.Response:
        self._stopped.release()
        self._may_go.acquire()
        self._requests += 1
        dies = self._kill_at is not None and self._requests >= self._kill_at
        if dies and not self._kill_after:
            raise Killed
        response = _send(*arguments, **options)
        if dies:
            raise Killed
        return response


def send_in_turn(*arguments: Any, **options: Any) -> requests.Response:
    actor: Actor | None = getattr(_actor, "value", None)
    return (actor.send if actor else _send)(*arguments, **options)


@dataclass(frozen=True)
class World:
    """The start of every interleaving."""

    releases: list[Release]
    folders: list[Path]  # of the server's objects, for each of `SIGNINGS`


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("world")
    releases = [read_release(make_release(folder / f"release-{seed}", seed)) for seed in (*PUBLISHED, *NEW)]
    folders = []
    for number, signing in enumerate(SIGNINGS):
        folders.append(folder / f"objects-{number}")
        with serving(folders[-1]) as server:
            for seed in PUBLISHED:
                publish.publish(storage_of(server), releases[seed], signing)
    return World(releases, folders)


def storage_of(server: FakeServer) -> Storage:
    return Storage(Target("demo-digits", BUCKET, server.url))


def problem_of_current(server: FakeServer, signing: Signing) -> str | None:
    """Return what is wrong with the current release, or None if it is complete."""
    stored = server.objects.get(BUCKET, POINTER)
    if stored is None:
        return "no pointer"
    pointer = parse_pointer(stored.data)
    if not signing.accepts(pointer):
        return "the signature is not valid"
    manifest = server.objects.get(BUCKET, pointer.manifest.path)
    if manifest is None or hashlib.sha256(manifest.data).hexdigest() != pointer.manifest.sha256:
        return f"dead pointer: {pointer.manifest.path}"
    for file in json.loads(manifest.data)["files"]:
        name = f"models/{pointer.release}/{file['path']}"
        found = server.objects.get(BUCKET, name)
        if found is None or hashlib.sha256(found.data).hexdigest() != file["sha256"]:
            return f"dead pointer: {name}"
    return None


def version_of(server: FakeServer) -> int:
    stored = server.objects.get(BUCKET, POINTER)
    pointer = parse_pointer(stored.data) if stored else None
    return pointer.version if isinstance(pointer, SignedPointer) else 0


def commands(world: World, server: FakeServer, signing: Signing, random_: random.Random) -> list[tuple[str, Any]]:
    """Return a prune, a switch to a release that it may delete, and up to two others, in random order."""

    def publishing(release: Release) -> tuple[str, Any]:
        storage = storage_of(server)
        return "publish", lambda: publish.publish(storage, release, signing)

    def rolling_back(release: str | None) -> tuple[str, Any]:
        storage = storage_of(server)
        return "rollback", lambda: publish.rollback(storage, release, signing)

    def pruning() -> tuple[str, Any]:
        storage, keep = storage_of(server), random_.randint(1, 2)
        return "prune", lambda: prune.prune(storage, keep)

    old = world.releases[random_.choice([0, 1])]
    chosen = [pruning(), random_.choice([publishing(old), rolling_back(old.id)])]
    for _ in range(random_.randint(0, 2)):
        others = [publishing(random_.choice(world.releases)), rolling_back(None), rolling_back(old.id), pruning()]
        chosen.append(random_.choice(others))
    random_.shuffle(chosen)
    return chosen


def interleave(world: World, folder: Path, seed: int, outcomes: Counter[str]) -> None:
    """Run one interleaving.

    Raises:
        AssertionError: The current release was not complete at some moment, a reader loaded a mixture, or a command
            failed in an unexpected way.
    """
    random_ = random.Random(seed)
    mode = seed % len(SIGNINGS)
    signing = SIGNINGS[mode]
    shutil.copytree(world.folders[mode], folder)
    with serving(folder) as server:
        url = storage_of(server).target.base_url

        def read() -> None:
            """Load the current release while it may be replaced and pruned. Files may vanish, but must not differ."""
            try:
                load(url)
                outcomes["reader: complete"] += 1
            except AssertionError as error:
                if "404" not in str(error):
                    raise
                outcomes["reader: pruned while loading"] += 1

        actors = [
            Actor(
                name,
                command,
                random_.randint(1, MOST_REQUESTS) if random_.random() < 0.4 else None,
                kill_after=random_.random() < 0.5,
            )
            for name, command in commands(world, server, signing, random_)
        ]
        actors.append(Actor("reader", read, None, kill_after=False))
        running = [actor for actor in actors if not actor.done]
        version = version_of(server)
        while running:
            actor = random_.choice(running)
            for _ in range(random_.choice([1, 1, 1, 2, 5, 20])):  # some actors are much faster than others
                if actor.done:
                    break
                actor.step()
                outcomes["requests"] += 1
                problem = problem_of_current(server, signing)
                assert problem is None, f"seed {seed}: {problem}"
                assert version_of(server) >= version, f"seed {seed}: the version is lower"
                version = version_of(server)
            running = [actor for actor in running if not actor.done]
        for actor in actors:
            outcomes[f"{actor.name}: {actor.outcome}"] += 1
            if actor.unexpected:
                raise AssertionError(f"seed {seed}: {actor.name}: {actor.unexpected!r}") from actor.unexpected
        # Whatever happened, the next publisher succeeds.
        publish.publish(storage_of(server), world.releases[NEW[0]], signing)
        assert load(url) == world.releases[NEW[0]].id


def run(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seeds: Iterable[int]) -> Counter[str]:
    monkeypatch.setattr(requests.Session, "send", send_in_turn)
    outcomes: Counter[str] = Counter()
    for seed in seeds:
        interleave(world, tmp_path / str(seed), seed, outcomes)
        shutil.rmtree(tmp_path / str(seed))
    return outcomes


def test_current_release_is_complete_in_every_interleaving(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes = run(world, tmp_path, monkeypatch, GATE)
    assert outcomes["requests"] > len(GATE) * 20


@pytest.mark.slow
def test_current_release_is_complete_in_many_interleavings(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, count = int(os.environ.get("FIRST_SEED", "0")), int(os.environ.get("INTERLEAVINGS", "1000"))
    outcomes = run(world, tmp_path, monkeypatch, range(first, first + count))
    print(f"\n{count} interleavings, no dead pointer, no mixture:")
    for name, number in sorted(outcomes.items()):
        print(f"  {name}: {number}")
    assert outcomes["prune: done"]
    assert outcomes["publish: killed"]
