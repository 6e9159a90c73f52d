"""Compile, callbacks, fit: one run folder out, resumable after a kill."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import importlib.util
import json
import logging
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from ml.config import Experiment
from ml.data.dataset import Dataset, Images, Labels, as_input
from ml.errors import DataError
from ml.runs import (
    Resumption,
    RunConfig,
    check_matches,
    git_revision,
    is_complete,
    point_latest_at,
    read_config,
    read_history,
    write_config,
    write_history,
)
from ml.training.augment import build_augmentation
from ml.training.distill import Distillation, load_teachers
from ml.training.model import build_network, rounded
from ml.training.outliers import NON_DIGIT, make_non_digits
from ml.training.writing_variants import with_habits, with_wide_habits

log = logging.getLogger(__name__)

# What TensorBoard's callback writes by, on whatever backend; training itself does without it.
_TENSORFLOW = importlib.util.find_spec("tensorflow") is not None


def train(experiment: Experiment, dataset: Dataset, run: Path, *, verbose: int = 1) -> Path:
    """Train one experiment; the best network by validation accuracy is kept.

    A run that was stopped goes on after its last whole epoch; one that is complete is left as it is.

    Args:
        experiment: What to train.
        dataset: Trained on its train part, watched on its validation part; the test part is not touched.
        run: The run folder, made if need be. See `docs/architecture.md` for what lands there.
        verbose: Keras' verbosity: 0 silent, 1 progress bar, 2 a line an epoch.

    Returns:
        `run`; `model.keras` there means that it is complete, and `latest` beside it then points at it.

    Raises:
        DataError: The folder holds a run of another experiment or of other data, or one of the experiment's teachers
            is not trained or was trained on other data, or it is to start as a teacher that there is not, or another
            process trains it now.
    """
    check_matches(run, experiment, dataset.describe())
    if experiment.init_from_teacher and experiment.seed >= len(experiment.teachers):
        raise DataError(
            f"A network of {experiment.name!r} starts as the one of its {len(experiment.teachers)} teachers that has "
            f"its seed; choose a seed from 0 to {len(experiment.teachers) - 1}."
        )
    if not is_complete(run):
        teachers = load_teachers(run.parent, experiment.teachers, dataset.describe(), experiment.precision)
        run.mkdir(parents=True, exist_ok=True)
        with _held(run):
            if not is_complete(run):  # meanwhile
                _fit(experiment, dataset, teachers, run, verbose)
    point_latest_at(run)
    return run


@contextlib.contextmanager
def _held(run: Path) -> Iterator[None]:
    """Keep other trainings out of a run folder; a kill frees it."""
    folder = os.open(run, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise DataError(f"{run} is being trained by another process; wait until that ends, or stop it.") from error
    finally:
        os.close(folder)


def _fit(experiment: Experiment, dataset: Dataset, teachers: list[keras.Model], run: Path, verbose: int) -> None:
    best, backup = run / "best.weights.h5", run / "backup"
    history = _behind(run, backup)
    _describe_start(experiment, dataset, run, len(history))
    seed = _seed_after(len(history), experiment.seed)
    keras.utils.set_random_seed(seed)
    network = build_network(dataclasses.replace(experiment, seed=seed), experiment.precision)
    image = keras.Input((28, 28, 1))
    seen = build_augmentation(experiment.augmentation, seed)(image)
    logits = network(seen)
    if teachers:
        if experiment.init_from_teacher:
            network.set_weights(teachers[experiment.seed].get_weights())
        logits = Distillation(teachers)(seen, logits)
    trained = keras.Model(image, logits)
    x, y = training_images(experiment, dataset)
    trained.compile(
        optimizer=keras.optimizers.Adam(
            _learning_rate(experiment, len(x)), weight_decay=experiment.weight_decay or None
        ),
        loss=CrossEntropy(),
        metrics=[DigitAccuracy(name="accuracy")],
    )
    trained.optimizer.build(trained.trainable_variables)  # so that saved weights find all they belong to
    best_so_far = max((row["val_accuracy"] for row in history), default=None)
    if history:
        log.info("Going on with %s after epoch %d.", run.name, len(history))
        try:
            trained.load_weights(best)
        except OSError:  # torn by the kill: the next epoch is then the best
            best_so_far = None
    if not _patience_spent(history, experiment.patience):
        trained.fit(
            as_input(x),
            y,
            validation_data=(as_input(dataset.x_val), dataset.y_val),
            batch_size=experiment.batch_size,
            epochs=experiment.epochs,
            verbose=verbose,
            callbacks=[
                keras.callbacks.ModelCheckpoint(
                    str(run / "best.weights.h5"),
                    monitor="val_accuracy",
                    mode="max",
                    save_best_only=True,
                    save_weights_only=True,
                    initial_value_threshold=best_so_far,
                ),
                keras.callbacks.CSVLogger(str(run / "history.csv"), append=bool(history)),
                *([keras.callbacks.TensorBoard(str(run / "tensorboard"), write_graph=False)] if _TENSORFLOW else []),
                *([_ResumedEarlyStopping(experiment.patience, history)] if experiment.patience else []),
                # Last, so that what it lets us resume from has been recorded by those above.
                keras.callbacks.BackupAndRestore(str(run / "backup"), double_checkpoint=True, delete_checkpoint=False),
            ],
        )
    trained.load_weights(best)
    # Complete means complete: model.keras appears whole, and last.
    created = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    write_config(run, read_config(run).model_copy(update={"created": created}))
    kept = build_network(experiment)
    kept.set_weights(rounded(network.get_weights()) if experiment.weight_dtype == "uint8" else network.get_weights())
    kept.save(run / "unfinished.keras")
    (run / "unfinished.keras").replace(run / "model.keras")
    shutil.rmtree(backup)
    best.unlink()


def _seed_after(epochs: int, seed: int) -> int:
    """The experiment's seed; another for a run that goes on after so many epochs.

    A stopped run keeps its weights, but not its generators' state: with the same seed they would draw once more what
    they drew for the first epochs.
    """
    return int(np.random.SeedSequence((seed, epochs)).generate_state(1)[0]) // 2 if epochs else seed


def _describe_start(experiment: Experiment, dataset: Dataset, run: Path, epochs: int) -> None:
    """Write `config.json`; if epochs are behind, tell there after how many the run went on, and by which source."""
    config = describe_run(experiment, dataset)
    if epochs:
        before = read_config(run)
        resumption = Resumption(epochs=epochs, source=git_revision())
        config = before.model_copy(update={"resumed": (*before.resumed, resumption)})
    write_config(run, config)


def _behind(run: Path, backup: Path) -> list[dict[str, float]]:
    """Rows of the epochs that need not run again; what a kill tore is mended or, where it can't be, cleared away."""
    metadata = backup / "training_metadata.json"
    for suffix in ("", ".bkp"):
        try:
            epochs = int(json.loads(metadata.with_name(metadata.name + suffix).read_bytes())["epoch"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
        rows = read_history(run)[:epochs]
        if len(rows) < epochs:
            break
        if suffix:
            for path in backup.glob("*.bkp"):
                shutil.copy(path, path.with_suffix(""))
        write_history(run, rows)
        return rows
    shutil.rmtree(backup, ignore_errors=True)
    (run / "history.csv").unlink(missing_ok=True)
    return []


def _patience_spent(history: list[dict[str, float]], patience: int | None) -> bool:
    """Whether early stopping had ended the run before the kill."""
    if patience is None or not history:
        return False
    accuracies = [row["val_accuracy"] for row in history]
    return len(accuracies) - 1 - accuracies.index(max(accuracies)) >= patience


class _ResumedEarlyStopping(keras.callbacks.EarlyStopping):  # type: ignore[misc]
    """EarlyStopping that counts the epochs before a kill as if there had been none."""

    def __init__(self, patience: int, history: list[dict[str, float]]) -> None:
        super().__init__(monitor="val_accuracy", mode="max", patience=patience, verbose=1)
        self._history = history

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        super().on_train_begin(logs)
        for row in self._history:
            self.on_epoch_end(int(row["epoch"]), row)


def _learning_rate(experiment: Experiment, images: int) -> Any:
    """A constant, or one epoch of linear warm-up and then half a cosine to zero.

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


def training_images(experiment: Experiment, dataset: Dataset) -> tuple[Images, Labels]:
    """The images (n, 28, 28) that an experiment trains on, and their labels, `NON_DIGIT` among them."""
    x, y = dataset.x_train[: experiment.train_limit], dataset.y_train[: experiment.train_limit]
    habits_x, habits_y = with_habits(x, y, experiment.writing_variants, seed=0)
    wide_x, wide_y = with_wide_habits(x, y, experiment.wide_writing_variants, seed=2)
    none = make_non_digits(x, y, round(experiment.outliers * len(x)), seed=1)
    return (
        np.concatenate([x, habits_x, wide_x, none]),
        np.concatenate([y, habits_y, wide_y, np.full(len(none), NON_DIGIT)]),
    )


class CrossEntropy(keras.losses.SparseCategoricalCrossentropy):  # type: ignore[misc]
    """Sparse categorical cross-entropy on logits; to a non-digit each of the ten is to be as likely as the others."""

    def __init__(self) -> None:
        super().__init__(from_logits=True)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """(n,) or (n, 1) labels, `NON_DIGIT` among them, and (n, 10) logits → (n,) losses."""
        y = ops.reshape(y_true, (-1,))
        undecided = -ops.mean(ops.log_softmax(y_pred, axis=1), axis=1)
        return ops.where(y == NON_DIGIT, undecided, super().call(ops.maximum(y, 0), y_pred))


class DigitAccuracy(keras.metrics.SparseCategoricalAccuracy):  # type: ignore[misc]
    """Share of the digits read right; non-digits do not count."""

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Add a batch of labels, `NON_DIGIT` among them, and logits."""
        return super().update_state(
            ops.maximum(y_true, 0), y_pred, sample_weight=ops.cast(y_true != NON_DIGIT, "float32")
        )


def describe_run(experiment: Experiment, dataset: Dataset) -> RunConfig:
    """What `config.json` says of a run, but for when training finished."""
    return RunConfig(
        experiment=experiment,
        dataset=dataset.describe(),
        source=git_revision(),
        keras=keras.__version__,
        backend=keras.backend.backend(),
    )
