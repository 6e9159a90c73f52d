import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ml.config import DatasetDescription, Experiment
from ml.errors import DataError
from ml.files import write_json
from ml.runs import (
    Resumption,
    Revision,
    RunConfig,
    check_matches,
    finished_runs,
    git_revision,
    group_by_recipe,
    is_complete,
    is_evaluated,
    point_latest_at,
    read_config,
    read_finished_history,
    read_history,
    write_config,
    write_history,
)
from tests.runs import write_model

EXPERIMENT = Experiment(name="x")
DATASET = DatasetDescription(name="mnist", train=8, validation=2, test=4, split="writers", fallback=False)
CONFIG = RunConfig(
    experiment=EXPERIMENT,
    dataset=DATASET,
    dataset_sha256="1" * 64,
    source=Revision(commit="0123", dirty=False),
    keras="3.15.1",
    backend="tensorflow",
)


def test_config_is_read_as_written(tmp_path):
    resumed = (Resumption(epochs=2, source=Revision(commit=None, dirty=True)),)
    for config in (CONFIG, CONFIG.model_copy(update={"created": "2026-01-02T03:04:05Z", "resumed": resumed})):
        write_config(tmp_path, config)
        assert read_config(tmp_path) == config


def test_config_json_has_the_published_keys(tmp_path):
    write_config(tmp_path, CONFIG)
    assert json.loads((tmp_path / "config.json").read_text()) == {
        "experiment": EXPERIMENT.to_dict(),
        "dataset": {
            "name": "mnist",
            "train": 8,
            "validation": 2,
            "test": 4,
            "split": "writers",
            "fallback": False,
        },
        "dataset_sha256": "1" * 64,
        "source": {"commit": "0123", "dirty": False},
        "keras": "3.15.1",
        "backend": "tensorflow",
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"experiment"', "invalid JSON"),
        ("[]", "object"),
        ('{"experiment": {"name": "x", "lucky": 7}}', "experiment.lucky"),
        ('{"experiment": {"name": "x", "outliers": 1}}', "experiment.outliers"),
        ('{"experiment": {"name": "x", "augmentation": {"zoom": -1}}}', r"experiment\.augmentation\.zoom"),
    ],
)
def test_invalid_config_is_rejected_with_the_place_and_a_remedy(tmp_path, text, message):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(DataError, match=rf"config\.json is not valid: .*{message}.*train it again") as caught:
        read_config(tmp_path)
    assert "\n" not in str(caught.value)


def test_folder_without_a_run_is_rejected(tmp_path):
    with pytest.raises(DataError, match=r"contains no run\. Train one first: nox -s train"):
        read_config(tmp_path)


def test_run_is_evaluated_when_its_metrics_are_written(tmp_path):
    assert not is_evaluated(tmp_path)
    (tmp_path / "metrics.json").touch()
    assert is_evaluated(tmp_path)


def test_run_is_complete_when_the_network_is_saved(tmp_path):
    assert not is_complete(tmp_path)
    write_model(tmp_path)
    assert is_complete(tmp_path)


@pytest.mark.parametrize("damage", ["empty", "truncated", "changed"])
def test_run_with_a_damaged_network_is_not_complete(tmp_path, damage):
    write_model(tmp_path, "x" * 1000)
    path = tmp_path / "model.keras"
    data = path.read_bytes()
    changed = bytearray(data)
    changed[500] ^= 1
    path.write_bytes({"empty": b"", "truncated": data[:500], "changed": changed}[damage])
    assert not is_complete(tmp_path)


def test_network_whose_header_names_an_encryption_is_damaged(tmp_path):
    write_model(tmp_path)
    path = tmp_path / "model.keras"
    data = bytearray(path.read_bytes())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + flags] |= 1
    path.write_bytes(data)
    assert not is_complete(tmp_path)


COLUMNS = "epoch,loss,accuracy,val_loss,val_accuracy\n"


def test_repeated_epoch_is_read_once_with_its_last_values(tmp_path):
    (tmp_path / "history.csv").write_text(COLUMNS + "0,1,0.1,1,0.2\n1,1,0.3,1,0.4\n1,1,0.5,1,0.6\n2,1,0.7\n")
    assert [(row["epoch"], row["accuracy"]) for row in read_history(tmp_path)] == [(0, 0.1), (1, 0.5)]
    assert read_history(tmp_path / "nowhere") == []


@pytest.mark.parametrize("truncated", ["2,1,0.7", "2,1,0.7,1,", "2,1,0.7,1,0.83,0.8,9", "2,1,x,1,0.1"])
def test_truncated_row_is_skipped(tmp_path, truncated):
    (tmp_path / "history.csv").write_text(f"{COLUMNS}0,1,0.1,1,0.2\n{truncated}\n3,1,0.3,1,0.4\n")
    assert [row["epoch"] for row in read_history(tmp_path)] == [0, 3]


@pytest.mark.parametrize("column", COLUMNS.strip().split(","))
@pytest.mark.parametrize("value", [None, "nan"])
def test_history_without_a_value_is_rejected(tmp_path, column, value):
    row = dict.fromkeys(COLUMNS.strip().split(","), "0") | {column: value}
    names = [name for name, text in row.items() if text is not None]
    (tmp_path / "history.csv").write_text(f"{','.join(names)}\n{','.join(row[name] for name in names)}\n")
    with pytest.raises(DataError, match=rf"history\.csv is not valid: .*{column}.*; move the run folder away"):
        read_history(tmp_path)


@pytest.mark.parametrize(
    "data",
    [b"\xff\xfe" + COLUMNS.encode("utf-16-le"), COLUMNS.encode() + b"0,1,\xe9,1,0.2\n", b"x" * 200_000 + b"\n1\n"],
)
def test_history_that_is_not_csv_is_rejected(tmp_path, data):
    (tmp_path / "history.csv").write_bytes(data)
    with pytest.raises(DataError, match=r"history\.csv is not valid: it is not CSV in UTF-8; move the run folder away"):
        read_history(tmp_path)


def test_history_is_read_as_written(tmp_path):
    rows = [
        {"epoch": 0.0, "loss": 1.0, "accuracy": 0.5, "val_loss": 1.0, "val_accuracy": 0.25},
        {"epoch": 1.0, "loss": 0.5, "accuracy": 0.75, "val_loss": 1.0, "val_accuracy": 0.5},
    ]
    write_history(tmp_path, rows)
    assert (tmp_path / "history.csv").read_text().splitlines()[1] == "0,1.0,0.5,1.0,0.25"
    assert read_history(tmp_path) == rows


def test_folder_of_another_run_is_rejected(tmp_path):
    check_matches(tmp_path, EXPERIMENT, DATASET, "0" * 64)
    write_config(tmp_path, CONFIG)
    check_matches(tmp_path, EXPERIMENT, DATASET, CONFIG.dataset_sha256)
    other = Experiment(name="x", epochs=3)
    with pytest.raises(DataError, match="contains a run of another experiment; choose another --name"):
        check_matches(tmp_path, other, DATASET, CONFIG.dataset_sha256)
    for dataset, sha256 in (
        (DATASET.model_copy(update={"split": "stratified"}), CONFIG.dataset_sha256),
        (DATASET, "0" * 64),  # another split of the same size
    ):
        with pytest.raises(DataError, match="contains a run of another dataset; choose another --name"):
            check_matches(tmp_path, EXPERIMENT, dataset, sha256)


def test_run_older_than_a_field_matches_its_experiment(tmp_path):
    values = CONFIG.to_json()
    del values["experiment"]["teachers"], values["experiment"]["augmentation"]["tail"], values["dataset_sha256"]
    write_json(tmp_path / "config.json", values)
    check_matches(tmp_path, EXPERIMENT, DATASET, "0" * 64)


def test_runs_are_grouped_by_recipe_and_data(tmp_path):
    def run(name: str, dataset: DatasetDescription = DATASET, sha256: str = "1" * 64, **changes: object) -> Path:
        (tmp_path / name).mkdir()
        experiment = dataclasses.replace(EXPERIMENT, **changes)
        update = {"experiment": experiment, "dataset": dataset, "dataset_sha256": sha256}
        write_config(tmp_path / name, CONFIG.model_copy(update=update))
        return tmp_path / name

    first, second, again = run("first", seed=3), run("second", seed=1), run("again", seed=3)
    longer = run("longer", epochs=9)
    other_data = run("other-data", DATASET.model_copy(update={"train": 9}))
    other_split = run("other-split", sha256="0" * 64)
    assert group_by_recipe([longer, first, second, again, other_data, other_split]) == [
        {0: longer},
        {3: first, 1: second},
        {0: other_data},
        {0: other_split},
    ]


def test_damaged_run_is_left_out_with_a_warning(tmp_path, caplog):
    for name in ("a", "damaged", "folder", "unfinished"):
        (tmp_path / name).mkdir()
        write_config(tmp_path / name, CONFIG)
        write_model(tmp_path / name)
    (tmp_path / "damaged" / "config.json").write_text("{")
    (tmp_path / "folder" / "config.json").unlink()
    (tmp_path / "folder" / "config.json").mkdir()
    (tmp_path / "unfinished" / "model.keras").write_bytes(b"")
    (tmp_path / "latest").symlink_to("a")
    (tmp_path / "notes.txt").touch()
    assert finished_runs(tmp_path) == {tmp_path / "a": CONFIG}
    assert [record.getMessage().split(" is left out")[0].rpartition("/")[2] for record in caplog.records] == [
        "damaged",
        "folder",
    ]


def test_history_of_a_finished_run_has_a_row(tmp_path):
    for text in (None, COLUMNS):
        if text:
            (tmp_path / "history.csv").write_text(text)
        with pytest.raises(DataError, match=r"history\.csv has no row; move the run folder away"):
            read_finished_history(tmp_path)


def test_latest_is_replaced(tmp_path):
    killed = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    leftover = tmp_path / f".latest-{int(killed.stdout)}"
    leftover.symlink_to("nowhere")
    other_process = tmp_path / f".latest-{os.getppid()}"
    other_process.symlink_to("nowhere")
    for name in "ab":
        (tmp_path / name).mkdir()
        point_latest_at(tmp_path / name)
        assert (tmp_path / "latest").resolve() == tmp_path / name
    assert {path.name for path in tmp_path.iterdir()} == {"a", "b", "latest", other_process.name}


def test_git_revision_is_that_of_this_checkout():
    done = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=Path(__file__).parent, capture_output=True, text=True, check=False
    )
    assert git_revision().commit == (done.stdout.strip() or None)
