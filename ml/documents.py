"""Typed JSON documents: the base of their models, the types of their numbers, and the one way to parse them."""

from __future__ import annotations

import json
from typing import Annotated, Any, NoReturn, TypeVar

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
        """As plain JSON values, without the optional keys that are absent."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


D = TypeVar("D", bound=Document)


class _NotNull:
    """Makes `T | None` accept T alone: None then stands for a key that is absent, never for `null`."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = handler(source)
        return schema["schema"] if schema["type"] == "nullable" else schema


def _without_fraction(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


Omittable = Annotated[T | None, _NotNull()]
"""Type of an optional key, whose default is None. `null` is no valid value."""

# JSON does not distinguish 1 from 1.0, and neither does JavaScript.
_INTEGER = BeforeValidator(_without_fraction)
Integer = Annotated[int, _INTEGER]
Count = Annotated[int, Field(ge=0), _INTEGER]
PositiveCount = Annotated[int, Field(ge=1), _INTEGER]
Digit = Annotated[int, Field(ge=0, le=9), _INTEGER]
Share = Annotated[float, Field(ge=0, le=1)]


def parse_json(data: bytes) -> Any:
    """Parse JSON without Python's extensions `NaN` and `Infinity`.

    Raises:
        ValueError: It is not JSON.
    """

    def refuse(constant: str) -> NoReturn:
        raise ValueError(f"{constant} is not JSON")

    return json.loads(data.decode(), parse_constant=refuse)


def parse_document(model: type[D], data: bytes, name: str, error: type[Exception], remedy: str = "") -> D:
    """Parse a JSON file.

    Args:
        model: The type of the document.
        data: The bytes of the file.
        name: The file, for the message.
        error: The exception to raise.
        remedy: What the user can do about it: a clause for the message.

    Raises:
        error: It is not JSON, or does not match the model; the message names the first place that does not.
    """
    try:
        return model.model_validate_json(data, by_alias=True, by_name=False)
    except ValidationError as problem:
        message = describe_problem(problem.errors(include_url=False)[0])
        raise error(f"{name} is not valid: {message}{f'; {remedy}' if remedy else ''}.") from problem


def describe_problem(problem: ErrorDetails) -> str:
    """`files[1].path: string should match …`, the place and what is wrong with it."""
    place = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in problem["loc"]).removeprefix(".")
    message = problem["msg"].removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    return f"{place}: {message}" if place else message
