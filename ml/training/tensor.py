"""The type of tensors."""

from typing import Any

Tensor = Any
"""A tensor of Keras' backend: TensorFlow, JAX and PyTorch have no common class."""
