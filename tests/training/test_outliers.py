import numpy as np

from ml.ink.preprocess import from_strokes
from ml.training.outliers import make_outliers

KINDS = 9  # in repeating order; the constants below are their positions
PAIR, BLOT, ROTATED, PART = 5, 6, 7, 8


def digits():
    bar, ring = from_strokes([[(0, 0), (8, 0), (3, 20)]]), from_strokes([[(5, 0), (0, 5), (5, 10), (10, 5), (5, 0)]])
    return np.stack([bar, ring] * 10), np.array([7, 0] * 10)


def test_outliers_are_distinct_and_centred():
    images, labels = digits()
    made = make_outliers(images, labels, 20 * KINDS, seed=0)
    assert made.shape == (20 * KINDS, 28, 28)
    assert made.dtype == np.uint8
    # Those made from digits repeat, because there are two digits here.
    drawn = [image for i, image in enumerate(made) if i % KINDS not in (PAIR, ROTATED, PART)]
    assert len({image.tobytes() for image in drawn}) == len(drawn)
    assert (made.max(axis=(1, 2)) > 200).all()
    mass = made.sum(axis=(1, 2))
    centre = np.array([made.sum(axis=2) @ np.arange(28), made.sum(axis=1) @ np.arange(28)]) / mass
    assert (np.abs(centre - 13.5) < 2.5).all()


def test_rotated_digits_are_not_digits():
    images, labels = digits()
    rotated = make_outliers(images, labels, 10 * KINDS, seed=0)[ROTATED::KINDS]
    seven = images[0]
    assert all((image == np.rot90(seven)).all() or (image == np.rot90(seven, 3)).all() for image in rotated)


def test_pair_of_digits_is_wider_than_one_digit():
    images, labels = digits()
    pairs = make_outliers(images, labels, 10 * KINDS, seed=0)[PAIR::KINDS]

    def proportion(image):
        return np.ptp(np.flatnonzero(image.any(axis=0))) / np.ptp(np.flatnonzero(image.any(axis=1)))

    assert np.mean([proportion(image) for image in pairs]) > 1.4 * np.mean([proportion(image) for image in images])


def test_blot_is_filled_like_the_dot_of_a_tap():
    images, labels = digits()
    dot = from_strokes([[(5, 5)]]) > 128
    for blot in make_outliers(images, labels, 20 * KINDS, seed=0)[BLOT::KINDS]:
        rows, columns = np.flatnonzero(blot.any(axis=1)), np.flatnonzero(blot.any(axis=0))
        boxed = blot[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        assert (boxed > 128).mean() > 0.5
        assert ((blot > 128) & dot).sum() > 0.6 * dot.sum()


def test_part_of_a_ring_is_not_closed():
    images, labels = digits()
    for part in make_outliers(images, labels, 10 * KINDS, seed=0)[PART::KINDS]:
        columns = (part > 128).any(axis=0)
        middle = part[:, np.flatnonzero(columns)[0] : np.flatnonzero(columns)[-1] + 1]
        # A column in the middle of the ring would cross the ink twice.
        column = np.flatnonzero(middle[:, middle.shape[1] // 2] > 128)
        assert (np.diff(column) == 1).all()


def test_same_seed_makes_the_same_outliers():
    images, labels = digits()
    first, second, other = (make_outliers(images, labels, 28, seed=seed) for seed in (4, 4, 5))
    assert (first == second).all()
    assert not (first == other).all()


def test_eights_are_neither_rotated_nor_cut():
    images, labels = digits()
    eights = np.full_like(labels, 8)
    made = make_outliers(images, eights, 14, seed=0)
    assert made.shape == (14, 28, 28)
    assert not any((image == np.rot90(digit, turn)).all() for image in made for digit in images[:2] for turn in (1, 3))


def test_zero_outliers_are_an_empty_array():
    assert make_outliers(*digits(), 0, seed=4).shape == (0, 28, 28)
