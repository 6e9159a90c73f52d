import numpy as np
import pytest

from ml.evaluation import metrics

LABELS = np.array([0, 0, 1, 2], np.int64)


def logits(*predicted: int, confidence: float = 0.9) -> np.ndarray:
    """Logits whose softmax is `confidence` at the prediction and even elsewhere."""
    p = np.full((len(predicted), 10), (1 - confidence) / 9)
    p[np.arange(len(predicted)), predicted] = confidence
    return np.log(p)


def test_report_by_hand():
    report = metrics.classification_report(LABELS, logits(0, 1, 1, 2))
    assert report["accuracy"] == 0.75
    # class 0: precision 1, recall 1/2; class 1: 1/2, 1; class 2: 1, 1.
    assert report["class_f1"][:4] == pytest.approx([2 / 3, 2 / 3, 1, 0])
    assert report["weighted_f1"] == pytest.approx((2 * 2 / 3 + 2 / 3 + 1) / 4)
    matrix = np.array(report["confusion_matrix"])
    assert matrix.shape == (10, 10)
    assert matrix[0, 1] == 1
    assert matrix.sum() == 4


def test_negative_log_likelihood_by_hand():
    assert metrics.negative_log_likelihood(LABELS, logits(0, 0, 1, 2)) == pytest.approx(-np.log(0.9))


def test_expected_calibration_error_by_hand():
    # All at confidence 0.9, three of four right.
    assert metrics.expected_calibration_error(LABELS, logits(0, 1, 1, 2)) == pytest.approx(0.15)
    assert metrics.expected_calibration_error(LABELS, logits(0, 0, 1, 2, confidence=1 - 1e-9)) < 1e-6


def test_expected_calibration_error_weighs_each_bin_by_its_images():
    # Three right at a confidence of 0.9, one wrong at 0.5: (3 · 0.1 + 1 · 0.5) / 4.
    values = np.concatenate([logits(0, 0, 1), logits(1, confidence=0.5)])
    assert metrics.expected_calibration_error(LABELS, values) == pytest.approx(0.2)


def test_temperature_heals_overconfidence():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, 4000)
    predicted = np.where(rng.random(4000) < 0.8, labels, (labels + 1) % 10)
    overconfident = logits(*predicted, confidence=0.8) * 2.5
    temperature = metrics.fit_temperature(labels, overconfident)
    assert temperature > 1
    before = metrics.expected_calibration_error(labels, overconfident)
    after = metrics.expected_calibration_error(labels, overconfident, temperature)
    assert after < before / 3
    assert metrics.accuracy(labels, overconfident) == metrics.accuracy(labels, overconfident / temperature)


def test_threshold_lets_the_share_pass():
    rng = np.random.default_rng(1)
    values = rng.normal(0, 3, (5000, 10))
    threshold = metrics.rejection_threshold(values, temperature=1.3)
    assert (metrics.probabilities(values, 1.3).max(axis=1) >= threshold).mean() == pytest.approx(0.99, abs=1e-3)


def test_probabilities_of_huge_logits_stay_finite():
    p = metrics.probabilities(np.array([[1e4] + [-1e4] * 9]))
    assert p[0, 0] == 1
    assert np.isfinite(p).all()


def test_reliability_by_hand():
    bins = metrics.reliability(LABELS, logits(0, 1, 1, 2))
    assert [b["images"] for b in bins] == [0] * 13 + [4, 0]
    assert bins[13]["confidence"] == pytest.approx(0.9)
    assert bins[13]["accuracy"] == 0.75
    assert bins[0] == {"images": 0, "confidence": None, "accuracy": None}


def test_rejection_by_hand():
    digits, others = np.linspace(0.5, 1, 100), np.array([0.1, 0.2, 0.499, 0.999])
    right = np.arange(100) >= 10  # the ten least sure are wrong
    report = metrics.rejection_report(digits, right, others, threshold=0.3)
    # Of 400 pairs, the digit is surer in all but the 99 that 0.999 wins.
    assert report["auroc"] == pytest.approx(301 / 400)
    assert report["threshold_at_99"] == pytest.approx(0.505)
    assert report["rejected_at_99"] == 0.75
    assert report["shipped"] == {"threshold": 0.3, "digits_passing": 1.0, "non_digits_rejected": 0.5}
    curve = {point["coverage"]: point for point in report["risk_coverage"]}
    assert [curve[c]["digits"] for c in (0.5, 0.9, 1.0)] == [0, 0, 0.1]
    assert curve[1.0]["all"] == pytest.approx(14 / 104)
    assert curve[0.02]["all"] == pytest.approx(1 / 3)  # ceil(2.08) answers: 1.0, 0.999 (no digit), 0.995
