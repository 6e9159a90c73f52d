"""Downloads of small files from any site, which may be broken or hostile."""

from __future__ import annotations

import requests
import urllib3.exceptions

from ml.errors import PublishError

TIMEOUT = (5.0, 20.0)
"""Seconds to connect, and between two packets."""

FAILURES = (requests.RequestException, urllib3.exceptions.HTTPError, ValueError)
"""What requests raises for an invalid URL, an unreachable site and a malformed response."""


def download(url: str, limit: int) -> tuple[int, bytes]:
    """Return the status of the response and the start of its body: at most `limit` bytes and one byte more.

    Raises:
        PublishError: The URL is invalid, the site is unreachable, or the response is malformed.
    """
    data = bytearray()
    try:
        with requests.get(url, timeout=TIMEOUT, stream=True) as response:
            for chunk in response.iter_content(2**16):
                data += chunk
                if len(data) > limit:
                    break
            return response.status_code, bytes(data[: limit + 1])
    except FAILURES as error:
        reason = " ".join(str(error).split())[:200]
        raise PublishError(f"{url} cannot be read: {reason or type(error).__name__}.") from error
