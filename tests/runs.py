"""Run folders for tests."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from ml.evaluation.mistakes import describe_mistakes
from ml.presets import PRESETS
from ml.runs import model_sha256

DATASET = {"name": "mnist", "train": 50, "validation": 5, "test": 20, "split": "writers", "fallback": False}


def make_run(folder: Path, correct: int = 19, seed: int = 0, **experiment: object) -> Path:
    """Write the folder of an evaluated run that classified `correct` of 20 test images correctly; return the folder."""
    folder.mkdir(parents=True)
    labels = np.arange(20) % 10
    predicted = np.where(np.arange(20) < correct, labels, (labels + 1) % 10)
    matrix = np.zeros((10, 10), int)
    np.add.at(matrix, (labels, predicted), 1)
    test = {
        "images": 20,
        "accuracy": correct / 20,
        "weighted_f1": correct / 20,
        "class_f1": [1.0] * 10,
        "confusion_matrix": matrix.tolist(),
        "negative_log_likelihood": 0.1,
        "expected_calibration_error": 0.01,
    }
    probabilities = np.eye(10)[predicted] * 0.9 + 0.01
    mistakes = describe_mistakes("test", np.full((20, 28, 28), 7, np.uint8), labels, probabilities)
    files: dict[str, Any] = {
        "config": {
            "experiment": {**PRESETS["quick"].to_dict(), "seed": seed, **experiment},
            "dataset": DATASET,
            "source": {"commit": "0123456789abcdef", "dirty": False},
            "keras": "3.15.1",
            "backend": "tensorflow",
        },
        "metrics": {
            "validation": {"accuracy": 0.9},
            "calibration": {"temperature": 1.1, "rejection_threshold": 0.7},
            "test": test,
        },
        "mistakes": [mistake.to_json() for mistake in mistakes],
    }
    write_model(folder)
    files["metrics"]["measured_with"] = {"model_sha256": model_sha256(folder), "dataset_sha256": "0" * 64}
    for name, value in files.items():
        (folder / f"{name}.json").write_text(json.dumps(value))
    (folder / "history.csv").write_text("epoch,loss,accuracy,val_loss,val_accuracy\n0,1,0.5,1,0.5\n")
    return folder


def write_model(run: Path, content: str = "{}") -> None:
    """Write a `model.keras` that is complete, but no network."""
    with zipfile.ZipFile(run / "model.keras", "w") as archive:
        archive.writestr("config.json", content)
