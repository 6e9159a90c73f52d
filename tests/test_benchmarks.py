import json
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import pytest

from benchmarks import training_step
from benchmarks.training_step import AS_TRAINED, VARIANTS, WITHOUT_AUGMENTATION, WITHOUT_ONEDNN, seconds_per_step
from ml.files import ROOT
from ml.training import train


def test_one_variant_runs_without_onednn(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {}

    def run(command: list[str], *, env: dict[str, str], **_: object) -> subprocess.CompletedProcess[str]:
        seen[command[command.index("--variant") + 1]] = env["TF_ENABLE_ONEDNN_OPTS"]
        return subprocess.CompletedProcess(command, 0, "0.5\n", "")

    monkeypatch.setattr(subprocess, "run", run)
    options = Namespace(preset="smoke", steps=1)
    assert {training_step._run_in_process(options, variant) for variant in VARIANTS} == {0.5}
    assert seen == {AS_TRAINED: "1", WITHOUT_AUGMENTATION: "1", WITHOUT_ONEDNN: "0"}


def test_one_variant_trains_without_augmentation(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {}
    build = train.build_training_model

    def spy(experiment, **arguments):
        seen[variant] = experiment.augmentation
        return build(experiment, **arguments)

    monkeypatch.setattr(train, "build_training_model", spy)
    for variant in (AS_TRAINED, WITHOUT_AUGMENTATION):
        assert seconds_per_step("quick", variant, steps=1) > 0
    assert seen[AS_TRAINED].rotation > 0
    assert seen[WITHOUT_AUGMENTATION].rotation == 0


@pytest.mark.slow
def test_benchmark_writes_all_variants(tmp_path: Path) -> None:
    out = tmp_path / "result.json"
    command = [sys.executable, "-m", "benchmarks.training_step", "--preset", "smoke", "--rounds", "1", "--steps", "1"]
    subprocess.run([*command, "--out", out], cwd=ROOT, check=True, capture_output=True)
    result = json.loads(out.read_text(encoding="utf-8"))
    assert set(result["seconds a step"]) == set(result["ratio of medians"]) == set(VARIANTS)
    assert all(seconds > 0 for times in result["seconds a step"].values() for seconds in times)
