"""A problem with the file of GOOGLE_APPLICATION_CREDENTIALS is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ml.errors import PublishError
from ml.firebase.storage import Storage
from ml.firebase.target import Target

REAL = Target("a-project", "a-project.firebasestorage.app", None)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "which cannot be read: No such file or directory"),
        (b"", "which is not JSON"),
        (b"\xff\xfe", "which is not JSON"),
        (b"{", "which is not JSON"),
        pytest.param(b"[" * 100_000, "which is not JSON", id="nested"),
        (b"[]", "which is not a credentials file: it has no type"),
        (b"{}", "which is not a credentials file: it has no type"),
        (b'{"type": 5}', "which is not a credentials file: it has no type"),
        (b'{"type": "unknown"}', "which cannot be used: .*does not have a valid type"),
        (json.dumps({"type": "service_account"}).encode(), "which cannot be used: .*missing fields"),
        (json.dumps({"type": "authorized_user"}).encode(), "which cannot be used: .*missing fields"),
        (json.dumps({"type": "external_account"}).encode(), "which cannot be used: "),
    ],
)
def test_problem_of_the_credentials_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, problem: str
) -> None:
    file = tmp_path / "key.json"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
    with pytest.raises(PublishError, match=f"^GOOGLE_APPLICATION_CREDENTIALS names {file}, {problem}"):
        Storage(REAL)


def test_folder_is_not_a_credentials_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path))
    with pytest.raises(PublishError, match="cannot be read: Is a directory"):
        Storage(REAL)
