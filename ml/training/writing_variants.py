"""Writing habits that MNIST's American writers seldom show: bars, feet, flags, slashes and hooks, drawn into digits."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from ml.data.dataset import Images, Labels
from ml.ink.preprocess import PEN, SIDE, Ink, Points, normalize

# A digit's image → the polylines (n, 2) of column and row that its writer might add.
Habit = Callable[[Images, np.random.Generator], list[Points]]


def with_habits(images: Images, labels: Labels, share: float, seed: int) -> tuple[Images, Labels]:
    """Copies of some digits, each with a stroke drawn in that its label allows.

    Args:
        images: (n, 28, 28) digits, ink bright.
        labels: (n,) in 0…9.
        share: Of the 0s, 1s, 7s and 9s, how many are copied, 0…1.
        seed: Of what is drawn at random.

    Returns:
        The copies and their labels: a 1 with a foot, a flag or both, a crossed 7, a slashed 0, a 9 with a hook.
    """
    return _copies(images, labels, share, seed, _HABITS)


def with_wide_habits(images: Images, labels: Labels, share: float, seed: int) -> tuple[Images, Labels]:
    """As `with_habits`, of 1s and 9s alone: a flag or hook up to half as wide as the digit is high.

    So much ink moves the centre of mass, so that each copy is boxed and centred anew, as MNIST's procedure would.
    """
    copies, theirs = _copies(images, labels, share, seed, _WIDE_HABITS)
    return np.array([normalize(copy) for copy in copies], np.uint8).reshape(-1, SIDE, SIDE), theirs


def _copies(images: Images, labels: Labels, share: float, seed: int, habits: dict[int, Habit]) -> tuple[Images, Labels]:
    rng = np.random.default_rng(seed)
    chosen = np.flatnonzero(np.isin(labels, list(habits)) & (rng.random(len(labels)) < share))
    drawn = [_draw_in(images[i], habits[int(labels[i])](images[i], rng), rng) for i in chosen]
    return np.array(drawn, np.uint8).reshape(-1, SIDE, SIDE), labels[chosen]


def _box(image: Images) -> tuple[int, int, int, int]:
    """First and last inked row, first and last inked column."""
    rows, columns = np.flatnonzero((image > 64).any(axis=1)), np.flatnonzero((image > 64).any(axis=0))
    return (int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1])) if len(rows) else (4, 23, 9, 18)


def _ink_in(image: Images, row: int) -> float:
    """Mean column of the ink in and next to a row."""
    weights = image[max(0, row - 1) : row + 2].astype(np.float64).sum(axis=0)
    return float(weights @ np.arange(SIDE) / weights.sum()) if weights.any() else SIDE / 2


def _one(image: Images, rng: np.random.Generator) -> list[Points]:
    top, bottom, _, _ = _box(image)
    kind = rng.integers(3)
    lines = []
    if kind != 1:
        foot, half, tilt = _ink_in(image, bottom), rng.uniform(2.5, 5), rng.uniform(-0.7, 0.7)
        lines.append(np.array([[foot - half, bottom + tilt], [foot + half * rng.uniform(0.7, 1.2), bottom - tilt]]))
    if kind != 0:
        head, reach, fall = _ink_in(image, top), rng.uniform(2, 6), rng.uniform(1, 6)
        lines.append(np.array([[head, top + 0.5], [head - reach, top + fall]]))
    return lines


def _wide_one(image: Images, rng: np.random.Generator) -> list[Points]:
    # What tells such a 1 from a 7 is that its flag falls. It often sags.
    top = _box(image)[0]
    head, reach, slope = _ink_in(image, top), rng.uniform(2, 11), rng.uniform(0.4, 1.6)
    start, end = np.array([head, top + 0.5]), np.array([head - reach, top + 0.5 + min(slope * reach, 11)])
    return [_curve(start, (start + end) / 2 + np.array([0, rng.uniform(-1, 3)]), end)]


def _seven(image: Images, rng: np.random.Generator) -> list[Points]:
    top, bottom, _, _ = _box(image)
    row = top + (bottom - top) * rng.uniform(0.38, 0.65)
    stem, half, tilt = _ink_in(image, round(row)), rng.uniform(2.5, 5.5), rng.uniform(-1.2, 0.8)
    return [np.array([[stem - half, row - tilt], [stem + half, row + tilt]])]


def _zero(image: Images, rng: np.random.Generator) -> list[Points]:
    top, bottom, left, right = _box(image)
    over, inset = rng.uniform(-2.5, 2), rng.uniform(-0.5, 2)
    return [np.array([[left + inset, bottom + over], [right - inset, top - over]])]


def _nine(image: Images, rng: np.random.Generator) -> list[Points]:
    return [_hook(image, reach=rng.uniform(3, 7), rise=rng.uniform(0.5, 3.5))]


def _wide_nine(image: Images, rng: np.random.Generator) -> list[Points]:
    return [_hook(image, reach=rng.uniform(6, 11), rise=rng.uniform(-0.5, 3))]


def _hook(image: Images, reach: float, rise: float) -> Points:
    """To the left of where the digit ends."""
    bottom = _box(image)[1]
    foot = _ink_in(image, bottom)
    start, bend, end = (
        np.array(p) for p in ((foot, bottom - 0.5), (foot - reach / 2, bottom + 1.5), (foot - reach, bottom - rise))
    )
    return _curve(start, bend, end)


def _curve(start: Points, bend: Points, end: Points) -> Points:
    """(6, 2) points of a quadratic Bézier curve."""
    t = np.linspace(0, 1, 6)[:, None]
    points: Points = (1 - t) ** 2 * start + 2 * t * (1 - t) * bend + t**2 * end
    return points


_HABITS: dict[int, Habit] = {0: _zero, 1: _one, 7: _seven, 9: _nine}
_WIDE_HABITS: dict[int, Habit] = {1: _wide_one, 9: _wide_nine}


def _draw_in(image: Images, lines: list[Points], rng: np.random.Generator) -> Images:
    """The image and polylines (n, 2) of column and row, in MNIST's pen, more or less."""
    radius = PEN / 2 * rng.uniform(0.75, 1.3)
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float64)
    ink: Ink = image.astype(np.float64)
    for line in lines:
        for (x0, y0), (x1, y1) in pairwise(line):
            dx, dy = x1 - x0, y1 - y0
            t = np.clip(((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy + 1e-9), 0, 1)
            distance = np.sqrt((x - x0 - t * dx) ** 2 + (y - y0 - t * dy) ** 2)
            ink = np.maximum(ink, 255 * np.clip(radius + 0.5 - distance, 0, 1))
    drawn: Images = np.floor(ink + 0.5).astype(np.uint8)
    return drawn
