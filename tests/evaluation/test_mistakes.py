import base64
import json

import numpy as np
import pytest

from ml.errors import DataError
from ml.evaluation.mistakes import MAX_MISTAKES, describe_mistakes, misclassified, read_mistakes, write_mistakes
from ml.files import ROOT

REPORT = json.loads((ROOT / "frontend" / "public" / "model" / "report.json").read_bytes())


def probabilities(*rows: tuple[int, float]) -> np.ndarray:
    """One row for each (prediction, confidence); the other digits share the rest."""
    p = np.array([[(1 - confidence) / 9] * 10 for _, confidence in rows])
    for row, (predicted, confidence) in zip(p, rows, strict=True):
        row[predicted] = confidence
    return p


def test_mistakes_of_the_bundled_report_equal_their_parsed_values(tmp_path):
    (tmp_path / "mistakes.json").write_text(json.dumps(REPORT["mistakes"]))
    mistakes = read_mistakes(tmp_path)
    write_mistakes(tmp_path, mistakes)
    assert json.loads((tmp_path / "mistakes.json").read_bytes()) == REPORT["mistakes"]
    assert read_mistakes(tmp_path) == mistakes


def test_mistakes_are_sorted_by_confidence():
    labels = np.array([0, 1, 2, 3, 4])
    p = probabilities((0, 0.99), (7, 0.5), (3, 0.9), (3, 0.6), (9, 0.5))
    assert misclassified(labels, p).tolist() == [2, 1, 4]  # equal confidence: in the order of the set


def test_mistake_contains_the_image_and_its_prediction():
    images = np.stack([np.full((28, 28), value, np.uint8) for value in (7, 255)])
    images[1, 0, 1] = 3
    [mistake] = describe_mistakes("strokes", images, np.array([4, 4]), probabilities((4, 0.9), (2, 0.8765432)))
    assert mistake.to_json() == {
        "set": "strokes",
        "index": 1,
        "label": 4,
        "predicted": 2,
        "confidence": 0.876543,
        "probabilities": [0.013717, 0.013717, 0.876543, *[0.013717] * 7],
        "image": base64.b64encode(b"\xff\x03" + b"\xff" * 782).decode(),
    }


def test_number_of_mistakes_is_limited():
    n = MAX_MISTAKES + 30
    p = probabilities(*[(1, confidence) for confidence in np.linspace(0.5, 0.9, n)])
    described = describe_mistakes("test", np.zeros((n, 28, 28), np.uint8), np.zeros(n, int), p)
    assert [mistake.index for mistake in described] == list(range(n - 1, 29, -1))


def test_runs_without_mistakes_json_are_not_evaluated(tmp_path):
    with pytest.raises(DataError, match=r" is not evaluated\. Run nox -s evaluate first\.$"):
        read_mistakes(tmp_path)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"set": "train"}, "set"),
        ({"label": 10}, "label"),
        ({"index": -1}, "index"),
        ({"image": "AAAA"}, "image"),
        ({"probabilities": [0.1] * 9}, "probabilities"),
        ({"more": 1}, "more"),
    ],
)
def test_invalid_mistakes_are_rejected(tmp_path, change, place):
    mistakes = [REPORT["mistakes"][0], REPORT["mistakes"][1] | change]
    (tmp_path / "mistakes.json").write_text(json.dumps(mistakes))
    message = rf"mistakes\.json is not valid: \[1\]\.{place}: .*; run nox -s evaluate again\.$"
    with pytest.raises(DataError, match=message):
        read_mistakes(tmp_path)
