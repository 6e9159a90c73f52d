"""NumPy's file formats: `.npy`, an array, and `.npz`, a zip archive of arrays by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt


def read_array(path: Path, name: str | None = None) -> npt.NDArray[Any]:
    """Read an array from a `.npy` file, or the array `name` of a `.npz` archive.

    Raises:
        ValueError: The file cannot be read, is damaged, or has no such array.
    """
    try:
        with path.open("rb") as file:
            content = np.load(file, allow_pickle=False)
            array = content if name is None else content[name]
    except Exception as error:  # NumPy, zipfile and zlib raise many types for damaged files, MemoryError among them
        raise ValueError(str(error) or type(error).__name__) from error
    if not isinstance(array, np.ndarray):
        raise ValueError("it is an archive of arrays")
    return array
