"""The network: (Conv → Conv → Pool) × 3 → Flatten → Dense → Output."""

from __future__ import annotations

import keras
from keras import layers

from ml.config import Experiment


def build_network(experiment: Experiment) -> keras.Model:
    """The network that is trained and shipped: (n, 28, 28, 1) pixels in [0, 255] → (n, 10) logits.

    It holds no random transformation: those stay outside, so that what is exported answers the same twice. (Dropout is
    active in training only.)
    """
    image = keras.Input((28, 28, 1), name="image")
    x = layers.Rescaling(1 / 255, name="rescaling")(image)
    for block, (filters, padding) in enumerate(zip(experiment.filters, experiment.padding, strict=True), start=1):
        for conv in (1, 2):
            x = layers.Conv2D(
                filters,
                3,
                padding=padding,
                activation="relu",
                kernel_initializer="he_normal",
                name=f"block{block}_conv{conv}",
            )(x)
        x = layers.MaxPooling2D(name=f"block{block}_pool")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dropout(experiment.dropout, seed=experiment.seed, name="flatten_dropout")(x)
    x = layers.Dense(experiment.dense, activation="relu", kernel_initializer="he_normal", name="dense")(x)
    x = layers.Dropout(experiment.dropout, seed=experiment.seed + 1, name="dense_dropout")(x)
    logits = layers.Dense(10, name="logits")(x)
    return keras.Model(image, logits, name="digits")
