"""Build the report of a release from the files of a run folder."""

from __future__ import annotations

import logging
from pathlib import Path

from ml.errors import DataError
from ml.evaluation.headline import headline
from ml.evaluation.mistakes import read_mistakes
from ml.evaluation.results import read_metrics
from ml.release import model_card
from ml.release.manifest import SCHEMA
from ml.release.report import Facts, Report, SeedFigures, TeacherFigures
from ml.runs import (
    HistoryRow,
    finished_runs,
    group_by_recipe,
    is_evaluated,
    read_config,
    read_finished_history,
    relative_to_cwd,
)

log = logging.getLogger(__name__)


def make_report(run: Path, facts: Facts) -> Report:
    """Make the report of an evaluated run. Equal run folders give equal reports.

    Args:
        run: The folder of an evaluated run. Runs in the same parent folder that differ only in the seed give the
            spread.
        facts: Size and cost of the network.

    Raises:
        DataError: The run is not evaluated, or one of its files is damaged.
    """
    metrics, mistakes = read_metrics(run), read_mistakes(run)
    seeds, teachers = seed_figures(run), teacher_figures(run)
    optional = {"teachers": teachers} if teachers else {}
    return Report(
        schema=SCHEMA,
        metrics=metrics,
        seeds=seeds,
        history=tuple(HistoryRow.model_validate(row) for row in read_finished_history(run)),
        mistakes=mistakes,
        card=model_card.sections(read_config(run), metrics, seeds, teachers, facts),
        facts=facts,
        **optional,
    )


def seed_figures(run: Path) -> tuple[SeedFigures, ...]:
    """Return the headline figures of this run and of its sibling runs that differ only in the seed, by seed.

    Siblings that are damaged are left out with a warning.

    Raises:
        DataError: This run is not evaluated, or one of its files is damaged.
    """
    run = run.resolve()
    evaluated = [folder for folder in finished_runs(run.parent) if folder != run and is_evaluated(folder)]
    seeds = group_by_recipe([run, *evaluated])[0]  # this run first: it determines the recipe and represents its seed
    figures = {
        seed: headline(read_metrics(run)) if folder == run else _figures(folder) for seed, folder in seeds.items()
    }
    return tuple(
        SeedFigures.model_validate({"seed": seed, **values}) for seed, values in sorted(figures.items()) if values
    )


def teacher_figures(run: Path) -> tuple[TeacherFigures, ...]:
    """Return the headline figures of the evaluated runs whose networks this one was distilled from.

    Runs that are damaged are left out with a warning.
    """
    run = run.resolve()
    names = [name for name in read_config(run).experiment.teachers if is_evaluated(run.parent / name)]
    figures = {name: _figures(run.parent / name) for name in names}
    return tuple(TeacherFigures.model_validate({"run": name, **values}) for name, values in figures.items() if values)


def _figures(run: Path) -> dict[str, float] | None:
    """Return the headline figures of a run, or None with a warning if it is damaged."""
    try:
        return headline(read_metrics(run))
    except (DataError, OSError) as error:
        log.warning("%s is left out of the report: %s", relative_to_cwd(run), error)
        return None
