"""Importing a snapshot of marks: merged into the rows in one transaction, and a second run changes nothing.

The marks may come from the four JSON files, or from the old application's database (flask_database.py).
"""

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Model
from django.utils import timezone

from videos.backup.snapshot import FILE_NAMES, BadEntry, Snapshot
from videos.core.sort_keys import title_key, title_of
from videos.core.tag_names import fold_tag_name
from videos.db.locks import exclusive_lock
from videos.db.transactions import as_stored, insert_rows, read_snapshot, write_transaction
from videos.db.triggers.full_text import deferred_indexing
from videos.importers.import_report import ImportReport, Tally
from videos.importers.snapshot_names import SnapshotNames
from videos.models import NO_FACTS, Favorite, Rating, Video, View
from videos.userdata import favorites, ratings, tags, views

# (view count, last viewed, position, is watched) of a video that was never viewed.
_NO_VIEW = (0, None, None, False)


def import_snapshot(
    snapshot: Snapshot,
    viewer: User,
    *,
    keep_existing: bool = False,
    dry_run: bool = False,
    and_note: Callable[[ImportReport], None] = lambda report: None,
) -> ImportReport:
    """Merge the snapshot into the database and return the report. A killed import changes nothing.

    `and_note` is called in the same transaction after everything is written. Raises Busy while another import runs.
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
    """The rows to write, found by comparing the snapshot with the database: equal rows are not written."""

    def __init__(self, snapshot: Snapshot, viewer: User, keep_existing: bool) -> None:
        self.viewer, self.keep_existing, self.records = viewer, keep_existing, snapshot.videos
        self.report = ImportReport(bad=list(snapshot.bad))
        self.names = SnapshotNames(snapshot)
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
        """Report the ambiguous and invalid names of videos; their marks are reported with their own kinds."""
        for name in snapshot.videos.keys() & self.names.unclear.keys():
            self.report.bad.append(BadEntry("videos", name, self.names.unclear[name]))

    def _compare_added_dates(self) -> list[tuple[Any, int]]:
        """Return (date, video id) of the videos that the old application had before this library."""
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
        """Return {video id, or name of a new video: [(name in the file, value)]}; ambiguous names are reported."""
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
        """Return the stars for a video that has several names: the exact name's, or the first. Others are reported."""
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
        # Only the last of a video's new views has a date.
        self.views_on: Counter[date] = Counter()
        rows, tally = [], self.report.tallies["views"]
        for video, named in entries.items():
            known = there.get(video)
            merged = list(known or _NO_VIEW)
            for _name, record in named:
                viewed = record.last_viewed
                merged[0] = max(merged[0], record.view_count)
                # The position belongs to the later viewing.
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
        folded = _FoldedNames()
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
        """Insert the new videos, which wait for their files, and return {filename: id}."""
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
        """Return the earliest date and the first duration known under any of a new video's names."""
        records = [self.records[name] for name in written if name in self.records] if self.records else []
        dates = [record.added_date for record in records if record.added_date]
        durations = [record.duration_seconds for record in records if record.duration_seconds is not None]
        return as_stored(min(dates)) if dates else now, next(iter(durations), None)

    def _insert_tags(self) -> dict[str, int]:
        used = {key for _video, key in self.tags}
        return tags.create({key: self.tag_names[key] for key in sorted(used)})


class _FoldedNames(dict[str, str]):
    """{tag name: its folded name}, computed once for each."""

    def __missing__(self, name: str) -> str:
        self[name] = key = fold_tag_name(name)
        return key


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
