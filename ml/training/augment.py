"""The random transformations that training shows the network, and nothing else."""

from __future__ import annotations

import abc
import math
from typing import Any

import keras
import numpy as np
from keras import ops
from scipy.interpolate import BSpline

from ml.config import Augmentation

TAIL = 2.5  # how much wider the ranges of a strongly transformed image are


def build_augmentation(ranges: Augmentation, seed: int) -> keras.Sequential:
    """Layers that transform (n, 28, 28, 1) images in [0, 255] anew at each step of training, and not otherwise."""
    layers: list[keras.Layer] = _keras_layers(ranges, seed) if ranges.separate_layers else [RandomWarp(ranges, seed)]
    if ranges.thickness or ranges.outline:
        layers.append(RandomThickness(ranges, seed + 4))
    if ranges.photo_effects:
        layers.append(RandomPhotograph(ranges, seed + 5))
    return keras.Sequential([keras.Input((28, 28, 1)), *layers], name="augmentation")


def _keras_layers(ranges: Augmentation, seed: int) -> list[keras.Layer]:
    """Keras' own layers, one after the other, each with a seed of its own.

    What moves in from outside is paper (0): Keras' default would reflect ink at the border.
    """
    paper = {"fill_mode": "constant", "fill_value": 0.0}
    layers = keras.layers
    return [
        layers.RandomRotation(ranges.rotation / 360, seed=seed, **paper),  # its unit is the full turn
        layers.RandomShear(x_factor=ranges.shear, seed=seed + 1, **paper),
        layers.RandomZoom(ranges.zoom, ranges.zoom, seed=seed + 2, **paper),
        layers.RandomTranslation(ranges.translation, ranges.translation, seed=seed + 3, **paper),
    ]


class _Random(keras.Layer, abc.ABC):  # type: ignore[misc]
    """A layer that changes images in training only, drawing from a generator of its own."""

    def __init__(self, ranges: Augmentation, seed: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.ranges = ranges
        self.random = keras.random.SeedGenerator(seed)

    def call(self, images: Any, training: bool = False) -> Any:
        """(n, 28, 28, 1) in [0, 255] → the same; unchanged unless `training`."""
        return self.transform(images) if training else images

    @abc.abstractmethod
    def transform(self, images: Any) -> Any:
        """(n, 28, 28, 1) in [0, 255] → the same, changed at random."""

    def uniform(self, shape: tuple[Any, ...], low: float, high: float) -> Any:
        """Numbers of this shape, evenly from `low` up to but without `high`."""
        return keras.random.uniform(shape, low, high, seed=self.random)

    def chosen(self, n: Any, probability: float) -> Any:
        """(n, 1, 1, 1) ones and zeros, one with this probability."""
        return ops.cast(self.uniform((n, 1, 1, 1), 0.0, 1.0) < probability, "float32")

    def field(self, n: Any, cells: int) -> Any:
        """(n, 28, 28, 1) smooth noise: a cubic spline over a grid of standard normal values."""
        grid = keras.random.normal((n, cells + 3, cells + 3), seed=self.random)
        basis = _spline_basis(cells)
        return ops.einsum("ya,nab,xb->nyx", basis, grid, basis)[..., None]


def _spline_basis(cells: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """(28, cells + 3) uniform cubic B-splines at the pixels' centres, scaled to unit variance on average."""
    knots = np.arange(-3, cells + 4, dtype=np.float64)
    basis = BSpline.design_matrix((np.arange(28) + 0.5) * cells / 28, knots, 3).toarray()
    return np.asarray(basis / np.sqrt((basis**2).sum(axis=1).mean()), np.float32)


class RandomWarp(_Random):
    """Rotation, shear, zoom, translation and elastic displacement in one bilinear resampling, drawn for each image.

    Layers in a row would resample as often: the network would train on blurred ink and be shown sharp. The elastic
    displacement follows Simard et al., Best Practices for Convolutional Neural Networks Applied to Visual Document
    Analysis, 2003, with splines for the Gaussian smoothing.
    """

    def transform(self, images: Any) -> Any:
        n = ops.shape(images)[0]
        wide = 1 + (TAIL - 1) * self.chosen(n, self.ranges.wide_range_probability)[:, :, :, 0]

        def draw(spread: float) -> Any:
            return self.uniform((n, 1, 1), -spread, spread) * wide

        angle, shear = draw(math.radians(self.ranges.rotation)), draw(self.ranges.shear)
        zoom_x, zoom_y = 1 + draw(self.ranges.zoom), 1 + draw(self.ranges.zoom)
        cos, sin = ops.cos(angle), ops.sin(angle)
        # Where each pixel comes from: rotation · shear · zoom about the centre, then translation.
        y, x = (np.mgrid[0:28, 0:28] - 13.5).astype(np.float32)[:, None]
        from_x = cos * zoom_x * x + (cos * shear - sin) * zoom_y * y + 13.5 + 28 * draw(self.ranges.translation)
        from_y = sin * zoom_x * x + (sin * shear + cos) * zoom_y * y + 13.5 + 28 * draw(self.ranges.translation)
        if self.ranges.elastic:
            from_x = from_x + self.ranges.elastic * self.field(n, 5)[..., 0]
            from_y = from_y + self.ranges.elastic * self.field(n, 5)[..., 0]
        return _sample(images, from_y, from_x)


def _sample(images: Any, y: Any, x: Any) -> Any:
    """(n, 28, 28, 1) read bilinearly at rows and columns (n, 28, 28); outside is paper."""
    # A frame of two pixels of paper: whatever lies outside is read from it.
    framed = ops.pad(images[..., 0], ((0, 0), (2, 2), (2, 2)))
    y, x = ops.clip(y + 2, 0.0, 30.99), ops.clip(x + 2, 0.0, 30.99)
    top, left = ops.floor(y), ops.floor(x)
    down, right = y - top, x - left
    start = ops.arange(ops.shape(images)[0], dtype="int32")[:, None, None] * (32 * 32)
    corner = start + ops.cast(top, "int32") * 32 + ops.cast(left, "int32")
    flat = ops.reshape(framed, (-1,))

    def at(offset: int) -> Any:
        return ops.take(flat, corner + offset)

    upper = at(0) * (1 - right) + at(1) * right
    lower = at(32) * (1 - right) + at(33) * right
    return (upper * (1 - down) + lower * down)[..., None]


class RandomThickness(_Random):
    """Thicker and thinner lines, and now and then their outline alone."""

    def transform(self, images: Any) -> Any:
        n = ops.shape(images)[0]
        thick = ops.max_pool(images, 3, 1, "same")
        thin = -ops.max_pool(-images, 3, 1, "same")
        change = self.uniform((n, 1, 1, 1), -self.ranges.thickness / 2, self.ranges.thickness)
        changed = images + ops.maximum(change, 0) * (thick - images) + ops.maximum(-change, 0) * (thin - images)
        outline = self.chosen(n, self.ranges.outline)
        return changed + outline * (thick - thin - changed)


class RandomPhotograph(_Random):
    """What a photograph does to ink: uneven light, pale ink, blur, grain, foreign lines, covered and negative patches.

    Several are relatives of MNIST-C's corruptions (Mu and Gilmer, 2019, https://arxiv.org/abs/1906.02337), by which
    robustness is judged: lines, negative bands, struck pixels, blots, grey paper. Its code is never run in training.
    """

    def transform(self, images: Any) -> Any:
        # The first of a shuffled batch stand for any: the others need not be computed.
        n = -(-ops.shape(images)[0] * round(100 * self.ranges.photo_effects) // 100)
        ink = images[:n] / 255
        for change in (self._clutter, self._light, self._blur, self._grain):
            ink = ink + self.chosen(n, 0.4) * (change(ink, n) - ink)
        return ops.concatenate([255 * ops.clip(ink, 0.0, 1.0), images[n:]], axis=0)

    def _clutter(self, ink: Any, n: Any) -> Any:
        y, x = (np.mgrid[0:28, 0:28] - 13.5).astype(np.float32)[:, None, :, :, None]

        def draw(low: float, high: float) -> Any:
            return self.uniform((n, 1, 1, 1), low, high)

        # A straight line at any angle, whole or broken, up to four pixels thick.
        angle, offset = draw(0.0, math.pi), draw(-9.0, 9.0)
        across = x * ops.cos(angle) + y * ops.sin(angle) - offset
        along = y * ops.cos(angle) - x * ops.sin(angle)
        whole = ops.cast(ops.sin(along * draw(0.3, 3.0)) > draw(-2.0, 0.8), "float32")
        line = self.chosen(n, 0.6) * whole * ops.clip(draw(0.8, 2.0) - ops.abs(across), 0.0, 1.0)
        ink = ops.maximum(ink, line)
        # A small patch covered with grey, or a band across the image turned negative.
        row, column = draw(-14.0, 12.0), draw(-14.0, 12.0)
        down, right = y - row, x - column
        high, wide = draw(2.0, 8.0), draw(2.0, 8.0)
        in_rows = ops.cast((down > 0) & (down < high), "float32")
        in_columns = ops.cast((right > 0) & (right < wide), "float32")
        upright = self.chosen(n, 0.5)
        band = upright * in_columns + (1 - upright) * in_rows
        covered = self.chosen(n, 0.3) * in_rows * in_columns
        negative = self.chosen(n, 0.3) * band
        ink = ink + covered * (draw(0.0, 1.0) - ink)
        return ink + negative * (1 - 2 * ink)

    def _light(self, ink: Any, n: Any) -> Any:
        uneven = self.uniform((n, 1, 1, 1), 0.0, 0.25) * self.field(n, 3)
        paper = ops.clip(self.uniform((n, 1, 1, 1), 0.0, 0.7) + uneven, 0.0, 0.85)
        contrast = self.uniform((n, 1, 1, 1), 0.35, 1.0)
        return paper + (1 - paper) * contrast * ink

    def _blur(self, ink: Any, n: Any) -> Any:
        blurred = ops.average_pool(ops.pad(ink, ((0, 0), (2, 2), (2, 2), (0, 0)), mode="reflect"), 5, 1, "valid")
        return ink + self.uniform((n, 1, 1, 1), 0.2, 0.9) * (blurred - ink)

    def _grain(self, ink: Any, n: Any) -> Any:
        noise = self.uniform((n, 28, 28, 1), 0.0, 1.0)
        grain = ink + self.uniform((n, 1, 1, 1), 0.1, 1.2) * (noise - 0.5)
        # Single pixels of any grey: those whose noise is below a share are struck, with what it is of that share.
        share = self.uniform((n, 1, 1, 1), 0.01, 0.25)
        struck = ops.where(noise < share, noise / share, ink)
        blots = ops.maximum(ink, ops.clip(4 * (self.field(n, 9) - self.uniform((n, 1, 1, 1), 1.2, 2.5)), 0.0, 1.0))
        kind = self.uniform((n, 1, 1, 1), 0.0, 3.0)
        return ops.where(kind < 1, grain, ops.where(kind < 2, struck, blots))
