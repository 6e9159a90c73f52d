"""The model card: intended use, data, recipe, results and failures of a released network.

`templates/model_card.md.jinja` contains the prose, which the report stores in `card` and the page /model shows.
`templates/model_card_page.md.jinja` adds a table and pictures for `docs/model-card.md`.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ml.config import Augmentation
from ml.evaluation.headline import HEADLINE, headline, percent
from ml.evaluation.results import ClassificationResult, Metrics
from ml.release.manifest import GRAPH_METRICS, Manifest
from ml.release.report import CardSection, Facts, HeadlineFigures, Report, SeedFigures, TeacherFigures
from ml.runs import RunConfig


@dataclass(frozen=True)
class Picture:
    """A plot of the evaluation on the card."""

    heading: str
    file: str
    caption: str


# By evaluation set.
_PICTURES = {
    "test": (
        Picture("Recipe", "learning-curves.png", "Loss and accuracy by epoch"),
        Picture("Results", "confusion-test.png", "Confusion matrix of the test images"),
        Picture("Results", "reliability.png", "Reliability diagram"),
        Picture("Known failures", "mistakes-test.png", "All misclassified test images"),
    ),
    "ink_test": (
        Picture("Results", "ink-test.png", "Accuracy on pen strokes by digit and by test writer"),
        Picture("Known failures", "mistakes-ink-test.png", "Misclassified pen strokes of test writers"),
    ),
    "mnist_c": (Picture("Results", "mnist-c.png", "Accuracy on each corruption of MNIST-C"),),
    "rejection": (
        Picture("Results", "rejection.png", "Confidence of digits and of other drawings; risk and coverage"),
        Picture("Known failures", "non-digits.png", "The non-digits with the highest confidence"),
    ),
    "strokes": (
        Picture("Results", "strokes.png", "Accuracy on pen strokes by digit and by validation writer"),
        Picture("Known failures", "mistakes-strokes.png", "Misclassified pen strokes of validation writers"),
    ),
    "unipen": (
        Picture("Results", "unipen.png", "Accuracy on UNIPEN by digit and by laboratory, validation writers"),
        Picture("Known failures", "mistakes-unipen.png", "Misclassified digits of UNIPEN's validation writers"),
    ),
    "validation_rejection": (
        Picture("Known failures", "letters-and-signs.png", "Letters and signs with the highest confidence, validation"),
    ),
}


def sections(
    config: RunConfig,
    metrics: Metrics,
    seeds: Sequence[SeedFigures],
    teachers: Sequence[TeacherFigures],
    facts: Facts,
) -> tuple[CardSection, ...]:
    """Return the prose of the card as plain text.

    Args:
        config: The run's config.json.
        metrics: The run's metrics.json.
        seeds: The report's `seeds`.
        teachers: The report's `teachers`; empty if there are none.
        facts: The report's `facts`.
    """
    text = _TEMPLATES.get_template("model_card.md.jinja").render(
        experiment=config.experiment,
        dataset=config.dataset,
        source=config.source,
        metrics=metrics,
        seeds=seeds,
        teachers=teachers,
        facts=facts,
    )
    found = []
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        heading, _, body = section.partition("\n")
        paragraphs = [" ".join(paragraph.split()) for paragraph in re.split(r"\n\s*\n", body) if paragraph.strip()]
        found.append(CardSection(heading=heading, paragraphs=tuple(paragraphs)))
    return tuple(found)


def markdown(manifest: Manifest, report: Report, pictures: str) -> str:
    """Return the content of `docs/model-card.md` for a release.

    Args:
        manifest: The release's manifest.
        report: Its report.
        pictures: The folder with the plots of its evaluation, relative to the card.
    """
    measured = report.metrics.to_json()
    return _TEMPLATES.get_template("model_card_page.md.jinja").render(
        manifest=manifest,
        report=report,
        rows=_table(manifest, report),
        pictures=[picture for name, each in _PICTURES.items() if name in measured for picture in each],
        folder=pictures,
    )


def _table(manifest: Manifest, report: Report) -> list[list[str]]:
    """Return title, value of the graph, of the network, and mean ± standard deviation over the seeds."""
    graph, network = manifest.metrics.to_json(), headline(report.metrics)
    rows = []
    for metric in HEADLINE:
        if metric.key not in network:
            continue
        on_test = metric.key in graph and metric.key in GRAPH_METRICS
        row = [metric.title, metric.text(graph[metric.key]) if on_test else "", metric.text(network[metric.key])]
        if len(report.seeds) > 1:
            values = _values(report.seeds, metric.key)
            row.append(" ± ".join(metric.text(of(values)) for of in _SPREAD) if values else "")
        rows.append(row)
    return rows


_SPREAD = (statistics.mean, statistics.stdev)


def _values(runs: Sequence[HeadlineFigures], key: str) -> list[float]:
    """Return a figure of every run; [] if a run lacks it."""
    values = [figures[key] for figures in (run.to_json() for run in runs) if key in figures]
    return values if len(values) == len(runs) else []


def _spread(runs: Sequence[HeadlineFigures]) -> str:
    parts = []
    for key, name in (
        ("accuracy", "test accuracy"),
        ("ink_test_accuracy", "accuracy on pen strokes of test writers"),
        ("strokes_accuracy", "accuracy on pen strokes of validation writers"),
    ):
        if values := _values(runs, key):
            mean, deviation = (of(values) for of in _SPREAD)
            parts.append(f"{name} {100 * mean:.2f} ± {100 * deviation:.2f} %")
    return ", ".join(parts)


def _confusions(result: ClassificationResult) -> dict[tuple[int, int], int]:
    """Return (label, prediction) → number of images, of the misclassified ones; the most frequent first."""
    matrix = result.confusion_matrix
    wrong = {(i, j): matrix[i][j] for i in range(10) for j in range(10) if i != j and matrix[i][j]}
    return dict(sorted(wrong.items(), key=lambda item: (-item[1], item[0])))


# Of each field that is not 0. The wide range applies to the fields before it.
_TRANSFORMATIONS: dict[str, Callable[[float], str]] = {
    "rotation": lambda value: f"rotation up to {value:g}°",
    "translation": lambda value: f"translation up to {_percent_of_share(value)} of the side",
    "zoom": lambda value: f"zoom up to {_percent_of_share(value)}",
    "shear": lambda value: f"shear up to {value:g} pixels per pixel",
    "wide_range_probability": lambda value: f"2.5 times these ranges for {_percent_of_share(value)} of the images",
    "elastic": lambda value: f"elastic displacement with a standard deviation of {value:g} pixels",
    "thickness": lambda value: f"thickness up to {_percent_of_share(value)} of a 3×3 dilation",
    "outline": lambda value: f"only the outline of {_percent_of_share(value)} of the images",
    "photo_effects": lambda value: f"photo effects for {_percent_of_share(value)} of the images",
    "separate_layers": lambda _: "each resamples the image on its own",
}


def _settings(augmentation: Augmentation) -> str:
    settings = {name: value for name, value in asdict(augmentation).items() if value}
    return ", ".join(_TRANSFORMATIONS[name](value) for name, value in settings.items()) or "none"


def _percent_of_share(share: float) -> str:
    return f"{100 * share:g} %"


def _words(name: str) -> str:
    return name.replace("_", " ")


_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    autoescape=False,  # noqa: S701  plain text and Markdown
)
_TEMPLATES.filters |= {
    "percent": percent,
    "whole_percent": lambda share: f"{100 * share:.0f} %",
    "decimals": lambda value, digits: f"{value:.{digits}f}",
    "number": lambda value: f"{value:g}",
    "thousands": lambda value: f"{value:,.0f}",
    "words": _words,
    "settings": _settings,
    "spread": _spread,
    "confusions": _confusions,
}
