"""Training of one experiment into a run folder. A stopped training continues after its last complete epoch."""

from __future__ import annotations

import dataclasses
import importlib.util
import logging
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import keras
import numpy as np

from ml.config import Experiment
from ml.data.dataset import Dataset, Images, Labels, as_input
from ml.errors import DataError
from ml.runs import (
    HISTORY_FILE,
    MODEL_FILE,
    Resumption,
    RunConfig,
    check_matches,
    git_revision,
    is_complete,
    point_latest_at,
    read_config,
    write_config,
)
from ml.training.augment import build_augmentation
from ml.training.distill import Distillation, load_teachers
from ml.training.losses import CrossEntropy, DigitAccuracy
from ml.training.model import build_model
from ml.training.outliers import OUTLIER_LABEL, make_outliers
from ml.training.quantize import fake_quantize
from ml.training.resume import (
    ResumedEarlyStopping,
    backup_folder,
    exclusive_lock,
    patience_exhausted,
    restore_history,
    resume_seed,
)
from ml.training.writing_variants import draw_variants, draw_wide_variants

log = logging.getLogger(__name__)

# The TensorBoard callback needs TensorFlow on any Keras backend.
_HAS_TENSORFLOW = importlib.util.find_spec("tensorflow") is not None


def train(experiment: Experiment, dataset: Dataset, run: Path, *, verbose: int = 1) -> Path:
    """Train an experiment and save the model of the epoch with the highest validation accuracy.

    A stopped run continues after its last complete epoch. A complete run is not changed.

    Args:
        experiment: The recipe.
        dataset: The model is fitted to the training part, and the validation part chooses the epoch. The test part is
            not used.
        run: The run folder, which is created if necessary. `docs/architecture.md` describes its files.
        verbose: Keras' verbosity: 0 silent, 1 progress bar, 2 one line for each epoch.

    Returns:
        `run`, which then contains `model.keras`. The link `latest` in its parent folder points to it.

    Raises:
        DataError: The folder contains a run of another experiment or dataset; another process is training it; a
            teacher is not trained, or was trained on another dataset; or there is no teacher for the seed.
    """
    check_matches(run, experiment, dataset.describe())
    if experiment.init_from_teacher and experiment.seed >= len(experiment.teachers):
        raise DataError(
            f"{experiment.name!r} starts from the teacher with the number of its seed and has no teacher for seed "
            f"{experiment.seed}; choose a seed from 0 to {len(experiment.teachers) - 1}."
        )
    if not is_complete(run):
        teachers = load_teachers(run.parent, experiment.teachers, dataset.describe(), experiment.precision)
        run.mkdir(parents=True, exist_ok=True)
        with exclusive_lock(run):
            if not is_complete(run):  # another process can have completed it while the teachers were loaded
                _fit(experiment, dataset, teachers, run, verbose)
    point_latest_at(run)
    return run


def training_data(experiment: Experiment, dataset: Dataset) -> tuple[Images, Labels]:
    """Assemble the training data of an experiment: digits, then copies with writing variants, then outliers.

    Returns:
        (n, 28, 28) images, and (n,) labels in 0…9 or `OUTLIER_LABEL`.
    """
    x, y = dataset.x_train[: experiment.train_limit], dataset.y_train[: experiment.train_limit]
    variants_x, variants_y = draw_variants(x, y, experiment.writing_variants, seed=0)
    wide_x, wide_y = draw_wide_variants(x, y, experiment.wide_writing_variants, seed=2)
    outliers = make_outliers(x, y, round(experiment.outliers * len(x)), seed=1)
    return (
        np.concatenate([x, variants_x, wide_x, outliers]),
        np.concatenate([y, variants_y, wide_y, np.full(len(outliers), OUTLIER_LABEL)]),
    )


def build_training_model(
    experiment: Experiment, teachers: list[keras.Model], images: int, seed: int
) -> tuple[keras.Model, keras.Model]:
    """Build a model, and the compiled model that trains it: augmentation, the model, and distillation if any.

    Args:
        experiment: The recipe.
        teachers: Trained models to distil; they are frozen.
        images: Number of training images, from which the learning rate schedule follows.
        seed: Seed of initial weights, dropout and augmentation.

    Returns:
        The model, and the training model. They share weights.
    """
    keras.utils.set_random_seed(seed)
    model = build_model(dataclasses.replace(experiment, seed=seed), experiment.precision)
    if experiment.init_from_teacher:
        model.set_weights(teachers[experiment.seed].get_weights())
    image = keras.Input((28, 28, 1))
    augmented = build_augmentation(experiment.augmentation, seed)(image)
    logits = model(augmented)
    if teachers:
        logits = Distillation(teachers)(augmented, logits)
    training_model = keras.Model(image, logits)
    training_model.compile(
        optimizer=keras.optimizers.Adam(
            learning_rate(experiment, images), weight_decay=experiment.weight_decay or None
        ),
        loss=CrossEntropy(),
        metrics=[DigitAccuracy(name="accuracy")],
    )
    training_model.optimizer.build(training_model.trainable_variables)  # required to load weights before training
    return model, training_model


def learning_rate(experiment: Experiment, images: int) -> float | keras.optimizers.schedules.LearningRateSchedule:
    """Return a constant, or one epoch of linear warm-up followed by half a cosine down to zero.

    Source: Loshchilov and Hutter, SGDR, 2017, https://arxiv.org/abs/1608.03983, without restarts.
    """
    if experiment.schedule == "constant":
        return experiment.learning_rate
    steps = -(-images // experiment.batch_size)
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0,
        decay_steps=max(1, (experiment.epochs - 1) * steps),
        warmup_target=experiment.learning_rate,
        warmup_steps=steps,
    )


def _fit(experiment: Experiment, dataset: Dataset, teachers: list[keras.Model], run: Path, verbose: int) -> None:
    history = restore_history(run)
    _write_initial_config(experiment, dataset, run, len(history))
    x, y = training_data(experiment, dataset)
    seed = resume_seed(experiment.seed, len(history))
    model, training_model = build_training_model(experiment, teachers, len(x), seed)
    best_weights = run / "best.weights.h5"
    best_accuracy = max((row["val_accuracy"] for row in history), default=None)
    if history:
        log.info("Continuing %s after epoch %d.", run.name, len(history))
        try:
            training_model.load_weights(best_weights)
        except OSError:  # truncated by a kill: the next epoch becomes the best
            best_accuracy = None
    if not patience_exhausted(history, experiment.patience):
        training_model.fit(
            as_input(x),
            y,
            validation_data=(as_input(dataset.x_val), dataset.y_val),
            batch_size=experiment.batch_size,
            epochs=experiment.epochs,
            verbose=verbose,
            callbacks=[
                best_checkpoint(best_weights, best_accuracy),
                keras.callbacks.CSVLogger(str(run / HISTORY_FILE), append=bool(history)),
                *(
                    [keras.callbacks.TensorBoard(str(run / "tensorboard"), write_graph=False)]
                    if _HAS_TENSORFLOW
                    else []
                ),
                *([ResumedEarlyStopping(experiment.patience, history)] if experiment.patience else []),
                # Last, so that the callbacks above have recorded each epoch that is in the backup.
                keras.callbacks.BackupAndRestore(
                    str(backup_folder(run)), double_checkpoint=True, delete_checkpoint=False
                ),
            ],
        )
    training_model.load_weights(best_weights)
    created = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    write_config(run, read_config(run).model_copy(update={"created": created}))
    _save_model(experiment, model.get_weights(), run)
    shutil.rmtree(backup_folder(run))
    best_weights.unlink()


def best_checkpoint(path: Path, best_accuracy: float | None) -> keras.callbacks.ModelCheckpoint:
    """Return a callback that saves the weights of each epoch with a higher validation accuracy than all before.

    Args:
        path: The file, `*.weights.h5`.
        best_accuracy: The highest validation accuracy of a training that continues; None for a new one.
    """
    return keras.callbacks.ModelCheckpoint(
        str(path),
        monitor="val_accuracy",
        mode="max",
        save_best_only=True,
        save_weights_only=True,
        initial_value_threshold=best_accuracy,
    )


def _save_model(experiment: Experiment, weights: list[np.ndarray[Any, Any]], run: Path) -> None:
    """Write `model.keras` in float32, atomically: the file marks the run as complete."""
    model = build_model(experiment)
    model.set_weights(fake_quantize(weights) if experiment.weight_dtype == "uint8" else weights)
    unfinished = run / "unfinished.keras"
    model.save(unfinished)
    unfinished.replace(run / MODEL_FILE)


def _write_initial_config(experiment: Experiment, dataset: Dataset, run: Path, epochs: int) -> None:
    """Write `config.json` of a new run, or record in it that the run continues after this many epochs."""
    if epochs:
        config = read_config(run)
        resumption = Resumption(epochs=epochs, source=git_revision())
        config = config.model_copy(update={"resumed": (*config.resumed, resumption)})
    else:
        config = describe_run(experiment, dataset)
    write_config(run, config)


def describe_run(experiment: Experiment, dataset: Dataset) -> RunConfig:
    """Return the contents of `config.json` at the start of training."""
    return RunConfig(
        experiment=experiment,
        dataset=dataset.describe(),
        source=git_revision(),
        keras=keras.__version__,
        backend=keras.backend.backend(),
    )
