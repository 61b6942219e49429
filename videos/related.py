"""Videos like one: those that share its tags, then those with a similar name, then what lies beside it in its folder.

Each kind gives a bounded number of candidates by an index, however large the library is; they are weighed here.
"""

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable

from django.db.models import Value
from django.db.models.functions import Concat, Lower

from videos.models import Video
from videos.neighbours import folder_of
from videos.querysets import VideoQuerySet, any_of

RELATED = 12
# How many candidates each tag of the video gives, the newest, and how many the name and either side in the folder.
_PER_TAG, _PER_NAME, _PER_SIDE = 100, 50, 25
_MOST_TAGS = 8
_AFTER_ALL_LETTERS = "\U0010ffff"
_WORD = re.compile(r"[^\W\d_]{2,}")
# What a series has in common: the letters before the first number, and no more than two words.
_START = re.compile(r"[^\W\d_]+(?:[\W_]+[^\W\d_]+)?")


def related_to(
    video: Video, *, without: Collection[int] = (), limit: int = RELATED, videos: VideoQuerySet | None = None
) -> list[Video]:
    """Return the present ones of `videos` most like one, the most alike first; none of the ids in `without`."""
    shared = _shared_tags(video)
    wanted = {*shared, *_named_alike(video), *_beside(video)} - {video.pk, *without}
    words, folder = _words(video), folder_of(video.filename)
    found = (Video.objects.all() if videos is None else videos).present().filter(pk__in=wanted)

    def likeness(other: Video) -> tuple[float, float, bool, int]:
        return shared[other.pk], _alike(words, _words(other)), folder_of(other.filename) == folder, other.pk

    return sorted(found, key=likeness, reverse=True)[:limit]


def _shared_tags(video: Video) -> Counter[int]:
    """Return {video id: what the tags that it shares weigh}. One that many videos carry says little."""
    links = Video.tags.through.objects
    tags = list(links.filter(video=video).values_list("tag", flat=True)[:_MOST_TAGS])
    if not tags:
        return Counter()
    newest = any_of(links.filter(tag=tag).order_by("-pk")[:_PER_TAG] for tag in tags)
    carriers: dict[int, set[int]] = {tag: set() for tag in tags}
    for tag, video_id in links.filter(newest).values_list("tag", "video"):
        carriers[tag].add(video_id)
    weights = {tag: 1 / math.log2(2 + len(ids)) for tag, ids in carriers.items()}
    shared: Counter[int] = Counter()
    everybody = set().union(*carriers.values())
    # Whoever was found by a rare tag may carry a common one, too.
    for tag, video_id in links.filter(tag__in=tags, video__in=everybody).values_list("tag", "video"):
        shared[video_id] += weights[tag]  # type: ignore[assignment]
    return shared


def _named_alike(video: Video) -> Iterable[int]:
    """Return some videos whose title begins as this one's does: a range of the index of titles."""
    start = _START.match(video.title)
    if start is None or len(start[0]) < 3:
        return []
    begin = Lower(Value(start[0]))
    alike = Video.objects.present().alias(key=Lower("title"))
    alike = alike.filter(key__gte=begin, key__lt=Concat(begin, Value(_AFTER_ALL_LETTERS))).order_by("key", "id")
    return alike.values_list("pk", flat=True)[:_PER_NAME]


def _beside(video: Video) -> Iterable[int]:
    """Return the videos whose files are the nearest in the folder, as the disk sorts them."""
    folder = folder_of(video.filename)
    sides = Video.objects.present().around(folder, video.filename, _PER_SIDE)
    rows = Video.objects.filter(any_of(sides)).values_list("pk", "filename")
    return [pk for pk, filename in rows if folder_of(filename) == folder]


def _words(video: Video) -> set[str]:
    return set(_WORD.findall(video.display_title.casefold()))


def _alike(some: set[str], others: set[str]) -> float:
    """Return the share of words that two titles have in common: 0 to 1."""
    return len(some & others) / len(some | others) if some and others else 0.0
