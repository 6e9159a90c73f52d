import errno
import json
import os
import re
import subprocess
import sys

import pytest

from ml.cli import evaluate, options, train
from ml.cli import main as cli
from ml.data import download
from ml.errors import DataError
from ml.files import ROOT
from ml.release.bundle import BUNDLED, MODEL_CARD, PICTURES
from ml.release.gate import GATES, Gate
from ml.training.model import load_model
from tests.data.test_mnist import register
from tests.idx import write_family


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with small data in which commands are run."""
    write_family(tmp_path / "data" / "mnist")
    register(monkeypatch, tmp_path / "data" / "mnist")
    monkeypatch.chdir(tmp_path)
    for module in (train, evaluate):
        monkeypatch.setattr(module, "RUNS", tmp_path / "runs")
    monkeypatch.setattr(options, "LATEST", tmp_path / "runs" / "latest")
    monkeypatch.setenv("DIGITS_DATA_DIR", str(tmp_path / "data"))
    return tmp_path


def test_train_evaluate_convert(place, capsys):
    assert cli.main(["train", "--preset", "smoke"]) == 0
    assert cli.main(["convert"]) == 0  # evaluates by itself
    assert cli.main(["evaluate"]) == 0
    assert cli.main(["bundle"]) == 1
    printed = capsys.readouterr()
    assert "should be at least 0.99 (--below-gate" in printed.err
    assert not (place / BUNDLED).exists()
    assert cli.main(["bundle", "--below-gate"]) == 0
    printed = printed.out + capsys.readouterr().out
    assert "Verified against Keras: largest difference" in printed
    assert "Next: nox -s deploy" in printed
    run = (place / "runs" / "latest").resolve()
    manifest = json.loads((run / "release" / "manifest.json").read_text())
    assert json.loads((place / BUNDLED / "manifest.json").read_text()) == manifest
    assert (place / PICTURES / "confusion-test.png").exists()
    assert manifest["release"] in (place / MODEL_CARD).read_text()
    (run / "metrics.json").unlink()  # it is evaluated again
    assert cli.main(["compare-runs", "smoke", "--out", "compared"]) == 0
    assert "| smoke | 1 |" in (place / "compared" / "comparison.md").read_text()
    assert cli.main(["augmentation", "--preset", "quick"]) == 0
    assert (place / "visualizations" / "augmentation-quick.png").exists()
    assert str(place) not in (run / "release" / "manifest.json").read_text()


def test_training_again_does_nothing(place, capsys):
    cli.main(["train", "--preset", "smoke"])
    cli.main(["train", "--preset", "smoke"])
    assert "is already trained" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["evaluate"], "Train one first"),
        (["convert", "--run", "runs/nowhere"], "Train one first"),
        (["bundle"], "There is no release"),
        (["train", "--data-dir", "nowhere"], "is neither in"),
    ],
)
def test_user_errors_have_no_traceback(place, capsys, arguments, says):
    assert cli.main(arguments) == 1
    printed = capsys.readouterr().err
    assert says in printed
    assert "Traceback" not in printed


def test_damaged_config_is_reported(place, capsys):
    run = place / "runs" / "torn"
    run.mkdir(parents=True)
    (run / "config.json").write_text('{"experiment": {')
    assert cli.main(["evaluate", "--run", "runs/torn"]) == 1
    assert "runs/torn/config.json is not valid: invalid JSON" in capsys.readouterr().err
    assert cli.main(["train", "--preset", "smoke", "--name", "torn"]) == 1
    assert "move the run folder away and train it again" in capsys.readouterr().err


def test_damaged_network_is_reported(tmp_path):
    (tmp_path / "model.keras").write_bytes(b"PK torn")
    with pytest.raises(DataError, match=r"model\.keras is damaged; move the run folder away and train it again"):
        load_model(tmp_path)


def test_file_in_the_place_of_a_folder_is_reported(place, capsys):
    (place / "runs").touch()
    for arguments in (["evaluate"], ["train", "--preset", "smoke"]):
        assert cli.main(arguments) == 1
        assert re.search(r"Error: runs.*: (File exists|Not a directory)", capsys.readouterr().err)


def test_full_disk_is_reported(place, monkeypatch, capsys):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(evaluate, "load_data_of", full)
    assert cli.main(["evaluate"]) == 1
    assert "No space left on device. Free some space and run the command again." in capsys.readouterr().err


def test_convert_rejects_a_run_below_its_gate(place, monkeypatch, capsys):
    monkeypatch.setitem(GATES, "smoke", Gate(floors={"test.accuracy": 1.1, "strokes.accuracy": 0.5}))
    assert cli.main(["train", "--preset", "smoke"]) == 0
    capsys.readouterr()
    assert cli.main(["convert"]) == 1
    printed = capsys.readouterr().err
    assert "fails the gate of smoke: test.accuracy is 0." in printed
    assert "and should be at least 1.1; strokes.accuracy should be at least 0.5 and was not measured" in printed
    assert "--below-gate" in printed
    run = place / "runs" / "latest"
    assert not (run / "release").exists()
    assert cli.main(["convert", "--below-gate"]) == 0
    assert (run / "release" / "manifest.json").exists()
    assert "is converted although it fails the gate of smoke" in capsys.readouterr().out


def test_evaluate_rejects_another_split(place, capsys):
    cli.main(["train", "--preset", "smoke"])
    config = next((place / "runs").glob("smoke*/config.json"))
    config.write_text(config.read_text().replace('"stratified"', '"writers"'))
    assert cli.main(["evaluate"]) == 1
    assert "writers of MNIST's images are not available" in capsys.readouterr().err


def test_run_on_fallback_data_is_marked(place, monkeypatch):
    assert cli.main(["train", "--preset", "smoke", "--dataset", "sklearn-digits"]) == 0
    assert cli.main(["convert"]) == 0
    run = (place / "runs" / "latest").resolve()
    assert run.name.endswith("-sklearn-digits")
    assert json.loads((run / "release" / "manifest.json").read_text())["dataset"]["fallback"] is True


def test_help_needs_no_tensorflow():
    code = """
import sys
from ml.cli.main import main
try:
    main(["train", "--help"])
finally:
    assert "keras" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)


def test_convert_uses_tensorflow_despite_keras_backend(tmp_path):
    code = """
import sys
from ml.cli.main import main
assert main(["convert", "--run", sys.argv[1]]) == 1  # there is no run
import keras
assert keras.backend.backend() == "tensorflow"
"""
    environ = {**os.environ, "KERAS_BACKEND": "jax"}
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, env=environ, check=True)


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "--epochs", "0"],
        ["train", "--epochs", "x"],
        ["train", "--seed", "-1"],
        ["train", "--seed", "4294967296"],
        ["train", "--teacher", "latest"],
        ["train", "--teacher", "../x"],
        ["serve", "--port", "70000"],
        ["train", "--preset", "huge"],
        ["train", "--name", "latest"],
        ["train", "--name", "a/b"],
        ["train", "--name", "../x"],
        [],
    ],
)
def test_invalid_options_exit_with_2(arguments):
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 2


def test_invalid_preset_in_the_environment_exits_with_2(monkeypatch, capsys):
    monkeypatch.setenv("DIGITS_PRESET", "quik")
    with pytest.raises(SystemExit):
        cli.main(["train"])
    assert "no preset 'quik'" in capsys.readouterr().err


def test_offline_chain_uses_and_marks_fallback_data(place, monkeypatch, capsys):
    monkeypatch.delenv("DIGITS_DATA_DIR")
    monkeypatch.setattr(download.pooch, "os_cache", lambda name: place / "cache")  # its mirror is a closed port
    assert cli.main(["train", "--preset", "smoke"]) == 0
    assert cli.main(["convert"]) == 0
    run = (place / "runs" / "latest").resolve()
    assert run.name.endswith("-sklearn-digits")
    manifest = json.loads((run / "release" / "manifest.json").read_text())
    assert manifest["dataset"]["fallback"]
    assert manifest["experiment"]["dataset"] == "mnist"
    assert cli.main(["bundle"]) == 1
    assert "8x8 digits" in capsys.readouterr().err
    assert cli.main(["train", "--preset", "smoke", "--name", "mine"]) == 0
    assert (place / "runs" / "mine-sklearn-digits").is_dir()
