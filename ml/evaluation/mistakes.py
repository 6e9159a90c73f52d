"""mistakes.json: the misclassified images of a run, which the report of a release shows."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, TypeAdapter

from ml.data.dataset import FloatArray, Images, Labels
from ml.documents import Count, Digit, Document, Share, parse_values
from ml.errors import DataError
from ml.evaluation.results import TenShares, read_evaluation_file
from ml.files import write_json
from ml.runs import EVALUATE_AGAIN, relative_to_cwd

MISTAKES_FILE = "mistakes.json"
MAX_MISTAKES = 100  # of each set, which limits the size of the report of a poor network

LabelledSet = Literal["test", "ink_test", "strokes", "unipen"]


class Mistake(Document):
    """A misclassified image."""

    set_name: LabelledSet = Field(alias="set")
    index: Count = Field(description="Position in the set, from 0.")
    label: Digit
    predicted: Digit
    confidence: Share = Field(description="Calibrated.")
    probabilities: TenShares
    image: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{1046}==$")] = Field(
        description="Base64 of 784 bytes, row by row; 0 is background, 255 full ink."
    )


_MISTAKES = TypeAdapter(tuple[Mistake, ...])


def misclassified(labels: Labels, probabilities: FloatArray) -> npt.NDArray[np.intp]:
    """Return the positions of the misclassified images, the most confident first.

    Args:
        labels: (n,).
        probabilities: (n, 10).
    """
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != labels)
    return wrong[np.argsort(-probabilities.max(axis=1)[wrong], kind="stable")]


def describe_mistakes(name: LabelledSet, images: Images, labels: Labels, probabilities: FloatArray) -> list[Mistake]:
    """Describe the misclassified images of a set, the most confident first, at most `MAX_MISTAKES`.

    Args:
        name: The evaluation set.
        images: (n, 28, 28).
        labels: (n,).
        probabilities: Calibrated, (n, 10).
    """
    rounded = np.round(probabilities.astype(np.float64), 6)
    return [
        Mistake(
            set=name,
            index=int(i),
            label=int(labels[i]),
            predicted=int(probabilities[i].argmax()),
            confidence=float(rounded[i].max()),
            probabilities=tuple(rounded[i].tolist()),
            image=base64.b64encode(images[i].tobytes()).decode(),
        )
        for i in misclassified(labels, probabilities)[:MAX_MISTAKES]
    ]


def read_mistakes(run: Path) -> tuple[Mistake, ...]:
    """Read mistakes.json from the folder of a run.

    Raises:
        DataError: The run is not evaluated, or the file is damaged.
    """
    data = read_evaluation_file(run, MISTAKES_FILE)
    return parse_values(_MISTAKES, data, str(relative_to_cwd(run / MISTAKES_FILE)), DataError, EVALUATE_AGAIN)


def write_mistakes(run: Path, mistakes: Sequence[Mistake]) -> None:
    """Write mistakes.json into the folder of a run, atomically."""
    write_json(run / MISTAKES_FILE, [mistake.to_json() for mistake in mistakes])
