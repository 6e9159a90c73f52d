"""Loss and accuracy for batches in which some images are outliers: images that show no digit."""

from __future__ import annotations

import keras
from keras import ops

from ml.training.outliers import OUTLIER_LABEL
from ml.training.tensor import Tensor


class CrossEntropy(keras.losses.SparseCategoricalCrossentropy):  # type: ignore[misc]
    """Sparse categorical cross-entropy on logits. The target of an outlier is the uniform distribution.

    Source: Hendrycks et al., Deep Anomaly Detection with Outlier Exposure, 2019, https://arxiv.org/abs/1812.04606.
    """

    def __init__(self) -> None:
        super().__init__(from_logits=True)

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Compute the loss of each image.

        Args:
            y_true: (n,) or (n, 1) labels in 0…9, or `OUTLIER_LABEL`.
            y_pred: (n, 10) logits.

        Returns:
            (n,) losses.
        """
        y = ops.reshape(y_true, (-1,))
        uniform = -ops.mean(ops.log_softmax(y_pred, axis=1), axis=1)
        return ops.where(y == OUTLIER_LABEL, uniform, super().call(ops.maximum(y, 0), y_pred))


class DigitAccuracy(keras.metrics.SparseCategoricalAccuracy):  # type: ignore[misc]
    """Accuracy on digits; outliers are not counted."""

    def update_state(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor = None) -> Tensor:
        """Add a batch of labels, `OUTLIER_LABEL` allowed, and logits."""
        digits = ops.cast(y_true != OUTLIER_LABEL, "float32")
        return super().update_state(ops.maximum(y_true, 0), y_pred, sample_weight=digits)
