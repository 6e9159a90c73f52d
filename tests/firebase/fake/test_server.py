"""The stand-in, through the real client and as a browser sees it."""

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

from ml.firebase.fake import server as storage_standin
from ml.firebase.fake.rules import RulesError
from ml.firebase.fake.server import StandIn, Wanted, checksums, serving

BUCKET = "demo-digits.firebasestorage.app"


@pytest.fixture
def standin(tmp_path: Path) -> Iterator[StandIn]:
    with serving(tmp_path / "storage") as server:
        yield server


@pytest.fixture
def bucket(standin: StandIn) -> Any:
    options = {"api_endpoint": standin.url}
    client = storage.Client("demo-digits", credentials=AnonymousCredentials(), client_options=options)
    return client.bucket(BUCKET)


def request(
    server: StandIn, method: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    connection.request(method, path, body, {key.replace("_", "-"): value for key, value in headers.items()})
    answer = connection.getresponse()
    return answer, answer.read()


def firebase(name: str) -> str:
    return f"/v0/b/{BUCKET}/o/{quote(name, safe='')}"


# Past 8 MiB the client takes the resumable protocol.
@pytest.mark.parametrize("size", [0, 1, 300_000, 9 << 20])
def test_gives_back_what_was_uploaded(bucket: Any, size: int) -> None:
    data = os.urandom(size)
    blob = bucket.blob("models/a b/ü.bin")
    blob.cache_control, blob.metadata = "no-cache", {"sha256": "x"}
    blob.upload_from_string(data, content_type="application/x-weights")
    found = bucket.get_blob("models/a b/ü.bin")
    assert found.download_as_bytes() == data
    assert (found.size, found.content_type, found.cache_control) == (size, "application/x-weights", "no-cache")
    assert found.metadata == {"sha256": "x"}
    assert {"md5Hash": found.md5_hash, "crc32c": found.crc32c} == checksums(data)


def test_takes_a_resumable_upload_in_pieces(bucket: Any) -> None:
    data = os.urandom(700_000)
    bucket.blob("pieces", chunk_size=262_144).upload_from_string(data)
    assert bucket.blob("pieces").download_as_bytes() == data


def test_keeps_bytes_that_look_like_the_end_of_a_part(bucket: Any) -> None:
    data = b"\r\n--==1==\r\n\r\n--\n\r" * 3
    bucket.blob("x").upload_from_string(data)
    assert bucket.blob("x").download_as_bytes() == data


def test_knows_the_published_checksums_of_crc32c_and_md5() -> None:
    assert checksums(b"123456789") == {"crc32c": "4waSgw==", "md5Hash": "JfnnlDI7RTiF9RgfG2JNCw=="}


def test_refuses_an_upload_whose_checksum_does_not_fit(standin: StandIn, bucket: Any) -> None:
    blob = bucket.blob("x")
    blob.md5_hash = checksums(b"other bytes")["md5Hash"]
    with pytest.raises(exceptions.BadRequest, match="doesn't match"):
        blob.upload_from_string(b"bytes", checksum=None)
    assert standin.objects.get(BUCKET, "x") is None


def test_honours_generations(bucket: Any) -> None:
    blob = bucket.blob("x")
    blob.upload_from_string(b"1", if_generation_match=0)
    first = blob.generation
    with pytest.raises(exceptions.PreconditionFailed):
        bucket.blob("x").upload_from_string(b"2", if_generation_match=0)
    with pytest.raises(exceptions.PreconditionFailed):
        bucket.blob("x").upload_from_string(b"2" * (9 << 20), if_generation_match=first + 1)
    bucket.blob("x").upload_from_string(b"3", if_generation_match=first)
    with pytest.raises(exceptions.PreconditionFailed):
        bucket.blob("x").delete(if_generation_match=first)
    with pytest.raises(exceptions.NotFound):
        bucket.blob("x", generation=first).download_as_bytes()
    assert bucket.blob("x").download_as_bytes() == b"3"


def test_generations_grow_even_when_the_clock_goes_back(standin: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    put = standin.objects.put
    before = int(put(BUCKET, "x", b"1", {}, Wanted()).metadata["generation"])
    monkeypatch.setattr(time, "time_ns", lambda: 0)
    assert int(put(BUCKET, "x", b"2", {}, Wanted(generation=before)).metadata["generation"]) > before


def test_lists_by_prefix_and_page(bucket: Any) -> None:
    for name in ("models/a/1", "models/a/2", "models/b/1", "models/current.json", "other"):
        bucket.blob(name).upload_from_string(name)
    found = [blob.name for blob in bucket.list_blobs(prefix="models/", page_size=1)]
    assert found == ["models/a/1", "models/a/2", "models/b/1", "models/current.json"]
    pages = bucket.list_blobs(prefix="models/", delimiter="/", page_size=1)
    assert [blob.name for blob in pages] == ["models/current.json"]
    assert pages.prefixes == {"models/a/", "models/b/"}


def test_patches_metadata_and_keeps_the_bytes(bucket: Any) -> None:
    blob = bucket.blob("x")
    blob.upload_from_string(b"1")
    generation = blob.generation
    blob.cache_control = "no-cache"
    blob.patch(if_metageneration_match=1)
    found = bucket.get_blob("x")
    assert (found.cache_control, found.generation, found.metageneration) == ("no-cache", generation, 2)
    assert found.download_as_bytes() == b"1"


def test_objects_outlive_the_server(tmp_path: Path) -> None:
    with serving(tmp_path) as first:
        first.objects.put(BUCKET, "models/x", b"kept", {}, Wanted())
    with serving(tmp_path) as second:
        assert request(second, "GET", firebase("models/x") + "?alt=media")[1] == b"kept"


def test_names_never_leave_the_folder(tmp_path: Path, standin: StandIn) -> None:
    name = "../../../escaped"
    path = f"/upload/storage/v1/b/..%2F..%2Fb/o?uploadType=media&name={quote(name, safe='')}"
    assert request(standin, "POST", path, b"x")[0].status == 200
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == list((tmp_path / "storage").rglob("*.object"))


def test_an_upload_cut_short_leaves_nothing(standin: StandIn) -> None:
    with socket.create_connection(("127.0.0.1", standin.server_port)) as connection:
        path = f"/upload/storage/v1/b/{BUCKET}/o?uploadType=media&name=x"
        connection.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf".encode())
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100) == b""
    assert standin.objects.get(BUCKET, "x") is None


def test_serves_ranges(standin: StandIn) -> None:
    standin.objects.put(BUCKET, "models/x", b"0123456789", {}, Wanted())
    answer, body = request(standin, "GET", firebase("models/x") + "?alt=media", Range="bytes=3-5")
    assert (answer.status, answer.headers["Content-Range"], body) == (206, "bytes 3-5/10", b"345")


def test_the_browsers_route_has_the_objects_headers(standin: StandIn) -> None:
    given = {"contentType": "application/json", "cacheControl": "no-cache"}
    standin.objects.put(BUCKET, "models/x", b"{}", given, Wanted())
    path = firebase("models/x") + "?alt=media"
    answer, body = request(standin, "GET", path, Origin="https://site.example")
    assert body == b"{}"
    headers = answer.headers
    assert headers["Content-Type"] == "application/json"
    assert headers["Cache-Control"] == "no-cache"
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "stand-in" in headers["Server"]
    again, nothing = request(standin, "GET", path, If_None_Match=headers["ETag"])
    assert (again.status, nothing) == (304, b"")
    head, nothing = request(standin, "HEAD", path)
    assert (head.headers["Content-Length"], nothing) == ("2", b"")


def test_cors_is_what_its_file_says(tmp_path: Path) -> None:
    cors = tmp_path / "cors.json"
    cors.write_text(json.dumps([{"origin": ["https://site.example"], "method": ["GET"], "maxAgeSeconds": 60}]))
    with serving(tmp_path, cors_file=cors) as server:
        server.objects.put(BUCKET, "models/x", b"{}", {}, Wanted())
        path = firebase("models/x") + "?alt=media"
        preflight = {"Access_Control_Request_Method": "GET"}
        for method, headers in (("GET", {}), ("OPTIONS", preflight)):
            allowed, _ = request(server, method, path, Origin="https://site.example", **headers)
            assert allowed.headers["Access-Control-Allow-Origin"] == "https://site.example"
            refused, _ = request(server, method, path, Origin="https://other.example", **headers)
            assert refused.headers["Access-Control-Allow-Origin"] is None


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
        ("POST", firebase("models/there"), 403),
        ("PATCH", firebase("models/there"), 403),
        ("DELETE", firebase("models/there"), 403),
        ("DELETE", firebase("secret"), 403),
    ],
)
def test_the_browsers_route_obeys_storage_rules(standin: StandIn, method: str, path: str, status: int) -> None:
    for name in ("models/there", "secret"):
        standin.objects.put(BUCKET, name, b"bytes", {}, Wanted())
    assert request(standin, method, path)[0].status == status
    assert [stored.data for stored in standin.objects.all(BUCKET)] == [b"bytes", b"bytes"]


def test_other_rules_give_other_answers(tmp_path: Path) -> None:
    rules = tmp_path / "storage.rules"
    rules.write_text((storage_standin.ROOT / "storage.rules").read_text().replace("allow get", "allow list"))
    with serving(tmp_path, rules_file=rules) as server:
        server.objects.put(BUCKET, "models/x", b"", {}, Wanted())
        assert request(server, "GET", firebase("models/x"))[0].status == 403
        answer, body = request(server, "GET", f"/v0/b/{BUCKET}/o?prefix=models/")
        assert (answer.status, json.loads(body)["items"]) == (200, [{"name": "models/x", "bucket": BUCKET}])


def test_does_not_start_on_rules_that_it_cannot_read(tmp_path: Path) -> None:
    (tmp_path / "storage.rules").write_text("rules_version = '2'; service firebase.storage { allow all; }")
    with pytest.raises(RulesError):
        StandIn(tmp_path, 0, rules_file=tmp_path / "storage.rules")


def test_says_what_it_is(standin: StandIn) -> None:
    answer, body = request(standin, "GET", "/")
    assert answer.status == 200
    assert b"not Firebase" in body
    assert urlsplit(standin.url).hostname == "127.0.0.1"
