import json
import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from ml.ink import preprocess
from tests.golden import make


def test_golden_vectors_are_up_to_date():
    assert json.loads(make.PATH.read_text()) == make.make(), "run: python -m tests.golden.make"


@pytest.mark.parametrize("name", [n for n in make.stroke_cases() if "nothing" not in n and "empty" not in n])
def test_ink_fills_the_box_and_is_centred_by_mass(name):
    image = preprocess.from_strokes(make.stroke_cases()[name]).astype(float)
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    extent = max(np.ptp(rows), np.ptp(columns)) + 1
    assert extent in (19, 20)  # 19 if the ink of the outermost cells rounds to 0
    assert image.max() == 255
    mass = image.sum()
    for axis, place in ((1, np.arange(28)), (0, np.arange(28))):
        assert 13.4 < (image.sum(axis=axis) @ place) / mass <= 14.6


def test_image_is_independent_of_position_and_size():
    strokes = make.stroke_cases()["a crossed seven"]
    moved = [[[3.5 * x - 70, 3.5 * y + 900] for x, y in stroke] for stroke in strokes]
    difference = preprocess.from_strokes(strokes).astype(int) - preprocess.from_strokes(moved)
    assert np.abs(difference).max() <= 1


def test_thicker_pen_draws_more_ink():
    strokes = make.stroke_cases()["a five with its bar apart"]
    ink = [preprocess.from_strokes(strokes, pen).sum() for pen in (1.5, 2.5, 3.5)]
    assert ink[0] < ink[1] < ink[2]


def test_one_pixel_of_ink_fills_the_box():
    image = preprocess.normalize(np.pad(np.ones((1, 1)), 5))
    assert (image == 255).sum() == 400


def test_area_resampling_averages():
    # Stripes of one pixel in 40 × 40 average to an even grey, which is then scaled to 255.
    stripes = np.tile([[0.2, 0.8]], (40, 20))
    stripes[0, :] = stripes[-1, :] = 0.5
    image = preprocess.normalize(stripes)
    assert set(np.unique(image)) == {0, 255}


def test_ink_heavy_on_one_side_is_not_cut_off():
    ink = np.full((40, 40), 0.02)
    ink[:, :4] = 1
    for turns, rows, columns in ((0, 5, 8), (1, 0, 5), (2, 5, 0), (3, 8, 5)):
        image = preprocess.normalize(np.rot90(ink, turns))
        assert np.flatnonzero(image.any(axis=1)).tolist() == list(range(rows, rows + 20))
        assert np.flatnonzero(image.any(axis=0)).tolist() == list(range(columns, columns + 20))


@pytest.mark.parametrize("nothing", [[], [[]], [[], []]])
def test_no_ink_gives_a_blank_image(nothing):
    image = preprocess.from_strokes(nothing)
    assert image.shape == (28, 28)
    assert not image.any()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: preprocess.from_strokes([[(0, float("nan"))]]),
            "a stroke has a coordinate that is not a finite number",
        ),
        (
            lambda: preprocess.from_strokes([[(0, 0), (5e-324, 0)]]),
            "the strokes are 4.94066e-324 long, which is too small or too large to be scaled",
        ),
        (
            lambda: preprocess.from_strokes([[(-1e308, 0), (1e308, 0)]]),
            "the strokes are inf long, which is too small or too large to be scaled",
        ),
        (lambda: preprocess.normalize(np.ones(5)), "ink must be (height, width), not (5,)"),
        (lambda: preprocess.normalize([[1.0, -1e-9]]), "ink must be finite and not negative"),
        (lambda: preprocess.normalize([[1.0, float("nan")]]), "ink must be finite and not negative"),
        (lambda: preprocess.normalize([[1.0, float("inf")]]), "ink must be finite and not negative"),
        (lambda: preprocess.from_strokes([[(0, 0)]], 0), "pen must be above 0 and below 20 pixels, not 0"),
        (lambda: preprocess.from_strokes([[(0, 0)]], 20), "pen must be above 0 and below 20 pixels, not 20"),
        (lambda: preprocess.from_strokes([], float("nan")), "pen must be above 0 and below 20 pixels, not nan"),
    ],
)
def test_invalid_input_is_rejected(call, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        call()


COORDINATES = st.integers(-(10**6), 10**6).map(lambda n: n / 100)
POINTS = st.tuples(COORDINATES, COORDINATES)
STROKES = st.lists(st.lists(POINTS, max_size=6), max_size=4)


@settings(max_examples=50)
@given(STROKES)
def test_image_of_any_drawing_has_full_ink_inside_the_box(strokes):
    image = preprocess.from_strokes(strokes)
    assert image.shape == (28, 28)
    assert image.dtype == np.uint8
    if any(strokes):
        assert image.max() == 255
        rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
        assert max(np.ptp(rows), np.ptp(columns)) < preprocess.BOX
    else:
        assert not image.any()


@settings(max_examples=50)
@given(STROKES)
def test_image_is_independent_of_stroke_direction_and_order(strokes):
    reversed_strokes = [stroke[::-1] for stroke in strokes[::-1]]
    difference = preprocess.from_strokes(strokes).astype(int) - preprocess.from_strokes(reversed_strokes)
    assert np.abs(difference).max() <= 1


@settings(max_examples=50)
@given(arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=40)), st.integers(0, 9), st.integers(0, 9))
def test_image_is_independent_of_background_around_the_ink(ink, before, after):
    framed = np.pad(ink, ((before, after), (after, before)))
    assert (preprocess.normalize(framed) == preprocess.normalize(ink)).all()


@settings(max_examples=50)
@given(arrays(np.uint8, (20, 20), elements=st.integers(0, 255)))
def test_ink_of_20_pixels_is_only_moved(ink):
    ink[0, :] = ink[:, 0] = ink[-1, :] = ink[:, -1] = 255
    image = preprocess.normalize(ink)
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    assert (image[rows[0] : rows[0] + 20, columns[0] : columns[0] + 20] == ink).all()


@pytest.mark.parametrize("pen", [1e-9, 19.99])
def test_widest_and_narrowest_pens_draw_ink(pen):
    assert preprocess.from_strokes([[(0, 0), (5, 9)]], pen).any()


def test_dot_is_a_disc_with_a_margin_of_one_pixel():
    ink, radius = preprocess.draw([[(3, 4)]]), preprocess.DETAIL * preprocess.PEN / 2
    assert ink.sum() == pytest.approx(math.pi * radius**2, rel=0.01)
    for axis in (0, 1):
        centre = ink.sum(axis=axis) @ (np.arange(len(ink)) + 0.5) / ink.sum()
        assert centre == pytest.approx(radius + 1, abs=0.02)


def test_long_side_of_the_ink_is_160_raster_pixels():
    pen = preprocess.DETAIL * preprocess.PEN
    assert preprocess.draw([[(0, 0), (50, 0)]]).shape == (math.ceil(pen) + 2, 160 + 2)  # a margin of one pixel
    assert preprocess.draw([[(0, 0), (0, 0.1)]]).shape == (160 + 2, math.ceil(pen) + 2)
    assert preprocess.draw([[(7, 7)]]).shape == (math.ceil(pen) + 2, math.ceil(pen) + 2)
    assert preprocess.draw([[], []]).shape == (0, 0)


def test_extra_points_on_a_line_do_not_change_it():
    # 0.2 raster pixels apart
    dense = np.column_stack([np.linspace(0, 30, 801), np.linspace(0, 40, 801)])
    assert preprocess.draw([dense]) == pytest.approx(preprocess.draw([dense[[0, -1]]]), abs=1e-9)


def test_coordinates_of_any_type_are_computed_in_float64():
    points = np.random.default_rng(0).uniform(-100, 100, (20, 2))
    for kind in (np.float32, np.int8):
        values = points.astype(kind)
        assert (preprocess.draw([values]) == preprocess.draw([values.astype(np.float64)])).all()
