import json

import pytest

from ml.cli import benchmark
from ml.cli import main as cli
from ml.data.dataset import FALLBACK
from ml.data.load import load
from tests.data_files import accept_as_mnist, write_mnist

RIVALS = """
import numpy as np
def first(images): return np.eye(10)[images[:, 14, 14] % 10]
def nan(images): return np.full((len(images), 10), np.nan)
"""


@pytest.fixture
def data_dir(tmp_path, monkeypatch):
    write_mnist(tmp_path / "data" / "mnist")
    accept_as_mnist(monkeypatch, tmp_path / "data" / "mnist")
    (tmp_path / "cli_rivals.py").write_text(RIVALS)
    monkeypatch.syspath_prepend(tmp_path)
    return str(tmp_path / "data")


def test_benchmark_prints_a_table(data_dir, capsys):
    assert cli.main(["benchmark", "cli_rivals:first", "--data-dir", data_dir]) == 0
    out = capsys.readouterr().out
    assert "| | cli_rivals:first |\n|---|---:|\n| test accuracy | " in out


def test_benchmark_prints_json(data_dir, capfd):
    assert cli.main(["benchmark", "cli_rivals:first", "--sets", "test", "--json", "--data-dir", data_dir]) == 0
    measured = json.loads(capfd.readouterr().out)
    assert list(measured) == ["cli_rivals:first"]
    assert set(measured["cli_rivals:first"]) == {
        "accuracy",
        "weighted_f1",
        "expected_calibration_error",
        "negative_log_likelihood",
    }


def test_recognizers_with_the_same_name_are_refused(data_dir, capsys):
    assert cli.main(["benchmark", "cli_rivals:first", "cli_rivals:first", "--data-dir", data_dir]) == 1
    assert "Error: Two recognizers are named cli_rivals:first. Name each once." in capsys.readouterr().err


def test_benchmark_names_the_problem_of_a_recognizer(data_dir, capsys):
    assert cli.main(["benchmark", "cli_rivals:nan", "--data-dir", data_dir]) == 1
    assert "Error: cli_rivals:nan returns NaN or infinite values, first for image 0" in capsys.readouterr().err
    assert cli.main(["benchmark", "no_such_module:predict", "--data-dir", data_dir]) == 1
    assert "Error: There is no module no_such_module." in capsys.readouterr().err


def test_benchmark_needs_mnist(data_dir, monkeypatch, capsys):
    monkeypatch.setattr(benchmark, "load", lambda *_: load(FALLBACK))
    assert cli.main(["benchmark", "cli_rivals:first", "--data-dir", data_dir]) == 1
    assert "Error: MNIST is not available." in capsys.readouterr().err
