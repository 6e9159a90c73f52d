from dataclasses import replace

import numpy as np
import pytest

from ml.config import Augmentation, Experiment
from ml.data.dataset import Dataset
from ml.evaluation.augmentation_gallery import draw_gallery
from tests.data_files import small_dataset

PLAIN = Experiment(name="x")


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return small_dataset(400)


def captions(rows):
    return [caption for caption, _ in rows]


def test_each_component_has_a_row(dataset, tmp_path):
    recipe = Augmentation(rotation=10, zoom=0.1, wide_range_probability=0.1, outline=0.1, photo_effects=0.2)
    experiment = replace(PLAIN, augmentation=recipe, writing_variants=0.1, wide_writing_variants=0.2, outliers=0.5)
    rows = draw_gallery(experiment, dataset, tmp_path / "gallery.png")
    assert captions(rows) == [
        "original",
        "rotation 10",
        "zoom 0.1",
        "outline, 10% of images",
        "photo effects, 20% of images",
        "all combined",
        "all combined",
        "writing variants, 10% more",
        "wide writing variants, 20% more",
        "outliers, 50% more",
    ]
    originals = rows[0][1]
    for caption, images in rows[1:]:
        assert images.shape == (10, 28, 28)
        changed = np.abs(images.astype(int) - originals).max(axis=(1, 2)) > 30
        assert changed.mean() >= 0.6, caption  # photo effects do not change 13 % of the images
    assert (tmp_path / "gallery.png").read_bytes().startswith(b"\x89PNG")


def test_rows_show_the_digits_in_the_same_order(dataset, tmp_path):
    rows = draw_gallery(replace(PLAIN, augmentation=Augmentation(rotation=1e-3)), dataset, tmp_path / "gallery.png")
    assert np.abs(rows[1][1].astype(int) - rows[0][1]).max() <= 1


def test_recipe_without_components_has_one_row(dataset, tmp_path):
    assert captions(draw_gallery(PLAIN, dataset, tmp_path / "gallery.png")) == ["original"]
