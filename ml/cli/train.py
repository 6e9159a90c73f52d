"""The command `train`."""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys

from ml.cli.options import Commands, add_data_dir, int_range, preset_name, run_name
from ml.cli.output import print_next, quiet
from ml.config import MAX_SEED
from ml.data.dataset import FALLBACK
from ml.data.load import DATASETS, load
from ml.evaluation.headline import percent
from ml.presets import PRESETS
from ml.runs import RUNS, check_matches, is_complete, point_latest_at, read_finished_history, relative_to_cwd


def register(commands: Commands) -> None:
    """Add the command to the subparsers `commands`."""
    parser = commands.add_parser("train", help="train a preset, or continue an interrupted training")
    parser.add_argument(
        "--preset",
        type=preset_name,
        default=os.environ.get("DIGITS_PRESET") or "quick",
        help=f"{', '.join(PRESETS)} (default: DIGITS_PRESET, then quick)",
    )
    parser.add_argument("--dataset", choices=DATASETS, help="replaces the dataset of the preset")
    parser.add_argument("--epochs", type=int_range(1), help="replaces the number of epochs of the preset")
    parser.add_argument("--seed", type=int_range(0, MAX_SEED), help="replaces the seed of the preset")
    parser.add_argument(
        "--teacher",
        type=run_name,
        action="append",
        metavar="RUN",
        help="name of a finished run in runs/ to distil from; may be repeated",
    )
    parser.add_argument("--name", type=run_name, help="name of the run folder (default: derived from the experiment)")
    parser.add_argument("--dry-run", action="store_true", help="check the options and the data without training")
    add_data_dir(parser)
    parser.set_defaults(func=_train)


def _train(options: argparse.Namespace) -> None:
    changes = {key: getattr(options, key) for key in ("dataset", "epochs", "seed") if getattr(options, key) is not None}
    if options.teacher:
        changes["teachers"] = tuple(options.teacher)
    experiment = dataclasses.replace(PRESETS[options.preset], **changes)
    dataset = load(experiment.dataset, options.data_dir)
    # Mark runs on fallback data in their name.
    suffix = f"-{FALLBACK}" if dataset.fallback else ""
    run = relative_to_cwd(RUNS / ((options.name or experiment.run_name) + suffix))
    check_matches(run, experiment, dataset.describe(), dataset.sha256)
    if options.dry_run:
        print(f"Ready to train {run}: {len(dataset.y_train):,} images of {dataset.name}.")
        return
    if is_complete(run):  # without importing TensorFlow
        point_latest_at(run)
        print(f"{run} is already trained.")
        print_next("Use --name NAME to train it again in another folder.")
    else:
        with quiet():
            from ml.training.train import train

        train(experiment, dataset, run, verbose=1 if sys.stdout.isatty() else 2)
    best = max(row["val_accuracy"] for row in read_finished_history(run))
    print(f"Trained: {run}, best validation accuracy {percent(best)}.")
    print_next("Next: nox -s evaluate, or nox -s convert.")
