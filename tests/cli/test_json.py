"""With `--json`, standard output is one JSON value, whatever happens."""

from __future__ import annotations

import argparse
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ml.cli import main as cli
from ml.cli import presets
from ml.cli.output import print_result
from ml.errors import PublishError
from ml.files import ROOT
from ml.firebase.fake.server import serving
from tests.releases import make_release

# Arguments with which a command can run. Commands that are not listed need none.
ARGUMENTS = {
    "deploy": ["--release", "RELEASE", "--site-config", "CONFIG"],
    "release prune": ["--keep", "1"],
    "release attach": ["0", "none"],
    "benchmark": ["--data-dir", "EMPTY"],  # with data, it takes minutes
}


def json_commands(parser: argparse.ArgumentParser, *names: str) -> Iterator[str]:
    """Yield each command that has the option `--json`."""
    for action in parser._actions:
        if "--json" in action.option_strings:
            yield " ".join(names)
        for name, command in (action.choices or {}).items() if isinstance(action.choices, dict) else ():
            yield from json_commands(command, *names, name)


COMMANDS = list(json_commands(cli.command_parser()))


def run(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    """Return the exit code and the parsed output of a command."""
    code = cli.main([*arguments, "--json"])
    return code, json.loads(capfd.readouterr().out)


def test_commands_are_found() -> None:
    assert {"deploy", "doctor", "presets", "release list", "release rollback"} <= set(COMMANDS)


@pytest.mark.parametrize("published", [0, 1, 2])
@pytest.mark.parametrize("name", COMMANDS)
def test_output_is_one_json_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], name: str, published: int
) -> None:
    """Whether the command succeeds depends on the number of published releases."""
    with serving(tmp_path / "storage") as server:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", server.url)
        for seed in range(published):
            folder, config = make_release(tmp_path / f"release-{seed}", seed), tmp_path / "config.json"
            assert cli.main(["deploy", "--release", str(folder), "--site-config", str(config)]) == 0
        capfd.readouterr()
        (tmp_path / "empty").mkdir()
        paths = {"RELEASE": "release-0", "CONFIG": "config.json", "EMPTY": "empty"}
        values = {word: str(tmp_path / path) for word, path in paths.items()}
        arguments = [values.get(argument, argument) for argument in ARGUMENTS.get(name, [])]
        code, value = run(capfd, *name.split(), *arguments)
    assert ("error" in value) == (code == 1) or name == "doctor"


def noise(code: int) -> Any:
    """Return a command that writes to standard output in every way, before and after its result."""

    def command(options: argparse.Namespace) -> int:
        for _ in range(2):
            print("printed")
            logging.getLogger("noise").warning("logged")
            os.write(1, b"native\n")
            subprocess.run([sys.executable, "-c", "print('child')"], check=True)
            print_result(options, {"value": 1})
        if code == 1:
            raise PublishError("failed")
        if code == 130:
            raise KeyboardInterrupt
        return code

    return command


@pytest.mark.parametrize(
    ("code", "value"),
    [
        (0, {"value": 1}),
        (3, {"value": 1}),
        (1, {"error": "failed"}),
        (130, {"error": "Stopped. Run the same command again to continue."}),
    ],
)
def test_everything_else_goes_to_standard_error(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], code: int, value: Any
) -> None:
    monkeypatch.setattr(presets, "_presets", noise(code))
    assert cli.main(["presets", "--json"]) == code
    printed = capfd.readouterr()
    assert json.loads(printed.out) == value
    for word in ("printed", "native", "child"):
        assert printed.err.count(word) == 2
    print("still there")
    assert capfd.readouterr().out == "still there\n"


INTERRUPTED = """
import runpy, sys
class Interrupt:
    def find_spec(self, name, *_):
        if name == "ml.cli.main":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupt())
sys.argv = ["ml", "release", "list", *sys.argv[1:]]
runpy.run_module("ml", run_name="__main__")
"""


@pytest.mark.parametrize("options", [[], ["--json"]], ids=["text", "json"])
def test_interrupt_during_the_imports_is_no_traceback(options: list[str]) -> None:
    process = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, *options], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert process.returncode == 130
    assert process.stderr == "Stopped.\n"
    assert process.stdout == ('{"error": "Stopped."}\n' if options else "")
