"""Knowledge distillation from an ensemble of trained models.

Sources: Hinton et al., Distilling the Knowledge in a Neural Network, 2015, https://arxiv.org/abs/1503.02531, with
temperature 1 and equal weights for the losses of labels and teachers. Beyer et al., Knowledge Distillation: A Good
Teacher Is Patient and Consistent, 2022, https://arxiv.org/abs/2106.05237: teachers and student see the same augmented
image.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
from keras import ops

from ml.config import parse_run_name
from ml.data.dataset import Dataset
from ml.errors import DataError
from ml.runs import is_complete, read_config, relative_to_cwd
from ml.training.model import build_model, load_model
from ml.training.tensor import Tensor


class Distillation(keras.Layer):  # type: ignore[misc]
    """Returns the student's logits; in training it adds the distillation loss.

    The loss is the cross-entropy of the student's probabilities with the mean probabilities of the teachers.

    Args:
        teachers: Models with the input and output of the student; they are frozen.
    """

    def __init__(self, teachers: list[keras.Model], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.teachers = teachers
        for teacher in teachers:
            teacher.trainable = False

    def call(self, images: Tensor, logits: Tensor, training: bool = False) -> Tensor:
        """Return `logits`.

        Args:
            images: (n, 28, 28, 1) pixels in [0, 255].
            logits: (n, 10), of the student for these images.
            training: Whether to add the loss. Teachers are not called otherwise.
        """
        if training:
            probabilities = [ops.softmax(teacher(images, training=False)) for teacher in self.teachers]
            target = ops.stop_gradient(sum(probabilities) / len(probabilities))
            self.add_loss(-ops.mean(ops.sum(target * ops.log_softmax(logits), axis=1)))
        return logits


def load_teachers(runs: Path, names: tuple[str, ...], dataset: Dataset, precision: str) -> list[keras.Model]:
    """Load the models of finished runs.

    Args:
        runs: The folder that contains the run folders.
        names: Names of the run folders.
        dataset: The dataset of the student. A teacher of another dataset can have been trained on images that
            validate or test the student.
        precision: Keras dtype policy in which the teachers compute.

    Raises:
        DataError: A run is missing, unfinished or damaged, or was trained on another dataset.
    """
    teachers = []
    for name in names:
        run = runs / name
        if not is_complete(run):
            parsed = parse_run_name(name)
            command = f": nox -s train -- --preset {parsed[0]} --seed {parsed[1]}" if parsed else ""
            raise DataError(f"The teacher {relative_to_cwd(run)} is not trained; train it first{command}.")
        config = read_config(run)
        if config.dataset != dataset.describe() or config.dataset_sha256 not in (None, dataset.sha256):
            raise DataError(
                f"The teacher {relative_to_cwd(run)} was trained on another dataset or another split of it; choose "
                "teachers that were trained on the data of this experiment."
            )
        teacher = build_model(config.experiment, precision)
        teacher.set_weights(load_model(run).get_weights())
        teachers.append(teacher)
    return teachers
