"""The library page and what the worker makes, seen with a browser: progress, buttons, covers, subtitles, chapters."""

import re
import shutil
import threading

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import CLIP, change, detail, wait_for_pictures, wait_until_shown, write_with_chapters
from tests.live_server import running, wait_for
from videos.media.demo import Clip, encode

pytestmark = pytest.mark.slow

LOADED = "document.querySelector('.picture').complete && document.querySelector('.picture').naturalWidth"
SRT = "1\n00:00:00,500 --> 00:00:02,000\nGrüße vom <i>Meer</i>\n\n2\n00:00:03,000 --> 00:00:04,000\nEnde\n"


def library_of(site):
    return f"{site.address}/library/"


def _count(site, name):
    found = re.search(rf"<dt>{name}</dt>\s*<dd[^>]*>(?:<a[^>]*>)?([0-9,]+)", site.get("/library/progress").text)
    return found[1] if found else None


def tile(page, name):
    return page.locator(".tiles > div", has_text=name).locator("dd")


def row(page, section, text):
    return page.locator(f"#{section} .row").filter(has_text=text)


def test_a_cover_is_made_and_shown(site, visit):
    page = visit(site.address)
    page.wait_for_function(LOADED)
    assert page.evaluate("document.querySelector('.picture').naturalWidth") == 480
    assert re.fullmatch("#[0-9a-f]{6}", page.locator(".average rect").get_attribute("fill"))
    expect(page.locator(".card .is-duration")).to_have_text("0:12")
    page.locator(".card-link").click()
    assert re.search(r"/cover\.webp\?v=\d+$", page.locator("video").get_attribute("poster"))
    page.get_by_text("About this file").click()
    expect(page.locator(".about dl")).to_contain_text("Sea/Morning.mp4")


@detail
def test_no_card_moves_when_its_cover_comes(site, visit):
    page = visit("about:blank")
    arrived = threading.Event()

    def hold(route):
        arrived.wait(10)
        route.continue_()

    page.route("**/cover.webp*", hold)
    page.goto(site.address, wait_until="domcontentloaded")
    place = page.locator(".card-title").bounding_box()
    arrived.set()
    page.wait_for_function(LOADED)
    assert page.locator(".card-title").bounding_box() == place


def test_progress_and_counts_move_on_by_themselves(own_site, visit):
    site = own_site
    wait_for_pictures(site)
    page = visit(library_of(site))
    expect(tile(page, "Videos")).to_have_text("1")
    expect(page.get_by_role("link", name="Refresh")).to_be_hidden()
    (site.shell.videos / "broken.mp4").write_bytes(b"no video " * 999)
    expect(tile(page, "Videos")).to_have_text("2", timeout=30_000)
    expect(tile(page, "Unreadable")).to_have_text("1", timeout=30_000)
    expect(page.get_by_role("status")).to_contain_text("Video folder: ")
    page.get_by_role("link", name="Show the current lists").click()
    expect(row(page, "unreadable", "broken.mp4")).to_contain_text("not a video")


@detail
def test_running_work_is_drawn_as_a_bar_that_grows(shell_with_clip, visit):
    begin = (
        "INSERT OR REPLACE INTO videos_activity (kind, phase, done, total, started_at, updated_at, summary, error)"
        " VALUES ('look', 'thumbnails', ?, 1000, datetime('now'), datetime('now', '+1 minute'), '', '')"
    )
    # A worker of its own would end what it has not begun.
    with running(shell_with_clip, "--no-worker") as site:
        page = visit(library_of(site))
        for done in (100, 600):
            change(site.shell, (begin, (done,)))
            expect(page.get_by_role("progressbar")).to_have_attribute("value", str(done))
        expect(page.locator("#progress")).to_contain_text("600 of 1,000 files")


def test_scan_now_is_pressed_and_a_new_scan_ends(site, visit):
    page = visit(library_of(site))
    scanned = page.locator(".work-row time").first
    expect(scanned).to_be_visible()
    before = scanned.get_attribute("datetime")
    page.get_by_role("button", name="Scan now").click()
    expect(page.get_by_text("The video folder is being scanned.")).to_be_visible()
    page.wait_for_function(
        "before => document.querySelector('.work-row time')?.dateTime > before", arg=before, timeout=30_000
    )


@detail
def test_a_broken_file_that_was_mended_is_tried_again(own_site, visit):
    site = own_site
    broken = site.shell.videos / "broken.mp4"
    broken.write_bytes(b"no video " * 999)
    wait_for(lambda: _count(site, "Unreadable") == "1", 60, lambda: site.log)
    page = visit(library_of(site))
    row(page, "unreadable", "broken.mp4").get_by_role("button", name="Try again").click()
    expect(page.get_by_text("1 file is being retried.")).to_be_visible()
    # A file that has just changed is analyzed more than once; in between it can be tried again by hand.
    page.goto(library_of(site))
    again = row(page, "unreadable", "broken.mp4").get_by_role("button", name="Try again")
    wait_for(lambda: again.is_visible() or (page.reload() and again.is_visible()), 60, lambda: site.log)
    shutil.copyfile(site.shell.videos / CLIP.name, broken)
    expect(tile(page, "Unreadable")).to_have_text("0", timeout=30_000)
    page.reload()
    expect(page.locator("#unreadable")).to_have_count(0)


@detail
def test_files_that_vanish_together_are_told_of_and_confirmed(shell_with_clip, visit):
    folder = shell_with_clip.videos / "Disk"
    folder.mkdir()
    for number in range(3):
        clip = Clip("", "testsrc2=size=64x64:rate=25", "libx264", "aac", 200 + number, 1)
        encode(clip, folder / f"{number}.mp4")
    with running(shell_with_clip) as site:
        wait_until_shown(site)
        wait_for_pictures(site)
        folder.rename(shell_with_clip.data / "unplugged")
        wait_for(lambda: _count(site, "Missing") == "3", 60, lambda: site.log)
        page = visit(site.address)
        expect(page.get_by_text("3 files in Disk/ are missing. Is a disk disconnected?")).to_be_visible()
        page.get_by_role("link", name="Deleted on purpose?").click()
        page.get_by_role("button", name="Treat as deleted Disk/").click()
        expect(page.get_by_text("3 files in Disk/ are now treated as deleted.")).to_be_visible()
        page.goto(site.address)
        expect(page.locator(".banner")).to_have_count(0)
        expect(page.get_by_role("link", name="3 missing")).to_be_visible()


def test_a_missing_video_is_found_again_by_a_click(own_site, visit):
    site = own_site
    wait_for_pictures(site)
    page = visit(site.address)
    page.locator(".card-link").click()
    page.get_by_role("button", name="5 stars").click()
    expect(page.get_by_role("button", name="5 stars")).to_have_attribute("aria-pressed", "true")
    page.goto("about:blank")
    # A copy beside the original, and then the original goes: which of the two it was, a person says.
    original = site.shell.videos / CLIP.name
    shutil.copyfile(original, site.shell.videos / "Copy.mp4")
    wait_for(lambda: _count(site, "Videos") == "2", 60, lambda: site.log)
    wait_for_pictures(site)
    original.unlink()
    wait_for(lambda: _count(site, "Missing") == "1", 60, lambda: site.log)
    page.goto(library_of(site))
    row(page, "found", "Morning").get_by_role("button", name="Relink Copy.mp4").click()
    expect(page.get_by_text("“Morning” was relinked to “Copy.mp4”, with stars, tags and views")).to_be_visible()
    page.goto(site.address)
    expect(page.locator(".card")).to_have_count(1)
    expect(page.locator(".card")).to_contain_text("5 of 5 stars")


@pytest.fixture(scope="module")
def told(new_shell, clip):
    """A server that shows the clip with two chapters and German subtitles."""
    shell = new_shell("told")
    (shell.videos / CLIP.name).parent.mkdir()
    write_with_chapters(clip, shell.videos / CLIP.name, ["Ebb", "Flood & <b>"])
    (shell.videos / "Sea" / "Morning.de.srt").write_bytes(SRT.encode("cp1252"))
    with running(shell) as server:
        wait_until_shown(server)
        wait_for_pictures(server)
        yield server


def cues(page, kind, mode):
    """Return [[seconds, text], …] of the track of a kind, once the browser has read it."""
    track = f"document.querySelector('track[kind={kind}]')"
    page.evaluate(f"{track}.track.mode = '{mode}'")
    page.wait_for_function(f"{track}.readyState === {track}.LOADED")
    return page.evaluate(f"[...{track}.track.cues].map(cue => [cue.startTime, cue.text])")


def test_subtitles_beside_the_video_are_shown_by_the_player(told, visit):
    page = visit(f"{told.address}/watch/{CLIP.name}")
    # By then the player has chosen what is shown, and changes it no more.
    expect(page.locator("#player")).to_be_focused()
    assert [text for _, text in cues(page, "subtitles", "showing")] == ["Grüße vom <i>Meer</i>", "Ende"]
    track = page.locator("track[kind=subtitles]")
    expect(track).to_have_attribute("srclang", "de")
    expect(track).to_have_attribute("label", "German")


def test_a_chapter_is_sought_by_a_click(told, visit):
    page = visit(f"{told.address}/watch/{CLIP.name}")
    # As soon as it has the focus, the page listens to clicks.
    expect(page.locator("#player")).to_be_focused()
    page.evaluate("document.querySelector('video').muted = true")
    address = page.url
    chapter = page.get_by_role("link", name="0:06 Flood & <b>")
    chapter.click()
    page.wait_for_function("document.querySelector('video').currentTime >= 6")
    expect(chapter).to_have_attribute("aria-current", "true")
    assert page.url == address
    assert cues(page, "chapters", "hidden") == [[0, "Ebb"], [6, "Flood &amp; &lt;b&gt;"]]


@detail
def test_a_chapter_is_sought_without_javascript(told, visit):
    page = visit(f"{told.address}/watch/{CLIP.name}", java_script_enabled=False)
    page.get_by_role("link", name="0:06").click()
    expect(page).to_have_url(re.compile(r"\?t=6$"))
    expect(page.locator("video")).to_have_attribute("src", re.compile(r"/stream#t=6$"))


def test_the_library_page_works_without_javascript(own_site, visit):
    site = own_site
    wait_for_pictures(site)
    page = visit(library_of(site), java_script_enabled=False)
    expect(tile(page, "Videos")).to_have_text("1")
    page.get_by_role("button", name="Scan now").click()
    expect(page.get_by_text("The video folder is being scanned.")).to_be_visible()
    page.get_by_role("link", name="Refresh").click()
    expect(page.get_by_role("heading", name="Library")).to_be_visible()
