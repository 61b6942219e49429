"""How many videos of a list each further filter would leave."""

from collections import Counter
from dataclasses import replace
from typing import Any

from videos.gallery_query import ADDED, DURATIONS, RESOLUTION_LABELS, WATCHED, GalleryQuery
from videos.models import MAX_STARS, MIN_STARS, Video
from videos.querysets import VideoQuerySet

MOST_VALUES = 20
Facet = list[tuple[str, str, int]]


def facets(query: GalleryQuery, viewer: Any) -> dict[str, Facet]:
    """Return {group: [(value as in the address, label, videos)]}, each as if nothing else of its group were chosen."""

    def counted(name: str, labels: dict[Any, str]) -> Facet:
        others = {value: replace(query, **{name: value}) for value in labels}
        return [(str(value), labels[value], other.filtered(viewer).count()) for value, other in others.items()]

    stars = range(MAX_STARS, MIN_STARS - 1, -1)
    return {
        "rating": counted("rating", {n: "★" * n + (" or more" if n < MAX_STARS else "") for n in stars}),
        "favorites": [("1", "Favorites", replace(query, favorites=True).filtered(viewer).count())],
        "watched": counted("watched", WATCHED),
        "duration": counted("duration", DURATIONS),
        "resolution": counted("resolution", RESOLUTION_LABELS),
        "codec": _codecs(replace(query, codec="").filtered(viewer)),
        "added": counted("added", ADDED),
        "folder": _folders(replace(query, folder="").filtered(viewer)),
        "tags": _tags(query.filtered(viewer)),
    }


def _most(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_VALUES]


def _codecs(videos: VideoQuerySet) -> Facet:
    counts = Counter(videos.exclude(video_codec="").values_list("video_codec", flat=True))
    return [(codec, codec.upper(), count) for codec, count in _most(counts)]


def _folders(videos: VideoQuerySet) -> Facet:
    """Return the folders right below the video folder."""
    names = videos.filter(filename__contains="/").values_list("filename", flat=True)
    counts = Counter(name.partition("/")[0] for name in names)
    return [(f"{folder}/", f"{folder}/", count) for folder, count in _most(counts)]


def _tags(videos: VideoQuerySet) -> Facet:
    ids = set(videos.values_list("pk", flat=True))
    links = Video.tags.through.objects.values_list("video", "tag__name")
    counts = Counter(name for video_id, name in links if video_id in ids)
    return [(name, name, count) for name, count in _most(counts)]
