"""Cloud Storage client: Google's client with credentials, preconditions and errors for users.

Importing this module takes two seconds.
"""

from __future__ import annotations

import itertools
import logging
import os
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
from ml.firebase.credentials import VARIABLE, check_credentials_file, credentials_error
from ml.firebase.target import Target
from ml.release.manifest import MAX_FILE_BYTES
from ml.release.verify import ReleaseObject

RETRY = DEFAULT_RETRY.with_timeout(60.0)
TIMEOUT = (10.0, 60.0)  # seconds to connect, and between two packets

READS = 5
"""How often an object is read that changes meanwhile, or whose bytes do not match its checksum."""

_apps = itertools.count()
_environment_lock = threading.Lock()


@dataclass(frozen=True)
class StoredObject:
    """An object in Storage."""

    data: bytes
    """Empty if the object is larger than MAX_FILE_BYTES or never matches its checksum, and so invalid."""
    generation: int
    content_type: str | None
    cache_control: str | None
    metadata: dict[str, str]

    def matches(self, expected: ReleaseObject) -> bool:
        """Return whether bytes, headers and checksum are those of `expected`."""
        return (
            self.data == expected.data
            and self.content_type == expected.content_type
            and self.cache_control == expected.cache_control
            and self.metadata.get("sha256") == expected.sha256
        )


class ConflictError(Exception):
    """The object changed after its generation was read."""


class Storage:
    """Client of one bucket.

    Every method raises `PublishError` when Storage fails.
    """

    def __init__(self, target: Target) -> None:
        self.target = target
        if target.emulator:
            _require_emulator(target)
        else:
            check_credentials_file(os.environ)
        with self._translated_errors(), _emulator_variable(target.emulator):
            credential = _AnonymousCredential() if target.emulator else credentials.ApplicationDefault()
            options = {"projectId": target.project, "storageBucket": target.bucket}
            app = firebase_admin.initialize_app(credential, options, f"publish-{next(_apps)}")
            self._bucket: Any = storage.bucket(app=app)

    def read(self, name: str) -> StoredObject | None:
        """Return the object `name` with its bytes, or None if there is none."""
        with self._translated_errors():
            for attempt in range(READS):  # the object may be replaced between the two requests
                blob = self._bucket.get_blob(name, retry=RETRY, timeout=TIMEOUT)
                if blob is None:
                    return None
                try:
                    # raw: no object is stored compressed, and a small one could become huge
                    data = (
                        b""
                        if blob.size > MAX_FILE_BYTES
                        else blob.download_as_bytes(
                            raw_download=True, if_generation_match=blob.generation, retry=RETRY, timeout=TIMEOUT
                        )
                    )
                except (exceptions.NotFound, exceptions.PreconditionFailed):
                    continue
                except DataCorruption:
                    if attempt < READS - 1:
                        continue
                    data = b""
                return StoredObject(
                    data,
                    int(blob.generation),
                    blob.content_type,
                    blob.cache_control,
                    dict(blob.metadata or {}),
                )
        raise PublishError(f"{name} was replaced repeatedly during the read. Run the command again.")

    def write(self, item: ReleaseObject, replacing: StoredObject | None, metadata: dict[str, str] | None = None) -> int:
        """Write `item` if the stored object is still `replacing`.

        Args:
            item: The object to write.
            replacing: The object as it was read; None if there was none.
            metadata: Custom metadata in addition to the checksum, which is replaced.

        Returns:
            The generation of the written object.

        Raises:
            ConflictError: The stored object changed since it was read.
        """
        try:
            return self._upload(item, metadata or {}, if_generation_match=replacing.generation if replacing else 0)
        except exceptions.PreconditionFailed as error:
            raise ConflictError from error

    def overwrite(self, item: ReleaseObject) -> None:
        """Write `item` whether or not there is such an object. It gets a new generation."""
        self._upload(item, {})

    def _upload(self, item: ReleaseObject, metadata: dict[str, str], **preconditions: int) -> int:
        with self._translated_errors(but=exceptions.PreconditionFailed):
            blob = self._bucket.blob(item.name)
            blob.cache_control = item.cache_control
            blob.metadata = {**metadata, "sha256": item.sha256}
            blob.upload_from_string(
                item.data, content_type=item.content_type, retry=RETRY, timeout=TIMEOUT, **preconditions
            )
            return int(blob.generation)

    def delete(self, name: str, generation: int) -> None:
        """Delete the object `name` if its generation is still `generation`; otherwise do nothing."""
        with self._translated_errors(), suppress(exceptions.NotFound, exceptions.PreconditionFailed):
            self._bucket.blob(name).delete(if_generation_match=generation, retry=RETRY, timeout=TIMEOUT)

    def list_blobs(self, prefix: str) -> list[Any]:
        """Return a `google.cloud.storage.Blob`, which has no bytes, for each object below `prefix`."""
        with self._translated_errors():
            return list(self._bucket.list_blobs(prefix=prefix, retry=RETRY, timeout=TIMEOUT))

    @contextmanager
    def _translated_errors(self, but: type[Exception] | tuple[()] = ()) -> Iterator[None]:
        try:
            yield
        except but:
            raise
        except (
            exceptions.GoogleAPIError,
            google.auth.exceptions.GoogleAuthError,
            DataCorruption,
            requests.RequestException,
        ) as error:
            raise PublishError(explain(error, self.target)) from error


@contextmanager
def _emulator_variable(url: str | None) -> Iterator[None]:
    """Set STORAGE_EMULATOR_HOST, the only way to point firebase-admin to an emulator, during the block."""
    with _environment_lock:
        before = os.environ.pop("STORAGE_EMULATOR_HOST", None)
        if url:
            os.environ["STORAGE_EMULATOR_HOST"] = url
        try:
            yield
        finally:
            os.environ.pop("STORAGE_EMULATOR_HOST", None)
            if before is not None:
                os.environ["STORAGE_EMULATOR_HOST"] = before


class _AnonymousCredential(credentials.Base):  # type: ignore[misc]
    """No credentials, which is enough for an emulator."""

    def get_credential(self) -> google.auth.credentials.AnonymousCredentials:
        return google.auth.credentials.AnonymousCredentials()  # type: ignore[no-untyped-call]


def _require_emulator(target: Target) -> None:
    try:
        with urllib.request.urlopen(f"{target.emulator}/", timeout=5):  # noqa: S310
            pass
    except urllib.error.HTTPError:
        pass  # any HTTP response is enough: Firebase's emulator has no route for /
    except OSError as error:
        raise PublishError(
            f"No Storage emulator responds at {target.emulator}, and the demo project {target.project} exists only "
            "there. Start it with `nox -s emulators`."
        ) from error


# The message of the first type that matches is shown.
MESSAGES: list[tuple[type[Exception] | tuple[type[Exception], ...], str]] = [
    (
        exceptions.NotFound,
        "There is no bucket {bucket}. Open Storage in the Firebase console of {project} and press Get started, "
        "or name another bucket with --bucket.",
    ),
    (
        (exceptions.Unauthorized, google.auth.exceptions.RefreshError),
        "The credentials were rejected. Run `gcloud auth application-default login` again.",
    ),
    (
        exceptions.Forbidden,
        "Permission denied in {bucket}: {reason}. Give the account the role Storage Object Admin there.",
    ),
    (exceptions.TooManyRequests, "The quota of {project} is used up. Try again later."),
    (
        google.auth.exceptions.DefaultCredentialsError,
        "There are no credentials. Run `gcloud auth application-default login`, or set "
        "GOOGLE_APPLICATION_CREDENTIALS to the key file of a service account.",
    ),
    (DataCorruption, "Storage did not store the bytes that were sent. Run the command again."),
    (
        (requests.RequestException, google.auth.exceptions.TransportError),
        "{where} is unreachable. Check the network connection.",
    ),
    (Exception, "Storage failed: {reason}."),
]


def explain(error: Exception, target: Target) -> str:
    """Return a message with the problem and the remedy, in one or two sentences."""
    if isinstance(error, exceptions.RetryError) and isinstance(error.cause, Exception):
        return f"{explain(error.cause, target)} The request was repeated for a minute."
    if isinstance(error, google.auth.exceptions.DefaultCredentialsError) and (path := os.environ.get(VARIABLE)):
        return str(credentials_error(path, f"which cannot be used: {_reason(error)}"))
    message = next(message for kinds, message in MESSAGES if isinstance(error, kinds))
    return message.format(
        bucket=target.bucket,
        project=target.project,
        where=target.emulator or "Google Cloud Storage",
        reason=_reason(error),
    )


def _reason(error: Exception) -> str:
    """Return the message of the service on one line."""
    return " ".join(str(getattr(error, "message", error)).split()).rstrip(".")[:300]


class _RetryNotice(logging.Handler):
    """Prints a notice when Google's client retries a request, which it only logs at debug level."""

    def emit(self, record: logging.LogRecord) -> None:
        tqdm.write("Storage does not respond as expected. Retrying …", file=sys.stderr)


_retry_log = logging.getLogger("google.api_core.retry")
_retry_log.setLevel(logging.DEBUG)
_retry_log.propagate = False
_retry_log.addHandler(_RetryNotice())
