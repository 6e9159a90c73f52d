"""The commands in documents and workflows exist and have these options."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import pytest

from ml.cli.main import command_parser
from ml.files import ROOT

FILES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob(".github/workflows/*.yml")]

# In shell blocks, in backticks, and as `python -m ml …` anywhere.
COMMAND = re.compile(
    r"(?:^ *(?:FIREBASE_PROJECT=\w+ )?ml|`ml|\.nox/env/bin/python -m ml) (?P<arguments>[^`\n]+)", re.MULTILINE
)

VALUES = {"$DAYS": "90", "$preset": "quick"}


def documented() -> Iterator[tuple[str, str]]:
    for file in FILES:
        text = file.read_text(encoding="utf-8").replace("\\\n", " ")
        text = re.sub(r"\$\{(\w+):\+(.*?)\}", r"\2", text)  # set variables
        for found in COMMAND.finditer(text):
            arguments = re.split(r" [|>]", found["arguments"])[0].strip("[]")
            yield file.name, re.sub(r"[\[\]]", "", arguments)


@pytest.mark.parametrize(("file", "arguments"), sorted(set(documented())))
def test_command_exists(file: str, arguments: str) -> None:
    words = [VALUES.get(word, word) for word in shlex.split(arguments, comments=True)]
    if all(re.fullmatch(r"[a-z-]+", word) for word in words):  # only named
        with pytest.raises(SystemExit) as helped:
            command_parser().parse_args([*words, "--help"])
        assert helped.value.code == 0
    else:
        command_parser().parse_args(words)


def test_commands_are_found() -> None:
    found = list(documented())
    assert len(found) > 30
    assert {"deployment.md", "security.md", "deploy.yml", "renew.yml", "train.yml"} <= {file for file, _ in found}
