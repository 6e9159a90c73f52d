import dataclasses

import keras
import numpy as np
import pytest

from ml.data.dataset import as_input
from ml.errors import DataError
from ml.presets import PRESETS
from ml.training.distill import Distillation, load_teachers
from ml.training.model import build_network, load_model
from ml.training.train import train
from tests.idx import small_dataset

SMOKE = PRESETS["smoke"]


def loss_of(student: np.ndarray, teachers: list[keras.Model], images: np.ndarray) -> float:
    layer = Distillation(teachers)
    assert (np.asarray(layer(images, student, training=True)) == student).all()
    return float(layer.losses[0])


def test_the_loss_is_least_when_the_student_believes_what_its_teachers_do_together():
    teachers = [build_network(dataclasses.replace(SMOKE, seed=seed)) for seed in range(2)]
    images = np.random.default_rng(0).uniform(0, 255, (8, 28, 28, 1)).astype(np.float32)
    beliefs = np.mean([keras.ops.softmax(teacher(images)) for teacher in teachers], axis=0)
    entropy = -(beliefs * np.log(beliefs)).sum(axis=1).mean()
    assert loss_of(np.log(beliefs), teachers, images) == pytest.approx(entropy, abs=1e-4)
    for teacher in teachers:
        assert loss_of(np.asarray(teacher(images)), teachers, images) > entropy


def test_outside_of_training_teachers_are_not_asked():
    layer = Distillation([build_network(SMOKE)])
    layer(np.zeros((2, 28, 28, 1), np.float32), np.zeros((2, 10), np.float32), training=False)
    assert layer.losses == []
    assert layer.trainable_variables == []


def test_a_student_learns_what_labels_do_not_say(tmp_path):
    """Its labels are shuffled: whatever it knows it has from its teacher."""
    dataset = small_dataset()
    taught = dataclasses.replace(SMOKE, epochs=40, patience=None, learning_rate=5e-3)
    teacher = train(taught, dataset, tmp_path / "teacher-seed0-x", verbose=0)
    before = (teacher / "model.keras").read_bytes()
    nonsense = dataclasses.replace(dataset, y_train=np.random.default_rng(0).permutation(dataset.y_train))
    accuracies = {}
    for name, teachers in (("alone", ()), ("student", ("teacher-seed0-x",))):
        run = train(dataclasses.replace(taught, name=name, teachers=teachers), nonsense, tmp_path / name, verbose=0)
        network = load_model(run)
        assert network.count_params() == 9_322
        logits = network.predict(as_input(dataset.x_val), verbose=0)
        accuracies[name] = (logits.argmax(axis=1) == dataset.y_val).mean()
    assert accuracies["student"] > accuracies["alone"] + 0.2
    assert (teacher / "model.keras").read_bytes() == before


def test_a_teacher_that_is_not_trained_is_named_with_what_to_do(tmp_path):
    with pytest.raises(DataError, match="nox -s train -- --preset production --seed 3"):
        load_teachers(tmp_path, ("production-seed3-0123abcd",), {}, "float32")
    with pytest.raises(DataError, match=r"train it first\.$"):
        load_teachers(tmp_path, ("mine",), {}, "float32")


def test_a_teacher_of_other_data_may_know_what_is_to_judge_its_student(tmp_path):
    dataset = small_dataset()
    train(SMOKE, dataset, tmp_path / "teacher", verbose=0)
    student = dataclasses.replace(SMOKE, name="student", teachers=("teacher",))
    with pytest.raises(DataError, match="another split"):
        train(student, dataclasses.replace(dataset, split="writers"), tmp_path / "student", verbose=0)
    assert not (tmp_path / "student").exists()


def test_a_student_that_continues_starts_as_the_teacher_of_its_seed(tmp_path):
    dataset = small_dataset()
    names = ("teacher-seed0-x", "teacher-seed1-x")
    for seed, name in enumerate(names):
        train(dataclasses.replace(SMOKE, seed=seed), dataset, tmp_path / name, verbose=0)
    # At a learning rate of nothing it stays what it starts as.
    student = dataclasses.replace(SMOKE, name="student", teachers=names, init_from_teacher=True, learning_rate=0.0)
    for seed, name in enumerate(names):
        run = train(dataclasses.replace(student, seed=seed), dataset, tmp_path / f"student-seed{seed}", verbose=0)
        for mine, its in zip(load_model(run).get_weights(), load_model(tmp_path / name).get_weights(), strict=True):
            np.testing.assert_array_equal(mine, its)
    with pytest.raises(DataError, match="a seed from 0 to 1"):
        train(dataclasses.replace(student, seed=2), dataset, tmp_path / "student-seed2", verbose=0)
    assert not (tmp_path / "student-seed2").exists()
