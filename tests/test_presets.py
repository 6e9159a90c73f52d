import dataclasses

import pytest

from ml.presets import PRESETS, teachers_of
from ml.release.gate import GATES

# The bundled release names its teachers by their run names.
RELEASED = {"production": "production-seed0-77c537ec", "distilled": "distilled-seed0-953a67b1"}


def test_run_names_of_released_recipes_do_not_change():
    assert {name: PRESETS[name].run_name for name in RELEASED} == RELEASED


def test_every_gate_belongs_to_a_preset():
    assert set(GATES) <= set(PRESETS)


def test_each_ablation_arm_changes_only_the_component_in_its_name():
    complete = PRESETS["ablation"].to_dict()
    expected = {
        "weight-decay": {"weight_decay"},
        "cosine": {"schedule", "learning_rate"},
        "habits": {"habits"},
        "non-digits": {"non_digits"},
        "affine": {"rotation", "translation", "zoom", "shear"},
        "tail": {"tail"},
        "elastic": {"elastic"},
        "thickness": {"thickness"},
        "outline": {"outline"},
        "photograph": {"photograph"},
    }
    arms = {name.removeprefix("ablation-no-"): p.to_dict() for name, p in PRESETS.items() if "-no-" in name}
    assert {arm: _changed(complete, values) - {"name"} for arm, values in arms.items()} == expected


def _changed(before: dict[str, object], after: dict[str, object]) -> set[str]:
    flat = [{**values, **values["augmentation"], "augmentation": None} for values in (before, after)]
    return {key for key, value in flat[0].items() if flat[1][key] != value}


@pytest.mark.parametrize("teacher", ["mine", "production-seed0-00000000", "none-seed0-00000000"])
def test_teacher_that_is_not_a_preset_is_rejected(teacher):
    with pytest.raises(ValueError, match="is not the run of a preset"):
        teachers_of(dataclasses.replace(PRESETS["quick"], teachers=(teacher,)))
