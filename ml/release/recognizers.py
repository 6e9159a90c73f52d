"""Recognizers for the benchmark: releases, Keras models and Python callables."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ml.data.dataset import FloatArray, Images, as_input
from ml.errors import DataError
from ml.evaluation.benchmark import Recognizer
from ml.release.manifest import MANIFEST_FILE
from ml.release.run_graph import run_graph
from ml.release.verify import read_release

BATCH = 1000  # images that a callable gets at once


def load_recognizer(target: str) -> Recognizer:
    """Load a recognizer.

    Args:
        target: The folder of a release, a `.keras` file, or `module:function` for a Python callable that maps images
            (n, 28, 28) uint8 to (n, 10).

    Raises:
        DataError: It is none of these, or cannot be loaded.
        PublishError: The release is damaged.
    """
    path = Path(target)
    if (path / MANIFEST_FILE).is_file():
        return _release(path)
    if path.suffix == ".keras":
        return Recognizer(path.stem if path.stem != "model" else path.parent.name, _keras_model(path))
    module, colon, function = target.rpartition(":")
    if colon and all(part.isidentifier() for part in [*module.split("."), function]):
        return Recognizer(target, _callable(module, function), batch_size=BATCH)
    raise DataError(
        f"{target} is neither the folder of a release, nor a .keras file, nor module:function. Name one of these."
    )


def _release(path: Path) -> Recognizer:
    """Return the graph of a release, run by TensorFlow.js, with its calibrated probabilities."""
    manifest = read_release(path).manifest

    def predict(images: Images) -> FloatArray:
        [logits] = run_graph(path, images, [manifest.outputs.logits])
        return logits / manifest.calibration.temperature

    return Recognizer(f"{manifest.experiment.name}, release {manifest.release}", predict)


def _keras_model(path: Path) -> Callable[[Images], FloatArray]:
    if not path.is_file():
        raise DataError(f"The file {path} does not exist.")
    import keras  # noqa: PLC0415  takes ten seconds with TensorFlow

    try:
        model = keras.saving.load_model(path, compile=False)
    except Exception as error:  # HDF5 and Keras raise many types for other content
        raise DataError(f"{path} is not a Keras model that this version of Keras loads.") from error
    if model.input_shape not in ((None, 28, 28, 1), (None, 28, 28)):
        raise DataError(f"{path} takes inputs of shape {model.input_shape}; it should be (None, 28, 28, 1).")

    def predict(images: Images) -> FloatArray:
        pixels = as_input(images).reshape(-1, *model.input_shape[1:])
        output: FloatArray = model.predict(pixels, batch_size=500, verbose=0)
        return output

    return predict


def _callable(module: str, function: str) -> Callable[[Images], Any]:
    try:
        imported = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name and f"{module}.".startswith(f"{error.name}."):
            raise DataError(
                f"There is no module {error.name}. Run the command in the folder that contains it, or install it."
            ) from error
        raise DataError(f"The module {module} needs {error.name}, which is not installed.") from error
    except (Exception, SystemExit) as error:
        raise DataError(f"The module {module} cannot be imported: {type(error).__name__}: {error}.") from error
    found = getattr(imported, function, None)
    if not callable(found):
        raise DataError(f"The module {module} has no function {function}.")
    checked: Callable[[Images], Any] = found
    return checked
