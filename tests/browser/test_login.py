"""The session ends while a page is open: the login comes as a page of its own, and nothing that was watched is lost."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import change, detail
from tests.live_server import running, wait_for
from tests.worker import rows
from videos.media.demo import Clip, encode

pytestmark = pytest.mark.slow

LOGIN = re.compile(r"/login/\?next=")
NAME, SECONDS = "Morning.mp4", 40
# Of so much that a browser does not fetch the whole of it. One for each test: where one stopped may be saved late.
LARGE = [f"Large {number}.mp4" for number in range(4)]
LARGE_CLIP = Clip(LARGE[0], "testsrc2=size=640x360:rate=25,noise=alls=60:allf=t", "libx264", "aac", 220, 20)
FAR_SECONDS = 17
PASSWORD = "long enough"
VIDEO = "document.querySelector('video')"


@pytest.fixture(scope="module")
def site(new_shell):
    """A server that shows clips to whoever logs in as ada; one is so small that a browser fetches the whole of it."""
    shell = new_shell("login")
    # Of one colour, and silent: a browser takes more at once than there is.
    encode(Clip(NAME, "color=c=navy:size=64x64:rate=25", "libx264", "aac", 0, SECONDS), shell.videos / NAME)
    encode(LARGE_CLIP, shell.videos / LARGE[0])
    for name in LARGE[1:]:
        (shell.videos / name).hardlink_to(shell.videos / LARGE[0])
    with running(shell) as server:
        wait_for(lambda: f"{1 + len(LARGE)} videos" in server.get("/").text, 60, lambda: server.log)
    shell.environment |= {"LVS_REQUIRE_LOGIN": "1", "DJANGO_SUPERUSER_PASSWORD": PASSWORD}
    shell.run("createsuperuser", "--noinput", "--username", "ada", "--email", "ada@example.org")
    with running(shell, "--no-worker") as server:
        yield server


def log_in(page):
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def end_sessions(site):
    change(site.shell, ("DELETE FROM django_session", ()))


def test_a_search_after_the_session_ended_leads_by_the_login_back_to_the_list(site, visit):
    page = visit(f"{site.address}/?sort=title")
    log_in(page)
    page.wait_for_url(f"{site.address}/?sort=title")
    page.wait_for_function("window.htmx !== undefined")
    end_sessions(site)
    page.get_by_role("searchbox").fill("morning")
    page.wait_for_url(LOGIN)
    expect(page.locator("#results")).to_have_count(0)
    log_in(page)
    page.wait_for_url(f"{site.address}/?sort=title")
    expect(page.locator(".card")).to_have_count(1 + len(LARGE))
    # The browser notes each answer of 401.
    visit.complaints.clear()


def test_what_was_watched_and_where_it_was_left_is_kept_over_a_login(site, visit):
    page = visit(f"{site.address}/watch/{NAME}")
    log_in(page)
    # As soon as it has the focus, the page listens to the keys.
    expect(page.locator("#player")).to_be_focused()
    # Without a session there is no more of the film.
    page.evaluate(f"{VIDEO}.currentTime = {SECONDS / 2}")
    page.wait_for_function(
        f"!{VIDEO}.seeking && {VIDEO}.buffered.length"
        f" && {VIDEO}.buffered.end({VIDEO}.buffered.length - 1) > {SECONDS - 1}"
    )
    address = page.url
    end_sessions(site)
    with page.expect_response("**/views") as counted:
        page.evaluate(f"{VIDEO}.muted = true")
        page.keyboard.press("k")
    with page.expect_response("**/position") as saved:
        page.keyboard.press("k")
    assert (counted.value.status, saved.value.status) == (401, 401)
    stopped = page.evaluate(f"{VIDEO}.currentTime")
    page.get_by_role("button", name="4 stars").click()
    page.wait_for_url(LOGIN)
    with page.expect_response("**/position") as saved, page.expect_response("**/views") as counted:
        log_in(page)
    assert (counted.value.status, saved.value.status) == (204, 204)
    assert page.url == address
    (view,) = rows(site.shell, "SELECT view_count, position_seconds FROM videos_view")
    assert view["view_count"] == 1
    assert view["position_seconds"] == pytest.approx(stopped, abs=0.3)
    visit.complaints.clear()


@pytest.fixture
def playing(site, visit):
    """Open a large film, at an address with or without a moment, and play it for a while."""

    def play(name, query=""):
        page = visit(f"{site.address}/watch/{name}")
        log_in(page)
        expect(page.locator("#player")).to_be_focused()
        if query:
            page.goto(page.url + query)
            expect(page.locator("#player")).to_be_focused()
        page.evaluate(f"{VIDEO}.muted = true")
        before = page.evaluate(f"{VIDEO}.currentTime")
        page.keyboard.press("k")
        page.wait_for_function(f"{VIDEO}.currentTime > {before} + 0.3")
        return page

    return play


# Whoever comes back from the login goes on, whatever moment the address names.
@detail
@pytest.mark.parametrize(("name", "query"), [(LARGE[0], ""), (LARGE[1], "?t=3")])
def test_a_film_that_there_is_no_more_of_says_why_and_goes_on_after_the_login(site, visit, playing, name, query):
    page = playing(name, query)
    end_sessions(site)
    page.evaluate(f"{VIDEO}.currentTime = {FAR_SECONDS}")
    expect(page.get_by_text("You are logged out.")).to_be_visible(timeout=20_000)
    expect(page.locator("#unplayable")).to_be_hidden()
    page.locator("#logged-out").get_by_role("link", name="Log in").click()
    page.wait_for_url(LOGIN)
    log_in(page)
    expect(page.locator("#player")).to_be_focused()
    page.wait_for_function(f"{VIDEO}.currentTime > {FAR_SECONDS} - 0.5")
    expect(page.get_by_text("You are logged out.")).to_be_hidden()
    visit.complaints.clear()


@detail
def test_a_film_whose_server_is_away_says_so_and_goes_on_by_itself(visit, playing):
    page = playing(LARGE[2])
    page.route("**/stream", lambda route: route.abort())
    page.evaluate(f"{VIDEO}.currentTime = {FAR_SECONDS}")
    expect(page.get_by_text("The server is not responding.")).to_be_visible(timeout=20_000)
    expect(page.locator("#unplayable")).to_be_hidden()
    page.unroute("**/stream")
    page.wait_for_function(f"{VIDEO}.currentTime > {FAR_SECONDS}")
    expect(page.get_by_text("The server is not responding.")).to_be_hidden()
    visit.complaints.clear()


@detail
def test_a_film_that_failed_while_the_server_was_away_is_fetched_again(visit, playing):
    page = playing(LARGE[3])
    page.route("**/stream", lambda route: route.abort())
    # With nothing fetched ahead, the browser gives up.
    page.evaluate(f"{VIDEO}.load()")
    page.wait_for_function(f"{VIDEO}.error !== null")
    expect(page.get_by_text("The server is not responding.")).to_be_visible(timeout=20_000)
    page.unroute("**/stream")
    page.wait_for_function(f"{VIDEO}.error === null && {VIDEO}.currentTime > 0.2")
    expect(page.get_by_text("The server is not responding.")).to_be_hidden()
    expect(page.locator("#unplayable")).to_be_hidden()
    visit.complaints.clear()
