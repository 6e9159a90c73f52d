"""What training shows the network: digits as they are, under each random ingredient alone, and under all together."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from ml.config import Augmentation, Experiment
from ml.data.dataset import Dataset, Images, as_input
from ml.evaluation import plots
from ml.training.augment import build_augmentation
from ml.training.outliers import make_non_digits
from ml.training.writing_variants import with_habits, with_wide_habits

# Ingredients that only a share of the images gets; alone, they are shown on every one.
OF_A_SHARE = ("outline", "photo_effects")
# What changes nothing alone, only how others act.
MODIFIERS = ("wide_range_probability", "separate_layers")


def draw_gallery(experiment: Experiment, dataset: Dataset, path: Path, seed: int = 0) -> list[tuple[str, Images]]:
    """Draw the picture, one row an ingredient that the recipe uses.

    Returns:
        The rows from top to bottom: caption, images (10, 28, 28), the same digits 0 to 9 in each but the made ones.
    """
    digits = np.array([np.flatnonzero(dataset.y_train == digit)[seed] for digit in range(10)])
    images = dataset.x_train[digits]
    ranges = experiment.augmentation
    rows = [("as they are", images)]
    for field in dataclasses.fields(Augmentation):
        value = getattr(ranges, field.name)
        if value and field.name not in MODIFIERS:
            alone = Augmentation(
                separate_layers=ranges.separate_layers, **{field.name: 1.0 if field.name in OF_A_SHARE else value}
            )
            some = f"{field.name}, {value:.0%} of them" if field.name in OF_A_SHARE else f"{field.name} {value:g}"
            rows.append((some, _transform(images, alone, seed + len(rows))))
    if ranges != Augmentation():
        rows += [("all together", _transform(images, ranges, seed + s)) for s in (100, 200)]
    if experiment.writing_variants:
        drawn, _ = with_habits(dataset.x_train[:2000], dataset.y_train[:2000], 1.0, seed=seed)
        rows.append((f"habits, {experiment.writing_variants:.0%} more", drawn[:10]))
    if experiment.wide_writing_variants:
        drawn, _ = with_wide_habits(dataset.x_train[:2000], dataset.y_train[:2000], 1.0, seed=seed)
        rows.append((f"wide habits, {experiment.wide_writing_variants:.0%} more", drawn[:10]))
    if experiment.outliers:
        made = make_non_digits(dataset.x_train, dataset.y_train, 10, seed=seed)
        rows.append((f"no digits, {experiment.outliers:.0%} more", made))
    plots.save(plots.gallery(rows, f"what the recipe {experiment.name} shows in training"), path)
    return rows


def _transform(images: Images, ranges: Augmentation, seed: int) -> Images:
    # In random order: what only a share of a batch gets, its first images get.
    order = np.random.default_rng(seed).permutation(len(images))
    drawn = np.asarray(build_augmentation(ranges, seed)(as_input(images[order]), training=True))
    result: Images = np.empty_like(images)
    result[order] = np.clip(np.rint(drawn[..., 0]), 0, 255)
    return result
