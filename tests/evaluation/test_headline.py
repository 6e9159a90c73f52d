import json

import pytest

from ml.evaluation.headline import HEADLINE, headline, percent
from ml.evaluation.results import Metrics
from ml.files import ROOT

REPORT = json.loads((ROOT / "frontend" / "public" / "model" / "report.json").read_bytes())


def parse(values: dict) -> Metrics:
    return Metrics.model_validate_json(json.dumps(values))


def test_bundled_report_has_exactly_the_headline_metrics():
    [own] = [entry for entry in REPORT["seeds"] if entry["seed"] == 0]
    assert {"seed": 0, **headline(parse(REPORT["metrics"]))} == own


def test_metrics_of_unavailable_sets_are_absent():
    metrics = {key: REPORT["metrics"][key] for key in ("validation", "calibration", "test")}
    metrics["test"] = {key: value for key, value in metrics["test"].items() if key != "corrected"}
    assert list(headline(parse(metrics))) == [
        "validation_accuracy",
        "accuracy",
        "weighted_f1",
        "expected_calibration_error",
        "negative_log_likelihood",
    ]
    without_writers = {key: value for key, value in REPORT["metrics"]["strokes"].items() if key != "worst_writer"}
    figures = headline(parse({**metrics, "strokes": without_writers}))
    assert "strokes_accuracy" in figures
    assert "worst_writer_accuracy" not in figures


def test_shares_are_shown_in_percent_and_the_others_as_they_are():
    shown = {metric.key: (metric.title_with_unit, metric.text(0.98765)) for metric in HEADLINE}
    assert shown["accuracy"] == ("test accuracy (%)", "98.77 %")
    assert shown["auroc"] == ("AUROC, digits against non-digits", "0.9877")
    plain = {metric.key for metric in HEADLINE if not metric.is_percentage}
    assert plain == {"weighted_f1", "negative_log_likelihood", "auroc"}


@pytest.mark.parametrize(("share", "text"), [(0.9965, "99.65 %"), (1, "100.00 %"), (0.00133, "0.13 %")])
def test_percent_has_two_decimals(share, text):
    assert percent(share) == text
