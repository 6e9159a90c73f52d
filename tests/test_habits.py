import numpy as np
import pytest

from ml.habits import with_habits
from ml.preprocess import from_strokes

STROKES = {
    0: [[(4, 0), (0, 5), (4, 10), (8, 5), (4, 0)]],
    1: [[(5, 0), (5, 20)]],
    3: [[(0, 0), (8, 0), (3, 8), (8, 14), (0, 20)]],
    7: [[(0, 0), (12, 0), (4, 20)]],
    9: [[(8, 4), (4, 0), (0, 4), (4, 8), (8, 4), (8, 20)]],
}


def digits(label: int, n: int = 40):
    return np.repeat(from_strokes(STROKES[label])[None], n, axis=0), np.full(n, label)


def width(images, rows):
    """Of the ink between two rows of each image, in pixels."""
    return np.array([np.ptp(image[rows].any(axis=0).nonzero()[0]) + 1 for image in images])


@pytest.mark.parametrize("label", [0, 1, 7, 9])
def test_each_copy_is_drawn_in_differently(label):
    images, labels = digits(label)
    drawn, drawn_labels = with_habits(images, labels, 1.0, seed=0)
    assert (drawn_labels == label).all()
    assert len({image.tobytes() for image in [*drawn, images[0]]}) == 41


@pytest.mark.parametrize("label", [0, 1, 7, 9])
def test_what_is_drawn_is_centred_as_mnist_is(label):
    drawn, _ = with_habits(*digits(label), 1.0, seed=0)
    for image in drawn.astype(float):
        assert image @ np.arange(28.0) @ np.ones(28) / image.sum() == pytest.approx(14, abs=0.75)
        rows, columns = image.any(axis=1).nonzero()[0], image.any(axis=0).nonzero()[0]
        assert max(np.ptp(rows), np.ptp(columns)) < 20


def test_a_seven_is_crossed_in_its_middle():
    images, labels = digits(7)
    drawn, _ = with_habits(images, labels, 1.0, seed=1)
    middle = slice(12, 16)
    assert width(drawn, middle).mean() > width(images, middle).mean() + 3


def test_a_one_gets_a_foot_or_a_flag_that_may_be_half_as_wide_as_it_is_high():
    images, labels = digits(1)
    drawn, _ = with_habits(images, labels, 1.0, seed=1)
    stem = width(images, slice(4, 24))[0]
    foot, head = width(drawn, slice(21, 25)), width(drawn, slice(4, 16))
    assert ((foot > stem + 2) | (head > stem)).all()
    assert 0.5 < (foot > stem + 2).mean() < 0.85
    assert 10 < head.max() < 17  # the pen included


def test_the_share_of_the_digits_concerned_is_copied_and_others_never():
    images, labels = (np.concatenate(parts) for parts in zip(digits(3, 500), digits(7, 500), strict=True))
    _, drawn_labels = with_habits(images, labels, 0.2, seed=0)
    assert set(drawn_labels) == {7}
    assert 70 < len(drawn_labels) < 130
    drawn, none = with_habits(images, labels, 0.0, seed=0)
    assert drawn.shape == (0, 28, 28)
    assert len(none) == 0


def test_the_same_seed_draws_the_same():
    images, labels = digits(1)
    first, second = (with_habits(images, labels, 0.5, seed=3)[0] for _ in range(2))
    assert (first == second).all()


def test_a_blank_image_does_no_harm():
    drawn, _ = with_habits(np.zeros((8, 28, 28), np.uint8), np.array([0, 1, 7, 9] * 2), 1.0, seed=0)
    assert drawn.max() == 255
