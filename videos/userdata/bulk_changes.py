"""What each kind of bulk action does to some videos, and how that is taken back.

A change notes what it really changed, as JSON: [mark, value before, value after], where a mark is a video, or a video
and a tag, and null means that there is none. A video that carried the tag already is not in it, and keeps it when the
action is undone. Taking back touches only what still is as the change left it: what somebody did since then stays.

Where a later action changed the same mark once more, it is the later one that is taught what was before: whichever
is undone first, once both are, all is as it was.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Sequence
from typing import Any, ClassVar, NamedTuple

from django.db import connection
from django.utils.dateparse import parse_datetime

from videos.db.transactions import as_stored, insert_rows
from videos.models import BulkAction, BulkChange, Favorite, Rating, Tag, Video, View

_Link = Video.tags.through
_Kind = BulkAction.Kind


class Entry(NamedTuple):
    """What was done to one mark. None is no mark."""

    mark: Any
    before: Any
    after: Any


class Change(ABC):
    """One kind of change. Both ways run within a transaction of their own, for a part of the videos."""

    # All kinds that change the same marks, and whether each viewer has marks of their own.
    kinds: ClassVar[tuple[str, ...]]
    of_viewer = True

    def __init__(self, action: BulkAction) -> None:
        self.action = action
        self.viewer_id = action.viewer_id

    @abstractmethod
    def make(self, video_ids: Sequence[int]) -> list[Entry]:
        """Change the videos, and return what was changed."""

    def videos(self, entries: Sequence[Entry]) -> set[int]:
        """Return the ids of the videos that were changed."""
        return {entry.mark for entry in entries}

    @abstractmethod
    def values(self, marks: Collection[Any]) -> dict[Any, Any]:
        """Return the present values of those marks that there are."""

    @abstractmethod
    def put_back(self, entries: Sequence[Entry]) -> None:
        """Give the marks their values of before, wherever the video and the tag are still there."""

    def take_back(self, part: BulkChange) -> None:
        """Undo a part of the action."""
        entries = self._last_changed(part)
        now = self.values([entry.mark for entry in entries])
        self.put_back([entry for entry in entries if now.get(entry.mark) == entry.after])

    def _last_changed(self, part: BulkChange) -> list[Entry]:
        """Return the entries whose marks no later action changed; the next one to change a mark learns what was before.

        Where something else happened in between, what it knows already is right.
        """
        entries = _entries(part)
        waiting = {entry.mark: entry for entry in entries}
        for later in BulkChange.objects.later_than(part, self.kinds, self.viewer_id if self.of_viewer else None):
            known = _entries(later)
            taught = [_taught(entry, waiting.pop(entry.mark, None)) for entry in known]
            if taught != known:
                later.entries = taught
                later.save(update_fields=["entries"])
            if not waiting:
                break
        return list(waiting.values())


class _Tags(Change):
    """A mark is (video, tag), its value the id of the link: a tag that was given anew later is another link."""

    kinds = (_Kind.ADD_TAGS, _Kind.REMOVE_TAGS)
    of_viewer = False

    def tag_ids(self) -> list[int]:
        """Return the tags that are still there; one that was merged or deleted since then has its own say."""
        ids = [tag_id for tag_id, _name in self.action.details["tags"]]
        return list(Tag.objects.filter(pk__in=ids).order_by().values_list("pk", flat=True))

    def videos(self, entries: Sequence[Entry]) -> set[int]:
        return {video for (video, _tag), _, _ in entries}

    def values(self, marks: Collection[tuple[int, int]]) -> dict[tuple[int, int], int]:
        found = self.links({video for video, _ in marks}, {tag for _, tag in marks})
        return {mark: link for mark, link in found.items() if mark in set(marks)}

    def put_back(self, entries: Sequence[Entry]) -> None:
        _Link.objects.filter(pk__in=[after for _, _, after in entries if after is not None]).delete()
        missing = [(before, *mark) for mark, before, _ in entries if before is not None]
        tags, there = set(self.tag_ids()), _there(video for _, video, _ in missing)
        rows = [row for row in missing if row[1] in there and row[2] in tags]
        insert_rows(_Link, ["id", "video_id", "tag_id"], rows)

    def links(self, video_ids: Collection[int], tag_ids: Collection[int]) -> dict[tuple[int, int], int]:
        rows = _Link.objects.filter(tag__in=tag_ids, video__in=video_ids).values_list("video_id", "tag_id", "pk")
        return {(video, tag): link for video, tag, link in rows}


class TagsAdded(_Tags):
    def make(self, video_ids: Sequence[int]) -> list[Entry]:
        tags = self.tag_ids()
        known = self.links(video_ids, tags)
        new = sorted({(video, tag) for video in _there(video_ids) for tag in tags} - known.keys())
        if not new:
            return []
        insert_rows(_Link, ["video_id", "tag_id"], new, "(video_id, tag_id) DO NOTHING")
        links = self.links(video_ids, tags)
        return [Entry(mark, None, links[mark]) for mark in new]


class TagsRemoved(_Tags):
    def make(self, video_ids: Sequence[int]) -> list[Entry]:
        known = self.links(video_ids, self.tag_ids())
        _Link.objects.filter(pk__in=list(known.values())).delete()
        return [Entry(mark, link, None) for mark, link in known.items()]


class Stars(Change):
    """A mark is a video, its value the number of stars."""

    kinds = (_Kind.STARS,)

    def make(self, video_ids: Sequence[int]) -> list[Entry]:
        known, stars = self.values(video_ids), self.action.details["stars"]
        changed = [video for video in sorted(_there(video_ids)) if known.get(video) != stars]
        self._give(dict.fromkeys(changed, stars))
        return [Entry(video, known.get(video), stars) for video in changed]

    def values(self, marks: Collection[int]) -> dict[int, int]:
        ratings = Rating.objects.filter(viewer=self.viewer_id, video__in=marks)
        return dict(ratings.values_list("video_id", "stars"))

    def put_back(self, entries: Sequence[Entry]) -> None:
        there = _there(video for video, _, _ in entries)
        self._give({video: stars for video, stars, _ in entries if video in there})

    def _give(self, stars: dict[int, int | None]) -> None:
        taken = [video for video, number in stars.items() if number is None]
        Rating.objects.filter(viewer=self.viewer_id, video__in=taken).delete()
        insert_rows(
            Rating,
            ["viewer_id", "video_id", "stars"],
            [(self.viewer_id, video, number) for video, number in stars.items() if number is not None],
            "(viewer_id, video_id) DO UPDATE SET stars = excluded.stars",
        )


class _Favorites(Change):
    """A mark is a video, its value the heart's id and date: one that was given anew later is another."""

    kinds = (_Kind.FAVORITE, _Kind.UNFAVORITE)

    def values(self, marks: Collection[int]) -> dict[int, tuple[int, str]]:
        rows = self.hearts(marks).values_list("video_id", "pk", "added_date")
        return {video: (heart, added.isoformat()) for video, heart, added in rows}

    def put_back(self, entries: Sequence[Entry]) -> None:
        Favorite.objects.filter(pk__in=[after[0] for _, _, after in entries if after]).delete()
        missing = [(video, *before) for video, before, _ in entries if before]
        there = _there(video for video, _, _ in missing)
        rows = [
            (heart, self.viewer_id, video, as_stored(parse_datetime(added)))
            for video, heart, added in missing
            if video in there
        ]
        insert_rows(Favorite, ["id", "viewer_id", "video_id", "added_date"], rows)

    def hearts(self, video_ids: Collection[int]) -> Any:
        return Favorite.objects.filter(viewer=self.viewer_id, video__in=video_ids)


class FavoritesAdded(_Favorites):
    def make(self, video_ids: Sequence[int]) -> list[Entry]:
        new = sorted(_there(video_ids) - self.values(video_ids).keys())
        added = as_stored(self.action.began_at)
        rows = [(self.viewer_id, video, added) for video in new]
        insert_rows(Favorite, ["viewer_id", "video_id", "added_date"], rows, "(viewer_id, video_id) DO NOTHING")
        return [Entry(video, None, heart) for video, heart in self.values(new).items()]


class FavoritesRemoved(_Favorites):
    def make(self, video_ids: Sequence[int]) -> list[Entry]:
        known = self.values(video_ids)
        self.hearts(video_ids).delete()
        return [Entry(video, heart, None) for video, heart in known.items()]


class _ViewState(NamedTuple):
    view_count: int = 0
    position_seconds: float | None = None
    is_watched: bool = False


class _WatchedState(Change):
    """A mark is a video, its value a _ViewState."""

    kinds = (_Kind.WATCHED, _Kind.UNWATCHED)

    def values(self, marks: Collection[int]) -> dict[int, tuple[Any, ...]]:
        views = View.objects.filter(viewer=self.viewer_id, video__in=marks)
        return {video: tuple(state) for video, *state in views.values_list("video_id", *_ViewState._fields)}

    def put_back(self, entries: Sequence[Entry]) -> None:
        never = [video for video, before, _ in entries if before is None]
        View.objects.filter(viewer=self.viewer_id, video__in=never, last_viewed=None).delete()
        with connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE videos_view SET view_count = %s, position_seconds = %s, is_watched = %s"
                " WHERE viewer_id = %s AND video_id = %s",
                [(*before, self.viewer_id, video) for video, before, _ in entries if before is not None],
            )


class Watched(_WatchedState):
    """Marked as watched, with one view at least, and nowhere to resume.

    It gets no date: nobody knows it, and "last viewed" is no list of what was ticked off.
    """

    def make(self, video_ids: Sequence[int]) -> list[Entry]:
        known = self.values(video_ids)
        states = {video: _ViewState(*known.get(video, ())) for video in sorted(_there(video_ids))}
        after = {video: tuple(_ViewState(max(state.view_count, 1), None, True)) for video, state in states.items()}
        changed = [video for video in states if known.get(video) != after[video]]
        table = View._meta.db_table
        insert_rows(
            View,
            ["viewer_id", "video_id", "view_count", "is_watched"],
            [(self.viewer_id, video, 1, True) for video in changed],
            f"(viewer_id, video_id) DO UPDATE SET position_seconds = NULL, is_watched = excluded.is_watched,"
            f" view_count = CASE WHEN {table}.view_count < 1 THEN 1 ELSE {table}.view_count END",
        )
        return [Entry(video, known.get(video), after[video]) for video in changed]


class Unwatched(_WatchedState):
    """No longer marked as watched, and nowhere to resume. How often it was viewed, and when, stays."""

    def make(self, video_ids: Sequence[int]) -> list[Entry]:
        known = {video: _ViewState(*state) for video, state in self.values(video_ids).items()}
        changed = {video: state for video, state in known.items() if state.is_watched or state.position_seconds}
        views = View.objects.filter(viewer=self.viewer_id, video__in=changed)
        views.update(is_watched=False, position_seconds=None)
        return [Entry(video, tuple(state), tuple(_ViewState(state.view_count))) for video, state in changed.items()]


CHANGES: dict[str, type[Change]] = {
    _Kind.ADD_TAGS: TagsAdded,
    _Kind.REMOVE_TAGS: TagsRemoved,
    _Kind.STARS: Stars,
    _Kind.FAVORITE: FavoritesAdded,
    _Kind.UNFAVORITE: FavoritesRemoved,
    _Kind.WATCHED: Watched,
    _Kind.UNWATCHED: Unwatched,
}


def _entries(part: BulkChange) -> list[Entry]:
    return [Entry(*map(_plain, entry)) for entry in part.entries]


def _taught(later: Entry, earlier: Entry | None) -> Entry:
    return later._replace(before=earlier.before) if earlier and earlier.after == later.before else later


def _plain(value: Any) -> Any:
    """Return a value as it was before it became JSON, which has no tuples."""
    return tuple(value) if isinstance(value, list) else value


def _there(video_ids: Iterable[int]) -> set[int]:
    """Return those of the videos that the library still has."""
    return set(Video.objects.filter(pk__in=list(video_ids)).order_by().values_list("pk", flat=True))
