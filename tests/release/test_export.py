import dataclasses
import hashlib
import json
import resource
import shutil

import numpy as np
import pytest

from ml.data.dataset import as_input
from ml.errors import DataError, ExportError
from ml.evaluation.evaluate import evaluate
from ml.evaluation.metrics import probabilities
from ml.evaluation.mistakes import MISTAKES_FILE
from ml.presets import PRESETS
from ml.release import export, report
from ml.release.export import compare, convert, run_graph
from ml.release.manifest import read_release
from ml.training.model import load_model
from ml.training.train import train
from tests.idx import small_dataset


@pytest.fixture(scope="module")
def dataset():
    return small_dataset()


@pytest.fixture(scope="module")
def finished(tmp_path_factory, dataset):
    """A trained and evaluated run, of the one preset whose training network augments."""
    experiment = dataclasses.replace(PRESETS["smoke"], augmentation=PRESETS["baseline"].augmentation, dropout=0.5)
    run = train(experiment, dataset, tmp_path_factory.mktemp("runs") / "run", verbose=0)
    evaluate(run, dataset)
    return run


@pytest.fixture
def run(finished, tmp_path):
    shutil.copytree(finished, tmp_path / "run")
    return tmp_path / "run"


def test_the_graph_in_tensorflow_js_answers_as_keras_does(run, dataset):
    manifest, proof = convert(run, dataset, "float32")
    assert proof.holds
    assert proof.images == len(dataset.x_test)
    # Not by the proof's own arithmetic alone:
    graph = run_graph(run / "release", dataset.x_test, [manifest["outputs"][k] for k in ("logits", "probabilities")])
    logits = load_model(run).predict(as_input(dataset.x_test), verbose=0)
    assert np.abs(graph[0] - logits).max() < 1e-4
    assert np.abs(graph[1] - probabilities(logits)).max() < 1e-5


def test_what_is_served_is_not_augmented(finished, dataset, tmp_path):
    import tensorflow as tf  # noqa: PLC0415

    export.export_saved_model(load_model(finished), tmp_path / "saved")
    loaded = tf.saved_model.load(tmp_path / "saved")
    x = as_input(dataset.x_test[:8])
    first, second = (loaded.serve(x)["logits"].numpy() for _ in range(2))
    assert (first == second).all()
    assert np.abs(first - load_model(finished).predict(x, verbose=0)).max() < 1e-4


@pytest.mark.parametrize("weights", ["float16", "uint16"])
def test_quantised_weights_are_smaller_and_close(run, dataset, weights):
    manifest, proof = convert(run, dataset, weights)
    assert proof.tolerance == export.QUANTIZED_TOLERANCE
    bytes_of_weights = sum(f["bytes"] for f in manifest["files"] if f["path"].endswith(".bin"))
    assert bytes_of_weights < 2.1 * manifest["experiment"]["parameters"]


def test_a_network_that_was_rounded_ships_as_it_was_measured(tmp_path, dataset):
    run = train(dataclasses.replace(PRESETS["smoke"], weight_dtype="uint8"), dataset, tmp_path / "run", verbose=0)
    weights = load_model(run).get_weights()
    assert all(len(np.unique(tensor)) <= 256 for tensor in weights)
    assert max(len(np.unique(tensor)) for tensor in weights) > 128
    evaluate(run, dataset)
    manifest, proof = convert(run, dataset)
    assert manifest["weights"] == "uint8"
    assert proof.holds
    assert proof.tolerance == export.EXACT_TOLERANCE == 1e-5
    bytes_of_weights = sum(f["bytes"] for f in manifest["files"] if f["path"].endswith(".bin"))
    assert bytes_of_weights < 1.1 * manifest["experiment"]["parameters"]
    told = json.loads((run / "release" / "report.json").read_bytes())
    recipe = next(section for section in told["card"] if section["heading"] == "Recipe")
    assert "weights rounded to uint8" in "".join(recipe["paragraphs"])


def test_the_release_names_its_bytes(run, dataset):
    manifest, _ = convert(run, dataset)
    release = run / "release"
    assert {p.name for p in release.iterdir()} == {"manifest.json", *(f["path"] for f in manifest["files"])}
    for file in manifest["files"]:
        data = (release / file["path"]).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file["bytes"], file["sha256"])
    assert read_release(release).manifest == manifest
    assert manifest["metrics"]["accuracy"] == pytest.approx(
        json.loads((run / "metrics.json").read_text())["test"]["accuracy"], abs=2 / 64
    )


def test_the_release_tells_how_good_it_is(run, dataset):
    manifest, _ = convert(run, dataset)
    release = run / "release"
    told = json.loads((release / "report.json").read_bytes())
    report.validator().validate(told)
    assert told["metrics"] == json.loads((run / "metrics.json").read_text())
    started_with = [f["bytes"] for f in manifest["files"] if f["path"] != "report.json"]
    assert told["facts"] == {
        "parameters": manifest["experiment"]["parameters"],
        # 26² and 24², 10² and 8², 4² and 4² positions; then 4 units of 16 channels to 32, and to 10.
        "multiply_adds": 9 * (676 * 8 + 576 * 64 + 100 * 96 + 64 * 144 + 16 * 192 + 16 * 256) + 64 * 32 + 320,
        "weights": "float16",
        "bytes": sum(started_with),
    }
    assert manifest["dataset"]["train"] == len(dataset.x_train)


def test_what_is_not_evaluated_is_not_released(run, dataset):
    (run / MISTAKES_FILE).unlink()
    with pytest.raises(DataError, match="not evaluated"):
        convert(run, dataset)


def test_converting_again_gives_the_same_release(run, dataset):
    first = convert(run, dataset)[0]
    before = {p.name: p.read_bytes() for p in (run / "release").iterdir()}
    assert convert(run, dataset)[0] == first
    assert {p.name: p.read_bytes() for p in (run / "release").iterdir()} == before


def test_a_graph_that_answers_otherwise_is_no_release(run, dataset, monkeypatch):
    monkeypatch.setattr(export, "run_graph", lambda *a: [np.zeros((64, 10)), np.full((64, 10), 0.1)])
    with pytest.raises(ExportError, match="does not answer as Keras does"):
        convert(run, dataset)
    assert not (run / "release").exists()
    assert not list(run.glob(".release-*"))


def test_a_full_disk_leaves_the_old_release(run, dataset):
    """Writes fail from the twelfth kilobyte of a file on, in Python as in TensorFlow."""
    before = convert(run, dataset)[0]
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (12_288, hard))
    try:
        with pytest.raises(ExportError, match="is the disk full"):
            convert(run, dataset, "float32")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert read_release(run / "release").manifest == before
    assert not list(run.glob(".release-*"))


def test_a_broken_graph_is_told_in_words(run, dataset, tmp_path):
    convert(run, dataset)
    (run / "release" / "model.json").write_text("{}")
    with pytest.raises(ExportError, match="could not run the graph"):
        run_graph(run / "release", dataset.x_test, ["Identity"])


def test_near_ties_may_change_and_clear_answers_may_not():
    tie = np.array([[0.5004, 0.4996, *[0] * 8]])
    clear = np.array([[0.506, 0.494, *[0] * 8]])
    swapped = np.array([[0.499, 0.501, *[0] * 8]])
    assert compare(tie, swapped, 1e-2).holds
    changed = compare(clear, swapped, 1e-2)
    assert changed.largest_difference < 1e-2  # near enough, and yet another digit
    assert changed.changed_beyond_ties == 1
    assert not changed.holds
    assert not compare(tie, np.roll(tie, 2, axis=1), 1e-2).holds
