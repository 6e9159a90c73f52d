import os
import subprocess
from pathlib import Path

import pytest

from ml.files import ROOT
from ml.firebase.fake.rules import RulesError, parse
from ml.firebase.fake.server import serving

COMMITTED = (ROOT / "storage.rules").read_text()
WRITES = ("create", "update", "delete")


def rules(body: str) -> str:
    return f"rules_version = '2';\nservice firebase.storage {{ match /b/{{bucket}}/o {{ {body} }} }}"


def test_committed_rules_allow_only_get_below_models() -> None:
    committed = parse(COMMITTED)
    for path in ("models/current.json", "models/0123456789abcdef/model.json"):
        assert committed.allows("get", "bucket", path)
        assert not any(committed.allows(method, "bucket", path) for method in ("list", *WRITES))
    for path in ("", "current.json", "model/current.json", "modelss/x", "private/models/x", "Models/x"):
        assert not any(committed.allows(method, "bucket", path) for method in ("get", "list", *WRITES))
    for prefix in ("", "models", "models/"):
        assert not committed.allows("list", "bucket", prefix)


@pytest.mark.parametrize(
    ("body", "method", "path", "allowed"),
    [
        ("match /{all=**} { allow read; }", "get", "a/b", True),
        ("match /{all=**} { allow read; }", "list", "", True),
        ("match /{all=**} { allow read: if false; }", "get", "a/b", False),
        ("match /a/{name} { allow get; }", "get", "a/b", True),
        ("match /a/{name} { allow get; }", "get", "a/b/c", False),
        ("match /a/{name} { allow get; }", "get", "a", False),
        ("match /a/{rest=**} { allow list; }", "list", "a/", True),
        ("match /a { match /b { allow write; } allow get; }", "delete", "a/b", True),
        ("match /a { match /b { allow write; } allow get; }", "get", "a/b", False),
        ("match /a { match /b { allow write; } allow get; }", "get", "a", True),
        ("match /{rest=**}/z { allow create, update: if true; }", "update", "x/y/z", True),
        ("match /{rest=**}/z { allow create, update: if true; }", "delete", "x/y/z", False),
        ("/* no */ match /a { // yes\n allow get: if true; }", "get", "a", True),
    ],
)
def test_rules_match_paths_and_methods(body: str, method: str, path: str, *, allowed: bool) -> None:
    assert parse(rules(body)).allows(method, "bucket", path) is allowed


@pytest.mark.parametrize(
    "text",
    [
        "",
        COMMITTED.replace("'2'", "'1'"),
        COMMITTED.replace("firebase.storage", "cloud.firestore"),
        COMMITTED.replace("if true", "if request.auth != null"),
        COMMITTED.replace("if true", "if true || false"),
        COMMITTED.replace("get", "fetch"),
        COMMITTED.replace("allow", "deny"),
        COMMITTED.rstrip()[:-1],
        COMMITTED + "}",
        rules("function open() { return true; } match /a { allow get: if open(); }"),
        rules("match /a { allow get: if true }"),
        rules("match a { allow get; }"),
        rules("match /a/{name=*} { allow get; }"),
    ],
)
def test_parser_rejects_unsupported_rules(text: str) -> None:
    with pytest.raises(RulesError, match=r"line \d+: expected"):
        parse(text)


def test_firebase_client_library_sees_the_rules(tmp_path: Path) -> None:
    """Run storage.test.mjs against the fake server. CI also runs it against Google's rules engine."""
    folder = ROOT / "tests" / "firebase" / "storage_rules"
    if not (folder / "node_modules" / ".package-lock.json").is_file():
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, check=True)
    with serving(tmp_path) as server:
        environment = {**os.environ, "FIREBASE_STORAGE_EMULATOR_HOST": f"127.0.0.1:{server.server_port}"}
        result = subprocess.run(
            ["npm", "test"], cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "Storage rules as interpreted by digits-fake-storage (not Firebase)" in result.stdout
    assert "# pass 10\n" in result.stdout
    assert "# skipped 0\n" in result.stdout
