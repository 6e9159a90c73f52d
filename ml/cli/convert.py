"""The commands `convert`, `bundle` and `card`."""

from __future__ import annotations

import argparse
import os

from ml.cli.options import Commands, add_data_dir, add_run
from ml.cli.output import print_next, quiet
from ml.data.of_run import load_data_of
from ml.errors import PublishError
from ml.release import bundle
from ml.release.gate import convert_blocker
from ml.release.verify import BUNDLED
from ml.runs import read_config, relative_to_cwd


def register(commands: Commands) -> None:
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

    bundle_parser = commands.add_parser(
        "bundle", help="copy the release of a run into the repository, and write its model card"
    )
    bundle_parser.add_argument("--below-gate", action="store_true", help="bundle even if the release fails its gate")
    bundle_parser.set_defaults(func=_bundle)

    card = commands.add_parser("card", help="write the model card of the bundled release")
    card.set_defaults(func=_card)

    for parser in (convert, bundle_parser):
        add_run(parser)


def _convert(options: argparse.Namespace) -> None:
    # Only TensorFlow can export. Keras chooses its backend when it is imported.
    os.environ["KERAS_BACKEND"] = "tensorflow"
    with quiet():
        from ml.evaluation.evaluate import ensure_evaluated
        from ml.release.export import convert

    dataset = load_data_of(options.run, options.data_dir)
    metrics = ensure_evaluated(options.run, dataset, options.data_dir)
    if blocker := convert_blocker(read_config(options.run), metrics):
        if not options.below_gate:
            raise PublishError(
                f"{options.run} is not converted: {blocker}. Train it longer, evaluate it again if a metric is "
                "missing, or convert it anyway with --below-gate."
            )
        print(f"{options.run} is converted although {blocker}.")
    with quiet("Converting, and running the graph in TensorFlow.js …"):
        manifest, parity = convert(options.run, dataset, options.weights)
    kilobytes = sum(file.bytes for file in manifest.files) / 1000
    print(f"Verified against Keras: {parity}.")
    print(f"Release {manifest.release}: {options.run / 'release'}, {kilobytes:,.0f} kB.")
    print_next("Next: nox -s deploy.")


def _bundle(options: argparse.Namespace) -> None:
    release = bundle.bundle_release(options.run, below_gate=options.below_gate)
    release_dir, pictures, card = map(relative_to_cwd, (BUNDLED, bundle.PICTURES, bundle.MODEL_CARD))
    print(f"Bundled: release {release.id} in {release_dir}, metrics and plots in {pictures}, {card}.")


def _card(_: argparse.Namespace) -> None:
    bundle.write_model_card()
    print(f"Written: {relative_to_cwd(bundle.MODEL_CARD)}.")
