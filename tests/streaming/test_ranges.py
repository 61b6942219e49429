"""A Range header names bytes of the file, all of it, or none. RFC 9110 §14.1.2 and §14.2."""

import time

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from videos.streaming.ranges import MAX_RANGES, ByteRange, RangeNotSatisfiable, requested_ranges

SIZE = 1000


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
        ("bytes=,1-2", 1, 3),
        ("bytes=,,\t, 1-2 , ,", 1, 3),
    ],
)
def test_a_range_names_its_first_and_its_last_byte(header, start, stop):
    assert requested_ranges(header, SIZE) == (ByteRange(start, stop),)


@pytest.mark.parametrize(
    ("header", "start"),
    [("bytes=900-5000", 900), ("bytes=-5000", 0), (f"bytes=5-{'9' * 5000}", 5), (f"bytes=-{'9' * 5000}", 0)],
)
def test_a_range_that_ends_behind_the_file_is_clamped_to_it(header, start):
    assert requested_ranges(header, SIZE) == (ByteRange(start, SIZE),)


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
        "bytes=1000-,-0,5000-6000",
    ],
)
def test_a_range_without_a_byte_of_the_file_cannot_be_satisfied(header):
    with pytest.raises(RangeNotSatisfiable):
        requested_ranges(header, SIZE)


@pytest.mark.parametrize(
    "header",
    [
        None, "", "bytes", "bytes=", "bytes=-", "bytes=5-4", "bytes=--5", "bytes=5", "bytes=a-b", "bytes=0x1-0x2",
        "bytes=+1-2", "bytes=1-+2", "bytes=1_0-2_0", "bytes=1.0-2", "bytes=1e1-20",
        "bytes=²-³", "bytes=١-٢", "bytes=1 -2",
        "bytes =1-2", "bytes:1-2", "bytes=1-2\n", "bytes=1-2\nX-Y: z", "bytes=1\x002-3", " bytes=1-2", "1-2",
        "bytes=,", "bytes=, ,", "bytes=0-1;2-3", "bytes=0-1 2-3", "bytes=0-1,bytes=2-3", "bytes=0-1,x", "bytes=0-1,5-4",
        "bytes=0-1,-", "bytes=0-1,+5-6", "bytes=5000-,5-4", "bytes=\xa01-2", "bytes=1-2\xa0", "bytes=0-1,\x0b2-3",
        "bytes=1–2",
    ],
)  # fmt: skip
def test_a_malformed_range_is_ignored(header):
    assert requested_ranges(header, SIZE) == ()


@pytest.mark.parametrize("header", ["items=0-5", "seconds=1-2", "none=0-1", "bytesx=0-1"])
def test_a_range_in_another_unit_is_ignored(header):
    assert requested_ranges(header, SIZE) == ()


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-1,5-6", [(0, 2), (5, 7)]),
        ("bytes=5-6,0-1", [(5, 7), (0, 2)]),
        ("bytes=0-1, -1", [(0, 2), (999, 1000)]),
        ("bytes=0-0,1-1", [(0, 1), (1, 2)]),
        ("bytes=0-1,1000-,2000-3000,-0,5-5", [(0, 2), (5, 6)]),
        ("bytes=2000-,5-5", [(5, 6)]),
        ("bytes=900-,0-9", [(900, 1000), (0, 10)]),
    ],
)
def test_several_ranges_are_given_in_the_order_asked_for(header, expected):
    assert requested_ranges(header, SIZE) == tuple(ByteRange(*each) for each in expected)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-5,3-8", [(0, 9)]),
        ("bytes=3-8,0-5", [(0, 9)]),
        ("bytes=0-,0-,0-", [(0, 1000)]),
        ("bytes=500-,0-9,-700,20-29", [(300, 1000), (0, 10), (20, 30)]),
        ("bytes=20-29,0-99,500-509", [(0, 100), (500, 510)]),
        ("bytes=0-1,2-3,1-2", [(0, 4)]),
        ("bytes=" + "0-,-1000," * 100, [(0, 1000)]),
    ],
)
def test_ranges_that_overlap_become_one(header, expected):
    assert requested_ranges(header, SIZE) == tuple(ByteRange(*each) for each in expected)


def test_more_ranges_than_anybody_needs_are_ignored():
    ranges = [f"{3 * number}-{3 * number}" for number in range(MAX_RANGES + 1)]
    assert len(requested_ranges(f"bytes={','.join(ranges[:-1])}", SIZE)) == MAX_RANGES
    assert requested_ranges(f"bytes={','.join(ranges)}", SIZE) == ()
    assert requested_ranges("bytes=" + "5000-," * (MAX_RANGES + 1), SIZE) == ()


def test_an_empty_file_has_no_first_byte():
    for header in ("bytes=0-", "bytes=0-0,5-9", "bytes=-0"):
        with pytest.raises(RangeNotSatisfiable):
            requested_ranges(header, 0)


def test_the_last_bytes_of_an_empty_file_are_the_whole_of_it():
    assert requested_ranges("bytes=-5", 0) == ()
    assert requested_ranges("bytes=0-,-5", 0) == ()


def test_content_range_names_the_last_byte_inclusively():
    assert ByteRange(0, 500).content_range(SIZE) == "bytes 0-499/1000"
    assert ByteRange(0, 500).length == 500


def bytes_named(spec, size):
    """Return the positions that a range names, as a reader of the RFC would count them; None for a malformed one."""
    first, _, last = spec.strip(" \t").partition("-")
    if not first:
        return set(range(max(0, size - int(last)), size))
    if last and int(last) < int(first):
        return None
    return set(range(int(first), min(size, int(last) + 1 if last else size)))


NUMBERS = st.integers(0, 60) | st.sampled_from([10**19, 10**25])
SPECS = st.one_of(
    st.builds("{}-{}".format, NUMBERS, NUMBERS), st.builds("{}-".format, NUMBERS), st.builds("-{}".format, NUMBERS)
)


@hypothesis_settings(deadline=None)
@given(st.lists(SPECS, min_size=1, max_size=8), st.integers(0, 50), st.sampled_from([",", ", ", " ,\t", ",,"]))
def test_the_bytes_are_those_that_somebody_would_count_each_once(specs, size, comma):
    named = [bytes_named(spec, size) for spec in specs]
    try:
        found = requested_ranges(f"bytes={comma.join(specs)}", size)
    except RangeNotSatisfiable:
        assert None not in named
        assert not any(named)
        return
    positions = [position for each in found for position in range(each.start, each.stop)]
    assert len(positions) == len(set(positions))
    if not found:
        assert None in named or size == 0
        return
    assert set(positions) == set().union(*named)
    # In the order asked for: each begins with a byte that one of the ranges asks for, later than those before.
    places = [min(place for place, each in enumerate(named) if each & set(range(r.start, r.stop))) for r in found]
    assert places == sorted(places)
    assert len(found) == 1 or all(a.stop <= b.start for a, b in zip(sorted(found), sorted(found)[1:], strict=False))


PIECES = st.sampled_from(
    [*'0123456789-,=; \t+_"', "bytes", "bytes=", "²", "١", "\0", "\n", "\x85", "0-1", "-5", "9" * 99]
)


@hypothesis_settings(deadline=None)
@given(st.text(max_size=40) | st.lists(PIECES, max_size=20).map("".join), st.integers(0, 2000))
def test_no_text_makes_more_of_the_file_than_there_is(text, size):
    for header in (text, f"bytes={text}"):
        try:
            found = requested_ranges(header, size)
        except RangeNotSatisfiable:
            continue
        assert all(0 <= each.start < each.stop <= size for each in found)
        assert sum(each.length for each in found) <= size


@pytest.mark.parametrize(
    "header",
    ["bytes=" + "," * 100_000, "bytes=" + "0-0," * 30_000, "bytes=" + "9" * 100_000, "bytes=0-" + " ," * 50_000],
)
def test_a_long_header_costs_no_more_than_its_length(header):
    started = time.process_time()
    requested_ranges(header, SIZE)
    assert time.process_time() - started < 0.5
