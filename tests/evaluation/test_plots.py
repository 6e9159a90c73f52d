import numpy as np
import pytest
from matplotlib.image import imread

from ml.evaluation import metrics, plots

RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 10, 200)
LOGITS = RNG.normal(0, 2, (200, 10)) + 4 * np.eye(10)[LABELS]
P = metrics.probabilities(LOGITS)
CALIBRATION = {
    "reliability": metrics.reliability(LABELS, LOGITS),
    "expected_calibration_error": 0.1,
    "negative_log_likelihood": 0.2,
}
ROWS = [{"digit": i, "writer": 3 * i, "images": 9, "accuracy": 0.9 + i / 100} for i in range(10)]
REJECTION = metrics.rejection_report(P.max(axis=1), P.argmax(axis=1) == LABELS, P.max(axis=1) / 2, 0.5)

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
        lambda path: plots.readings(np.zeros((200, 28, 28), np.uint8), P, 0.5, path),
        lambda path: plots.reliability({"before": CALIBRATION, "after": CALIBRATION}, "calibration", path),
        lambda path: plots.strokes(ROWS, ROWS, "strokes", path),
        lambda path: plots.strokes(
            [{**ROWS[0], "accuracy": 1.0}, {**ROWS[1], "accuracy": None}], ROWS[:1], "few", path
        ),
        lambda path: plots.corruptions({"fog": 0.3, "stripe": 0.95}, "corruptions", path),
        lambda path: plots.rejection(P.max(axis=1), P.max(axis=1) / 2, REJECTION, "not a digit?", path),
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
