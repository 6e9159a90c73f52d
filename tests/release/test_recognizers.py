import sys

import keras
import numpy as np
import pytest

from ml.errors import DataError
from ml.release import recognizers
from ml.release.recognizers import BATCH, load_recognizer
from ml.release.verify import BUNDLED, read_release

IMAGES = np.arange(2 * 784).reshape(2, 28, 28).astype(np.uint8)


def save(path, shape):
    inputs = keras.Input(shape)
    outputs = keras.layers.Dense(10)(keras.layers.Flatten()(inputs))
    model = keras.Model(inputs, outputs)
    model.save(path)
    return model


@pytest.mark.parametrize("shape", [(28, 28, 1), (28, 28)], ids=["channel", "no channel"])
def test_a_keras_file_gets_pixels_from_0_to_255(tmp_path, shape):
    (tmp_path / "convnet").mkdir()
    model = save(tmp_path / "convnet" / "model.keras", shape)
    recognizer = load_recognizer(str(tmp_path / "convnet" / "model.keras"))
    expected = model.predict(IMAGES.reshape(2, *shape).astype(np.float32), verbose=0)
    assert recognizer.predict(IMAGES) == pytest.approx(expected, rel=1e-4)
    assert recognizer.name == "convnet"


def test_a_release_gives_calibrated_logits_of_its_graph(monkeypatch):
    asked = []

    def run_graph(folder, images, nodes):
        asked.append((folder, nodes))
        return [np.ones((len(images), 10))]

    monkeypatch.setattr(recognizers, "run_graph", run_graph)
    manifest = read_release(BUNDLED).manifest
    recognizer = load_recognizer(str(BUNDLED))
    assert recognizer.predict(IMAGES) == pytest.approx(np.full((2, 10), 1 / manifest.calibration.temperature))
    assert recognizer.name == f"distilled, release {manifest.release}"
    assert asked == [(BUNDLED, [manifest.outputs.logits])]


def test_a_callable_of_a_module_is_called(tmp_path, monkeypatch):
    (tmp_path / "rival_a.py").write_text("def predict(images):\n    return images[:, 0, :10]\n")
    monkeypatch.syspath_prepend(tmp_path)
    recognizer = load_recognizer("rival_a:predict")
    assert (recognizer.predict(IMAGES) == IMAGES[:, 0, :10]).all()
    assert (recognizer.name, recognizer.batch_size) == ("rival_a:predict", BATCH)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("rival_x:predict", r"There is no module rival_x\. Run the command in the folder that contains it"),
        ("rival_b.inner:predict", r"There is no module rival_b\.inner\."),
        ("rival_b:guess", r"The module rival_b has no function guess\."),
        ("rival_b:NUMBER", r"The module rival_b has no function NUMBER\."),
        ("rival_c:predict", r"The module rival_c needs absent_package, which is not installed\."),
        ("rival_d:predict", r"The module rival_d cannot be imported: SyntaxError: "),
        ("rival_e:predict", r"The module rival_e cannot be imported: SystemExit: 3\."),
        ("nowhere", r"nowhere is neither the folder of a release, nor a \.keras file, nor module:function\."),
        ("rival_b", r"rival_b is neither the folder"),
        ("a b:c", r"a b:c is neither the folder"),
        ("nowhere/model.keras", r"The file nowhere/model\.keras does not exist\."),
        ("damaged.keras", r"damaged\.keras is not a Keras model that this version of Keras loads\."),
        ("other.keras", r"other\.keras takes inputs of shape \(None, 32, 32, 3\); it should be \(None, 28, 28, 1\)\."),
    ],
)
def test_targets_that_cannot_be_loaded_are_rejected(tmp_path, monkeypatch, target, message):
    files = {"b": "NUMBER = 1\n", "c": "import absent_package\n", "d": "def\n", "e": "raise SystemExit(3)\n"}
    for name, text in files.items():
        (tmp_path / f"rival_{name}.py").write_text(text)
        monkeypatch.delitem(sys.modules, f"rival_{name}", raising=False)
    (tmp_path / "damaged.keras").write_text("not a model")
    if target == "other.keras":
        save(tmp_path / target, (32, 32, 3))
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(DataError, match=message):
        load_recognizer(target)
