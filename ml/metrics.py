"""Pure functions on labels (n,) in 0…9 and logits (n, 10): what evaluation and calibration are made of."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.metrics import confusion_matrix, f1_score

Floats = npt.NDArray[np.floating[Any]]
Labels = npt.NDArray[np.int64]


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
    p = probabilities(logits, temperature)
    confidence, right = p.max(axis=1), p.argmax(axis=1) == labels
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [abs((confidence[inside] - right[inside]).sum()) for b in range(bins) if (inside := bin_of == b).any()]
    return float(sum(gaps) / len(labels))


def fit_temperature(labels: Labels, logits: Floats) -> float:
    """The temperature in [0.2, 5] of the least negative log-likelihood (Guo et al., 2017)."""
    best = minimize_scalar(lambda t: negative_log_likelihood(labels, logits, t), bounds=(0.2, 5), method="bounded")
    return float(best.x)


def rejection_threshold(logits: Floats, temperature: float, passing: float = 0.99) -> float:
    """The confidence that the share `passing` of these images reaches, 0…1."""
    return float(np.quantile(probabilities(logits, temperature).max(axis=1), 1 - passing))
