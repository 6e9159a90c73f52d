"""A finished run → metrics.json and pictures, over a registry of evaluation sets."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ml.data.dataset import Dataset, Images, Labels, as_input
from ml.evaluation import metrics, plots
from ml.evaluation import sets as evaluation_sets
from ml.evaluation.mistakes import LabelledSet, Mistake, describe_mistakes, write_mistakes
from ml.evaluation.sets import PenStrokes
from ml.files import write_json
from ml.runs import read_history
from ml.training.model import load_model

log = logging.getLogger(__name__)


@dataclass
class Measuring:
    """A network under measurement, and what the sets so far found."""

    predict: Callable[[Images], metrics.Floats]  # (n, 28, 28) → logits (n, 10)
    temperature: float
    threshold: float
    title: str
    plots: Path
    confidence: list[metrics.Floats] = field(default_factory=list)  # of digits
    right: list[Any] = field(default_factory=list)  # which of these digits were read right
    misread: list[Mistake] = field(default_factory=list)


@dataclass(frozen=True)
class EvaluationSet:
    """One thing to measure: how to get its data, and what to say of them."""

    load: Callable[[Dataset, Path | None], Any]  # None: not at hand
    measure: Callable[[Measuring, Any], dict[str, Any]]


def evaluate(run: Path, dataset: Dataset, data_dir: Path | None = None) -> dict[str, Any]:
    """Measure a finished run; temperature and threshold come from validation images, the test set decides nothing.

    Args:
        run: A run folder with `model.keras`.
        dataset: The data that it was trained on.
        data_dir: Where further evaluation sets may lie; those that don't are skipped with a line that says so.

    Returns:
        What `metrics.json` in the run folder then holds; pictures are in `plots/`.

    Raises:
        DataError: The run is not complete, or an evaluation set is damaged.
    """
    network = load_model(run)

    def predict(images: Images) -> metrics.Floats:
        logits: metrics.Floats = network.predict(as_input(images), batch_size=500, verbose=0)
        return logits

    validation = predict(dataset.x_val)
    temperature = metrics.fit_temperature(dataset.y_val, validation)
    threshold = metrics.rejection_threshold(validation, temperature)
    result: dict[str, Any] = {
        "validation": {"accuracy": metrics.accuracy(dataset.y_val, validation)},
        "calibration": {"temperature": temperature, "rejection_threshold": threshold},
    }
    plots_dir = run / ".plots"  # which take the earlier ones' place when all are drawn
    shutil.rmtree(plots_dir, ignore_errors=True)
    plots_dir.mkdir()
    # `latest` is no name to put under a picture
    measuring = Measuring(predict, temperature, threshold, run.resolve().name, plots_dir)
    for name, each in EVALUATION_SETS.items():
        found = each.load(dataset, data_dir)
        if found is None:
            log.info("%s: skipped, its data are not at hand or not for these classes.", name)
        else:
            result[name] = each.measure(measuring, found)
    plots.learning_curves(read_history(run), measuring.title, plots_dir / "learning-curves.png")
    shutil.rmtree(run / "plots", ignore_errors=True)
    plots_dir.rename(run / "plots")
    write_mistakes(run, measuring.misread)
    write_json(run / "metrics.json", result)
    return result


# ---- the sets ----------------------------------------------------------------------------------------------


def _digits(
    measuring: Measuring, name: LabelledSet, images: Images, labels: Labels
) -> tuple[dict[str, Any], metrics.Floats]:
    """What is measured wherever digits have labels, and the logits."""
    logits, temperature = measuring.predict(images), measuring.temperature
    result = {
        **metrics.classification_report(labels, logits),
        **_calibration(labels, logits, temperature),
        "uncalibrated": _calibration(labels, logits, 1.0),
    }
    log.info("%s: %.2f %% of %s right.", name, 100 * result["accuracy"], f"{len(labels):,}")
    probabilities = metrics.probabilities(logits, temperature)
    measuring.confidence.append(probabilities.max(axis=1))
    measuring.right.append(probabilities.argmax(axis=1) == labels)
    measuring.misread += describe_mistakes(name, images, labels, probabilities)
    plots.confusion_matrix(
        np.array(result["confusion_matrix"]),
        f"{measuring.title}, {name}: {result['accuracy']:.2%} of {len(labels):,}",
        measuring.plots / f"confusion-{name}.png",
    )
    plots.mistakes(images, labels, probabilities, measuring.plots / f"mistakes-{name}.png")
    return result, logits


def _calibration(labels: Labels, logits: metrics.Floats, temperature: float) -> dict[str, Any]:
    return {
        "negative_log_likelihood": metrics.negative_log_likelihood(labels, logits, temperature),
        "expected_calibration_error": metrics.expected_calibration_error(labels, logits, temperature),
        "reliability": metrics.reliability(labels, logits, temperature),
    }


def _measure_test(measuring: Measuring, dataset: Dataset) -> dict[str, Any]:
    result, logits = _digits(measuring, "test", dataset.x_test, dataset.y_test)
    corrected = evaluation_sets.corrected_labels(dataset)
    if corrected is not None:
        agreed = corrected >= 0
        result["corrected"] = {
            "images": int(agreed.sum()),
            "accuracy": metrics.accuracy(corrected[agreed], logits[agreed]),
            "corrected": int((agreed & (corrected != dataset.y_test)).sum()),
            "left_out": int((~agreed).sum()),
        }
    plots.reliability(
        {"before, temperature 1": result["uncalibrated"], f"after, temperature {measuring.temperature:.2f}": result},
        f"{measuring.title}: confidence against accuracy on the test images",
        measuring.plots / "reliability.png",
    )
    return result


def _measure_strokes(measuring: Measuring, strokes: PenStrokes) -> dict[str, Any]:
    result, logits = _digits(measuring, "strokes", strokes.images, strokes.labels)
    right = logits.argmax(axis=1) == strokes.labels
    result["digits"] = [
        {"digit": digit, "images": int(of.sum()), "accuracy": float(right[of].mean()) if of.any() else None}
        for digit in range(10)
        for of in [strokes.labels == digit]
    ]
    result["writers"] = [
        {"writer": int(writer), "images": int(of.sum()), "accuracy": float(right[of].mean())}
        for writer in np.unique(strokes.writers)
        for of in [strokes.writers == writer]
    ]
    result["worst_writer"] = min(result["writers"], key=lambda writer: writer["accuracy"])
    plots.strokes(
        result["digits"],
        result["writers"],
        f"{measuring.title}: pen strokes of {len(result['writers'])} writers, {result['accuracy']:.2%} right",
        measuring.plots / "strokes.png",
    )
    return result


def _measure_mnist_c(measuring: Measuring, found: tuple[Labels, Iterator[tuple[str, Images]]]) -> dict[str, Any]:
    labels, corruptions = found
    accuracies: dict[str, float] = {}
    for name, images in corruptions:
        accuracies[name] = metrics.accuracy(labels, measuring.predict(images))
        log.info("mnist_c: %s, %.2f %% right.", name, 100 * accuracies[name])
    mean = float(np.mean(list(accuracies.values())))
    log.info("mnist_c: %.2f %% on average.", 100 * mean)
    plots.corruptions(accuracies, f"{measuring.title}: MNIST-C, {mean:.2%} on average", measuring.plots / "mnist-c.png")
    return {"images": len(labels), "mean_accuracy": mean, "corruptions": accuracies}


def _load_mnist_c(dataset: Dataset, data_dir: Path | None) -> tuple[Labels, Iterator[tuple[str, Images]]] | None:
    corruptions = evaluation_sets.mnist_c(dataset, data_dir)
    return None if corruptions is None else (dataset.y_test, corruptions)


def _measure_rejection(measuring: Measuring, images: Images) -> dict[str, Any]:
    probabilities = metrics.probabilities(measuring.predict(images), measuring.temperature)
    others, digits = probabilities.max(axis=1), np.concatenate(measuring.confidence)
    result = metrics.rejection_report(digits, np.concatenate(measuring.right), others, measuring.threshold)
    log.info(
        "rejection: AUROC %.4f; %.1f %% of %s non-digits rejected when 99 %% of the digits pass.",
        result["auroc"],
        100 * result["rejected_at_99"],
        f"{len(images):,}",
    )
    plots.rejection(digits, others, result, f"{measuring.title}: not a digit?", measuring.plots / "rejection.png")
    plots.readings(images, probabilities, measuring.threshold, measuring.plots / "non-digits.png")
    return result


# In order: `rejection` holds its drawings against the digits of the sets before it.
EVALUATION_SETS: dict[str, EvaluationSet] = {
    "test": EvaluationSet(lambda dataset, data_dir: dataset, _measure_test),
    "strokes": EvaluationSet(evaluation_sets.pen_strokes, _measure_strokes),
    "mnist_c": EvaluationSet(_load_mnist_c, _measure_mnist_c),
    "rejection": EvaluationSet(evaluation_sets.non_digits, _measure_rejection),
}
