"""The built site: its run-time configuration and its deployment to Firebase Hosting."""

from __future__ import annotations

import subprocess
from pathlib import Path

from ml.errors import PublishError
from ml.files import ROOT, write_json

SITE = ROOT / "frontend" / "out"
FIREBASE_TOOLS = ROOT / "frontend" / "node_modules" / ".bin" / "firebase"


def is_built(site: Path) -> bool:
    """Return whether the folder `site` contains a built site."""
    return (site / "index.html").is_file()


def write_site_config(path: Path, storage: str | None) -> None:
    """Write the run-time configuration of the site atomically.

    Args:
        path: Path of config.json.
        storage: Base URL below which the site reads objects. None: the site runs its bundled release.
    """
    write_json(path, {"storage": storage})


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
