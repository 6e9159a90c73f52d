import dataclasses
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from ml import strokes
from ml.config import PRESETS
from ml.data import DataError
from ml.evaluate import evaluate, load_network, pen_strokes
from ml.preprocess import from_strokes
from ml.train import as_input, train
from tests.idx import small_dataset
from tests.test_strokes import SAMPLES, write_strokes


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
    logits = load_network(run).predict(as_input(dataset.x_test), verbose=0)
    assert result["test"]["accuracy"] == pytest.approx((logits.argmax(axis=1) == dataset.y_test).mean())
    assert np.sum(result["test"]["confusion_matrix"]) == result["test"]["images"] == 64
    assert {"weighted_f1", "class_f1"} <= set(result["test"])
    assert 0 < result["calibration"]["rejection_threshold"] < 1


def test_pictures_are_written(run, dataset):
    evaluate(run, dataset)
    for name in ("learning-curves", "confusion-test", "mistakes-test"):
        assert (run / "plots" / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_absent_sets_are_skipped_aloud(run, dataset, tmp_path, caplog):
    caplog.set_level("INFO")
    assert "strokes" not in evaluate(run, dataset, tmp_path)
    assert "strokes: skipped" in caplog.text


def test_strokes_go_through_the_ink_path(run, dataset, strokes_dir):
    images, labels = pen_strokes(dataset, strokes_dir)
    assert labels.tolist() == [s.label for s in SAMPLES if not s.fragment]
    assert (images[0] == from_strokes([s.tolist() for s in SAMPLES[0].strokes])).all()
    assert evaluate(run, dataset, strokes_dir)["strokes"]["images"] == len(labels)


def test_writers_that_were_trained_on_are_not_measured(dataset, strokes_dir):
    with_strokes = dataclasses.replace(dataset, name="mnist+strokes")
    assert len(pen_strokes(with_strokes, strokes_dir)[1]) == sum(s.validates and not s.fragment for s in SAMPLES)


def test_an_unfinished_run_is_refused(tmp_path):
    with pytest.raises(DataError, match="no finished run"):
        load_network(Path(tmp_path))
