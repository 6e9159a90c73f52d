import numpy as np
import pytest

from ml.training.losses import CrossEntropy, DigitAccuracy
from ml.training.outliers import OUTLIER_LABEL

CONFIDENT = [0.91] + [0.01] * 9
UNIFORM = [0.1] * 10


def loss(label: int, probabilities: list[float]) -> float:
    return float(CrossEntropy().call(np.array([label]), np.log(np.array([probabilities], np.float32)))[0])


def test_loss_of_a_digit_is_its_negative_log_likelihood():
    assert loss(0, CONFIDENT) == pytest.approx(-np.log(0.91), abs=1e-5)
    assert loss(3, CONFIDENT) == pytest.approx(-np.log(0.01), abs=1e-4)


def test_loss_of_an_outlier_is_the_cross_entropy_with_the_uniform_distribution():
    assert loss(OUTLIER_LABEL, UNIFORM) == pytest.approx(np.log(10), abs=1e-5)  # its minimum
    assert loss(OUTLIER_LABEL, CONFIDENT) == pytest.approx(-np.mean(np.log(CONFIDENT)), abs=1e-4)


def test_batch_loss_is_the_mean_over_digits_and_outliers():
    logits = np.log(np.array([CONFIDENT, UNIFORM], np.float32))
    expected = (loss(0, CONFIDENT) + loss(OUTLIER_LABEL, UNIFORM)) / 2
    for shape in ((2,), (2, 1)):
        assert float(CrossEntropy()(np.array([0, OUTLIER_LABEL]).reshape(shape), logits)) == pytest.approx(expected)


def test_accuracy_ignores_outliers():
    accuracy = DigitAccuracy()
    accuracy.update_state(
        np.array([0, 3, OUTLIER_LABEL]), np.log(np.array([CONFIDENT, UNIFORM, CONFIDENT], np.float32))
    )
    assert float(accuracy.result()) == 0.5
