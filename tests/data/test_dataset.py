import dataclasses
import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.data.dataset import VALIDATION_FOLDS, Dataset, arrays_sha256, as_input, split_off_validation


def numbered(n: int) -> np.ndarray:
    """(n, 28, 28) images; the first two pixels are the index."""
    images = np.zeros((n, 28, 28), np.uint8)
    images[:, 0, 0], images[:, 0, 1] = np.arange(n) // 256, np.arange(n) % 256
    return images


def indices(images: np.ndarray) -> np.ndarray:
    return images[:, 0, 0].astype(int) * 256 + images[:, 0, 1]


def split(labels: np.ndarray, writers: np.ndarray | None = None) -> Dataset:
    return split_off_validation("x", numbered(len(labels)), labels, numbered(3), labels[:3], writers=writers)


@settings(max_examples=20)
@given(st.integers(13, 40), st.booleans(), st.randoms(use_true_random=False))
def test_split_parts_share_no_image_and_no_writer(per_label, by_writer, random):
    labels = np.repeat(np.arange(10), per_label)
    writers = None
    if by_writer:  # the split needs at least one writer for each fold
        writers = np.array([*range(VALIDATION_FOLDS), *(random.randrange(30) for _ in labels[VALIDATION_FOLDS:])])
    found = split(labels, writers)
    train, val = indices(found.x_train), indices(found.x_val)
    assert sorted([*train, *val]) == list(range(len(labels)))
    assert (found.y_train == labels[train]).all()
    assert (found.y_val == labels[val]).all()
    assert (np.diff(train) > 0).all()
    if writers is not None:
        assert not set(writers[train]) & set(writers[val])


def test_validation_part_has_one_twelfth_of_each_label():
    found = split(np.repeat(np.arange(10), 24))
    assert (found.split, np.bincount(found.y_val).tolist()) == ("stratified", [2] * 10)


def test_validation_part_has_one_twelfth_of_the_writers():
    labels = np.tile(np.arange(10), 24)
    found = split(labels, np.repeat(np.arange(24), 10))
    assert (found.split, len(found.y_val)) == ("writers", 20)


def test_split_is_random_and_reproducible():
    labels = np.repeat(np.arange(10), 24)
    first, second = split(labels), split(labels)
    assert (first.x_val == second.x_val).all()
    assert indices(first.x_val)[:4].tolist() == [5, 20, 34, 38]


def test_split_keeps_the_name_and_the_test_images():
    found = split(np.repeat(np.arange(10), 24))
    assert found.name == "x"
    assert (found.x_test == numbered(3)).all()
    assert found.y_test.tolist() == [0, 0, 0]


@pytest.mark.parametrize(("name", "fallback"), [("sklearn-digits", True), ("mnist", False)])
def test_describe_counts_images_and_detects_fallback_data(name, fallback):
    images, labels = numbered(4), np.arange(4)
    dataset = Dataset(name, images, labels, images[:2], labels[:2], images[:1], labels[:1], "writers")
    assert dataset.describe().to_json() == {
        "name": name,
        "train": 4,
        "validation": 2,
        "test": 1,
        "split": "writers",
        "fallback": fallback,
    }


def test_sha256_identifies_the_images_labels_and_split():
    images, labels = numbered(6), np.arange(6)

    def dataset(order, **changes):
        train, val = np.array(order[:4]), np.array(order[4:])
        x, y = images[train], labels[train]
        made = Dataset("x", x, y, images[val], labels[val], images[:1], labels[:1], "writers")
        return dataclasses.replace(made, **changes)

    first = dataset([0, 1, 2, 3, 4, 5])
    assert first.sha256 == dataset([0, 1, 2, 3, 4, 5]).sha256
    for other in (
        dataset([0, 1, 2, 4, 3, 5]),  # another split of the same size
        dataset([1, 0, 2, 3, 4, 5]),
        dataclasses.replace(first, y_test=labels[1:2]),
        dataclasses.replace(first, x_test=images[1:2]),
    ):
        assert other.describe() == first.describe()
        assert other.sha256 != first.sha256


def test_sha256_is_that_of_shape_and_values_on_every_platform():
    """Images have one byte for each pixel, and labels eight, little-endian, whatever their type in memory is."""
    images, labels = np.array([[0, 255]], np.uint8), np.array([1, 300])
    expected = hashlib.sha256(b"(1, 2)" + bytes([0, 255]) + b"(2,)" + bytes([1, *[0] * 7, 44, 1, *[0] * 6])).hexdigest()
    for label_type in ("<i8", ">i8", "<i4"):
        assert arrays_sha256(images, labels.astype(label_type)) == expected


def test_as_input_keeps_the_pixel_values():
    images = np.arange(2 * 784, dtype=np.uint64).reshape(2, 28, 28).astype(np.uint8)
    given_to_network = as_input(images)
    assert (given_to_network.shape, given_to_network.dtype) == ((2, 28, 28, 1), np.float32)
    assert (given_to_network[..., 0] == images).all()
