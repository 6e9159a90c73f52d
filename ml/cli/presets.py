"""The command `presets`."""

from __future__ import annotations

import argparse
import dataclasses
import re
from typing import Any

from ml.cli.options import preset_name
from ml.cli.output import print_result
from ml.config import Experiment
from ml.presets import PRESETS


def register(commands: Any) -> None:
    """Add the command to the subparsers `commands`."""
    parser = commands.add_parser("presets", help="list the presets and the teachers that must be trained first")
    parser.add_argument("name", nargs="?", type=preset_name, help="(default: all presets)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(func=_presets)


def _presets(options: argparse.Namespace) -> None:
    teachers = {name: teachers_of(PRESETS[name]) for name in ([options.name] if options.name else PRESETS)}
    print_result(
        options,
        [
            {"name": name, "teachers": [{"preset": each.name, "seed": each.seed} for each in found]}
            for name, found in teachers.items()
        ],
        *(
            name + "".join(f"\n  teacher: {each.name}, seed {each.seed}" for each in found)
            for name, found in teachers.items()
        ),
    )


def teachers_of(experiment: Experiment) -> list[Experiment]:
    """Return the experiments whose runs are the teachers of `experiment`.

    Raises:
        ValueError: A teacher is not the run of a preset.
    """
    found = []
    for run in experiment.teachers:
        match = re.fullmatch(r"(.+)-seed(\d+)-\w+", run)
        if not match or match[1] not in PRESETS:
            raise ValueError(f"The teacher {run} of {experiment.name} is not the run of a preset.")
        teacher = dataclasses.replace(PRESETS[match[1]], seed=int(match[2]))
        if teacher.run_name != run:
            raise ValueError(f"The teacher {run} of {experiment.name} is not the run of a preset.")
        found.append(teacher)
    return found
