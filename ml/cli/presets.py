"""The command `presets`."""

from __future__ import annotations

import argparse

from ml.cli.options import Commands, preset_name
from ml.cli.output import print_result
from ml.presets import PRESETS, teachers_of


def register(commands: Commands) -> None:
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
