"""The run folder on disk, for those who need not wait for TensorFlow; `docs/architecture.md` says what lies there."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import subprocess
from pathlib import Path
from typing import Any

from ml.config import completed
from ml.data import DataError

RUNS = Path("runs")
LATEST = RUNS / "latest"


def is_complete(run: Path) -> bool:
    """Whether training finished: `model.keras` is what it writes last."""
    return (run / "model.keras").is_file()


def check_is_of(run: Path, experiment: dict[str, Any], dataset: dict[str, Any]) -> None:
    """See that a run folder, where it exists, is of this experiment and these data, both as `config.json` has them.

    Raises:
        DataError: It is of others.
    """
    path = run / "config.json"
    if not path.exists():
        return
    config = json.loads(path.read_bytes())
    found = {"experiment": completed(config["experiment"]), "dataset": config["dataset"]}
    for what, wanted in (("experiment", experiment), ("dataset", dataset)):
        if found[what] != wanted:
            raise DataError(f"{run} holds a run of another {what}; choose another --name, or move that folder away.")


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


def write_json(path: Path, value: Any) -> None:
    """Write JSON so that a reader sees the old file or the new one, never a part."""
    unfinished = path.with_name(f".{path.name}-{os.getpid()}")
    unfinished.write_text(json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n")
    unfinished.replace(path)
