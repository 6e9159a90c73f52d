"""Broken and hostile sites give an error, not a traceback."""

from __future__ import annotations

import gzip
import socketserver
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ml.errors import PublishError
from ml.firebase import doctor
from ml.firebase.download import download
from ml.firebase.fake.server import serving
from ml.firebase.target import Target
from tests.releases import free_port

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n"
BROKEN = {
    "wrong gzip": OK + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nplain",
    "truncated": OK + b"Content-Length: 100\r\n\r\nshort",
    "bad chunk": OK + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n",
    "missing chunk": OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhel",
    "garbage": b"garbage\r\n\r\n",
    "nothing": b"",
    "endless header": OK + b"X: " + b"x" * 100_000 + b"\r\n\r\n",
    "redirect loop": b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    "bad redirect": b"HTTP/1.1 302 Found\r\nLocation: http://[::1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
}
INVALID_URLS = ["http://x/a b", "http://[::1", "http://", "http://127.0.0.1:x/", "http://.../", "http://x\0/", "x"]


@pytest.fixture
def answer() -> Iterator[Callable[[bytes], str]]:
    """Return a function that starts a server which answers every request with the given bytes; it returns the URL."""
    servers = []

    def start(response: bytes) -> str:
        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                self.request.recv(2**16)
                self.request.sendall(response)

        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_status_and_body_are_returned(answer: Callable[[bytes], str]) -> None:
    packed = gzip.compress(b"hello")
    site = answer(OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed)
    assert download(site, 10) == (200, b"hello")
    missing = answer(b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
    assert download(missing, 10) == (404, b"no")


def test_large_body_is_cut(answer: Callable[[bytes], str]) -> None:
    bomb = gzip.compress(bytes(10**7))
    site = answer(OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb) + bomb)
    assert download(site, 1000) == (200, bytes(1001))


@pytest.mark.parametrize("response", BROKEN.values(), ids=BROKEN)
def test_broken_response_is_an_error(answer: Callable[[bytes], str], response: bytes) -> None:
    site = answer(response)
    with pytest.raises(PublishError, match="cannot be read: "):
        download(site, 10**6)


@pytest.mark.parametrize("url", INVALID_URLS)
def test_invalid_url_is_an_error(url: str, tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="cannot be read: "):
        download(url, 10**6)
    with serving(tmp_path) as server:
        findings = doctor.examine(Target("demo-digits", "demo-digits.firebasestorage.app", server.url), url)
    assert {finding.seen for finding in findings if finding.what == f"site at {url}"} == {"no response"}


@pytest.mark.parametrize("response", BROKEN.values(), ids=BROKEN)
def test_doctor_reports_a_broken_site(answer: Callable[[bytes], str], response: bytes, tmp_path: Path) -> None:
    site = answer(response)
    with serving(tmp_path) as server:
        findings = doctor.examine(Target("demo-digits", "demo-digits.firebasestorage.app", server.url), site)
    assert any(not finding.ok and "site" in finding.what for finding in findings)


def test_unreachable_site_is_reported_without_the_names_of_objects() -> None:
    url = f"http://127.0.0.1:{free_port()}/config.json"
    with pytest.raises(PublishError) as raised:
        download(url, 10)
    assert str(raised.value) == (
        f"{url} cannot be read: it does not answer. Check the network connection and the address."
    )
