import dataclasses
import hashlib
import json
import os
from pathlib import Path

import numpy as np
import pytest

from ml.data import pendigits, unipen
from ml.data.unipen import Character
from ml.errors import DataError
from ml.evaluation import sets as evaluation_sets
from ml.evaluation.sets import (
    CORRUPTIONS,
    NON_DIGITS,
    corrected_labels,
    ink_test,
    letters_and_signs,
    mnist_c,
    non_digits,
    pen_strokes,
    unipen_digits,
)
from ml.ink.preprocess import from_strokes
from tests.data_files import CASES, SAMPLES, small_dataset, write_non_digits, write_strokes


@pytest.fixture(scope="module")
def dataset():
    return small_dataset()


@pytest.fixture
def mnist(dataset):
    """A dataset with as many test images as MNIST."""
    return dataclasses.replace(
        dataset, name="mnist", x_test=np.zeros((10_000, 28, 28), np.uint8), y_test=np.arange(10_000) % 10
    )


@pytest.fixture
def strokes_dir(tmp_path, monkeypatch):
    text = write_strokes(tmp_path / "strokes" / pendigits.FILE)
    monkeypatch.setattr(pendigits, "SHA256", hashlib.sha256(text.encode()).hexdigest())
    return tmp_path


def test_strokes_are_rendered_by_the_preprocessing(dataset, strokes_dir):
    found = pen_strokes(dataset, strokes_dir)
    complete = [sample for sample in SAMPLES if not sample.fragment]
    assert found.labels.tolist() == [sample.label for sample in complete]
    assert found.writers.tolist() == [sample.writer for sample in complete]
    assert (found.images[0] == from_strokes([stroke.tolist() for stroke in SAMPLES[0].strokes])).all()


def test_writers_of_the_training_data_are_left_out(dataset, strokes_dir):
    found = pen_strokes(dataclasses.replace(dataset, name="mnist+strokes"), strokes_dir)
    assert len(found.labels) == sum(sample.for_validation and not sample.fragment for sample in SAMPLES)


def test_test_strokes_are_complete_and_count_the_others(dataset, tmp_path, monkeypatch):
    text = write_strokes(tmp_path / "strokes" / pendigits.TEST_FILE)
    monkeypatch.setattr(pendigits, "TEST_SHA256", hashlib.sha256(text.encode()).hexdigest())
    found = ink_test(dataclasses.replace(dataset, name="mnist+strokes"), tmp_path)
    complete = [sample for sample in SAMPLES if not sample.fragment]
    assert found.labels.tolist() == [sample.label for sample in complete]  # of all writers
    assert found.writers.tolist() == [sample.writer for sample in complete]
    assert found.left_out == len(SAMPLES) - len(complete) == 1
    assert pen_strokes(dataset, tmp_path) is None


@pytest.mark.parametrize(("name", "permitted"), [("mnist", True), ("mnist+strokes", True), ("sklearn-digits", False)])
def test_test_strokes_are_downloaded_for_networks_on_mnist(dataset, monkeypatch, name, permitted):
    asked = []
    monkeypatch.setattr(pendigits, "load_test_samples", lambda _, allow_download: asked.append(allow_download))
    evaluation_sets._render_test_strokes.cache_clear()
    assert ink_test(dataclasses.replace(dataset, name=name), None) is None
    evaluation_sets._render_test_strokes.cache_clear()
    assert asked == [permitted]


FOUR, SLASHED_ZERO, LETTER = (CASES[name] for name in ("a four", "a slashed zero", "a two with a loop"))


@pytest.fixture
def unipen_dir(tmp_path, monkeypatch):
    """A folder whose archive has characters of two writers, one of whom validates."""
    in_validation, in_training = (
        next(w for w in map(str, range(99)) if Character("0", "syn", w, ()).for_validation is chosen)
        for chosen in (True, False)
    )
    flat = (np.array([[0.0, 0], [10, 1]]),)
    written = [("0", SLASHED_ZERO), ("4", FOUR), ("1", flat), ("A", LETTER), ("o", LETTER), ("?", LETTER)]
    characters = [
        Character(label, "syn", writer, strokes)
        for writer in (in_validation, in_training)
        for label, strokes in written
    ]
    monkeypatch.setattr(unipen, "load_characters", lambda folder, allow_download: characters)
    return tmp_path


def test_unipen_digits_are_those_of_validation_writers_without_fragments(unipen_dir):
    found = unipen_digits(unipen_dir)
    assert (found.labels.tolist(), found.labs.tolist(), found.slashed.tolist(), found.left_out) == (
        [0, 4],
        ["syn", "syn"],
        [True, False],
        1,
    )
    assert (found.images[1] == from_strokes([stroke.tolist() for stroke in FOUR])).all()


def test_letters_and_signs_leave_out_those_that_look_like_digits(unipen_dir):
    found = letters_and_signs(unipen_dir)
    assert found.kinds.tolist() == ["letters", "signs"]  # A and ?, not o
    assert (found.images == from_strokes([stroke.tolist() for stroke in LETTER])).all()


def test_unipen_that_is_not_available_is_no_set(tmp_path):
    assert unipen_digits(tmp_path) is None
    assert letters_and_signs(tmp_path) is None


def test_labels_are_corrected_by_the_majority(mnist, dataset):
    labels = corrected_labels(mnist)
    changed = np.flatnonzero(labels != mnist.y_test)
    assert {int(i): int(labels[i]) for i in changed if labels[i] >= 0} == {
        i: digit for i, digit in evaluation_sets.CORRECTED.items() if digit != i % 10
    }
    assert [int(i) for i in changed if labels[i] < 0] == sorted(evaluation_sets.DISPUTED)
    assert corrected_labels(dataset) is None


VOTES = Path(os.environ.get("DIGITS_DATA_DIR", "nowhere"), "mnist", "label_errors.json")


@pytest.mark.skipif(not VOTES.exists(), reason="DIGITS_DATA_DIR has no mnist/label_errors.json with the votes")
def test_corrections_match_the_votes():
    errors = json.loads(VOTES.read_text())["label_errors"]
    most = {e["index"]: e["guessed"] for e in errors if e["votes"]["guessed"] >= 3}
    assert most == evaluation_sets.CORRECTED
    assert {e["index"] for e in errors} - set(most) == set(evaluation_sets.DISPUTED)


@pytest.mark.parametrize("layout", ["as published", "one archive"])
def test_mnist_c_is_read_from_folders_and_from_an_archive(tmp_path, mnist, layout):
    folder = tmp_path / "mnist_c"
    folder.mkdir()
    assert len(CORRUPTIONS) == 15
    if layout == "one archive":
        np.savez(folder / "mnist_c.npz", **{name: np.full_like(mnist.x_test, 3) for name in CORRUPTIONS})
    else:
        for name in CORRUPTIONS:
            (folder / name).mkdir()
            np.save(folder / name / "test_images.npy", np.full((10_000, 28, 28, 1), 3, np.uint8))
    labels, images = mnist_c(mnist, tmp_path)
    assert labels is mnist.y_test
    found = dict(images)
    assert tuple(found) == CORRUPTIONS
    assert all(images.shape == (10_000, 28, 28) and (images == 3).all() for images in found.values())


def test_damaged_mnist_c_is_rejected(tmp_path, mnist, dataset):
    assert mnist_c(mnist, tmp_path) is None
    folder = tmp_path / "mnist_c" / CORRUPTIONS[0]
    folder.mkdir(parents=True)
    assert mnist_c(dataset, tmp_path) is None  # other test images than MNIST's
    with pytest.raises(DataError, match="does not contain MNIST-C's shot_noise"):
        next(mnist_c(mnist, tmp_path)[1])
    np.save(folder / "test_images.npy", np.zeros((5, 28, 28), np.uint8))
    with pytest.raises(DataError, match=r"has uint8 \(5, 28, 28\) for shot_noise instead of 10,000 images"):
        next(mnist_c(mnist, tmp_path)[1])


def test_non_digits_are_rendered_by_the_preprocessing(tmp_path, dataset):
    assert non_digits(dataset, tmp_path) is None
    assert non_digits(dataset, None) is None
    drawings = write_non_digits(tmp_path)
    images = non_digits(dataset, tmp_path)
    assert (images == np.stack([from_strokes(drawing) for drawing in drawings * 2])).all()
    (tmp_path / "strokes" / NON_DIGITS[1]).write_bytes(b"damaged")
    with pytest.raises(DataError, match="is not gzipped JSON"):
        non_digits(dataset, tmp_path)
