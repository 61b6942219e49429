"""The first page of an empty library, seen with a browser: the old app's files come over by one click."""

import pytest
from playwright.sync_api import expect

from tests.importers.old_app import usual_database
from tests.live_server import running

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("java_script", [True, False])
def test_one_click_brings_the_old_app_over_and_the_page_says_what_came(shell, visit, java_script):
    with running(shell, "--no-worker") as site:
        usual_database(site.shell.data / "data" / "video_metadata.db")
        page = visit(site.address, java_script_enabled=java_script, viewport={"width": 390, "height": 844})
        button = page.get_by_role("button", name="Import from the old app")
        expect(button).to_be_in_viewport()
        button.click()
        expect(page.get_by_text("Imported from the old app: 7 videos, 2 ratings")).to_be_visible()
        expect(page.get_by_role("button", name="Import from the old app")).to_have_count(0)
