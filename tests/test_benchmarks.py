import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import keras_convnet
from benchmarks.training_step import (
    AS_TRAINED,
    VARIANTS,
    WITHOUT_AUGMENTATION,
    WITHOUT_ONEDNN,
    environment_of,
    experiment_of,
    seconds_per_step,
)
from ml.config import Augmentation
from ml.files import ROOT
from ml.presets import PRESETS
from tests.data_files import small_dataset


def test_one_variant_trains_without_augmentation() -> None:
    quick = PRESETS["quick"]
    assert {variant: experiment_of("quick", variant) for variant in VARIANTS} == {
        AS_TRAINED: quick,
        WITHOUT_AUGMENTATION: dataclasses.replace(quick, augmentation=Augmentation()),
        WITHOUT_ONEDNN: quick,
    }


def test_one_variant_runs_without_onednn() -> None:
    assert {variant: environment_of(variant)["TF_ENABLE_ONEDNN_OPTS"] for variant in VARIANTS} == {
        AS_TRAINED: "1",
        WITHOUT_AUGMENTATION: "1",
        WITHOUT_ONEDNN: "0",
    }


def test_a_step_is_timed() -> None:
    assert seconds_per_step("smoke", AS_TRAINED, steps=1) > 0


def test_the_convnet_of_keras_is_trained_and_takes_bytes() -> None:
    model = keras_convnet.train(small_dataset(64), epochs=1)
    assert model.count_params() == 34_826  # as the published example states
    p = model.predict(np.full((2, 28, 28, 1), 255, np.float32), verbose=0)
    assert p.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert model.layers[0].scale == pytest.approx(1 / 255)


@pytest.mark.slow
def test_benchmark_writes_all_variants(tmp_path: Path) -> None:
    out = tmp_path / "result.json"
    command = [sys.executable, "-m", "benchmarks.training_step", "--preset", "smoke", "--rounds", "1", "--steps", "1"]
    subprocess.run([*command, "--out", out], cwd=ROOT, check=True, capture_output=True)
    result = json.loads(out.read_text(encoding="utf-8"))
    assert set(result["seconds a step"]) == set(result["ratio of medians"]) == set(VARIANTS)
    assert all(seconds > 0 for times in result["seconds a step"].values() for seconds in times)
