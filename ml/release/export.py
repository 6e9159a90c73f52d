"""Convert a run into a release: a TensorFlow.js graph model with the predictions of Keras, and its manifest."""

from __future__ import annotations

import json
import math
import tempfile
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from ml.config import DatasetDescription
from ml.data.dataset import Dataset, FloatArray, as_input
from ml.errors import ExportError
from ml.evaluation import metrics
from ml.evaluation.results import read_metrics
from ml.files import canonical_json, replace_folder, sha256, write_json
from ml.release.build_report import make_report
from ml.release.manifest import (
    GRAPH_METRICS,
    MANIFEST_FILE,
    MODEL_FILE,
    REPORT_FILE,
    SCHEMA,
    Manifest,
    WeightDtype,
    release_id,
)
from ml.release.report import Facts
from ml.release.run_graph import run_graph
from ml.release.verify import read_release
from ml.runs import RELEASE_FOLDER, read_config
from ml.training.model import load_model

# The largest permitted difference of a probability from Keras, if conversion keeps the weights and if it rounds them.
EXACT_TOLERANCE = 1e-5
QUANTIZED_TOLERANCE = 1e-2


@dataclass(frozen=True)
class ParityReport:
    """How much the predictions of the graph, run by TensorFlow.js, differ from Keras on the test images."""

    images: int
    largest_difference: float  # of a probability
    changed_predictions: int
    changed_beyond_ties: int  # where the two highest probabilities of Keras differ by more than the tolerance
    tolerance: float

    @property
    def ok(self) -> bool:
        """Whether the graph may be released."""
        return self.largest_difference <= self.tolerance and self.changed_beyond_ties == 0

    def __str__(self) -> str:
        return (
            f"largest difference of a probability {self.largest_difference:.2e} (at most {self.tolerance:.0e}), "
            f"{self.changed_predictions} of {self.images:,} predictions changed, {self.changed_beyond_ties} beyond "
            "near-ties"
        )


def convert(run: Path, dataset: Dataset, weights: WeightDtype | None = None) -> tuple[Manifest, ParityReport]:
    """Write `release/` into the folder of an evaluated run.

    An earlier release is replaced only after the new one is complete and verified.

    Args:
        run: A run folder with `model.keras` and the files of an evaluation.
        dataset: The dataset of the run. The graph is compared with Keras on its test images.
        weights: The data type of the stored weights. None: uint8 if the network's weights are rounded to it, otherwise
            float16.

    Returns:
        The manifest and the comparison with Keras.

    Raises:
        ExportError: Node or the site's packages are missing, the graph's predictions differ from Keras, or the release
            could not be written.
        DataError: The run is not complete, or not evaluated.
    """
    network = load_model(run)
    trained = read_config(run).experiment.weight_dtype
    weights = weights or ("uint8" if trained == "uint8" else "float16")
    try:
        return _write_release(network, run, dataset, weights, exact=weights in ("float32", trained))
    except (OSError, tf.errors.OpError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ExportError(
            f"The release could not be written into {run} ({reason}). Is the disk full? An earlier release is kept."
        ) from error


def _write_release(
    network: keras.Model, run: Path, dataset: Dataset, weights: WeightDtype, *, exact: bool
) -> tuple[Manifest, ParityReport]:
    with tempfile.TemporaryDirectory() as scratch:
        saved_model, release = Path(scratch, "saved_model"), Path(scratch, RELEASE_FOLDER)
        export_saved_model(network, saved_model)
        outputs = convert_saved_model(saved_model, release, weights)
        facts = Facts(
            parameters=network.count_params(),
            multiply_adds=count_multiply_adds(network),
            weights=weights,
            bytes=sum(path.stat().st_size for path in release.iterdir()),
        )
        (release / REPORT_FILE).write_bytes(canonical_json(make_report(run, facts).to_json()))
        nodes = [outputs["logits"], outputs["probabilities"]]
        test_logits, test_probabilities = run_graph(release, dataset.x_test, nodes)
        keras_logits = network.predict(as_input(dataset.x_test), batch_size=500, verbose=0)
        tolerance = EXACT_TOLERANCE if exact else QUANTIZED_TOLERANCE
        parity = compare(metrics.probabilities(keras_logits), test_probabilities, tolerance)
        if not parity.ok:
            raise ExportError(
                f"The predictions of TensorFlow.js differ from those of Keras: {parity}. No release was written. Try "
                "--weights float32."
            )
        manifest = make_manifest(run, dataset, release, outputs=outputs, facts=facts, test_logits=test_logits)
        write_json(release / MANIFEST_FILE, manifest.to_json())
        read_release(release)
        replace_folder(release, run / RELEASE_FOLDER)
    return manifest, parity


def export_saved_model(network: keras.Model, path: Path) -> None:
    """Export the network as a SavedModel with the outputs `logits` and `probabilities`.

    The network must not contain Random* layers, which stay random after export.
    """
    probabilities = keras.layers.Softmax(name="probabilities")(network.output)
    served = keras.Model(network.input, {"logits": network.output, "probabilities": probabilities}, name="served")
    served.export(path, format="tf_saved_model", verbose=False)


def convert_saved_model(saved_model: Path, out: Path, weights: WeightDtype) -> dict[str, str]:
    """Convert a SavedModel to a TensorFlow.js graph model with a canonical `model.json`.

    Returns:
        Name of each output → node of the graph.
    """
    # Takes ten seconds to import.
    from tensorflowjs.converters.tf_saved_model_conversion_v2 import (  # noqa: PLC0415
        convert_tf_saved_model,
    )

    quantization = None if weights == "float32" else {weights: "*"}
    convert_tf_saved_model(
        str(saved_model), str(out), quantization_dtype_map=quantization, use_structured_outputs_names=True
    )
    model_json = out / MODEL_FILE
    model = json.loads(model_json.read_bytes())
    # The converter's order of attributes differs between calls, but the release id must not.
    model_json.write_bytes(canonical_json(model))
    nodes = [tensor["name"].removesuffix(":0") for tensor in model["signature"]["outputs"].values()]
    return dict(zip(model["userDefinedMetadata"]["structuredOutputKeys"], nodes, strict=True))


def compare(keras_probabilities: FloatArray, graph_probabilities: FloatArray, tolerance: float) -> ParityReport:
    """Compare the graph's probabilities (n, 10) with those of Keras."""
    changed = keras_probabilities.argmax(axis=1) != graph_probabilities.argmax(axis=1)
    second, first = np.sort(keras_probabilities, axis=1)[:, -2:].T
    return ParityReport(
        images=len(keras_probabilities),
        largest_difference=float(np.abs(keras_probabilities - graph_probabilities).max()),
        changed_predictions=int(changed.sum()),
        changed_beyond_ties=int((changed & (first - second > tolerance)).sum()),
        tolerance=tolerance,
    )


def make_manifest(
    run: Path, dataset: Dataset, release: Path, *, outputs: dict[str, str], facts: Facts, test_logits: FloatArray
) -> Manifest:
    """Make the manifest of a release folder.

    Args:
        run: The folder of the evaluated run.
        dataset: Its dataset.
        release: The folder with all files of the release but the manifest.
        outputs: Name of each output → node of the graph.
        facts: Size of the network.
        test_logits: The logits (n, 10) of the test images, computed by the graph: the metrics are those of the graph.
    """
    config, evaluated = read_config(run), read_metrics(run)
    measured = metrics.classification_result(dataset.y_test, test_logits, evaluated.calibration.temperature)
    content = {
        "schema": SCHEMA,
        "created": config.created,
        "source": config.source.to_json(),
        "experiment": {**config.experiment.to_dict(), "parameters": facts.parameters},
        "dataset": _describe(dataset, config.experiment.train_limit).to_json(),
        "metrics": {
            **{key: getattr(measured, key) for key in GRAPH_METRICS},
            "validation_accuracy": evaluated.validation.accuracy,
            **({"strokes_accuracy": evaluated.strokes.accuracy} if evaluated.strokes else {}),
        },
        "input": {"name": _input_name(release), "shape": [-1, 28, 28, 1], "range": [0, 255]},
        "outputs": outputs,
        "calibration": evaluated.calibration.to_json(),
        "weights": facts.weights,
        "files": [
            {"path": path.name, "bytes": path.stat().st_size, "sha256": sha256(path.read_bytes())}
            for path in sorted(release.iterdir())
        ],
    }
    return Manifest.model_validate_json(canonical_json({**content, "release": release_id(content)}))


def _describe(dataset: Dataset, limit: int | None) -> DatasetDescription:
    """Describe a dataset of which training used only the first `limit` images."""
    described = dataset.describe()
    return described.model_copy(update={"train": min(described.train, limit or described.train)})


def count_multiply_adds(network: keras.Model) -> int:
    """Return the multiplications for one image in the network's convolutions and dense layers."""
    total = 0
    for layer in network.layers:
        if isinstance(layer, keras.layers.Conv2D):
            _, height, width, _ = layer.output.shape
            total += height * width * math.prod(layer.kernel.shape)
        elif isinstance(layer, keras.layers.Dense):
            total += math.prod(layer.kernel.shape)
    return total


def _input_name(release: Path) -> str:
    inputs = json.loads((release / MODEL_FILE).read_bytes())["signature"]["inputs"]
    return str(next(iter(inputs.values()))["name"]).removesuffix(":0")
