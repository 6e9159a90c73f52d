"""The commands `convert`, `bundle` and `card`."""

from __future__ import annotations

import argparse
import json
import os
import shutil
from pathlib import Path
from typing import Any

from ml.cli.options import add_data_dir, add_run
from ml.cli.output import quiet
from ml.data.dataset import Dataset
from ml.data.of_run import load_data_of
from ml.errors import DataError, PublishError
from ml.evaluation.mistakes import MISTAKES_FILE
from ml.release import model_card
from ml.release.gate import objection, shortfalls
from ml.release.manifest import BUNDLED, read_release
from ml.release.report import FILE as REPORT
from ml.runs import read_config, read_metrics

PICTURES = Path("visualizations/release")
CARD = Path("docs/model-card.md")


def register(commands: Any) -> None:
    """Add the commands to the subparsers `commands`."""
    convert = commands.add_parser("convert", help="convert a run to a release for the browser, and verify it")
    convert.add_argument(
        "--weights",
        choices=["float32", "float16", "uint16", "uint8"],
        help="storage type of the weights (default: uint8 if the preset rounds to it, else float16)",
    )
    convert.add_argument("--below-gate", action="store_true", help="convert even if the run fails its preset's gate")
    convert.set_defaults(func=_convert)
    add_data_dir(convert)

    bundle = commands.add_parser("bundle", help="copy the release of a run into the repository, and write its card")
    bundle.add_argument("--below-gate", action="store_true", help="bundle even if the release fails its gate")
    bundle.set_defaults(func=_bundle)

    card = commands.add_parser("card", help="write the model card of the release in the repository")
    card.set_defaults(func=_card)

    for parser in (convert, bundle):
        add_run(parser)


def _convert(options: argparse.Namespace) -> None:
    # Only TensorFlow can export. Keras chooses its backend when it is imported.
    os.environ["KERAS_BACKEND"] = "tensorflow"
    with quiet():
        from ml.evaluation.evaluate import evaluate  # noqa: PLC0415
        from ml.release.export import convert  # noqa: PLC0415

    dataset = load_data_of(options.run, options.data_dir)
    if not all((options.run / name).exists() for name in ("metrics.json", MISTAKES_FILE)):
        evaluate(options.run, dataset, options.data_dir)
    _hold_to_gate(options.run, dataset, below_gate=options.below_gate)
    with quiet("Converting, and running the graph in TensorFlow.js …"):
        manifest, proof = convert(options.run, dataset, options.weights)
    kilobytes = sum(file["bytes"] for file in manifest["files"]) / 1000
    print(f"Verified against Keras: {proof}.")
    print(f"Release {manifest['release']}: {options.run / 'release'}, {kilobytes:,.0f} kB.")
    print("Next: nox -s deploy.")


def _hold_to_gate(run: Path, dataset: Dataset, *, below_gate: bool) -> None:
    """See that a run on its own data reaches what its preset promises."""
    name = read_config(run).experiment.name
    short = [] if dataset.fallback else shortfalls(name, read_metrics(run))
    if not short:
        return
    told = f"{run} fails the gate of {name}: {'; '.join(short)}."
    if not below_gate:
        raise PublishError(
            f"{told} Train it longer, evaluate it again if a metric is missing, or convert it anyway with --below-gate."
        )
    print(f"{told} Converting anyway.")


def _bundle(options: argparse.Namespace) -> None:
    """Copy what the repository keeps of a run: the release for the site, and what was measured for the readers."""
    release = read_release(options.run / "release")
    if reason := objection(release, below_gate=options.below_gate):
        raise PublishError(f"{options.run} cannot be bundled: {reason}.")
    if not (options.run / "metrics.json").exists():
        raise DataError(f"{options.run} is not evaluated. Run nox -s evaluate first.")
    for source, target in ((options.run / "release", BUNDLED), (options.run / "plots", PICTURES)):
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target)
    for name in ("metrics.json", "history.csv"):
        shutil.copy(options.run / name, PICTURES)
    print(f"Bundled: release {release.id} in {BUNDLED}, metrics and plots in {PICTURES}.")
    _card(options)


def _card(_: argparse.Namespace) -> None:
    release = read_release(BUNDLED)
    try:
        report = json.loads((BUNDLED / REPORT).read_bytes())
    except FileNotFoundError as error:
        raise DataError(f"{BUNDLED} contains no report. Convert and bundle its run again.") from error
    CARD.parent.mkdir(exist_ok=True)
    CARD.write_text(model_card.markdown(release.manifest, report, os.path.relpath(PICTURES, CARD.parent)))
    print(f"Written: {CARD}.")
