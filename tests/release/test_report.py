import base64
import dataclasses
import json
import re
from typing import Any

import numpy as np
import pytest

from ml.config import Augmentation
from ml.errors import DataError
from ml.presets import PRESETS
from ml.release import model_card
from ml.release.build_report import make_report, seed_figures, teacher_figures
from ml.release.report import Facts, Report, parse_report
from ml.release.verify import BUNDLED, read_release
from ml.runs import RunConfig
from tests.release.documents import document
from tests.runs import DATASET, make_run, write_model

FACTS = Facts(parameters=1000, multiply_adds=2_000_000, weights="float16", bytes=2000)


def test_report_contains_the_measurements(tmp_path):
    run = make_run(tmp_path / "run")
    report = make_report(run, FACTS).to_json()
    metrics = json.loads((run / "metrics.json").read_text())
    del metrics["measured_with"]
    assert report["metrics"] == metrics
    assert report["history"] == [{"epoch": 0, "loss": 1, "accuracy": 0.5, "val_loss": 1, "val_accuracy": 0.5}]
    assert report["facts"] == {"parameters": 1000, "multiply_adds": 2_000_000, "weights": "float16", "bytes": 2000}
    assert report["seeds"] == [
        {
            "seed": 0,
            "accuracy": 0.95,
            "weighted_f1": 0.95,
            "negative_log_likelihood": 0.1,
            "expected_calibration_error": 0.01,
            "validation_accuracy": 0.9,
        }
    ]
    [mistake] = report["mistakes"]
    assert (mistake["index"], mistake["label"], mistake["predicted"]) == (19, 9, 0)
    assert mistake["confidence"] == mistake["probabilities"][0] == 0.91
    assert base64.b64decode(mistake["image"]) == bytes([7]) * 784
    assert "teachers" not in report
    assert parse_report(json.dumps(report).encode()).to_json() == report


def test_equal_runs_give_equal_reports(tmp_path):
    run = make_run(tmp_path / "run")
    assert make_report(run, FACTS) == make_report(run, FACTS)


@pytest.mark.parametrize("name", ["metrics.json", "mistakes.json"])
def test_run_without_evaluation_has_no_report(tmp_path, name):
    run = make_run(tmp_path / "run")
    (run / name).unlink()
    with pytest.raises(DataError, match="not evaluated"):
        make_report(run, FACTS)


def test_history_with_nan_is_rejected(tmp_path):
    run = make_run(tmp_path / "run")
    (run / "history.csv").write_text("epoch,loss,accuracy,val_loss,val_accuracy\n0,nan,0.5,1,0.5\n")
    with pytest.raises(DataError, match=r"history\.csv is not valid: loss: "):
        make_report(run, FACTS)


def test_seed_figures_come_from_runs_of_the_same_recipe_and_data(tmp_path):
    run = make_run(tmp_path / "b", seed=2)
    make_run(tmp_path / "a", correct=17, seed=1)
    make_run(tmp_path / "again", correct=1, seed=2)  # the run itself represents its seed
    make_run(tmp_path / "other", seed=3, epochs=99)
    make_run(tmp_path / "unfinished", seed=4)
    (tmp_path / "unfinished" / "model.keras").unlink()
    make_run(tmp_path / "unevaluated", seed=5)
    (tmp_path / "unevaluated" / "metrics.json").unlink()
    (tmp_path / "latest").symlink_to("a")
    assert [(figures.seed, figures.accuracy) for figures in seed_figures(run)] == [(1, 0.85), (2, 0.95)]


def test_damaged_siblings_are_left_out_with_a_warning(tmp_path, caplog):
    run = make_run(tmp_path / "run", seed=2)
    for seed, name in enumerate(("config", "metrics", "old", "good")):
        make_run(tmp_path / name, seed=10 + seed)
    for name in ("config", "metrics"):
        (tmp_path / name / f"{name}.json").write_text("{")
    write_model(tmp_path / "old", "trained again")
    assert [figures.seed for figures in seed_figures(run)] == [2, 13]
    warnings = sorted(record.getMessage() for record in caplog.records)
    assert [re.search(r"/(\w+) is left out", warning)[1] for warning in warnings] == ["config", "metrics", "old"]
    (run / "metrics.json").write_text("{")
    with pytest.raises(DataError, match=r"run/metrics\.json is not valid"):
        seed_figures(run)


def test_damaged_teachers_are_left_out_with_a_warning(tmp_path, caplog):
    for name in ("good", "damaged"):
        make_run(tmp_path / name)
    (tmp_path / "damaged" / "metrics.json").write_text("{")
    run = make_run(tmp_path / "student", name="student", teachers=["good", "damaged"])
    assert [figures.run for figures in teacher_figures(run)] == ["good"]
    assert "damaged is left out" in caplog.text


def test_teacher_figures_omit_missing_runs(tmp_path):
    for seed, correct in ((0, 19), (1, 17)):
        make_run(tmp_path / f"teacher{seed}", correct, seed)
    make_run(tmp_path / "stranger")
    run = make_run(tmp_path / "student", 20, name="student", teachers=["teacher0", "absent", "teacher1"])
    assert [(teacher.run, teacher.accuracy) for teacher in teacher_figures(run)] == [
        ("teacher0", 0.95),
        ("teacher1", 0.85),
    ]
    assert [teacher["run"] for teacher in make_report(run, FACTS).to_json()["teachers"]] == ["teacher0", "teacher1"]


# ---- model card --------------------------------------------------------------------------------


def card(
    report: Any = None, *, experiment: Any = None, dataset: Any = None, source: Any = None, teachers: bool = True
) -> dict[str, str]:
    """Heading → text of the card; the default report has every metric."""
    parsed = parse_report(json.dumps(report or document("report")).encode())
    config = {
        "experiment": {**PRESETS["quick"].to_dict(), **(experiment or {})},
        "dataset": {**DATASET, **(dataset or {})},
        "source": source or {"commit": "0123456789abcdef", "dirty": False},
        "keras": "3.15.1",
        "backend": "tensorflow",
    }
    sections = model_card.sections(
        RunConfig.model_validate_json(json.dumps(config)),
        parsed.metrics,
        parsed.seeds,
        (parsed.teachers or ()) if teachers else (),
        parsed.facts,
    )
    return {section.heading: "\n".join(section.paragraphs) for section in sections}


OPTIONAL_SETS = ("ink_test", "mnist_c", "rejection", "strokes", "unipen", "validation_rejection")


def without(*names: str) -> Any:
    """A report without these sets; without all sets that are not in every report if none is named."""
    report = document("report")
    for name in names or OPTIONAL_SETS:
        del report["metrics"][name]
    return report


HEADINGS = ["Intended use", "Data and licences", "Recipe", "Results", "Known failures", "Limits"]


def test_card_sections_contain_plain_paragraphs():
    for each in (card(), card(without())):
        assert list(each) == HEADINGS
        for text in each.values():
            for paragraph in text.split("\n"):
                assert paragraph.endswith(".")
                assert "  " not in paragraph
                assert not set("{}%#") & set(paragraph.replace(" %", ""))
                assert " ." not in paragraph
                assert not re.search(r"[a-z0-9][.;][A-Z]", paragraph)


def test_card_states_sources_and_licences_of_the_data_used():
    licences = {
        "MNIST: Y. LeCun": "CC BY-SA 3.0",
        "Alpaydin": "CC BY 4.0",
        "Hendrycks": "",
        "Mu and J. Gilmer": "",
        "Northcutt": "",
        "Omniglot": "ODbL",
    }
    everything = card()["Data and licences"]
    assert all(
        name in everything and licence in everything for name, licence in licences.items() if name != "Hendrycks"
    )
    report = without()
    del report["metrics"]["test"]["corrected"]
    least = card(report)["Data and licences"]
    assert "LeCun" in least
    assert not any(name in least for name in ("Alpaydin", "Gilmer", "Northcutt", "Omniglot", "UNIPEN"))
    assert "UNIPEN, train_r01_v07" in everything
    assert "The official test part, by other writers, was used only for the test" in everything
    assert "The digits of 30 writers were used only for evaluation" in everything
    trained = card(dataset={"name": "mnist+strokes"})
    assert "twenty writers, rendered in varied ways, are part of the training set" in trained["Data and licences"]
    assert "one tablet" in trained["Limits"]
    assert "one tablet" not in card()["Limits"]
    fallback = card(dataset={"name": "sklearn-digits", "fallback": True})["Data and licences"]
    assert "8×8" in fallback
    assert "LeCun" not in fallback


def test_card_describes_the_split():
    assert "of writers who are not in the training set" in card()["Data and licences"]
    assert "Writers by QMNIST" in card()["Data and licences"]
    stratified = card(dataset={"split": "stratified"})["Data and licences"]
    assert "a random sample, stratified by label" in stratified
    assert "MNIST: Y. LeCun" in stratified
    assert "QMNIST" not in stratified


def test_card_describes_the_source_revision():
    assert "commit 0123456789ab. " in card()["Recipe"]
    dirty = card(source={"commit": "0123456789abcdef", "dirty": True})["Recipe"]
    assert "commit 0123456789ab with local changes. " in dirty
    assert "outside a Git checkout. " in card(source={"commit": None, "dirty": False})["Recipe"]


CHANGES = {
    "name": "other",
    "dataset": "mnist+strokes",
    "filters": [1, 2, 3],
    "padding": ["same", "same", "same"],
    "dense": 77,
    "dropout": 0.4,
    "batch_size": 77,
    "epochs": 77,
    "patience": 7,
    "learning_rate": 0.007,
    "schedule": "constant",
    "weight_decay": 0.7,
    "habits": 0.07,
    "wide_habits": 0.07,
    "non_digits": 0.07,
    "teachers": ["a", "b"],
    "precision": "mixed_bfloat16",
    "weights": "uint8",
    "train_limit": 77,
    "seed": 7,
}


def test_card_describes_every_setting_of_the_experiment():
    settings = {key: value for key, value in PRESETS["quick"].to_dict().items() if key != "augmentation"}
    assert settings.keys() == CHANGES.keys() | {"continues"}
    for key, value in CHANGES.items():
        assert card(experiment={key: value})["Recipe"] != card()["Recipe"], key
    teachers = {"teachers": ["a"]}
    assert card(experiment=teachers | {"continues": True})["Recipe"] != card(experiment=teachers)["Recipe"]


def test_card_describes_every_random_transformation():
    assert "not during inference: none." in card(experiment={"augmentation": {}})["Recipe"]
    texts = {
        "rotation": "rotation up to 0.25°",
        "translation": "translation up to 25 % of the side",
        "zoom": "zoom up to 25 %",
        "shear": "shear up to 0.25 pixels per pixel",
        "wide_range_probability": "2.5 times these ranges for 25 % of the images",
        "elastic": "elastic displacement with a standard deviation of 0.25 pixels",
        "thickness": "thickness up to 25 % of a 3×3 dilation",
        "outline": "only the outline of 25 % of the images",
        "photo_effects": "photo effects for 25 % of the images",
        "separate_layers": "each resamples the image on its own",
    }
    for field in dataclasses.fields(Augmentation):
        value = True if field.default is False else 0.25
        experiment = dataclasses.replace(PRESETS["quick"], augmentation=Augmentation(**{field.name: value}))
        assert f"not during inference: {texts[field.name]}." in card(experiment=experiment.to_dict())["Recipe"]
    quick = "rotation up to 10°, translation up to 5 % of the side, zoom up to 12 %, shear up to 0.2 pixels per pixel."
    assert quick in card(experiment=PRESETS["quick"].to_dict())["Recipe"]


def test_card_states_the_results_of_the_report():
    results = card()["Results"]
    for stated in (
        "Test images: 99.65 % of 10,000 correct, weighted F1 0.9965.",
        "(15 bins) 0.13 %, negative log-likelihood 0.0129.",
        "With corrected labels: 99.67 % of 9,995 correct. 10 labels are replaced",
        "5 images are left out",
        "Pen strokes of test writers: 99.01 % of 202 correct, by 2 writers.",
        "The lowest accuracy of a writer is 98.00 % (of 100 digits). 3 further samples lack a stroke and are left out.",
        "MNIST-C: 97.25 % correct on average over 3 corruptions.",
        "ROC curve 0.984 for 10,202 test digits and 799 drawings",
        "rejects 77.97 % of the other drawings.",
        "accepts 99.16 % of the digits and rejects 75.84 %",
        "Over 2 seeds of the same recipe and teachers (mean ± standard deviation): test accuracy ",
        "The 2 teachers on their own (mean ± standard deviation): test accuracy ",
    ):
        assert stated in results
    _, following = results.split("The following results are validation results. ")
    for stated in (
        "Pen strokes of validation writers: 99.47 % of 2,475 correct, by 2 writers.",
        "The lowest accuracy of a writer is 98.74 % (of 238 digits).",
        "Digits of UNIPEN's validation writers: 99.01 % of 101 correct.",
        "The lowest accuracy of a laboratory is 97.56 % (of 41 digits).",
        "Slashed zeros: 75.00 % of 4 correct.",
        "99 % of 2,576 validation digits reach rejects 70.00 % of 300, 75.00 % of the letters, 60.00 % of the signs.",
    ):
        assert stated in following
    assert "spread over seeds is not known" not in results
    assert "of the same recipe (mean" in card(teachers=False)["Results"]


def test_card_does_not_call_the_digits_of_an_older_evaluation_test_digits():
    report = document("report")
    report["metrics"]["rejection"]["digits"] = 12_475
    assert "ROC curve 0.984 for 12,475 digits and" in card(report)["Results"]


def test_card_without_validation_sets_has_no_validation_results():
    assert "validation results" not in card(without())["Results"]


def test_card_states_mean_and_sample_standard_deviation():
    report = document("report")
    report["seeds"] = [
        {"seed": i, "accuracy": a, "weighted_f1": a, "ink_test_accuracy": a / 2, "strokes_accuracy": a / 2}
        for i, a in enumerate((0.95, 0.85))
    ]
    of_test = "test accuracy 90.00 ± 7.07 %, accuracy on pen strokes of test writers 45.00 ± 3.54 %"
    of_validation = "accuracy on pen strokes of validation writers 45.00 ± 3.54 %"
    assert f"{of_test}, {of_validation}." in card(report)["Results"]
    del report["seeds"][0]["strokes_accuracy"]
    assert f"{of_test}." in card(report)["Results"]
    del report["seeds"][0]
    assert "spread over seeds is not known" in card(report, teachers=False)["Results"]


def test_card_states_the_most_frequent_confusions():
    report = without()
    matrix = np.diag([10] * 10)
    report["metrics"]["test"]["confusion_matrix"] = matrix.tolist()
    assert card(report)["Known failures"] == "The evaluation misclassified no image."
    for count, (label, predicted) in enumerate(((9, 4), (4, 9), (1, 7), (2, 7), (3, 5), (0, 6)), start=1):
        matrix[label, predicted] = count
    matrix[1, 7] = 4
    report["metrics"]["test"]["confusion_matrix"] = matrix.tolist()
    frequent = "0 as 6 (6), 3 as 5 (5), 1 as 7 (4), 2 as 7 (4), 4 as 9 (2)"
    assert card(report)["Known failures"] == f"22 of the test images are misclassified, most often {frequent}."
    failures = card()["Known failures"]
    assert "The lowest accuracies on corrupted images: zigzag 87.16 %, shear 99.58 %, fog 99.60 %." in failures
    assert "24.16 % of the drawings that are not digits are accepted" in failures


@pytest.fixture(scope="module")
def bundled():
    return read_release(BUNDLED)


def test_markdown_card_has_prose_table_and_pictures(bundled):
    report: Report = bundled.report
    text = model_card.markdown(bundled.manifest, report, "../pictures")
    assert text.startswith("# Model card: distilled, release ad4b892bc7d24a29\n\nTrained on 2026-11-26. ")
    assert text.endswith(".\n")
    assert "\n\n\n" not in text
    assert "| test accuracy | 99.65 % | 99.65 % | 99.63 % ± 0.03 % |" in text
    assert "| pen strokes of validation writers |  | 99.47 % | 99.42 % ± 0.04 % |" in text
    assert "| validation accuracy |  | 99.54 % |" in text
    assert text.index("| MNIST-C, mean |") < text.index("| validation accuracy |")
    assert "](../pictures/mistakes-strokes.png)" in text
    for section in report.card:
        assert f"\n\n## {section.heading}\n" in text
        assert all(f"\n\n{paragraph}\n" in text for paragraph in section.paragraphs)


def test_markdown_card_omits_sets_that_were_not_measured(bundled):
    report = without() | {"card": bundled.report.to_json()["card"]}
    report["seeds"] = report["seeds"][:1]
    text = model_card.markdown(bundled.manifest, parse_report(json.dumps(report).encode()), "../pictures")
    assert "| | exported graph | network |\n|---|---:|---:|\n" in text
    assert "| pen strokes of" not in text
    assert "strokes.png" not in text
    assert "seeds |" not in text
