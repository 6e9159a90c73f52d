import contextlib
import os
import resource
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from tensorflow.errors import OpError, ResourceExhaustedError

from ml import files
from ml.config import Augmentation
from ml.data.dataset import as_input
from ml.errors import DataError
from ml.files import ROOT
from ml.runs import read_config, read_history, write_history
from ml.training import train as train_module
from ml.training.model import load_model
from ml.training.outliers import OUTLIER_LABEL
from ml.training.resume import CHECKPOINT_FILE, exclusive_lock, read_checkpoint
from ml.training.train import build_training_model, learning_rate, train, training_data
from tests.runs import write_model
from tests.training.small import TINY


def accuracy(run, dataset) -> float:
    predictions = load_model(run).predict(as_input(dataset.x_val), verbose=0).argmax(axis=1)
    return float((predictions == dataset.y_val).mean())


# ---- the training data --------------------------------------------------------------------------------------


def test_training_data_are_digits_then_variants_then_outliers(dataset):
    images, labels = training_data(replace(TINY, writing_variants=1.0, outliers=0.5), dataset)
    n, outliers = len(dataset.x_train), round(0.5 * len(dataset.x_train))
    assert (images[:n] == dataset.x_train).all()
    assert (labels[:n] == dataset.y_train).all()
    assert set(labels[n:-outliers]) == {0, 1, 7, 9}
    assert (labels[-outliers:] == OUTLIER_LABEL).all()
    assert (labels == OUTLIER_LABEL).sum() == outliers
    assert len(images) == len(labels)


def test_outliers_of_the_dataset_are_trained_only_with_outliers(dataset):
    letters = np.full((5, 28, 28), 7, np.uint8)
    with_letters = replace(dataset, x_outliers=letters)
    images, labels = training_data(replace(TINY, outliers=0.1), with_letters)
    assert (images[-5:] == letters).all()
    assert (labels[-5:] == OUTLIER_LABEL).all()
    assert len(training_data(TINY, with_letters)[0]) == len(dataset.x_train)


def test_wide_writing_variants_are_added(dataset):
    _, labels = training_data(replace(TINY, wide_writing_variants=1.0), dataset)
    assert set(labels[len(dataset.x_train) :]) == {1, 9}


def test_train_limit_keeps_the_first_images(dataset):
    images, labels = training_data(replace(TINY, train_limit=100, outliers=0.2), dataset)
    assert len(images) == 120
    assert (images[:100] == dataset.x_train[:100]).all()
    assert (labels[:100] == dataset.y_train[:100]).all()


# ---- the optimisation ---------------------------------------------------------------------------------------


def rate_at(experiment, step: int) -> float:
    """Return the learning rate of the compiled training model for 256 images."""
    _, training_model = build_training_model(experiment, [], images=256, seed=0)
    training_model.optimizer.iterations.assign(step)
    return float(training_model.optimizer.learning_rate)


def test_cosine_schedule_warms_up_for_an_epoch_and_ends_at_zero():
    experiment = replace(TINY, schedule="cosine", learning_rate=0.01, batch_size=64, epochs=5)  # 4 steps for each epoch
    rates = [rate_at(experiment, step) for step in (0, 2, 4, 8, 12, 16, 20)]
    assert rates == pytest.approx([0, 0.005, 0.01, 0.008536, 0.005, 0.001464, 0], abs=1e-6)


def test_cosine_schedule_counts_an_incomplete_batch():
    schedule = learning_rate(replace(TINY, schedule="cosine", batch_size=100, epochs=2), images=201)
    assert float(schedule(3)) == pytest.approx(TINY.learning_rate)
    assert float(schedule(2)) < TINY.learning_rate


def test_constant_schedule_does_not_change():
    assert [rate_at(replace(TINY, learning_rate=0.01), step) for step in (0, 5, 8)] == pytest.approx([0.01] * 3)


def weights_after_a_step(experiment, seed: int = 0) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Initial weights, and weights after one step on eight images of noise."""
    model, training_model = build_training_model(experiment, [], images=8, seed=seed)
    before = model.get_weights()
    images = np.random.default_rng(0).uniform(0, 255, (8, 28, 28, 1)).astype(np.float32)
    training_model.train_on_batch(images, np.arange(8))
    return before, model.get_weights()


def test_one_step_changes_all_weights_and_lowers_the_loss():
    model, training_model = build_training_model(replace(TINY, learning_rate=1e-3), [], images=8, seed=0)
    before = model.get_weights()
    images = np.random.default_rng(0).uniform(0, 255, (8, 28, 28, 1)).astype(np.float32)
    first, second = (float(training_model.train_on_batch(images, np.arange(8))[0]) for _ in range(2))
    assert second < first
    for variable, old in zip(model.variables, before, strict=True):
        assert not np.array_equal(np.asarray(variable), old), variable.path


def test_weight_decay_is_decoupled_and_scaled_by_the_learning_rate():
    rate, decay = 0.01, 0.1
    experiment = replace(TINY, learning_rate=rate)
    before, plain = weights_after_a_step(experiment)
    _, decayed = weights_after_a_step(replace(experiment, weight_decay=decay))
    for initial, without, with_decay in zip(before, plain, decayed, strict=True):
        np.testing.assert_allclose(without - with_decay, rate * decay * initial, atol=1e-6)


def test_seed_determines_initial_weights_dropout_and_augmentation():
    experiment = replace(TINY, dropout=0.3, augmentation=Augmentation(rotation=20))
    (first, first_after), (again, again_after) = (weights_after_a_step(experiment) for _ in range(2))
    for expected, actual in zip([*first, *first_after], [*again, *again_after], strict=True):
        np.testing.assert_allclose(actual, expected, atol=1e-5)
    other, _ = weights_after_a_step(experiment, seed=1)
    assert not any(np.allclose(a, b, atol=1e-3) for a, b in zip(first, other, strict=True) if a.ndim > 1)


@pytest.mark.parametrize("changes", [{"dropout": 0.3}, {"augmentation": Augmentation(rotation=20)}])
def test_seed_of_a_resumed_training_changes_dropout_and_augmentation(changes):
    images = np.random.default_rng(0).uniform(0, 255, (8, 28, 28, 1)).astype(np.float32)
    built = [build_training_model(replace(TINY, **changes), [], images=8, seed=seed) for seed in (0, 0, 1)]
    for model, _ in built:  # the weights come from the backup
        model.set_weights(built[0][0].get_weights())
    first, same, other = (np.asarray(training_model(images, training=True)) for _, training_model in built)
    np.testing.assert_allclose(first, same, atol=1e-4)
    assert not np.allclose(first, other, atol=1e-3)


@pytest.mark.parametrize("changes", [{"dropout": 0.3}, {"augmentation": Augmentation(rotation=20)}])
def test_dropout_and_augmentation_are_active_in_training_only(changes):
    model, training_model = build_training_model(replace(TINY, **changes), [], images=8, seed=0)
    images = np.random.default_rng(0).uniform(0, 255, (8, 28, 28, 1)).astype(np.float32)
    np.testing.assert_allclose(training_model(images, training=False), model(images, training=False), atol=1e-5)
    assert not np.allclose(*(np.asarray(training_model(images, training=True)) for _ in range(2)), atol=1e-3)


def test_fit_runs_the_configured_steps_on_the_training_data(tmp_path, dataset, fits):
    experiment = replace(
        TINY, epochs=2, train_limit=120, outliers=0.25, batch_size=50, schedule="cosine", weight_decay=0.1
    )
    train(experiment, dataset, tmp_path / "run", verbose=0)
    (fit,) = fits
    assert fit.epochs == [0, 1]
    assert fit.iterations == 2 * 3
    assert fit.learning_rate == pytest.approx(0, abs=1e-8)
    assert fit.weight_decay == 0.1


# ---- the choice of the epoch --------------------------------------------------------------------------------


def test_model_of_the_best_epoch_is_saved(tmp_path, dataset):
    # The high learning rate makes later epochs worse.
    run = train(replace(TINY, epochs=5, learning_rate=0.05), dataset, tmp_path / "run", verbose=0)
    accuracies = [row["val_accuracy"] for row in read_history(run)]
    assert accuracies[-1] < max(accuracies)
    assert accuracy(run, dataset) == pytest.approx(max(accuracies), abs=1e-6)


# ---- the run ------------------------------------------------------------------------------------------------


def test_finished_run_contains_the_files_of_later_steps(finished_run, dataset):
    assert {p.name for p in finished_run.iterdir()} == {"config.json", "history.csv", "model.keras", "tensorboard"}
    assert [row["epoch"] for row in read_history(finished_run)] == [0, 1, 2, 3, 4]
    config = read_config(finished_run)
    assert config.experiment == TINY
    assert config.dataset == dataset.describe()
    assert config.created is not None
    assert config.resumed == ()
    assert list((finished_run / "tensorboard").rglob("events.*"))


def test_training_learns(finished_run):
    history = read_history(finished_run)
    assert history[-1]["loss"] < history[0]["loss"] / 2
    assert max(row["val_accuracy"] for row in history) > 0.5


def test_latest_points_at_the_last_trained_run(tmp_path, dataset, finished_run):
    run = shutil.copytree(finished_run, tmp_path / "first")
    (tmp_path / "latest").symlink_to("another")
    train(TINY, dataset, run, verbose=0)
    assert (tmp_path / "latest").resolve() == run


def test_same_seed_trains_the_same_model(tmp_path, dataset, finished_run):
    run = train(TINY, dataset, tmp_path / "again", verbose=0)
    for weights, expected in zip(load_model(run).get_weights(), load_model(finished_run).get_weights(), strict=True):
        np.testing.assert_allclose(weights, expected, atol=1e-5)


def test_model_trained_in_bfloat16_is_saved_in_float32(tmp_path, dataset):
    experiment = replace(TINY, precision="mixed_bfloat16", weight_decay=0.01)
    run = train(experiment, dataset, tmp_path / "run", verbose=0)
    assert {layer.dtype_policy.name for layer in load_model(run).layers} == {"float32"}
    best = max(row["val_accuracy"] for row in read_history(run))
    assert accuracy(run, dataset) == pytest.approx(best, abs=0.05)


def test_training_does_not_need_tensorflow(tmp_path, finished_run):
    """Train a student with rounded weights on JAX, while TensorFlow cannot be imported."""
    program = textwrap.dedent(
        """
        import sys
        from dataclasses import replace
        from importlib.machinery import PathFinder
        from pathlib import Path

        found = PathFinder.find_spec
        PathFinder.find_spec = lambda name, *rest: None if name == "tensorflow" else found(name, *rest)
        from ml.training.train import train
        from tests.data_files import small_dataset
        from tests.training.small import TINY

        student = replace(TINY, epochs=1, teachers=("teacher",), init_from_teacher=True, weight_dtype="uint8")
        train(student, small_dataset(), Path(sys.argv[1]) / "student", verbose=0)
        assert "tensorflow" not in sys.modules
        """
    )
    shutil.copytree(finished_run, tmp_path / "teacher")
    # Optimising the compiled code takes longer than running it once.
    environment = {**os.environ, "KERAS_BACKEND": "jax", "XLA_FLAGS": "--xla_backend_optimization_level=0"}
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], cwd=ROOT, env=environment, check=True)
    student = tmp_path / "student"
    assert read_config(student).backend == "jax"
    assert not (student / "tensorboard").exists()
    model = load_model(student)  # on TensorFlow
    assert np.isfinite(model.predict(np.zeros((1, 28, 28, 1)), verbose=0)).all()
    levels = [max(len(np.unique(each)) for each in load_model(run).get_weights()) for run in (finished_run, student)]
    assert levels[0] > 256 >= levels[1] > 128


def test_complete_run_is_not_trained_again(tmp_path, dataset, finished_run, fits):
    run = shutil.copytree(finished_run, tmp_path / "run")
    before = (run / "model.keras").read_bytes()
    train(TINY, dataset, run, verbose=0)
    assert (run / "model.keras").read_bytes() == before
    assert fits == []


def test_run_completed_by_another_process_is_kept(tmp_path, dataset, monkeypatch, fits):
    """The other process completes it while this one loads the teachers."""
    run = tmp_path / "run"

    def complete(*arguments):
        write_model(run, "of the other process")
        return []

    run.mkdir()
    monkeypatch.setattr(train_module, "load_teachers", complete)
    train(TINY, dataset, run, verbose=0)
    assert b"of the other process" in (run / "model.keras").read_bytes()
    assert fits == []


def test_locked_run_is_not_trained(tmp_path, dataset, fits):
    (tmp_path / "run").mkdir()
    with exclusive_lock(tmp_path / "run"), pytest.raises(DataError, match="by another process"):
        train(TINY, dataset, tmp_path / "run", verbose=0)
    assert fits == []


@pytest.mark.parametrize(
    ("changes", "other"), [({"experiment": replace(TINY, epochs=3)}, "experiment"), ({"split": "writers"}, "dataset")]
)
def test_run_folder_of_another_run_is_rejected(dataset, finished_run, changes, other):
    with pytest.raises(DataError, match=f"another {other}"):
        train(
            changes.get("experiment", TINY),
            replace(dataset, split=changes.get("split", dataset.split)),
            finished_run,
            verbose=0,
        )


# ---- resuming -----------------------------------------------------------------------------------------------

INTERRUPTED = replace(TINY, epochs=4, schedule="cosine")


class InterruptInEpoch(keras.callbacks.Callback):
    """Ends training in the second step of an epoch, like Ctrl-C."""

    def __init__(self, epoch: int) -> None:
        super().__init__()
        self.interrupted_epoch = epoch
        self.epoch = -1

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_begin(self, batch, logs=None):
        if (self.epoch, batch) == (self.interrupted_epoch, 1):
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def stopped_in_third_epoch(dataset, tmp_path_factory):
    run = tmp_path_factory.mktemp("stopped") / "run"
    fit = keras.Model.fit

    def interrupted(self, *args, callbacks, **kwargs):
        return fit(self, *args, callbacks=[*callbacks, InterruptInEpoch(2)], **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keras.Model, "fit", interrupted)
        with pytest.raises(KeyboardInterrupt):
            train(INTERRUPTED, dataset, run, verbose=0)
    return run


@pytest.fixture(scope="module")
def stopped_before_saving(dataset, tmp_path_factory):
    run = tmp_path_factory.mktemp("stopped") / "run"
    interrupt_before_saving(INTERRUPTED, dataset, run)
    return run


def interrupt_before_saving(experiment, dataset, run):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train_module, "_save_model", lambda *args: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            train(experiment, dataset, run, verbose=0)


def test_stopped_run_is_not_complete(stopped_in_third_epoch):
    assert not (stopped_in_third_epoch / "model.keras").exists()
    assert not (stopped_in_third_epoch.parent / "latest").exists()
    assert len(read_history(stopped_in_third_epoch)) == 2


def test_stopped_run_continues_after_its_last_complete_epoch(
    tmp_path, dataset, stopped_in_third_epoch, fits, monkeypatch
):
    run = shutil.copytree(stopped_in_third_epoch, tmp_path / "run")
    seeds = []
    monkeypatch.setattr(keras.utils, "set_random_seed", seeds.append)
    train(INTERRUPTED, dataset, run, verbose=0)
    (fit,) = fits
    assert fit.epochs == [2, 3]
    # The optimiser's state, on which the schedule depends, is restored.
    assert fit.iterations == 4 * -(-len(dataset.x_train) // INTERRUPTED.batch_size)
    assert [row["epoch"] for row in read_history(run)] == [0, 1, 2, 3]
    # The random numbers of the first epochs are not repeated.
    assert len(seeds) == 1
    assert seeds[0] != INTERRUPTED.seed
    assert [entry.epochs for entry in read_config(run).resumed] == [2]
    assert (tmp_path / "latest").resolve() == run
    assert not (run / CHECKPOINT_FILE).exists()


def test_best_epoch_from_before_the_interruption_is_kept(tmp_path, dataset, stopped_in_third_epoch):
    run = shutil.copytree(stopped_in_third_epoch, tmp_path / "run")
    rows = read_history(run)
    rows[1]["val_accuracy"] = 1.0
    write_history(run, rows)
    best_weights = read_checkpoint(run).weights
    (best,) = run.glob("best-*.keras")
    model = keras.saving.load_model(best)
    model.set_weights(best_weights)
    best.unlink()
    model.save(run / "best-2.keras")
    train(INTERRUPTED, dataset, run, verbose=0)
    for weights, expected in zip(load_model(run).get_weights(), best_weights, strict=True):
        np.testing.assert_array_equal(weights, expected)


def test_run_with_a_truncated_checkpoint_starts_again(tmp_path, dataset, stopped_before_saving, fits):
    run = shutil.copytree(stopped_before_saving, tmp_path / "run")
    path = run / CHECKPOINT_FILE
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    train(INTERRUPTED, dataset, run, verbose=0)
    assert [fit.epochs for fit in fits] == [[0, 1, 2, 3]]
    assert [row["epoch"] for row in read_history(run)] == [0, 1, 2, 3]


def test_run_with_a_damaged_model_is_trained_again(tmp_path, dataset, finished_run, monkeypatch, caplog):
    run = shutil.copytree(finished_run, tmp_path / "run")
    (run / "model.keras").write_bytes(b"")
    monkeypatch.setattr(train_module, "_fit", lambda *arguments: write_model(run, "trained again"))
    train(TINY, dataset, run, verbose=0)
    assert "model.keras is damaged and is trained again" in caplog.text
    assert b"trained again" in (run / "model.keras").read_bytes()


def test_run_that_early_stopping_ended_is_saved_without_training(tmp_path, dataset, fits):
    experiment = replace(TINY, epochs=30, patience=2, learning_rate=1e-12)  # accuracy stays the same
    run = tmp_path / "run"
    interrupt_before_saving(experiment, dataset, run)
    history = read_history(run)
    assert len(history) == 3
    fits.clear()
    train(experiment, dataset, run, verbose=0)
    assert fits == []
    assert read_history(run) == history
    assert load_model(run).count_params() > 0


# ---- failures -----------------------------------------------------------------------------------------------


def test_diverged_training_stops_with_a_message(tmp_path, dataset):
    run = tmp_path / "run"
    with pytest.raises(DataError, match=r"run diverged in epoch 1: .*loss.* not finite\. Use a lower learning rate\."):
        train(replace(TINY, learning_rate=1e30), dataset, run, verbose=0)
    assert not (run / "model.keras").exists()
    assert read_history(run) == []


@contextlib.contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """Make writes beyond this size of a file fail, as on a disk that other processes fill after the check."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextlib.contextmanager
def full_after_the_first_checkpoint(run: Path) -> Iterator[None]:
    def usage(path: Path) -> SimpleNamespace:
        return SimpleNamespace(total=10**9, free=0 if (run / CHECKPOINT_FILE).exists() else 10**9)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files.shutil, "disk_usage", usage)
        yield


def test_training_continues_after_a_full_disk(tmp_path, dataset, finished_run, fits):
    experiment, run = replace(TINY, epochs=2), tmp_path / "run"
    for full_disk, file, kept in (
        (file_size_limit(1000), "config.json", 0),
        (full_after_the_first_checkpoint(run), "history.csv", 1),
        (file_size_limit(60_000), "best-2.keras", 1),
    ):
        match = rf"(?s)Training of .*run stopped .*Complete epochs that are kept: {kept}\. Free some space and run"
        with full_disk, pytest.raises(DataError, match=match) as caught:
            train(experiment, dataset, run, verbose=0)
        assert file in str(caught.value) or file.endswith(".keras")  # Keras' error has no name
        assert not (run / "model.keras").exists()
        assert not list(run.glob(".*"))
    train(experiment, dataset, run, verbose=0)
    assert [epoch for fit in fits for epoch in fit.epochs] == [1]  # the first fit was interrupted after epoch 0
    assert [entry.epochs for entry in read_config(run).resumed] == [1, 1]
    first, _ = history = read_history(run)
    assert first == pytest.approx(read_history(finished_run)[0], rel=1e-3)
    assert accuracy(run, dataset) == pytest.approx(max(row["val_accuracy"] for row in history), abs=1e-6)


def test_full_disk_of_tensorboard_is_explained(tmp_path, dataset, monkeypatch):
    """TensorBoard's writer raises errors of TensorFlow; other errors of the same type have other messages."""
    for message, error in (("events.v2; No space left on device", DataError), ("OOM when allocating", OpError)):

        def fit(*args, message=message, **kwargs):
            raise ResourceExhaustedError(None, None, message)

        monkeypatch.setattr(keras.Model, "fit", fit)
        with pytest.raises(error, match=r"No space left on device|OOM"):
            train(TINY, dataset, tmp_path / "run", verbose=0)
