"""Typed JSON documents: base class, number types and parser."""

from __future__ import annotations

import json
import math
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetCoreSchemaHandler, ValidationError
from pydantic_core import CoreSchema, ErrorDetails

T = TypeVar("T")


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
Integer = Annotated[int, AS_INTEGER]
Count = Annotated[int, Field(ge=0), AS_INTEGER]
PositiveCount = Annotated[int, Field(ge=1), AS_INTEGER]
Digit = Annotated[int, Field(ge=0, le=9), AS_INTEGER]
NonNegative = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]


def parse_json(data: bytes) -> Any:
    """Parse JSON in UTF-8, without Python's extensions `NaN` and `Infinity`.

    Raises:
        ValueError: It is not JSON, or a number is too large for a float.
    """

    def finite(text: str) -> float:
        number = float(text)
        if not math.isfinite(number):
            raise ValueError(f"{text} is not a finite number")
        return number

    return json.loads(data.decode(), parse_constant=finite, parse_float=finite)


def parse_document(model: type[D], data: bytes, name: str, error: type[Exception], remedy: str = "") -> D:
    """Parse a JSON file.

    Args:
        model: The type of the document.
        data: The bytes of the file.
        name: The file, for the message.
        error: The exception to raise.
        remedy: What the user can do about it: a clause for the message.

    Raises:
        error: It is not JSON, or does not match the model; the message names the first invalid value.
    """
    try:
        parse_json(data)  # pydantic accepts NaN and Infinity in keys without a type
    except ValueError as problem:
        raise error(f"{name} is not valid: invalid JSON: {problem}{f'; {remedy}' if remedy else ''}.") from problem
    try:
        return model.model_validate_json(data, by_alias=True, by_name=False)
    except ValidationError as problem:
        message = describe_problem(problem.errors(include_url=False)[0])
        raise error(f"{name} is not valid: {message}{f'; {remedy}' if remedy else ''}.") from problem


def describe_problem(problem: ErrorDetails) -> str:
    """Return the place and the problem, such as `files[1].path: string should match …`."""
    place = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in problem["loc"]).removeprefix(".")
    message = problem["msg"].removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    return f"{place}: {message}" if place else message
