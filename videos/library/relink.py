"""A missing video and a file that is, or may be, the same: found side by side, and made one when a person says so."""

import posixpath
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.db.models import Count, Exists, F, OuterRef, Window
from django.db.models.functions import Lower, RowNumber
from django.utils import timezone
from django.utils.translation import gettext

from videos.library.paths import nfc
from videos.library.pictures import remove_pictures
from videos.models import MAX_COUNT, Details, Favorite, Marker, Rating, Subtitle, Video, View
from videos.querysets import VideoQuerySet
from videos.title_keys import title_of
from videos.transactions import write_transaction

# Of videos that look the same a page names so many, and counts the others.
MOST_NAMES = 10
_MOST_OF_A_TITLE = 100


class CannotRelink(Exception):
    """The two videos are not, or no longer, a missing one and a file that may be it. Nothing was changed."""


@dataclass(frozen=True)
class Alike:
    """Videos whose files look the same: the first by name, and how many they are in all."""

    videos: list[Video]
    count: int

    @property
    def further(self) -> int:
        return self.count - len(self.videos)


@dataclass(frozen=True)
class FoundAgain:
    """A missing video, the videos whose files may be its own, and how many missing videos they may be.

    `by_content` tells whether the content says so; else the content of the missing one was never known, and only the
    name speaks for them (and the size, where that was seen). Of many candidates the first by name are named, and
    `further` tells how many there are beside them.
    """

    missing: Video
    candidates: Sequence[Video]
    claims: int
    by_content: bool
    further: int = 0

    @property
    def evidence(self) -> str:
        """Return what speaks for the candidates."""
        if self.by_content:
            return gettext("the same size, beginning, middle and end")
        return gettext("the same name") if self.missing.file_size is None else gettext("the same name and size")

    @property
    def is_sure(self) -> bool:
        """Return whether nothing is left to choose: one candidate with the same content, which is nobody else's."""
        return self.by_content and len(self.candidates) == self.claims == 1


def found_again(limit: int) -> list[FoundAgain]:
    """Return the missing videos that may be there under other names, the last gone first, at most so many."""
    missing = Video.objects.missing()
    found = _found_by_content(missing, limit) + _found_by_name(missing, limit)
    return sorted(found, key=lambda one: (one.missing.missing_since, one.missing.pk), reverse=True)[:limit]


def where_it_may_be(video: Video) -> FoundAgain | None:
    """Return the files that a missing video's may be, or None where there is none."""
    only = Video.objects.missing().filter(pk=video.pk)
    found = _found_by_content(only, 1) if video.fingerprint else _found_by_name(only, 1)
    return found[0] if found else None


# Size in bytes beside the hash, though that is made of it, too: the index has both.
_Content = tuple[str, int | None]


def _content(video: Video) -> _Content:
    return video.fingerprint, video.file_size


def _alike(contents: Collection[_Content], most: int) -> dict[_Content, Alike]:
    """Return the videos that have these contents, at most so many of each. One query."""
    same = [F("fingerprint"), F("file_size")]
    videos = Video.objects.with_content().filter(fingerprint__in={fingerprint for fingerprint, _ in contents})
    ranked = videos.annotate(
        place=Window(RowNumber(), partition_by=same, order_by="filename"),
        alike=Window(Count("pk"), partition_by=same),
    )
    found: dict[_Content, Alike] = {}
    for video in ranked.filter(place__lte=most).order_by("filename"):
        if _content(video) in contents:
            found.setdefault(_content(video), Alike([], video.alike)).videos.append(video)
    return found


def _found_by_content(among: VideoQuerySet, limit: int) -> list[FoundAgain]:
    same = Video.objects.with_content().filter(fingerprint=OuterRef("fingerprint"), file_size=OuterRef("file_size"))
    missing = list(among.exclude(fingerprint="").filter(Exists(same)).order_by("-missing_since", "-id")[:limit])
    there = _alike({_content(video) for video in missing}, MOST_NAMES)
    claiming = Video.objects.missing().filter(fingerprint__in={video.fingerprint for video in missing})
    claims = dict(claiming.values_list("fingerprint").annotate(Count("pk")).order_by())
    # Between the queries a file may have gone, or come back.
    still = [video for video in missing if _content(video) in there and video.fingerprint in claims]
    return [
        FoundAgain(video, alike.videos, claims[video.fingerprint], by_content=True, further=alike.further)
        for video, alike in ((video, there[_content(video)]) for video in still)
    ]


def _found_by_name(among: VideoQuerySet, limit: int) -> list[FoundAgain]:
    """Return those of whose content nothing is known: gone before a look, or waiting since an import for their file.

    A title is the name without folder and extension until somebody edits it, and there is an index of titles.
    """
    same_title = Video.objects.present().alias(folded=Lower("title")).filter(folded=Lower(OuterRef("title")))
    unknown = among.filter(fingerprint="").exclude(title="").annotate(folded=Lower("title"))
    missing = list(unknown.filter(Exists(same_title)).order_by("-missing_since", "-id")[:limit])
    there = defaultdict(list)
    for video in _with_titles({video.folded for video in missing}):
        there[_bare_name(video)].append(video)
    found = [(video, [other for other in there[_bare_name(video)] if _may_be(video, other)]) for video in missing]
    claims = Counter(other.pk for _, candidates in found for other in candidates)
    return [
        FoundAgain(
            video,
            candidates[:MOST_NAMES],
            max(claims[other.pk] for other in candidates),
            by_content=False,
            further=len(candidates[MOST_NAMES:]),
        )
        for video, candidates in found
        if candidates
    ]


def _with_titles(folded: set[str]) -> VideoQuerySet:
    """Return the videos that are there with these titles, some of each: a camera calls ten thousand "IMG_0001"."""
    videos = Video.objects.present().annotate(folded=Lower("title")).filter(folded__in=folded)
    ranked = videos.annotate(rank=Window(RowNumber(), partition_by=[F("folded")], order_by="filename"))
    return ranked.filter(rank__lte=_MOST_OF_A_TITLE).order_by("filename")


def _bare_name(video: Video) -> str:
    return nfc(posixpath.basename(video.filename))


def _may_be(missing: Video, present: Video) -> bool:
    """Return whether a person may say that the one is the other."""
    if missing.fingerprint:
        return _content(missing) == _content(present)
    same_size = missing.file_size in (None, present.file_size)
    return same_size and _bare_name(missing) == _bare_name(present)


def duplicates_of(video: Video) -> Alike:
    """Return the other videos of the library whose file looks the same. One query, or none."""
    if not video.fingerprint:
        return Alike([], 0)
    alike = _alike({_content(video)}, MOST_NAMES + 1).get(_content(video), Alike([], 0))
    # Other names of the same file are no duplicates: whoever removes one by such a name loses both.
    others = [other for other in alike.videos if other.pk != video.pk and not _is_one_file(other, video)]
    same = sum(other.pk != video.pk for other in alike.videos) - len(others)
    return Alike(others[:MOST_NAMES], max(alike.count - same - (video.missing_since is None), 0))


def _is_one_file(one: Video, other: Video) -> bool:
    return one.inode is not None and (one.device, one.inode) == (other.device, other.inode)


def duplicate_groups(limit: int) -> tuple[list[Alike], int]:
    """Return at most so many groups of videos whose files look the same, the largest files first.

    And how many groups there are in all.
    """
    several = Video.objects.contents_of_several().order_by("-file_size", "fingerprint")
    largest = list(several.values_list("fingerprint", "file_size", "groups")[:limit])
    contents = [(fingerprint, file_size) for fingerprint, file_size, _groups in largest]
    alike = _alike(set(contents), MOST_NAMES)
    return [alike[content] for content in contents if content in alike], largest[0][2] if largest else 0


def relink(missing_id: int, present_id: int, generated: Path) -> Video:
    """Make the missing video and the one that has its file one, and return it: the missing one's id and history stay.

    What was told about either is kept: counts add up, tags and hearts are united; of two ratings the one given to the
    file that is there counts, as it came later. Raises CannotRelink.
    """
    with write_transaction():
        missing = Video.objects.missing().select_for_update().filter(pk=missing_id).first()
        present = Video.objects.present().select_for_update().filter(pk=present_id).first()
        if missing is None or present is None:
            raise CannotRelink(gettext("One of the two is no longer what the page showed. Nothing was changed."))
        if not _may_be(missing, present):
            raise CannotRelink(gettext("The two files are not the same. Nothing was changed."))
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
    known = set(Marker.objects.filter(video=missing).values_list("viewer_id", "seconds", "name"))
    for marker in Marker.objects.filter(video=present):
        if (marker.viewer_id, marker.seconds, marker.name) not in known:
            Marker.objects.filter(pk=marker.pk).update(video=missing)


def _add_views(missing: Video, view: View) -> None:
    before = View.objects.filter(viewer_id=view.viewer_id, video=missing).first()
    if before is None:
        View.objects.filter(pk=view.pk).update(video=missing)
        return
    latest = max((view, before), key=lambda one: (one.last_viewed is not None, one.last_viewed))
    before.view_count = min(before.view_count + view.view_count, MAX_COUNT)
    before.is_watched = before.is_watched or view.is_watched
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
