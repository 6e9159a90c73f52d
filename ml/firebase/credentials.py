"""Check of the file that GOOGLE_APPLICATION_CREDENTIALS names, whose problems Google's libraries do not explain."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from ml.errors import PublishError

VARIABLE = "GOOGLE_APPLICATION_CREDENTIALS"


def check_credentials_file(environ: Mapping[str, str]) -> None:
    """Check the file if the environment names one. Google's libraries check the rest of its content.

    Raises:
        PublishError: The file is missing, unreadable, or not a credentials file.
    """
    path = environ.get(VARIABLE)
    if not path:
        return
    try:
        content = json.loads(Path(path).read_bytes())
    except OSError as error:
        raise credentials_error(path, f"which cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise credentials_error(path, "which is not JSON") from error
    if not isinstance(content, dict) or not isinstance(content.get("type"), str):
        raise credentials_error(path, "which is not a credentials file: it has no type")


def credentials_error(path: str, problem: str) -> PublishError:
    """Return the error for the file at `path`; `problem` is a relative clause."""
    return PublishError(
        f"{VARIABLE} names {path}, {problem}. Name the key file of a service account, or unset the variable and run "
        "`gcloud auth application-default login`."
    )
