"""What a network has to reach before it is released, and whether it does."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from ml.evaluation.headline import lookup
from ml.release.manifest import Release, unfit_data
from ml.release.report import FILE

# What the manifest says of the graph that ships, as metrics.json says it of the network on the test images.
_OF_THE_GRAPH = ("accuracy", "weighted_f1", "negative_log_likelihood", "expected_calibration_error")


@dataclass(frozen=True)
class Gate:
    """Limits for a network that is released: dotted paths in `metrics.json` and their bounds."""

    floors: dict[str, float] = field(default_factory=dict)
    ceilings: dict[str, float] = field(default_factory=dict)


_FOR_RELEASE = Gate(
    floors={"test.accuracy": 0.995, "strokes.accuracy": 0.993, "strokes.worst_writer.accuracy": 0.98},
    ceilings={"test.expected_calibration_error": 0.0025, "test.negative_log_likelihood": 0.016},
)

# By preset. Optional datasets are not part of the gate.
GATES: dict[str, Gate] = {
    "quick": Gate(floors={"test.accuracy": 0.99}),
    "mnist": Gate(floors={"test.accuracy": 0.995}),
    "production": _FOR_RELEASE,
    "distilled": _FOR_RELEASE,
}

NO_GATE = Gate()
# Of a release for the public whose preset has no gate of its own.
PUBLIC = Gate(floors={"test.accuracy": 0.99})


def shortfalls(name: str, metrics: dict[str, Any], default: Gate = NO_GATE) -> list[str]:
    """What a network of the preset `name` falls short of.

    Args:
        name: The experiment's name.
        metrics: As metrics.json has them.
        default: The gate of a preset that has none of its own.

    Returns:
        A clause for each figure that is out of bounds or was not measured; none for a network that passes.
    """
    gate = GATES.get(name, default)
    found = []
    for words, wanted, sign in (("at least", gate.floors, 1), ("at most", gate.ceilings, -1)):
        for path, limit in wanted.items():
            value = lookup(metrics, path)
            if value is None:
                found.append(f"{path} should be {words} {limit:g} and was not measured")
            elif not sign * value >= sign * limit:  # not a number falls short
                found.append(f"{path} is {value:.5g} and should be {words} {limit:g}")
    return found


def shortfalls_of_release(release: Release) -> list[str]:
    """What a release falls short of, by its report, and on the test images by the graph that ships.

    Args:
        release: One trained on digits, as `read_release` found it whole.

    Returns:
        As `shortfalls`; a preset without a gate is held to `PUBLIC`.
    """
    manifest = release.manifest
    reports = [item.data for item in release.objects if item.name.endswith(f"/{FILE}")]
    metrics: dict[str, Any] = json.loads(reports[0])["metrics"] if reports else {}
    test = {key: manifest["metrics"][key] for key in _OF_THE_GRAPH if key in manifest["metrics"]}
    metrics = {**metrics, "test": {**metrics.get("test", {}), **test}}
    if not reports and "strokes_accuracy" in manifest["metrics"]:
        metrics["strokes"] = {"accuracy": manifest["metrics"]["strokes_accuracy"]}
    return shortfalls(manifest["experiment"]["name"], metrics, PUBLIC)


def objection(release: Release, *, below_gate: bool) -> str | None:
    """What keeps a release from the public, if anything does.

    Args:
        release: As `read_release` found it whole.
        below_gate: Whether it may fall short of its gate.

    Returns:
        The reason and what can be done about it, a clause; None for a release that may go out.
    """
    if unfit := unfit_data(release.manifest):
        return unfit
    short = [] if below_gate else shortfalls_of_release(release)
    return f"{'; '.join(short)} (--below-gate lets it pass)" if short else None
