"""Quality gates for releases."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass, field

from ml.evaluation.headline import percent
from ml.evaluation.results import Metrics
from ml.release.manifest import GRAPH_METRICS, Manifest
from ml.release.verify import Release
from ml.runs import RunConfig


@dataclass(frozen=True)
class Gate:
    """Limits for the metrics of a network: dotted path in metrics.json → bound."""

    floors: Mapping[str, float] = field(default_factory=dict)
    ceilings: Mapping[str, float] = field(default_factory=dict)


_RELEASE_GATE = Gate(
    floors={"test.accuracy": 0.995, "strokes.accuracy": 0.993, "strokes.worst_writer.accuracy": 0.98},
    ceilings={"test.expected_calibration_error": 0.0025, "test.negative_log_likelihood": 0.016},
)

# Gates by preset. Optional datasets are not part of a gate.
GATES: Mapping[str, Gate] = {
    "quick": Gate(floors={"test.accuracy": 0.99}),
    "mnist": Gate(floors={"test.accuracy": 0.995}),
    "production": _RELEASE_GATE,
    "distilled": _RELEASE_GATE,
}

# For presets without a gate: any network can be converted, but a published one has to pass PUBLIC_GATE.
NO_GATE = Gate()
PUBLIC_GATE = Gate(floors={"test.accuracy": 0.99})

# A new release may be this much less accurate than the current one: the difference between two seeds.
MAX_ACCURACY_DROP = 0.002


def gate_failures(gate: Gate, figures: Mapping[str, float]) -> list[str]:
    """Compare figures with the limits of a gate.

    Args:
        gate: The limits.
        figures: Dotted path in metrics.json → number.

    Returns:
        A clause for each figure that is out of bounds or missing; empty if the gate is passed.
    """
    failures = []
    for words, limits, passes in (("at least", gate.floors, operator.ge), ("at most", gate.ceilings, operator.le)):
        for path, limit in limits.items():
            figure = figures.get(path)
            if figure is None:
                failures.append(f"{path} should be {words} {limit:g} and was not measured")
            elif not passes(figure, limit):  # NaN fails
                failures.append(f"{path} is {figure:.5g} and should be {words} {limit:g}")
    return failures


def metric_figures(metrics: Metrics) -> dict[str, float]:
    """Return the numbers of metrics.json under their dotted paths, such as `strokes.worst_writer.accuracy`."""

    def flatten(prefix: str, value: object) -> dict[str, float]:
        if isinstance(value, dict):
            return {
                path: figure for key, item in value.items() for path, figure in flatten(f"{prefix}.{key}", item).items()
            }
        return {prefix.removeprefix("."): value} if isinstance(value, int | float) else {}

    return flatten("", metrics.to_json())


def release_figures(release: Release) -> dict[str, float]:
    """Return the figures of a release: its report's, and on the test images those of the exported graph."""
    measured = release.manifest.metrics.to_json()
    figures = metric_figures(release.report.metrics) if release.report else {}
    if "strokes_accuracy" in measured:
        figures.setdefault("strokes.accuracy", measured["strokes_accuracy"])
    return figures | {f"test.{key}": measured[key] for key in GRAPH_METRICS if key in measured}


def convert_blocker(config: RunConfig, metrics: Metrics) -> str | None:
    """Return a reason not to convert a run, or None. A run on fallback data has no gate."""
    if config.dataset.fallback:
        return None
    name = config.experiment.name
    failures = gate_failures(GATES.get(name, NO_GATE), metric_figures(metrics))
    return f"it fails the gate of {name}: {'; '.join(failures)}" if failures else None


def publish_blocker(release: Release, *, below_gate: bool) -> str | None:
    """Return a reason not to publish a release, with the remedy, or None.

    Args:
        release: The release.
        below_gate: Whether a release that fails its gate may be published.
    """
    if release.manifest.dataset.fallback:
        return (
            "it was trained on scikit-learn's 8x8 digits because the dataset was not available; train again with the "
            "dataset"
        )
    if below_gate:
        return None
    gate = GATES.get(release.manifest.experiment.name, PUBLIC_GATE)
    failures = gate_failures(gate, release_figures(release))
    return f"{'; '.join(failures)} (--below-gate permits it)" if failures else None


def regression(new: Manifest, current: Manifest | None) -> str | None:
    """Return a reason to keep the current release, or None.

    Releases are compared on the test set of the first dataset: `mnist` and `mnist+strokes` share it.

    Args:
        new: The manifest of the release to publish.
        current: The manifest of the release that is published; None if there is none.
    """
    if current is None or current.dataset.base != new.dataset.base:
        return None
    if new.metrics.accuracy >= current.metrics.accuracy - MAX_ACCURACY_DROP:
        return None
    return (
        f"its accuracy is {percent(new.metrics.accuracy)}, and the current release {current.release} has "
        f"{percent(current.metrics.accuracy)}"
    )
