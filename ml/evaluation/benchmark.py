"""Score any digit recognizer on the public test sets, which choose nothing about it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ml.data.dataset import Dataset, FloatArray, Images
from ml.errors import DataError
from ml.evaluation.headline import TEST_METRICS
from ml.evaluation.registry import EVALUATION_SETS, EvaluationContext, measure_sets
from ml.evaluation.results import Calibration, TestSetResults

TEST_SETS = tuple(TestSetResults.model_fields)


@dataclass(frozen=True)
class Recognizer:
    """A digit recognizer of any kind.

    Attributes:
        name: Its name in tables and error messages.
        predict: Maps images (n, 28, 28) uint8, in which ink is bright, to (n, 10): probabilities, if no value is
            negative and all rows sum to 1, else logits.
        batch_size: The number of images that `predict` gets at most; None: any number.
    """

    name: str
    predict: Callable[[Images], Any]
    batch_size: int | None = None


def measure(
    recognizer: Recognizer, dataset: Dataset, data_dir: Path | None, sets: Collection[str] = TEST_SETS
) -> TestSetResults:
    """Measure a recognizer on test sets. Sets without data are skipped and logged.

    Args:
        recognizer: The recognizer.
        dataset: MNIST, whose test images are one of the sets.
        data_dir: The folder with the data of the other sets. None: the pen strokes are downloaded, the others skipped.
        sets: Keys of `TestSetResults`. `test` and the sets that a chosen set uses are always measured.

    Raises:
        DataError: The recognizer fails or returns something else than finite numbers (n, 10), or the data of a set are
            damaged.
    """

    def logits(images: Images) -> FloatArray:
        size = recognizer.batch_size or len(images)
        batches = (images[start : start + size] for start in range(0, len(images), size))
        return to_logits(np.concatenate([checked_output(recognizer, batch) for batch in batches]))

    # The threshold concerns only the rejection at the released threshold, which is not part of the benchmark.
    context = EvaluationContext(logits, Calibration(temperature=1, rejection_threshold=0), recognizer.name)
    chosen = {"test", *sets, *(used for name in sets for used in EVALUATION_SETS[name].uses)}
    registry = {name: each for name, each in EVALUATION_SETS.items() if name in chosen}
    measured = measure_sets(context, dataset, data_dir, registry)
    return TestSetResults.model_validate({name: measurement.result for name, measurement in measured.items()})


def checked_output(recognizer: Recognizer, images: Images) -> FloatArray:
    """Return the output for images as float64 (n, 10).

    Raises:
        DataError: The recognizer fails, or does not return finite numbers of this shape.
    """
    name, n = recognizer.name, len(images)
    try:
        # A copy: a recognizer that changes its input must not change the data of the next one.
        output = np.asarray(recognizer.predict(images.copy()), np.float64)
    except DataError:
        raise
    except Exception as error:
        reason = str(error).strip().partition("\n")[0]
        raise DataError(f"{name} fails for {n:,} images: {type(error).__name__}{reason and f': {reason}'}.") from error
    if output.shape != (n, 10):
        raise DataError(f"{name} returns an array of shape {output.shape} for {n:,} images; it should be ({n}, 10).")
    if not np.isfinite(output).all():
        first = int(np.argmin(np.isfinite(output).all(axis=1)))
        raise DataError(f"{name} returns NaN or infinite values, first for image {first}; they should be finite.")
    return output


def to_logits(output: FloatArray) -> FloatArray:
    """Return probabilities (n, 10) as logits with the same softmax, and logits as they are."""
    if (output < 0).any() or not np.allclose(output.sum(axis=1), 1, atol=1e-3):
        return output
    logits: FloatArray = np.log(np.maximum(output, np.finfo(np.float64).tiny))
    return logits


def table(measured: dict[str, dict[str, float]]) -> str:
    """Return a Markdown table: a row for each metric, a column for each recognizer.

    Args:
        measured: Name of a recognizer to its `headline_on_test_sets`.
    """
    lines = [f"| | {' | '.join(measured)} |", f"|---|{'---:|' * len(measured)}"]
    for metric in TEST_METRICS:
        if any(metric.key in each for each in measured.values()):
            cells = [metric.text(each[metric.key]) if metric.key in each else "" for each in measured.values()]
            lines.append(f"| {metric.title} | {' | '.join(cells)} |")
    return "\n".join(lines)
