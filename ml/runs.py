"""The run folder on disk, for those who need not wait for TensorFlow; `docs/architecture.md` says what lies there."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ml.config import completed
from ml.errors import DataError

RUNS = Path("runs")
LATEST = RUNS / "latest"

# What mends a damaged file of a run folder.
TRAIN_AGAIN = "move its folder away, and train it again"
EVALUATE_AGAIN = "run nox -s evaluate again"


def is_complete(run: Path) -> bool:
    """Whether training finished: `model.keras` is what it writes last."""
    return (run / "model.keras").is_file()


def read_json(path: Path, mend: str) -> Any:
    """Read JSON.

    Args:
        path: The file.
        mend: What to do where it is damaged: a clause for the message.

    Raises:
        DataError: It is not JSON.
        FileNotFoundError: There is no such file.
    """
    try:
        return json.loads(path.read_bytes())
    except ValueError as error:
        raise DataError(f"{path} is damaged ({error}); {mend}.") from error


def read_config(run: Path) -> dict[str, Any]:
    """`config.json` of a run folder; raises as `read_json`."""
    config: dict[str, Any] = read_json(run / "config.json", TRAIN_AGAIN)
    return config


def read_metrics(run: Path) -> dict[str, Any]:
    """`metrics.json` of an evaluated run's folder; raises as `read_json`."""
    metrics: dict[str, Any] = read_json(run / "metrics.json", EVALUATE_AGAIN)
    return metrics


def check_is_of(run: Path, experiment: dict[str, Any], dataset: dict[str, Any]) -> None:
    """See that a run folder, where it exists, is of this experiment and these data.

    Args:
        run: The run folder.
        experiment: As `Experiment.to_dict` gives it.
        dataset: As `Dataset.describe` gives it.

    Raises:
        DataError: It is of others, or its `config.json` is damaged.
    """
    if not (run / "config.json").exists():
        return
    config = read_config(run)
    found = {"experiment": completed(config["experiment"]), "dataset": config["dataset"]}
    for what, wanted in (("experiment", experiment), ("dataset", dataset)):
        if found[what] != wanted:
            raise DataError(f"{run} holds a run of another {what}; choose another --name, or move that folder away.")


def by_recipe(runs: Iterable[Path]) -> list[dict[int, Path]]:
    """Runs of one recipe on the same data together.

    Args:
        runs: Run folders.

    Returns:
        For each recipe, in the order in which its first run comes, seed → run; of several runs of a seed, the first.

    Raises:
        DataError: A `config.json` is damaged.
    """
    groups: dict[str, dict[int, Path]] = {}
    for run in runs:
        config = read_config(run)
        experiment = completed(config["experiment"])
        recipe = json.dumps([experiment | {"seed": None}, config["dataset"]], sort_keys=True)
        groups.setdefault(recipe, {}).setdefault(experiment["seed"], run)
    return list(groups.values())


def read_history(run: Path) -> list[dict[str, float]]:
    """Rows of `history.csv`, one an epoch (an epoch that a kill made run twice counts once); [] without the file."""
    path = run / "history.csv"
    if not path.exists():
        return []
    with path.open(newline="") as file:
        rows = []
        for row in csv.DictReader(file):
            # A kill or a full disk may have torn the last line, and a later one may continue it.
            with contextlib.suppress(TypeError, ValueError):
                rows.append({key: float(value) for key, value in row.items()})
    return [row for _, row in sorted({row["epoch"]: row for row in rows}.items())]


def write_history(run: Path, rows: list[dict[str, float]]) -> None:
    """Write `history.csv` anew."""
    unfinished = run / f".history-{os.getpid()}"
    with unfinished.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows({**row, "epoch": int(row["epoch"])} for row in rows)
    unfinished.replace(run / "history.csv")


def source() -> dict[str, Any]:
    """The commit of this checkout, and whether `ml/` differs from it."""
    here = Path(__file__).parent

    def git(*arguments: str) -> str | None:
        try:
            done = subprocess.run(["git", *arguments], cwd=here, capture_output=True, text=True, check=False)
        except OSError:
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    return {"commit": git("rev-parse", "HEAD"), "dirty": bool(git("status", "--porcelain", "--", str(here)))}


def point_latest_at(run: Path) -> None:
    """Move `runs/latest` to this run in one step."""
    link = run.parent / f".{LATEST.name}-{os.getpid()}"
    link.symlink_to(run.name, target_is_directory=True)
    link.replace(run.parent / LATEST.name)
