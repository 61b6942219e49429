"""After a logout "Back" shows nothing of the library, whether the browser keeps whole pages or their bytes."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ARGUMENTS, WHOLE, chromium, covers_all, detail, wait_until
from tests.counts import only_long
from tests.live_server import running, wait_for
from videos.media.demo import Clip, encode

pytestmark = pytest.mark.slow

LOGIN = re.compile(r"/login/\?next=")
PAGES = ("/videos/1/", "/library/", "/admin/videos/video/")
TITLE, PASSWORD = "Our secret wedding", "long enough"
# Playwright turns the memory of whole pages off by this.
WITHOUT_MEMORY = ["--disable-back-forward-cache"]


@pytest.fixture(scope="module")
def site(new_shell):
    """A server that shows a clip with its cover to whoever logs in as ada."""
    shell = new_shell("logout")
    encode(Clip("", "color=c=navy:size=64x64:rate=25", "libx264", "aac", 0, 3), shell.videos / f"{TITLE}.mp4")
    with running(shell) as server:
        wait_for(lambda: "cover.webp" in server.get("/").text, 60, lambda: server.log)
    shell.environment |= {"LVS_REQUIRE_LOGIN": "1", "DJANGO_SUPERUSER_PASSWORD": PASSWORD}
    shell.run("createsuperuser", "--noinput", "--username", "ada", "--email", "ada@example.org")
    with running(shell, "--no-worker") as server:
        yield server


@pytest.fixture(scope="module")
def whole():
    """The path of a Chromium with windows: without them it keeps no pages."""
    return chromium(*WHOLE)


@pytest.fixture(scope="module", params=["memory", pytest.param("no memory", marks=only_long)])
def browser(request, whole, playwright):
    """A Chromium that keeps whole pages in memory for "Back", as everybody's does, and one that keeps their bytes."""
    left_out = WITHOUT_MEMORY if request.param == "memory" else []
    browser = playwright.chromium.launch(executable_path=whole, args=ARGUMENTS, ignore_default_args=left_out)
    browser.keeps_pages = bool(left_out)
    yield browser
    browser.close()


def log_in(page):
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def log_out(page):
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url(LOGIN)


@pytest.fixture
def page(browser):
    """A window that notes for each page from memory whether anything of it was ever visible."""
    page = browser.new_page()  # with cookies and a history of its own
    page.add_init_script(
        """addEventListener("pageshow", (event) => {
          if (!event.persisted) return;
          requestAnimationFrame(() => {
            sessionStorage.shown = `${sessionStorage.shown || ""} ${document.querySelector("main").checkVisibility()}`;
          });
        });"""
    )
    yield page
    page.close()


def shown_from_memory(page):
    """Return whether each page that came whole from memory was visible."""
    return (page.evaluate("sessionStorage.shown") or "").split()


def go_back(page, path):
    page.evaluate("history.back()")
    wait_until(page, f"location.pathname === {path!r} && document.readyState === 'complete'")


@covers_all
@pytest.mark.parametrize("address", ["/", *(pytest.param(page, marks=only_long) for page in PAGES)])
def test_back_after_a_logout_leads_to_the_login(site, browser, page, address):
    page.goto(f"{site.address}{address}")
    log_in(page)
    expect(page.locator("main")).to_be_visible()
    page.goto(f"{site.address}/tags/")
    log_out(page)
    for _ in range(2):
        page.evaluate("history.back()")
        wait_until(page, "/login/.test(location.pathname) && document.readyState === 'complete'")
        assert TITLE not in page.content()
    assert "true" not in shown_from_memory(page)
    assert bool(shown_from_memory(page)) is browser.keeps_pages


@detail
def test_back_after_another_login_shows_the_page_as_it_is_for_that_one(site, browser, page):
    page.goto(f"{site.address}/")
    log_in(page)
    page.goto(f"{site.address}/tags/")
    log_out(page)
    log_in(page)
    page.wait_for_url(f"{site.address}/")
    mark = page.evaluate("document.querySelector('meta[name=login-mark]').content")
    page.evaluate("history.go(-2)")
    wait_until(page, "location.pathname === '/tags/' && document.readyState === 'complete'")
    assert page.evaluate("document.querySelector('meta[name=login-mark]').content") == mark
    assert "true" not in shown_from_memory(page)


@covers_all
def test_back_is_as_quick_as_ever_while_the_login_lasts(site, browser, page):
    page.goto(f"{site.address}/")
    log_in(page)
    page.wait_for_url(f"{site.address}/")
    page.goto(f"{site.address}/tags/")
    go_back(page, "/")
    expect(page.get_by_role("link", name=TITLE).first).to_be_visible()
    assert shown_from_memory(page) == (["true"] if browser.keeps_pages else [])


@detail
def test_a_picture_that_the_browser_keeps_is_not_shown_after_a_logout(site, page):
    page.goto(f"{site.address}/")
    log_in(page)
    cover = page.locator("img[src*='cover.webp']").first
    expect(cover).to_be_visible()
    address = page.evaluate("document.querySelector(\"img[src*='cover.webp']\").src")
    assert "?v=" in address
    assert page.goto(address).headers["content-type"] == "image/webp"
    page.goto(f"{site.address}/")
    log_out(page)
    page.goto(address)
    assert LOGIN.search(page.url)
