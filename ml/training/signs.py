"""Signs and doodles that show no digit, as pen strokes."""

from __future__ import annotations

import math

import numpy as np

from ml.ink.preprocess import Points

# Each stroke is a list of points, and each point two numerals: x (right) and y (down), from 0 to 9.
_ANGULAR = {
    "plus": ("05 95", "50 59"),
    "minus": ("05 95",),
    "equals": ("03 93", "06 96"),
    "not equal": ("03 93", "06 96", "80 19"),
    "times": ("00 99", "90 09"),
    "divided by": ("05 95", "51", "59"),
    "less": ("90 05 99",),
    "greater": ("00 95 09",),
    "caret": ("09 50 99",),
    "hash": ("30 29", "70 69", "03 93", "06 96"),
    "asterisk": ("50 59", "12 97", "17 92"),
    "colon": ("52", "57"),
    "ellipsis": ("05", "55", "95"),
    "arrow to the right": ("05 95", "62 95 68"),
    "arrow to the left": ("95 05", "32 05 38"),
    "arrow up": ("59 50", "23 50 83"),
    "check mark": ("05 39 90",),
    "zigzag": ("00 29 50 79 90",),
    "peaks": ("09 20 57 80 99",),
    "lightning": ("60 25 75 39",),
    "star": ("50 89 03 93 19 50",),
    "triangle": ("50 99 09 50",),
    "house": ("04 50 94", "14 19 89 84"),
    "crossed box": ("00 90 99 09 00", "00 99", "90 09"),
    "envelope": ("01 91 98 08 01", "01 55 91"),
    "square root": ("05 24 49 70 90",),
    "sum": ("90 00 54 09 99",),
    "pi": ("01 91", "31 29", "71 79"),
}
_ROUND = {
    "question mark": ("02 20 60 92 55 56", "59"),
    "wave": ("05 22 55 78 95",),
    "infinity": ("55 33 14 05 17 38 55 73 92 95 98 77 55",),
    "heart": ("53 30 00 04 59 94 90 60 53",),
    "spiral": ("55 64 66 46 33 62 86 79 39 06 12 50 92 97",),
    "fish": ("91 39 05 31 99",),
    "smiley": ("50 82 95 88 59 18 05 12 50", "34", "64", "36 57 66"),
    "omega": ("09 29 05 30 60 95 79 99",),
    "percent": ("20 31 22 11 20", "90 09", "77 88 79 68 77"),
}


def random_sign(rng: np.random.Generator) -> list[Points]:
    """Return the strokes of a random sign or doodle, each (n, 2), with random proportions, slant and unsteadiness."""
    signs = [(strokes, False) for strokes in _ANGULAR.values()] + [(strokes, True) for strokes in _ROUND.values()]
    strokes, is_round = signs[rng.integers(len(signs))]
    angle, slant, stretch = rng.normal(0, math.radians(6)), rng.normal(0, 0.15), math.exp(rng.normal(0, 0.2))
    change = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    change = change @ np.array([[stretch, slant], [0, 1 / stretch]])
    drawn = []
    for stroke in strokes:
        points = np.array([[int(point[0]), int(point[1])] for point in stroke.split()], np.float64)
        points += rng.normal(0, 0.35, points.shape) + rng.normal(0, 0.2, 2)
        for _ in range(3 if is_round else 0):
            points = _cut_corners(points)
        drawn.append(points @ change.T)
    return drawn


def _cut_corners(points: Points) -> Points:
    """Return a smoother polyline with the same ends (Chaikin, An Algorithm for High Speed Curve Generation, 1974)."""
    start, end = points[:-1], points[1:]
    cut = np.stack([0.75 * start + 0.25 * end, 0.25 * start + 0.75 * end], axis=1).reshape(-1, 2)
    return np.concatenate([points[:1], cut, points[-1:]])
