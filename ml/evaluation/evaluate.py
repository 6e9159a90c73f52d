"""Evaluate a finished run: metrics.json, mistakes.json and plots in its folder."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from ml.data.dataset import Dataset, FloatArray, Images, as_input
from ml.data.of_run import load_data_of
from ml.errors import DataError
from ml.evaluation import metrics, plots
from ml.evaluation.mistakes import write_mistakes
from ml.evaluation.registry import EVALUATION_SETS, EvaluationContext, measure_sets
from ml.evaluation.results import MeasuredWith, Metrics, ValidationResult, read_metrics, write_metrics
from ml.files import replace_folder
from ml.runs import MODEL_FILE, PLOTS_FOLDER, is_evaluated, model_sha256, read_finished_history, relative_to_cwd
from ml.training.model import load_model

log = logging.getLogger(__name__)


def evaluate(run: Path, dataset: Dataset, data_dir: Path | None = None) -> Metrics:
    """Evaluate a finished run.

    Temperature and threshold are fitted on the validation images, not on the test images.

    Args:
        run: A run folder with `model.keras`.
        dataset: The data that it was trained on.
        data_dir: The folder with the data of further evaluation sets. Sets without data are skipped and logged.

    Returns:
        The content of `metrics.json`.

    Raises:
        DataError: The run is not finished or damaged, its training diverged, or the data of an evaluation set are
            damaged.
    """
    measured_with = MeasuredWith(model_sha256=model_sha256(run), dataset_sha256=dataset.sha256)
    model = load_model(run)
    history = read_finished_history(run)

    def predict(images: Images) -> FloatArray:
        logits: FloatArray = model.predict(as_input(images), batch_size=500, verbose=0)
        if not np.isfinite(logits).all():
            raise DataError(
                f"{relative_to_cwd(run / MODEL_FILE)} has outputs that are not finite: training diverged. Use a lower "
                "learning rate."
            )
        return logits

    validation = predict(dataset.x_val)
    calibration = metrics.calibrate(dataset.y_val, validation)
    context = EvaluationContext(predict, calibration, title=run.resolve().name)  # resolved: `latest` is a link
    measured = measure_sets(context, dataset, data_dir, EVALUATION_SETS)
    result = Metrics.model_validate(
        {
            "validation": ValidationResult(accuracy=metrics.accuracy(dataset.y_val, validation)),
            "calibration": calibration,
            **{name: measurement.result for name, measurement in measured.items()},
        }
    )
    figures = {"learning-curves": plots.learning_curves(history, context.title)}
    for measurement in measured.values():
        figures |= measurement.figures
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, PLOTS_FOLDER)  # the folder above is readable only by its owner
        folder.mkdir()
        for name, figure in figures.items():
            plots.save(figure, folder / f"{name}.png")
        replace_folder(folder, run / PLOTS_FOLDER)
    write_mistakes(run, [mistake for measurement in measured.values() for mistake in measurement.mistakes])
    write_metrics(run, result, measured_with)
    return result


def ensure_evaluated(run: Path, dataset: Dataset, data_dir: Path | None = None) -> Metrics:
    """Return the metrics of a finished run, and evaluate it first if it has none.

    Arguments and errors are those of `evaluate` and `read_metrics`.
    """
    return read_metrics(run) if is_evaluated(run) else evaluate(run, dataset, data_dir)


def evaluate_missing(runs: Iterable[Path], data_dir: Path | None = None) -> None:
    """Evaluate each finished run that has no `metrics.json`, on the data that it was trained on.

    Args:
        runs: Run folders.
        data_dir: The folder with the datasets and the data of further evaluation sets. None: download the datasets.

    Raises:
        DataError: A run is not finished, or its data are not available or damaged.
    """
    for run in runs:
        if not is_evaluated(run):
            log.info("Evaluating %s …", run)
            evaluate(run, load_data_of(run, data_dir), data_dir)
