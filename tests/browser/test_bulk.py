"""Many videos at once by hand: select, change, undo, keys, phone, no JavaScript, and axe in both themes."""

import re
from datetime import UTC, datetime
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, PHONE, covers_looks, detail, each_look, violations
from tests.live_server import running, wait_for

pytestmark = pytest.mark.slow

FILMS = 70
START = """
from videos.models import Favorite, Rating, Tag, Video, View
for model in (Favorite, Rating, View, Tag):
    model.objects.all().delete()
tag = Tag.objects.create(name="seaside")
tag.videos.set(Video.objects.filter(filename__startswith="Film 00"))
"""


@pytest.fixture(scope="module")
def films(new_shell, small_clip):
    """A server with more films than a page holds, all with their pictures."""
    shell = new_shell("films")
    for number in range(FILMS):
        (shell.videos / f"Film {number:03}.mp4").hardlink_to(small_clip)
    with running(shell) as site:
        wait_for(lambda: f"{FILMS} videos</h1>" in site.get("/").text, 60, lambda: site.log)
        wait_for(lambda: "Waiting for thumbnails</dt> <dd>0<" in site.get("/library/progress").text, 120)
        shell.python(START)
        yield site


def box(page, number):
    return page.get_by_role("checkbox", name=f"Select Film {number:03}")


def card(page, number):
    return page.locator(".card", has=page.get_by_role("heading", name=f"Film {number:03}"))


def select(page, *numbers):
    for number in numbers:
        card(page, number).hover()
        box(page, number).click()


def count(page):
    return page.locator(".bulk-count")


def press(page, name):
    page.locator("#bulk").get_by_role("button", name=name, exact=True).click()


def tag(page, name, button):
    page.locator("#bulk summary", has_text="Tags").click()
    page.get_by_role("combobox", name="Tags to add or remove").fill(name)
    press(page, button)


def toast(page):
    return page.locator("#undo .is-toast")


def undo(page, said):
    """Take back by the toast that says so what was just done."""
    expect(toast(page)).to_contain_text(said)
    toast(page).get_by_role("button", name="Undo").click()
    expect(toast(page)).to_contain_text(f"Undone: {said}")


def open_list(visit, site, query="?sort=title", **options):
    return visit(f"{site.address}/{query}", **(options or DESK))


def test_a_click_selects_and_shift_takes_all_between(films, visit):
    page = open_list(visit, films)
    expect(page.locator("#bulk")).to_be_hidden()
    select(page, 2)
    expect(count(page)).to_have_text("1 selected")
    expect(page.get_by_role("searchbox", name="Search titles and tags")).to_be_hidden()
    box(page, 6).click(modifiers=["Shift"])
    expect(count(page)).to_have_text("5 selected")
    # While one selects, a cover is as good as its box; with control it still opens.
    card(page, 4).locator(".cover").click()
    expect(count(page)).to_have_text("4 selected")
    box(page, 2).click(modifiers=["Shift"])
    expect(count(page)).to_have_text("2 selected")
    page.get_by_role("link", name="Cancel").click()
    expect(page.locator("#bulk")).to_be_hidden()
    expect(page.locator(".select:checked")).to_have_count(0)
    expect(page).to_have_url(re.compile("sort=title$"))


def test_each_action_shows_on_the_cards_and_is_undone_from_the_toast(films, visit):
    page = open_list(visit, films)
    for change, said, seen in [
        (lambda: tag(page, "sea, Night", "Add tags"), "2 videos tagged sea, Night.", ".chip >> text=Night"),
        (lambda: stars(page, "4 of 5 stars"), "2 videos rated 4 stars.", "text=★★★★☆"),
        (lambda: press(page, "Favorite"), "2 videos added to favorites.", ".card-heart[aria-pressed=true]"),
        (lambda: press(page, "Mark as watched"), "2 videos marked as watched.", "text=1 view"),
    ]:
        select(page, 20, 22)
        change()
        for number in (20, 22):
            expect(card(page, number).locator(seen)).to_have_count(1)
        expect(card(page, 21).locator(seen)).to_have_count(0)
        expect(page.locator("#bulk")).to_be_hidden()
        undo(page, said)
        expect(card(page, 20).locator(seen)).to_have_count(0)


def stars(page, name):
    page.locator("#bulk summary", has_text="Stars").click()
    press(page, name)


@detail
def test_what_was_given_is_taken_away_and_comes_back(films, visit):
    page = open_list(visit, films)
    select(page, 3, 4)
    tag(page, "seaside", "Remove tags")
    expect(card(page, 3).locator(".chip")).to_have_count(0)
    undo(page, "seaside removed from 2 videos.")
    expect(card(page, 3).locator(".chip")).to_have_text("seaside")
    select(page, 30)
    press(page, "Favorite")
    expect(toast(page)).to_contain_text("1 video added to favorites.")
    select(page, 30)
    press(page, "Unfavorite")
    undo(page, "1 video removed from favorites.")
    expect(card(page, 30).locator("[aria-pressed=true]")).to_have_count(1)


@detail
def test_the_button_below_the_suggestions_stays_under_the_mouse_that_presses_it(films, visit):
    page = open_list(visit, films)
    select(page, 40, 41)
    page.locator("#bulk summary", has_text="Tags").click()
    page.get_by_role("combobox", name="Tags to add or remove").press_sequentially("seaside, beach")
    expect(page.locator("#tag-options")).to_be_visible()
    button = page.get_by_role("button", name="Add tags").bounding_box()
    page.mouse.move(button["x"] + button["width"] / 2, button["y"] + button["height"] / 2)
    page.mouse.down()
    page.mouse.up()
    expect(card(page, 40).locator(".chip")).to_have_text(["beach", "seaside"])
    undo(page, "2 videos tagged seaside, beach.")


def test_arrows_and_enter_are_enough_to_select(films, visit):
    page = open_list(visit, films)
    page.get_by_title("Select videos").focus()
    page.keyboard.press("Enter")
    card(page, 0).locator(".card-link").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(count(page)).to_have_text("2 selected")
    page.keyboard.press("Enter")
    expect(count(page)).to_have_text("1 selected")
    expect(page).to_have_url(re.compile("sort=title$"))


@detail
def test_tags_are_completed_one_after_the_other_and_wait_for_the_button(films, visit):
    page = open_list(visit, films)
    select(page, 40)
    page.locator("#bulk summary", has_text="Tags").click()
    field = page.get_by_role("combobox", name="Tags to add or remove")
    expect(field).to_be_focused()
    field.press_sequentially("sea", delay=30)
    expect(page.get_by_role("option", name="seaside")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(field).to_have_value("seaside, ")
    field.press_sequentially("dusk")
    page.get_by_role("option", name="New tag “dusk”").click()
    expect(field).to_have_value("seaside, dusk, ")
    page.keyboard.press("Enter")
    expect(card(page, 40).locator(".chip")).to_have_text(["dusk", "seaside"])
    undo(page, "1 video tagged seaside, dusk.")


def test_all_that_match_are_the_whole_list_and_no_ids_are_sent(films, visit):
    page = open_list(visit, films, "?q=film+0&sort=title")
    sent = []
    page.on("request", lambda request: sent.append(request.post_data) if request.method == "POST" else None)
    select(page, 1)
    page.get_by_text("Select all 70 that match").click()
    expect(count(page)).to_have_text("70 selected")
    expect(page.locator(".select:not(:checked)")).to_have_count(0)
    stars(page, "2 of 5 stars")
    undo(page, "70 videos rated 2 stars.")
    fields = parse_qs(sent[0])
    assert (fields["all"], fields["list"]) == (["1"], ["q=film 0&sort=title".replace(" ", "+")])
    assert not {"video", "videos"} & fields.keys()


@detail
def test_one_that_is_left_out_of_all_leaves_those_in_sight(films, visit):
    page = open_list(visit, films)
    select(page, 1)
    page.get_by_text(f"Select all {FILMS}").click()
    box(page, 5).click()
    expect(count(page)).to_have_text("59 selected")
    expect(page.get_by_label(f"All {FILMS}")).not_to_be_checked()


@detail
def test_a_selection_lasts_while_one_scrolls_and_the_place_stays(films, visit):
    page = open_list(visit, films)
    select(page, 1)
    page.mouse.move(700, 600)
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    expect(page.locator(".card")).to_have_count(FILMS)
    card(page, 65).scroll_into_view_if_needed()
    select(page, 65)
    expect(count(page)).to_have_text("2 selected")
    before = card(page, 65).bounding_box()["y"]
    press(page, "Favorite")
    expect(card(page, 65).locator(".card-heart")).to_have_attribute("aria-pressed", "true")
    expect(card(page, 1).locator(".card-heart")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".card")).to_have_count(FILMS)
    assert card(page, 65).bounding_box()["y"] == pytest.approx(before, abs=2)
    undo(page, "2 videos added to favorites.")
    expect(card(page, 65).locator(".card-heart")).to_have_attribute("aria-pressed", "false")
    assert card(page, 65).bounding_box()["y"] == pytest.approx(before, abs=2)


@detail
def test_a_list_that_changes_drops_the_selection(films, visit):
    page = open_list(visit, films)
    select(page, 1, 2)
    page.evaluate("htmx.ajax('GET', '/?q=film+00', {target: '#results', swap: 'outerHTML'})")
    expect(page.locator(".count")).to_have_text("10 videos")
    expect(page.locator("#bulk")).to_be_hidden()
    expect(page.locator(".select:checked")).to_have_count(0)


@detail
def test_after_a_reload_a_line_leads_back_until_it_is_dismissed(films, visit):
    page = open_list(visit, films)
    select(page, 8, 9)
    stars(page, "5 of 5 stars")
    expect(toast(page)).to_contain_text("2 videos rated 5 stars.")
    page.reload()
    line = page.locator("#undo .undo")
    expect(line).to_have_text(re.compile(r"2 videos rated 5 stars\.\s+(now|\d+\sseconds? ago)"))
    line.get_by_role("button", name="Undo").click()
    expect(toast(page)).to_contain_text("Undone: 2 videos rated 5 stars.")
    expect(card(page, 8).locator(".stars")).to_have_count(0)
    select(page, 8)
    stars(page, "1 of 5 stars")
    expect(toast(page)).to_contain_text("1 video rated 1 star.")
    page.reload()
    with page.expect_response("**/bulk/dismiss"):
        line.get_by_role("button", name="Dismiss").click()
    expect(line).to_have_count(0)
    page.reload()
    expect(card(page, 8).locator(".stars")).to_have_count(1)
    expect(line).to_have_count(0)


@detail
def test_the_toast_stays_ten_seconds_and_longer_under_the_pointer(films, visit):
    page = open_list(visit, films)
    page.clock.install()
    select(page, 10)
    # From here on no time passes but what is said, however busy the machine is.
    page.clock.pause_at(datetime.fromtimestamp(page.evaluate("Date.now()") / 1000 + 0.5, UTC))
    press(page, "Favorite")
    expect(toast(page)).to_be_visible()
    page.clock.run_for(9_000)
    expect(toast(page)).to_be_visible()
    toast(page).hover()
    page.clock.run_for(30_000)
    expect(toast(page)).to_be_visible()
    page.mouse.move(5, 500)
    page.clock.run_for(9_000)
    expect(toast(page)).to_be_visible()
    page.clock.run_for(2_000)
    expect(toast(page)).to_have_count(0)


def test_everything_works_by_keys(films, visit):
    page = open_list(visit, films)
    card(page, 0).locator(".card-link").focus()
    page.keyboard.press("x")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+X")
    expect(count(page)).to_have_text("3 selected")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(box(page, 2)).to_be_focused()
    page.keyboard.press("Space")
    expect(count(page)).to_have_text("2 selected")
    page.keyboard.press("Escape")
    expect(page.locator("#bulk")).to_be_hidden()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator("#bulk summary").first).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(toast(page)).to_contain_text("1 video added to favorites.")
    expect(card(page, 2).locator(".card-link")).to_be_focused()
    page.keyboard.press("Control+z")
    expect(toast(page)).to_contain_text("Undone: 1 video added to favorites.")


@detail
def test_escape_closes_the_nearest_thing_first(films, visit):
    page = open_list(visit, films)
    select(page, 1)
    page.locator("#bulk summary", has_text="Tags").click()
    page.get_by_role("combobox", name="Tags to add or remove").press_sequentially("sea", delay=30)
    expect(page.get_by_role("option", name="seaside")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("option")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.get_by_role("combobox", name="Tags to add or remove")).to_be_hidden()
    expect(count(page)).to_have_text("1 selected")
    page.keyboard.press("Escape")
    expect(page.locator("#bulk")).to_be_hidden()


@detail
def test_what_takes_long_says_so_and_is_not_sent_twice(films, visit):
    page = open_list(visit, films)
    held = []
    page.route("**/bulk/", lambda route: held.append(route))  # noqa: PLW0108  Playwright looks into it
    select(page, 1, 2)
    press(page, "Favorite")
    expect(count(page)).to_have_text("Working…")
    expect(page.locator("#bulk").get_by_role("button", name="Favorite", exact=True)).to_be_disabled()
    held[0].continue_()
    undo(page, "2 videos added to favorites.")
    assert len(held) == 1


@pytest.mark.parametrize("failure", ["away", "error"])
def test_what_fails_says_so_and_the_selection_stays(films, visit, failure):
    page = open_list(visit, films)
    select(page, 1, 2)
    page.route("**/bulk/", lambda route: route.abort() if failure == "away" else route.fulfill(status=500))
    press(page, "Favorite")
    said = {"away": "The server is not responding.", "error": "That did not work."}[failure]
    expect(toast(page)).to_contain_text(f"{said} Nothing is lost. Try again.")
    expect(count(page)).to_have_text("2 selected")
    page.unroute("**/bulk/")
    press(page, "Favorite")
    undo(page, "2 videos added to favorites.")
    visit.complaints.clear()


def test_a_tag_that_cannot_be_one_is_said_and_stays_in_the_field(films, visit):
    page = open_list(visit, films)
    select(page, 1)
    tag(page, "x" * 300, "Add tags")
    expect(toast(page)).to_contain_text("xxx")
    expect(page.get_by_role("combobox", name="Tags to add or remove")).to_have_value("x" * 300)
    expect(count(page)).to_have_text("1 selected")
    visit.complaints.clear()


def test_on_a_phone_what_can_be_done_is_at_the_bottom_and_the_toast_above_it(films, visit):
    page = open_list(visit, films, **PHONE)
    for number in (0, 1):
        box(page, number).tap()
    expect(count(page)).to_have_text("2 selected")
    assert box(page, 0).bounding_box()["width"] >= 44
    actions = page.locator(".bulk-actions")
    for name in ("Favorite", "Unfavorite", "Watched"):
        place = actions.get_by_role("button", name=name, exact=True).bounding_box()
        assert place["x"] >= 0
        assert place["x"] + place["width"] <= 390
        assert place["height"] >= 44
        assert place["y"] + place["height"] <= 844
    actions.locator("summary", has_text="Stars").tap()
    actions.get_by_role("button", name="3 of 5 stars").tap()
    expect(toast(page)).to_contain_text("2 videos rated 3 stars.")
    rail = page.locator(".rail").bounding_box()
    place = toast(page).bounding_box()
    assert place["y"] + place["height"] <= rail["y"]
    assert place["x"] + place["width"] <= 390
    toast(page).get_by_role("button", name="Undo").tap()
    expect(toast(page)).to_contain_text("Undone")
    page.get_by_title("Select videos").tap()
    expect(count(page)).to_have_text("None selected")
    expect(actions.get_by_role("button", name="Favorite", exact=True)).to_be_disabled()


@detail
def test_on_a_phone_a_toast_covers_no_panel(films, visit):
    page = open_list(visit, films, **PHONE)
    box(page, 0).tap()
    tag(page, "x" * 300, "Add tags")
    expect(toast(page)).to_contain_text("xxx")
    panel = page.locator(".bulk-panel").first.bounding_box()
    place = toast(page).bounding_box()
    assert place["y"] + place["height"] <= panel["y"]
    visit.complaints.clear()


@detail
def test_without_javascript_the_same_form_does_it_all(films, visit):
    page = open_list(visit, films, **DESK, java_script_enabled=False)
    card(page, 50).hover()
    expect(box(page, 50)).to_be_hidden()
    line = page.locator("#undo .undo")
    for menu, button, said in [
        ("Tags", "Add tags", "2 videos tagged calm."),
        ("Stars", "4 of 5 stars", "2 videos rated 4 stars."),
        (None, "Mark as watched", "2 videos marked as watched."),
    ]:
        page.get_by_title("Select videos").click()
        for number in (50, 51):
            box(page, number).check()
        if menu:
            page.locator("#bulk summary", has_text=menu).click()
        if menu == "Tags":
            page.get_by_role("textbox", name="Tags to add or remove").fill("calm")
        press(page, button)
        expect(line).to_contain_text(said)
        expect(page).to_have_url(re.compile("sort=title$"))
        line.get_by_role("button", name="Undo").click()
        expect(page.get_by_text(f"Undone: {said}")).to_be_visible()
    page.get_by_title("Select videos").click()
    page.get_by_text(f"Select all {FILMS}").click()
    press(page, "Favorite")
    expect(line).to_contain_text("videos added to favorites.")
    line.get_by_role("button", name="Undo").click()
    page.get_by_title("Select videos").click()
    page.get_by_role("link", name="Cancel").click()
    expect(page.locator("#bulk")).to_be_hidden()


@covers_looks
@each_look("desk-dark")
def test_axe_finds_nothing_wrong_and_nothing_scrolls_sideways(films, visit, theme, size):
    page = visit(f"{films.address}/?q=film+00", **size, color_scheme=theme)
    for state in ("selected", "tags", "stars", "toast", "line"):
        if state == "selected":
            page.locator(".select").nth(2).click()
        elif state == "toast":
            page.locator("[name=stars][value='2']").click()
            expect(toast(page)).to_be_visible()
        elif state == "line":
            page.reload()
        else:
            page.locator("#bulk summary", has_text=re.compile(state, re.IGNORECASE)).click()
        # What fades in is not yet as it will be.
        page.wait_for_timeout(200)
        assert violations(page) == [], state
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), state
    page.locator("#undo [data-undo] button").click()
    expect(toast(page)).to_contain_text("Undone")
