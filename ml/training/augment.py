"""Random transformations of the training images. They are active in training only."""

from __future__ import annotations

import abc
import math
from typing import Any

import keras
import numpy as np
from keras import ops
from scipy.interpolate import BSpline

from ml.config import Augmentation
from ml.training.tensor import Tensor

WIDE_RANGE = 2.5  # factor of the four geometric ranges, with `wide_range_probability`


def build_augmentation(ranges: Augmentation, seed: int) -> keras.Sequential:
    """Build the layers that transform each image anew in each training step.

    Args:
        ranges: Ranges of the transformations; those with a range of 0 are left out.
        seed: Seed of the random numbers.

    Returns:
        A model from (n, 28, 28, 1) to the same shape, both in [0, 255]. With `training=False` it changes nothing.
    """
    layers: list[keras.Layer] = []
    if ranges.separate_layers:
        layers += _keras_layers(ranges, seed)
    elif ranges.rotation or ranges.shear or ranges.zoom or ranges.translation or ranges.elastic:
        layers.append(RandomWarp(ranges, seed))
    if ranges.thickness or ranges.outline:
        layers.append(RandomThickness(ranges, seed + 4))
    if ranges.photo_effects:
        layers.append(RandomPhotoEffects(ranges, seed + 5))
    return keras.Sequential([keras.Input((28, 28, 1)), *(layers or [keras.layers.Identity()])], name="augmentation")


def _keras_layers(ranges: Augmentation, seed: int) -> list[keras.Layer]:
    """Return Keras' layers with different seeds."""
    # 0 is the background. The default, fill_mode="reflect", would mirror ink at the border.
    fill = {"fill_mode": "constant", "fill_value": 0.0}
    layers = keras.layers
    return [
        layers.RandomRotation(ranges.rotation / 360, seed=seed, **fill),  # as a fraction of a full turn
        layers.RandomShear(x_factor=ranges.shear, seed=seed + 1, **fill),
        layers.RandomZoom(ranges.zoom, ranges.zoom, seed=seed + 2, **fill),
        layers.RandomTranslation(ranges.translation, ranges.translation, seed=seed + 3, **fill),
    ]


class _Random(keras.Layer, abc.ABC):  # type: ignore[misc]
    """Base class of the random layers below, which are active in training only."""

    def __init__(self, ranges: Augmentation, seed: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.ranges = ranges
        self.random = keras.random.SeedGenerator(seed)

    def call(self, images: Tensor, training: bool = False) -> Tensor:
        """Transform (n, 28, 28, 1) images in [0, 255]; without `training` return them unchanged."""
        return self.transform(images) if training else images

    @abc.abstractmethod
    def transform(self, images: Tensor) -> Tensor:
        """Return (n, 28, 28, 1) images in [0, 255], randomly changed."""

    def uniform(self, shape: tuple[Any, ...], low: float, high: float) -> Tensor:
        """Return uniform random numbers in [low, high)."""
        return keras.random.uniform(shape, low, high, seed=self.random)

    def bernoulli(self, n: Tensor, probability: float) -> Tensor:
        """Return (n, 1, 1, 1) random ones, with this probability, and zeros."""
        return ops.cast(self.uniform((n, 1, 1, 1), 0.0, 1.0) < probability, "float32")

    def smooth_noise(self, n: Tensor, cells: int) -> Tensor:
        """Return (n, 28, 28, 1) smooth noise of unit variance: a cubic spline on a grid of `cells` × `cells`."""
        grid = keras.random.normal((n, cells + 3, cells + 3), seed=self.random)
        basis = _spline_basis(cells)
        return ops.einsum("ya,nab,xb->nyx", basis, grid, basis)[..., None]


def _spline_basis(cells: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return (28, cells + 3) uniform cubic B-splines at the pixel centres, scaled for unit variance of the noise."""
    knots = np.arange(-3, cells + 4, dtype=np.float64)
    basis = BSpline.design_matrix((np.arange(28) + 0.5) * cells / 28, knots, 3).toarray()
    return np.asarray(basis / np.sqrt((basis**2).sum(axis=1).mean()), np.float32)


class RandomWarp(_Random):
    """Rotation, shear, zoom, translation and elastic displacement in one bilinear resampling.

    A sequence of layers would resample once for each: training images would be more blurred than those at inference.

    Source of the elastic displacement: Simard et al., Best Practices for Convolutional Neural Networks Applied to
    Visual Document Analysis, 2003, with splines instead of Gaussian smoothing.
    """

    def transform(self, images: Tensor) -> Tensor:
        n = ops.shape(images)[0]
        widening = 1 + (WIDE_RANGE - 1) * self.bernoulli(n, self.ranges.wide_range_probability)[:, :, :, 0]

        def draw(limit: float) -> Tensor:
            return self.uniform((n, 1, 1), -limit, limit) * widening

        angle, shear = draw(math.radians(self.ranges.rotation)), draw(self.ranges.shear)
        zoom_x, zoom_y = 1 + draw(self.ranges.zoom), 1 + draw(self.ranges.zoom)
        cos, sin = ops.cos(angle), ops.sin(angle)
        # The source of each pixel: rotation · shear · zoom about the centre, then translation.
        y, x = (np.mgrid[0:28, 0:28] - 13.5).astype(np.float32)[:, None]
        from_x = cos * zoom_x * x + (cos * shear - sin) * zoom_y * y + 13.5 + 28 * draw(self.ranges.translation)
        from_y = sin * zoom_x * x + (sin * shear + cos) * zoom_y * y + 13.5 + 28 * draw(self.ranges.translation)
        if self.ranges.elastic:
            from_x = from_x + self.ranges.elastic * self.smooth_noise(n, 5)[..., 0]
            from_y = from_y + self.ranges.elastic * self.smooth_noise(n, 5)[..., 0]
        return _sample(images, from_y, from_x)


def _sample(images: Tensor, y: Tensor, x: Tensor) -> Tensor:
    """Sample (n, 28, 28, 1) images bilinearly at rows and columns (n, 28, 28); pixels outside are 0.

    `keras.ops.image.map_coordinates` gives the same values, but is slower (docs/experiments.md): the batch is a third
    dimension to interpolate.
    """
    # Coordinates outside the image are clipped to a border of two zero pixels.
    padded = ops.pad(images[..., 0], ((0, 0), (2, 2), (2, 2)))
    y, x = ops.clip(y + 2, 0.0, 30.99), ops.clip(x + 2, 0.0, 30.99)
    top, left = ops.floor(y), ops.floor(x)
    down, right = y - top, x - left
    start = ops.arange(ops.shape(images)[0], dtype="int32")[:, None, None] * (32 * 32)
    corner = start + ops.cast(top, "int32") * 32 + ops.cast(left, "int32")
    flat = ops.reshape(padded, (-1,))

    def at(offset: int) -> Tensor:
        return ops.take(flat, corner + offset)

    upper = at(0) * (1 - right) + at(1) * right
    lower = at(32) * (1 - right) + at(33) * right
    return (upper * (1 - down) + lower * down)[..., None]


class RandomThickness(_Random):
    """Thicker and thinner lines, by partial 3×3 dilation and erosion, or only the outline of the ink."""

    def transform(self, images: Tensor) -> Tensor:
        n = ops.shape(images)[0]
        dilated = ops.max_pool(images, 3, 1, "same")
        eroded = -ops.max_pool(-images, 3, 1, "same")
        change = self.uniform((n, 1, 1, 1), -self.ranges.thickness / 2, self.ranges.thickness)
        changed = images + ops.maximum(change, 0) * (dilated - images) + ops.maximum(-change, 0) * (eroded - images)
        outline = self.bernoulli(n, self.ranges.outline)
        return changed + outline * (dilated - eroded - changed)


class RandomPhotoEffects(_Random):
    """Effects of photographs: uneven light, pale ink, blur, grain, lines, covered patches and negative bands.

    Several resemble corruptions of MNIST-C (Mu and Gilmer, 2019, https://arxiv.org/abs/1906.02337), which measures
    robustness: lines, negative bands, impulse noise, blots, grey background. Training does not run MNIST-C's code.
    """

    def transform(self, images: Tensor) -> Tensor:
        # Batches are shuffled, so changing their first images is enough; the others are not computed.
        n = -(-ops.shape(images)[0] * round(100 * self.ranges.photo_effects) // 100)
        ink = images[:n] / 255
        for change in (self._clutter, self._light, self._blur, self._grain):
            ink = ink + self.bernoulli(n, 0.4) * (change(ink, n) - ink)
        return ops.concatenate([255 * ops.clip(ink, 0.0, 1.0), images[n:]], axis=0)

    def _clutter(self, ink: Tensor, n: Tensor) -> Tensor:
        y, x = (np.mgrid[0:28, 0:28] - 13.5).astype(np.float32)[:, None, :, :, None]

        def draw(low: float, high: float) -> Tensor:
            return self.uniform((n, 1, 1, 1), low, high)

        # A straight line at any angle, solid or dashed, up to four pixels thick.
        angle, offset = draw(0.0, math.pi), draw(-9.0, 9.0)
        across = x * ops.cos(angle) + y * ops.sin(angle) - offset
        along = y * ops.cos(angle) - x * ops.sin(angle)
        solid = ops.cast(ops.sin(along * draw(0.3, 3.0)) > draw(-2.0, 0.8), "float32")
        line = self.bernoulli(n, 0.6) * solid * ops.clip(draw(0.8, 2.0) - ops.abs(across), 0.0, 1.0)
        ink = ops.maximum(ink, line)
        # A small grey patch, and a negative band across the image.
        row, column = draw(-14.0, 12.0), draw(-14.0, 12.0)
        down, right = y - row, x - column
        high, wide = draw(2.0, 8.0), draw(2.0, 8.0)
        in_rows = ops.cast((down > 0) & (down < high), "float32")
        in_columns = ops.cast((right > 0) & (right < wide), "float32")
        vertical = self.bernoulli(n, 0.5)
        band = vertical * in_columns + (1 - vertical) * in_rows
        covered = self.bernoulli(n, 0.3) * in_rows * in_columns
        negative = self.bernoulli(n, 0.3) * band
        ink = ink + covered * (draw(0.0, 1.0) - ink)
        return ink + negative * (1 - 2 * ink)

    def _light(self, ink: Tensor, n: Tensor) -> Tensor:
        uneven = self.uniform((n, 1, 1, 1), 0.0, 0.25) * self.smooth_noise(n, 3)
        background = ops.clip(self.uniform((n, 1, 1, 1), 0.0, 0.7) + uneven, 0.0, 0.85)
        contrast = self.uniform((n, 1, 1, 1), 0.35, 1.0)
        return background + (1 - background) * contrast * ink

    def _blur(self, ink: Tensor, n: Tensor) -> Tensor:
        blurred = ops.average_pool(ops.pad(ink, ((0, 0), (2, 2), (2, 2), (0, 0)), mode="reflect"), 5, 1, "valid")
        return ink + self.uniform((n, 1, 1, 1), 0.2, 0.9) * (blurred - ink)

    def _grain(self, ink: Tensor, n: Tensor) -> Tensor:
        noise = self.uniform((n, 28, 28, 1), 0.0, 1.0)
        grain = ink + self.uniform((n, 1, 1, 1), 0.1, 1.2) * (noise - 0.5)
        # Impulse noise: a pixel whose noise is below a share becomes a random grey, the noise divided by the share.
        share = self.uniform((n, 1, 1, 1), 0.01, 0.25)
        impulse = ops.where(noise < share, noise / share, ink)
        blots = ops.maximum(
            ink, ops.clip(4 * (self.smooth_noise(n, 9) - self.uniform((n, 1, 1, 1), 1.2, 2.5)), 0.0, 1.0)
        )
        kind = self.uniform((n, 1, 1, 1), 0.0, 3.0)
        return ops.where(kind < 1, grain, ops.where(kind < 2, impulse, blots))
