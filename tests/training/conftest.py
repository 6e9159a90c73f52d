from dataclasses import dataclass
from pathlib import Path

import keras
import pytest

from ml.data.dataset import Dataset
from ml.training.train import train
from tests.data_files import small_dataset
from tests.training.small import TINY


@pytest.fixture(scope="session")
def dataset() -> Dataset:
    return small_dataset()


@pytest.fixture(scope="session")
def finished_run(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of TINY. Tests that write to it use a copy."""
    return train(TINY, dataset, tmp_path_factory.mktemp("runs") / "tiny", verbose=0)


@dataclass(frozen=True)
class Fit:
    """The state of the training model at the end of `keras.Model.fit`."""

    epochs: list[int]
    iterations: int
    learning_rate: float
    weight_decay: float | None


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> list[Fit]:
    """Records each call of `keras.Model.fit`."""
    calls = []
    fit = keras.Model.fit

    def spy(self, *args, **kwargs):
        history = fit(self, *args, **kwargs)
        optimizer = self.optimizer
        calls.append(
            Fit(history.epoch, int(optimizer.iterations), float(optimizer.learning_rate), optimizer.weight_decay)
        )
        return history

    monkeypatch.setattr(keras.Model, "fit", spy)
    return calls
