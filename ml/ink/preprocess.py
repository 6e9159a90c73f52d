"""Ink to a 28×28 image, by MNIST's procedure.

This is the reference for `frontend/src/lib/ink/preprocess.ts`. `docs/architecture.md` describes the steps, and the
golden vectors in `tests/golden/ink.json` keep the two within 1/255 of each other. Only +, −, ×, ÷ and sqrt are used:
IEEE 754 defines their rounding, but not that of `hypot` and `pow`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Stroke = Sequence[tuple[float, float]]
Ink = npt.NDArray[np.float64]
"""(height, width), 0 is background, 1 is full ink."""

Points = npt.NDArray[np.float64]
"""(n, 2) columns x (right) and y (down), or (2,) for a single point."""

SIDE = 28
"""Side of the network's input, pixels."""

BOX = 20
"""Long side of MNIST's ink, pixels."""

PEN = 2.2
"""Pen diameter in pixels of the 28×28 image; MNIST's lines are about as thick."""

DETAIL = 8
"""Raster pixels for each of the 20 pixels of the box."""

# Without it, rounding errors would decide where an exactly symmetric digit is placed.
_SNAP = 1e-6


def from_strokes(strokes: Sequence[Stroke], pen: float = PEN) -> npt.NDArray[np.uint8]:
    """Draw pen strokes as a 28×28 image like those of MNIST.

    Args:
        strokes: Each a sequence of points (x right, y down) in any unit. Empty ones are ignored.
        pen: Pen diameter in pixels of the 28×28 image, above 0 and below 20.

    Returns:
        (28, 28) uint8, ink bright; all zeros if there is no point.

    Raises:
        ValueError: A coordinate is not finite, the strokes are too small or too large to be scaled, or `pen` is out of
            range.
    """
    return normalize(draw(strokes, pen))


def draw(strokes: Sequence[Stroke], pen: float = PEN) -> Ink:
    """Rasterise strokes with a round pen, scaled so that the long side of the ink is 160 raster pixels.

    Args:
        strokes: As for `from_strokes`.
        pen: Pen diameter in pixels of the 28×28 image.

    Returns:
        (height, width) ink in [0, 1]; (0, 0) if there is no point.

    Raises:
        ValueError: A coordinate is not finite, the strokes are too small or too large to be scaled, or `pen` is out of
            range.
    """
    if not 0 < pen < BOX:
        raise ValueError(f"pen must be above 0 and below {BOX} pixels, not {pen}")
    lines = [np.asarray(stroke, dtype=np.float64) for stroke in strokes if len(stroke)]
    if not lines:
        return np.zeros((0, 0))
    points = np.concatenate(lines)
    if not np.isfinite(points).all():
        raise ValueError("a stroke has a coordinate that is not a finite number")

    diameter = DETAIL * pen
    low, high = points.min(axis=0), points.max(axis=0)
    with np.errstate(over="ignore"):
        extent = high - low
        long_side = extent.max()
        scale = (DETAIL * BOX - diameter) / long_side if long_side > 0 else 1.0
    if not np.isfinite([long_side, scale]).all():
        raise ValueError(f"the strokes are {long_side:g} long, which is too small or too large to be scaled")
    width, height = (int(n) for n in np.ceil(extent * scale + diameter) + 2)
    ink = np.zeros((height, width))
    for line in lines:
        placed = (line - low) * scale + (diameter / 2 + 1)
        segments = pairwise(placed) if len(placed) > 1 else [(placed[0], placed[0])]
        for start, end in segments:
            _draw_segment(ink, start, end, diameter / 2)
    return ink


def _draw_segment(ink: Ink, start: Points, end: Points, radius: float) -> None:
    """Draw one antialiased segment with round caps into `ink`, in place: the maximum of both."""
    reach = radius + 1
    (x0, y0), (x1, y1) = np.minimum(start, end) - reach, np.maximum(start, end) + reach
    top, left = int(np.floor(y0)), int(np.floor(x0))
    patch = ink[top : int(np.ceil(y1)), left : int(np.ceil(x1))]
    px = np.arange(left, left + patch.shape[1])[None, :] + 0.5 - start[0]
    py = np.arange(top, top + patch.shape[0])[:, None] + 0.5 - start[1]
    dx, dy = end - start
    length2 = dx * dx + dy * dy
    # Position along the segment, 0 to 1, of the point nearest to each pixel.
    t = np.clip((px * dx + py * dy) / length2, 0, 1) if length2 > 0 else 0.0
    ex, ey = px - t * dx, py - t * dy
    np.maximum(patch, np.minimum(radius + 0.5 - np.sqrt(ex * ex + ey * ey), 1), out=patch)


def normalize(ink: npt.ArrayLike) -> npt.NDArray[np.uint8]:
    """Crop, resample and centre an ink raster by the published MNIST procedure.

    Source: http://yann.lecun.com/exdb/mnist/ ("size normalized to fit in a 20x20 pixel box while preserving their
    aspect ratio … centered in a 28x28 image by computing the center of mass of the pixels").

    Args:
        ink: (height, width), 0 is background; larger values are scaled to a maximum of 255.

    Returns:
        (28, 28) uint8; all zeros if there is no ink.

    Raises:
        ValueError: `ink` does not have two axes, or a value is negative or not finite.
    """
    ink = np.asarray(ink)
    if ink.ndim != 2:
        raise ValueError(f"ink must be (height, width), not {ink.shape}")
    if not np.isfinite(ink).all() or (ink < 0).any():
        raise ValueError("ink must be finite and not negative")
    image = np.zeros((SIDE, SIDE), np.uint8)
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if len(rows) == 0:
        return image

    box = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    side = max(box.shape)
    small = _area_weights(box.shape[0], side) @ box @ _area_weights(box.shape[1], side).T
    small *= 255 / small.max()

    centres = np.arange(BOX) + 0.5
    total = small.sum()
    top = _paste_at(float(small.sum(axis=1) @ centres / total))
    left = _paste_at(float(small.sum(axis=0) @ centres / total))
    image[top : top + BOX, left : left + BOX] = np.floor(small + 0.5)
    return image


def _area_weights(length: int, side: int) -> npt.NDArray[np.float64]:
    """Return (20, length) weights by which 20 cells average `length` pixels centred in a side of `side` pixels."""
    edges = np.arange(BOX + 1) * side / BOX - (side - length) / 2
    pixels = np.arange(length)
    overlap = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    weights: npt.NDArray[np.float64] = np.maximum(overlap, 0) / (side / BOX)
    return weights


def _paste_at(centre_of_mass: float) -> int:
    """Return where the 20 pixels start among the 28 so that the centre of mass is in the middle."""
    return int(min(SIDE - BOX, max(0, np.floor(SIDE / 2 + 1 - centre_of_mass + _SNAP))))
