import keras
import numpy as np
import pytest
from scipy.ndimage import maximum_filter, minimum_filter

from ml.config import Augmentation
from ml.ink.preprocess import from_strokes
from ml.training.augment import WIDE_RANGE, _sample, build_augmentation
from tests.golden import make

ALL = Augmentation(
    rotation=10,
    translation=0.05,
    zoom=0.12,
    shear=0.2,
    wide_range_probability=0.1,
    elastic=0.6,
    thickness=0.25,
    outline=0.1,
    photo_effects=0.3,
)
SEPARATE = Augmentation(rotation=10, translation=0.08, zoom=0.1, separate_layers=True)


def digit(n: int = 16) -> np.ndarray:
    image = from_strokes(make.stroke_cases()["a crossed seven"])
    return np.repeat(image[None, ..., None].astype(np.float32), n, axis=0)


def square(n: int, side: int) -> np.ndarray:
    images = np.zeros((n, 28, 28, 1), np.float32)
    images[:, 14 - side // 2 : 14 + side // 2, 14 - side // 2 : 14 + side // 2] = 255
    return images


def transform(images: np.ndarray, ranges: Augmentation, seed: int = 2) -> np.ndarray:
    return np.asarray(build_augmentation(ranges, seed)(images, training=True))


@pytest.mark.parametrize("ranges", [ALL, SEPARATE])
def test_images_are_transformed_anew_in_training_only(ranges):
    augmentation, x = build_augmentation(ranges, seed=1), digit()
    first, second = (np.asarray(augmentation(x, training=True)) for _ in range(2))
    assert first.shape == x.shape
    assert not np.allclose(first, second)
    assert len({image.tobytes() for image in first}) == len(x)
    assert (np.asarray(augmentation(x, training=False)) == x).all()


@pytest.mark.parametrize("ranges", [ALL, SEPARATE])
def test_seed_determines_the_transformations(ranges):
    first, second, other = (transform(digit(), ranges, seed) for seed in (5, 5, 6))
    assert (first == second).all()
    assert not np.allclose(first, other)


def test_augmentation_without_ranges_changes_nothing():
    assert (transform(digit(), Augmentation()) == digit()).all()


def test_augmentation_has_no_trainable_weights():
    assert build_augmentation(ALL, seed=0).trainable_variables == []


@pytest.mark.parametrize("separate", [True, False])
def test_uncovered_pixels_are_background(separate):
    ink = np.full((64, 28, 28, 1), 255, np.float32)
    moved = transform(ink, Augmentation(translation=0.5, separate_layers=separate))
    assert moved.min() == 0
    assert moved.max() <= 255
    # Reflection or wrapping would keep the sum.
    assert (moved.sum(axis=(1, 2, 3)) < ink[0].sum() * 0.99).mean() > 0.8


def moments(images: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return centre of mass and covariance of the ink: y, x, yy, xx, yx."""
    images = images[..., 0]
    y, x = np.mgrid[0:28, 0:28]
    mass = images.sum(axis=(1, 2))
    cy, cx = (images * y).sum(axis=(1, 2)) / mass, (images * x).sum(axis=(1, 2)) / mass
    dy, dx = y - cy[:, None, None], x - cx[:, None, None]
    yy, xx, yx = ((images * product).sum(axis=(1, 2)) / mass for product in (dy * dy, dx * dx, dy * dx))
    return cy, cx, yy, xx, yx


BAR = np.zeros((28, 28, 1), np.float32)
BAR[6:22, 12:16] = 255


def measure(name: str, ranges: Augmentation, n: int = 500) -> list[np.ndarray]:
    """Return the random values of a transformation for n images, in the unit of its range; two arrays for two axes."""
    images = (
        np.repeat(BAR[None], n, axis=0) if name in ("rotation", "shear") else square(n, 16 if name == "zoom" else 10)
    )
    _, _, yy0, xx0, _ = moments(images[:1])
    cy, cx, yy, xx, yx = moments(transform(images, ranges))
    if name == "rotation":
        return [np.degrees(np.arctan2(2 * yx, yy - xx) / 2)]
    if name == "shear":
        return [yx / yy]
    if name == "zoom":
        return [np.sqrt(yy0 / yy) - 1, np.sqrt(xx0 / xx) - 1]
    return [(cy - 13.5) / 28, (cx - 13.5) / 28]


LIMITS = {"rotation": 20.0, "shear": 0.3, "zoom": 0.2, "translation": 0.15}


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize("separate", [True, False])
def test_values_are_uniform_in_the_range_and_its_unit(name, separate):
    limit = LIMITS[name]
    values = measure(name, Augmentation(**{name: limit}, separate_layers=separate))
    for value in values:
        assert value.std() == pytest.approx(limit / np.sqrt(3), rel=0.1)
        assert abs(value.mean()) < limit * 0.15
        assert np.abs(value).max() < limit * 1.1
    if len(values) == 2:  # the axes are independent
        assert abs(np.corrcoef(*values)[0, 1]) < 0.15


@pytest.mark.parametrize("name", LIMITS)
def test_transformation_does_not_change_other_properties(name):
    ranges = Augmentation(**{name: LIMITS[name]})
    for other in (
        set(LIMITS)
        - {name, "zoom"}
        - ({"rotation"} if name == "shear" else set())
        - ({"shear"} if name == "rotation" else set())
    ):
        for value in measure(other, ranges, n=100):
            assert np.abs(value).max() < LIMITS[other] * 0.06, other


@pytest.mark.parametrize("name", LIMITS)
def test_wide_ranges_apply_to_each_geometric_transformation(name):
    limit = LIMITS[name] / WIDE_RANGE
    for value in measure(name, Augmentation(**{name: limit}, wide_range_probability=1.0)):
        assert value.std() == pytest.approx(LIMITS[name] / np.sqrt(3), rel=0.1)


def test_wide_ranges_apply_with_their_probability():
    limit = 0.08
    for value in measure("translation", Augmentation(translation=limit, wide_range_probability=0.3)):
        # 1 - 1 / 2.5 of the widened values lie outside of the normal range.
        assert (np.abs(value) > limit).mean() == pytest.approx(0.3 * 0.6, abs=0.06)


@pytest.mark.parametrize("pixels", [0.5, 1.0])
def test_elastic_displacement_has_its_standard_deviation_and_is_smooth(pixels):
    line = np.zeros((200, 28, 28, 1), np.float32)
    line[:, 2:26, 13:15] = 255
    images = transform(line, Augmentation(elastic=pixels))[..., 0]
    centre = (images @ np.arange(28) / np.maximum(images.sum(axis=2), 1))[:, 6:22]
    assert centre.std() == pytest.approx(pixels, rel=0.2)
    assert np.abs(np.diff(centre, axis=1)).mean() < centre.std() / 2
    rows = (images.sum(axis=2) * np.arange(28)).sum(axis=1) / images.sum(axis=(1, 2))
    assert rows.std() > pixels / 10  # vertical, too


def test_sampling_equals_map_coordinates_of_keras():
    rng = np.random.default_rng(0)
    images = rng.uniform(0, 255, (4, 28, 28, 1)).astype(np.float32)
    y, x = (np.mgrid[0:28, 0:28][:, None] + rng.normal(0, 6, (2, 4, 28, 28))).astype(np.float32)
    for image, rows, columns, sampled in zip(images, y, x, np.asarray(_sample(images, y, x)), strict=True):
        expected = keras.ops.image.map_coordinates(
            image[..., 0], np.stack([rows, columns]), order=1, fill_mode="constant", fill_value=0.0
        )
        np.testing.assert_allclose(sampled[..., 0], expected, atol=0.01)


def test_thickness_is_the_share_of_dilation_and_half_of_it_of_erosion():
    x = square(300, 10)
    y = transform(x, Augmentation(thickness=0.5))
    dilated, eroded = (filtered(x, size=(1, 3, 3, 1)) for filtered in (maximum_filter, minimum_filter))
    thicker, thinner = (y - x).max(axis=(1, 2, 3)) / 255, (x - y).max(axis=(1, 2, 3)) / 255
    assert thicker.max() == pytest.approx(0.5, abs=0.02)
    assert thinner.max() == pytest.approx(0.25, abs=0.01)
    assert (thicker > 0).mean() == pytest.approx(2 / 3, abs=0.1)
    assert ((y <= dilated) & (y >= eroded)).all()


def test_outline_is_hollow():
    outline = transform(square(4, 12), Augmentation(outline=1.0))
    assert outline[:, 12:16, 12:16].max() == 0
    assert outline[:, 8, 10:18].min() == 255


def test_outline_has_its_probability():
    hollow = transform(square(400, 12), Augmentation(outline=0.3))[:, 14, 14, 0] == 0
    assert hollow.mean() == pytest.approx(0.3, abs=0.08)


def test_photo_effects_change_their_share_of_the_images():
    x = digit(400)
    y = transform(x, Augmentation(photo_effects=0.25))
    same = np.isclose(y, x, atol=1e-3).all(axis=(1, 2, 3))
    assert same[100:].all()
    # Each of four effects is applied with a probability of 0.4.
    assert same[:100].mean() == pytest.approx(0.6**4, abs=0.1)
    assert y.min() >= 0
    assert y.max() <= 255
    assert y[:100][~same[:100]].mean(axis=(1, 2, 3)).std() > 5


@pytest.mark.parametrize("n", [1, 5, 9])
def test_incomplete_batches_are_accepted(n):
    assert transform(digit(n), ALL).shape == (n, 28, 28, 1)
