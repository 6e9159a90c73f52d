import numpy as np

from ml.ink.preprocess import from_strokes
from ml.training.outliers import make_non_digits


def digits():
    bar, ring = from_strokes([[(0, 0), (8, 0), (3, 20)]]), from_strokes([[(5, 0), (0, 5), (5, 10), (10, 5), (5, 0)]])
    return np.stack([bar, ring] * 10), np.array([7, 0] * 10)


def test_as_many_as_wanted_each_its_own_and_centred_as_mnist_is():
    images, labels = digits()
    made = make_non_digits(images, labels, 140, seed=0)
    assert made.shape == (140, 28, 28)
    assert made.dtype == np.uint8
    drawn = [
        image for i, image in enumerate(made) if i % 7 not in (4, 5)
    ]  # pairs and lying digits are made of few here
    assert len({image.tobytes() for image in drawn}) == len(drawn)
    assert (made.max(axis=(1, 2)) > 200).all()
    mass = made.sum(axis=(1, 2))
    centre = np.array([made.sum(axis=2) @ np.arange(28), made.sum(axis=1) @ np.arange(28)]) / mass
    assert (np.abs(centre - 13.5) < 2.5).all()


def test_what_lies_on_its_side_was_a_digit_that_is_none_then():
    images, labels = digits()
    lying = make_non_digits(images, labels, 70, seed=0)[5::7]
    seven = images[0]
    assert all((image == np.rot90(seven)).all() or (image == np.rot90(seven, 3)).all() for image in lying)


def test_a_pair_is_wider_than_one():
    images, labels = digits()
    pairs = make_non_digits(images, labels, 70, seed=0)[4::7]

    def proportion(image):
        return np.ptp(np.flatnonzero(image.any(axis=0))) / np.ptp(np.flatnonzero(image.any(axis=1)))

    assert np.mean([proportion(image) for image in pairs]) > 1.4 * np.mean([proportion(image) for image in images])


def test_a_blot_is_filled_as_the_dot_is_that_a_tap_leaves():
    images, labels = digits()
    dot = from_strokes([[(5, 5)]]) > 128
    for blot in make_non_digits(images, labels, 140, seed=0)[6::7]:
        rows, columns = np.flatnonzero(blot.any(axis=1)), np.flatnonzero(blot.any(axis=0))
        boxed = blot[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        assert (boxed > 128).mean() > 0.5
        assert ((blot > 128) & dot).sum() > 0.6 * dot.sum()


def test_the_same_seed_makes_the_same_and_none_is_none():
    images, labels = digits()
    first, second = (make_non_digits(images, labels, 28, seed=4) for _ in range(2))
    assert (first == second).all()
    assert make_non_digits(images, labels, 0, seed=4).shape == (0, 28, 28)
