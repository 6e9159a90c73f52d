"""Compare runs in one table and in plots; the seeds of one recipe are summarised as mean ± standard deviation."""

from __future__ import annotations

import logging
import statistics
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from ml.errors import DataError
from ml.evaluation import plots
from ml.evaluation.headline import HEADLINE, HeadlineMetric, headline, percent
from ml.evaluation.results import Arm, Comparison, Metrics, Spread, TrainingSummary, read_metrics
from ml.files import write_json, write_text
from ml.runs import (
    History,
    finished_runs,
    group_by_recipe,
    is_complete,
    read_config,
    read_finished_history,
    relative_to_cwd,
)

log = logging.getLogger(__name__)

PATIENCE = 5  # epochs
MAX_CURVES = 4  # side by side; more are too small to read


def compare(runs: list[Path], out: Path) -> Comparison:
    """Write `comparison.json`, `comparison.md`, `comparison.png` and, for up to four recipes, `learning-curves.png`.

    Args:
        runs: Folders of evaluated runs. The plots compare the recipe of the first run with the others. Of several runs
            with the same recipe and seed, only the first counts.
        out: The folder for the files, created if necessary.

    Returns:
        The content of `comparison.json`.

    Raises:
        DataError: A run is not evaluated, or one of its files is damaged.
    """
    members = _group(runs)
    result = Comparison(patience=PATIENCE, arms=tuple(_summarize(name, group) for name, group in members.items()))
    out.mkdir(parents=True, exist_ok=True)
    write_json(out / "comparison.json", result.to_json())
    write_text(out / "comparison.md", table(result))
    plots.save(plots.comparison(result.arms), out / "comparison.png")
    if len(members) <= MAX_CURVES:
        histories = {name: read_finished_history(group[0]) for name, group in members.items()}
        plots.save(plots.histories(histories), out / "learning-curves.png")
    return result


def find_runs(names: list[str], folder: Path) -> list[Path]:
    """Find finished runs, each once.

    Args:
        names: Run folders or names of experiments, in which `*` matches any characters. An experiment stands for all
            of its finished runs.
        folder: The folder that contains the runs of experiments. Damaged ones are left out with a warning.

    Raises:
        DataError: A name matches no finished run.
    """
    finished = finished_runs(folder)
    found: dict[Path, None] = {}
    for name in names:
        if is_complete(Path(name)):
            matches = [Path(name)]
        else:
            matches = [path for path, config in finished.items() if fnmatchcase(config.experiment.name, name)]
        if not matches:
            raise DataError(
                f"{name} is neither a finished run nor an experiment with finished runs in {relative_to_cwd(folder)}."
            )
        found |= dict.fromkeys(path.resolve() for path in matches)
    return list(found)


def summarize_training(history: History, patience: int = PATIENCE) -> TrainingSummary:
    """Summarise overfitting, the epoch that ModelCheckpoint kept, and the epoch that EarlyStopping would have kept.

    Args:
        history: Rows of `history.csv`.
        patience: Of the simulated EarlyStopping, in epochs.
    """
    accuracy, loss = ([row[key] for row in history] for key in ("val_accuracy", "val_loss"))
    kept = accuracy.index(max(accuracy))
    stop, best = len(accuracy), 0
    for epoch, value in enumerate(accuracy):
        best = epoch if value > accuracy[best] else best
        if epoch - best >= patience:
            stop = epoch + 1
            break
    return TrainingSummary(
        epochs=len(history),
        least_val_loss_epoch=loss.index(min(loss)) + 1,
        least_val_loss=min(loss),
        last_val_loss=loss[-1],
        kept_epoch=kept + 1,
        kept_val_accuracy=accuracy[kept],
        last_val_accuracy=accuracy[-1],
        early_stop_epoch=stop,
        early_stop_val_accuracy=accuracy[best],
    )


def table(comparison: Comparison) -> str:
    """Return two Markdown tables: the headline metrics of each arm, and the training of its first seed."""
    arms = comparison.arms
    columns = [metric for metric in HEADLINE if any(metric.key in arm.metrics for arm in arms)]
    titles = [metric.title_with_unit for metric in columns]
    lines = [_row("", "seeds", *titles), _row("---", *["---:"] * (len(columns) + 1))]
    for arm in arms:
        lines.append(
            _row(arm.name, len(arm.seeds), *[_cell(metric, arm.metrics.get(metric.key)) for metric in columns])
        )
    lines += [
        "",
        _row("first seed", "epochs", "least validation loss", "kept by ModelCheckpoint", "last epoch", "EarlyStopping"),
        _row("---", *["---:"] * 5),
    ]
    for arm in arms:
        first = arm.training[0]
        lines.append(
            _row(
                arm.name,
                first.epochs,
                f"{first.least_val_loss:.4f} in epoch {first.least_val_loss_epoch}, "
                f"at the end {first.last_val_loss:.4f}",
                f"{percent(first.kept_val_accuracy)} in epoch {first.kept_epoch}",
                percent(first.last_val_accuracy),
                f"{percent(first.early_stop_val_accuracy)}, after epoch {first.early_stop_epoch}"
                if first.early_stop_epoch < first.epochs
                else "does not stop",
            )
        )
    lines += [
        "",
        "Accuracies in the second table are on validation images. EarlyStopping is simulated on the history, with a "
        f"patience of {comparison.patience} epochs.",
    ]
    return "\n".join(lines) + "\n"


def _group(runs: list[Path]) -> dict[str, list[Path]]:
    """Return the runs of each recipe by the experiment's name, or by the first run's if two recipes share that."""
    groups = [list(seeds.values()) for seeds in group_by_recipe(runs)]
    for run in runs:
        if not any(run in group for group in groups):
            log.info("%s is left out: an earlier run has the same recipe and seed.", run)
    names = [read_config(group[0]).experiment.name for group in groups]
    return {name if names.count(name) == 1 else group[0].name: group for name, group in zip(names, groups, strict=True)}


def _summarize(name: str, runs: list[Path]) -> Arm:
    figures = [headline(read_metrics(run)) for run in runs]
    shared = [key for key in figures[0] if all(key in each for each in figures)]
    return Arm(
        name=name,
        seeds=tuple(read_config(run).experiment.seed for run in runs),
        metrics={key: _spread([each[key] for each in figures]) for key in shared},
        training=tuple(summarize_training(read_finished_history(run)) for run in runs),
    )


def _spread(values: list[float]) -> Spread:
    return Spread(mean=statistics.mean(values), std=statistics.stdev(values) if len(values) > 1 else None)


def _row(*cells: Any) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _cell(metric: HeadlineMetric[Metrics], value: Spread | None) -> str:
    if value is None:
        return ""
    mean = metric.number(value.mean)
    return mean if value.std is None else f"{mean} ± {metric.number(value.std)}"
