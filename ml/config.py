"""Experiments: everything that decides what a trained network is, as frozen dataclasses, and the named presets."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from typing import Any, Literal

Padding = Literal["valid", "same"]


@dataclasses.dataclass(frozen=True)
class Augmentation:
    """Ranges of the random transformations; 0 leaves one out."""

    rotation: float = 0.0  # degrees, either way
    translation: float = 0.0  # fraction of the image's side, either way
    zoom: float = 0.0  # fraction, in or out, height and width drawn apart
    shear: float = 0.0  # tangent of the slant, either way, along x
    separate: bool = False  # Keras' layers one after the other, each resampling, instead of all at once


@dataclasses.dataclass(frozen=True)
class Experiment:
    """One recipe: data, network, augmentation, optimisation."""

    name: str
    dataset: str = "mnist"
    filters: tuple[int, int, int] = (32, 64, 128)  # of the two convolutions in each block
    padding: tuple[Padding, Padding, Padding] = ("same", "same", "same")
    dense: int = 128
    dropout: float = 0.0  # before the dense layer and before the output
    augmentation: Augmentation = Augmentation()
    batch_size: int = 128
    epochs: int = 30  # at most
    patience: int | None = 5  # epochs without a better val_accuracy before stopping; None: never stop early
    learning_rate: float = 1e-3
    schedule: Literal["constant", "cosine"] = "constant"
    train_limit: int | None = None  # use only the first so many training images
    seed: int = 0

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values."""
        result: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(self)))
        return result

    @property
    def fingerprint(self) -> str:
        """Eight hex digits that stand for every field."""
        canonical = json.dumps(self.to_dict(), sort_keys=True)
        return hashlib.sha256(canonical.encode()).hexdigest()[:8]

    @property
    def run_name(self) -> str:
        """Folder of the run: the same experiment always lands in the same one."""
        return f"{self.name}-seed{self.seed}-{self.fingerprint}"

    @staticmethod
    def from_dict(values: dict[str, Any]) -> Experiment:
        """Inverse of `to_dict`."""
        values = dict(values)
        for key in ("filters", "padding"):
            values[key] = tuple(values[key])
        return Experiment(**{**values, "augmentation": Augmentation(**values["augmentation"])})


_SEED_AUGMENTATION = Augmentation(rotation=10, translation=0.08, zoom=0.1, separate=True)

PRESETS: dict[str, Experiment] = {
    preset.name: preset
    for preset in (
        Experiment(name="baseline", augmentation=_SEED_AUGMENTATION),
        # Minutes on two cores; dropout, tried at 0.3, cost a network of this size accuracy on validation writers.
        Experiment(
            name="quick",
            filters=(24, 48, 64),
            padding=("valid", "valid", "same"),
            augmentation=Augmentation(rotation=10, translation=0.05, zoom=0.12, shear=0.2),
            epochs=10,
            patience=None,
            learning_rate=2e-3,
            schedule="cosine",
        ),
        # MNIST and real pen strokes.
        Experiment(
            name="production",
            dataset="mnist+strokes",
            filters=(32, 64, 96),
            padding=("valid", "valid", "same"),
            augmentation=Augmentation(rotation=10, translation=0.05, zoom=0.12, shear=0.2),
            epochs=16,
            patience=None,
            learning_rate=2e-3,
            schedule="cosine",
        ),
        # Not a recipe: seconds long, so that the whole chain can be tested.
        Experiment(
            name="smoke",
            filters=(8, 12, 16),
            padding=("valid", "valid", "same"),
            dense=32,
            epochs=1,
            train_limit=2_000,
        ),
    )
}
