import json

import keras
import numpy as np
import pytest

from ml.errors import DataError
from ml.runs import read_history, write_history
from ml.training.resume import (
    ResumedEarlyStopping,
    backup_folder,
    exclusive_lock,
    patience_exhausted,
    restore_history,
    resume_seed,
)


def history(*accuracies: float) -> list[dict[str, float]]:
    return [
        {"epoch": float(epoch), "loss": 1.0, "accuracy": 0.5, "val_loss": 1.0, "val_accuracy": accuracy}
        for epoch, accuracy in enumerate(accuracies)
    ]


@pytest.fixture
def run(tmp_path):
    """A run stopped after three epochs, as Keras leaves it: the older backup is in `*.bkp`."""
    backup = backup_folder(tmp_path)
    backup.mkdir()
    for suffix, epoch in (("", 3), (".bkp", 2)):
        (backup / f"training_metadata.json{suffix}").write_text(json.dumps({"epoch": epoch, "batch": 0}))
        (backup / f"latest.weights.h5{suffix}").write_text(f"weights of {epoch} epochs")
    write_history(tmp_path, history(0.5, 0.6, 0.7))
    return tmp_path


def truncate(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def test_intact_run_keeps_its_epochs(run):
    assert restore_history(run) == history(0.5, 0.6, 0.7)
    assert (backup_folder(run) / "latest.weights.h5").read_text() == "weights of 3 epochs"


def test_history_is_cut_to_the_epochs_of_the_backup(run):
    write_history(run, history(0.5, 0.6, 0.7, 0.8))
    assert restore_history(run) == history(0.5, 0.6, 0.7) == read_history(run)


def test_older_backup_replaces_truncated_metadata(run):
    backup = backup_folder(run)
    truncate(backup / "training_metadata.json")
    assert restore_history(run) == history(0.5, 0.6) == read_history(run)
    assert json.loads((backup / "training_metadata.json").read_text())["epoch"] == 2
    assert (backup / "latest.weights.h5").read_text() == "weights of 2 epochs"


@pytest.mark.parametrize(
    "files", [["history.csv"], ["backup/training_metadata.json", "backup/training_metadata.json.bkp"]]
)
def test_unusable_run_starts_again(run, files):
    for file in files:
        truncate(run / file)
    assert restore_history(run) == []
    assert not backup_folder(run).exists()
    assert not (run / "history.csv").exists()


def test_new_run_has_no_history(tmp_path):
    assert restore_history(tmp_path) == []


def test_seed_of_a_new_run_is_its_own():
    assert resume_seed(7, 0) == 7


def test_resumed_runs_have_distinct_seeds():
    seeds = [resume_seed(seed, epochs) for seed in range(3) for epochs in range(1, 5)]
    assert len({*seeds, 0, 1, 2}) == len(seeds) + 3
    assert resume_seed(1, 2) == resume_seed(1, 2)
    assert all(0 <= seed < 2**31 for seed in seeds)


@pytest.mark.parametrize(
    ("accuracies", "patience", "exhausted"),
    [
        ([], 2, False),
        ([0.5, 0.9, 0.8, 0.9], None, False),
        ([0.5, 0.9, 0.8], 2, False),
        ([0.5, 0.9, 0.8, 0.9], 2, True),  # equal is not better
        ([0.5, 0.6, 0.7, 0.8], 2, False),
    ],
)
def test_patience_is_exhausted_after_epochs_without_a_better_accuracy(accuracies, patience, exhausted):
    assert patience_exhausted(history(*accuracies), patience) == exhausted


def stops_after(before: list[float], after: list[float], patience: int) -> int | None:
    """Return the number of epochs after a resume until training stops, or None."""
    callback = ResumedEarlyStopping(patience, history(*before))
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.stop_training = False
    callback.set_model(model)
    callback.on_train_begin()
    for count, accuracy in enumerate(after, start=1):
        callback.on_epoch_end(len(before) + count - 1, {"val_accuracy": accuracy, "val_loss": 1 / count})
        if model.stop_training:
            return count
    return None


def test_early_stopping_counts_the_epochs_before_an_interruption():
    assert stops_after([0.5, 0.9, 0.8, 0.8], [0.85], patience=3) == 1
    assert stops_after([0.5, 0.9], [0.8, 0.8, 0.8], patience=3) == 3


def test_early_stopping_continues_while_accuracy_rises():
    assert stops_after([0.1, 0.2, 0.3], [0.4, 0.5, 0.6, 0.7], patience=2) is None
    assert stops_after([], list(np.linspace(0.1, 0.9, 5)), patience=1) is None


def test_run_folder_is_locked_once(tmp_path):
    with exclusive_lock(tmp_path), pytest.raises(DataError, match="by another process"), exclusive_lock(tmp_path):
        pass
    with exclusive_lock(tmp_path):  # free again
        pass
