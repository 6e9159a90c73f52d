from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ml.cli import main as cli
from ml.presets import PRESETS


def test_json_names_the_teachers(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["presets", "--json", "distilled"]) == 0
    [distilled] = json.loads(capsys.readouterr().out)
    assert distilled["name"] == "distilled"
    runs = [replace(PRESETS[teacher["preset"]], seed=teacher["seed"]).run_name for teacher in distilled["teachers"]]
    assert runs == list(PRESETS["distilled"].teachers)


def test_text_lists_every_preset(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["presets"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if not line.startswith(" ")] == list(PRESETS)
    assert "  teacher: production, seed 3" in lines


def test_unknown_preset_exits_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["presets", "quik"])
    assert caught.value.code == 2
    assert "there is no preset 'quik'" in capsys.readouterr().err
