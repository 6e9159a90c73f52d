"""Experiments: every setting that determines a trained network. The named ones are in `ml.presets`."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter
from pydantic.dataclasses import dataclass

from ml.documents import Document, NonNegative, PositiveCount, Share

MAX_SEED = 2**31 - 1  # NumPy and Keras take 32 bits, and some layers use seeds a few above the experiment's

# Field → its key in config.json and manifest.json, where the two differ. Published keys do not change.
_PUBLISHED_KEYS = {
    "wide_range_probability": "tail",
    "photo_effects": "photograph",
    "separate_layers": "separate",
    "writing_variants": "habits",
    "wide_writing_variants": "wide_habits",
    "outliers": "non_digits",
    "init_from_teacher": "continues",
    "weight_dtype": "weights",
}

_CONFIG = ConfigDict(
    strict=True,
    extra="forbid",
    allow_inf_nan=False,
    alias_generator=lambda field: _PUBLISHED_KEYS.get(field, field),
    validate_by_name=True,
)

RUN_NAME = r"^[A-Za-z0-9][A-Za-z0-9._+-]*$"
RunName = Annotated[str, Field(pattern=RUN_NAME)]
Padding = Literal["valid", "same"]
Split = Literal["writers", "stratified"]


@dataclass(frozen=True, config=_CONFIG)
class Augmentation:
    """Ranges of the random transformations in training; 0 turns one off."""

    rotation: Annotated[float, Field(ge=0, le=180)] = 0.0  # degrees, in both directions
    translation: Share = 0.0  # fraction of the image's side, in both directions
    zoom: Annotated[float, Field(ge=0, lt=1)] = 0.0  # fraction, in or out; height and width are drawn independently
    shear: NonNegative = 0.0  # tangent of the slant along x, in both directions
    wide_range_probability: Share = 0.0  # probability of an image that the four ranges above are 2.5 times as wide
    elastic: NonNegative = 0.0  # standard deviation of a smooth random displacement, pixels
    thickness: Share = 0.0  # largest share of a 3×3 dilation; erosion goes up to half of it
    outline: Share = 0.0  # probability that only the outline of the ink is kept
    photo_effects: Share = 0.0  # share of images with grey background, pale ink, blur, grain, lines or patches
    separate_layers: bool = False  # Keras' layers in sequence, each resampling the image, instead of one resampling


@dataclass(frozen=True, config=_CONFIG)
class Experiment:
    """One recipe: data, network, augmentation and optimisation."""

    name: RunName
    dataset: str = "mnist"
    filters: tuple[PositiveCount, PositiveCount, PositiveCount] = (32, 64, 128)  # of both convolutions in each block
    padding: tuple[Padding, Padding, Padding] = ("same", "same", "same")
    dense: PositiveCount = 128
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0  # before the dense layer and before the output
    augmentation: Augmentation = Augmentation()
    batch_size: PositiveCount = 128
    epochs: PositiveCount = 30  # at most
    patience: PositiveCount | None = 5  # epochs without a better val_accuracy before early stopping; None: never
    learning_rate: NonNegative = 1e-3
    schedule: Literal["constant", "cosine"] = "constant"
    weight_decay: NonNegative = 0.0  # decoupled (AdamW, https://arxiv.org/abs/1711.05101), times the learning rate
    writing_variants: Share = 0.0  # share of the 0s, 1s, 7s and 9s that are added again with a drawn-in stroke
    wide_writing_variants: Share = 0.0  # share of the 1s and 9s that are added again with a wide flag or hook
    outliers: NonNegative = 0.0  # images of no digit that are added to training, as a share of the digits
    teachers: tuple[RunName, ...] = ()  # names of the teachers' run folders, next to the student's
    init_from_teacher: bool = False  # start from the weights of `teachers[seed]` instead of random ones
    precision: Literal["float32", "mixed_bfloat16"] = "float32"  # of training
    weight_dtype: Literal["float32", "uint8"] = "float32"  # of the saved network; uint8: 256 levels for each tensor
    train_limit: PositiveCount | None = None  # use only the first images of the training set
    seed: Annotated[int, Field(ge=0, le=MAX_SEED)] = 0

    def to_dict(self) -> dict[str, Any]:
        """Return the experiment as JSON values under the published keys."""
        result: dict[str, Any] = _EXPERIMENT.dump_python(self, mode="json", by_alias=True)
        return result

    @property
    def fingerprint(self) -> str:
        """Eight hex digits of a hash over all fields that differ from their defaults.

        A new field with a default changes no fingerprint.
        """
        changed = _EXPERIMENT.dump_python(self, mode="json", by_alias=True, exclude_defaults=True)
        # Not canonical_json: the names of published runs depend on these bytes, with spaces and escapes.
        canonical = json.dumps(_whole_floats_as_int(changed), sort_keys=True, allow_nan=False)
        return hashlib.sha256(canonical.encode()).hexdigest()[:8]

    @property
    def run_name(self) -> str:
        """Name of the run folder; equal experiments share one."""
        return f"{self.name}-seed{self.seed}-{self.fingerprint}"


def parse_run_name(name: str) -> tuple[str, int] | None:
    """Return the experiment's name and the seed of a run folder that `Experiment.run_name` named; None for others."""
    match = re.fullmatch(r"(.+)-seed(\d+)-[0-9a-f]{8}", name)
    return (match[1], int(match[2])) if match else None


class DatasetDescription(Document):
    """Description of a dataset in config.json and manifest.json."""

    name: str
    train: PositiveCount
    validation: PositiveCount
    test: PositiveCount
    split: Split
    fallback: bool  # whether scikit-learn's 8×8 digits replaced data that could not be downloaded

    @property
    def base(self) -> str:
        """Name of the dataset that the test images come from, such as `mnist` for `mnist+strokes`."""
        return self.name.split("+")[0]

    @property
    def has_strokes(self) -> bool:
        """Whether pen strokes were added to the training and validation images."""
        return "strokes" in self.name.split("+")[1:]


_EXPERIMENT = TypeAdapter(Experiment)


def _whole_floats_as_int(value: Any) -> Any:
    """Return JSON values with 10.0 as 10, so that equal numbers have one spelling."""
    if isinstance(value, dict):
        return {key: _whole_floats_as_int(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole_floats_as_int(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
