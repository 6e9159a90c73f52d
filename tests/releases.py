"""Small valid releases without a network, for tests of publishing."""

from __future__ import annotations

import hashlib
import json
import socket
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

from ml.release.manifest import release_id

SHARDS = ("group1-shard1of2.bin", "group1-shard2of2.bin")


def make_release(folder: Path, seed: int = 0, **changes: Any) -> Path:
    """Write a release into `folder`; the bytes depend on the seed, and `changes` replace keys of the manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    model = {
        "format": "graph-model",
        "modelTopology": {"node": [{"name": name} for name in ("image", "Identity", "Identity_1")]},
        "weightsManifest": [{"paths": list(SHARDS), "weights": []}],
        "seed": seed,
    }
    files = {
        "model.json": json.dumps(model).encode(),
        # Line ends and bytes like a boundary, which a wrong multipart parser would change.
        SHARDS[0]: bytes(range(256)) * 40 + b"\r\n--==0==\r\n" + bytes([seed]),
        SHARDS[1]: b"\n\r\n" + bytes([255 - seed]) * 3000,
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    write_manifest(folder, manifest_of(files, **changes))
    return folder


def manifest_of(files: dict[str, bytes], **changes: Any) -> dict[str, Any]:
    manifest: dict[str, Any] = {
        "schema": 1,
        "created": "2026-01-02T03:04:05Z",
        "source": {"commit": None, "dirty": False},
        "experiment": {"name": "quick", "seed": 0, "parameters": 1000},
        "dataset": {
            "name": "mnist",
            "train": 55000,
            "validation": 5000,
            "test": 10000,
            "split": "stratified",
            "fallback": False,
        },
        "metrics": {"accuracy": 0.99, "weighted_f1": 0.99},
        "input": {"name": "image", "shape": [-1, 28, 28, 1], "range": [0, 255]},
        "outputs": {"logits": "Identity", "probabilities": "Identity_1"},
        "calibration": {"temperature": 1.0, "rejection_threshold": 0.5},
        "weights": "float32",
        "files": [
            {"path": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            for name, data in files.items()
        ],
    }
    return manifest | changes


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Write manifest.json with the id of its content."""
    manifest = {**manifest, "release": release_id(manifest)}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2))


def load(storage: str) -> str:
    """Load the current release as the site does, from the base URL `storage`, and return its id.

    Raises:
        AssertionError: The objects are not one complete release.
    """

    with requests.Session() as session:

        def get(name: str) -> bytes:
            response = session.get(f"{storage}/{quote(name, safe='')}?alt=media", timeout=10)
            assert response.status_code == 200, f"{name}: {response.status_code}"
            return response.content

        pointer = json.loads(get("models/current.json"))
        data = get(pointer["manifest"]["path"])
        assert hashlib.sha256(data).hexdigest() == pointer["manifest"]["sha256"]
        manifest = json.loads(data)
        assert manifest["release"] == pointer["release"]
        for file in manifest["files"]:
            content = get(f"models/{pointer['release']}/{file['path']}")
            assert hashlib.sha256(content).hexdigest() == file["sha256"]
    return str(pointer["release"])


def free_port() -> int:
    """Return a free port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
