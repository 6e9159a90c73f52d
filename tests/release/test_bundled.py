"""The release and the figures that the repository brings are whole, real and one another's."""

import dataclasses
import json
import re

import pytest

from ml.cli import convert as cli
from ml.files import ROOT
from ml.presets import PRESETS
from ml.release import report as report_module
from ml.release.gate import shortfalls
from ml.release.manifest import read_release
from ml.release.model_card import markdown

RELEASE, MEASURED = ROOT / cli.BUNDLED, ROOT / cli.PICTURES


def test_it_is_whole_and_small():
    release = read_release(RELEASE)
    assert {p.name for p in RELEASE.iterdir()} == {"manifest.json", *(f["path"] for f in release.manifest["files"])}
    assert sum(p.stat().st_size for p in RELEASE.iterdir()) < 1_000_000


def test_it_was_trained_on_real_data_and_keeps_the_promise():
    manifest = read_release(RELEASE).manifest
    assert not manifest["dataset"]["fallback"]
    assert manifest["dataset"]["test"] == 10_000
    assert shortfalls(manifest["experiment"]["name"], json.loads((MEASURED / "metrics.json").read_text())) == []
    assert manifest["source"]["commit"]


def test_its_preset_is_still_the_recipe_that_made_it():
    made = {key: value for key, value in read_release(RELEASE).manifest["experiment"].items() if key != "parameters"}
    assert made == dataclasses.replace(PRESETS["distilled"], seed=made["seed"]).to_dict()
    taught = json.loads((RELEASE / report_module.FILE).read_bytes())["teachers"]
    assert [teacher["run"] for teacher in taught] == made["teachers"]


def test_the_figures_beside_it_are_its_own():
    manifest, metrics = read_release(RELEASE).manifest, json.loads((MEASURED / "metrics.json").read_text())
    assert metrics["calibration"] == manifest["calibration"]
    assert metrics["test"]["accuracy"] == manifest["metrics"]["accuracy"]
    assert metrics["strokes"]["accuracy"] == manifest["metrics"]["strokes_accuracy"]


def test_its_report_is_whole_and_of_the_same_figures():
    report = json.loads((RELEASE / report_module.FILE).read_bytes())
    report_module.validator().validate(report)
    assert report["metrics"] == json.loads((MEASURED / "metrics.json").read_text())
    manifest = read_release(RELEASE).manifest
    assert report["facts"]["parameters"] == manifest["experiment"]["parameters"]
    assert manifest["experiment"]["seed"] in [entry["seed"] for entry in report["seeds"]]
    for name in ("test", "strokes"):
        measured = report["metrics"][name]
        misread = [mistake for mistake in report["mistakes"] if mistake["set"] == name]
        assert len(misread) == measured["images"] - round(measured["accuracy"] * measured["images"])


def test_the_readme_states_them():
    metrics, readme = json.loads((MEASURED / "metrics.json").read_text()), (ROOT / "README.md").read_text()
    for told, measured in {
        "| MNIST's 10,000 test images | accuracy": metrics["test"]["accuracy"],
        "| | accuracy with corrected labels": metrics["test"]["corrected"]["accuracy"],
        "| 2,475 pen strokes of ten writers": metrics["strokes"]["accuracy"],
        "| | accuracy of the worst writer": metrics["strokes"]["worst_writer"]["accuracy"],
        "| MNIST-C, 15 corruptions": metrics["mnist_c"]["mean_accuracy"],
        "| | rejected at the shipped threshold": metrics["rejection"]["shipped"]["non_digits_rejected"],
    }.items():
        cell = next(line for line in readme.splitlines() if line.startswith(told)).split("|")[3]
        assert float(cell.strip(" %")) == pytest.approx(100 * measured, abs=0.05 if measured < 0.9 else 0.005)


@pytest.mark.parametrize("name", ["replay", "pointer-events"])
def test_it_is_the_one_that_was_replayed(name):
    told = json.loads((ROOT / f"visualizations/replay/{name}.json").read_text())
    assert told["release"] == read_release(RELEASE).id


def test_the_model_card_is_of_this_release():
    report = json.loads((RELEASE / report_module.FILE).read_bytes())
    pictures = "../" + cli.PICTURES.as_posix()
    card = (ROOT / cli.CARD).read_text()
    assert card == markdown(read_release(RELEASE).manifest, report, pictures), "write it anew: python -m ml card"
    for picture in re.findall(r"\]\(\.\./(\S+\.png)\)", card):
        assert (ROOT / picture).is_file()
