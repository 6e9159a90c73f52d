"""The network: (Conv → Conv → Pool) × 3 → Flatten → Dense → Output."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers

from ml.config import Experiment


def build_network(
    experiment: Experiment, precision: str = "float32", *, batch_normalization: bool = False
) -> keras.Model:
    """The network that is trained and shipped: (n, 28, 28, 1) pixels in [0, 255] → (n, 10) logits.

    `precision` is Keras' name of what is computed in; weights and logits are float32 whatever it is.
    `batch_normalization` puts one between each convolution and its ReLU, which is for training alone: see
    `folded_weights`.

    It holds no random transformation: those stay outside, so that what is exported answers the same twice. (Dropout is
    active in training only.)
    """
    image = keras.Input((28, 28, 1), name="image")
    x = layers.Rescaling(1 / 255, dtype=precision, name="rescaling")(image)
    for block, (filters, padding) in enumerate(zip(experiment.filters, experiment.padding, strict=True), start=1):
        for conv in (1, 2):
            name = f"block{block}_conv{conv}"
            x = layers.Conv2D(
                filters,
                3,
                padding=padding,
                activation=None if batch_normalization else "relu",
                kernel_initializer="he_normal",
                dtype=precision,
                name=name,
            )(x)
            if batch_normalization:
                x = layers.BatchNormalization(dtype=precision, name=f"{name}_normalization")(x)
                x = layers.ReLU(dtype=precision, name=f"{name}_relu")(x)
        x = layers.MaxPooling2D(dtype=precision, name=f"block{block}_pool")(x)
    x = layers.Flatten(dtype=precision, name="flatten")(x)
    x = layers.Dropout(experiment.dropout, seed=experiment.seed, dtype=precision, name="flatten_dropout")(x)
    x = layers.Dense(
        experiment.dense, activation="relu", kernel_initializer="he_normal", dtype=precision, name="dense"
    )(x)
    x = layers.Dropout(experiment.dropout, seed=experiment.seed + 1, dtype=precision, name="dense_dropout")(x)
    logits = layers.Dense(10, dtype="float32", name="logits")(x)
    return keras.Model(image, logits, name="digits")


def folded_weights(network: keras.Model) -> list[np.ndarray[Any, np.dtype[np.float32]]]:
    """Weights of the network without batch normalisation that answers as this one does at inference.

    At inference it is a fixed scale and shift of each channel, which the convolution before it can take on: scale the
    kernel, scale and shift the bias (Jacob et al., Quantization and Training of Neural Networks for Efficient
    Integer-Arithmetic-Only Inference, 2018, section 3.2, https://arxiv.org/abs/1712.05877). Without batch
    normalisation: the network's own weights.
    """
    weights: list[Any] = []
    for layer in network.layers:
        if isinstance(layer, layers.BatchNormalization):
            gamma, beta, mean, variance = layer.get_weights()
            scale = gamma / np.sqrt(variance + layer.epsilon)
            kernel, bias = weights[-2:]
            weights[-2:] = [kernel * scale, (bias - mean) * scale + beta]
        else:
            weights += layer.get_weights()
    return weights
