import dataclasses
import json
import os
import signal
import subprocess
import sys
import textwrap
import time

import keras
import numpy as np
import pytest

from ml.data.dataset import as_input
from ml.errors import DataError
from ml.files import ROOT
from ml.presets import PRESETS
from ml.runs import read_history
from ml.training import train as train_module
from ml.training.model import load_model
from ml.training.outliers import NON_DIGIT
from ml.training.train import CrossEntropy, DigitAccuracy, _ResumedEarlyStopping, train, training_images
from tests.idx import small_dataset

SMOKE = PRESETS["smoke"]


@pytest.fixture(scope="module")
def dataset():
    return small_dataset()


def test_a_run_leaves_what_later_steps_read(tmp_path, dataset):
    run = train(dataclasses.replace(SMOKE, epochs=2), dataset, tmp_path / "a", verbose=0)
    assert {p.name for p in run.iterdir()} == {"config.json", "history.csv", "model.keras", "tensorboard"}
    assert [row["epoch"] for row in read_history(run)] == [0, 1]
    config = json.loads((run / "config.json").read_text())
    assert config["experiment"]["epochs"] == 2
    assert config["dataset"] == dataset.describe().to_json()
    assert (tmp_path / "latest").resolve() == run
    assert list((run / "tensorboard").rglob("events.*"))


def test_a_few_steps_learn(tmp_path, dataset):
    run = train(
        dataclasses.replace(SMOKE, epochs=30, patience=None, learning_rate=5e-3), dataset, tmp_path / "a", verbose=0
    )
    history = read_history(run)
    assert history[-1]["loss"] < history[0]["loss"] / 2
    assert max(row["val_accuracy"] for row in history) > 0.5


def test_the_best_epoch_is_kept(tmp_path, dataset):
    # So high a rate spoils later epochs.
    run = train(dataclasses.replace(SMOKE, epochs=6, learning_rate=0.03), dataset, tmp_path / "a", verbose=0)
    network = load_model(run)
    logits = network.predict(as_input(dataset.x_val), verbose=0)
    kept = float((logits.argmax(axis=1) == dataset.y_val).mean())
    assert kept == pytest.approx(max(row["val_accuracy"] for row in read_history(run)), abs=1e-6)


def test_early_stopping_stops(tmp_path, dataset):
    frozen = dataclasses.replace(SMOKE, epochs=30, patience=2, learning_rate=0.0)
    assert len(read_history(train(frozen, dataset, tmp_path / "a", verbose=0))) == 3


def test_the_same_seed_trains_the_same_network(tmp_path, dataset):
    runs = [train(SMOKE, dataset, tmp_path / name, verbose=0) for name in "ab"]
    weights = [load_model(run).get_weights() for run in runs]
    assert all(np.allclose(a, b, atol=1e-5) for a, b in zip(*weights, strict=True))


def test_another_seed_trains_another_network(tmp_path, dataset):
    runs = [train(dataclasses.replace(SMOKE, seed=seed), dataset, tmp_path / str(seed), verbose=0) for seed in (0, 1)]
    first, second = (load_model(run).get_weights() for run in runs)
    assert not any(np.allclose(a, b, atol=1e-3) for a, b in zip(first, second, strict=True) if a.ndim > 1)


def test_training_needs_no_tensorflow(tmp_path):
    """A teacher and its student, rounded, by JAX and with TensorFlow out of reach."""
    program = textwrap.dedent(
        """
        import dataclasses, sys
        from importlib.machinery import PathFinder
        from pathlib import Path

        found = PathFinder.find_spec
        PathFinder.find_spec = lambda name, *rest: None if name == "tensorflow" else found(name, *rest)
        from ml.presets import PRESETS
        from ml.training.train import train
        from tests.idx import small_dataset

        runs, smoke = Path(sys.argv[1]), dataclasses.replace(PRESETS["smoke"], filters=(2, 2, 2))
        train(smoke, small_dataset(), runs / "teacher", verbose=0)
        assert "tensorflow" not in sys.modules
        student = dataclasses.replace(smoke, teachers=("teacher",), init_from_teacher=True, weight_dtype="uint8")
        train(student, small_dataset(), runs / "student", verbose=0)
        """
    )
    subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "KERAS_BACKEND": "jax"},
        check=True,
    )
    assert json.loads((tmp_path / "student" / "config.json").read_text())["backend"] == "jax"
    for name in ("teacher", "student"):
        # TensorFlow reads what came of it.
        assert np.isfinite(load_model(tmp_path / name).predict(np.zeros((1, 28, 28, 1)), verbose=0)).all()
        assert not (tmp_path / name / "tensorboard").exists()


def test_a_complete_run_is_left_alone(tmp_path, dataset):
    run = train(SMOKE, dataset, tmp_path / "a", verbose=0)
    before = (run / "model.keras").read_bytes()
    train(dataclasses.replace(SMOKE, name="other"), dataset, tmp_path / "b", verbose=0)
    train(SMOKE, dataset, run, verbose=0)
    assert (run / "model.keras").read_bytes() == before
    assert (tmp_path / "latest").resolve() == run


def test_a_killed_run_goes_on(tmp_path, dataset):
    """SIGKILL in the middle of the third epoch; no epoch that was done is done again."""
    experiment = dataclasses.replace(SMOKE, epochs=5, schedule="cosine", patience=4)
    program = textwrap.dedent(
        """
        import dataclasses, sys
        from pathlib import Path
        import keras
        from pydantic import TypeAdapter
        from ml.config import Experiment
        from ml.training import train
        from tests.idx import small_dataset

        class Wait(keras.callbacks.Callback):
            def on_train_batch_begin(self, batch, logs=None):
                if self.epoch == 2 and batch == 1:
                    Path(sys.argv[1], "reached").touch()
                    import time; time.sleep(60)
            def on_epoch_begin(self, epoch, logs=None):
                self.epoch = epoch

        fit = keras.Model.fit
        keras.Model.fit = lambda self, *a, callbacks, **k: fit(self, *a, callbacks=[*callbacks, Wait()], **k)
        experiment = TypeAdapter(Experiment).validate_json(sys.argv[2])
        train.train(experiment, small_dataset(), Path(sys.argv[1], "run"), verbose=0)
        """
    )
    (tmp_path / "runs").mkdir()
    child = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "runs"), json.dumps(experiment.to_dict())],
        cwd=ROOT,
        stderr=subprocess.DEVNULL,
    )
    while not (tmp_path / "runs" / "reached").exists():
        assert child.poll() is None, "the child died by itself"
        time.sleep(0.1)
    with pytest.raises(DataError, match="by another process"):
        train(experiment, dataset, tmp_path / "runs" / "run", verbose=0)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    run = tmp_path / "runs" / "run"
    assert not (run / "model.keras").exists()
    assert not (tmp_path / "runs" / "latest").exists()
    assert len(read_history(run)) == 2

    seen = []
    fit = keras.Model.fit

    def spy(self, *args, **kwargs):
        result = fit(self, *args, **kwargs)
        seen.append((result.epoch, int(self.optimizer.iterations)))
        return result

    seeds = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keras.Model, "fit", spy)
        patch.setattr(keras.utils, "set_random_seed", seeds.append)
        train(experiment, dataset, run, verbose=0)
    # What is drawn from now on is not what was drawn for the first epochs.
    assert len(seeds) == 1
    assert seeds[0] != experiment.seed
    config = json.loads((run / "config.json").read_text())
    assert [entry["epochs"] for entry in config["resumed"]] == [2]
    steps = -(-len(dataset.x_train) // experiment.batch_size)
    # The epochs that were done are not done again, and the optimiser's state, on which the schedule hangs, goes on.
    assert seen == [([2, 3, 4], 5 * steps)]
    assert [row["epoch"] for row in read_history(run)] == [0, 1, 2, 3, 4]
    assert (tmp_path / "runs" / "latest").resolve() == run
    assert not (run / "backup").exists()


def test_a_run_that_another_process_completed_meanwhile_is_left_alone(tmp_path, dataset, monkeypatch):
    run, load = tmp_path / "run", train_module.load_teachers

    def slowly(*arguments):
        monkeypatch.setattr(train_module, "load_teachers", load)
        train(SMOKE, dataset, run, verbose=0)
        (run / "model.keras").write_bytes(b"the other's")
        return load(*arguments)

    monkeypatch.setattr(train_module, "load_teachers", slowly)
    train(SMOKE, dataset, run, verbose=0)
    assert (run / "model.keras").read_bytes() == b"the other's"


@pytest.mark.parametrize(
    "torn", ["metadata", "metadata and history", "history", "best weights", "weights", "all metadata"]
)
def test_whatever_the_kill_tore_the_run_ends(tmp_path, dataset, torn):
    experiment = dataclasses.replace(SMOKE, epochs=4)
    run = tmp_path / "run"
    with pytest.MonkeyPatch.context() as patch:  # stopped after training, before anything is tidied away
        patch.setattr(keras.Model, "save", lambda *a, **k: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            train(experiment, dataset, run, verbose=0)
    backup = run / "backup"
    files = {
        "metadata": [backup / "training_metadata.json"],
        "metadata and history": [backup / "training_metadata.json", run / "history.csv"],
        "history": [run / "history.csv"],
        "best weights": [run / "best.weights.h5"],
        "weights": [backup / "latest.weights.h5"],
        "all metadata": [backup / "training_metadata.json", backup / "training_metadata.json.bkp"],
    }[torn]
    for path in files:
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    if torn == "best weights":  # which are written before the backup: the last epoch is then to run again
        for path in (backup / "training_metadata.json", backup / "latest.weights.h5"):
            path.unlink()
    train(experiment, dataset, run, verbose=0)
    assert [row["epoch"] for row in read_history(run)] == [0, 1, 2, 3]
    assert load_model(run).count_params() == 9_322


def test_a_run_that_had_stopped_early_is_not_trained_on(tmp_path, dataset, monkeypatch):
    experiment = dataclasses.replace(SMOKE, epochs=30, patience=2, learning_rate=0.0)
    run = tmp_path / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keras.Model, "save", lambda *a, **k: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            train(experiment, dataset, run, verbose=0)
    before = (run / "history.csv").read_text()
    monkeypatch.setattr(keras.Model, "fit", lambda *a, **k: pytest.fail("trained on"))
    train(experiment, dataset, run, verbose=0)
    assert (run / "history.csv").read_text() == before
    assert load_model(run).count_params() == 9_322


def test_a_folder_of_another_experiment_is_refused(tmp_path, dataset):
    run = train(SMOKE, dataset, tmp_path / "run", verbose=0)
    with pytest.raises(DataError, match="another experiment"):
        train(dataclasses.replace(SMOKE, epochs=2), dataset, run, verbose=0)


def test_early_stopping_remembers_the_epochs_before_a_kill():
    history = [{"epoch": float(i), "val_accuracy": a} for i, a in enumerate([0.5, 0.9, 0.8, 0.8])]
    stopping = _ResumedEarlyStopping(3, history)
    stopping.set_model(keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)]))
    stopping.on_train_begin()
    stopping.on_epoch_end(4, {"val_accuracy": 0.85})
    assert stopping.model.stop_training


def test_non_digits_are_to_leave_the_network_undecided_and_do_not_count_as_misread():
    logits = np.log(np.array([[0.91] + [0.01] * 9, [0.1] * 10, [0.91] + [0.01] * 9], np.float32))
    loss = np.asarray(CrossEntropy().call(np.array([0, NON_DIGIT, NON_DIGIT]), logits))
    assert loss[0] == pytest.approx(-np.log(0.91), abs=1e-5)
    assert loss[1] == pytest.approx(np.log(10), abs=1e-5)  # the least it can be
    assert loss[2] > loss[1]
    accuracy = DigitAccuracy()
    accuracy.update_state(np.array([0, 3, NON_DIGIT]), logits)
    assert float(accuracy.result()) == 0.5


def test_habits_and_non_digits_are_trained_on_besides_the_digits(dataset):
    images, labels = training_images(dataclasses.replace(SMOKE, writing_variants=1.0, outliers=0.5), dataset)
    n = len(dataset.x_train)
    assert (images[:n] == dataset.x_train).all()
    assert (labels == NON_DIGIT).sum() == round(0.5 * n)
    assert (np.bincount(labels[labels >= 0], minlength=10) - np.bincount(dataset.y_train, minlength=10) > 0).sum() == 4
    assert len(images) == len(labels)
    _, wide = training_images(dataclasses.replace(SMOKE, wide_writing_variants=1.0), dataset)
    added = np.bincount(wide, minlength=10) - np.bincount(dataset.y_train, minlength=10)
    assert added.nonzero()[0].tolist() == [1, 9]


def test_what_is_trained_in_half_precision_is_kept_in_full(tmp_path, dataset):
    experiment = dataclasses.replace(
        SMOKE, epochs=30, learning_rate=5e-3, precision="mixed_bfloat16", weight_decay=0.01, patience=None
    )
    network = load_model(train(experiment, dataset, tmp_path / "a", verbose=0))
    assert {layer.dtype_policy.name for layer in network.layers} == {"float32"}
    logits = network.predict(as_input(dataset.x_val), verbose=0)
    kept = float((logits.argmax(axis=1) == dataset.y_val).mean())
    assert kept == pytest.approx(max(row["val_accuracy"] for row in read_history(tmp_path / "a")), abs=0.05)
