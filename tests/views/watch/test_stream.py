"""The bytes of a video of the library, and of nothing else; no database connection waits while they flow."""

import os
import socket

import pytest
from django.db import connection, connections

from videos.db import sqlite_file

CONTENT = os.urandom(600_123)


@pytest.fixture
def clip(library, make_video):
    (library / "sub").mkdir()
    (library / "sub" / "clip.mp4").write_bytes(CONTENT)
    return make_video("sub/clip.mp4")


def address(video):
    return f"/videos/{video.pk}/stream"


def body(response):
    content = b"".join(response)
    response.close()
    return content


@pytest.mark.django_db(transaction=True)
def test_the_whole_file_and_its_ranges_arrive_byte_for_byte(clip, client):
    whole = client.get(address(clip))
    assert (whole.status_code, whole["Content-Type"]) == (200, "video/mp4")
    assert body(whole) == CONTENT
    for header, expected in (
        ("bytes=0-1", CONTENT[:2]), ("bytes=300000-", CONTENT[300000:]), ("bytes=-5", CONTENT[-5:]),
    ):  # fmt: skip
        part = client.get(address(clip), headers={"Range": header})
        assert part.status_code == 206
        assert body(part) == expected
    assert client.get(address(clip), headers={"Range": "bytes=700000-"}).status_code == 416


@pytest.mark.django_db(transaction=True)
def test_a_part_is_joined_only_to_the_same_file(clip, client, library):
    etag = client.head(address(clip))["ETag"]
    asked = {"Range": "bytes=5-", "If-Range": etag}
    assert body(client.get(address(clip), headers=asked)) == CONTENT[5:]
    (library / "sub" / "clip.mp4").write_bytes(CONTENT[::-1])
    changed = client.get(address(clip), headers=asked)
    assert changed.status_code == 200
    assert body(changed) == CONTENT[::-1]


def test_the_file_is_saved_under_its_own_name_without_the_folder(clip, client):
    response = client.get(f"{address(clip)}?download")
    assert response["Content-Disposition"] == 'attachment; filename="clip.mp4"'
    response.close()


def test_only_reading_is_answered(clip, client):
    for method in (client.post, client.put, client.delete, client.patch):
        assert method(address(clip)).status_code == 405


@pytest.mark.parametrize("number", ["0", "999", str(2**63), "9" * 40])
def test_an_unknown_video_answers_404(db, library, client, number):
    assert client.get(f"/videos/{number}/stream").status_code == 404


def link_out(path):
    path.symlink_to(path.parent.parent / "secret.mp4")


def link_to_a_folder_out(path):
    path.symlink_to(path.parent.parent)


def link_to_itself(path):
    path.symlink_to(path)


def a_socket(path):
    with socket.socket(socket.AF_UNIX) as unix:
        here = os.getcwd()
        os.chdir(path.parent)
        try:
            unix.bind(path.name)
        finally:
            os.chdir(here)


@pytest.mark.parametrize(
    "put_there",
    [None, link_out, link_to_a_folder_out, link_to_itself, os.mkfifo, os.mkdir, a_socket],
    ids=["gone", "link out", "link to a folder out", "loop", "FIFO", "folder", "socket"],
)
def test_what_is_no_file_of_the_folder_answers_404(library, make_video, client, put_there):
    (library.parent / "secret.mp4").write_bytes(b"secret")
    if put_there:
        put_there(library / "clip.mp4")
    response = client.get(address(make_video("clip.mp4")))
    assert response.status_code == 404
    assert b"secret" not in response.content


@pytest.mark.parametrize(
    "filename",
    [
        "../secret.mp4", "sub/../../secret.mp4", "..", "/etc/passwd", "//etc/passwd", "sub//clip.mp4", "./clip.mp4",
        "sub/", "a\0b", "x" * 4096, "y/" * 2000 + "z.mp4", "clip.mp4/inside.mp4",
    ],
)  # fmt: skip
def test_a_name_in_a_row_that_is_no_path_of_the_folder_answers_404(library, make_video, client, filename):
    (library.parent / "secret.mp4").write_bytes(b"secret")
    (library / "sub").mkdir()
    for path in (library / "clip.mp4", library / "sub" / "clip.mp4"):
        path.write_bytes(b"clip")
    response = client.get(address(make_video(filename)))
    assert response.status_code == 404


@pytest.mark.parametrize(
    "name", ["new\nline.mp4", "ends\n.mp4", "line end.mp4\n", "ü 東京.mp4", "\u202egpm.mp4", 'semi;colon".mp4']
)
def test_a_file_with_an_odd_name_is_sent(library, make_video, client, name):
    (library / name).write_bytes(b"content")
    assert body(client.get(address(make_video(name)))) == b"content"


def test_a_folder_that_is_gone_answers_404(library, make_video, client):
    library.rmdir()
    assert client.get(address(make_video("clip.mp4"))).status_code == 404


def open_descriptors():
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.django_db(transaction=True)
def test_no_descriptor_is_left_open_whatever_the_answer(clip, client):
    client.head(address(clip))
    before = open_descriptors()
    for headers in (
        {},
        {"Range": "bytes=1-"},
        {"Range": "bytes=9999999-"},
        {"If-None-Match": "*"},
        {"If-Match": '"x"'},
    ):
        for method in (client.get, client.head):
            response = method(address(clip), headers=headers)
            response.close()
    left = client.get(address(clip))
    next(iter(left))
    left.close()
    assert open_descriptors() == before


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("login", [False, True])
def test_no_database_connection_is_held_while_the_bytes_flow(clip, client, admin_client, settings, login):
    settings.REQUIRE_LOGIN = login
    response = (admin_client if login else client).get(address(clip))
    assert response.status_code == 200
    next(iter(response))
    assert connection.connection is None
    assert all(known.connection is None for known in connections.all())
    response.close()


@pytest.mark.django_db(transaction=True)
def test_a_seek_costs_one_query_whatever_cookies_come_with_it_and_two_more_where_there_is_a_login(
    clip, client, admin_client, settings, query_count, monkeypatch
):
    # However slow the machine is, the last write counts as near: no name is kept.
    monkeypatch.setattr(sqlite_file, "_COARSEST_FILE_TIME_NS", 10**18)

    def seek(by):
        by.get(address(clip), headers={"Range": "bytes=5-"}).close()

    assert query_count(lambda: seek(client)) == 1
    assert query_count(lambda: seek(admin_client)) == 1, "nobody has asked who that is"
    settings.REQUIRE_LOGIN = True
    assert query_count(lambda: seek(admin_client)) == 3


@pytest.mark.django_db(transaction=True)
def test_nginx_is_told_the_real_name_of_what_is_checked_here(library, make_video, client, settings):
    settings.SENDFILE = "nginx"
    (library / "real folder").mkdir()
    (library / "real folder" / "100%.mkv").write_bytes(b"content")
    (library / "link.mp4").symlink_to("real folder/100%.mkv")
    (library / "link out.mp4").symlink_to("/etc/passwd")
    video = make_video("link.mp4")
    for method in (client.get, client.head):
        response = method(f"{address(video)}?download", headers={"If-None-Match": "*"})
        assert (response.status_code, response.content) == (200, b"")
        assert response["X-Accel-Redirect"] == "/_videos/real%20folder/100%25.mkv"
        assert response["Content-Type"] == "video/mp4"
        assert response["Content-Disposition"] == 'attachment; filename="link.mp4"'
    assert client.get(address(make_video("link out.mp4"))).status_code == 404
    assert client.get(address(make_video("gone.mp4"))).status_code == 404
