"""Digits, letters and symbols of UNIPEN, written by 98 people in eight laboratories on various tablets.

Source: Guyon, Schomaker, Plamondon, Liberman and Janet, UNIPEN project of on-line data exchange and recognizer
benchmarks, ICPR 1994, https://doi.org/10.1109/ICPR.1994.576870. The files are those of train_r01_v07,
https://zenodo.org/records/1195803, CC BY 4.0 there. The notice inside the archive, of 1999, asks for research use.

Each document below `data/1a` (digits), `1b` (upper case), `1c` (lower case) and `1d` (symbols) lists segments of a pen
recording below `include`. `unipen.sha256` lists the files that are used, and their checksums. Writers whose hash, as
defined in `Character.group`, is 7 to 9 are not among them, so that they remain unseen.
"""

from __future__ import annotations

import hashlib
import logging
import re
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from ml.data.download import UnreachableError, cache_dir, download
from ml.errors import DataError
from ml.files import sha256
from ml.ink.preprocess import Points

log = logging.getLogger(__name__)

FILE = "unipen-CDROM-train_r01_v07.tgz"
URL = f"https://zenodo.org/records/1195803/files/{FILE}"
ROOT = "train_r01_v07/"  # of the paths in unipen.sha256
CHECKSUMS = Path(__file__).with_name("unipen.sha256")

LABS = ("aga", "apa", "apb", "app", "art", "ced", "gmd", "syn")
VALIDATION_GROUPS = (3, 5)  # of the groups 0 to 6; writers of all eight laboratories are in them

# Letters and symbols that many readers take for digits, such as a lower-case l or a slash for a 1.
LIKE_DIGITS = frozenset("oOlIisSzZqgbBD|/\\!'`,()")

_INCH = 25.4  # mm
_SEGMENT = re.compile(r'^\.SEGMENT\s+CHARACTER\s+(\S+)\s+\S+\s+"(.*)"\s*$', re.MULTILINE)
_INCLUDE = re.compile(r"^\.INCLUDE\s+(\S+)", re.MULTILINE)
_WRITER = re.compile(r"^\.WRITER_ID\s+(\S+)", re.MULTILINE)
_RESOLUTION = re.compile(r"^\.([XY])_POINTS_PER_(INCH|MM)\s+([0-9.]+)", re.MULTILINE)
_COLUMNS = re.compile(r"^\.COORD\s+(.*?)\s*$", re.MULTILINE)
_STROKE = re.compile(r"^\.PEN_DOWN(.*?)^\.PEN_UP", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Character:
    """One written character; the points of a stroke are (x right, y down) in equal units."""

    label: str
    lab: str
    writer: str
    strokes: tuple[Points, ...]

    @property
    def group(self) -> int:
        """Group of the writer, 0 to 9: the SHA-256 of "lab/writer" modulo 10. Only 0 to 6 are in `unipen.sha256`."""
        return int(hashlib.sha256(f"{self.lab}/{self.writer}".encode()).hexdigest(), 16) % 10

    @property
    def for_validation(self) -> bool:
        """Whether the writer is one of those that are not in training."""
        return self.group in VALIDATION_GROUPS

    @property
    def is_digit(self) -> bool:
        """Whether the label is a digit."""
        return self.label in tuple("0123456789")

    @property
    def fragment(self) -> bool:
        """Whether strokes are missing: a 4, 5 or 7 that is a single straight line, or a 1 that lies flat."""
        if len(self.strokes) > 1 or not _straight(self.strokes[0], 1.05):
            return False
        width, height = np.ptp(self.strokes[0], axis=0)
        return bool(width > 2 * height) if self.label == "1" else self.label in ("4", "5", "7")

    @property
    def slashed(self) -> bool:
        """Whether this is a 0 with a slash: a further stroke that is nearly straight and at least a third as high."""
        if self.label != "0":
            return False
        height = np.ptp(np.concatenate(self.strokes), axis=0)[1]
        return any(_straight(stroke, 1.33) and np.ptp(stroke[:, 1]) > height / 3 for stroke in self.strokes[1:])


def load_characters(data_dir: Path | None, *, allow_download: bool = True) -> list[Character] | None:
    """Load all characters: digits, letters and symbols, in the order of the archive's sorted file names.

    Args:
        data_dir: A local folder with the archive, compressed in any way, in it or in its subfolder `unipen`; nothing is
            downloaded then. None: the user's cache.
        allow_download: Whether to download the archive if it is not cached.

    Returns:
        None if the archive is not available.

    Raises:
        DataError: A file in the archive is missing or not the published one.
    """
    if data_dir is not None:
        folders = [data_dir / "unipen", data_dir]
        archives = [path for folder in folders for path in sorted(folder.glob("unipen*.t*")) if path.is_file()]
        path = archives[0] if archives else None
    else:
        path = cache_dir("unipen") / FILE
        if not path.is_file():
            if not allow_download:
                return None
            try:
                # Zenodo's page states no SHA-256 of the archive. The files in it are verified.
                download([URL], path, md5=None)
            except (UnreachableError, DataError) as error:
                log.warning("%s: %s", URL, error)
                return None
    if path is None:
        return None
    log.info("Reading %s …", path.name)
    return list(parse(read_archive(path)))


def read_archive(path: Path) -> dict[str, bytes]:
    """Read the files that `unipen.sha256` lists from the archive, by path relative to `train_r01_v07`, and verify them.

    Raises:
        DataError: The archive is damaged, or a file is missing or not the published one.
    """
    expected = read_checksums()
    files: dict[str, bytes] = {}
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                name = member.name.partition(ROOT)[2]
                content = archive.extractfile(member) if name in expected else None
                if content is None:
                    continue
                files[name] = content.read()
                if sha256(files[name]) != expected[name]:
                    raise DataError(f"{path}: {name} is not the published file. Download the archive again.")
    except (OSError, tarfile.TarError, EOFError, ValueError) as error:
        raise DataError(f"{path} is truncated or corrupt: {error}. Delete it and download it again.") from error
    if missing := sorted(set(expected) - set(files)):
        raise DataError(f"{path} lacks {len(missing):,} files, such as {missing[0]}. Download the archive again.")
    return files


def read_checksums() -> dict[str, str]:
    """Return the SHA-256 of each file that is used, by its path, from `unipen.sha256`."""
    lines = CHECKSUMS.read_text("ascii").splitlines()
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines)}


def parse(files: Mapping[str, bytes]) -> Iterator[Character]:
    """Parse the documents below `data`, and the recordings that they include.

    Args:
        files: The content of each file by its path.

    Raises:
        DataError: A document does not have the form that these files have.
    """
    texts = {name: data.decode("latin-1") for name, data in sorted(files.items())}
    recordings: dict[str, tuple[str, list[Points]]] = {}
    for name, text in texts.items():
        parts = PurePosixPath(name).parts
        if parts[0] != "data":
            continue
        try:
            included = {path: texts[f"include/{path}"] for path in _INCLUDE.findall(text)}
            path = next(path for path, content in included.items() if ".PEN_DOWN" in content)
            if path not in recordings:
                recordings[path] = _parse_recording(included[path], "\n".join(included.values()))
            writer, strokes = recordings[path]
            for delineation, label in _SEGMENT.findall(text):
                segment = tuple(stroke for stroke in _segment(strokes, delineation) if len(stroke))
                if segment:
                    yield Character(re.sub(r"\\(.)", r"\1", label), parts[2], writer, segment)
        except (KeyError, ValueError, IndexError, StopIteration) as error:
            raise DataError(f"UNIPEN's {name} does not have the expected form: {error!r}.") from error


def _parse_recording(text: str, headers: str) -> tuple[str, list[Points]]:
    """Return the writer and the strokes, y down, in millimetres, or in the tablet's unit without a resolution."""
    writer = _WRITER.search(text)
    if writer is None:
        raise ValueError("no writer")
    if any(columns.split() != ["X", "Y"] for columns in _COLUMNS.findall(headers)):
        raise ValueError("other columns than X and Y")
    scale = dict.fromkeys("XY", 1.0)
    for axis, unit, number in _RESOLUTION.findall(headers):
        scale[axis] = (_INCH if unit == "INCH" else 1.0) / float(number)
    factor = np.array([scale["X"], -scale["Y"]])  # y grows upwards in the files
    return writer[1], [np.array(part.split(), np.float64).reshape(-1, 2) * factor for part in _STROKE.findall(text)]


def _segment(strokes: list[Points], delineation: str) -> Iterator[Points]:
    """Yield the strokes of a segment, such as `3`, `3-5` or `3-4:12,6:7-6:80` (stroke:point, both ends included)."""
    for part in delineation.split(","):
        first, _, last = part.partition("-")
        (start, start_point), (end, end_point) = (_position(position) for position in (first, last or first))
        if not last:
            end_point = None
        for index in range(start, end + 1):
            stroke = strokes[index]
            stop = len(stroke) if index < end or end_point is None else end_point + 1
            yield stroke[start_point or 0 if index == start else 0 : stop]


def _position(text: str) -> tuple[int, int | None]:
    stroke, _, point = text.partition(":")
    return int(stroke), int(point) if point else None


def _straight(stroke: Points, tolerance: float) -> bool:
    """Return whether the path is at most `tolerance` times as long as the distance between its ends."""
    path = np.hypot(*np.diff(stroke, axis=0).T).sum()
    return bool(0 < path <= tolerance * np.hypot(*(stroke[-1] - stroke[0])))
