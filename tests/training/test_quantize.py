import numpy as np
import pytest
from tensorflowjs import quantization

from ml.training.quantize import fake_quantize


@pytest.mark.parametrize("shift", [0.0, 3.0, -3.0])
def test_weights_are_rounded_like_in_the_tensorflowjs_converter(shift):
    tensors = [np.random.default_rng(0).normal(shift, 0.4, (3, 3, 8, 8)).astype(np.float32), np.zeros(4, np.float32)]
    for rounded, tensor in zip(fake_quantize(tensors), tensors, strict=True):
        expected = quantization.dequantize_weights(*quantization.quantize_weights(tensor, np.uint8))
        assert rounded.dtype == np.float32
        np.testing.assert_array_equal(rounded, expected)
        assert len(np.unique(rounded)) <= 256
        assert np.abs(rounded - tensor).max() <= np.ptp(tensor) / 255
        np.testing.assert_allclose(fake_quantize([rounded])[0], rounded, atol=1e-6)
