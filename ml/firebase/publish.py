"""Release → Firebase Storage: upload, verify, switch the pointer, roll back.

The order is the whole trick: a release's files go up first under a name that stands for their
bytes, each is read back, and only then models/current.json is switched, guarded by its generation.
Whoever reads at any moment, also when the publisher dies, finds one complete release.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, nullcontext, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from ml.cli.options import whole
from ml.errors import PublishError
from ml.files import ROOT, sha256
from ml.firebase.emulators import FIREBASE, HOSTING_PORT, SITE, hosting_running, storage_running
from ml.firebase.storage import DEMO_PROJECT, LOCAL_STORAGE, ConflictError, Found, Storage, Target, choose_target
from ml.release.gate import objection
from ml.release.manifest import (
    BUNDLED,
    POINTER,
    Json,
    Object,
    Pointer,
    Release,
    assemble,
    folder,
    parse_manifest,
    parse_pointer,
    read_release,
    regression,
)
from ml.runs import LATEST

# ---- what is in Storage ------------------------------------------------------------------------


def read_pointer(store: Storage) -> tuple[Found | None, Pointer | None]:
    """models/current.json as found, and what it says; None where it is missing or unreadable."""
    found = store.read(POINTER)
    if not found:
        return None, None
    try:
        return found, parse_pointer(found.data)
    except PublishError:
        return found, None


def require_pointer(store: Storage) -> Pointer:
    """What models/current.json says.

    Raises:
        PublishError: There is none, or it is unreadable.
    """
    found = store.read(POINTER)
    if not found:
        raise PublishError(f"Nothing is published in {store.target} yet.")
    return parse_pointer(found.data)


def fetch_manifest(store: Storage, release: str) -> Json:
    """The manifest of a release, without its files."""
    found = store.read(f"{folder(release)}manifest.json")
    if not found:
        raise PublishError(f"There is no release {release} in {store.target}.")
    return parse_manifest(found.data)


def fetch_current(store: Storage) -> Release:
    """Load the current release from Storage as a reader does, and check every byte of it."""
    pointer = require_pointer(store)
    return fetch_release(store, pointer.release, pointer)


def fetch_release(store: Storage, release: str, expected: Pointer | None = None) -> Release:
    """Load a release from Storage as a reader does, and check every byte of it.

    Raises:
        PublishError: It is missing, damaged, or not the one that `expected` points to.
    """
    home = folder(release)
    manifest = store.read(f"{home}manifest.json")
    if not manifest:
        raise PublishError(f"There is no release {release} in {store.target}.")
    if expected and (len(manifest.data), sha256(manifest.data)) != (
        expected.manifest_bytes,
        expected.manifest_sha256,
    ):
        raise PublishError(f"{home}manifest.json is not the one that {POINTER} names.")
    found = {"manifest.json": manifest}

    def fetch(name: str, _: int) -> bytes | None:
        here = store.read(home + name)
        if here:
            found[name] = here
        return here.data if here else None

    whole = assemble(manifest.data, fetch)
    if whole.id != release:
        raise PublishError(f"{home} holds another release, {whole.id}.")
    for item in whole.objects:
        if not found[item.name.removeprefix(home)].holds(item):
            raise PublishError(f"{item.name} has the right bytes under wrong headers: publish the release again.")
    return whole


# ---- publish, roll back, prune -----------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """What a publish did, or would do."""

    release: str
    uploaded: list[str]
    unchanged: list[str]
    switched: bool
    previous: str | None


def publish(
    store: Storage, release: Release, *, accept_worse: bool = False, below_gate: bool = False, dry_run: bool = False
) -> Outcome:
    """Upload a release and make it the current one; what is there already stays untouched.

    Args:
        store: Where to.
        release: The release, as `read_release` found it whole.
        accept_worse: Publish to a real project even though the running release is better.
        below_gate: Publish to a real project even though it falls short of its gate.
        dry_run: Only tell what would be done.

    Raises:
        PublishError: It was not published; the release that ran before still runs, whole.
    """
    store.names(folder(release.id))  # says at once when there is no bucket or no permission
    before, pointer = read_pointer(store)
    _gate(store, release, pointer, accept_worse=accept_worse, below_gate=below_gate)
    uploaded: list[str] = []
    unchanged: list[str] = []
    with tqdm(total=release.bytes, unit="B", unit_scale=True, desc=release.id, disable=None) as progress:
        for item in release.objects:
            new = _settle(store, item, dry_run=dry_run)
            (uploaded if new else unchanged).append(item.name)
            progress.update(len(item.data))
    switched = not (before and before.holds(release.pointer))
    if switched and not dry_run:
        # Somebody may have pruned meanwhile what this publisher found there at first.
        if not {item.name for item in release.objects} <= {blob.name for blob in store.names(folder(release.id))}:
            raise PublishError(f"Objects of release {release.id} were deleted meanwhile: publish again.")
        _switch(store, release, before, pointer)
    return Outcome(release.id, uploaded, unchanged, switched, pointer.release if pointer else None)


def _gate(store: Storage, release: Release, now: Pointer | None, *, accept_worse: bool, below_gate: bool) -> None:
    """Keep from the public what is not fit for it; locally, say so."""
    current: Json | None = None
    if now:
        with suppress(PublishError):  # a damaged release is no reason to keep it running
            current = fetch_manifest(store, now.release)
    worse = None if accept_worse else regression(release.manifest, current)
    for reason in (
        objection(release, below_gate=below_gate),
        worse and f"{worse} (--accept-worse publishes it all the same)",
    ):
        if reason and not store.target.emulator:
            raise PublishError(f"Release {release.id} is not for {store.target}: {reason}.")
        if reason:
            tqdm.write(f"Release {release.id} would not go to a real project: {reason}.", file=sys.stderr)


def _settle(store: Storage, item: Object, *, dry_run: bool) -> bool:
    """See to it that Storage holds `item`; returns whether it had to be written."""
    found = store.read(item.name)
    if found and found.holds(item):
        return False
    if dry_run:
        return True
    # A conflict is somebody who publishes the same release right now: what counts is what lies there.
    with suppress(ConflictError):
        store.write(item, over=found)
    back = store.read(item.name)
    if not back or not back.holds(item):
        raise PublishError(f"{item.name} came back from Storage changed, so nothing was switched; publish again.")
    return True


def _switch(store: Storage, release: Release, before: Found | None, running: Pointer | None) -> None:
    """Make `release` the current one if nobody moved the pointer since `before` was read."""
    previous = running.release if running else None
    if before and previous in (None, release.id):
        previous = before.metadata.get("previous")
    try:
        written = store.write(release.pointer, before, **({"previous": previous} if previous else {}))
    except ConflictError:
        now, other = read_pointer(store)
        if now and now.data == release.pointer.data:
            return  # our own write, whose answer was lost, or another publisher of the same release
        raise PublishError(
            f"Another publisher switched to {other.release if other else 'something else'} in the meantime, and "
            "nothing of it was overwritten: look at it, and publish again if yours should follow."
        ) from None
    back = store.read(POINTER)
    if not back or (back.generation == written and not back.holds(release.pointer)):
        raise PublishError(f"{POINTER} came back from Storage changed: publish again.")


def rollback(store: Storage, release: str | None = None, *, dry_run: bool = False) -> tuple[str, str | None]:
    """Switch back to a release that Storage still holds whole.

    Args:
        store: Where.
        release: Its id; None: the one that ran before the current one.
        dry_run: Only check that it could be done.

    Returns:
        The release that runs now, and the one that ran before.

    Raises:
        PublishError: There is none, it is damaged, or somebody else switched at the same time.
    """
    before, running = read_pointer(store)
    if not before:
        raise PublishError(f"Nothing is published in {store.target} yet.")
    wanted = release or before.metadata.get("previous")
    if not wanted:
        raise PublishError("No release ran before this one: name one that `release list` shows.")
    target = fetch_release(store, wanted)
    if not before.holds(target.pointer) and not dry_run:
        _switch(store, target, before, running)
    return target.id, running.release if running else None


@dataclass(frozen=True)
class Entry:
    """A release in Storage, as `release list` shows it."""

    release: str
    uploaded: str  # when, ISO 8601
    bytes: int
    current: bool
    previous: bool  # the one that `rollback` goes to
    manifest: Json | None  # None: it is damaged or not all there yet


def entries(store: Storage) -> list[Entry]:
    """Every release in Storage, the newest upload first."""
    before, running = read_pointer(store)
    previous = before.metadata.get("previous") if before else None
    found: dict[str, list[Any]] = {}
    for blob in store.names("models/"):
        if blob.name.count("/") == 2:
            found.setdefault(blob.name.split("/")[1], []).append(blob)
    result = []
    # By generation, which Storage counts in microseconds, however far the clocks of publishers are apart.
    newest = sorted(found.items(), key=lambda item: max(blob.generation for blob in item[1]), reverse=True)
    for release, blobs in newest:
        stored = store.read(f"{folder(release)}manifest.json")
        try:
            manifest = parse_manifest(stored.data) if stored else None
        except PublishError:
            manifest = None
        result.append(
            Entry(
                release,
                max(blob.updated for blob in blobs).isoformat(timespec="seconds"),
                sum(blob.size for blob in blobs),
                bool(running and running.release == release),
                previous == release,
                manifest,
            )
        )
    return result


def prune(store: Storage, keep: int, *, dry_run: bool = False) -> list[str]:
    """Delete all releases but the `keep` newest, the current one and the one before it.

    Returns:
        The ids of the deleted ones.

    Raises:
        PublishError: The pointer is missing or unreadable, so that nothing may be called old.
    """
    require_pointer(store)
    old = [entry.release for entry in entries(store)[keep:] if not entry.current and not entry.previous]
    for release in [] if dry_run else old:
        if require_pointer(store).release == release:
            raise PublishError(f"Somebody switched to {release} just now, so pruning stopped.")
        # The manifest goes first: what is left of a release that was half deleted is not one.
        blobs = store.names(folder(release))
        for blob in sorted(blobs, key=lambda blob: not blob.name.endswith("/manifest.json")):
            store.delete(blob.name, blob.generation)
    return old


# ---- the commands ------------------------------------------------------------------------------------------


def register(subparsers: Any) -> None:
    """Add `deploy`, `release`, `serve` and `doctor` to a command line; their `func` returns the exit code."""
    deploy = subparsers.add_parser(
        "deploy", help="publish a release to Firebase Storage, and the site when the project is a real one"
    )
    _common(deploy)
    deploy.add_argument("--release", type=Path, default=ROOT / LATEST / "release", metavar="DIR")
    deploy.add_argument(
        "--site-config",
        type=Path,
        metavar="FILE",
        help="where to write the site's config.json (default: into frontend/out if the site is built)",
    )
    deploy.add_argument("--accept-worse", action="store_true", help="even if the running release is better")
    deploy.add_argument("--below-gate", action="store_true", help="even if it falls short of its gate")
    deploy.add_argument("--no-hosting", action="store_true", help="leave the site and the rules as they are")
    deploy.add_argument("--dry-run", action="store_true", help="tell what would be done, and do nothing")
    deploy.set_defaults(func=_command(_deploy))

    release = subparsers.add_parser("release", help="the releases in Firebase Storage")
    commands = release.add_subparsers(dest="command", required=True)

    def add(name: str, run: Callable[[argparse.Namespace, Target], int], words: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = commands.add_parser(name, help=words, description=words)
        _common(parser)
        parser.set_defaults(func=_command(run))
        return parser

    add("list", _list, "list all releases, the newest first")
    add("show", _show, "show a release's manifest").add_argument("id", nargs="?", help="default: the current one")
    add("verify", _verify, "load a release as a visitor does and check every byte").add_argument(
        "id", nargs="?", help="default: the current one"
    )
    back = add("rollback", _rollback, "make an older release the current one again")
    back.add_argument("id", nargs="?", help="default: the one that ran before the current one")
    back.add_argument("--dry-run", action="store_true", help="check that it could be done, and do nothing")
    prune = add("prune", _prune, "delete old releases, never the current one nor the one before it")
    prune.add_argument("--keep", type=whole(1), required=True, metavar="N", help="how many of the newest stay")
    prune.add_argument("--dry-run", action="store_true", help="tell what would be deleted, and delete nothing")

    serve = subparsers.add_parser("serve", help="serve the built site, and Storage with what was deployed, locally")
    serve.add_argument("--bundled", action="store_true", help="without Storage: the release that the site brings")
    serve.add_argument("--port", type=whole(1, 65535), default=HOSTING_PORT, help="of the site (default: %(default)s)")
    serve.set_defaults(func=_serve)

    words = "compare two releases' metrics, as a table in Markdown"
    compare = commands.add_parser("compare", help=words, description=words)
    compare.add_argument("--release", type=Path, default=ROOT / LATEST / "release", metavar="DIR", help="the new one")
    compare.add_argument(
        "--with", dest="other", type=Path, default=ROOT / BUNDLED, metavar="DIR", help="the one before"
    )
    compare.set_defaults(func=_compare)

    doctor = subparsers.add_parser("doctor", help="check a deployment, and say how to mend what is wrong")
    _common(doctor)
    doctor.add_argument("--site", metavar="URL", help="the site (default: PROJECT.web.app, or the local one)")
    doctor.set_defaults(func=_command(_doctor))


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--project",
        help=f"Firebase project (default: FIREBASE_PROJECT, or else {DEMO_PROJECT}, the local one)",
    )
    parser.add_argument("--bucket", help="Storage bucket (default: PROJECT.firebasestorage.app)")
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def _command(run: Callable[[argparse.Namespace, Target], int]) -> Callable[[argparse.Namespace], int]:
    """Choose the target first; where that is the demo project, see that its Storage runs."""

    def func(options: argparse.Namespace) -> int:
        target = choose_target(options.project, options.bucket, os.environ)
        with storage_running(target) if target.emulator == LOCAL_STORAGE else nullcontext():
            return run(options, target)

    return func


def _say(options: argparse.Namespace, value: Json | list[Json], *lines: str) -> None:
    if options.json:
        print(json.dumps(value, indent=2))
    else:
        print("\n".join(lines))


def _deploy(options: argparse.Namespace, target: Target) -> int:
    release = read_release(options.release)
    with_site = not target.emulator and not options.no_hosting
    if with_site and not (SITE / "index.html").is_file():
        raise PublishError("The site is not built: run `nox -s site`, or publish the model alone by --no-hosting.")
    config = options.site_config or (SITE / "config.json" if SITE.is_dir() else None)
    if config and (config.is_dir() or not os.access(config.parent, os.W_OK)):
        raise PublishError(
            f"{config} cannot be written, so nothing was published: by --site-config, name a file in a folder that is "
            "there and that you may write to."
        )
    store = Storage(target)
    done = publish(
        store,
        release,
        accept_worse=options.accept_worse,
        below_gate=options.below_gate,
        dry_run=options.dry_run,
    )
    would = "would be " if options.dry_run else ""
    lines = [
        f"Release {release.id} in {target}: {len(done.uploaded)} objects {would}uploaded and read back, "
        f"{len(done.unchanged)} were there already.",
        f"{POINTER} {would}switched from {done.previous or 'nothing'} to {release.id}."
        if done.switched
        else f"{POINTER} pointed to it already.",
    ]
    if config and not options.dry_run:
        write_site_config(config, target.base_url)
        lines.append(f"{config} tells the site to read {target.base_url}.")
    _say(options, asdict(done) | {"storage": target.base_url}, *lines)
    if with_site:
        deploy_site(target.project, dry_run=options.dry_run)
    return 0


def write_site_config(path: Path, storage: str | None) -> None:
    """Write the site's run-time configuration, whole or not at all.

    Args:
        path: The site's config.json.
        storage: Below which URL the site reads objects; None: it runs its bundled release.
    """
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:
        json.dump({"storage": storage}, file)
    Path(file.name).chmod(0o644)
    Path(file.name).replace(path)


def deploy_site(project: str, *, dry_run: bool = False) -> None:
    """Deploy the built site and the Storage rules by firebase-tools.

    Raises:
        PublishError: firebase-tools failed, and the site that was there still is.
    """
    command = [str(FIREBASE), "deploy", "--only", "hosting,storage", "--project", project, "--non-interactive"]
    if dry_run:
        command.append("--dry-run")
    if subprocess.run(command, cwd=ROOT, check=False).returncode:
        raise PublishError("firebase deploy failed, as it says above; the model is published all the same.")


def _list(options: argparse.Namespace, target: Target) -> int:
    found = entries(Storage(target))
    if not found:
        _say(options, [], f"There is no release in {target} yet.")
        return 0
    lines = [f"{'release':16}  {'uploaded':25}  {'bytes':>10}  {'accuracy':>8}  experiment"]
    for entry in found:
        accuracy = f"{entry.manifest['metrics']['accuracy']:.2%}" if entry.manifest else "?"
        name = entry.manifest["experiment"]["name"] if entry.manifest else "incomplete or damaged"
        role = "  ← current" if entry.current else "  ← rollback goes here" if entry.previous else ""
        lines.append(f"{entry.release:16}  {entry.uploaded:25}  {entry.bytes:>10,}  {accuracy:>8}  {name}{role}")
    _say(options, [asdict(entry) for entry in found], *lines)
    return 0


def _show(options: argparse.Namespace, target: Target) -> int:
    store = Storage(target)
    manifest = fetch_manifest(store, options.id or require_pointer(store).release)
    source, experiment, dataset = manifest["source"], manifest["experiment"], manifest["dataset"]
    lines = [
        f"release     {manifest['release']}, made {manifest['created']}",
        f"source      {source['commit'] or 'outside a checkout'}{', changed since' if source['dirty'] else ''}",
        f"experiment  {experiment['name']}, seed {experiment['seed']}, {experiment['parameters']:,} parameters",
        f"dataset     {dataset['name']}, {dataset['train']:,} to train, {dataset['test']:,} to test",
        *(f"metric      {name}: {value:.4f}" for name, value in manifest["metrics"].items()),
        *(f"file        {file['path']}, {file['bytes']:,} bytes" for file in manifest["files"]),
    ]
    _say(options, manifest, *lines)
    return 0


def _verify(options: argparse.Namespace, target: Target) -> int:
    store = Storage(target)
    release = fetch_release(store, options.id) if options.id else fetch_current(store)
    _say(
        options,
        {"release": release.id, "objects": len(release.objects), "bytes": release.bytes, "whole": True},
        f"Release {release.id} in {target} is whole: {len(release.objects)} objects, {release.bytes:,} bytes.",
    )
    return 0


def _rollback(options: argparse.Namespace, target: Target) -> int:
    now, before = rollback(Storage(target), options.id, dry_run=options.dry_run)
    verb = "would switch" if options.dry_run else "switched"
    words = f"{POINTER} {verb} from {before or 'something unreadable'} to {now}, which is whole."
    _say(options, {"release": now, "previous": before}, words if now != before else f"{now} runs already.")
    return 0


def _prune(options: argparse.Namespace, target: Target) -> int:
    gone = prune(Storage(target), options.keep, dry_run=options.dry_run)
    verb = "Would delete" if options.dry_run else "Deleted"
    _say(options, {"deleted": gone}, f"{verb} {', '.join(gone) or 'nothing'}.")
    return 0


def _compare(options: argparse.Namespace) -> int:
    new, old = (read_release(path).manifest for path in (options.release, options.other))
    print(f"| | {new['release']} | {old['release']} | change |\n|---|---:|---:|---:|")
    print(f"| experiment | {new['experiment']['name']} | {old['experiment']['name']} | |")
    print(f"| dataset | {new['dataset']['name']} | {old['dataset']['name']} | |")
    for name in sorted({**old["metrics"], **new["metrics"]}):
        after, before = new["metrics"].get(name), old["metrics"].get(name)
        cells = ["" if value is None else f"{value:.4f}" for value in (after, before)]
        change = "" if after is None or before is None else f"{after - before:+.4f}"
        print(f"| {name} | {cells[0]} | {cells[1]} | {change} |")
    return 0


def _doctor(options: argparse.Namespace, target: Target) -> int:
    from ml.firebase.doctor import examine  # noqa: PLC0415  it stands on this module

    local = f"http://127.0.0.1:{HOSTING_PORT}"
    site = options.site or (local if target.emulator else f"https://{target.project}.web.app")
    findings = examine(target, site.rstrip("/"))
    lines = []
    for finding in findings:
        lines.append(f"{'ok ' if finding.well else 'BAD'}  {finding.what}: {finding.seen}")
        if finding.mend:
            lines.append(f"     {finding.mend}")
    _say(options, [asdict(finding) for finding in findings], *lines)
    return 0 if all(finding.well for finding in findings) else 1


def _serve(options: argparse.Namespace) -> int:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    try:
        with ExitStack() as stack:
            storage = None
            if not options.bundled:
                target = choose_target(DEMO_PROJECT, None, {})
                stack.enter_context(storage_running(target))
                seed(Storage(target))
                storage = target.base_url
            url = stack.enter_context(hosting_running(port=options.port))
            write_site_config(SITE / "config.json", storage)
            print(f"The site: {url}\nCtrl-C stops it.", flush=True)
            while True:
                time.sleep(3600)
    except KeyboardInterrupt:
        print("\nStopped. What is published stays in .local.")
    return 0


def seed(store: Storage) -> None:
    """Publish the newest run's release, or the bundled one, if nothing is published yet."""
    if read_pointer(store)[0]:
        return
    for path in (ROOT / LATEST / "release", ROOT / BUNDLED):
        if (path / "manifest.json").is_file():
            release = publish(store, read_release(path)).release
            print(f"Published {release} from {path}, so that there is something to see.")
            return
