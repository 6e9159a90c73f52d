import json
from pathlib import Path

import pytest

from ml.errors import DataError
from ml.evaluation.compare import compare, find_runs, stopping, table
from ml.files import ROOT
from tests.release.test_report import make_run


def history(losses: list[float], accuracies: list[float]) -> list[dict[str, float]]:
    rows = zip(losses, accuracies, strict=True)
    return [{"epoch": i, "val_loss": loss, "val_accuracy": accuracy} for i, (loss, accuracy) in enumerate(rows)]


def test_where_overfitting_begins_and_what_the_callbacks_save():
    told = stopping(history([0.5, 0.2, 0.1, 0.3, 0.4, 0.5], [0.90, 0.95, 0.94, 0.94, 0.97, 0.93]), patience=2)
    assert told == {
        "epochs": 6,
        "least_val_loss_epoch": 3,
        "least_val_loss": 0.1,
        "last_val_loss": 0.5,
        "kept_epoch": 5,
        "kept_val_accuracy": 0.97,
        "last_val_accuracy": 0.93,
        "early_stop_epoch": 4,  # two epochs after the second without a better one: the fifth never came
        "early_stop_val_accuracy": 0.95,
    }


def test_early_stopping_does_not_stop_what_goes_on_rising():
    told = stopping(history([0.3, 0.2, 0.1], [0.9, 0.95, 0.96]), patience=1)
    assert (told["early_stop_epoch"], told["early_stop_val_accuracy"]) == (3, 0.96)


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    for seed, accuracy in ((0, 18), (1, 16)):
        make_run(tmp_path / "runs" / f"one-seed{seed}", accuracy, seed, name="one")
    make_run(tmp_path / "runs" / "two-seed0", 20, 0, name="two", dropout=0.5)
    return tmp_path / "runs"


def test_seeds_of_a_recipe_are_one_arm(runs, tmp_path):
    result = compare(find_runs(["one", str(runs / "two-seed0"), str(runs / "one-seed0")], runs), tmp_path / "out")
    one, two = result["arms"]
    assert (one["name"], one["seeds"], two["name"], two["seeds"]) == ("one", [0, 1], "two", [0])
    assert one["metrics"]["accuracy"] == {"mean": pytest.approx(0.85), "std": pytest.approx(0.0707, abs=1e-4)}
    assert two["metrics"]["accuracy"] == {"mean": 1.0, "std": None}
    assert json.loads((tmp_path / "out" / "comparison.json").read_text()) == result
    written = (tmp_path / "out" / "comparison.md").read_text()
    assert written == table(result)
    assert "| one | 2 | 90.00 ± 0.00 | 85.00 ± 7.07 |" in written
    assert "| two | 1 | 90.00 | 100.00 |" in written
    assert "strokes" not in written
    for name in ("comparison", "learning-curves"):
        assert (tmp_path / "out" / f"{name}.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["ablation", "experiments", "mnist", "production"])
def test_committed_tables_are_those_of_their_figures(name):
    folder = ROOT / "visualizations" / name
    written = (folder / "comparison.md").read_text()
    assert written == table(json.loads((folder / "comparison.json").read_text()))
    assert " NLL |" in written.splitlines()[0]


def test_a_seed_counts_once_however_often_it_was_trained(runs, tmp_path, caplog):
    caplog.set_level("INFO")
    again = make_run(runs / "two-again", 10, 0, name="two", dropout=0.5)
    [two] = compare([runs / "two-seed0", again], tmp_path / "out")["arms"]
    assert (two["seeds"], two["metrics"]["accuracy"]) == ([0], {"mean": 1.0, "std": None})
    assert f"{again} is left out: an earlier run has its recipe and its seed." in caplog.text


def test_recipes_that_share_a_name_are_told_apart_by_their_runs(runs, tmp_path):
    make_run(runs / "one-again", 19, 0, name="one", epochs=99)
    result = compare(find_runs(["one"], runs), tmp_path / "out")
    assert [arm["name"] for arm in result["arms"]] == ["one-again", "one-seed0"]
    assert [len(arm["seeds"]) for arm in result["arms"]] == [1, 2]


def test_runs_are_found_by_folder_by_experiment_and_by_pattern(runs):
    (runs / "latest").symlink_to("one-seed0")
    make_run(runs / "unfinished", name="one", seed=7)
    (runs / "unfinished" / "model.keras").unlink()
    every = [runs / name for name in ("one-seed0", "one-seed1", "two-seed0")]
    assert find_runs(["one"], runs) == every[:2]
    assert find_runs(["two", "*"], runs) == [every[2], *every[:2]]
    assert find_runs([str(runs / "latest")], runs) == every[:1]
    for name in ("nothing", str(runs / "unfinished")):
        with pytest.raises(DataError, match="is neither a finished run nor an experiment with one"):
            find_runs([name], runs)
