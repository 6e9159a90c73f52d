"""Metrics of classification, calibration and rejection.

Pure functions. Labels are (n,) integers from 0 to 9, logits (n, 10). Confidence is the largest probability of an image.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from scipy.stats import binned_statistic
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, roc_auc_score

from ml.data.dataset import FloatArray, Labels
from ml.evaluation.results import (
    RELIABILITY_BINS,
    Calibration,
    CalibrationResult,
    ClassificationResult,
    NonDigitKindResult,
    RejectionResult,
    ReliabilityBin,
    RiskCoveragePoint,
    ThresholdResult,
)

TEMPERATURES = (0.2, 5.0)
TRUE_POSITIVE_RATE = 0.99  # of the rejection thresholds: the share of the digits that they accept
COVERAGE_PERCENTAGES = np.arange(1, 101)


def probabilities(logits: FloatArray, temperature: float = 1.0) -> FloatArray:
    """Return softmax(logits / temperature) in float64, (n, 10)."""
    result: FloatArray = softmax(np.asarray(logits, np.float64) / temperature, axis=1)
    return result


def accuracy(labels: Labels, logits: FloatArray) -> float:
    """Return the share of images whose largest logit is the label's."""
    return float(accuracy_score(labels, logits.argmax(axis=1)))


def classification_result(labels: Labels, logits: FloatArray, temperature: float) -> ClassificationResult:
    """Return every metric of labelled digits, those of confidence with and without the temperature."""
    predicted, classes = logits.argmax(axis=1), np.arange(10)
    calibrated = calibration_result(labels, logits, temperature)
    return ClassificationResult(
        images=len(labels),
        accuracy=accuracy(labels, logits),
        weighted_f1=float(f1_score(labels, predicted, average="weighted")),
        class_f1=tuple(f1_score(labels, predicted, labels=classes, average=None, zero_division=0).tolist()),
        confusion_matrix=tuple(map(tuple, confusion_matrix(labels, predicted, labels=classes).tolist())),
        negative_log_likelihood=calibrated.negative_log_likelihood,
        expected_calibration_error=calibrated.expected_calibration_error,
        reliability=calibrated.reliability,
        uncalibrated=calibration_result(labels, logits),
    )


def calibration_result(labels: Labels, logits: FloatArray, temperature: float = 1.0) -> CalibrationResult:
    """Return the metrics of confidence at a temperature."""
    return CalibrationResult(
        negative_log_likelihood=negative_log_likelihood(labels, logits, temperature),
        expected_calibration_error=expected_calibration_error(labels, logits, temperature),
        reliability=reliability(labels, logits, temperature),
    )


def negative_log_likelihood(labels: Labels, logits: FloatArray, temperature: float = 1.0) -> float:
    """Return the mean of −ln p(label), in nats."""
    log_p = log_softmax(np.asarray(logits, np.float64) / temperature, axis=1)
    return float(-log_p[np.arange(len(labels)), labels].mean())


def expected_calibration_error(labels: Labels, logits: FloatArray, temperature: float = 1.0) -> float:
    """Return the mean of |confidence − accuracy| over the bins of `reliability`, weighted by their images, 0…1.

    Source: Guo et al., On Calibration of Modern Neural Networks, 2017, https://arxiv.org/abs/1706.04599.
    """
    gaps = [
        each.images * abs(each.confidence - each.accuracy)
        for each in reliability(labels, logits, temperature)
        if each.confidence is not None and each.accuracy is not None
    ]
    return sum(gaps) / len(labels)


def reliability(labels: Labels, logits: FloatArray, temperature: float = 1.0) -> tuple[ReliabilityBin, ...]:
    """Return images, mean confidence and accuracy of equally wide bins of confidence from 0 to 1."""
    p = probabilities(logits, temperature)
    confidence, correct = p.max(axis=1), p.argmax(axis=1) == labels
    counts, _ = np.histogram(confidence, RELIABILITY_BINS, range=(0, 1))
    means = binned_statistic(confidence, [confidence, correct], bins=RELIABILITY_BINS, range=(0, 1)).statistic
    return tuple(
        ReliabilityBin(
            images=int(count),
            confidence=float(mean_confidence) if count else None,
            accuracy=float(mean_correct) if count else None,
        )
        for count, mean_confidence, mean_correct in zip(counts, *means, strict=True)
    )


def calibrate(labels: Labels, logits: FloatArray) -> Calibration:
    """Fit the temperature, and the threshold that accepts 99 % of these images at this temperature."""
    temperature = fit_temperature(labels, logits)
    confidence = probabilities(logits, temperature).max(axis=1)
    return Calibration(temperature=temperature, rejection_threshold=threshold_at_tpr(confidence))


def fit_temperature(labels: Labels, logits: FloatArray) -> float:
    """Return the temperature in [0.2, 5] with the least negative log-likelihood (Guo et al., 2017)."""
    best = minimize_scalar(lambda t: negative_log_likelihood(labels, logits, t), bounds=TEMPERATURES)
    return float(best.x)


def threshold_at_tpr(confidence: FloatArray) -> float:
    """Return the confidence that 99 % of these digits reach, interpolated linearly between two digits."""
    return float(np.quantile(confidence, 1 - TRUE_POSITIVE_RATE))


def rejection_result(
    digits: FloatArray, correct: npt.NDArray[np.bool_], non_digits: FloatArray, threshold: float
) -> RejectionResult:
    """Measure how well confidence separates digits, the positives, from drawings that are not digits.

    Args:
        digits: Confidence of the digits, (n,).
        correct: Which of them are classified correctly, (n,).
        non_digits: Confidence of the other drawings, (m,).
        threshold: The released threshold. A drawing whose confidence is below it is rejected.
    """
    confidence = np.concatenate([digits, non_digits])
    threshold_at_99 = threshold_at_tpr(digits)
    risk_digits = _risks(digits, correct)
    risk_all = _risks(confidence, np.concatenate([correct, np.zeros(len(non_digits), bool)]))
    return RejectionResult(
        digits=len(digits),
        non_digits=len(non_digits),
        auroc=_auroc(digits, non_digits),
        threshold_at_99=threshold_at_99,
        rejected_at_99=float((non_digits < threshold_at_99).mean()),
        shipped=ThresholdResult(
            threshold=threshold,
            digits_passing=float((digits >= threshold).mean()),
            non_digits_rejected=float((non_digits < threshold).mean()),
        ),
        risk_coverage=tuple(
            RiskCoveragePoint(coverage=float(percentage / 100), digits=float(risk_of_digits), all=float(risk_of_all))
            for percentage, risk_of_digits, risk_of_all in zip(COVERAGE_PERCENTAGES, risk_digits, risk_all, strict=True)
        ),
    )


def non_digit_kind_result(kind: str, digits: FloatArray, non_digits: FloatArray) -> NonDigitKindResult:
    """Measure how well confidence separates digits from one kind of non-digits; the arguments are those above."""
    return NonDigitKindResult(
        kind=kind,
        non_digits=len(non_digits),
        auroc=_auroc(digits, non_digits),
        rejected_at_99=float((non_digits < threshold_at_tpr(digits)).mean()),
    )


def _auroc(positives: FloatArray, negatives: FloatArray) -> float:
    scores = np.concatenate([positives, negatives])
    return float(roc_auc_score(np.arange(len(scores)) < len(positives), scores))


def _risks(confidence: FloatArray, correct: npt.NDArray[np.bool_]) -> FloatArray:
    """Return the share of wrong predictions among the most confident images, for each coverage (100,)."""
    wrong = np.cumsum(~correct[np.argsort(-confidence, stable=True)])
    answered = -(-COVERAGE_PERCENTAGES * len(correct) // 100)  # rounded up
    risks: FloatArray = wrong[answered - 1] / answered
    return risks
