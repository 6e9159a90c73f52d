"""The page computes the same ids of releases as Python."""

from __future__ import annotations

import json
import math
import random
import struct
from pathlib import Path

from ml.documents import parse_json
from ml.release.manifest import release_id
from ml.release.verify import BUNDLED
from tests.release.test_parsers_agree import page_answers

NUMBERS = [
    "0",
    "-0",
    "1",
    "-1",
    "0.0",
    "-0.0",
    "-0e5",
    "1.0",
    "1.50",
    "1e0",
    "1E5",
    "1e-05",
    "1e-5",
    "0.0001",
    "0.00001",
    "9.999e-5",
    "1e15",
    "1e16",
    "1e+16",
    "9999999999999998.0",
    "1e21",
    "1e22",
    "1.5e300",
    "5e-324",
    "1e-400",
    "-1e-400",
    "1.7976931348623157e308",
    "0.1",
    "0.30000000000000004",
    "123456789.123",
    "9007199254740991",
    "-9007199254740991",
    "9007199254740992",
    "9007199254740993",
    "10000000000000000",
    "123456789012345678901234567890",
]
STRINGS = ("", "n1", "s", "é", "😀", "\uffff", "\u2028", '"', "\\", '\\"1.0', "\t", "\x00", "\x1f", "\x7f", "1.0", "}")


def test_ids_are_computed_alike(tmp_path: Path) -> None:
    rng = random.Random(18)
    bundled = (BUNDLED / "manifest.json").read_bytes()
    documents = [bundled, bundled.replace(b'"dropout": 0.0', b'"dropout": 0')]
    documents += [b'{"release": "x", "a": [%b]}' % number.encode() for number in NUMBERS]
    documents += [("{" + _members(rng, 3) + "}").encode() for _ in range(300)]
    expected = [release_id(parse_json(data)) for data in documents]
    assert page_answers([("id", data) for data in documents], tmp_path) == expected
    assert expected[0] == json.loads(bundled)["release"] != expected[1]


def _members(rng: random.Random, depth: int) -> str:
    keys = [rng.choice(STRINGS) + rng.choice(["", "a", "release"]) for _ in range(rng.randrange(5))]
    return ",".join(f"{_string(rng, key)} : {_value(rng, depth - 1)}" for key in keys)


def _value(rng: random.Random, depth: int) -> str:
    kind = rng.randrange(6 if depth > 0 else 4)
    if kind == 0:
        return rng.choice(["null", "true", "false", _string(rng, rng.choice(STRINGS))])
    if kind == 1:
        return rng.choice(NUMBERS)
    if kind == 2:
        return _float(rng)
    if kind == 3:
        return str(rng.randrange(-(10**20), 10**20) // 10 ** rng.randrange(20))
    if kind == 4:
        return f"[ {', '.join(_value(rng, depth - 1) for _ in range(rng.randrange(4)))}]"
    return "{" + _members(rng, depth) + "}"


def _float(rng: random.Random) -> str:
    number: float = math.nan
    while not math.isfinite(number):
        (number,) = struct.unpack("<d", rng.randbytes(8))
    return rng.choice([repr(number), f"{number:.3e}", f"{number:.17g}"])


def _string(rng: random.Random, text: str) -> str:
    return json.dumps(text, ensure_ascii=rng.random() < 0.5)
