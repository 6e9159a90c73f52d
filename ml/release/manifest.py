"""A release as bytes: what it consists of, whether it is whole, and where each part lies in Storage.

Everything here is pure but `read_release`, which reads a folder; docs/architecture.md describes
the layout, and ml/release/manifest.schema.json the manifest.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

from ml.errors import PublishError
from ml.files import canonical_json, sha256

BUNDLED = Path("frontend/public/model")  # the one that the repository brings

SCHEMA = 1
POINTER = "models/current.json"
FOREVER = "public, max-age=31536000, immutable"
NEVER = "no-cache"
WORSE = 0.002  # how far accuracy may fall below the running release's

Json = dict[str, Any]


@dataclass(frozen=True)
class Object:
    """One object as Storage should hold it."""

    name: str
    data: bytes
    content_type: str
    cache_control: str

    @property
    def sha256(self) -> str:
        """Hexadecimal SHA-256 of the bytes."""
        return sha256(self.data)


@dataclass(frozen=True)
class Release:
    """A release that was found whole: every byte is the one that its manifest names."""

    manifest: Json
    objects: tuple[Object, ...]  # the manifest last, so that whoever finds it finds the rest

    @property
    def id(self) -> str:
        """The release id, which stands for the bytes."""
        return str(self.manifest["release"])

    @property
    def bytes(self) -> int:
        """Size of all objects together."""
        return sum(len(item.data) for item in self.objects)

    @property
    def pointer(self) -> Object:
        """models/current.json when this release is the current one."""
        manifest = self.objects[-1]
        value = {
            "schema": SCHEMA,
            "release": self.id,
            "manifest": {
                "path": manifest.name,
                "bytes": len(manifest.data),
                "sha256": manifest.sha256,
            },
        }
        return Object(POINTER, json.dumps(value).encode() + b"\n", "application/json", NEVER)


@dataclass(frozen=True)
class Pointer:
    """What models/current.json says."""

    release: str
    manifest_bytes: int
    manifest_sha256: str


def release_id(manifest: Json) -> str:
    """The id that a manifest's content gives: 16 hex digits over its canonical JSON."""
    content = {key: value for key, value in manifest.items() if key != "release"}
    return sha256(canonical_json(content))[:16]


def folder(release: str) -> str:
    """Where a release lies in Storage, with the closing slash."""
    return f"models/{release}/"


def parse_pointer(data: bytes) -> Pointer:
    """Read models/current.json.

    Raises:
        PublishError: It is not a pointer of a schema known here, or points out of its folder.
    """
    try:
        value = json.loads(data)
        schema, release = value["schema"], value["release"]
        path, size, digest = (value["manifest"][key] for key in ("path", "bytes", "sha256"))
    except (ValueError, KeyError, TypeError) as error:
        raise PublishError(f"{POINTER} is not a pointer to a release.") from error
    if schema != SCHEMA:
        raise PublishError(f"{POINTER} has schema {schema}; this program knows {SCHEMA}.")
    if not (isinstance(release, str) and re.fullmatch("[0-9a-f]{16}", release)):
        raise PublishError(f"{POINTER} names no release id: {release!r}.")
    if path != f"{folder(release)}manifest.json":
        raise PublishError(f"{POINTER} points outside its release: {path!r}.")
    return Pointer(release, size, digest)


def parse_manifest(data: bytes) -> Json:
    """Read a manifest and hold it against its schema and its own id.

    Raises:
        PublishError: It is no manifest, of another schema, or changed after it was made.
    """
    try:
        manifest = json.loads(data)
    except ValueError as error:
        raise PublishError(f"manifest.json is not JSON: {error}.") from error
    schema = manifest.get("schema") if isinstance(manifest, dict) else None
    if isinstance(schema, int) and schema > SCHEMA:
        raise PublishError(f"manifest.json has schema {schema}, and this program knows {SCHEMA}: update it.")
    problem = jsonschema.exceptions.best_match(_validator().iter_errors(manifest))
    if problem:
        message = problem.message if len(problem.message) < 200 else "it does not fit the schema"
        raise PublishError(f"manifest.json, {problem.json_path}: {message}.")
    if manifest["release"] != release_id(manifest):
        raise PublishError(
            f"manifest.json calls itself {manifest['release']}, but its content is "
            f"{release_id(manifest)}: it was changed after it was made; convert the run again."
        )
    return dict(manifest)


@cache
def _validator() -> jsonschema.Draft202012Validator:
    schema = json.loads(Path(__file__).with_name("manifest.schema.json").read_text())
    return jsonschema.Draft202012Validator(schema)


def assemble(manifest_data: bytes, fetch: Callable[[str, int], bytes | None]) -> Release:
    """Put a release together from its manifest and its files, each checked against it.

    Args:
        manifest_data: The bytes of manifest.json.
        fetch: Gets a file by its name and announced size; None when there is none.

    Raises:
        PublishError: The manifest is not right, or a file is missing or not the one it names.
    """
    manifest = parse_manifest(manifest_data)
    home = folder(manifest["release"])
    objects = []
    for entry in manifest["files"]:
        name = entry["path"]
        data = fetch(name, entry["bytes"])
        if data is None:
            raise PublishError(f"{name} is missing from release {manifest['release']}.")
        if len(data) != entry["bytes"]:
            raise PublishError(f"{name} has {len(data)} bytes; its manifest says {entry['bytes']}.")
        if sha256(data) != entry["sha256"]:
            raise PublishError(f"{name} is not the file that its manifest names: SHA-256 differs.")
        objects.append(Object(home + name, data, content_type(name), FOREVER))
    _check_shards(manifest, objects)
    objects.append(Object(home + "manifest.json", manifest_data, "application/json", FOREVER))
    return Release(manifest, tuple(objects))


def _check_shards(manifest: Json, objects: list[Object]) -> None:
    """See that every shard that model.json asks for is in the manifest."""
    named = {entry["path"] for entry in manifest["files"]}
    [model] = (item.data for item in objects if item.name.endswith("/model.json"))
    try:
        groups = json.loads(model)["weightsManifest"]
        wanted = {path for group in groups for path in group["paths"]}
    except (ValueError, KeyError, TypeError) as error:
        raise PublishError("model.json is not a TensorFlow.js model.") from error
    if not wanted <= named:
        missing = ", ".join(sorted(wanted - named))
        raise PublishError(f"model.json asks for shards that the manifest lacks: {missing}.")


def content_type(name: str) -> str:
    """The content type to serve a release's file with."""
    return "application/json" if name.endswith(".json") else "application/octet-stream"


def read_release(path: Path) -> Release:
    """Read a release from its folder and check every byte of it.

    Raises:
        PublishError: There is none, or it is not whole.
    """

    def fetch(name: str, size: int) -> bytes | None:
        file = path / name
        if not file.is_file():
            return None
        if file.stat().st_size != size:  # a file of any size must not be read just to be refused
            raise PublishError(f"{file} has {file.stat().st_size} bytes; its manifest says {size}.")
        return file.read_bytes()

    try:
        return assemble((path / "manifest.json").read_bytes(), fetch)
    except OSError as error:
        raise PublishError(
            f"There is no release in {path}: make one with `nox -s train convert`, or name its folder by --release."
        ) from error


def unfit_data(manifest: Json) -> str | None:
    """What keeps a release from the public for good, if anything does: it never saw the digits that it is to read."""
    dataset = manifest["dataset"]
    if dataset["fallback"]:
        return (
            "it was trained on scikit-learn's 8x8 digits, the stand-in for data that could not be had; train again "
            "with the real data within reach"
        )
    return None


def regression(manifest: Json, current: Json | None) -> str | None:
    """What speaks against replacing the release that runs now, if one does: it is clearly better.

    What is added to a dataset (mnist+strokes) trains more; the test set is that of the first one (mnist).
    """
    if not current or current["dataset"]["name"].split("+")[0] != manifest["dataset"]["name"].split("+")[0]:
        return None
    new, old = manifest["metrics"]["accuracy"], current["metrics"]["accuracy"]
    if new >= old - WORSE:
        return None
    return f"its accuracy is {new:.2%}, and that of the running release {current['release']} is {old:.2%}"
