"""A figure of training images: original digits, and the effect of each random transformation and of all."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from ml.config import Augmentation, Experiment
from ml.data.dataset import Dataset, Images, as_input
from ml.evaluation import plots
from ml.training.augment import build_augmentation
from ml.training.outliers import make_outliers
from ml.training.writing_variants import draw_variants, draw_wide_variants

# These change a share of the images in training, but every image of their row in the figure.
PROBABILITIES = ("outline", "photo_effects")
# These only modify other transformations and have no row.
MODIFIERS = ("wide_range_probability", "separate_layers")


def draw_gallery(experiment: Experiment, dataset: Dataset, path: Path, seed: int = 0) -> list[tuple[str, Images]]:
    """Draw one row for each transformation of a recipe.

    Args:
        experiment: The recipe.
        dataset: Gives one training image of each digit.
        path: The PNG file to write.
        seed: Chooses the digits, and is the seed of the transformations.

    Returns:
        The rows from top to bottom: caption, (10, 28, 28) images. The first row and the transformed ones show the
        digits 0 to 9; writing variants and outliers show their own images.
    """
    digits = np.array([np.flatnonzero(dataset.y_train == digit)[seed] for digit in range(10)])
    images = dataset.x_train[digits]
    ranges = experiment.augmentation
    rows = [("original", images)]
    for field in dataclasses.fields(Augmentation):
        value = getattr(ranges, field.name)
        if value and field.name not in MODIFIERS:
            alone = Augmentation(
                separate_layers=ranges.separate_layers, **{field.name: 1.0 if field.name in PROBABILITIES else value}
            )
            name = field.name.replace("_", " ")
            caption = f"{name}, {value:.0%} of images" if field.name in PROBABILITIES else f"{name} {value:g}"
            rows.append((caption, _transform(images, alone, seed + len(rows))))
    if ranges != Augmentation():
        rows += [("all combined", _transform(images, ranges, seed + s)) for s in (100, 200)]
    some_images, some_labels = dataset.x_train[:2000], dataset.y_train[:2000]
    if experiment.writing_variants:
        variants, _ = draw_variants(some_images, some_labels, 1.0, seed=seed)
        rows.append((f"writing variants, {experiment.writing_variants:.0%} more", variants[:10]))
    if experiment.wide_writing_variants:
        variants, _ = draw_wide_variants(some_images, some_labels, 1.0, seed=seed)
        rows.append((f"wide writing variants, {experiment.wide_writing_variants:.0%} more", variants[:10]))
    if experiment.outliers:
        outliers = make_outliers(some_images, some_labels, 10, seed=seed)
        rows.append((f"outliers, {experiment.outliers:.0%} more", outliers))
    plots.save(plots.gallery(rows, f"training images of the preset {experiment.name}"), path)
    return rows


def _transform(images: Images, ranges: Augmentation, seed: int) -> Images:
    # Shuffled, because transformations of a share of the images change the first ones of a batch.
    order = np.random.default_rng(seed).permutation(len(images))
    drawn = np.asarray(build_augmentation(ranges, seed)(as_input(images[order]), training=True))
    result: Images = np.empty_like(images)
    result[order] = np.clip(np.rint(drawn[..., 0]), 0, 255)
    return result
