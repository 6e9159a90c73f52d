import keras
import numpy as np
import pytest

from ml.errors import DataError
from ml.runs import read_history, write_history
from ml.training.resume import (
    CHECKPOINT_FILE,
    BestModel,
    Checkpoint,
    ResumedEarlyStopping,
    SaveEpoch,
    exclusive_lock,
    patience_exhausted,
    read_checkpoint,
    restore,
    resume_seed,
    write_checkpoint,
)


def history(*accuracies: float) -> list[dict[str, float]]:
    return [
        {"epoch": float(epoch), "loss": 1.0, "accuracy": 0.5, "val_loss": 1.0, "val_accuracy": accuracy}
        for epoch, accuracy in enumerate(accuracies)
    ]


def checkpoint(epochs: int) -> Checkpoint:
    weights, optimizer = [np.full((2, 3), epochs, np.float32), np.arange(11.0)], [np.array(epochs)]
    return Checkpoint(epochs, weights, optimizer)


@pytest.fixture
def run(tmp_path):
    """A run stopped after three epochs, the last of which is the best."""
    write_checkpoint(tmp_path, checkpoint(3))
    write_history(tmp_path, history(0.5, 0.6, 0.7))
    small_model(weight=3).save(tmp_path / "best-3.keras")
    return tmp_path


def small_model(weight: float) -> keras.Model:
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.set_weights([np.full((1, 1), weight, np.float32)])
    model.compile(optimizer="sgd")
    return model


def truncate(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def test_intact_run_keeps_its_epochs(run):
    rows, restored = restore(run)
    assert rows == history(0.5, 0.6, 0.7)
    assert restored.epochs == 3
    assert (run / "best-3.keras").is_file()
    for field in ("weights", "optimizer"):
        for array, expected in zip(getattr(restored, field), getattr(checkpoint(3), field), strict=True):
            np.testing.assert_array_equal(array, expected)
            assert array.dtype == expected.dtype


def test_history_is_cut_to_the_epochs_of_the_checkpoint(run):
    write_history(run, history(0.5, 0.6, 0.7, 0.8))
    (run / "best-4.keras").write_bytes(b"half of a model")
    assert restore(run)[0] == history(0.5, 0.6, 0.7) == read_history(run)
    assert [path.name for path in run.glob("best-*")] == ["best-3.keras"]


@pytest.mark.parametrize("file", ["history.csv", CHECKPOINT_FILE, "best-3.keras"])
@pytest.mark.parametrize("damage", [truncate, lambda path: path.write_bytes(b""), lambda path: path.unlink()])
def test_damaged_run_starts_again(run, file, damage):
    damage(run / file)
    assert restore(run) == ([], None)
    assert list(run.iterdir()) == []


def test_new_run_has_no_history(tmp_path):
    assert restore(tmp_path) == ([], None)


@pytest.fixture
def end_epoch(run):
    """Ends the fourth epoch of the run, with a model of one weight, 7."""
    model = small_model(weight=7)
    rows, _ = restore(run)
    callbacks = keras.callbacks.CallbackList([BestModel(run, model, rows), SaveEpoch(run, model, rows)], model=model)
    callbacks.on_epoch_begin(3)
    return lambda row: callbacks.on_epoch_end(3, row)


@pytest.mark.parametrize(("accuracy", "best", "weight"), [(0.6, 3, 3), (0.7, 3, 3), (0.8, 4, 7)])
def test_model_of_the_best_epoch_is_kept(run, end_epoch, accuracy, best, weight):
    # The loss is lower, so a choice by loss would keep the last epoch.
    row = {"epoch": 3, "accuracy": 0.5, "loss": 0.1, "val_accuracy": accuracy, "val_loss": 0.1}
    end_epoch({name: value for name, value in row.items() if name != "epoch"})
    assert read_history(run) == [*history(0.5, 0.6, 0.7), row]
    saved = read_checkpoint(run)
    assert (saved.epochs, saved.weights[0].item()) == (4, 7)
    assert [path.name for path in run.glob("best-*")] == [f"best-{best}.keras"]
    assert keras.saving.load_model(run / f"best-{best}.keras").get_weights()[0].item() == weight


def test_folder_name_with_braces_is_not_formatted(tmp_path):
    run = tmp_path / "{run}"
    run.mkdir()
    model = small_model(weight=1)
    best = BestModel(run, model, [])
    best.set_model(model)
    best.on_epoch_end(0, {"val_accuracy": 0.5})
    assert [path.name for path in run.iterdir()] == ["best-1.keras"]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("what", ["loss", "val_loss", "weights"])
def test_diverged_epoch_ends_training_and_is_not_saved(run, value, what):
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    row = {"accuracy": 0.5, "loss": 0.1, "val_accuracy": 0.9, "val_loss": 0.1}
    model = small_model(weight=value if what == "weights" else 7)
    if what != "weights":
        row[what] = value
    save_epoch = SaveEpoch(run, model, history(0.5, 0.6, 0.7))
    save_epoch.set_model(model)
    with pytest.raises(
        DataError,
        match=rf"diverged in epoch 4: {what} not finite\. The best .* in best-3\.keras\. .* lower learning rate",
    ):
        save_epoch.on_epoch_end(3, row)
    assert {path.name: path.read_bytes() for path in run.iterdir()} == before


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
