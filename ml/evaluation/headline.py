"""The headline metrics, which compare networks in reports, tables and plots: those of test sets first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from ml.evaluation.results import Metrics, StrokesResult, TestSetResults

R_contra = TypeVar("R_contra", bound=TestSetResults, contravariant=True)


@dataclass(frozen=True)
class HeadlineMetric(Generic[R_contra]):
    """One headline metric."""

    key: str  # in report.json and comparison.json
    title: str
    read: Callable[[R_contra], float | None]  # None: its data were not available
    is_percentage: bool = True  # whether it is shown in percent

    @property
    def title_with_unit(self) -> str:
        """Title for a table or an axis with numbers as `number` formats them."""
        return f"{self.title} (%)" if self.is_percentage else self.title

    def number(self, value: float) -> str:
        """Format 0.9965 as `99.65`, or as `0.9965` if the metric is not a percentage."""
        return f"{100 * value:.2f}" if self.is_percentage else f"{value:.4f}"

    def text(self, value: float) -> str:
        """Format 0.9965 as `99.65 %`, or as `0.9965` if the metric is not a percentage."""
        return percent(value) if self.is_percentage else self.number(value)


def _worst_writer(strokes: StrokesResult | None) -> float | None:
    return strokes.worst_writer.accuracy if strokes and strokes.worst_writer else None


TEST_METRICS: tuple[HeadlineMetric[TestSetResults], ...] = (
    HeadlineMetric("accuracy", "test accuracy", lambda m: m.test.accuracy),
    HeadlineMetric(
        "corrected_accuracy",
        "test accuracy, corrected labels",
        lambda m: m.test.corrected.accuracy if m.test.corrected else None,
    ),
    HeadlineMetric("weighted_f1", "weighted F1", lambda m: m.test.weighted_f1, is_percentage=False),
    HeadlineMetric(
        "expected_calibration_error", "expected calibration error", lambda m: m.test.expected_calibration_error
    ),
    HeadlineMetric(
        "negative_log_likelihood",
        "negative log-likelihood",
        lambda m: m.test.negative_log_likelihood,
        is_percentage=False,
    ),
    HeadlineMetric(
        "ink_test_accuracy", "pen strokes of test writers", lambda m: m.ink_test.accuracy if m.ink_test else None
    ),
    HeadlineMetric("ink_test_worst_writer_accuracy", "worst test writer", lambda m: _worst_writer(m.ink_test)),
    HeadlineMetric("mnist_c_accuracy", "MNIST-C, mean", lambda m: m.mnist_c.mean_accuracy if m.mnist_c else None),
    HeadlineMetric(
        "auroc",
        "AUROC, digits against non-digits",
        lambda m: m.rejection.auroc if m.rejection else None,
        is_percentage=False,
    ),
    HeadlineMetric(
        "rejected_at_99",
        "non-digits rejected when 99 % of digits pass",
        lambda m: m.rejection.tnr_at_99_tpr if m.rejection else None,
    ),
)

VALIDATION_METRICS: tuple[HeadlineMetric[Metrics], ...] = (
    HeadlineMetric("validation_accuracy", "validation accuracy", lambda m: m.validation.accuracy),
    HeadlineMetric(
        "strokes_accuracy", "pen strokes of validation writers", lambda m: m.strokes.accuracy if m.strokes else None
    ),
    HeadlineMetric("worst_writer_accuracy", "worst validation writer", lambda m: _worst_writer(m.strokes)),
    HeadlineMetric("unipen_accuracy", "UNIPEN, validation writers", lambda m: m.unipen.accuracy if m.unipen else None),
    HeadlineMetric(
        "worst_lab_accuracy",
        "worst laboratory of UNIPEN, validation writers",
        lambda m: m.unipen.worst_lab.accuracy if m.unipen else None,
    ),
    HeadlineMetric(
        "slashed_zeros_accuracy",
        "slashed zeros of UNIPEN, validation writers",
        lambda m: m.unipen.slashed_zeros.accuracy if m.unipen else None,
    ),
    HeadlineMetric(
        "validation_auroc",
        "AUROC, validation digits against letters and signs",
        lambda m: m.validation_rejection.auroc if m.validation_rejection else None,
        is_percentage=False,
    ),
    HeadlineMetric(
        "validation_rejected_at_99",
        "letters and signs of validation writers rejected when 99 % of their digits pass",
        lambda m: m.validation_rejection.tnr_at_99_tpr if m.validation_rejection else None,
    ),
)

HEADLINE: tuple[HeadlineMetric[Metrics], ...] = (*TEST_METRICS, *VALIDATION_METRICS)


def headline(metrics: Metrics) -> dict[str, float]:
    """Return the headline metrics by key, without those whose data were not available."""
    return _available(HEADLINE, metrics)


def headline_on_test_sets(results: TestSetResults) -> dict[str, float]:
    """Return the headline metrics of the test sets, as `headline` does."""
    return _available(TEST_METRICS, results)


def _available(chosen: Iterable[HeadlineMetric[R_contra]], results: R_contra) -> dict[str, float]:
    values = {metric.key: metric.read(results) for metric in chosen}
    return {key: value for key, value in values.items() if value is not None}


def percent(share: float) -> str:
    """Format 0.9965 as `99.65 %`."""
    return f"{100 * share:.2f} %"
