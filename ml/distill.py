"""Learning from finished networks what each image looks like to all of them together.

Source: Hinton et al., Distilling the Knowledge in a Neural Network, 2015, https://arxiv.org/abs/1503.02531; that
teacher and student see the very same transformed image, from Beyer et al., Knowledge Distillation: A Good Teacher Is
Patient and Consistent, 2022, https://arxiv.org/abs/2106.05237.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
from keras import ops

from ml.config import Experiment
from ml.data import DataError
from ml.model import build_network
from ml.runs import is_complete


class Distillation(keras.Layer):  # type: ignore[misc]
    """Passes logits on; in training, adds to the loss their cross-entropy with the teachers' mean probabilities."""

    def __init__(self, teachers: list[keras.Model], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.teachers = teachers
        for teacher in teachers:
            teacher.trainable = False

    def call(self, images: Any, logits: Any, training: bool = False) -> Any:
        """(n, 28, 28, 1) pixels in [0, 255] and the student's (n, 10) logits of them → the logits."""
        if training:
            beliefs = sum(ops.softmax(teacher(images, training=False)) for teacher in self.teachers) / len(
                self.teachers
            )
            self.add_loss(-ops.mean(ops.sum(ops.stop_gradient(beliefs) * ops.log_softmax(logits), axis=1)))
        return logits


def load_teachers(runs: Path, names: tuple[str, ...], precision: str) -> list[keras.Model]:
    """The networks of finished runs, to compute in `precision`.

    Raises:
        DataError: One of them is not there, or not finished.
    """
    teachers = []
    for name in names:
        run = runs / name
        if not is_complete(run):
            preset, _, seed = name.rpartition("-")[0].rpartition("-seed")
            raise DataError(
                f"{run}, of which this experiment is to learn, is not trained; "
                f"train it first: nox -s train -- --preset {preset} --seed {seed}."
            )
        experiment = Experiment.from_dict(json.loads((run / "config.json").read_bytes())["experiment"])
        teacher = build_network(experiment, precision)
        teacher.set_weights(keras.saving.load_model(run / "model.keras").get_weights())
        teachers.append(teacher)
    return teachers
