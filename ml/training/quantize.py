"""Rounding of weights to the levels that a TensorFlow.js release stores as uint8."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def fake_quantize(weights: list[Array]) -> list[Array]:
    """Quantise each tensor to uint8 and dequantise it again.

    The 256 levels of a tensor are evenly spaced from its minimum to its maximum, shifted so that 0 is one of them.
    Converting the result to uint8 changes nothing.

    Source: affine quantisation as in `tensorflowjs.quantization`. That module imports TensorFlow, which training does
    not require.

    Args:
        weights: Float32 tensors of any shape.

    Returns:
        Float32 tensors of the same shapes with at most 256 distinct values each.
    """
    return [_fake_quantize(tensor) for tensor in weights]


def _fake_quantize(tensor: Array) -> Array:
    low, high = np.float64(tensor.min()), np.float64(tensor.max())
    if low == high:
        return tensor
    step = (high - low) / 255
    if low <= 0 <= high:
        low = -np.round(-low / step) * step
    levels = np.round((tensor.clip(low, low + 255 * step) - low) / step)
    values: Array = (levels * step + low).astype(np.float32)
    return values
