"""Where a request ends: found once, whatever the pieces it comes in, and found there by gunicorn's parser, too."""

import pytest
from gunicorn import http
from gunicorn.config import Config
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.counts import at_full_count
from videos.server.request_head import GUNICORN_LIMITS, MAX_FIELDS, MAX_HEAD_BYTES, MAX_LINE_BYTES, RequestRefused
from videos.server.request_reader import Awaits, RequestReader

MAX_BODY = 1000
GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n"
POST = b"POST /login/ HTTP/1.1\r\nHost: localhost\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"


def all_of(content, piece_bytes=None):
    """Return the requests that are whole, and the status with which the rest is refused, or what is missing of it."""
    reader, requests = RequestReader(MAX_BODY), []
    pieces = [content[i : i + piece_bytes] for i in range(0, len(content), piece_bytes)] if piece_bytes else [content]
    last = Awaits.HEAD
    try:
        for piece in pieces:
            reader.feed(piece)
            while isinstance(last := reader.next_request(), bytes):
                requests.append(last)
    except RequestRefused as refusal:
        return requests, refusal.status
    return requests, last


def parsed(request):
    """Return (method, address, {header: text}, body) as gunicorn reads a request, of which it leaves nothing."""
    config = Config()
    for name, limit in GUNICORN_LIMITS.items():
        config.set(name, limit)
    parser = http.get_parser(config, [request], ("127.0.0.1", 1))
    found = next(parser)
    body = found.body.read()
    assert parser.unreader.take_buffered() == b""
    assert found.body.read() == b""
    return found.method, found.uri, dict(found.headers), body


def only(content):
    (request,), rest = all_of(content)
    assert rest is Awaits.HEAD
    return parsed(request)


def test_a_form_is_whole_with_its_last_byte():
    whole = POST + b"Content-Length: 5\r\n\r\nabcde"
    assert all_of(whole[:-1]) == ([], Awaits.BODY)
    assert only(whole)[3] == b"abcde"
    assert only(whole)[2]["CONTENT-LENGTH"] == "5"


def test_what_stands_behind_the_end_is_the_next_request_and_no_part_of_this():
    requests, rest = all_of(
        POST + b"Content-Length: 3\r\n\r\nabc" + GET + b"\r\n" + CHUNKED + b"2\r\nhi\r\n0\r\n\r\nGE"
    )
    assert [parsed(request)[3] for request in requests] == [b"abc", b"", b"hi"]
    assert rest is Awaits.HEAD


@pytest.mark.parametrize(
    "length",
    [
        b"0000000000000060000",
        b"00",
        b"05",
        b"+5",
        b"-5",
        b"-0",
        b"5 5",
        b"5, 5",
        b"5,5",
        b"5,",
        b"5.0",
        b"5e0",
        b"0x5",
        b"5_0",
        b"\xb2",
        b"\xd9\xa5",
        b"five",
        b"",
        b"5;",
        b'"5"',
        b"5\t6",
        b"NaN",
        b"\x0c5",
        b"5\x0b",
        b"0b1",
    ],
)
def test_a_length_that_is_no_plain_number_is_refused(length):
    assert all_of(POST + b"Content-Length: " + length + b"\r\n\r\n" + b"x" * 60) == ([], 400)


@pytest.mark.parametrize("length", [MAX_BODY + 1, 60_000, 2**31, 2**63, 2**64 + 5, 10**18, 10**19, 10**400])
def test_more_than_a_form_can_be_is_refused_from_the_head(length):
    assert all_of(POST + b"Content-Length: %d\r\n\r\n" % length) == ([], 413)


def test_the_largest_form_is_taken():
    assert only(POST + b"Content-Length: %d\r\n\r\n" % MAX_BODY + b"x" * MAX_BODY)[3] == b"x" * MAX_BODY


@pytest.mark.parametrize(
    "lines",
    [
        b"Content-Length: 5\r\nContent-Length: 5",
        b"Content-Length: 5\r\nContent-Length: 6",
        b"Content-Length: 5\r\ncontent-length: 5",
        b"Content-Length: 5\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: chunked\r\nContent-Length: 5",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: chunked, chunked",
        b"Transfer-Encoding: chunked, identity",
        b"Transfer-Encoding: identity, chunked",
        b"Transfer-Encoding: identity",
        b"Transfer-Encoding: gzip, chunked",
        b"Transfer-Encoding: gzip",
        b"Transfer-Encoding: xchunked",
        b"Transfer-Encoding: chunked;q=1",
        b"Transfer-Encoding: \x0bchunked",
        b"Transfer-Encoding:",
        b"Transfer-Encoding: chunked,",
        b"Transfer-Encoding : chunked",
        b" Transfer-Encoding: chunked",
        b"X: y\r\n Transfer-Encoding: chunked",
        b"Transfer-Encoding:\r\n chunked",
        b"Content-Length :5",
        b"Content-Length\t: 5",
        b"Content-Length",
        b": 5",
        b"X: a\nContent-Length: 5",
        b"X: a\rContent-Length: 5",
        b"X: a\x00b",
        b"X: a\x7fb",
        b"X\x00: a",
        b"X(: a",
        b"\xdf: a",
        b"Host: localhost",
        b"host: other",
        b"Content-Type: text/plain\r\nContent-Type: text/html",
    ],
)
def test_a_head_that_could_be_read_in_two_ways_is_refused(lines):
    assert all_of(POST + lines + b"\r\n\r\n5\r\nabcde\r\n0\r\n\r\n") == ([], 400)


@pytest.mark.parametrize(
    "head",
    [
        b"GET /\r\n",  # HTTP/0.9
        b"GET / HTTP/0.9\r\n",
        b"GET / HTTP/1.2\r\n",
        b"GET / HTTP/2.0\r\n",
        b"GET / HTTP/1.10\r\n",
        b"GET / http/1.1\r\n",
        b"GET / HTTP/1.1 \r\n",
        b"GET  / HTTP/1.1\r\n",
        b"GET\t/\tHTTP/1.1\r\n",
        b"GET / / HTTP/1.1\r\n",
        b"get / HTTP/1.1\r\n",
        b"G@T / HTTP/1.1\r\n",
        b"A" * 40 + b" / HTTP/1.1\r\n",
        b"GET index.html HTTP/1.1\r\n",
        b"GET * HTTP/1.1\r\n",
        b"GET ftp://localhost/ HTTP/1.1\r\n",
        b"GET http:///x HTTP/1.1\r\n",
        b"GET http://user@localhost/ HTTP/1.1\r\n",
        b"GET http://a\\b/ HTTP/1.1\r\n",
        b"GET localhost:80 HTTP/1.1\r\n",
        b"CONNECT localhost:443 HTTP/1.1\r\n",
        b"GET /\xc3\xa4 HTTP/1.1\r\n",
        b"GET /\x7f HTTP/1.1\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # a greeting of TLS
        b"\x80\x2e\x01\x00\x02",  # one of SSL 2
        b"GET / HTTP/1.1\n",
        b"GET / HTTP/1.1\r\nHost: localhost\n",
        b"GET / HTTP/1.1\rHost",
        b"\nGET",
        b"\r\n\r\n\r\n",
        b" GET / HTTP/1.1\r\n",
        b"\x00",
        b"nonsense\r\n\r\n",
    ],
)
def test_what_can_be_no_request_is_refused_before_its_end(head):
    assert all_of(head) == ([], 400)
    assert all_of(head, 1) == ([], 400)


def test_a_request_names_one_host():
    assert all_of(b"GET / HTTP/1.1\r\n\r\n") == ([], 400)
    assert all_of(b"GET http://localhost/ HTTP/1.1\r\n\r\n") == ([], 400)
    assert only(b"GET / HTTP/1.0\r\n\r\n")[2] == {"CONTENT-LENGTH": "0"}


@pytest.mark.parametrize(
    ("target", "path"),
    [(b"http://other:80/a?b", "/a?b"), (b"HTTPS://other:80", "/"), (b"http://other:80?q=1", "/?q=1")],
)
def test_an_absolute_address_is_asked_for_by_its_path_and_host(target, path):
    method, address, headers, _ = only(b"GET " + target + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert (method, address, headers["HOST"]) == ("GET", path, "other:80")


def test_an_empty_line_before_a_request_is_passed_over_and_a_second_is_not():
    assert only(b"\r\n" + GET + b"\r\n")[0] == "GET"
    assert all_of(b"\r\n\r\n" + GET + b"\r\n") == ([], 400)


def test_a_name_with_an_underscore_is_not_passed_on():
    headers = only(GET + b"Content_Length: 5\r\nX_Forwarded_For: 1.2.3.4\r\nSCRIPT_NAME: /x\r\nX-A: b\r\n\r\n")[2]
    assert headers == {"HOST": "localhost", "X-A": "b", "CONTENT-LENGTH": "0"}


def test_headers_are_passed_on_as_they_are_and_in_their_order():
    (request,), _ = all_of(GET + b'Cookie: a=\xe4; b="c d"\r\ncookie:\t x \t\r\nX:\r\n\r\n')
    assert request == (
        b'GET / HTTP/1.1\r\nHost: localhost\r\nCookie: a=\xe4; b="c d"\r\ncookie: x\r\nX: \r\nContent-Length: 0\r\n\r\n'
    )


def test_heads_have_a_size_that_is_enough_for_everybody():
    assert all_of(b"GET /" + b"x" * 8200) == ([], 414)
    assert all_of(b"GET /" + b"x" * 8200 + b" HTTP/1.1\r\nHost: a\r\n\r\n") == ([], 414)
    assert all_of(GET + b"X: " + b"y" * 8200 + b"\r\n\r\n") == ([], 431)
    assert all_of(GET + b"X: y\r\n" * MAX_FIELDS + b"\r\n") == ([], 431)
    assert all_of(GET + (b"X: " + b"y" * 8000 + b"\r\n") * 9) == ([], 431)
    assert all_of(GET + b"X: " + b"y" * MAX_HEAD_BYTES) == ([], 431)
    assert only(GET + b"X: y\r\n" * (MAX_FIELDS - 1) + b"\r\n")[0] == "GET"
    assert only(GET + b"X:" + b"y" * (MAX_LINE_BYTES - 2) + b"\r\n\r\n")[0] == "GET"
    longest = b"GET /" + b"x" * (MAX_LINE_BYTES - len("GET / HTTP/1.1"))
    assert only(longest + b" HTTP/1.1\r\nHost: a\r\n\r\n")[0] == "GET"


@pytest.mark.parametrize(
    ("chunks", "body"),
    [
        (b"5\r\nabcde\r\n0\r\n\r\n", b"abcde"),
        (b"00000005\r\nabcde\r\n000\r\n\r\n", b"abcde"),
        (b"1\r\na\r\nA\r\n0123456789\r\n0\r\n\r\n", b"a0123456789"),
        (b'5;a=b;c="d;e"\r\nabcde\r\n0;last\r\n\r\n', b"abcde"),
        (b"5 ;x\r\nabcde\r\n0\r\nX: trailer\r\nContent-Length: 99\r\nHost: evil\r\n\r\n", b"abcde"),
        (b"2\r\n\r\n\r\n0\r\n\r\n", b"\r\n"),
        (b"0\r\n\r\n", b""),
    ],
)
@pytest.mark.parametrize("coding", [b"chunked", b"Chunked", b"CHUNKED", b"\tchunked "])
def test_a_body_in_chunks_is_put_together(chunks, body, coding):
    whole = POST + b"Transfer-Encoding:" + coding + b"\r\nTrailer: X\r\n\r\n" + chunks
    for piece_bytes in (None, 1, 3):
        requests, rest = all_of(whole + GET + b"\r\n", piece_bytes)
        assert rest is Awaits.HEAD
        assert [parsed(request)[3] for request in requests] == [body, b""]
    assert parsed(requests[0])[2] == {"HOST": "localhost", "CONTENT-LENGTH": str(len(body))}


@pytest.mark.parametrize(
    "chunks",
    [
        b"5\r\nabcdefg\r\n",
        b"5\nabcde\n0\n\n",
        b"5\r\nabcde\nx",
        b"-5\r\n",
        b"+5\r\n",
        b"0x5\r\n",
        b"5 \r\n",
        b" 5\r\n",
        b"\r\n",
        b"g\r\n",
        b"5;a\x00\r\n",
        b"5;a\rb\r\n",
        b"5\r\r\n",
        b"000000005\r\n",
        b"5;" + b"x" * 5000,
        b"5_0\r\n",
        b"\xb2\r\n",
        b"5,5\r\n",
        b"0\r\nX : y\r\n",
        b"0\r\n folded\r\n",
        b"0\r\nX: a\x00\r\n",
        b"0\r\nX: y\n\n",
        b"0;x\n\r\n",
    ],
)
def test_chunks_that_could_be_read_in_two_ways_are_refused(chunks):
    for piece_bytes in (None, 1):
        requests, rest = all_of(CHUNKED + chunks, piece_bytes)
        assert (requests, rest) == ([], 400)


def test_chunks_have_a_size_that_is_enough_for_everybody():
    assert all_of(CHUNKED + b"ffffffff\r\n") == ([], 413)
    assert all_of(CHUNKED + b"300\r\n" + b"x" * 0x300 + b"\r\n300\r\n") == ([], 413)
    assert all_of(CHUNKED + (b"1;" + b"x" * 4000 + b"\r\na\r\n") * 17) == ([], 400)
    assert all_of(CHUNKED + b"0\r\n" + (b"X: " + b"y" * 4000 + b"\r\n") * 17) == ([], 431)


@pytest.mark.parametrize("body", [b"Content-Length: 5\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n"])
def test_who_asks_whether_to_send_a_body_is_told_once_and_gunicorn_not_at_all(body):
    reader = RequestReader(MAX_BODY)
    reader.feed(POST + b"Expect: 100-Continue\r\n" + body)
    assert [reader.next_request(), reader.next_request()] == [Awaits.GO_AHEAD, Awaits.BODY]
    reader.feed(b"abcde" if b"Length" in body else b"5\r\nabcde\r\n0\r\n\r\n")
    assert parsed(reader.next_request())[2] == {"HOST": "localhost", "CONTENT-LENGTH": "5"}


def test_who_does_not_wait_for_the_answer_gets_none():
    for head, body in ((POST, b"x"), (POST.replace(b"1.1", b"1.0"), b"x"), (GET, b"")):
        asked = head + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body)
        assert isinstance(all_of(asked + body)[0][0], bytes)
    assert all_of(POST.replace(b"1.1", b"1.0") + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n")[1] is Awaits.BODY


@pytest.mark.parametrize("expectation", [b"", b"200-ok", b"100-continue, x", b"100-continue;q=1", b"100"])
def test_an_expectation_that_nobody_knows_is_refused(expectation):
    assert all_of(POST + b"Expect: " + expectation + b"\r\nContent-Length: 5\r\n\r\n") == ([], 417)


def test_a_form_that_is_too_large_is_refused_and_not_asked_for():
    assert all_of(POST + b"Expect: 100-continue\r\nContent-Length: 9999999\r\n\r\n") == ([], 413)


def test_what_is_held_is_counted_as_it_lies_in_memory():
    reader = RequestReader(MAX_BODY)
    empty = reader.held_bytes()
    assert not reader.has_begun()
    reader.feed(POST + b"Content-Length: 900\r\n\r\n" + b"x" * 800)
    assert reader.next_request() is Awaits.BODY
    assert reader.has_begun()
    assert empty + 800 < reader.held_bytes() < empty + 2000
    reader.feed(b"x" * 100)
    assert isinstance(reader.next_request(), bytes)
    assert reader.next_request() is Awaits.HEAD
    assert not reader.has_begun()
    assert reader.held_bytes() < empty + 200


# Parts of heads and bodies, in any order: what a stranger plays with.
_PARTS = st.sampled_from(
    [
        GET,
        POST,
        CHUNKED,
        b"\r\n",
        b"\r\n\r\n",
        b"\n",
        b"\r",
        b"\x00",
        b" ",
        b"\t",
        b":",
        b",",
        b"0\r\n\r\n",
        b"5\r\nabcde\r\n",
        b"Content-Length: 5\r\n",
        b"Content-Length: 0\r\n",
        b"Content-Length: 05\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: identity\r\n",
        b"Expect: 100-continue\r\n",
        b"Host: a\r\n",
        b"X-A: b\r\n",
        b"Content_Length: 9\r\n",
        b"abcde",
        b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
        b"Connection: close\r\n",
        b"\xff",
        b"1;x\r\n",
    ]
)
_STREAMS = st.lists(st.one_of(_PARTS, st.binary(max_size=6)), max_size=14).map(b"".join)


@pytest.mark.long("videos/server")
@settings(max_examples=at_full_count(1500, 250))
@given(_STREAMS, st.integers(1, 40))
@example(POST + b"Content-Length: 5\r\n\r\nabcde" + GET + b"\r\n", 1)
@example(CHUNKED + b"5\r\nabcde\r\n0\r\n\r\n" + GET + b"\r\n", 2)
def test_the_same_end_is_found_in_whatever_pieces_a_request_comes_and_by_gunicorn(content, piece_bytes):
    whole, in_pieces = all_of(content), all_of(content, piece_bytes)
    assert whole[0] == in_pieces[0]
    waiting = {Awaits.BODY, Awaits.GO_AHEAD}
    assert whole[1] == in_pieces[1] or {whole[1], in_pieces[1]} <= waiting
    for request in whole[0]:
        _, _, headers, body = parsed(request)
        assert headers["CONTENT-LENGTH"] == str(len(body))
        assert "TRANSFER-ENCODING" not in headers
        assert body in content or b"\r\n" in content
