import dataclasses
import json

import pytest
from pydantic import TypeAdapter, ValidationError

from ml.config import Augmentation, DatasetDescription, Experiment, parse_run_name

EXPERIMENT = TypeAdapter(Experiment)


def parse(values: dict[str, object]) -> Experiment:
    return EXPERIMENT.validate_json(json.dumps(values), by_alias=True, by_name=False)


def test_json_uses_the_published_keys():
    assert Experiment(name="x").to_dict() == {
        "name": "x",
        "dataset": "mnist",
        "filters": [32, 64, 128],
        "padding": ["same", "same", "same"],
        "dense": 128,
        "dropout": 0.0,
        "augmentation": {
            "rotation": 0.0,
            "translation": 0.0,
            "zoom": 0.0,
            "shear": 0.0,
            "tail": 0.0,
            "elastic": 0.0,
            "thickness": 0.0,
            "outline": 0.0,
            "photograph": 0.0,
            "separate": False,
        },
        "batch_size": 128,
        "epochs": 30,
        "patience": 5,
        "learning_rate": 0.001,
        "schedule": "constant",
        "weight_decay": 0.0,
        "habits": 0.0,
        "wide_habits": 0.0,
        "non_digits": 0.0,
        "teachers": [],
        "continues": False,
        "precision": "float32",
        "weights": "float32",
        "train_limit": None,
        "seed": 0,
    }


def test_published_keys_are_read_into_their_fields():
    read = parse(
        {
            "name": "x",
            "augmentation": {"tail": 0.1, "photograph": 0.2, "separate": True},
            "habits": 0.3,
            "wide_habits": 0.4,
            "non_digits": 0.5,
            "continues": True,
            "weights": "uint8",
        }
    )
    assert read == Experiment(
        name="x",
        augmentation=Augmentation(wide_range_probability=0.1, photo_effects=0.2, separate_layers=True),
        writing_variants=0.3,
        wide_writing_variants=0.4,
        outliers=0.5,
        init_from_teacher=True,
        weight_dtype="uint8",
    )


def test_missing_keys_take_their_defaults():
    assert parse({"name": "x", "augmentation": {"zoom": 0.1}}) == Experiment(
        name="x", augmentation=Augmentation(zoom=0.1)
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"unknown": 1},
        {"outliers": 0.1},  # the field's name in Python
        {"augmentation": {"unknown": 1}},
        {"epochs": "8"},
        {"filters": [8, 16]},
        {"padding": ["same", "same", "full"]},
        {"schedule": "linear"},
    ],
)
def test_unknown_keys_and_wrong_types_are_rejected(changes):
    with pytest.raises(ValidationError):
        parse({"name": "x", **changes})


# Field, lowest and highest valid value, and an invalid value below and above them (None: not tested).
BOUNDS = [
    ("filters", (1, 1, 1), None, (0, 1, 1), None),
    ("dense", 1, None, 0, None),
    ("dropout", 0, 0.99, -0.01, 1),
    ("batch_size", 1, None, 0, None),
    ("epochs", 1, None, 0, None),
    ("patience", 1, None, 0, None),
    ("learning_rate", 0, None, -1e-9, float("inf")),
    ("weight_decay", 0, None, -1e-9, float("inf")),
    ("writing_variants", 0, 1, -0.01, 1.01),
    ("wide_writing_variants", 0, 1, -0.01, 1.01),
    ("outliers", 0, 2, -0.01, float("nan")),
    ("train_limit", 1, None, 0, None),
    ("seed", 0, 2**31 - 1, -1, 2**31),
    ("name", "a", "Z9._-+", "-a", "a/b"),
    ("teachers", (), ("run-seed0-00000000",), ("../elsewhere",), ("",)),
    ("augmentation.rotation", 0, 180, -1, 181),
    ("augmentation.translation", 0, 1, -0.01, 1.01),
    ("augmentation.zoom", 0, 0.99, -0.01, 1),
    ("augmentation.shear", 0, 2, -0.01, float("nan")),
    ("augmentation.wide_range_probability", 0, 1, -0.01, 1.01),
    ("augmentation.elastic", 0, 9, -0.01, float("inf")),
    ("augmentation.thickness", 0, 1, -0.01, 1.01),
    ("augmentation.outline", 0, 1, -0.01, 1.01),
    ("augmentation.photo_effects", 0, 1, -0.01, 1.01),
]


def build(field: str, value: object) -> Experiment:
    if field.startswith("augmentation."):
        return Experiment(name="x", augmentation=Augmentation(**{field.removeprefix("augmentation."): value}))
    return Experiment(**{"name": "x", field: value})


@pytest.mark.parametrize(("field", "lowest", "highest", "below", "above"), BOUNDS)
def test_values_outside_their_range_are_rejected(field, lowest, highest, below, above):
    for valid in (lowest, highest):
        if valid is not None:
            build(field, valid)
    for invalid in (below, above):
        if invalid is not None:
            with pytest.raises(ValidationError):
                build(field, invalid)


def test_run_name_distinguishes_experiments():
    experiment = Experiment(name="x", augmentation=Augmentation(zoom=0.1))
    variants = [
        dataclasses.replace(experiment, epochs=7),
        dataclasses.replace(experiment, seed=1),
        dataclasses.replace(experiment, augmentation=Augmentation(zoom=0.2)),
        dataclasses.replace(experiment, augmentation=Augmentation(shear=0.1)),
    ]
    assert len({each.fingerprint for each in (experiment, *variants)}) == 5
    assert variants[1].run_name == f"x-seed1-{variants[1].fingerprint}"


def test_fingerprint_is_the_same_for_10_and_10_0():
    whole, fraction = (Experiment(name="x", augmentation=Augmentation(rotation=value)) for value in (10, 10.0))
    assert whole == fraction
    assert whole.fingerprint == fraction.fingerprint


def test_fingerprint_ignores_default_values():
    assert Experiment(name="x", epochs=30, augmentation=Augmentation(zoom=0.0)).fingerprint == "edb9eed7"


@pytest.mark.parametrize("experiment", [Experiment(name="x"), Experiment(name="a-seed1-b+c", seed=20)])
def test_run_name_is_parsed(experiment):
    assert parse_run_name(experiment.run_name) == (experiment.name, experiment.seed)


@pytest.mark.parametrize("name", ["mine", "x-seed1", "x-seed1-0123abc", "x-seedy-0123abcd", "-seed1-0123abcd"])
def test_other_names_of_runs_are_not_parsed(name):
    assert parse_run_name(name) is None


@pytest.mark.parametrize(
    ("name", "base", "has_strokes"),
    [("mnist", "mnist", False), ("mnist+strokes", "mnist", True), ("sklearn-digits", "sklearn-digits", False)],
)
def test_name_of_a_dataset_states_its_parts(name, base, has_strokes):
    dataset = DatasetDescription(name=name, train=1, validation=1, test=1, split="writers", fallback=False)
    assert (dataset.base, dataset.has_strokes) == (base, has_strokes)
