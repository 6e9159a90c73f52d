import numpy as np
import pytest

from ml.data.load import DATASETS, load
from ml.errors import DataError


def test_unknown_dataset_is_rejected():
    with pytest.raises(
        DataError, match=r"no dataset 'cifar'\. Choose one of mnist, mnist\+strokes, mnist\+strokes\+unipen, sklearn"
    ):
        load("cifar")
    assert DATASETS == ("mnist", "mnist+strokes", "mnist+strokes+unipen", "sklearn-digits")


def test_fallback_is_scikit_learns_digits():
    loaded = load("sklearn-digits")
    assert loaded.fallback
    assert len(loaded.x_train) + len(loaded.x_val) + len(loaded.x_test) == 1797
    assert len(loaded.x_test) == 360  # every fifth image
    assert loaded.y_test[:5].tolist() == [0, 5, 0, 5, 0]
    assert loaded.x_train.dtype == np.uint8
    assert (loaded.x_train.reshape(len(loaded.x_train), -1).max(axis=1) == 255).all()
