"""Images of recorded pen strokes, drawn as the page draws the strokes of a visitor.

Drawing takes two to four milliseconds a character, so the images of a dataset are kept in the user's cache.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from ml.data.dataset import Images
from ml.data.download import cache_dir
from ml.data.npy import read_array
from ml.files import write_bytes
from ml.ink import preprocess
from ml.ink.preprocess import PEN, SIDE, Points, from_strokes

GAP_PROBABILITY = 0.1
"""Share of the varied drawings in which the longest stroke is interrupted."""

GAPS = (0.1, 0.22)
"""Shortest and longest gap, as a share of the long side of the character. The pen covers about 0.1."""

Strokes = Sequence[Points]
"""The strokes of one character: (n, 2) points x (right) and y (down) in any unit."""


def draw_all(characters: Sequence[Strokes], name: str | None = None) -> Images:
    """Draw characters with the page's pen.

    Args:
        characters: The characters.
        name: What the images show, such as "validation digits", to keep them in the cache; None: do not keep them.

    Returns:
        (n, 28, 28) uint8.
    """

    def draw() -> Images:
        return _stack([from_strokes([stroke.tolist() for stroke in strokes]) for strokes in _progress(characters)])

    return draw() if name is None else _cached(name, draw, characters)


def draw_varied(characters: Sequence[Strokes], times: int, seed: int, name: str | None = None) -> Images:
    """Draw each character several times, with random pen widths, slants, proportions, sampling rates and gaps.

    The characters of a dataset were written on few tablets. The variation prevents overfitting to them.

    Args:
        characters: The characters.
        times: How often each is drawn.
        seed: Seed of the random numbers.
        name: As for `draw_all`.

    Returns:
        (n · times, 28, 28) uint8: all characters in order, `times` times.
    """

    def draw() -> Images:
        rng = np.random.default_rng(seed)
        return _stack([_draw_variant(strokes, rng) for strokes in _progress([*characters] * times)])

    return draw() if name is None else _cached(name, draw, characters, times, seed)


def _draw_variant(character: Strokes, rng: np.random.Generator) -> Images:
    angle, slant = rng.normal(0, math.radians(5)), rng.normal(0, 0.12)
    stretch = math.exp(rng.normal(0, 0.12))
    change = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    change = change @ np.array([[stretch, slant], [0, 1 / stretch]])
    step = int(rng.integers(1, 4))
    pen = random_pen(rng)
    strokes = [_every(stroke, step) @ change.T for stroke in character]
    if rng.random() < GAP_PROBABILITY:
        longest = max(range(len(strokes)), key=lambda i: len(strokes[i]))
        size = np.ptp(np.concatenate(strokes), axis=0).max()
        strokes[longest : longest + 1] = _with_gap(strokes[longest], rng.uniform(*GAPS) * size, rng)
    return from_strokes([stroke.tolist() for stroke in strokes], pen)


def _progress(characters: Sequence[Strokes]) -> tqdm[Strokes]:
    return tqdm(characters, desc="Drawing", unit=" characters", disable=None if len(characters) > 1000 else True)


def _stack(images: list[Images]) -> Images:
    return np.array(images, np.uint8).reshape(-1, SIDE, SIDE)


def _cached(name: str, draw: Callable[[], Images], characters: Sequence[Strokes], *settings: int) -> Images:
    """Return what `draw` draws, from the cache if it was drawn by the same code from the same characters before."""
    digest = hashlib.sha256(repr(settings).encode())
    for code in (__file__, preprocess.__file__):
        digest.update(Path(code).read_bytes())
    for strokes in characters:
        digest.update(repr([len(stroke) for stroke in strokes]).encode())
        for stroke in strokes:
            digest.update(stroke.tobytes())
    folder = cache_dir("drawn")
    name = name.replace(" ", "_")
    path = folder / f"{name}-{digest.hexdigest()[:16]}.npy"
    with contextlib.suppress(ValueError):  # not cached, or damaged
        return read_array(path)
    images = draw()
    content = io.BytesIO()
    np.save(content, images)
    with contextlib.suppress(OSError):  # the cache cannot be written; the images are not lost
        folder.mkdir(parents=True, exist_ok=True)
        write_bytes(path, content.getvalue())
        for outdated in folder.glob(f"{name}-*.npy"):
            if outdated != path:
                outdated.unlink()
    return images


def random_pen(rng: np.random.Generator) -> float:
    """Return a random pen width near the page's, in pixels of the 28×28 image."""
    return float(np.clip(PEN * math.exp(rng.normal(0, 0.25)), 1.2, 4.5))


def _every(stroke: Points, step: int) -> Points:
    """Return every `step`-th point, and the last."""
    return np.concatenate([stroke[:-1:step], stroke[-1:]])


def _with_gap(stroke: Points, length: float, rng: np.random.Generator) -> list[Points]:
    """Leave out a piece of this length at a random place of a stroke, as a pen with bad contact does."""
    travelled = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(stroke, axis=0), axis=1))])
    start = rng.uniform(0.1, 0.9) * travelled[-1]
    return [part for part in (stroke[travelled <= start], stroke[travelled >= start + length]) if len(part)]
