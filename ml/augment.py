"""The random transformations that training shows the network, and nothing else."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops

from ml.config import Augmentation


def build_augmentation(ranges: Augmentation, seed: int) -> keras.Sequential:
    """Layers that transform (n, 28, 28, 1) images in [0, 255] anew at each step of training, and not otherwise."""
    layers = _keras_layers(ranges, seed) if ranges.separate else [RandomAffine(ranges, seed)]
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


class RandomAffine(keras.Layer):  # type: ignore[misc]
    """Rotation, shear, zoom and translation in one bilinear resampling, drawn for each image.

    Four layers in a row would resample four times: the network would train on blurred ink and be shown sharp.
    """

    def __init__(self, ranges: Augmentation, seed: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.ranges = ranges
        self.random = keras.random.SeedGenerator(seed)

    def call(self, images: Any, training: bool = False) -> Any:
        """(n, height, width, channels) → the same shape; unchanged unless `training`."""
        if not training:
            return images
        n, height, width = ops.shape(images)[0], images.shape[1], images.shape[2]

        def draw(spread: float) -> Any:
            return keras.random.uniform((n,), -spread, spread, seed=self.random)

        angle, shear = draw(math.radians(self.ranges.rotation)), draw(self.ranges.shear)
        zoom_x, zoom_y = 1 + draw(self.ranges.zoom), 1 + draw(self.ranges.zoom)
        cos, sin = ops.cos(angle), ops.sin(angle)
        # Where each pixel comes from: rotation · shear · zoom about the centre, then translation.
        xx, xy = cos * zoom_x, (cos * shear - sin) * zoom_y
        yx, yy = sin * zoom_x, (sin * shear + cos) * zoom_y
        cx, cy = (width - 1) / 2, (height - 1) / 2
        dx = cx - xx * cx - xy * cy + width * draw(self.ranges.translation)
        dy = cy - yx * cx - yy * cy + height * draw(self.ranges.translation)
        zero = ops.zeros_like(dx)
        transforms = ops.stack([xx, xy, dx, yx, yy, dy, zero, zero], axis=1)
        return ops.image.affine_transform(images, transforms, interpolation="bilinear", fill_mode="constant")
