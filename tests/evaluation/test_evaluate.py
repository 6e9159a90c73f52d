import dataclasses
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from ml.data import pendigits as strokes
from ml.data.dataset import as_input
from ml.errors import DataError
from ml.evaluation import metrics
from ml.evaluation import sets as evaluation_sets
from ml.evaluation.evaluate import evaluate
from ml.presets import PRESETS
from ml.training.model import load_model
from ml.training.train import train
from tests.data.test_pendigits import SAMPLES, write_strokes
from tests.evaluation.test_sets import write_non_digits
from tests.idx import small_dataset


@pytest.fixture(scope="module")
def dataset():
    return small_dataset()


@pytest.fixture(scope="module")
def run(tmp_path_factory, dataset):
    return train(PRESETS["smoke"], dataset, tmp_path_factory.mktemp("runs") / "run", verbose=0)


@pytest.fixture
def strokes_dir(tmp_path, monkeypatch):
    text = write_strokes(tmp_path / "strokes" / strokes.FILE)
    monkeypatch.setattr(strokes, "SHA256", hashlib.sha256(text.encode()).hexdigest())
    return tmp_path


def test_metrics_are_those_of_the_network(run, dataset):
    result = evaluate(run, dataset)
    assert json.loads((run / "metrics.json").read_text()) == result
    logits = load_model(run).predict(as_input(dataset.x_test), verbose=0)
    assert result["test"]["accuracy"] == pytest.approx((logits.argmax(axis=1) == dataset.y_test).mean())
    assert np.sum(result["test"]["confusion_matrix"]) == result["test"]["images"] == 64
    assert {"weighted_f1", "class_f1"} <= set(result["test"])
    assert 0 < result["calibration"]["rejection_threshold"] < 1


def test_pictures_are_written(run, dataset):
    evaluate(run, dataset)
    for name in ("learning-curves", "confusion-test", "mistakes-test", "reliability"):
        assert (run / "plots" / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_absent_sets_are_skipped_aloud(run, dataset, tmp_path, caplog):
    caplog.set_level("INFO")
    (run / "plots").mkdir(exist_ok=True)
    (run / "plots" / "rejection.png").touch()  # from an earlier evaluation
    result = evaluate(run, dataset, tmp_path)
    assert not (run / "plots" / "rejection.png").exists()
    for name in ("strokes", "mnist_c", "rejection"):
        assert name not in result
        assert f"{name}: skipped" in caplog.text


def test_strokes_are_told_digit_by_digit_and_writer_by_writer(run, dataset, strokes_dir):
    measured = evaluate(run, dataset, strokes_dir)["strokes"]
    whole = [sample for sample in SAMPLES if not sample.fragment]
    assert measured["images"] == len(whole)
    assert [row["images"] for row in measured["digits"]] == [sum(s.label == d for s in whole) for d in range(10)]
    assert {row["writer"]: row["images"] for row in measured["writers"]} == {
        writer: sum(s.writer == writer for s in whole) for writer in {s.writer for s in whole}
    }
    for rows in (measured["digits"], measured["writers"]):
        right = sum(row["images"] * row["accuracy"] for row in rows if row["images"])
        assert right == pytest.approx(measured["accuracy"] * len(whole))
    assert measured["worst_writer"]["accuracy"] == min(row["accuracy"] for row in measured["writers"])


def test_calibration_is_told_before_and_after(run, dataset):
    result = evaluate(run, dataset)
    test, logits = result["test"], load_model(run).predict(as_input(dataset.x_test), verbose=0)
    for entry, temperature in ((test["uncalibrated"], 1.0), (test, result["calibration"]["temperature"])):
        assert sum(b["images"] for b in entry["reliability"]) == 64
        expected = metrics.negative_log_likelihood(dataset.y_test, logits, temperature)
        assert entry["negative_log_likelihood"] == pytest.approx(expected, abs=1e-5)
    assert test["uncalibrated"]["negative_log_likelihood"] != test["negative_log_likelihood"]


def test_temperature_and_threshold_are_chosen_on_validation_images_alone(run, dataset):
    chosen = evaluate(run, dataset)["calibration"]
    other_test = dataclasses.replace(dataset, x_test=255 - dataset.x_test, y_test=(dataset.y_test + 1) % 10)
    assert evaluate(run, other_test)["calibration"] == chosen
    other_validation = dataclasses.replace(dataset, x_val=255 - dataset.x_val, y_val=(dataset.y_val + 1) % 10)
    assert evaluate(run, other_validation)["calibration"] != chosen


def test_non_digits_are_held_against_all_digits(run, dataset, strokes_dir):
    write_non_digits(strokes_dir)
    result = evaluate(run, dataset, strokes_dir)
    rejection = result["rejection"]
    assert rejection["digits"] == result["test"]["images"] + result["strokes"]["images"]
    assert rejection["non_digits"] == 4
    assert rejection["shipped"]["threshold"] == result["calibration"]["rejection_threshold"]


def test_corruptions_are_measured_and_averaged(run, dataset, monkeypatch):
    noisy = np.zeros_like(dataset.x_test)
    found = [("identity", dataset.x_test), ("blank", noisy)]
    monkeypatch.setattr(evaluation_sets, "mnist_c", lambda *a: iter(found))
    result = evaluate(run, dataset)
    measured = result["mnist_c"]["corruptions"]
    assert measured["identity"] == result["test"]["accuracy"]
    assert measured["blank"] < 0.5
    assert result["mnist_c"]["mean_accuracy"] == pytest.approx(np.mean(list(measured.values())))


def test_every_misread_image_is_kept_with_its_reading(run, dataset):
    result = evaluate(run, dataset)
    misread = json.loads((run / "mistakes.json").read_text())
    logits = load_model(run).predict(as_input(dataset.x_test), verbose=0)
    wrong = np.flatnonzero(logits.argmax(axis=1) != dataset.y_test)
    assert sorted(mistake["index"] for mistake in misread) == wrong.tolist()
    assert len(wrong) == round(64 * (1 - result["test"]["accuracy"])) > 0
    for mistake in misread:
        assert mistake["label"] == dataset.y_test[mistake["index"]] != mistake["predicted"]


def test_an_unfinished_run_is_refused(tmp_path):
    with pytest.raises(DataError, match="no finished run"):
        load_model(Path(tmp_path))
