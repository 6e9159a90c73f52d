"""Runs side by side: one table and pictures, seeds of one recipe taken together as mean ± standard deviation."""

from __future__ import annotations

import logging
import statistics
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from ml.errors import DataError
from ml.evaluation import plots
from ml.evaluation.headline import headline, percent
from ml.files import write_json
from ml.runs import RUNS, group_by_recipe, is_complete, read_config, read_history, read_metrics

log = logging.getLogger(__name__)

PATIENCE = 5  # of the early stopping that is tried on each history, in epochs
MOST_CURVES = 4  # side by side; more are too small to read

# Column of the table → a report's headline figure, and what a share is multiplied by.
COLUMNS = {
    "validation, %": ("validation_accuracy", 100),
    "test, %": ("accuracy", 100),
    "test, weighted F1": ("weighted_f1", 1),
    "strokes, %": ("strokes_accuracy", 100),
    "worst writer, %": ("worst_writer_accuracy", 100),
    "MNIST-C, %": ("mnist_c_accuracy", 100),
    "non-digits, AUROC": ("auroc", 1),
    "rejected at 99 %, %": ("rejected_at_99", 100),
    "ECE, %": ("expected_calibration_error", 100),
    "NLL": ("negative_log_likelihood", 1),
}


def compare(runs: list[Path], out: Path) -> dict[str, Any]:
    """Write `comparison.json`, `comparison.md`, `comparison.png` and, of up to four recipes, `learning-curves.png`.

    Args:
        runs: Evaluated run folders; the first one's recipe is what the others are compared with. Of several runs of one
            recipe and seed, the first counts.
        out: The folder that they go to, made if need be.

    Returns:
        What `comparison.json` then holds.
    """
    members = _arms(runs)
    arms = [_summarize(label, of_one) for label, of_one in members.items()]
    result = {"patience": PATIENCE, "arms": arms}
    out.mkdir(parents=True, exist_ok=True)
    write_json(out / "comparison.json", result)
    (out / "comparison.md").write_text(table(result))
    plots.comparison(arms, COLUMNS, out / "comparison.png")
    if len(arms) <= MOST_CURVES:
        histories = {label: read_history(of_one[0]) for label, of_one in members.items()}
        plots.histories(histories, out / "learning-curves.png")
    return result


def find_runs(names: list[str], folder: Path = RUNS) -> list[Path]:
    """The finished runs that are meant, each once.

    Args:
        names: Run folders, or names of experiments, which stand for their finished runs; `*` stands for any letters.
        folder: Where runs of experiments lie.

    Raises:
        DataError: A name stands for no finished run.
    """
    finished = sorted(path for path in folder.glob("*") if not path.is_symlink() and is_complete(path))
    found: dict[Path, None] = {}
    for name in names:
        if is_complete(Path(name)):
            meant = [Path(name)]
        else:
            meant = [path for path in finished if fnmatchcase(read_config(path).experiment.name, name)]
        if not meant:
            raise DataError(f"{name} is neither a finished run nor an experiment with one in {folder}.")
        found |= dict.fromkeys(path.resolve() for path in meant)
    return list(found)


def _arms(runs: list[Path]) -> dict[str, list[Path]]:
    """Runs by recipe, in the order given; a recipe is called as its experiment, or by its run where two share that."""
    groups = [list(seeds.values()) for seeds in group_by_recipe(runs)]
    for run in runs:
        if not any(run in members for members in groups):
            log.info("%s is left out: an earlier run has its recipe and its seed.", run)
    names = [read_config(members[0]).experiment.name for members in groups]
    return {
        name if names.count(name) == 1 else members[0].name: members
        for name, members in zip(names, groups, strict=True)
    }


def _summarize(label: str, runs: list[Path]) -> dict[str, Any]:
    figures = [headline(read_metrics(run)) for run in runs]
    shared = [key for key in figures[0] if all(key in each for each in figures)]
    return {
        "name": label,
        "seeds": [read_config(run).experiment.seed for run in runs],
        "metrics": {key: _spread([each[key] for each in figures]) for key in shared},
        "training": [stopping(read_history(run)) for run in runs],
    }


def _spread(values: list[float]) -> dict[str, Any]:
    return {"mean": statistics.mean(values), "std": statistics.stdev(values) if len(values) > 1 else None}


def stopping(history: list[dict[str, float]], patience: int = PATIENCE) -> dict[str, Any]:
    """What a history says of overfitting, and of what the two callbacks save; epochs count from 1.

    Args:
        history: Rows of `history.csv`.
        patience: Of the early stopping that is tried on it.

    Returns:
        Epochs trained; the epoch of the least validation loss, after which the network learns by heart; the epoch that
        ModelCheckpoint kept, its validation accuracy and the last one's; and the epoch after which EarlyStopping would
        have ended training, with the accuracy that it would have kept.
    """
    accuracy, loss = ([row[key] for row in history] for key in ("val_accuracy", "val_loss"))
    best = accuracy.index(max(accuracy))
    stop, so_far = len(accuracy), 0
    for epoch, value in enumerate(accuracy):
        so_far = epoch if value > accuracy[so_far] else so_far
        if epoch - so_far >= patience:
            stop = epoch + 1
            break
    return {
        "epochs": len(history),
        "least_val_loss_epoch": loss.index(min(loss)) + 1,
        "least_val_loss": min(loss),
        "last_val_loss": loss[-1],
        "kept_epoch": best + 1,
        "kept_val_accuracy": accuracy[best],
        "last_val_accuracy": accuracy[-1],
        "early_stop_epoch": stop,
        "early_stop_val_accuracy": accuracy[so_far],
    }


def table(result: dict[str, Any]) -> str:
    """The comparison as Markdown: the figures of each arm, and what its training tells."""
    arms = result["arms"]
    columns = {title: how for title, how in COLUMNS.items() if any(how[0] in arm["metrics"] for arm in arms)}
    lines = [_row("", "seeds", *columns), _row("---", *["---:"] * (len(columns) + 1))]
    for arm in arms:
        cells = [_cell(arm["metrics"].get(key), factor) for key, factor in columns.values()]
        lines.append(_row(arm["name"], len(arm["seeds"]), *cells))
    lines += [
        "",
        _row(
            "first seed",
            "epochs",
            "least validation loss",
            "kept by ModelCheckpoint",
            "the last epoch",
            "EarlyStopping",
        ),
        _row("---", *["---:"] * 5),
    ]
    for arm in arms:
        t = arm["training"][0]
        stopped = t["early_stop_epoch"] < t["epochs"]
        lines.append(
            _row(
                arm["name"],
                t["epochs"],
                f"{t['least_val_loss']:.4f} in epoch {t['least_val_loss_epoch']}, at the end {t['last_val_loss']:.4f}",
                f"{percent(t['kept_val_accuracy'])} of epoch {t['kept_epoch']}",
                percent(t["last_val_accuracy"]),
                f"{percent(t['early_stop_val_accuracy'])}, after epoch {t['early_stop_epoch']}"
                if stopped
                else "not in time",
            )
        )
    note = (
        f"\nAccuracies in the second table are on validation images; EarlyStopping with a patience of "
        f"{result['patience']} epochs was tried on the history.\n"
    )
    return "\n".join(lines) + "\n" + note


def _row(*cells: Any) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _cell(value: dict[str, Any] | None, factor: float) -> str:
    if value is None:
        return ""
    digits = 2 if factor == 100 else 4
    mean = f"{factor * value['mean']:.{digits}f}"
    return mean if value["std"] is None else f"{mean} ± {factor * value['std']:.{digits}f}"
