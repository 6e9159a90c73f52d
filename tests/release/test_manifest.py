from __future__ import annotations

import json
from typing import Any

import pytest

from ml.documents import parse_document
from ml.errors import PublishError
from ml.release.manifest import (
    MAX_ACCURACY_DROP,
    Manifest,
    parse_manifest,
    regression,
    release_id,
    release_prefix,
)
from tests.release.documents import document


def manifest(accuracy: float, dataset: str = "mnist") -> Manifest:
    value = document("manifest")
    value["metrics"]["accuracy"] = accuracy
    value["dataset"]["name"] = dataset
    return parse_document(Manifest, json.dumps(value).encode(), "manifest.json", PublishError)


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


@pytest.mark.parametrize(
    ("new", "current", "is_worse"),
    [
        (manifest(0.98), None, False),
        (manifest(0.995), manifest(0.99), False),
        (manifest(0.99), manifest(0.99), False),
        (manifest(0.988), manifest(0.99), False),
        (manifest(0.9879), manifest(0.99), True),
        (manifest(0.988, "mnist+strokes"), manifest(0.99), False),
        (manifest(0.9879, "mnist+strokes"), manifest(0.99), True),
        (manifest(0.9879), manifest(0.99, "mnist+strokes"), True),
        (manifest(0.5, "sklearn-digits"), manifest(0.99), False),
    ],
)
def test_regression_is_a_clear_drop_in_accuracy_on_the_same_test_set(
    new: Manifest, current: Manifest | None, is_worse: bool
) -> None:
    assert (regression(new, current) is not None) == is_worse


def test_regression_states_both_accuracies() -> None:
    assert regression(manifest(0.98), manifest(0.99)) == (
        "its accuracy is 98.00 %, and the current release ad4b892bc7d24a29 has 99.00 %"
    )
    assert MAX_ACCURACY_DROP == 0.002


def test_unknown_settings_of_an_experiment_are_kept() -> None:
    value: Any = document("manifest")
    assert parse_manifest(json.dumps(value).encode()).experiment.to_json() == value["experiment"]
