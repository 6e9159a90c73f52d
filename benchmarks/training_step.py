"""How long a step of training takes, side by side with what is left out of it or done otherwise: `nox -s benchmark`.

Each way is timed in a process of its own, one after the other and in several rounds, so that what else the machine does
meets all of them. The ratios are what to go by; seconds are the machine's of that moment.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from ml.environment import prepare_tensorflow

prepare_tensorflow()

# ruff: noqa: E402
import keras
import numpy as np

from ml.presets import PRESETS
from ml.training.augment import build_augmentation
from ml.training.model import build_network
from ml.training.train import CrossEntropy

RESULT = Path(__file__).with_suffix(".json")
USUAL = "as trained"
WITHOUT_AUGMENTATION = "without random transformations"
WITHOUT_ONEDNN = "without oneDNN"
WAYS = (USUAL, WITHOUT_AUGMENTATION, WITHOUT_ONEDNN)


def main() -> None:
    """Time all ways, or, as their child process, one of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    # A step with teachers is another one.
    presets = [name for name, preset in PRESETS.items() if not preset.teachers]
    parser.add_argument("--preset", choices=presets, default="production")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=20, help="of a round, for each way")
    parser.add_argument("--out", type=Path, default=RESULT)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        print(seconds_a_step(options.preset, options.way, options.steps))
        return
    seconds: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(options.rounds):
        for way in WAYS:
            seconds[way].append(_in_a_process(options, way))
            print(f"{way}: {seconds[way][-1]:.3f} s", flush=True)
    medians = {way: statistics.median(times) for way, times in seconds.items()}
    ratios = {way: round(median / medians[USUAL], 2) for way, median in medians.items()}
    result = {
        "preset": options.preset,
        "machine": f"{os.cpu_count()} × {_processor()}",
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "seconds a step": {way: [round(each, 4) for each in times] for way, times in seconds.items()},
        "ratio of medians": ratios,
    }
    options.out.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    for way, ratio in ratios.items():
        print(f"{ratio:5.2f} × {way}")
    print(f"Written to {options.out}")


def seconds_a_step(preset: str, way: str, steps: int) -> float:
    """The median over so many steps, after a few that build the graph. Images are noise: their values cost nothing."""
    experiment = PRESETS[preset]
    keras.utils.set_random_seed(0)
    image = keras.Input((28, 28, 1))
    seen = build_augmentation(experiment.augmentation, 0)(image) if way != WITHOUT_AUGMENTATION else image
    trained = keras.Model(image, build_network(experiment, experiment.precision)(seen))
    trained.compile(optimizer=keras.optimizers.Adam(weight_decay=experiment.weight_decay or None), loss=CrossEntropy())
    numbers = np.random.default_rng(0)
    x = numbers.uniform(0, 255, (experiment.batch_size, 28, 28, 1)).astype(np.float32)
    y = numbers.integers(0, 10, experiment.batch_size)
    for _ in range(3):
        trained.train_on_batch(x, y)
    times = []
    for _ in range(steps):
        start = time.perf_counter()
        trained.train_on_batch(x, y)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def _in_a_process(options: argparse.Namespace, way: str) -> float:
    """Seconds a step. A process of its own, since TensorFlow reads its variables once."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.training_step",
        "--way",
        way,
        "--preset",
        options.preset,
        "--steps",
        str(options.steps),
    ]
    variables = {"TF_ENABLE_ONEDNN_OPTS": str(int(way != WITHOUT_ONEDNN))}
    # TensorFlow greets on stderr: shown only if it ends in an error.
    done = subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{way} could not be timed:\n{done.stderr}")
    return float(done.stdout.split()[-1])


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


if __name__ == "__main__":
    main()
