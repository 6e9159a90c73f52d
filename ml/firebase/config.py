"""Readers of firebase.json (ports of the emulators, headers and site of Hosting) and of .firebaserc (project, site)."""

from __future__ import annotations

import copy
import json
from functools import cache

from ml.errors import PublishError
from ml.files import ROOT, Json

LOCAL_FOLDER = ROOT / ".local"
"""Folder of the local servers: their objects, configuration and logs."""


@cache
def firebase_json() -> Json:
    """Return the committed configuration. Callers must not change it."""
    config: Json = json.loads((ROOT / "firebase.json").read_text(encoding="utf-8"))
    return config


@cache
def firebaserc() -> Json:
    """Return the projects and targets of .firebaserc. Callers must not change them."""
    config: Json = json.loads((ROOT / ".firebaserc").read_text(encoding="utf-8"))
    return config


def demo_project() -> str:
    """Return the local demo project, which needs no account: the default of .firebaserc."""
    return str(firebaserc()["projects"]["default"])


def site_url(project: str) -> str:
    """Return the URL at which Firebase Hosting serves the site of a real project, without a slash at the end.

    The site is `site` under `hosting` in firebase.json, or the one to which .firebaserc maps its `target`, or else the
    default site, which has the name of the project. A custom domain serves the same files.

    Raises:
        PublishError: .firebaserc has no site for the target.
    """
    hosting = firebase_json()["hosting"]
    site = hosting.get("site", project)
    if target := hosting.get("target"):
        sites = firebaserc().get("targets", {}).get(project, {}).get("hosting", {}).get(target)
        if not sites:
            raise PublishError(
                f".firebaserc has no site for the target {target} of firebase.json. Run `firebase target:apply hosting "
                f"{target} SITE --project {project}`."
            )
        site = sites[0]
    return f"https://{site}.web.app"


def emulator_port(service: str) -> int:
    """Return the port of the emulator of `service`, which is "hosting" or "storage"."""
    return int(firebase_json()["emulators"][service]["port"])


def emulator_host(service: str) -> str:
    """Return the host name or address of the emulator of `service`."""
    return str(firebase_json()["emulators"][service]["host"])


def emulator_url(service: str, port: int | None = None) -> str:
    """Return the URL of the emulator of `service`, without a slash at the end.

    Args:
        service: "hosting" or "storage".
        port: The port of the emulator (default: that of firebase.json).
    """
    return f"http://{emulator_host(service)}:{port or emulator_port(service)}"


def local_config(public: str, port: int | None = None) -> Json:
    """Return firebase.json for the emulators: pages may also read from the local Storage.

    Args:
        public: The folder of the site, relative to the folder of the returned configuration.
        port: The port of Hosting (default: that of firebase.json).
    """
    config = copy.deepcopy(firebase_json())
    config.pop("$schema", None)
    config["hosting"]["public"] = public
    if port:
        config["emulators"]["hosting"]["port"] = port
    for rule in config["hosting"]["headers"]:
        for header in rule["headers"]:
            if header["key"] == "Content-Security-Policy":
                allowed = f"connect-src 'self' {emulator_url('storage')}"
                header["value"] = header["value"].replace("connect-src 'self'", allowed)
    return config


def header_rules(*, local: bool) -> list[Json]:
    """Return the header rules of Hosting, as deployed or as the local emulator serves them."""
    config = local_config("") if local else firebase_json()
    rules: list[Json] = config["hosting"]["headers"]
    return rules
