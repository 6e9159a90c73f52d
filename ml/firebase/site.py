"""The built site: its run-time configuration and its deployment to Firebase Hosting."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from http import HTTPStatus
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field

from ml.documents import MAX_BYTES, Document, PositiveCount, parse_document
from ml.errors import PublishError
from ml.files import ROOT, write_json
from ml.firebase.config import site_url
from ml.firebase.download import download
from ml.firebase.target import Target
from ml.release.signing import MAX_KEYS, PublicKey, is_public_key_text, parse_public_key

SITE = ROOT / "frontend" / "out"
FIREBASE_TOOLS = ROOT / "frontend" / "node_modules" / ".bin" / "firebase"


def is_built(site: Path) -> bool:
    """Return whether the folder `site` contains a built site."""
    return (site / "index.html").is_file()


def _check_key(text: str) -> str:
    if not is_public_key_text(text):
        raise ValueError("is not a P-256 public key: base64 of its SPKI DER")
    return text


class SiteConfig(Document):
    """`/config.json`, the run-time configuration of the site."""

    model_config = ConfigDict(extra="ignore")

    storage: str | None = Field(description="Base URL of the objects. None: the site runs its bundled release.")
    keys: tuple[Annotated[str, AfterValidator(_check_key)], ...] = Field(
        (), max_length=MAX_KEYS, description="The site accepts only releases that they sign."
    )
    version: PositiveCount = Field(1, description="The site accepts no signed pointer with a lower version.")

    def public_keys(self) -> tuple[PublicKey, ...]:
        """Return the pinned keys.

        Raises:
            PublishError: One of them is not a P-256 key.
        """
        return tuple(map(parse_public_key, self.keys))


NO_CONFIG = SiteConfig(storage=None, keys=(), version=1)
"""What a site without config.json does: it runs its bundled release."""


def parse_site_config(data: bytes, where: str = "config.json") -> SiteConfig:
    """Parse the site's config.json.

    Args:
        data: Its bytes.
        where: Its path or URL, for messages.

    Raises:
        PublishError: It is not valid.
    """
    return parse_document(SiteConfig, data, where, PublishError)


def read_site_config(where: str | None = None) -> SiteConfig:
    """Return the configuration of a site.

    Args:
        where: Path or URL of its config.json (default: that of the built site, which pins no key if it is missing).

    Raises:
        PublishError: The file cannot be read or is not valid.
    """
    if where and where.startswith(("http://", "https://")):
        return fetch_site_config(where)
    path = Path(where) if where else SITE / "config.json"
    if not where and not path.is_file():
        return NO_CONFIG
    try:
        return parse_site_config(path.read_bytes(), str(path))
    except OSError as error:
        raise PublishError(f"{path} cannot be read: {error.strerror}. Name the site's config.json.") from error


def pinned_keys(target: Target, path: Path) -> tuple[PublicKey, ...]:
    """Return the keys that the site of a Storage pins: the live site of a real project, or else the built one.

    Args:
        target: The Storage.
        path: The config.json of the built site, which may not exist, or be that of another Storage.

    Raises:
        PublishError: The site cannot be read, or its config.json is not valid.
    """
    if not target.emulator:
        return fetch_site_config(f"{site_url(target.project)}/config.json", missing=NO_CONFIG).public_keys()
    config = read_site_config(str(path)) if path.is_file() else NO_CONFIG
    return config.public_keys() if config.storage == target.base_url else ()


def fetch_site_config(url: str, missing: SiteConfig | None = None) -> SiteConfig:
    """Download and parse the config.json of a site, or return `missing` if there is none.

    Raises:
        PublishError: It cannot be downloaded or is not valid.
    """
    status, data = download(url, MAX_BYTES)
    if missing and status == HTTPStatus.NOT_FOUND:
        return missing
    if status != HTTPStatus.OK:
        raise PublishError(f"{url} cannot be read: the site answers {status}.")
    return parse_site_config(data, url)


def check_no_pinned_key(path: Path | None, url: str, storage: str) -> str:
    """Reject an unsigned deployment to a site that pins keys: it would remove them, and open pages would refuse it.

    The current pointer cannot answer this: an attacker who can write to the bucket can replace it.

    Args:
        path: The config.json that the deployment overwrites, if any.
        url: The config.json of the live site.
        storage: The base URL of the deployment. The file at `path` may be that of another one.

    Returns:
        A sentence that says what was checked.

    Raises:
        PublishError: One of the two pins a key, or cannot be read.
    """
    remedy = "Name the key with --key or DIGITS_SIGNING_KEY, or remove the protection with --unsigned."
    try:
        live = fetch_site_config(url, missing=NO_CONFIG)
        local = read_site_config(str(path)) if path and path.is_file() else NO_CONFIG
    except PublishError as error:
        raise PublishError(
            f"Whether the site pins a key is unknown: {error} Run the command again when the site can be read, or name "
            "the key with --key or DIGITS_SIGNING_KEY."
        ) from error
    for where, config in ((url, live), (path, local)):
        if config.keys and (config is live or config.storage == storage):
            raise PublishError(f"{where} pins a key, and an unsigned deployment would remove it. {remedy}")
    if live is NO_CONFIG:
        return (
            f"No live site was checked for pinned keys: {url} does not exist. If the site has another address, name it "
            "as `site` under `hosting` in firebase.json."
        )
    return f"{url} was checked: it pins no key."


def write_site_config(
    path: Path, storage: str | None, keys: Iterable[PublicKey] = (), version: int | None = None
) -> None:
    """Write the run-time configuration of the site atomically.

    Args:
        path: Path of config.json.
        storage: Base URL below which the site reads objects. None: the site runs its bundled release.
        keys: Public keys. The site accepts only releases that one of them signs; without keys, it accepts all.
        version: The version of the current pointer, if it is signed. The site accepts no lower one, also from visitors
            who have never seen this one.
    """
    content = {"storage": storage, "keys": [key.text for key in keys]}
    write_json(path, content if version is None else content | {"version": version})


def deploy_site(project: str, *, dry_run: bool = False) -> None:
    """Deploy the built site and the Storage rules with firebase-tools.

    Raises:
        PublishError: firebase-tools failed. The live site is unchanged.
    """
    command = [str(FIREBASE_TOOLS), "deploy", "--only", "hosting,storage", "--project", project, "--non-interactive"]
    if dry_run:
        command.append("--dry-run")
    if subprocess.run(command, cwd=ROOT, check=False).returncode:
        raise PublishError(
            "firebase deploy failed; its output is above. The model is published. Fix this and run the command again."
        )
