"""A synthetic library in the temporary folder of a benchmark: files, rows, JSON files. The same for all runs of a day.

Its dates span five years up to this morning, so that "added in the last week", the days of the history and the months
of the statistics are not empty, for any number of videos.
"""

import json
import os
import random
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from videos.accounts.household import household
from videos.core.sort_keys import title_key, title_of
from videos.db.transactions import as_stored, insert_rows, write_transaction
from videos.db.triggers import change_log, full_text, tag_counters
from videos.models import NO_FACTS, Favorite, MonthlyViews, Rating, Tag, Video, View

# Set by BENCHMARK_VIDEOS; the speed table has 10,000, 100,000 and 1,000,000.
VIDEOS = int(os.environ.get("BENCHMARK_VIDEOS", "100000"))
FOLDERS, TAGS, TAGS_EACH = 200, 500, 3
# One in ten folders has its videos two levels further down.
FOLDERS_PER_DEEP_ONE, DEEP = 10, "/Series/Part 1"
_FRAMES = [(640, 480), (1280, 720), (1920, 1080), (1080, 1920), (1920, 800), (3840, 2160)]
_CODECS = ["h264", "h264", "h264", "hevc", "hevc", "av1", "mpeg4"]
_WORDS = ["Beach", "Birthday", "Concert", "Dinner", "Garden", "Harbour", "Málaga", "Market", "Snow", "Zürich"]
_NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)
_COLLECTED_FOR = timedelta(days=5 * 365)
_THIS_MORNING = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
# The share of viewed videos that are in progress.
_SHARE_IN_PROGRESS = 0.03
# 400 MB in SQLite's notation, while the library is made.
_CACHE_SIZE = -400_000


def filenames() -> list[str]:
    """Return the names of VIDEOS files in FOLDERS folders. Some are not ASCII."""
    chance = random.Random(1)
    words = [f"{chance.choice(_WORDS)} {chance.choice(_WORDS)}" for _ in range(VIDEOS)]
    return [f"{folder(n % FOLDERS)}/{words[n]} {n:06}.mp4" for n in range(VIDEOS)]


def folder(number: int) -> str:
    """Return the name of a folder with videos: "Folder 008", "Folder 009/Series/Part 1"."""
    is_deep = number % FOLDERS_PER_DEEP_ONE == FOLDERS_PER_DEEP_ONE - 1
    return f"Folder {number:03}{DEEP if is_deep else ''}"


def tag_names() -> list[str]:
    return [f"{_WORDS[n % len(_WORDS)].lower()} {n}" for n in range(TAGS)]


def make_files() -> list[str]:
    """Make an empty file in the video folder for each name, and return the names."""
    for n in range(FOLDERS):
        (settings.VIDEO_DIR / folder(n)).mkdir(parents=True)
    names = filenames()
    for name in names:
        (settings.VIDEO_DIR / name).touch()
    return names


def make_rows() -> list[str]:
    """Fill the database: 3 tags per video, 1 in 5 rated, 3 in 10 viewed, 1 in 20 a favorite."""
    names, chance = filenames(), random.Random(2)
    columns = ["filename", "title", "title_key", "added_date", "file_size", "modified_ns", "duration"]
    facts = ["width", "height", "video_codec"]
    others = {name: value for name, value in NO_FACTS.items() if name not in facts}
    rows = (
        (
            *(name, title_of(name), title_key("", name), as_stored(_moment(n))),
            *(chance.randrange(10**10), n, chance.uniform(5, 7200)),
            *(*chance.choice(_FRAMES), chance.choice(_CODECS)),
            *others.values(),
        )
        for n, name in enumerate(names)
    )
    with _without_triggers():
        insert_rows(Video, [*columns, *facts, *others], rows)
        ids = list(Video.objects.order_by("pk").values_list("pk", flat=True))
        _make_tags(ids, chance)
        _make_marks(ids, chance)
    return names


@contextmanager
def _without_triggers() -> Iterator[None]:
    """Insert in one transaction without triggers, and build counters and index once at the end, which is faster."""
    kept_by_triggers = (full_text, tag_counters, change_log)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA cache_size")
        usual_size = cursor.fetchone()[0]
        cursor.execute(f"PRAGMA cache_size = {_CACHE_SIZE}")
        with write_transaction():
            for each in kept_by_triggers:
                each.drop_triggers(connection)
            yield
            for each in kept_by_triggers:
                each.install(connection)
        cursor.execute(f"PRAGMA cache_size = {usual_size}")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _make_tags(video_ids: list[int], chance: random.Random) -> None:
    insert_rows(Tag, ["name", "folded_name"], ((name, name.casefold()) for name in tag_names()))
    tag_ids = list(Tag.objects.values_list("pk", flat=True))
    pairs = ((video, tag) for video in video_ids for tag in chance.sample(tag_ids, TAGS_EACH))
    insert_rows(Video.tags.through, ["video_id", "tag_id"], pairs)


def _make_marks(video_ids: list[int], chance: random.Random) -> None:
    viewer = household()
    rated, viewed, favored = (chance.sample(video_ids, int(VIDEOS * share)) for share in (0.2, 0.3, 0.05))
    own = ["viewer_id", "video_id"]
    insert_rows(Rating, [*own, "stars"], ((viewer.pk, pk, chance.randint(1, 5)) for pk in rated))
    _make_views(viewer, viewed, chance)
    favorites = ((viewer.pk, pk, as_stored(_moment(chance.randrange(VIDEOS)))) for pk in favored)
    insert_rows(Favorite, [*own, "added_date"], favorites)


def _make_views(viewer: Any, video_ids: Sequence[int], chance: random.Random) -> None:
    """Make the views, in another order than the videos, and the monthly counts."""
    columns = ["viewer_id", "video_id", "view_count", "last_viewed", "position_seconds"]
    moments = [_moment(chance.randrange(VIDEOS)) for _ in video_ids]
    rows = (
        (viewer.pk, pk, chance.randint(1, 50), as_stored(moment), _position_seconds(chance))
        for pk, moment in zip(video_ids, moments, strict=True)
    )
    insert_rows(View, columns, rows)
    MonthlyViews.objects.add(viewer, Counter[date](moment.date() for moment in moments))


def _position_seconds(chance: random.Random) -> float | None:
    return 3.0 if chance.random() < _SHARE_IN_PROGRESS else None


def _moment(n: int) -> datetime:
    """Return the date of the n-th of VIDEOS videos."""
    return _THIS_MORNING - _COLLECTED_FOR * ((VIDEOS - n) / VIDEOS)


def write_json(folder: Path) -> None:
    """Write the four files, each with every name."""
    names, tags, chance = filenames(), tag_names(), random.Random(3)
    dates = [(_NOON + timedelta(minutes=n)).isoformat() for n in range(VIDEOS)]
    contents = {
        "ratings": {name: chance.randint(1, 5) for name in names},
        "views": {
            name: {"view_count": chance.randint(1, 50), "last_viewed": date}
            for name, date in zip(names, dates, strict=True)
        },
        "tags": {name: [f"#{tag}" for tag in chance.sample(tags, TAGS_EACH)] for name in names},
        "favorites": {"favorites": names, "added_dates": dict(zip(names, dates, strict=True))},
    }
    for kind, content in contents.items():
        (folder / f"{kind}.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


class EmptyDatabase:
    """A copy of the migrated, empty database, from which each run starts."""

    def __init__(self) -> None:
        self.path = Path(connection.settings_dict["NAME"])
        self._pristine = self.path.with_name("pristine.db")
        connection.close()
        shutil.copyfile(self.path, self._pristine)

    def restore(self) -> None:
        connection.close()
        for suffix in ("-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        self.copy_to(self.path)

    def copy_to(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        shutil.copyfile(self._pristine, path)
