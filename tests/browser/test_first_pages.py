"""The main job, by a person with a browser: see the clips, play one, seek in it, rate it, and find the stars there."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import CLIP, CLIP_SECONDS, forget_marks, seek, wait_until_shown, with_clip
from tests.live_server import running

pytestmark = pytest.mark.slow

CURRENT_TIME = "document.querySelector('video').currentTime"
SMALL_PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}


def open_clip(page):
    # Not the one that goes on with what was begun: the page before saves its position as it closes.
    page.locator(".grid").get_by_role("link", name="Morning").click()
    expect(page.get_by_role("heading", name="Morning")).to_be_visible()


def play(page, seconds):
    """Press play and watch until this much of the clip was shown."""
    page.evaluate("document.querySelector('video').muted = true")
    page.locator("media-play-button:visible").first.click()
    page.wait_for_function(f"{CURRENT_TIME} > {seconds}", timeout=20_000)


def test_the_clip_is_seen_opened_and_played(site, visit):
    page = visit(site.address)
    expect(page.get_by_role("heading", name="1 video")).to_be_visible()
    open_clip(page)
    play(page, 1.0)
    seen = page.evaluate(
        "(() => { const v = document.querySelector('video'); return [v.videoWidth, v.videoHeight, v.duration, v.error,"
        " v.getVideoPlaybackQuality().totalVideoFrames]; })()"
    )
    assert seen[:2] == [640, 360]
    assert seen[2] == pytest.approx(CLIP_SECONDS, abs=0.2)
    assert seen[3] is None
    assert seen[4] > 10


def test_a_seek_fetches_the_bytes_of_the_new_place(site, visit):
    page = visit(site.address)
    places = []

    def note(response):
        if response.url.endswith("/stream"):
            found = re.match(r"bytes (\d+)-", response.headers.get("content-range", ""))
            places.append((response.status, int(found[1]) if found else None))

    page.on("response", note)
    open_clip(page)
    page.wait_for_function("document.querySelector('video').readyState >= 1")
    before = len(places)
    seek(page, 10)
    assert page.evaluate(CURRENT_TIME) == pytest.approx(10, abs=0.05)
    assert page.evaluate("document.querySelector('video').readyState") >= 2
    size = (site.shell.videos / CLIP.name).stat().st_size
    assert [status for status, _ in places[before:]] == [206] * len(places[before:])
    assert max(start for _, start in places[before:]) > size / 2
    seek(page, 3)
    play(page, 3.5)
    assert page.evaluate(CURRENT_TIME) < 10


def test_the_stars_are_there_after_a_restart(shell_with_clip, visit):
    with running(shell_with_clip) as site:
        wait_until_shown(site)
        page = visit(site.address)
        open_clip(page)
        page.get_by_role("button", name="4 stars").click()
        expect(page.get_by_role("button", name="4 stars")).to_have_attribute("aria-pressed", "true")
        page.get_by_role("button", name="Favorite").click()
        expect(page.get_by_role("button", name="Favorite")).to_have_attribute("aria-pressed", "true")
        page.goto("about:blank")
    with running(shell_with_clip, port=site.port):
        page.goto(site.address)
        card = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="Morning"))
        expect(card).to_contain_text("4 of 5 stars")
        expect(card).to_contain_text("Favorite")
        open_clip(page)
        expect(page.locator(".star.is-on")).to_have_count(4)


def test_everything_is_changed_without_javascript(site, visit):
    page = visit(site.address, java_script_enabled=False)
    open_clip(page)
    tags = page.get_by_role("list", name="Tags")
    field = page.get_by_role("textbox", name=re.compile("Add a tag"))
    field.fill("#Sea, night & day")
    field.press("Enter")
    expect(tags.get_by_role("link")).to_have_text(["night & day", "Sea"])
    page.get_by_role("button", name="Remove Sea").click()
    expect(tags.get_by_role("link")).to_have_text(["night & day"])
    page.get_by_role("button", name="2 stars").click()
    page.get_by_role("button", name="Favorite").click()
    tags.get_by_role("link", name="night & day").click()
    expect(page.get_by_role("heading", name="Morning")).to_be_visible()
    expect(page.locator(".card")).to_contain_text("2 of 5 stars")
    page.get_by_role("link", name=re.compile("night & day.*remove")).click()
    expect(page).to_have_url(re.compile(r"/\??$"))


def test_a_play_is_counted_once_and_only_for_what_was_really_watched(site, visit):
    page = visit(site.address)
    counted = []
    page.on("request", lambda request: counted.append(request.method) if request.url.endswith("/views") else None)
    open_clip(page)
    page.wait_for_function("document.querySelector('video').readyState >= 1")
    for place in (9, 2, 6):
        seek(page, place)
    assert counted == []
    seek(page, 0)
    with page.expect_response(re.compile(r"/views$")) as answer:
        play(page, 1.5)
    assert answer.value.status == 204
    page.wait_for_function(f"{CURRENT_TIME} > 3.5", timeout=20_000)
    assert counted == ["POST"]
    page.reload()
    expect(page.locator(".facts")).to_contain_text("1 view")
    expect(page.locator(".facts")).to_contain_text("last")


def test_a_search_finds_and_says_when_there_is_nothing(site, visit):
    page = visit(site.address)
    search = page.get_by_role("searchbox")
    search.fill("morn")
    search.press("Enter")
    expect(page.get_by_role("heading", name="Morning")).to_be_visible()
    search.fill("evening")
    search.press("Enter")
    expect(page.get_by_role("heading", name="No videos found")).to_be_visible()
    page.get_by_role("link", name="Show all videos").click()
    expect(page.get_by_role("heading", name="Morning")).to_be_visible()


@pytest.fixture(scope="module")
def long_names(new_shell, clip):
    """A server that shows the clip under its own name and two long ones."""
    shell = with_clip(new_shell("long"), clip)
    for name in ("x" * 150, "a long name with many words " * 8):
        (shell.videos / f"{name.strip()}.mp4").hardlink_to(clip)
    with running(shell) as server:
        wait_until_shown(server)
        yield server


@pytest.mark.parametrize("options", [SMALL_PHONE, {"viewport": {"width": 1280, "height": 800}}], ids=["phone", "desk"])
def test_no_page_scrolls_sideways(long_names, visit, options):
    site = long_names
    forget_marks(site.shell)
    page = visit(site.address, **options)
    addresses = page.locator(".card-link").evaluate_all("links => links.map(link => link.href)")
    assert len(addresses) == 3
    for address in (
        *addresses,
        f"{site.address}/?q={'nothing' * 20}&favorites=1&rating=3",
        f"{site.address}/login/",
    ):
        page.goto(address)
        wide = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert wide[0] <= wide[1], address
        if "/videos/" in address:
            field = page.get_by_role("combobox", name=re.compile("Add a tag"))
            field.fill("y" * 190)
            field.press("Enter")
            expect(page.get_by_role("list", name="Tags").get_by_role("link")).to_have_text("y" * 190)
            assert page.evaluate("document.documentElement.scrollWidth") <= wide[1], "a long tag"
    page.goto(site.address)
    assert page.evaluate("document.documentElement.scrollWidth") <= wide[1], "a card with a long tag"


def test_a_file_that_is_no_video_is_said_to_be_unplayable_and_a_good_one_is_not(shell_with_clip, visit):
    (shell_with_clip.videos / "broken.mp4").write_bytes(b"no video " * 999)
    shell_with_clip.run("scan_library")
    # A worker would analyze the file, and its page then says in other words why it cannot be played.
    with running(shell_with_clip, "--no-worker") as site:
        page = visit(f"{site.address}/watch/{CLIP.name}")
        note = page.get_by_text("This browser cannot play the file")
        page.wait_for_function("document.querySelector('video').readyState >= 1")
        expect(note).to_be_hidden()
        page.goto(f"{site.address}/watch/broken.mp4")
        expect(note).to_be_visible()
        page.goto("about:blank")
