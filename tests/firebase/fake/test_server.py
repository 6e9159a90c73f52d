"""The fake server, through Google's client and through the requests of a browser."""

from __future__ import annotations

import http.client
import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from google.api_core import exceptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from ml.files import ROOT
from ml.firebase.fake.rules import RulesError
from ml.firebase.fake.server import FakeServer, Preconditions, checksums, serving

BUCKET = "demo-digits.firebasestorage.app"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FakeServer]:
    with serving(tmp_path / "storage") as server:
        yield server


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


def test_names_cannot_escape_the_folder(tmp_path: Path, server: FakeServer) -> None:
    name = "../../../escaped"
    path = f"/upload/storage/v1/b/..%2F..%2Fb/o?uploadType=media&name={quote(name, safe='')}"
    assert request(server, "POST", path, b"x")[0].status == 200
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == list((tmp_path / "storage").rglob("*.object"))


def test_interrupted_upload_stores_nothing(server: FakeServer) -> None:
    with socket.create_connection(("127.0.0.1", server.server_port)) as connection:
        path = f"/upload/storage/v1/b/{BUCKET}/o?uploadType=media&name=x"
        connection.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf".encode())
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
