"""The parsers of manifest.json, report.json and current.json, and the JSON Schemas that are generated from them."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from ml.documents import parse_document
from ml.errors import PublishError
from ml.files import ROOT
from ml.release import schemas
from ml.release.manifest import MAX_RELEASE_BYTES, Manifest
from ml.release.pointer import parse_pointer
from ml.release.report import Report, parse_report
from tests.release.documents import cases, document

SCHEMAS = {
    name: Draft202012Validator(schemas.json_schema(model, name))
    for name, model in (("manifest", Manifest), ("report", Report))
}


def parse(kind: str, value: Any) -> None:
    data = json.dumps(value).encode()
    if kind == "manifest":
        parse_document(Manifest, data, "manifest.json", PublishError)
    else:
        {"report": parse_report, "pointer": parse_pointer, "signed_pointer": parse_pointer}[kind](data)


def accepts(kind: str, value: Any) -> bool:
    try:
        parse(kind, value)
    except PublishError:
        return False
    return True


@pytest.mark.parametrize(
    ("kind", "name", "value", "valid"), [pytest.param(*case, id=f"{case[0]}: {case[1]}") for case in cases()]
)
def test_parsers_accept_only_valid_documents(kind, name, value, valid):
    assert accepts(kind, value) == valid


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("schema 0", "schema: should be 1"),
        ("newer schema", "schema: version 2 is newer than 1, the newest that this program reads; update it"),
        ("other input shape", "input.shape: should be [-1, 28, 28, 1]"),
        ("other input range", "input.range: should be [0, 255]"),
        ("no model.json", "files: model.json is missing"),
        ("path twice", "files: a path occurs twice"),
        ("release too large", "files: together larger than 67108864 bytes"),
    ],
)
def test_manifest_errors_state_the_expected_value(name, message):
    [value] = [value for kind, case, value, _ in cases() if (kind, case) == ("manifest", name)]
    with pytest.raises(PublishError) as raised:
        parse("manifest", value)
    assert str(raised.value) == f"manifest.json is not valid: {message}."


def schema_accepts(kind: str, value: Any) -> bool:
    """Whether a document matches its JSON Schema and obeys the rules that a schema cannot express."""
    if not SCHEMAS[kind].is_valid(value):
        return False
    if kind == "report":
        return True
    paths = [file["path"] for file in value["files"]]
    return len(set(paths)) == len(paths) and sum(file["bytes"] for file in value["files"]) <= MAX_RELEASE_BYTES


# `$` also matches before a final line feed in Python's regular expressions, but not in those of JSON Schema.
@pytest.mark.parametrize(
    ("kind", "value", "valid"),
    [
        pytest.param(kind, value, valid, id=f"{kind}: {name}")
        for kind, name, value, valid in cases()
        if kind in SCHEMAS and "line feed" not in name
    ],
)
def test_schemas_accept_only_valid_documents(kind, value, valid):
    assert schema_accepts(kind, value) == valid


def places(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Paths of the values in a document: of all keys, and of the first and the last item of lists, which are alike."""
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list) and value:
        items = {0: value[0], len(value) - 1: value[-1]}.items()
    return [here, *(place for key, item in items for place in places(item, (*here, key)))]


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 11),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0.5, 1.5, -0.5, "", "1", "model.json", "writers", [], {}, [1], {"a": 1}]),
)


@st.composite
def mutations(draw: st.DrawFn, kind: str) -> Any:
    """A valid document in which a value is replaced, deleted or added."""
    value = {"root": document(kind)}
    *path, last = draw(st.sampled_from([("root", *place) for place in places(value["root"])]))
    parent: Any = value
    for key in path:
        parent = parent[key]
    action = draw(st.sampled_from(["replace", "delete", "add"]))
    if action == "replace" or not path:
        parent[last] = draw(VALUES)
    elif action == "delete":
        del parent[last]
    elif isinstance(parent, dict):
        parent["added"] = draw(VALUES)
    else:
        parent.append(draw(st.one_of(VALUES, st.just(copy.deepcopy(parent[last])))))
    return value["root"]


@pytest.mark.parametrize("kind", ["manifest", "report"])
def test_parsers_agree_with_the_schemas(kind):
    @settings(max_examples=200, deadline=None, derandomize=True)
    @given(mutations(kind))
    def check(value: Any) -> None:
        assert accepts(kind, value) == schema_accepts(kind, value)

    check()


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.parametrize(
    ("kind", "place"),
    [
        ("manifest", ("metrics", "accuracy")),
        ("manifest", ("metrics", "new")),
        ("manifest", ("experiment", "new")),
        ("manifest", ("calibration", "temperature")),
        ("report", ("metrics", "test", "accuracy")),
        ("report", ("metrics", "new")),
        ("report", ("history", 0, "loss")),
        ("report", ("seeds", 0, "new")),
    ],
)
def test_non_finite_numbers_are_rejected(kind, place, text):
    value = {"root": document(kind)}
    *path, last = ("root", *place)
    parent: Any = value
    for key in path:
        parent = parent[key]
    parent[last] = "the number"
    data = json.dumps(value["root"]).replace('"the number"', text).encode()
    with pytest.raises(PublishError, match=r"invalid JSON: .*(NaN|Infinity|inf) is not a finite number\.$"):
        parse_document({"manifest": Manifest, "report": Report}[kind], data, f"{kind}.json", PublishError)


@pytest.mark.parametrize(("kind", "newest"), [("manifest", 1), ("report", 1), ("pointer", 2)])
def test_newer_schema_error_asks_for_an_update(kind, newest):
    words = rf"json is not valid: schema: version {newest + 1} is newer than {newest}, .*; update it\.$"
    with pytest.raises(PublishError, match=words):
        parse(kind, document(kind) | {"schema": newest + 1})


@pytest.mark.parametrize("kind", ["manifest", "report"])
def test_parsed_documents_serialize_to_the_same_json(kind):
    model = {"manifest": Manifest, "report": Report}[kind]
    parsed = parse_document(model, json.dumps(document(kind)).encode(), "file", PublishError)
    assert parsed.to_json() == document(kind)


def test_committed_schemas_are_up_to_date():
    assert schemas.main(["--check"]) == 0, "run: python -m ml.release.schemas"


def test_schema_check_detects_an_outdated_file(tmp_path, monkeypatch, capsys):
    path = tmp_path / "manifest.schema.json"
    path.write_text("{}\n")
    monkeypatch.setattr(schemas, "MODELS", {path: (Manifest, "title")})
    assert schemas.main(["--check"]) == 1
    assert "manifest.schema.json is out of date" in capsys.readouterr().err
    assert path.read_text() == "{}\n"
    assert schemas.main([]) == 0
    assert schemas.main(["--check"]) == 0


def test_bundled_release_matches_the_schemas():
    for kind, validator in SCHEMAS.items():
        validator.validate(json.loads((ROOT / f"frontend/public/model/{kind}.json").read_bytes()))
