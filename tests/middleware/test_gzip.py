"""Pages travel compressed; pictures, films and ranges do not."""

import gzip

import pytest

pytestmark = pytest.mark.django_db
ASKS = {"HTTP_ACCEPT_ENCODING": "gzip, deflate, br"}


def test_a_page_is_compressed_for_whoever_understands_that(client, make_video):
    for number in range(60):
        make_video(f"{number}.mp4")
    answer = client.get("/", **ASKS)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert b"59</h2>" in gzip.decompress(answer.content)
    assert len(answer.content) < 30_000
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert not client.get("/").has_header("Content-Encoding")


@pytest.mark.parametrize(("headers", "status"), [({}, 200), ({"HTTP_RANGE": "bytes=0-999"}, 206)])
def test_a_film_is_sent_as_it_is(headers, status, client, library, make_video):
    (library / "notes.txt.mp4").write_bytes(b"text " * 1000)
    video = make_video("notes.txt.mp4", file_size=5000)
    answer = client.get(f"/videos/{video.pk}/stream", **ASKS, **headers)
    assert answer.status_code == status
    assert not answer.has_header("Content-Encoding")
    assert b"".join(answer).startswith(b"text text")


def test_two_answers_of_one_page_differ_in_length_so_that_it_tells_nothing(client):
    lengths = {len(client.get("/stats/", **ASKS).content) for _ in range(12)}
    assert len(lengths) > 1
