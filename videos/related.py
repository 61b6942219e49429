"""Videos like one: those that share its tags, then those with a similar name, then what lies beside it in its folder.

Each kind gives a bounded number of candidates, however large the library is; they are weighed here.
"""

import re
from collections.abc import Collection

from django.db.models import Value
from django.db.models.functions import Concat, Lower

from videos.catalog.alike import SharedTags
from videos.models import Video
from videos.neighbours import folder_of
from videos.querysets import VideoQuerySet, any_of

RELATED = 12
# How many candidates the tags give, how many the name, and how many either side in the folder.
_PER_TAGS, _PER_NAME, _PER_SIDE = 200, 50, 25
_AFTER_ALL_LETTERS = "\U0010ffff"
_WORD = re.compile(r"[^\W\d_]{2,}")
# What a series has in common: the letters before the first number, and no more than two words.
_START = re.compile(r"[^\W\d_]+(?:[\W_]+[^\W\d_]+)?")


def related_to(
    video: Video, *, without: Collection[int] = (), limit: int = RELATED, videos: VideoQuerySet | None = None
) -> list[Video]:
    """Return the present ones of `videos` most like one, the most alike first; none of the ids in `without`."""
    shared = SharedTags(video.pk)
    wanted = {*shared.heaviest(_PER_TAGS + len(without)), *_near(video)} - {video.pk, *without}
    words, folder = _words(video), folder_of(video.filename)
    found = (Video.objects.all() if videos is None else videos).present().filter(pk__in=wanted)

    def likeness(other: Video) -> tuple[float, float, bool, int]:
        return shared.of(other.pk), _alike(words, _words(other)), folder_of(other.filename) == folder, other.pk

    return sorted(found, key=likeness, reverse=True)[:limit]


def _near(video: Video) -> list[int]:
    """Return the videos whose title begins as this one's does, and those whose files are the nearest in its folder."""
    folder, start = folder_of(video.filename), _start(video)
    near = list(Video.objects.present().around(folder, video.filename, _PER_SIDE))
    if start:
        # A range of the index of titles.
        begin = Lower(Value(start))
        alike = Video.objects.present().alias(key=Lower("title"))
        alike = alike.filter(key__gte=begin, key__lt=Concat(begin, Value(_AFTER_ALL_LETTERS)))
        near.append(alike.order_by("key", "id")[:_PER_NAME])
    rows = Video.objects.filter(any_of(near)).values_list("pk", "filename", "title")
    # What lies in a folder below has no more in common than a name.
    return [pk for pk, filename, title in rows if folder_of(filename) == folder or (start and _begins(title, start))]


def _start(video: Video) -> str:
    """Return what a title has in common with the others of its series; "" where that is too little."""
    start = _START.match(video.title)
    return start[0] if start and len(start[0]) >= 3 else ""


def _begins(title: str, start: str) -> bool:
    return title.casefold().startswith(start.casefold())


def _words(video: Video) -> set[str]:
    return set(_WORD.findall(video.display_title.casefold()))


def _alike(some: set[str], others: set[str]) -> float:
    """Return the share of words that two titles have in common: 0 to 1."""
    return len(some & others) / len(some | others) if some and others else 0.0
