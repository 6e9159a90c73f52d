import hashlib

import numpy as np
import pytest

from ml.data import pendigits
from ml.errors import DataError
from ml.evaluation.benchmark import Recognizer, checked_output, measure, table, to_logits
from ml.evaluation.headline import headline_on_test_sets
from ml.evaluation.metrics import probabilities
from tests.data_files import SAMPLES, small_dataset, write_non_digits, write_strokes

IMAGES = np.arange(3 * 784).reshape(3, 28, 28).astype(np.uint8)


def guess(images):
    """Probabilities that depend on the image: the ink of ten parts of it."""
    ink = 1.0 + images.reshape(len(images), -1)[:, :780].reshape(len(images), 10, 78).sum(axis=2)
    return ink / ink.sum(axis=1, keepdims=True)


@pytest.fixture(scope="module")
def dataset():
    return small_dataset()


def test_recognizers_are_measured_on_the_available_sets(dataset, tmp_path, monkeypatch):
    text = write_strokes(tmp_path / "strokes" / pendigits.TEST_FILE)
    monkeypatch.setattr(pendigits, "TEST_SHA256", hashlib.sha256(text.encode()).hexdigest())
    write_non_digits(tmp_path)
    results = measure(Recognizer("guess", guess), dataset, tmp_path)
    predicted = guess(dataset.x_test).argmax(axis=1)
    assert results.test.accuracy == pytest.approx((predicted == dataset.y_test).mean())
    assert results.ink_test.images == sum(not sample.fragment for sample in SAMPLES)
    assert results.rejection.digits == results.test.images + results.ink_test.images
    assert list(headline_on_test_sets(results)) == [
        "accuracy",
        "weighted_f1",
        "expected_calibration_error",
        "negative_log_likelihood",
        "ink_test_accuracy",
        "ink_test_worst_writer_accuracy",
        "auroc",
        "rejected_at_99",
    ]


def test_only_the_chosen_sets_are_measured(dataset, tmp_path):
    write_non_digits(tmp_path)
    assert list(measure(Recognizer("guess", guess), dataset, tmp_path, sets=("ink_test",)).to_json()) == ["test"]
    assert set(measure(Recognizer("guess", guess), dataset, tmp_path, ("rejection",)).to_json()) == {
        "test",
        "rejection",
    }


def test_a_recognizer_gets_batches_of_its_size(dataset, tmp_path):
    sizes = []

    def predict(images):
        sizes.append(len(images))
        return guess(images)

    whole = measure(Recognizer("whole", predict), dataset, tmp_path)
    parts = measure(Recognizer("parts", predict, batch_size=25), dataset, tmp_path)
    assert sizes == [64, 25, 25, 14]
    assert parts == whole


def test_a_recognizer_cannot_change_the_images(dataset, tmp_path):
    before = dataset.x_test.copy()

    def predict(images):
        output = guess(images)
        images[:] = 0
        return output

    measure(Recognizer("careless", predict), dataset, tmp_path)
    assert (dataset.x_test == before).all()


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (np.zeros((3, 9)), r"x returns an array of shape \(3, 9\) for 3 images; it should be \(3, 10\)\."),
        (np.zeros(3), r"x returns an array of shape \(3,\) for 3 images"),
        (0.5, r"x returns an array of shape \(\) for 3 images"),
        (
            np.where(np.arange(30).reshape(3, 10) == 15, np.nan, 0),
            "x returns NaN or infinite values, first for image 1;",
        ),
        (np.full((3, 10), np.inf), "x returns NaN or infinite values, first for image 0;"),
        ([["a"] * 10] * 3, "x fails for 3 images: ValueError: could not convert string to float: 'a'"),
        (None, r"x (fails|returns)"),
        ([[1.0] * 10, [1.0]], "x fails for 3 images: ValueError: "),
    ],
    ids=["nine values", "labels", "number", "nan", "infinite", "text", "nothing", "ragged"],
)
def test_unusable_output_is_rejected(output, message):
    with pytest.raises(DataError, match=message):
        checked_output(Recognizer("x", lambda images: output), IMAGES)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (RuntimeError("no memory\nat line 3"), r"x fails for 3 images: RuntimeError: no memory\."),
        (ZeroDivisionError(), r"x fails for 3 images: ZeroDivisionError\."),
        (DataError("The graph fails."), r"^The graph fails\.$"),
    ],
    ids=["message", "no message", "of a release"],
)
def test_failures_of_a_recognizer_are_reported(error, message):
    def fail(images):
        raise error

    with pytest.raises(DataError, match=message):
        checked_output(Recognizer("x", fail), IMAGES)


def test_probabilities_become_logits_with_the_same_softmax():
    p = np.array([[1.0] + [0.0] * 9, [0.1] * 10, np.arange(10) / 45])
    assert probabilities(to_logits(p)) == pytest.approx(p)


@pytest.mark.parametrize("change", [lambda z: z + 0.01, lambda z: z - 0.2], ids=["other sums", "negative"])
def test_logits_stay_as_they_are(change):
    logits = change(np.full((3, 10), 0.1))
    assert to_logits(logits) is logits


def test_table_has_a_row_for_each_metric_and_a_column_for_each_recognizer():
    measured = {"one": {"accuracy": 0.9965, "auroc": 0.98765}, "two": {"accuracy": 1.0, "mnist_c_accuracy": 0.5}}
    assert table(measured).splitlines() == [
        "| | one | two |",
        "|---|---:|---:|",
        "| test accuracy | 99.65 % | 100.00 % |",
        "| MNIST-C, mean |  | 50.00 % |",
        "| AUROC, digits against non-digits | 0.9877 |  |",
    ]


def test_figures_are_those_of_the_headline(dataset, tmp_path):
    results = measure(Recognizer("guess", guess), dataset, tmp_path)
    assert headline_on_test_sets(results)["accuracy"] == results.test.accuracy
    assert "rejected_at_99" not in headline_on_test_sets(results)
