"""What is said of a video on its page changes in place, survives a reload, and is not lost when the server is away."""

import re
import shutil

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import (
    CLIP,
    DESK,
    change,
    covers_looks,
    each_look,
    forget_marks,
    violations,
    wait_for_pictures,
    wait_until_shown,
    write_with_chapters,
)
from tests.counts import only_long
from tests.live_server import running, wait_for
from tests.worker import rows

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(new_shell, clip):
    shell = new_shell("watch")
    for name in (CLIP.name, "Sea/Evening.mp4", "Sea/Talk.mp4"):
        (shell.videos / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(clip, shell.videos / name)
    write_with_chapters(clip, shell.videos / "Sea/Talk.mp4", ["Hello", "Answer"])
    (shell.videos / "Sea/Talk.en.srt").write_text("1\n00:00:00,000 --> 00:00:11,000\nHello\n")
    (shell.videos / "broken.mp4").write_bytes(b"no video " * 999)
    (shell.videos / "gone.mp4").write_bytes(b"no longer there")
    with running(shell) as server:
        wait_until_shown(server)
        wait_for_pictures(server)
        (shell.videos / "gone.mp4").unlink()
        missing = "SELECT count(*) AS n FROM videos_video WHERE missing_since IS NOT NULL"
        wait_for(lambda: rows(shell, missing)[0]["n"], 60, lambda: server.log)
        yield server


def begin(site):
    """Leave no mark but four tags, which no video has."""
    forget_marks(site.shell)
    change(
        site.shell,
        *(
            ("INSERT INTO videos_tag (name, folded_name) VALUES (?, ?)", (name, name.lower()))
            for name in ("Seaside", "sea", "north sea", "night")
        ),
    )


@pytest.fixture
def page(site, visit):
    begin(site)
    page = visit(address(site, CLIP.name), **DESK)
    # As soon as it has the focus, the page listens to the keys.
    expect(page.locator("#player")).to_be_focused()
    return page


def address(site, name):
    return f"{site.address}{site.get(f'/watch/{name}').headers['Location']}"


def test_the_window_is_called_as_the_video_is(page, site):
    page.locator(".title-edit summary").click()
    page.locator("#title-field").fill("Dawn · North")
    page.keyboard.press("Enter")
    expect(page).to_have_title("Dawn · North · Local Video Server")


def chips(page):
    return page.locator("#tags").get_by_role("link")


def test_stars_heart_and_title_change_in_place_and_survive_a_reload(page):
    page.evaluate("window.isTheSamePage = true")
    page.get_by_role("button", name="4 stars").click()
    expect(page.locator(".star.is-on")).to_have_count(4)
    page.get_by_role("button", name="Favorite").click()
    expect(page.get_by_role("button", name="Favorite")).to_have_attribute("aria-pressed", "true")
    page.locator(".title-edit summary").click()
    expect(page.locator("#title-field")).to_be_focused()
    page.keyboard.type("Dawn & <b>")
    page.keyboard.press("Enter")
    expect(page.locator(".watch-title")).to_have_text("Dawn & <b>")
    assert page.evaluate("window.isTheSamePage")
    page.reload()
    expect(page.locator(".star.is-on")).to_have_count(4)
    expect(page.get_by_role("button", name="Favorite")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".watch-title")).to_have_text("Dawn & <b>")
    page.get_by_role("button", name="Clear").click()
    expect(page.locator(".star.is-on")).to_have_count(0)
    page.locator(".title-edit summary").click()
    page.keyboard.press("Escape")
    expect(page.locator("#title-field")).to_be_hidden()


def test_the_focus_stays_with_who_works_by_keys(page):
    page.get_by_role("button", name="2 stars").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".star.is-on")).to_have_count(2)
    expect(page.get_by_role("button", name="2 stars")).to_be_focused()
    page.get_by_role("button", name="Favorite").focus()
    page.keyboard.press(" ")
    expect(page.get_by_role("button", name="Favorite")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="Favorite")).to_be_focused()


def test_tags_are_completed_made_and_removed_by_keys(page):
    field = page.get_by_role("combobox")
    field.click()
    options = page.get_by_role("option")
    field.press_sequentially("sea")
    expect(options).to_have_text(["sea", "Seaside", "north sea"])
    expect(field).to_have_attribute("aria-expanded", "true")
    field.press("ArrowDown")
    field.press("ArrowDown")
    expect(page.get_by_role("option", name="Seaside")).to_have_attribute("aria-selected", "true")
    active = field.get_attribute("aria-activedescendant")
    assert page.locator(f"#{active}").text_content() == "Seaside"
    field.press("Enter")
    expect(chips(page)).to_have_text(["Seaside"])
    expect(field).to_be_focused()
    expect(field).to_have_value("")
    field.press_sequentially("quite new,")
    expect(chips(page)).to_have_text(["quite new", "Seaside"])
    field.press_sequentially("nig")
    expect(options).to_have_text(["night", "New tag “nig”"])
    field.press("Escape")
    expect(options.first).to_be_hidden()
    field.press("Enter")
    expect(chips(page)).to_have_text(["nig", "quite new", "Seaside"])
    page.get_by_role("button", name="Remove quite new").focus()
    page.keyboard.press("Enter")
    expect(chips(page)).to_have_text(["nig", "Seaside"])
    expect(page.get_by_role("button", name="Remove nig")).to_be_focused()
    page.reload()
    expect(chips(page)).to_have_text(["nig", "Seaside"])


def test_a_tag_is_chosen_by_a_click(page):
    field = page.get_by_role("combobox")
    field.press_sequentially("north")
    page.get_by_role("option", name="north sea").click()
    expect(chips(page)).to_have_text(["north sea"])


def test_what_is_wrong_stands_beside_the_control_and_the_text_stays(page, visit):
    # The form's own limit is for a person; a script that removes it meets the server's.
    complaint = page.locator("#add-tag .form-error")
    page.evaluate("document.getElementById('tag-field').maxLength = 5000")
    field = page.get_by_role("combobox")
    field.fill("x" * 300)
    field.press("Enter")
    expect(complaint).to_have_text(re.compile("at most 200 characters"))
    expect(field).to_have_value("x" * 300)
    field.fill("short")
    field.press("Enter")
    expect(chips(page)).to_have_text(["short"])
    expect(complaint).to_be_hidden()
    visit.complaints.clear()


def test_when_the_server_is_away_nothing_is_lost_and_it_can_be_tried_again(page, visit):
    page.route("**/tags", lambda route: route.abort())
    page.route("**/stars", lambda route: route.abort())
    field = page.get_by_role("combobox")
    field.fill("kept")
    field.press("Enter")
    complaint = page.locator("#add-tag .form-error")
    expect(complaint).to_contain_text("Nothing is lost")
    expect(field).to_have_value("kept")
    page.get_by_role("button", name="5 stars").click()
    expect(page.locator("#stars .form-error")).to_contain_text("Nothing is lost")
    page.unroute("**/tags")
    page.unroute("**/stars")
    complaint.get_by_role("button", name="Try again").click()
    expect(chips(page)).to_have_text(["kept"])
    page.locator("#stars").get_by_role("button", name="Try again").click()
    expect(page.locator(".star.is-on")).to_have_count(5)
    visit.complaints.clear()


def test_markers_are_set_named_found_and_brought_back(page):
    page.wait_for_function("document.querySelector('video').readyState >= 1")
    page.evaluate("document.querySelector('video').currentTime = 6.5")
    page.keyboard.press("n")
    expect(page.locator("#new-marker [name=name]")).to_be_focused()
    page.keyboard.type("The <b> & the k")
    page.keyboard.press("Enter")
    link = page.get_by_role("link", name="0:06 The <b> & the k")
    expect(link).to_be_visible()
    expect(page.locator("#new-marker")).to_be_hidden()
    page.evaluate("document.querySelector('video').currentTime = 2")
    page.locator(".add-marker summary").click()
    expect(page.locator(".add-marker [name=at]")).to_have_value("0:02")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="0:02 0:02")).to_be_visible()
    expect(page.locator(".tick")).to_have_count(2)
    link.click()
    page.wait_for_function("document.querySelector('video').currentTime >= 6.4")
    page.evaluate("document.querySelector('video').pause()")
    page.locator(".timecode", has_text="0:02").locator(".rename summary").click()
    expect(page.locator(".rename[open] [name=name]")).to_be_focused()
    page.keyboard.type("Early")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="0:02 Early")).to_be_visible()
    page.get_by_role("button", name="Remove Early").click()
    expect(page.locator(".tick")).to_have_count(1)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name="0:02 Early")).to_be_visible()
    page.reload()
    expect(page.locator(".timecode")).to_have_count(2)
    expect(page.locator(".tick")).to_have_count(2)


def test_the_link_to_a_moment_is_copied(page, browser):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.wait_for_function("document.querySelector('video').readyState >= 1")
    page.evaluate("document.querySelector('video').currentTime = 7.9")
    page.wait_for_function("document.querySelector('video').currentTime > 7")
    page.locator("#page-menu summary").click()
    page.get_by_role("button", name="Copy link at 0:07").click()
    assert page.evaluate("navigator.clipboard.readText()") == f"{page.url}?t=7"
    page.locator("#page-menu summary").click()
    page.get_by_role("button", name="Copy link", exact=True).click()
    assert page.evaluate("navigator.clipboard.readText()") == page.url


def test_the_menu_of_the_page_closes_by_escape_and_by_a_click_elsewhere(page):
    menu = page.locator("#page-menu")
    menu.locator("summary").click()
    expect(menu.get_by_role("link", name="Download")).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu.get_by_role("link", name="Download")).to_be_hidden()
    menu.locator("summary").click()
    page.locator(".watch-title").click()
    expect(menu.get_by_role("link", name="Download")).to_be_hidden()


# --- for everybody


@covers_looks
@each_look("desk-dark")
def test_axe_finds_nothing_wrong_in_any_state(site, visit, theme, size):
    begin(site)
    page = visit(f"{address(site, 'Sea/Talk.mp4')}?t=3", **size, color_scheme=theme)
    page.wait_for_function("document.querySelector('video').readyState >= 1")
    expect(page.locator("#related")).to_be_visible()
    assert violations(page) == [], "as it opens"
    page.keyboard.press("n")
    assert violations(page) == [], "naming a marker"
    page.keyboard.press("Enter")
    expect(page.locator(".timecode[data-marker]").first).to_be_visible()
    page.get_by_role("button", name="3 stars").click()
    page.get_by_role("combobox").press_sequentially("se")
    expect(page.get_by_role("option").first).to_be_visible()
    assert violations(page) == [], "choosing a tag"
    page.keyboard.press("Enter")
    for menu in ("captions", "speed", "settings"):
        page.locator(f"#{menu}").click()
        assert violations(page) == [], menu
        page.keyboard.press("Escape")
    page.locator(".title-edit summary").click()
    page.locator(".about summary").click()
    page.locator(".rename summary").first.click()
    page.locator("#page-menu summary").click()
    assert violations(page) == [], "with all that opens open"
    page.keyboard.press("Escape")
    page.locator("main").click(position={"x": 2, "y": 2})
    page.keyboard.press("?")
    assert violations(page) == [], "the keys"


@covers_looks
@pytest.mark.parametrize("theme", ["dark", pytest.param("light", marks=only_long)])
def test_axe_finds_nothing_wrong_where_a_file_is_missing(site, visit, theme):
    page = visit(f"{site.address}/healthz", **DESK, color_scheme=theme)
    page.goto(address(site, "gone.mp4"))
    expect(page.get_by_text("Press N to add one while you watch")).to_have_count(0)
    assert violations(page) == []


@covers_looks
@pytest.mark.parametrize("theme", ["dark", pytest.param("light", marks=only_long)])
def test_axe_finds_nothing_wrong_where_a_file_cannot_be_played(site, visit, theme):
    page = visit(f"{site.address}/healthz", **DESK, color_scheme=theme)
    page.goto(address(site, "broken.mp4"))
    expect(page.locator("#unplayable")).to_be_visible()
    assert violations(page) == []
