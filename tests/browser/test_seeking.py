"""Chromium jumps about in a film of a minute, and each time the picture that is shown is the one of that place."""

import re

import pytest

from tests.live_server import running
from tests.media.samples import RATE
from tests.streaming.coded_film import SECONDS, STRIPES, picture_number, write_coded_film

pytestmark = pytest.mark.slow

# Backwards and forwards, near and far, the first picture and one of the last.
PLACES = [55.02, 3.5, 41.1, 0, 59.5, 22.22, 22.26, 8.8, 33.3, 14.02]
# Gives {seconds, lightness of each stripe} of the picture that is shown after a jump to this place.
SEEK = """
([place, stripes]) => new Promise((done, fail) => {
  const video = document.querySelector('video');
  video.addEventListener('error', () => fail(new Error(video.error.message)), {once: true});
  video.requestVideoFrameCallback((now, frame) => {
    const canvas = Object.assign(document.createElement('canvas'), {width: stripes * 4, height: 4});
    const context = canvas.getContext('2d');
    context.drawImage(video, 0, 0, canvas.width, canvas.height);
    const pixels = context.getImageData(0, 0, canvas.width, canvas.height).data;
    const lightness = [...Array(stripes).keys()].map(stripe => {
      const offsets = [1, 2].flatMap(x => [1, 2].map(y => 4 * (y * canvas.width + 4 * stripe + x)));
      return offsets.reduce((sum, at) => sum + pixels[at] + pixels[at + 1] + pixels[at + 2], 0) / 12;
    });
    done({seconds: frame.mediaTime, lightness});
  });
  video.currentTime = place;
})
"""


@pytest.fixture(scope="module")
def site(new_shell):
    """A server that shows the film, as soon as it has been looked for."""
    shell = new_shell("seeking")
    write_coded_film(shell.videos / "coded.mp4")
    shell.run("scan_library")
    with running(shell, "--no-worker") as server:
        yield server


def test_the_picture_of_each_place_is_shown(site, visit):
    page = visit(f"{site.address}/watch/coded.mp4")
    asked = []
    page.on("response", lambda response: asked.append(response) if response.url.endswith("/stream") else None)
    page.reload()
    page.wait_for_function("document.querySelector('video').readyState >= 2")
    assert page.evaluate("document.querySelector('video').duration") == pytest.approx(SECONDS, abs=0.2)
    for place in PLACES:
        shown = page.evaluate(SEEK, [place, STRIPES])
        # The picture that is on at this place began at most one picture's time before it.
        assert -0.001 <= place - shown["seconds"] < 1 / RATE + 0.001, place
        assert picture_number(shown["lightness"]) == round(shown["seconds"] * RATE), place
    starts = {re.match(r"bytes (\d+)-", response.headers["content-range"])[1] for response in asked}
    assert {response.status for response in asked} == {206}
    assert len(starts) >= 5, "the film was small enough to be fetched at once: these were no seeks"
