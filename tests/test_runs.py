import json
import subprocess
from pathlib import Path

import pytest

from ml.config import PRESETS
from ml.errors import DataError
from ml.files import write_json
from ml.runs import check_is_of, point_latest_at, read_config, read_history, read_metrics, source, write_history


def test_history_with_a_torn_and_a_repeated_row(tmp_path):
    (tmp_path / "history.csv").write_text("epoch,accuracy,val_accuracy\n0,0.1,0.2\n1,0.3,0.4\n1,0.5,0.6\n2,0.7\n")
    assert [(row["epoch"], row["accuracy"]) for row in read_history(tmp_path)] == [(0, 0.1), (1, 0.5)]
    assert read_history(tmp_path / "nowhere") == []


@pytest.mark.parametrize("torn", ["2,0.7", "2,0.7,", "2,0.7,0.83,0.8,9", "2,x,0.1"])
def test_a_torn_row_is_passed_over(tmp_path, torn):
    (tmp_path / "history.csv").write_text(f"epoch,accuracy,val_accuracy\n0,0.1,0.2\n{torn}\n3,0.3,0.4\n")
    assert [row["epoch"] for row in read_history(tmp_path)] == [0, 3]


def test_history_survives_being_written_anew(tmp_path):
    rows = [
        {"epoch": 0.0, "accuracy": 0.5, "val_accuracy": 0.25},
        {"epoch": 1.0, "accuracy": 0.75, "val_accuracy": 0.5},
    ]
    write_history(tmp_path, rows)
    assert read_history(tmp_path) == rows


def test_torn_json_is_named_with_what_to_do(tmp_path):
    (tmp_path / "config.json").write_text('{"experiment"')
    (tmp_path / "metrics.json").write_bytes(b"\xff")
    with pytest.raises(DataError, match=r"config\.json is damaged .*train it again"):
        read_config(tmp_path)
    with pytest.raises(DataError, match=r"metrics\.json is damaged .*nox -s evaluate"):
        read_metrics(tmp_path)


def test_a_folder_of_another_run_is_refused(tmp_path):
    quick, other = (PRESETS[name].to_dict() for name in ("quick", "production"))
    check_is_of(tmp_path, quick, {"b": 2})
    write_json(tmp_path / "config.json", {"experiment": quick, "dataset": {"b": 2}})
    check_is_of(tmp_path, quick, {"b": 2})
    for experiment, dataset, what in ((other, {"b": 2}, "experiment"), (quick, {"b": 3}, "dataset")):
        with pytest.raises(DataError, match=f"another {what}"):
            check_is_of(tmp_path, experiment, dataset)


def test_a_run_that_is_older_than_a_field_is_still_of_its_experiment(tmp_path):
    quick = PRESETS["quick"].to_dict()
    older = {key: value for key, value in quick.items() if key != "teachers"}
    write_json(tmp_path / "config.json", {"experiment": older, "dataset": {}})
    check_is_of(tmp_path, quick, {})


def test_latest_moves_from_run_to_run(tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
        point_latest_at(tmp_path / name)
        assert (tmp_path / "latest").resolve() == tmp_path / name
    assert {path.name for path in tmp_path.iterdir()} == {"a", "b", "latest"}


def test_json_is_replaced_whole(tmp_path):
    for value in ({"b": 1, "a": "é"}, [2]):
        write_json(tmp_path / "x.json", value)
        assert json.loads((tmp_path / "x.json").read_text(encoding="utf-8")) == value
    assert [path.name for path in tmp_path.iterdir()] == ["x.json"]


def test_source_is_this_checkout():
    asked = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=Path(__file__).parent, capture_output=True, text=True, check=False
    )
    assert source()["commit"] == (asked.stdout.strip() or None)
