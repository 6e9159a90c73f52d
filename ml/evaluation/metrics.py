"""Pure functions on labels (n,) in 0…9 and logits (n, 10): what evaluation and calibration are made of."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.metrics import confusion_matrix, f1_score, roc_auc_score

from ml.data.dataset import Labels

Floats = npt.NDArray[np.floating[Any]]


def probabilities(logits: Floats, temperature: float = 1.0) -> Floats:
    """softmax(logits / temperature), in float64."""
    result: Floats = softmax(np.asarray(logits, np.float64) / temperature, axis=1)
    return result


def accuracy(labels: Labels, logits: Floats) -> float:
    """Share of images whose largest logit is the label's, 0…1."""
    return float((logits.argmax(axis=1) == labels).mean())


def classification_report(labels: Labels, logits: Floats) -> dict[str, Any]:
    """Accuracy, weighted F1, class-wise F1 (ten values) and confusion matrix (rows: label, columns: prediction)."""
    predicted, classes = logits.argmax(axis=1), np.arange(10)
    return {
        "images": len(labels),
        "accuracy": accuracy(labels, logits),
        "weighted_f1": float(f1_score(labels, predicted, average="weighted", zero_division=0)),
        "class_f1": [float(f) for f in f1_score(labels, predicted, labels=classes, average=None, zero_division=0)],
        "confusion_matrix": confusion_matrix(labels, predicted, labels=classes).tolist(),
    }


def negative_log_likelihood(labels: Labels, logits: Floats, temperature: float = 1.0) -> float:
    """Mean −ln p(label), nats."""
    log_p = log_softmax(np.asarray(logits, np.float64) / temperature, axis=1)
    return float(-log_p[np.arange(len(labels)), labels].mean())


def expected_calibration_error(labels: Labels, logits: Floats, temperature: float = 1.0, bins: int = 15) -> float:
    """Mean |confidence − accuracy| over equally wide bins of confidence, weighted by their images, 0…1.

    Source: Guo et al., On Calibration of Modern Neural Networks, 2017, https://arxiv.org/abs/1706.04599.
    """
    filled = [b for b in reliability(labels, logits, temperature, bins) if b["images"]]
    return float(sum(b["images"] * abs(b["confidence"] - b["accuracy"]) for b in filled) / len(labels))


def reliability(labels: Labels, logits: Floats, temperature: float = 1.0, bins: int = 15) -> list[dict[str, Any]]:
    """Images, mean confidence and accuracy of equally wide bins of confidence; means are None where a bin is empty."""
    p = probabilities(logits, temperature)
    confidence, right = p.max(axis=1), p.argmax(axis=1) == labels
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    masks = [bin_of == b for b in range(bins)]
    return [
        {
            "images": int(inside.sum()),
            "confidence": float(confidence[inside].mean()) if inside.any() else None,
            "accuracy": float(right[inside].mean()) if inside.any() else None,
        }
        for inside in masks
    ]


def fit_temperature(labels: Labels, logits: Floats) -> float:
    """The temperature in [0.2, 5] of the least negative log-likelihood (Guo et al., 2017)."""
    best = minimize_scalar(lambda t: negative_log_likelihood(labels, logits, t), bounds=(0.2, 5), method="bounded")
    return float(best.x)


def rejection_threshold(logits: Floats, temperature: float, passing: float = 0.99) -> float:
    """The confidence that the share `passing` of these images reaches, 0…1."""
    return float(np.quantile(probabilities(logits, temperature).max(axis=1), 1 - passing))


def rejection_report(digits: Floats, right: npt.NDArray[np.bool_], others: Floats, threshold: float) -> dict[str, Any]:
    """How well confidence tells digits from drawings that are none.

    Args:
        digits: Confidence of digits, (n,).
        right: Which of them were read right, (n,).
        others: Confidence of drawings that are no digits, (m,).
        threshold: Below which confidence the page rejects.

    Returns:
        AUROC; the share of the others that is rejected when 99 % of the digits pass, and at `threshold`; and the risk
        (share of wrong answers) if only the surest are answered: of the digits, and of all together, where any answer
        to a non-digit is wrong.
    """
    everything = np.concatenate([digits, others])
    at_99 = float(np.quantile(digits, 0.01))
    risk_digits = _risks(digits, right)
    risk_all = _risks(everything, np.concatenate([right, np.zeros(len(others), bool)]))
    return {
        "digits": len(digits),
        "non_digits": len(others),
        "auroc": float(roc_auc_score(np.arange(len(everything)) < len(digits), everything)),
        "threshold_at_99": at_99,
        "rejected_at_99": float((others < at_99).mean()),
        "shipped": {
            "threshold": threshold,
            "digits_passing": float((digits >= threshold).mean()),
            "non_digits_rejected": float((others < threshold).mean()),
        },
        "risk_coverage": [
            {"coverage": float(c), "digits": d, "all": a}
            for c, d, a in zip(COVERAGES, risk_digits, risk_all, strict=True)
        ],
    }


COVERAGES = np.arange(1, 101) / 100


def _risks(confidence: Floats, right: npt.NDArray[np.bool_]) -> list[float]:
    """Share of wrong answers among the surest share c of all, for each c of COVERAGES."""
    wrong = np.cumsum(~right[np.argsort(-confidence, kind="stable")])
    answered = np.ceil(COVERAGES * len(right) - 1e-9).astype(int)
    return [float(wrong[n - 1] / n) for n in answered]
