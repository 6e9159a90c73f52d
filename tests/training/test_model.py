import zipfile
from pathlib import Path

import numpy as np
import pytest

from ml.config import Experiment
from ml.errors import DataError
from ml.training.model import build_model, load_model
from tests.training.small import TINY

SAME, VALID = "same", "valid"


@pytest.mark.parametrize(
    ("filters", "padding", "dense", "parameters"),
    [
        ((32, 64, 128), (SAME, SAME, SAME), 128, 435_306),
        ((24, 48, 64), (VALID, VALID, SAME), 128, 135_474),
        ((32, 64, 96), (VALID, SAME, SAME), 64, 259_434),
        ((8, 12, 16), (VALID, VALID, SAME), 32, 9_322),
    ],
)
def test_number_of_parameters(filters, padding, dense, parameters):
    experiment = Experiment(name="x", filters=filters, padding=padding, dense=dense)
    assert build_model(experiment).count_params() == parameters


def test_layers_in_order():
    layers = build_model(Experiment(name="x")).layers
    assert [type(layer).__name__ for layer in layers] == [
        "InputLayer",
        "Rescaling",
        *["Conv2D", "Conv2D", "MaxPooling2D"] * 3,
        *["Flatten", "Dropout", "Dense", "Dropout", "Dense"],
    ]
    hidden = [layer for layer in layers[:-1] if type(layer).__name__ in ("Conv2D", "Dense")]
    assert {layer.activation.__name__ for layer in hidden} == {"relu"}


def noise(n: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 255, (n, 28, 28, 1)).astype(np.float32)


def test_output_is_logits():
    logits = np.asarray(build_model(Experiment(name="x", filters=(4, 4, 4)))(noise(4)))
    assert logits.shape == (4, 10)
    assert logits.dtype == np.float32
    assert not np.allclose(logits.sum(axis=1), 1)


@pytest.mark.parametrize("training", [True, False])
def test_model_without_dropout_is_deterministic(training):
    model = build_model(Experiment(name="x", filters=(4, 4, 4)))
    assert (np.asarray(model(noise(4), training=training)) == np.asarray(model(noise(4), training=training))).all()


def test_dropout_is_random_in_training_only():
    model = build_model(Experiment(name="x", filters=(4, 4, 4), dropout=0.5))
    predictions = [np.asarray(model(noise(4), training=False)) for _ in range(2)]
    assert (predictions[0] == predictions[1]).all()
    assert not np.allclose(*(np.asarray(model(noise(4), training=True)) for _ in range(2)))


@pytest.mark.parametrize("name", ["flatten_dropout", "dense_dropout"])
def test_dropout_drops_the_configured_share(name):
    dropout = build_model(Experiment(name="x", filters=(4, 4, 4), dropout=0.3)).get_layer(name)
    dropped = np.asarray(dropout(np.ones((64, 512), np.float32), training=True)) == 0
    assert dropped.mean() == pytest.approx(0.3, abs=0.02)


def test_mixed_precision_keeps_float32_weights_and_logits():
    model = build_model(Experiment(name="x", filters=(4, 4, 4)), "mixed_bfloat16")
    assert {weight.dtype for weight in model.weights if "seed" not in weight.path} == {"float32"}
    assert model.get_layer("block1_conv1").compute_dtype == "bfloat16"
    assert model.output.dtype == "float32"


def test_saved_model_is_the_built_model(finished_run):
    assert [layer.name for layer in load_model(finished_run).layers] == [
        layer.name for layer in build_model(TINY).layers
    ]


def test_loading_an_unfinished_run_names_the_command(tmp_path: Path):
    with pytest.raises(DataError, match="nox -s train"):
        load_model(tmp_path)


def test_loading_a_diverged_model_fails(tmp_path: Path):
    model = build_model(TINY)
    model.set_weights([weights * np.nan for weights in model.get_weights()])
    model.save(tmp_path / "model.keras")
    with pytest.raises(DataError, match="diverged"):
        load_model(tmp_path)


def test_loading_a_damaged_model_fails(tmp_path: Path, finished_run):
    (tmp_path / "model.keras").write_bytes((finished_run / "model.keras").read_bytes()[:1000])
    with pytest.raises(DataError, match=r"model\.keras is damaged; move the run folder away and train it again"):
        load_model(tmp_path)


@pytest.mark.parametrize(
    "config", ["[]", "{}", "null", '{"class_name": "Dense", "module": "keras.layers", "config": 1}', "\xff"]
)
def test_loading_a_model_with_another_configuration_fails(tmp_path: Path, config):
    model = build_model(TINY)
    model.save(tmp_path / "saved.keras")
    with zipfile.ZipFile(tmp_path / "saved.keras") as saved, zipfile.ZipFile(tmp_path / "model.keras", "w") as changed:
        for name in saved.namelist():
            changed.writestr(name, config if name == "config.json" else saved.read(name))
    with pytest.raises(DataError, match=r"model\.keras is not a Keras model; move the run folder away"):
        load_model(tmp_path)
