"""Ranges over the wire, by the sections of RFC 9110 that ask for them: §14 and §15.3.7, §15.5.17."""

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.counts import at_full_count
from tests.streaming.conftest import CONTENT
from tests.streaming.wire import Wire

pytestmark = pytest.mark.slow

SIZE = len(CONTENT)
STREAM = "/videos/1/stream"
HUGE = "9" * 40


def named(cases):
    """Give each case its section and what it says as its id."""
    return [pytest.param(*values, id=f"{section} {title}") for section, title, *values in cases]


def is_still_usable(wire):
    """Return whether the next request on the same connection is answered, and with what it asked for."""
    reply = wire.ask("GET", STREAM, [("Range", "bytes=7-11")])
    return (reply.status, reply.body) == (206, CONTENT[7:12])


ONE_RANGE = [
    ("§14.1.2", "the first bytes", "bytes=0-499", 0, 500),
    ("§14.1.2", "the second bytes", "bytes=500-999", 500, 1000),
    ("§14.1.2", "the first byte alone", "bytes=0-0", 0, 1),
    ("§14.1.2", "the two bytes that Safari asks for first", "bytes=0-1", 0, 2),
    ("§14.1.2", "the last byte by its place", f"bytes={SIZE - 1}-{SIZE - 1}", SIZE - 1, SIZE),
    ("§14.1.2", "all of it by its places", f"bytes=0-{SIZE - 1}", 0, SIZE),
    ("§14.1.2", "open from the first byte", "bytes=0-", 0, SIZE),
    ("§14.1.2", "open from the middle", "bytes=50000-", 50_000, SIZE),
    ("§14.1.2", "open from the last byte", f"bytes={SIZE - 1}-", SIZE - 1, SIZE),
    ("§14.1.2", "the last byte as a suffix", "bytes=-1", SIZE - 1, SIZE),
    ("§14.1.2", "a suffix", "bytes=-500", SIZE - 500, SIZE),
    ("§14.1.2", "a suffix as long as the file", f"bytes=-{SIZE}", 0, SIZE),
    ("§14.1.2", "a suffix longer than the file", f"bytes=-{SIZE + 1}", 0, SIZE),
    ("§14.1.2", "a huge suffix", f"bytes=-{HUGE}", 0, SIZE),
    ("§14.1.2", "a last position at the end is clamped", f"bytes=99000-{SIZE}", 99_000, SIZE),
    ("§14.1.2", "a last position far behind the end is clamped", "bytes=99000-999999", 99_000, SIZE),
    ("§14.1.2", "a huge last position is clamped", f"bytes=5-{HUGE}", 5, SIZE),
    ("§14.1.2", "a last position of 2**64 is clamped", f"bytes=5-{2**64}", 5, SIZE),
    ("§14.1.1", "leading zeros", "bytes=0005-0009", 5, 10),
    ("§14.1", "the unit in capitals", "BYTES=5-9", 5, 10),
    ("§14.1", "the unit in mixed case", "Bytes=5-9", 5, 10),
    ("§5.6.1", "an empty element before", "bytes=,5-9", 5, 10),
    ("§5.6.1", "empty elements around", "bytes= , ,5-9 ,\t, ", 5, 10),
    ("§5.5", "white space after the value", "bytes=5-9 \t", 5, 10),
]


@pytest.mark.parametrize(("header", "start", "stop"), named(ONE_RANGE))
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_one_range(wire, method, header, start, stop):
    reply = wire.ask(method, STREAM, [("Range", header)])
    assert reply.status == 206
    assert reply["Content-Range"] == f"bytes {start}-{stop - 1}/{SIZE}"
    assert reply["Content-Length"] == str(stop - start)
    assert reply["Content-Type"] == "video/mp4"
    assert reply.body == (CONTENT[start:stop] if method == "GET" else b"")
    assert is_still_usable(wire)


IGNORED = [
    ("§14.1.1", "no range at all", "bytes="),
    ("§14.1.1", "no equals sign", "bytes 0-5"),
    ("§14.1.1", "no unit", "0-5"),
    ("§14.1.1", "neither first nor last", "bytes=-"),
    ("§14.1.1", "no dash", "bytes=5"),
    ("§14.1.1", "the last before the first", "bytes=9-5"),
    ("§14.1.1", "a plus sign", "bytes=+1-5"),
    ("§14.1.1", "a plus sign before the last", "bytes=1-+5"),
    ("§14.1.1", "an underscore between digits", "bytes=1_0-2_0"),
    ("§14.1.1", "a superscript digit", "bytes=²-³"),
    ("§14.1.1", "a negative position", "bytes=--5"),
    ("§14.1.1", "hexadecimal", "bytes=0x1-0x5"),
    ("§14.1.1", "a fraction", "bytes=0.5-1"),
    ("§14.1.1", "an exponent", "bytes=1e1-2e1"),
    ("§14.1.1", "letters", "bytes=a-b"),
    ("§14.1.1", "white space within", "bytes=1 - 5"),
    ("§14.1.1", "white space before the equals sign", "bytes =1-5"),
    ("§14.1.1", "a no-break space", "bytes=\xa01-5"),
    ("§14.1.1", "a semicolon between two", "bytes=0-1;5-6"),
    ("§14.1.1", "one malformed range of two", "bytes=0-5,x"),
    ("§14.1.1", "the last before the first in one of two", "bytes=0-5,9-7"),
    ("§14.1.1", "the unit twice", "bytes=0-1,bytes=5-6"),
    ("§5.6.1", "only empty elements", "bytes=, ,"),
    ("§14.2", "an unknown unit", "items=0-5"),
    ("§14.2", "a unit that begins alike", "bytesx=0-5"),
    ("§14.3", "the unit none", "none=0-5"),
    ("§14.2", "201 tiny ranges", "bytes=" + ",".join(f"{9 * n}-{9 * n}" for n in range(201))),
    ("§17.15", "a thousand ranges of one byte", "bytes=" + "0-0," * 1000),
]


@pytest.mark.parametrize(
    "header", [pytest.param(header, id=f"{section} {title}") for section, title, header in IGNORED]
)
def test_a_header_that_is_ignored(wire, header):
    reply = wire.ask("GET", STREAM, [("Range", header)])
    assert (reply.status, reply["Content-Range"], reply["Content-Length"]) == (200, None, str(SIZE))
    assert reply.body == CONTENT
    assert is_still_usable(wire)


UNSATISFIABLE = [
    ("§14.1.2", "from the end", f"bytes={SIZE}-"),
    ("§14.1.2", "behind the end", "bytes=500000-600000"),
    ("§14.1.2", "a huge first position", f"bytes={HUGE}-"),
    ("§14.1.2", "2**63", f"bytes={2**63}-"),
    ("§14.1.2", "2**64", f"bytes={2**64}-{2**64 + 9}"),
    ("§14.1.2", "a suffix of no bytes", "bytes=-0"),
    ("§15.5.17", "each of several", f"bytes={SIZE}-,-0,500000-600000"),
]


@pytest.mark.parametrize(
    "header", [pytest.param(header, id=f"{section} {title}") for section, title, header in UNSATISFIABLE]
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_range_without_a_byte_of_the_file(wire, method, header):
    reply = wire.ask(method, STREAM, [("Range", header)])
    assert (reply.status, reply["Content-Range"]) == (416, f"bytes */{SIZE}")
    assert (reply.body, reply["Content-Type"]) == (b"", None)
    assert is_still_usable(wire)


SEVERAL = [
    ("§14.6", "two", "bytes=0-9,500-509", [(0, 10), (500, 510)]),
    ("§14.1.2", "the first and the last byte", "bytes=0-0,-1", [(0, 1), (SIZE - 1, SIZE)]),
    ("§15.3.7.2", "in the order asked for", "bytes=500-509,0-9", [(500, 510), (0, 10)]),
    ("§15.3.7.2", "side by side", "bytes=500-599,600-999", [(500, 600), (600, 1000)]),
    ("§15.3.7.2", "what is not there left out", f"bytes=0-1,{SIZE}-,5-6", [(0, 2), (5, 7)]),
    ("§15.3.7.2", "what overlaps made one", "bytes=0-99,50-149,500-509", [(0, 150), (500, 510)]),
    ("§14.1.2", "the last clamped", "bytes=0-9,100000-999999", [(0, 10), (100_000, SIZE)]),
    ("§5.6.1", "with white space and empty elements", "bytes=0-9 ,\t, 500-509,", [(0, 10), (500, 510)]),
    ("§17.15", "200 tiny ones", "bytes=" + ",".join(f"{9 * n}-{9 * n}" for n in range(200)),
     [(9 * n, 9 * n + 1) for n in range(200)]),
]  # fmt: skip


@pytest.mark.parametrize(("header", "places"), named(SEVERAL))
def test_several_ranges(wire, header, places):
    reply = wire.ask("GET", STREAM, [("Range", header)])
    assert (reply.status, reply["Content-Range"]) == (206, None)
    kind, _, boundary = (reply["Content-Type"] or "").partition("; boundary=")
    assert kind == "multipart/byteranges"
    assert reply.body == parts_at(boundary, places)
    assert len(reply.body) <= SIZE
    head = wire.ask("HEAD", STREAM, [("Range", header)])
    assert (head.status, head["Content-Length"], head.body) == (206, reply["Content-Length"], b"")
    assert is_still_usable(wire)


def parts_at(boundary, places):
    """Return the body that §14.6 shows."""
    texts = [
        f"--{boundary}\r\nContent-Type: video/mp4\r\nContent-Range: bytes {start}-{stop - 1}/{SIZE}\r\n\r\n".encode()
        + CONTENT[start:stop]
        + b"\r\n"
        for start, stop in places
    ]
    return b"".join([*texts, f"--{boundary}--\r\n".encode()])


BECOME_ONE = [
    ("§15.3.7.2", "only one of several is there", f"bytes={SIZE}-,5-9,-0", 5, 10),
    ("§15.3.7.2", "all overlap", "bytes=0-99,50-149,149-200", 0, 201),
    ("§17.15", "all of it a hundred times", "bytes=" + ",".join(["0-"] * 100), 0, SIZE),
    ("§17.15", "a suffix and an open range", f"bytes=0-,-{SIZE}", 0, SIZE),
]


@pytest.mark.parametrize(("header", "start", "stop"), named(BECOME_ONE))
def test_several_ranges_that_become_one(wire, header, start, stop):
    reply = wire.ask("GET", STREAM, [("Range", header)])
    assert (reply.status, reply["Content-Range"]) == (206, f"bytes {start}-{stop - 1}/{SIZE}")
    assert reply.body == CONTENT[start:stop]
    assert is_still_usable(wire)


def test_two_range_headers_are_one_malformed_header_by_section_5_3(wire):
    reply = wire.ask("GET", STREAM, [("Range", "bytes=0-1"), ("Range", "bytes=5-6")])
    assert (reply.status, reply.body) == (200, CONTENT)
    assert is_still_usable(wire)


POSITIONS = st.integers(0, SIZE + 50) | st.integers(0, 10**25)
SPECS = st.one_of(
    st.builds("{}-{}".format, POSITIONS, POSITIONS),
    st.builds("{}-".format, POSITIONS),
    st.builds("-{}".format, POSITIONS),
    st.text("0123456789-, =+\t", max_size=8),
)
# What may stand in a header's value at all; the server refuses the rest before anybody looks at it.
TEXTS = st.text(st.characters(min_codepoint=33, max_codepoint=255, exclude_characters="\x7f"), max_size=40)


@pytest.mark.long("videos/streaming")
@hypothesis_settings(max_examples=at_full_count(300, 50))
@given(st.lists(SPECS, max_size=5).map(lambda specs: f"bytes={','.join(specs)}") | TEXTS)
def test_whatever_the_header_says_the_bytes_are_those_of_their_places(site, header):
    with Wire(site.port) as wire:
        reply = wire.ask("GET", STREAM, [("Range", header)])
        assert len(reply.body) <= SIZE
        if reply.status == 200:
            assert reply.body == CONTENT
        elif reply.status == 416:
            assert reply["Content-Range"] == f"bytes */{SIZE}"
        elif reply["Content-Range"]:
            assert reply.status == 206
            start, stop = place(reply["Content-Range"])
            assert reply.body == CONTENT[start:stop]
        else:
            assert reply.status == 206
            boundary = (reply["Content-Type"] or "").partition("boundary=")[2]
            lines = reply.body.split(b"\r\nContent-Range: ")[1:]
            places = [place(line.partition(b"\r\n")[0].decode()) for line in lines]
            assert reply.body == parts_at(boundary, places)
        assert is_still_usable(wire)


def place(content_range):
    first, last = content_range.removeprefix("bytes ").partition("/")[0].split("-")
    return int(first), int(last) + 1
