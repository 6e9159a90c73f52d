import dataclasses

import numpy as np
import pytest

from ml.config import Augmentation
from ml.evaluation.augmentation_gallery import draw_gallery
from ml.presets import PRESETS
from tests.idx import small_dataset


@pytest.fixture(scope="module")
def dataset():
    return small_dataset(1000)


def captions(rows):
    return [caption.split()[0] for caption, _ in rows]


def test_each_ingredient_has_a_row_and_all_have_one(dataset, tmp_path):
    recipe = Augmentation(rotation=10, zoom=0.1, outline=0.1)
    experiment = dataclasses.replace(PRESETS["quick"], augmentation=recipe, writing_variants=0.0, outliers=0.5)
    rows = draw_gallery(experiment, dataset, tmp_path / "gallery.png")
    assert captions(rows) == ["as", "rotation", "zoom", "outline,", "all", "all", "no"]
    originals = rows[0][1]
    for caption, images in rows[1:]:
        assert images.shape == (10, 28, 28)
        changed = np.abs(images.astype(int) - originals).max(axis=(1, 2)) > 30
        assert changed.mean() >= 0.8, caption
    assert (tmp_path / "gallery.png").read_bytes().startswith(b"\x89PNG")


def test_digits_keep_their_place(dataset, tmp_path):
    still = dataclasses.replace(PRESETS["quick"], augmentation=Augmentation(rotation=1e-3))
    rows = draw_gallery(still, dataset, tmp_path / "gallery.png")
    assert np.abs(rows[1][1].astype(int) - rows[0][1]).max() <= 1


def test_a_recipe_without_any_shows_digits_alone(dataset, tmp_path):
    assert captions(draw_gallery(PRESETS["smoke"], dataset, tmp_path / "gallery.png")) == ["as"]
