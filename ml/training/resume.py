"""Resuming of a stopped training: lock of the run folder, checkpoints, history, seed and early stopping."""

from __future__ import annotations

import contextlib
import fcntl
import io
import os
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from ml.errors import DataError
from ml.files import write_bytes
from ml.runs import HISTORY_FILE, History, is_whole_archive, read_history, relative_to_cwd, write_history

CHECKPOINT_FILE = "checkpoint.npz"
BEST_MODEL_FILE = "best-{epoch}.keras"  # after this epoch, counted from 1

Weights = list[npt.NDArray[Any]]


@dataclass(frozen=True)
class Checkpoint:
    """State of an unfinished training after a complete epoch."""

    epochs: int  # complete ones
    weights: Weights  # of the model
    optimizer: Weights  # values of the optimizer's variables


def write_checkpoint(run: Path, checkpoint: Checkpoint) -> None:
    """Replace `checkpoint.npz` atomically.

    It is serialized in memory: the HDF5 library, which Keras' checkpoints use, can crash on a full disk.

    Raises:
        OSError: It could not be written. The old file is kept.
    """
    arrays = {
        f"{field}{i}": array for field in ("weights", "optimizer") for i, array in enumerate(getattr(checkpoint, field))
    }
    data = io.BytesIO()
    np.savez(data, epochs=checkpoint.epochs, **arrays)
    write_bytes(run / CHECKPOINT_FILE, data.getvalue())


def read_checkpoint(run: Path) -> Checkpoint | None:
    """Read `checkpoint.npz`; None if it is missing or damaged."""
    try:
        with np.load(run / CHECKPOINT_FILE) as content:

            def arrays(field: str) -> Weights:
                return [content[f"{field}{i}"] for i in range(sum(name.startswith(field) for name in content))]

            return Checkpoint(
                epochs=int(content["epochs"]),
                weights=arrays("weights"),
                optimizer=arrays("optimizer"),
            )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        return None


class BestModel(keras.callbacks.ModelCheckpoint):  # type: ignore[misc]
    """Saves the model after each epoch with a higher validation accuracy than all before, in a file of its own.

    The whole model is saved, because Keras serializes it in memory. Weights alone are written by the HDF5 library.

    Args:
        run: The run folder.
        model: The model to save, which shares its weights with the training model.
        history: Rows of `history.csv` from before an interruption.
    """

    def __init__(self, run: Path, model: keras.Model, history: History) -> None:
        folder = str(run).replace("{", "{{").replace("}", "}}")
        super().__init__(
            f"{folder}/{BEST_MODEL_FILE}",
            monitor="val_accuracy",
            mode="max",
            save_best_only=True,
            initial_value_threshold=max((row["val_accuracy"] for row in history), default=None),
        )
        self._saved_model = model

    def set_model(self, model: keras.Model) -> None:
        """Save the model of the constructor instead of the one that is fitted, which contains the augmentation."""
        super().set_model(self._saved_model)


def best_model_path(run: Path, history: History) -> Path:
    """Return the file of the model after the epoch with the highest validation accuracy; `history` is not empty."""
    accuracies = [row["val_accuracy"] for row in history]
    return run / BEST_MODEL_FILE.format(epoch=1 + accuracies.index(max(accuracies)))


def delete_best_models(run: Path, keep: Path | None = None) -> None:
    """Delete the models that `BestModel` saved, except `keep`."""
    for path in run.glob(BEST_MODEL_FILE.format(epoch="*")):
        if path != keep:
            path.unlink()


class SaveEpoch(keras.callbacks.Callback):  # type: ignore[misc]
    """Records each epoch in `history.csv` and `checkpoint.npz`. Training that diverged ends with a `DataError`.

    It comes after `BestModel`, so that there is a saved model for the best epoch of each checkpoint.

    Args:
        run: The run folder.
        model: The model to save, which shares its weights with the training model.
        history: Rows of `history.csv` from before an interruption.
    """

    def __init__(self, run: Path, model: keras.Model, history: History) -> None:
        super().__init__()
        self._run = run
        self._saved_model = model
        self._history = list(history)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Save the epoch.

        Raises:
            DataError: A logged value or a weight is not finite. The files keep the state after the previous epoch.
            OSError: A file could not be written.
        """
        row = {"epoch": float(epoch), **dict(sorted((logs or {}).items()))}
        weights = self._saved_model.get_weights()
        self._check_finite(row, weights)
        history = [*self._history, row]
        write_history(self._run, history)
        optimizer = [keras.ops.convert_to_numpy(variable) for variable in self.model.optimizer.variables]
        # After the history, which then has each epoch that is in the checkpoint.
        write_checkpoint(self._run, Checkpoint(len(history), weights, optimizer))
        delete_best_models(self._run, keep=best_model_path(self._run, history))
        self._history = history

    def _check_finite(self, row: dict[str, float], weights: Weights) -> None:
        unstable = [name for name, value in row.items() if not np.isfinite(value)]
        if not all(np.isfinite(array).all() for array in weights):
            unstable.append("weights")
        if unstable:
            best = best_model_path(self._run, self._history).name if self._history else None
            kept = f" The best of the epochs before it is kept in {best}." if best else ""
            raise DataError(
                f"Training of {relative_to_cwd(self._run)} diverged in epoch {int(row['epoch']) + 1}: "
                f"{', '.join(unstable)} not finite.{kept} Use a lower learning rate."
            )


@contextlib.contextmanager
def exclusive_lock(run: Path) -> Iterator[None]:
    """Lock an existing run folder against training by other processes. The lock ends with the process.

    Raises:
        DataError: Another process holds the lock.
    """
    folder = os.open(run, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise DataError(
            f"{relative_to_cwd(run)} is being trained by another process; wait for it, or stop it."
        ) from error
    finally:
        os.close(folder)


def restore(run: Path) -> tuple[History, Checkpoint | None]:
    """Read the state of a stopped run, and cut `history.csv` to the epochs of the checkpoint.

    A kill can leave the history and the saved models one epoch ahead of the checkpoint. If one of these files is
    missing or damaged, all are deleted.

    Returns:
        The rows of `history.csv`, one for each epoch that is not repeated, and the checkpoint; [] and None for a run
        that starts at its first epoch.
    """
    checkpoint = read_checkpoint(run)
    rows = read_history(run)[: checkpoint.epochs] if checkpoint else []
    best = best_model_path(run, rows) if rows else None
    delete_best_models(run, keep=best)
    if checkpoint is None or best is None or len(rows) < checkpoint.epochs or not is_whole_archive(best):
        delete_best_models(run)
        for name in (CHECKPOINT_FILE, HISTORY_FILE):
            (run / name).unlink(missing_ok=True)
        return [], None
    write_history(run, rows)
    return rows, checkpoint


def resume_seed(seed: int, epochs: int) -> int:
    """Return the seed for a training that continues after this many epochs; `seed` itself for a new one.

    The checkpoint contains the weights but not the state of the random generators. With the same seed they would repeat
    the random numbers of the first epochs.
    """
    return int(np.random.SeedSequence((seed, epochs)).generate_state(1)[0]) // 2 if epochs else seed


def patience_exhausted(history: History, patience: int | None) -> bool:
    """Return whether early stopping had ended the training before it was interrupted."""
    if patience is None or not history:
        return False
    accuracies = [row["val_accuracy"] for row in history]
    return len(accuracies) - 1 - accuracies.index(max(accuracies)) >= patience


class ResumedEarlyStopping(keras.callbacks.EarlyStopping):  # type: ignore[misc]
    """Early stopping on validation accuracy that also counts the epochs before an interruption.

    Args:
        patience: Epochs without a better validation accuracy before training stops.
        history: Rows of `history.csv` from before the interruption.
    """

    def __init__(self, patience: int, history: History) -> None:
        super().__init__(monitor="val_accuracy", mode="max", patience=patience, verbose=1)
        self._history = history

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Count the epochs of the history."""
        super().on_train_begin(logs)
        for row in self._history:
            self.on_epoch_end(int(row["epoch"]), row)
