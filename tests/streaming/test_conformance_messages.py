"""What each answer says, and what is left of the connection after it, by the sections of RFC 9110 and RFC 9112."""

import os
import re
import time
from email.utils import parsedate_to_datetime

import pytest

from tests.live_server import wait_for
from tests.streaming.conftest import CONTENT, LAST_MODIFIED, add_videos, write_film
from tests.streaming.wire import Wire

pytestmark = pytest.mark.slow

SIZE = len(CONTENT)
STREAM = "/videos/1/stream"
SECTION = [("Range", "bytes=5-9")]
ALL_OF_IT = {"Accept-Ranges", "Cache-Control", "Content-Disposition", "Content-Type", "Date", "ETag", "Last-Modified"}


def of_the_file(reply):
    """Return the headers but for those that each answer has of its own."""
    own = {"Date", "Content-Length", "Content-Range"}
    return {name: text for name, text in reply.headers if name not in own}


def test_section_6_6_1_each_answer_has_its_date(wire):
    for headers in ([], SECTION, [("Range", "bytes=999999-")], [("If-None-Match", "*")]):
        date = parsedate_to_datetime(wire.ask("GET", STREAM, headers)["Date"])
        assert abs(date.timestamp() - time.time()) < 5


def test_section_15_3_1_the_whole_file(wire):
    reply = wire.ask("GET", STREAM)
    assert (reply.status, reply.body) == (200, CONTENT)
    assert {name for name, _ in reply.headers} >= ALL_OF_IT
    assert (reply["Accept-Ranges"], reply["Content-Length"], reply["Content-Type"]) == ("bytes", str(SIZE), "video/mp4")
    assert (reply["Last-Modified"], reply["Cache-Control"]) == (LAST_MODIFIED, "private, no-cache")
    assert reply["Content-Disposition"] == 'inline; filename="film.mp4"'


def test_section_15_3_7_a_part_says_of_the_file_what_the_whole_does(wire):
    whole, part, several = (
        wire.ask("GET", STREAM, headers) for headers in ([], SECTION, [("Range", "bytes=5-9,500-509")])
    )
    assert of_the_file(part) == of_the_file(whole)
    assert {**of_the_file(several), "Content-Type": "video/mp4"} == of_the_file(whole)


def test_section_15_4_5_a_304_says_what_a_cache_has_to_know_and_no_more(wire):
    whole, reply = wire.ask("GET", STREAM), wire.ask("GET", STREAM, [("If-None-Match", "*")])
    for name in ("Cache-Control", "ETag", "Last-Modified", "Vary"):
        assert reply[name] == whole[name]
    for name in ("Content-Type", "Content-Length", "Content-Disposition", "Content-Range"):
        assert reply[name] is None


def test_section_15_5_17_a_416_says_how_long_the_file_is_and_nothing_of_its_content(wire):
    reply = wire.ask("GET", STREAM, [("Range", "bytes=999999-")])
    assert reply["Content-Range"] == f"bytes */{SIZE}"
    assert (reply["Content-Length"], reply["Content-Type"], reply["ETag"]) == ("0", None, None)


@pytest.mark.parametrize(
    "headers",
    [
        [],
        SECTION,
        [("Range", "bytes=-7")],
        [("Range", "bytes=999999-")],
        [("If-None-Match", "*")],
        [("If-Match", '"x"')],
    ],
    ids=["whole", "part", "suffix", "416", "304", "412"],
)
def test_section_9_3_2_head_is_get_without_the_content(wire, headers):
    head, get = wire.ask("HEAD", STREAM, headers), wire.ask("GET", STREAM, headers)
    assert (head.status, head.body) == (get.status, b"")
    same = [[pair for pair in reply.headers if pair[0] != "Date"] for reply in (head, get)]
    assert same[0] == same[1]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"])
def test_section_15_5_6_other_methods_are_told_which_are_allowed(wire, method):
    reply = wire.ask(method, STREAM, [("Content-Length", "0"), *SECTION])
    assert (reply.status, reply["Allow"]) == (405, "GET, HEAD")
    assert wire.ask("GET", STREAM, SECTION).status == 206


@pytest.mark.parametrize(
    "accepted", ["gzip", "gzip, deflate, br, zstd", "identity;q=0, gzip", "*", "br;q=1.0, *;q=0", ""]
)
def test_section_8_4_nothing_is_ever_compressed(wire, accepted):
    plain, reply = (wire.ask("GET", STREAM, headers) for headers in ([], [("Accept-Encoding", accepted)]))
    assert (reply.status, reply.body, reply["Content-Encoding"]) == (200, CONTENT, None)
    assert of_the_file(reply) == of_the_file(plain)
    assert wire.ask("GET", STREAM, [("Accept-Encoding", accepted), *SECTION]).body == CONTENT[5:10]


@pytest.mark.parametrize(
    "headers", [[], SECTION, [("Range", "bytes=0-1,5-6")], [("Range", "bytes=999999-")], [("If-None-Match", "*")]],
    ids=["200", "206", "multipart", "416", "304"],
)  # fmt: skip
def test_section_8_3_no_browser_looks_for_another_type_than_is_said(wire, headers):
    assert wire.ask("GET", STREAM, headers)["X-Content-Type-Options"] == "nosniff"


NAMES = {
    "Ärger 100%.mkv": ("video/x-matroska", "\"_rger 100_.mkv\"; filename*=utf-8''%C3%84rger%20100%25.mkv"),
    'say "hi"; x=y.webm': ("video/webm", "\"say _hi_; x=y.webm\"; filename*=utf-8''say%20%22hi%22%3B%20x%3Dy.webm"),
    "two\r\nX-Evil: 1.mp4": ("video/mp4", "\"two__X-Evil_ 1.mp4\"; filename*=utf-8''two%0D%0AX-Evil%3A%201.mp4"),
    "\u202egpm.mp4": ("video/mp4", "\"_gpm.mp4\"; filename*=utf-8''%E2%80%AEgpm.mp4"),
    "plain.MOV": ("video/quicktime", '"plain.MOV"'),
    "é" * 120 + ".mp4": ("video/mp4", f"\"{'_' * 120}.mp4\"; filename*=utf-8''{'%C3%A9' * 120}.mp4"),
}


def test_section_8_3_and_rfc_6266_type_and_name_are_those_of_the_file_whatever_it_is_called(site, wire):
    for name in NAMES:
        write_film(site.shell.videos / name, CONTENT)
    for number, (content_type, filename) in zip(add_videos(site.shell, *NAMES), NAMES.values(), strict=True):
        for query, disposition in (("", "inline"), ("?download", "attachment"), ("?download=1", "attachment")):
            reply = wire.ask("GET", f"/videos/{number}/stream{query}")
            assert (reply.status, reply.body, reply["Content-Type"]) == (200, CONTENT, content_type)
            assert reply["Content-Disposition"] == f"{disposition}; filename={filename}"
            assert reply["X-Evil"] is None


def test_rfc_9112_section_9_3_the_connection_goes_on_after_each_kind_of_answer(wire):
    for headers in ([], SECTION, [("Range", "bytes=0-1,5-6")], [("Range", "bytes=999999-")], [("If-Match", '"x"')]):
        for method in ("GET", "HEAD"):
            assert wire.ask(method, STREAM, headers)["Connection"] == "keep-alive"
    assert wire.ask("GET", "/videos/999/stream").status == 404
    assert wire.ask("GET", STREAM, SECTION).body == CONTENT[5:10]


def test_rfc_9112_section_9_3_2_requests_that_are_sent_at_once_are_answered_one_after_the_other(site):
    ranges = [(0, 9), (50_000, 99_999), (3, 3), (100_002, 100_002)]
    common = "HTTP/1.1\r\nHost: localhost\r\n"
    with Wire(site.port) as wire:
        wire.send(
            b"".join(f"GET {STREAM} {common}Range: bytes={a}-{b}\r\n\r\n".encode() for a, b in ranges)
            + f"HEAD {STREAM} {common}\r\n".encode()
            + f"GET {STREAM} {common}Range: bytes=0-1,9-9\r\n\r\n".encode()
            + f"GET {STREAM} {common}\r\n".encode()
        )
        assert [wire.read().body for _ in ranges] == [CONTENT[a : b + 1] for a, b in ranges]
        assert wire.read("HEAD")["Content-Length"] == str(SIZE)
        assert wire.read().status == 206
        assert wire.read().body == CONTENT


def test_rfc_9112_section_9_6_who_asks_for_the_end_gets_it_after_the_answer(site):
    with Wire(site.port) as wire:
        reply = wire.ask("GET", STREAM, [("Connection", "close"), *SECTION])
        assert (reply.body, reply["Connection"]) == (CONTENT[5:10], "close")
        assert wire.has_ended()


def test_rfc_9112_section_9_3_with_http_1_0_the_connection_ends(site):
    with Wire(site.port) as wire:
        reply = wire.ask("GET", STREAM, SECTION, version="1.0")
        assert (reply.status, reply.body) == (206, CONTENT[5:10])
        assert wire.has_ended()


def test_rfc_9112_section_6_3_the_content_of_a_request_is_passed_over(wire):
    wire.send(f"GET {STREAM} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 40\r\nRange: bytes=5-9\r\n\r\n".encode())
    wire.send(b"GET /videos/1/stream HTTP/1.1\r\nHost: a\r\n")
    assert wire.read().body == CONTENT[5:10]
    assert wire.ask("GET", STREAM, [("Range", "bytes=0-3")]).body == CONTENT[:4]


@pytest.mark.parametrize(
    ("lines", "statuses"),
    [
        ("Host: evil.example", {400}),
        ("Host: localhost\r\nRange: bytes=0-\x00", {400}),
        ("Host: localhost\r\nRange: bytes=0-1\r\n continued", {400}),
        ("Host: localhost\r\nRange : bytes=0-1", {400}),
        ("Host: localhost\r\nRange: bytes=" + "0-0," * 5000, {400, 431}),
        ("Host: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked", {400}),
        ("Host: localhost\r\nHost: localhost", {400}),
    ],
    ids=[
        "§7.2 another host",
        "§5.5 NUL",
        "§5.2 folded",
        "§5.1 space",
        "§5.4 too long",
        "§6.1 two lengths",
        "§7.2 two hosts",
    ],
)
def test_what_is_no_http_is_refused_and_the_server_goes_on(site, lines, statuses):
    with Wire(site.port) as wire:
        wire.send(f"GET {STREAM} HTTP/1.1\r\n{lines}\r\n\r\n".encode("latin-1"))
        assert wire.read().status in statuses
    with Wire(site.port) as wire:
        assert wire.ask("GET", STREAM, SECTION).body == CONTENT[5:10]


@pytest.fixture
def large(site, tmp_path):
    """Give (path, address) of a film that no buffer on its way holds."""
    name = f"{tmp_path.name}.mp4"
    write_film(site.shell.videos / name, CONTENT * 400)
    (number,) = add_videos(site.shell, name)
    return site.shell.videos / name, f"/videos/{number}/stream"


@pytest.mark.parametrize("header", [None, "bytes=5-", "bytes=0-9,1000-"], ids=["whole", "part", "multipart"])
def test_section_6_4_a_file_that_shrinks_ends_the_connection_and_is_never_padded(site, large, header):
    path, address = large
    with Wire(site.port) as wire:
        wire.write("GET", address, [("Range", header)] if header else [])
        wire.begin()
        wait_for(lambda: files_open(site, path), 10)
        os.truncate(path, 20_000_000)
        started = time.monotonic()
        with pytest.raises(EOFError, match=r"(\d+) of (\d+) bytes") as ended:
            wire.read()
        assert time.monotonic() - started < 10, "the connection was kept, and only its idle time ended it"
    came, promised = map(int, re.findall(r"\d+", str(ended.value)))
    assert came <= 20_000_200 < promised
    wait_for(lambda: not files_open(site, path), 10)


@pytest.mark.parametrize("header", [None, "bytes=5-", "bytes=0-9,1000-"], ids=["whole", "part", "multipart"])
def test_section_8_6_a_file_that_grows_is_sent_with_the_size_that_it_had(site, large, header):
    path, address = large
    with Wire(site.port) as wire:
        wire.write("GET", address, [("Range", header)] if header else [])
        wire.begin()
        wait_for(lambda: files_open(site, path), 10)
        with open(path, "ab") as file:
            file.write(b"more" * 1000)
        reply = wire.read()
        assert len(reply.body) == int(reply["Content-Length"])
        assert b"moremore" not in reply.body
        assert (CONTENT * 400)[1000:] in reply.body
        assert wire.ask("GET", STREAM, SECTION).body == CONTENT[5:10]


def test_a_file_that_is_replaced_while_it_is_sent_is_sent_as_it_was(site, large):
    path, address = large
    with Wire(site.port) as wire:
        wire.write("GET", address)
        wire.begin()
        wait_for(lambda: files_open(site, path), 10)
        (path.parent / "new.part").write_bytes(b"another film")
        (path.parent / "new.part").replace(path)
        assert wire.read().body == CONTENT * 400
        assert wire.ask("GET", address).body == b"another film"


def files_open(site, path):
    """Return the descriptors of the server that stand for this file."""
    found = []
    for pid in site.family():
        for name in os.listdir(f"/proc/{pid}/fd"):
            target = os.path.realpath(f"/proc/{pid}/fd/{name}")
            found += [name] if target.removesuffix(" (deleted)") == str(path) else []
    return found
