"""The committed release agrees with the files that describe it."""

import json
import re

import pytest

from ml.evaluation.benchmark import table
from ml.files import ROOT
from ml.release.bundle import MODEL_CARD, PICTURES
from ml.release.gate import publish_blocker
from ml.release.model_card import markdown
from ml.release.verify import BUNDLED, read_release


@pytest.fixture(scope="module")
def release():
    return read_release(BUNDLED)


@pytest.fixture(scope="module")
def metrics():
    return json.loads((PICTURES / "metrics.json").read_bytes())


def test_folder_has_the_files_of_the_manifest_only(release):
    named = {file.path for file in release.manifest.files}
    assert {path.name for path in BUNDLED.iterdir()} == {"manifest.json", *named}
    assert sum(path.stat().st_size for path in BUNDLED.iterdir()) < 1_000_000


def test_release_was_trained_on_the_dataset_from_a_commit(release):
    assert not release.manifest.dataset.fallback
    assert release.manifest.dataset.test == 10_000
    assert re.fullmatch("[0-9a-f]{40}", release.manifest.source.commit)


def test_report_has_the_committed_metrics(release, metrics):
    assert release.report.metrics.to_json() == metrics


def test_manifest_and_report_agree(release):
    manifest, report = release.manifest, release.report
    assert report.metrics.calibration.to_json() == manifest.calibration.to_json()
    assert report.metrics.test.accuracy == manifest.metrics.accuracy
    assert report.metrics.strokes.accuracy == manifest.metrics.strokes_accuracy
    assert report.facts.parameters == manifest.experiment.parameters
    assert report.facts.bytes == sum(file.bytes for file in manifest.files if file.path != "report.json")
    assert manifest.experiment.seed in [figures.seed for figures in report.seeds]
    assert [teacher.run for teacher in report.teachers] == manifest.experiment.to_json()["teachers"]


@pytest.mark.parametrize("name", ["test", "strokes"])
def test_report_shows_every_mistake(release, name):
    measured = getattr(release.report.metrics, name)
    mistakes = [mistake for mistake in release.report.mistakes if mistake.set_name == name]
    assert len(mistakes) == measured.images - round(measured.accuracy * measured.images)


# Of a benchmark's figures.
BENCHMARKED = {
    "| 3,417 pen strokes of the 14 official test writers": ("ink_test_accuracy", 100),
    "| | accuracy of the worst writer": ("ink_test_worst_writer_accuracy", 100),  # the first such row
    "| 799 drawings that are not digits": ("auroc", 1),
}


def readme_cell(beginning: str, of: str = "") -> float:
    """Return the number in the row with this beginning that follows the row with the beginning `of`."""
    lines = (ROOT / "README.md").read_text().splitlines()
    start = next((i for i, line in enumerate(lines) if of and line.startswith(of)), 0)
    cell = next(line for line in lines[start:] if line.startswith(beginning)).split("|")[3]
    return float(cell.strip(" %"))


def test_readme_states_the_figures_of_the_benchmark(release):
    measured = json.loads((ROOT / "benchmarks" / "recognizers.json").read_bytes())
    [figures] = [each for name, each in measured.items() if name.endswith(release.id)]
    for stated, (key, factor) in BENCHMARKED.items():
        assert readme_cell(stated) == pytest.approx(factor * figures[key], abs=0.005 if factor > 1 else 0.0005)


def test_benchmark_table_is_that_of_the_recorded_figures():
    measured = json.loads((ROOT / "benchmarks" / "recognizers.json").read_bytes())
    assert f"\n\n{table(measured)}\n\n" in (ROOT / "docs" / "experiments.md").read_text()


# Beginning of a row of the README's table → the figure's place in metrics.json.
STATED = {
    "| MNIST's 10,000 test images | accuracy": "test.accuracy",
    "| | accuracy with corrected labels": "test.corrected.accuracy",
    "| 2,475 pen strokes of ten writers": "strokes.accuracy",
    "| MNIST-C, 15 corruptions": "mnist_c.mean_accuracy",
    "| | rejected at the shipped threshold": "rejection.shipped.non_digits_rejected",
}


def test_release_can_be_published(release):
    assert publish_blocker(release, below_gate=False) is None


def test_readme_states_the_metrics(metrics):
    worst = metrics["strokes"]["worst_writer"]["accuracy"]
    stated_worst = readme_cell("| | accuracy of the worst writer", of="| 2,475 pen strokes of ten writers")
    assert stated_worst == pytest.approx(100 * worst, abs=0.005)
    for stated, measured in STATED.items():
        value = metrics
        for key in measured.split("."):
            value = value[key]
        assert readme_cell(stated) == pytest.approx(100 * value, abs=0.05 if value < 0.9 else 0.005)


@pytest.mark.parametrize("name", ["replay", "pointer-events"])
def test_replays_name_the_bundled_release(release, name):
    assert json.loads((ROOT / f"visualizations/replay/{name}.json").read_text())["release"] == release.id


def test_model_card_is_up_to_date(release):
    card = MODEL_CARD.read_text()
    expected = markdown(release.manifest, release.report, f"../{PICTURES.relative_to(ROOT).as_posix()}")
    assert card == expected, "run: python -m ml card"
    for picture in re.findall(r"\]\(\.\./(\S+\.png)\)", card):
        assert (ROOT / picture).is_file()
