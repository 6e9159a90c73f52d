"""The manifest of a release.

`manifest.schema.json` is the JSON Schema of the manifest; `python -m ml.release.schemas` writes it from these models.
`docs/architecture.md` describes where a release lies in Storage.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, FiniteFloat, WithJsonSchema

from ml.config import DatasetDescription
from ml.documents import (
    AS_INTEGER,
    Document,
    Integer,
    Omittable,
    PositiveCount,
    Share,
    Temperature,
    parse_document,
    parse_json,
)
from ml.errors import PublishError
from ml.files import canonical_json, sha256
from ml.runs import Revision

SCHEMA = 1
MANIFEST_FILE = "manifest.json"
REPORT_FILE = "report.json"
MODEL_FILE = "model.json"

# The browser rejects larger files and releases.
MAX_FILE_BYTES = 16 * 2**20
MAX_RELEASE_BYTES = 4 * MAX_FILE_BYTES

# The keys of the manifest's metrics that are measured with the exported graph, on the test images.
GRAPH_METRICS = ("accuracy", "weighted_f1", "negative_log_likelihood", "expected_calibration_error")

WeightDtype = Literal["float32", "float16", "uint16", "uint8"]


def _check_schema(version: int) -> int:
    if version > SCHEMA:
        raise ValueError(f"version {version} is newer than {SCHEMA}, the newest that this program reads; update it")
    if version != SCHEMA:
        raise ValueError(f"should be {SCHEMA}")
    return version


def _check_files(files: tuple[ReleaseFile, ...]) -> tuple[ReleaseFile, ...]:
    paths = [file.path for file in files]
    if MODEL_FILE not in paths:
        raise ValueError(f"{MODEL_FILE} is missing")
    if len(paths) != len(set(paths)):
        raise ValueError("a path occurs twice")
    if sum(file.bytes for file in files) > MAX_RELEASE_BYTES:
        raise ValueError(f"together larger than {MAX_RELEASE_BYTES} bytes")
    return files


def _check_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    if shape != (-1, 28, 28, 1):
        raise ValueError("should be [-1, 28, 28, 1]")
    return shape


def _check_range(limits: tuple[int, ...]) -> tuple[int, ...]:
    if limits != (0, 255):
        raise ValueError("should be [0, 255]")
    return limits


SchemaVersion = Annotated[Integer, AfterValidator(_check_schema), WithJsonSchema({"const": SCHEMA})]
ReleaseId = Annotated[str, Field(pattern="^[0-9a-f]{16}$")]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
UtcTime = Annotated[str, Field(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$")]
FileSize = Annotated[int, Field(ge=1, le=MAX_FILE_BYTES), AS_INTEGER]


class TrainedExperiment(Document):
    """The settings of training. Releases of other versions of the program may have other settings."""

    model_config = ConfigDict(extra="allow")

    name: str
    seed: Integer
    parameters: PositiveCount = Field(description="Trainable and other weights of the network.")


class ReleaseMetrics(Document):
    """The metrics of the exported graph on the test images, and two of the network on other sets."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, FiniteFloat] = Field(init=False)

    accuracy: Share
    weighted_f1: Share
    negative_log_likelihood: Omittable[float] = None
    expected_calibration_error: Omittable[float] = None
    validation_accuracy: Omittable[float] = None
    strokes_accuracy: Omittable[float] = None


class Input(Document):
    name: str
    shape: Annotated[tuple[Integer, ...], AfterValidator(_check_shape), WithJsonSchema({"const": [-1, 28, 28, 1]})] = (
        Field(description="Batch, height, width, channels; -1 is any batch size.")
    )
    range: Annotated[tuple[Integer, ...], AfterValidator(_check_range), WithJsonSchema({"const": [0, 255]})]


class Outputs(Document):
    """Names of outputs and the nodes of the graph that compute them."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, str] = Field(init=False)

    logits: str
    probabilities: str


class Calibration(Document):
    temperature: Temperature
    rejection_threshold: Share = Field(description="99 % of validation digits have at least this confidence.")


class ReleaseFile(Document):
    path: str = Field(pattern="^[A-Za-z0-9_-][A-Za-z0-9._-]*$")
    bytes: FileSize
    sha256: Sha256


class Manifest(Document):
    """The contract between ml/release/export.py, which writes it, and frontend/src/lib/inference, which reads it."""

    schema_version: SchemaVersion = Field(alias="schema")
    release: ReleaseId = Field(
        description="First 16 hex digits of the SHA-256 of this manifest's canonical JSON without `release`."
    )
    created: UtcTime = Field(description="When training finished, UTC.")
    source: Revision
    experiment: TrainedExperiment
    dataset: DatasetDescription
    metrics: ReleaseMetrics
    input: Input
    outputs: Outputs
    calibration: Calibration
    weights: WeightDtype = Field(description="Data type of the stored weights.")
    files: Annotated[tuple[ReleaseFile, ...], Field(min_length=2), AfterValidator(_check_files)] = Field(
        json_schema_extra={"contains": {"properties": {"path": {"const": MODEL_FILE}}}}
    )


def release_prefix(release: str) -> str:
    """Return the prefix of a release's object names in Storage: `models/<release>/`."""
    return f"models/{release}/"


def release_id(manifest: Mapping[str, Any]) -> str:
    """Return the id of a manifest: the first 16 hex digits of the SHA-256 of its canonical JSON without `release`."""
    content = {key: value for key, value in manifest.items() if key != "release"}
    return sha256(canonical_json(content))[:16]


def parse_manifest(data: bytes) -> Manifest:
    """Parse `manifest.json`.

    Raises:
        PublishError: It does not match the schema, is of a newer schema, or its id is not that of its content.
    """
    manifest = parse_document(Manifest, data, MANIFEST_FILE, PublishError)
    expected = release_id(parse_json(data))
    if manifest.release != expected:
        raise PublishError(
            f"{MANIFEST_FILE} has the id {manifest.release}, and its content has {expected}: it was changed after "
            "conversion. Convert the run again."
        )
    return manifest
