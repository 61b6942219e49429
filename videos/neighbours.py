"""Which videos stand before and after one in a list, found by their keys: no list is loaded or counted for it.

A list is made of runs, one after the other: what has a value to sort by, and what has none. Each is in the order of its
keys, the last of which is the id. An index gives the rows beyond a place, so the price does not grow with the place;
only a random order is computed for each row of the list.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.db import connection
from django.db.models import BooleanField, Exists, F, Func, OuterRef, Value

from videos.models import Rating, Video, View
from videos.querysets import SHUFFLE_MULTIPLIER, SHUFFLE_PRIME, VideoQuerySet

FOLLOWING = 12
# A folder that holds more, below it included, is not sorted as people count, and no further looked through than this.
MOST_NAMES = 2000

_COLUMNS = {"added": "added_date", "duration": "duration", "size": "file_size"}
_MARKS: dict[str, tuple[type[Rating] | type[View], str, str]] = {
    "rating": (Rating, "ratings", "stars"),
    "views": (View, "views", "view_count"),
    "viewed": (View, "views", "last_viewed"),
}


class Listed(Protocol):
    """What a list says of itself: which videos, and in which order. The gallery's query does."""

    @property
    def sort(self) -> str: ...

    @property
    def order(self) -> str: ...

    @property
    def seed(self) -> int: ...

    def filtered(self, viewer: Any) -> VideoQuerySet: ...


@dataclass(frozen=True)
class Neighbours:
    """The video before, and those that follow, the nearest first."""

    previous: Video | None = None
    following: Sequence[Video] = ()

    @property
    def next(self) -> Video | None:
        return self.following[0] if self.following else None


def neighbours(listed: Listed, viewer: Any, video: Video, limit: int = FOLLOWING) -> Neighbours:
    """Return what stands beside a video in a list, whether it is still in it or not: a few queries, each bounded."""
    runs = _runs(listed, viewer, video)
    at = next(index for index, run in enumerate(runs) if run.place)
    before = runs[at].take(1, backwards=True)
    for run in reversed(runs[:at]):
        before = before or run.take(1, backwards=True)
    after = runs[at].take(limit)
    for run in runs[at + 1 :]:
        if len(after) < limit:
            after += run.take(limit - len(after))
    return Neighbours(before[0] if before else None, after)


@dataclass(frozen=True)
class _Run:
    """Videos in the order of `keys`. `place` holds the keys of the video in question, if it is one of these."""

    videos: VideoQuerySet
    keys: tuple[Any, ...]
    descending: bool
    place: tuple[Any, ...] = ()

    def take(self, count: int, *, backwards: bool = False) -> list[Video]:
        """Return the videos beyond the place; where it is not in this run, from the end that one comes to first."""
        names = [f"place_{number}" for number in range(len(self.keys))]
        # By their names, as a relation that a filter went through would be joined once more.
        videos = self.videos.alias(**dict(zip(names, self.keys, strict=True)))
        downwards = self.descending != backwards
        if self.place:
            beyond = _compared([F(name) for name in names], "<" if downwards else ">", list(self.place))
            videos = videos.filter(beyond)
        return list(videos.order_by(*(f"-{name}" if downwards else name for name in names))[:count])


def _compared(left: list[Any], sign: str, right: list[Any]) -> Func:
    """Return "(a, b) > (x, y)", which databases answer by an index of a and b."""
    rows = [Func(*row, template="(%(expressions)s)", output_field=BooleanField()) for row in (left, right)]
    return Func(*rows, template="%(expressions)s", arg_joiner=f" {sign} ", output_field=BooleanField())


def _runs(listed: Listed, viewer: Any, video: Video) -> list[_Run]:
    videos, descending = listed.filtered(viewer), listed.order == "desc"
    if listed.sort in _MARKS:
        return _runs_by_mark(videos, listed.sort, viewer, video, descending)
    if listed.sort == "random":
        slope = (listed.seed + 1) * SHUFFLE_MULTIPLIER % SHUFFLE_PRIME or SHUFFLE_MULTIPLIER
        line, here = (F("id") * slope + listed.seed) % SHUFFLE_PRIME, (video.pk * slope + listed.seed) % SHUFFLE_PRIME
        place = (Value(here * here % SHUFFLE_PRIME), Value(video.pk))
        return [_Run(videos, ((line * line) % SHUFFLE_PRIME, F("id")), descending=False, place=place)]
    if listed.sort == "title":
        return [_Run(videos, (F("title_key"), F("id")), descending, place=(Value(video.title_key), Value(video.pk)))]
    return _runs_by_column(videos, _COLUMNS.get(listed.sort, "added_date"), video, descending)


def _runs_by_column(videos: VideoQuerySet, column: str, video: Video, descending: bool) -> list[_Run]:
    value = getattr(video, column)
    known = _Run(
        videos.filter(**{f"{column}__isnull": False}),
        (F(column), F("id")),
        descending,
        () if value is None else (Value(value), Value(video.pk)),
    )
    if not Video._meta.get_field(column).null:
        return [known]
    unknown = _Run(
        videos.filter(**{f"{column}__isnull": True}),
        (F("id"),),
        descending,
        (Value(video.pk),) if value is None else (),
    )
    # Databases differ in whether "not known" is less or more than all else.
    unknown_first = connection.features.order_by_nulls_first != descending
    return [unknown, known] if unknown_first else [known, unknown]


def _runs_by_mark(videos: VideoQuerySet, sort: str, viewer: Any, video: Video, descending: bool) -> list[_Run]:
    model, relation, name = _MARKS[sort]
    given = model._default_manager.filter(viewer=viewer, **{f"{name}__isnull": False})
    value = given.filter(video=video).values_list(name, flat=True).first()
    marked = _Run(
        videos.filter(**{f"{relation}__viewer": viewer, f"{relation}__{name}__isnull": False}),
        (F(f"{relation}__{name}"), F(f"{relation}__video")),
        descending,
        () if value is None else (Value(value), Value(video.pk)),
    )
    unmarked = _Run(
        videos.filter(~Exists(given.filter(video=OuterRef("pk")))),
        (F("added_date"), F("id")),
        descending=True,
        place=(Value(video.added_date), Value(video.pk)) if value is None else (),
    )
    return [marked, unmarked]


# --- without a list: the folder that the file lies in ---------------------------------------------------------------


def neighbours_in_folder(video: Video, limit: int = FOLLOWING) -> Neighbours:
    """Return the videos beside one in its folder, where episode 2 comes before episode 10."""
    folder = folder_of(video.filename)
    below = Video.objects.present().below(folder).order_by("filename")
    names = list(below.values_list("filename", flat=True)[: MOST_NAMES + 1])
    if len(names) > MOST_NAMES:
        names = _names_around(video, folder)
    here = _natural(video.filename)
    # A file that is missing has its place, too.
    keys = sorted((_natural(name), name) for name in names if folder_of(name) == folder and name != video.filename)
    before = [name for key, name in keys if key < here][-1:]
    after = [name for key, name in keys if key > here][:limit]
    found = {each.filename: each for each in Video.objects.present().filter(filename__in=before + after)}
    following = [found[name] for name in after if name in found]
    return Neighbours(next((found[name] for name in before if name in found), None), following)


def _names_around(video: Video, folder: str) -> list[str]:
    """Return some names before and after a video in a large folder, as the disk sorts them: a range of an index."""
    below = Video.objects.present().below(folder)
    before = below.filter(filename__lt=video.filename).order_by("-filename")
    after = below.filter(filename__gt=video.filename).order_by("filename")
    return [name for part in (before, after) for name in part.values_list("filename", flat=True)[: MOST_NAMES // 2]]


def folder_of(filename: str) -> str:
    """Return "trips/" for "trips/sea.mp4" and "" for a file in the video folder itself."""
    return filename[: filename.rfind("/") + 1]


def _natural(filename: str) -> list[tuple[int, str]]:
    """Return a key by which numbers in names compare as numbers, and letters without regard to case."""
    parts = re.split(r"([0-9]+)", filename.casefold())
    # A number by its length, then its digits: one of five thousand digits is still a name.
    numbers = [(len(digits), digits) for digits in (part.lstrip("0") for part in parts[1::2])]
    texts = [(0, part) for part in parts[::2]]
    pairs = zip(texts, [*numbers, (0, "")], strict=True)
    return [*(each for pair in pairs for each in pair), (0, filename)]
