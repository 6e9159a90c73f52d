import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.calibration import calibration_curve
from sklearn.metrics import log_loss

from ml.evaluation import metrics
from ml.evaluation.results import RELIABILITY_BINS

LABELS = np.array([0, 0, 1, 2], np.int64)


def logits(*predicted: int, confidence: float = 0.9) -> np.ndarray:
    """Logits whose softmax is `confidence` for the prediction; the other digits share the rest equally."""
    p = np.full((len(predicted), 10), (1 - confidence) / 9)
    p[np.arange(len(predicted)), predicted] = confidence
    return np.log(p)


@st.composite
def labelled_logits(draw):
    """Labels (n,) and logits (n, 10) of a network; its accuracy may be near 0, near 1 or between."""
    n = draw(st.integers(1, 60))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    labels = rng.integers(0, 10, n)
    scale, skill = draw(st.floats(0.1, 5)), draw(st.floats(-2, 6))
    return labels, rng.normal(0, scale, (n, 10)) + skill * np.eye(10)[labels]


confidences = arrays(np.float64, st.integers(1, 50), elements=st.floats(0.1, 1))


# ---- classification ----


@pytest.mark.filterwarnings("error")  # no warning about digits that do not occur
def test_classification_result_matches_a_hand_calculation():
    result = metrics.classification_result(LABELS, logits(0, 1, 1, 2), temperature=1)
    assert (result.images, result.accuracy) == (4, 0.75)
    # Class 0: precision 1, recall 1/2. Class 1: precision 1/2, recall 1. Class 2: both 1. The others do not occur.
    assert result.class_f1 == pytest.approx([2 / 3, 2 / 3, 1, 0, 0, 0, 0, 0, 0, 0])
    assert result.weighted_f1 == pytest.approx((2 * 2 / 3 + 2 / 3 + 1) / 4)
    expected = np.zeros((10, 10), int)
    expected[0, 0] = expected[0, 1] = expected[1, 1] = expected[2, 2] = 1  # row: label, column: prediction
    assert np.array(result.confusion_matrix).tolist() == expected.tolist()


def test_temperature_changes_only_confidence_metrics():
    values = logits(0, 1, 1, 2)
    one, two = (metrics.classification_result(LABELS, values, temperature) for temperature in (1, 2))
    confidence_metrics = {"negative_log_likelihood", "expected_calibration_error", "reliability"}
    assert two.uncalibrated == one.uncalibrated == metrics.calibration_result(LABELS, values)
    assert one.model_dump(include=confidence_metrics) == one.uncalibrated.model_dump()
    assert two.model_dump(include=confidence_metrics) == metrics.calibration_result(LABELS, values, 2).model_dump()
    assert two.model_dump(exclude=confidence_metrics) == one.model_dump(exclude=confidence_metrics)


def test_calibration_result_is_measured_at_the_temperature():
    values = logits(0, 1, 1, 2)
    result = metrics.calibration_result(LABELS, values, 2)
    assert result.negative_log_likelihood == metrics.negative_log_likelihood(LABELS, values, 2)
    assert result.expected_calibration_error == metrics.expected_calibration_error(LABELS, values, 2)
    assert result.reliability == metrics.reliability(LABELS, values, 2)
    confidence = np.sqrt(0.9) / (np.sqrt(0.9) + 9 * np.sqrt(0.1 / 9))  # temperature 2 takes the root
    assert result.expected_calibration_error == pytest.approx(0.75 - confidence)


@given(labelled_logits())
def test_results_are_independent_of_image_order(data):
    labels, values = data
    order = np.random.default_rng(0).permutation(len(labels))
    one = metrics.classification_result(labels, values, 1.3)
    other = metrics.classification_result(labels[order], values[order], 1.3)
    assert other.confusion_matrix == one.confusion_matrix
    for key in ("accuracy", "weighted_f1", "class_f1", "negative_log_likelihood", "expected_calibration_error"):
        assert getattr(other, key) == pytest.approx(getattr(one, key), abs=1e-12)


@given(labelled_logits())
def test_confusion_matrix_counts_every_image_once(data):
    labels, values = data
    result = metrics.classification_result(labels, values, 1)
    counts = np.array(result.confusion_matrix)
    assert counts.sum(axis=1).tolist() == np.bincount(labels, minlength=10).tolist()
    assert counts.sum(axis=0).tolist() == np.bincount(values.argmax(axis=1), minlength=10).tolist()
    assert result.accuracy == pytest.approx(np.trace(counts) / len(labels))


# ---- confidence ----


def test_probabilities_match_a_hand_calculation():
    p = metrics.probabilities(np.log([[1.0, 4, 4] + [0.001] * 7, [9.0, 16, 25] + [0.001] * 7]), temperature=2)
    expected = np.sqrt([[1.0, 4, 4] + [0.001] * 7, [9.0, 16, 25] + [0.001] * 7])
    assert p == pytest.approx(expected / expected.sum(axis=1, keepdims=True))
    assert metrics.probabilities(np.log(p)) == pytest.approx(p)  # without a temperature


def test_float32_logits_are_computed_in_float64():
    single = np.random.default_rng(0).normal(0, 3, (4, 10)).astype(np.float32)
    double = single.astype(np.float64)
    for temperature in (1, 1.7):
        p = metrics.probabilities(single, temperature)
        assert p.dtype == np.float64
        assert (p == metrics.probabilities(double, temperature)).all()
        expected = metrics.negative_log_likelihood(LABELS, double, temperature)
        assert metrics.negative_log_likelihood(LABELS, single, temperature) == expected


def test_probabilities_of_huge_logits_are_finite():
    p = metrics.probabilities(np.array([[1e4] + [-1e4] * 9], np.float32))
    assert p[0].tolist() == [1] + [0] * 9
    assert metrics.negative_log_likelihood(np.array([1]), np.array([[1e4] + [-1e4] * 9])) == pytest.approx(2e4)


@given(labelled_logits(), st.floats(-50, 50))
def test_adding_a_constant_to_logits_changes_no_probability(data, constant):
    labels, values = data
    assert metrics.probabilities(values + constant) == pytest.approx(metrics.probabilities(values), abs=1e-9)
    expected = metrics.negative_log_likelihood(labels, values)
    assert metrics.negative_log_likelihood(labels, values + constant) == pytest.approx(expected, abs=1e-9)


@given(labelled_logits(), st.floats(0.2, 5))
def test_negative_log_likelihood_agrees_with_scikit_learn(data, temperature):
    labels, values = data
    values = np.clip(values, -3, 3)  # scikit-learn limits probabilities below 2e-16
    expected = log_loss(labels, metrics.probabilities(values, temperature), labels=np.arange(10))
    assert metrics.negative_log_likelihood(labels, values, temperature) == pytest.approx(expected, abs=1e-9)


def test_negative_log_likelihood_matches_a_hand_calculation():
    assert metrics.negative_log_likelihood(LABELS, logits(0, 0, 1, 2)) == pytest.approx(-np.log(0.9))
    expected = -(3 * np.log(0.9) + np.log(0.1 / 9)) / 4
    assert metrics.negative_log_likelihood(LABELS, logits(0, 1, 1, 2)) == pytest.approx(expected)


def test_reliability_matches_a_hand_calculation():
    values = np.concatenate([logits(0, 1, 1, confidence=0.9), logits(2, confidence=0.92), logits(3, confidence=0.3)])
    bins = metrics.reliability(np.array([0, 0, 1, 2, 2]), values)
    assert [b.images for b in bins] == [0] * 4 + [1] + [0] * 8 + [4, 0]
    assert bins[13].confidence == pytest.approx((3 * 0.9 + 0.92) / 4)
    assert bins[13].accuracy == 0.75
    assert (bins[4].confidence, bins[4].accuracy) == (pytest.approx(0.3), 0)
    assert (bins[0].confidence, bins[0].accuracy) == (None, None)


def test_reliability_depends_on_the_temperature():
    values = np.log(np.array([[0.5] + [0.5 / 9] * 9]))
    squared = 0.25 / (0.25 + 9 * (0.5 / 9) ** 2)  # temperature 1/2 squares the probabilities
    [filled] = [b for b in metrics.reliability(np.array([0]), values, temperature=0.5) if b.images]
    assert filled.confidence == pytest.approx(squared)


def test_reliability_puts_confidence_1_in_the_last_bin():
    certain = np.array([[1e4] + [0.0] * 9] * 4)
    bins = metrics.reliability(LABELS, certain)
    assert [b.images for b in bins] == [0] * 14 + [4]
    assert (bins[-1].confidence, bins[-1].accuracy) == (1, 0.5)
    assert metrics.expected_calibration_error(LABELS, certain) == 0.5


def test_expected_calibration_error_matches_a_hand_calculation():
    # All at confidence 0.9, three of four correct.
    assert metrics.expected_calibration_error(LABELS, logits(0, 1, 1, 2)) == pytest.approx(0.15)
    # Three correct at confidence 0.9, one wrong at 0.5: (3 · 0.1 + 1 · 0.5) / 4.
    values = np.concatenate([logits(0, 0, 1), logits(1, confidence=0.5)])
    assert metrics.expected_calibration_error(LABELS, values) == pytest.approx(0.2)
    assert metrics.expected_calibration_error(LABELS, logits(0, 0, 1, 2, confidence=1 - 1e-9)) < 1e-6


@given(labelled_logits(), st.floats(0.2, 5))
def test_calibration_agrees_with_scikit_learn(data, temperature):
    labels, values = data
    p = metrics.probabilities(values, temperature)
    correct = p.argmax(axis=1) == labels
    accuracies, means = calibration_curve(correct, p.max(axis=1), n_bins=RELIABILITY_BINS)
    filled = [b for b in metrics.reliability(labels, values, temperature) if b.images]
    assert [b.accuracy for b in filled] == pytest.approx(accuracies)
    assert [b.confidence for b in filled] == pytest.approx(means)
    assert sum(b.images for b in filled) == len(labels)
    expected = np.dot([b.images for b in filled], np.abs(accuracies - means)) / len(labels)
    error = metrics.expected_calibration_error(labels, values, temperature)
    assert error == pytest.approx(expected)
    # The triangle inequality: bins only add to the total difference of confidence and accuracy.
    assert abs(p.max(axis=1).mean() - correct.mean()) - 1e-9 <= error <= 1


# ---- fitting ----


@given(labelled_logits())
def test_fitted_temperature_minimizes_the_negative_log_likelihood(data):
    labels, values = data
    fitted = metrics.fit_temperature(labels, values)
    least = metrics.negative_log_likelihood(labels, values, fitted)
    assert 0.2 <= fitted <= 5
    for temperature in np.geomspace(0.2, 5, 50):
        assert metrics.negative_log_likelihood(labels, values, temperature) >= least - 1e-4


@pytest.mark.parametrize(("predicted", "temperature"), [((0, 0, 1, 2), 0.2), ((1, 1, 2, 3), 5)])
def test_fitted_temperature_stays_within_its_limits(predicted, temperature):
    assert metrics.fit_temperature(LABELS, logits(*predicted)) == pytest.approx(temperature, abs=1e-3)


def overconfident(n: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Labels and logits with an accuracy of 80 %, calibrated at a temperature of 2.5."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, n)
    wrong = (labels + rng.integers(1, 10, n)) % 10
    return labels, 2.5 * logits(*np.where(rng.random(n) < 0.8, labels, wrong), confidence=0.8)


def test_fitted_temperature_calibrates_an_overconfident_network():
    labels, values = overconfident()
    temperature = metrics.fit_temperature(labels, values)
    assert temperature == pytest.approx(2.5, abs=0.1)
    before = metrics.expected_calibration_error(labels, values)
    after = metrics.expected_calibration_error(labels, values, temperature)
    assert after < before / 3


def test_rejection_threshold_is_fitted_at_the_temperature():
    labels, values = overconfident()
    values = values + np.random.default_rng(1).normal(0, 0.5, values.shape)
    calibration = metrics.calibrate(labels, values)
    assert calibration.temperature == metrics.fit_temperature(labels, values) > 1.5
    confidence = metrics.probabilities(values, calibration.temperature).max(axis=1)
    assert (confidence >= calibration.rejection_threshold).mean() == pytest.approx(0.99, abs=1e-3)
    uncalibrated = metrics.probabilities(values).max(axis=1)
    assert (uncalibrated >= calibration.rejection_threshold).mean() > 0.995


def test_threshold_at_tpr_accepts_99_percent_of_the_digits():
    assert metrics.threshold_at_tpr(np.linspace(0, 1, 101)) == pytest.approx(0.01)
    assert metrics.threshold_at_tpr(np.array([0.7])) == 0.7


# ---- rejection ----


def rejection(digits, non_digits, *, correct=None, threshold=0.5):
    digits = np.asarray(digits, float)
    correct = np.ones(len(digits), bool) if correct is None else np.asarray(correct)
    return metrics.rejection_result(digits, correct, np.asarray(non_digits, float), threshold)


def test_rejection_result_matches_a_hand_calculation():
    correct = np.arange(100) >= 10  # the ten least confident are wrong
    result = rejection(np.linspace(0.5, 1, 100), [0.1, 0.2, 0.499, 0.999], correct=correct, threshold=0.3)
    assert (result.digits, result.non_digits) == (100, 4)
    # The digit has the higher confidence in all 400 pairs except 99 of those with the non-digit at 0.999.
    assert result.auroc == pytest.approx(301 / 400)
    assert result.threshold_at_99_tpr == pytest.approx(0.505)
    assert result.tnr_at_99_tpr == 0.75
    shipped = result.shipped
    assert (shipped.threshold, shipped.digits_passing, shipped.non_digits_rejected) == (0.3, 1.0, 0.5)
    assert [point.coverage for point in result.risk_coverage] == [n / 100 for n in range(1, 101)]
    curve = {point.coverage: point for point in result.risk_coverage}
    assert [curve[c].digits for c in (0.01, 0.9, 0.91, 1.0)] == [0, 0, pytest.approx(1 / 91), 0.1]
    assert curve[1.0].all == pytest.approx(14 / 104)
    # 2 % of 104 images are rounded up to 3 answers: 1.0, 0.999 (a non-digit) and 0.995.
    assert curve[0.02].all == pytest.approx(1 / 3)


def test_result_of_a_kind_of_non_digits_matches_a_hand_calculation():
    # 99 % of the digits reach 0.505. A non-digit at this confidence is not below it.
    result = metrics.non_digit_kind_result("letters", np.linspace(0.5, 1, 101), np.array([0.1, 0.2, 0.505, 0.999]))
    assert (result.kind, result.non_digits, result.tnr_at_99_tpr) == ("letters", 4, 0.5)
    # Of the 404 pairs, the digit loses 100 against 0.999 and one against 0.505; one pair is a tie.
    assert result.auroc == pytest.approx((404 - 100 - 1 - 0.5) / 404)


def test_confidence_equal_to_the_threshold_is_accepted():
    result = rejection([0.5, 0.5, 0.4], [0.5, 0.4], threshold=0.5)
    assert result.shipped.digits_passing == pytest.approx(2 / 3)
    assert result.shipped.non_digits_rejected == 0.5
    same = rejection([0.5, 0.5], [0.5, 0.4])
    assert (same.threshold_at_99_tpr, same.tnr_at_99_tpr) == (0.5, 0.5)


def test_tied_confidences_keep_the_order_of_the_images():
    # Confidence alternates between two levels. At each level, the first 25 digits are correct and the other 25 wrong.
    correct = np.arange(100) < 50
    result = rejection(np.tile([0.9, 0.5], 50), [0.1], correct=correct)
    wrong = [round(point.digits * n) for n, point in enumerate(result.risk_coverage, start=1)]
    assert wrong == [*[0] * 25, *range(1, 26), *[25] * 25, *range(26, 51)]


@given(confidences, confidences)
def test_auroc_is_the_probability_that_a_digit_is_more_confident(digits, non_digits):
    pairs = np.sign(digits[:, None] - non_digits[None, :])
    assert rejection(digits, non_digits).auroc == pytest.approx((pairs + 1).mean() / 2)


@given(st.data(), confidences, confidences)
def test_risk_at_full_coverage_is_the_error_rate(data, digits, non_digits):
    correct = np.array(data.draw(st.lists(st.booleans(), min_size=len(digits), max_size=len(digits))))
    last = rejection(digits, non_digits, correct=correct).risk_coverage[-1]
    wrong = int((~correct).sum())
    assert last.digits == pytest.approx(wrong / len(digits))
    assert last.all == pytest.approx((wrong + len(non_digits)) / (len(digits) + len(non_digits)))


@given(st.integers(1, 300), st.integers(0, 300), st.integers(1, 100))
def test_risk_rises_with_coverage_if_the_least_confident_are_wrong(right, wrong, others):
    n = right + wrong
    digits = np.linspace(1, 0.5, n)
    curve = rejection(digits, np.full(others, 0.2), correct=np.arange(n) < right).risk_coverage
    for risks in ([point.digits for point in curve], [point.all for point in curve]):
        assert risks == sorted(risks)
    for point in curve:
        answered = int(np.ceil(round(point.coverage * n, 9)))
        assert point.digits == pytest.approx(max(0, answered - right) / answered)


@given(st.data(), confidences, confidences)
def test_auroc_and_risk_depend_only_on_the_order_of_confidence(data, digits, non_digits):
    correct = np.array(data.draw(st.lists(st.booleans(), min_size=len(digits), max_size=len(digits))))
    ranks = np.unique(np.concatenate([digits, non_digits]), return_inverse=True)[1] / 200
    one = rejection(digits, non_digits, correct=correct)
    other = rejection(ranks[: len(digits)], ranks[len(digits) :], correct=correct)
    assert other.auroc == one.auroc
    assert other.risk_coverage == one.risk_coverage
