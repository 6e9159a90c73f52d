import errno
import json
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

from ml.cli import evaluate, options, train
from ml.cli import main as cli
from ml.data import download
from ml.files import ROOT
from ml.release import bundle
from ml.release.gate import GATES, Gate
from ml.training.model import load_model
from tests.data_files import accept_as_mnist, write_mnist


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    """A folder with a small MNIST."""
    folder = tmp_path_factory.mktemp("data")
    write_mnist(folder / "mnist")
    return folder


def use_folder(folder, data_dir, monkeypatch):
    accept_as_mnist(monkeypatch, data_dir / "mnist")
    monkeypatch.chdir(folder)
    for module in (train, evaluate):
        monkeypatch.setattr(module, "RUNS", folder / "runs")
    monkeypatch.setattr(options, "LATEST", folder / "runs" / "latest")
    monkeypatch.setattr(evaluate, "VISUALIZATIONS", folder / "visualizations")
    for name in ("BUNDLED", "PICTURES", "MODEL_CARD"):
        monkeypatch.setattr(bundle, name, folder / getattr(bundle, name).relative_to(ROOT))
    monkeypatch.setenv("DIGITS_DATA_DIR", str(data_dir))
    return folder


@pytest.fixture
def workdir(tmp_path, data_dir, monkeypatch):
    """An empty working directory; DIGITS_DATA_DIR names the small MNIST."""
    return use_folder(tmp_path, data_dir, monkeypatch)


@pytest.fixture(scope="module")
def trained_once(tmp_path_factory, data_dir):
    with pytest.MonkeyPatch.context() as monkeypatch:
        folder = use_folder(tmp_path_factory.mktemp("trained"), data_dir, monkeypatch)
        assert cli.main(["train", "--preset", "smoke"]) == 0
    return folder


@pytest.fixture
def trained(workdir, trained_once):
    """A working directory as `workdir` with a trained run."""
    shutil.copytree(trained_once / "runs", workdir / "runs", symlinks=True)
    return workdir


def test_train_evaluate_convert_bundle(trained, monkeypatch, capsys):
    run = (trained / "runs" / "latest").resolve()
    assert cli.main(["evaluate"]) == 0
    assert "Evaluated: accuracy" in capsys.readouterr().out
    with monkeypatch.context() as patch:
        patch.setitem(GATES, "smoke", Gate(floors={"test.accuracy": 1.1, "strokes.accuracy": 0.5}))
        assert cli.main(["convert"]) == 1
        error = capsys.readouterr().err
        assert "fails the gate of smoke: test.accuracy is 0." in error
        assert "and should be at least 1.1; strokes.accuracy should be at least 0.5 and was not measured" in error
        assert "--below-gate" in error
        assert not (run / "release").exists()
        assert cli.main(["convert", "--below-gate"]) == 0
    printed = capsys.readouterr().out
    assert "is converted although it fails the gate of smoke" in printed
    assert "Verified against Keras: largest difference" in printed
    assert "Next: nox -s deploy" in printed
    text = (run / "release" / "manifest.json").read_text()
    assert str(trained) not in text
    manifest = json.loads(text)

    metrics = (run / "metrics.json").read_bytes()
    (run / "metrics.json").write_bytes(metrics.replace(b'"accuracy": 0.', b'"accuracy": 0.0'))
    assert cli.main(["bundle", "--below-gate"]) == 1
    assert "is not of its last evaluation. Run nox -s convert again." in capsys.readouterr().err
    (run / "metrics.json").write_bytes(metrics)
    assert cli.main(["bundle"]) == 1
    assert "should be at least 0.99 (--below-gate" in capsys.readouterr().err
    assert not bundle.BUNDLED.exists()
    assert cli.main(["bundle", "--below-gate"]) == 0
    assert json.loads((bundle.BUNDLED / "manifest.json").read_text()) == manifest
    assert (bundle.PICTURES / "confusion-test.png").exists()
    assert (bundle.PICTURES / "metrics.json").read_bytes() == metrics
    assert manifest["release"] in bundle.MODEL_CARD.read_text()


def test_compare_runs_evaluates_first(trained):
    assert cli.main(["compare-runs", "smoke", "--out", "compared"]) == 0
    assert "| smoke | 1 |" in (trained / "compared" / "comparison.md").read_text()


def test_augmentation_draws_a_gallery(workdir):
    assert cli.main(["augmentation", "--preset", "quick"]) == 0
    assert (workdir / "visualizations" / "augmentation-quick.png").exists()


def test_demo_prints_no_next_step(trained, monkeypatch, capsys):
    def printed() -> str:
        assert cli.main(["train", "--preset", "smoke"]) == 0
        return capsys.readouterr().out

    hints = re.compile("^(Next|Use --name)", re.MULTILINE)
    assert len(hints.findall(printed())) == 2
    monkeypatch.setenv("DIGITS_DEMO", "1")
    assert hints.findall(printed()) == []


def test_training_again_does_nothing(trained, capsys):
    model = trained / "runs" / "latest" / "model.keras"
    before = (model.stat().st_mtime_ns, model.read_bytes())
    assert cli.main(["train", "--preset", "smoke"]) == 0
    assert "is already trained" in capsys.readouterr().out
    assert (model.stat().st_mtime_ns, model.read_bytes()) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["evaluate"], "Train one first"),
        (["convert", "--run", "runs/nowhere"], "Train one first"),
        (["bundle"], "There is no release"),
        (["train", "--data-dir", "."], "is neither in"),
    ],
)
def test_user_errors_have_no_traceback(workdir, capsys, arguments, message):
    assert cli.main(arguments) == 1
    printed = capsys.readouterr().err
    assert message in printed
    assert "Traceback" not in printed


def test_damaged_config_is_reported(workdir, capsys):
    run = workdir / "runs" / "damaged"
    run.mkdir(parents=True)
    (run / "config.json").write_text('{"experiment": {')
    assert cli.main(["evaluate", "--run", "runs/damaged"]) == 1
    assert "runs/damaged/config.json is not valid: invalid JSON" in capsys.readouterr().err
    assert cli.main(["train", "--preset", "smoke", "--name", "damaged"]) == 1
    assert "move the run folder away and train it again" in capsys.readouterr().err


def test_run_without_history_is_reported(trained, capsys):
    ((trained / "runs" / "latest").resolve() / "history.csv").write_text("epoch,loss,accuracy,val_loss,val_accuracy\n")
    assert cli.main(["train", "--preset", "smoke"]) == 1
    assert "history.csv has no row; move the run folder away and train it again." in capsys.readouterr().err


def test_diverged_network_is_reported(trained, capsys):
    path = (trained / "runs" / "latest" / "model.keras").resolve()
    model = load_model(path.parent)
    model.set_weights([np.full_like(tensor, np.nan) for tensor in model.get_weights()])
    model.save(path)
    assert cli.main(["convert", "--below-gate"]) == 1
    assert "model.keras has weights that are not finite: training diverged" in capsys.readouterr().err


def test_file_in_the_place_of_a_folder_is_reported(workdir, capsys):
    (workdir / "runs").touch()
    for arguments in (["evaluate"], ["train", "--preset", "smoke"]):
        assert cli.main(arguments) == 1
        assert re.search(r"Error: runs.*: (File exists|Not a directory)", capsys.readouterr().err)


def test_full_disk_is_reported(workdir, monkeypatch, capsys):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(evaluate, "load_data_of", full)
    assert cli.main(["evaluate"]) == 1
    assert "No space left on device. Free some space and run the command again." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            OSError(
                "Unable to synchronously write file (file write failed: time = Sat Nov 28, filename = 'x', file "
                "descriptor = 9, errno = 28, error message = 'No space left on device', buf = 0x55, total = 8)"
            ),
            "No space left on device. Free some space and run the command again.",
        ),
        (
            OSError(
                2,
                "Unable to synchronously open file (unable to open file: name = 'x', errno = 2, error message = "
                "'No such file or directory', flags = 0, o_flags = 0)",
            ),
            "No such file or directory. Fix this and run the command again.",
        ),
        (
            OSError("Unable to synchronously open file (file signature not found)"),
            "A file of weights is damaged or cannot be written. Fix this and run the command again.",
        ),
        (OSError("Can't decode"), "Can't decode. Fix this and run the command again."),
    ],
)
def test_messages_hide_the_internals_of_hdf5(workdir, monkeypatch, capsys, error, message):
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(evaluate, "load_data_of", fail)
    assert cli.main(["evaluate"]) == 1
    assert capsys.readouterr().err == f"Error: {message}\n"


def test_evaluate_rejects_another_split(trained, capsys):
    config = next((trained / "runs").glob("smoke*/config.json"))
    config.write_text(config.read_text().replace('"stratified"', '"writers"'))
    assert cli.main(["evaluate"]) == 1
    assert "writers of MNIST's images are not available" in capsys.readouterr().err


def test_evaluate_rejects_another_split_of_the_same_size(trained, capsys):
    config = next((trained / "runs").glob("smoke*/config.json"))
    values = json.loads(config.read_text())
    config.write_text(json.dumps(values | {"dataset_sha256": "0" * 64}))
    assert cli.main(["evaluate"]) == 1
    assert "was trained on other images or on another split of mnist" in capsys.readouterr().err


def test_help_and_presets_import_no_slow_library():
    code = """
import sys
from ml.cli.main import main
for arguments in ["presets", "--json"], ["--help"], ["train", "--help"], ["deploy", "--help"]:
    try:
        main(arguments)
    except SystemExit as end:
        assert end.code == 0
    slow = {"tensorflow", "keras", "sklearn", "scipy", "matplotlib", "firebase_admin", "google.cloud.storage"}
    imported = sorted(slow & set(sys.modules))
    assert imported == [], (arguments, imported)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_default_folders_do_not_depend_on_the_working_directory(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(bundle, "MODEL_CARD", tmp_path / "docs" / "card.md")
    assert cli.main(["card"]) == 0
    assert capsys.readouterr().out == "Written: docs/card.md.\n"
    card = (tmp_path / "docs" / "card.md").read_text()
    [picture] = re.findall(r"\]\((\S+/confusion-test\.png)\)", card)
    assert (tmp_path / "docs" / picture).is_file()
    assert cli.main(["release", "compare", "--release", str(bundle.BUNDLED)]) == 0


def test_convert_uses_tensorflow_despite_keras_backend():
    code = """
import os, sys
class StopAtKeras:
    def find_spec(self, name, *_):
        if name == "keras":
            print(os.environ["KERAS_BACKEND"], flush=True)
            os._exit(0)
sys.meta_path.insert(0, StopAtKeras())
from ml.cli.main import main
main(["convert"])
"""
    environ = {**os.environ, "KERAS_BACKEND": "jax"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environ, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "tensorflow"


def test_import_leaves_the_environment_unchanged():
    code = "import os; before = dict(os.environ); import ml, ml.cli.main; assert os.environ == before"
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("TF", "KMP"))}
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environ, check=True, capture_output=True)


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
        ["train", "--data-dir", "nowhere"],
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
    assert "no preset 'quik' (from DIGITS_PRESET)" in capsys.readouterr().err


def test_missing_data_folder_in_the_environment_exits_with_2(monkeypatch, capsys):
    monkeypatch.setenv("DIGITS_DATA_DIR", "nowhere")
    for command in ("train", "evaluate", "convert"):
        with pytest.raises(SystemExit):
            cli.main([command])
        assert "the folder 'nowhere' (from DIGITS_DATA_DIR) does not exist" in capsys.readouterr().err


def test_dry_run_only_loads_the_data(workdir, capsys):
    assert cli.main(["train", "--preset", "smoke", "--dry-run"]) == 0
    assert re.fullmatch(r"Ready to train runs/smoke-seed0-\w+: 220 images of mnist\.\n", capsys.readouterr().out)
    assert list(workdir.iterdir()) == []


def test_fallback_data_is_used_and_marked_offline(workdir, monkeypatch, capsys):
    monkeypatch.delenv("DIGITS_DATA_DIR")
    monkeypatch.setattr(download.pooch, "os_cache", lambda name: workdir / "cache")  # the mirror is a closed port
    assert cli.main(["train", "--preset", "smoke"]) == 0
    assert cli.main(["convert"]) == 0
    run = (workdir / "runs" / "latest").resolve()
    assert run.name.endswith("-sklearn-digits")
    assert json.loads((run / "config.json").read_text())["dataset"]["fallback"] is True
    manifest = json.loads((run / "release" / "manifest.json").read_text())
    assert manifest["dataset"]["fallback"]
    assert manifest["experiment"]["dataset"] == "mnist"
    assert cli.main(["bundle"]) == 1
    assert "8x8 digits" in capsys.readouterr().err
    for chosen, name in ((("--name", "mine"), "mine"), (("--dataset", "sklearn-digits"), r"smoke-seed0-\w+")):
        assert cli.main(["train", "--preset", "smoke", "--dry-run", *chosen]) == 0
        assert re.search(rf"Ready to train runs/{name}-sklearn-digits: ", capsys.readouterr().out)


def test_python_without_packages_names_the_environment():
    done = subprocess.run(
        [sys.executable, "-S", "-m", "ml", "train"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert re.fullmatch(r"Error: \w+ is not installed for .+\. Use \.nox/env/bin/python .+\n", done.stderr)
