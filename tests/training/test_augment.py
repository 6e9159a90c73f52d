import keras
import numpy as np
import pytest

from ml.config import Augmentation
from ml.ink.preprocess import from_strokes
from ml.presets import PRESETS
from ml.training.augment import build_augmentation
from tests.golden import make


def digit() -> np.ndarray:
    image = from_strokes(make.stroke_cases()["a crossed seven"])
    return np.repeat(image[None, ..., None].astype(np.float32), 16, axis=0)


MILD = [PRESETS[name].augmentation for name in ("baseline", "quick", "production")]


@pytest.mark.parametrize("ranges", MILD)
def test_each_image_and_each_call_is_transformed_anew_in_training_only(ranges):
    augmentation = build_augmentation(ranges, seed=1)
    x = digit()
    first, second = (np.asarray(augmentation(x, training=True)) for _ in range(2))
    assert first.shape == x.shape
    assert not np.allclose(first, second)
    assert len({image.tobytes() for image in first}) == len(x)
    assert (np.asarray(augmentation(x, training=False)) == x).all()


@pytest.mark.parametrize("ranges", MILD)
def test_the_same_seed_draws_the_same(ranges):
    x = digit()
    runs = [np.asarray(build_augmentation(ranges, seed=5)(x, training=True)) for _ in range(2)]
    assert (runs[0] == runs[1]).all()


@pytest.mark.parametrize("separate", [True, False])
def test_what_moves_in_from_outside_is_paper(separate):
    ranges = Augmentation(translation=0.5, separate_layers=separate)
    ink = np.full((64, 28, 28, 1), 255, np.float32)
    moved = np.asarray(build_augmentation(ranges, seed=3)(ink, training=True))
    assert moved.min() == 0
    assert moved.max() <= 255
    # Reflection or wrapping would leave the sum as it was.
    assert (moved.sum(axis=(1, 2, 3)) < ink[0].sum() * 0.99).mean() > 0.8


def test_no_range_leaves_images_as_they_are():
    x = digit()
    assert np.abs(np.asarray(build_augmentation(Augmentation(), seed=0)(x, training=True)) - x).max() < 1e-3


@pytest.mark.parametrize(
    ("ranges", "measure"),
    [
        (Augmentation(rotation=20), "slope"),
        (Augmentation(zoom=0.3), "length"),
        (Augmentation(shear=0.4), "slope"),
        (Augmentation(translation=0.2), "place"),
    ],
)
def test_each_range_does_what_its_name_says(ranges, measure):
    """A bar 3 wide and 16 high: where it lies, how long it is and how it leans."""
    bar = np.zeros((200, 28, 28, 1), np.float32)
    bar[:, 6:22, 12:15] = 255
    images = np.asarray(build_augmentation(ranges, seed=2)(bar, training=True))[..., 0]
    y, x = np.mgrid[0:28, 0:28]
    mass = images.sum(axis=(1, 2))
    cy, cx = (images * y).sum(axis=(1, 2)) / mass, (images * x).sum(axis=(1, 2)) / mass
    dy, dx = y - cy[:, None, None], x - cx[:, None, None]
    variance = (images * dy * dy).sum(axis=(1, 2)) / mass
    slope = (images * dx * dy).sum(axis=(1, 2)) / mass / variance
    spread = {
        "slope": slope.std(),
        "length": np.sqrt(variance).std() / 4.6,
        "place": np.hypot(cy - 13.5, cx - 13).std() / 28,
    }
    assert spread[measure] > (0.03 if measure == "place" else 0.1)
    for other in {"slope", "length", "place"} - {measure}:
        assert spread[other] < 0.02


def test_augmentation_holds_nothing_to_train():
    assert build_augmentation(MILD[1], seed=0).trainable_variables == []
    assert keras.backend.image_data_format() == "channels_last"


def test_elastic_displacement_bends_a_straight_line():
    line = np.zeros((64, 28, 28, 1), np.float32)
    line[:, 4:24, 13:15] = 255
    bent = np.asarray(build_augmentation(Augmentation(elastic=1.0), seed=2)(line, training=True))[..., 0]
    centre = bent @ np.arange(28) / np.maximum(bent.sum(axis=2), 1)
    # Row by row it leaves the straight line, smoothly.
    bend = centre[:, 6:22]
    assert 0.4 < bend.std() < 1.5
    assert np.abs(np.diff(bend, axis=1)).mean() < bend.std() / 2


def test_thickness_makes_lines_thicker_and_thinner():
    x = digit()
    ink = np.asarray(build_augmentation(Augmentation(thickness=0.5), seed=2)(x, training=True)).sum(axis=(1, 2, 3))
    assert ink.min() < x[0].sum() * 0.95
    assert ink.max() > x[0].sum() * 1.1


def test_an_outline_is_hollow():
    disc = np.zeros((4, 28, 28, 1), np.float32)
    disc[:, 8:20, 8:20] = 255
    outline = np.asarray(build_augmentation(Augmentation(outline=1.0), seed=2)(disc, training=True))
    assert outline[:, 12:16, 12:16].max() == 0
    assert outline[:, 8, 10:18].min() == 255


def test_only_the_share_that_is_wanted_is_photographed_and_stays_in_range():
    x = np.repeat(digit(), 8, axis=0)
    seen = np.asarray(build_augmentation(Augmentation(photo_effects=0.25), seed=2)(x, training=True))
    same = np.isclose(seen, x, atol=1e-3).all(axis=(1, 2, 3))
    assert same[32:].all()
    assert same[:32].mean() < 0.4
    assert seen.min() >= 0
    assert seen.max() <= 255
    changed = np.flatnonzero(~same)
    assert seen[changed].mean(axis=(1, 2, 3)).std() > 5  # paper, ink and grain differ from one to the other


@pytest.mark.parametrize("images", [1, 5, 9])
def test_a_last_batch_may_be_small(images):
    seen = np.asarray(build_augmentation(Augmentation(photo_effects=0.1), seed=2)(digit()[:images], training=True))
    assert seen.shape == (images, 28, 28, 1)


def test_a_tail_widens_the_ranges_of_some():
    bar = np.zeros((300, 28, 28, 1), np.float32)
    bar[:, 12:15, 12:15] = 255

    def reach(tail: float) -> float:
        ranges = Augmentation(translation=0.1, wide_range_probability=tail)
        moved = np.asarray(build_augmentation(ranges, seed=2)(bar, training=True))[..., 0]
        return float(np.abs(moved.sum(axis=1) @ np.arange(28) / moved.sum(axis=(1, 2)) - 13).max())

    assert reach(0.0) < 2.9
    assert 4 < reach(0.3) < 7.1
