"""Measure the time of a training step and of variants that leave out one part of it: `nox -s step_time`.

Each variant runs in its own process. The variants alternate for several rounds, so that other load on the machine
affects all of them. Compare the ratios: the seconds depend on the machine and its load.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from ml.config import Augmentation, Experiment
from ml.environment import degrade_output, prepare_tensorflow
from ml.presets import PRESETS

RESULT = Path(__file__).with_suffix(".json")
AS_TRAINED = "as trained"
WITHOUT_AUGMENTATION = "without random transformations"
WITHOUT_ONEDNN = "without oneDNN"
VARIANTS = (AS_TRAINED, WITHOUT_AUGMENTATION, WITHOUT_ONEDNN)


def main() -> None:
    """Time all variants; in a child process, one of them."""
    degrade_output()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    # Presets with teachers would need trained models.
    presets = [name for name, preset in PRESETS.items() if not preset.teachers]
    parser.add_argument("--preset", choices=presets, default="production")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=20, help="timed steps of each variant in a round")
    parser.add_argument("--out", type=Path, default=RESULT)
    parser.add_argument("--variant", choices=VARIANTS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.variant:
        print(seconds_per_step(options.preset, options.variant, options.steps))
        return
    seconds: dict[str, list[float]] = {variant: [] for variant in VARIANTS}
    for _ in range(options.rounds):
        for variant in VARIANTS:
            seconds[variant].append(_run_in_process(options, variant))
            print(f"{variant}: {seconds[variant][-1]:.3f} s", flush=True)
    medians = {variant: statistics.median(times) for variant, times in seconds.items()}
    ratios = {variant: round(median / medians[AS_TRAINED], 2) for variant, median in medians.items()}
    result = {
        "preset": options.preset,
        "machine": f"{os.cpu_count()} × {_processor()}",
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "seconds a step": {variant: [round(each, 4) for each in times] for variant, times in seconds.items()},
        "ratio of medians": ratios,
    }
    options.out.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    for variant, ratio in ratios.items():
        print(f"{ratio:5.2f} × {variant}")
    print(f"Written to {options.out}")


def experiment_of(preset: str, variant: str) -> Experiment:
    """Return the experiment whose step a variant times."""
    experiment = PRESETS[preset]
    if variant == WITHOUT_AUGMENTATION:
        return dataclasses.replace(experiment, augmentation=Augmentation())
    return experiment


def environment_of(variant: str) -> dict[str, str]:
    """Return the environment variables of a variant's process."""
    return {"TF_ENABLE_ONEDNN_OPTS": "0" if variant == WITHOUT_ONEDNN else "1"}


def seconds_per_step(preset: str, variant: str, steps: int) -> float:
    """Return the median time of a step on a batch of noise, after three steps that build the graph."""
    prepare_tensorflow()
    from ml.training.train import build_training_model  # noqa: PLC0415  the parent process does not need TensorFlow

    experiment = experiment_of(preset, variant)
    _, training_model = build_training_model(experiment, teachers=[], images=60_000, seed=0)
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 255, (experiment.batch_size, 28, 28, 1)).astype(np.float32)
    y = rng.integers(0, 10, experiment.batch_size)
    for _ in range(3):
        training_model.train_on_batch(x, y)
    times = []
    for _ in range(steps):
        start = time.perf_counter()
        training_model.train_on_batch(x, y)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def _run_in_process(options: argparse.Namespace, variant: str) -> float:
    """Return the seconds per step, measured in a new process: TensorFlow reads its environment when it is imported."""
    arguments = ["--variant", variant, "--preset", options.preset, "--steps", str(options.steps)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.training_step", *arguments],
        env=os.environ | environment_of(variant),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{variant} could not be timed:\n{done.stderr}")
    return float(done.stdout.split()[-1])


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


if __name__ == "__main__":
    main()
