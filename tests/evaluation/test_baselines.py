import dataclasses
import json
import shutil

import numpy as np
import pytest

from ml.data.dataset import arrays_sha256
from ml.errors import DataError
from ml.evaluation import baselines, metrics, plots
from ml.evaluation.results import BaselineResult, Calibration, HoldoutResult, Metrics, ValidationResult
from ml.files import ROOT
from tests.data_files import small_dataset


@pytest.fixture(scope="module")
def dataset():
    return small_dataset()


@pytest.fixture(scope="module")
def measured(dataset, tmp_path_factory):
    out = tmp_path_factory.mktemp("baselines")
    return out, baselines.measure_all(dataset, out)


@pytest.fixture
def out(measured, tmp_path, monkeypatch):
    """A copy of the measured folder; plots are not rendered into it."""
    monkeypatch.setattr(plots, "save", lambda figure, path: None)
    return shutil.copytree(measured[0], tmp_path / "out")


def test_each_model_classifies_most_digits(measured, dataset):
    out, results = measured
    assert [result.name for result in results] == [name for name, *_ in baselines.MODELS.values()]
    for result in results:
        assert result.train == len(dataset.x_train)
        assert result.test.images == 64
        assert 0.8 < result.test.accuracy <= 1
        assert result.strokes is None
    assert (out / "baselines.png").read_bytes().startswith(b"\x89PNG")


def test_recorded_models_are_not_fitted_again(measured, out, dataset, monkeypatch):
    monkeypatch.setattr(baselines, "measure", lambda *_: pytest.fail("a model was fitted again"))
    assert baselines.measure_all(dataset, out) == measured[1]


@pytest.mark.parametrize("change", ["settings", "train", "split", "earlier version", "again"])
def test_models_are_fitted_again_if_something_changed(measured, out, dataset, monkeypatch, change):
    name, model, settings = baselines.MODELS["k-nearest-neighbours"]
    if change == "settings":
        settings = {**settings, "n_neighbors": 1}
    if change == "train":
        dataset = small_dataset(train=200)
    if change == "split":  # of the same size
        dataset = dataclasses.replace(dataset, x_train=dataset.x_train[::-1], y_train=dataset.y_train[::-1])
    if change == "earlier version":
        recorded = json.loads((out / "k-nearest-neighbours.json").read_bytes())
        del recorded["data"]
        (out / "k-nearest-neighbours.json").write_text(json.dumps(recorded))
    monkeypatch.setattr(baselines, "MODELS", {"k-nearest-neighbours": (name, model, settings)})
    data = {
        "train": arrays_sha256(dataset.x_train, dataset.y_train),
        "test": arrays_sha256(dataset.x_test, dataset.y_test),
    }
    update = {"settings": settings, "train": len(dataset.x_train), "data": data, "fit_seconds": 99.0}
    expected = measured[1][2].model_copy(update=update)
    monkeypatch.setattr(baselines, "measure", lambda *_: expected)
    assert baselines.measure_all(dataset, out, again=change == "again") == [expected]
    assert json.loads((out / "k-nearest-neighbours.json").read_bytes()) == expected.to_json()


def test_network_is_in_the_last_row(measured, out, dataset):
    logits = np.eye(10)[[0, 1, 2, 3]]
    test = metrics.classification_result(np.array([0, 1, 2, 2]), logits, 1)
    network = Metrics(
        validation=ValidationResult(accuracy=1),
        calibration=Calibration(temperature=1, rejection_threshold=0.5),
        test=HoldoutResult(**dict(test)),
    )
    results = baselines.measure_all(dataset, out, network=("CNN", network))
    assert results[:-1] == measured[1]
    shown = {"images": 4, "accuracy": 0.75, "weighted_f1": test.weighted_f1}
    assert results[-1].to_json() == {"name": "CNN", "train": 256, "test": shown}
    assert baselines.table(results).splitlines()[-1] == f"| CNN | 75.00 % | {test.weighted_f1:.4f} |  |  |  |"
    assert baselines.measure_all(dataset, out)[-1] == results[-1]  # it is recorded


def test_table_shows_accuracies_and_times():
    forest = BaselineResult.model_validate_json((ROOT / "visualizations/baselines/rbf-svc.json").read_bytes())
    assert baselines.table([forest]).splitlines()[2] == "| RBF-kernel SVC | 98.34 % | 0.9834 | 92.46 % | 214 | 51.1 |"


def test_damaged_files_are_reported(measured, out, dataset):
    (out / "logistic-regression.json").write_text("{")
    with pytest.raises(DataError, match=r"logistic-regression\.json is not valid: .*; delete the file\.$"):
        baselines.measure_all(dataset, out)


@pytest.mark.parametrize("path", sorted((ROOT / "visualizations/baselines").glob("*.json")), ids=lambda path: path.stem)
def test_committed_baselines_equal_their_parsed_values(path):
    values = json.loads(path.read_bytes())
    assert BaselineResult.model_validate_json(path.read_bytes()).to_json() == values


def test_models_get_pixels_from_0_to_1(dataset):
    class Recorder:
        def fit(self, x, y):
            self.x = x

        def predict(self, x):
            return np.zeros(len(x), int)

    model = Recorder()
    result = baselines.measure("zero", model, {}, dataset, {"test": (dataset.x_test, dataset.y_test)})
    assert model.x.shape == (len(dataset.x_train), 784)
    assert (model.x.min(), model.x.max()) == (0, 1)
    assert result.test.accuracy == pytest.approx((dataset.y_test == 0).mean())
