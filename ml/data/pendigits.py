"""Pen strokes of digits.

Source: Alpaydin and Alimoglu, Pen-Based Recognition of Handwritten Digits, UCI Machine Learning Repository, 1996,
https://doi.org/10.24432/C5MG6K, CC BY 4.0. The file `pendigits-orig.tra` has 7,494 digits of 30 writers, of whom ten
validate. `pendigits-orig.tes`, the official test part, has 3,498 digits of 14 other writers, numbered from 1 again.
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
TEST_FILE = "pendigits-orig.tes"
URL = "https://archive.ics.uci.edu/ml/machine-learning-databases/pendigits/"  # of the folder; files end in `.Z` there
SHA256 = "a66225d68d7d68591e62944df1ad33b3f5aa608e2df2505844b41f5568a80da4"  # of the unpacked file
TEST_SHA256 = "ddb1c19e277a56c7ffe682cc024d6ab73696f9adcc1643ef9ed5aa753007e081"

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
    """Load the samples of the 30 writers who train or validate, without the fragments.

    Args:
        data_dir: A local folder with `pendigits-orig.tra` in it or in its subfolder `strokes`; nothing is downloaded
            then. None: the user's cache.
        allow_download: Whether to download the file if it is not cached.

    Returns:
        None if the file is not available.

    Raises:
        DataError: The file is not the published one.
    """
    samples = _load(FILE, SHA256, data_dir, allow_download=allow_download)
    return None if samples is None else [sample for sample in samples if not sample.fragment]


def load_test_samples(data_dir: Path | None, *, allow_download: bool = True) -> tuple[list[Sample], int] | None:
    """Load the official test part: the samples without the fragments, and the number of fragments.

    The arguments and errors are those of `load_samples`, the file is `pendigits-orig.tes`.

    Returns:
        None if the file is not available.
    """
    samples = _load(TEST_FILE, TEST_SHA256, data_dir, allow_download=allow_download)
    if samples is None:
        return None
    complete = [sample for sample in samples if not sample.fragment]
    return complete, len(samples) - len(complete)


def _load(file: str, expected: str, data_dir: Path | None, *, allow_download: bool) -> list[Sample] | None:
    if data_dir is not None:
        paths = [folder / file for folder in (data_dir / "strokes", data_dir)]
    else:
        paths = [cache_dir("strokes") / file]
        if allow_download and not paths[0].is_file():
            _download(paths[0], expected)
    path = next((path for path in paths if path.is_file()), None)
    if path is None:
        return None
    data = path.read_bytes()
    try:
        _check(data, expected)
    except ValueError as error:
        raise DataError(f"{path} is truncated or corrupt: {error}. Delete it and download it again.") from error
    return parse(data.decode("ascii"))


def _download(path: Path, expected: str) -> None:
    """Download a file with this SHA-256 into the cache; log why if that fails."""
    url = f"{URL}{path.name}.Z"
    with tempfile.TemporaryDirectory() as scratch:
        try:
            # UCI publishes no checksum of the packed file; the unpacked one is verified.
            data = unpack(download([url], Path(scratch, "packed"), md5=None).read_bytes(), expected)
        except (UnreachableError, DataError, ValueError) as error:
            log.warning("%s: %s", url, error)
            return
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, data)


def parse(text: str) -> list[Sample]:
    """Parse one of the two files, which have the UNIPEN format.

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


def unpack(packed: bytes, expected: str) -> bytes:
    """Unpack a `.Z` file that UCI serves, and verify the SHA-256 of its content.

    Raises:
        ValueError: It is not the published file.
    """
    import unlzw3  # noqa: PLC0415  needed for a download only

    data: bytes = unlzw3.unlzw(packed)
    _check(data, expected)
    return data


def _check(data: bytes, expected: str) -> None:
    if sha256(data) != expected:
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
