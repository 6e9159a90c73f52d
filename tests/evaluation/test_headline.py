import json

import pytest

from ml.evaluation.headline import HEADLINE, headline, percent
from ml.evaluation.results import Metrics
from ml.files import ROOT
from tests.release.documents import document

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
        "accuracy",
        "weighted_f1",
        "expected_calibration_error",
        "negative_log_likelihood",
        "validation_accuracy",
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
    assert plain == {"weighted_f1", "negative_log_likelihood", "auroc", "validation_auroc"}


def test_figures_of_test_sets_come_before_those_of_validation_sets():
    report = document("report")
    keys = list(headline(parse(report["metrics"])))
    assert len(keys) == len(HEADLINE)
    assert keys.index("ink_test_accuracy") < keys.index("rejected_at_99") < keys.index("validation_accuracy")
    of_validation = keys[keys.index("validation_accuracy") :]
    assert of_validation == [
        "validation_accuracy",
        "strokes_accuracy",
        "worst_writer_accuracy",
        "unipen_accuracy",
        "worst_lab_accuracy",
        "slashed_zeros_accuracy",
        "validation_auroc",
        "validation_rejected_at_99",
    ]
    titles = {metric.key: metric.title for metric in HEADLINE}
    assert all("validation" in titles[key] for key in of_validation)
    assert not any("validation" in title for key, title in titles.items() if key not in of_validation)


@pytest.mark.parametrize(("share", "text"), [(0.9965, "99.65 %"), (1, "100.00 %"), (0.00133, "0.13 %")])
def test_percent_has_two_decimals(share, text):
    assert percent(share) == text
