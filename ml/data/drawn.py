"""Images of recorded pen strokes, drawn as the page draws the strokes of a visitor."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ml.data.dataset import Images
from ml.ink.preprocess import PEN, SIDE, Points, from_strokes

Strokes = Sequence[Points]
"""The strokes of one character: (n, 2) points x (right) and y (down) in any unit."""


def draw_all(characters: Sequence[Strokes]) -> Images:
    """Draw characters with the page's pen: (n, 28, 28) uint8."""
    return _stack([from_strokes([stroke.tolist() for stroke in strokes]) for strokes in characters])


def draw_varied(characters: Sequence[Strokes], times: int, seed: int) -> Images:
    """Draw each character several times, with random pen widths, slants, proportions and sampling rates.

    The characters of a dataset were written on few tablets. The variation prevents overfitting to them.

    Returns:
        (n · times, 28, 28) uint8: all characters in order, `times` times.
    """
    rng = np.random.default_rng(seed)
    images = []
    for _ in range(times):
        for character in characters:
            angle, slant = rng.normal(0, math.radians(5)), rng.normal(0, 0.12)
            stretch = math.exp(rng.normal(0, 0.12))
            change = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
            change = change @ np.array([[stretch, slant], [0, 1 / stretch]])
            step = int(rng.integers(1, 4))
            pen = random_pen(rng)
            strokes = [(_every(stroke, step) @ change.T).tolist() for stroke in character]
            images.append(from_strokes(strokes, pen))
    return _stack(images)


def _stack(images: list[Images]) -> Images:
    return np.array(images, np.uint8).reshape(-1, SIDE, SIDE)


def random_pen(rng: np.random.Generator) -> float:
    """Return a random pen width near the page's, in pixels of the 28×28 image."""
    return float(np.clip(PEN * math.exp(rng.normal(0, 0.25)), 1.2, 4.5))


def _every(stroke: Points, step: int) -> Points:
    """Return every `step`-th point, and the last."""
    return np.concatenate([stroke[:-1:step], stroke[-1:]])
