"""A finished run → SavedModel → TensorFlow.js graph model and manifest, proven to answer as Keras does."""

from __future__ import annotations

import json
import logging
import math
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf

from ml.data.dataset import Dataset, Images, as_input
from ml.errors import ExportError
from ml.evaluation import metrics
from ml.evaluation.metrics import FloatArray
from ml.evaluation.results import read_metrics
from ml.files import canonical_json, sha256, write_json
from ml.release.manifest import read_release, release_id
from ml.release.report import FILE as REPORT
from ml.release.report import make_report
from ml.runs import read_config
from ml.training.model import load_model

log = logging.getLogger(__name__)

Weights = Literal["float32", "float16", "uint16", "uint8"]

# The largest difference of a probability from Keras' that a release may show: where its weights are the network's, and
# where conversion rounds them.
EXACT_TOLERANCE = 1e-5
QUANTIZED_TOLERANCE = 1e-2


@dataclass(frozen=True)
class Proof:
    """How far the graph, run by TensorFlow.js, is from Keras on the test images."""

    images: int
    largest_difference: float  # of a probability
    changed_answers: int
    changed_beyond_ties: int  # where Keras' two best probabilities were further apart than the tolerance
    tolerance: float

    @property
    def holds(self) -> bool:
        """Whether a release may be made of it."""
        return self.largest_difference <= self.tolerance and self.changed_beyond_ties == 0

    def __str__(self) -> str:
        return (
            f"largest difference of a probability {self.largest_difference:.2e} (at most {self.tolerance:.0e}), "
            f"{self.changed_answers} of {self.images:,} answers changed, {self.changed_beyond_ties} beyond near-ties"
        )


def convert(run: Path, dataset: Dataset, weights: Weights | None = None) -> tuple[dict[str, Any], Proof]:
    """Make `release/` in a finished and evaluated run folder.

    The release appears whole or not at all; an older one stays until the new one is proven.

    Args:
        run: A run folder with `model.keras`, and what evaluation leaves there.
        dataset: The data that it was trained on; its test images prove the conversion.
        weights: How weights are stored; None: as uint8 if the network's are rounded to it, otherwise as float16.

    Returns:
        The manifest and the proof.

    Raises:
        ExportError: Node or the site's packages are missing, the graph does not answer as Keras does, or the disk is
            full.
        DataError: The run is not complete, or not evaluated.
    """
    network = load_model(run)
    kept = read_config(run).experiment.weight_dtype
    weights = weights or ("uint8" if kept == "uint8" else "float16")
    try:
        return _convert(network, run, dataset, weights, exact=weights in ("float32", kept))
    except (OSError, tf.errors.OpError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ExportError(
            f"The release could not be written below {run} ({reason}): is the disk full? What was there is untouched."
        ) from error


def _convert(
    network: keras.Model, run: Path, dataset: Dataset, weights: Weights, *, exact: bool
) -> tuple[dict[str, Any], Proof]:
    with tempfile.TemporaryDirectory(dir=run, prefix=".release-") as scratch:
        saved_model, release = Path(scratch, "saved_model"), Path(scratch, "release")
        export_saved_model(network, saved_model)
        outputs = convert_saved_model(saved_model, release, weights)
        facts = {
            "parameters": network.count_params(),
            "multiply_adds": count_multiply_adds(network),
            "weights": weights,
            "bytes": sum(path.stat().st_size for path in release.iterdir()),
        }
        (release / REPORT).write_bytes(canonical_json(make_report(run, facts)))
        graph = run_graph(release, dataset.x_test, [outputs["logits"], outputs["probabilities"]])
        keras_probabilities = metrics.probabilities(
            network.predict(as_input(dataset.x_test), batch_size=500, verbose=0)
        )
        proof = compare(keras_probabilities, graph[1], EXACT_TOLERANCE if exact else QUANTIZED_TOLERANCE)
        if not proof.holds:
            raise ExportError(
                f"TensorFlow.js does not answer as Keras does: {proof}. No release was made; try --weights float32."
            )
        manifest = make_manifest(
            run,
            dataset,
            release,
            outputs=outputs,
            weights=weights,
            test_logits=graph[0],
            parameters=facts["parameters"],
        )
        write_json(release / "manifest.json", manifest)
        read_release(release)  # as every later reader will
        _replace_folder(release, run / "release")
    return manifest, proof


def export_saved_model(network: keras.Model, path: Path) -> None:
    """`model.export()` of the network, which answers with `logits` and `probabilities`.

    What is exported holds no augmentation: a model with Random* layers inside goes on drawing at random when it serves.
    """
    probabilities = keras.layers.Softmax(name="probabilities")(network.output)
    served = keras.Model(network.input, {"logits": network.output, "probabilities": probabilities}, name="served")
    served.export(path, format="tf_saved_model", verbose=False)


def convert_saved_model(saved_model: Path, out: Path, weights: Weights) -> dict[str, str]:
    """SavedModel → `tfjs_graph_model` with a canonical `model.json`.

    Returns:
        Name of each output → node of the graph.
    """
    # Imports for ten seconds, and only here.
    from tensorflowjs.converters.tf_saved_model_conversion_v2 import (  # noqa: PLC0415
        convert_tf_saved_model,
    )

    quantization = None if weights == "float32" else {weights: "*"}
    convert_tf_saved_model(
        str(saved_model), str(out), quantization_dtype_map=quantization, use_structured_outputs_names=True
    )
    model_json = out / "model.json"
    model = json.loads(model_json.read_bytes())
    # The converter's order of attributes changes from run to run; the release's id must not.
    model_json.write_bytes(canonical_json(model))
    nodes = [tensor["name"].removesuffix(":0") for tensor in model["signature"]["outputs"].values()]
    return dict(zip(model["userDefinedMetadata"]["structuredOutputKeys"], nodes, strict=True))


def run_graph(release: Path, images: Images, nodes: list[str]) -> list[FloatArray]:
    """Answers (n, 10) of each node of the graph, computed by TensorFlow.js (WASM backend) on Node.

    Raises:
        ExportError: Node or the site's packages are missing, or the graph could not be run.
    """
    script = Path(__file__).with_name("run_graph.mjs")
    with tempfile.TemporaryDirectory() as scratch:
        pixels, answers = Path(scratch, "images"), Path(scratch, "answers")
        pixels.write_bytes(np.ascontiguousarray(images).tobytes())
        try:
            done = subprocess.run(
                ["node", str(script), str(release), str(pixels), str(answers), *nodes],
                capture_output=True,
                text=True,
                check=False,
            )
        except FileNotFoundError as error:
            raise ExportError("Node.js is not installed; it runs the proof. Install Node 20 or newer.") from error
        if done.returncode != 0:
            hint = " Run: npm ci --prefix frontend." if "Cannot find module" in done.stderr else ""
            said = next((line for line in done.stderr.splitlines() if "Error" in line), "it gave no reason")
            raise ExportError(f"TensorFlow.js could not run the graph: {said.strip()}.{hint}")
        flat = np.frombuffer(answers.read_bytes(), "<f4")
    return list(flat.reshape(len(nodes), len(images), 10))


def compare(keras_probabilities: FloatArray, graph_probabilities: FloatArray, tolerance: float) -> Proof:
    """Hold the graph's probabilities (n, 10) against Keras'."""
    changed = keras_probabilities.argmax(axis=1) != graph_probabilities.argmax(axis=1)
    second, first = np.sort(keras_probabilities, axis=1)[:, -2:].T
    return Proof(
        images=len(keras_probabilities),
        largest_difference=float(np.abs(keras_probabilities - graph_probabilities).max()),
        changed_answers=int(changed.sum()),
        changed_beyond_ties=int((changed & (first - second > tolerance)).sum()),
        tolerance=tolerance,
    )


def make_manifest(
    run: Path,
    dataset: Dataset,
    release: Path,
    *,
    outputs: dict[str, str],
    weights: Weights,
    test_logits: FloatArray,
    parameters: int,
) -> dict[str, Any]:
    """The manifest of a release folder, valid by `manifest.schema.json`.

    Its test metrics are those of the graph as TensorFlow.js runs it: what ships is what was measured.
    """
    config = read_config(run)
    evaluated = read_metrics(run)
    measured = metrics.classification_result(dataset.y_test, test_logits, evaluated.calibration.temperature)
    manifest = {
        "schema": 1,
        "created": config.created,
        "source": config.source.to_json(),
        "experiment": {**config.experiment.to_dict(), "parameters": parameters},
        "dataset": _trained_on(dataset, config.experiment.train_limit),
        "metrics": {
            "accuracy": measured.accuracy,
            "weighted_f1": measured.weighted_f1,
            "negative_log_likelihood": measured.negative_log_likelihood,
            "expected_calibration_error": measured.expected_calibration_error,
            "validation_accuracy": evaluated.validation.accuracy,
            **({"strokes_accuracy": evaluated.strokes.accuracy} if evaluated.strokes else {}),
        },
        "input": {"name": _input_name(release), "shape": [-1, 28, 28, 1], "range": [0, 255]},
        "outputs": outputs,
        "calibration": evaluated.calibration.to_json(),
        "weights": weights,
        "files": [
            {
                "path": path.name,
                "bytes": path.stat().st_size,
                "sha256": sha256(path.read_bytes()),
            }
            for path in sorted(release.iterdir())
        ],
    }
    return {**manifest, "release": release_id(manifest)}


def _trained_on(dataset: Dataset, limit: int | None) -> dict[str, Any]:
    described = dataset.describe().to_json()
    return {**described, "train": min(described["train"], limit or described["train"])}


def count_multiply_adds(network: keras.Model) -> int:
    """Multiplications of one image in the network's convolutions and dense layers."""
    total = 0
    for layer in network.layers:
        if isinstance(layer, keras.layers.Conv2D):
            _, height, width, _ = layer.output.shape
            total += height * width * math.prod(layer.kernel.shape)
        elif isinstance(layer, keras.layers.Dense):
            total += math.prod(layer.kernel.shape)
    return total


def _input_name(release: Path) -> str:
    inputs = json.loads((release / "model.json").read_bytes())["signature"]["inputs"]
    return str(next(iter(inputs.values()))["name"]).removesuffix(":0")


def _replace_folder(new: Path, old: Path) -> None:
    """Put `new` in `old`'s place; a kill in between leaves the old one as `release.old`."""
    retired = old.with_name(f"{old.name}.old")
    shutil.rmtree(retired, ignore_errors=True)
    if old.exists():
        old.rename(retired)
    new.rename(old)
    shutil.rmtree(retired, ignore_errors=True)
