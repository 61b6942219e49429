"""The tips beside the search in a real browser: by keys, by a finger, and without scripts."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, PHONE, covers_all, detail, violations
from tests.counts import only_long

pytestmark = pytest.mark.slow


@covers_all
@pytest.mark.parametrize("options", [pytest.param(DESK, id="desk"), pytest.param(PHONE, id="phone", marks=only_long)])
@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_the_tips_open_beside_the_search_and_lead_to_what_they_name(site, visit, options, scripts):
    page = visit(site.address, **options, java_script_enabled=scripts)
    tips = page.get_by_role("dialog", name="Search tips")
    expect(tips).to_be_hidden()
    page.get_by_role("button", name="Search tips").click()
    expect(tips).to_be_visible()
    box, width = tips.bounding_box(), page.viewport_size["width"]
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    tips.get_by_role("link", name="is:unwatched").click()
    expect(page.get_by_role("searchbox")).to_have_value("is:unwatched")
    expect(page.get_by_role("heading", name="Morning")).to_be_visible()


def test_keys_reach_the_tips_and_escape_closes_them(site, visit):
    page = visit(site.address, **DESK)
    page.keyboard.press("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Search tips")).to_be_focused()
    page.keyboard.press("Enter")
    tips = page.get_by_role("dialog", name="Search tips")
    expect(tips).to_be_visible()
    assert violations(page) == []
    # A dialog takes the focus to its first control.
    expect(tips.get_by_role("button", name="Close")).to_be_focused()
    page.keyboard.press("Tab")
    expect(tips.get_by_role("link", name="beach sea")).to_be_focused()
    page.keyboard.press("Escape")
    expect(tips).to_be_hidden()
    expect(page.get_by_role("button", name="Search tips")).to_be_focused()


@detail
def test_what_was_not_understood_leads_to_the_tips(site, visit):
    page = visit(site.address, **DESK)
    page.get_by_role("searchbox").fill("rating:abc")
    expect(page.get_by_text("is ignored")).to_be_visible()
    page.locator("#results").get_by_role("button", name="Search tips").click()
    expect(page.get_by_role("dialog", name="Search tips")).to_be_visible()
