import json
from pathlib import Path

import pytest

from ml.errors import DataError
from ml.evaluation import compare as module
from ml.evaluation import plots
from ml.evaluation.compare import compare, find_runs, summarize_training, table
from ml.evaluation.results import Comparison
from ml.files import ROOT
from tests.runs import make_run, write_model


def history(losses: list[float], accuracies: list[float]) -> list[dict[str, float]]:
    rows = zip(losses, accuracies, strict=True)
    return [{"epoch": i, "val_loss": loss, "val_accuracy": accuracy} for i, (loss, accuracy) in enumerate(rows)]


@pytest.fixture
def drawn(monkeypatch) -> dict[str, object]:
    """File name → figure, which is not rendered."""
    figures = {}
    monkeypatch.setattr(plots, "save", lambda figure, path: figures.update({path.name: figure}))
    return figures


def test_summary_has_overfitting_and_the_kept_epochs():
    rows = history([0.5, 0.2, 0.1, 0.3, 0.4, 0.5], [0.90, 0.95, 0.94, 0.94, 0.97, 0.93])
    assert summarize_training(rows, patience=2).to_json() == {
        "epochs": 6,
        "least_val_loss_epoch": 3,
        "least_val_loss": 0.1,
        "last_val_loss": 0.5,
        "kept_epoch": 5,
        "kept_val_accuracy": 0.97,
        "last_val_accuracy": 0.93,
        "early_stop_epoch": 4,  # two epochs without an improvement after the second one
        "early_stop_val_accuracy": 0.95,
    }


def test_early_stopping_does_not_stop_while_accuracy_rises():
    summary = summarize_training(history([0.3, 0.2, 0.1], [0.9, 0.95, 0.96]), patience=1)
    assert (summary.early_stop_epoch, summary.early_stop_val_accuracy) == (3, 0.96)


def test_equal_accuracy_is_no_improvement():
    summary = summarize_training(history([0.3] * 4, [0.9, 0.9, 0.9, 0.95]), patience=2)
    assert (summary.early_stop_epoch, summary.early_stop_val_accuracy) == (3, 0.9)
    assert (summary.kept_epoch, summary.least_val_loss_epoch) == (4, 1)


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    for seed, accuracy in ((0, 18), (1, 16)):
        make_run(tmp_path / "runs" / f"one-seed{seed}", accuracy, seed, name="one")
    make_run(tmp_path / "runs" / "two-seed0", 20, 0, name="two", dropout=0.5)
    return tmp_path / "runs"


def test_seeds_of_a_recipe_are_one_arm(runs, tmp_path, drawn):
    result = compare(find_runs(["one", str(runs / "two-seed0"), str(runs / "one-seed0")], runs), tmp_path / "out")
    one, two = result.arms
    assert (one.name, one.seeds, two.name, two.seeds) == ("one", (0, 1), "two", (0,))
    assert (one.metrics["accuracy"].mean, two.metrics["accuracy"].mean) == (pytest.approx(0.85), 1)
    assert one.metrics["accuracy"].std == pytest.approx(0.0707, abs=1e-4)
    assert two.metrics["accuracy"].std is None
    assert json.loads((tmp_path / "out" / "comparison.json").read_text()) == result.to_json()
    written = (tmp_path / "out" / "comparison.md").read_text()
    assert written == table(result)
    assert "| seeds | test accuracy (%) | weighted F1 |" in written
    assert "| one | 2 | 85.00 ± 7.07 |" in written
    assert "| two | 1 | 100.00 |" in written
    assert "strokes" not in written
    assert set(drawn) == {"comparison.png", "learning-curves.png"}


def test_many_recipes_have_no_learning_curves(runs, tmp_path, drawn, monkeypatch):
    monkeypatch.setattr(module, "MAX_CURVES", 1)
    compare(find_runs(["one", "two"], runs), tmp_path / "out")
    assert set(drawn) == {"comparison.png"}


def test_table_of_training_shows_when_early_stopping_stops():
    folder = ROOT / "visualizations" / "production"
    lines = (folder / "comparison.md").read_text().splitlines()
    assert "| 99.26 %, after epoch 10 |" in next(line for line in lines if line.startswith("| production | 24 |"))
    assert "| does not stop |" in next(line for line in lines if line.startswith("| distilled | 4 | 0."))


@pytest.mark.parametrize("name", ["ablation", "experiments", "mnist", "production"])
def test_committed_tables_match_the_committed_figures(name):
    folder = ROOT / "visualizations" / name
    comparison = Comparison.model_validate_json((folder / "comparison.json").read_bytes())
    assert comparison.to_json() == json.loads((folder / "comparison.json").read_bytes())
    assert (folder / "comparison.md").read_text() == table(comparison)


def test_second_run_of_a_seed_is_left_out(runs, tmp_path, caplog, drawn):
    caplog.set_level("INFO")
    again = make_run(runs / "two-again", 10, 0, name="two", dropout=0.5)
    [two] = compare([runs / "two-seed0", again], tmp_path / "out").arms
    assert (two.seeds, two.metrics["accuracy"].mean) == ((0,), 1)
    assert f"{again} is left out: an earlier run has the same recipe and seed." in caplog.text


def test_recipes_with_the_same_name_are_named_after_their_runs(runs, tmp_path, drawn):
    make_run(runs / "one-again", 19, 0, name="one", epochs=99)
    result = compare(find_runs(["one"], runs), tmp_path / "out")
    assert [arm.name for arm in result.arms] == ["one-again", "one-seed0"]
    assert [len(arm.seeds) for arm in result.arms] == [1, 2]


def test_damaged_neighbour_does_not_stop_the_search(runs, caplog):
    (make_run(runs / "damaged", name="one", seed=7) / "config.json").write_text("{")
    assert find_runs(["one"], runs) == [runs / "one-seed0", runs / "one-seed1"]
    assert "damaged is left out: " in caplog.text


def test_metrics_of_another_model_are_not_compared(runs, tmp_path, drawn):
    write_model(runs / "one-seed1", "trained again")
    with pytest.raises(DataError, match=r"another model\.keras; run nox -s evaluate again"):
        compare(find_runs(["one"], runs), tmp_path / "out")


def test_run_without_history_is_not_compared(runs, tmp_path, drawn):
    (runs / "one-seed1" / "history.csv").unlink()
    with pytest.raises(DataError, match=r"one-seed1/history\.csv has no row"):
        compare(find_runs(["one"], runs), tmp_path / "out")


def test_runs_are_found_by_folder_experiment_and_pattern(runs):
    (runs / "latest").symlink_to("one-seed0")
    make_run(runs / "unfinished", name="one", seed=7)
    (runs / "unfinished" / "model.keras").unlink()
    every = [runs / name for name in ("one-seed0", "one-seed1", "two-seed0")]
    assert find_runs(["one"], runs) == every[:2]
    assert find_runs(["two", "*"], runs) == [every[2], *every[:2]]
    assert find_runs([str(runs / "latest")], runs) == every[:1]
    for name in ("nothing", str(runs / "unfinished")):
        with pytest.raises(DataError, match="is neither a finished run nor an experiment with finished runs in"):
            find_runs([name], runs)
