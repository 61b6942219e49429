"""On a full disk a person reads why nothing is saved where it was clicked, and goes on watching."""

import sqlite3
from contextlib import closing

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import CLIP, DESK, detail, seek, wait_for_pictures, wait_until_shown, with_clip
from tests.disks import needs_mount, shell_on, small_disk
from tests.live_server import running, wait_for

pytestmark = [pytest.mark.slow, needs_mount]


@pytest.fixture
def full(tmp_path, clip):
    """A server that shows the clip, and its disk, full from then on."""
    with small_disk(tmp_path / "shell-data", size_mb=60) as disk:
        shell = with_clip(shell_on(tmp_path), clip)
        with running(shell) as server:
            wait_until_shown(server)
            wait_for_pictures(server)
            disk.fill()
            yield server, disk


def address(server):
    return f"{server.address}{server.get(f'/watch/{CLIP.name}').headers['Location']}"


def test_the_page_of_a_video_says_it_beside_the_control_and_saves_once_there_is_room(full, visit):
    server, disk = full
    page = visit(address(server), **DESK)
    page.get_by_role("button", name="4 stars").click()
    complaint = page.locator("#stars .form-error")
    expect(complaint).to_contain_text("The disk is full: make room")
    disk.make_room()
    complaint.get_by_role("button", name="Try again").click()
    expect(page.locator(".star.is-on")).to_have_count(4)
    expect(complaint).to_be_hidden()
    visit.complaints.clear()


@detail
def test_a_film_plays_on_and_where_it_was_left_is_saved_once_there_is_room(full, visit):
    server, disk = full
    page = visit(address(server), **DESK)
    # Where the clip counts as started, and not yet as finished.
    seek(page, 10.1)
    with page.expect_response("**/position") as refused:
        page.evaluate(
            "async () => { const v = document.querySelector('video'); v.muted = true; await v.play(); v.pause(); }"
        )
    assert refused.value.status == 503
    expect(page.locator("#server-offline")).to_be_hidden()
    disk.make_room()
    page.goto(f"{server.address}/stats/")
    wait_for(lambda: (position(server) or 0) > 3, 20, lambda: server.log)
    visit.complaints.clear()


def position(server):
    with closing(sqlite3.connect(server.shell.database, timeout=30)) as database:
        found = database.execute("SELECT position_seconds FROM videos_view").fetchone()
    return found and found[0]


@detail
def test_a_heart_on_a_card_says_it_and_so_does_a_change_of_many(full, visit):
    server, disk = full
    page = visit(f"{server.address}/", **DESK)
    page.locator(".card").first.hover()
    page.locator(".card-heart").first.click()
    expect(page.locator("#undo")).to_contain_text("The disk is full: make room")
    disk.make_room()
    page.locator(".card-heart").first.click()
    expect(page.locator(".card-heart.is-on")).to_have_count(1)
    visit.complaints.clear()
