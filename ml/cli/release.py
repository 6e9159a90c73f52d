"""The commands `deploy` and `release …`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from ml.cli.options import Commands, add_target, int_range, new_file
from ml.cli.output import print_next, print_result
from ml.cli.signing import (
    KEY,
    PASSPHRASE,
    add_signing,
    load_pinned_signing,
    load_signing,
    new_passphrase,
    write_new_key,
)
from ml.cli.target import with_storage, with_target
from ml.errors import PublishError
from ml.evaluation.headline import percent
from ml.files import ROOT, write_bytes
from ml.firebase.config import site_url
from ml.firebase.site import (
    SITE,
    check_no_pinned_key,
    deploy_site,
    is_built,
    pinned_keys,
    read_site_config,
    write_site_config,
)
from ml.firebase.target import Target
from ml.release.manifest import release_prefix
from ml.release.pointer import POINTER, SignedPointer
from ml.release.pointer_check import check_signature
from ml.release.signing import public_pem
from ml.release.verify import BUNDLED, read_release
from ml.runs import LATEST, RELEASE_FOLDER, relative_to_cwd

if TYPE_CHECKING:
    from ml.firebase.storage import Storage
    from ml.release.signing import PublicKey

ML = f"{relative_to_cwd(Path(sys.executable))} -m ml"
"""How to run a command of this program."""


def register(commands: Commands) -> None:
    """Add the commands to the subparsers `commands`."""
    deploy = commands.add_parser(
        "deploy", help="publish a release to Firebase Storage and, in a real project, deploy the site"
    )
    add_target(deploy)
    deploy.add_argument("--release", type=Path, default=LATEST / RELEASE_FOLDER, metavar="DIR")
    deploy.add_argument(
        "--site-config",
        type=Path,
        metavar="FILE",
        help="path of the site's config.json (default: in frontend/out if the site is built)",
    )
    deploy.add_argument(
        "--accept-worse", action="store_true", help="publish even if the current release is more accurate"
    )
    deploy.add_argument("--below-gate", action="store_true", help="publish even if the release fails its gate")
    deploy.add_argument("--no-hosting", action="store_true", help="do not deploy the site and the rules")
    deploy.add_argument("--dry-run", action="store_true", help="print the changes without making them")
    add_signing(deploy)
    deploy.add_argument(
        "--unsigned", action="store_true", help="do not sign, and remove the keys from a site that pins some"
    )
    deploy.set_defaults(func=with_target(_deploy))

    subcommands = commands.add_parser("release", help="manage the releases in Firebase Storage").add_subparsers(
        dest="subcommand", required=True
    )

    def add(name: str, run: Callable[[argparse.Namespace, Storage], None], help_: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = subcommands.add_parser(name, help=help_, description=help_)
        add_target(parser)
        parser.set_defaults(func=with_storage(run))
        return parser

    add("list", _list, "list all releases, newest first")
    for name, run, help_ in (
        ("show", _show, "show the manifest of a release"),
        ("verify", _verify, "load a release as the site does, and verify every byte and the signature"),
    ):
        parser = add(name, run, help_)
        parser.add_argument("id", nargs="?", help="(default: the current release)")
    parser.add_argument(
        "--site-config",
        metavar="FILE|URL",
        help="config.json with the pinned keys (default: in frontend/out)",
    )
    back = add("rollback", _rollback, "make an older release the current one again")
    back.add_argument("id", nargs="?", help="(default: the release before the current one)")
    back.add_argument("--dry-run", action="store_true", help="check that it is possible without changing anything")
    again = add("renew", _renew, "sign the current release again, with a new version, time and expiry")
    again.add_argument("id", nargs="?", help="fail unless this is the current release")
    for parser in (back, again):
        add_signing(parser)
        parser.add_argument(
            "--site-config",
            metavar="FILE|URL",
            help="config.json of the site that pins the key (default: of the live site; locally, in frontend/out)",
        )
    old = add("prune", _prune, "delete old releases, except the current one and the one before it")
    old.add_argument("--keep", type=int_range(1), required=True, metavar="N", help="how many of the newest to keep")
    old.add_argument("--dry-run", action="store_true", help="print the releases without deleting them")

    signed = add("attach", _attach, "keep a model signature and provenance next to a release")
    signed.add_argument("id")
    signed.add_argument("files", nargs="+", type=Path, metavar="FILE", help="model.sig, provenance.json; not checked")

    help_ = "make a private key that signs releases"
    keygen = subcommands.add_parser("keygen", help=help_, description=help_)
    keygen.add_argument("file", type=new_file, help="new file outside this checkout; FILE.pub gets the public key")
    keygen.add_argument("--passphrase", action="store_true", help=f"encrypt the key (asked for, or {PASSPHRASE})")
    keygen.set_defaults(func=_keygen)

    help_ = "compare the metrics of two releases in a Markdown table"
    compare = subcommands.add_parser("compare", help=help_, description=help_)
    compare.add_argument(
        "--release", type=Path, default=LATEST / RELEASE_FOLDER, metavar="DIR", help="new release (default: latest)"
    )
    compare.add_argument(
        "--with", dest="other", type=Path, default=BUNDLED, metavar="DIR", help="old release (default: bundled)"
    )
    compare.set_defaults(func=_compare)


def _deploy(options: argparse.Namespace, target: Target) -> None:
    from ml.firebase import publish, stored
    from ml.firebase.storage import Storage

    release = read_release(options.release)
    with_site = not target.emulator and not options.no_hosting
    if with_site and not is_built(SITE):
        raise PublishError("The site is not built. Run `nox -s site`, or publish only the model with --no-hosting.")
    config = options.site_config or (SITE / "config.json" if SITE.is_dir() else None)
    if config and (config.is_dir() or not os.access(config.parent, os.W_OK)):
        raise PublishError(
            f"{config} cannot be written, so nothing was published. Use --site-config to name a file in an existing, "
            "writable folder."
        )
    signing = load_signing(options, target)
    if not signing.signer:
        checked = ""
        if not target.emulator and not options.unsigned:
            checked = " " + check_no_pinned_key(config, f"{site_url(target.project)}/config.json", target.base_url)
        print(
            "Warning: the release is not signed: anyone who can write to the bucket decides what visitors run. Make a "
            f"key with `release keygen FILE`, and name it with --key or {KEY}.{checked}",
            file=sys.stderr,
        )
    pinned: tuple[PublicKey, ...] = ()
    with suppress(PublishError):  # only for the report
        pinned = pinned_keys(target, config or SITE / "config.json")
    outcome = publish.publish(
        Storage(target),
        release,
        signing,
        accept_worse=options.accept_worse,
        below_gate=options.below_gate,
        dry_run=options.dry_run,
    )
    would = "would be " if options.dry_run else ""
    signer = signing.signer.public_key if signing.signer else None
    signed = f", signed by {signer.id}" if signer else ", not signed"
    lines = [
        f"Release {release.id} in {target}: {len(outcome.uploaded)} objects {would}uploaded and verified, "
        f"{len(outcome.unchanged)} unchanged.",
        f"{POINTER} is unchanged."
        if not outcome.switched
        else f"{POINTER} {would}switched from {outcome.previous or 'nothing'} to {release.id}{signed}."
        if outcome.previous != release.id
        else f"{POINTER} {would}written again for the same release{signed}.",
    ]
    if config:
        if not options.dry_run:
            pointer = stored.read_pointer(Storage(target)).pointer
            version = None
            if isinstance(pointer, SignedPointer) and pointer.signer(signing.keys):
                version = pointer.version
            write_site_config(config, target.base_url, signing.keys, version)
        verb = "would name" if options.dry_run else "now names"
        pins = ", ".join(key.id for key in signing.keys) or "no key"
        lines.append(f"{config} {verb} {target.base_url} and {'pin' if options.dry_run else 'pins'} {pins}.")
    removed = [key.id for key in pinned if key not in signing.keys]
    if removed:
        lines.append(f"No longer pinned: {', '.join(removed)}.")
    if pinned and signer not in pinned:
        lines.append("Open pages refuse this release until they are reloaded from the newly deployed site.")
    value = {"storage": target.base_url, "signed_by": signer.id if signer else None, "no_longer_pinned": removed}
    print_result(options, asdict(outcome) | value, *lines)
    if with_site:
        deploy_site(target.project, dry_run=options.dry_run)
    if not options.dry_run:
        print_next("Next: nox -s emulators" if target.emulator else f"Next: {ML} doctor --project {target.project}")


def _list(options: argparse.Namespace, storage: Storage) -> None:
    from ml.firebase import stored

    keys: tuple[PublicKey, ...] = ()
    try:
        keys = pinned_keys(storage.target, SITE / "config.json")
    except PublishError as error:
        print(f"Warning: no signature is verified, because the site's keys are unknown: {error}", file=sys.stderr)
    releases = stored.list_releases(storage, keys)
    if not releases:
        print_result(options, [], f"There is no release in {storage.target}.")
        return
    if not any(release.current for release in releases):
        print(
            f"Warning: no release is current: {POINTER} is missing or damaged, or names a missing release. `deploy` "
            "repairs it.",
            file=sys.stderr,
        )
    lines = [f"{'release':16}  {'uploaded':25}  {'bytes':>10}  {'accuracy':>8}  {'signed by':16}  experiment"]
    for release in releases:
        signature = release.signature
        signer = "-" if not signature else signature.signer if signature.verified else "not verified"
        accuracy = percent(release.manifest.metrics.accuracy) if release.manifest else "?"
        name = release.manifest.experiment.name if release.manifest else "incomplete or damaged"
        role = "  ← current" if release.current else "  ← rollback target" if release.previous else ""
        if release.current and signature and signature.expires:
            role += f", expires {signature.expires}"
        lines.append(
            f"{release.release:16}  {release.uploaded:25}  {release.bytes:>10,}  {accuracy:>8}  {signer:16}  "
            f"{name}{role}"
        )
    manifests = [release.manifest.to_json() if release.manifest else None for release in releases]
    entries = [{**asdict(release), "manifest": manifest} for release, manifest in zip(releases, manifests, strict=True)]
    print_result(options, entries, *lines)


def _show(options: argparse.Namespace, storage: Storage) -> None:
    from ml.firebase import stored

    manifest = stored.fetch_manifest(storage, options.id or stored.require_pointer(storage)[1].release)
    source, experiment, dataset = manifest.source, manifest.experiment, manifest.dataset
    print_result(
        options,
        manifest.to_json(),
        f"release     {manifest.release}, created {manifest.created}",
        f"source      {source.commit or 'not in a checkout'}{', modified' if source.dirty else ''}",
        f"experiment  {experiment.name}, seed {experiment.seed}, {experiment.parameters:,} parameters",
        f"dataset     {dataset.name}, {dataset.train:,} training and {dataset.test:,} test images",
        *(f"metric      {name}: {value:.4f}" for name, value in manifest.metrics.to_json().items()),
        *(f"file        {file.path}, {file.bytes:,} bytes" for file in manifest.files),
    )


def _verify(options: argparse.Namespace, storage: Storage) -> None:
    from ml.firebase import stored

    pointer = stored.read_pointer(storage).pointer if options.id else stored.require_pointer(storage)[1]
    if pointer and options.id not in (None, pointer.release):
        pointer = None
    release = stored.fetch_release(storage, pointer.release if pointer else options.id, pointer)
    value = {"release": release.id, "objects": len(release.objects), "bytes": release.bytes}
    lines = [
        f"Release {release.id} in {storage.target} is complete: {len(release.objects)} objects, "
        f"{release.bytes:,} bytes."
    ]
    config = read_site_config(options.site_config)
    keys = config.public_keys()
    if pointer:
        signature = check_signature(pointer, keys, config.version)
        value["signature"] = asdict(signature)
        lines.append(f"{signature}.")
    else:
        kept = stored.read_earlier_pointer(storage, release.id)
        earlier = kept if isinstance(kept, SignedPointer) and kept.names(release) else None
        signer = earlier.signer(keys) if earlier else None
        value["signed_before_by"] = signer.id if signer else None
        lines += ["It is not the current release.", _earlier_signature(release.id, earlier, signer, keys)]
    print_result(options, value, *lines)


def _earlier_signature(
    release: str, pointer: SignedPointer | None, signer: PublicKey | None, keys: Sequence[PublicKey]
) -> str:
    """Return what a check of the signature with which a release was current before shows.

    Args:
        release: The id of the release.
        pointer: The pointer that is kept next to it.
        signer: The key of `keys` that signed it.
        keys: The keys that the site pins.
    """
    from ml.firebase.stored import SIGNED_BEFORE

    if signer:
        return f"{signer.id} signed it when it was."
    deploy = "To sign it with your key, publish it from its folder with `deploy`."
    if not pointer:
        kept = release_prefix(release) + SIGNED_BEFORE
        return f"Its signature was not checked: {kept} is missing or not a signed pointer to it. {deploy}"
    if not keys:
        return (
            f"It says that {pointer.signature.key} signed it. Its signature was not checked: the site pins no key. "
            "Name the config.json of a site that pins keys with --site-config."
        )
    return (
        f"It says that {pointer.signature.key} signed it. Its signature was checked: none of the keys that the site "
        f"pins ({', '.join(key.id for key in keys)}) made it. {deploy}"
    )


def _rollback(options: argparse.Namespace, storage: Storage) -> None:
    from ml.firebase import publish

    signing = load_pinned_signing(options, storage.target)
    current, before = publish.rollback(storage, options.id, signing, dry_run=options.dry_run)
    verb = "would switch" if options.dry_run else "switched"
    switched = f"{POINTER} {verb} from {before or 'an unreadable pointer'} to {current}, which is complete."
    print_result(
        options,
        {"release": current, "previous": before},
        switched if current != before else f"{current} is already the current release.",
    )


def _renew(options: argparse.Namespace, storage: Storage) -> None:
    from ml.firebase import publish

    signing = load_pinned_signing(options, storage.target)
    pointer = publish.renew(storage, signing, options.id)
    print_result(
        options,
        pointer.to_json(),
        f"Release {pointer.release} is signed again by {pointer.signature.key}: version {pointer.version}, "
        f"{f'expires {pointer.expires}' if pointer.expires else 'does not expire'}.",
    )


def _keygen(options: argparse.Namespace) -> None:
    path = options.file.resolve()
    if path.is_relative_to(ROOT):
        raise PublishError(f"{path} is inside the checkout, from where it could be published. Name another folder.")
    public = path.with_name(f"{path.name}.pub")
    for file in (path, public):
        if os.path.lexists(file):
            raise PublishError(f"{file} exists. Name a new file, so that no key is lost.")
    key = write_new_key(path, new_passphrase() if options.passphrase else None)
    write_bytes(public, public_pem(key))
    print(
        f"Private key: {path}. Keep a copy in a safe place, and show it to nobody.\n"
        f"Public key {key.id}: {public}, for --trusted-key; in config.json: {key.text}\n"
        f"Next: {ML} deploy --key {path}"
    )


def _prune(options: argparse.Namespace, storage: Storage) -> None:
    from ml.firebase import prune

    deleted = prune.prune(storage, options.keep, dry_run=options.dry_run)
    verb = "Would delete" if options.dry_run else "Deleted"
    print_result(options, {"deleted": deleted}, f"{verb} {', '.join(deleted) or 'nothing'}.")


def _attach(options: argparse.Namespace, storage: Storage) -> None:
    from ml.firebase.attach import attach

    attached = attach(storage, options.id, options.files)
    print_result(options, {"release": options.id, "attached": attached}, f"Attached {', '.join(attached)}.")


def _compare(options: argparse.Namespace) -> None:
    new, old = (read_release(path).manifest for path in (options.release, options.other))
    print(f"| | {new.release} | {old.release} | change |\n|---|---:|---:|---:|")
    print(f"| experiment | {new.experiment.name} | {old.experiment.name} | |")
    print(f"| dataset | {new.dataset.name} | {old.dataset.name} | |")
    new_metrics, old_metrics = new.metrics.to_json(), old.metrics.to_json()
    for name in sorted(old_metrics | new_metrics):
        after, before = new_metrics.get(name), old_metrics.get(name)
        cells = ["" if value is None else f"{value:.4f}" for value in (after, before)]
        change = "" if after is None or before is None else f"{after - before:+.4f}"
        print(f"| {name} | {cells[0]} | {cells[1]} | {change} |")
