"""The fake server, through Google's client and through the requests of a browser."""

from __future__ import annotations

import http.client
import json
import os
import socket
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from google.api_core import exceptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from ml.files import ROOT
from ml.firebase.fake import limits
from ml.firebase.fake.rules import RulesError
from ml.firebase.fake.server import FakeServer, Handler, Preconditions, checksums, serving
from ml.firebase.ports import FOLDER_ROUTE

BUCKET = "demo-digits.firebasestorage.app"


@pytest.fixture
def bucket(server: FakeServer) -> Any:
    options = {"api_endpoint": server.url}
    client = storage.Client("demo-digits", credentials=AnonymousCredentials(), client_options=options)
    return client.bucket(BUCKET)


def request(
    server: FakeServer, method: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    connection.request(method, path, body, {key.replace("_", "-"): value for key, value in headers.items()})
    response = connection.getresponse()
    return response, response.read()


def firebase(name: str) -> str:
    return f"/v0/b/{BUCKET}/o/{quote(name, safe='')}"


@pytest.mark.parametrize("size", [0, 1, 300_000])
def test_download_returns_the_upload(bucket: Any, size: int) -> None:
    data = os.urandom(size)
    blob = bucket.blob("models/a b/ü.bin")
    blob.cache_control, blob.metadata = "no-cache", {"sha256": "x"}
    blob.upload_from_string(data, content_type="application/x-weights")
    found = bucket.get_blob("models/a b/ü.bin")
    assert found.download_as_bytes() == data
    assert (found.size, found.content_type, found.cache_control) == (size, "application/x-weights", "no-cache")
    assert found.metadata == {"sha256": "x"}
    assert {"md5Hash": found.md5_hash, "crc32c": found.crc32c} == checksums(data)


def test_upload_may_contain_multipart_boundaries(bucket: Any) -> None:
    data = b"\r\n--==1==\r\n\r\n--\n\r" * 3
    bucket.blob("x").upload_from_string(data)
    assert bucket.blob("x").download_as_bytes() == data


def test_checksums_match_published_values() -> None:
    assert checksums(b"123456789") == {"crc32c": "4waSgw==", "md5Hash": "JfnnlDI7RTiF9RgfG2JNCw=="}


def test_upload_with_wrong_checksum_is_rejected(server: FakeServer, bucket: Any) -> None:
    blob = bucket.blob("x")
    blob.md5_hash = checksums(b"other bytes")["md5Hash"]
    with pytest.raises(exceptions.BadRequest, match="doesn't match"):
        blob.upload_from_string(b"bytes", checksum=None)
    assert server.objects.get(BUCKET, "x") is None


def test_generation_preconditions(bucket: Any) -> None:
    blob = bucket.blob("x")
    blob.upload_from_string(b"1", if_generation_match=0)
    first = blob.generation
    with pytest.raises(exceptions.PreconditionFailed):
        bucket.blob("x").upload_from_string(b"2", if_generation_match=0)
    with pytest.raises(exceptions.PreconditionFailed):
        bucket.blob("x").upload_from_string(b"2", if_generation_match=first + 1)
    bucket.blob("x").upload_from_string(b"3", if_generation_match=first)
    with pytest.raises(exceptions.PreconditionFailed):
        bucket.blob("x").delete(if_generation_match=first)
    with pytest.raises(exceptions.NotFound):
        bucket.blob("x", generation=first).download_as_bytes()
    assert bucket.blob("x").download_as_bytes() == b"3"


def test_generations_grow_when_the_clock_is_set_back(server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    put = server.objects.put
    before = int(put(BUCKET, "x", b"1", {}, Preconditions()).metadata["generation"])
    monkeypatch.setattr(time, "time_ns", lambda: 0)
    assert int(put(BUCKET, "x", b"2", {}, Preconditions(generation=before)).metadata["generation"]) > before


def test_objects_are_listed_by_prefix(bucket: Any) -> None:
    for name in ("models/a/1", "models/b/1", "models/current.json", "other"):
        bucket.blob(name).upload_from_string(name)
    found = [blob.name for blob in bucket.list_blobs(prefix="models/")]
    assert found == ["models/a/1", "models/b/1", "models/current.json"]


def test_patch_changes_metadata_and_the_etag_only(server: FakeServer) -> None:
    before = server.objects.put(BUCKET, "x", b"1", {"contentType": "text/plain"}, Preconditions())
    server.objects.patch(BUCKET, "x", {"cacheControl": "no-cache"})
    after = server.objects.get(BUCKET, "x")
    assert after is not None
    assert after.data == b"1"
    changed = {key for key in after.metadata if after.metadata[key] != before.metadata.get(key)}
    assert changed == {"cacheControl", "metageneration", "etag", "updated"}


def test_objects_survive_a_restart(tmp_path: Path) -> None:
    with serving(tmp_path) as first:
        first.objects.put(BUCKET, "models/x", b"kept", {}, Preconditions())
    with serving(tmp_path) as second:
        assert request(second, "GET", firebase("models/x") + "?alt=media")[1] == b"kept"


@pytest.mark.parametrize(
    "bucket", ["..", ".", "..%2F..%2Fb", "...", "b%00", "BÜCKET", pytest.param("b" * 300, id="long")]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_bucket_names_cannot_escape_the_folder(tmp_path: Path, server: FakeServer, bucket: str, method: str) -> None:
    before = list(tmp_path.rglob("*"))
    start = "/upload" if method == "POST" else ""
    path = f"{start}/storage/v1/b/{quote(bucket, safe='%')}/o?uploadType=media&name=x"
    assert request(server, method, path, b"x")[0].status == 400
    assert list(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(("name", "status"), [("../../../escaped", 200), ("..", 200), ("a\r\nb", 400), ("", 400)])
def test_object_names_cannot_escape_the_folder(tmp_path: Path, server: FakeServer, name: str, status: int) -> None:
    path = f"/upload/storage/v1/b/{BUCKET}/o?uploadType=media&name={quote(name, safe='')}"
    assert request(server, "POST", path, b"x")[0].status == status
    assert [file.parent for file in tmp_path.rglob("*") if file.is_file()] == [tmp_path / "storage" / BUCKET] * (
        status == 200
    )


# ---- Requests of web pages ----------------------------------------------------------------------

WRITES = [
    ("POST", f"/upload/storage/v1/b/{BUCKET}/o?uploadType=media&name=models%2Fcurrent.json"),
    ("POST", f"/v0/b/{BUCKET}/o?name=models%2Fcurrent.json"),
    ("DELETE", f"/storage/v1/b/{BUCKET}/o/models%2Fcurrent.json"),
    ("PUT", "/internal/setRules"),
]


@pytest.mark.parametrize(("method", "path"), WRITES)
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:5000"])
def test_pages_cannot_write(server: FakeServer, method: str, path: str, origin: str) -> None:
    """A page may send text/plain to any server without asking it first."""
    server.objects.put(BUCKET, "models/current.json", b"kept", {}, Preconditions())
    before = server.rules
    response, _ = request(server, method, path, b"forged", Origin=origin, Content_Type="text/plain")
    assert response.status == 403
    assert [stored.data for stored in server.objects.all(BUCKET)] == [b"kept"]
    assert server.rules is before


def test_pages_read_only_what_the_rules_allow(server: FakeServer) -> None:
    server.objects.put(BUCKET, "models/x", b"public", {}, Preconditions())
    origin = "https://site.example"
    assert request(server, "GET", firebase("models/x") + "?alt=media", Origin=origin)[1] == b"public"
    assert request(server, "GET", f"/storage/v1/b/{BUCKET}/o/models%2Fx?alt=media", Origin=origin)[0].status == 403
    assert request(server, "GET", f"/storage/v1/b/{BUCKET}/o", Origin=origin)[0].status == 403
    assert request(server, "GET", FOLDER_ROUTE)[0].status == 200
    assert request(server, "GET", FOLDER_ROUTE, Origin=origin)[0].status == 403


@pytest.mark.parametrize(("method", "path"), [*WRITES, ("GET", "/"), ("GET", firebase("models/current.json"))])
@pytest.mark.parametrize("host", ["evil.example", "evil.example:PORT", "127.0.0.1", "127.0.0.1:1", ""])
def test_other_hosts_are_refused(server: FakeServer, method: str, path: str, host: str) -> None:
    """With DNS rebinding, a page has the origin of the server, but its requests name another host."""
    response, _ = request(server, method, path, b"forged", Host=host.replace("PORT", str(server.server_port)))
    assert response.status == 421
    assert server.objects.all(BUCKET) == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST"])
def test_local_hosts_are_answered(server: FakeServer, host: str) -> None:
    assert request(server, "GET", "/", Host=f"{host}:{server.server_port}")[0].status == 200


# ---- Limits -------------------------------------------------------------------------------------


def send_raw(server: FakeServer, *lines: str, body: bytes = b"") -> bytes:
    """Send a request as it is, and return everything up to the end of the connection."""
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=60) as connection:
        head = "\r\n".join([*lines, f"Host: 127.0.0.1:{server.server_port}", "", ""])
        connection.sendall(head.encode("latin-1") + body)
        with connection.makefile("rb") as answer:
            return answer.read()


UPLOAD = f"POST /upload/storage/v1/b/{BUCKET}/o?uploadType=media&name=x HTTP/1.1"


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ([UPLOAD, f"Content-Length: {limits.MAX_BODY + 1}"], 413),
        ([UPLOAD, "Content-Length: " + "9" * 5000], 413),
        ([UPLOAD, "Content-Length: -1"], 400),
        ([UPLOAD, "Content-Length: +1"], 400),
        ([UPLOAD, "Content-Length: 0x1"], 400),
        ([UPLOAD, "Content-Length: 1", "Content-Length: 2"], 400),
        ([UPLOAD, "Transfer-Encoding: chunked"], 411),
        ([UPLOAD, "X: " + "x" * limits.MAX_HEADERS], 431),
        ([UPLOAD, *["X: " + "x" * 4000] * 10], 431),
        ([UPLOAD, *["X: y"] * 200], 431),
        (["GET /" + "x" * limits.MAX_HEADERS], 414),
    ],
)
def test_large_and_ambiguous_requests_are_refused(server: FakeServer, lines: list[str], status: int) -> None:
    answer = send_raw(server, *lines)
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert answer.count(b"HTTP/1.1") == 1  # the rest of the request is not taken for another one
    assert server.objects.all(BUCKET) == []


def test_largest_upload_of_the_client_is_accepted(server: FakeServer, bucket: Any) -> None:
    data = b"x" * (8 * 2**20 - 1)
    bucket.blob("x").upload_from_string(data)
    stored = server.objects.get(BUCKET, "x")
    assert stored is not None
    assert len(stored.data) == len(data)


@pytest.mark.parametrize("start", ["", "GET / HTTP/1.1\r\nHost: ", UPLOAD + "\r\nContent-Length: 9\r\n\r\nhalf"])
def test_idle_connections_are_closed(tmp_path: Path, start: str) -> None:
    class Impatient(Handler):
        timeout = 0.1

    with (
        serving(tmp_path / "storage", handler=Impatient) as server,
        socket.create_connection(("127.0.0.1", server.server_port), timeout=60) as connection,
    ):
        connection.sendall(start.encode())
        assert connection.recv(100) == b""
        assert server.objects.all(BUCKET) == []


def test_number_of_connections_is_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_CONNECTIONS", 2)
    with serving(tmp_path / "storage") as server, ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(socket.create_connection(("127.0.0.1", server.server_port)))
        assert send_raw(server, "GET / HTTP/1.1").startswith(b"HTTP/1.1 503 ")
        stack.close()
        while request(server, "GET", "/")[0].status == 503:  # until the threads have noticed the end
            pass


# ---- Invalid input ------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["contentType", "cacheControl"])
@pytest.mark.parametrize("value", ["text/html\r\nX-Injected: 1", "a\nb", "\0", "ü", "", 5, ["a"]])
def test_metadata_cannot_inject_headers(server: FakeServer, key: str, value: object) -> None:
    head = json.dumps({"name": "models/x", key: value}).encode()
    body = b"--b\r\n\r\n" + head + b"\r\n--b\r\nContent-Type: text/plain\r\n\r\nbytes\r\n--b--"
    path = f"/upload/storage/v1/b/{BUCKET}/o?uploadType=multipart"
    response, _ = request(server, "POST", path, body, Content_Type="multipart/related; boundary=b")
    assert response.status == 400
    assert server.objects.all(BUCKET) == []
    server.objects.put(BUCKET, "models/x", b"", {}, Preconditions())
    with pytest.raises((limits.HTTPError, TypeError)):
        server.objects.patch(BUCKET, "models/x", {key: value})


def test_folded_header_cannot_inject_headers(server: FakeServer) -> None:
    answer = send_raw(server, UPLOAD, "Content-Type: text/html\r\n X-Injected: 1", "Connection: close")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert server.objects.all(BUCKET) == []


@pytest.mark.parametrize(
    "document",
    [
        b"[]",
        b"1",
        b"{",
        b"\xff",
        b'{"rules": [1]}',
        b'{"name": 5}',
        pytest.param(b"[" * 100_000, id="nested"),
    ],
)
def test_invalid_documents_are_bad_requests(server: FakeServer, document: bytes) -> None:
    body = b"--b\r\n\r\n" + document + b"\r\n--b\r\n\r\nbytes\r\n--b--"
    path = f"/upload/storage/v1/b/{BUCKET}/o?uploadType=multipart"
    assert request(server, "POST", path, body, Content_Type="multipart/related; boundary=b")[0].status == 400
    assert request(server, "PUT", "/internal/setRules", document)[0].status == 400


def test_invalid_url_is_a_bad_request(server: FakeServer) -> None:
    assert send_raw(server, "GET http://[/ HTTP/1.1", "Connection: close").startswith(b"HTTP/1.1 400 ")


def test_interrupted_upload_stores_nothing(server: FakeServer) -> None:
    with socket.create_connection(("127.0.0.1", server.server_port)) as connection:
        path = f"/upload/storage/v1/b/{BUCKET}/o?uploadType=media&name=x"
        connection.sendall(
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.server_port}\r\nContent-Length: 100\r\n\r\nhalf".encode()
        )
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100) == b""
    assert server.objects.get(BUCKET, "x") is None


def test_firebase_route_sends_the_headers_of_the_object(server: FakeServer) -> None:
    given = {"contentType": "application/json", "cacheControl": "no-cache"}
    server.objects.put(BUCKET, "models/x", b"{}", given, Preconditions())
    path = firebase("models/x") + "?alt=media"
    response, body = request(server, "GET", path, Origin="https://site.example")
    assert body == b"{}"
    headers = response.headers
    assert headers["Content-Type"] == "application/json"
    assert headers["Cache-Control"] == "no-cache"
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "fake" in headers["Server"]
    again, nothing = request(server, "GET", path, If_None_Match=headers["ETag"])
    assert (again.status, nothing) == (304, b"")


def test_cors_headers_follow_the_file(tmp_path: Path) -> None:
    cors = tmp_path / "cors.json"
    cors.write_text(json.dumps([{"origin": ["https://site.example"], "method": ["GET"], "maxAgeSeconds": 60}]))
    with serving(tmp_path, cors_file=cors) as server:
        server.objects.put(BUCKET, "models/x", b"{}", {}, Preconditions())
        path = firebase("models/x") + "?alt=media"
        preflight = {"Access_Control_Request_Method": "GET"}
        for method, headers in (("GET", {}), ("OPTIONS", preflight)):
            allowed, _ = request(server, method, path, Origin="https://site.example", **headers)
            assert allowed.headers["Access-Control-Allow-Origin"] == "https://site.example"
            denied, _ = request(server, method, path, Origin="https://other.example", **headers)
            assert denied.headers["Access-Control-Allow-Origin"] is None


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", firebase("models/there") + "?alt=media", 200),
        ("GET", firebase("models/there"), 200),
        ("GET", firebase("models/missing"), 404),
        ("GET", firebase("secret") + "?alt=media", 403),
        ("GET", firebase("missing"), 403),
        ("GET", f"/v0/b/{BUCKET}/o?prefix=models/", 403),
        ("GET", f"/v0/b/{BUCKET}/o", 403),
        ("POST", f"/v0/b/{BUCKET}/o?name=models%2Fnew", 403),
        ("POST", f"/v0/b/{BUCKET}/o?name=models%2Fthere", 403),
        ("PATCH", firebase("models/there"), 403),
        ("DELETE", firebase("models/there"), 403),
        ("DELETE", firebase("secret"), 403),
    ],
)
def test_firebase_route_obeys_storage_rules(server: FakeServer, method: str, path: str, status: int) -> None:
    for name in ("models/there", "secret"):
        server.objects.put(BUCKET, name, b"bytes", {}, Preconditions())
    assert request(server, method, path)[0].status == status
    assert [stored.data for stored in server.objects.all(BUCKET)] == [b"bytes", b"bytes"]


def test_changed_rules_change_the_answers(tmp_path: Path) -> None:
    rules = tmp_path / "storage.rules"
    rules.write_text((ROOT / "storage.rules").read_text().replace("allow get", "allow list"))
    with serving(tmp_path, rules_file=rules) as server:
        server.objects.put(BUCKET, "models/x", b"", {}, Preconditions())
        assert request(server, "GET", firebase("models/x"))[0].status == 403
        response, body = request(server, "GET", f"/v0/b/{BUCKET}/o?prefix=models/")
        assert (response.status, [item["name"] for item in json.loads(body)["items"]]) == (200, ["models/x"])


def test_server_does_not_start_with_unsupported_rules(tmp_path: Path) -> None:
    (tmp_path / "storage.rules").write_text("rules_version = '2'; service firebase.storage { allow all; }")
    with pytest.raises(RulesError):
        FakeServer(tmp_path, 0, rules_file=tmp_path / "storage.rules")


def test_root_names_the_fake(server: FakeServer) -> None:
    response, body = request(server, "GET", "/")
    assert response.status == 200
    assert b"not Firebase" in body
    assert urlsplit(server.url).hostname == "127.0.0.1"


@pytest.mark.parametrize("path", ["/nothing", f"/upload/storage/v1/b/{BUCKET}/o?uploadType=resumable"])
def test_unsupported_requests_are_not_implemented(server: FakeServer, path: str) -> None:
    response, body = request(server, "POST", path, b"{}")
    assert response.status == 501
    assert "The fake server has no" in json.loads(body)["error"]["message"]
