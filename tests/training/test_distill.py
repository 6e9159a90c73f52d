import shutil
from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import ops

from ml.config import Augmentation
from ml.data.dataset import as_input
from ml.errors import DataError
from ml.runs import read_config, write_config
from ml.training.augment import build_augmentation
from ml.training.distill import Distillation, load_teachers
from ml.training.losses import CrossEntropy
from ml.training.model import build_model, load_model
from ml.training.train import build_training_model, train
from tests.training.small import TINY


def random_teachers(n: int) -> list[keras.Model]:
    keras.utils.set_random_seed(n)
    return [build_model(replace(TINY, dropout=0.3)) for _ in range(n)]  # dropout is off in teachers


def noise(n: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 255, (n, 28, 28, 1)).astype(np.float32)


def distillation_loss(teachers: list[keras.Model], images: np.ndarray, student: np.ndarray) -> float:
    layer = Distillation(teachers)
    assert (np.asarray(layer(images, student, training=True)) == student).all()
    return float(layer.losses[0])


def test_loss_is_least_at_the_mean_probabilities_of_the_teachers():
    teachers, images = random_teachers(2), noise(8)
    mean = np.mean([ops.softmax(teacher(images)) for teacher in teachers], axis=0)
    entropy = -(mean * np.log(mean)).sum(axis=1).mean()
    assert distillation_loss(teachers, images, np.log(mean)) == pytest.approx(entropy, abs=1e-4)
    for teacher in teachers:
        assert distillation_loss(teachers, images, np.asarray(teacher(images))) > entropy


def test_teachers_are_frozen_and_not_called_outside_of_training():
    layer = Distillation(random_teachers(1))
    layer(noise(2), np.zeros((2, 10), np.float32), training=False)
    assert layer.losses == []
    assert layer.trainable_variables == []


def test_training_loss_is_that_of_labels_plus_that_of_teachers_on_the_same_augmented_images():
    experiment = replace(TINY, augmentation=Augmentation(rotation=20, translation=0.2))
    teachers, images, labels = random_teachers(2), noise(8), np.arange(8)
    model, training_model = build_training_model(experiment, teachers, images=8, seed=3)
    augmented = np.asarray(build_augmentation(experiment.augmentation, 3)(images, training=True))
    logits = np.asarray(model(augmented))
    expected = float(CrossEntropy()(labels, logits)) + distillation_loss(teachers, augmented, logits)
    assert training_model.train_on_batch(images, labels)[0] == pytest.approx(expected, rel=1e-4)


def test_student_learns_from_its_teacher(tmp_path, dataset, finished_run):
    """The labels are shuffled, so the student can learn only from the teacher."""
    teacher = shutil.copytree(finished_run, tmp_path / "teacher")
    shuffled = replace(dataset, y_train=np.random.default_rng(0).permutation(dataset.y_train))
    write_config(teacher, read_config(teacher).model_copy(update={"dataset_sha256": shuffled.sha256}))
    student = train(replace(TINY, epochs=10, teachers=("teacher",)), shuffled, tmp_path / "student", verbose=0)
    model = load_model(student)
    assert model.count_params() == build_model(TINY).count_params()
    predictions = model.predict(as_input(dataset.x_val), verbose=0).argmax(axis=1)
    assert (predictions == dataset.y_val).mean() > 0.5  # chance is 0.1
    assert (teacher / "model.keras").read_bytes() == (finished_run / "model.keras").read_bytes()


@pytest.mark.parametrize(
    ("name", "message"),
    [("production-seed3-0123abcd", "nox -s train -- --preset production --seed 3"), ("mine", r"train it first\.$")],
)
def test_error_for_a_missing_teacher_names_the_remedy(tmp_path, dataset, name, message):
    with pytest.raises(DataError, match=message):
        load_teachers(tmp_path, (name,), dataset, "float32")


def test_teacher_of_another_split_is_rejected(tmp_path, dataset, finished_run):
    """The teacher may have been trained on validation images of the student."""
    student = replace(TINY, name="student", teachers=(finished_run.name,))
    run = finished_run.parent / "student-of-another-split"
    swapped = replace(dataset, x_train=dataset.x_train[::-1], y_train=dataset.y_train[::-1])  # of the same size
    for other in (replace(dataset, split="writers"), swapped):
        with pytest.raises(DataError, match="another split"):
            train(student, other, run, verbose=0)
    assert not run.exists()


def test_teachers_compute_in_the_precision_of_the_student(dataset, finished_run):
    (teacher,) = load_teachers(finished_run.parent, (finished_run.name,), dataset, "mixed_bfloat16")
    assert teacher.get_layer("dense").compute_dtype == "bfloat16"
    for loaded, saved in zip(teacher.get_weights(), load_model(finished_run).get_weights(), strict=True):
        np.testing.assert_array_equal(loaded, saved)


def test_student_starts_with_the_weights_of_the_teacher_of_its_seed():
    experiment, teachers = replace(TINY, teachers=("a", "b"), init_from_teacher=True), random_teachers(2)
    for seed, teacher in enumerate(teachers):
        # The last seed differs from the experiment's after a resume.
        model, _ = build_training_model(replace(experiment, seed=seed), teachers, images=8, seed=99)
        for weights, expected in zip(model.get_weights(), teacher.get_weights(), strict=True):
            np.testing.assert_array_equal(weights, expected)


def test_seed_without_a_teacher_is_rejected(tmp_path, dataset):
    student = replace(TINY, name="student", teachers=("a", "b"), init_from_teacher=True, seed=2)
    with pytest.raises(DataError, match="a seed from 0 to 1"):
        train(student, dataset, tmp_path / "student", verbose=0)
    assert not (tmp_path / "student").exists()
