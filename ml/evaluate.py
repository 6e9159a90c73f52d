"""A finished run → metrics.json and pictures, over a registry of evaluation sets."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from ml import data, metrics, plots, report
from ml.data import Dataset, Images, Labels
from ml.runs import is_complete, read_history, write_json
from ml.strokes import draw_all
from ml.train import as_input

log = logging.getLogger(__name__)

EvaluationSet = Callable[[Dataset, Path | None], tuple[Images, Labels] | None]


def test_set(dataset: Dataset, data_dir: Path | None) -> tuple[Images, Labels] | None:
    """The dataset's own test images."""
    return dataset.x_test, dataset.y_test


def pen_strokes(dataset: Dataset, data_dir: Path | None) -> tuple[Images, Labels] | None:
    """Pen strokes of 30 writers, drawn as the page draws them; of the ten validation writers if the others trained."""
    samples = data.load_strokes(data_dir, download=False)
    if samples is None:
        return None
    if dataset.name == data.WITH_STROKES:
        samples = [sample for sample in samples if sample.validates]
    return draw_all(samples), np.array([sample.label for sample in samples], np.int64)


EVALUATION_SETS: dict[str, EvaluationSet] = {"test": test_set, "strokes": pen_strokes}


def evaluate(run: Path, dataset: Dataset, data_dir: Path | None = None) -> dict[str, Any]:
    """Measure a finished run; temperature and threshold come from validation images, the test set decides nothing.

    Args:
        run: A run folder with `model.keras`.
        dataset: The data that it was trained on.
        data_dir: Where further evaluation sets may lie; those that don't are skipped with a line that says so.

    Returns:
        What `metrics.json` in the run folder then holds; pictures are in `plots/`.

    Raises:
        DataError: The run is not complete.
    """
    network = load_network(run)
    title = run.resolve().name  # `latest` is no name to put under a picture

    def logits_of(images: Images) -> metrics.Floats:
        predicted: metrics.Floats = network.predict(as_input(images), batch_size=500, verbose=0)
        return predicted

    validation = logits_of(dataset.x_val)
    temperature = metrics.fit_temperature(dataset.y_val, validation)
    result: dict[str, Any] = {
        "validation": {"accuracy": metrics.accuracy(dataset.y_val, validation)},
        "calibration": {
            "temperature": temperature,
            "rejection_threshold": metrics.rejection_threshold(validation, temperature),
        },
    }
    misread: list[dict[str, Any]] = []
    plots_dir = run / "plots"
    plots_dir.mkdir(exist_ok=True)
    for name, find in EVALUATION_SETS.items():
        found = find(dataset, data_dir)
        if found is None:
            log.info("%s: skipped, its data are not at hand.", name)
            continue
        images, labels = found
        logits = logits_of(images)
        result[name] = {
            **metrics.classification_report(labels, logits),
            "negative_log_likelihood": metrics.negative_log_likelihood(labels, logits, temperature),
            "expected_calibration_error": metrics.expected_calibration_error(labels, logits, temperature),
        }
        log.info("%s: %.2f %% of %d right.", name, 100 * result[name]["accuracy"], len(labels))
        plots.confusion_matrix(
            np.array(result[name]["confusion_matrix"]),
            f"{title}, {name}: {result[name]['accuracy']:.2%} of {len(labels):,}",
            plots_dir / f"confusion-{name}.png",
        )
        probabilities = metrics.probabilities(logits, temperature)
        plots.mistakes(images, labels, probabilities, plots_dir / f"mistakes-{name}.png")
        misread += report.describe_mistakes(name, images, labels, probabilities)
    plots.learning_curves(read_history(run), title, plots_dir / "learning-curves.png")
    write_json(run / report.MISTAKES, misread)
    write_json(run / "metrics.json", result)
    return result


def load_network(run: Path) -> keras.Model:
    """The network of a finished run, (n, 28, 28, 1) pixels → (n, 10) logits.

    Raises:
        DataError: The run is not complete.
    """
    if not is_complete(run):
        raise data.DataError(f"{run} holds no finished run; train one first: nox -s train.")
    return keras.saving.load_model(run / "model.keras")
