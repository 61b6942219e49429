"""The frame in a real browser: the theme, what a page may run, the app, and the pages for errors."""

import json
from functools import partial

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import covers_looks, detail, each_look, violations
from tests.counts import only_long

pytestmark = pytest.mark.slow

GROUND = "getComputedStyle(document.documentElement).backgroundColor"
DARK, LIGHT = "oklch(0.16 0.01 260)", "oklch(0.98 0.003 260)"


def test_the_theme_follows_the_system_and_then_the_choice_also_after_a_reload(site, visit):
    page = visit(site.address, color_scheme="light")
    assert page.evaluate(GROUND) == LIGHT
    page.get_by_role("button", name="Theme: system").click()
    expect(page.get_by_role("button", name="Theme: dark")).to_be_visible()
    assert page.evaluate(GROUND) == DARK
    page.goto(f"{site.address}/library/")
    assert page.evaluate(GROUND) == DARK
    assert set(page.locator("meta[name=theme-color]").evaluate_all("all => all.map(one => one.content)")) == {"#0b0d12"}
    page.get_by_role("button", name="Theme: dark").click()
    assert page.evaluate(GROUND) == LIGHT
    page.get_by_role("button", name="Theme: light").click()
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(GROUND) == DARK


def test_without_javascript_the_system_decides_and_no_dead_button_shows(site, visit):
    page = visit(site.address, color_scheme="light", java_script_enabled=False)
    expect(page.get_by_role("heading", name="Morning")).to_be_visible()
    assert page.locator("[data-theme-switch]").is_hidden()


def test_a_script_that_was_smuggled_into_a_page_does_not_run(site, visit):
    page = visit(site.address)
    page.evaluate(
        "() => { const script = document.createElement('script'); script.textContent = 'window.ran = true';"
        " document.body.append(script); }"
    )
    assert page.evaluate("window.ran") is None
    assert any("Content Security Policy" in text for text in visit.complaints)
    visit.complaints.clear()


@detail
def test_no_page_asks_for_what_its_policy_refuses(site, visit):
    # A refusal is a complaint on the console, which fails the test at its end.
    page = visit(site.address)
    page.get_by_role("link", name="Morning").click()
    expect(page.locator("media-controller")).to_be_visible()
    page.wait_for_load_state("networkidle")
    for address in ("/library/", "/admin/", "/admin/videos/video/"):
        page.goto(site.address + address)
        page.wait_for_load_state("networkidle")


def test_chromium_finds_the_app_installable(site, visit):
    page = visit(site.address)
    session = page.context.new_cdp_session(page)
    assert session.send("Page.getAppManifest")["errors"] == []
    # A window of a test is a private one, in which nothing can be installed: that is no fault of the page.
    found = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [one["errorId"] for one in found if one["errorId"] != "in-incognito"] == []


def test_the_slash_goes_to_the_search_and_arrows_walk(site, visit):
    page = visit(site.address)
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("searchbox")).not_to_be_focused()


# The pages themselves, as the server renders them: to go wrong in each way would take a server for each.
ERRORS = """
import json
from django.template.loader import render_to_string
pages = {"400": {"exception": "“x” is no number of stars."}, "403": {}, "403_csrf": {}, "500": {},
         "503": {"problem": "The database cannot be read."}}
print(json.dumps({name: render_to_string(f"{name}.html", context) for name, context in pages.items()}))
"""


def fulfill(html, route):
    route.fulfill(body=html, content_type="text/html")


@pytest.fixture(scope="module")
def error_pages(shared_site):
    return json.loads(shared_site.shell.python(ERRORS))


@covers_looks
@each_look("phone-dark")
def test_axe_finds_nothing_wrong_where_something_went_wrong(site, visit, error_pages, theme, size):
    width = size["viewport"]["width"]
    page = visit(f"{site.address}/healthz", color_scheme=theme, viewport={"width": width, "height": 800})
    for name, html in error_pages.items():
        page.route(f"**/{name}", partial(fulfill, html))
        page.goto(f"{site.address}/{name}")
        assert violations(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name


@covers_looks
@pytest.mark.parametrize("theme", [pytest.param("dark", marks=only_long), "light"])
def test_axe_finds_nothing_wrong_in_the_menu_of_orders(site, visit, theme):
    page = visit(site.address, color_scheme=theme)
    page.locator(".sort summary").click()
    current = page.locator(".menu a[aria-current]")
    for state in ("open", "hovered"):
        if state == "hovered":
            current.hover()
            page.wait_for_timeout(200)
        assert violations(page) == [], state


@covers_looks
@each_look("phone-dark")
def test_axe_finds_nothing_wrong(site, visit, theme, size):
    width = size["viewport"]["width"]
    page = visit(site.address, color_scheme=theme, viewport={"width": width, "height": 800})
    for address in ("/", "/library/", "/login/", "/nowhere", "/?page=x&rating=9"):
        page.goto(site.address + address)
        assert violations(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
    visit.complaints[:] = [text for text in visit.complaints if "404" not in text]


def test_a_language_is_chosen_and_the_player_speaks_it_too(site, visit):
    page = visit(site.address, locale="de-DE")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    page.get_by_title("Sprache").click()
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page).to_have_url(f"{site.address}/")
    page.get_by_title("Language").click()
    page.get_by_role("button", name="Deutsch").click()
    page.locator(".card-link").first.click()
    expect(page.locator("#play")).to_have_attribute("aria-label", "abspielen")
    expect(page.get_by_role("slider", name="Stelle im Video")).to_have_attribute(
        "aria-valuetext", "0 Sekunden von 12 Sekunden"
    )
    page.locator("#play").click()
    expect(page.locator("#play")).to_have_attribute("aria-label", "Pause")
    assert not page.locator("[aria-valuetext=undefined]").count()
