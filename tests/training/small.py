"""A small experiment for tests of training, which takes seconds, mostly for TensorFlow's tracing."""

from ml.config import Experiment

TINY = Experiment(
    name="tiny",
    filters=(4, 6, 8),
    padding=("valid", "valid", "same"),
    dense=16,
    batch_size=16,
    epochs=5,
    patience=None,
    learning_rate=5e-3,
)
