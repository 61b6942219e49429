"""What each kind of bulk action does to some videos, and how that is taken back.

A change notes what it really changed, as JSON: a video that carried the tag already is not in it, and keeps it when the
action is undone. Taking back touches only what still is as the change left it: what somebody did since then stays.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils.dateparse import parse_datetime

from videos.models import BulkAction, Favorite, Rating, Tag, Video, View
from videos.transactions import as_stored, insert_rows

_Link = Video.tags.through


@dataclass(frozen=True)
class Done:
    """What taking back needs to know, and how many videos were changed."""

    before: list[Any]
    videos: int


class Change(ABC):
    """One kind of change. Both ways run within a transaction of their own, for a part of the videos."""

    def __init__(self, action: BulkAction) -> None:
        self.action = action
        self.viewer_id = action.viewer_id

    @abstractmethod
    def make(self, video_ids: Sequence[int]) -> Done: ...

    @abstractmethod
    def take_back(self, before: list[Any]) -> None: ...


class _OfTags(Change):
    def tag_ids(self) -> list[int]:
        """Return the tags that are still there; one that was merged or deleted since then has its own say."""
        ids = [tag_id for tag_id, _name in self.action.details["tags"]]
        return list(Tag.objects.filter(pk__in=ids).order_by().values_list("pk", flat=True))


class TagsAdded(_OfTags):
    """`before` holds the ids of the links that it made: a tag that was given anew later is another link."""

    def make(self, video_ids: Sequence[int]) -> Done:
        tags = self.tag_ids()
        links = _Link.objects.filter(tag__in=tags, video__in=video_ids)
        known = set(links.values_list("video_id", "tag_id"))
        pairs = {(video, tag) for video in _there(video_ids) for tag in tags} - known
        if not pairs:
            return Done([], 0)
        insert_rows(_Link, ["video_id", "tag_id"], sorted(pairs), "(video_id, tag_id) DO NOTHING")
        made = [pk for pk, *pair in links.values_list("pk", "video_id", "tag_id") if tuple(pair) in pairs]
        return Done(made, len({video for video, _ in pairs}))

    def take_back(self, before: list[int]) -> None:
        _Link.objects.filter(pk__in=before).delete()


class TagsRemoved(_OfTags):
    """`before` holds the rows of the links that it took apart: an earlier action that made one finds it again."""

    def make(self, video_ids: Sequence[int]) -> Done:
        links = _Link.objects.filter(tag__in=self.tag_ids(), video__in=video_ids)
        before = list(links.values_list("pk", "video_id", "tag_id"))
        links.delete()
        return Done(before, len({video for _, video, _ in before}))

    def take_back(self, before: list[tuple[int, int, int]]) -> None:
        tags, there = set(self.tag_ids()), _there(video for _, video, _ in before)
        rows = [row for row in before if row[1] in there and row[2] in tags]
        insert_rows(_Link, ["id", "video_id", "tag_id"], rows)


class Stars(Change):
    """`before` holds (video, stars or null)."""

    def make(self, video_ids: Sequence[int]) -> Done:
        known, stars = self._stars(video_ids), self.action.details["stars"]
        changed = [video for video in sorted(_there(video_ids)) if known.get(video) != stars]
        self._give(dict.fromkeys(changed, stars))
        return Done([(video, known.get(video)) for video in changed], len(changed))

    def take_back(self, before: list[tuple[int, int | None]]) -> None:
        ids = [video for video, _ in before]
        now, given, there = self._stars(ids), self.action.details["stars"], _there(ids)
        self._give({video: stars for video, stars in before if video in there and now.get(video) == given})

    def _stars(self, video_ids: Collection[int]) -> dict[int, int]:
        ratings = Rating.objects.filter(viewer=self.viewer_id, video__in=video_ids)
        return dict(ratings.values_list("video_id", "stars"))

    def _give(self, stars: dict[int, int | None]) -> None:
        taken = [video for video, number in stars.items() if number is None]
        Rating.objects.filter(viewer=self.viewer_id, video__in=taken).delete()
        insert_rows(
            Rating,
            ["viewer_id", "video_id", "stars"],
            [(self.viewer_id, video, number) for video, number in stars.items() if number is not None],
            "(viewer_id, video_id) DO UPDATE SET stars = excluded.stars",
        )


class FavoritesAdded(Change):
    """`before` holds the ids of the hearts that it made: one that was given anew later is another."""

    def make(self, video_ids: Sequence[int]) -> Done:
        hearts = Favorite.objects.filter(viewer=self.viewer_id, video__in=video_ids)
        new = _there(video_ids) - set(hearts.values_list("video_id", flat=True))
        added = as_stored(self.action.began_at)
        rows = [(self.viewer_id, video, added) for video in sorted(new)]
        insert_rows(Favorite, ["viewer_id", "video_id", "added_date"], rows, "(viewer_id, video_id) DO NOTHING")
        return Done(list(hearts.filter(video__in=new).values_list("pk", flat=True)), len(new))

    def take_back(self, before: list[int]) -> None:
        Favorite.objects.filter(pk__in=before).delete()


class FavoritesRemoved(Change):
    """`before` holds the rows of the hearts that it took away."""

    def make(self, video_ids: Sequence[int]) -> Done:
        hearts = Favorite.objects.filter(viewer=self.viewer_id, video__in=video_ids)
        rows = hearts.values_list("pk", "video_id", "added_date")
        before = [(pk, video, added.isoformat()) for pk, video, added in rows]
        hearts.delete()
        return Done(before, len(before))

    def take_back(self, before: list[tuple[int, int, str]]) -> None:
        there = _there(video for _, video, _ in before)
        rows = [
            (pk, self.viewer_id, video, as_stored(parse_datetime(added)))
            for pk, video, added in before
            if video in there
        ]
        insert_rows(Favorite, ["id", "viewer_id", "video_id", "added_date"], rows)


class Watched(Change):
    """A view that is to be counted, and no place to go on at. `before` holds (video, its count or null, its place).

    When it was watched is not said: nobody knows, and "last viewed" is no list of what was ticked off.
    """

    def make(self, video_ids: Sequence[int]) -> Done:
        known = self._views(video_ids)
        changed = [(video, *known.get(video, (None, None))) for video in sorted(_there(video_ids))]
        changed = [(video, count, place) for video, count, place in changed if not count or place is not None]
        table = View._meta.db_table
        insert_rows(
            View,
            ["viewer_id", "video_id", "view_count"],
            [(self.viewer_id, video, 1) for video, _, _ in changed],
            f"(viewer_id, video_id) DO UPDATE SET position_seconds = NULL,"
            f" view_count = CASE WHEN {table}.view_count < 1 THEN 1 ELSE {table}.view_count END",
        )
        return Done(changed, len(changed))

    def take_back(self, before: list[tuple[int, int | None, float | None]]) -> None:
        now = self._views([video for video, _, _ in before])
        as_left = [row for row in before if now.get(row[0]) == (max(row[1] or 0, 1), None)]
        never = [video for video, count, _ in as_left if count is None]
        View.objects.filter(viewer=self.viewer_id, video__in=never, last_viewed=None).delete()
        with connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE videos_view SET view_count = %s, position_seconds = %s WHERE viewer_id = %s AND video_id = %s",
                [(count, place, self.viewer_id, video) for video, count, place in as_left if count is not None],
            )

    def _views(self, video_ids: Collection[int]) -> dict[int, tuple[int, float | None]]:
        views = View.objects.filter(viewer=self.viewer_id, video__in=video_ids)
        return {video: (count, place) for video, count, place in views.values_list(*_VIEW_COLUMNS)}


_VIEW_COLUMNS = ("video_id", "view_count", "position_seconds")

CHANGES: dict[str, type[Change]] = {
    BulkAction.Kind.ADD_TAGS: TagsAdded,
    BulkAction.Kind.REMOVE_TAGS: TagsRemoved,
    BulkAction.Kind.STARS: Stars,
    BulkAction.Kind.FAVORITE: FavoritesAdded,
    BulkAction.Kind.UNFAVORITE: FavoritesRemoved,
    BulkAction.Kind.WATCHED: Watched,
}


def _there(video_ids: Iterable[int]) -> set[int]:
    """Return those of the videos that the library still has."""
    return set(Video.objects.filter(pk__in=list(video_ids)).order_by().values_list("pk", flat=True))
