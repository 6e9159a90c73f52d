"""The registry of evaluation sets: how to load each one, and how to measure a network on it.

A measure function is pure: it returns metrics and figures, and writes nothing. A set whose measure function needs the
results of other sets names them in `uses`.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from ml.data.dataset import Dataset, FloatArray, Images, Labels
from ml.evaluation import metrics, plots, sets
from ml.evaluation.headline import percent
from ml.evaluation.mistakes import LabelledSet, Mistake, describe_mistakes
from ml.evaluation.results import (
    Calibration,
    ClassificationResult,
    CorrectedLabelsResult,
    CorruptionsResult,
    DigitResult,
    HoldoutResult,
    Result,
    StrokesResult,
    WriterResult,
)
from ml.evaluation.sets import PenStrokes

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class EvaluationContext:
    """The network that is measured."""

    predict: Callable[[Images], FloatArray]  # (n, 28, 28) → logits (n, 10)
    calibration: Calibration
    title: str  # of the figures


@dataclass(frozen=True)
class Measurement:
    """The result of a measure function."""

    result: Result  # the set's part of metrics.json
    figures: dict[str, Figure]  # by file name
    mistakes: list[Mistake] = field(default_factory=list)
    confidence: FloatArray = field(default_factory=lambda: np.empty(0))  # of labelled digits, (n,)
    correct: npt.NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, bool))  # whether each is correct, (n,)


@dataclass(frozen=True)
class EvaluationSet:
    """One set to measure a network on."""

    load: Callable[[Dataset, Path | None], Any]  # returns None if the data are not available
    measure: Callable[..., Measurement]  # (context, loaded data, measurements of `uses`)
    uses: tuple[str, ...] = ()  # other sets; `measure` gets the measurements of those that are available


def measure_sets(
    context: EvaluationContext, dataset: Dataset, data_dir: Path | None, registry: dict[str, EvaluationSet]
) -> dict[str, Measurement]:
    """Measure a network on the sets of a registry whose data are available.

    Args:
        context: The network.
        dataset: The data that it was trained on.
        data_dir: The folder with the data of further sets.
        registry: The sets by their keys in metrics.json.

    Raises:
        DataError: The data of a set are damaged.
    """
    measured: dict[str, Measurement] = {}
    for name in TopologicalSorter({name: each.uses for name, each in registry.items()}).static_order():
        each = registry[name]
        data = each.load(dataset, data_dir)
        if data is None:
            log.info("%s: skipped, its data are not available.", name)
        else:
            measured[name] = each.measure(context, data, *[measured[used] for used in each.uses if used in measured])
    return measured


def _measure_digits(
    context: EvaluationContext, name: LabelledSet, images: Images, labels: Labels
) -> tuple[ClassificationResult, FloatArray, Measurement]:
    """Return the metrics of labelled digits, their logits, and the measurement with these metrics."""
    logits, temperature = context.predict(images), context.calibration.temperature
    result = metrics.classification_result(labels, logits, temperature)
    log.info("%s: accuracy %s on %s images.", name, percent(result.accuracy), f"{len(labels):,}")
    probabilities = metrics.probabilities(logits, temperature)
    title = f"{context.title}, {name}: accuracy {result.accuracy:.2%} on {len(labels):,} images"
    return (
        result,
        logits,
        Measurement(
            result,
            figures={
                f"confusion-{name}": plots.confusion_matrix(np.array(result.confusion_matrix), title),
                f"mistakes-{name}": plots.mistakes(images, labels, probabilities),
            },
            mistakes=describe_mistakes(name, images, labels, probabilities),
            confidence=probabilities.max(axis=1),
            correct=probabilities.argmax(axis=1) == labels,
        ),
    )


def _measure_test(context: EvaluationContext, dataset: Dataset) -> Measurement:
    result, logits, measurement = _measure_digits(context, "test", dataset.x_test, dataset.y_test)
    temperature = context.calibration.temperature
    panels = {
        "before, temperature 1": metrics.calibration_result(dataset.y_test, logits),
        f"after, temperature {temperature:.2f}": metrics.calibration_result(dataset.y_test, logits, temperature),
    }
    title = f"{context.title}: confidence and accuracy on the test images"
    corrected = sets.corrected_labels(dataset)
    values: dict[str, Any] = {} if corrected is None else {"corrected": _corrected(corrected, dataset.y_test, logits)}
    return dataclasses.replace(
        measurement,
        result=HoldoutResult(**dict(result), **values),
        figures={**measurement.figures, "reliability": plots.reliability(panels, title)},
    )


def _corrected(corrected: Labels, labels: Labels, logits: FloatArray) -> CorrectedLabelsResult:
    agreed = corrected >= 0
    return CorrectedLabelsResult(
        images=int(agreed.sum()),
        accuracy=metrics.accuracy(corrected[agreed], logits[agreed]),
        corrected=int((agreed & (corrected != labels)).sum()),
        left_out=int((~agreed).sum()),
    )


def _measure_strokes(context: EvaluationContext, strokes: PenStrokes) -> Measurement:
    result, _, measurement = _measure_digits(context, "strokes", strokes.images, strokes.labels)

    def images_and_accuracy(chosen: npt.NDArray[np.bool_]) -> dict[str, Any]:
        correct = measurement.correct[chosen]
        return {"images": len(correct), "accuracy": float(correct.mean()) if len(correct) else None}

    digits = tuple(DigitResult(digit=d, **images_and_accuracy(strokes.labels == d)) for d in range(10))
    writers = tuple(
        WriterResult(writer=int(writer), **images_and_accuracy(strokes.writers == writer))
        for writer in np.unique(strokes.writers)
    )
    title = f"{context.title}: pen strokes of {len(writers)} writers, accuracy {result.accuracy:.2%}"
    worst = min(writers, key=lambda writer: writer.accuracy)
    return dataclasses.replace(
        measurement,
        result=StrokesResult(**dict(result), digits=digits, writers=writers, worst_writer=worst),
        figures={**measurement.figures, "strokes": plots.strokes(digits, writers, title)},
    )


def _measure_mnist_c(context: EvaluationContext, loaded: tuple[Labels, Iterator[tuple[str, Images]]]) -> Measurement:
    labels, corruptions = loaded
    accuracies: dict[str, float] = {}
    for name, images in corruptions:
        accuracies[name] = metrics.accuracy(labels, context.predict(images))
        log.info("mnist_c: %s, accuracy %s.", name, percent(accuracies[name]))
    mean = float(np.mean(list(accuracies.values())))
    log.info("mnist_c: mean accuracy %s.", percent(mean))
    return Measurement(
        CorruptionsResult(images=len(labels), mean_accuracy=mean, corruptions=accuracies),
        figures={"mnist-c": plots.corruptions(accuracies, f"{context.title}: MNIST-C, mean accuracy {mean:.2%}")},
    )


def _measure_rejection(context: EvaluationContext, images: Images, *digits: Measurement) -> Measurement:
    threshold = context.calibration.rejection_threshold
    probabilities = metrics.probabilities(context.predict(images), context.calibration.temperature)
    of_digits = np.concatenate([each.confidence for each in digits])
    of_non_digits = probabilities.max(axis=1)
    correct = np.concatenate([each.correct for each in digits])
    result = metrics.rejection_result(of_digits, correct, of_non_digits, threshold)
    log.info(
        "rejection: AUROC %.4f; %s of %s non-digits rejected when 99 %% of the digits pass.",
        result.auroc,
        percent(result.tnr_at_99_tpr),
        f"{len(images):,}",
    )
    return Measurement(
        result,
        figures={
            "rejection": plots.rejection(of_digits, of_non_digits, result, f"{context.title}: digits and non-digits"),
            "non-digits": plots.non_digits(images, probabilities, threshold),
        },
    )


EVALUATION_SETS: dict[str, EvaluationSet] = {
    "test": EvaluationSet(lambda dataset, data_dir: dataset, _measure_test),
    "strokes": EvaluationSet(sets.pen_strokes, _measure_strokes),
    "mnist_c": EvaluationSet(sets.mnist_c, _measure_mnist_c),
    "rejection": EvaluationSet(sets.non_digits, _measure_rejection, uses=("test", "strokes")),
}
