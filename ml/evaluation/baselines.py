"""Classical models on the same split as the network, for comparison."""

from __future__ import annotations

import logging
import platform
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import sklearn
from sklearn.base import ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

from ml.data.dataset import Dataset, Images, Labels, arrays_sha256
from ml.documents import parse_document
from ml.errors import DataError
from ml.evaluation import plots
from ml.evaluation.headline import percent
from ml.evaluation.results import BaselineResult, BaselineSet, ClassificationResult, Metrics
from ml.evaluation.sets import pen_strokes
from ml.files import write_json

log = logging.getLogger(__name__)

# Usual settings for MNIST; they are not tuned.
MODELS: dict[str, tuple[str, type[ClassifierMixin], dict[str, Any]]] = {
    "logistic-regression": ("logistic regression", LogisticRegression, {"C": 0.1, "max_iter": 300}),
    "random-forest": ("random forest", RandomForestClassifier, {"n_estimators": 300, "random_state": 0}),
    "k-nearest-neighbours": ("k-nearest neighbours", KNeighborsClassifier, {"n_neighbors": 3, "weights": "distance"}),
    "rbf-svc": ("RBF-kernel SVC", SVC, {"C": 10, "gamma": "scale", "cache_size": 1000}),
}


def measure_all(
    dataset: Dataset,
    out: Path,
    data_dir: Path | None = None,
    *,
    again: bool = False,
    network: tuple[str, Metrics] | None = None,
) -> list[BaselineResult]:
    """Fit and measure each model, and write one JSON file for each.

    A model whose file has the same settings and data is not fitted again.

    Args:
        dataset: The models are fitted on its training images and measured on its test images.
        out: The folder for the JSON files and the plot, created if necessary.
        data_dir: The folder with the pen strokes. If it has them, the models are measured on them, too; none of the
            models is trained on pen strokes.
        again: Also fit models that have a file.
        network: The name and the metrics of a network that was trained on the same images.

    Returns:
        The content of the files, the network's last.

    Raises:
        DataError: A JSON file in `out` is damaged.
    """
    out.mkdir(parents=True, exist_ok=True)
    strokes = pen_strokes(dataset, data_dir)
    sets = {"test": (dataset.x_test, dataset.y_test)} | (
        {"strokes": (strokes.images, strokes.labels)} if strokes else {}
    )
    data = {"train": arrays_sha256(dataset.x_train, dataset.y_train)}
    data |= {key: arrays_sha256(*arrays) for key, arrays in sets.items()}
    results = []
    for key, (name, model, settings) in MODELS.items():
        path = out / f"{key}.json"
        result = None if again else _read(path)
        if result is None or result.settings != settings or not data.items() <= (result.data or {}).items():
            log.info("%s: fitting on %s images …", name, f"{len(dataset.x_train):,}")
            result = measure(name, model(**settings), settings, dataset, sets).model_copy(update={"data": data})
            write_json(path, result.to_json())
        log.info("%s: test accuracy %s.", name, percent(result.test.accuracy))
        results.append(result)
    path = out / "network.json"
    if network:
        write_json(path, _network_result(*network, train=len(dataset.x_train), with_strokes=bool(strokes)).to_json())
    if recorded := _read(path):
        results.append(recorded)
    plots.save(plots.baselines(results), out / "baselines.png")
    return results


def table(results: list[BaselineResult]) -> str:
    """Return the results as a Markdown table."""
    lines = [
        "| | test accuracy | weighted F1 | pen strokes | fit, processor seconds | predict the test images |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for result in results:
        cells = [
            result.name,
            percent(result.test.accuracy),
            f"{result.test.weighted_f1:.4f}",
            percent(result.strokes.accuracy) if result.strokes else "",
            "" if result.fit_seconds is None else f"{result.fit_seconds:.0f}",
            "" if result.test.predict_seconds is None else f"{result.test.predict_seconds:.1f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def measure(
    name: str,
    model: ClassifierMixin,
    settings: dict[str, Any],
    dataset: Dataset,
    sets: dict[str, tuple[Images, Labels]],
) -> BaselineResult:
    """Fit a model on the training images, pixels scaled to [0, 1], and measure it on each of `sets`.

    Times are seconds of processor time over all cores, which other programs on the machine hardly change.
    """
    start = time.process_time()
    model.fit(_flat(dataset.x_train), dataset.y_train)
    fit_seconds = round(time.process_time() - start, 1)
    measured: dict[str, Any] = {}
    for key, (images, labels) in sets.items():
        start = time.process_time()
        predicted = model.predict(_flat(images))
        measured[key] = BaselineSet(
            images=len(labels),
            predict_seconds=round(time.process_time() - start, 1),
            accuracy=float(accuracy_score(labels, predicted)),
            weighted_f1=float(f1_score(labels, predicted, average="weighted")),
        )
    return BaselineResult(
        name=name,
        settings=settings,
        train=len(dataset.x_train),
        fit_seconds=fit_seconds,
        machine=f"{platform.machine()}, scikit-learn {sklearn.__version__}",
        **measured,
    )


def _network_result(name: str, metrics: Metrics, *, train: int, with_strokes: bool) -> BaselineResult:
    def shown(result: ClassificationResult) -> BaselineSet:
        return BaselineSet(images=result.images, accuracy=result.accuracy, weighted_f1=result.weighted_f1)

    strokes: dict[str, Any] = {"strokes": shown(metrics.strokes)} if with_strokes and metrics.strokes else {}
    return BaselineResult(name=name, train=train, test=shown(metrics.test), **strokes)


def _read(path: Path) -> BaselineResult | None:
    if not path.exists():
        return None
    return parse_document(BaselineResult, path.read_bytes(), str(path), DataError, "delete the file")


def _flat(images: Images) -> npt.NDArray[np.float32]:
    return images.reshape(len(images), -1).astype(np.float32) / 255
