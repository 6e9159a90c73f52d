import numpy as np
import pytest

from ml.ink.preprocess import from_strokes
from ml.training.writing_variants import draw_variants, draw_wide_variants

STROKES = {
    0: [[(4, 0), (0, 5), (4, 10), (8, 5), (4, 0)]],
    1: [[(5, 0), (5, 20)]],
    3: [[(0, 0), (8, 0), (3, 8), (8, 14), (0, 20)]],
    7: [[(0, 0), (12, 0), (4, 20)]],
    9: [[(8, 4), (4, 0), (0, 4), (4, 8), (8, 4), (8, 20)]],
}


def digits(label: int, n: int = 40):
    return np.repeat(from_strokes(STROKES[label])[None], n, axis=0), np.full(n, label)


@pytest.mark.parametrize("label", [0, 1, 7, 9])
def test_variants_only_add_ink(label):
    images, labels = digits(label)
    drawn, drawn_labels = draw_variants(images, labels, 1.0, seed=0)
    assert (drawn_labels == label).all()
    assert len(drawn) == 40
    assert (drawn >= images).all()
    added = (drawn.astype(int) - images).sum(axis=(1, 2)) / 255
    assert (added > 1).mean() > 0.9
    assert len({image.tobytes() for image in drawn}) == 40


def test_bar_of_a_seven_is_in_its_middle_and_foot_of_a_one_at_its_bottom():
    images, labels = digits(7)
    drawn, _ = draw_variants(images, labels, 1.0, seed=1)
    rows = (
        np.arange(28) @ (drawn.astype(int) - images).sum(axis=2).mean(axis=0) / (drawn.astype(int) - images).sum() * 40
    )
    assert 11 < rows < 17
    images, labels = digits(1)
    drawn, _ = draw_variants(images, labels, 1.0, seed=1)
    added = (drawn.astype(int) - images).sum(axis=2).mean(axis=0)
    assert added[22:].sum() > added[10:18].sum() * 3  # feet at the bottom, flags at the top


def test_zeros_are_slashed_in_both_directions():
    images, labels = digits(0)
    drawn, _ = draw_variants(images, labels, 1.0, seed=0)
    added = drawn.astype(int) - images
    rows, columns = np.mgrid[-13.5:13.5:28j, -13.5:13.5:28j]
    slopes = (added * rows * columns).sum(axis=(1, 2))
    assert 5 < (slopes > 0).sum() < 20  # backslashes
    assert (slopes < 0).sum() > 20


def test_share_determines_the_number_of_copies():
    images, labels = (np.concatenate(parts) for parts in zip(digits(3, 500), digits(7, 500), strict=True))
    _, drawn_labels = draw_variants(images, labels, 0.2, seed=0)
    assert set(drawn_labels) == {7}
    assert 70 < len(drawn_labels) < 130
    drawn, none = draw_variants(images, labels, 0.0, seed=0)
    assert drawn.shape == (0, 28, 28)
    assert len(none) == 0


def test_same_seed_draws_the_same_variants():
    images, labels = digits(1)
    first, second = (draw_variants(images, labels, 0.5, seed=3)[0] for _ in range(2))
    assert (first == second).all()


def test_empty_images_are_accepted():
    drawn, _ = draw_variants(np.zeros((8, 28, 28), np.uint8), np.array([0, 1, 7, 9] * 2), 1.0, seed=0)
    assert drawn.max() == 255


def test_wide_variants_of_ones_and_nines_are_up_to_half_as_wide_as_high():
    images, labels = (np.concatenate(parts) for parts in zip(*map(digits, STROKES), strict=True))
    drawn, drawn_labels = draw_wide_variants(images, labels, 1.0, seed=0)
    assert set(drawn_labels) == {1, 9}
    flagged = drawn[drawn_labels == 1]
    widths = [np.ptp(image[4:16].any(axis=0).nonzero()[0]) + 1 for image in flagged]
    assert len({image.tobytes() for image in flagged}) == 40
    assert min(widths) < 8
    assert 11 < max(widths) < 17  # the pen included


def test_wide_variants_are_centred():
    for label in (1, 9):
        for image in draw_wide_variants(*digits(label), 1.0, seed=0)[0].astype(float):
            assert image.sum(axis=0) @ np.arange(28) / image.sum() == pytest.approx(14, abs=0.75)
            assert max(np.ptp(axis.nonzero()[0]) for axis in (image.any(axis=0), image.any(axis=1))) < 20
