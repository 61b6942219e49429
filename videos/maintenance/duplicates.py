"""Videos whose files have the same content, as far as the fingerprint and the size say."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, F, Window
from django.db.models.functions import RowNumber

from videos.models import Video

# A page names this many duplicates and counts the others.
MAX_NAMED = 10


@dataclass(frozen=True)
class Duplicates:
    """Videos with the same content: the first by name, and how many there are in all."""

    videos: list[Video]
    count: int

    @property
    def further(self) -> int:
        return self.count - len(self.videos)


# (fingerprint, size in bytes). The fingerprint covers the size, but the index holds both.
Content = tuple[str, int | None]


def content_of(video: Video) -> Content:
    return video.fingerprint, video.file_size


def duplicates_by_content(contents: Collection[Content], most: int) -> dict[Content, Duplicates]:
    """Return {content: the videos that have it}, naming at most `most` of each. One query."""
    same = [F("fingerprint"), F("file_size")]
    videos = Video.objects.with_content().filter(fingerprint__in={fingerprint for fingerprint, _ in contents})
    ranked = videos.annotate(
        place=Window(RowNumber(), partition_by=same, order_by="filename"),
        duplicates=Window(Count("pk"), partition_by=same),
    )
    found: dict[Content, Duplicates] = {}
    for video in ranked.filter(place__lte=most).order_by("filename"):
        if content_of(video) in contents:
            found.setdefault(content_of(video), Duplicates([], video.duplicates)).videos.append(video)
    return found


def duplicates_of(video: Video) -> Duplicates:
    """Return the other videos of the library with the same content. One query, or none."""
    if not video.fingerprint:
        return Duplicates([], 0)
    duplicates = duplicates_by_content({content_of(video)}, MAX_NAMED + 1).get(content_of(video), Duplicates([], 0))
    # Two names of one file are no duplicates: deleting the file by one name loses both videos.
    others = [other for other in duplicates.videos if other.pk != video.pk and not _is_one_file(other, video)]
    same = sum(other.pk != video.pk for other in duplicates.videos) - len(others)
    return Duplicates(others[:MAX_NAMED], max(duplicates.count - same - (video.missing_since is None), 0))


def _is_one_file(one: Video, other: Video) -> bool:
    return one.inode is not None and (one.device, one.inode) == (other.device, other.inode)


def duplicate_groups(limit: int) -> tuple[list[Duplicates], int]:
    """Return up to `limit` groups of videos with the same content, the largest files first, and how many there are."""
    several = Video.objects.contents_of_several().order_by("-file_size", "fingerprint")
    largest = list(several.values_list("fingerprint", "file_size", "groups")[:limit])
    contents = [(fingerprint, file_size) for fingerprint, file_size, _groups in largest]
    duplicates = duplicates_by_content(set(contents), MAX_NAMED)
    return [duplicates[content] for content in contents if content in duplicates], largest[0][2] if largest else 0
