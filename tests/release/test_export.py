"""Tests of conversion. A conversion takes seconds, so most tests share one release."""

import dataclasses
import hashlib
import resource
import shutil

import numpy as np
import pytest

from ml.data.dataset import as_input
from ml.errors import DataError, ExportError
from ml.evaluation.evaluate import evaluate
from ml.evaluation.metrics import probabilities
from ml.evaluation.mistakes import MISTAKES_FILE
from ml.evaluation.results import read_metrics
from ml.presets import PRESETS
from ml.release import export
from ml.release.export import compare, convert, run_graph
from ml.release.verify import read_release
from ml.runs import MODEL_FILE, read_config, write_config
from ml.training.model import load_model
from ml.training.quantize import fake_quantize
from ml.training.train import train
from tests.data_files import small_dataset


@pytest.fixture(scope="module")
def dataset():
    return small_dataset()


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory, dataset):
    """An evaluated run whose training network contains augmentation layers."""
    experiment = dataclasses.replace(PRESETS["smoke"], augmentation=PRESETS["baseline"].augmentation, dropout=0.5)
    run = train(experiment, dataset, tmp_path_factory.mktemp("runs") / "run", verbose=0)
    evaluate(run, dataset)
    return run


@pytest.fixture(scope="module")
def converted(evaluated, dataset):
    """The run, its manifest and its parity report; tests only read it."""
    manifest, parity = convert(evaluated, dataset, "float32")
    return evaluated, manifest, parity


@pytest.fixture
def run(converted, tmp_path):
    """A copy of the converted run."""
    return shutil.copytree(converted[0], tmp_path / "run")


def contents(run):
    return {path.name: path.read_bytes() for path in (run / "release").iterdir()}


def test_graph_predictions_equal_those_of_keras(converted, dataset):
    run, manifest, parity = converted
    assert parity.ok
    assert parity.images == len(dataset.x_test)
    assert parity.tolerance == export.EXACT_TOLERANCE == 1e-5
    nodes = [manifest.outputs.logits, manifest.outputs.probabilities]
    graph = run_graph(run / "release", dataset.x_test, nodes)
    logits = load_model(run).predict(as_input(dataset.x_test), verbose=0)
    assert np.abs(graph[0] - logits).max() < 1e-4
    assert np.abs(graph[1] - probabilities(logits)).max() < 1e-5


def test_exported_network_does_not_augment(evaluated, dataset, tmp_path):
    import tensorflow as tf  # noqa: PLC0415

    network = load_model(evaluated)
    export.export_saved_model(network, tmp_path / "saved")
    loaded = tf.saved_model.load(tmp_path / "saved")
    x = as_input(dataset.x_test[:8])
    first, second = (loaded.serve(x)["logits"].numpy() for _ in range(2))
    assert (first == second).all()
    assert np.abs(first - network.predict(x, verbose=0)).max() < 1e-4


def test_manifest_describes_the_files(converted, dataset):
    run, manifest, _ = converted
    files = contents(run)
    assert files.keys() == {"manifest.json", *(file.path for file in manifest.files)}
    for file in manifest.files:
        data = files[file.path]
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file.bytes, file.sha256)
    assert read_release(run / "release").manifest == manifest
    assert manifest.dataset.train == len(dataset.x_train)
    assert manifest.metrics.accuracy == pytest.approx(read_metrics(run).test.accuracy, abs=2 / 64)
    assert manifest.metrics.validation_accuracy == read_metrics(run).validation.accuracy


def test_report_describes_the_network(converted):
    run, manifest, _ = converted
    report = read_release(run / "release").report
    assert report.metrics == read_metrics(run)
    assert report.facts.to_json() == {
        "parameters": manifest.experiment.parameters,
        # The convolutions have 26², 24², 10², 8², 4² and 4² output positions. The dense layers have 64 inputs and 32
        # outputs, and 32 inputs and 10 outputs.
        "multiply_adds": 9 * (676 * 8 + 576 * 64 + 100 * 96 + 64 * 144 + 16 * 192 + 16 * 256) + 64 * 32 + 320,
        "weights": "float32",
        "bytes": sum(file.bytes for file in manifest.files if file.path != "report.json"),
    }


def test_weights_are_float16_by_default_and_conversion_is_reproducible(run, dataset):
    manifest, parity = convert(run, dataset)
    assert manifest.weights == "float16"
    assert parity.tolerance == export.QUANTIZED_TOLERANCE == 1e-2
    assert weight_bytes(manifest) < 2.1 * manifest.experiment.parameters
    before = contents(run)
    assert convert(run, dataset)[0] == manifest
    assert contents(run) == before


def weight_bytes(manifest):
    return sum(file.bytes for file in manifest.files if file.path.endswith(".bin"))


def test_rounded_network_is_converted_without_loss(run, dataset):
    network = load_model(run)
    network.set_weights(fake_quantize(network.get_weights()))
    network.save(run / MODEL_FILE)
    config = read_config(run)
    experiment = dataclasses.replace(config.experiment, weight_dtype="uint8")
    write_config(run, config.model_copy(update={"experiment": experiment}))
    evaluate(run, dataset)
    manifest, parity = convert(run, dataset)
    assert manifest.weights == "uint8"
    assert parity.ok
    assert parity.tolerance == export.EXACT_TOLERANCE
    assert weight_bytes(manifest) < 1.1 * manifest.experiment.parameters


def test_run_without_evaluation_is_not_converted(run, dataset):
    (run / MISTAKES_FILE).unlink()
    with pytest.raises(DataError, match="not evaluated"):
        convert(run, dataset)


def test_graph_with_other_predictions_is_not_released(run, dataset, monkeypatch):
    before = contents(run)
    monkeypatch.setattr(export, "run_graph", lambda *_: [np.zeros((64, 10)), np.full((64, 10), 0.1)])
    with pytest.raises(ExportError, match=r"predictions of TensorFlow\.js differ"):
        convert(run, dataset)
    assert contents(run) == before
    assert not list(run.glob(".*"))


def test_full_disk_keeps_the_old_release(run, dataset):
    """Simulates a full disk: writes beyond the first 12 kB of a file fail, in Python and in TensorFlow."""
    before = contents(run)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (12_288, hard))
    try:
        with pytest.raises(ExportError, match="Is the disk full"):
            convert(run, dataset)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert contents(run) == before
    assert not list(run.glob(".*"))


def test_broken_graph_raises_an_export_error(tmp_path, dataset):
    (tmp_path / "model.json").write_text("{}")
    with pytest.raises(ExportError, match=r"TensorFlow\.js could not run the graph: .*Error"):
        run_graph(tmp_path, dataset.x_test[:1], ["Identity"])


def test_parity_permits_changed_predictions_only_at_near_ties():
    tie = np.array([[0.5004, 0.4996, *[0] * 8]])
    clear = np.array([[0.506, 0.494, *[0] * 8]])
    swapped = np.array([[0.499, 0.501, *[0] * 8]])
    assert compare(tie, swapped, 1e-2).ok
    assert compare(tie, swapped, 1e-2).changed_predictions == 1
    changed = compare(clear, swapped, 1e-2)
    assert changed.largest_difference < 1e-2  # close, but another digit
    assert changed.changed_beyond_ties == 1
    assert not changed.ok
    assert not compare(tie, np.roll(tie, 2, axis=1), 1e-2).ok
