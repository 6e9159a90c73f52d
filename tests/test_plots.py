import numpy as np
import pytest
from matplotlib.image import imread

from ml import plots

HISTORY = [{"epoch": i, "loss": 1 / (i + 1), "accuracy": 0.8, "val_loss": 0.5, "val_accuracy": 0.9} for i in range(4)]


@pytest.mark.parametrize(
    "draw",
    [
        lambda path: plots.learning_curves(HISTORY, "run", path),
        lambda path: plots.learning_curves(HISTORY[:1], "one epoch", path),
        lambda path: plots.confusion_matrix(np.eye(10, dtype=int) * 5, "all right", path),
        lambda path: plots.confusion_matrix(np.arange(100).reshape(10, 10), "many wrong", path),
        lambda path: plots.mistakes(np.zeros((3, 28, 28), np.uint8), np.zeros(3, int), np.eye(10)[:3], path),
        lambda path: plots.mistakes(np.zeros((1, 28, 28), np.uint8), np.zeros(1, int), np.eye(10)[:1], path),
    ],
)
def test_each_picture_shows_something(tmp_path, draw):
    draw(tmp_path / "p.png")
    picture = imread(tmp_path / "p.png")
    assert picture.shape[0] > 100
    assert picture.std() > 0.01


def test_the_same_metrics_are_the_same_bytes(tmp_path):
    for name in ("a.png", "b.png"):
        plots.learning_curves(HISTORY, "run", tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
