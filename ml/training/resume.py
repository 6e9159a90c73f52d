"""Resuming of a stopped training: lock of the run folder, history, seed and early stopping."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np

from ml.errors import DataError
from ml.runs import HISTORY_FILE, History, read_history, relative_to_cwd, write_history


def backup_folder(run: Path) -> Path:
    """Return where `keras.callbacks.BackupAndRestore` keeps the state of an unfinished run."""
    return run / "backup"


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


def restore_history(run: Path) -> History:
    """Repair `history.csv` and the backup of a stopped run, or delete them if a kill left them unusable.

    A kill can truncate a file, and it can leave the history one epoch ahead of the backup. Afterwards both describe
    the same epochs.

    Returns:
        The rows of `history.csv`, one for each epoch that is not repeated.
    """
    backup = backup_folder(run)
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
    (run / HISTORY_FILE).unlink(missing_ok=True)
    return []


def resume_seed(seed: int, epochs: int) -> int:
    """Return the seed for a training that continues after this many epochs; `seed` itself for a new one.

    The backup contains the weights but not the state of the random generators. With the same seed they would repeat
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
