import dataclasses

from ml.presets import PRESETS
from ml.release.gate import GATES

# Another fingerprint would no longer match finished runs, teachers and published releases.
RUN_NAMES = {
    "baseline": "d26d9f64",
    "quick": "51aacef3",
    "mnist": "89b57b6b",
    "production": "77c537ec",
    "distilled": "953a67b1",
    "experiment-1": "3f2673ec",
    "experiment-2": "47518c2b",
    "experiment-3": "2100863e",
    "ablation": "c535820d",
    "ablation-no-weight-decay": "81694479",
    "ablation-no-cosine": "717a21e5",
    "ablation-no-habits": "7e2dd1ca",
    "ablation-no-non-digits": "c343ddc7",
    "ablation-no-affine": "6cef28a1",
    "ablation-no-tail": "28b7e172",
    "ablation-no-elastic": "8830b8c6",
    "ablation-no-thickness": "2fd698f1",
    "ablation-no-outline": "b0b164cb",
    "ablation-no-photograph": "739e9cd8",
    "ablation-plain": "91cb251b",
    "ablation-wide-habits": "29fe21e3",
    "smoke": "10f5ad2e",
}


def test_run_names_of_presets_do_not_change():
    assert {name: preset.run_name for name, preset in PRESETS.items()} == {
        name: f"{name}-seed0-{fingerprint}" for name, fingerprint in RUN_NAMES.items()
    }


def test_every_gate_belongs_to_a_preset():
    assert set(GATES) <= set(PRESETS)


def test_distilled_has_four_production_networks_as_teachers():
    production = PRESETS["production"]
    assert PRESETS["distilled"].teachers == tuple(
        dataclasses.replace(production, seed=seed).run_name for seed in range(4)
    )


def test_each_ablation_arm_changes_only_the_ingredient_in_its_name():
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
