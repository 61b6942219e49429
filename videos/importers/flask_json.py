"""A snapshot of marks -> rows: merged, in one transaction, and nothing changed by a second run.

The marks may be from the four JSON files, or from the old application's database (videos/importers/).
"""

import os
import posixpath
from collections import Counter, defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Model
from django.utils import timezone

from videos.backup.json_reader import FILE_NAMES, BadEntry, Snapshot
from videos.core.sort_keys import title_key, title_of
from videos.core.tag_names import fold_tag_name
from videos.db.locks import exclusive_lock
from videos.db.transactions import as_stored, insert_rows, read_snapshot, write_transaction
from videos.db.triggers.full_text import deferred_indexing
from videos.library.paths import cleaned_path, filename_problem, nfc
from videos.library.written_names import FORMS, NameMatcher, posix_path
from videos.models import NO_FACTS, Favorite, Rating, Video, View
from videos.userdata import favorites, ratings, tags, views

KINDS = tuple(FILE_NAMES)
# Count, date, position and whether it is watched, of a video that nobody has viewed.
_NO_VIEW = (0, None, None, False)


@dataclass
class Tally:
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    bad: int = 0


@dataclass
class Report:
    """What an import did, or would do: a tally for each kind, and every bad entry."""

    tallies: dict[str, Tally] = field(default_factory=lambda: {kind: Tally() for kind in ("videos", *KINDS)})
    bad: list[BadEntry] = field(default_factory=list)
    # A video may get several.
    new_tags: int = 0


def import_snapshot(
    snapshot: Snapshot,
    viewer: User,
    *,
    keep_existing: bool = False,
    dry_run: bool = False,
    and_note: Callable[[Report], None] = lambda report: None,
) -> Report:
    """Merge the snapshot into the database and return the report. All of it or, when killed, nothing.

    `and_note` is called within the same transaction, when all is written. Raises Busy where another import runs.
    """
    if dry_run:
        with read_snapshot():
            return _Import(snapshot, viewer, keep_existing).report
    with exclusive_lock("migrate_json", "Another import is running; this one changed nothing."), write_transaction():
        plan = _Import(snapshot, viewer, keep_existing)
        with deferred_indexing():
            plan.write()
        and_note(plan.report)
        return plan.report


class _Import:
    """The rows to write. Made by comparing with what is there, so that what is the same is not written at all."""

    def __init__(self, snapshot: Snapshot, viewer: User, keep_existing: bool) -> None:
        self.viewer, self.keep_existing, self.records = viewer, keep_existing, snapshot.videos
        self.report = Report(bad=list(snapshot.bad))
        self.names = _Names(snapshot)
        self.new_videos = self.names.new
        self.report.tallies["videos"].added = len(self.new_videos)
        self.report.tallies["videos"].unchanged = len(set(self.names.ids.values()))
        self._report_unclear(snapshot)
        self.ratings = self._compare_ratings(self._by_video("ratings", snapshot.ratings))
        self.views = self._compare_views(self._by_video("views", snapshot.views))
        self.favorites = self._compare_favorites(self._by_video("favorites", snapshot.favorites))
        self.tags = self._compare_tags(self._by_video("tags", snapshot.tags))
        self.added_dates = self._compare_added_dates()
        self.report.new_tags = len(self.tags)
        for entry in self.report.bad:
            self.report.tallies[entry.kind_of_mark].bad += 1

    def _report_unclear(self, snapshot: Snapshot) -> None:
        """Name the videos that mean several, or none that there can be; their marks are named with their own kinds."""
        for name in snapshot.videos.keys() & self.names.unclear.keys():
            self.report.bad.append(BadEntry("videos", name, self.names.unclear[name]))

    def _compare_added_dates(self) -> list[tuple[Any, int]]:
        """Return (date, video id) of the videos of the library that the old application had before that."""
        earliest: dict[int, Any] = {}
        for name, video_id in self.names.ids.items():
            record = self.records.get(name)
            if record is not None and record.added_date is not None:
                earliest[video_id] = min(record.added_date, earliest.get(video_id, record.added_date))
        if not earliest:
            return []
        there = Video.objects.values_list("pk", "added_date").iterator()
        return [(as_stored(earliest[pk]), pk) for pk, added in there if pk in earliest and earliest[pk] < added]

    def _by_video(self, kind: str, entries: dict[str, Any]) -> dict["int | str", list[tuple[str, Any]]]:
        """Return {video id, or name of a new video: [(name in the file, value)]}; names that mean several are bad."""
        found: dict[int | str, list[tuple[str, Any]]] = defaultdict(list)
        for name, value in entries.items():
            if name in self.names.unclear:
                self.report.bad.append(BadEntry(FILE_NAMES[kind], name, self.names.unclear[name], kind=kind))
            else:
                found[self.names.video_for(name)].append((name, value))
        return found

    def _compare_ratings(self, entries: dict[int | str, list[tuple[str, int]]]) -> list[tuple[int | str, int]]:
        there = _marks(Rating, self.viewer, "stars")
        rows, tally = [], self.report.tallies["ratings"]
        for video, named in entries.items():
            stars = self._one_rating(video, named)
            known = there.get(video)
            if known is not None and (known[0] == stars or self.keep_existing):
                tally.unchanged += 1
            else:
                _count(tally, known)
                rows.append((video, stars))
        return rows

    def _one_rating(self, video: int | str, named: list[tuple[str, int]]) -> int:
        """Return the stars for a video that several names mean: the exact name's, or the first; others are bad."""
        named = sorted(named, key=lambda entry: not self.names.is_exact(entry[0]))
        chosen_name, stars = named[0]
        for name, other in named[1:]:
            if other != stars:
                reason = f"it means the same video as {chosen_name}, which has other stars"
                self.report.bad.append(BadEntry(FILE_NAMES["ratings"], name, reason))
        return stars

    def _compare_views(
        self, entries: dict[int | str, list[tuple[str, Any]]]
    ) -> list[tuple[int | str, views.ViewRecord]]:
        there = _marks(View, self.viewer, "view_count", "last_viewed", "position_seconds", "is_watched")
        # Of each video's new views only the last has a date.
        self.views_on: Counter[date] = Counter()
        rows, tally = [], self.report.tallies["views"]
        for video, named in entries.items():
            known = there.get(video)
            merged = list(known or _NO_VIEW)
            for _name, record in named:
                viewed = record.last_viewed
                merged[0] = max(merged[0], record.view_count)
                # Where somebody stopped belongs to the later viewing.
                if record.position_seconds is not None and (merged[2] is None or _later(viewed, merged[1]) == viewed):
                    merged[2] = record.position_seconds
                merged[1] = _later(viewed, merged[1])
                merged[3] = merged[3] or record.is_watched
            if tuple(merged) == (known or _NO_VIEW):
                tally.unchanged += 1
            else:
                _count(tally, known)
                rows.append((video, views.ViewRecord(*merged)))
                if merged[1] is not None:
                    self.views_on[timezone.localdate(merged[1])] += merged[0] - (known[0] if known else 0)
        return rows

    def _compare_favorites(self, entries: dict[int | str, list[tuple[str, Any]]]) -> list[tuple[int | str, datetime]]:
        there = _marks(Favorite, self.viewer, "added_date")
        now = timezone.now()
        rows, tally = [], self.report.tallies["favorites"]
        for video, named in entries.items():
            known = there.get(video)
            dates = [*(known or ()), *(added for _name, added in named if added)]
            added_date = max(dates, default=now)
            if known == (added_date,):
                tally.unchanged += 1
            else:
                _count(tally, known)
                rows.append((video, added_date))
        return rows

    def _compare_tags(self, entries: dict[int | str, list[tuple[str, list[str]]]]) -> list[tuple[int | str, str]]:
        """Return the (video, folded tag name) pairs to add."""
        self.tag_names: dict[str, str] = {}
        there = _tags_by_video()
        pairs, tally = [], self.report.tallies["tags"]
        folded = _Folded()
        for video, named in entries.items():
            known = there.get(video, set())
            wanted = dict.fromkeys(folded[tag] for _name, names in named for tag in names)
            for _name, names in named:
                for tag in names:
                    self.tag_names.setdefault(folded[tag], tag)
            new = [key for key in wanted if key not in known]
            if new:
                _count(tally, known or None)
                pairs += [(video, key) for key in new]
            else:
                tally.unchanged += 1
        return pairs

    def write(self) -> None:
        ids: dict[int | str, int] = {video: video for video in self.names.ids.values()}
        ids.update(self._insert_videos())
        viewer = self.viewer.pk
        if self.added_dates:
            with connection.cursor() as cursor:
                cursor.executemany("UPDATE videos_video SET added_date = %s WHERE id = %s", self.added_dates)
        ratings.set_stars(viewer, {ids[video]: stars for video, stars in self.ratings})
        views.set_records(viewer, {ids[video]: record for video, record in self.views})
        views.count_by_month(self.viewer, self.views_on)
        favorites.set_dates(viewer, {ids[video]: added for video, added in self.favorites})
        tag_ids = self._insert_tags()
        tags.link((ids[video], tag_ids[key]) for video, key in self.tags)

    def _insert_videos(self) -> dict[int | str, int]:
        """Make the videos that wait for their files, and return {filename: id}."""
        if not self.new_videos:
            return {}
        now = as_stored(timezone.now())
        columns = ["filename", "title", "title_key", "added_date", "duration", "missing_since", *NO_FACTS]
        rows = (
            (name, title_of(name), title_key("", name), *self._facts(written, now), now, *NO_FACTS.values())
            for name, written in self.new_videos.items()
        )
        last = Video.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        insert_rows(Video, columns, rows)
        return dict(Video.objects.filter(pk__gt=last).values_list("filename", "pk"))

    def _facts(self, written: list[str], now: Any) -> tuple[Any, float | None]:
        """Return date and duration of a new video, of all that is known under the names that mean it."""
        records = [self.records[name] for name in written if name in self.records] if self.records else []
        dates = [record.added_date for record in records if record.added_date]
        durations = [record.duration_seconds for record in records if record.duration_seconds is not None]
        return as_stored(min(dates)) if dates else now, next(iter(durations), None)

    def _insert_tags(self) -> dict[str, int]:
        used = {key for _video, key in self.tags}
        return tags.create({key: self.tag_names[key] for key in sorted(used)})


class _Folded(dict[str, str]):
    """Tag name -> key, computed once for each name."""

    def __missing__(self, name: str) -> str:
        self[name] = key = fold_tag_name(name)
        return key


class _Names:
    """Which video each name in the snapshot means.

    `ids` holds the names that mean a video of the library, `new` the names of the videos to be made, each with those in
    the snapshot that mean it, `unclear` those that could mean several, with the reason.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT filename, id FROM videos_video")
            self._library: dict[str, int] = dict(cursor.fetchall())
        self.ids: dict[str, int] = {}
        self.unclear: dict[str, str] = {}
        self.new: dict[str, list[str]] = {}
        self._new_names: dict[str, str] = {}
        unknown = []
        for name in snapshot.names():
            video_id = self._library.get(name)
            if video_id is None:
                unknown.append(name)
            else:
                self.ids[name] = video_id
        if unknown and self._library:
            unknown = self._match(unknown)
        self._take_as_new(unknown, is_foreign=snapshot.is_foreign)

    def _match(self, unknown: list[str]) -> list[str]:
        """Find what the names mean that no video has exactly, and return those that none has in any form.

        A video that another name of the snapshot means by a stricter form is not meant: these are two videos, and one
        is missing.
        """
        matcher = NameMatcher(self._library)
        for form in FORMS:
            meant, left, matched = set(self.ids.values()), [], {}
            for name in unknown:
                found = [other for other in matcher.fitting(name, form) if self._library[other] not in meant]
                if len(found) == 1:
                    matched[name] = self._library[found[0]]
                elif found:
                    self.unclear[name] = f"it could be any of {', '.join(sorted(found))}"
                else:
                    left.append(name)
            self.ids.update(matched)
            unknown = left
        return unknown

    def _take_as_new(self, unknown: list[str], *, is_foreign: bool) -> None:
        """Let each of these names be that of a video to be made; another application's are united by spelling."""
        paths = {name: posix_path(name) if is_foreign else name for name in unknown}
        absolute = {name: f"/{cleaned_path(path)}" for name, path in paths.items() if path.startswith("/")}
        old_folder = _folder_of(absolute.values())
        spelled: dict[str, str] = {}
        for name, path in paths.items():
            own = absolute[name].removeprefix(old_folder) if name in absolute else cleaned_path(path)
            if is_foreign:
                own = spelled.setdefault(nfc(own), own)
            if problem := filename_problem(own):
                self.unclear[name] = problem
            else:
                self._new_names[name] = own
                self.new.setdefault(own, []).append(name)

    def is_exact(self, name: str) -> bool:
        return name in self._library or name in self.new

    def video_for(self, name: str) -> int | str:
        """Return the id of the video that this name means, or the filename of the one to be made."""
        return self.ids.get(name) or self._new_names[name]


def _folder_of(paths: Collection[str]) -> str:
    """Return the folder, with / at its end, in which all of these absolute paths are; "" where there are none.

    Paths in the video folder itself are told by that.
    """
    if not paths:
        return ""
    own = f"{settings.VIDEO_DIR}/"
    if all(path.startswith(own) for path in paths):
        return own
    folder = posixpath.commonpath([os.path.dirname(path) for path in paths])
    return folder if folder.endswith("/") else f"{folder}/"


def _marks(model: type[Model], viewer: User, *fields: str) -> dict[Any, tuple[Any, ...]]:
    """Return {video id: these fields} of a viewer's rows."""
    rows = model._default_manager.filter(viewer=viewer).values_list("video_id", *fields)
    return {row[0]: row[1:] for row in rows}


def _tags_by_video() -> dict[Any, set[str]]:
    """Return {video id: the keys of its tags}."""
    found: dict[Any, set[str]] = defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, folded_name FROM videos_tag")
        keys = dict(cursor.fetchall())
        cursor.execute("SELECT video_id, tag_id FROM videos_video_tags")
        for video_id, tag_id in cursor.fetchall():
            found[video_id].add(keys[tag_id])
    return found


def _later(one: Any, other: Any) -> Any:
    return max(filter(None, (one, other)), default=None)


def _count(tally: Tally, known: object) -> None:
    if known is None:
        tally.added += 1
    else:
        tally.changed += 1
