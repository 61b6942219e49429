"""What a finger meets on a phone, and what a keyboard reaches: large enough, and seen to be reached."""

import re
import shutil

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import CLIP, DESK, PHONE, covers_looks, detail, wait_for_pictures, wait_until_shown
from tests.counts import only_long
from tests.live_server import running, wait_for

pytestmark = pytest.mark.slow

# Each control is pressed 20 px above and below its middle: what is there must be the control itself. A link within a
# sentence is as high as its line, as everywhere on the web.
CONTROLS = (
    "button, summary, input:not([type=hidden]), nav a, .chip, .quiet, .button, .tiles a, .row-title a,"
    " .duplicate-files a,"
    " .card-link, .small-link, .cloud a, .figures a, .crumbs a, .chapters a"
)
SMALL = """controls => [...document.querySelectorAll(controls)].filter(control => {
  const isShown = control.checkVisibility({visibilityProperty: true}) && control.getClientRects().length;
  if (!isShown || control.closest(".visually-hidden, .skip")) return false;
  control.scrollIntoView({block: "center"});
  const box = control.getBoundingClientRect();
  return [-20, 20].some(away => {
    const met = document.elementFromPoint((box.left + box.right) / 2, (box.top + box.bottom) / 2 + away);
    const around = met?.contains(control) && met.matches("a, button, label");
    return !met || !(control.contains(met) || around || met === control.closest("li"));
  });
}).map(control => control.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def full(new_shell, clip):
    """A server whose pages show everything that can be pressed: tags, a problem, a duplicate, a missing video."""
    shell = new_shell("touch")
    videos = shell.videos
    (videos / CLIP.name).parent.mkdir()
    shutil.copyfile(clip, videos / CLIP.name)
    (videos / "broken.mp4").write_bytes(b"no video " * 999)
    for name in ("Copy.mp4", "Gone.mp4"):
        shutil.copyfile(videos / CLIP.name, videos / name)
    with running(shell) as site:
        wait_until_shown(site)
        wait_for_pictures(site)
        shell.python(
            "from videos.cache import VideoCache; from videos.models import SmartList\n"
            "from videos.accounts.household import household\n"
            "[SmartList.objects.keep(household(), name, 'tag=sea') for name in ('Sea', 'Sun')]; cache = VideoCache()\n"
            "cache.update_rating('Copy.mp4', 5); cache.set_favorite('Copy.mp4', True); cache.update_view('Copy.mp4')\n"
            f"cache.save_position({CLIP.name!r}, 10.3)\n"
            f"[cache.update_tags(name, ['sea', 'summer']) for name in ({CLIP.name!r}, 'Gone.mp4')]"
        )
        (videos / "Gone.mp4").unlink()
        wait_for(lambda: "1 missing" in site.get("/").text, 60)
        yield site


def addresses(site, page):
    page.goto(f"{site.address}/?missing=1")
    missing = page.locator(".card-link").get_attribute("href")
    tag, saved = (re.search(rf'href="({path}[^"]+/edit/)"', site.get(path).text)[1] for path in ("/tags/", "/lists/"))
    return [
        "/",
        "/?tag=sea",
        "/?q=nothing",
        "/library/",
        f"/watch/{CLIP.name}",
        "/watch/broken.mp4",
        missing,
        "/tags/",
        tag,
        "/folders/",
        "/history/",
        "/stats/",
        "/lists/",
        saved,
        "/favorites/",
        "/popular/",
        "/best-of/",
        "/login/",
    ]


def open_filters(page):
    page.locator("#open-filters").click()
    expect(page.locator("#filters .option-count").first).to_be_visible()


def open_bulk_bar(page):
    page.locator(".selecting > summary").click()
    page.locator(".select").first.click()
    expect(page.locator("#bulk")).to_be_visible()


def open_panel(page, name):
    open_bulk_bar(page)
    page.locator("#bulk summary", has_text=name).click()


OPENED = {
    "#filters": open_filters,
    "#bulk": open_bulk_bar,
    "#bulk .bulk-panel:not(.is-stars)": lambda page: open_panel(page, "Tags"),
    "#bulk .bulk-panel.is-stars": lambda page: open_panel(page, "Stars"),
}


def test_everything_that_is_pressed_on_a_phone_is_44_px_high(full, visit):
    page = visit(full.address, **PHONE)
    found = {}
    for address in addresses(full, page):
        page.goto(f"{full.address}{address}")
        if small := page.evaluate(SMALL, CONTROLS):
            found[address] = small
    for place, open_it in OPENED.items():
        page.goto(full.address)
        open_it(page)
        assert page.locator(place).locator("button, input:not([type=hidden])").count() >= 3
        if small := page.evaluate(SMALL, f"{place} :is({CONTROLS})"):
            found[place] = small
    assert found == {}


# A box that a label stands around is seen by the ring of the label.
OUTLINE = """(() => {
  const element = document.activeElement;
  if (element === document.body) return null;
  const label = element.closest("label");
  const shown = label && getComputedStyle(label).outlineStyle === "solid" ? label : element;
  const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(shown);
  return [element.outerHTML.slice(0, 120), outlineStyle, outlineWidth, outlineColor];
})()"""


def walk_by_tab(page, where):
    """Press Tab to the end of the page, and return how many places it led to; each shows that it is reached."""
    for seen in range(80):
        page.keyboard.press("Tab")
        outline = page.evaluate(OUTLINE)
        if outline is None:
            return seen
        # The browser's own player draws its own.
        if not outline[0].startswith("<video"):
            assert outline[1:3] == ["solid", "2px"], (where, outline)
            assert "/ 0)" not in outline[3], (where, outline)
            assert outline[3] != "rgba(0, 0, 0, 0)", (where, outline)
    return 80


@detail
def test_the_focus_is_seen_on_everything_that_the_keyboard_reaches(full, visit):
    page = visit(full.address, viewport={"width": 1000, "height": 800})
    for address in addresses(full, page):
        page.goto(f"{full.address}{address}")
        # The player takes the focus as the page opens: no key has led there.
        page.wait_for_function(
            "!document.getElementById('player')?.checkVisibility() || document.activeElement.id === 'player'"
        )
        assert walk_by_tab(page, address) >= 2, address
    for place, open_it in OPENED.items():
        page.goto(full.address)
        open_it(page)
        walk_by_tab(page, place)


@covers_looks
@pytest.mark.parametrize("width", [390, pytest.param(820, marks=only_long), pytest.param(1440, marks=only_long)])
def test_no_line_of_facts_begins_or_ends_with_a_dot(full, visit, width):
    """A dot belongs between two parts of a line; where the line breaks there is none to be seen."""
    page = visit(full.address, viewport={"width": width, "height": 844})
    lines = 0
    for address in addresses(full, page)[:-1]:
        page.goto(f"{full.address}{address}")
        for line in page.locator(".card-line, .facts, .dotted").all():
            if not line.is_visible():
                continue
            first = line.evaluate(
                "line => { const cut = line.getBoundingClientRect().left + 12; const tops = new Map();"
                " for (const part of line.children) { const box = part.getBoundingClientRect();"
                "   const dot = box.left - 10; const row = Math.round(box.top + box.height / 2);"
                "   if (!tops.has(row) || dot < tops.get(row)) tops.set(row, dot); }"
                " return [...tops.values()].map(dot => dot + 5 <= cut); }"
            )
            # What begins a line has its dot where it is cut off.
            assert all(first), (address, line.inner_text())
            assert line.evaluate("line => getComputedStyle(line).clipPath").startswith("inset(")
            lines += len(first)
    assert lines > 10


def test_the_admin_lists_all_columns_of_the_videos_on_a_desk(full, visit):
    full.shell.python(
        "from django.contrib.auth.models import User; User.objects.create_superuser('boss', password='a good secret')"
    )
    page = visit(f"{full.address}/admin/login/?next=/admin/videos/video/", viewport={"width": 1440, "height": 900})
    page.get_by_label("Username").fill("boss")
    page.get_by_label("Password").fill("a good secret")
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("#result_list .small-cover").first).to_be_visible()
    results = page.locator(".results")
    assert results.evaluate("table => table.scrollWidth <= table.clientWidth")
    for kind in ("rating", "favorite", "view", "activity", "missingbatch", "tag"):
        page.goto(f"{full.address}/admin/videos/{kind}/")
        assert page.locator("#content").evaluate("all => all.scrollWidth <= all.clientWidth"), kind


# Whatever moves or fades for longer than a blink, in the page and in the shadow trees of its elements. Not the sign
# that a player waits, which has to be seen to go on; nor what media-chrome lays along a range without a colour.
MOVING = """() => {
  const longest = (list) => Math.max(...list.split(",").map(parseFloat)) * 1000;
  const found = [];
  const look = (element, pseudo) => {
    const style = getComputedStyle(element, pseudo);
    const fades = style.transitionProperty === "none" ? 0 : longest(style.transitionDuration);
    const moves = style.animationName === "none" ? 0 : longest(style.animationDuration);
    const isSeen = style.backgroundColor !== "rgba(0, 0, 0, 0)" || element.id !== "pointer";
    if (isSeen && Math.max(fades, moves) > 10) found.push([element.outerHTML.slice(0, 80), pseudo ?? "", fades, moves]);
  };
  const walk = (root) => root.querySelectorAll("*").forEach((element) => {
    for (const pseudo of [null, "::before", "::after", "::backdrop"]) look(element, pseudo);
    if (element.shadowRoot && element.localName !== "media-loading-indicator") walk(element.shadowRoot);
  });
  walk(document);
  return found;
}"""


@detail
def test_nothing_moves_for_whoever_wants_less_motion(full, visit):
    # Where it may move, this finds what does.
    page = visit(full.address, **DESK)
    assert page.evaluate(MOVING)
    page = visit(full.address, **DESK, reduced_motion="reduce")
    assert page.evaluate(MOVING) == []
    for open_it in (open_filters, open_bulk_bar):
        page.goto(full.address)
        open_it(page)
        assert page.evaluate(MOVING) == []
    page.locator("#bulk").get_by_role("button", name="Favorite", exact=True).click()
    expect(page.locator("#undo .is-toast")).to_be_visible()
    assert page.evaluate(MOVING) == []
    page.goto(f"{full.address}/watch/{CLIP.name}")
    expect(page.locator("#player")).to_be_focused()
    expect(page.locator("#related")).to_be_visible()
    assert page.evaluate(MOVING) == []
    page.keyboard.press("n")
    page.keyboard.press("Enter")
    page.mouse.move(400, 300)
    page.locator("#speed").click()
    assert page.evaluate(MOVING) == []


def reach(page, selector, key="Tab"):
    """Press a key until it has led to such an element."""
    for _ in range(60):
        page.keyboard.press(key)
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{key} does not lead to {selector}")


def test_the_keyboard_alone_is_enough_to_find_watch_rate_and_tag(full, visit):
    press = (page := visit(full.address, **DESK)).keyboard.press
    reach(page, "[type=search]")
    page.keyboard.type("mor")
    expect(page.locator(".count")).to_have_text("1 video")
    reach(page, "#open-filters")
    press("Enter")
    reach(page, "#filters [name=tag][value=summer]")
    press("Space")
    expect(page).to_have_url(f"{full.address}/?q=mor&tag=summer")
    expect(page.locator(".count")).to_have_text("1 video")
    press("Escape")
    expect(page.locator("#open-filters")).to_be_focused()

    press("ArrowDown")
    expect(page.locator(".grid .card-link")).to_be_focused()
    press("Enter")
    expect(page.locator("#player")).to_be_focused()
    press("m")
    press("k")
    page.wait_for_function("document.querySelector('video').currentTime > 6.5")
    press("k")
    page.wait_for_function("document.querySelector('video').paused")
    reach(page, ".star[value='4']")
    press("Enter")
    expect(page.locator(".star.is-on")).to_have_count(4)
    reach(page, "#tag-field")
    page.keyboard.type("dusk")
    press("Enter")
    expect(page.locator("#tags").get_by_role("link")).to_have_text(["dusk", "sea", "summer"])

    # The key that goes back is the browser's own, and a page never sees it.
    page.go_back()
    expect(page.locator(".card")).to_contain_text("dusk")
    reach(page, ".list-head a.quiet[href='/']")
    press("Enter")
    expect(page.locator(".count")).to_have_text("3 videos")
    reach(page, ".grid .card-link")
    press("x")
    press("ArrowRight")
    press("x")
    expect(page.locator(".bulk-count")).to_have_text("2 selected")
    # From the cards back: what can be done with them stands above.
    reach(page, "#bulk .bulk-actions > .menu:first-of-type > summary", "Shift+Tab")
    press("Enter")
    expect(page.locator("#bulk #tag-field")).to_be_focused()
    page.keyboard.type("evening")
    press("Enter")
    expect(page.locator("#undo .is-toast")).to_contain_text("2 videos tagged evening.")
    expect(page.locator(".card", has_text="evening")).to_have_count(2)
