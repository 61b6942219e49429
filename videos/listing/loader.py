"""What the catalog reads of some videos: their facts, marks and tags by one statement, so that all is of one moment."""

# ruff: noqa: S608  the statements are made of our own names

from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum
from itertools import islice
from operator import itemgetter
from typing import Any

from django.db import connection

from videos.models import Favorite, Rating, Tag, Video, View

IDS_AT_ONCE = 5_000
FACTS = (
    "id", "missing_since IS NOT NULL", "added_date", "file_size", "duration", "width", "height", "video_codec",
    "audio_codec", "filename", "title_key",
)  # fmt: skip
# The columns of each row: whose it is, and then those of the facts. Some databases want to know the type of a NULL.
_TYPES = (
    "bigint", "bigint", "boolean", "timestamptz", "bigint", "double precision", "integer", "integer", "text", "text",
    "text", "text",
)  # fmt: skip
_VIEWER, _ID, _FLAG, _MOMENT, _NUMBER, _SECONDS, _NAME = 0, 1, 2, 3, 4, 5, 10


class Part(StrEnum):
    """What can be read; of each the columns that a row of it has."""

    FACTS = "facts"
    STARS = "stars"  # (viewer, video, stars)
    VIEWS = "views"  # (viewer, video, views, last viewed, position, is watched)
    FAVORITES = "favorites"  # (viewer, video)
    TAGS = "tags"  # (video, tag)
    NAMES = "names"  # (tag, name); of all tags


MARKS = {Part.STARS, Part.VIEWS, Part.FAVORITES}
_COLUMNS: dict[Part, tuple[type[Any], dict[int, str]]] = {
    Part.FACTS: (Video, dict(enumerate(FACTS, _ID))),
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
    """Return the rows of each part that is wanted of these videos: facts in the order of ids, marks of these viewers.

    Of several thousand videos it takes several statements.
    """
    found: dict[Part, list[tuple[Any, ...]]] = {part: [] for part in wanted}
    if with_names:
        found[Part.NAMES] = []
    for selects in _together(wanted, viewers, with_names=with_names):
        statement = " UNION ALL ".join(select for select, _values in selects)
        with connection.cursor() as cursor:
            cursor.execute(statement, [value for _select, values in selects for value in values])
            for name, *row in cursor.fetchall():
                part = Part(name)
                found[part].append(tuple(map(row.__getitem__, _COLUMNS[part][1])))
    found.get(Part.FACTS, []).sort(key=itemgetter(0))
    return found


def _together(
    wanted: Mapping[Part, Collection[int]], viewers: Collection[int], *, with_names: bool
) -> Iterator[list[tuple[str, list[int]]]]:
    """Yield what is read at once: (SELECT, its values) of each part."""
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
