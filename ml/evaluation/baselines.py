"""Classical models on the same split as the network: what is a convolutional network worth here?"""

from __future__ import annotations

import json
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

from ml.data.dataset import Dataset, Images, Labels
from ml.evaluation import plots
from ml.evaluation.sets import pen_strokes
from ml.files import write_json

log = logging.getLogger(__name__)

# Settings that are usual for MNIST, not tuned.
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
    network: tuple[str, dict[str, Any]] | None = None,
) -> list[dict[str, Any]]:
    """Fit and measure each model, one JSON file each; those that have one, of these settings, are not fitted again.

    Args:
        dataset: Fitted on its train part, measured on its test part.
        out: Folder of the JSON files and of the picture, made if need be.
        data_dir: Where pen strokes may lie; the models, none of which saw them, are then measured on those, too.
        again: Fit also what has been measured.
        network: What to call a network that was trained on the same images, and its metrics.json.

    Returns:
        What the files hold, and the network's figures.
    """
    out.mkdir(parents=True, exist_ok=True)
    strokes = pen_strokes(dataset, data_dir)
    sets = {"test": (dataset.x_test, dataset.y_test)} | (
        {"strokes": (strokes.images, strokes.labels)} if strokes else {}
    )
    results: list[dict[str, Any]] = []
    for key, (name, model, settings) in MODELS.items():
        path = out / f"{key}.json"
        wanted = {"settings": settings, "train": len(dataset.x_train)}
        before = {} if again or not path.exists() else json.loads(path.read_bytes())
        if any(before.get(part) != value for part, value in wanted.items()):
            log.info("%s: fitting on %s images …", name, f"{len(dataset.x_train):,}")
            write_json(path, {"name": name, "settings": settings, **measure(model(**settings), dataset, sets)})
        result = json.loads(path.read_bytes())
        log.info("%s: %.2f %% of the test images right.", name, 100 * result["test"]["accuracy"])
        results.append(result)
    if network:
        shown = ("images", "accuracy", "weighted_f1")
        name, metrics = network
        figures = {kind: {key: metrics[kind][key] for key in shown} for kind in sets if kind in metrics}
        write_json(out / "network.json", {"name": name, "train": len(dataset.x_train), **figures})
    if (out / "network.json").exists():
        results.append(json.loads((out / "network.json").read_bytes()))
    plots.baselines(results, out / "baselines.png")
    return results


def table(results: list[dict[str, Any]]) -> str:
    """What `measure_all` gave, as Markdown."""
    lines = [
        "| | test accuracy | weighted F1 | pen strokes | fit, processor seconds | predict 10,000 |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for result in results:
        test, strokes = result["test"], result.get("strokes")
        seconds = (
            [f"{result['fit_seconds']:.0f}", f"{test['predict_seconds']:.1f}"] if "fit_seconds" in result else ["", ""]
        )
        cells = [
            result["name"],
            f"{100 * test['accuracy']:.2f} %",
            f"{test['weighted_f1']:.4f}",
            f"{100 * strokes['accuracy']:.2f} %" if strokes else "",
            *seconds,
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def measure(model: ClassifierMixin, dataset: Dataset, sets: dict[str, tuple[Images, Labels]]) -> dict[str, Any]:
    """Fit one model on the train part, pixels scaled to [0, 1], and measure it on each of `sets`.

    Times are seconds of processor time, all cores together, which other programs on the machine hardly change.
    """
    start = time.process_time()
    model.fit(_flat(dataset.x_train), dataset.y_train)
    result: dict[str, Any] = {
        "train": len(dataset.x_train),
        "fit_seconds": round(time.process_time() - start, 1),
        "machine": f"{platform.machine()}, scikit-learn {sklearn.__version__}",
    }
    for name, (images, labels) in sets.items():
        start = time.process_time()
        predicted = model.predict(_flat(images))
        result[name] = {
            "images": len(labels),
            "predict_seconds": round(time.process_time() - start, 1),
            "accuracy": float(accuracy_score(labels, predicted)),
            "weighted_f1": float(f1_score(labels, predicted, average="weighted", zero_division=0)),
        }
    return result


def _flat(images: Images) -> npt.NDArray[np.float32]:
    return images.reshape(len(images), -1).astype(np.float32) / 255
