import keras
import numpy as np
import pytest

from ml.config import PRESETS
from ml.model import build_network


@pytest.mark.parametrize(("preset", "parameters"), [("baseline", 435_306), ("quick", 135_474), ("smoke", 9_322)])
def test_parameter_count(preset, parameters):
    assert build_network(PRESETS[preset]).count_params() == parameters


def test_form_is_conv_conv_pool_thrice_then_dense():
    kinds = [type(layer).__name__ for layer in build_network(PRESETS["baseline"]).layers]
    assert kinds == [
        "InputLayer",
        "Rescaling",
        *["Conv2D", "Conv2D", "MaxPooling2D"] * 3,
        *["Flatten", "Dropout", "Dense", "Dropout", "Dense"],
    ]


def test_logits_and_not_probabilities_come_out():
    network = build_network(PRESETS["quick"])
    logits = np.asarray(network(np.random.default_rng(0).uniform(0, 255, (4, 28, 28, 1)).astype(np.float32)))
    assert logits.shape == (4, 10)
    assert not np.allclose(logits.sum(axis=1), 1)


def test_nothing_in_the_network_is_random():
    layers = build_network(PRESETS["quick"]).layers
    assert not [layer for layer in layers if type(layer).__name__.startswith("Random")]
    x = np.full((1, 28, 28, 1), 99, np.float32)
    network = keras.Sequential(layers[1:])
    assert (np.asarray(network(x)) == np.asarray(network(x))).all()
