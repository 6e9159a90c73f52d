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
        raise PublishError(f"{url} cannot be read: {_reason(error)}.") from error


def _reason(error: Exception) -> str:
    """Return what went wrong, without the names of Python's objects that the text of the error contains."""
    reasons: list[tuple[type[Exception], str]] = [
        (requests.exceptions.SSLError, "its certificate is not valid, or the connection is not secure"),
        (requests.Timeout, "it does not answer in time"),
        (requests.exceptions.ChunkedEncodingError, "its answer is incomplete"),
        (requests.ConnectionError, "it does not answer. Check the network connection and the address"),
        (ValueError, "this is not a valid address"),
    ]
    return next((reason for kind, reason in reasons if isinstance(error, kind)), "its answer is malformed")
