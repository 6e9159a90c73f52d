"""The commands `evaluate`, `compare-runs`, `baselines` and `augmentation`."""

from __future__ import annotations

import argparse
from pathlib import Path

from ml.cli.options import Commands, add_data_dir, add_run, preset_name
from ml.cli.output import print_next, quiet
from ml.data.load import load
from ml.data.of_run import load_data_of
from ml.errors import DataError
from ml.evaluation.headline import percent
from ml.evaluation.results import read_metrics
from ml.files import ROOT
from ml.presets import PRESETS
from ml.runs import METRICS_FILE, PLOTS_FOLDER, RUNS, is_evaluated, read_config, relative_to_cwd

VISUALIZATIONS = ROOT / "visualizations"


def register(commands: Commands) -> None:
    """Add the commands to the subparsers `commands`."""
    evaluate = commands.add_parser("evaluate", help="evaluate a finished run: metrics.json and plots")
    add_run(evaluate)
    evaluate.set_defaults(func=_evaluate)

    compare = commands.add_parser("compare-runs", help="compare runs: a table and plots")
    compare.add_argument(
        "runs", nargs="+", metavar="RUN", help="a run folder, or the name of an experiment for all its runs (* matches)"
    )
    compare.add_argument("--out", type=Path, default=RUNS / "comparison", help="(default: runs/comparison)")
    compare.set_defaults(func=_compare_runs)

    baselines = commands.add_parser("baselines", help="evaluate classical models on the same images (15 minutes)")
    baselines.add_argument(
        "--out", type=Path, default=VISUALIZATIONS / "baselines", help="(default: visualizations/baselines)"
    )
    baselines.add_argument("--again", action="store_true", help="also fit models that have a result")
    baselines.add_argument("--network", type=Path, metavar="RUN", help="an evaluated run on MNIST to compare with")
    baselines.set_defaults(func=_baselines)

    gallery = commands.add_parser("augmentation", help="draw digits under the random transformations of a preset")
    gallery.add_argument("--preset", type=preset_name, default="production", help="(default: %(default)s)")
    gallery.add_argument("--out", type=Path, metavar="FILE", help="(default: visualizations/augmentation-PRESET.png)")
    gallery.set_defaults(func=_augmentation)

    for parser in (evaluate, compare, baselines, gallery):
        add_data_dir(parser)


def _evaluate(options: argparse.Namespace) -> None:
    with quiet():
        from ml.evaluation.evaluate import evaluate

    result = evaluate(options.run, load_data_of(options.run, options.data_dir), options.data_dir)
    test = result.test
    score = f"accuracy {percent(test.accuracy)}, weighted F1 {test.weighted_f1:.4f}"
    print(f"Evaluated: {score} on {test.images:,} test images.")
    print(f"Written: {options.run / METRICS_FILE} and plots in {options.run / PLOTS_FOLDER}.")
    print_next("Next: nox -s convert.")


def _compare_runs(options: argparse.Namespace) -> None:
    from ml.evaluation import compare  # matplotlib takes a second

    runs = [relative_to_cwd(run) for run in compare.find_runs(options.runs, RUNS)]
    if not all(is_evaluated(run) for run in runs):
        with quiet():
            from ml.evaluation.evaluate import evaluate_missing

        evaluate_missing(runs, options.data_dir)
    print(compare.table(compare.compare(runs, options.out)))
    print(f"Written: comparison.json, comparison.md and plots in {relative_to_cwd(options.out)}.")


def _baselines(options: argparse.Namespace) -> None:
    from ml.evaluation import baselines  # scikit-learn's models take seconds

    network = None
    if options.network:
        dataset = load_data_of(options.network, options.data_dir)
        if dataset.name != "mnist":
            raise DataError(
                f"{options.network} was trained on {dataset.name}, but the classical models use MNIST only. "
                "Name a run on MNIST."
            )
        name = read_config(options.network).experiment.name
        network = (f"CNN, preset {name}", read_metrics(options.network))
    else:
        dataset = load("mnist", options.data_dir)
    results = baselines.measure_all(dataset, options.out, options.data_dir, again=options.again, network=network)
    print(baselines.table(results))
    print(f"Written: a JSON file for each model and a plot in {relative_to_cwd(options.out)}.")


def _augmentation(options: argparse.Namespace) -> None:
    experiment = PRESETS[options.preset]
    # Always MNIST: ten digits are shown, and loading all pen strokes takes a minute.
    dataset = load("mnist", options.data_dir)
    out = options.out or VISUALIZATIONS / f"augmentation-{options.preset}.png"
    out.parent.mkdir(parents=True, exist_ok=True)
    with quiet():
        from ml.evaluation.augmentation_gallery import draw_gallery

        draw_gallery(experiment, dataset, out)
    print(f"Written: {relative_to_cwd(out)}.")
