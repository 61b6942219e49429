"""What a finger meets on a phone, and what a keyboard reaches: large enough, and seen to be reached."""

import shutil

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import CLIP, PHONE, wait_for_pictures, wait_until_shown
from tests.server import running, wait_for

pytestmark = pytest.mark.slow

# Each control is pressed 20 px above and below its middle: what is there must be the control itself. A link within a
# sentence is as high as its line, as everywhere on the web.
CONTROLS = (
    "button, summary, input:not([type=hidden]), nav a, .chip, .quiet, .button, .tiles a, .row-title a, .twins a,"
    " .card-link, .chapters a"
)
SMALL = """controls => [...document.querySelectorAll(controls)].filter(control => {
  if (!control.checkVisibility() || !control.getClientRects().length || control.closest(".unseen, .skip")) return false;
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
            "from videos.cache import VideoCache; cache = VideoCache()\n"
            f"[cache.update_tags(name, ['sea', 'summer']) for name in ({CLIP.name!r}, 'Gone.mp4')]"
        )
        (videos / "Gone.mp4").unlink()
        wait_for(lambda: "1 missing" in site.get("/").text, 60)
        yield site


def addresses(site, page):
    page.goto(f"{site.address}/?missing=1")
    missing = page.locator(".card-link").get_attribute("href")
    return [
        "/",
        "/?tag=sea",
        "/?q=nothing",
        "/library/",
        f"/watch/{CLIP.name}",
        "/watch/broken.mp4",
        missing,
        "/login/",
    ]


def test_everything_that_is_pressed_on_a_phone_is_44_px_high(full, visit):
    page = visit(full.address, **PHONE)
    found = {}
    for address in addresses(full, page):
        page.goto(f"{full.address}{address}")
        if small := page.evaluate(SMALL, CONTROLS):
            found[address] = small
    assert found == {}


def test_the_focus_is_seen_on_everything_that_the_keyboard_reaches(full, visit):
    page = visit(full.address, viewport={"width": 1000, "height": 800})
    for address in addresses(full, page):
        page.goto(f"{full.address}{address}")
        # The player takes the focus as the page opens: no key has led there.
        page.wait_for_function(
            "!document.getElementById('player')?.checkVisibility() || document.activeElement.id === 'player'"
        )
        seen = 0
        for _ in range(80):
            page.keyboard.press("Tab")
            outline = page.evaluate(
                "(() => { const e = document.activeElement; if (e === document.body) return null;"
                " const s = getComputedStyle(e); return [e.tagName, s.outlineStyle, s.outlineWidth]; })()"
            )
            if outline is None:
                break
            seen += 1
            # The browser's own player draws its own.
            assert outline[0] == "VIDEO" or outline[1:] == ["solid", "2px"], (address, outline)
        assert seen >= 2, address


@pytest.mark.parametrize("width", [390, 820, 1440])
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
    for kind in ("rating", "favorite", "view", "activity", "disappearance", "tag"):
        page.goto(f"{full.address}/admin/videos/{kind}/")
        assert page.locator("#content").evaluate("all => all.scrollWidth <= all.clientWidth"), kind
