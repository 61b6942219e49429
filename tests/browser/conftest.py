"""A real Chromium on a real server with a real clip."""

import functools
import re
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TypeVar

import av
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, expect, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from tests.conftest import Shell, migrated_shell
from tests.counts import only_long
from tests.live_server import Server, running, wait_for
from tests.media.samples import recipe, write
from tests.programs import missing
from tests.shared import made_once
from videos.media.demo import Clip, encode

Test = TypeVar("Test", bound=Callable[..., object])

CLIP_SECONDS = 12
# The noise makes the file larger than what a browser fetches ahead, so that a seek needs bytes of its own.
CLIP = Clip(
    "Sea/Morning.mp4", "testsrc2=size=640x360:rate=25,noise=alls=30:allf=t", "libx264", "aac", 220, CLIP_SECONDS
)
# What is expected of a page is waited for as long as it takes on a busy machine.
expect.set_options(timeout=30_000)

# As long, for libraries of many films: the worker is done with each in a moment.
SMALL_CLIP = recipe("h264.mp4", name="small.mp4", seconds=CLIP_SECONDS, width=160, height=90)
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip

DESK = {"viewport": {"width": 1440, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
_LOOKS = {
    "desk-dark": ("dark", DESK), "desk-light": ("light", DESK), "phone-dark": ("dark", PHONE),
    "phone-light": ("light", PHONE),
}  # fmt: skip


def each_look(*names: str) -> pytest.MarkDecorator:
    """Run a test in each theme and at each size; `make test` runs it in those that are named.

    Between them the tests of the pages name all four.
    """
    cases = [pytest.param(*look, id=name, marks=() if name in names else only_long) for name, look in _LOOKS.items()]
    return pytest.mark.parametrize(("theme", "size"), cases)


# What decides how the pages look.
covers_looks = pytest.mark.long("templates", "videos/static", "videos/templatetags", "videos/views")

covers_all = pytest.mark.long("templates", "videos")


def detail(test: Test) -> Test:
    """Leave a test to `make test-long`: `make test` goes through the same page by another one.

    What a page does depends on the whole project, unlike what it looks like.
    """
    return only_long(covers_all(test))


AXE = (Path(__file__).parent / "vendor" / "axe.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

# So htmx notes each request that a newer one has replaced, as a search does while somebody types. One that fails is
# noted in other words, and by the browser too.
REPLACED = ("htmx:afterRequest,", "htmx:sendAbort,")


WHOLE = ("chromium", "chromium-browser", "google-chrome")


def chromium(*names: str) -> str:
    """Return the path of a Chromium, Debian's before Playwright's own: it decodes H.264.

    That without a window of its own takes a third of the computing.
    """
    found = next(filter(None, map(shutil.which, names or ("chromium-headless-shell", *WHOLE))), None)
    return found or _playwrights_own() or missing("Chromium: apt install chromium, or playwright install chromium")


@functools.cache
def _playwrights_own() -> str:
    """Return the path of the one that Playwright has fetched, "" where it has not."""
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else ""


@pytest.fixture(scope="session")
def clip() -> Path:
    def make(folder: Path) -> None:
        folder.mkdir()
        encode(CLIP, folder / "clip.mp4")

    return made_once("clip", make) / "clip.mp4"


@pytest.fixture(scope="session")
def small_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(SMALL_CLIP, tmp_path_factory.mktemp("small"))


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


@pytest.fixture(scope="session")
def new_shell(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Shell]:
    """Make a library of its own by name, empty and migrated."""
    return lambda name: migrated_shell(tmp_path_factory.mktemp(name))


def with_clip(shell: Shell, clip: Path) -> Shell:
    (shell.videos / CLIP.name).parent.mkdir()
    (shell.videos / CLIP.name).hardlink_to(clip)
    return shell


@pytest.fixture
def shell_with_clip(new_shell: Callable[[str], Shell], clip: Path) -> Shell:
    return with_clip(new_shell("clip"), clip)


@pytest.fixture
def own_site(shell_with_clip: Shell) -> Iterator[Server]:
    """A server that shows the clip, for a test that changes files."""
    with running(shell_with_clip) as server:
        wait_until_shown(server)
        yield server


@pytest.fixture(scope="session")
def shared_site(new_shell: Callable[[str], Shell], clip: Path) -> Iterator[Server]:
    with running(with_clip(new_shell("site"), clip)) as server:
        wait_until_shown(server)
        wait_for_pictures(server)
        yield server


@pytest.fixture
def site(shared_site: Server) -> Server:
    """A server that shows the clip with its pictures, on which no earlier test has left a mark.

    All tests share it: one that changes files takes `own_site`.
    """
    forget_marks(shared_site.shell)
    return shared_site


def wait_until_shown(server: Server) -> None:
    wait_for(lambda: ">Morning</h2>" in server.get("/").text, 60, lambda: server.log)


def wait_for_pictures(server: Server) -> None:
    waiting = "Waiting for thumbnails</dt> <dd>0<"
    wait_for(lambda: waiting in " ".join(server.get("/library/progress").text.split()), 120, lambda: server.log)


def change(shell: Shell, *statements: tuple[str, tuple[object, ...]]) -> None:
    """Write into the library as another process does, without the second that Django takes to begin."""
    with closing(sqlite3.connect(shell.database, timeout=30)) as database:
        for statement, values in statements:
            database.execute(statement, values)
        database.commit()


def forget_marks(shell: Shell) -> None:
    """Take away what anybody has said of a video, whatever was watched, and the lists that were saved."""
    tables = ("marker", "rating", "favorite", "view", "monthlyviews", "video_tags", "tag", "smartlist")
    titles = "UPDATE videos_video SET title = '' WHERE title <> ''"
    change(shell, *((f"DELETE FROM videos_{table}", ()) for table in tables), (titles, ()))


@pytest.fixture(scope="session")
def executable() -> str:
    return chromium()


@pytest.fixture(scope="session")
def playwright(executable: str) -> Iterator[Playwright]:
    # While Playwright runs, Django takes this thread for an asynchronous one, and would refuse its database to the
    # tests that come after these.
    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright: Playwright, executable: str) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
    yield browser
    browser.close()


def wait_until(page: Page, expression: str, *, arg: object = None, timeout: float = 30_000) -> None:
    """Wait until an expression, or a function of `arg`, is true of the page; `timeout` in milliseconds.

    Playwright's own waiting calls eval() in the page, which the Content-Security-Policy forbids.
    """
    end = time.monotonic() + timeout / 1000
    while True:
        try:
            if page.evaluate(expression, arg):
                return
        except PlaywrightError as error:
            # It goes to another page just now, or not all of that is there yet.
            if not re.search("context was destroyed|of null", str(error)) or time.monotonic() > end:
                raise
        assert time.monotonic() < end, f"still not true: {expression}"
        time.sleep(0.05)


def seek(page: Page, seconds: float) -> None:
    """Go to a place in the film, and wait until it is shown. Before its length is known a film cannot be sought in."""
    wait_until(page, "document.querySelector('video').readyState > 0")
    page.evaluate(
        "seconds => new Promise(done => { const video = document.querySelector('video');"
        " video.addEventListener('seeked', done, {once: true}); video.currentTime = seconds; })",
        seconds,
    )


def violations(page: Page) -> list[tuple[str, list[str]]]:
    """Return what axe finds wrong with a page as it is now: [(rule, [element as HTML, …]), …]."""
    # What has scrolled below the bar would count as hidden by it.
    page.evaluate("window.scrollTo(0, 0)")
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    # What is right is not listed: that takes three times as long as finding what is wrong.
    options = {"runOnly": RULES, "resultTypes": ["violations"]}
    found = page.evaluate("options => axe.run(document, options)", options)["violations"]
    return [(each["id"], [node["html"][:160] for node in each["nodes"]]) for each in found]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open an address in a new window, with Playwright's options for one; at the end no page has complained.

    A test that breaks something on purpose takes `visit.complaints` away.
    """
    complaints: list[str] = []
    contexts: list[BrowserContext] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(REPLACED):
            complaints.append(message.text)

    def open_window(address: str, **options: object) -> Page:
        contexts.append(browser.new_context(**options))  # type: ignore[arg-type]
        page = contexts[-1].new_page()
        page.on("console", note)
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
