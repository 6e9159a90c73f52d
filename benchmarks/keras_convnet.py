"""Train the convnet of Keras' introductory example on MNIST, for comparison: `python -m benchmarks.keras_convnet`.

The recipe is that of F. Chollet, Simple MNIST convnet, https://keras.io/examples/vision/mnist_convnet/: two
convolutions with pooling, dropout, one dense layer, Adam, 15 epochs in batches of 128, no augmentation. A tenth of
MNIST's 60,000 training images is only watched. The network of the last epoch is kept.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ml.cli.options import add_data_dir, int_range
from ml.data.dataset import Dataset, as_input
from ml.data.load import load
from ml.environment import degrade_output, prepare_tensorflow
from ml.runs import RUNS

if TYPE_CHECKING:
    import keras

EPOCHS = 15
MODEL = RUNS / "keras-convnet" / "model.keras"


def build() -> keras.Model:
    """Return the untrained network: pixels (n, 28, 28, 1) in [0, 255] to probabilities (n, 10)."""
    import keras  # noqa: PLC0415  `main` sets TensorFlow's variables first
    from keras import layers  # noqa: PLC0415

    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )


def train(dataset: Dataset, epochs: int = EPOCHS, seed: int = 0) -> keras.Model:
    """Train the network on all training and validation images of a dataset."""
    import keras  # noqa: PLC0415

    keras.utils.set_random_seed(seed)
    x, y = np.concatenate([dataset.x_train, dataset.x_val]), np.concatenate([dataset.y_train, dataset.y_val])
    order = np.random.default_rng(seed).permutation(len(y))  # Keras watches the last tenth, here a random one
    model = build()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(as_input(x[order]), y[order], batch_size=128, epochs=epochs, validation_split=0.1, verbose=2)
    return model


def main() -> None:
    """Train, and save the network."""
    degrade_output()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=MODEL)
    parser.add_argument("--epochs", type=int_range(1), default=EPOCHS)
    parser.add_argument("--seed", type=int_range(0), default=0)
    add_data_dir(parser)
    options = parser.parse_args()
    prepare_tensorflow()
    model = train(load("mnist", options.data_dir), options.epochs, options.seed)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    model.save(options.out)
    print(f"Written to {options.out}.")


if __name__ == "__main__":
    main()
