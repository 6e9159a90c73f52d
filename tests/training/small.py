"""A small experiment for tests of training: a second for an epoch."""

from ml.config import Experiment

TINY = Experiment(
    name="tiny", filters=(4, 6, 8), padding=("valid", "valid", "same"), dense=16, batch_size=64, epochs=2, patience=None
)
