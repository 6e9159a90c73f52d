"""Typed JSON documents: base class, number types and parser."""

from __future__ import annotations

import json
import math
import re
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetCoreSchemaHandler, TypeAdapter, ValidationError
from pydantic_core import CoreSchema, ErrorDetails

T = TypeVar("T")

MAX_INTEGER: Final = 2**53 - 1
"""The largest integer that JavaScript represents exactly, with its neighbours."""

MAX_BYTES: Final = 2**20
"""Size limit of a document whose size is not known in advance."""

_MAX_DEPTH = 32  # of nested arrays and objects
# The closing quote may be missing. Otherwise a text without one would be searched again from each quote in it.
_STRING_OR_BRACKET = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[][{}]', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")

# JavaScript's objects inherit these properties, or its libraries skip them as keys.
_RESERVED_KEYS = frozenset(
    {
        "__defineGetter__",
        "__defineSetter__",
        "__lookupGetter__",
        "__lookupSetter__",
        "__proto__",
        "constructor",
        "hasOwnProperty",
        "isPrototypeOf",
        "propertyIsEnumerable",
        "prototype",
        "toLocaleString",
        "toString",
        "valueOf",
    }
)


class Document(BaseModel):
    """An immutable JSON object. Types are not converted, numbers are finite, and unknown keys are errors.

    A subclass permits further keys with `model_config = ConfigDict(extra="allow")`, and gives their type with
    `__pydantic_extra__: dict[str, FiniteFloat] = Field(init=False)`.
    """

    model_config = ConfigDict(frozen=True, strict=True, allow_inf_nan=False, extra="forbid")

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values, without the optional keys that are absent."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


D = TypeVar("D", bound=Document)


class _NotNull:
    """Makes `T | None` reject `null`: None then means only that the key is absent."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = handler(source)
        return schema["schema"] if schema["type"] == "nullable" else schema


def _without_fraction(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


Omittable = Annotated[T | None, _NotNull()]
"""Type of an optional key, whose default is None. `null` is not valid."""

# JSON does not distinguish 1 from 1.0, and neither does JavaScript.
AS_INTEGER = BeforeValidator(_without_fraction)
Integer = Annotated[int, Field(ge=-MAX_INTEGER, le=MAX_INTEGER), AS_INTEGER]
Count = Annotated[int, Field(ge=0, le=MAX_INTEGER), AS_INTEGER]
PositiveCount = Annotated[int, Field(ge=1, le=MAX_INTEGER), AS_INTEGER]
Digit = Annotated[int, Field(ge=0, le=9), AS_INTEGER]
NonNegative = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Temperature = Annotated[float, Field(ge=0.01, le=100, description="Confidence = max softmax(logits / temperature).")]
"""The divisor of the logits. Outside of this range, probabilities overflow or are all equal."""


def parse_json(data: bytes, limit: int = MAX_BYTES) -> Any:
    """Parse JSON as `parseJson` in frontend/src/lib/inference/release/json.ts does.

    Both accept RFC 8259 in UTF-8 without a byte order mark, at most `limit` bytes and 32 levels of nesting. Numbers are
    doubles and finite. Strings contain no lone surrogates, and keys are not names of properties that every JavaScript
    object has. Of several members with one key, the last counts.

    Raises:
        ValueError: It is not such a JSON text.
    """
    if len(data) > limit:
        raise ValueError(f"larger than {limit} bytes")
    text = data.decode()
    _check_depth(text)
    value = json.loads(text, parse_constant=_reject_constant, parse_int=_int_or_float)
    _check_value(value)
    return value


def _check_depth(text: str) -> None:
    """Check the text instead of the value, because the parser recurses, and drops values whose key is repeated."""
    depth = 0
    for token in _STRING_OR_BRACKET.finditer(text):
        first = token[0][0]
        depth += (first in "[{") - (first in "]}")
        if depth > _MAX_DEPTH:
            raise ValueError(f"more than {_MAX_DEPTH} levels of nesting")


def _reject_constant(text: str) -> None:
    raise ValueError(f"{text} is not a finite number")


def _int_or_float(text: str) -> int | float:
    number = float(text)
    return int(text) if abs(number) <= MAX_INTEGER else number


def _check_value(value: Any) -> None:
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} is not a finite number")
    elif isinstance(value, list):
        for item in value:
            _check_value(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_text(key)
            if key in _RESERVED_KEYS:
                raise ValueError(f"{key!r} is not permitted as a key")
            _check_value(item)


def _check_text(text: str) -> None:
    if _SURROGATE.search(text):
        raise ValueError("a string contains half of a surrogate pair")


def parse_document(
    model: type[D], data: bytes, name: str, error: type[Exception], remedy: str = "", *, limit: int = MAX_BYTES
) -> D:
    """Parse a JSON file that contains one document.

    Args:
        model: The type of the document.
        data: The bytes of the file.
        name: The file, for the message.
        error: The exception to raise.
        remedy: What the user can do about it: a clause for the message.
        limit: Size limit in bytes.

    Raises:
        error: It is not JSON as `parse_json` describes it, or does not match the model; the message names the first
            invalid value.
    """
    return parse_values(TypeAdapter(model), data, name, error, remedy, limit=limit)


def parse_values(
    adapter: TypeAdapter[T], data: bytes, name: str, error: type[Exception], remedy: str = "", *, limit: int = MAX_BYTES
) -> T:
    """Parse a JSON file whose type is not a single document; otherwise as `parse_document`."""
    try:
        value = parse_json(data, limit)
    except ValueError as problem:
        raise error(f"{name} is not valid: invalid JSON: {problem}{f'; {remedy}' if remedy else ''}.") from problem
    try:
        # Validated as JSON, because strict types accept arrays for tuples only there.
        return adapter.validate_json(json.dumps(value), by_alias=True, by_name=False)
    except ValidationError as problem:
        message = describe_problem(problem.errors(include_url=False)[0])
        raise error(f"{name} is not valid: {message}{f'; {remedy}' if remedy else ''}.") from problem


def describe_problem(problem: ErrorDetails) -> str:
    """Return the place and the problem, such as `files[1].path: string should match …`."""
    place = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in problem["loc"]).removeprefix(".")
    message = problem["msg"].removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    return f"{place}: {message}" if place else message
