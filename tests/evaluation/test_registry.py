import dataclasses
from pathlib import Path

import numpy as np
import pytest

from ml.data.dataset import Dataset
from ml.evaluation import metrics, sets
from ml.evaluation.registry import EVALUATION_SETS, EvaluationContext, EvaluationSet, measure_sets
from ml.evaluation.results import Calibration
from ml.evaluation.sets import NonDigitKinds, PenStrokes, UnipenDigits
from ml.release.model_card import _PICTURES


def encode(logits):
    """Images (n, 28, 28) that `predict` turns into these logits, which are multiples of 0.1 from 0 to 25.5."""
    images = np.zeros((len(logits), 28, 28), np.uint8)
    images[:, 0, :10] = np.rint(10 * np.asarray(logits))
    return images


def predict(images):
    return images[:, 0, :10] / 10


def logits(*rows):
    """One row for each (prediction, margin of its logit)."""
    values = np.zeros((len(rows), 10))
    for row, (predicted, margin) in zip(values, rows, strict=True):
        row[predicted] = margin
    return values


TEST_LABELS = np.array([0, 1, 2, 3])
TEST_LOGITS = logits((0, 6), (1, 5), (2, 4), (8, 3))
STROKES_LABELS = np.array([5, 5, 6, 7])
STROKES_LOGITS = logits((5, 6), (5, 1), (6, 6), (1, 5))
INK_TEST_LABELS = np.array([1, 8, 8])
INK_TEST_LOGITS = logits((1, 6), (8, 2), (3, 4))
UNIPEN_LABELS = np.array([0, 0, 4])
UNIPEN_LOGITS = logits((0, 6), (8, 3), (4, 6))
NON_DIGIT_LOGITS = logits((1, 2), (2, 4.5), (3, 0.5))
LETTER_LOGITS = logits((1, 2), (2, 7), (3, 0.5), (3, 1))
CONTEXT = EvaluationContext(predict, Calibration(temperature=2, rejection_threshold=0.4), "run")


@pytest.fixture(scope="module")
def dataset():
    images = encode(TEST_LOGITS)
    return Dataset("small", images, TEST_LABELS, images, TEST_LABELS, images, TEST_LABELS, "stratified")


@pytest.fixture(scope="module")
def registry():
    """The evaluation sets, with data of these tests."""
    strokes = PenStrokes(encode(STROKES_LOGITS), STROKES_LABELS, np.array([30, 30, 30, 9]))
    corruptions = (TEST_LABELS, [("fog", encode(TEST_LOGITS)), ("scale", encode(TEST_LOGITS[::-1]))])
    ink_test = PenStrokes(encode(INK_TEST_LOGITS), INK_TEST_LABELS, np.array([1, 2, 2]), left_out=5)
    labs, slashed = np.array(["syn", "syn", "aga"]), np.array([True, True, False])
    unipen = UnipenDigits(encode(UNIPEN_LOGITS), UNIPEN_LABELS, labs, slashed, left_out=0)
    letters = NonDigitKinds(encode(LETTER_LOGITS), np.array(["letters", "letters", "signs", "signs"]))
    found = {
        "ink_test": ink_test,
        "mnist_c": corruptions,
        "rejection": encode(NON_DIGIT_LOGITS),
        "strokes": strokes,
        "unipen": unipen,
        "validation_rejection": letters,
    }
    loads = {
        name: dataclasses.replace(EVALUATION_SETS[name], load=lambda *_, d=data: d) for name, data in found.items()
    }
    return {**EVALUATION_SETS, **loads}


@pytest.fixture(scope="module")
def measured(dataset, registry):
    return measure_sets(CONTEXT, dataset, None, registry)


def results(measured):
    return {name: measurement.result.to_json() for name, measurement in measured.items()}


def test_labelled_sets_are_measured_at_the_temperature(measured):
    for name, labels, values in (
        ("test", TEST_LABELS, TEST_LOGITS),
        ("ink_test", INK_TEST_LABELS, INK_TEST_LOGITS),
        ("strokes", STROKES_LABELS, STROKES_LOGITS),
        ("unipen", UNIPEN_LABELS, UNIPEN_LOGITS),
    ):
        expected = metrics.classification_result(labels, values, temperature=2).to_json()
        assert {key: results(measured)[name][key] for key in expected} == expected
        assert measured[name].confidence == pytest.approx(metrics.probabilities(values, 2).max(axis=1))


def test_mistakes_are_described_for_each_labelled_set(measured):
    described = {
        (mistake.set_name, mistake.index, mistake.label, mistake.predicted): mistake.confidence
        for measurement in measured.values()
        for mistake in measurement.mistakes
    }
    margins = {("test", 3, 3, 8): 3, ("ink_test", 2, 8, 3): 4, ("strokes", 3, 7, 1): 5, ("unipen", 1, 0, 8): 3}
    assert described == {
        key: pytest.approx(metrics.probabilities(logits((0, margin)), 2).max(), abs=1e-6)
        for key, margin in margins.items()
    }


def test_strokes_are_measured_for_each_digit_and_writer(measured):
    strokes = measured["strokes"].result
    digits = {row.digit: (row.images, row.accuracy) for row in strokes.digits}
    assert digits == {**dict.fromkeys(range(10), (0, None)), 5: (2, 1), 6: (1, 1), 7: (1, 0)}
    assert [(row.writer, row.images, row.accuracy) for row in strokes.writers] == [(9, 1, 0), (30, 3, 1)]
    assert strokes.worst_writer == strokes.writers[0]
    assert "left_out" not in strokes.to_json()


def test_test_strokes_are_measured_for_each_writer_and_count_the_samples_that_are_left_out(measured):
    result = measured["ink_test"].result
    assert [(row.writer, row.images, row.accuracy) for row in result.writers] == [(1, 1, 1), (2, 2, 0.5)]
    assert result.worst_writer == result.writers[1]
    assert (result.images, result.left_out) == (3, 5)
    assert {row.digit: row.accuracy for row in result.digits if row.images} == {1: 1, 8: 0.5}


def test_unipen_is_measured_for_each_laboratory_and_for_slashed_zeros(measured):
    result = measured["unipen"].result
    assert [(row.lab, row.images, row.accuracy) for row in result.labs] == [("aga", 1, 1), ("syn", 2, 0.5)]
    assert result.worst_lab == result.labs[1]
    assert result.slashed_zeros.to_json() == {"images": 2, "accuracy": 0.5}
    assert result.left_out == 0
    assert {row.digit: row.accuracy for row in result.digits if row.images} == {0: 0.5, 4: 1}


def test_unipen_without_slashed_zeros_states_no_accuracy_of_them():
    unipen = UnipenDigits(encode(UNIPEN_LOGITS), UNIPEN_LABELS, np.array(["syn"] * 3), np.zeros(3, bool), left_out=0)
    result = EVALUATION_SETS["unipen"].measure(CONTEXT, unipen).result
    assert result.slashed_zeros.to_json() == {"images": 0, "accuracy": None}


def expected_rejection(*digits, non_digits=NON_DIGIT_LOGITS):
    labels, values = (np.concatenate(parts) for parts in zip(*digits, strict=True))
    return metrics.rejection_result(
        metrics.probabilities(values, 2).max(axis=1),
        values.argmax(axis=1) == labels,
        metrics.probabilities(non_digits, 2).max(axis=1),
        threshold=0.4,
    )


def test_non_digits_of_the_test_are_compared_with_test_digits_only(measured):
    expected = expected_rejection((TEST_LABELS, TEST_LOGITS), (INK_TEST_LABELS, INK_TEST_LOGITS))
    assert measured["rejection"].result == expected
    assert expected.digits == 7


def test_non_digits_are_compared_with_the_test_images_if_there_are_no_test_strokes(dataset, registry):
    chosen = {name: registry[name] for name in ("test", "rejection", "strokes")}
    chosen["ink_test"] = dataclasses.replace(registry["ink_test"], load=lambda *_: None)
    measured = measure_sets(CONTEXT, dataset, None, chosen)
    assert measured["rejection"].result == expected_rejection((TEST_LABELS, TEST_LOGITS))


def test_letters_and_signs_are_compared_with_validation_digits_and_measured_by_kind(measured):
    digits = (STROKES_LABELS, STROKES_LOGITS), (UNIPEN_LABELS, UNIPEN_LOGITS)
    result = measured["validation_rejection"].result
    expected = expected_rejection(*digits, non_digits=LETTER_LOGITS)
    assert {**result.to_json(), "kinds": None} == {**expected.to_json(), "kinds": None}
    assert [(kind.kind, kind.non_digits) for kind in result.kinds] == [("letters", 2), ("signs", 2)]
    for kind, values in zip(result.kinds, (LETTER_LOGITS[:2], LETTER_LOGITS[2:]), strict=True):
        of_kind = expected_rejection(*digits, non_digits=values)
        assert (kind.auroc, kind.tnr_at_99_tpr) == (of_kind.auroc, of_kind.tnr_at_99_tpr)
    assert result.kinds[0].tnr_at_99_tpr < result.kinds[1].tnr_at_99_tpr


def test_results_do_not_depend_on_the_order_of_the_registry(dataset, registry, measured):
    reverse = dict(reversed(registry.items()))
    assert results(measure_sets(CONTEXT, dataset, None, reverse)) == results(measured)


def test_measure_functions_get_the_measurements_of_the_sets_that_they_use(dataset):
    received = []

    def measure(context, data, *used):
        received.append((data, used))
        return data

    registry = {
        "last": EvaluationSet(lambda *_: "last", measure, uses=("first", "absent")),
        "absent": EvaluationSet(lambda *_: None, measure),
        "first": EvaluationSet(lambda *_: "first", measure),
    }
    assert measure_sets(CONTEXT, dataset, None, registry) == {"first": "first", "last": "last"}
    assert received == [("first", ()), ("last", ("first",))]


def test_unavailable_sets_are_skipped_and_logged(dataset, tmp_path, caplog):
    caplog.set_level("INFO")
    assert list(measure_sets(CONTEXT, dataset, tmp_path, EVALUATION_SETS)) == ["test"]
    for name in EVALUATION_SETS.keys() - {"test"}:
        assert f"{name}: skipped, its data are not available." in caplog.text


def test_corrected_labels_are_measured_without_the_disputed_images(dataset, monkeypatch):
    monkeypatch.setattr(sets, "corrected_labels", lambda _: np.array([0, 1, 7, -1]))
    result = measure_sets(CONTEXT, dataset, None, {"test": EVALUATION_SETS["test"]})["test"].result
    assert result.corrected.to_json() == {"images": 3, "accuracy": pytest.approx(2 / 3), "corrected": 1, "left_out": 1}
    assert result.accuracy == 0.75


def test_other_datasets_have_no_corrected_labels(dataset):
    result = measure_sets(CONTEXT, dataset, None, {"test": EVALUATION_SETS["test"]})["test"].result
    assert "corrected" not in result.to_json()


def test_figures_have_the_names_that_the_model_card_shows(measured):
    figures = {name: set(each.figures) for name, each in measured.items()}
    assert figures == {
        "test": {"confusion-test", "mistakes-test", "reliability"},
        "ink_test": {"confusion-ink-test", "mistakes-ink-test", "ink-test"},
        "mnist_c": {"mnist-c"},
        "rejection": {"rejection", "non-digits"},
        "strokes": {"confusion-strokes", "mistakes-strokes", "strokes"},
        "unipen": {"confusion-unipen", "mistakes-unipen", "unipen"},
        "validation_rejection": {"validation-rejection", "letters-and-signs"},
    }
    shown = {name: {Path(picture.file).stem for picture in pictures} for name, pictures in _PICTURES.items()}
    assert shown.keys() == figures.keys()
    assert all(shown[name] - {"learning-curves"} <= figures[name] for name in figures)


def test_figures_state_the_run_and_the_result(measured):
    titles = {name: figure.get_suptitle() for each in measured.values() for name, figure in each.figures.items()}
    assert titles["confusion-test"] == "run, test: accuracy 75.00% on 4 images"
    assert titles["strokes"] == "run: pen strokes of 2 validation writers, accuracy 75.00%"
    assert titles["ink-test"] == "run: pen strokes of 2 test writers, accuracy 66.67%"
    assert titles["mistakes-ink-test"] == "1 of 3 misclassified; the 1 most confident"
    assert titles["unipen"] == "run: UNIPEN's validation writers, accuracy 66.67%"
    assert titles["validation-rejection"] == "run, validation rejection: digits and non-digits"
    assert titles["mnist-c"] == "run: MNIST-C, mean accuracy 37.50%"
    before, after, *_ = measured["test"].figures["reliability"].axes
    assert before.get_title().startswith("before, temperature 1\n")
    assert after.get_title().startswith("after, temperature 2.00\n")
