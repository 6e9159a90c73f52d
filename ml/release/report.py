"""The report of a release: metrics, mistakes, model card and facts about its network.

`report.schema.json` is the JSON Schema of the report; `python -m ml.release.schemas` writes it from these models.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field, FiniteFloat

from ml.documents import Document, Integer, Omittable, PositiveCount, Share, parse_document
from ml.errors import PublishError
from ml.evaluation.mistakes import Mistake
from ml.evaluation.results import Metrics
from ml.release.manifest import MAX_FILE_BYTES, REPORT_FILE, SchemaVersion, WeightDtype
from ml.runs import HistoryRow


class HeadlineFigures(Document):
    """The headline figures of an evaluated run. Those of sets whose data were not available are absent."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, FiniteFloat] = Field(init=False)

    accuracy: Share
    weighted_f1: Share
    corrected_accuracy: Omittable[Share] = None
    ink_test_accuracy: Omittable[Share] = None
    mnist_c_accuracy: Omittable[Share] = None
    strokes_accuracy: Omittable[Share] = None
    unipen_accuracy: Omittable[Share] = None


class SeedFigures(HeadlineFigures):
    seed: Integer


class TeacherFigures(HeadlineFigures):
    run: str = Field(description="Name of the run.")


class CardSection(Document):
    heading: str = Field(min_length=1)
    paragraphs: tuple[Annotated[str, Field(min_length=1)], ...] = Field(min_length=1)


class Facts(Document):
    parameters: PositiveCount
    multiply_adds: PositiveCount = Field(description="For one image, in convolutions and dense layers.")
    weights: WeightDtype
    bytes: PositiveCount = Field(description="Download before the first prediction: model.json and its weight files.")


class Report(Document):
    """The contract between ml/release, which writes report.json, and the page /model, which reads it."""

    schema_version: SchemaVersion = Field(alias="schema")
    metrics: Metrics = Field(
        description="The run's metrics.json, measured with Keras. Sets whose data were not available are absent."
    )
    seeds: tuple[SeedFigures, ...] = Field(
        min_length=1,
        description="One entry for each seed of the same recipe on the same data, this network's included; ascending.",
    )
    teachers: Omittable[Annotated[tuple[TeacherFigures, ...], Field(min_length=1)]] = Field(
        default=None, description="The networks that this one was distilled from; absent if there are none."
    )
    history: tuple[HistoryRow, ...] = Field(description="One row for each epoch.")
    mistakes: tuple[Mistake, ...] = Field(
        description="The misclassified images, the most confident first; at most 100 of each set."
    )
    card: tuple[CardSection, ...] = Field(min_length=1, description="The prose of the model card, plain text.")
    facts: Facts


def parse_report(data: bytes) -> Report:
    """Parse `report.json`.

    Raises:
        PublishError: It does not match the schema, or is of a newer schema.
    """
    return parse_document(Report, data, REPORT_FILE, PublishError, limit=MAX_FILE_BYTES)
