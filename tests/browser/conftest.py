"""A real Chromium on a real server with a real clip."""

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path

import av
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from tests.conftest import Shell
from tests.programs import missing
from tests.server import Server, running, wait_for
from videos.media.demo import Clip, encode

CLIP_SECONDS = 12
# The noise makes the file larger than what a browser fetches ahead, so that a seek needs bytes of its own.
CLIP = Clip(
    "Sea/Morning.mp4", "testsrc2=size=640x360:rate=25,noise=alls=30:allf=t", "libx264", "aac", 220, CLIP_SECONDS
)
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


def chromium() -> str:
    """Return the path of a Chromium, Debian's before Playwright's own: it decodes H.264."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found:
        return found
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else missing("Chromium: apt install chromium, or playwright install chromium")


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    encode(CLIP, path)
    return path


def write_with_chapters(clip: Path, path: Path, titles: Sequence[str]) -> None:
    """Write the clip once more, with chapters of equal lengths."""
    base = Fraction(1, 1000)
    length = CLIP_SECONDS * 1000 // len(titles)
    with av.open(str(clip)) as source, av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        streams = {stream: container.add_stream_from_template(stream) for stream in source.streams}
        container.set_chapters([
            {"id": n, "start": n * length, "end": (n + 1) * length, "time_base": base, "metadata": {"title": title}}
            for n, title in enumerate(titles)
        ])  # fmt: skip
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream]
                container.mux(packet)


@pytest.fixture
def shell_with_clip(tmp_path: Path, clip: Path) -> Shell:
    shell = Shell(tmp_path)
    (shell.videos / CLIP.name).parent.mkdir()
    (shell.videos / CLIP.name).hardlink_to(clip)
    return shell


@pytest.fixture
def site(shell_with_clip: Shell) -> Iterator[Server]:
    """A server that shows the clip."""
    with running(shell_with_clip) as server:
        wait_until_shown(server)
        yield server


def wait_until_shown(server: Server) -> None:
    wait_for(lambda: ">Morning</h2>" in server.get("/").text, 60, lambda: server.log)


# While Playwright runs, Django takes this thread for asynchronous and refuses its database: these tests ask the server.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    executable = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield browser
        browser.close()


def wait_until(page: Page, expression: str, *, timeout: float = 30_000) -> None:
    """Wait until an expression is true of the page; `timeout` in milliseconds.

    Playwright's own waiting calls eval() in the page, which the Content-Security-Policy forbids.
    """
    end = time.monotonic() + timeout / 1000
    while True:
        try:
            if page.evaluate(expression):
                return
        except PlaywrightError as error:
            # It goes to another page just now.
            if "context was destroyed" not in str(error) or time.monotonic() > end:
                raise
        assert time.monotonic() < end, f"still not true: {expression}"
        time.sleep(0.05)


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open an address in a new window, with Playwright's options for one; at the end no page has complained.

    A test that breaks something on purpose takes `visit.complaints` away.
    """
    complaints: list[str] = []
    contexts: list[BrowserContext] = []

    def open_window(address: str, **options: object) -> Page:
        contexts.append(browser.new_context(**options))  # type: ignore[arg-type]
        page = contexts[-1].new_page()
        page.on(
            "console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.wait_for_function = partial(wait_until, page)  # type: ignore[method-assign]
        page.goto(address)
        return page

    open_window.complaints = complaints  # type: ignore[attr-defined]
    yield open_window
    # Before the windows close: that a server has gone by then is no complaint of a page.
    found = list(complaints)
    for context in contexts:
        context.close()
    assert found == []
