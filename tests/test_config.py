import dataclasses
import json

from ml.config import GATES, PRESETS, Experiment


def test_an_experiment_survives_its_json():
    for experiment in PRESETS.values():
        assert Experiment.from_dict(json.loads(json.dumps(experiment.to_dict()))) == experiment


def test_run_name_tells_experiments_apart():
    quick = PRESETS["quick"]
    changed = dataclasses.replace(quick, augmentation=dataclasses.replace(quick.augmentation, zoom=0.5))
    assert changed.run_name != quick.run_name
    assert dataclasses.replace(quick).run_name == quick.run_name


def test_presets_are_filed_under_their_names():
    assert all(name == experiment.name for name, experiment in PRESETS.items())
    assert {"baseline", "quick"} <= set(PRESETS)


def test_every_gate_is_a_presets():
    assert set(GATES) <= set(PRESETS)


def test_each_arm_of_the_ablation_differs_from_the_whole_in_what_its_name_says():
    whole = PRESETS["ablation"]
    arms = {name: preset for name, preset in PRESETS.items() if name.startswith("ablation-no-")}
    assert len(arms) >= 10
    for name, arm in arms.items():
        same = {**arm.to_dict(), "name": "ablation"}
        differing = {key for key, value in whole.to_dict().items() if same[key] != value}
        ingredient = name.removeprefix("ablation-no-").replace("-", "_")
        wanted = {"cosine": {"schedule", "learning_rate"}}.get(ingredient)
        wanted = wanted or ({ingredient} if ingredient in whole.to_dict() else {"augmentation"})
        assert differing == wanted, name
