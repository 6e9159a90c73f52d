from __future__ import annotations

import json
from typing import Any

import pytest

from ml.errors import PublishError
from ml.release.manifest import (
    parse_manifest,
    release_id,
    release_prefix,
)
from tests.release.documents import document


def test_release_ids_are_hashes_of_the_content() -> None:
    value = document("manifest")
    assert release_id(value) == value["release"] == "ad4b892bc7d24a29"
    assert release_id({"b": 1, "a": [1.5], "release": "x"}) == release_id({"a": [1.5], "b": 1})
    assert release_id({"a": 1}) != release_id({"a": 2})
    assert len(release_id({})) == 16


def test_manifest_with_the_id_of_its_content_is_accepted() -> None:
    assert parse_manifest(json.dumps(document("manifest")).encode()).release == "ad4b892bc7d24a29"


def test_changed_manifest_is_rejected() -> None:
    value = document("manifest")
    value["metrics"]["accuracy"] = 1.0
    message = (
        r"^manifest\.json has the id ad4b892bc7d24a29, and its content has [0-9a-f]{16}: it was changed after "
        r"conversion\. Convert the run again\.$"
    )
    with pytest.raises(PublishError, match=message):
        parse_manifest(json.dumps(value).encode())


@pytest.mark.parametrize("data", [b"", b"<!doctype html>", b"[]", b"null", b"\xff\xfe", b'{"schema": 1}'])
def test_other_files_are_rejected(data: bytes) -> None:
    with pytest.raises(PublishError, match=r"^manifest\.json is not "):
        parse_manifest(data)


def test_release_prefix_contains_the_id() -> None:
    assert release_prefix("0123456789abcdef") == "models/0123456789abcdef/"


def test_unknown_settings_of_an_experiment_are_kept() -> None:
    value: Any = document("manifest")
    assert parse_manifest(json.dumps(value).encode()).experiment.to_json() == value["experiment"]
