import json
from pathlib import Path

import pytest

from ml.files import ROOT
from ml.release.gate import GATES, Gate, shortfalls, shortfalls_of_release
from ml.release.manifest import read_release
from tests.releases import make_release

METRICS = {"test": {"accuracy": 0.99, "expected_calibration_error": 0.004}, "strokes": {"accuracy": 0.97}}


@pytest.fixture(autouse=True)
def gates(monkeypatch):
    wanted = Gate({"test.accuracy": 0.99, "strokes.accuracy": 0.97}, {"test.expected_calibration_error": 0.004})
    monkeypatch.setitem(GATES, "quick", wanted)


def test_what_just_reaches_it_passes():
    assert shortfalls("quick", METRICS) == []


def test_each_shortfall_is_named_with_what_was_measured_and_wanted():
    poor = {"test": {"accuracy": 0.9899, "expected_calibration_error": 0.0041}}
    assert shortfalls("quick", poor) == [
        "test.accuracy is 0.9899 and should be at least 0.99",
        "strokes.accuracy should be at least 0.97 and was not measured",
        "test.expected_calibration_error is 0.0041 and should be at most 0.004",
    ]


def test_a_preset_without_a_gate_is_converted_as_it_is():
    assert shortfalls("smoke", {}) == []


def test_a_release_is_held_to_what_its_graph_reaches(tmp_path: Path):
    good = {"accuracy": 0.99, "weighted_f1": 0.99, "strokes_accuracy": 0.97, "expected_calibration_error": 0.001}
    release = read_release(make_release(tmp_path / "good", metrics=good))
    assert shortfalls_of_release(release) == []
    release = read_release(make_release(tmp_path / "poor", metrics={**good, "accuracy": 0.98}))
    assert shortfalls_of_release(release) == ["test.accuracy is 0.98 and should be at least 0.99"]
    without_gate = {"name": "smoke", "seed": 0, "parameters": 1000}
    metrics = {**good, "accuracy": 0.93}
    release = read_release(make_release(tmp_path / "smoke", metrics=metrics, experiment=without_gate))
    assert shortfalls_of_release(release) == ["test.accuracy is 0.93 and should be at least 0.99"]


def test_the_bundled_release_is_held_to_its_report(monkeypatch):
    release = read_release(ROOT / "frontend" / "public" / "model")
    name = release.manifest["experiment"]["name"]
    assert name in GATES
    assert shortfalls_of_release(release) == []
    report = next(json.loads(item.data) for item in release.objects if item.name.endswith("report.json"))
    monkeypatch.setitem(GATES, name, Gate(floors={"rejection.auroc": 1.0}))
    auroc = report["metrics"]["rejection"]["auroc"]
    assert shortfalls_of_release(release) == [f"rejection.auroc is {auroc:.5g} and should be at least 1"]


def test_what_is_not_a_number_falls_short():
    assert any("accuracy is nan" in each for each in shortfalls("quick", {"test": {"accuracy": float("nan")}}))
