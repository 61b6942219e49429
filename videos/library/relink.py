"""A missing video and a file that holds the same: found side by side, and made one when a person says so."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.db.models import Count, Exists, OuterRef
from django.utils import timezone

from videos.library.pictures import remove_pictures
from videos.models import MAX_COUNT, Details, Favorite, Rating, Subtitle, Video, View, title_of
from videos.transactions import write_transaction


class CannotRelink(Exception):
    """The two videos are not, or no longer, a missing one and a file with the same content. Nothing was changed."""


@dataclass(frozen=True)
class FoundAgain:
    """A missing video, the videos whose files have the same content, and how many missing videos they may be."""

    missing: Video
    candidates: list[Video]
    claims: int


def found_again(limit: int) -> list[FoundAgain]:
    """Return the missing videos whose content is there under other names, the last gone first, at most so many."""
    same = Video.objects.with_content().filter(fingerprint=OuterRef("fingerprint"), file_size=OuterRef("file_size"))
    known = Video.objects.missing().exclude(fingerprint="")
    missing = list(known.filter(Exists(same)).order_by("-missing_since", "-id")[:limit])
    contents = {video.fingerprint for video in missing}
    there = defaultdict(list)
    for video in Video.objects.with_content().filter(fingerprint__in=contents):
        there[video.fingerprint, video.file_size].append(video)
    claims = known.filter(fingerprint__in=contents).values_list("fingerprint").annotate(Count("pk")).order_by()
    claimed = dict(claims)
    return [
        FoundAgain(video, there[video.fingerprint, video.file_size], claimed[video.fingerprint]) for video in missing
    ]


def duplicate_ids(videos: Iterable[Video]) -> set[int]:
    """Return the ids of those videos whose content another file of the library has, too. One query."""
    by_content = {(video.fingerprint, video.file_size): video for video in videos if video.fingerprint}
    contents = Video.objects.with_content().filter(fingerprint__in={content for content, _ in by_content})
    counts = contents.values_list("fingerprint", "file_size").annotate(files=Count("pk")).order_by()
    several = {(content, size) for content, size, files in counts if files > 1}
    return {video.pk for video in videos if (video.fingerprint, video.file_size) in several}


def duplicates_of(video: Video) -> list[Video]:
    """Return the other videos of the library whose file has the same content, by name."""
    if not video.fingerprint:
        return []
    same = Video.objects.with_content().filter(fingerprint=video.fingerprint, file_size=video.file_size)
    return list(same.exclude(pk=video.pk).order_by("filename"))


def duplicate_groups(limit: int) -> list[list[Video]]:
    """Return groups of videos with the same content, the largest files first, at most so many groups."""
    present = Video.objects.with_content()
    groups = present.values("fingerprint", "file_size").annotate(files=Count("pk")).filter(files__gt=1)
    contents = groups.order_by("-file_size").values_list("fingerprint", "file_size")[:limit]
    by_content: dict[tuple[str, int | None], list[Video]] = {(content, size): [] for content, size in contents}
    for video in present.filter(fingerprint__in={content for content, _ in by_content}).order_by("filename"):
        if (video.fingerprint, video.file_size) in by_content:
            by_content[video.fingerprint, video.file_size].append(video)
    return list(by_content.values())


def relink(missing_id: int, present_id: int, generated: Path) -> Video:
    """Make the missing video and the one that has its file one, and return it: the missing one's id and history stay.

    What was told about either is kept: counts add up, tags and hearts are united; of two ratings the one given to the
    file that is there counts, as it came later. Raises CannotRelink.
    """
    with write_transaction():
        missing = Video.objects.missing().filter(pk=missing_id).first()
        present = Video.objects.present().filter(pk=present_id).first()
        if missing is None or present is None:
            raise CannotRelink("One of the two is no longer what the page showed. Nothing was changed.")
        same = (missing.fingerprint, missing.file_size) == (present.fingerprint, present.file_size)
        if not (same and missing.fingerprint):
            raise CannotRelink("The two files are not the same. Nothing was changed.")
        _unite_marks(missing, present)
        _take_over(missing, present)
    remove_pictures(generated, [present_id])
    return missing


def _unite_marks(missing: Video, present: Video) -> None:
    missing.tags.add(*present.tags.all())
    for rating in Rating.objects.filter(video=present):
        Rating.objects.update_or_create(viewer_id=rating.viewer_id, video=missing, defaults={"stars": rating.stars})
    for favorite in Favorite.objects.filter(video=present):
        Favorite.objects.get_or_create(
            viewer_id=favorite.viewer_id, video=missing, defaults={"added_date": favorite.added_date}
        )
    for view in View.objects.filter(video=present):
        _add_views(missing, view)


def _add_views(missing: Video, view: View) -> None:
    before = View.objects.filter(viewer_id=view.viewer_id, video=missing).first()
    if before is None:
        View.objects.filter(pk=view.pk).update(video=missing)
        return
    latest = max((view, before), key=lambda one: (one.last_viewed is not None, one.last_viewed))
    before.view_count = min(before.view_count + view.view_count, MAX_COUNT)
    before.last_viewed, before.position_seconds = latest.last_viewed, latest.position_seconds
    before.save()


def _take_over(missing: Video, present: Video) -> None:
    """Give the missing video the file of the other, which then goes."""
    Subtitle.objects.filter(video=missing).delete()
    Subtitle.objects.filter(video=present).update(video=missing)
    if not Details.objects.filter(video=missing).exists():
        Details.objects.filter(video=present).update(video=missing)
    has_own_title = missing.title != title_of(missing.filename)
    for column in ("filename", "file_size", "modified_ns", "device", "inode"):
        setattr(missing, column, getattr(present, column))
    if not has_own_title:
        missing.title = present.title
    missing.missing_since = missing.disappearance = None
    missing.look_due = timezone.now() if missing.cover_version is None or present.look_due else None
    present.delete()
    missing.save()
