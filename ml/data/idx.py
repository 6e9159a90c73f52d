"""The IDX file format of MNIST (http://yann.lecun.com/exdb/mnist/, "THE IDX FILE FORMAT")."""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ml.errors import DataError

_TYPES = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
_GZIP = b"\x1f\x8b"


def read_idx(path: Path) -> npt.NDArray[Any]:
    """Read an IDX file, gzipped or not.

    Returns:
        An array of the shape in the file's header, and of its type in native byte order.

    Raises:
        DataError: The file is truncated, corrupt or not IDX.
    """
    try:
        data = path.read_bytes()
        return parse_idx(gzip.decompress(data) if data[:2] == _GZIP else data)
    except (ValueError, EOFError, OSError, zlib.error) as error:
        raise DataError(f"{path} is truncated or corrupt ({error}). Delete it and download it again.") from error


def parse_idx(data: bytes) -> npt.NDArray[Any]:
    """Parse the content of an IDX file; returns as `read_idx`.

    Raises:
        ValueError: It is not IDX, or longer or shorter than its header says.
    """
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] not in _TYPES or len(data) < 4 + 4 * data[3]:
        raise ValueError("it is not an IDX file")
    dtype, axes = np.dtype(_TYPES[data[2]]), data[3]
    shape = tuple(int.from_bytes(data[4 + 4 * i : 8 + 4 * i], "big") for i in range(axes))
    start = 4 + 4 * axes
    expected, found = math.prod(shape) * dtype.itemsize, len(data) - start
    if expected != found:
        raise ValueError(f"its header announces {expected} bytes, but {found} follow")
    return np.frombuffer(data, dtype, offset=start).reshape(shape).astype(dtype.newbyteorder("="))
