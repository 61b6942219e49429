"""Conditions over the wire, by the sections of RFC 9110 that ask for them: §13, and what they compare, §8.8."""

import os
import time
from email.utils import formatdate, parsedate_to_datetime

import pytest

from tests.streaming.conftest import CONTENT, LAST_MODIFIED, MODIFIED_SECONDS, add_videos, write_film
from tests.streaming.wire import Wire

pytestmark = pytest.mark.slow

SIZE = len(CONTENT)
STREAM = "/videos/1/stream"
EARLIER, LATER = (formatdate(MODIFIED_SECONDS + seconds, usegmt=True) for seconds in (-1, 1))
YEARS_AHEAD = "Fri, 01 Jan 2066 00:00:00 GMT"
PART = ("Range", "bytes=5-9")

# The section, what it is about, the headers ("{etag}" is the file's), and the status expected.
CASES = [
    ("§13.1.1", "the tag of the file", {"If-Match": "{etag}"}, 200),
    ("§13.1.1", "any file", {"If-Match": "*"}, 200),
    ("§13.1.1", "the tag in a list", {"If-Match": '"x", {etag} ,"y"'}, 200),
    ("§13.1.1", "the tag behind one with a comma", {"If-Match": '"a,b",{etag}'}, 200),
    ("§13.1.1", "another tag", {"If-Match": '"x"'}, 412),
    ("§13.1.1", "a weak tag never matches strongly", {"If-Match": "W/{etag}"}, 412),
    ("§13.1.1", "what is no tag", {"If-Match": "junk"}, 412),
    ("§13.1.1", "nothing", {"If-Match": ""}, 412),
    ("§13.1.1", "a tag without its end", {"If-Match": '"x'}, 412),
    ("§13.1.1", "before the range is looked at", {"If-Match": '"x"', "Range": "bytes=5-9"}, 412),
    ("§13.1.1", "and the range is sent where it holds", {"If-Match": "{etag}", "Range": "bytes=5-9"}, 206),
    ("§13.1.2", "the tag of the file", {"If-None-Match": "{etag}"}, 304),
    ("§13.1.2", "its weak form matches weakly", {"If-None-Match": "W/{etag}"}, 304),
    ("§13.1.2", "any file", {"If-None-Match": "*"}, 304),
    ("§13.1.2", "the tag in a list", {"If-None-Match": '"x",W/"y" , {etag}'}, 304),
    ("§13.1.2", "empty elements in the list", {"If-None-Match": ", ,{etag},,"}, 304),
    ("§13.1.2", "another tag", {"If-None-Match": '"x"'}, 200),
    ("§13.1.2", "what is no tag", {"If-None-Match": "junk"}, 200),
    ("§13.1.2", "nothing", {"If-None-Match": ""}, 200),
    ("§13.1.2", "before the range is looked at", {"If-None-Match": "{etag}", "Range": "bytes=5-9"}, 304),
    ("§13.1.2", "even where the range is not there", {"If-None-Match": "{etag}", "Range": "bytes=999999-"}, 304),
    ("§13.1.2", "the part where it is another file", {"If-None-Match": '"x"', "Range": "bytes=5-9"}, 206),
    ("§13.1.3", "the date of the file", {"If-Modified-Since": LAST_MODIFIED}, 304),
    ("§13.1.3", "a later date", {"If-Modified-Since": LATER}, 304),
    ("§13.1.3", "a date to come", {"If-Modified-Since": YEARS_AHEAD}, 304),
    ("§13.1.3", "a second earlier", {"If-Modified-Since": EARLIER}, 200),
    ("§13.1.3", "what is no date", {"If-Modified-Since": "yesterday"}, 200),
    ("§13.1.3", "nothing", {"If-Modified-Since": ""}, 200),
    ("§13.1.3", "two dates", {"If-Modified-Since": f"{LATER}, {LATER}"}, 200),
    ("§13.1.3", "ignored beside If-None-Match", {"If-None-Match": '"x"', "If-Modified-Since": LATER}, 200),
    ("§13.1.3", "ignored beside a malformed one", {"If-None-Match": "junk", "If-Modified-Since": LATER}, 200),
    ("§5.6.7", "a date as RFC 850 wrote it", {"If-Modified-Since": "Tuesday, 14-Nov-23 22:13:20 GMT"}, 304),
    ("§5.6.7", "a date as asctime writes it", {"If-Modified-Since": "Tue Nov 14 22:13:20 2023"}, 304),
    ("§5.6.7", "a day that there is not", {"If-Modified-Since": "Tue, 31 Feb 2026 22:13:20 GMT"}, 200),
    ("§5.6.7", "a date without its zone", {"If-Modified-Since": "Tue, 14 Nov 2023 22:13:20"}, 200),
    ("§13.1.4", "the date of the file", {"If-Unmodified-Since": LAST_MODIFIED}, 200),
    ("§13.1.4", "a later date", {"If-Unmodified-Since": LATER}, 200),
    ("§13.1.4", "a second earlier", {"If-Unmodified-Since": EARLIER}, 412),
    ("§13.1.4", "what is no date", {"If-Unmodified-Since": "yesterday"}, 200),
    ("§13.1.4", "ignored beside If-Match", {"If-Match": "{etag}", "If-Unmodified-Since": EARLIER}, 200),
    ("§13.1.4", "ignored beside another If-Match", {"If-Match": '"x"', "If-Unmodified-Since": LATER}, 412),
    ("§13.2.2", "If-Match before If-None-Match", {"If-Match": '"x"', "If-None-Match": "{etag}"}, 412),
    ("§13.2.2", "both hold and match", {"If-Match": "{etag}", "If-None-Match": "{etag}"}, 304),
    ("§13.2.2", "the first date before the second", {"If-Unmodified-Since": EARLIER, "If-Modified-Since": LATER}, 412),
    ("§13.2.2", "a date, then a tag", {"If-Unmodified-Since": LATER, "If-None-Match": "{etag}"}, 304),
    ("§13.2.2", "all hold", {"If-Match": "*", "If-None-Match": '"x"', "Range": "bytes=5-9", "If-Range": "{etag}"}, 206),
    ("§13.1.5", "the tag of the file", {"If-Range": "{etag}", "Range": "bytes=5-9"}, 206),
    ("§13.1.5", "a weak tag", {"If-Range": "W/{etag}", "Range": "bytes=5-9"}, 200),
    ("§13.1.5", "another tag", {"If-Range": '"x"', "Range": "bytes=5-9"}, 200),
    ("§13.1.5", "a list is not allowed", {"If-Range": '{etag}, "x"', "Range": "bytes=5-9"}, 200),
    ("§13.1.5", "the date of the file", {"If-Range": LAST_MODIFIED, "Range": "bytes=5-9"}, 206),
    ("§13.1.5", "an earlier date", {"If-Range": EARLIER, "Range": "bytes=5-9"}, 200),
    ("§13.1.5", "a later date is no exact match", {"If-Range": LATER, "Range": "bytes=5-9"}, 200),
    ("§13.1.5", "what is neither", {"If-Range": "junk", "Range": "bytes=5-9"}, 200),
    ("§13.1.5", "nothing", {"If-Range": "", "Range": "bytes=5-9"}, 200),
    ("§13.1.5", "ignored without a range", {"If-Range": '"x"'}, 200),
    ("§13.1.5", "no 416 where the range does not count", {"If-Range": '"x"', "Range": "bytes=999999-"}, 200),
    ("§13.1.5", "416 where it counts", {"If-Range": "{etag}", "Range": "bytes=999999-"}, 416),
    ("§13.1.5", "ignored with a malformed range", {"If-Range": "{etag}", "Range": "bytes=9-5"}, 200),
]


@pytest.mark.parametrize(
    ("headers", "status"), [pytest.param(*values, id=f"{section} {title}") for section, title, *values in CASES]
)
def test_a_condition(wire, etag, headers, status):
    sent = [(name, text.replace("{etag}", etag)) for name, text in headers.items()]
    reply, head = wire.ask("GET", STREAM, sent), wire.ask("HEAD", STREAM, sent)
    assert (reply.status, head.status) == (status, status)
    assert reply.body == {200: CONTENT, 206: CONTENT[5:10]}.get(status, b"")
    if status in (200, 206, 304):
        assert (reply["ETag"], reply["Last-Modified"]) == (etag, LAST_MODIFIED)
    if status == 304:
        assert reply["Content-Length"] in (None, str(SIZE))
    # The connection goes on, and stands at the beginning of an answer.
    assert wire.ask("GET", STREAM, [PART]).body == CONTENT[5:10]


@pytest.fixture
def other(site, tmp_path):
    """Give (path, address) of a film of the test's own."""
    name = f"{tmp_path.name}.mp4"
    write_film(site.shell.videos / name, CONTENT)
    (number,) = add_videos(site.shell, name)
    return site.shell.videos / name, f"/videos/{number}/stream"


def test_section_8_8_1_the_tag_is_strong_and_another_for_each_state_of_the_file(wire, other):
    path, address = other
    changes = [
        lambda: path.write_bytes(CONTENT[::-1]),
        lambda: os.utime(path, (1, 1)),
        lambda: os.truncate(path, 5),
        lambda: (path.rename(f"{path}.old"), write_film(path, CONTENT)),
    ]
    seen = [wire.ask("HEAD", address)["ETag"]]
    for change in changes:
        change()
        seen.append(wire.ask("HEAD", address)["ETag"])
    assert len(set(seen)) == 5
    assert all(tag.startswith('"') and tag.endswith('"') and len(tag) > 10 for tag in seen)
    stale = wire.ask("GET", address, [PART, ("If-Range", seen[1])])
    assert (stale.status, stale.body) == (200, CONTENT)


def test_section_8_8_2_1_a_date_to_come_is_given_as_that_of_the_answer(wire, other):
    path, address = other
    os.utime(path, (0, time.time() + 90_000))
    reply = wire.ask("GET", address)
    assert reply.status == 200
    assert parsedate_to_datetime(reply["Last-Modified"]) <= parsedate_to_datetime(reply["Date"])
    os.utime(path, (0, -(10**11)))
    assert wire.ask("GET", address)["Last-Modified"] == "Thu, 01 Jan 1970 00:00:00 GMT"


def test_section_8_8_2_2_the_date_of_a_file_that_has_just_changed_is_no_strong_validator(wire, other):
    path, address = other
    for _ in range(20):
        now = time.time()
        os.utime(path, (now, now))
        date = wire.ask("HEAD", address)["Last-Modified"]
        reply = wire.ask("GET", address, [PART, ("If-Range", date)])
        if time.time() < now + 1 and int(time.time()) == int(now):
            break
    else:
        pytest.fail("a second passed at each try")
    assert (reply.status, reply.body) == (200, CONTENT)
    time.sleep(1.1)
    assert wire.ask("GET", address, [PART, ("If-Range", date)]).status == 206


def test_section_13_2_1_a_condition_of_what_is_not_there_is_not_asked(wire):
    for headers in ([("If-None-Match", "*")], [("If-Match", '"x"')], [PART], [("If-Modified-Since", LATER)]):
        assert wire.ask("GET", "/videos/999/stream", headers).status == 404


def test_section_13_2_1_a_method_that_is_not_allowed_is_told_so_before_any_condition(wire):
    assert wire.ask("POST", STREAM, [("If-Match", '"x"'), ("Content-Length", "0")]).status == 405


def test_section_13_1_2_a_client_that_keeps_the_file_is_sent_it_once(site, etag):
    with Wire(site.port) as wire:
        known = wire.ask("GET", STREAM)["ETag"]
        again = wire.ask("GET", STREAM, [("If-None-Match", known)])
        assert (again.status, again.body, again["ETag"]) == (304, b"", etag)
