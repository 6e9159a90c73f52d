import base64
import json
from pathlib import Path

import numpy as np
import pytest

from ml.evaluation.headline import lookup
from ml.evaluation.metrics import classification_result
from ml.evaluation.mistakes import describe_mistakes
from ml.presets import PRESETS
from ml.release import model_card, report

FACTS = {"parameters": 1000, "multiply_adds": 2_000_000, "weights": "float16", "bytes": 2000}
DATASET = {"name": "mnist", "train": 50, "validation": 5, "test": 20, "split": "writers", "fallback": False}


def make_run(folder: Path, accuracy: int = 19, seed: int = 0, **experiment: object) -> Path:
    """An evaluated run that read `accuracy` of 20 test images right."""
    folder.mkdir(parents=True)
    labels = np.arange(20) % 10
    predicted = np.where(np.arange(20) < accuracy, labels, (labels + 1) % 10)
    measured = classification_result(labels, np.eye(10)[predicted], 1).to_json()
    probabilities = np.eye(10)[predicted] * 0.9 + 0.01
    mistakes = describe_mistakes("test", np.full((20, 28, 28), 7, np.uint8), labels, probabilities)
    config = {
        "experiment": {**PRESETS["quick"].to_dict(), "seed": seed, **experiment},
        "dataset": DATASET,
        "source": {"commit": "0123456789abcdef", "dirty": False},
        "keras": "3.15.1",
        "backend": "tensorflow",
    }
    metrics = {
        "validation": {"accuracy": 0.9},
        "calibration": {"temperature": 1.1, "rejection_threshold": 0.7},
        "test": measured,
    }
    for name, value in (
        ("config", config),
        ("metrics", metrics),
        ("mistakes", [mistake.to_json() for mistake in mistakes]),
    ):
        (folder / f"{name}.json").write_text(json.dumps(value))
    (folder / "history.csv").write_text("epoch,loss,accuracy,val_loss,val_accuracy\n0,1,0.5,1,0.5\n")
    (folder / "model.keras").touch()
    return folder


def test_what_it_tells_is_what_was_measured(tmp_path):
    made = report.make_report(make_run(tmp_path / "run"), FACTS)
    report.validator().validate(made)
    assert made["metrics"] == json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert made["history"] == [{"epoch": 0, "loss": 1, "accuracy": 0.5, "val_loss": 1, "val_accuracy": 0.5}]
    [mistake] = made["mistakes"]
    assert (mistake["index"], mistake["label"], mistake["predicted"]) == (19, 9, 0)
    assert mistake["confidence"] == mistake["probabilities"][0] == 0.91
    assert base64.b64decode(mistake["image"]) == bytes([7]) * 784


def test_seeds_are_of_the_same_recipe_and_data(tmp_path):
    run = make_run(tmp_path / "b", seed=2)
    make_run(tmp_path / "a", accuracy=17, seed=1)
    make_run(tmp_path / "again", accuracy=1, seed=2)  # another run of the same seed: the run itself speaks for it
    make_run(tmp_path / "other", seed=3, epochs=99)
    make_run(tmp_path / "unfinished", seed=4)
    (tmp_path / "unfinished" / "model.keras").unlink()
    (tmp_path / "latest").symlink_to("a")
    assert [(entry["seed"], entry["accuracy"]) for entry in report.seeds_of(run)] == [(1, 0.85), (2, 0.95)]
    results = "\n".join(report.make_report(run, FACTS)["card"][3]["paragraphs"])
    assert "Over 2 seeds of the same recipe (mean ± standard deviation): test accuracy 90.00 ± 7.07 %." in results


@pytest.mark.parametrize("path", ["test", "test.nothing", "nothing.at.all", "test.class_f1"])
def test_a_path_to_no_number_finds_none(path):
    assert lookup({"test": {"accuracy": 1.0, "class_f1": [1.0]}}, path) is None
    assert lookup({"test": {"accuracy": 1.0}}, "test.accuracy") == 1.0


def test_the_card_names_sources_failures_and_what_was_left_out(tmp_path):
    run = make_run(tmp_path / "run", accuracy=18)
    config = json.loads((run / "config.json").read_text())
    metrics = json.loads((run / "metrics.json").read_text())

    def card(**changes: object) -> dict[str, str]:
        made = model_card.sections(
            {**config, "dataset": {**DATASET, **changes}}, metrics, [{"seed": 0, "accuracy": 0.9}], FACTS
        )
        return {section["heading"]: "\n".join(section["paragraphs"]) for section in made}

    assert "2 are misread, most often 8 as 9 (1), 9 as 0 (1)" in card()["Known failures"]
    assert "LeCun" in card()["Data and licences"]
    assert "Alpaydin" not in card()["Data and licences"]
    assert "CC BY 4.0" in card(name="mnist+strokes")["Data and licences"]
    assert "8×8" in card(name="sklearn-digits", fallback=True)["Data and licences"]
    assert "rotation 10" in card()["Recipe"]
    assert "its spread is not known" in card()["Results"]


def test_the_card_in_markdown_shows_what_was_measured(tmp_path):
    run, other = make_run(tmp_path / "a", 19, 0), make_run(tmp_path / "b", 18, 1)
    assert other.exists()
    made = report.make_report(run, FACTS)
    manifest = {
        "experiment": {"name": "quick"},
        "release": "0123456789abcdef",
        "created": "2026-01-02T03:04:05Z",
        "metrics": {"accuracy": 0.9, "weighted_f1": 0.91, "strokes_accuracy": 0.5},
    }
    card = model_card.markdown(manifest, made, "../pictures")
    assert "| test accuracy | 90.00 % | 95.00 % | 92.50 % ± 3.54 % |" in card
    assert "pen strokes |" not in card
    assert "](../pictures/mistakes-test.png)" in card
    assert "strokes.png" not in card
    for section in made["card"]:
        assert f"## {section['heading']}" in card
        assert all(paragraph in card for paragraph in section["paragraphs"])


def test_the_teachers_of_a_distilled_network_are_told(tmp_path):
    for seed, accuracy in ((0, 19), (1, 17)):
        make_run(tmp_path / f"teacher{seed}", accuracy, seed)
    run = make_run(tmp_path / "pupil", 20, name="pupil", teachers=["teacher0", "teacher1"], continues=True)
    made = report.make_report(run, FACTS)
    assert [(teacher["run"], teacher["accuracy"]) for teacher in made["teachers"]] == [
        ("teacher0", 0.95),
        ("teacher1", 0.85),
    ]
    card = {section["heading"]: "\n".join(section["paragraphs"]) for section in made["card"]}
    assert "the answers of 2 networks trained before; started as the one of them that has its seed" in card["Recipe"]
    assert "Its 2 teachers, alone (mean ± standard deviation): test accuracy 90.00 ± 7.07 %." in card["Results"]
    assert "teachers" not in report.make_report(tmp_path / "teacher0", FACTS)
