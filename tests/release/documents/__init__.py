"""Valid and invalid documents of a release; `README.md` describes their format."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


def document(name: str) -> Any:
    """Return a valid `manifest`, `report` or `pointer`."""
    return json.loads((FOLDER / f"{name}.json").read_bytes())


def cases() -> Iterator[tuple[str, str, Any, bool]]:
    """Yield kind of document, name of the case, the document, and whether it is valid."""
    for kind, entries in json.loads((FOLDER / "cases.json").read_bytes()).items():
        for entry in entries:
            yield kind, entry["name"], changed(document(kind), entry["changes"]), entry["valid"]


def changed(value: Any, changes: list[Any]) -> Any:
    """Return a copy of a document with the changes of a case."""
    root = {"": copy.deepcopy(value)}
    for place, *new in changes:
        *path, last = ["", *place.split(".")] if place else [""]
        parent: Any = root
        for key in path:
            parent = parent[int(key) if isinstance(parent, list) else key]
        if isinstance(parent, list) and int(last) == len(parent):
            parent.append(new[0])
        elif new:
            parent[int(last) if isinstance(parent, list) else last] = new[0]
        else:
            del parent[int(last) if isinstance(parent, list) else last]
    return root[""]
