"""Digits as pen strokes: read, sort out, and draw as the network will see a visitor's.

Source: Alpaydin and Alimoglu, Pen-Based Recognition of Handwritten Digits, UCI Machine Learning Repository, 1996,
https://doi.org/10.24432/C5MG6K, CC BY 4.0: 7,494 digits of 30 writers, the file `pendigits-orig.tra`.
"""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ml.ink.preprocess import PEN, Floats, from_strokes

FILE = "pendigits-orig.tra"
URL = f"https://archive.ics.uci.edu/ml/machine-learning-databases/pendigits/{FILE}.Z"
SHA256 = "a66225d68d7d68591e62944df1ad33b3f5aa608e2df2505844b41f5568a80da4"  # of the file, unpacked

TABLET = 500  # units of the writing box's side; y points up in the file


@dataclass(frozen=True)
class Sample:
    """One digit as it was written; points (x right, y down) in tablet units."""

    label: int
    writer: int
    strokes: tuple[Floats, ...]

    @property
    def validates(self) -> bool:
        """Whether its writer is one of the ten whose digits are never trained on."""
        return self.writer % 3 == 0

    @property
    def fragment(self) -> bool:
        """Whether its other strokes are missing: a 4 of one stroke that never crosses itself."""
        return self.label == 4 and len(self.strokes) == 1 and not crosses_itself(self.strokes[0])


def parse(text: str) -> list[Sample]:
    """Read the UNIPEN form of `pendigits-orig.tra`.

    Raises:
        ValueError: A segment lacks its comment, or a coordinate is no number.
    """
    samples = []
    for segment in text.split(".SEGMENT")[1:]:
        comment = re.search(r"^\.COMMENT\s+(\d+)\s+(\d+)", segment, re.MULTILINE)
        if not comment:
            raise ValueError("a segment says neither its label nor its writer")
        strokes = []
        for part in re.findall(r"\.PEN_DOWN(.*?)\.PEN_UP", segment, re.DOTALL):
            points = np.array(part.split(), np.float64).reshape(-1, 2)
            if len(points):
                strokes.append(np.column_stack([points[:, 0], TABLET - points[:, 1]]))
        samples.append(Sample(int(comment[1]), int(comment[2]), tuple(strokes)))
    return samples


def unpack(packed: bytes) -> bytes:
    """Unpack the `.Z` that UCI serves, and check what it holds.

    Raises:
        ValueError: It is not the published file.
    """
    import unlzw3  # noqa: PLC0415  only for a download

    raw: bytes = unlzw3.unlzw(packed)
    check(raw)
    return raw


def check(raw: bytes) -> None:
    """See that these are the published bytes of `pendigits-orig.tra`.

    Raises:
        ValueError: They are not.
    """
    if hashlib.sha256(raw).hexdigest() != SHA256:
        raise ValueError("its SHA-256 is not that of the published file")


def find(data_dir: Path | None) -> Path | None:
    """The file in a local folder, if it is there."""
    if data_dir is None:
        return None
    places = (data_dir / "strokes" / FILE, data_dir / FILE)
    return next((path for path in places if path.is_file()), None)


def crosses_itself(stroke: Floats) -> bool:
    """Whether two segments (of a polyline (n, 2)) that do not follow on each other intersect."""
    start, end = stroke[:-1], stroke[1:]

    def side(a: Any, b: Any, c: Any) -> Any:
        return np.sign(
            (b[..., 0] - a[..., 0]) * (c[..., 1] - a[..., 1]) - (b[..., 1] - a[..., 1]) * (c[..., 0] - a[..., 0])
        )

    a, b, c, d = start[:, None], end[:, None], start[None], end[None]
    crossing = (side(a, b, c) * side(a, b, d) < 0) & (side(c, d, a) * side(c, d, b) < 0)
    return bool(crossing.any())


def draw_all(samples: list[Sample]) -> npt.NDArray[np.uint8]:
    """(n, 28, 28) uint8, each drawn as the page draws it."""
    return np.stack([from_strokes([stroke.tolist() for stroke in sample.strokes]) for sample in samples])


def draw_varied(samples: list[Sample], times: int, seed: int) -> npt.NDArray[np.uint8]:
    """(n · times, 28, 28) uint8: each sample with other pens, slants, proportions and sampling rates.

    One tablet and one pen must not be all that a network knows of real ink. The samples come in order, `times` over.
    """
    rng = np.random.default_rng(seed)
    images = []
    for _ in range(times):
        for sample in samples:
            angle, slant = rng.normal(0, math.radians(5)), rng.normal(0, 0.12)
            stretch = math.exp(rng.normal(0, 0.12))
            change = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
            change = change @ np.array([[stretch, slant], [0, 1 / stretch]])
            step = int(rng.integers(1, 4))
            pen = any_pen(rng)
            strokes = [(_every(stroke, step) @ change.T).tolist() for stroke in sample.strokes]
            images.append(from_strokes(strokes, pen))
    return np.stack(images)


def any_pen(rng: np.random.Generator) -> float:
    """The width of a pen such as people have: around the page's own, in pixels of the 28."""
    return float(np.clip(PEN * math.exp(rng.normal(0, 0.25)), 1.2, 4.5))


def _every(stroke: Floats, step: int) -> Floats:
    """Every so-manieth point, the last one always."""
    return np.concatenate([stroke[:-1:step], stroke[-1:]])
