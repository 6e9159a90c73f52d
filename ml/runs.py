"""The run folder on disk. `docs/architecture.md` describes its files. Nothing here imports TensorFlow."""

from __future__ import annotations

import contextlib
import csv
import io
import logging
import os
import subprocess
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from pydantic import ConfigDict, Field, ValidationError

from ml.config import DatasetDescription, Experiment
from ml.documents import Count, Document, PositiveCount, describe_problem, parse_document
from ml.errors import DataError
from ml.files import ROOT, sha256, write_json, write_link, write_text

log = logging.getLogger(__name__)

RUNS = ROOT / "runs"
LATEST = RUNS / "latest"

CONFIG_FILE = "config.json"
MODEL_FILE = "model.keras"
HISTORY_FILE = "history.csv"
METRICS_FILE = "metrics.json"
PLOTS_FOLDER = "plots"
RELEASE_FOLDER = "release"

History = list[dict[str, float]]
"""Rows of history.csv, by column."""

HISTORY_COLUMNS = ("loss", "accuracy", "val_loss", "val_accuracy")  # each row has them and `epoch`

# Remedies for a damaged file, for error messages.
TRAIN_AGAIN = "move the run folder away and train it again"
EVALUATE_AGAIN = "run nox -s evaluate again"


class Revision(Document):
    """The source code of a run: a Git commit, None outside a checkout, and whether `ml/` differs from it."""

    commit: str | None
    dirty: bool


class Resumption(Document):
    """A stopped run continued after this number of epochs, with this source code."""

    epochs: PositiveCount
    source: Revision


class RunConfig(Document):
    """Contents of config.json."""

    experiment: Experiment
    dataset: DatasetDescription
    dataset_sha256: str | None = None  # of images and labels; None in runs of earlier versions
    source: Revision
    keras: str  # its version
    backend: str  # Keras' backend
    created: str | None = None  # when training finished, UTC; None before that
    resumed: tuple[Resumption, ...] = ()


class HistoryRow(Document):
    """One epoch of training: `loss`, `accuracy`, `val_loss`, `val_accuracy` and other logged values."""

    model_config = ConfigDict(extra="allow")
    # Larger numbers cannot be plotted.
    __pydantic_extra__: dict[str, Annotated[float, Field(ge=-1e100, le=1e100)]] = Field(init=False)

    epoch: Count = Field(description="From 0.")


def relative_to_cwd(path: Path) -> Path:
    """Return the path relative to the working directory, for messages."""
    return Path(os.path.relpath(path))


def is_complete(run: Path) -> bool:
    """Return whether training finished: `model.keras`, which is written last, is there and not damaged."""
    return is_whole_archive(run / MODEL_FILE)


def is_whole_archive(path: Path) -> bool:
    """Return whether a `.keras` file, which is a ZIP archive, is there and not damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is None  # compares the checksums of its members
    except (OSError, EOFError, ValueError, zipfile.BadZipFile, zlib.error):
        return False
    except RuntimeError:  # a damaged header can name an unknown compression or encryption
        return False


def model_sha256(run: Path) -> str:
    """Return the SHA-256 of `model.keras`.

    Raises:
        DataError: Training has not finished.
    """
    try:
        return sha256((run / MODEL_FILE).read_bytes())
    except FileNotFoundError as error:
        raise not_trained(run) from error


def is_evaluated(run: Path) -> bool:
    """Return whether the run folder has a `metrics.json`."""
    return (run / METRICS_FILE).is_file()


def read_config(run: Path) -> RunConfig:
    """Read `config.json` of a run folder. Fields that are missing take their defaults.

    Raises:
        DataError: The run was not started, or the file is not valid: damaged, with an unknown key,
            or with a value out of range.
    """
    path = run / CONFIG_FILE
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise DataError(f"{relative_to_cwd(run)} contains no run. Train one first: nox -s train.") from error
    return parse_document(RunConfig, data, str(relative_to_cwd(path)), DataError, TRAIN_AGAIN)


def write_config(run: Path, config: RunConfig) -> None:
    """Write `config.json` of a run folder."""
    write_json(run / CONFIG_FILE, config.to_json())


def not_trained(run: Path) -> DataError:
    """Return the error for a run folder without a trained model."""
    return DataError(f"{relative_to_cwd(run)} contains no finished run; train one first: nox -s train.")


def not_evaluated(run: Path) -> DataError:
    """Return the error for a run folder without the files that evaluation writes."""
    return DataError(f"{relative_to_cwd(run)} is not evaluated. Run nox -s evaluate first.")


def check_matches(run: Path, experiment: Experiment, dataset: DatasetDescription, dataset_sha256: str) -> None:
    """Check that a run folder, if it exists, belongs to this experiment and dataset.

    Args:
        run: The run folder.
        experiment: The recipe.
        dataset: Description of the dataset.
        dataset_sha256: SHA-256 of its images and labels. It is not compared if the run does not record its own.

    Raises:
        DataError: It belongs to another experiment or dataset, or its `config.json` is damaged.
    """
    if not (run / CONFIG_FILE).exists():
        return
    config = read_config(run)
    same_dataset = config.dataset == dataset and config.dataset_sha256 in (None, dataset_sha256)
    for what, same in (("experiment", config.experiment == experiment), ("dataset", same_dataset)):
        if not same:
            raise DataError(
                f"{relative_to_cwd(run)} contains a run of another {what}; choose another --name, or move that folder "
                "away."
            )


def finished_runs(folder: Path) -> dict[Path, RunConfig]:
    """Return the finished runs in a folder, sorted by name, with their `config.json`.

    A run whose `config.json` is damaged is left out with a warning, so that it does not stop work on another run.
    """
    found = {}
    for run in sorted(folder.glob("*")):
        if not run.is_symlink() and is_complete(run):
            try:
                found[run] = read_config(run)
            except (DataError, OSError) as error:
                log.warning("%s is left out: %s", relative_to_cwd(run), error)
    return found


def group_by_recipe(runs: Iterable[Path]) -> list[dict[int, Path]]:
    """Group runs whose experiments differ only in the seed and whose data are the same.

    Args:
        runs: Run folders.

    Returns:
        For each recipe, in the order of its first run, seed → run. Of several runs with one seed, the first is kept.

    Raises:
        DataError: A `config.json` is damaged.
    """
    groups: dict[tuple[Experiment, DatasetDescription, str | None], dict[int, Path]] = {}
    for run in runs:
        config = read_config(run)
        recipe = (replace(config.experiment, seed=0), config.dataset, config.dataset_sha256)
        groups.setdefault(recipe, {}).setdefault(config.experiment.seed, run)
    return list(groups.values())


def read_history(run: Path) -> History:
    """Read `history.csv`: one row for each epoch, sorted; [] without the file.

    An epoch that ran twice because of a kill is returned once, with its last values. Truncated rows are skipped.

    Raises:
        DataError: It is not CSV in UTF-8, a column is missing, or a value is not finite.
    """
    path = run / HISTORY_FILE
    if not path.exists():
        return []
    rows = []
    try:
        for values in csv.DictReader(io.StringIO(path.read_bytes().decode(), newline="")):
            # A kill or a full disk can truncate the last line, and a later run can append to it.
            with contextlib.suppress(TypeError, ValueError):
                rows.append({column: float(value) for column, value in values.items()})
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{relative_to_cwd(path)} is not valid: it is not CSV in UTF-8; {TRAIN_AGAIN}.") from error
    for row in rows:
        if problem := _row_problem(row):
            raise DataError(f"{relative_to_cwd(path)} is not valid: {problem}; {TRAIN_AGAIN}.")
    return [row for _, row in sorted({row["epoch"]: row for row in rows}.items())]


def read_finished_history(run: Path) -> History:
    """Read `history.csv` of a finished run, as `read_history`.

    Raises:
        DataError: It has no row, a column is missing, or a value is not finite.
    """
    rows = read_history(run)
    if not rows:
        raise DataError(f"{relative_to_cwd(run / HISTORY_FILE)} has no row; {TRAIN_AGAIN}.")
    return rows


def _row_problem(row: dict[str, float]) -> str | None:
    try:
        HistoryRow.model_validate(row)
    except ValidationError as error:
        return describe_problem(error.errors(include_url=False)[0])
    missing = [column for column in HISTORY_COLUMNS if column not in row]
    return f"the column {missing[0]} is missing" if missing else None


def write_history(run: Path, rows: History) -> None:
    """Replace `history.csv`."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, rows[0])
    writer.writeheader()
    writer.writerows({**row, "epoch": int(row["epoch"])} for row in rows)
    write_text(run / HISTORY_FILE, text.getvalue())


def git_revision() -> Revision:
    """Return the commit of this checkout, and whether `ml/` differs from it."""
    here = Path(__file__).parent

    def git(*arguments: str) -> str | None:
        try:
            done = subprocess.run(["git", *arguments], cwd=here, capture_output=True, text=True, check=False)
        except OSError:
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    return Revision(commit=git("rev-parse", "HEAD"), dirty=bool(git("status", "--porcelain", "--", str(here))))


def point_latest_at(run: Path) -> None:
    """Replace the link `latest` in the parent folder by one to this run, atomically."""
    write_link(run.parent / LATEST.name, run.name)
