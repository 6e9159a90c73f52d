"""The model card: what a network is for, what it learned from, how good it is and where it fails.

Its prose is the report's `card`, which the site shows, and a part of docs/model-card.md; every figure in it comes from
what a run's commands wrote.
"""

from __future__ import annotations

import json
import statistics
from typing import Any

from ml.evaluation.headline import HEADLINE, headline, percent
from ml.evaluation.results import Metrics

Json = dict[str, Any]
Section = dict[str, Any]  # heading, paragraphs

SPREAD = (statistics.mean, statistics.stdev)


def sections(
    config: Json, metrics: Json, seeds: list[Json], facts: Json, teachers: list[Json] | None = None
) -> list[Section]:
    """The card's prose.

    Args:
        config: `experiment`, `dataset` and `source`, as the run's config.json and the manifest have them.
        metrics: The run's metrics.json.
        seeds: The report's `seeds`.
        facts: The report's `facts`.
        teachers: The report's `teachers`.
    """
    teachers = teachers or []
    written = {
        "Intended use": _use(metrics),
        "Data and licences": _data(config["dataset"], metrics),
        "Recipe": _recipe(config, facts),
        "Results": _results(metrics, seeds, teachers),
        "Known failures": _failures(metrics),
        "Limits": _limits(config["dataset"]),
    }
    return [{"heading": heading, "paragraphs": paragraphs} for heading, paragraphs in written.items()]


def markdown(manifest: Json, report: Json, pictures: str) -> str:
    """docs/model-card.md of a release.

    Args:
        manifest: The release's manifest.
        report: Its report.json.
        pictures: Where the pictures of its evaluation lie, as seen from the card.
    """
    metrics, shown = report["metrics"], _pictures(report["metrics"])
    lines = [
        f"# Model card: {manifest['experiment']['name']}, release {manifest['release']}",
        "",
        f"Trained on {manifest['created'][:10]}. This card is written by `python -m ml card` from what the release's "
        "evaluation measured; the page /model of the site shows the same.",
    ]
    for section in report["card"]:
        lines += ["", f"## {section['heading']}"]
        if section["heading"] == "Results":
            lines += ["", *_table(manifest["metrics"], metrics, report["seeds"])]
        for paragraph in section["paragraphs"]:
            lines += ["", paragraph]
        for name, words in shown.get(section["heading"], {}).items():
            lines += ["", f"![{words}]({pictures}/{name}.png)"]
    return "\n".join(lines) + "\n"


def _pictures(metrics: Json) -> dict[str, dict[str, str]]:
    """Heading → name of a picture that evaluation drew → what it shows."""
    measured = {
        "test": {
            "Recipe": {"learning-curves": "Loss and accuracy over the epochs"},
            "Results": {"confusion-test": "Confusion matrix of the test images", "reliability": "Reliability diagram"},
            "Known failures": {"mistakes-test": "All misread test images"},
        },
        "strokes": {
            "Results": {"strokes": "Misread pen strokes by digit and by writer"},
            "Known failures": {"mistakes-strokes": "All misread pen strokes"},
        },
        "mnist_c": {"Results": {"mnist-c": "Accuracy on each corruption of MNIST-C"}},
        "rejection": {
            "Results": {"rejection": "Confidence of digits and of other drawings; risk and coverage"},
            "Known failures": {"non-digits": "The drawings that are no digits and are read with most confidence"},
        },
    }
    found: dict[str, dict[str, str]] = {}
    for name, pictures in measured.items():
        for heading, entries in pictures.items() if name in metrics else ():
            found.setdefault(heading, {}).update(entries)
    return found


def _table(graph: Json, metrics: Json, seeds: list[Json]) -> list[str]:
    """The figures of the graph that ships, of the network that it was converted from, and of all seeds."""
    own, several = headline(Metrics.model_validate_json(json.dumps(metrics))), len(seeds) > 1
    lines = [f"| | the graph that ships | the network |{f' {len(seeds)} seeds |' if several else ''}"]
    lines.append("|---|---:|---:|" + "---:|" * several)
    for metric in HEADLINE:
        key = metric.key
        if key not in own:
            continue
        # The graph was measured on the test images only.
        cells = [
            metric.text(graph[key]) if key in graph and key not in ("validation_accuracy", "strokes_accuracy") else ""
        ]
        cells.append(metric.text(own[key]))
        if several:
            values = [entry[key] for entry in seeds if key in entry]
            known = len(values) == len(seeds)
            cells.append(" ± ".join(metric.text(of(values)) for of in SPREAD) if known else "")
        lines.append(f"| {metric.title} | {' | '.join(cells)} |")
    return lines


def _use(metrics: Json) -> list[str]:
    threshold = metrics["calibration"]["rejection_threshold"]
    return [
        "It reads one handwritten decimal digit, 0 to 9, from pen strokes or a picture of dark ink, brought to 28×28 "
        "pixels as MNIST's were. It is meant for pages, exercises and forms where the writer sees the reading at once "
        "and can correct it, and for teaching how such a network works.",
        f"It answers with a calibrated confidence. Below {percent(threshold)}, which 99 % of the validation digits "
        "reach, the reading should be called doubtful rather than shown as an answer.",
        "It is not meant for letters, words or signs, nor for decisions about people or money that nobody looks over.",
    ]


def _data(dataset: Json, metrics: Json) -> list[str]:
    if dataset["fallback"]:
        return [
            "It was trained and measured on scikit-learn's 1,797 digits of 8×8 pixels, enlarged, because the wanted "
            "data were out of reach. It is for trying the pipeline only."
        ]
    base, _, strokes = dataset["name"].partition("+")
    by = "no writer of theirs is in training" if dataset["split"] == "writers" else "drawn at random, label by label"
    paragraphs = [
        f"{dataset['train']:,} images trained it. {dataset['validation']:,} others ({by}) chose its epoch, temperature "
        f"and threshold; the {dataset['test']:,} test images chose none of these."
    ]
    if base == "mnist":
        paragraphs.append(
            "MNIST: Y. LeCun, C. Cortes and C. J. C. Burges, from NIST's Special Databases 1 and 3; CC BY-SA 3.0. "
            "Writers by QMNIST: C. Yadav and L. Bottou, 2019, https://arxiv.org/abs/1905.10498, BSD 3-Clause."
        )
    if strokes or "strokes" in metrics:
        role = (
            "the digits of twenty writers, drawn in varied ways, trained it too; those of the other ten (writer number "
            "divisible by three) only validated and measured it"
            if strokes
            else "they measured it, and none trained it"
        )
        paragraphs.append(
            "Pen strokes: E. Alpaydin and F. Alimoglu, Pen-Based Recognition of Handwritten Digits, UCI Machine "
            f"Learning Repository, 1996, https://doi.org/10.24432/C5MG6K, CC BY 4.0; {role}. Changed: drawn to 28×28 "
            "pixels, and without the samples of 4 whose second stroke is missing."
        )
    if "mnist_c" in metrics:
        paragraphs.append("MNIST-C, for measuring only: N. Mu and J. Gilmer, 2019, https://arxiv.org/abs/1906.02337.")
    if "corrected" in metrics["test"]:
        paragraphs.append(
            "Corrected test labels, for measuring only: C. Northcutt, A. Athalye and J. Mueller, Pervasive Label "
            "Errors in Test Sets, 2021, https://labelerrors.com."
        )
    if "rejection" in metrics:
        paragraphs.append(
            "Drawings that are no digits, for measuring only: 199 letters A and B from write-math.com (M. Thoma, ODbL) "
            "and 600 characters of Omniglot (B. Lake, R. Salakhutdinov and J. Tenenbaum, 2015, MIT)."
        )
    return paragraphs


def _recipe(config: Json, facts: Json) -> list[str]:
    experiment, source = config["experiment"], config["source"]
    network = (
        f"(Conv → Conv → Pool) × 3 → Dense → Output with {' / '.join(map(str, experiment['filters']))} filters of 3×3 "
        f"and {experiment['dense']} dense units: {facts['parameters']:,} weights, {facts['multiply_adds'] / 1e6:.1f} "
        f"million multiply-adds an image, {facts['bytes'] / 1000:,.0f} kB as {facts['weights']}."
    )
    commit = source["commit"][:12] if source["commit"] else "outside a checkout"
    changed = " with changes" if source["dirty"] else ""
    return [
        network,
        f"Preset {experiment['name']}, seed {experiment['seed']}, source {commit}{changed}: {_training(experiment)}.",
        f"Random transformations in training, none in use: {_listed(experiment['augmentation'])}.",
    ]


def _training(experiment: Json) -> str:
    """The settings of training in words; those that this function does not know by their names."""
    rest = dict(experiment)
    for told in ("name", "dataset", "filters", "dense", "seed", "augmentation"):
        rest.pop(told)
    epochs, batch, rate = (rest.pop(key) for key in ("epochs", "batch_size", "learning_rate"))
    words = [f"at most {epochs} epochs in batches of {batch} by Adam, learning rate {rate:g}, {rest.pop('schedule')}"]
    if habits := rest.pop("habits", 0):
        words.append(f"{habits:.0%} of the 0s, 1s, 7s and 9s once more with a bar, foot, slash or hook drawn in")
    if wide := rest.pop("wide_habits", 0):
        words.append(f"{wide:.0%} of the 1s and 9s once more with a wide flag or hook drawn in")
    if non_digits := rest.pop("non_digits", 0):
        words.append(f"{non_digits:.0%} more images of no digit, on which to be undecided")
    if teachers := rest.pop("teachers", None):
        words.append(f"besides the labels, the answers of {len(teachers)} networks trained before")
        if rest.pop("continues", False):
            words.append("started as the one of them that has its seed")
    if (precision := rest.pop("precision", "float32")) != "float32":
        words.append(f"computed in {precision.replace('_', ' ')}")
    if (weights := rest.pop("weights", "float32")) != "float32":
        words.append(f"weights rounded to {weights} when trained, before anything was measured")
    return "; ".join([*words, *([_listed(rest)] if any(rest.values()) else [])])


def _listed(values: Json) -> str:
    """What is not left out, in words: `rotation 10, zoom 0.12`."""
    parts = []
    for key, value in values.items():
        if value in (None, False, 0) or value == {}:
            continue
        if isinstance(value, dict):
            words = f"({_listed(value)})"
        elif isinstance(value, list):
            words = " / ".join(map(str, value))
        else:
            words = "" if value is True else f"{value:g}" if isinstance(value, float) else str(value)
        parts.append(f"{key.replace('_', ' ')} {words}".strip())
    return ", ".join(parts) or "none"


def _results(metrics: Json, seeds: list[Json], teachers: list[Json]) -> list[str]:
    test = metrics["test"]
    paragraphs = [
        f"Test images: {percent(test['accuracy'])} of {test['images']:,} right, weighted F1 "
        f"{test['weighted_f1']:.4f}. Expected calibration error (15 bins) "
        f"{percent(test['expected_calibration_error'])}, negative log-likelihood "
        f"{test['negative_log_likelihood']:.4f}."
    ]
    if corrected := test.get("corrected"):
        paragraphs.append(
            f"Against corrected labels: {percent(corrected['accuracy'])} of {corrected['images']:,}. "
            f"{corrected['corrected']} labels are those that most of five people gave; {corrected['left_out']} images "
            "on which they agreed on no digit are left out."
        )
    if strokes := metrics.get("strokes"):
        words = f"Pen strokes: {percent(strokes['accuracy'])} of {strokes['images']:,} right"
        if worst := strokes.get("worst_writer"):
            words += (
                f", by {len(strokes['writers'])} writers; the worst writer's {worst['images']} digits: "
                f"{percent(worst['accuracy'])}"
            )
        paragraphs.append(words + ".")
    if corruptions := metrics.get("mnist_c"):
        paragraphs.append(
            f"MNIST-C: {percent(corruptions['mean_accuracy'])} on average over {len(corruptions['corruptions'])} "
            "corruptions. Their code took no part in training; random transformations that resemble some of them did, "
            "and the recipe has them for what they gain here."
        )
    if rejection := metrics.get("rejection"):
        shipped = rejection["shipped"]
        paragraphs.append(
            f"Not a digit: area under the ROC curve {rejection['auroc']:.3f} for {rejection['digits']:,} digits "
            f"against {rejection['non_digits']:,} other drawings. When 99 % of the digits pass, "
            f"{percent(rejection['rejected_at_99'])} of the others are rejected; at the threshold that ships, "
            f"{percent(shipped['digits_passing'])} of the digits pass and {percent(shipped['non_digits_rejected'])} "
            "of the others are rejected."
        )
    paragraphs.append(_spread(seeds, teachers))
    return paragraphs


def _spread(seeds: list[Json], teachers: list[Json]) -> str:
    said = []
    if len(seeds) > 1:
        recipe = "the same recipe and teachers" if teachers else "the same recipe"
        said.append(f"Over {len(seeds)} seeds of {recipe} (mean ± standard deviation): {_mean(seeds)}.")
    if len(teachers) > 1:
        said.append(f"Its {len(teachers)} teachers, alone (mean ± standard deviation): {_mean(teachers)}.")
    return " ".join(said) or "One seed of this recipe was trained and measured; its spread is not known."


def _mean(seeds: list[Json]) -> str:
    words = []
    for key, name in (("accuracy", "test accuracy"), ("strokes_accuracy", "accuracy on strokes")):
        values = [entry[key] for entry in seeds if key in entry]
        if len(values) == len(seeds):
            words.append(f"{name} {100 * statistics.mean(values):.2f} ± {100 * statistics.stdev(values):.2f} %")
    return ", ".join(words)


def _failures(metrics: Json) -> list[str]:
    paragraphs = []
    for name, what in (("test", "On the test images"), ("strokes", "On pen strokes")):
        if name not in metrics:
            continue
        counts = metrics[name]["confusion_matrix"]
        wrong = [(counts[i][j], i, j) for i in range(10) for j in range(10) if i != j and counts[i][j]]
        if wrong:
            worst = ", ".join(f"{i} as {j} ({n})" for n, i, j in sorted(wrong, key=lambda w: (-w[0], w[1], w[2]))[:5])
            paragraphs.append(f"{what} {sum(w[0] for w in wrong)} are misread, most often {worst}.")
    if corruptions := metrics.get("mnist_c"):
        low = sorted(corruptions["corruptions"].items(), key=lambda item: item[1])[:3]
        named = ", ".join(f"{name.replace('_', ' ')} {percent(value)}" for name, value in low)
        paragraphs.append(f"Of the corrupted images, it reads worst: {named}.")
    if rejection := metrics.get("rejection"):
        passed = 1 - rejection["shipped"]["non_digits_rejected"]
        paragraphs.append(f"{percent(passed)} of the drawings that are no digits are read as one without a warning.")
    return paragraphs or ["None of the images that measured it were misread."]


def _limits(dataset: Json) -> list[str]:
    paragraphs = [
        "MNIST's writers were employees of the US Census Bureau and US high-school students: digits as other countries "
        "and schools write them (a 1 with a long flag, a crossed 7, a slashed 0) are rarer there than in the world.",
    ]
    if "strokes" in dataset["name"]:
        paragraphs.append(
            "The writers of the strokes wrote on one tablet with one pen; the ten that measure also helped to choose "
            "the epoch and the threshold, so that their figures flatter a little."
        )
    paragraphs.append(
        "Confidence is calibrated on digits like those of validation: it promises nothing about photographs with "
        "shadows, lined paper, or ink that is not a digit."
    )
    return paragraphs
