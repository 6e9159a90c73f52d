"""Seeded mutations of the documents that Python writes and the page reads, as bytes, for differential tests."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ml.documents import MAX_BYTES, parse_json
from ml.release.manifest import release_id
from tests.release.documents import document

# Document → its kind.
ORIGINALS = {
    "manifest": "manifest",
    "report": "report",
    "pointer": "pointer",
    "signed_pointer": "pointer",
    "config": "config",
}
CONFIG = {
    "storage": "http://127.0.0.1:9199/v0/b/bucket/o",
    "keys": [f"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE{letter * 85}Q==" for letter in "AB"],
    "version": 1_795_855_200,
}


class Raw(str):
    """JSON text of a value, inserted unchanged."""


@dataclass
class Members:
    """An object whose keys may repeat."""

    items: list[tuple[str, Any]]


VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 0.5, 1.5, 10, 99, "", "1", "true", "model.json", [], {}, [1], {"a": 1}, [None]),
    *(2**53 - 1, 2**53, -(2**53), 10**18, 10**30, 1e300, 5e-324, 0.0099, 0.01, 100, 100.5, 16777216, 16777217),
    *(Raw(text) for text in ("NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1E400", "1" * 400, "1" * 5000)),
    *(Raw(text) for text in ("-0", "-0.0", "1.0", "1e0", "10E-1", "1.00000000000000000001", "0.99999999999999999999")),
    *(Raw(text) for text in ("9007199254740991.4", "9007199254740992.5", "9007199254740991.0", "1e-400", "16777216.0")),
    *(Raw(text) for text in ("01", "+1", ".5", "1.", "0x1", "1_000", "1e", "-", "nan", "undefined", "None", "True")),
    *(
        Raw(text)
        for text in ('"\\ud800"', '"\\udc00\\ud800"', '"\\ud83d\\ude00"', '"\\u0000"', '"\\x41"', "'a'", '"\t"')
    ),
    *(Raw("[" * depth + "]" * depth) for depth in (26, 27, 28, 29, 30, 31, 32, 33, 500, 100_000)),
    *(Raw('{"a":' * depth + "1" + "}" * depth) for depth in (28, 29, 30, 31, 32, 33, 600)),
    Raw("[" * 200_000),
)
KEYS = (
    *("added", "schema", "release", "", " ", "a.b", "é", "\u2028", "__proto__", "constructor", "prototype", "toString"),
    *("hasOwnProperty", "valueOf", "__defineGetter__", "length", "accuracy", "run", "path", "keys", "name"),
)
RAW_KEYS = ('"\\ud800"', '"\\u0061dded"', '"__pro\\u0074o__"', "added", "'added'", "1")


def cases(seed: int, count: int) -> Iterator[tuple[str, bytes]]:
    """Yield kind and bytes of `count` documents, most of them invalid."""
    rng = random.Random(seed)
    originals = {name: CONFIG if name == "config" else document(name) for name in ORIGINALS}
    for _ in range(count):
        name = rng.choices(list(ORIGINALS), (4, 4, 1, 2, 1))[0]
        yield ORIGINALS[name], _mutated(name, originals[name], rng)


def _mutated(kind: str, original: Any, rng: random.Random) -> bytes:
    root = {"": copy.deepcopy(original)}
    for _ in range(rng.choice((0, 1, 1, 1, 1, 1, 2, 3))):
        _change(root, rng)
    value = root[""]
    if kind == "manifest" and rng.random() < 0.9:
        _set_release_id(value)
    data = serialize(value, rng.choice((",", ", ", ",\n\t")))
    return rng.choice(BYTES)(data, rng) if rng.random() < 0.25 else data


def _set_release_id(manifest: Any) -> None:
    """Give a manifest the id of its content, if it has one."""
    try:
        plain = parse_json(serialize(manifest))
        if plain["release"] == document("manifest")["release"]:
            manifest["release"] = release_id(plain)
    except (ValueError, TypeError, KeyError):
        pass


def serialize(value: Any, comma: str = ",") -> bytes:
    """Write a value that may contain `Raw` and `Members` as JSON."""

    def text(value: Any) -> str:
        if isinstance(value, Raw):
            return value
        if isinstance(value, Members):
            return "{" + comma.join(f"{_key(key)}:{text(item)}" for key, item in value.items) + "}"
        if isinstance(value, dict):
            return text(Members(list(value.items())))
        if isinstance(value, list):
            return "[" + comma.join(map(text, value)) + "]"
        return json.dumps(value, ensure_ascii=False)

    return text(value).encode("utf-8", "surrogatepass")


def _key(key: str) -> str:
    return key if isinstance(key, Raw) else json.dumps(key)


def _change(root: dict[str, Any], rng: random.Random) -> None:
    """Change one place of a document."""
    parent, key = _place(root, rng)
    value = parent[key]
    action = rng.randrange(7)
    if action == 0:
        parent[key] = copy.deepcopy(rng.choice(VALUES))
    elif action == 1 and parent is not root:
        del parent[key]
    elif action == 2:
        _add(value if isinstance(value, dict | list) else parent, rng)
    elif action == 3 and isinstance(value, dict):
        members = list(value.items())
        repeated = rng.choice(list(value) or ["a"])
        other = rng.choice((value.get(repeated), rng.choice(VALUES)))
        members.insert(rng.randrange(len(members) + 1), (repeated, other))
        parent[key] = Members(members)
    elif isinstance(value, str) and not isinstance(value, Raw):
        parent[key] = _changed_text(value, rng)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        parent[key] = _changed_number(value, rng)
    else:
        parent[key] = copy.deepcopy(rng.choice(VALUES))


def _place(root: dict[str, Any], rng: random.Random) -> tuple[Any, Any]:
    """Choose a place by descending from the root, so that values near the root are chosen as often as others."""
    parent: Any = root
    key: Any = ""
    while isinstance(value := parent[key], dict | list) and value:
        if rng.random() < 0.12:
            break
        parent = value
        key = rng.choice(list(value)) if isinstance(value, dict) else rng.randrange(len(value))
    return parent, key


def _add(container: Any, rng: random.Random) -> None:
    value = copy.deepcopy(rng.choice(VALUES))
    if isinstance(container, list):
        container.insert(rng.randrange(len(container) + 1), rng.choice((value, *copy.deepcopy(container[:1]))))
    else:
        container[Raw(rng.choice(RAW_KEYS)) if rng.random() < 0.2 else rng.choice(KEYS)] = value


def _changed_text(text: str, rng: random.Random) -> Any:
    at = rng.randrange(len(text) + 1)
    inserted = rng.choice(("\n", "\r", " ", "\u2028", "\0", "\x7f", "a", "0", "/", ".", "..", "é", "٠", "\ufeff", "😀"))
    return rng.choice(
        (
            text + "\n",
            text + inserted,
            text[:at] + inserted + text[at:],
            text[:at] + text[at + 1 :],
            text.upper(),
            text[::-1],
            "",
            Raw(json.dumps(text)[:-1] + '\\ud800"'),
            Raw("".join(["[", json.dumps(text), "]"])),
            Raw('"' + "".join(f"\\u{ord(character):04x}" for character in text if ord(character) < 0x10000) + '"'),
        )
    )


def _changed_number(number: float, rng: random.Random) -> Any:
    return rng.choice(
        (
            number + 1,
            number - 1,
            -number,
            number / 2,
            number * 2**60,
            Raw(f"{number}e0"),
            Raw(f"{number}.0"),
            Raw(f"{number}00000000000000000001"),
            str(number),
            bool(number),
            *(value for value in VALUES if isinstance(value, Raw | int | float)),
        )
    )


def _insert(data: bytes, rng: random.Random, *inserted: bytes) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.choice(inserted) + data[at:]


def _remove(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + data[at + 1 :]


def _replace(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]


def _in_a_string(data: bytes, rng: random.Random) -> bytes:
    quotes = [i for i, byte in enumerate(data) if byte == ord('"')]
    if not quotes:
        return data
    at = rng.choice(quotes) + 1
    bad = (
        b"\xff",
        b"\xc0\x80",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xe2\x82",
        b"\t",
        b"\x1f",
        b"\x7f",
        b"\\/",
        b"\\'",
    )
    return data[:at] + rng.choice(bad) + data[at:]


BYTES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    lambda data, rng: b"\xef\xbb\xbf" + data,
    lambda data, rng: data.decode("utf-8", "replace").encode(
        rng.choice(("utf-16", "utf-16-le", "utf-32", "utf-16-be"))
    ),
    lambda data, rng: data[: rng.randrange(len(data) + 1)],
    lambda data, rng: _insert(data, rng, *(bytes([byte]) for byte in range(256))),
    lambda data, rng: _insert(
        data, rng, b" ", b"\n", b"\x0b", b"\x0c", b"\xc2\xa0", b"\xe2\x80\xa8", b"//a\n", b"/**/", b","
    ),
    _remove,
    _replace,
    _in_a_string,
    lambda data, rng: rng.choice((b" ", b"\r\n\t", b"\x0b", b"\x0c", b"\xc2\xa0", b"\xef\xbb\xbf ")) + data,
    lambda data, rng: data + rng.choice((b"\n", b" \t\r\n", b"\0", b"x", b"{}", b"\xc2\xa0", b"\xef\xbb\xbf", b",")),
    lambda data, rng: data.replace(b"}", b",}", 1),
    lambda data, rng: data.replace(b"]", b",]", 1),
    lambda data, rng: data.replace(b'"', b"'"),
    lambda data, rng: data + b" " * (MAX_BYTES + rng.choice((-1, 0, 1)) - len(data)) if rng.random() < 0.1 else data,
)
