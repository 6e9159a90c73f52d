import errno
import json
import os
import re
import subprocess
import sys

import pytest

from ml.cli import main as cli
from ml.config import GATES, Gate
from ml.data import load as data
from ml.errors import DataError
from ml.files import ROOT
from ml.training.model import load_model
from tests.data.test_load import register
from tests.idx import write_family
from tests.releases import make_release


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with small data in which commands are run."""
    write_family(tmp_path / "data" / "mnist")
    register(monkeypatch, tmp_path / "data" / "mnist")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DIGITS_DATA_DIR", str(tmp_path / "data"))
    return tmp_path


def test_train_evaluate_convert(place, capsys):
    assert cli.main(["train", "--preset", "smoke"]) == 0
    assert cli.main(["convert"]) == 0  # evaluates by itself
    assert cli.main(["evaluate"]) == 0
    assert cli.main(["bundle"]) == 1
    told = capsys.readouterr()
    assert "should be at least 0.99 (--below-gate" in told.err
    assert not (place / cli.BUNDLED).exists()
    assert cli.main(["bundle", "--below-gate"]) == 0
    told = told.out + capsys.readouterr().out
    assert "Proven against Keras: largest difference" in told
    assert "Next: nox -s deploy" in told
    run = (place / "runs" / "latest").resolve()
    manifest = json.loads((run / "release" / "manifest.json").read_text())
    assert json.loads((place / cli.BUNDLED / "manifest.json").read_text()) == manifest
    assert (place / cli.PICTURES / "confusion-test.png").exists()
    assert manifest["release"] in (place / cli.CARD).read_text()
    (run / "metrics.json").unlink()  # it is evaluated again
    assert cli.main(["compare-runs", "smoke", "--out", "compared"]) == 0
    assert "| smoke | 1 |" in (place / "compared" / "comparison.md").read_text()
    assert cli.main(["augmentation", "--preset", "quick"]) == 0
    assert (place / "visualizations" / "augmentation-quick.png").exists()
    assert str(place) not in (run / "release" / "manifest.json").read_text()


def test_what_reads_no_digits_is_not_bundled(place, capsys):
    clothes = {"name": "fashion-mnist", "train": 1, "validation": 1, "test": 1, "split": "stratified"}
    make_release(place / "run" / "release", dataset={**clothes, "fallback": False})
    assert cli.main(["bundle", "--run", "run", "--below-gate"]) == 1
    assert "fashion-mnist, which holds no digits" in capsys.readouterr().err
    assert not (place / cli.BUNDLED).exists()


def test_training_again_is_quick_and_says_so(place, capsys):
    cli.main(["train", "--preset", "smoke"])
    cli.main(["train", "--preset", "smoke"])
    assert "is trained already" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["evaluate"], "train one first"),
        (["convert", "--run", "runs/nowhere"], "train one first"),
        (["bundle"], "There is no release"),
        (["train", "--data-dir", "nowhere"], "is neither in"),
    ],
)
def test_what_a_user_can_mend_is_one_sentence(place, capsys, arguments, says):
    assert cli.main(arguments) == 1
    told = capsys.readouterr().err
    assert says in told
    assert "Traceback" not in told


def test_a_torn_config_is_named_with_what_to_do(place, capsys):
    run = place / "runs" / "torn"
    run.mkdir(parents=True)
    (run / "config.json").write_text('{"experiment": {')
    assert cli.main(["evaluate", "--run", "runs/torn"]) == 1
    assert "runs/torn/config.json is damaged (Expecting" in capsys.readouterr().err
    assert cli.main(["train", "--preset", "smoke", "--name", "torn"]) == 1
    assert "move its folder away, and train it again" in capsys.readouterr().err


def test_a_torn_network_is_named_with_what_to_do(tmp_path):
    (tmp_path / "model.keras").write_bytes(b"PK torn")
    with pytest.raises(DataError, match=r"model\.keras is damaged; move its folder away, and train it again"):
        load_model(tmp_path)


def test_a_file_where_a_folder_should_be_is_named(place, capsys):
    (place / "runs").touch()
    for arguments in (["evaluate"], ["train", "--preset", "smoke"]):
        assert cli.main(arguments) == 1
        assert re.search(r"Error: runs.*: (File exists|Not a directory)", capsys.readouterr().err)


def test_a_full_disk_is_told_with_what_to_do(place, monkeypatch, capsys):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(cli, "_data_of", full)
    assert cli.main(["evaluate"]) == 1
    assert "No space left on device. Make room, and run the same command again." in capsys.readouterr().err


def test_a_network_below_its_presets_gate_is_not_converted(place, monkeypatch, capsys):
    monkeypatch.setitem(GATES, "smoke", Gate(floors={"test.accuracy": 1.1, "strokes.accuracy": 0.5}))
    assert cli.main(["train", "--preset", "smoke"]) == 0
    capsys.readouterr()
    assert cli.main(["convert"]) == 1
    told = capsys.readouterr().err
    assert "falls short of the gate of smoke: test.accuracy is 0." in told
    assert "and should be at least 1.1; strokes.accuracy should be at least 0.5 and was not measured" in told
    assert "--below-gate" in told
    run = place / "runs" / "latest"
    assert not (run / "release").exists()
    assert cli.main(["convert", "--below-gate"]) == 0
    assert (run / "release" / "manifest.json").exists()
    assert "Converted all the same" in capsys.readouterr().out


def test_another_split_than_in_training_is_refused(place, capsys):
    cli.main(["train", "--preset", "smoke"])
    config = next((place / "runs").glob("smoke*/config.json"))
    config.write_text(config.read_text().replace('"stratified"', '"writers"'))
    assert cli.main(["evaluate"]) == 1
    assert "writers of mnist's images are not at hand" in capsys.readouterr().err


def test_a_run_on_stand_in_data_says_so_everywhere(place, monkeypatch):
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


def test_convert_takes_tensorflow_whatever_trained(tmp_path):
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
def test_bad_options_are_refused(arguments):
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 2


def test_a_bad_preset_in_the_environment_is_refused(monkeypatch, capsys):
    monkeypatch.setenv("DIGITS_PRESET", "quik")
    with pytest.raises(SystemExit):
        cli.main(["train"])
    assert "no preset 'quik'" in capsys.readouterr().err


def test_without_a_network_the_chain_goes_on_and_marks_what_it_makes(place, monkeypatch, capsys):
    monkeypatch.delenv("DIGITS_DATA_DIR")
    monkeypatch.setattr(data.pooch, "os_cache", lambda name: place / "cache")  # its mirror is a closed port
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
