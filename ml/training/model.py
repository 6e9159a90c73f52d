"""The convolutional model: (Conv → Conv → Pool) × 3 → Flatten → Dense → logits."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
from keras import layers

from ml.config import Experiment
from ml.errors import DataError
from ml.runs import MODEL_FILE, TRAIN_AGAIN, is_complete, not_trained, relative_to_cwd


def build_model(experiment: Experiment, precision: str = "float32") -> keras.Model:
    """Build the model that is trained and exported, with random weights.

    It contains no augmentation, so that the exported model is deterministic. Dropout is active in training only.

    Args:
        experiment: Gives filters, padding, dense units, dropout and the seed of the dropout layers.
        precision: Keras dtype policy of the hidden layers. Weights and logits are float32 in any case.

    Returns:
        A model that maps (n, 28, 28, 1) pixels in [0, 255] to (n, 10) float32 logits.
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
    """Load the trained model of a run folder.

    Returns:
        A model that maps (n, 28, 28, 1) pixels in [0, 255] to (n, 10) logits.

    Raises:
        DataError: Training has not finished, `model.keras` is damaged, or training diverged.
    """
    path = run / MODEL_FILE
    if not path.is_file():
        raise not_trained(run)
    if not is_complete(run):
        raise DataError(f"{relative_to_cwd(path)} is damaged; {TRAIN_AGAIN}.")
    try:
        model = keras.saving.load_model(path)
    except Exception as error:  # HDF5 and Keras raise many types for other content
        raise DataError(f"{relative_to_cwd(path)} is not a Keras model; {TRAIN_AGAIN}.") from error
    if not all(np.isfinite(weights).all() for weights in model.get_weights()):
        raise DataError(
            f"{relative_to_cwd(path)} has weights that are not finite: training diverged. Use a lower learning rate."
        )
    return model
