"""Lock files name the hash of everything that is installed, and updates of them are proposed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ml.files import ROOT

NPM_LOCKS = [Path("frontend/package-lock.json"), Path("tests/firebase/storage_rules/package-lock.json")]
PIP_LOCKS = sorted(path.relative_to(ROOT) for path in (ROOT / "requirements").glob("*.txt"))


def without_integrity(lock: dict[str, Any]) -> list[str]:
    """Return the packages that npm installs without checking their hash."""
    return [
        name
        for name, package in lock["packages"].items()
        if name and not re.fullmatch(r"sha512-[A-Za-z0-9+/]{86}==", package.get("integrity", ""))
    ]


@pytest.mark.parametrize("lock", NPM_LOCKS, ids=str)
def test_npm_checks_the_hash_of_every_package(lock: Path) -> None:
    content = json.loads((ROOT / lock).read_text())
    assert content["lockfileVersion"] == 3
    assert len(content["packages"]) > 10
    missing = without_integrity(content)
    assert not missing, "`npm view NAME@VERSION dist.integrity` prints the missing hash"


@pytest.mark.parametrize("lock", PIP_LOCKS, ids=str)
def test_pip_checks_the_hash_of_every_package(lock: Path) -> None:
    text = re.sub(r"^#.*\n", "", (ROOT / lock).read_text(), flags=re.MULTILINE)
    packages = re.split(r"\n(?=\S)", text.strip())
    assert len(packages) > 5
    for package in packages:
        assert re.match(r"[A-Za-z0-9_.-]+(\[[\w,-]+\])?==", package), f"{package.split()[0]} is not pinned"
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", package), f"{package.split()[0]} has no hash"


def test_updates_of_every_lock_file_are_proposed() -> None:
    updates = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text())["updates"]
    folders = {
        (update["package-ecosystem"], folder)
        for update in updates
        for folder in update.get("directories", [update.get("directory")])
    }
    locks = {("npm", f"/{lock.parent}") for lock in NPM_LOCKS}
    locks |= {("pip", f"/{lock.parent}") for lock in PIP_LOCKS}
    assert folders == locks | {("github-actions", "/")}
