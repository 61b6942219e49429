"""Videos similar to one: those that share its tags, then those with a similar title, then its neighbors in the folder.

Each kind gives a limited number of candidates, however large the library is. They are ranked here.
"""

import re
from collections.abc import Collection

from django.db.models import Q, Value
from django.db.models.functions import Concat, Lower

from videos.core.filenames import folder_of
from videos.core.sort_keys import title_of
from videos.listing.similarity import SharedTags
from videos.models import Video, VideoQuerySet, any_of

RELATED = 12
# The number of candidates by tags, by title, and on either side in the folder.
_PER_TAGS, _PER_NAME, _PER_SIDE = 100, 50, 25
_AFTER_ALL_LETTERS = "\U0010ffff"
_WORD = re.compile(r"[^\W\d_]{2,}")
# The common start of a series' titles: at most two words before the first number.
_START = re.compile(r"[^\W\d_]+(?:[\W_]+[^\W\d_]+)?")


def related_to(
    video: Video, *, without: Collection[int] = (), limit: int = RELATED, videos: VideoQuerySet | None = None
) -> list[Video]:
    """Return the present videos most similar to one, the most similar first, except the ids in `without`.

    They are read from `videos`, which may annotate them but must not filter.
    """
    shared = SharedTags(video.pk)
    sharing = set(shared.top(_PER_TAGS + len(without)))
    words, folder, start = _words(video.display_title), folder_of(video.filename), _start(video)

    def is_like(pk: int, filename: str, title: str) -> bool:
        # A video in a subfolder counts only by its tags and title.
        return pk in sharing or folder_of(filename) == folder or bool(start and _begins(title, start))

    def rank(pk: int, filename: str, title: str) -> tuple[float, float, bool, int]:
        similar = _similarity(words, _words(title or title_of(filename)))
        return shared.of(pk), similar, folder_of(filename) == folder, pk

    candidates = Video.objects.filter(Q(pk__in=sharing) | any_of(_near(video, start)))
    hidden = {video.pk, *without}
    like = [
        rank(*row)
        for row in candidates.values_list("pk", "filename", "title")
        if row[0] not in hidden and is_like(*row)
    ]
    best = [pk for *_, pk in sorted(like, reverse=True)[:limit]]
    return (Video.objects.all() if videos is None else videos).present().by_ids(best)


def _near(video: Video, start: str) -> list[VideoQuerySet]:
    """Return videos whose title begins with `start`, and the nearest by file name, in the folder and below it."""
    near = list(Video.objects.present().around(folder_of(video.filename), video.filename, _PER_SIDE))
    if start:
        # A range of the index on titles.
        begin = Lower(Value(start))
        similar = Video.objects.present().alias(key=Lower("title"))
        similar = similar.filter(key__gte=begin, key__lt=Concat(begin, Value(_AFTER_ALL_LETTERS)))
        near.append(similar.order_by("key", "id")[:_PER_NAME])
    return near


def _start(video: Video) -> str:
    """Return the common start of the titles of its series, or "" if it is too short."""
    start = _START.match(video.title)
    return start[0] if start and len(start[0]) >= 3 else ""


def _begins(title: str, start: str) -> bool:
    return title.casefold().startswith(start.casefold())


def _words(title: str) -> set[str]:
    return set(_WORD.findall(title.casefold()))


def _similarity(some: set[str], others: set[str]) -> float:
    """Return the share of words that two titles have in common, 0 to 1."""
    return len(some & others) / len(some | others) if some and others else 0.0
