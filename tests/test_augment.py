import keras
import numpy as np
import pytest

from ml.augment import build_augmentation
from ml.config import PRESETS, Augmentation
from ml.preprocess import from_strokes
from tests.golden import make


def digit() -> np.ndarray:
    image = from_strokes(make.stroke_cases()["a crossed seven"])
    return np.repeat(image[None, ..., None].astype(np.float32), 16, axis=0)


MILD = [p.augmentation for p in (PRESETS["baseline"], PRESETS["quick"])]


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
    ranges = Augmentation(translation=0.5, separate=separate)
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
