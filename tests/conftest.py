import functools
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import settings

from ml.environment import bypass_proxies_for_loopback, prepare_tensorflow

prepare_tensorflow()  # before any test imports Keras
bypass_proxies_for_loopback()

# Fixed examples and no time limit, so that the result does not depend on the machine.
settings.register_profile("tests", derandomize=True, deadline=None, max_examples=30)
settings.load_profile("tests")


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def serve_folder() -> Iterator[Callable[[Path], str]]:
    """Return a function that serves a folder over HTTP and returns its URL."""
    servers = []

    def serve(folder: Path) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder)))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()
