"""The first minutes of a library, seen with a browser: the scan is told of, then videos come, then their pictures."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import CLIP, change, detail, wait_until_shown
from tests.live_server import running
from videos.media.demo import Clip, encode

pytestmark = pytest.mark.slow

SMALL = Clip("", "testsrc2=size=64x64:rate=25", "libx264", "aac", 220, 1)


def begin_scan(shell, phase, done, total):
    statement = (
        "INSERT OR REPLACE INTO videos_activity (kind, phase, done, total, started_at, updated_at, summary, error)"
        " VALUES ('scan', ?, ?, ?, datetime('now'), datetime('now', '+1 minute'), '', '')"
    )
    change(shell, (statement, (phase, done, total)))


def test_a_page_that_is_opened_at_the_start_fills_with_videos_and_their_pictures_by_itself(shell_with_clip, visit):
    with running(shell_with_clip) as site:
        page = visit(site.address)
        # Never that there is none, whenever the page was opened.
        expect(page.get_by_role("heading", name=re.compile("^(Scanning the folder|1 video)$"))).to_be_visible()
        expect(page.get_by_role("heading", name="Morning")).to_be_visible(timeout=60_000)
        expect(page.locator(".card .picture")).to_be_visible(timeout=60_000)
        expect(page.get_by_text(re.compile("thumbnails", re.IGNORECASE))).to_have_count(0)
        expect(page.get_by_role("heading", name="1 video")).to_be_visible()


def test_the_first_scan_is_counted_on_the_page_as_it_goes(shell_with_clip, visit):
    with running(shell_with_clip, "--no-worker") as site:
        begin_scan(site.shell, "reading_folder", 1_204, None)
        page = visit(site.address)
        expect(page.get_by_text("1,204 files so far")).to_be_visible()
        begin_scan(site.shell, "saving", 500, 2_408)
        expect(page.get_by_text("500 of 2,408 files so far")).to_be_visible()
        expect(page.get_by_role("progressbar")).to_have_attribute("value", "500")


@detail
def test_the_first_scan_is_told_of_without_javascript(shell_with_clip, visit):
    with running(shell_with_clip, "--no-worker") as site:
        begin_scan(site.shell, "reading_folder", 1_204, None)
        page = visit(site.address, java_script_enabled=False)
        expect(page.get_by_text("1,204 files so far")).to_be_visible()
        site.shell.run("scan_library")
        expect(page.get_by_role("heading", name="Morning")).to_be_visible(timeout=15_000)


@detail
def test_pictures_come_to_a_page_that_somebody_reads_and_nothing_moves_there(shell_with_clip, visit):
    first = shell_with_clip.videos / "00.mp4"
    encode(SMALL, first)
    for number in range(1, 39):
        first.with_name(f"{number:02}.mp4").hardlink_to(first)
    with running(shell_with_clip, "--no-worker") as site:
        site.shell.run("scan_library")
        page = visit(f"{site.address}/?sort=title", viewport={"width": 600, "height": 500})
        expect(page.get_by_text("Thumbnails: no worker is running")).to_be_visible()
        page.locator(".card-link").nth(6).focus()
        page.evaluate("window.scrollTo(0, 600)")
        place = page.evaluate("[scrollY, document.activeElement.getBoundingClientRect().top]")
        # Another video comes meanwhile, before all others: it is not pushed in.
        (site.shell.videos / "! new.mp4").hardlink_to(site.shell.videos / CLIP.name)
        site.shell.run("worker", "--once")
        expect(page.locator(".card .picture")).to_have_count(40, timeout=30_000)
        assert page.evaluate("[scrollY, document.activeElement.getBoundingClientRect().top]") == place
        assert page.evaluate("document.activeElement.className") == "card-link"
        expect(page.get_by_role("heading", name="! new")).to_have_count(0)
        expect(page.get_by_role("heading", name="41 videos")).to_be_visible()


def test_a_page_that_waits_for_nothing_asks_for_nothing(site, visit):
    page = visit(site.address)
    asked = []
    page.on("request", lambda request: asked.append(request.url) if request.resource_type == "fetch" else None)
    page.wait_for_timeout(4_000)
    assert asked == []


@detail
def test_the_library_page_says_that_the_worker_is_starting_and_then_what_it_does(shell_with_clip, visit):
    with running(shell_with_clip) as site:
        page = visit(f"{site.address}/library/")
        assert "No worker is running" not in page.content()
        expect(page.get_by_text("The worker is starting")).to_have_count(0, timeout=30_000)
        expect(page.locator("#progress")).not_to_contain_text("No worker is running")
        wait_until_shown(site)
        expect(page.get_by_text("1 file analyzed", exact=True)).to_be_visible(timeout=60_000)
