"""The registry of evaluation sets: how to load each one, and how to measure a network on it.

A measure function is pure: it returns metrics and figures, and writes nothing. A set whose measure function needs the
results of other sets names them in `uses`.

Test sets choose nothing. Validation sets are of writers whose digits may have chosen epoch, threshold and recipe; this
is how they are reported, also for networks that were trained without such digits.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Iterator, Sequence
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
    LabResult,
    Result,
    SlashedZerosResult,
    StrokesResult,
    UnipenResult,
    WriterResult,
)
from ml.evaluation.sets import NonDigitKinds, PenStrokes, UnipenDigits

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
    file_name = name.replace("_", "-")
    title = f"{context.title}, {name.replace('_', ' ')}: accuracy {result.accuracy:.2%} on {len(labels):,} images"
    return (
        result,
        logits,
        Measurement(
            result,
            figures={
                f"confusion-{file_name}": plots.confusion_matrix(np.array(result.confusion_matrix), title),
                f"mistakes-{file_name}": plots.mistakes(images, labels, probabilities),
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


def _images_and_accuracy(measurement: Measurement, chosen: npt.NDArray[np.bool_]) -> dict[str, Any]:
    correct = measurement.correct[chosen]
    return {"images": len(correct), "accuracy": float(correct.mean()) if len(correct) else None}


def _measure_ink(
    context: EvaluationContext, name: LabelledSet, ink: PenStrokes | UnipenDigits
) -> tuple[dict[str, Any], Measurement]:
    """Return the values of an InkResult, and the measurement with the figures of labelled digits."""
    result, _, measurement = _measure_digits(context, name, ink.images, ink.labels)
    digits = tuple(DigitResult(digit=d, **_images_and_accuracy(measurement, ink.labels == d)) for d in range(10))
    counted = {} if ink.left_out is None else {"left_out": ink.left_out}
    return {**dict(result), "digits": digits, **counted}, measurement


def _measure_strokes(
    context: EvaluationContext, strokes: PenStrokes, name: LabelledSet, role: str, figure: str
) -> Measurement:
    values, measurement = _measure_ink(context, name, strokes)
    writers = tuple(
        WriterResult(writer=int(writer), **_images_and_accuracy(measurement, strokes.writers == writer))
        for writer in np.unique(strokes.writers)
    )
    worst = min(writers, key=lambda writer: writer.accuracy)
    title = f"{context.title}: pen strokes of {len(writers)} {role} writers, accuracy {values['accuracy']:.2%}"
    rows = {str(writer.writer): writer.accuracy for writer in writers}
    return dataclasses.replace(
        measurement,
        result=StrokesResult(**values, writers=writers, worst_writer=worst),
        figures={**measurement.figures, figure: plots.ink(values["digits"], rows, "writer", title)},
    )


def _measure_ink_test(context: EvaluationContext, strokes: PenStrokes) -> Measurement:
    return _measure_strokes(context, strokes, "ink_test", role="test", figure="ink-test")


def _measure_validation_strokes(context: EvaluationContext, strokes: PenStrokes) -> Measurement:
    return _measure_strokes(context, strokes, "strokes", role="validation", figure="strokes")


def _measure_unipen(context: EvaluationContext, unipen: UnipenDigits) -> Measurement:
    values, measurement = _measure_ink(context, "unipen", unipen)
    labs = tuple(
        LabResult(lab=str(lab), **_images_and_accuracy(measurement, unipen.labs == lab))
        for lab in np.unique(unipen.labs)
    )
    slashed = SlashedZerosResult(**_images_and_accuracy(measurement, unipen.slashed))
    worst = min(labs, key=lambda lab: lab.accuracy)
    title = f"{context.title}: UNIPEN's validation writers, accuracy {values['accuracy']:.2%}"
    rows = {lab.lab: lab.accuracy for lab in labs}
    return dataclasses.replace(
        measurement,
        result=UnipenResult(**values, labs=labs, worst_lab=worst, slashed_zeros=slashed),
        figures={**measurement.figures, "unipen": plots.ink(values["digits"], rows, "laboratory", title)},
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
    return _compare_with_digits(context, "rejection", images, digits, figure="non-digits")


def _measure_validation_rejection(
    context: EvaluationContext, drawings: NonDigitKinds, *digits: Measurement
) -> Measurement:
    return _compare_with_digits(
        context, "validation_rejection", drawings.images, digits, figure="letters-and-signs", kinds=drawings.kinds
    )


def _compare_with_digits(
    context: EvaluationContext,
    name: str,
    images: Images,
    measured: Sequence[Measurement],
    *,
    figure: str,
    kinds: npt.NDArray[np.str_] | None = None,
) -> Measurement:
    """Compare the confidence of non-digits with that of measured digits.

    Args:
        context: The network.
        name: The set.
        images: The non-digits, (n, 28, 28).
        measured: The measurements of the digits.
        figure: File name of the picture of non-digits.
        kinds: The kind of each non-digit, (n,), if each kind is to be measured.
    """
    threshold = context.calibration.rejection_threshold
    probabilities = metrics.probabilities(context.predict(images), context.calibration.temperature)
    digits, non_digits = np.concatenate([each.confidence for each in measured]), probabilities.max(axis=1)
    result = metrics.rejection_result(
        digits, np.concatenate([each.correct for each in measured]), non_digits, threshold
    )
    if kinds is not None:
        of_kinds = (metrics.non_digit_kind_result(str(k), digits, non_digits[kinds == k]) for k in np.unique(kinds))
        result = result.model_copy(update={"kinds": tuple(of_kinds)})
    log.info(
        "%s: AUROC %.4f; %s of %s non-digits rejected when 99 %% of the digits pass.",
        name,
        result.auroc,
        percent(result.tnr_at_99_tpr),
        f"{len(images):,}",
    )
    title = f"{context.title}, {name.replace('_', ' ')}: digits and non-digits"
    return Measurement(
        result,
        figures={
            name.replace("_", "-"): plots.rejection(digits, non_digits, result, title),
            figure: plots.non_digits(images, probabilities, threshold),
        },
    )


EVALUATION_SETS: dict[str, EvaluationSet] = {
    # Test
    "test": EvaluationSet(lambda dataset, data_dir: dataset, _measure_test),
    "ink_test": EvaluationSet(sets.ink_test, _measure_ink_test),
    "mnist_c": EvaluationSet(sets.mnist_c, _measure_mnist_c),
    "rejection": EvaluationSet(sets.non_digits, _measure_rejection, uses=("test", "ink_test")),
    # Validation
    "strokes": EvaluationSet(sets.pen_strokes, _measure_validation_strokes),
    "unipen": EvaluationSet(lambda dataset, data_dir: sets.unipen_digits(data_dir), _measure_unipen),
    "validation_rejection": EvaluationSet(
        lambda dataset, data_dir: sets.letters_and_signs(data_dir),
        _measure_validation_rejection,
        uses=("strokes", "unipen"),
    ),
}
