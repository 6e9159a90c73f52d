"""What a release tells of its network: report.json, from what training and evaluation left in the run folder."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

from ml.errors import DataError
from ml.evaluation import results
from ml.evaluation.headline import headline
from ml.evaluation.mistakes import MISTAKES_FILE
from ml.release import model_card
from ml.runs import EVALUATE_AGAIN, group_by_recipe, is_complete, read_config, read_history, read_json, read_metrics

SCHEMA = 1
FILE = "report.json"


def make_report(run: Path, facts: dict[str, Any]) -> dict[str, Any]:
    """The report of an evaluated run, valid by `report.schema.json`; the same run folders give the same report.

    Args:
        run: A finished and evaluated run folder; runs beside it that differ by the seed alone tell the spread.
        facts: What conversion knows of the release: parameters, multiply_adds, weights and bytes.

    Raises:
        DataError: The run is not evaluated, or a file of it is damaged.
    """
    config = read_config(run)
    try:
        metrics = read_metrics(run)
        mistakes = read_json(run / MISTAKES_FILE, EVALUATE_AGAIN)
    except FileNotFoundError as error:
        raise DataError(f"{run} is not evaluated; run nox -s evaluate first.") from error
    seeds, teachers = seeds_of(run), teachers_of(run)
    report = {
        "schema": SCHEMA,
        "metrics": metrics,
        "seeds": seeds,
        "history": read_history(run),
        "mistakes": mistakes,
        "card": model_card.sections(config.to_json(), metrics, seeds, facts, teachers),
        "facts": facts,
        **({"teachers": teachers} if teachers else {}),
    }
    validator().validate(report)
    return report


@cache
def validator() -> jsonschema.Draft202012Validator:
    """Of `report.schema.json`."""
    schema = json.loads(Path(__file__).with_name("report.schema.json").read_text())
    return jsonschema.Draft202012Validator(schema)


def seeds_of(run: Path) -> list[dict[str, Any]]:
    """Headline figures of this run and of those beside it that differ by the seed alone, one for each seed."""
    run = run.resolve()
    evaluated = [
        folder
        for folder in sorted(run.parent.iterdir())
        if not folder.is_symlink() and is_complete(folder) and (folder / "metrics.json").exists()
    ]
    # The run itself first, so that it speaks for its recipe and its seed.
    seeds = group_by_recipe([run, *evaluated])[0]
    return [{"seed": seed, **headline(results.read_metrics(folder))} for seed, folder in sorted(seeds.items())]


def teachers_of(run: Path) -> list[dict[str, Any]]:
    """Headline figures of the evaluated runs from whose networks this one learned."""
    run = run.resolve()
    names = read_config(run).experiment.teachers
    evaluated = [name for name in names if (run.parent / name / "metrics.json").exists()]
    return [{"run": name, **headline(results.read_metrics(run.parent / name))} for name in evaluated]
