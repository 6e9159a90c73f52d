import argparse

import pytest

from ml.cli.options import run_name
from ml.config import Experiment


@pytest.mark.parametrize("name", ["mnist", "production-seed0-77c537ec", "a.b_c+d-2"])
def test_names_of_experiments_are_names_of_runs(name: str) -> None:
    assert run_name(Experiment(name=name).name) == name


@pytest.mark.parametrize("name", ["", "../x", "a/b", "a b", "-x", "x\n"])
def test_other_names_are_rejected(name: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="is not a valid run name"):
        run_name(name)
    with pytest.raises(ValueError, match="name"):
        Experiment(name=name)


def test_the_link_to_the_latest_run_is_not_a_name() -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="and not latest"):
        run_name("latest")
