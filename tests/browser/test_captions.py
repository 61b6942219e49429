"""Subtitles on the picture: where they stand, in which colours, and what is said where they cannot be shown."""

import io
from collections.abc import Iterator

import av
import numpy as np
import pytest
from playwright.sync_api import Page

from tests.browser.conftest import CLIP, DESK, PHONE, detail, wait_for_pictures, wait_until, wait_until_shown
from tests.live_server import Server, running

pytestmark = pytest.mark.slow

TIMES = "00:00:00,000 --> 00:00:11,000"
CUES = f"""1
{TIMES}
{{\\an8}}At the top

2
{TIMES}
At the bottom

3
{TIMES}
{{\\an5}}<font color="#ffff00">In the middle</font>
"""


@pytest.fixture(scope="module")
def site(new_shell, clip) -> Iterator[Server]:
    """A server with a clip whose subtitles lie in a folder beside it, one of them an archive."""
    shell = new_shell("captions")
    subtitles = shell.videos / "Sea" / "Subs"
    subtitles.mkdir(parents=True)
    (shell.videos / CLIP.name).write_bytes(clip.read_bytes())
    (subtitles / "2_English.srt").write_text(CUES)
    (subtitles / "3_German.srt").write_bytes(b"PK\3\4" + bytes(100))
    with running(shell) as server:
        wait_until_shown(server)
        wait_for_pictures(server)
        yield server


@pytest.fixture
def page(site, visit, request) -> Page:
    opened = visit(
        f"{site.address}{site.get(f'/watch/{CLIP.name}').headers['Location']}", **getattr(request, "param", DESK)
    )
    wait_until(opened, "document.querySelector('video').readyState >= 2")
    wait_until(opened, "document.querySelectorAll('#captions-menu button').length === 3")
    opened.evaluate("document.querySelector('video').muted = true")
    return opened


def choose(page: Page, label: str) -> None:
    """Choose from the menu as a click does, without the mouse, which would show the controls."""
    page.evaluate(
        "label => [...document.querySelectorAll('#captions-menu button')].find(b => b.textContent === label).click()",
        label,
    )


def picture(page: Page) -> np.ndarray:
    """Return the video as it is seen, as an array of colours."""
    box = page.locator("video").bounding_box()
    assert box
    with av.open(io.BytesIO(page.screenshot(clip=box))) as image:
        return next(image.decode(video=0)).to_ndarray(format="rgb24").astype(int)


def bands(before: np.ndarray, after: np.ndarray) -> list[tuple[float, float]]:
    """Return from where to where, in parts of the height, two pictures differ."""
    rows = np.flatnonzero((np.abs(before - after) > 40).any(axis=(1, 2)))
    groups = np.split(rows, np.flatnonzero(np.diff(rows) > 6) + 1)
    return [(group[0] / len(before), group[-1] / len(before)) for group in groups if len(group) > 5]


@pytest.mark.parametrize("page", [DESK, PHONE], indirect=True, ids=["desk", "phone"])
def test_subtitles_stand_at_the_top_in_the_middle_and_above_the_controls(page):
    page.evaluate("document.querySelector('video').currentTime = 1")
    wait_until(page, "!document.querySelector('video').seeking && document.querySelector('video').currentTime === 1")
    wait_until(page, "document.getElementById('player').hasAttribute('mediapaused')")
    before = picture(page)
    choose(page, "English")
    wait_until(page, "[...document.querySelector('video').textTracks].some(t => t.activeCues?.length === 3)")
    # What was chosen is said over the picture for a moment.
    wait_until(page, "document.getElementById('player-status').textContent === ''")
    after = picture(page)
    controls = 1 - 72 / len(before)
    seen = [band for band in bands(before, after) if band[0] < controls]
    assert len(seen) == 3, seen
    top, middle, bottom = seen
    assert top[1] < 0.2
    assert middle[0] < 0.52 < middle[1] + 0.05
    assert middle[1] < bottom[0] < bottom[1] <= controls
    yellow = (after[..., 0] > 200) & (after[..., 1] > 200) & (after[..., 2] < 120) & (before[..., 2] >= 120)
    assert np.flatnonzero(yellow.any(axis=1)).size


@detail
def test_subtitles_go_down_when_the_controls_go_and_come_up_with_them(page):
    page.evaluate("document.querySelector('video').currentTime = 1")
    choose(page, "English")
    lines = "[...document.querySelector('video').textTracks].find(t => t.mode === 'showing').cues?.[1]?.line"
    page.mouse.move(720, 300)
    wait_until(page, f"{lines} < -1")
    page.evaluate("document.querySelector('video').play()")
    wait_until(page, "document.getElementById('player').hasAttribute('userinactive')", timeout=15_000)
    wait_until(page, f"{lines} === 'auto'")
    page.mouse.move(730, 310)
    wait_until(page, f"{lines} < -1")


def test_subtitles_that_cannot_be_read_are_said_to_be(page, visit):
    choose(page, "German")
    wait_until(page, "document.getElementById('player-status').textContent === 'These subtitles cannot be read.'")
    # The browser notes the answer 404.
    assert visit.complaints.pop().startswith("Failed to load resource")
