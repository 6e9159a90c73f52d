"""What a network has to reach before it is released, and whether it does."""

from __future__ import annotations

import json
from typing import Any

from ml.config import GATES, Gate
from ml.data import NOT_DIGITS
from ml.figures import lookup
from ml.release import Release
from ml.report import FILE

# What the manifest says of the graph that ships, as metrics.json says it of the network on the test images.
_OF_THE_GRAPH = ("accuracy", "weighted_f1", "negative_log_likelihood", "expected_calibration_error")


def shortfalls(name: str, metrics: dict[str, Any]) -> list[str]:
    """What a network of the preset `name` falls short of, each in words; none for a preset without a gate.

    Args:
        name: The experiment's name.
        metrics: As metrics.json has them.
    """
    gate = GATES.get(name, Gate())
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
    """The same of a release, by its report, and on the test images by the graph that ships; none on stand-in data."""
    manifest = release.manifest
    if manifest["dataset"]["fallback"] or manifest["dataset"]["name"] in NOT_DIGITS:
        return []
    reports = [item.data for item in release.objects if item.name.endswith(f"/{FILE}")]
    metrics: dict[str, Any] = json.loads(reports[0])["metrics"] if reports else {}
    test = {key: manifest["metrics"][key] for key in _OF_THE_GRAPH if key in manifest["metrics"]}
    metrics = {**metrics, "test": {**metrics.get("test", {}), **test}}
    if not reports and "strokes_accuracy" in manifest["metrics"]:
        metrics["strokes"] = {"accuracy": manifest["metrics"]["strokes_accuracy"]}
    return shortfalls(manifest["experiment"]["name"], metrics)
