import contextlib
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.data.npy import read_array

ARRAY = np.arange(12, dtype=np.uint8).reshape(3, 4)


def content(name: str) -> bytes:
    file = io.BytesIO()
    {"x.npy": np.save, "x.npz": np.savez, "compressed.npz": lambda to, a: np.savez_compressed(to, a=a)}[name](
        file, ARRAY
    )
    return file.getvalue()


def test_arrays_are_read(tmp_path):
    for name, key in (("x.npy", None), ("x.npz", "arr_0"), ("compressed.npz", "a")):
        (tmp_path / name).write_bytes(content(name))
        np.testing.assert_array_equal(read_array(tmp_path / name, key), ARRAY)


@pytest.mark.parametrize(("name", "key"), [("x.npy", "a"), ("x.npz", None), ("x.npz", "a"), ("missing.npy", None)])
def test_missing_arrays_are_rejected(tmp_path, name, key):
    if name != "missing.npy":
        (tmp_path / name).write_bytes(content(name))
    with pytest.raises(ValueError):  # noqa: PT011  any message
        read_array(tmp_path / name, key)


def test_array_larger_than_memory_is_rejected(tmp_path):
    data = content("x.npy").replace(b"(3, 4), }      ", b"(9" + b"0" * 12 + b",), }")
    (tmp_path / "x.npy").write_bytes(data)
    with pytest.raises(ValueError):  # noqa: PT011  any message
        read_array(tmp_path / "x.npy")


@pytest.mark.parametrize(("name", "key"), [("x.npy", None), ("x.npz", "arr_0"), ("compressed.npz", "a")])
def test_damaged_files_are_read_or_rejected(tmp_path, name, key):
    original = content(name)

    @settings(max_examples=60, deadline=None, derandomize=True)
    @given(st.integers(0, len(original) - 1), st.binary(max_size=4), st.booleans())
    def check(at: int, inserted: bytes, truncate: bool) -> None:
        (tmp_path / name).write_bytes(original[:at] + inserted + (b"" if truncate else original[at + len(inserted) :]))
        with contextlib.suppress(ValueError):
            assert isinstance(read_array(tmp_path / name, key), np.ndarray)

    check()
