"""The thin edge to Cloud Storage: which bucket, with which credentials, and every failure in plain words."""

from __future__ import annotations

import itertools
import logging
import os
import re
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import firebase_admin
import google.auth.credentials
import google.auth.exceptions
import requests
from firebase_admin import credentials, storage
from google.api_core import exceptions
from google.cloud.storage.exceptions import DataCorruption
from google.cloud.storage.retry import DEFAULT_RETRY
from tqdm import tqdm

from ml.errors import PublishError
from ml.release.manifest import Object

DEMO_PROJECT = "demo-digits"
LOCAL_STORAGE = "http://127.0.0.1:9199"
RETRY = DEFAULT_RETRY.with_timeout(60.0)
TIMEOUT = (10.0, 60.0)  # seconds to connect, and between two packets

_apps = itertools.count()
_environment = threading.Lock()


@dataclass(frozen=True)
class Target:
    """Where to publish: a bucket of a project, or of a local emulator."""

    project: str
    bucket: str
    emulator: str | None  # its URL

    @property
    def base_url(self) -> str:
        """What the site's /config.json names: objects are read below it."""
        origin = self.emulator or "https://firebasestorage.googleapis.com"
        return f"{origin}/v0/b/{self.bucket}/o"

    def __str__(self) -> str:
        return f"{self.bucket} ({self.emulator or self.project})"


def choose_target(project: str | None, bucket: str | None, environ: Mapping[str, str]) -> Target:
    """Decide where to publish, and refuse what mixes local and real.

    Args:
        project: Firebase project id; None: by FIREBASE_PROJECT, else the local demo project. The variables that
            other tools set, such as GOOGLE_CLOUD_PROJECT, do not decide: to publish to the world is to say so.
        bucket: Bucket; None: the project's default one.
        environ: The environment variables.

    Raises:
        PublishError: A real project is named while a variable points to an emulator.
    """
    project = project or environ.get("FIREBASE_PROJECT") or DEMO_PROJECT
    variables = ("STORAGE_EMULATOR_HOST", "FIREBASE_STORAGE_EMULATOR_HOST")
    variable = next((name for name in variables if environ.get(name)), None)
    demo = project.startswith("demo-")
    if variable and not demo:
        raise PublishError(
            f"{project} is a real project, but {variable} points to an emulator: unset it, or "
            "name a project that starts with demo-."
        )
    bucket = bucket or f"{project}.firebasestorage.app"
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]+[a-z0-9]", bucket):
        raise PublishError(f"{bucket!r} cannot be a bucket's name.")
    emulator = environ[variable] if variable else LOCAL_STORAGE if demo else None
    if emulator and "://" not in emulator:
        emulator = f"http://{emulator}"
    return Target(project, bucket, emulator.rstrip("/") if emulator else None)


@dataclass(frozen=True)
class Found:
    """An object as Storage holds it."""

    data: bytes
    generation: int
    content_type: str | None
    cache_control: str | None
    metadata: dict[str, str]

    def holds(self, wanted: Object) -> bool:
        """Whether this is `wanted`, headers included."""
        return (
            self.data == wanted.data
            and self.content_type == wanted.content_type
            and self.cache_control == wanted.cache_control
            and self.metadata.get("sha256") == wanted.sha256
        )


class ConflictError(Exception):
    """Something else was written since the generation that the write was guarded by."""


class Storage:
    """The few things to do with a bucket, each failing in plain words."""

    def __init__(self, target: Target) -> None:
        self.target = target
        if target.emulator:
            _see_that_it_answers(target)
        with self._plain_words(), _emulator_variable(target.emulator):
            credential = _Anonymous() if target.emulator else credentials.ApplicationDefault()
            options = {"projectId": target.project, "storageBucket": target.bucket}
            app = firebase_admin.initialize_app(credential, options, f"publish-{next(_apps)}")
            self._bucket: Any = storage.bucket(app=app)

    def read(self, name: str) -> Found | None:
        """The object `name` with its bytes, or None."""
        with self._plain_words():
            for _ in range(5):  # it may be replaced between the two requests
                blob = self._bucket.get_blob(name, retry=RETRY, timeout=TIMEOUT)
                if blob is None:
                    return None
                try:
                    data = blob.download_as_bytes(if_generation_match=blob.generation, retry=RETRY, timeout=TIMEOUT)
                except (exceptions.NotFound, exceptions.PreconditionFailed):
                    continue
                return Found(
                    data,
                    int(blob.generation),
                    blob.content_type,
                    blob.cache_control,
                    dict(blob.metadata or {}),
                )
        raise PublishError(f"{name} changed faster than it could be read; try again.")

    def write(self, item: Object, over: Found | None, **metadata: str) -> int:
        """Write `item` over exactly what was found there, and return its generation."""
        with self._plain_words():
            blob = self._bucket.blob(item.name)
            blob.cache_control = item.cache_control
            blob.metadata = {"sha256": item.sha256, **metadata}
            try:
                blob.upload_from_string(
                    item.data,
                    content_type=item.content_type,
                    if_generation_match=over.generation if over else 0,
                    retry=RETRY,
                    timeout=TIMEOUT,
                )
            except exceptions.PreconditionFailed as error:
                raise ConflictError from error
            return int(blob.generation)

    def delete(self, name: str, generation: int) -> None:
        """Remove the object unless it was replaced since."""
        with self._plain_words():
            self._bucket.blob(name).delete(if_generation_match=generation, retry=RETRY, timeout=TIMEOUT)

    def names(self, prefix: str) -> list[Any]:
        """The objects under `prefix` (google.cloud.storage.Blob), without their bytes."""
        with self._plain_words():
            return list(self._bucket.list_blobs(prefix=prefix, retry=RETRY, timeout=TIMEOUT))

    @contextmanager
    def _plain_words(self) -> Iterator[None]:
        try:
            yield
        except (exceptions.GoogleAPIError, google.auth.exceptions.GoogleAuthError) as error:
            raise PublishError(explain(error, self.target)) from error
        except (DataCorruption, requests.RequestException) as error:
            raise PublishError(explain(error, self.target)) from error


@contextmanager
def _emulator_variable(url: str | None) -> Iterator[None]:
    """Set the one variable by which firebase-admin can be pointed to an emulator, while its client is made."""
    with _environment:
        before = os.environ.pop("STORAGE_EMULATOR_HOST", None)
        if url:
            os.environ["STORAGE_EMULATOR_HOST"] = url
        try:
            yield
        finally:
            os.environ.pop("STORAGE_EMULATOR_HOST", None)
            if before is not None:
                os.environ["STORAGE_EMULATOR_HOST"] = before


class _Anonymous(credentials.Base):  # type: ignore[misc]
    """No credentials: all that an emulator wants."""

    def get_credential(self) -> google.auth.credentials.AnonymousCredentials:
        return google.auth.credentials.AnonymousCredentials()  # type: ignore[no-untyped-call]


def _see_that_it_answers(target: Target) -> None:
    try:
        with urllib.request.urlopen(f"{target.emulator}/", timeout=5):  # noqa: S310
            pass
    except urllib.error.HTTPError:
        pass  # it answers, and Google's emulator has nothing to say at /
    except OSError as error:
        raise PublishError(
            f"No Storage answers at {target.emulator}, and {target.project} is a demo project that "
            "exists on an emulator alone: start it with `nox -s emulators`."
        ) from error


WORDS: list[tuple[type[Exception] | tuple[type[Exception], ...], str]] = [
    (
        exceptions.NotFound,
        "There is no bucket {bucket}: open Storage in the Firebase console of {project} and press Get started, "
        "or name another one by --bucket.",
    ),
    (
        (exceptions.Unauthorized, google.auth.exceptions.RefreshError),
        "The credentials were refused: run `gcloud auth application-default login` again.",
    ),
    (
        exceptions.Forbidden,
        "These credentials may not do this in {bucket}: give their account the role Storage Object Admin there; "
        "Storage says: {reason}.",
    ),
    (exceptions.TooManyRequests, "The quota of {project} is used up for now; try again later."),
    (
        google.auth.exceptions.DefaultCredentialsError,
        "There are no credentials: run `gcloud auth application-default login`, or name a service account's key "
        "file in GOOGLE_APPLICATION_CREDENTIALS.",
    ),
    (DataCorruption, "Storage sent bytes that do not fit their checksum; try again."),
    (
        (requests.RequestException, google.auth.exceptions.TransportError),
        "{where} is out of reach: are you online?",
    ),
    (Exception, "Storage failed: {reason}."),
]


def explain(error: Exception, target: Target) -> str:
    """What went wrong and how to mend it, in one sentence."""
    if isinstance(error, exceptions.RetryError) and isinstance(error.cause, Exception):
        return f"{explain(error.cause, target).removesuffix('.')} (tried again for a minute)."
    sentence = next(words for kinds, words in WORDS if isinstance(error, kinds))
    return sentence.format(
        bucket=target.bucket,
        project=target.project,
        where=target.emulator or "Google Cloud Storage",
        reason=_reason(error),
    )


def _reason(error: Exception) -> str:
    """The service's own words, on one line."""
    return " ".join(str(getattr(error, "message", error)).split()).rstrip(".")[:300]


class _Retries(logging.Handler):
    """Tells the user why nothing seems to move; the library only logs it, and only to those who debug."""

    def emit(self, record: logging.LogRecord) -> None:
        tqdm.write("Storage does not answer as it should; trying again …", file=sys.stderr)


_retry_log = logging.getLogger("google.api_core.retry")
_retry_log.setLevel(logging.DEBUG)
_retry_log.propagate = False
_retry_log.addHandler(_Retries())
