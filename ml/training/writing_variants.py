"""Writing variants that are rare in MNIST: digits with a bar, foot, flag, slash or hook drawn in."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from ml.data.dataset import Images, Labels
from ml.ink.preprocess import PEN, SIDE, Ink, Points, normalize

# (28, 28) image of a digit → the strokes to add: (n, 2) points, column and row, in pixels.
MakeStrokes = Callable[[Images, np.random.Generator], list[Points]]


def draw_variants(images: Images, labels: Labels, share: float, seed: int) -> tuple[Images, Labels]:
    """Copy some of the 0s, 1s, 7s and 9s and draw a stroke into each copy.

    A 0 gets a slash, a 1 a foot, a flag or both, a 7 a bar, and a 9 a hook.

    Args:
        images: (n, 28, 28) uint8 digits, bright ink on 0.
        labels: (n,) in 0…9.
        share: Probability of each of these digits to be copied, 0…1.
        seed: Seed of the random numbers.

    Returns:
        The copies, (m, 28, 28) uint8, and their labels, (m,).
    """
    return _copies(images, labels, share, seed, _VARIANTS)


def draw_wide_variants(images: Images, labels: Labels, share: float, seed: int) -> tuple[Images, Labels]:
    """Copy some of the 1s and 9s and draw a flag or hook into each, up to half as wide as the digit is high.

    That much ink moves the centre of mass, so the copies are scaled and centred again by MNIST's procedure.

    Arguments and results are those of `draw_variants`.
    """
    copies, copied_labels = _copies(images, labels, share, seed, _WIDE_VARIANTS)
    return np.array([normalize(copy) for copy in copies], np.uint8).reshape(-1, SIDE, SIDE), copied_labels


def _copies(
    images: Images, labels: Labels, share: float, seed: int, variants: dict[int, MakeStrokes]
) -> tuple[Images, Labels]:
    rng = np.random.default_rng(seed)
    chosen = np.flatnonzero(np.isin(labels, list(variants)) & (rng.random(len(labels)) < share))
    copies = [_draw_strokes(images[i], variants[int(labels[i])](images[i], rng), rng) for i in chosen]
    return np.array(copies, np.uint8).reshape(-1, SIDE, SIDE), labels[chosen]


def _box(image: Images) -> tuple[int, int, int, int]:
    """First and last row, first and last column with ink; a typical box for an empty image."""
    rows, columns = np.flatnonzero((image > 64).any(axis=1)), np.flatnonzero((image > 64).any(axis=0))
    return (int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1])) if len(rows) else (4, 23, 9, 18)


def _mean_column(image: Images, row: int) -> float:
    """Mean column of the ink in a row and its two neighbours."""
    weights = image[max(0, row - 1) : row + 2].astype(np.float64).sum(axis=0)
    return float(weights @ np.arange(SIDE) / weights.sum()) if weights.any() else SIDE / 2


def _one(image: Images, rng: np.random.Generator) -> list[Points]:
    top, bottom, _, _ = _box(image)
    kind = rng.integers(3)
    strokes = []
    if kind != 1:
        foot, half, tilt = _mean_column(image, bottom), rng.uniform(2.5, 5), rng.uniform(-0.7, 0.7)
        strokes.append(np.array([[foot - half, bottom + tilt], [foot + half * rng.uniform(0.7, 1.2), bottom - tilt]]))
    if kind != 0:
        head, reach, fall = _mean_column(image, top), rng.uniform(2, 6), rng.uniform(1, 6)
        strokes.append(np.array([[head, top + 0.5], [head - reach, top + fall]]))
    return strokes


def _wide_one(image: Images, rng: np.random.Generator) -> list[Points]:
    # The flag slopes down, which distinguishes this 1 from a 7, and often sags.
    top = _box(image)[0]
    head, reach, slope = _mean_column(image, top), rng.uniform(2, 11), rng.uniform(0.4, 1.6)
    start, end = np.array([head, top + 0.5]), np.array([head - reach, top + 0.5 + min(slope * reach, 11)])
    return [_curve(start, (start + end) / 2 + np.array([0, rng.uniform(-1, 3)]), end)]


def _seven(image: Images, rng: np.random.Generator) -> list[Points]:
    top, bottom, _, _ = _box(image)
    row = top + (bottom - top) * rng.uniform(0.38, 0.65)
    stem, half, tilt = _mean_column(image, round(row)), rng.uniform(2.5, 5.5), rng.uniform(-1.2, 0.8)
    return [np.array([[stem - half, row - tilt], [stem + half, row + tilt]])]


def _zero(image: Images, rng: np.random.Generator) -> list[Points]:
    top, bottom, left, right = _box(image)
    over, inset = rng.uniform(-2.5, 2), rng.uniform(-0.5, 2)
    if rng.random() < 0.3:  # a backslash
        left, right = right, left
        inset = -inset
    return [np.array([[left + inset, bottom + over], [right - inset, top - over]])]


def _nine(image: Images, rng: np.random.Generator) -> list[Points]:
    return [_hook(image, reach=rng.uniform(3, 7), rise=rng.uniform(0.5, 3.5))]


def _wide_nine(image: Images, rng: np.random.Generator) -> list[Points]:
    return [_hook(image, reach=rng.uniform(6, 11), rise=rng.uniform(-0.5, 3))]


def _hook(image: Images, reach: float, rise: float) -> Points:
    """A curve from the bottom of the digit to the left."""
    bottom = _box(image)[1]
    foot = _mean_column(image, bottom)
    start, bend, end = (
        np.array(p) for p in ((foot, bottom - 0.5), (foot - reach / 2, bottom + 1.5), (foot - reach, bottom - rise))
    )
    return _curve(start, bend, end)


def _curve(start: Points, bend: Points, end: Points) -> Points:
    """(6, 2) points of a quadratic Bézier curve."""
    t = np.linspace(0, 1, 6)[:, None]
    points: Points = (1 - t) ** 2 * start + 2 * t * (1 - t) * bend + t**2 * end
    return points


_VARIANTS: dict[int, MakeStrokes] = {0: _zero, 1: _one, 7: _seven, 9: _nine}
_WIDE_VARIANTS: dict[int, MakeStrokes] = {1: _wide_one, 9: _wide_nine}


def _draw_strokes(image: Images, strokes: list[Points], rng: np.random.Generator) -> Images:
    """Draw polylines, (n, 2) points of column and row, with 75 to 130 % of the width of MNIST's pen."""
    radius = PEN / 2 * rng.uniform(0.75, 1.3)
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float64)
    ink: Ink = image.astype(np.float64)
    for stroke in strokes:
        for (x0, y0), (x1, y1) in pairwise(stroke):
            dx, dy = x1 - x0, y1 - y0
            t = np.clip(((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy + 1e-9), 0, 1)
            distance = np.sqrt((x - x0 - t * dx) ** 2 + (y - y0 - t * dy) ** 2)
            ink = np.maximum(ink, 255 * np.clip(radius + 0.5 - distance, 0, 1))
    drawn: Images = np.floor(ink + 0.5).astype(np.uint8)
    return drawn
