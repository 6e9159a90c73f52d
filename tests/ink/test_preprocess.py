import json

import numpy as np
import pytest

from ml.ink import preprocess
from tests.golden import make


def test_golden_vectors_are_those_of_this_code():
    assert json.loads(make.PATH.read_text()) == make.make(), "run: python -m tests.golden.make"


@pytest.mark.parametrize("name", [n for n in make.stroke_cases() if "nothing" not in n and "empty" not in n])
def test_ink_fills_the_box_and_is_centred_by_mass(name):
    image = preprocess.from_strokes(make.stroke_cases()[name]).astype(float)
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    extent = max(np.ptp(rows), np.ptp(columns)) + 1
    assert extent in (19, 20)  # 19: the outermost cells hold ink too faint for a whole level
    assert image.max() == 255
    mass = image.sum()
    for axis, place in ((1, np.arange(28)), (0, np.arange(28))):
        assert 13.4 < (image.sum(axis=axis) @ place) / mass <= 14.6


def test_position_and_size_of_the_drawing_do_not_matter():
    strokes = make.stroke_cases()["a crossed seven"]
    moved = [[[3.5 * x - 70, 3.5 * y + 900] for x, y in stroke] for stroke in strokes]
    difference = preprocess.from_strokes(strokes).astype(int) - preprocess.from_strokes(moved)
    assert np.abs(difference).max() <= 1


def test_a_thicker_pen_leaves_more_ink():
    strokes = make.stroke_cases()["a five with its bar apart"]
    ink = [preprocess.from_strokes(strokes, pen).sum() for pen in (1.5, 2.5, 3.5)]
    assert ink[0] < ink[1] < ink[2]


def test_one_pixel_of_ink_becomes_a_full_box():
    image = preprocess.normalize(np.pad(np.ones((1, 1)), 5))
    assert (image == 255).sum() == 400


def test_area_resampling_averages():
    # 40 × 40 of stripes, one pixel dark and one light, is an even grey before the maximum is scaled to 255.
    stripes = np.tile([[0.2, 0.8]], (40, 20))
    stripes[0, :] = stripes[-1, :] = 0.5
    image = preprocess.normalize(stripes)
    assert set(np.unique(image)) == {0, 255}


def test_ink_is_never_cut_off_however_lopsided():
    ink = np.full((40, 40), 0.02)
    ink[:, :4] = 1
    image = preprocess.normalize(ink)
    assert np.ptp(np.flatnonzero(image.any(axis=0))) + 1 == 20


@pytest.mark.parametrize("nothing", [[], [[]], [[], []]])
def test_no_ink_is_a_blank_image(nothing):
    image = preprocess.from_strokes(nothing)
    assert image.shape == (28, 28)
    assert not image.any()


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: preprocess.from_strokes([[(0, float("nan"))]]), "not a finite"),
        (lambda: preprocess.from_strokes([[(0, 0), (5e-324, 0)]]), "too small or too large"),
        (lambda: preprocess.from_strokes([[(-1e308, 0), (1e308, 0)]]), "too small or too large"),
        (lambda: preprocess.from_strokes([[(0, 0)]], pen=0), "pen must be"),
        (lambda: preprocess.normalize(np.ones(5)), "height, width"),
        (lambda: preprocess.normalize(-np.ones((5, 5))), "not negative"),
    ],
)
def test_bad_input_is_named(call, says):
    with pytest.raises(ValueError, match=says):
        call()
