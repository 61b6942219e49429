"""The gallery by hand: hover, search, filters, scrolling, keys, phone, no JavaScript, and axe in both themes."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, PHONE, covers_looks, detail, each_look, violations, wait_for_pictures
from tests.live_server import running, wait_for

pytestmark = pytest.mark.slow

FILMS = 70


@pytest.fixture(scope="module")
def films(new_shell, small_clip):
    """A server with more films than a page holds, of which one has a picture to preview at least."""
    shell = new_shell("films")
    for number in range(FILMS):
        (shell.videos / f"Film {number:02}.mp4").hardlink_to(small_clip)
    with running(shell) as site:
        wait_for(lambda: f"{FILMS} videos" in site.get("/").text, 60, lambda: site.log)
        wait_for_pictures(site)
        shell.python(
            "from videos.cache import VideoCache; cache = VideoCache()\n"
            "cache.update_tags('Film 07.mp4', ['sea', 'summer', 'trip', 'family'])\n"
            "cache.update_rating('Film 07.mp4', 5); cache.save_position('Film 08.mp4', 10.3)"
        )
        yield site


def tile_places(site, cover):
    """Return how far left of a cover its sheet must lie to show each tile, in the pixels of the cover."""
    address = cover.locator(".picture").get_attribute("src").replace("/cover.webp", "/sprite.vtt")
    tiles = re.findall(r"#xywh=(\d+),\d+,(\d+),", site.get(address).text)
    return [-int(left) * cover.bounding_box()["width"] / int(width) for left, width in tiles]


def test_hovering_plays_the_film_under_the_pointer(films, visit):
    page = visit(f"{films.address}/?sort=title", **DESK)
    cover = page.locator(".grid .cover").first
    cover.hover()
    expect(page.locator(".preview")).to_have_count(1)
    box = cover.bounding_box()
    first, second = tile_places(films, cover)
    assert second < first == 0
    widths, shown = [], []
    # Just before the middle is still the first of the two.
    for share in (0.2, 0.45, 0.55, 0.8):
        page.mouse.move(box["x"] + box["width"] * share, box["y"] + 40)
        widths.append(page.locator(".preview-bar").evaluate("place => parseFloat(place.style.width)"))
        shown.append(
            page.locator(".preview").evaluate("picture => parseFloat(getComputedStyle(picture).backgroundPositionX)")
        )
    assert widths == pytest.approx([20, 45, 55, 80], abs=1)
    assert shown == pytest.approx([first, first, second, second], abs=1)
    page.mouse.move(5, 5)
    expect(page.locator(".preview")).to_have_count(0)


def test_a_finger_that_rests_on_a_cover_looks_through_the_film_and_opens_nothing(films, visit):
    page = visit(f"{films.address}/?sort=title", **PHONE)
    cover = page.locator(".grid .cover").nth(1)
    cover.scroll_into_view_if_needed()
    box = cover.bounding_box()
    session = page.context.new_cdp_session(page)

    def touch(kind, *shares):
        points = [{"x": box["x"] + box["width"] * share, "y": box["y"] + box["height"] / 2} for share in shares]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    shown = []
    touch("touchStart", 0.2)
    expect(page.locator(".preview")).to_have_count(1)
    for share in (0.2, 0.8):
        touch("touchMove", share)
        page.wait_for_function(
            "width => Math.abs(parseFloat(document.querySelector('.preview-bar').style.width) - width) < 1.5",
            arg=100 * share,
        )
        shown.append(page.locator(".preview").evaluate("picture => picture.style.backgroundPosition"))
    assert shown[0] != shown[1]
    touch("touchEnd")
    expect(page.locator(".preview")).to_have_count(0)
    expect(page).to_have_url(re.compile("sort=title$"))
    # A short touch opens, as ever.
    cover.tap()
    expect(page).to_have_url(re.compile("/videos/"))


def test_a_search_as_one_types_replaces_the_results_and_goes_back_in_one_step(films, visit):
    page = visit(f"{films.address}/", **DESK)
    page.evaluate("window.isSamePage = true")
    page.keyboard.press("/")
    page.keyboard.type("film 07", delay=60)
    expect(page.locator(".count")).to_have_text("1 video")
    expect(page).to_have_url(re.compile(r"\?q=film\+07$"))
    assert page.locator(".card-title mark").all_inner_texts() == ["Film", "07"]
    page.go_back()
    expect(page.locator(".count")).to_have_text(f"{FILMS} videos")
    expect(page.get_by_role("searchbox")).to_have_value("")
    assert page.evaluate("window.isSamePage")


def test_a_filter_applies_at_once_and_its_numbers_follow(films, visit):
    page = visit(f"{films.address}/", **DESK)
    page.get_by_role("button", name="Filters").click()
    sheet = page.locator("#filters")
    counts = {"tag": "1", "any_tag": "1", "no_tag": str(FILMS - 1)}
    seas = {group: sheet.locator(f"[data-facet={group}] label", has_text=re.compile("^sea")) for group in counts}
    for group, count in counts.items():
        expect(seas[group]).to_contain_text(count)
    seas["tag"].click()
    expect(page.locator(".count")).to_have_text("1 video")
    expect(page).to_have_url(re.compile(r"tag=sea$"))
    expect(sheet.locator("label", has_text="Unwatched")).to_contain_text("1")
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(page.get_by_role("button", name="Filters")).to_be_focused()
    page.get_by_role("link", name=re.compile("#sea")).click()
    expect(page.locator(".count")).to_have_text(f"{FILMS} videos")


def test_scrolling_brings_the_next_page_and_a_reload_returns_to_the_place(films, visit):
    page = visit(f"{films.address}/", **DESK)
    page.locator(".sort summary").click()
    page.get_by_role("link", name="Title").click()
    expect(page.locator(".card-title").first).to_have_text("Film 00")
    page.mouse.move(700, 600)
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    expect(page.locator(".card")).to_have_count(FILMS)
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    expect(page).to_have_url(re.compile("page=2"))
    page.reload()
    expect(page.locator(".card-title").first).to_have_text("Film 60")
    expect(page.get_by_role("link", name="Previous page")).to_be_visible()


# Notes how many milliseconds after it asked the page marked its results, and when it took the mark away.
NOTE_LOADING = """() => {
  window.marked = [];
  let asked = 0;
  document.addEventListener("htmx:beforeRequest", () => (asked = performance.now()));
  new MutationObserver(() => {
    const isMarked = document.getElementById("results").classList.contains("is-loading");
    if (isMarked !== window.marked.length % 2 > 0) window.marked.push(performance.now() - asked);
  }).observe(document.querySelector("main"), { subtree: true, childList: true, attributeFilter: ["class"] });
}"""


@detail
def test_what_takes_longer_than_150_ms_is_marked_until_it_comes(films, visit):
    page = visit(f"{films.address}/?q=film+07", **DESK)
    page.clock.install()
    page.evaluate(NOTE_LOADING)
    held = []
    page.route("**/?q=*", lambda route: held.append(route))  # noqa: PLW0108  Playwright looks into it
    color = "getComputedStyle(document.querySelector('#results .card-title')).color"
    # From here on no time passes but what is said, however busy the machine is.
    page.clock.pause_at(datetime.fromtimestamp(page.evaluate("Date.now()") / 1000 + 0.5, UTC))
    page.get_by_role("searchbox").fill("film 1")
    for _ in range(30):
        page.clock.run_for(50)
    assert page.evaluate("window.marked") == [150]
    expect(page.locator("#results")).to_have_class("is-loading")
    assert page.evaluate(color) == "rgba(0, 0, 0, 0)"
    page.clock.resume()
    held[0].continue_()
    expect(page.locator(".count")).to_have_text("10 videos")
    # Whatever was to mark them later has been called off.
    page.wait_for_timeout(300)
    assert len(page.evaluate("window.marked")) == 2
    expect(page.locator("#results")).not_to_have_class("is-loading")
    assert page.evaluate(color) != "rgba(0, 0, 0, 0)"


def test_arrows_pass_over_the_choices_of_a_filter_and_enter_makes_one(films, visit):
    page = visit(f"{films.address}/?sort=title", **DESK)
    page.get_by_role("button", name="Filters").click()
    expect(page.locator("#rating-2 ~ .option-count")).to_have_text("1")
    page.locator("#rating-1").focus()
    reached = set()
    for _step in range(40):
        page.keyboard.press("ArrowDown")
        reached.add(page.evaluate("document.activeElement.name"))
    assert {"watched", "duration", "added", "tag"} <= reached
    assert page.url.endswith("?sort=title")
    page.locator("#rating-1").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"[?&]rating=5"))
    expect(page.locator(".count")).to_have_text("1 video")


@detail
def test_a_slash_leads_to_the_search_from_a_box_too(films, visit):
    page = visit(f"{films.address}/?sort=title", **DESK)
    page.get_by_role("checkbox", name="Select Film 00").focus()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_have_value("/")


def test_a_question_mark_lists_the_keys(films, visit):
    page = visit(f"{films.address}/?sort=title", **DESK)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_contain_text("Move between videos")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_hidden()
    page.locator(".search input").press_sequentially("a?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_hidden()


@detail
def test_density_is_remembered(films, visit):
    page = visit(f"{films.address}/", **DESK)
    for name in ("Compact", "List"):
        page.get_by_role("button", name=name, exact=True).click()
        page.reload()
        expect(page.get_by_role("button", name=name, exact=True)).to_have_attribute("aria-pressed", "true")
        assert page.locator("html").get_attribute("data-density") == name.lower()


def test_arrows_walk_the_cards_in_two_dimensions_and_enter_opens(films, visit):
    page = visit(f"{films.address}/?sort=title", **DESK)
    columns = page.locator(".card").evaluate_all(
        "all => all.filter(card => card.offsetTop === all[0].offsetTop).length"
    )
    page.locator(".card-link").nth(0).focus()
    for key, at in [("ArrowRight", 1), ("ArrowDown", 1 + columns), ("ArrowLeft", columns), ("ArrowUp", 0)]:
        page.keyboard.press(key)
        expect(page.locator(".card-link").nth(at)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/videos/"))


@detail
def test_arrows_stay_in_their_row_at_its_ends(films, visit):
    page = visit(f"{films.address}/?sort=title", **DESK)
    columns = page.locator(".card").evaluate_all(
        "all => all.filter(card => card.offsetTop === all[0].offsetTop).length"
    )
    links = page.locator(".card-link")
    links.nth(columns).focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".rail a:focus")).to_have_count(1)
    page.keyboard.press("ArrowRight")
    links.nth(columns - 1).focus()
    page.keyboard.press("ArrowRight")
    expect(links.nth(columns - 1)).to_be_focused()


def test_the_first_arrow_down_from_the_search_reaches_the_shelf_above_the_list(films, visit):
    page = visit(f"{films.address}/", **DESK)
    expect(page.locator(".shelf .small-link").first).to_be_visible()
    page.get_by_role("searchbox").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".shelf .small-link").first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".shelf").nth(1).locator(".small-link").first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".card-link:focus")).to_have_count(1)
    page.keyboard.press("ArrowUp")
    expect(page.locator(".shelf").nth(1).locator(".small-link:focus")).to_have_count(1)


@detail
def test_on_a_phone_no_line_of_a_list_lies_over_another(films, visit):
    page = visit(f"{films.address}/?sort=title", viewport={"width": 360, "height": 760})
    page.get_by_role("button", name="List", exact=True).click()
    overlaps = page.locator(".card").evaluate_all(
        """cards => cards.filter(card => {
            const title = card.querySelector(".card-title").getBoundingClientRect();
            const line = card.querySelector(".card-line").getBoundingClientRect();
            return title.bottom > line.top + 1 || line.height > 30;
        }).length"""
    )
    assert overlaps == 0


def test_the_heart_of_a_card_changes_in_place(films, visit):
    page = visit(f"{films.address}/?sort=title", **DESK)
    card = page.locator(".card").nth(2)
    for pressed in ("true", "false"):
        card.hover()
        card.get_by_role("button", name="Favorite").click()
        expect(card.get_by_role("button", name="Favorite")).to_have_attribute("aria-pressed", pressed)
    expect(page).to_have_url(re.compile("sort=title$"))


def test_a_server_that_is_away_is_said_and_can_be_tried_again(films, visit):
    page = visit(f"{films.address}/", **DESK)
    page.route("**/?q=*", lambda route: route.abort())
    page.get_by_role("searchbox").fill("07")
    expect(page.get_by_text("The server is not responding")).to_be_visible()
    page.unroute("**/?q=*")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".count")).to_have_text("1 video")
    expect(page.get_by_text("The server is not responding")).to_be_hidden()
    visit.complaints.clear()


def test_without_javascript_forms_and_links_do_the_same(films, visit):
    page = visit(f"{films.address}/?sort=title", **DESK, java_script_enabled=False)
    page.get_by_role("link", name="Next page").click()
    shown = page.locator(".card-title")
    expect(shown).to_have_count(FILMS - 60)
    page.get_by_role("button", name="Filters").click()
    page.locator("#filters label", has_text="★★★★★").click()
    page.get_by_role("button", name="Show videos").click()
    expect(shown).to_have_text(["Film 07"])
    page.locator(".card").hover()
    page.get_by_role("button", name="Favorite").click()
    expect(page).to_have_url(re.compile(r"rating=5.*#video-\d+$"))
    expect(page.get_by_role("button", name="Favorite")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Favorite").click()
    page.get_by_role("button", name="Filters").click()
    page.get_by_role("link", name="All filters").click()
    page.locator("label", has_text="H.264").click()
    page.get_by_role("button", name="Show videos").click()
    expect(page).to_have_url(re.compile(r"\?(?=.*codec=h264)(?=.*sort=title)(?=.*rating=5)"))
    expect(shown).to_have_text(["Film 07"])


@covers_looks
@each_look("phone-light")
def test_axe_finds_nothing_wrong_and_nothing_scrolls_sideways(films, visit, theme, size):
    page = visit(f"{films.address}/?q=film+0", **size, color_scheme=theme)
    for state in ("grid", "list", "compact", "filters"):
        if state == "filters":
            page.locator("#open-filters").click()
            expect(page.locator("#filters .option-count").first).to_be_visible()
        else:
            page.locator(f"button[data-density={state}]").click()
        assert violations(page) == [], state
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), state
