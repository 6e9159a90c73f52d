"""The choice of a project, a bucket and an emulator."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ml.errors import PublishError
from ml.firebase.config import demo_project, emulator_url

BUCKET_NAME = r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]"


@dataclass(frozen=True)
class Target:
    """A bucket of a Firebase project or of a local emulator."""

    project: str
    bucket: str
    emulator: str | None  # URL; None for a real project

    @property
    def base_url(self) -> str:
        """Base URL of the objects for visitors, as in the site's config.json."""
        origin = self.emulator or "https://firebasestorage.googleapis.com"
        return f"{origin}/v0/b/{self.bucket}/o"

    def __str__(self) -> str:
        return f"{self.bucket} ({self.emulator or self.project})"


def choose_target(project: str | None, bucket: str | None, environ: Mapping[str, str]) -> Target:
    """Choose the project, the bucket and the emulator.

    Args:
        project: Firebase project id (default: FIREBASE_PROJECT, then the local demo project). Variables of other
            tools, such as GOOGLE_CLOUD_PROJECT, are ignored, so that publishing to a real project is always explicit.
        bucket: Bucket name (default: the default bucket of the project).
        environ: The environment variables.

    Raises:
        PublishError: The project is real and a variable points to an emulator, or `bucket` is not a bucket name.
    """
    project = project or environ.get("FIREBASE_PROJECT") or demo_project()
    variables = ("STORAGE_EMULATOR_HOST", "FIREBASE_STORAGE_EMULATOR_HOST")
    variable = next((name for name in variables if environ.get(name)), None)
    demo = project.startswith("demo-")
    if variable and not demo:
        raise PublishError(
            f"{project} is a real project, but {variable} points to an emulator. Unset the variable, or "
            "choose a project whose name starts with demo-."
        )
    bucket = bucket or f"{project}.firebasestorage.app"
    if not re.fullmatch(BUCKET_NAME, bucket):
        raise PublishError(f"{bucket!r} is not a valid bucket name. Name an existing bucket with --bucket.")
    emulator = environ[variable] if variable else emulator_url("storage") if demo else None
    if emulator and "://" not in emulator:
        emulator = f"http://{emulator}"
    return Target(project, bucket, emulator.rstrip("/") if emulator else None)
