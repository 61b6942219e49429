"""A Range header names bytes of the file, all of it, or none. RFC 9110 §14.1.2 and §14.2."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videos.streaming.ranges import ByteRange, RangeNotSatisfiable, requested_range

SIZE = 1000
CONTENT = bytes(range(256)) * 3 + bytes(232)


@pytest.mark.parametrize(
    ("header", "start", "stop"),
    [
        ("bytes=0-499", 0, 500),
        ("bytes=500-999", 500, 1000),
        ("bytes=0-0", 0, 1),
        ("bytes=999-999", 999, 1000),
        ("bytes=0-", 0, 1000),
        ("bytes=999-", 999, 1000),
        ("bytes=-1", 999, 1000),
        ("bytes=-500", 500, 1000),
        ("bytes=-1000", 0, 1000),
        ("BYTES=1-2", 1, 3),
        ("bytes= 1-2 ", 1, 3),
        ("bytes=\t1-2", 1, 3),
        ("bytes=0001-0002", 1, 3),
    ],
)
def test_a_range_names_its_first_and_its_last_byte(header, start, stop):
    assert requested_range(header, SIZE) == ByteRange(start, stop)


@pytest.mark.parametrize(
    ("header", "start"),
    [("bytes=900-5000", 900), ("bytes=-5000", 0), (f"bytes=5-{'9' * 5000}", 5), (f"bytes=-{'9' * 5000}", 0)],
)
def test_a_range_that_ends_behind_the_file_is_clamped_to_it(header, start):
    assert requested_range(header, SIZE) == ByteRange(start, SIZE)


@pytest.mark.parametrize(
    "header",
    [
        "bytes=1000-",
        "bytes=1000-1001",
        "bytes=5000-",
        "bytes=-0",
        "bytes=-000",
        f"bytes={'9' * 5000}-",
        f"bytes={2**64}-",
    ],
)
def test_a_range_without_a_byte_of_the_file_cannot_be_satisfied(header):
    with pytest.raises(RangeNotSatisfiable):
        requested_range(header, SIZE)


@pytest.mark.parametrize(
    "header",
    [
        None, "", "bytes", "bytes=", "bytes=-", "bytes=5-4", "bytes=--5", "bytes=5", "bytes=a-b", "bytes=0x1-0x2",
        "bytes=+1-2", "bytes=1-+2", "bytes=1_0-2_0", "bytes=1.0-2", "bytes=1e1-20",
        "bytes=²-³", "bytes=١-٢", "bytes=1 -2",
        "bytes =1-2", "bytes:1-2", "bytes=1-2\n", "bytes=1-2\nX-Y: z", "bytes=1\x002-3", " bytes=1-2", "1-2",
    ],
)  # fmt: skip
def test_a_malformed_range_is_ignored(header):
    assert requested_range(header, SIZE) is None


@pytest.mark.parametrize("header", ["items=0-5", "seconds=1-2", "none=0-1", "bytesx=0-1"])
def test_a_range_in_another_unit_is_ignored(header):
    assert requested_range(header, SIZE) is None


@pytest.mark.parametrize("header", ["bytes=0-1,5-6", "bytes=0-1, -1", "bytes=0-0,1-1," + "2-3," * 1000 + "9-9"])
def test_several_ranges_are_ignored(header):
    assert requested_range(header, SIZE) is None


def test_an_empty_file_has_no_first_byte():
    with pytest.raises(RangeNotSatisfiable):
        requested_range("bytes=0-", 0)


def test_the_last_bytes_of_an_empty_file_are_the_whole_of_it():
    assert requested_range("bytes=-5", 0) is None


def test_content_range_names_the_last_byte_inclusively():
    assert ByteRange(0, 500).content_range(SIZE) == "bytes 0-499/1000"
    assert ByteRange(0, 500).length == 500


POSITIONS = st.one_of(st.none(), st.integers(0, 1200), st.integers(0, 10**20))


@given(first=POSITIONS, last=POSITIONS, size=st.integers(0, len(CONTENT)))
def test_the_bytes_are_those_that_python_would_slice(first, last, size):
    content = CONTENT[:size]
    header = f"bytes={'' if first is None else first}-{'' if last is None else last}"
    if first is None and last is None:
        expected = None
    elif first is None:
        expected = content[-last:] if last else "none"
    elif last is not None and last < first:
        expected = None
    else:
        expected = content[first : None if last is None else last + 1] or "none"

    try:
        found = requested_range(header, size)
    except RangeNotSatisfiable:
        assert expected == "none"
        return
    assert expected != "none"
    if found is None:
        assert expected in (None, b"")
    else:
        assert content[found.start : found.stop] == expected
        assert found.length == len(expected) > 0


@given(st.text(max_size=40), st.integers(0, 2000))
def test_no_text_makes_more_of_the_file_than_there_is(text, size):
    try:
        found = requested_range(text, size)
    except RangeNotSatisfiable:
        return
    assert found is None or 0 <= found.start < found.stop <= size
