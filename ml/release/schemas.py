"""Write the JSON Schemas of the manifest and the report: `python -m ml.release.schemas`.

With `--check`, only compare: the exit code is 1 if a file is out of date.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from ml.documents import Document
from ml.release.manifest import Manifest
from ml.release.report import Report

_FOLDER = Path(__file__).parent
MODELS: dict[Path, tuple[type[Document], str]] = {
    _FOLDER / "manifest.schema.json": (Manifest, "Release manifest, schema 1"),
    _FOLDER / "report.schema.json": (Report, "Release report, schema 1"),
}


class _ReadableSchema(GenerateJsonSchema):
    """JSON Schema without the titles that repeat names, and without the defaults of optional keys."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def default_schema(self, schema: Any) -> dict[str, Any]:
        return self.generate_inner(schema["schema"])


_KEYS = ("$schema", "title", "description", "type", "required", "properties", "additionalProperties")


def json_schema(model: type[Document], title: str) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a model."""
    schema = model.model_json_schema(schema_generator=_ReadableSchema)
    definitions = schema.pop("$defs")
    root = {"$schema": GenerateJsonSchema.schema_dialect, **schema, "title": title}
    return {
        **_in_reading_order(root),
        "$defs": {name: _in_reading_order({**each, "title": None}) for name, each in definitions.items()},
    }


def _in_reading_order(schema: dict[str, Any]) -> dict[str, Any]:
    present = {key: value for key, value in schema.items() if value not in (None, True)}
    return {key: present[key] for key in sorted(present, key=lambda key: _KEYS.index(key) if key in _KEYS else 99)}


def main(arguments: list[str]) -> int:
    """Write or check the schemas; return the exit code."""
    stale = []
    for path, (model, title) in MODELS.items():
        text = json.dumps(json_schema(model, title), indent=2) + "\n"
        if text != path.read_text(encoding="utf-8"):
            stale.append(path.name)
            if arguments != ["--check"]:
                path.write_text(text, encoding="utf-8")
    if stale and arguments == ["--check"]:
        print(f"{', '.join(stale)} is out of date; run: python -m ml.release.schemas", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
