"""HTTP server that limits what a client can use, and that web pages cannot misuse.

A page of any site can send requests to a server on this machine: forms and `text/plain` requests need no permission,
and a name that resolves to 127.0.0.1 (DNS rebinding) gives the page the origin of the server. Therefore only requests
that address the server by a local name are answered, and requests that a page sends (they have an Origin) only read.
"""

from __future__ import annotations

import contextlib
import http.client
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import socket
from typing import Any

MAX_BODY = 9 * 2**20
"""Largest body of a request, in bytes. Google's client sends at most 8 MiB and the metadata in one request."""

MAX_HEADERS = 32 * 2**10
"""Most bytes of the request line and the headers of a request."""

MAX_CONNECTIONS = 64
"""Most open connections. Further ones are refused with 503, which Google's client retries."""

IDLE_SECONDS = 30.0
"""Seconds without a byte from the client after which a connection is closed."""


class HTTPError(Exception):
    """An HTTP error response."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class LimitedServer(ThreadingHTTPServer):
    """A server on 127.0.0.1 with at most `MAX_CONNECTIONS` connections; `url` is its address."""

    daemon_threads = True

    def __init__(self, port: int, handler: type[BaseHTTPRequestHandler]) -> None:
        self._connections = threading.BoundedSemaphore(MAX_CONNECTIONS)
        super().__init__(("127.0.0.1", port), handler)
        self.url = f"http://127.0.0.1:{self.server_port}"

    def process_request(self, request: Any, client_address: Any) -> None:
        """Handle a connection in a thread, or refuse it."""
        if self._connections.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            _refuse(request)
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Handle a connection."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._connections.release()

    def handle_error(self, request: object, client_address: object) -> None:
        """Print errors, except for clients that disconnect."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def _refuse(connection: socket) -> None:
    connection.setblocking(False)
    with contextlib.suppress(OSError):  # the client has gone
        connection.send(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


class _HeaderReader:
    """Reads from `file`, but not more than `MAX_HEADERS` bytes by lines until `reset`."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.reset()

    def reset(self) -> None:
        self._left = MAX_HEADERS

    def readline(self, limit: int) -> bytes:
        line: bytes = self._file.readline(min(limit, self._left + 1))
        self._left -= len(line)
        if self._left < 0:
            raise http.client.LineTooLong("header")
        return line

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


class LimitedHandler(BaseHTTPRequestHandler):
    """Handler of one connection."""

    server: LimitedServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = IDLE_SECONDS

    def setup(self) -> None:
        """Limit the headers."""
        super().setup()
        self.rfile: Any = _HeaderReader(self.rfile)

    def handle_one_request(self) -> None:
        """Handle one request of the connection."""
        self.rfile.reset()
        try:
            super().handle_one_request()
        except http.client.LineTooLong:  # of the request line; the base class reports headers
            self.requestline, self.request_version, self.command = "", "HTTP/1.1", ""
            self.send_error(HTTPStatus.REQUEST_URI_TOO_LONG)

    def read_body(self) -> bytes:
        """Return the body of the request.

        Raises:
            HTTPError: The length is missing, not a number, or above `MAX_BODY`.
            ConnectionError: The client disconnected before the end of the body.
        """
        self.close_connection, persistent = True, self.close_connection
        lengths = self.headers.get_all("Content-Length", ["0"])
        if self.headers.get("Transfer-Encoding"):
            raise HTTPError(HTTPStatus.LENGTH_REQUIRED, "The request needs a Content-Length.")
        if len(lengths) > 1 or not (lengths[0].isascii() and lengths[0].isdecimal()):
            raise HTTPError(HTTPStatus.BAD_REQUEST, "Content-Length is not a number.")
        if len(lengths[0]) > 12 or int(lengths[0]) > MAX_BODY:
            raise HTTPError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The body is larger than {MAX_BODY} bytes.")
        body: bytes = self.rfile.read(int(lengths[0]))
        if len(body) < int(lengths[0]):
            raise ConnectionError("the client disconnected during the upload")
        self.close_connection = persistent
        return body

    def check_sender(self, readable: str) -> None:
        """Check that the request is for this server, and that a web page sent it only to read.

        Args:
            readable: Start of the paths that pages may read.

        Raises:
            HTTPError: 421 for another Host, 403 for a page that does not only read.
        """
        hosts = self.headers.get_all("Host", [])
        local = {f"{name}:{self.server.server_port}" for name in ("127.0.0.1", "localhost")}
        if len(hosts) != 1 or hosts[0].lower() not in local:
            raise HTTPError(HTTPStatus.MISDIRECTED_REQUEST, f"This server is {self.server.url} only.")
        reads = self.command in ("GET", "HEAD", "OPTIONS") and self.path.startswith(readable)
        if "Origin" in self.headers and not reads:
            raise HTTPError(HTTPStatus.FORBIDDEN, f"Web pages may only read below {readable}.")
