import pytest
from pydantic import ConfigDict, Field, FiniteFloat, ValidationError

from ml.documents import (
    MAX_BYTES,
    Count,
    Digit,
    Document,
    Integer,
    Omittable,
    PositiveCount,
    Share,
    parse_document,
    parse_json,
)
from ml.errors import DataError


class Inner(Document):
    share: Share


class Outer(Document):
    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, FiniteFloat] = Field(init=False)

    integer: Omittable[Integer] = None
    count: Omittable[Count] = None
    positive: Omittable[PositiveCount] = None
    digit: Omittable[Digit] = None
    inner: Omittable[Inner] = None
    rows: tuple[Inner, ...] = ()


def parse(data: str) -> Outer:
    return parse_document(Outer, data.encode(), "file.json", DataError, "make it again")


@pytest.mark.parametrize(
    "data",
    [
        "{}",
        '{"integer": -1.0, "count": 0, "positive": 1, "digit": 9, "further": -1.5}',
        '{"inner": {"share": 1}, "rows": [{"share": 0}, {"share": 0.5}]}',
    ],
)
def test_documents_keep_their_values(data):
    assert parse(data).to_json() == parse_json(data.encode())


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ('{"inner": null}', "inner: input should be an object"),
        ('{"integer": true}', "integer: input should be a valid integer"),
        ('{"integer": 1.5}', "integer: "),
        ('{"integer": "1"}', "integer: "),
        ('{"count": -1}', "count: "),
        ('{"positive": 0}', "positive: "),
        ('{"digit": 10}', "digit: "),
        ('{"digit": -1}', "digit: "),
        ('{"inner": {"share": 1.01}}', r"inner\.share: "),
        ('{"rows": [{"share": 0.5}, {"share": -0.01}]}', r"rows\[1\]\.share: "),
        ('{"rows": [{"share": 0.5, "more": 1}]}', r"rows\[0\]\.more: "),
        ('{"further": "1"}', "further: "),
        ("[]", "input should be an object"),
    ],
)
def test_errors_name_the_file_the_place_and_the_remedy(data, message):
    with pytest.raises(DataError, match=rf"^file\.json is not valid: {message}.*; make it again\.$"):
        parse(data)


@pytest.mark.parametrize("data", ['{"further": NaN}', '{"further": -1e999}', "{", '{"inner": Infinity}'])
def test_errors_name_files_that_are_not_json(data):
    with pytest.raises(DataError, match=r"^file\.json is not valid: invalid JSON: .*; make it again\.$"):
        parse(data)


@pytest.mark.parametrize("data", [b"NaN", b'{"a": [-Infinity]}', b"\xff", b"{"])
def test_json_with_special_numbers_is_rejected(data):
    with pytest.raises(ValueError):  # noqa: PT011  any subclass
        parse_json(data)


class Number(Document):
    value: float


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_constructed_documents_have_finite_numbers(value):
    with pytest.raises(ValidationError, match="finite"):
        Number(value=value)


@pytest.mark.parametrize("unit", ['\\"', '"\\', '\\\\"', '"'], ids=["escaped", "escaping", "backslash", "quotes"])
def test_unclosed_strings_are_rejected_in_linear_time(unit):
    # A search that starts again at each quote would take an hour for this text.
    with pytest.raises(ValueError, match=r"Expecting|Invalid|Extra data|Unterminated"):
        parse_json(unit.encode() * (MAX_BYTES // len(unit)))
