"""The keys of a command: options, environment variables, and the key of the demo project."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from ml.cli.options import UsageError, int_range, non_empty
from ml.errors import PublishError
from ml.firebase import emulators
from ml.firebase.site import SITE, pinned_keys, read_site_config
from ml.firebase.target import Target
from ml.release.signing import MAX_KEYS, PublicKey, Signer, new_private_key, read_public_key, read_signer
from ml.release.signing_policy import Signing

KEY = "DIGITS_SIGNING_KEY"
TRUSTED_KEYS = "DIGITS_TRUSTED_KEYS"
PASSPHRASE = "DIGITS_SIGNING_PASSPHRASE"  # noqa: S105  the name of a variable
DEMO_KEY = "signing-key.pem"

KMS_SCHEME = "gcpkms://"


def add_signing(parser: argparse.ArgumentParser) -> None:
    """Add the options of a command that signs."""
    parser.add_argument(
        "--key",
        type=non_empty,
        metavar="FILE|gcpkms://…",
        help=f"private key that signs: a PEM file, or a key version in Cloud KMS (default: {KEY})",
    )
    parser.add_argument(
        "--trusted-key",
        action="append",
        type=Path,
        metavar="FILE",
        help=f"a further key that pages accept, for a rotation; repeatable (default: {TRUSTED_KEYS})",
    )
    parser.add_argument(
        "--expires-days",
        type=int_range(1, 36500),
        metavar="N",
        help="after N days, pages say that the release may be out of date (default: never)",
    )


def load_signing(options: argparse.Namespace, target: Target) -> Signing:
    """Return how a command with the options of `add_signing` signs.

    The demo project has its own key, which is created when it is needed.

    Raises:
        UsageError: There are signing options with --unsigned, or there is no key that signs, only trusted ones.
        PublishError: A key cannot be read.
    """
    if getattr(options, "unsigned", False):
        if options.key or options.trusted_key or options.expires_days:
            raise UsageError("--unsigned cannot be combined with --key, --trusted-key or --expires-days.")
        return Signing(unsigned=True)
    key = options.key or os.environ.get(KEY)
    paths = options.trusted_key or [Path(name) for name in os.environ.get(TRUSTED_KEYS, "").split(os.pathsep) if name]
    others = tuple(read_public_key(path, ask_passphrase) for path in paths)
    if key:
        signer: Signer | None = _signer(key)
    else:
        signer = demo_signer() if target.emulator else None
    if not signer and others:
        raise UsageError(f"--trusted-key needs a key that signs. Name it with --key or {KEY}.")
    signing = Signing(signer, others, options.expires_days)
    if len(signing.keys) > MAX_KEYS:
        raise PublishError(f"There are {len(signing.keys)} keys. A site pins at most {MAX_KEYS}.")
    return signing


def load_pinned_signing(options: argparse.Namespace, target: Target) -> Signing:
    """Return how a command that does not deploy the site signs: with a key that the site pins, if it pins any.

    Args:
        options: The options of `add_signing` and `--site-config`.
        target: The Storage.

    Raises:
        PublishError: The site pins other keys, so pages would refuse the release, or it cannot be read.
    """
    signing = load_signing(options, target)
    where = options.site_config
    try:
        pinned = read_site_config(where).public_keys() if where else pinned_keys(target, SITE / "config.json")
    except PublishError as error:
        hint = "" if where else " If it has another address, name its config.json with --site-config."
        raise PublishError(f"Which keys the site pins is unknown: {error}{hint}") from error
    if not pinned or (signing.signer and signing.signer.public_key in pinned):
        return signing
    ids = ", ".join(key.id for key in pinned)
    if not signing.signer:
        raise PublishError(f"The site pins {ids}, and no key signs. Name one of them with --key or {KEY}.")
    raise PublishError(
        f"The site pins {ids}, and not {signing.signer.public_key.id}, which signs here: pages would refuse the "
        "release. Name a pinned key with --key, or deploy the site with both keys first: `deploy --key PINNED "
        "--trusted-key NEW`."
    )


def demo_signer() -> Signer:
    """Return the signer of the demo project, which is only for this machine."""
    path = emulators.LOCAL / DEMO_KEY
    if not path.exists():
        with suppress(FileExistsError):  # another command has just created it
            write_new_key(path)
    try:
        return read_signer(path, ask_passphrase)
    except PublishError as error:
        raise PublishError(f"{error} If it is damaged, delete it, and the next command makes one.") from error


def _signer(key: str) -> Signer:
    if not key.startswith(KMS_SCHEME):
        path = Path(key)
        signer = read_signer(path, ask_passphrase)
        if path.stat().st_mode & 0o077:
            print(f"Warning: other users can read or change {path}. Run `chmod 600 {path}`.", file=sys.stderr)
        return signer
    from ml.firebase.kms import KmsSigner

    return KmsSigner(key.removeprefix(KMS_SCHEME))


def write_new_key(path: Path, passphrase: str | None = None) -> PublicKey:
    """Write a new private key into a new file, which only this user can read, and return the public key.

    A missing folder is created, also only for this user.

    Raises:
        FileExistsError: There is such a file.
    """
    key = new_private_key(passphrase)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, unfinished = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)  # a new file of mode 600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(key)
        os.link(unfinished, path)  # unlike a rename, fails if the file exists
    finally:
        Path(unfinished).unlink(missing_ok=True)
    return read_public_key(path, lambda _: passphrase or "")


def ask_passphrase(path: Path) -> str:
    """Return the passphrase of a key file from the environment or the terminal."""
    if PASSPHRASE in os.environ:
        return os.environ[PASSPHRASE]
    if not sys.stdin.isatty():
        raise PublishError(f"{path} is encrypted. Set {PASSPHRASE} to its passphrase.")
    return getpass.getpass(f"Passphrase of {path}: ")


def new_passphrase() -> str:
    """Return a new passphrase from the environment or, typed twice, from the terminal."""
    if PASSPHRASE in os.environ:
        passphrase = os.environ[PASSPHRASE]
    elif not sys.stdin.isatty():
        raise PublishError(f"There is no terminal. Set {PASSPHRASE} to the passphrase.")
    else:
        passphrase = getpass.getpass("New passphrase: ")
        if passphrase != getpass.getpass("The same again: "):
            raise PublishError("The passphrases differ. No key was made.")
    if not passphrase:
        raise PublishError("The passphrase is empty. No key was made.")
    return passphrase
