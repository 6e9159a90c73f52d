import dataclasses
import json
import shutil

import numpy as np
import pytest

from ml.data.dataset import as_input
from ml.errors import DataError
from ml.evaluation import evaluate as module
from ml.evaluation import metrics, plots
from ml.evaluation.evaluate import ensure_evaluated, evaluate, evaluate_missing
from ml.evaluation.mistakes import read_mistakes
from ml.evaluation.results import read_metrics
from ml.presets import PRESETS
from ml.runs import model_sha256
from ml.training.model import load_model
from ml.training.train import train
from tests.data_files import small_dataset, write_non_digits


@pytest.fixture(scope="module")
def dataset():
    return small_dataset()


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    """A folder with non-digits and no other evaluation set."""
    folder = tmp_path_factory.mktemp("data")
    write_non_digits(folder)
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory, dataset, data_dir):
    """An evaluated run, with a plot of an earlier evaluation before it was evaluated."""
    folder = train(PRESETS["smoke"], dataset, tmp_path_factory.mktemp("runs") / "run", verbose=0)
    (folder / "plots").mkdir()
    (folder / "plots" / "strokes.png").touch()
    evaluate(folder, dataset, data_dir)
    return folder


def without_metrics(run, folder):
    """Copy the files that training wrote into a new folder."""
    folder.mkdir()
    for name in ("config.json", "model.keras", "history.csv"):
        shutil.copy(run / name, folder)
    return folder


@pytest.fixture(scope="module")
def test_logits(run, dataset):
    return load_model(run).predict(as_input(dataset.x_test), verbose=0)


def test_metrics_are_those_of_the_network(run, dataset, test_logits):
    result = read_metrics(run)
    expected = metrics.classification_result(dataset.y_test, test_logits, result.calibration.temperature)
    assert result.test.confusion_matrix == expected.confusion_matrix
    for key in ("accuracy", "weighted_f1", "negative_log_likelihood", "expected_calibration_error"):
        assert getattr(result.test, key) == pytest.approx(getattr(expected, key), abs=1e-5)
    assert (result.rejection.digits, result.rejection.non_digits) == (64, 4)
    assert result.rejection.shipped.threshold == result.calibration.rejection_threshold
    assert (result.strokes, result.mnist_c) == (None, None)


def test_calibration_is_fitted_on_the_validation_images(run, dataset):
    result = read_metrics(run)
    validation = load_model(run).predict(as_input(dataset.x_val), verbose=0)
    expected = metrics.calibrate(dataset.y_val, validation)
    assert result.calibration.to_json() == pytest.approx(expected.to_json(), rel=1e-3)
    assert result.validation.accuracy == metrics.accuracy(dataset.y_val, validation)


def test_all_misclassified_images_are_recorded(run, dataset, test_logits):
    mistakes = read_mistakes(run)
    wrong = np.flatnonzero(test_logits.argmax(axis=1) != dataset.y_test)
    assert sorted(mistake.index for mistake in mistakes) == wrong.tolist() != []
    for mistake in mistakes:
        assert mistake.label == dataset.y_test[mistake.index]
        assert mistake.predicted == test_logits[mistake.index].argmax()


def test_plots_replace_those_of_an_earlier_evaluation(run):
    names = {path.stem for path in (run / "plots").iterdir()}
    assert names == {"learning-curves", "confusion-test", "mistakes-test", "reliability", "rejection", "non-digits"}
    for path in (run / "plots").iterdir():
        assert path.read_bytes().startswith(b"\x89PNG")


def test_calibration_does_not_depend_on_the_test_images(run, dataset, tmp_path, monkeypatch):
    monkeypatch.setattr(plots, "save", lambda figure, path: None)
    monkeypatch.setattr(module, "write_metrics", lambda *_: None)
    monkeypatch.setattr(module, "write_mistakes", lambda *_: None)
    copy = without_metrics(run, tmp_path / "run")
    other_test = dataclasses.replace(dataset, x_test=255 - dataset.x_test, y_test=(dataset.y_test + 1) % 10)
    assert evaluate(copy, other_test).calibration == read_metrics(run).calibration


def test_metrics_json_is_the_returned_result(run, dataset, tmp_path, monkeypatch):
    monkeypatch.setattr(plots, "save", lambda figure, path: None)
    copy = without_metrics(run, tmp_path / "named")
    (tmp_path / "latest").symlink_to("named")
    result = evaluate(tmp_path / "latest", dataset)
    assert json.loads((copy / "metrics.json").read_bytes()) == {
        **result.to_json(),
        "measured_with": {"model_sha256": model_sha256(run), "dataset_sha256": dataset.sha256},
    }


def test_ensure_evaluated_evaluates_a_run_without_metrics(run, dataset, data_dir, tmp_path, monkeypatch):
    monkeypatch.setattr(plots, "save", lambda figure, path: None)
    new = without_metrics(run, tmp_path / "new")
    assert ensure_evaluated(new, dataset, data_dir) == read_metrics(new) == read_metrics(run)


def test_ensure_evaluated_returns_the_metrics_of_an_evaluated_run(run, tmp_path):
    copy = without_metrics(run, tmp_path / "run")
    shutil.copy(run / "metrics.json", copy)
    assert ensure_evaluated(copy, None) == read_metrics(run)  # without a dataset


def test_metrics_of_the_model_before_a_second_training_are_rejected(run, dataset, tmp_path, monkeypatch):
    monkeypatch.setattr(plots, "save", lambda figure, path: None)
    copy = without_metrics(run, tmp_path / "run")
    evaluate(copy, dataset)
    model = load_model(copy)
    model.set_weights([weights * 1.01 for weights in model.get_weights()])
    model.save(copy / "model.keras")
    with pytest.raises(DataError, match=r"another model\.keras; run nox -s evaluate again"):
        ensure_evaluated(copy, dataset)
    assert evaluate(copy, dataset) == ensure_evaluated(copy, dataset)


def test_network_with_infinite_outputs_is_rejected(run, dataset, tmp_path):
    copy = without_metrics(run, tmp_path / "run")
    model = load_model(copy)
    model.set_weights([np.full_like(weights, 1e30) for weights in model.get_weights()])
    model.save(copy / "model.keras")
    with pytest.raises(DataError, match=r"model\.keras has outputs that are not finite: training diverged"):
        evaluate(copy, dataset)
    assert not (copy / "metrics.json").exists()


def test_run_without_history_is_rejected(run, dataset, tmp_path):
    copy = without_metrics(run, tmp_path / "run")
    (copy / "history.csv").unlink()
    with pytest.raises(DataError, match=r"history\.csv has no row; move the run folder away and train it again"):
        evaluate(copy, dataset)


def test_only_runs_without_metrics_are_evaluated(run, dataset, data_dir, tmp_path, monkeypatch):
    monkeypatch.setattr(plots, "save", lambda figure, path: None)
    monkeypatch.setattr(module, "load_data_of", lambda run, data_dir: dataset)
    evaluated, new, other = (without_metrics(run, tmp_path / name) for name in ("evaluated", "new", "other"))
    (evaluated / "metrics.json").write_text("of an earlier evaluation")
    evaluate_missing([evaluated, new, other], data_dir)
    assert (evaluated / "metrics.json").read_text() == "of an earlier evaluation"
    assert read_metrics(new) == read_metrics(other) == read_metrics(run)
