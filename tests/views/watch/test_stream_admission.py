"""Which answers count as streams, for whom, and until when."""

import gc
import os

import pytest

from videos.views.watch.stream_admission import running_streams

# A stream closes its connection to the database, which a test within a transaction could not bear.
pytestmark = pytest.mark.django_db(transaction=True)

CONTENT = os.urandom(200_000)


@pytest.fixture
def address(library, make_video, settings):
    settings.MAX_STREAMS, settings.STREAMS_PER_ADDRESS = 3, 2
    (library / "clip.mp4").write_bytes(CONTENT)
    assert running_streams.running == 0
    yield f"/videos/{make_video('clip.mp4').pk}/stream"
    gc.collect()
    assert running_streams.running == 0, "a stream is counted for ever"


def ask(client, address, who="203.0.113.7", method="get", **headers):
    return getattr(client, method)(address, REMOTE_ADDR=who, headers=headers)


def test_a_stream_counts_until_it_is_closed_also_in_the_middle_and_before_its_first_byte(client, address):
    whole, part = ask(client, address), ask(client, address, Range="bytes=5-100000")
    assert (whole.status_code, part.status_code, running_streams.running) == (200, 206, 2)
    refused = ask(client, address)
    assert (refused.status_code, refused["Retry-After"], refused["Cache-Control"]) == (429, "10", "no-store")
    assert refused.content == b"This device has 2 streams running. Try again in a moment.\n"
    next(iter(part))
    part.close()
    again = ask(client, address)
    assert again.status_code == 200
    for response in (whole, part, again):
        response.close()
        response.close()
    assert running_streams.running == 0


def test_when_all_that_may_stream_do_the_next_is_asked_to_come_later(client, address):
    responses = [ask(client, address, who) for who in ("203.0.113.1", "203.0.113.2", "203.0.113.3", "203.0.113.4")]
    assert [response.status_code for response in responses] == [200, 200, 200, 503]
    assert responses[3]["Retry-After"] == "10"
    assert client.get("/").status_code == 200
    for response in responses:
        response.close()


def test_answers_without_bytes_are_not_counted(client, address):
    etag = ask(client, address, method="head")["ETag"]
    for _ in range(5):
        assert ask(client, address, method="head").status_code == 200
        assert ask(client, address, If_None_Match=etag).status_code == 304
        assert ask(client, address, If_Match='"other"').status_code == 412
        assert ask(client, address, Range="bytes=999999-").status_code == 416
        assert ask(client, address.replace("stream", "cover.webp")).status_code == 404
        assert running_streams.running == 0


def test_this_computer_itself_has_no_limit_but_that_of_all(client, address):
    responses = [ask(client, address, who) for who in ("127.0.0.1", "::1", "127.0.0.1", "127.0.0.1")]
    assert [response.status_code for response in responses] == [200, 200, 200, 503]
    for response in responses:
        response.close()


def test_a_response_that_nobody_closes_ends_with_its_memory(client, address):
    response = ask(client, address)
    assert running_streams.running == 1
    del response
    gc.collect()
    assert running_streams.running == 0


def test_several_ranges_at_once_count_as_one_stream(client, address):
    response = ask(client, address, Range="bytes=0-9,100-199")
    assert running_streams.running == 1
    response.close()


def test_the_addresses_of_one_ipv6_client_share_its_streams(client, address):
    addresses = ["2001:db8:0:1::1", "2001:db8:0:1:ffff::2", "2001:db8:0:1::3", "2001:db8:0:2::1"]
    responses = [ask(client, address, who) for who in addresses]
    assert [response.status_code for response in responses] == [200, 200, 429, 200]
    for response in responses:
        response.close()


def test_an_ipv4_client_has_the_same_streams_by_either_address(client, address):
    responses = [ask(client, address, who) for who in ("203.0.113.7", "::ffff:203.0.113.7", "::ffff:203.0.113.7")]
    assert [response.status_code for response in responses] == [200, 200, 429]
    other = ask(client, address, "::ffff:203.0.113.8")
    assert other.status_code == 200
    for response in [*responses, other]:
        response.close()
