"""A fake of Firebase Storage for machines where Google's emulator cannot run.

It implements the routes that the project uses: those of the Cloud Storage JSON API, through which firebase-admin
publishes, and Firebase's `/v0/…` route, through which the site reads and to which storage.rules and storage-cors.json
apply. Unlike Google's emulator it checks generation preconditions, which tests of concurrent publishers need. The
Server header of every response names the fake. A passing test shows that the project's code is correct, not that
Google's service behaves the same.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, quote, unquote, urlsplit

import google_crc32c

from ml.files import ROOT, Json, write_bytes
from ml.firebase.fake import rules
from ml.firebase.fake.limits import HTTPError, LimitedHandler, LimitedServer
from ml.firebase.ports import FOLDER_ROUTE
from ml.firebase.target import BUCKET_NAME

NAME = "digits-fake-storage (not Firebase)"

HEADER = re.compile(r"[ -~]{1,1024}")
"""Metadata that is sent as a header: printable ASCII, hence without line breaks."""


@dataclass(frozen=True)
class FakeObject:
    """An object: its bytes, and its metadata with the names of the JSON API."""

    metadata: Json
    data: bytes


@dataclass(frozen=True)
class Preconditions:
    """The preconditions of a request."""

    generation: int | None = None  # 0: the object must not exist

    @classmethod
    def from_query(cls, query: dict[str, str]) -> Preconditions:
        """Read the preconditions from a query."""
        return cls(int(query["ifGenerationMatch"]) if "ifGenerationMatch" in query else None)

    def check(self, stored: FakeObject | None) -> None:
        """Raise `HTTPError` 412 unless `stored` meets the preconditions."""
        if self.generation not in (None, int(stored.metadata["generation"]) if stored else 0):
            raise HTTPError(
                HTTPStatus.PRECONDITION_FAILED, "At least one of the pre-conditions you specified did not hold."
            )


class ObjectStore:
    """Objects on disk. Each file has a line of JSON metadata, then the bytes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()

    def get(self, bucket: str, name: str) -> FakeObject | None:
        """Return the object `name`, or None. A damaged file counts as missing, so that it can be replaced."""
        try:
            head, data = self._file(bucket, name).read_bytes().split(b"\n", 1)
            metadata = json.loads(head)
            int(metadata["generation"])
        except (FileNotFoundError, ValueError, LookupError, TypeError):
            return None
        return FakeObject(metadata, data)

    def all(self, bucket: str) -> list[FakeObject]:
        """Return every object of `bucket`, sorted by name."""
        files = self._bucket_folder(bucket).glob("*.object")
        names = sorted(unquote(file.name.removesuffix(".object")) for file in files)
        found = (self.get(bucket, name) for name in names)
        return [stored for stored in found if stored]

    def put(self, bucket: str, name: str, data: bytes, given: Json, preconditions: Preconditions) -> FakeObject:
        """Write an object atomically.

        Args:
            bucket: Name of the bucket.
            name: Name of the object.
            data: Its bytes.
            given: Metadata from the client. md5Hash and crc32c must match the bytes if present.
            preconditions: Conditions on the object that is replaced.

        Raises:
            HTTPError: 412 if a precondition does not hold, 400 if a name, the metadata or a checksum is invalid.
        """
        _check_metadata(given)
        sums = checksums(data)
        for kind, value in sums.items():
            if (given.get(kind) or value) != value:
                raise HTTPError(
                    HTTPStatus.BAD_REQUEST,
                    f"Provided {kind} “{given[kind]}” doesn't match calculated {kind} “{value}”.",
                )
        with self._lock:
            old = self.get(bucket, name)
            preconditions.check(old)
            # Generations grow even if the clock is set back.
            last = int(old.metadata["generation"]) if old else 0
            now = _now()
            generation = str(max(time.time_ns() // 1000, last + 1))
            metadata = {
                "contentType": "application/octet-stream",
                **{key: value for key, value in given.items() if value is not None},
                **sums,
                "kind": "storage#object",
                "id": f"{bucket}/{name}/{generation}",
                "name": name,
                "bucket": bucket,
                "generation": generation,
                "metageneration": "1",
                "etag": f"{generation}/1",
                "size": str(len(data)),
                "timeCreated": now,
                "updated": now,
            }
            return self._write(FakeObject(metadata, data))

    def patch(self, bucket: str, name: str, changes: Json) -> FakeObject:
        """Change the metadata of an object but not its bytes and generation."""
        _check_metadata(changes)
        with self._lock:
            old = self._require(bucket, name)
            metageneration = str(int(old.metadata["metageneration"]) + 1)
            changed: Json = {key: changes[key] for key in ("contentType", "cacheControl", "metadata") if key in changes}
            metadata: Json = {
                **old.metadata,
                **changed,
                "metageneration": metageneration,
                "etag": f"{old.metadata['generation']}/{metageneration}",
                "updated": _now(),
            }
            return self._write(FakeObject(metadata, old.data))

    def delete(self, bucket: str, name: str, preconditions: Preconditions) -> None:
        """Delete an object.

        Raises:
            HTTPError: 412 if a precondition does not hold, 404 if there is no such object.
        """
        with self._lock:
            preconditions.check(self.get(bucket, name))
            self._require(bucket, name)
            self._file(bucket, name).unlink()

    def _require(self, bucket: str, name: str) -> FakeObject:
        stored = self.get(bucket, name)
        if not stored:
            raise _no_such_object(bucket, name)
        return stored

    def _write(self, stored: FakeObject) -> FakeObject:
        file = self._file(stored.metadata["bucket"], stored.metadata["name"])
        file.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(file, json.dumps(stored.metadata).encode() + b"\n" + stored.data)
        return stored

    def _bucket_folder(self, bucket: str) -> Path:
        if not re.fullmatch(BUCKET_NAME, bucket):
            raise HTTPError(HTTPStatus.BAD_REQUEST, f"Invalid bucket name: {bucket!r}.")
        return self.folder / bucket

    def _file(self, bucket: str, name: str) -> Path:
        if not re.fullmatch(r"[^\r\n]{1,1024}", name):
            raise HTTPError(HTTPStatus.BAD_REQUEST, f"Invalid object name: {name!r}.")
        return self._bucket_folder(bucket) / (quote(name, safe="") + ".object")


def _check_metadata(given: Json) -> None:
    """Raise `HTTPError` 400 unless `given` can be stored and sent as headers."""
    for key in ("contentType", "cacheControl"):
        if given.get(key) is not None and not HEADER.fullmatch(given[key]):
            raise HTTPError(HTTPStatus.BAD_REQUEST, f"Invalid {key}.")
    custom = given.get("metadata") or {}
    if not all(isinstance(text, str) for entry in custom.items() for text in entry):
        raise HTTPError(HTTPStatus.BAD_REQUEST, "Custom metadata must be strings.")


def checksums(data: bytes) -> dict[str, str]:
    """Return MD5 and CRC32C of `data` with the names and encoding of the JSON API."""
    md5 = hashlib.md5(data, usedforsecurity=False).digest()
    crc32c = google_crc32c.value(data).to_bytes(4, "big")
    return {"md5Hash": base64.b64encode(md5).decode(), "crc32c": base64.b64encode(crc32c).decode()}


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat().replace("+00:00", "Z")


def _no_such_object(bucket: str, name: str) -> HTTPError:
    return HTTPError(HTTPStatus.NOT_FOUND, f"No such object: {bucket}/{name}")


class FakeServer(LimitedServer):
    """The server; `url` is its address."""

    def __init__(
        self,
        folder: Path,
        port: int = 0,
        *,
        rules_file: Path = ROOT / "storage.rules",
        cors_file: Path = ROOT / "storage-cors.json",
        handler: type[Handler] | None = None,
    ) -> None:
        self.objects = ObjectStore(folder)
        self.rules = rules.parse(rules_file.read_text(encoding="utf-8"))
        self.cors: list[Json] = json.loads(cors_file.read_text(encoding="utf-8"))
        super().__init__(port, handler or Handler)


class Handler(LimitedHandler):
    """Handler of one connection."""

    server: FakeServer

    def version_string(self) -> str:
        return NAME

    def log_message(self, *args: object) -> None:
        """Log nothing."""

    def respond(self) -> None:
        """Read the request with its body, find its route, and respond."""
        try:
            self.body = self.read_body()
            self.check_sender(readable="/v0/")
            url = urlsplit(self.path)
            self.query = {key: values[-1] for key, values in parse_qs(url.query, max_num_fields=20).items()}
            for method, pattern, route in self.ROUTES:
                found = re.fullmatch(pattern, url.path) if method == self.command else None
                if found:
                    route(self, *map(unquote, found.groups()))
                    return
            raise HTTPError(HTTPStatus.NOT_IMPLEMENTED, f"The fake server has no {self.command} {url.path}.")
        except HTTPError as error:
            self.send_json({"error": {"code": int(error.status), "message": error.message}}, error.status)
        except (ConnectionError, TimeoutError):
            raise
        except (ValueError, LookupError, TypeError, AttributeError, OSError, RecursionError) as error:
            message = f"{type(error).__name__}: {error}"
            self.send_json({"error": {"code": 400, "message": message}}, HTTPStatus.BAD_REQUEST)

    # The names that http.server calls.
    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = respond  # noqa: N815

    def send(self, body: bytes, headers: dict[str, str], status: int = HTTPStatus.OK) -> None:
        self.send_response(status)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.send_header("X-Content-Type-Options", "nosniff")
        for name, value in (headers | self.cors_headers()).items():
            self.send_header(name, value)
        if status not in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def send_json(self, value: Json, status: int = HTTPStatus.OK) -> None:
        headers = {"Content-Type": "application/json; charset=UTF-8", "Cache-Control": "no-cache"}
        self.send(json.dumps(value, indent=2).encode() + b"\n", headers, status)

    def cors_headers(self) -> dict[str, str]:
        """Return the CORS headers that storage-cors.json grants to the origin of the request."""
        origin = self.headers.get("Origin")
        method = self.headers.get("Access-Control-Request-Method", self.command)
        for entry in self.server.cors if origin else []:
            if {"*", origin} & set(entry["origin"]) and method in entry["method"]:
                names = ", ".join(entry.get("responseHeader", []))
                granted = {
                    "Access-Control-Allow-Origin": "*" if "*" in entry["origin"] else str(origin),
                    "Access-Control-Expose-Headers": names,
                    "Vary": "Origin",
                }
                if self.command == "OPTIONS":
                    granted |= {
                        "Access-Control-Allow-Methods": ", ".join(entry["method"]),
                        "Access-Control-Allow-Headers": names,
                        "Access-Control-Max-Age": str(entry.get("maxAgeSeconds", 3600)),
                    }
                return granted
        return {}

    def preflight(self) -> None:
        self.send(b"", {}, HTTPStatus.NO_CONTENT)

    def about(self) -> None:
        self.send(f"{NAME}\n".encode(), {"Content-Type": "text/plain; charset=utf-8"})

    def about_folder(self) -> None:
        """Name the folder, by which commands recognize the server of another checkout. Web pages cannot read it."""
        self.send_json({"folder": str(self.server.objects.folder.resolve())})

    # ---- Cloud Storage JSON API ---------------------------------------------------------------

    def get_object(self, bucket: str, name: str) -> None:
        stored = self.server.objects.get(bucket, name)
        if not stored or self.query.get("generation") not in (None, stored.metadata["generation"]):
            raise _no_such_object(bucket, name)
        Preconditions.from_query(self.query).check(stored)
        if self.query.get("alt") == "media":
            self.send_media(stored)
        else:
            self.send_json(self.resource(stored))

    def resource(self, stored: FakeObject) -> Json:
        metadata = stored.metadata
        path = f"/storage/v1/b/{quote(metadata['bucket'])}/o/{quote(metadata['name'], safe='')}"
        media = f"/download{path}?generation={metadata['generation']}&alt=media"
        return metadata | {"mediaLink": f"http://{self.headers['Host']}{media}"}

    def send_media(self, stored: FakeObject) -> None:
        metadata = stored.metadata
        headers = {
            "Content-Type": metadata["contentType"],
            "Cache-Control": metadata.get("cacheControl", "public, max-age=3600"),
            "ETag": f'"{metadata["etag"]}"',
            "X-Goog-Generation": metadata["generation"],
            "X-Goog-Hash": f"crc32c={metadata['crc32c']},md5={metadata['md5Hash']}",
        }
        if self.headers.get("If-None-Match") == headers["ETag"]:
            self.send(b"", headers, HTTPStatus.NOT_MODIFIED)
        else:
            self.send(stored.data, headers)

    def list_objects(self, bucket: str) -> None:
        """Send all objects below a prefix on one page."""
        prefix = self.query.get("prefix", "")
        found = [stored for stored in self.server.objects.all(bucket) if stored.metadata["name"].startswith(prefix)]
        self.send_json({"kind": "storage#objects", "items": [self.resource(stored) for stored in found]})

    def delete_object(self, bucket: str, name: str) -> None:
        self.server.objects.delete(bucket, name, Preconditions.from_query(self.query))
        self.send(b"", {}, HTTPStatus.NO_CONTENT)

    def upload(self, bucket: str) -> None:
        """Store an upload of at most 8 MiB; above that, clients use the resumable protocol, which is missing here."""
        kind = self.query["uploadType"]
        preconditions = Preconditions.from_query(self.query)
        if kind == "multipart":
            given, data = _parts(self.headers["Content-Type"], self.body)
            self.store(bucket, given.pop("name"), data, given, preconditions)
        elif kind == "media":
            given = {"contentType": self.headers.get("Content-Type")}
            self.store(bucket, self.query["name"], self.body, given, preconditions)
        else:
            raise HTTPError(HTTPStatus.NOT_IMPLEMENTED, f"The fake server has no {kind} uploads.")

    def store(self, bucket: str, name: str, data: bytes, given: Json, preconditions: Preconditions) -> None:
        """Store a complete upload."""
        self.send_json(self.resource(self.server.objects.put(bucket, name, data, given, preconditions)))

    # ---- Firebase's route, to which storage.rules apply ---------------------------------------

    def require_permission(self, method: str, bucket: str, path: str) -> None:
        if not self.server.rules.allows(method, bucket, path):
            raise HTTPError(HTTPStatus.FORBIDDEN, f"Permission denied. No {method.upper()} permission.")

    def firebase_get(self, bucket: str, name: str) -> None:
        self.require_permission("get", bucket, name)
        self.get_object(bucket, name)

    def firebase_list(self, bucket: str) -> None:
        self.require_permission("list", bucket, self.query.get("prefix", ""))
        self.list_objects(bucket)

    def firebase_upload(self, bucket: str) -> None:
        name = self.query["name"]
        exists = self.server.objects.get(bucket, name)
        self.require_permission("update" if exists else "create", bucket, name)
        content_type = self.headers.get("Content-Type", "")
        if content_type.startswith("multipart/related"):
            given, data = _parts(content_type, self.body)
            given.pop("name", None)
        else:
            given, data = {"contentType": content_type or None}, self.body
        self.store(bucket, name, data, given, Preconditions())

    def firebase_patch(self, bucket: str, name: str) -> None:
        self.require_permission("update", bucket, name)
        self.send_json(self.resource(self.server.objects.patch(bucket, name, json.loads(self.body))))

    def firebase_delete(self, bucket: str, name: str) -> None:
        self.require_permission("delete", bucket, name)
        self.delete_object(bucket, name)

    def set_rules(self) -> None:
        """Replace the rules, as @firebase/rules-unit-testing does with Firebase's emulator."""
        [file] = json.loads(self.body)["rules"]["files"]
        self.server.rules = rules.parse(file["content"])
        self.send_json({"message": "Rules updated successfully"})

    ROUTES: ClassVar[list[tuple[str, str, Callable[..., None]]]] = [
        ("GET", "/", about),
        ("GET", FOLDER_ROUTE, about_folder),
        ("GET", "/storage/v1/b/([^/]+)/o", list_objects),
        ("GET", "(?:/download)?/storage/v1/b/([^/]+)/o/([^/]+)", get_object),
        ("DELETE", "/storage/v1/b/([^/]+)/o/([^/]+)", delete_object),
        ("POST", "/upload/storage/v1/b/([^/]+)/o", upload),
        ("OPTIONS", "/v0/.*", preflight),
        ("GET", "/v0/b/([^/]+)/o", firebase_list),
        ("GET", "/v0/b/([^/]+)/o/([^/]+)", firebase_get),
        ("POST", "/v0/b/([^/]+)/o", firebase_upload),
        ("PATCH", "/v0/b/([^/]+)/o/([^/]+)", firebase_patch),
        ("DELETE", "/v0/b/([^/]+)/o/([^/]+)", firebase_delete),
        ("PUT", "/internal/setRules", set_rules),
    ]


def _parts(content_type: str, body: bytes) -> tuple[Json, bytes]:
    """Split a multipart/related upload into metadata and bytes."""
    boundary = re.search(r"boundary=\"?([^\";]+)", content_type)
    if not boundary:
        raise ValueError("the Content-Type of the upload has no boundary")
    delimiter = b"--" + boundary[1].encode()
    _, first, second = body.split(delimiter, 2)
    given: Json = json.loads(first.split(b"\r\n\r\n", 1)[1])
    head, rest = second.split(b"\r\n\r\n", 1)
    part_type = re.search(rb"(?i)content-type: *([^\r\n]+)", head)
    if part_type:
        given.setdefault("contentType", part_type[1].decode())
    return given, rest[: rest.rindex(b"\r\n" + delimiter)]


@contextmanager
def serving(folder: Path, port: int = 0, **options: Any) -> Iterator[FakeServer]:
    """Run a fake server in a thread during the block.

    Args:
        folder: Where objects are kept.
        port: The port to listen on; 0 chooses a free one.
        **options: As for `FakeServer`.
    """
    server = FakeServer(folder, port, **options)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
