"""Tags, folders, history and numbers, and the rows above the grid, by hand, without JavaScript, and by axe."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, PHONE, covers_looks, detail, each_look, violations, wait_for_pictures
from tests.live_server import running, wait_for

pytestmark = pytest.mark.slow

MARKS = """
from django.utils import timezone
from datetime import timedelta
from videos.cache import VideoCache
from videos.models import Tag, Video, View
from videos.accounts.household import household
Tag.objects.all().delete()
View.objects.all().delete()
marks = VideoCache()
for number, video in enumerate(Video.objects.order_by("filename")):
    marks.update_tags(video.filename, ["sea", "<b>night</b>"] if number % 2 else ["sea"])
    marks.update_rating(video.filename, 1 + number % 5)
    marks.update_view(video.filename)
    View.objects.filter(video=video).update(
        last_viewed=timezone.now() - timedelta(days=number), position_seconds=number and 6)
Tag.objects.create(name="ocean")
"""


@pytest.fixture(scope="module")
def site(new_shell, small_clip):
    """A server with fourteen films in three folders."""
    shell = new_shell("further")
    for folder in ("Sea/", "Sea/Deep/", ""):
        (shell.videos / folder).mkdir(exist_ok=True)
        for number in range(8 if folder == "Sea/" else 3):
            (shell.videos / folder / f"Film {number + 1}.mp4").hardlink_to(small_clip)
    with running(shell) as server:
        wait_for(lambda: ">14 videos</h1>" in server.get("/").text, 60, lambda: server.log)
        wait_for_pictures(server)
        yield server


@pytest.fixture
def marked(site):
    site.shell.python(MARKS)
    return site


def edit_address(site):
    text = site.get("/tags/?q=sea").text
    start = text.index('href="/tags/', text.index("<tbody")) + len('href="')
    return f"{site.address}{text[start : text.index(chr(34), start)]}edit/"


def test_a_tag_is_found_renamed_merged_and_deleted_without_javascript(marked, visit):
    page = visit(f"{marked.address}/tags/", **DESK, java_script_enabled=False)
    page.get_by_placeholder("Find a tag").fill("SE")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="Edit sea").click()
    page.get_by_label("New name").fill("Ocean")
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_role("alert")).to_contain_text("14 videos of “sea” would move to “ocean”")
    page.get_by_role("button", name="Merge tags").click()
    expect(page.get_by_role("status").first).to_contain_text("14 videos moved from “sea” to “ocean”.")
    page.goto(f"{marked.address}/tags/")
    page.get_by_role("link", name="Edit ocean").click()
    page.get_by_text("Delete tag", exact=True).click()
    page.get_by_role("button", name="Delete permanently").click()
    expect(page.get_by_role("status").first).to_contain_text("It was on 14 videos.")
    expect(page.locator("tbody tr")).to_have_count(1)
    # Chromium says on its console what the offer to merge was answered with.
    assert all("409" in complaint for complaint in visit.complaints)
    visit.complaints.clear()


def test_a_tag_in_the_cloud_leads_to_its_videos(marked, visit):
    page = visit(f"{marked.address}/tags/", **DESK)
    page.get_by_role("list", name="Most used").get_by_role("link", name="<b>night</b>").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("<b>night</b>")
    expect(page.locator(".count")).to_have_text("7 videos")


def test_one_walks_down_the_folders_and_up_by_the_crumbs(marked, visit):
    page = visit(f"{marked.address}/folders/", **DESK)
    page.get_by_role("link", name="Sea").click()
    expect(page.locator(".small-title")).to_have_text(["Deep", *(f"Film {n}" for n in range(1, 9))])
    page.get_by_role("link", name="Deep").click()
    expect(page.locator(".small-title")).to_have_count(3)
    page.get_by_role("link", name="Folders").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Folders")


@detail
def test_what_was_begun_goes_on_where_it_stopped(marked, visit):
    page = visit(marked.address, **DESK)
    shelf = page.get_by_role("region", name="Continue watching")
    expect(shelf.get_by_role("progressbar")).to_have_count(12)
    shelf.get_by_role("link").first.click()
    page.wait_for_function("document.querySelector('video')?.currentTime >= 5.9")


@detail
def test_the_rows_go_while_one_searches(marked, visit):
    page = visit(marked.address, **DESK)
    expect(page.locator(".shelf")).to_have_count(2)
    page.get_by_role("searchbox").press_sequentially("film")
    expect(page.locator(".shelf")).to_have_count(0)


def test_on_a_phone_the_library_leads_to_tags_folders_and_numbers(marked, visit):
    page = visit(f"{marked.address}/library/", **PHONE)
    for name in ("Tags", "Folders", "Stats"):
        page.get_by_role("navigation", name="More library pages").get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        page.go_back()


@covers_looks
@each_look("desk-light")
def test_axe_finds_nothing_wrong_and_nothing_scrolls_sideways(marked, visit, theme, size):
    page = visit(f"{marked.address}/healthz", **size, color_scheme=theme)
    addresses = [
        "/?sort=title", "/history/", "/tags/", "/tags/?q=nobody", "/folders/", "/folders/Sea/", "/stats/",
        "/facets/?q=film&rating=3", "/favorites/facets/",
    ]  # fmt: skip
    for address in [*(f"{marked.address}{path}" for path in addresses), edit_address(marked)]:
        page.goto(address)
        page.evaluate("for (const one of document.querySelectorAll('.table-page details')) one.open = true")
        assert violations(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), address
