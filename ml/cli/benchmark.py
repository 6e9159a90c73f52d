"""The command `benchmark`."""

from __future__ import annotations

import argparse

from ml.cli.options import Commands, add_data_dir
from ml.cli.output import print_result, quiet
from ml.data.load import load
from ml.errors import DataError
from ml.evaluation.results import TestSetResults
from ml.release.verify import BUNDLED
from ml.runs import relative_to_cwd


def register(commands: Commands) -> None:
    """Add the command to the subparsers `commands`."""
    parser = commands.add_parser(
        "benchmark", help="score releases, Keras models or Python callables on the public test sets"
    )
    parser.add_argument(
        "recognizers",
        nargs="*",
        default=[str(relative_to_cwd(BUNDLED))],
        metavar="RECOGNIZER",
        help="the folder of a release, a .keras file for pixels from 0 to 255, or module:function for a callable that "
        "maps images (n, 28, 28) uint8 to (n, 10) (default: the bundled release)",
    )
    sets = tuple(TestSetResults.model_fields)
    parser.add_argument("--sets", nargs="+", choices=sets, default=sets, help="(default: all with available data)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(func=_benchmark)
    add_data_dir(parser)


def _benchmark(options: argparse.Namespace) -> None:
    with quiet("Starting …"):
        from ml.evaluation import benchmark
        from ml.evaluation.headline import headline_on_test_sets
        from ml.release.recognizers import load_recognizer

        recognizers = [load_recognizer(target) for target in options.recognizers]
    names = [recognizer.name for recognizer in recognizers]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise DataError(f"Two recognizers are named {twice}. Name each once.")
    dataset = load("mnist", options.data_dir)
    if dataset.fallback:
        raise DataError("MNIST is not available. Connect to the network, or name a folder with --data-dir.")
    measured = {}
    for recognizer in recognizers:
        print(f"{recognizer.name} …")
        results = benchmark.measure(recognizer, dataset, options.data_dir, options.sets)
        measured[recognizer.name] = headline_on_test_sets(results)
    print_result(options, measured, benchmark.table(measured))
