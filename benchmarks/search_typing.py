"""Search as you type at 1,000,000 videos: each prefix of 200 queries, as the page's script requests it.

The titles are made of 4,000 words, some with accents, so that a word matches from a thousandth to half of the library.
The queries are words, pairs of words in any order, parts of words, numbers, phrases, and terms.

Measured are the whole response, from the request to the HTML of the grid, and only its search: the rows of the newest
60 videos, and their number. The masks of words are cached, as while somebody types; between the two measurements the
cache is invalidated.
"""

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

from django.core.management import call_command
from django.db import connection
from django.test import Client

from benchmarks.figures import note, percentile, seconds, spread, verdict
from videos.accounts.household import household
from videos.db.transactions import insert_rows, write_transaction
from videos.db.triggers import full_text
from videos.listing.index import preload
from videos.listing.query import GalleryQuery
from videos.listing.results import Listing
from videos.models import NO_FACTS, Favorite, Rating, Tag, Video, View
from videos.server.frame_stack import with_preallocated_frames

VIDEOS = int(os.environ.get("SEARCH_VIDEOS", "1000000"))
TAGS, TAGS_EACH, FOLDERS, QUERIES, PAGE = 5_000, 3, 2_000, 200, 60
BAR_P50, BAR_P95 = 0.015, 0.050
_FOR_THE_GRID = {"HX-Request": "true", "HX-Target": "results", "HX-Trigger": "search"}
_OTHER_PROCESS = "import django; django.setup(); from benchmarks.search_typing import make_library; make_library()"
_SYLLABLES = (
    "ba be bi ca cha de do é el fi ga gra ha in ka la lo má me mo na no ñu o pa pe ra ri sa sé sto ta ti ü va zo"
)


def run() -> bool:
    # In another process, since a server has not made the library that it reads.
    make = [sys.executable, "-c", _OTHER_PROCESS]
    note(f"rows and index made in {seconds(lambda: subprocess.run(make, check=True)):.0f} s")
    words = _words()
    call_command("collectstatic", interactive=False, verbosity=0)
    note(f"read into memory in {seconds(preload):.1f} s")
    typed = [query[:stop] for query in _queries(words, random.Random(6)) for stop in range(1, len(query) + 1)]
    client, viewer = Client(HTTP_HOST="localhost"), household()
    # Like the threads of `serve`.
    met = with_preallocated_frames(_measure, "the whole answer", typed, lambda text: _answer(client, text))
    # A new tag invalidates the cached masks of all words.
    client.post("/videos/1/tags", {"add": "typed"})
    return met & with_preallocated_frames(_measure, "60 rows, and how many", typed, lambda text: _rows(viewer, text))


def make_library() -> None:
    """Fill the database, index it, and checkpoint the WAL."""
    _make(_words())
    full_text.rebuild(connection)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _measure(what: str, typed: list[str], answer: Callable[[str], object]) -> bool:
    measured, processor = dict[str, float](), dict[str, float]()
    for text in typed:
        started = time.thread_time()
        measured[text] = seconds(lambda text=text: answer(text))
        processor[text] = time.thread_time() - started
    samples = list(measured.values())
    p50, p95 = percentile(samples, 0.5), percentile(samples, 0.95)
    note(f"{what}, {len(samples):,} prefixes: {spread(samples)}")
    note(f"{what}, CPU time: {spread(list(processor.values()))}")
    for text in sorted(measured, key=measured.__getitem__, reverse=True)[:10]:
        note(f"slow: {text!r} {measured[text] * 1000:.0f} ms, {processor[text] * 1000:.0f} of CPU")
    return verdict(
        f"search as you type, {VIDEOS:,} videos: {what}",
        f"p50 {p50 * 1000:.1f}, p95 {p95 * 1000:.1f} ms",
        f"p50 {BAR_P50 * 1000:g}, p95 {BAR_P95 * 1000:g} ms",
        p50 < BAR_P50 and p95 < BAR_P95,
    )


def _answer(client: Client, typed: str) -> None:
    """Request the grid as htmx does for the search field."""
    response = client.get("/", {"q": typed}, headers=_FOR_THE_GRID)
    assert response.status_code == 200, (typed, response.status_code)
    assert response.content.lstrip().startswith(b"<section"), response.content[:200]


def _rows(viewer: object, typed: str) -> tuple[list[Video], int]:
    listing = Listing(GalleryQuery(q=typed), viewer)
    return Video.objects.by_ids(listing[:PAGE]), len(listing)


def _words() -> list[str]:
    """Return the words, the most frequent first."""
    syllables, chance = _SYLLABLES.split(), random.Random(5)
    words = sorted({"".join(chance.choices(syllables, k=chance.randint(2, 4))) for _ in range(4_000)})
    chance.shuffle(words)
    return words


def _queries(words: list[str], chance: random.Random) -> Iterator[str]:
    common = words[:: len(words) // 40]
    for number in range(QUERIES):
        one, other = _some(words, chance), _some(words, chance)
        part = one[1:] if len(one) > 4 else one
        yield [
            one, f"{one} {other}", part, f"{number * 4999 % VIDEOS:07}", f'"{one} {other}', f"{one} -{other}",
            f"{one} rating:>=4", f"tag:{chance.choice(common)} {one}", f"{other} is:unwatched", f"{one} duration:>20m",
        ][number % 10]  # fmt: skip


def _some(words: list[str], chance: random.Random) -> str:
    """Return a word. The first ones are frequent and the last ones rare, as in a language."""
    return words[int(len(words) * chance.random() ** 4)]


def _make(words: list[str]) -> None:
    """Fill the database without triggers: 3 tags per video, 1 in 5 rated, 1 in 4 viewed."""
    chance = random.Random(7)
    full_text.drop_triggers(connection)
    viewer, numbers = household().pk, range(1, VIDEOS + 1)
    columns = ["id", "filename", "title", "added_date", "file_size", "duration", "height"]
    facts = {**NO_FACTS, "video_codec": "hevc"}
    with write_transaction():
        insert_rows(Tag, ["id", "name", "folded_name"], ((n + 1, t, t) for n, t in enumerate(_tags(words))))
        insert_rows(Video, [*columns, *facts], ((*_video(n, words, chance), *facts.values()) for n in numbers))
        tagged = ((n, tag) for n in numbers for tag in chance.sample(range(1, TAGS + 1), TAGS_EACH))
        insert_rows(Video.tags.through, ["video_id", "tag_id"], tagged)
        own = ["viewer_id", "video_id"]
        insert_rows(Rating, [*own, "stars"], ((viewer, n, n // 5 % 5 + 1) for n in numbers[::5]))
        insert_rows(View, [*own, "view_count"], ((viewer, n, n % 40) for n in numbers[::4]))
        insert_rows(Favorite, [*own, "added_date"], ((viewer, n, "2024-01-01 12:00:00") for n in numbers[::50]))


def _tags(words: list[str]) -> list[str]:
    return [f"{words[n % len(words)]}{n // len(words) or ''}" for n in range(TAGS)]


def _video(n: int, words: list[str], chance: random.Random) -> tuple[object, ...]:
    name = " ".join(_some(words, chance) for _ in range(3))
    added = f"20{10 + n % 14}-{n % 12 + 1:02}-{n * 7 % 28 + 1:02} {n % 24:02}:{n % 60:02}:00"
    size, duration = chance.randrange(10**10), chance.uniform(5, 7200)
    return n, f"folder {n % FOLDERS}/{name} {n:07}.mp4", f"{name} {n:07}", added, size, duration, 1080
