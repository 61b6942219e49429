"""Reading changed videos, marks and tags for the index in one statement, so that all are as of one moment."""

# ruff: noqa: S608  the statements are made of our own names

from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum
from itertools import islice
from operator import itemgetter
from typing import Any

from django.db import connection

from videos.models import Favorite, Rating, Tag, Video, View

IDS_AT_ONCE = 5_000
VIDEO_COLUMNS = (
    "id", "missing_since IS NOT NULL", "added_date", "file_size", "duration", "width", "height", "video_codec",
    "audio_codec", "filename", "title_key",
)  # fmt: skip
# The types of the columns of the UNION: the viewer, then VIDEO_COLUMNS. PostgreSQL needs the type of each NULL.
_TYPES = (
    "bigint", "bigint", "boolean", "timestamptz", "bigint", "double precision", "integer", "integer", "text", "text",
    "text", "text",
)  # fmt: skip
_VIEWER, _ID, _FLAG, _MOMENT, _NUMBER, _SECONDS, _NAME = 0, 1, 2, 3, 4, 5, 10


class Part(StrEnum):
    """The parts that can be read, with the columns of their rows."""

    VIDEOS = "videos"
    STARS = "stars"  # (viewer, video, stars)
    VIEWS = "views"  # (viewer, video, views, last viewed, position, is watched)
    FAVORITES = "favorites"  # (viewer, video)
    TAGS = "tags"  # (video, tag)
    NAMES = "names"  # (tag, name) of all tags


USER_PARTS = {Part.STARS, Part.VIEWS, Part.FAVORITES}
_COLUMNS: dict[Part, tuple[type[Any], dict[int, str]]] = {
    Part.VIDEOS: (Video, dict(enumerate(VIDEO_COLUMNS, _ID))),
    Part.STARS: (Rating, {_VIEWER: "viewer_id", _ID: "video_id", _NUMBER: "stars"}),
    Part.VIEWS: (View, {
        _VIEWER: "viewer_id", _ID: "video_id", _NUMBER: "view_count", _MOMENT: "last_viewed",
        _SECONDS: "position_seconds", _FLAG: "is_watched",
    }),
    Part.FAVORITES: (Favorite, {_VIEWER: "viewer_id", _ID: "video_id"}),
    Part.TAGS: (Video.tags.through, {_ID: "video_id", _NUMBER: "tag_id"}),
    Part.NAMES: (Tag, {_ID: "id", _NAME: "name"}),
}  # fmt: skip


def read(
    wanted: Mapping[Part, Collection[int]], viewers: Collection[int], *, with_names: bool
) -> dict[Part, list[tuple[Any, ...]]]:
    """Return {part: rows} of the videos wanted for each part: videos by id, marks only of these viewers.

    Several thousand videos take several statements.
    """
    found: dict[Part, list[tuple[Any, ...]]] = {part: [] for part in wanted}
    if with_names:
        found[Part.NAMES] = []
    for selects in _statements(wanted, viewers, with_names=with_names):
        statement = " UNION ALL ".join(select for select, _values in selects)
        with connection.cursor() as cursor:
            cursor.execute(statement, [value for _select, values in selects for value in values])
            for name, *row in cursor.fetchall():
                part = Part(name)
                found[part].append(tuple(map(row.__getitem__, _COLUMNS[part][1])))
    found.get(Part.VIDEOS, []).sort(key=itemgetter(0))
    return found


def _statements(
    wanted: Mapping[Part, Collection[int]], viewers: Collection[int], *, with_names: bool
) -> Iterator[list[tuple[str, list[int]]]]:
    """Yield the parts of one statement: (SELECT, its values)."""
    selects, room = [(_select(Part.NAMES), list[int]())] if with_names else [], IDS_AT_ONCE
    for part, ids in wanted.items():
        columns, rest = _COLUMNS[part][1], iter(sorted(ids))
        condition = f" WHERE {columns[_ID]} IN "
        if _VIEWER in columns:
            if not viewers:
                continue
            condition = f" WHERE {columns[_VIEWER]} IN {_places(viewers)} AND {columns[_ID]} IN "
        while some := list(islice(rest, room)):
            values = [*viewers, *some] if _VIEWER in columns else some
            selects.append((_select(part) + condition + _places(some), values))
            room -= len(some)
            if not room:
                yield selects
                selects, room = [], IDS_AT_ONCE
    if selects:
        yield selects


def _select(part: Part) -> str:
    model, columns = _COLUMNS[part]
    shown = (columns.get(number, f"CAST(NULL AS {kind})") for number, kind in enumerate(_TYPES))
    return f"SELECT '{part}', {', '.join(shown)} FROM {model._meta.db_table}"


def _places(values: Collection[int]) -> str:
    return f"({', '.join(['%s'] * len(values))})"
