"""Types of the files that evaluation writes: metrics.json, comparison.json and the baselines.

The JSON keys are published, so some differ from the names of the attributes. A set whose data were not available has
no key in the JSON and is None here. Results ignore unknown keys, so that a site can read the report of a newer release.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from ml.documents import (
    Count,
    Digit,
    Document,
    Integer,
    NonNegative,
    Omittable,
    PositiveCount,
    Share,
    Temperature,
    parse_document,
)
from ml.errors import DataError
from ml.files import write_json
from ml.runs import (
    EVALUATE_AGAIN,
    METRICS_FILE,
    MODEL_FILE,
    model_sha256,
    not_evaluated,
    read_config,
    relative_to_cwd,
)

RELIABILITY_BINS = 15


class Result(Document):
    """A part of metrics.json or of a baseline's file. Unknown keys are ignored."""

    model_config = ConfigDict(extra="ignore")


class ReliabilityBin(Result):
    """The images whose confidence is in one bin; the means of an empty bin are None."""

    images: Count
    confidence: Share | None
    accuracy: Share | None


Reliability = Annotated[
    tuple[ReliabilityBin, ...],
    Field(min_length=RELIABILITY_BINS, max_length=RELIABILITY_BINS, description="Equally wide bins from 0 to 1."),
]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
TenShares = Annotated[tuple[Share, ...], Field(min_length=10, max_length=10)]
TenCounts = Annotated[tuple[Count, ...], Field(min_length=10, max_length=10)]


class CalibrationResult(Result):
    """How well confidence agrees with accuracy."""

    negative_log_likelihood: NonNegative = Field(description="Nats.")
    expected_calibration_error: Share
    reliability: Reliability


class ClassificationResult(Result):
    """Metrics of labelled digits. Those that depend on confidence are calibrated, except in `uncalibrated`."""

    images: PositiveCount
    accuracy: Share
    weighted_f1: Share
    class_f1: TenShares
    confusion_matrix: Annotated[tuple[TenCounts, ...], Field(min_length=10, max_length=10)] = Field(
        description="Counts. Rows: label; columns: prediction."
    )
    negative_log_likelihood: NonNegative = Field(description="Nats.")
    expected_calibration_error: Share
    reliability: Omittable[Reliability] = None
    uncalibrated: Omittable[CalibrationResult] = Field(default=None, description="At temperature 1.")


class CorrectedLabelsResult(Result):
    """The test images against labels that people corrected."""

    images: PositiveCount
    accuracy: Share
    corrected: Count = Field(description="Labels that were changed.")
    left_out: Count = Field(description="Images without a majority for one digit.")


class HoldoutResult(ClassificationResult):
    """The test images of the dataset."""

    corrected: Omittable[CorrectedLabelsResult] = None


class DigitResult(Result):
    """Accuracy on one digit; None if there are no images of it."""

    digit: Digit
    images: Count
    accuracy: Share | None


class WriterResult(Result):
    """Accuracy on the digits of one writer."""

    writer: Integer
    images: PositiveCount
    accuracy: Share


class InkResult(ClassificationResult):
    """Digits written with a pen, rendered as the page renders strokes."""

    digits: Omittable[Annotated[tuple[DigitResult, ...], Field(min_length=10, max_length=10)]] = None
    left_out: Omittable[Count] = Field(default=None, description="Samples that lack a stroke, not in `images`.")


class StrokesResult(InkResult):
    """Digits with their writers."""

    writers: Omittable[tuple[WriterResult, ...]] = None
    worst_writer: Omittable[WriterResult] = None


class LabResult(Result):
    """Accuracy on the digits of one laboratory's writers."""

    lab: Annotated[str, Field(min_length=1)]
    images: PositiveCount
    accuracy: Share


class SlashedZerosResult(Result):
    """Accuracy on the zeros with a slash; None if there are none."""

    images: Count
    accuracy: Share | None


class UnipenResult(InkResult):
    """Digits of UNIPEN, written in several laboratories."""

    labs: Annotated[tuple[LabResult, ...], Field(min_length=1)]
    worst_lab: LabResult
    slashed_zeros: SlashedZerosResult


class CorruptionsResult(Result):
    """MNIST-C: the test images with each corruption."""

    images: PositiveCount = Field(description="Of each corruption.")
    mean_accuracy: Share
    corruptions: dict[str, Share] = Field(description="Name of a corruption to accuracy.")


class ThresholdResult(Result):
    """Rejection at the released threshold, which is fitted on validation images."""

    threshold: Share
    digits_passing: Share = Field(description="Share of the digits whose confidence is at least the threshold.")
    non_digits_rejected: Share = Field(description="Share of the non-digits whose confidence is below it.")


class RiskCoveragePoint(Result):
    """Share of wrong predictions if only the most confident share `coverage` of the images is answered."""

    coverage: Share
    digits: Share = Field(description="Of the digits alone.")
    all: Share = Field(description="Of digits and non-digits, where every prediction for a non-digit is wrong.")


class NonDigitKindResult(Result):
    """Rejection of one kind of non-digits, such as letters."""

    kind: Annotated[str, Field(min_length=1)]
    non_digits: PositiveCount
    auroc: Share
    tnr_at_99_tpr: Share = Field(
        alias="rejected_at_99", description="Share of them below the confidence that 99 % of the digits reach."
    )


class RejectionResult(Result):
    """Digits against drawings that are not digits; the score is the calibrated confidence. A digit is a positive."""

    digits: PositiveCount
    non_digits: PositiveCount
    auroc: Share
    threshold_at_99_tpr: Share = Field(
        alias="threshold_at_99", description="Confidence that 99 % of these digits reach."
    )
    tnr_at_99_tpr: Share = Field(alias="rejected_at_99", description="Share of the non-digits below threshold_at_99.")
    shipped: ThresholdResult
    risk_coverage: tuple[RiskCoveragePoint, ...]
    kinds: Omittable[tuple[NonDigitKindResult, ...]] = None


class ValidationResult(Result):
    """The validation images, on which the epoch, the temperature and the threshold were chosen."""

    accuracy: Share


class Calibration(Result):
    """Temperature and rejection threshold, fitted on validation images."""

    temperature: Temperature
    rejection_threshold: Share


class TestSetResults(Result):
    """Results on test sets, which choose nothing."""

    __test__ = False  # not a test class of pytest

    test: HoldoutResult
    ink_test: Omittable[StrokesResult] = Field(default=None, description="Test: pen strokes of the test writers.")
    mnist_c: Omittable[CorruptionsResult] = Field(default=None, description="Test.")
    rejection: Omittable[RejectionResult] = Field(
        default=None,
        description="Test: against the digits of `test` and `ink_test`, in older files of `test` and `strokes`.",
    )

    @property
    def rejection_has_test_digits_only(self) -> bool:
        """Whether the digits of `rejection` are those of test sets; earlier versions added those of `strokes`."""
        of_test = self.test.images + (self.ink_test.images if self.ink_test else 0)
        return self.rejection is not None and self.rejection.digits == of_test


class Metrics(TestSetResults):
    """metrics.json. Test sets choose nothing; validation sets may have chosen epoch, threshold and recipe."""

    validation: ValidationResult
    calibration: Calibration
    strokes: Omittable[StrokesResult] = Field(
        default=None, description="Validation: pen strokes of the validation writers, or of all if none trained."
    )
    unipen: Omittable[UnipenResult] = Field(default=None, description="Validation: digits of UNIPEN.")
    validation_rejection: Omittable[RejectionResult] = Field(
        default=None,
        description="Validation: letters and signs of UNIPEN against the digits of `strokes` and `unipen`.",
    )


class MeasuredWith(Result):
    """The model and the data of an evaluation."""

    model_sha256: Sha256 = Field(description="Of model.keras.")
    dataset_sha256: Sha256 = Field(description="Of the images and labels of the dataset.")


class _Provenance(Result):
    """The key of metrics.json that is not part of the report; absent if an earlier version wrote the file."""

    measured_with: Omittable[MeasuredWith] = None


class Spread(Document):
    """A metric over the seeds of a recipe; the sample standard deviation of a single seed is None."""

    mean: float
    std: float | None


class TrainingSummary(Document):
    """Overfitting in the history of a run. Epochs count from 1."""

    epochs: PositiveCount
    least_val_loss_epoch: PositiveCount
    least_val_loss: float
    last_val_loss: float
    kept_epoch: PositiveCount = Field(description="The epoch that ModelCheckpoint kept.")
    kept_val_accuracy: Share
    last_val_accuracy: Share
    early_stop_epoch: PositiveCount = Field(description="The epoch after which EarlyStopping would have stopped.")
    early_stop_val_accuracy: Share = Field(description="Of the epoch that EarlyStopping would have kept.")


class Arm(Document):
    """One recipe of a comparison."""

    name: str
    seeds: tuple[Integer, ...]
    metrics: dict[str, Spread] = Field(description="Headline metrics that all seeds have, by key.")
    training: tuple[TrainingSummary, ...] = Field(description="Of each seed.")


class Comparison(Document):
    """comparison.json."""

    patience: PositiveCount = Field(description="Of the EarlyStopping that is simulated on each history, in epochs.")
    arms: tuple[Arm, ...]


class BaselineSet(Result):
    """A baseline on one set of labelled images."""

    images: PositiveCount
    accuracy: Share
    weighted_f1: Share
    predict_seconds: Omittable[NonNegative] = Field(default=None, description="Processor time.")


class BaselineResult(Result):
    """A classical model, or a network that was trained on the same images, for which no times are recorded."""

    name: str
    train: PositiveCount = Field(description="Number of training images.")
    test: BaselineSet
    strokes: Omittable[BaselineSet] = None
    settings: Omittable[dict[str, Any]] = None
    data: Omittable[dict[str, Sha256]] = Field(default=None, description="SHA-256 of `train` and of each set.")
    fit_seconds: Omittable[NonNegative] = Field(default=None, description="Processor time.")
    machine: Omittable[str] = None


def read_evaluation_file(run: Path, name: str) -> bytes:
    """Read a file that evaluation writes into a run folder.

    Raises:
        DataError: The run is not evaluated.
    """
    try:
        return (run / name).read_bytes()
    except FileNotFoundError as error:
        raise not_evaluated(run) from error


def read_metrics(run: Path) -> Metrics:
    """Read metrics.json of a run folder, and check that it belongs to the model and the data of the run.

    Raises:
        DataError: The run is not trained or not evaluated, the file is damaged, or it was measured with another
            `model.keras`, on other data, or by a version that did not record them.
    """
    name = str(relative_to_cwd(run / METRICS_FILE))
    data = read_evaluation_file(run, METRICS_FILE)
    metrics = parse_document(Metrics, data, name, DataError, EVALUATE_AGAIN)
    measured = parse_document(_Provenance, data, name, DataError, EVALUATE_AGAIN).measured_with
    if measured is None:
        raise DataError(f"{name} does not say which model it was measured with; {EVALUATE_AGAIN}.")
    if measured.model_sha256 != model_sha256(run):
        raise DataError(f"{name} was measured with another {MODEL_FILE}; {EVALUATE_AGAIN}.")
    if read_config(run).dataset_sha256 not in (None, measured.dataset_sha256):
        raise DataError(f"{name} was measured on other data than those of the training; {EVALUATE_AGAIN}.")
    return metrics


def write_metrics(run: Path, metrics: Metrics, measured_with: MeasuredWith) -> None:
    """Write metrics.json of a run folder."""
    write_json(run / METRICS_FILE, {**metrics.to_json(), "measured_with": measured_with.to_json()})
