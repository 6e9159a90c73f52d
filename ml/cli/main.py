"""The command line: python -m ml COMMAND. Each command is a thin call of one module."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import errno
import json
import logging
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

# Before TensorFlow is imported: fatal errors only, for its chatter drowns what we say.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from ml.cli.options import whole
from ml.config import PRESETS
from ml.data.load import DATASETS, FALLBACK, NOT_DIGITS, Dataset, load
from ml.errors import DataError, PublishError
from ml.evaluation.mistakes import MISTAKES_FILE
from ml.firebase import publish
from ml.release import model_card
from ml.release.gate import objection, shortfalls
from ml.release.manifest import BUNDLED, read_release
from ml.release.report import FILE as REPORT
from ml.runs import (
    LATEST,
    RUNS,
    check_is_of,
    is_complete,
    point_latest_at,
    read_config,
    read_history,
    read_metrics,
)

PICTURES = Path("visualizations/release")
BASELINES = Path("visualizations/baselines")
CARD = Path("docs/model-card.md")
MOST_SEED = 2**31 - 1  # NumPy and Keras take 32 bits, and some layers' seeds are a few above it

# What to do about the errors of the operating system that a user meets most.
MENDS = {
    errno.ENOSPC: "Make room",
    errno.EDQUOT: "Make room",
    errno.EACCES: "See that you may read and write there",
    errno.EROFS: "See that you may read and write there",
    errno.ENOTDIR: "Move away the file that is where a folder should be",
    errno.EEXIST: "Move away the file that is where a folder should be",
}


def main(arguments: list[str] | None = None) -> int:
    """Parse, run, and turn the errors that a user can mend into one sentence; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m ml", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)

    train = commands.add_parser("train", help="train a preset; a run that was stopped goes on")
    # argparse holds defaults against a type, but not against choices.
    train.add_argument(
        "--preset",
        type=_preset,
        default=os.environ.get("DIGITS_PRESET") or "quick",
        help=f"{', '.join(PRESETS)} (default: DIGITS_PRESET, or else quick)",
    )
    train.add_argument("--dataset", choices=DATASETS, help="instead of the preset's")
    train.add_argument("--epochs", type=whole(1), help="instead of the preset's")
    train.add_argument("--seed", type=whole(0, MOST_SEED), help="instead of the preset's")
    train.add_argument(
        "--teacher",
        type=_run_name,
        action="append",
        metavar="RUN",
        help="name of a finished run in runs/ from whose network to learn besides the labels; may be repeated",
    )
    train.add_argument("--name", type=_run_name, help="name of the run folder (made from the experiment unless given)")
    train.set_defaults(func=_train)

    evaluate = commands.add_parser("evaluate", help="measure a finished run: metrics.json and pictures")
    evaluate.set_defaults(func=_evaluate)

    convert = commands.add_parser("convert", help="make a release that the browser can run, and prove it")
    convert.add_argument(
        "--weights",
        choices=["float32", "float16", "uint16", "uint8"],
        help="how weights are stored (default: uint8 where the preset's networks are rounded to it, else float16)",
    )
    convert.add_argument(
        "--below-gate", action="store_true", help="even if the network falls short of its preset's gate"
    )
    convert.set_defaults(func=_convert)

    compare_runs = commands.add_parser("compare-runs", help="put runs side by side: a table and pictures")
    compare_runs.add_argument(
        "runs", nargs="+", metavar="RUN", help="a run folder, or an experiment for all its runs (* for any)"
    )
    compare_runs.add_argument("--out", type=Path, default=Path("runs/comparison"), help="(default: %(default)s)")
    compare_runs.set_defaults(func=_compare_runs)

    classical = commands.add_parser(
        "baselines", help="measure classical models on the same images (a quarter of an hour)"
    )
    classical.add_argument("--out", type=Path, default=BASELINES, help="(default: %(default)s)")
    classical.add_argument("--again", action="store_true", help="fit also those that have been measured")
    classical.add_argument("--network", type=Path, metavar="RUN", help="an evaluated run on MNIST to stand beside them")
    classical.set_defaults(func=_baselines)

    gallery = commands.add_parser("augmentation", help="draw what a preset's random transformations do to digits")
    gallery.add_argument("--preset", type=_preset, default="production", help="(default: %(default)s)")
    gallery.add_argument("--out", type=Path, metavar="FILE", help="(default: visualizations/augmentation-PRESET.png)")
    gallery.set_defaults(func=_augmentation)

    card = commands.add_parser("card", help="write the model card of the release that the repository brings")
    card.set_defaults(func=_card)

    bundle = commands.add_parser("bundle", help="make the latest release the one that the repository brings")
    bundle.add_argument("--below-gate", action="store_true", help="even if it falls short of its gate")
    bundle.set_defaults(func=_bundle)

    for command in (train, evaluate, convert, compare_runs, classical, gallery):
        command.add_argument(
            "--data-dir",
            type=Path,
            default=os.environ.get("DIGITS_DATA_DIR") or None,
            help="local folder with the datasets; nothing is downloaded then (also: DIGITS_DATA_DIR)",
        )
    for command in (evaluate, convert, bundle):
        command.add_argument("--run", type=Path, default=LATEST, help="run folder (default: %(default)s)")
    publish.register(commands)

    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    for chatty in ("absl", "tensorflow", "h5py", "matplotlib"):
        logging.getLogger(chatty).setLevel(logging.ERROR)
    if "run" in options:  # another training may move `latest` while we work
        options.run = Path(os.path.relpath(options.run.resolve()))
    try:
        return int(options.func(options) or 0)
    except KeyboardInterrupt:
        print("\nStopped. What was finished is kept; the same command goes on from there.", file=sys.stderr)
        return 130
    except (DataError, PublishError, OSError) as error:
        print(f"Error: {_plainly(error) if isinstance(error, OSError) else error}", file=sys.stderr)
        return 1


def _plainly(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    return (
        f"{where}{error.strerror or error}. {MENDS.get(error.errno or 0, 'Mend that')}, and run the same command again."
    )


def _preset(text: str) -> str:
    if text not in PRESETS:
        raise argparse.ArgumentTypeError(f"there is no preset {text!r}; choose one of {', '.join(PRESETS)}")
    return text


def _run_name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", text) or text == LATEST.name:
        raise argparse.ArgumentTypeError(f"{text!r} cannot name a run: letters, digits, . _ - and not {LATEST.name}")
    return text


@contextlib.contextmanager
def _quiet(doing: str = "Starting Keras …") -> Iterator[None]:
    """Keep from the user what Keras' backend and the converter write to the terminal; exceptions pass.

    Keras is imported in the commands that need it, for with TensorFlow it takes ten seconds.
    """
    print(doing, flush=True)
    kept = os.dup(2)
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _train(options: argparse.Namespace) -> None:
    changes = {key: getattr(options, key) for key in ("dataset", "epochs", "seed") if getattr(options, key) is not None}
    if options.teacher:
        changes["teachers"] = tuple(options.teacher)
    experiment = dataclasses.replace(PRESETS[options.preset], **changes)
    dataset = load(experiment.dataset, options.data_dir)
    # A run on stand-in data must not pass for the experiment's own.
    suffix = f"-{FALLBACK}" if dataset.fallback else ""
    run = RUNS / ((options.name or experiment.run_name) + suffix)
    check_is_of(run, experiment.to_dict(), dataset.describe())
    if is_complete(run):  # without waiting for TensorFlow
        point_latest_at(run)
        print(f"{run} is trained already; --name NAME trains it again into another folder.")
    else:
        with _quiet():
            from ml.training.train import train  # noqa: PLC0415

        train(experiment, dataset, run, verbose=1 if sys.stdout.isatty() else 2)
    best = max(row["val_accuracy"] for row in read_history(run))
    print(f"Trained: {run}, best validation accuracy {best:.2%}.\nNext: nox -s evaluate, or nox -s convert.")


def _data_of(run: Path, data_dir: Path | None) -> Dataset:
    """The data that a run was trained on."""
    try:
        config = read_config(run)
    except FileNotFoundError as error:
        raise DataError(f"{run} holds no finished run; train one first: nox -s train.") from error
    name, split = config["dataset"]["name"], config["dataset"]["split"]
    dataset = load(name, data_dir, split)
    if dataset.describe() != config["dataset"]:
        raise DataError(
            f"{run} was trained on {name}, and what is at hand now is {dataset.name}. Give the same --data-dir as in "
            "training, or connect to the network."
        )
    return dataset


def _evaluate(options: argparse.Namespace) -> None:
    with _quiet():
        from ml.evaluation.evaluate import evaluate  # noqa: PLC0415

    result = evaluate(options.run, _data_of(options.run, options.data_dir), options.data_dir)
    test = result["test"]
    score = f"accuracy {test['accuracy']:.2%}, weighted F1 {test['weighted_f1']:.4f}"
    print(f"Evaluated: {score} on {test['images']:,} test images.")
    print(f"Written: {options.run / 'metrics.json'} and pictures in {options.run / 'plots'}.\nNext: nox -s convert.")


def _convert(options: argparse.Namespace) -> int:
    # Whatever the network was trained on: Keras chooses its backend when it is imported.
    os.environ["KERAS_BACKEND"] = "tensorflow"
    with _quiet():
        from ml.errors import ExportError  # noqa: PLC0415
        from ml.evaluation.evaluate import evaluate  # noqa: PLC0415
        from ml.release.export import convert  # noqa: PLC0415

    dataset = _data_of(options.run, options.data_dir)
    if not all((options.run / name).exists() for name in ("metrics.json", MISTAKES_FILE)):
        evaluate(options.run, dataset, options.data_dir)
    _hold_to_gate(options.run, dataset, below_gate=options.below_gate)
    try:
        with _quiet("Converting, and running the graph in TensorFlow.js …"):
            manifest, proof = convert(options.run, dataset, options.weights)
    except ExportError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    kilobytes = sum(file["bytes"] for file in manifest["files"]) / 1000
    print(f"Proven against Keras: {proof}.")
    print(f"Release {manifest['release']}: {options.run / 'release'}, {kilobytes:,.0f} kB.")
    print("Next: nox -s deploy.")
    return 0


def _hold_to_gate(run: Path, dataset: Dataset, *, below_gate: bool) -> None:
    """See that a run on its own data reaches what its preset promises."""
    name = read_config(run)["experiment"]["name"]
    short = [] if dataset.fallback or dataset.name in NOT_DIGITS else shortfalls(name, read_metrics(run))
    if not short:
        return
    told = f"{run} falls short of the gate of {name}: {'; '.join(short)}."
    if not below_gate:
        raise PublishError(
            f"{told} Train it better; evaluate it again with the data at hand if something was not measured; or "
            "convert it all the same by --below-gate."
        )
    print(f"{told} Converted all the same.")


def _bundle(options: argparse.Namespace) -> None:
    """Copy what the repository keeps of a run: the release for the site, and what was measured for the readers."""
    release = read_release(options.run / "release")
    if reason := objection(release, below_gate=options.below_gate):
        raise PublishError(f"{options.run} is not for a site that anybody may visit: {reason}.")
    if not (options.run / "metrics.json").exists():
        raise DataError(f"{options.run} is not evaluated; run nox -s evaluate first.")
    for source, target in ((options.run / "release", BUNDLED), (options.run / "plots", PICTURES)):
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target)
    for name in ("metrics.json", "history.csv"):
        shutil.copy(options.run / name, PICTURES)
    print(f"Bundled: release {release.id} in {BUNDLED}, metrics and pictures in {PICTURES}.")
    _card(options)


def _card(options: argparse.Namespace) -> None:
    release = read_release(BUNDLED)
    try:
        report = json.loads((BUNDLED / REPORT).read_bytes())
    except FileNotFoundError as error:
        raise DataError(f"{BUNDLED} holds a release without a report; convert and bundle its run again.") from error
    CARD.parent.mkdir(exist_ok=True)
    CARD.write_text(model_card.markdown(release.manifest, report, os.path.relpath(PICTURES, CARD.parent)))
    print(f"Written: {CARD}.")


def _compare_runs(options: argparse.Namespace) -> None:
    from ml.evaluation import compare  # noqa: PLC0415  matplotlib takes a second

    runs = [Path(os.path.relpath(run)) for run in compare.find_runs(options.runs)]
    waiting = [run for run in runs if not (run / "metrics.json").exists()]
    if waiting:
        with _quiet():
            from ml.evaluation.evaluate import evaluate  # noqa: PLC0415

    for run in waiting:
        print(f"{run} is not evaluated yet.", flush=True)
        evaluate(run, _data_of(run, options.data_dir), options.data_dir)
    print(compare.table(compare.compare(runs, options.out)))
    print(f"Written: comparison.json, comparison.md and pictures in {options.out}.")


def _baselines(options: argparse.Namespace) -> None:
    from ml.evaluation import baselines  # noqa: PLC0415  scikit-learn's models take seconds

    network = None
    if options.network:
        dataset = _data_of(options.network, options.data_dir)
        if dataset.name != "mnist":
            raise DataError(
                f"{options.network} was trained on {dataset.name}, and the classical models see MNIST alone: "
                "name a run on that."
            )
        if not (options.network / "metrics.json").exists():
            raise DataError(f"{options.network} is not evaluated; run nox -s evaluate first.")
        name = read_config(options.network)["experiment"]["name"]
        network = (f"CNN, preset {name}", read_metrics(options.network))
    else:
        dataset = load("mnist", options.data_dir)
    results = baselines.measure_all(dataset, options.out, options.data_dir, again=options.again, network=network)
    print(f"{baselines.table(results)}\nWritten: one JSON file each and a picture in {options.out}.")


def _augmentation(options: argparse.Namespace) -> None:
    experiment = PRESETS[options.preset]
    # MNIST whatever the preset adds to it: drawing all pen strokes takes a minute, and ten digits are shown.
    dataset = load("mnist", options.data_dir)
    out = options.out or Path("visualizations") / f"augmentation-{options.preset}.png"
    out.parent.mkdir(parents=True, exist_ok=True)
    with _quiet():
        from ml.evaluation.augmentation_gallery import draw_gallery  # noqa: PLC0415

        draw_gallery(experiment, dataset, out)
    print(f"Written: {out}.")


if __name__ == "__main__":
    sys.exit(main())
