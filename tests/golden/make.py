"""Write ink.json, the test vectors that ml/ink/preprocess.py and its TypeScript port share.

Run: python -m tests.golden.make
"""

from __future__ import annotations

import base64
import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from ml.ink import preprocess

PATH = Path(__file__).with_name("ink.json")


def stroke_cases() -> dict[str, list[list[list[float]]]]:
    """Return strokes by name: digits, lines, dots, and extremes of size and position."""
    rng = np.random.default_rng(20)
    turn = np.linspace(0, 2 * math.pi, 40)
    ring = [[100 + 60 * math.cos(t), 120 + 90 * math.sin(t)] for t in turn]
    cases: dict[str, list[list[list[float]]]] = {
        "nothing": [],
        "an empty stroke": [[]],
        "a dot": [[[12.5, 40.25]]],
        "a dot of many points": [[[7, 7], [7, 7], [7, 7]]],
        "a vertical line, symmetric to the last bit": [[[50, 10], [50, 110]]],
        "a horizontal line": [[[-10, 0], [90, 0]]],
        "a diagonal": [[[0, 0], [33.3, 44.4]]],
        "a ring": [ring],
        "a slashed zero": [ring, [[130, 60], [70, 190]]],
        "a crossed seven": [[[20, 20], [120, 25], [60, 180]], [[50, 100], [110, 96]]],
        "a five with its bar apart": [
            [[30, 20], [28, 80], [70, 70], [95, 100], [80, 140], [25, 138]],
            [[32, 18], [96, 16]],
        ],
        "a four": [[[60, 10], [20, 70], [100, 70]], [[80, 30], [78, 130]]],
        "a two with a loop": [[[20, 30], [50, 5], [80, 30], [60, 70], [15, 110], [30, 90], [50, 112], [95, 105]]],
        "a short stroke beside a long one": [[[0, 0], [0, 300]], [[40, 290], [44, 291]]],
        "far from the origin": [[[1e6 + x, -1e6 + y] for x, y in ring]],
        "a thousandth of a pixel": [[[x / 1e5, y / 1e5] for x, y in ring]],
        "repeated points": [[[10, 10], [10, 10], [40, 80], [40, 80], [90, 20]]],
    }
    for i in range(6):
        cases[f"scribble {i}"] = [
            np.cumsum(rng.normal(0, 9, (rng.integers(2, 60), 2)), axis=0).round(2).tolist()
            for _ in range(rng.integers(1, 4))
        ]
    return cases


def ink_cases() -> dict[str, np.ndarray[Any, np.dtype[np.uint8]]]:
    """Return rasters by name, as from a picture: 0 is background, 255 is ink."""
    rng = np.random.default_rng(21)
    y, x = np.mgrid[0:90, 0:60]
    blob = 255 * np.exp(-((x - 25) ** 2 / 200 + (y - 50) ** 2 / 700))
    frame = np.zeros((50, 70), np.uint8)
    frame[10:35, 20:61] = 128
    frame[14:31, 24:57] = 0
    return {
        "blank": np.zeros((10, 10), np.uint8),
        "one pixel": np.pad(np.full((1, 1), 9, np.uint8), ((3, 5), (8, 2))),
        "three by five": rng.integers(1, 256, (3, 5)).astype(np.uint8),
        "a soft blob": np.where(blob > 8, blob, 0).astype(np.uint8),
        "a grey frame": frame,
        "noise": np.where(rng.random((83, 131)) < 0.1, rng.integers(1, 256, (83, 131)), 0).astype(np.uint8),
        "tall and thin": np.pad(np.full((173, 7), 200, np.uint8), 4),
        "heavy to one side": np.hstack([np.full((40, 6), 255), np.full((40, 34), 1)]).astype(np.uint8),
    }


def make() -> dict[str, Any]:
    """Return the content of ink.json."""
    cases: list[dict[str, Any]] = [
        {"name": name, "strokes": strokes, "pixels": _base64(preprocess.from_strokes(strokes))}  # type: ignore[arg-type]
        for name, strokes in stroke_cases().items()
    ]
    for name, ink in ink_cases().items():
        height, width = ink.shape
        cases.append(
            {
                "name": name,
                "ink": {"height": height, "width": width, "data": _base64(ink)},
                "pixels": _base64(preprocess.normalize(ink / 255)),
            }
        )
    return {"pen": preprocess.PEN, "cases": cases}


def _base64(array: np.ndarray[Any, np.dtype[np.uint8]]) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


if __name__ == "__main__":
    PATH.write_text(json.dumps(make(), separators=(",", ":")) + "\n")
    print(f"Written: {PATH.name}, {len(make()['cases'])} cases.")
