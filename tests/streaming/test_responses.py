"""An open file and a request -> status, headers and exactly the bytes asked for; in the end the file is closed."""

import os
import socket
from email.message import Message
from urllib.parse import unquote

import pytest
from django.core.signals import request_finished
from django.db import close_old_connections
from django.test import RequestFactory
from django.utils.http import http_date

from videos.streaming.ranges import ByteRange
from videos.streaming.responses import CONTENT_TYPES, FileSlice, file_response

CONTENT = os.urandom(700_001)
# What one response has of its own; all the others belong to the file.
OWN_HEADERS = {"Content-Length", "Content-Range"}


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
        response = file_response(request, descriptor, name, download=download)
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


def test_an_empty_file_is_sent_as_nothing(tmp_path):
    (tmp_path / "empty.mp4").touch()
    for headers, status in (({}, 200), ({"Range": "bytes=-5"}, 200), ({"Range": "bytes=0-"}, 416)):
        descriptor = os.open(tmp_path / "empty.mp4", os.O_RDONLY)
        response = file_response(RequestFactory().get("/", headers=headers), descriptor, "empty.mp4")
        assert response.status_code == status
        assert body(response) == b""
        assert not is_open(descriptor)


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("a.mp4", "video/mp4"), ("a.M4V", "video/mp4"), ("a.mkv", "video/x-matroska"), ("a.WebM", "video/webm"),
        ("a.mov", "video/quicktime"), ("a.ts", "video/mp2t"), ("a.ogv", "video/ogg"), ("a.avi", "video/x-msvideo"),
        ("a.mp4.html", "application/octet-stream"), ("mp4", "video/mp4"), ("a.svg", "application/octet-stream"),
        ("a", "application/octet-stream"), ("", "application/octet-stream"),
    ],
)  # fmt: skip
def test_the_content_type_follows_the_extension_and_is_never_a_page(ask, name, content_type):
    assert ask("HEAD", name=name)["Content-Type"] == content_type


def test_every_content_type_is_that_of_a_video():
    assert all(kind.startswith("video/") or kind == "application/mxf" for kind in CONTENT_TYPES.values())


@pytest.mark.parametrize(
    "name",
    [
        "plain.mp4", 'a "quoted" name.mp4', "back\\slash.mp4", "semi; filename=evil.exe; x.mp4", "Ärger über 東京.mp4",
        "per%20cent.mp4", "tab\there.mp4", "new\nline.mp4", "cr\r\nX-Injected: 1.mp4", "ends with newline.mp4\n",
        "\u202egnp.mp4", "bell\x07.mp4", "é" * 120 + ".mp4", "'single'.mp4",
    ],
)  # fmt: skip
@pytest.mark.parametrize(("download", "disposition"), [(False, "inline"), (True, "attachment")])
def test_the_name_to_save_under_survives_and_adds_no_header(ask, name, download, disposition):
    response = ask(name=name, download=download)
    value = response["Content-Disposition"]
    assert value.isascii()
    assert value.replace("\t", " ").isprintable()
    assert not response.has_header("X-Injected")
    message = Message()
    message["Content-Disposition"] = value
    assert message.get_content_disposition() == disposition
    star = value.partition("filename*=utf-8''")[2]
    assert (unquote(star) if star else message.get_filename()) == name.rstrip("\n")
    assert body(response) == CONTENT


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", {}),
        ("HEAD", {"Range": "bytes=0-5"}),
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
    slice_ = FileSlice(os.open(tmp_path / "a.mp4", os.O_RDONLY), ByteRange(10, 90_000))
    with ours, pytest.raises(BrokenPipeError):
        ours.sendfile(slice_, 10, 89_990)
    slice_.close()
