"""The network: (Conv → Conv → Pool) × 3 → Flatten → Dense → Output."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

from ml.config import Experiment
from ml.errors import DataError
from ml.runs import TRAIN_AGAIN, is_complete


def build_network(experiment: Experiment, precision: str = "float32") -> keras.Model:
    """The network that is trained and shipped: (n, 28, 28, 1) pixels in [0, 255] → (n, 10) logits.

    `precision` is Keras' name of what is computed in; weights and logits are float32 whatever it is.

    It holds no random transformation: those stay outside, so that what is exported answers the same twice. (Dropout is
    active in training only.)
    """
    image = keras.Input((28, 28, 1), name="image")
    x = layers.Rescaling(1 / 255, dtype=precision, name="rescaling")(image)
    for block, (filters, padding) in enumerate(zip(experiment.filters, experiment.padding, strict=True), start=1):
        for conv in (1, 2):
            x = layers.Conv2D(
                filters,
                3,
                padding=padding,
                activation="relu",
                kernel_initializer="he_normal",
                dtype=precision,
                name=f"block{block}_conv{conv}",
            )(x)
        x = layers.MaxPooling2D(dtype=precision, name=f"block{block}_pool")(x)
    x = layers.Flatten(dtype=precision, name="flatten")(x)
    x = layers.Dropout(experiment.dropout, seed=experiment.seed, dtype=precision, name="flatten_dropout")(x)
    x = layers.Dense(
        experiment.dense, activation="relu", kernel_initializer="he_normal", dtype=precision, name="dense"
    )(x)
    x = layers.Dropout(experiment.dropout, seed=experiment.seed + 1, dtype=precision, name="dense_dropout")(x)
    logits = layers.Dense(10, dtype="float32", name="logits")(x)
    return keras.Model(image, logits, name="digits")


def load_model(run: Path) -> keras.Model:
    """Load the trained model of a run folder: (n, 28, 28, 1) pixels in [0, 255] → (n, 10) logits.

    Raises:
        DataError: The run is not complete, its `model.keras` is damaged, or its training diverged.
    """
    if not is_complete(run):
        raise DataError(f"{run} holds no finished run; train one first: nox -s train.")
    path = run / "model.keras"
    try:
        model = keras.saving.load_model(path)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise DataError(f"{path} is damaged; {TRAIN_AGAIN}.") from error
    if not all(np.isfinite(tensor).all() for tensor in model.get_weights()):
        raise DataError(f"{path} has weights that are not finite: training diverged. Use a lower learning rate.")
    return model


def rounded(weights: list[np.ndarray[Any, Any]]) -> list[np.ndarray[Any, Any]]:
    """Float32 tensors, each rounded to the 256 levels that it has as uint8 in a TensorFlow.js release.

    The levels are evenly spaced from the tensor's least value to its greatest, shifted so that 0 is one of them.

    Source: affine quantisation as in `tensorflowjs.quantization`, which imports TensorFlow; training does without it.
    """
    return [_rounded(tensor) for tensor in weights]


def _rounded(tensor: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    low, high = np.float64(tensor.min()), np.float64(tensor.max())
    if low == high:
        return tensor
    step = (high - low) / 255
    if low <= 0 <= high:
        low = -np.round(-low / step) * step
    levels = np.round((tensor.clip(low, low + 255 * step) - low) / step)
    values: np.ndarray[Any, Any] = (levels * step + low).astype(np.float32)
    return values
