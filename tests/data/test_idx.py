import gzip

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from ml.data.idx import parse_idx, read_idx
from ml.errors import DataError
from tests.idx import CODES, idx_bytes, write_idx

TYPES = st.sampled_from([np.dtype(code) for code in CODES])


@given(TYPES.flatmap(lambda dtype: arrays(dtype, array_shapes(max_dims=4, min_side=0, max_side=4))))
def test_arrays_of_every_type_round_trip(array):
    parsed = parse_idx(idx_bytes(array))
    assert parsed.dtype == array.dtype
    assert parsed.dtype.isnative
    np.testing.assert_array_equal(parsed, array)


# Half of the examples have a valid start, so that they pass the first check.
@given(st.binary(max_size=40) | st.binary(max_size=40).map(lambda rest: b"\0\0\x08\x02\0\0\0\x02" + rest))
def test_any_bytes_are_parsed_or_rejected(data):
    try:
        array = parse_idx(data)
    except ValueError:
        return
    assert array.nbytes == len(data) - 4 - 4 * array.ndim


@given(arrays(np.uint8, array_shapes(max_dims=3)), st.data())
def test_truncated_and_extended_files_are_rejected(array, draw):
    complete = idx_bytes(array)
    for data in (complete[: draw.draw(st.integers(0, len(complete) - 1))], complete + b"\0"):
        with pytest.raises(ValueError, match=r"not an IDX file|its header announces"):
            parse_idx(data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\0\0\x08\x01\0\0\0\x05abc", "its header announces 5 bytes, but 3 follow"),
        (b"\0\0\x0b\x01\0\0\0\x01abc", "its header announces 2 bytes, but 3 follow"),
        (b"PNG!", "not an IDX file"),
        (b"\0\1\x08\0a", "not an IDX file"),
        (b"\1\0\x08\0a", "not an IDX file"),
        (b"\0\0\x0a\0a", "not an IDX file"),
        (b"\0\0\x08", "not an IDX file"),
        (b"\0\0\x08\x01\0\0\0", "not an IDX file"),
    ],
)
def test_error_describes_the_problem(tmp_path, data, message):
    for content in (data, gzip.compress(data)):
        (tmp_path / "x").write_bytes(content)
        with pytest.raises(DataError, match=message) as caught:
            read_idx(tmp_path / "x")
        assert str(tmp_path / "x") in str(caught.value)


def test_scalar_has_no_axes():
    assert parse_idx(b"\0\0\x08\0a") == np.uint8(ord("a"))


def test_files_are_read_gzipped_and_plain(tmp_path):
    array = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    write_idx(tmp_path / "x.gz", array)
    (tmp_path / "x").write_bytes(idx_bytes(array))
    for name in ("x.gz", "x"):
        np.testing.assert_array_equal(read_idx(tmp_path / name), array)


@pytest.mark.parametrize("end", [5, -9, -1])
def test_truncated_gzip_is_rejected(tmp_path, end):
    (tmp_path / "x.gz").write_bytes(gzip.compress(idx_bytes(np.arange(5, dtype=np.uint8)))[:end])
    with pytest.raises(DataError, match="truncated or corrupt"):
        read_idx(tmp_path / "x.gz")
