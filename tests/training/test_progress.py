import logging
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from ml.training import progress
from ml.training.progress import TimeLeft, duration


@pytest.mark.parametrize(("initial_epoch", "message"), [(0, "about 6 minutes"), (2, "about 3 minutes")])
def test_time_left_follows_from_the_first_epoch(monkeypatch, caplog, initial_epoch, message):
    seconds = iter([1000.0, 1090.0])
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: next(seconds)))
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(loss="mse")
    data = np.zeros((1, 1))
    with caplog.at_level(logging.INFO):
        model.fit(data, data, epochs=5, initial_epoch=initial_epoch, verbose=0, callbacks=[TimeLeft()])
    assert [record.message for record in caplog.records if "ends in" in record.message] == [
        f"The training ends in {message}."
    ]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "1 minute"), (89, "1 minute"), (91, "2 minutes"), (7000, "117 minutes"), (9000, "2.5 hours")],
)
def test_durations_are_rough(seconds, text):
    assert duration(seconds) == text
