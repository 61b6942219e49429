"""Several ranges in one answer: each whole, with its place in the file, and never longer than the file. §14.6."""

import os
from email import message_from_bytes

import pytest
from django.core.signals import request_finished
from django.db import close_old_connections
from django.test import RequestFactory
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.counts import at_full_count
from videos.streaming.files import BLOCK_BYTES
from videos.streaming.headers import Label
from videos.streaming.ranges import MAX_RANGES
from videos.streaming.responses import file_response

CONTENT = os.urandom(3 * BLOCK_BYTES + 12_345)


@pytest.fixture(autouse=True)
def _no_database():
    # Closing a response ends a request, and Django then looks after its connections: other tests' business.
    request_finished.disconnect(close_old_connections)
    yield
    request_finished.connect(close_old_connections)


@pytest.fixture
def path(tmp_path):
    (tmp_path / "film.mp4").write_bytes(CONTENT)
    return tmp_path / "film.mp4"


def ask(path, header, method="GET"):
    request = RequestFactory().generic(method, "/", headers={"Range": header})
    return file_response(request, os.open(path, os.O_RDONLY), Label(path.name))


def content_of(response):
    content = response.getvalue() if response.streaming else response.content
    response.close()
    return content


def parts_of(response, content):
    """Return (Content-Type, Content-Range, bytes) of each part, as a mail program takes them apart."""
    head = f"Content-Type: {response['Content-Type']}\r\n\r\n".encode()
    message = message_from_bytes(head + content)
    assert not message.defects
    return [(part["Content-Type"], part["Content-Range"], raw_content(part)) for part in message.get_payload()]


def raw_content(part):
    return part.get_payload().encode("ascii", "surrogateescape")


def test_each_part_has_its_type_its_place_and_its_bytes(path):
    response = ask(path, "bytes=5-9, -7, 300-300")
    content = content_of(response)
    assert response.status_code == 206
    assert not response.has_header("Content-Range")
    assert response["Content-Length"] == str(len(content))
    boundary = response["Content-Type"].removeprefix("multipart/byteranges; boundary=").encode()
    assert len(boundary) >= 32
    size = len(CONTENT)
    expected = b"".join(
        b"%b--%b\r\nContent-Type: video/mp4\r\nContent-Range: bytes %d-%d/%d\r\n\r\n%b"
        % (b"\r\n" if number else b"", boundary, start, stop - 1, size, CONTENT[start:stop])
        for number, (start, stop) in enumerate([(5, 10), (size - 7, size), (300, 301)])
    )
    assert content == expected + b"\r\n--" + boundary + b"--\r\n"


def test_a_mail_program_takes_the_parts_apart(path):
    path.write_bytes(b"abcdefghij" * 100)
    response = ask(path, "bytes=0-2,10-10,995-")
    found = parts_of(response, content_of(response))
    assert found == [
        ("video/mp4", "bytes 0-2/1000", b"abc"),
        ("video/mp4", "bytes 10-10/1000", b"a"),
        ("video/mp4", "bytes 995-999/1000", b"fghij"),
    ]


def test_two_answers_have_different_boundaries(path):
    assert ask(path, "bytes=0-1,5-6", "HEAD")["Content-Type"] != ask(path, "bytes=0-1,5-6", "HEAD")["Content-Type"]


def test_head_has_the_headers_of_the_parts_without_them(path):
    head, get = ask(path, "bytes=0-1,5-6", "HEAD"), ask(path, "bytes=0-1,5-6")
    assert head.content == b""
    same = [{key: value for key, value in each.items() if key != "Content-Type"} for each in (head, get)]
    assert same[0] == same[1]
    assert len(content_of(get)) == int(head["Content-Length"])


def test_ranges_that_become_one_are_answered_as_one(path):
    for header, start, stop in (("bytes=0-5,3-9", 0, 10), ("bytes=9999999-,7-8", 7, 9), ("bytes=4-5,4-5,4-5", 4, 6)):
        response = ask(path, header)
        assert response["Content-Range"] == f"bytes {start}-{stop - 1}/{len(CONTENT)}"
        assert content_of(response) == CONTENT[start:stop]


@pytest.mark.parametrize("size", [1, 10, 1000, 20_000])
def test_parts_that_would_be_longer_than_the_file_are_answered_with_the_file(path, size):
    os.truncate(path, size)
    tiny = ",".join(f"{3 * number}-{3 * number}" for number in range(MAX_RANGES))
    response = ask(path, f"bytes={tiny}")
    assert response.status_code == (206 if size == 1 else 200)
    assert content_of(response) == CONTENT[:size]
    assert response["Content-Length"] == str(size)
    assert response["Content-Type"] == "video/mp4"


def test_many_ranges_of_a_large_file_are_sent_in_few_blocks_none_of_them_large(path):
    header = "bytes=" + ",".join(f"{5 * number}-{5 * number + 1}" for number in range(MAX_RANGES))
    response = ask(path, header)
    blocks = list(response)
    response.close()
    assert len(blocks) == 1
    assert len(blocks[0]) == int(response["Content-Length"]) < len(CONTENT)
    whole = ask(path, f"bytes=0-9,20-{len(CONTENT)}")
    blocks = list(whole)
    whole.close()
    assert max(map(len, blocks)) < 2 * BLOCK_BYTES
    assert CONTENT[20:] in b"".join(blocks)


SPECS = st.tuples(st.integers(0, len(CONTENT) + 9), st.integers(0, BLOCK_BYTES * 2)).map(lambda s: f"{s[0]}-{sum(s)}")


@pytest.mark.long("videos/streaming")
@hypothesis_settings(max_examples=at_full_count(60, 25))
@given(st.lists(SPECS, min_size=1, max_size=6))
def test_whatever_is_asked_for_each_byte_is_that_of_its_place_and_the_length_is_the_promised_one(path, specs):
    response = ask(path, f"bytes={','.join(specs)}")
    content = content_of(response)
    if response.status_code == 416:
        assert content == b""
        return
    assert len(content) == int(response["Content-Length"]) <= len(CONTENT)
    if response.status_code == 200:
        assert content == CONTENT
    elif response.has_header("Content-Range"):
        assert content == CONTENT[slice(*place(response["Content-Range"]))]
    else:
        rest = content
        boundary = response["Content-Type"].partition("boundary=")[2].encode()
        while not rest.startswith(b"\r\n--" + boundary + b"--"):
            head, _, rest = rest.partition(b"\r\n\r\n")
            start, stop = place(head.decode().partition("Content-Range: ")[2])
            assert rest[: stop - start] == CONTENT[start:stop]
            rest = rest[stop - start :]


def place(content_range):
    first, last = content_range.removeprefix("bytes ").partition("/")[0].split("-")
    return int(first), int(last) + 1
