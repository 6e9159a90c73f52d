import copy
import json
from typing import Any

import pytest

from ml.errors import DataError
from ml.evaluation.results import MeasuredWith, Metrics, read_metrics, write_metrics
from ml.files import ROOT, write_json
from ml.runs import HistoryRow
from tests.runs import make_run, write_model

BUNDLED = ROOT / "visualizations" / "release" / "metrics.json"
REPORT = json.loads((ROOT / "frontend" / "public" / "model" / "report.json").read_bytes())


@pytest.fixture
def values() -> dict[str, Any]:
    return copy.deepcopy(REPORT["metrics"])


def parse(values: dict[str, Any]) -> Metrics:
    return Metrics.model_validate_json(json.dumps(values))


@pytest.mark.parametrize(
    "path", [BUNDLED, *sorted((ROOT / "visualizations" / "quick").glob("metrics-*.json"))], ids=str
)
def test_committed_metrics_equal_their_parsed_values(path, tmp_path):
    measured_with = MeasuredWith(model_sha256="0" * 64, dataset_sha256="1" * 64)
    write_metrics(tmp_path, Metrics.model_validate_json(path.read_bytes()), measured_with)
    assert json.loads((tmp_path / "metrics.json").read_bytes()) == {
        **json.loads(path.read_bytes()),
        "measured_with": {"model_sha256": "0" * 64, "dataset_sha256": "1" * 64},
    }


def test_metrics_of_another_model_or_other_data_are_rejected(tmp_path):
    run = make_run(tmp_path / "run")
    read_metrics(run)
    config, metrics = (json.loads((run / f"{name}.json").read_bytes()) for name in ("config", "metrics"))
    write_json(run / "config.json", config | {"dataset_sha256": "0" * 64})
    read_metrics(run)
    write_json(run / "config.json", config | {"dataset_sha256": "1" * 64})
    with pytest.raises(DataError, match=r"metrics\.json was measured on other data .*; run nox -s evaluate again\.$"):
        read_metrics(run)
    write_model(run, "trained again")
    with pytest.raises(DataError, match=r"was measured with another model\.keras; run nox -s evaluate again\.$"):
        read_metrics(run)
    del metrics["measured_with"]  # of an earlier version
    write_json(run / "metrics.json", metrics)
    with pytest.raises(DataError, match=r"does not say which model it was measured with; run nox -s evaluate again"):
        read_metrics(run)


def test_metrics_and_history_of_the_bundled_report_equal_their_parsed_values(values):
    assert parse(values).to_json() == values
    assert [HistoryRow.model_validate(row).to_json() for row in REPORT["history"]] == REPORT["history"]


def test_unavailable_sets_are_none_and_have_no_key(values):
    for name in ("strokes", "mnist_c", "rejection"):
        del values[name]
    del values["test"]["corrected"]
    metrics = parse(values)
    assert (metrics.strokes, metrics.mnist_c, metrics.rejection, metrics.test.corrected) == (None, None, None, None)
    assert metrics.to_json() == values


def test_published_keys_differ_from_attribute_names(values):
    rejection = parse(values).rejection
    assert rejection.tnr_at_99_tpr == values["rejection"]["rejected_at_99"]
    assert rejection.threshold_at_99_tpr == values["rejection"]["threshold_at_99"]


def test_unknown_keys_are_ignored(values):
    expected = copy.deepcopy(values)
    values["future_set"] = values["test"]["future_metric"] = 1
    assert parse(values).to_json() == expected


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("test.accuracy", 1.01),
        ("test.accuracy", -0.01),
        ("test.accuracy", "0.99"),
        ("test.accuracy", None),
        ("test.images", 0),
        ("test.images", 1.5),
        ("test.images", True),
        ("test.class_f1", [1.0] * 9),
        ("test.confusion_matrix", [[0] * 10] * 11),
        ("test.confusion_matrix", [[0] * 9] * 10),
        ("test.confusion_matrix", [[-1] * 10] * 10),
        ("test.negative_log_likelihood", -1e-9),
        ("test.expected_calibration_error", 1.01),
        ("test.reliability", []),
        ("test.uncalibrated", {}),
        ("test.corrected", None),
        ("test.corrected.left_out", -1),
        ("strokes", None),
        ("strokes.digits", []),
        ("strokes.worst_writer.accuracy", None),
        ("strokes.worst_writer.images", 0),
        ("mnist_c.corruptions", {"fog": 2}),
        ("rejection.auroc", 1.01),
        ("rejection.rejected_at_99", 1.01),
        ("rejection.shipped.digits_passing", 1.01),
        ("rejection.risk_coverage", [{"coverage": 0.5, "digits": 0}]),
        ("calibration.temperature", 0),
        ("calibration.rejection_threshold", 1.01),
        ("validation", {}),
    ],
)
def test_invalid_values_are_rejected(values, tmp_path, path, value):
    *parents, key = path.split(".")
    part = values
    for parent in parents:
        part = part[parent]
    part[key] = value
    (tmp_path / "metrics.json").write_text(json.dumps(values))
    with pytest.raises(DataError) as caught:
        read_metrics(tmp_path)
    assert f"metrics.json is not valid: {path}" in str(caught.value)
    assert str(caught.value).endswith("; run nox -s evaluate again.")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_non_finite_numbers_are_rejected(values, tmp_path, number):
    text = json.dumps(values).replace(str(values["test"]["negative_log_likelihood"]), number, 1)
    assert number in text
    (tmp_path / "metrics.json").write_text(text)
    with pytest.raises(DataError, match=r"finite number; run nox -s evaluate again\.$"):
        read_metrics(tmp_path)


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b"[]"])
def test_damaged_files_are_reported(tmp_path, data):
    (tmp_path / "metrics.json").write_bytes(data)
    with pytest.raises(DataError, match=r"metrics\.json is not valid: .*; run nox -s evaluate again\.$"):
        read_metrics(tmp_path)


def test_runs_without_metrics_are_not_evaluated(tmp_path):
    with pytest.raises(DataError, match=r" is not evaluated\. Run nox -s evaluate first\.$"):
        read_metrics(tmp_path)


@pytest.mark.parametrize("row", [{"loss": 0.5}, {"epoch": 0.5}, {"epoch": -1}, {"epoch": 0, "loss": float("nan")}])
def test_invalid_history_rows_are_rejected(row):
    with pytest.raises(ValueError, match="validation error for HistoryRow"):
        HistoryRow.model_validate(row)
