"""Saved lists and the pages of lists by hand, with keys, on a phone, without JavaScript, and by axe."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, PHONE, covers_looks, detail, each_look, violations
from tests.live_server import running, wait_for

pytestmark = pytest.mark.slow

FILMS = 70
MARKUP = '<b onclick="x()">Sea</b> & {{ sun }}'
MARKS = f"""
from videos.cache import VideoCache
from videos.models import Favorite, Rating, SmartList, Tag, Video, View
for model in (Favorite, Rating, SmartList, Tag, View):
    model.objects.all().delete()
marks = VideoCache()
for number in range({FILMS}):
    marks.set_favorite(f"Film {{number:02}}.mp4", True)
for number in range(6):
    marks.update_tags(f"Film {{number:02}}.mp4", ["sea", "<i>night</i>"] if number < 2 else ["sea"])
    marks.update_rating(f"Film {{number:02}}.mp4", 5 - number % 3)
    marks.update_view(f"Film {{number:02}}.mp4")
"""


@pytest.fixture(scope="module")
def site(new_shell, small_clip):
    """A server with more films than a page holds."""
    shell = new_shell("smart")
    for number in range(FILMS):
        (shell.videos / f"Film {number:02}.mp4").hardlink_to(small_clip)
    with running(shell) as server:
        wait_for(lambda: f">{FILMS} videos</h1>" in server.get("/").text, 60, lambda: server.log)
        waiting = "Waiting for thumbnails</dt> <dd>0<"
        wait_for(lambda: waiting in " ".join(server.get("/library/progress").text.split()), 120, lambda: server.log)
        yield server


@pytest.fixture
def marked(site):
    site.shell.python(MARKS)
    return site


def in_rail(page, name):
    return page.get_by_role("navigation", name="Library").get_by_role("link", name=name, exact=True)


def save(page, name):
    page.get_by_text("Save as list").click()
    page.get_by_label("Name of the list").fill(name)
    page.get_by_label("Name of the list").press("Enter")


def current(page):
    return page.locator(".rail [aria-current=page]").all_inner_texts()


def test_a_list_is_saved_opened_renamed_moved_and_deleted(marked, visit):
    page = visit(marked.address, **DESK)
    page.get_by_role("searchbox").fill("tag:sea")
    expect(page.locator(".count")).to_have_text("6 videos")
    page.get_by_text("Save as list").click()
    expect(page.get_by_label("Name of the list")).to_be_focused()
    page.keyboard.type(MARKUP)
    page.keyboard.press("Enter")
    expect(page.locator(".is-message")).to_have_text(f"Saved as “{MARKUP}”.")
    assert current(page) == [MARKUP]
    expect(page.get_by_role("link", name=f"Saved as {MARKUP}")).to_be_visible()

    in_rail(page, "Favorites").click()
    in_rail(page, MARKUP).click()
    expect(page.locator(".count")).to_have_text("6 videos")
    expect(page.get_by_role("searchbox")).to_have_value("tag:sea")

    page.goto(f"{marked.address}/?q=film+01")
    save(page, "One")
    in_rail(page, "Lists").click()
    names = page.locator(".saved-list .row-title")
    expect(names).to_have_text([MARKUP, "One"])
    page.get_by_role("button", name="Move One up").click()
    expect(names).to_have_text(["One", MARKUP])
    page.get_by_role("button", name="Move One down").focus()
    page.keyboard.press("Enter")
    expect(names).to_have_text([MARKUP, "One"])

    page.get_by_role("link", name=f"Edit {MARKUP}").click()
    page.get_by_label("New name").fill("Sea")
    page.get_by_role("button", name="Rename").click()
    expect(names).to_have_text(["Sea", "One"])
    page.get_by_role("link", name="Edit Sea").click()
    page.get_by_text("Delete list", exact=True).click()
    page.get_by_role("button", name="Delete permanently").click()
    expect(names).to_have_text(["One"])
    expect(page.locator(".rail-list")).to_have_text(["One"])


@detail
def test_a_name_that_is_there_is_replaced_when_one_says_so(marked, visit):
    page = visit(f"{marked.address}/?q=film+01", **DESK)
    save(page, "Mine")
    expect(page.locator(".is-message")).to_be_visible()
    page.goto(f"{marked.address}/?rating=4")
    save(page, "Mine")
    expect(page.get_by_role("alert")).to_contain_text("The list “Mine” already exists")
    page.get_by_role("button", name="Replace list").click()
    in_rail(page, "Mine").click()
    expect(page.locator(".count")).to_have_text("4 videos")
    # Chromium says on its console what the question was answered with.
    assert all("409" in complaint for complaint in visit.complaints)
    visit.complaints.clear()


def test_the_rail_follows_what_the_results_show(marked, visit):
    page = visit(f"{marked.address}/?rating=4", **DESK)
    save(page, "Good")
    expect(page.locator(".is-message")).to_be_visible()
    page.evaluate("window.isSamePage = true")
    page.get_by_role("link", name="Clear").click()
    expect(page.locator(".count")).to_have_text(f"{FILMS} videos")
    assert current(page) == ["Home"]
    page.go_back()
    expect(page.locator(".count")).to_have_text("4 videos")
    page.wait_for_function("document.querySelector('.rail [aria-current]')?.textContent.trim() === 'Good'")
    assert page.evaluate("window.isSamePage")


@detail
def test_escape_closes_the_form_and_the_focus_returns(marked, visit):
    page = visit(f"{marked.address}/?rating=4", **DESK)
    page.get_by_text("Save as list").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Name of the list")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_label("Name of the list")).to_be_hidden()
    expect(page.locator(".save-list summary")).to_be_focused()


def test_without_javascript_lists_are_saved_replaced_and_deleted_by_forms(marked, visit):
    page = visit(f"{marked.address}/?rating=4", **DESK, java_script_enabled=False)
    save(page, MARKUP)
    expect(page.locator(".is-message")).to_have_text(f"Saved as “{MARKUP}”.")
    page.goto(f"{marked.address}/favorites/?rating=5")
    save(page, MARKUP)
    page.get_by_role("button", name="Replace list").click()
    expect(page.locator(".count")).to_have_text("2 videos")
    in_rail(page, "Lists").click()
    page.get_by_role("link", name=f"Edit {MARKUP}").click()
    page.get_by_text("Delete list", exact=True).click()
    page.get_by_role("button", name="Delete permanently").click()
    expect(page.get_by_role("heading", level=2)).to_have_text("No lists yet")
    visit.complaints.clear()


@detail
def test_on_a_phone_the_library_leads_to_the_lists(marked, visit):
    page = visit(f"{marked.address}/?rating=4", **PHONE)
    save(page, "Good")
    expect(page.locator(".rail-list")).to_be_hidden()
    in_rail(page, "Library").click()
    page.get_by_role("navigation", name="More library pages").get_by_role("link", name="Lists").click()
    page.get_by_role("link", name="Good", exact=True).click()
    expect(page.locator(".count")).to_have_text("4 videos")


@detail
def test_the_favorites_are_searched_filtered_and_scrolled_on_their_own_page(marked, visit):
    page = visit(f"{marked.address}/favorites/", **DESK)
    page.evaluate("window.isSamePage = true")
    expect(page.get_by_role("heading", level=1)).to_have_text("Favorites")
    page.locator(".card").last.scroll_into_view_if_needed()
    expect(page.locator(".card")).to_have_count(FILMS)
    page.get_by_role("searchbox", name="Search in Favorites").fill("film 0")
    expect(page.locator(".count")).to_have_text("10 videos")
    expect(page).to_have_url(f"{marked.address}/favorites/?q=film+0")
    page.get_by_role("button", name="Filters").click()
    sheet = page.locator("#filters")
    expect(sheet.get_by_role("group", name="Favorites")).to_have_count(0)
    expect(sheet.locator(".option", has_text="★★★★★")).to_contain_text("2")
    sheet.locator(".option", has_text="★★★★★").click()
    expect(page).to_have_url(f"{marked.address}/favorites/?q=film+0&rating=5")
    expect(page.locator(".count")).to_have_text("2 videos")
    page.keyboard.press("Escape")
    assert current(page) == ["Favorites"]
    page.go_back()
    expect(page.locator(".count")).to_have_text("10 videos")
    assert page.evaluate("window.isSamePage")
    page.get_by_label("Filters", exact=True).get_by_role("link", name="Favorites").click()
    expect(page).to_have_url(f"{marked.address}/?q=film+0")
    assert current(page) == []
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Favorites")


@detail
def test_the_page_before_is_entered_where_one_left_off(marked, visit):
    page = visit(f"{marked.address}/favorites/?sort=title&page=2", **DESK)
    expect(page.locator(".card-title").first).to_have_text("Film 60")
    page.get_by_role("link", name="Previous page").click()
    expect(page.locator(".card")).to_have_count(FILMS)
    expect(page.locator(".card-title", has_text="Film 59")).to_be_in_viewport()
    page.mouse.wheel(0, -40)
    expect(page).to_have_url(re.compile(r"/favorites/\?sort=title(&page=[12])?$"))


@covers_looks
@each_look("phone-dark")
def test_axe_finds_nothing_wrong_and_nothing_scrolls_sideways(marked, visit, theme, size):
    marked.shell.python(
        "from videos.models import SmartList; from videos.accounts.household import household\n"
        f"for name, query in (({MARKUP!r}, 'tag=sea'), ('x' * 100, 'q=a'), ('Old', 'colour=red&q=film')):\n"
        "    SmartList.objects.keep(household(), name, query)"
    )
    page = visit(f"{marked.address}/healthz", **size, color_scheme=theme)
    page.goto(f"{marked.address}/lists/")
    edit = page.get_by_role("link", name=f"Edit {MARKUP}").get_attribute("href")
    tag = next(iter(re.findall(r'href="(/tags/i[^"]+/)"', marked.get("/tags/").text)))
    addresses = [
        "/lists/",
        edit,
        "/favorites/",
        "/best-of/?q=film",
        "/popular/",
        tag,
        "/?tag=sea",
        "/?colour=red&q=film",
    ]
    for address in addresses:
        page.goto(f"{marked.address}{address}")
        page.evaluate("for (const one of document.querySelectorAll('details:not(.sort details)')) one.open = true")
        assert violations(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), address
