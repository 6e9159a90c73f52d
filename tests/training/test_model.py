import keras
import numpy as np
import pytest
from tensorflowjs import quantization

from ml.presets import PRESETS
from ml.training.model import build_network, rounded


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


@pytest.mark.parametrize("shift", [0.0, 3.0, -3.0])
def test_weights_are_rounded_as_the_converter_rounds_them(shift):
    tensors = [(np.random.default_rng(0).normal(shift, 0.4, (3, 3, 8, 8))).astype(np.float32), np.zeros(4, np.float32)]
    for mine, tensor in zip(rounded(tensors), tensors, strict=True):
        theirs = quantization.dequantize_weights(*quantization.quantize_weights(tensor, np.uint8))
        assert mine.dtype == np.float32
        np.testing.assert_array_equal(mine, theirs)
        assert len(np.unique(mine)) <= 256
        assert np.abs(mine - tensor).max() <= np.ptp(tensor) / 255
        np.testing.assert_allclose(rounded([mine])[0], mine, atol=1e-6)


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
