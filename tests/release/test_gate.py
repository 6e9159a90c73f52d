import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from ml.documents import parse_document
from ml.errors import DataError, PublishError
from ml.release.gate import (
    GATES,
    MAX_ACCURACY_DROP,
    PUBLIC_GATE,
    Gate,
    convert_blocker,
    gate_failures,
    metric_figures,
    publish_blocker,
    regression,
    release_figures,
)
from ml.release.manifest import Manifest
from ml.release.report import parse_report
from ml.release.verify import Release, read_release
from ml.runs import RunConfig
from tests.release.documents import document
from tests.releases import make_release

GATE = Gate({"test.accuracy": 0.99, "strokes.accuracy": 0.97}, {"test.expected_calibration_error": 0.004})
REACHED = {"test.accuracy": 0.99, "strokes.accuracy": 0.97, "test.expected_calibration_error": 0.004}


def release(metrics: dict[str, Any], report: Any = None, **changes: Any) -> Release:
    """A release without files, whose manifest has these metrics."""
    value = {**document("manifest"), "metrics": metrics, **changes}
    manifest = parse_document(Manifest, json.dumps(value).encode(), "manifest.json", PublishError)
    return Release(manifest, parse_report(json.dumps(report).encode()) if report else None, ())


def test_figures_at_the_limits_pass():
    assert gate_failures(GATE, REACHED) == []
    assert gate_failures(GATE, {**REACHED, "test.accuracy": 1.0, "test.expected_calibration_error": 0.0}) == []


def test_failures_state_figure_and_limit():
    assert gate_failures(GATE, {"test.accuracy": 0.9899, "test.expected_calibration_error": 0.0041}) == [
        "test.accuracy is 0.9899 and should be at least 0.99",
        "strokes.accuracy should be at least 0.97 and was not measured",
        "test.expected_calibration_error is 0.0041 and should be at most 0.004",
    ]


@pytest.mark.parametrize("path", REACHED)
def test_nan_fails_the_gate(path):
    [failure] = gate_failures(GATE, {**REACHED, path: float("nan")})
    assert failure.startswith(f"{path} is nan and should be at ")


def test_empty_gate_always_passes():
    assert gate_failures(Gate(), {}) == []


def test_figures_have_dotted_paths():
    value = document("report")
    figures = metric_figures(parse_report(json.dumps(value).encode()).metrics)
    assert figures["test.accuracy"] == value["metrics"]["test"]["accuracy"]
    assert figures["strokes.worst_writer.accuracy"] == value["metrics"]["strokes"]["worst_writer"]["accuracy"]
    assert figures["rejection.auroc"] == value["metrics"]["rejection"]["auroc"]
    assert "test.class_f1" not in figures
    assert "test" not in figures


def test_release_figures_take_test_metrics_from_the_graph():
    """The report has the metrics of the network before conversion."""
    graph = {
        "accuracy": 0.91,
        "weighted_f1": 0.92,
        "negative_log_likelihood": 0.93,
        "expected_calibration_error": 0.94,
        "validation_accuracy": 0.95,
        "strokes_accuracy": 0.96,
    }
    report = document("report")
    figures = release_figures(release(graph, report))
    of_the_network = metric_figures(parse_report(json.dumps(report).encode()).metrics)
    of_the_graph = {f"test.{key}": graph[key] for key in list(graph)[:4]}
    assert figures == of_the_network | of_the_graph
    assert figures["strokes.accuracy"] == report["metrics"]["strokes"]["accuracy"]


def test_release_figures_without_report_come_from_the_manifest():
    graph = {"accuracy": 0.91, "weighted_f1": 0.92, "strokes_accuracy": 0.96}
    assert release_figures(release(graph)) == {
        "test.accuracy": 0.91,
        "test.weighted_f1": 0.92,
        "strokes.accuracy": 0.96,
    }
    assert release_figures(release({"accuracy": 0.91, "weighted_f1": 0.92})) == {
        "test.accuracy": 0.91,
        "test.weighted_f1": 0.92,
    }


EXPERIMENT = {"name": "smoke", "seed": 0, "parameters": 1}


@pytest.mark.parametrize(
    ("name", "accuracy", "blocker"),
    [
        ("quick", 0.99, None),
        ("quick", 0.9899, "test.accuracy is 0.9899 and should be at least 0.99 (--below-gate permits it)"),
        ("smoke", 0.99, None),
        ("smoke", 0.9899, "test.accuracy is 0.9899 and should be at least 0.99 (--below-gate permits it)"),
        ("mnist", 0.995, None),
        ("mnist", 0.9949, "test.accuracy is 0.9949 and should be at least 0.995 (--below-gate permits it)"),
    ],
)
def test_release_below_its_gate_is_not_published(name, accuracy, blocker):
    made = release({"accuracy": accuracy, "weighted_f1": 1}, experiment={**EXPERIMENT, "name": name})
    assert publish_blocker(made, below_gate=False) == blocker
    assert publish_blocker(made, below_gate=True) is None


@pytest.mark.parametrize("below_gate", [True, False])
def test_model_trained_on_fallback_data_is_never_published(below_gate):
    dataset = {**document("manifest")["dataset"], "fallback": True}
    assert publish_blocker(release({"accuracy": 1, "weighted_f1": 1}, dataset=dataset), below_gate=below_gate) == (
        "it was trained on scikit-learn's 8x8 digits because the dataset was not available; "
        "train again with the dataset"
    )


def test_blockers_state_every_failure():
    report = document("report")
    report["metrics"]["test"]["accuracy"] = 0.5
    report["metrics"]["strokes"]["accuracy"] = 0.6
    metrics = parse_report(json.dumps(report).encode()).metrics
    failures = "test.accuracy is 0.5 and should be at least 0.995; strokes.accuracy is 0.6 and should be at least 0.993"
    assert convert_blocker(run_config("distilled"), metrics) == f"it fails the gate of distilled: {failures}"
    made = release({"accuracy": 0.5, "weighted_f1": 1}, report, experiment={**EXPERIMENT, "name": "distilled"})
    assert publish_blocker(made, below_gate=False) == f"{failures} (--below-gate permits it)"


@pytest.mark.parametrize("name", ["production", "distilled"])
def test_gate_limits_of_released_recipes_are_unchanged(name):
    """The limits are repeated here, so that none changes by accident."""
    assert dataclasses.asdict(GATES[name]) == {
        "floors": {"test.accuracy": 0.995, "strokes.accuracy": 0.993, "strokes.worst_writer.accuracy": 0.98},
        "ceilings": {"test.expected_calibration_error": 0.0025, "test.negative_log_likelihood": 0.016},
    }
    assert GATES.keys() == {"quick", "mnist", "production", "distilled"}
    assert dataclasses.asdict(PUBLIC_GATE) == {"floors": {"test.accuracy": 0.99}, "ceilings": {}}


def test_release_without_report_can_be_published(tmp_path: Path):
    assert publish_blocker(read_release(make_release(tmp_path)), below_gate=False) is None


def run_config(name: str, fallback: bool = False) -> RunConfig:
    value = {
        "experiment": {"name": name},
        "dataset": {**document("manifest")["dataset"], "fallback": fallback},
        "source": {"commit": None, "dirty": False},
        "keras": "3",
        "backend": "tensorflow",
    }
    return parse_document(RunConfig, json.dumps(value).encode(), "config.json", DataError)


def test_run_below_the_gate_of_its_preset_is_not_converted():
    report = document("report")
    report["metrics"]["test"]["accuracy"] = 0.5
    metrics = parse_report(json.dumps(report).encode()).metrics
    expected = "it fails the gate of quick: test.accuracy is 0.5 and should be at least 0.99"
    assert convert_blocker(run_config("quick"), metrics) == expected
    assert convert_blocker(run_config("quick", fallback=True), metrics) is None
    assert convert_blocker(run_config("smoke"), metrics) is None
    good = parse_report(json.dumps(document("report")).encode()).metrics
    assert convert_blocker(run_config("distilled"), good) is None


def manifest(accuracy: float, dataset: str = "mnist") -> Manifest:
    value = document("manifest")
    value["metrics"]["accuracy"] = accuracy
    value["dataset"]["name"] = dataset
    return parse_document(Manifest, json.dumps(value).encode(), "manifest.json", PublishError)


@pytest.mark.parametrize(
    ("new", "current", "is_worse"),
    [
        (manifest(0.98), None, False),
        (manifest(0.995), manifest(0.99), False),
        (manifest(0.99), manifest(0.99), False),
        (manifest(0.988), manifest(0.99), False),
        (manifest(0.9879), manifest(0.99), True),
        (manifest(0.988, "mnist+strokes"), manifest(0.99), False),
        (manifest(0.9879, "mnist+strokes"), manifest(0.99), True),
        (manifest(0.9879), manifest(0.99, "mnist+strokes"), True),
        (manifest(0.5, "sklearn-digits"), manifest(0.99), False),
    ],
)
def test_regression_is_a_clear_drop_in_accuracy_on_the_same_test_set(
    new: Manifest, current: Manifest | None, is_worse: bool
) -> None:
    assert (regression(new, current) is not None) == is_worse


def test_regression_states_both_accuracies() -> None:
    assert regression(manifest(0.98), manifest(0.99)) == (
        "its accuracy is 98.00 %, and the current release ad4b892bc7d24a29 has 99.00 %"
    )
    assert MAX_ACCURACY_DROP == 0.002
