"""Pen strokes of 7,494 digits.

Source: Alpaydin and Alimoglu, Pen-Based Recognition of Handwritten Digits, UCI Machine Learning Repository, 1996,
https://doi.org/10.24432/C5MG6K, CC BY 4.0: 30 writers, the file `pendigits-orig.tra`.
"""

from __future__ import annotations

import logging
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ml.data.download import UnreachableError, cache_dir, download
from ml.errors import DataError
from ml.files import sha256, write_bytes
from ml.ink.preprocess import Points

log = logging.getLogger(__name__)

FILE = "pendigits-orig.tra"
URL = f"https://archive.ics.uci.edu/ml/machine-learning-databases/pendigits/{FILE}.Z"
SHA256 = "a66225d68d7d68591e62944df1ad33b3f5aa608e2df2505844b41f5568a80da4"  # of the unpacked file

TABLET = 500  # side of the writing box, in the file's units; y points up there


@dataclass(frozen=True)
class Sample:
    """One written digit; the points of a stroke are (x right, y down) in tablet units."""

    label: int
    writer: int
    strokes: tuple[Points, ...]

    @property
    def for_validation(self) -> bool:
        """Whether the writer is one of the ten that are not in training."""
        return self.writer % 3 == 0

    @property
    def fragment(self) -> bool:
        """Whether strokes are missing: a 4 of one stroke that does not cross itself."""
        return self.label == 4 and len(self.strokes) == 1 and not crosses_itself(self.strokes[0])


def load_samples(data_dir: Path | None, *, allow_download: bool = True) -> list[Sample] | None:
    """Load the samples, without the fragments.

    Args:
        data_dir: A local folder with `pendigits-orig.tra` in it or in its subfolder `strokes`; nothing is downloaded
            then. None: the user's cache.
        allow_download: Whether to download the file if it is not cached.

    Returns:
        None if the file is not available.

    Raises:
        DataError: The file is not the published one.
    """
    if data_dir is not None:
        paths = [folder / FILE for folder in (data_dir / "strokes", data_dir)]
    else:
        paths = [cache_dir("strokes") / FILE]
        if allow_download and not paths[0].is_file():
            _download(paths[0])
    path = next((path for path in paths if path.is_file()), None)
    if path is None:
        return None
    data = path.read_bytes()
    try:
        _check(data)
    except ValueError as error:
        raise DataError(f"{path} is truncated or corrupt: {error}. Delete it and download it again.") from error
    return [sample for sample in parse(data.decode("ascii")) if not sample.fragment]


def _download(path: Path) -> None:
    """Download the file into the cache; log why if that fails."""
    with tempfile.TemporaryDirectory() as scratch:
        try:
            # UCI publishes no checksum of the packed file; the unpacked one is verified.
            data = unpack(download([URL], Path(scratch, "packed"), md5=None).read_bytes())
        except (UnreachableError, DataError, ValueError) as error:
            log.warning("%s: %s", URL, error)
            return
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, data)


def parse(text: str) -> list[Sample]:
    """Parse `pendigits-orig.tra`, which has the UNIPEN format.

    Raises:
        ValueError: A segment has no comment, or a coordinate is not a number.
    """
    samples = []
    for segment in text.split(".SEGMENT")[1:]:
        comment = re.search(r"^\.COMMENT\s+(\d+)\s+(\d+)", segment, re.MULTILINE)
        if not comment:
            raise ValueError("a segment names neither its label nor its writer")
        strokes = []
        for part in re.findall(r"\.PEN_DOWN(.*?)\.PEN_UP", segment, re.DOTALL):
            points = np.array(part.split(), np.float64).reshape(-1, 2)
            if len(points):
                strokes.append(np.column_stack([points[:, 0], TABLET - points[:, 1]]))
        samples.append(Sample(int(comment[1]), int(comment[2]), tuple(strokes)))
    return samples


def unpack(packed: bytes) -> bytes:
    """Unpack the `.Z` file that UCI serves, and verify its content.

    Raises:
        ValueError: It is not the published file.
    """
    import unlzw3  # noqa: PLC0415  needed for a download only

    data: bytes = unlzw3.unlzw(packed)
    _check(data)
    return data


def _check(data: bytes) -> None:
    if sha256(data) != SHA256:
        raise ValueError("its SHA-256 is not that of the published file")


def crosses_itself(stroke: Points) -> bool:
    """Return whether a polyline (n, 2) intersects itself other than where two segments follow each other."""
    start, end = stroke[:-1], stroke[1:]

    def side(a: Any, b: Any, c: Any) -> Any:
        return np.sign(
            (b[..., 0] - a[..., 0]) * (c[..., 1] - a[..., 1]) - (b[..., 1] - a[..., 1]) * (c[..., 0] - a[..., 0])
        )

    a, b, c, d = start[:, None], end[:, None], start[None], end[None]
    crossing = (side(a, b, c) * side(a, b, d) < 0) & (side(c, d, a) * side(c, d, b) < 0)
    return bool(crossing.any())
