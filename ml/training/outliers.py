"""Outliers for training: images that show no digit.

A model that is trained on digits only is confident about any image. If it is trained to predict the uniform
distribution for these images, it is less confident about other outliers, too.

Source: Hendrycks et al., Deep Anomaly Detection with Outlier Exposure, 2019, https://arxiv.org/abs/1812.04606.
"""

from __future__ import annotations

import math

import numpy as np

from ml.data.dataset import Images, Labels
from ml.data.drawn import random_pen
from ml.ink.preprocess import Ink, Points, from_strokes, normalize
from ml.training.signs import random_sign

OUTLIER_LABEL = -1

# Digits that are not digits after a rotation by 90°.
_ROTATABLE = (2, 3, 4, 5, 6, 7, 9)

# Digits whose upper or lower part is not a digit. The others' parts can be a 0, 1 or 7.
_UPPER_PARTS = (0, 2, 3, 4, 5)
_LOWER_PARTS = (0, 2, 3, 5)


def make_outliers(images: Images, labels: Labels, count: int, seed: int) -> Images:
    """Make outliers of all kinds in a repeating order.

    The kinds are scribbles, invented characters, signs and doodles, pairs of digits, blots, digits rotated by 90°, and
    parts of digits.

    Args:
        images: (n, 28, 28) uint8 digits, bright ink on 0. Pairs, rotated digits and parts are made from them.
        labels: (n,) in 0…9. The last two kinds are left out if no label is suitable.
        count: Number of outliers.
        seed: Seed of the random numbers.

    Returns:
        (count, 28, 28) uint8, in the geometry of MNIST.
    """
    rng = np.random.default_rng(seed)
    rotated = (_rotated,) if np.isin(labels, _ROTATABLE).any() else ()
    parts = (_part,) if np.isin(labels, _UPPER_PARTS).any() else ()
    makers = (_scribble, _character, _character, _sign, _sign, _pair, _blot, *rotated, *parts)
    made = [makers[i % len(makers)](images, labels, rng) for i in range(count)]
    return np.array(made, np.uint8).reshape(-1, 28, 28)


def _render(strokes: list[Points], rng: np.random.Generator) -> Images:
    return from_strokes([stroke.tolist() for stroke in strokes], random_pen(rng))


def _scribble(images: Images, labels: Labels, rng: np.random.Generator) -> Images:
    """One or two smooth random walks of a pen."""
    strokes = []
    for _ in range(rng.integers(1, 3)):
        steps = int(rng.integers(25, 90))
        heading = rng.uniform(0, 2 * math.pi) + np.cumsum(
            rng.normal(0, rng.uniform(0.2, 0.9), steps) + rng.normal(0, 0.15)
        )
        walk = np.cumsum(np.column_stack([np.cos(heading), np.sin(heading)]), axis=0)
        strokes.append(walk + rng.normal(0, 4, 2))
    return _render(strokes, rng)


def _character(images: Images, labels: Labels, rng: np.random.Generator) -> Images:
    """Three to six lines, curves and arcs between the points of a 3×3 grid and earlier strokes, as in most scripts."""
    grid = np.array([[x, y] for x in (0.0, 0.5, 1.0) for y in (0.0, 0.5, 1.0)])
    strokes: list[Points] = []
    for _ in range(rng.integers(3, 7)):
        start, end = grid[rng.choice(9, 2, replace=False)]
        if strokes and rng.random() < 0.6:  # start on an earlier stroke
            earlier = strokes[rng.integers(len(strokes))]
            start = earlier[rng.integers(len(earlier))]
        t = np.linspace(0, 1, 16)[:, None]
        kind = rng.random()
        if kind < 0.45:
            stroke = start + t * (end - start)
        elif kind < 0.8:
            bend = (start + end) / 2 + rng.normal(0, 0.35, 2)
            stroke = (1 - t) ** 2 * start + 2 * t * (1 - t) * bend + t**2 * end
        else:
            turn = rng.uniform(0, 2 * math.pi) + rng.choice([-1, 1]) * t * rng.uniform(1.2, 2) * math.pi
            stroke = start + rng.uniform(0.12, 0.35) * np.hstack([np.cos(turn), np.sin(turn)])
        strokes.append(stroke + rng.normal(0, 0.03, 2))
    slant, stretch = rng.normal(0, 0.15), math.exp(rng.normal(0, 0.25))
    change = np.array([[stretch, slant], [0, 1 / stretch]])
    return _render([stroke @ change.T for stroke in strokes], rng)


def _sign(images: Images, labels: Labels, rng: np.random.Generator) -> Images:
    return _render(random_sign(rng), rng)


def _pair(images: Images, labels: Labels, rng: np.random.Generator) -> Images:
    """Two digits side by side in one box, up to three pixels overlapping or four apart."""
    left, right = (_crop(images[rng.integers(len(images))]) for _ in range(2))
    gap = int(rng.integers(-3, 5))
    height = max(len(left), len(right))
    canvas = np.zeros((height, left.shape[1] + right.shape[1] + max(gap, 0)))
    for image, at in ((left, 0), (right, max(0, left.shape[1] + gap))):
        top = (height - len(image)) // 2
        place = canvas[top : top + len(image), at : at + image.shape[1]]
        np.maximum(place, image[:, : place.shape[1]], out=place)
    return normalize(canvas / 255)


def _rotated(images: Images, labels: Labels, rng: np.random.Generator) -> Images:
    return np.rot90(images[_choose(labels, _ROTATABLE, rng)], rng.choice([1, 3]))


def _part(images: Images, labels: Labels, rng: np.random.Generator) -> Images:
    """The upper or lower part of a digit, 35 to 55 % of its height, scaled to the size of a digit."""
    digit = _choose(labels, _UPPER_PARTS, rng)
    box = _crop(images[digit])
    rows = max(2, round(len(box) * rng.uniform(0.35, 0.55)))
    upper = labels[digit] not in _LOWER_PARTS or rng.random() < 0.5
    return normalize(box[:rows] if upper else box[-rows:])


def _choose(labels: Labels, among: tuple[int, ...], rng: np.random.Generator) -> int:
    """Return the index of a random image with one of these labels, at least one of which occurs."""
    while True:
        i = int(rng.integers(len(labels)))
        if labels[i] in among:
            return i


def _blot(images: Images, labels: Labels, rng: np.random.Generator) -> Images:
    """A filled disc, like a tap of the pen that is scaled to the size of a digit, or an uneven blot."""
    y, x = np.mgrid[-1:1:80j, -1:1:80j]
    angle, uneven = np.arctan2(y, x), rng.uniform(0, 0.3)
    edge = 0.7 + sum(
        uneven / k * math.sin(rng.uniform(0, 6)) * np.cos(k * angle + rng.uniform(0, 6)) for k in (2, 3, 4)
    )
    inside: Ink = np.clip((edge - np.sqrt(x**2 + y**2)) * 40 + 0.5, 0, 1)
    return normalize(inside)


def _crop(image: Images) -> Ink:
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.float64)
