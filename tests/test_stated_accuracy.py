"""The accuracy that the README states for a preset; takes minutes and needs MNIST."""

import os
from pathlib import Path

import pytest

from ml.data.load import load
from ml.evaluation.evaluate import evaluate
from ml.presets import PRESETS
from ml.training.train import train


@pytest.mark.slow
def test_quick_reaches_99_3_percent(tmp_path):
    data_dir = Path(os.environ["DIGITS_DATA_DIR"]) if "DIGITS_DATA_DIR" in os.environ else None
    mnist = load("mnist", data_dir)
    assert not mnist.fallback, "MNIST is not available: connect to the network, or set DIGITS_DATA_DIR"
    run = train(PRESETS["quick"], mnist, tmp_path / "quick", verbose=2)
    assert evaluate(run, mnist).test.accuracy >= 0.993
