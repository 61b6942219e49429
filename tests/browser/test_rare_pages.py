"""Pages that are rarely met, by axe in both themes: an empty library, a disk unplugged, errors, and the emergency."""

import json

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import CLIP, DESK, detail, violations
from tests.live_server import running

pytestmark = pytest.mark.slow

# Without motion, so that a colour is what it will be as soon as the theme changes.
AT_ONCE = {"reduced_motion": "reduce"}
# A disk was unplugged: three files went missing together.
UNPLUG = """
from django.utils import timezone
from videos.models import MissingBatch, Video
together = MissingBatch.objects.create(folder="Disk/")
for number in range(3):
    Video.objects.create(filename=f"Disk/{number}.mp4", missing_since=timezone.now(), missing_batch=together)
"""
# Sends a form as an old page, or one without a script, would send it: whatever the fields say of what they take.
SUBMIT = """([selector, fields]) => {
  const form = document.querySelector(selector);
  for (const [name, value] of Object.entries(fields)) {
    form.querySelectorAll(`input[name=${name}]`).forEach((input) => input.remove());
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  }
  form.submit();
}"""
TEN_WRONG_PASSWORDS = """async () => {
  const fields = new FormData(document.querySelector(".login"));
  fields.set("username", "boss");
  fields.set("password", "wrong");
  for (let tries = 0; tries < 10; tries++) await fetch("/login/", { method: "POST", body: fields });
}"""


def look(page, expected):
    """See that it is the page that is meant, and that nothing is wrong with it in either theme."""
    expect(page.locator("main")).to_contain_text(expected)
    for theme in ("dark", "light"):
        page.emulate_media(color_scheme=theme)
        assert violations(page) == [], (page.url, theme)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), page.url


def send(page, selector, **fields):
    with page.expect_navigation():
        page.evaluate(SUBMIT, [selector, fields])


@detail
def test_axe_finds_nothing_wrong_with_an_empty_library_an_unplugged_disk_and_the_emergency(new_shell, visit):
    shell = new_shell("rare")
    with running(shell) as site:
        page = visit(site.address, **DESK, **AT_ONCE)
        look(page, "No videos yet")
        shell.python(UNPLUG)
        page.reload()
        look(page, "3 files in Disk/ are missing")
        (shell.videos / "clip.mp4").write_bytes(b"no video " * 999)
        (shell.data / "ratings.json").write_text(json.dumps({"clip.mp4": 4}))
        (shell.data / "tags.json").write_text(json.dumps({"clip.mp4": ["sea"]}))
        (shell.data / "favorites.json").write_text(json.dumps({"favorites": ["clip.mp4"]}))
    for suffix in ("-wal", "-shm"):
        shell.database.with_name(shell.database.name + suffix).unlink(missing_ok=True)
    shell.database.write_bytes(b"not a database " * 5000)
    with running(shell) as site:
        page.goto(site.address)
        look(page, "Read-only mode")
        page.get_by_role("link", name="clip").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("clip")
        look(page, "Read-only mode")
        page.goto(f"{site.address}/library/")
        look(page, "cannot be used: SQLite says")
    visit.complaints[:] = [text for text in visit.complaints if "503" not in text]


def test_axe_finds_nothing_wrong_with_what_is_refused_and_what_stands_alone(site, visit):
    page = visit(f"{site.address}/watch/{CLIP.name}", **DESK, **AT_ONCE)
    watched = page.url
    page.goto(f"{watched}related")
    look(page, "Related")
    page.goto(f"{site.address}/videos/999999/")
    look(page, "This page does not exist")
    page.goto(watched)
    send(page, "#stars", stars="77")
    look(page, "Choose 1 to 5 stars")

    for query in ("favorites=1", "rating=4"):
        page.goto(f"{site.address}/?{query}")
        send(page, ".save-list form", name="Mine")
    look(page, "The list “Mine” already exists")
    send(page, ".one-field", name="")
    expect(page.locator("#list-error")).to_be_visible()
    look(page, "Name of the list")

    page.goto(f"{site.address}/login/")
    look(page, "Log in")
    page.evaluate(TEN_WRONG_PASSWORDS)
    send(page, ".login", username="boss", password="wrong")
    look(page, "Too many wrong passwords")
    assert {
        text for text in visit.complaints if not any(status in text for status in ("400", "404", "409", "429"))
    } == set()
    visit.complaints.clear()
