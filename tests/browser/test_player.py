"""The player as a person uses it: by mouse, keys, remote control or finger, on two devices, and without a script."""

import re
import shutil
from collections.abc import Iterator

import av
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import (
    CLIP,
    CLIP_SECONDS,
    DESK,
    PHONE,
    detail,
    forget_marks,
    seek,
    wait_for_pictures,
    wait_until_shown,
    write_with_chapters,
)
from tests.live_server import Server, running, wait_for
from tests.views.page import Page as Html
from videos.middleware.csp import PLAYER_STYLES

pytestmark = pytest.mark.slow

SRT = "1\n00:00:00,000 --> 00:00:11,000\n{}\n"
TIME = "document.querySelector('video').currentTime"
PAUSED = "document.querySelector('video').paused"
LONG, LONG_SECONDS = "Zoo/Walk.mp4", 200
# Notes where in the video the page was when it counted a view.
NOTE_COUNTS = """const ask = window.fetch; window.counted = [];
window.fetch = (address, ...options) => {
  if (String(address).endsWith("/views")) window.counted.push(document.querySelector("video").currentTime);
  return ask(address, ...options);
};"""
# The hash of each style in the page and in the shadow trees of its elements.
STYLES = """async () => {
  const texts = new Set();
  const walk = (root) => root.querySelectorAll("*").forEach((element) => {
    if (element.localName === "style") texts.add(element.textContent);
    if (element.shadowRoot) walk(element.shadowRoot);
  });
  walk(document);
  return Promise.all([...texts].map(async (text) => {
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
    return `sha256-${btoa(String.fromCharCode(...new Uint8Array(digest)))}`;
  }));
}"""


def write_still(path, seconds):
    """Write a long video that takes next to no time to encode: one grey picture, small and without sound."""
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=5, options={"preset": "ultrafast", "g": "10"})
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        frame = av.VideoFrame(320, 180, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes([128]) * plane.buffer_size)
        for number in range(5 * seconds):
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


@pytest.fixture(scope="module")
def site(new_shell, clip) -> Iterator[Server]:
    """A server with a clip, a series, one with chapters and subtitles, a long one, and a file that is no video."""
    shell = new_shell("player")
    for name in (CLIP.name, *(f"Show/ep{number}.mp4" for number in (1, 2, 10)), "Talk/Talk.mp4"):
        (shell.videos / name).parent.mkdir(exist_ok=True)
        if name.startswith("Talk"):
            write_with_chapters(clip, shell.videos / name, ["Hello", "Question & <b>", "Answer"])
        else:
            shutil.copyfile(clip, shell.videos / name)
    for language, text in (("en", "Hello"), ("de", "Guten Tag")):
        (shell.videos / f"Talk/Talk.{language}.srt").write_text(SRT.format(text))
    (shell.videos / "broken.mp4").write_bytes(b"no video " * 999)
    (shell.videos / "Zoo").mkdir()
    write_still(shell.videos / LONG, LONG_SECONDS)
    with running(shell) as server:
        wait_until_shown(server)
        wait_for_pictures(server)
        yield server


@pytest.fixture
def watch(site, visit):
    """Open the page of a video, wait until it can play, without sound, and with nothing known from an earlier test."""

    def open_page(name, query="", *, reset=True, **options):
        if reset:
            forget_marks(site.shell)
        page = visit(f"{site.address}/healthz", **(options or DESK))
        page.goto(_address(site, name) + query)
        ready(page)
        return page

    return open_page


def ready(page):
    """Wait until the page can play and listens to the keys; without sound."""
    page.wait_for_function("document.querySelector('video').readyState >= 1 && document.activeElement?.id === 'player'")
    page.evaluate("document.querySelector('video').muted = true")


def _address(site, name):
    answer = site.get(f"/watch/{name}")
    return f"{site.address}{answer.headers['Location']}"


def at(page):
    return page.evaluate(TIME)


def wait_for_time(page, low, high=1000):
    page.wait_for_function(f"({TIME}) >= {low} && ({TIME}) <= {high}", timeout=20_000)


def saved_position(site, name):
    html = Html(_Response(site.get(site.get(f"/watch/{name}").headers["Location"]).body))
    return html.tags("video")[0].attributes["src"].partition("#t=")[2]


class _Response:
    def __init__(self, content):
        self.content = content


# --- playing


def test_it_plays_by_a_click_and_the_controls_fade_after_two_seconds(watch):
    page = watch("Sea/Morning.mp4")
    controls = page.locator("#controls")
    expect(controls).to_be_visible()
    page.locator("video").click(position={"x": 100, "y": 100})
    wait_for_time(page, 0.5)
    page.wait_for_function("getComputedStyle(document.getElementById('controls')).opacity === '0'", timeout=5000)
    page.mouse.move(400, 300)
    page.wait_for_function("getComputedStyle(document.getElementById('controls')).opacity === '1'")
    page.locator("video").click(position={"x": 100, "y": 100})
    page.wait_for_function(PAUSED)


def test_each_key_does_what_the_list_of_keys_says(watch):
    page = watch("Sea/Morning.mp4")
    press = page.keyboard.press
    steps = [("5", 6), ("l", 12), ("j", 2), ("ArrowRight", 7), ("ArrowLeft", 2), ("0", 0)]
    for key, seconds in steps:
        press(key)
        page.wait_for_function(f"Math.abs(({TIME}) - {seconds}) < 0.2", timeout=5000)
    press("8")
    press(".")
    page.wait_for_function(f"Math.abs(({TIME}) - {CLIP_SECONDS * 0.8 + 0.06}) < 0.021")
    press(",")
    page.wait_for_function(f"Math.abs(({TIME}) - {CLIP_SECONDS * 0.8 + 0.02}) < 0.021")
    rate = "document.querySelector('video').playbackRate"
    for key, value in ((">", 1.25), (">", 1.5), ("<", 1.25), ("<", 1), ("<", 0.75)):
        press(key)
        assert page.evaluate(rate) == value
    volume = "Math.round(document.querySelector('video').volume * 100)"
    press("ArrowDown")
    press("ArrowDown")
    assert page.evaluate(volume) == 90
    press("ArrowUp")
    assert page.evaluate(volume) == 95
    press("m")
    assert page.evaluate("document.querySelector('video').muted")
    for key in ("k", " "):
        press(key)
        page.wait_for_function(f"{PAUSED} === {'false' if key == 'k' else 'true'}")
    press("?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_be_visible()
    press("k")
    assert page.evaluate(PAUSED)
    press("Escape")
    expect(dialog).to_be_hidden()
    page.reload()
    ready(page)
    assert page.evaluate(volume) == 95
    assert page.evaluate(rate) == 0.75


def test_the_speed_goes_from_a_quarter_to_four_times_by_keys_and_by_the_menu(watch):
    page = watch("Sea/Morning.mp4")
    rate = "document.querySelector('video').playbackRate"
    for key, last in (("<", 0.25), (">", 4)):
        for _ in range(20):
            page.keyboard.press(key)
        assert page.evaluate(rate) == last
    page.mouse.move(400, 300)
    page.locator("#speed").click()
    choices = page.get_by_role("menu", name="Speed").get_by_role("menuitemradio")
    expect(choices.first).to_have_text("0.25×")
    expect(choices.last).to_have_text("4×")
    expect(choices.last).to_have_attribute("aria-checked", "true")
    page.get_by_role("menuitemradio", name="1×", exact=True).click()
    assert page.evaluate(rate) == 1
    expect(page.locator("#speed-now")).to_have_text("1×")


@detail
def test_each_digit_leads_to_so_many_tenths(watch):
    page = watch("Sea/Morning.mp4")
    for tenth in range(9, -1, -1):
        page.keyboard.press(str(tenth))
        page.wait_for_function(f"Math.abs(({TIME}) - {CLIP_SECONDS * tenth / 10}) < 0.1", timeout=5000)
        assert page.evaluate(TIME) == pytest.approx(CLIP_SECONDS * tenth / 10, abs=0.1)


@detail
def test_capital_letters_do_the_same(watch):
    page = watch("Sea/Morning.mp4")
    seek(page, 1)
    page.keyboard.press("Shift+L")
    page.wait_for_function(f"Math.abs(({TIME}) - 11) < 0.2")
    assert page.evaluate(TIME) == pytest.approx(11, abs=0.2)
    page.keyboard.press("Shift+M")
    page.wait_for_function("!document.querySelector('video').muted")


@detail
def test_caps_lock_makes_no_capital_letters(watch):
    page = watch(CLIP.name)
    here = page.url
    page.evaluate(
        "for (const key of 'NP') document.activeElement.dispatchEvent("
        "new KeyboardEvent('keydown', {key, shiftKey: false, bubbles: true, cancelable: true}))"
    )
    # The small n sets a marker, the small p does nothing.
    expect(page.locator("#new-marker")).to_be_visible()
    assert page.url == here


@detail
def test_i_shows_the_picture_in_a_window_of_its_own_and_brings_it_back(watch):
    page = watch("Sea/Morning.mp4")
    assert page.evaluate("document.pictureInPictureEnabled")
    page.keyboard.press("i")
    page.wait_for_function("document.pictureInPictureElement?.localName === 'video'")
    page.keyboard.press("i")
    page.wait_for_function("!document.pictureInPictureElement")


def test_no_key_plays_while_somebody_types(watch):
    page = watch("Sea/Morning.mp4")
    for field in (page.get_by_role("searchbox"), page.locator("#tag-field")):
        field.click()
        page.keyboard.type("kl ,.<>fmtc[]?n0")
        expect(field).to_have_value("kl ,.<>fmtc[]?n0" if field == page.get_by_role("searchbox") else re.compile("n0$"))
        assert page.evaluate(PAUSED)
        assert at(page) == 0
        field.fill("")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_clicked_button_does_not_keep_the_space_bar(watch):
    page = watch("Sea/Morning.mp4")
    page.mouse.move(400, 300)
    page.locator("#play").click()
    page.wait_for_function(f"!{PAUSED}")
    page.keyboard.press(" ")
    page.wait_for_function(PAUSED)
    page.get_by_role("button", name="3 stars").click()
    expect(page.get_by_role("button", name="3 stars")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press(" ")
    page.wait_for_function(f"!{PAUSED}")
    expect(page.get_by_role("button", name="3 stars")).to_have_attribute("aria-pressed", "true")


def test_the_time_line_shows_pictures_chapters_and_markers_and_seeks(watch):
    page = watch("Talk/Talk.mp4")
    seek(page, 5)
    page.keyboard.press("n")
    page.keyboard.type("Here")
    page.keyboard.press("Enter")
    expect(page.locator(".tick")).to_have_count(1)
    bar = page.locator("#time-range").bounding_box()
    page.mouse.move(bar["x"] + bar["width"] * 5 / 12, bar["y"] + bar["height"] / 2)
    thumbnail = page.locator("#time-range > media-preview-thumbnail")
    expect(thumbnail).to_be_visible()
    page.wait_for_function(
        "document.querySelector('media-preview-thumbnail').shadowRoot.querySelector('img').naturalWidth > 0"
    )
    assert thumbnail.bounding_box()["width"] == pytest.approx(160, abs=3)
    expect(page.locator("#time-range > media-preview-chapter-display")).to_have_text("Question & <b>")
    expect(page.locator("#preview-marker")).to_have_text("Here")
    page.mouse.down()
    page.mouse.up()
    page.wait_for_function(f"Math.abs(({TIME}) - 5) < 0.2")
    expect(page.locator("#current-chapter")).to_have_text("Question & <b>")
    page.get_by_role("link", name="0:08 Answer").click()
    wait_for_time(page, 8)


@detail
def test_a_part_is_repeated_until_it_is_cleared(watch):
    page = watch("Sea/Morning.mp4")
    seek(page, 4)
    page.keyboard.press("[")
    seek(page, 5)
    page.keyboard.press("]")
    loop = page.locator("#loop")
    expect(loop).to_have_text("0:04–0:05")
    expect(page.locator(".loop-range")).to_have_count(1)
    seek(page, 4.5)
    page.keyboard.press("k")
    page.wait_for_function(f"(window.turned = window.turned || ({TIME}) < 4.3) && ({TIME}) > 4.6", timeout=10_000)
    assert 3.9 < at(page) < 5.2
    page.keyboard.press("\\")
    expect(loop).to_be_hidden()
    wait_for_time(page, 5.3)


def test_subtitles_are_chosen_from_a_menu_and_chosen_again_on_the_next_page(watch, site):
    page = watch("Talk/Talk.mp4")
    showing = (
        "[...document.querySelector('video').textTracks]"
        ".filter(t => t.kind === 'subtitles' && t.mode === 'showing').map(t => t.label)"
    )
    assert page.evaluate(showing) == []
    page.mouse.move(400, 300)
    page.locator("#captions").click()
    page.get_by_role("menuitemradio", name="German").click()
    assert page.evaluate(showing) == ["German"]
    page.reload()
    ready(page)
    page.wait_for_function(f"{showing}.length === 1")
    assert page.evaluate(showing) == ["German"]
    page.keyboard.press("c")
    assert page.evaluate(showing) == []
    page.keyboard.press("c")
    assert page.evaluate(showing) == ["German"]
    page.goto(_address(site, CLIP.name))
    expect(page.locator("#captions")).to_be_hidden()


@detail
def test_theatre_fills_the_window_and_is_remembered_and_f_fills_the_screen(watch):
    page = watch("Sea/Morning.mp4")
    page.keyboard.press("t")
    box = page.locator("#player").bounding_box()
    assert (box["x"], box["width"]) == (0, 1440)
    assert box["y"] + box["height"] <= 900
    page.reload()
    assert page.locator("#player").bounding_box()["width"] == 1440
    page.keyboard.press("t")
    assert page.locator("#player").bounding_box()["width"] < 1200
    page.keyboard.press("f")
    page.wait_for_function("document.fullscreenElement?.id === 'player'")
    page.keyboard.press("f")
    page.wait_for_function("!document.fullscreenElement")


def test_the_whole_player_is_in_view_at_every_size(watch):
    page = watch("Sea/Morning.mp4")
    for width, height in ((1440, 900), (1920, 1080), (1280, 720), (820, 1180), (390, 844), (844, 390)):
        page.set_viewport_size({"width": width, "height": height})
        box = page.locator("#player").bounding_box()
        assert box["y"] + box["height"] <= height, (width, height)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (width, height)


@detail
def test_a_long_chapter_leaves_every_control_inside_the_player(watch):
    page = watch("Talk/Talk.mp4", "?t=5")
    expect(page.locator("#current-chapter")).to_have_text("Question & <b>")
    page.evaluate("document.getElementById('current-chapter').textContent = 'A long chapter '.repeat(20)")
    player, last, line = (
        page.locator(each).bounding_box() for each in ("#player", "media-fullscreen-button", "#time-range")
    )
    for box in (last, line):
        assert box["x"] + box["width"] <= player["x"] + player["width"]


def test_lock_screens_know_the_title_and_the_cover(watch):
    page = watch("Show/ep1.mp4")
    known = page.evaluate(
        "(({title, album, artwork}) => [title, album, artwork[0].src])(navigator.mediaSession.metadata)"
    )
    assert known[:2] == ["ep1", "Show"]
    assert re.search(r"/cover\.webp\?v=\d+$", known[2])


@detail
def test_media_keys_and_lock_screens_play_seek_and_go_on_and_back(site, visit):
    page = visit(f"{site.address}/healthz", **DESK)
    # What the browser would call at a press of such a key.
    page.add_init_script(
        "window.keys = {}; const set = MediaSession.prototype.setActionHandler;"
        " MediaSession.prototype.setActionHandler = function (action, handler) {"
        "   window.keys[action] = handler; return set.call(this, action, handler); };"
    )
    page.goto(_address(site, "Show/ep1.mp4"))
    ready(page)
    page.evaluate("keys.seekto({seekTime: 6})")
    page.wait_for_function(f"Math.abs(({TIME}) - 6) < 0.2")
    page.evaluate("keys.seekbackward({})")
    page.wait_for_function(f"({TIME}) < 0.2")
    page.evaluate("keys.seekforward({seekOffset: 3})")
    page.wait_for_function(f"Math.abs(({TIME}) - 3) < 0.2")
    page.evaluate("keys.play()")
    page.wait_for_function(f"!{PAUSED}")
    page.evaluate("keys.pause()")
    page.wait_for_function(PAUSED)
    page.evaluate("void keys.nexttrack()")
    expect(page).to_have_title(re.compile("^ep2"))
    page.evaluate("void keys.previoustrack()")
    expect(page).to_have_title(re.compile("^ep1 "))


# --- going on


def test_it_goes_on_after_a_reload_and_on_another_device_and_starts_over_when_asked(watch, site):
    page = watch(LONG)
    page.keyboard.press("k")
    seek(page, 64)
    wait_for_time(page, 64.5)
    page.keyboard.press("k")
    page.wait_for_function(PAUSED)
    stopped = at(page)
    page.reload()
    ready(page)
    page.wait_for_function(f"Math.abs(({TIME}) - {stopped}) < 0.3")
    expect(page.locator("#resumed")).to_contain_text("Resumed at 1:04")
    other = watch(LONG, reset=False)
    other.wait_for_function(f"Math.abs(({TIME}) - {stopped}) < 0.3")
    other.get_by_role("link", name="Start over").click()
    other.wait_for_function(f"({TIME}) < 3")
    expect(other.locator("#resumed")).to_be_hidden()


@detail
def test_leaving_in_the_middle_is_enough_and_an_open_page_overwrites_nothing(watch, site):
    idle = watch(LONG)
    page = watch(LONG, reset=False)
    page.keyboard.press("k")
    seek(page, 70)
    wait_for_time(page, 70.2)
    page.goto("about:blank")
    wait_for(lambda: saved_position(site, LONG).startswith("7"), 10)
    idle.goto("about:blank")
    assert saved_position(site, LONG).startswith("7")


@detail
def test_while_it_plays_the_position_is_saved_every_few_seconds_and_the_end_is_none(watch, site):
    page = watch("Show/ep10.mp4")
    page.evaluate("document.querySelector('[data-setting=autoplay]')?.click()")
    with page.expect_request(re.compile("/position$"), timeout=15_000) as saved:
        page.keyboard.press("k")
    assert "seconds" in (saved.value.post_data or "")
    page.wait_for_function("document.querySelector('video').ended", timeout=15_000)
    wait_for(lambda: saved_position(site, "Show/ep10.mp4") == "", 10)


@pytest.mark.parametrize(("query", "seconds"), [("?t=5", 5), ("?t=0m7s", 7), ("?t=0:03", 3)])
def test_an_address_with_a_moment_starts_there(watch, query, seconds):
    page = watch("Sea/Morning.mp4", query)
    page.wait_for_function(f"Math.abs(({TIME}) - {seconds}) < 0.1")
    expect(page.locator("#resumed")).to_be_hidden()


@detail
def test_a_view_is_counted_once_a_sitting(watch):
    page = watch("Sea/Morning.mp4")
    with page.expect_response(re.compile("/views$")) as counted:
        page.keyboard.press("k")
    assert counted.value.status == 204
    again = []
    page.on("request", lambda request: again.append(request.url) if request.url.endswith("/views") else None)
    page.reload()
    ready(page)
    start = at(page)
    page.keyboard.press("k")
    wait_for_time(page, start + 2)
    assert again == []
    expect(page.locator(".facts").first).to_contain_text("1 view")


@detail
def test_a_view_of_a_long_video_is_counted_once_after_ten_seconds_of_it(site, visit):
    forget_marks(site.shell)
    page = visit(f"{site.address}/healthz", **DESK)
    page.add_init_script(NOTE_COUNTS)
    sent = []
    page.on("request", lambda request: sent.append(request.url) if request.url.endswith("/views") else None)
    page.goto(_address(site, LONG))
    ready(page)
    assert page.evaluate("document.querySelector('video').duration") == pytest.approx(LONG_SECONDS, abs=1)

    def play_to(seconds):
        # What counts are the seconds of the video, however fast they pass.
        page.evaluate("document.querySelector('video').playbackRate = 4")
        page.keyboard.press("k")
        wait_for_time(page, seconds)
        page.keyboard.press("k")
        page.wait_for_function(PAUSED)

    play_to(4)
    assert at(page) < 10
    # Neither does a place count that one has only gone to.
    seek(page, 100)
    assert page.evaluate("counted") == []
    seek(page, 4)
    with page.expect_response(re.compile("/views$")) as answer:
        play_to(12)
    assert answer.value.status == 204
    (place,) = page.evaluate("counted")
    # Long before a tenth of it, which is 20 seconds.
    assert 8 < place < 16
    play_to(26)
    page.reload()
    ready(page)
    play_to(at(page) + 12)
    assert len(sent) == 1
    page.reload()
    expect(page.locator(".facts").first).to_contain_text("1 view")


# --- one after the other


@detail
def test_the_next_episode_comes_by_itself_without_leaving_full_screen(watch):
    page = watch("Show/ep1.mp4")
    page.keyboard.press("f")
    page.wait_for_function("document.fullscreenElement?.id === 'player'")
    seek(page, CLIP_SECONDS - 0.5)
    page.keyboard.press("k")
    card = page.locator("#up-next-card")
    expect(card).to_be_visible(timeout=10_000)
    expect(card).to_contain_text("ep2")
    expect(page.locator("#countdown")).to_have_text(re.compile("Up next in [1-5]"))
    expect(page).to_have_title(re.compile("^ep2"), timeout=10_000)
    assert page.evaluate("document.fullscreenElement?.id") == "player"
    wait_for_time(page, 0.3)
    assert "ep2" in page.locator(".watch-title").text_content()
    page.keyboard.press("f")
    page.go_back()
    expect(page).to_have_title(re.compile("^ep1"))
    expect(page.locator(".watch-title")).to_have_text("ep1")


@detail
def test_the_countdown_can_be_cancelled_and_turned_off(watch):
    page = watch("Show/ep1.mp4")
    seek(page, CLIP_SECONDS - 0.3)
    page.keyboard.press("k")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#up-next-card")).to_be_hidden()
    switch = page.get_by_role("switch", name="Autoplay")
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "false")
    page.reload()
    ready(page)
    expect(page.get_by_role("switch", name="Autoplay")).to_have_attribute("aria-checked", "false")
    seek(page, CLIP_SECONDS - 0.3)
    page.evaluate("document.querySelector('video').muted = true")
    page.keyboard.press("k")
    expect(page.locator("#up-next-card")).to_be_visible(timeout=10_000)
    expect(page.locator("#countdown")).to_have_text("Up next")
    page.keyboard.press("Shift+N")
    expect(page).to_have_title(re.compile("^ep2"))
    page.keyboard.press("Shift+P")
    expect(page).to_have_title(re.compile("^ep1"))


@detail
def test_the_list_that_one_came_from_goes_on(site, visit, watch):
    page = watch("Show/ep1.mp4")
    page.goto(f"{site.address}/?sort=title&order=desc")
    page.get_by_role("link", name="ep2").click()
    ready(page)
    # By title 10 comes after 2, and here the last one first.
    page.keyboard.press("Shift+N")
    expect(page).to_have_title(re.compile("^ep1 "))
    expect(page).to_have_url(re.compile(r"\?list=sort%3Dtitle%26order%3Ddesc$"))
    # Chapters, subtitles and the forms are those of the video that is shown now.
    page.keyboard.press("Shift+P")
    expect(page).to_have_title(re.compile("^ep2"))
    page.keyboard.press("Shift+P")
    expect(page).to_have_title(re.compile("^ep10"))
    page.keyboard.press("Shift+P")
    expect(page).to_have_title(re.compile("^Morning"))
    page.keyboard.press("Shift+P")
    expect(page).to_have_title(re.compile("^Talk"))
    expect(page.locator("#captions")).to_be_attached()
    page.wait_for_function("document.querySelector('media-time-range').mediaChaptersCues?.length === 3")
    page.get_by_role("button", name="5 stars").click()
    expect(page.get_by_role("button", name="5 stars")).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(page.get_by_role("button", name="5 stars")).to_have_attribute("aria-pressed", "true")


# --- what a browser cannot play


def test_a_file_that_cannot_be_played_offers_other_ways(site, visit):
    page = visit(f"{site.address}/healthz", **DESK)
    page.goto(_address(site, "broken.mp4"))
    state = page.locator("#unplayable")
    expect(state).to_be_visible()
    expect(page.locator("#player")).to_be_hidden()
    with page.expect_download() as download:
        state.get_by_role("link", name="Try another player").click()
    assert download.value.suggested_filename == "broken.m3u"
    address = download.value.path().read_text().splitlines()[2]
    assert site.get(address.removeprefix(site.address)).body == b"no video " * 999


@detail
def test_what_is_found_out_late_about_a_film_is_not_said_of_the_next(site, visit, watch):
    page = watch("Show/ep1.mp4")
    asked, first = [], page.url

    def answer(route):
        if not route.request.url.startswith(first.partition("?")[0]):
            route.continue_()
        elif route.request.method == "HEAD":
            asked.append(route)
        else:
            route.fulfill(status=404)

    page.route("**/stream", answer)
    page.evaluate("document.querySelector('video').load()")
    wait_for(lambda: page.wait_for_timeout(50) or asked, 20)
    page.keyboard.press("Shift+N")
    expect(page).to_have_title(re.compile("^ep2"))
    page.wait_for_function("document.querySelector('video').readyState >= 1")
    asked[0].continue_()
    page.wait_for_timeout(1000)
    expect(page.locator("#unplayable")).to_be_hidden()
    expect(page.locator("#player")).to_be_visible()
    visit.complaints.clear()


@detail
def test_a_picture_that_the_browser_does_not_decode_is_said_too(site, visit, watch):
    page = watch("Sea/Morning.mp4")
    expect(page.locator("#unplayable")).to_be_hidden()
    page.route("**/stream", lambda route: route.fulfill(status=404))
    page.reload()
    expect(page.locator("#unplayable")).to_be_visible()
    page.unroute("**/stream")
    page.get_by_role("button", name="Try again").click()
    page.wait_for_function("document.querySelector('video').readyState >= 1")
    expect(page.locator("#unplayable")).to_be_hidden()
    expect(page.locator("#player")).to_be_visible()
    visit.complaints.clear()


# --- other hands


@detail
def test_a_remote_control_with_arrows_alone_reaches_everything(watch):
    page = watch("Show/ep1.mp4")
    press = page.keyboard.press
    press("ArrowRight")
    page.wait_for_function(f"Math.abs(({TIME}) - 5) < 0.2")
    press("Enter")
    focused = "document.activeElement.id || document.activeElement.textContent.trim()"
    assert page.evaluate(focused) == "play"
    press("Enter")
    page.wait_for_function(f"!{PAUSED}")
    press("ArrowRight")
    assert page.evaluate(focused) == "next"
    press("ArrowUp")
    assert page.evaluate(focused) == "time-range"
    before = at(page)
    press("ArrowLeft")
    page.wait_for_function(f"({TIME}) < {before} - 2")
    press("ArrowDown")
    reached = set()
    for _ in range(8):
        press("ArrowDown")
        reached.add(
            page.evaluate(
                "document.activeElement.closest('.title-row, .star-form, .add-tag, .markers, .about')?.className"
            )
        )
    assert reached >= {"title-row", "star-form", "add-tag", "about"}
    for _ in range(4):
        press("ArrowRight")
    assert page.evaluate("!!document.activeElement.closest('.watch-side')")
    press("Enter")
    expect(page).to_have_title(re.compile("^(ep2|ep10|Local)"))


def test_a_phone_seeks_by_two_taps_and_its_menus_rise_from_the_edge(watch):
    page = watch("Sea/Morning.mp4", **PHONE)
    seek(page, 1)
    box = page.locator("#player").bounding_box()
    for share, seconds in ((0.9, 11), (0.1, 1)):
        for _ in range(2):
            page.touchscreen.tap(box["x"] + box["width"] * share, box["y"] + 30)
        page.wait_for_function(f"Math.abs(({TIME}) - {seconds}) < 0.2")
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + 20)
    page.locator("#settings").tap()
    menu = page.locator("#settings-menu")
    expect(menu).to_be_visible()
    placed = menu.bounding_box()
    assert (placed["x"], placed["width"], placed["y"] + placed["height"]) == (0, 390, 844)
    for button in page.locator("button:visible, summary:visible, .bar a:visible, .player-menu button:visible").all():
        size = button.bounding_box()
        assert min(size["width"], size["height"]) >= 43.5, button.evaluate("element => element.outerHTML")


def test_without_a_script_there_is_the_browsers_own_player_and_every_form(site, visit):
    page = visit(_address(site, "Talk/Talk.mp4"), java_script_enabled=False)
    expect(page.locator("video")).to_have_attribute("controls", "")
    expect(page.locator("#controls")).to_be_hidden()
    page.locator(".title-edit summary").click()
    page.locator("#title-field").fill("The talk")
    page.locator(".title-edit").get_by_role("button", name="Save").click()
    expect(page.locator(".watch-title")).to_have_text("The talk")
    page.locator(".add-marker summary").click()
    page.locator(".add-marker [name=at]").fill("0:05")
    page.locator(".add-marker").get_by_role("button", name="Save").click()
    page.get_by_role("link", name="0:05 0:05").click()
    expect(page).to_have_url(re.compile(r"\?t=5$"))
    page.get_by_role("button", name="Remove 0:05").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name="0:05 0:05")).to_be_visible()
    page.locator(".title-edit summary").click()
    page.locator("#title-field").fill("")
    page.locator(".title-edit").get_by_role("button", name="Save").click()
    expect(page.locator(".watch-title")).to_have_text("Talk")


def test_nothing_is_asked_of_another_host_and_no_style_but_the_players_is_taken(site, visit):
    page = visit(f"{site.address}/healthz", **DESK)
    hosts = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    # What the policy refuses is a complaint on the console, which fails the test at its end.
    page.goto(_address(site, "Talk/Talk.mp4"))
    expect(page.locator("#player")).to_be_focused()
    page.keyboard.press("n")
    page.keyboard.press("Enter")
    page.keyboard.press("k")
    page.locator("#speed").click()
    page.keyboard.press("Escape")
    bar = page.locator("#time-range").bounding_box()
    page.mouse.move(bar["x"] + 100, bar["y"] + 5)
    expect(page.locator("#related")).to_be_visible()
    assert hosts == {f"127.0.0.1:{site.port}"}
    # A new release of media-chrome brings other styles: these are the ones to allow.
    assert set(page.evaluate(STYLES)) == set(PLAYER_STYLES)


def test_a_style_that_was_smuggled_into_the_page_is_not_taken(watch, visit):
    page = watch("Sea/Morning.mp4")
    page.evaluate(
        "() => { const style = document.createElement('style'); style.textContent = 'body { opacity: 0.5 }';"
        " document.head.append(style); }"
    )
    assert page.evaluate("getComputedStyle(document.body).opacity") == "1"
    assert any("Content Security Policy" in text for text in visit.complaints)
    visit.complaints.clear()
