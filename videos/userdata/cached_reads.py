"""What pages read of many videos' marks, kept in Django's cache for as long as nothing changes.

A value is kept together with the revision numbers of what it was made from (db/triggers/change_log.py). A write moves
them in its own transaction, so the next read, in any thread or process, no longer takes the kept value: five minutes
bound the memory, never how old an answer can be. The numbers stand in the entry and not in its key, so that a value as
large as the library has one entry and not one a write. Within an open transaction the cache is left alone, since what
is seen there may still be rolled back.
"""

import hashlib
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import TypeVar

from django.core.cache import cache
from django.db import connection
from django.db.models import FilteredRelation, Q

from videos.core.sort_keys import name_key
from videos.core.tag_names import fold_tag_name
from videos.db.sqlite_file import files_state
from videos.db.triggers.change_log import read_revisions
from videos.models import Video
from videos.userdata.saving import Viewer

T = TypeVar("T")

# A value that many threads miss at once is computed by one of them; the number bounds the locks, not the values.
_COMPUTING = [threading.Lock() for _ in range(64)]


@dataclass(frozen=True, slots=True)
class Marks:
    """What a page shows of one video beside its row: this viewer's stars, views and heart, and the tags.

    The position is as old as the entry of the cache where nothing else changed: good for a bar, not to resume at.
    """

    stars: int | None = None
    view_count: int = 0
    last_viewed: datetime | None = None
    is_favorite: bool = False
    tags: tuple[str, ...] = ()
    position_seconds: float | None = None
    is_watched: bool = False


def cached(key: str, revision: object, compute: Callable[[], T]) -> T:
    """Return the value kept under `key` for this revision; else one thread computes it while the others wait."""
    kept = cache.get(key)
    if kept is None or kept[0] != revision:
        with _COMPUTING[hash(key) % len(_COMPUTING)]:
            kept = cache.get(key)
            if kept is None or kept[0] != revision:
                kept = (revision, compute())
                cache.set(key, kept)
    result: T = kept[1]
    return result


def kept_until_changed(viewer: Viewer, name: str, kinds: Iterable[str], compute: Callable[[], T]) -> T:
    """Return what `compute` makes of a viewer's metadata, kept until one of these kinds or a video changes."""
    if connection.in_atomic_block:
        return compute()
    revisions = read_revisions()
    seen = tuple(revisions.get(kind) for kind in (*kinds, "videos"))
    if None in seen:
        return compute()
    return cached(f"{name}:{viewer.pk}", seen, compute)


def marks_by_video(viewer: Viewer, video_ids: Sequence[int]) -> dict[int, Marks]:
    """Return {video id: its marks} for the videos of a page, in one entry of the cache."""
    page = hashlib.blake2b(",".join(map(str, video_ids)).encode(), digest_size=12).hexdigest()
    kinds = ("ratings", "views", "tags", "favorites")
    return kept_until_changed(viewer, f"marks:{page}", kinds, lambda: _read_marks(viewer, video_ids))


def marks_of(viewer: Viewer, video_id: int) -> Marks:
    """Return the marks of one video."""
    return marks_by_video(viewer, [video_id]).get(video_id, Marks())


def as_people_sort(tag: str) -> tuple[str, str]:
    """Return the key by which the tags of a video are sorted."""
    return name_key(tag), fold_tag_name(tag)


def filename_of(video_id: int) -> str | None:
    """Return the name of the video's file, or None where there is no such video.

    Kept until the database's files change, and asked of the database where they have just done so: each seek in a film
    asks for it, and opening a connection costs twice as much as all else that a seek costs here.
    """
    state = None if connection.in_atomic_block else files_state()
    key = f"filename:{video_id}"
    kept = cache.get(key) if state else None
    if kept is not None and kept[0] == state:
        return kept[1]
    filename = Video.objects.filter(pk=video_id).values_list("filename", flat=True).first()
    if state and filename is not None:
        cache.set(key, (state, filename))
    return filename


def _read_marks(viewer: Viewer, video_ids: Sequence[int]) -> dict[int, Marks]:
    of_viewer = {
        relation: FilteredRelation(relation, condition=Q(**{f"{relation}__viewer": viewer}))
        for relation in ("ratings", "views", "favorites")
    }
    rows = Video.objects.filter(pk__in=video_ids).annotate(
        own_rating=of_viewer["ratings"], own_view=of_viewer["views"], own_favorite=of_viewer["favorites"]
    )
    # One row a tag: a second query costs more than saying the rest as often.
    tagged = rows.order_by("pk").values_list(
        "pk",
        "own_rating__stars",
        "own_view__view_count",
        "own_view__last_viewed",
        "own_view__position_seconds",
        "own_view__is_watched",
        "own_favorite__pk",
        "tags__name",
    )
    marks = {}
    for pk, with_tags in groupby(tagged, key=itemgetter(0)):
        several = list(with_tags)
        _, stars, view_count, last_viewed, position, is_watched, favorite, _ = several[0]
        tags = tuple(sorted((name for *_, name in several if name is not None), key=as_people_sort))
        marks[pk] = Marks(stars, view_count or 0, last_viewed, favorite is not None, tags, position, bool(is_watched))
    return marks
