"""Without a usable database the library can be looked through and played by name; nothing is written, and it heals."""

import json
import os
import shutil
from contextlib import contextmanager
from urllib.parse import quote

import pytest
from django.core.management import call_command
from django.db import connection

from tests.live_server import wait_for
from tests.views.page import Page
from videos.cache import VideoCache
from videos.db import health
from videos.db.sqlite_file import mark_as_set_up
from videos.models import Video

CONTENT = os.urandom(300_001)
JSON = {
    "ratings.json": {"clip.mp4": 4, "only in json.mp4": 5},
    "views.json": {"clip.mp4": 1234},
    "tags.json": {"clip.mp4": ["Sea", "<b>"]},
    "favorites.json": {"favorites": ["clip.mp4"]},
}


@pytest.fixture(scope="module")
def migrated(tmp_path_factory, django_db_blocker):
    """The path of a database without a row, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "video_metadata.db"
    with django_db_blocker.unblock(), use_file(path):
        call_command("migrate", verbosity=0)
    return path


@contextmanager
def use_file(path):
    connection.close()
    known_name = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = str(path)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = known_name


@pytest.fixture
def own_database(migrated, django_db_blocker, library):
    """The path of a sound database of the test's own with one rated video, whose file is there: it may be broken."""
    path = library.parent / "data" / "video_metadata.db"
    shutil.copyfile(migrated, path)
    (library / "clip.mp4").write_bytes(CONTENT)
    with django_db_blocker.unblock(), use_file(path):
        mark_as_set_up(connection)
        health.forget_health()
        Video.objects.create(pk=1, filename="clip.mp4", title="From the database")
        VideoCache().update_rating("clip.mp4", 2)
        connection.close()
        yield path


@pytest.fixture
def broken(own_database, library, client):
    """The same, broken: with the JSON files beside it, another file in a folder, and one that was never a video."""
    for name, content in JSON.items():
        (own_database.parent / name).write_text(json.dumps(content))
    (library / "sub").mkdir()
    (library / "sub" / "100% ü #1?.mp4").write_bytes(b"other")
    (library / "notes.txt").write_text("notes")
    shutil.copyfile(own_database, own_database.with_suffix(".good"))
    break_it(own_database)
    health.forget_health()
    client.raise_request_exception = False
    return own_database


def break_it(path):
    connection.close()
    path.write_bytes(b"not a database " * 5000)


def mend_it(path):
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    shutil.copyfile(path.with_suffix(".good"), path)


def files_in(folder):
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file()}


def body(response):
    content = b"".join(response)
    response.close()
    return content


def test_the_gallery_lists_the_folder_with_the_marks_of_the_json_files(broken, client):
    response = client.get("/")
    assert response.status_code == 200
    page = Page(response)
    assert page.titles == ["clip", "100% ü #1?"]
    clip = page.of_class("card")[0]
    for part in ("★★★★☆", "1,234 views", "Favorite", "Sea", "<b>"):
        assert part in clip.text
    assert response["Cache-Control"] == "no-store"


def test_the_banner_says_what_where_and_how_to_restore(broken, client):
    for address in ("/", "/watch/clip.mp4"):
        (banner,) = Page(client.get(address)).of_class("banner")
        assert "Read-only" in banner.text
        assert str(broken) in banner.text
        assert "migrate_json --from" in banner.text
    copies = broken.parent / "backup_database"
    copies.mkdir()
    (copies / "video_metadata-2026-01-01T00-00-00.000000Z.db").touch()
    (banner,) = Page(client.get("/")).of_class("banner")
    assert f"restore_database {copies}" in banner.text


def test_every_card_leads_to_a_page_that_plays(broken, client):
    page = Page(client.get("/"))
    links = [element.attributes["href"] for element in page.of_class("card-link")]
    assert links == ["/watch/clip.mp4", f"/watch/{quote('sub/100% ü #1?.mp4')}"]
    for link, content in zip(links, (CONTENT, b"other"), strict=True):
        (player,) = Page(client.get(link)).tags("video")
        assert body(client.get(player.attributes["src"])) == content


def test_search_works_on_the_names(broken, client):
    assert Page(client.get("/?q=SUB+100%25")).titles == ["100% ü #1?"]
    assert Page(client.get("/?q=nothing")).titles == []
    for query in ("-clip", "ſub/100", "100% u", "% 100", '"100 ü 1', "sub #1?", "Ü"):
        assert Page(client.get("/", {"q": query})).titles == ["100% ü #1?"], query
    assert Page(client.get("/", {"q": "-"})).titles == ["clip", "100% ü #1?"]


def test_bytes_and_ranges_are_those_of_the_file(broken, client):
    whole = client.get("/video/clip.mp4")
    assert (whole.status_code, body(whole)) == (200, CONTENT)
    part = client.get("/video/clip.mp4", headers={"Range": "bytes=299990-"})
    assert (part.status_code, part["Content-Range"]) == (206, "bytes 299990-300000/300001")
    assert body(part) == CONTENT[299990:]
    assert client.get("/video/clip.mp4", headers={"Range": "bytes=300001-"}).status_code == 416
    assert client.head("/video/clip.mp4")["Content-Length"] == "300001"


@pytest.mark.parametrize(
    "name",
    ["nothing.mp4", "notes.txt", "only in json.mp4", "../data/ratings.json", "..%2fdata%2fratings.json", "sub", "a%00"],
)
def test_what_is_no_video_of_the_folder_answers_404(broken, client, name):
    for kind in ("watch", "video"):
        assert client.get(f"/{kind}/{name}").status_code == 404


def test_a_link_out_of_the_folder_is_not_followed(broken, client, library):
    (library / "link.mp4").symlink_to(broken.parent / "ratings.json")
    assert client.get("/video/link.mp4").status_code == 404
    # Known by name, and swapped for a link after the folder was read.
    assert client.get("/video/clip.mp4").status_code == 200
    (library / "clip.mp4").unlink()
    (library / "clip.mp4").symlink_to(broken.parent / "ratings.json")
    assert client.get("/video/clip.mp4").status_code == 404


@pytest.mark.parametrize("name", ["new\nline.mp4", "\u202egpm.mp4", "<script>.mp4", '".mp4', "\\.mp4", "{{x}}.mp4"])
def test_a_file_with_an_odd_name_breaks_no_page(broken, client, library, name):
    (library / name).write_bytes(b"odd")
    page = Page(client.get("/"))
    assert {"clip", name.removesuffix(".mp4")} <= set(page.titles)
    # The frame's own files, and nothing that a name has become.
    assert all(tag.attributes.get("src", "").startswith("/static/") for tag in page.tags("script"))
    assert f"/watch/{quote(name)}" in page.addresses
    (player,) = Page(client.get(f"/watch/{quote(name)}")).tags("video")
    assert body(client.get(player.attributes["src"])) == b"odd"


WRITES = [
    ("post", "/videos/1/stars"), ("post", "/videos/1/favorite"), ("post", "/videos/1/tags"),
    ("post", "/videos/1/views"), ("post", "/"), ("post", "/admin/videos/video/1/change/"), ("post", "/login/"),
    ("put", "/watch/clip.mp4"), ("delete", "/"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "address"), WRITES)
def test_a_write_answers_503_with_a_time_to_return_and_changes_no_file(broken, client, method, address):
    before = files_in(broken.parent)
    response = getattr(client, method)(address, {"stars": "5", "add": "new", "favorite": "1"})
    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    assert "Nothing was changed" in Page(response).text
    assert files_in(broken.parent) == before


@pytest.mark.parametrize("address", ["/videos/1/", "/videos/1/stream", "/admin/", "/login/", "/tag/sea"])
def test_what_needs_the_database_answers_503(broken, client, address):
    response = client.get(address)
    assert response.status_code == 503
    assert response.has_header("Retry-After")


def test_healthz_answers_503_and_names_no_path(broken, client):
    response = client.get("/healthz")
    assert response.status_code == 503
    assert response.has_header("Retry-After")
    assert str(broken.parent) not in response.content.decode()


def test_an_unknown_address_still_answers_404(broken, client):
    assert client.get("/nowhere").status_code == 404


def test_a_host_name_that_is_not_ours_is_refused_here_too(broken, client, settings):
    settings.ALLOWED_HOSTS = ["localhost"]
    for address in ("/", "/watch/clip.mp4", "/video/clip.mp4"):
        assert client.get(address, headers={"Host": "evil.example"}).status_code == 400
        own = client.get(address, headers={"Host": "localhost"})
        assert own.status_code == 200
        own.close()


def test_reading_writes_nothing(broken, client):
    before = files_in(broken.parent)
    for address in ("/", "/watch/clip.mp4", "/healthz", "/nowhere"):
        client.get(address)
    body(client.get("/video/clip.mp4"))
    assert files_in(broken.parent) == before


def test_where_a_login_is_required_nobody_is_let_in(broken, client, settings):
    settings.REQUIRE_LOGIN = True
    for address in ("/", "/watch/clip.mp4", "/video/clip.mp4", "/videos/1/", "/login/", "/admin/", "/healthz"):
        response = client.get(address)
        assert response.status_code == 503, address
        content = response.content.decode()
        assert "clip" not in content
        assert str(broken.parent) not in content, "a stranger learns no path"


def test_without_json_files_the_folder_alone_is_shown(broken, client):
    for name in JSON:
        (broken.parent / name).unlink()
    page = Page(client.get("/"))
    assert page.titles == ["clip", "100% ü #1?"]
    assert "neither a backup" in page.of_class("banner")[0].text


def test_without_the_folder_too_the_names_of_the_json_files_are_shown(broken, client, library):
    shutil.rmtree(library)
    assert Page(client.get("/")).titles == ["clip", "only in json"]
    assert client.get("/watch/clip.mp4").status_code == 200
    assert client.get("/video/clip.mp4").status_code == 404


def test_pages_hold_sixty_here_too(broken, client, library):
    for number in range(100):
        (library / f"{number:03}.mp4").touch()
    assert [len(Page(client.get(f"/?page={page}")).titles) for page in (1, 2, 3, "x")] == [60, 42, 42, 60]


def test_when_the_database_is_back_so_is_the_page(broken, client, monkeypatch):
    monkeypatch.setattr(health, "_RECHECK_SECONDS", 0.0)
    assert Page(client.get("/")).of_class("banner")
    mend_it(broken)
    # It is read whole before it counts, and nobody who asks for a page waits for that.
    wait_for(lambda: not Page(client.get("/")).of_class("banner"), 10)
    page = Page(client.get("/"))
    assert page.titles == ["From the database"]
    assert not page.of_class("banner")
    assert client.get("/healthz").status_code == 200
    assert client.get("/watch/clip.mp4").status_code == 301
    assert client.post("/videos/1/stars", {"stars": "5"}).status_code == 303
    assert VideoCache().get_ratings() == {"clip.mp4": 5}


def test_a_database_that_breaks_while_serving_is_noticed_by_the_next_request(own_database, client):
    client.raise_request_exception = False
    assert Page(client.get("/")).titles == ["From the database"]
    break_it(own_database)
    page = Page(client.get("/?q=clip"))
    assert page.titles == ["clip"]
    assert page.of_class("banner")
    response = client.post("/videos/1/stars", {"stars": "5"})
    assert response.status_code == 503


@pytest.mark.parametrize("write", ["stars", "favorite", "tags", "views"])
def test_a_write_that_finds_the_database_broken_answers_503(own_database, client, write):
    client.raise_request_exception = False
    assert client.get("/").status_code == 200
    break_it(own_database)
    response = client.post(f"/videos/1/{write}", {"stars": "5", "favorite": "1", "add": "new"})
    assert (response.status_code, response["Retry-After"]) == (503, str(health.RETRY_AFTER_SECONDS))
