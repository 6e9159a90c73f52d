"""Training of one experiment into a run folder. A stopped training continues after its last complete epoch."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import importlib.util
import logging
import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import keras
import numpy as np

from ml.config import Experiment
from ml.data.dataset import Dataset, Images, Labels, as_input
from ml.errors import DataError
from ml.files import write_bytes
from ml.runs import (
    MODEL_FILE,
    Resumption,
    RunConfig,
    check_matches,
    git_revision,
    is_complete,
    point_latest_at,
    read_config,
    read_history,
    relative_to_cwd,
    write_config,
)
from ml.training.augment import build_augmentation
from ml.training.distill import Distillation, load_teachers
from ml.training.losses import CrossEntropy, DigitAccuracy
from ml.training.model import build_model
from ml.training.outliers import OUTLIER_LABEL, make_outliers
from ml.training.progress import TimeLeft
from ml.training.quantize import fake_quantize
from ml.training.resume import (
    CHECKPOINT_FILE,
    BestModel,
    ResumedEarlyStopping,
    SaveEpoch,
    best_model_path,
    delete_best_models,
    exclusive_lock,
    patience_exhausted,
    read_checkpoint,
    restore,
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
            teacher is not trained, or was trained on another dataset; there is no teacher for the seed; training
            diverged; or the disk is full.
    """
    check_matches(run, experiment, dataset.describe(), dataset.sha256)
    if experiment.init_from_teacher and experiment.seed >= len(experiment.teachers):
        raise DataError(
            f"{experiment.name!r} starts from the teacher with the number of its seed and has no teacher for seed "
            f"{experiment.seed}; choose a seed from 0 to {len(experiment.teachers) - 1}."
        )
    if not is_complete(run):
        if (run / MODEL_FILE).exists():
            log.warning("%s is damaged and is trained again.", relative_to_cwd(run / MODEL_FILE))
        teachers = load_teachers(run.parent, experiment.teachers, dataset, experiment.precision)
        run.mkdir(parents=True, exist_ok=True)
        with exclusive_lock(run):
            if not is_complete(run):  # another process can have completed it while the teachers were loaded
                with _explain_full_disk(run):
                    _fit(experiment, dataset, teachers, run, verbose)
    point_latest_at(run)
    return run


@contextlib.contextmanager
def _explain_full_disk(run: Path) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            reason = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
        elif os.strerror(errno.ENOSPC) in str(error):  # TensorBoard's writer raises errors of TensorFlow
            reason = os.strerror(errno.ENOSPC)
        else:
            raise
        checkpoint = read_checkpoint(run)
        raise DataError(
            f"Training of {relative_to_cwd(run)} stopped ({reason}). Complete epochs that are kept: "
            f"{checkpoint.epochs if checkpoint else 0}. Free some space and run the command again to continue."
        ) from error


def training_data(experiment: Experiment, dataset: Dataset) -> tuple[Images, Labels]:
    """Assemble the training data of an experiment: digits, then copies with writing variants, then outliers.

    With outliers, those of the dataset follow the generated ones.

    Returns:
        (n, 28, 28) images, and (n,) labels in 0…9 or `OUTLIER_LABEL`.
    """
    x, y = dataset.x_train[: experiment.train_limit], dataset.y_train[: experiment.train_limit]
    variants_x, variants_y = draw_variants(x, y, experiment.writing_variants, seed=0)
    wide_x, wide_y = draw_wide_variants(x, y, experiment.wide_writing_variants, seed=2)
    outliers = make_outliers(x, y, round(experiment.outliers * len(x)), seed=1)
    if experiment.outliers:
        outliers = np.concatenate([outliers, dataset.x_outliers[: experiment.train_limit]])
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
    history, checkpoint = restore(run)
    _write_initial_config(experiment, dataset, run, len(history))
    x, y = training_data(experiment, dataset)
    seed = resume_seed(experiment.seed, len(history))
    model, training_model = build_training_model(experiment, teachers, len(x), seed)
    if checkpoint:
        log.info("Continuing %s after epoch %d.", run.name, len(history))
        model.set_weights(checkpoint.weights)
        for variable, value in zip(training_model.optimizer.variables, checkpoint.optimizer, strict=True):
            variable.assign(value)
    else:
        log.info(
            "Training the preset %s, seed %d, on %s images, %s%d epoch%s.",
            experiment.name,
            experiment.seed,
            f"{len(x):,}",
            "at most " if experiment.patience else "",
            experiment.epochs,
            "s" if experiment.epochs > 1 else "",
        )
    if not patience_exhausted(history, experiment.patience):
        training_model.fit(
            as_input(x),
            y,
            validation_data=(as_input(dataset.x_val), dataset.y_val),
            batch_size=experiment.batch_size,
            epochs=experiment.epochs,
            initial_epoch=len(history),
            verbose=verbose,
            callbacks=[
                BestModel(run, model, history),
                SaveEpoch(run, model, history),
                TimeLeft(),
                *(
                    [keras.callbacks.TensorBoard(str(run / "tensorboard"), write_graph=False)]
                    if _HAS_TENSORFLOW
                    else []
                ),
                *([ResumedEarlyStopping(experiment.patience, history)] if experiment.patience else []),
            ],
        )
    created = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    write_config(run, read_config(run).model_copy(update={"created": created}))
    best = keras.saving.load_model(best_model_path(run, read_history(run)), compile=False)
    _save_model(experiment, best.get_weights(), run)
    delete_best_models(run)
    (run / CHECKPOINT_FILE).unlink()


def _save_model(experiment: Experiment, weights: list[np.ndarray[Any, Any]], run: Path) -> None:
    """Write `model.keras` in float32, atomically: the file marks the run as complete."""
    model = build_model(experiment)
    model.set_weights(fake_quantize(weights) if experiment.weight_dtype == "uint8" else weights)
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch, MODEL_FILE)
        model.save(path)
        write_bytes(run / MODEL_FILE, path.read_bytes())


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
        dataset_sha256=dataset.sha256,
        source=git_revision(),
        keras=keras.__version__,
        backend=keras.backend.backend(),
    )
