"""A release as files: read it from a folder or from Storage, and verify every byte of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydantic import ConfigDict, Field

from ml.documents import Document, parse_document
from ml.errors import PublishError
from ml.files import ROOT, sha256
from ml.release.manifest import (
    MANIFEST_FILE,
    MAX_FILE_BYTES,
    MODEL_FILE,
    REPORT_FILE,
    Manifest,
    parse_manifest,
    release_prefix,
)
from ml.release.report import Report, parse_report
from ml.runs import RELEASE_FOLDER

BUNDLED = ROOT / "frontend" / "public" / "model"  # the release that is part of the repository

IMMUTABLE = "public, max-age=31536000, immutable"
NO_CACHE = "no-cache"


@dataclass(frozen=True)
class ReleaseObject:
    """An object of a release in Storage, or the pointer to one."""

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
    """A verified release: every file has the size and hash that the manifest states."""

    manifest: Manifest
    report: Report | None  # older releases have none
    objects: tuple[ReleaseObject, ...]  # the manifest last: when it is stored, the other files are, too

    @property
    def id(self) -> str:
        """Release id, a hash of the contents."""
        return self.manifest.release

    @property
    def bytes(self) -> int:
        """Size of all objects together."""
        return sum(len(item.data) for item in self.objects)


class _Part(Document):
    """A part of `model.json`, which TensorFlow.js defines. Unknown keys are ignored."""

    model_config = ConfigDict(extra="ignore")


class _WeightGroup(_Part):
    paths: tuple[str, ...]


class _Node(_Part):
    name: str


class _Topology(_Part):
    node: tuple[_Node, ...]


class _GraphModel(_Part):
    topology: _Topology = Field(alias="modelTopology")
    weights_manifest: tuple[_WeightGroup, ...] = Field(alias="weightsManifest")


def assemble(manifest_data: bytes, fetch: Callable[[str, int], bytes | None]) -> Release:
    """Verify the files of a release.

    Args:
        manifest_data: The bytes of `manifest.json`.
        fetch: Returns the bytes of a file, given its name and expected size; None if it does not exist.

    Raises:
        PublishError: The manifest or the report is invalid, or a file is missing or differs from the manifest.
    """
    manifest = parse_manifest(manifest_data)
    prefix = release_prefix(manifest.release)
    files: dict[str, bytes] = {}
    for file in manifest.files:
        data = fetch(file.path, file.bytes)
        if data is None:
            raise PublishError(f"{file.path} is missing from release {manifest.release}.")
        if len(data) != file.bytes:
            raise PublishError(f"{file.path} has {len(data)} bytes; its manifest states {file.bytes}.")
        if sha256(data) != file.sha256:
            raise PublishError(f"{file.path} is not the file that its manifest names: SHA-256 differs.")
        files[file.path] = data
    _check_model(manifest, files)
    objects = [
        ReleaseObject(prefix + name, data, content_type(name), IMMUTABLE)
        for name, data in {**files, MANIFEST_FILE: manifest_data}.items()
    ]
    report = parse_report(files[REPORT_FILE]) if REPORT_FILE in files else None
    return Release(manifest, report, tuple(objects))


def _check_model(manifest: Manifest, files: dict[str, bytes]) -> None:
    """Check that the release contains every weight file of `model.json`, and its graph the nodes of the manifest."""
    model = parse_document(_GraphModel, files[MODEL_FILE], MODEL_FILE, PublishError, limit=MAX_FILE_BYTES)
    missing = {path for group in model.weights_manifest for path in group.paths} - set(files)
    if missing:
        raise PublishError(f"{MODEL_FILE} lists weight files that the release lacks: {', '.join(sorted(missing))}.")
    nodes = {node.name for node in model.topology.node}
    unknown = {manifest.input.name, *manifest.outputs.model_dump().values()} - nodes
    if unknown:
        names = ", ".join(sorted(unknown))
        raise PublishError(
            f"{MANIFEST_FILE} names nodes that {MODEL_FILE} does not have: {names}. Convert the run again."
        )


def content_type(name: str) -> str:
    """Return the content type of a file of a release."""
    return "application/json" if name.endswith(".json") else "application/octet-stream"


def read_release(path: Path) -> Release:
    """Read a release from its folder and verify every byte of it.

    Raises:
        PublishError: The folder contains no release, or an incomplete or damaged one.
    """

    def fetch(name: str, size: int) -> bytes | None:
        file = path / name
        if not file.is_file():
            return None
        if file.stat().st_size != size:  # checked first, so that a large wrong file is not read
            raise PublishError(f"{file} has {file.stat().st_size} bytes; its manifest states {size}.")
        return file.read_bytes()

    try:
        return assemble((path / MANIFEST_FILE).read_bytes(), fetch)
    except OSError as error:
        if (path / RELEASE_FOLDER / MANIFEST_FILE).is_file():
            raise PublishError(f"{path} is a run. Name its release: {path / RELEASE_FOLDER}.") from error
        raise PublishError(
            f"There is no release in {path}. Make one with `nox -s train convert`, or name its folder with --release."
        ) from error
