"""The figures that networks are compared by, wherever `metrics.json` has them."""

from __future__ import annotations

from typing import Any

HEADLINE = {
    "accuracy": "test.accuracy",
    "weighted_f1": "test.weighted_f1",
    "corrected_accuracy": "test.corrected.accuracy",
    "negative_log_likelihood": "test.negative_log_likelihood",
    "expected_calibration_error": "test.expected_calibration_error",
    "validation_accuracy": "validation.accuracy",
    "strokes_accuracy": "strokes.accuracy",
    "worst_writer_accuracy": "strokes.worst_writer.accuracy",
    "mnist_c_accuracy": "mnist_c.mean_accuracy",
    "auroc": "rejection.auroc",
    "rejected_at_99": "rejection.rejected_at_99",
}


def headline(metrics: dict[str, Any]) -> dict[str, float]:
    """The headline figures that `metrics.json` holds; those of absent sets are absent."""
    values = {name: lookup(metrics, path) for name, path in HEADLINE.items()}
    return {name: value for name, value in values.items() if value is not None}


def lookup(metrics: dict[str, Any], path: str) -> float | None:
    """The number at a dotted path, such as `strokes.worst_writer.accuracy`; None where there is none."""
    value: Any = metrics
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, int | float) else None


def percent(share: float) -> str:
    """0.9965 → `99.65 %`."""
    return f"{100 * share:.2f} %"
