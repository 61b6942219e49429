"""Behind nginx, set up as docs/deployment.md says: the same bytes and headers, and nobody past the door."""

import os
import re
import threading

import pytest

from tests.conftest import migrated_shell
from tests.media.samples import make_sample
from tests.streaming.conftest import CONTENT, LAST_MODIFIED, add_videos, write_film
from tests.streaming.nginx import HOST, Front, behind_nginx
from tests.streaming.test_conformance_ranges import parts_at
from tests.streaming.wire import Wire
from videos.streaming.headers import content_disposition, content_type_of

pytestmark = pytest.mark.slow

SIZE = len(CONTENT)
NAMES = [
    "film.mp4", "sub/two words.mkv", "100%25.mp4", "a%2Fb%00.mp4", "what? really#1&x=y.webm", 'say "hi" \'there\'.mp4',
    "Ärger 東京 𝄞.mp4", "two\nlines\r\n.mp4", "back\\slash.mp4", "\u202egpm.mp4", "ü" * 120 + ".mp4", "..x/...mp4",
    "$document_root;{}.mp4", "tab\tand bell\x07.mp4", "~+ [x].mp4", " lead/trail .mp4", "café.mp4", "cafe\u0301.mp4",
    "/".join(["ö" * 100] * 15) + "/deep.mp4",
]  # fmt: skip


@pytest.fixture(scope="module")
def front(tmp_path_factory):
    shell = migrated_shell(tmp_path_factory.mktemp("front"))
    for name in NAMES:
        (shell.videos / name).parent.mkdir(parents=True, exist_ok=True)
        write_film(shell.videos / name, CONTENT)
    assert add_videos(shell, *NAMES)[0] == 1
    with behind_nginx(shell, tmp_path_factory.mktemp("nginx")) as front:
        yield front
    assert "Internal Server Error" not in front.server.log
    assert "[emerg]" not in front.log
    assert "[alert]" not in front.log


def stream(number=1):
    return f"/videos/{number}/stream"


@pytest.mark.parametrize("number", range(1, len(NAMES) + 1), ids=[ascii(name)[1:40] for name in NAMES])
def test_a_file_of_any_name_comes_whole_and_in_parts_with_its_type_and_name(front: Front, number):
    name = NAMES[number - 1].rpartition("/")[2]
    whole, part = (
        front.ask("GET", f"{stream(number)}?download"),
        front.ask("GET", stream(number), [("Range", "bytes=5-9")]),
    )
    assert (whole.status, part.status) == (200, 206)
    assert (whole.body, part.body) == (CONTENT, CONTENT[5:10])
    assert whole["Content-Type"] == part["Content-Type"] == content_type_of(name)
    assert whole["Content-Disposition"] == content_disposition(name, download=True)
    assert part["Content-Disposition"] == content_disposition(name, download=False)


def test_what_is_said_of_a_film_is_what_the_server_itself_says_but_for_the_tag(front, wire):
    own, through = wire.ask("GET", stream()), front.ask("GET", stream(), [("Accept-Encoding", "gzip")])
    for name in ("Content-Type", "Content-Length", "Content-Disposition", "Last-Modified", "Accept-Ranges",
                 "Cache-Control", "X-Content-Type-Options", "Content-Encoding"):  # fmt: skip
        assert through[name] == own[name], name
    assert through["Last-Modified"] == LAST_MODIFIED
    assert through["ETag"].startswith('"')
    assert through["X-Accel-Redirect"] is None


@pytest.mark.parametrize(
    ("header", "status", "content_range", "start", "stop"),
    [
        ("bytes=0-0", 206, f"bytes 0-0/{SIZE}", 0, 1),
        ("bytes=99000-999999", 206, f"bytes 99000-{SIZE - 1}/{SIZE}", 99_000, SIZE),
        ("bytes=-5", 206, f"bytes {SIZE - 5}-{SIZE - 1}/{SIZE}", SIZE - 5, SIZE),
        ("bytes=50000-", 206, f"bytes 50000-{SIZE - 1}/{SIZE}", 50_000, SIZE),
        ("items=0-5", 200, None, 0, SIZE),
        (f"bytes={SIZE}-", 416, f"bytes */{SIZE}", None, None),
    ],
)
def test_nginx_sends_the_ranges(front, header, status, content_range, start, stop):
    reply, head = (front.ask(method, stream(), [("Range", header)]) for method in ("GET", "HEAD"))
    assert (reply.status, reply["Content-Range"]) == (head.status, head["Content-Range"]) == (status, content_range)
    assert start is None or reply.body == CONTENT[start:stop]
    assert head.body == b""


def test_nginx_sends_several_ranges(front):
    reply = front.ask("GET", stream(), [("Range", "bytes=5-9,500-509")])
    assert reply.status == 206
    boundary = reply["Content-Type"].removeprefix("multipart/byteranges; boundary=")
    assert reply.body.lstrip() == parts_at(boundary, [(5, 10), (500, 510)])


def test_nginx_answers_the_conditions_by_its_own_tag(front):
    known = front.ask("HEAD", stream())["ETag"]
    part = ("Range", "bytes=5-9")
    for headers, status in (
        ([("If-None-Match", known)], 304), ([("If-None-Match", '"x"')], 200), ([("If-Match", '"x"')], 412),
        ([("If-Modified-Since", LAST_MODIFIED)], 304), ([("If-Range", known), part], 206),
        ([("If-Range", '"x"'), part], 200), ([("If-Range", LAST_MODIFIED), part], 206),
    ):  # fmt: skip
        assert front.ask("GET", stream(), headers).status == status, headers


def test_one_connection_carries_one_answer_after_the_other(front):
    with front.wire() as wire:
        for start in (0, 70_000, 9, 200_000, 3):
            headers = [("Cookie", front.cookies), ("Range", f"bytes={start}-{start + 4}")]
            assert wire.ask("GET", stream(), headers).status == (416 if start > SIZE else 206)
        assert wire.ask("GET", "/", [("Cookie", front.cookies)]).status == 200


@pytest.mark.parametrize(
    "target",
    [
        "/_videos/film.mp4", "/_videos/", "/_videos", "/%5Fvideos/film.mp4", "//_videos/film.mp4", "/_VIDEOS/film.mp4",
        "/x/../_videos/film.mp4", "/_videos/../_videos/film.mp4", "/_videos/%2e%2e/film.mp4", "/a/..%2f_videos/a",
        "/_pictures/0/1.cover.webp", "/_videos/film.mp4?x=/_videos/film.mp4",
    ],
)  # fmt: skip
def test_nobody_reaches_what_is_internal_from_outside(front, target):
    for headers in ([], [("X-Accel-Redirect", "/_videos/film.mp4")], [("Range", "bytes=0-9")]):
        reply = front.ask("GET", target, headers)
        assert reply.status in (400, 404), reply.status
        assert CONTENT[:9] not in reply.body


def test_without_a_login_nothing_is_sent(front):
    with front.wire() as wire:
        for method in ("GET", "HEAD"):
            reply = wire.ask(method, stream(), [("Range", "bytes=0-9"), ("X-Accel-Redirect", "/_videos/film.mp4")])
            assert (reply.status, reply["Location"]) == (302, f"/login/?next={stream()}")
            assert CONTENT[:9] not in reply.body


def test_plain_http_leads_to_tls(front):
    with Wire(front.http_port, host=HOST) as wire:
        reply = wire.ask("GET", f"{stream()}?download")
        assert (reply.status, reply["Location"]) == (301, f"https://{HOST}{stream()}?download")


def test_pictures_come_by_the_same_way(front):
    folder = front.server.shell.data / "generated" / "pictures" / "0"
    folder.mkdir(parents=True)
    (folder / "1.cover.webp").write_bytes(b"RIFF cover WEBP")
    reply = front.ask("GET", "/videos/1/cover.webp?v=1")
    assert (reply.status, reply.body, reply["Content-Type"]) == (200, b"RIFF cover WEBP", "image/webp")
    assert reply["Cache-Control"] == "private, max-age=31536000, immutable"
    assert front.ask("GET", "/videos/1/cover.webp", [("If-None-Match", reply["ETag"])]).status == 304
    assert front.ask("GET", "/videos/1/sprite.webp").status == 404


def test_links_are_followed_inside_the_folder_and_never_out_of_it(front, tmp_path):
    videos = front.server.shell.videos
    (tmp_path / "secret.mp4").write_bytes(b"secret")
    (videos / "inside.mp4").symlink_to("sub/two words.mkv")
    (videos / "folder inside").symlink_to("sub")
    (videos / "outside.mp4").symlink_to(tmp_path / "secret.mp4")
    (videos / "folder outside").symlink_to(tmp_path)
    names = ["inside.mp4", "folder inside/two words.mkv", "outside.mp4", "folder outside/secret.mp4", "gone.mp4"]
    replies = [front.ask("GET", stream(number)) for number in add_videos(front.server.shell, *names)]
    assert [reply.status for reply in replies] == [200, 200, 404, 404, 404]
    assert [reply.body for reply in replies[:2]] == [CONTENT, CONTENT]
    assert replies[0]["Content-Disposition"] == 'inline; filename="inside.mp4"'
    assert all(reply.body != b"secret" for reply in replies)


def test_a_file_that_is_swapped_for_a_link_after_the_check_is_not_sent(front, tmp_path):
    (tmp_path / "secret.mp4").write_bytes(b"secret" * 1000)
    path = front.server.shell.videos / "swapped.mp4"
    write_film(path, CONTENT)
    (number,) = add_videos(front.server.shell, path.name)
    is_over = threading.Event()

    def swap_for_ever() -> None:
        while not is_over.is_set():
            (tmp_path / "link").symlink_to(tmp_path / "secret.mp4")
            os.replace(tmp_path / "link", path)
            write_film(tmp_path / "film", CONTENT)
            os.replace(tmp_path / "film", path)

    swapper = threading.Thread(target=swap_for_ever)
    swapper.start()
    try:
        with front.wire() as wire:
            replies = [wire.ask("GET", stream(number), [("Cookie", front.cookies)]) for _ in range(150)]
    finally:
        is_over.set()
        swapper.join()
    assert {reply.status for reply in replies} >= {200}
    assert {reply.status for reply in replies} <= {200, 403, 404}
    assert all(reply.body == CONTENT for reply in replies if reply.status == 200)


def test_a_real_film_is_shown_with_its_cover(front):
    shell = front.server.shell
    make_sample("h264.mp4", shell.videos)
    shell.run("scan_library")
    shell.run("worker", "--once")
    page = front.ask("GET", "/?q=h264").body.decode()
    (cover,) = re.findall(r'src="(/videos/[0-9]+/cover.webp[^"]*)"', page)
    reply = front.ask("GET", cover.replace("&amp;", "&"))
    assert (reply.status, reply.body[8:12]) == (200, b"WEBP")
    film = front.ask("GET", cover.partition("cover")[0] + "stream")
    assert film.body == (shell.videos / "h264.mp4").read_bytes()
