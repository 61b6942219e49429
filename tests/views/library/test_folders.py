"""The folders' pages: subfolders with counts, videos in natural order, at a fixed price, from the database alone."""

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.views.page import Page
from videos.models import Video


@pytest.fixture
def tree(library, make_video):
    for name in ("Show/Season 10/1.mp4", "Show/Season 2/10.mp4", "Show/Season 2/2.mp4", "Show/extra.mp4", "top.mp4"):
        make_video(name)
    make_video("Show!/other.mp4")
    make_video("Gone/a.mp4", missing_since=timezone.now())


def shown(client, path=""):
    response = client.get(f"/folders/{path}")
    assert response.status_code == 200
    return Page(response).texts("small-title")


def test_a_folder_shows_its_subfolders_and_then_its_own_videos_as_people_count(tree, client):
    assert shown(client) == ["Show", "Show!", "top"]
    assert shown(client, "Show/") == ["Season 2", "Season 10", "extra"]
    assert shown(client, "Show/Season%202/") == ["2", "10"]


def test_a_subfolder_says_how_many_videos_are_below_it_and_links_on(tree, client):
    page = Page(client.get("/folders/"))
    assert page.texts("facts")[0] == "4 videos"
    assert "/folders/Show/" in page.addresses
    assert "/folders/Show/Season%202/" in Page(client.get("/folders/Show/")).addresses


def test_the_crumbs_lead_to_each_folder_above(tree, client):
    page = Page(client.get("/folders/Show/Season%202/"))
    crumbs = [e.attributes["href"] for e in page.tags("a") if any("crumbs" in i.classes for i in e.inside)]
    assert crumbs == ["/folders/", "/folders/Show/"]


def test_a_folder_whose_files_are_all_missing_says_so(tree, client):
    assert "The library has 1 video here" in " ".join(Page(client.get("/folders/Gone/")).text.split())


def test_an_empty_library_has_no_folders_yet(library, db, client):
    assert "No videos yet" in Page(client.get("/folders/")).text


@pytest.mark.parametrize(
    "path",
    ["Nothing/", "show/", "Sho/", "top.mp4/", "../", "..%2f..%2fetc/", "Show/../Show/", "a%00b/", "x" * 5000 + "/"],
)
def test_a_folder_that_no_name_has_answers_404(tree, client, path):
    assert client.get(f"/folders/{path}").status_code == 404


def test_a_folder_on_disk_without_a_video_of_the_library_is_none(library, db, client):
    (library / "secret").mkdir()
    (library / "secret" / "a.mp4").write_bytes(b"x")
    assert client.get("/folders/secret/").status_code == 404


def test_any_name_that_a_folder_can_have_leads_to_it_and_is_shown_as_text(library, make_video, client):
    for name in ("100% & more?", "<b>x", "{{ x }}", "line\nbreak", "a#b", "Ä ö"):
        make_video(f"{name}/clip.mp4")
        address = reverse("folder", args=[name])
        assert address in Page(client.get("/folders/")).addresses
        page = Page(client.get(address))
        assert page.titles == []
        assert page.texts("small-title") == ["clip"]
        assert not page.tags("b")


def test_a_page_costs_as_few_queries_with_3_as_with_300_subfolders(library, viewer, client, query_count):
    counts = []
    for number in (3, 300):
        names = [f"f{number} {n}/{m}.mp4" for n in range(number) for m in range(2)] + [
            f"{number} {n}.mp4" for n in range(number)
        ]
        Video.objects.bulk_create(Video(filename=name) for name in names)
        client.get("/folders/")
        counts.append(query_count(lambda: client.get("/folders/")))
    assert counts[0] == counts[1] <= 10
    page = Page(client.get("/folders/?folders=2&page=2"))
    assert len(page.texts("small-title")) == 120 + 60


def test_a_video_that_comes_is_counted_at_once(tree, make_video, client):
    assert shown(client, "Show/Season%2010/") == ["1"]
    make_video("Show/Season 10/2.mp4")
    assert shown(client, "Show/Season%2010/") == ["1", "2"]
