"""A stand-in for Firebase Storage on this machine, for where Google's emulator cannot run.

It speaks the two dialects that the project uses: the Cloud Storage JSON API, through which
firebase-admin publishes, and Firebase's `/v0/…` download route, which the app reads and which
storage.rules and storage-cors.json govern. Unlike Google's emulator it honours generation
preconditions, so that what is tested here about two publishers holds in production.

It is a stand-in and says so when it starts and in every answer's Server header: what passes here
shows that the project's code is right, not that Google's service agrees.
"""

import argparse
import base64
import datetime
import hashlib
import json
import os
import re
import secrets
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, quote, unquote, urlsplit

import google_crc32c

from ml.cli.options import whole
from ml.files import ROOT
from ml.firebase.fake import rules

PORT = 9199
NAME = "digits-storage-stand-in (not Firebase)"

Json = dict[str, Any]


class RefusalError(Exception):
    """An answer other than success: its HTTP status and a sentence."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True)
class Stored:
    """An object: its metadata as the JSON API names them, and its bytes."""

    metadata: Json
    data: bytes


class Objects:
    """Objects on disk, one file each: a line of JSON metadata, then the bytes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._writing = threading.Lock()

    def _file(self, bucket: str, name: str) -> Path:
        return self.folder / quote(bucket, safe="") / (quote(name, safe="") + ".object")

    def get(self, bucket: str, name: str) -> Stored | None:
        """The object `name`, or None."""
        try:
            head, data = self._file(bucket, name).read_bytes().split(b"\n", 1)
        except FileNotFoundError:
            return None
        return Stored(json.loads(head), data)

    def all(self, bucket: str) -> list[Stored]:
        """Every object of `bucket`, by name."""
        names = (
            unquote(file.name.removesuffix(".object"))
            for file in (self.folder / quote(bucket, safe="")).glob("*.object")
        )
        found = (self.get(bucket, name) for name in sorted(names))
        return [stored for stored in found if stored]

    def put(self, bucket: str, name: str, data: bytes, given: Json, wanted: "Wanted") -> Stored:
        """Write an object whole or not at all.

        Args:
            bucket: The bucket's name.
            name: The object's name.
            data: Its bytes.
            given: The writer's metadata; md5Hash and crc32c in it must fit the bytes.
            wanted: What the writer takes to be there now.

        Raises:
            RefusalError: 412 when something else is there, 400 when a checksum does not fit.
        """
        sums = checksums(data)
        for kind, value in sums.items():
            if (given.get(kind) or value) != value:
                raise RefusalError(
                    HTTPStatus.BAD_REQUEST,
                    f"Provided {kind} “{given[kind]}” doesn't match calculated {kind} “{value}”.",
                )
        with self._writing:
            old = self.get(bucket, name)
            wanted.check(old)
            # Larger than the last one even if the clock was set back in between.
            last = int(old.metadata["generation"]) if old else 0
            now = _now()
            generation = str(max(time.time_ns() // 1000, last + 1))
            metadata = {
                "contentType": "application/octet-stream",
                "storageClass": "STANDARD",
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
            self._write(Stored(metadata, data))
        return Stored(metadata, data)

    def patch(self, bucket: str, name: str, changes: Json, wanted: "Wanted") -> Stored:
        """Change an object's metadata and keep its bytes and generation."""
        with self._writing:
            old = self.get(bucket, name)
            wanted.check(old)
            if not old:
                raise _no_such_object(bucket, name)
            metageneration = str(int(old.metadata["metageneration"]) + 1)
            changed = {
                key: changes[key]
                for key in ("contentType", "cacheControl", "metadata", "contentDisposition")
                if key in changes
            }
            metadata = old.metadata | changed
            metadata |= {
                "metageneration": metageneration,
                "etag": f"{metadata['generation']}/{metageneration}",
                "updated": _now(),
            }
            self._write(Stored(metadata, old.data))
        return Stored(metadata, old.data)

    def delete(self, bucket: str, name: str, wanted: "Wanted") -> None:
        """Remove an object."""
        with self._writing:
            old = self.get(bucket, name)
            wanted.check(old)
            if not old:
                raise _no_such_object(bucket, name)
            self._file(bucket, name).unlink()

    def _write(self, stored: Stored) -> None:
        file = self._file(stored.metadata["bucket"], stored.metadata["name"])
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as whole:
            whole.write(json.dumps(stored.metadata).encode() + b"\n" + stored.data)
            whole.flush()
            os.fsync(whole.fileno())
        Path(whole.name).replace(file)


@dataclass(frozen=True)
class Wanted:
    """A request's preconditions."""

    generation: int | None = None  # 0: nothing may be there
    not_generation: int | None = None
    metageneration: int | None = None

    @classmethod
    def of(cls, query: dict[str, str]) -> "Wanted":
        """Read the preconditions from a query."""

        def number(key: str) -> int | None:
            return int(query[key]) if key in query else None

        return cls(
            number("ifGenerationMatch"),
            number("ifGenerationNotMatch"),
            number("ifMetagenerationMatch"),
        )

    def check(self, stored: Stored | None) -> None:
        """Refuse with 412 unless `stored` is what the writer takes to be there."""
        generation = int(stored.metadata["generation"]) if stored else 0
        metageneration = int(stored.metadata["metageneration"]) if stored else 0
        if (
            self.generation not in (None, generation)
            or self.not_generation == generation
            or self.metageneration not in (None, metageneration)
        ):
            raise RefusalError(
                HTTPStatus.PRECONDITION_FAILED,
                "At least one of the pre-conditions you specified did not hold.",
            )


def checksums(data: bytes) -> dict[str, str]:
    """The two checksums that Cloud Storage keeps, as the JSON API writes them."""
    md5 = hashlib.md5(data, usedforsecurity=False).digest()
    crc32c = google_crc32c.value(data).to_bytes(4, "big")
    return {
        "md5Hash": base64.b64encode(md5).decode(),
        "crc32c": base64.b64encode(crc32c).decode(),
    }


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat().replace("+00:00", "Z")


def _no_such_object(bucket: str, name: str) -> RefusalError:
    return RefusalError(HTTPStatus.NOT_FOUND, f"No such object: {bucket}/{name}")


@dataclass
class Session:
    """A resumable upload under way."""

    bucket: str
    name: str
    given: Json
    wanted: Wanted
    data: bytearray


class StandIn(ThreadingHTTPServer):
    """The server; `url` is where it listens."""

    daemon_threads = True

    def __init__(
        self,
        folder: Path,
        port: int = PORT,
        *,
        rules_file: Path = ROOT / "storage.rules",
        cors_file: Path = ROOT / "storage-cors.json",
        handler: "type[Handler] | None" = None,
    ) -> None:
        self.objects = Objects(folder)
        self.rules = rules.parse(rules_file.read_text())
        self.cors: list[Json] = json.loads(cors_file.read_text())
        self.sessions: dict[str, Session] = {}
        super().__init__(("127.0.0.1", port), handler or Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Keep quiet about visitors who leave before their answer is whole."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: StandIn
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    # ---- the frame -----------------------------------------------------------------------------

    def version_string(self) -> str:
        return NAME

    def log_message(self, *args: object) -> None:
        """Requests are not worth a line each."""

    def answer(self) -> None:
        """Read the whole request, find its route, and answer."""
        url = urlsplit(self.path)
        self.query = {key: values[-1] for key, values in parse_qs(url.query).items()}
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length)
        if len(self.body) < length:  # the visitor left in the middle of a word
            self.close_connection = True
            return
        method = "GET" if self.command == "HEAD" else self.command
        try:
            for route_method, pattern, route in self.ROUTES:
                found = re.fullmatch(pattern, url.path) if route_method == method else None
                if found:
                    route(self, *map(unquote, found.groups()))
                    return
            raise RefusalError(HTTPStatus.NOT_IMPLEMENTED, f"The stand-in has no {method} {url.path}.")
        except RefusalError as refusal:
            self.send_json(
                {"error": {"code": int(refusal.status), "message": refusal.message}},
                refusal.status,
            )
        except (ValueError, KeyError, OSError) as error:
            if isinstance(error, ConnectionError):
                raise
            message = f"{type(error).__name__}: {error}"
            self.send_json({"error": {"code": 400, "message": message}}, HTTPStatus.BAD_REQUEST)

    # The names that http.server calls.
    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer  # noqa: N815

    def send(self, body: bytes, headers: dict[str, str], status: int = HTTPStatus.OK) -> None:
        """Send an answer with the headers that every answer has."""
        self.send_response(status)
        for name, value in (headers | self.cors_headers()).items():
            self.send_header(name, value)
        if status not in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def send_json(self, value: Json, status: int = HTTPStatus.OK) -> None:
        headers = {"Content-Type": "application/json; charset=UTF-8", "Cache-Control": "no-cache"}
        self.send(json.dumps(value, indent=2).encode() + b"\n", headers, status)

    def cors_headers(self) -> dict[str, str]:
        """What storage-cors.json grants to the page that asks."""
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

    def preflight(self, *_: str) -> None:
        self.send(b"", {}, HTTPStatus.NO_CONTENT)

    def about(self) -> None:
        self.send(f"{NAME}\n".encode(), {"Content-Type": "text/plain; charset=utf-8"})

    # ---- the Cloud Storage JSON API ------------------------------------------------------------

    def find(self, bucket: str, name: str) -> Stored:
        stored = self.server.objects.get(bucket, name)
        generation = self.query.get("generation")
        if not stored or generation not in (None, stored.metadata["generation"]):
            raise _no_such_object(bucket, name)
        Wanted.of(self.query).check(stored)
        return stored

    def resource(self, stored: Stored) -> Json:
        metadata = stored.metadata
        path = f"/storage/v1/b/{quote(metadata['bucket'])}/o/{quote(metadata['name'], safe='')}"
        media = f"/download{path}?generation={metadata['generation']}&alt=media"
        url = f"http://{self.headers['Host']}"
        return metadata | {"selfLink": url + path, "mediaLink": url + media}

    def get_object(self, bucket: str, name: str) -> None:
        stored = self.find(bucket, name)
        if self.query.get("alt") == "media":
            self.send_media(stored)
        else:
            self.send_json(self.resource(stored))

    def send_media(self, stored: Stored) -> None:
        metadata, data = stored.metadata, stored.data
        headers = {
            "Content-Type": metadata["contentType"],
            "Cache-Control": metadata.get("cacheControl", "public, max-age=3600"),
            "ETag": f'"{metadata["etag"]}"',
            "Accept-Ranges": "bytes",
            "X-Content-Type-Options": "nosniff",
            "X-Goog-Generation": metadata["generation"],
            "X-Goog-Metageneration": metadata["metageneration"],
            "X-Goog-Hash": f"crc32c={metadata['crc32c']},md5={metadata['md5Hash']}",
            "X-Goog-Stored-Content-Length": metadata["size"],
            "X-Goog-Storage-Class": metadata["storageClass"],
        }
        part = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if self.headers.get("If-None-Match") == headers["ETag"]:
            self.send(b"", headers, HTTPStatus.NOT_MODIFIED)
        elif part and int(part[1]) < len(data):
            piece = data[int(part[1]) : int(part[2] or len(data)) + 1]
            last = int(part[1]) + len(piece) - 1
            headers["Content-Range"] = f"bytes {part[1]}-{last}/{len(data)}"
            self.send(piece, headers, HTTPStatus.PARTIAL_CONTENT)
        else:
            self.send(data, headers)

    def list_objects(self, bucket: str) -> None:
        self.send_json(self.listing(bucket, self.query.get("prefix", "")))

    def listing(self, bucket: str, prefix: str) -> Json:
        """A page of the objects and, with a delimiter, of the folders under `prefix`."""
        delimiter = self.query.get("delimiter")
        entries: dict[str, Json | None] = {}
        for stored in self.server.objects.all(bucket):
            name = stored.metadata["name"]
            if name.startswith(prefix):
                end = name.find(delimiter, len(prefix)) if delimiter else -1
                if delimiter and end >= 0:
                    entries[name[: end + len(delimiter)]] = None
                else:
                    entries[name] = self.resource(stored)
        names = [name for name in entries if name > self.query.get("pageToken", "")]
        limit = int(self.query.get("maxResults", 1000))
        page: Json = {
            "kind": "storage#objects",
            "items": [entries[name] for name in names[:limit] if entries[name]],
            "prefixes": [name for name in names[:limit] if not entries[name]],
        }
        if len(names) > limit:
            page["nextPageToken"] = names[limit - 1]
        return page

    def patch_object(self, bucket: str, name: str) -> None:
        wanted = Wanted.of(self.query)
        self.send_json(self.resource(self.server.objects.patch(bucket, name, json.loads(self.body), wanted)))

    def delete_object(self, bucket: str, name: str) -> None:
        self.server.objects.delete(bucket, name, Wanted.of(self.query))
        self.send(b"", {}, HTTPStatus.NO_CONTENT)

    def upload(self, bucket: str) -> None:
        kind = self.query["uploadType"]
        if kind == "multipart":
            given, data = _parts(self.headers["Content-Type"], self.body)
            self.store(bucket, given.pop("name"), data, given, Wanted.of(self.query))
        elif kind == "resumable":
            given = json.loads(self.body or b"{}")
            given.setdefault("contentType", self.headers.get("X-Upload-Content-Type"))
            name = given.pop("name", None) or self.query["name"]
            key = secrets.token_urlsafe(16)
            wanted = Wanted.of(self.query)
            self.server.sessions[key] = Session(bucket, name, given, wanted, bytearray())
            path = f"/upload/storage/v1/b/{quote(bucket)}/o?uploadType=resumable&upload_id={key}"
            self.send(b"", {"Location": f"http://{self.headers['Host']}{path}"})
        else:
            given = {"contentType": self.headers.get("Content-Type")}
            self.store(bucket, self.query["name"], self.body, given, Wanted.of(self.query))

    def resume(self, _: str) -> None:
        session = self.server.sessions.get(self.query["upload_id"])
        if not session:
            raise RefusalError(HTTPStatus.NOT_FOUND, "No such upload.")
        pattern = r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)"
        piece = re.fullmatch(pattern, self.headers.get("Content-Range", "bytes 0-0/*"))
        if not piece or int(piece[1] or 0) > len(session.data):
            raise RefusalError(HTTPStatus.BAD_REQUEST, "That piece does not follow the last one.")
        if piece[1]:
            session.data[int(piece[1]) :] = self.body
        whole = "Content-Range" not in self.headers or piece[2] == str(len(session.data))
        if not whole:
            received = {"Range": f"bytes=0-{len(session.data) - 1}"} if session.data else {}
            self.send(b"", received, HTTPStatus.PERMANENT_REDIRECT)
            return
        for kind, name in (("crc32c", "crc32c"), ("md5", "md5Hash")):
            if found := re.search(rf"{kind}=([\w+/]+=*)", self.headers.get("X-Goog-Hash", "")):
                session.given.setdefault(name, found[1])
        data = bytes(session.data)
        self.store(session.bucket, session.name, data, session.given, session.wanted)
        del self.server.sessions[self.query["upload_id"]]

    def store(self, bucket: str, name: str, data: bytes, given: Json, wanted: Wanted) -> None:
        """Keep an upload that has arrived whole."""
        self.send_json(self.resource(self.server.objects.put(bucket, name, data, given, wanted)))

    # ---- Firebase's route, which the rules govern ----------------------------------------------

    def demand(self, method: str, bucket: str, path: str) -> None:
        if not self.server.rules.allows(method, bucket, path):
            message = f"Permission denied. No {method.upper()} permission."
            raise RefusalError(HTTPStatus.FORBIDDEN, message)

    def firebase_get(self, bucket: str, name: str) -> None:
        self.demand("get", bucket, name)
        self.get_object(bucket, name)

    def firebase_list(self, bucket: str) -> None:
        prefix = self.query.get("prefix", "")
        self.demand("list", bucket, prefix)
        page = self.listing(bucket, prefix)
        page["items"] = [{"name": item["name"], "bucket": bucket} for item in page["items"]]
        self.send_json(page)

    def firebase_upload(self, bucket: str, name: str | None = None) -> None:
        name = name or self.query["name"]
        there = self.server.objects.get(bucket, name)
        self.demand("update" if there else "create", bucket, name)
        content_type = self.headers.get("Content-Type", "")
        if content_type.startswith("multipart/related"):
            given, data = _parts(content_type, self.body)
            given.pop("name", None)
        else:
            given, data = {"contentType": content_type or None}, self.body
        self.store(bucket, name, data, given, Wanted())

    def firebase_patch(self, bucket: str, name: str) -> None:
        self.demand("update", bucket, name)
        self.patch_object(bucket, name)

    def firebase_delete(self, bucket: str, name: str) -> None:
        self.demand("delete", bucket, name)
        self.delete_object(bucket, name)

    def set_rules(self) -> None:
        """What @firebase/rules-unit-testing asks of Firebase's emulator: test these rules."""
        [file] = json.loads(self.body)["rules"]["files"]
        self.server.rules = rules.parse(file["content"])
        self.send_json({"message": "Rules updated successfully"})

    ROUTES: ClassVar[list[tuple[str, str, Callable[..., None]]]] = [
        ("GET", "/", about),
        ("GET", "/storage/v1/b/([^/]+)/o", list_objects),
        ("GET", "(?:/download)?/storage/v1/b/([^/]+)/o/([^/]+)", get_object),
        ("PATCH", "/storage/v1/b/([^/]+)/o/([^/]+)", patch_object),
        ("DELETE", "/storage/v1/b/([^/]+)/o/([^/]+)", delete_object),
        ("POST", "/upload/storage/v1/b/([^/]+)/o", upload),
        ("PUT", "/upload/storage/v1/b/([^/]+)/o", resume),
        ("OPTIONS", "/v0/.*", preflight),
        ("GET", "/v0/b/([^/]+)/o", firebase_list),
        ("GET", "/v0/b/([^/]+)/o/([^/]+)", firebase_get),
        ("POST", "/v0/b/([^/]+)/o", firebase_upload),
        ("POST", "/v0/b/([^/]+)/o/([^/]+)", firebase_upload),
        ("PATCH", "/v0/b/([^/]+)/o/([^/]+)", firebase_patch),
        ("DELETE", "/v0/b/([^/]+)/o/([^/]+)", firebase_delete),
        ("PUT", "/internal/setRules", set_rules),
    ]


def _parts(content_type: str, body: bytes) -> tuple[Json, bytes]:
    """The metadata and the bytes of a multipart/related upload."""
    boundary = re.search(r"boundary=\"?([^\";]+)", content_type)
    if not boundary:
        raise ValueError("the upload's content type names no boundary")
    delimiter = b"--" + boundary[1].encode()
    _, first, second = body.split(delimiter, 2)
    given: Json = json.loads(first.split(b"\r\n\r\n", 1)[1])
    head, rest = second.split(b"\r\n\r\n", 1)
    named = re.search(rb"(?i)content-type: *([^\r\n]+)", head)
    if named:
        given.setdefault("contentType", named[1].decode())
    return given, rest[: rest.rindex(b"\r\n" + delimiter)]


@contextmanager
def serving(folder: Path, port: int = 0, **options: Any) -> Iterator[StandIn]:
    """A stand-in that runs in a thread for as long as the block lasts; port 0 takes a free one."""
    server = StandIn(folder, port, **options)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def main() -> int:
    """Run the stand-in until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m ml.firebase.fake.server", description=__doc__)
    parser.add_argument("--port", type=whole(0, 65535), default=PORT)
    parser.add_argument("--dir", type=Path, default=ROOT / ".local" / "storage")
    arguments = parser.parse_args()
    try:
        server = StandIn(arguments.dir, arguments.port)
    except rules.RulesError as error:
        print(f"The stand-in does not start on rules that it cannot read: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"Port {arguments.port} cannot be opened: {error.strerror}.", file=sys.stderr)
        return 1
    print(f"Storage STAND-IN (not Firebase's emulator) at {server.url}, objects in {arguments.dir}")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print("\nStopped; the objects are kept.")
    finally:
        server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
