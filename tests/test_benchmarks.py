"""The benchmarks run; what they find is the machine's."""

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.training_step import USUAL, WAYS

ROOT = Path(__file__).parents[1]


def test_a_training_step_is_timed_in_each_way(tmp_path: Path) -> None:
    out = tmp_path / "result.json"
    command = [sys.executable, "-m", "benchmarks.training_step", "--preset", "smoke", "--rounds", "1", "--steps", "1"]
    subprocess.run([*command, "--out", out], cwd=ROOT, check=True, capture_output=True)
    result = json.loads(out.read_text(encoding="utf-8"))
    assert set(result["seconds a step"]) == set(WAYS)
    assert all(seconds > 0 for times in result["seconds a step"].values() for seconds in times)
    assert result["ratio of medians"][USUAL] == 1
