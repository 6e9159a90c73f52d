import json
import shutil

import numpy as np
import pytest

from ml.evaluation import baselines
from tests.idx import small_dataset


@pytest.fixture(scope="module")
def dataset():
    return small_dataset()


@pytest.fixture(scope="module")
def measured(dataset, tmp_path_factory):
    out = tmp_path_factory.mktemp("baselines")
    return out, baselines.measure_all(dataset, out)


def test_each_model_is_measured_and_can_read(measured, dataset):
    out, results = measured
    assert [result["name"] for result in results] == [name for name, *_ in baselines.MODELS.values()]
    for result in results:
        assert result["train"] == len(dataset.x_train)
        assert result["test"]["images"] == 64
        assert 0.8 < result["test"]["accuracy"] <= 1
        assert result["fit_seconds"] >= 0
    assert (out / "baselines.png").read_bytes().startswith(b"\x89PNG")


def test_what_is_measured_is_not_fitted_again(measured, dataset, monkeypatch):
    out, results = measured
    monkeypatch.setattr(baselines, "measure", lambda *a: pytest.fail("it was fitted again"))
    assert baselines.measure_all(dataset, out) == results


def test_what_was_measured_with_other_settings_is_fitted_again(measured, dataset, monkeypatch, tmp_path):
    out = shutil.copytree(measured[0], tmp_path / "out")
    name, model, settings = baselines.MODELS["k-nearest-neighbours"]
    changed = {"k-nearest-neighbours": (name, model, {**settings, "n_neighbors": 1})}
    monkeypatch.setattr(baselines, "MODELS", changed)
    [result] = baselines.measure_all(dataset, out)
    assert result["settings"]["n_neighbors"] == 1


def test_a_network_stands_beside_them(measured, dataset):
    out, results = measured
    test = {"images": 64, "accuracy": 0.9999, "weighted_f1": 0.99, "confusion_matrix": []}
    beside = baselines.measure_all(dataset, out, network=("CNN", {"test": test}))
    assert beside[:-1] == results
    assert beside[-1]["test"] == {"images": 64, "accuracy": 0.9999, "weighted_f1": 0.99}
    assert "| CNN | 99.99 % | 0.9900 |  |  |  |" in baselines.table(beside)
    (out / "network.json").unlink()


def test_pixels_are_scaled(dataset):
    class Seen:
        def fit(self, x, y):
            self.x = x

        def predict(self, x):
            return np.zeros(len(x), int)

    model = Seen()
    result = baselines.measure(model, dataset, {"test": (dataset.x_test, dataset.y_test)})
    assert model.x.shape == (len(dataset.x_train), 784)
    assert (model.x.min(), model.x.max()) == (0, 1)
    assert result["test"]["accuracy"] == pytest.approx((dataset.y_test == 0).mean())
    json.dumps(result)
