"""The benchmarks run, and compare what they say; what they find is the machine's."""

import json
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import pytest

from benchmarks import training_step
from benchmarks.training_step import USUAL, WAYS, WITHOUT_AUGMENTATION, WITHOUT_ONEDNN
from ml.files import ROOT


def test_only_one_way_is_without_onednn(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {}

    def run(command: list[str], *, env: dict[str, str], **_: object) -> subprocess.CompletedProcess[str]:
        seen[command[command.index("--way") + 1]] = env["TF_ENABLE_ONEDNN_OPTS"]
        return subprocess.CompletedProcess(command, 0, "0.5\n", "")

    monkeypatch.setattr(subprocess, "run", run)
    options = Namespace(preset="smoke", steps=1)
    assert {training_step._in_a_process(options, way) for way in WAYS} == {0.5}
    assert seen == {USUAL: "1", WITHOUT_AUGMENTATION: "1", WITHOUT_ONEDNN: "0"}


@pytest.mark.slow
def test_a_training_step_is_timed_in_each_way(tmp_path: Path) -> None:
    out = tmp_path / "result.json"
    command = [sys.executable, "-m", "benchmarks.training_step", "--preset", "smoke", "--rounds", "1", "--steps", "1"]
    subprocess.run([*command, "--out", out], cwd=ROOT, check=True, capture_output=True)
    result = json.loads(out.read_text(encoding="utf-8"))
    assert set(result["seconds a step"]) == set(result["ratio of medians"]) == set(WAYS)
    assert all(seconds > 0 for times in result["seconds a step"].values() for seconds in times)
