"""The commands `deploy` and `release …` against the fake server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ml.cli import main as cli
from ml.cli import release as release_commands
from ml.files import ROOT
from ml.firebase import publish
from ml.firebase.fake.server import FakeServer
from ml.firebase.target import Target
from ml.release.pointer import POINTER
from ml.release.signing import parse_public_key
from ml.release.verify import Release, read_release
from tests.releases import free_port, make_release

BUCKET = "demo-digits.firebasestorage.app"
Command = Callable[..., str]
Publisher = Callable[..., Release]


@pytest.fixture
def release(tmp_path: Path) -> Publisher:
    """Return a function that makes the release of a seed in `release-SEED`."""
    return lambda seed, **changes: read_release(make_release(tmp_path / f"release-{seed}", seed, **changes))


@pytest.fixture
def command(server: FakeServer, capsys: pytest.CaptureFixture[str]) -> Command:
    """Return a function that runs a command and returns its output: standard output, or standard error if it fails."""

    def run(*arguments: str, code: int = 0) -> str:
        capsys.readouterr()
        assert cli.main(list(arguments)) == code
        printed = capsys.readouterr()
        return printed.err if code else printed.out

    return run


def test_json_output_is_complete(command: Command, server: FakeServer, release: Publisher, tmp_path: Path) -> None:
    first, second = release(1), release(2)
    base_url = Target("demo-digits", BUCKET, server.url).base_url

    def answer(*arguments: str) -> Any:
        return json.loads(command(*arguments, "--json"))

    config = tmp_path / "config.json"
    for seed in (1, 2):
        deployed = answer("deploy", "--release", f"{tmp_path}/release-{seed}", "--site-config", str(config))
        assert deployed["storage"] == base_url
    [key] = json.loads(config.read_text()).pop("keys")
    current = server.objects.get(BUCKET, POINTER)
    assert current
    version = json.loads(current.data)["version"]
    assert json.loads(config.read_text()) == {"storage": base_url, "keys": [key], "version": version}
    assert deployed["signed_by"] == parse_public_key(key).id
    assert [entry["release"] for entry in answer("release", "list")] == [second.id, first.id]
    assert answer("release", "show") == second.manifest.to_json()
    assert answer("release", "show", first.id) == first.manifest.to_json()
    assert answer("release", "verify")["release"] == second.id
    assert answer("release", "verify", first.id)["objects"] == 4
    assert answer("release", "rollback") == {"release": first.id, "previous": second.id}
    assert answer("release", "prune", "--keep", "1") == {"deleted": []}


def test_text_output_names_the_results(command: Command, release: Publisher, tmp_path: Path) -> None:
    new = release(1)
    assert "There is no release" in command("release", "list")
    printed = command("deploy", "--release", f"{tmp_path}/release-1", "--site-config", f"{tmp_path}/config.json")
    assert "4 objects uploaded and verified" in printed
    assert f"switched from nothing to {new.id}" in printed
    assert "← current" in command("release", "list")
    assert "accuracy: 0.9900" in command("release", "show")
    assert "is complete: 4 objects" in command("release", "verify")


def test_commands_reach_a_local_storage_without_the_proxy(
    command: Command, release: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release(1)
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "")
    command("deploy", "--release", f"{tmp_path}/release-1", "--site-config", f"{tmp_path}/config.json")
    command("release", "verify")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_output_fits_the_console(command: Command, release: Publisher, tmp_path: Path, encoding: str) -> None:
    release(1)
    command("deploy", "--release", f"{tmp_path}/release-1", "--site-config", f"{tmp_path}/config.json")
    environ = {**os.environ, "PYTHONIOENCODING": encoding}
    listing = [sys.executable, "-m", "ml", "release", "list"]
    done = subprocess.run(listing, cwd=ROOT, env=environ, capture_output=True, check=True)
    assert done.stdout.decode(encoding).rstrip().endswith("← current" if encoding == "utf-8" else "<- current")


def test_dry_run_does_not_write_the_site_config(command: Command, release: Publisher, tmp_path: Path) -> None:
    release(1)
    config = tmp_path / "config.json"
    arguments = ("deploy", "--release", f"{tmp_path}/release-1", "--site-config", str(config), "--dry-run")
    assert "would be uploaded" in command(*arguments)
    assert not config.exists()


def test_run_is_no_release(command: Command, release: Publisher, tmp_path: Path) -> None:
    release(1)
    folder = (tmp_path / "release-1").rename(tmp_path / "release")
    arguments = ("deploy", "--release", str(tmp_path), "--site-config", f"{tmp_path}/config.json")
    assert f"{tmp_path} is a run. Name its release: {folder}." in command(*arguments, code=1)


@pytest.mark.parametrize("config", ["nowhere/config.json", "."])
def test_unwritable_site_config_is_reported_before_publishing(
    command: Command, release: Publisher, server: FakeServer, tmp_path: Path, config: str
) -> None:
    release(1)
    printed = command("deploy", "--release", f"{tmp_path}/release-1", "--site-config", str(tmp_path / config), code=1)
    assert "--site-config" in printed
    assert server.objects.all(BUCKET) == []


def test_real_deploy_needs_a_built_site_before_publishing(
    release: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    release(1)
    monkeypatch.setattr(release_commands, "SITE", tmp_path / "not-built")
    monkeypatch.setattr(publish, "publish", lambda *_, **__: pytest.fail("it published"))
    assert cli.main(["deploy", "--project", "real", "--release", str(tmp_path / "release-1")]) == 1
    assert "nox -s site" in capsys.readouterr().err


def test_compare_prints_a_table(command: Command, release: Publisher, tmp_path: Path) -> None:
    new = release(1, metrics={"accuracy": 0.995, "weighted_f1": 0.99, "ink": 0.95})
    old = release(2)
    printed = command("release", "compare", "--release", f"{tmp_path}/release-1", "--with", f"{tmp_path}/release-2")
    assert f"| | {new.id} | {old.id} | change |" in printed
    assert "| accuracy | 0.9950 | 0.9900 | +0.0050 |" in printed
    assert "| ink | 0.9500 |  |  |" in printed
