"""An open file and a request -> status, headers and exactly the bytes asked for; in the end the file is closed."""

import os
import socket
import time

import pytest
from django.core.signals import request_finished
from django.db import close_old_connections
from django.test import RequestFactory
from django.utils.http import http_date, parse_http_date

from videos.streaming.files import FileShrank, FileSlice, OpenFile
from videos.streaming.headers import Label
from videos.streaming.ranges import ByteRange
from videos.streaming.responses import file_response, nginx_response

CONTENT = os.urandom(700_001)
# What one response has of its own; all the others belong to the file.
OWN_HEADERS = {"Content-Length", "Content-Range"}
A_DAY = 86_400


@pytest.fixture(autouse=True)
def _no_database():
    # Closing a response ends a request, and Django then looks after its connections: other tests' business.
    request_finished.disconnect(close_old_connections)
    yield
    request_finished.connect(close_old_connections)


@pytest.fixture
def ask(tmp_path):
    """Ask for a file of CONTENT; give back the response, with the descriptor that it took over as .descriptor."""
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    os.utime(path, ns=(1_700_000_000_123_456_789, 1_700_000_000_123_456_789))

    def ask_for(method="GET", *, name="a.mp4", download=False, **headers):
        descriptor = os.open(path, os.O_RDONLY)
        request = RequestFactory().generic(
            method, "/", headers={key.replace("_", "-"): v for key, v in headers.items()}
        )
        response = file_response(request, descriptor, Label(name, download))
        response.descriptor = descriptor
        return response

    return ask_for


def body(response):
    content = b"".join(response) if response.streaming else response.content
    response.close()
    return content


def is_open(descriptor):
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def test_without_a_range_the_whole_file_is_sent(ask):
    response = ask()
    assert response.status_code == 200
    assert response["Content-Length"] == str(len(CONTENT))
    assert response["Accept-Ranges"] == "bytes"
    assert not response.has_header("Content-Range")
    assert body(response) == CONTENT


@pytest.mark.parametrize(
    ("header", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-1", 0, 2),
        ("bytes=262143-524289", 262143, 524290),
        ("bytes=700000-", 700000, 700001),
        ("bytes=-300000", 400001, 700001),
        ("bytes=100-99999999", 100, 700001),
    ],
)
def test_a_range_is_answered_206_with_its_bytes(ask, header, start, stop):
    response = ask(Range=header)
    assert response.status_code == 206
    assert response["Content-Range"] == f"bytes {start}-{stop - 1}/{len(CONTENT)}"
    assert response["Content-Length"] == str(stop - start)
    assert body(response) == CONTENT[start:stop]


@pytest.mark.parametrize("header", ["bytes=700001-", "bytes=-0"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_range_past_the_end_answers_416_with_the_size(ask, header, method):
    response = ask(method, Range=header)
    assert response.status_code == 416
    assert response["Content-Range"] == f"bytes */{len(CONTENT)}"
    assert body(response) == b""


def test_a_206_has_the_headers_of_the_200(ask):
    whole, part = ask(), ask(Range="bytes=5-9")
    same = [{key: value for key, value in r.items() if key not in OWN_HEADERS} for r in (whole, part)]
    assert same[0] == same[1]
    assert {"ETag", "Last-Modified", "Content-Type", "Cache-Control", "Accept-Ranges"} <= same[0].keys()
    body(whole)
    body(part)


@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=3-700"}, {"Range": "bytes=-7"}, {"Range": "bytes=9999999-"}])
def test_head_is_get_without_the_body(ask, headers):
    head, get = ask("HEAD", **headers), ask("GET", **headers)
    assert (head.status_code, dict(head.items())) == (get.status_code, dict(get.items()))
    assert body(head) == b""
    body(get)


def test_who_has_this_very_file_is_answered_304(ask):
    known = ask("HEAD")
    for headers in (
        {"If_None_Match": known["ETag"]},
        {"If_None_Match": f'"other", W/{known["ETag"]}'},
        {"If_None_Match": "*"},
        {"If_Modified_Since": known["Last-Modified"]},
        {"If_None_Match": known["ETag"], "Range": "bytes=0-5"},
    ):
        response = ask(**headers)
        assert response.status_code == 304, headers
        assert response["ETag"] == known["ETag"]
        assert body(response) == b""


def test_who_has_another_file_gets_this_one(ask):
    for headers in (
        {"If_None_Match": '"other"'},
        {"If_Modified_Since": http_date(1_600_000_000)},
        {"If_Modified_Since": "some day"},
        {"If_None_Match": '"other"', "If_Modified_Since": http_date(1_800_000_000)},
    ):
        assert body(ask(**headers)) == CONTENT, headers


def test_a_precondition_that_does_not_hold_answers_412(ask):
    for headers in ({"If_Match": '"other"'}, {"If_Unmodified_Since": http_date(1_600_000_000)}):
        response = ask(Range="bytes=0-5", **headers)
        assert response.status_code == 412, headers
        assert body(response) == b""


def test_if_range_with_the_files_own_validator_gives_the_part(ask):
    known = ask("HEAD")
    for validator in (known["ETag"], known["Last-Modified"]):
        response = ask(Range="bytes=10-19", If_Range=validator)
        assert response.status_code == 206, validator
        assert body(response) == CONTENT[10:20]


def test_if_range_with_any_other_validator_gives_the_whole_file(ask):
    etag = ask("HEAD")["ETag"]
    for validator in (
        '"other"',
        f"W/{etag}",
        etag.strip('"'),
        http_date(1_600_000_000),
        http_date(1_800_000_000),
        "junk",
    ):
        for header in ("bytes=10-19", "bytes=9999999-"):
            response = ask(Range=header, If_Range=validator)
            assert response.status_code == 200, validator
            assert body(response) == CONTENT


def test_the_etag_changes_with_the_content(ask, tmp_path):
    before = ask("HEAD")["ETag"]
    (tmp_path / "file").write_bytes(CONTENT[::-1])
    assert ask("HEAD")["ETag"] != before
    assert before.startswith('"')


def test_the_date_is_that_of_the_file(ask):
    assert ask("HEAD")["Last-Modified"] == http_date(1_700_000_000)


@pytest.mark.parametrize(
    ("modified_seconds", "written"),
    [(-1, http_date(0)), (-(10**11), http_date(0)), (10**12, None), ("tomorrow", None)],
)
def test_a_date_before_computers_or_still_to_come_is_one_that_can_be_given(ask, tmp_path, modified_seconds, written):
    before = int(time.time())
    os.utime(tmp_path / "file", (0, before + A_DAY if modified_seconds == "tomorrow" else modified_seconds))
    response = ask()
    assert body(response) == CONTENT
    given = parse_http_date(response["Last-Modified"])
    assert response["Last-Modified"] == written if written else before <= given <= time.time()
    assert body(ask(If_Modified_Since=http_date(before - A_DAY))) == (b"" if written else CONTENT)


def test_a_304_says_nothing_of_a_body_that_is_not_there(ask):
    response = ask(If_None_Match="*")
    assert sorted(response.headers) == ["Cache-Control", "ETag", "Last-Modified"]
    assert body(response) == b""


@pytest.mark.parametrize("headers", [{"If_Match": '"x"'}, {"Range": "bytes=9999999-"}])
def test_a_refusal_has_no_type_and_is_not_kept_as_the_file(ask, headers):
    response = ask(**headers)
    assert not response.has_header("Content-Type")
    assert not response.has_header("Content-Disposition")
    assert response["Cache-Control"] == "private, no-cache"


def test_a_label_is_on_the_whole_and_on_each_part(tmp_path):
    (tmp_path / "a").write_bytes(CONTENT)
    label = Label("cover.webp", content_type="image/webp", cache_control="private, max-age=9")
    for ranges, status in (({}, 200), ({"Range": "bytes=0-9"}, 206), ({"Range": "bytes=0-9,20-29"}, 206)):
        request = RequestFactory().get("/", headers=ranges)
        response = file_response(request, os.open(tmp_path / "a", os.O_RDONLY), label)
        assert (response.status_code, response["Cache-Control"]) == (status, "private, max-age=9")
        sent = body(response)
        assert response["Content-Type"] == "image/webp" or b"Content-Type: image/webp\r\n" in sent


def test_an_empty_file_is_sent_as_nothing(tmp_path):
    (tmp_path / "empty.mp4").touch()
    for headers, status in (({}, 200), ({"Range": "bytes=-5"}, 200), ({"Range": "bytes=0-"}, 416)):
        descriptor = os.open(tmp_path / "empty.mp4", os.O_RDONLY)
        response = file_response(RequestFactory().get("/", headers=headers), descriptor, Label("empty.mp4"))
        assert response.status_code == status
        assert body(response) == b""
        assert not is_open(descriptor)


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", {}),
        ("HEAD", {"Range": "bytes=0-5"}),
        ("HEAD", {"Range": "bytes=0-5,10-15"}),
        ("GET", {"Range": "bytes=9999999-"}),
        ("GET", {"If_None_Match": "*"}),
        ("GET", {"If_Match": '"other"'}),
    ],
)
def test_an_answer_without_bytes_closes_the_file_at_once(ask, method, headers):
    assert not is_open(ask(method, **headers).descriptor)


@pytest.mark.parametrize("chunks_read", [0, 1, 99])
def test_the_file_is_closed_when_all_is_sent_and_when_the_client_goes_away(ask, chunks_read):
    response = ask()
    assert is_open(response.descriptor)
    for _, _chunk in zip(range(chunks_read), response, strict=False):
        pass
    response.close()
    assert not is_open(response.descriptor)
    response.close()


def test_a_server_with_sendfile_finds_the_descriptor_at_the_first_byte(ask):
    response = ask(Range="bytes=12345-")
    descriptor = response.file_to_stream.fileno()
    assert descriptor == response.descriptor
    assert os.lseek(descriptor, 0, os.SEEK_CUR) == 12345
    response.close()


def test_a_client_that_is_gone_before_the_first_byte_leaves_no_trace(tmp_path):
    # The socket module then turns from sendfile to read() and seek(), and must meet the same broken pipe there.
    (tmp_path / "a.mp4").write_bytes(b"x" * 100_000)
    ours, theirs = socket.socketpair()
    theirs.close()
    slice_ = FileSlice(OpenFile(os.open(tmp_path / "a.mp4", os.O_RDONLY)), ByteRange(10, 90_000))
    with ours, pytest.raises(BrokenPipeError):
        ours.sendfile(slice_, 10, 89_990)
    slice_.close()


@pytest.mark.parametrize("header", [None, "bytes=100-", "bytes=0-9,100-699999"])
def test_a_file_that_shrinks_ends_the_answer_early_and_nothing_stands_for_what_is_gone(ask, tmp_path, header):
    response = ask(**({"Range": header} if header else {}))
    chunks = iter(response)
    sent = [next(chunks)]
    os.truncate(tmp_path / "file", 300_000)
    with pytest.raises(FileShrank):
        sent.extend(chunks)
    sent = b"".join(sent)
    assert CONTENT[100:290_000] in sent
    assert len(sent) < 301_000
    response.close()
    assert not is_open(response.descriptor)


@pytest.mark.parametrize("header", [None, "bytes=100-", "bytes=0-9,100-"])
def test_a_file_that_grows_is_sent_with_the_size_that_it_had(ask, tmp_path, header):
    response = ask(**({"Range": header} if header else {}))
    chunks = iter(response)
    sent = next(chunks)
    with open(tmp_path / "file", "ab") as file:
        file.write(b"more" * 100_000)
    sent += b"".join(chunks)
    assert len(sent) == int(response["Content-Length"])
    assert CONTENT[100:] in sent
    assert b"moremore" not in sent
    response.close()


@pytest.mark.parametrize("header", [None, "bytes=100-", "bytes=0-9,100-"])
def test_a_file_that_is_replaced_is_sent_as_it_was(ask, tmp_path, header):
    response = ask(**({"Range": header} if header else {}))
    (tmp_path / "new").write_bytes(b"another film")
    (tmp_path / "new").replace(tmp_path / "file")
    assert CONTENT[100:] in body(response)


def test_nginx_is_told_where_the_file_is_and_what_to_say_of_it(ask):
    response = nginx_response("/_videos/", 'sub/100% "ü"?#\n;.mp4', Label("film.mkv", download=True))
    assert response["X-Accel-Redirect"] == "/_videos/sub/100%25%20%22%C3%BC%22%3F%23%0A%3B.mp4"
    assert response["Content-Type"] == "video/x-matroska"
    assert response["Content-Disposition"] == 'attachment; filename="film.mkv"'
    assert response["Cache-Control"] == "private, no-cache"
    assert nginx_response("/_videos/", "bad\udcff.mp4", Label("a.mp4"))["X-Accel-Redirect"] == "/_videos/bad%FF.mp4"
