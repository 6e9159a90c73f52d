"""Learning from finished networks what each image looks like to all of them together.

Source: Hinton et al., Distilling the Knowledge in a Neural Network, 2015, https://arxiv.org/abs/1503.02531, at a
temperature of 1, with labels and teachers weighed alike; that
teacher and student see the very same transformed image, from Beyer et al., Knowledge Distillation: A Good Teacher Is
Patient and Consistent, 2022, https://arxiv.org/abs/2106.05237.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import keras
from keras import ops

from ml.config import DatasetDescription
from ml.errors import DataError
from ml.runs import is_complete, read_config
from ml.training.model import build_network


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


def load_teachers(runs: Path, names: tuple[str, ...], dataset: DatasetDescription, precision: str) -> list[keras.Model]:
    """The networks of finished runs, to compute in `precision`.

    Args:
        runs: The folder that the run folders lie in.
        names: Names of the run folders.
        dataset: What the student trains on, as `Dataset.describe` returns it. A teacher of other data may have been
            trained on images that are to validate or test the student.
        precision: Keras' name of a dtype policy.

    Raises:
        DataError: One of them is not there, not finished, or was trained on other data.
    """
    teachers = []
    for name in names:
        run = runs / name
        if not is_complete(run):
            named = re.fullmatch(r"(.+)-seed(\d+)-[0-9a-f]{8}", name)
            how = f": nox -s train -- --preset {named[1]} --seed {named[2]}" if named else ""
            raise DataError(f"{run}, from which this experiment is to learn, is not trained; train it first{how}.")
        config = read_config(run)
        if config.dataset != dataset:
            raise DataError(
                f"{run}, from which this experiment is to learn, was trained on other data, or on another split of "
                "them; choose teachers that were trained on what this one is trained on."
            )
        teacher = build_network(config.experiment, precision)
        teacher.set_weights(keras.saving.load_model(run / "model.keras").get_weights())
        teachers.append(teacher)
    return teachers
