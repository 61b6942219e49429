"""A missing video and a file that is, or may be, the same: found side by side, and made one when a person says so."""

import math
import posixpath
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import reduce
from operator import attrgetter, or_
from pathlib import Path
from typing import Any, TypeVar

from django.db import connection
from django.db.models import CharField, Count, DurationField, Exists, F, Func, OuterRef, Q, Value, Window
from django.db.models.functions import Collate, Concat, Length, Replace, RowNumber, Substr
from django.utils.translation import gettext

from videos.analysis.artwork_store import remove_pictures
from videos.db.transactions import write_transaction
from videos.library.paths import nfc
from videos.models import BulkAction, Video
from videos.models.querysets import VideoQuerySet, any_of
from videos.userdata.united import unite

# Of videos that look the same a page names so many, and counts the others.
MOST_NAMES = 10
_MOST_OF_A_TITLE, _MOST_NEAR, _MOST_AT_ONCE = 100, 1_000, 50
# A film that was put into another container keeps its length, and about its size. Very short clips are too much alike.
SIZE_TOLERANCE, LENGTH_TOLERANCE_SECONDS, SHORTEST_MEASURED_SECONDS = 0.02, 0.5, 2.0
# Nor is what was there for long before the other went: clips of one camera have the same length.
MADE_BEFORE_LOSS = timedelta(days=30)

_Key = TypeVar("_Key")
# Few videos have one length, many have one size: the sum keeps the database from looking through those by their index.
_SIZE = F("file_size") + 0


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


class Evidence(StrEnum):
    """What speaks for a file being that of a missing video, the strongest first."""

    CONTENT = "content"
    NAME_AND_SIZE = "name and size"
    NAME = "name"
    PLACE = "place"  # the same folder and name, with another extension: film.avi was made film.mp4
    MEASURES = "measures"  # about the same size and length

    @property
    def words(self) -> str:
        return {
            Evidence.CONTENT: gettext("the same size, beginning, middle and end"),
            Evidence.NAME_AND_SIZE: gettext("the same name and size"),
            Evidence.NAME: gettext("the same name"),
            Evidence.PLACE: gettext("the same folder and name, in another format"),
            Evidence.MEASURES: gettext("about the same size and length"),
        }[self]


_STRENGTH = list(Evidence)


@dataclass(frozen=True)
class FoundAgain:
    """A missing video, the videos whose files may be its own, and how many missing videos they may be.

    `evidence` says what speaks for each candidate. Of many candidates the first by strength and name are named, and
    `further` tells how many there are beside them.
    """

    missing: Video
    candidates: Sequence[Video]
    claims: int
    evidence: Sequence[Evidence]
    further: int = 0

    @property
    def choices(self) -> list[tuple[Video, str]]:
        """Return (video, what speaks for it) of each candidate."""
        return [(video, kind.words) for video, kind in zip(self.candidates, self.evidence, strict=True)]

    @property
    def is_sure(self) -> bool:
        """Return whether nothing is left to choose: one candidate with the same content, which is nobody else's."""
        return list(self.evidence) == [Evidence.CONTENT] and self.claims == 1


def found_again(limit: int) -> list[FoundAgain]:
    """Return the missing videos that may be there under other names, the last gone first, at most so many."""
    offered = Video.objects.missing().annotate(has_same=_with_same_content())
    offered = offered.filter((~Q(fingerprint="") & Q(has_same=True)) | _alike_otherwise())
    missing = list(offered.order_by("-missing_since", "-id")[:limit])
    by_content = [video for video in missing if video.fingerprint and video.has_same]
    found = _same_content(by_content) + _likely([video for video in missing if video not in by_content])
    return sorted(found, key=lambda one: (one.missing.missing_since, one.missing.pk), reverse=True)


def where_it_may_be(video: Video) -> FoundAgain | None:
    """Return the files that a missing video's may be, or None where there is none."""
    if video.missing_since is None:
        return None
    found = _likely([video])
    if found and found[0].evidence[0] is Evidence.CONTENT:
        found = _same_content([video])
    return found[0] if found else None


def undecided(ids: Collection[int]) -> set[int]:
    """Return those of the missing videos for which a file is offered that nobody has decided about."""
    among = Video.objects.missing().filter(pk__in=ids)
    by_content = set(among.exclude(fingerprint="").filter(_with_same_content()).values_list("pk", flat=True))
    # Not by what a page names of them: of many of the same measures that is cut off.
    by_measures = set(among.filter(_alike_in_measures()).values_list("pk", flat=True))
    certain = by_content | by_measures
    likely = list(among.exclude(pk__in=certain).filter(_alike_otherwise()))
    offered = (_likely(likely[start : start + _MOST_AT_ONCE]) for start in range(0, len(likely), _MOST_AT_ONCE))
    return certain | {found.missing.pk for some in offered for found in some}


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


def _with_same_content() -> Exists:
    same = Video.objects.with_content().filter(fingerprint=OuterRef("fingerprint"), file_size=OuterRef("file_size"))
    return Exists(same)


def _same_content(missing: Sequence[Video]) -> list[FoundAgain]:
    """Return the files that have the content of these, and how many missing videos claim each. Two queries."""
    there = _alike({_content(video) for video in missing}, MOST_NAMES)
    claiming = Video.objects.missing().filter(fingerprint__in={video.fingerprint for video in missing})
    claims = dict(claiming.values_list("fingerprint").annotate(Count("pk")).order_by())
    # Between the queries a file may have gone, or come back.
    still = [video for video in missing if _content(video) in there and video.fingerprint in claims]
    return [
        FoundAgain(
            video,
            alike.videos,
            claims[video.fingerprint],
            [Evidence.CONTENT] * len(alike.videos),
            further=alike.further,
        )
        for video, alike in ((video, there[_content(video)]) for video in still)
    ]


def _alike_otherwise() -> Q:
    """Return the condition that a file is there which is like a missing video's in anything but its content.

    A title is the name without folder and extension until somebody edits it, and its key is the same in any case and
    Unicode form. The index of file names finds "film.mp4" between "film." and "film/".
    """
    there = Video.objects.present()
    stem = _without_extension(OuterRef("filename"))
    beside = there.alias(name_in_bytes=_in_bytes("filename")).filter(
        name_in_bytes__gte=Concat(stem, Value(".")), name_in_bytes__lt=Concat(stem, Value("/"))
    )
    same_title = there.filter(title_key=OuterRef("title_key"))
    return Q(Exists(beside)) | (~Q(title_key="") & Q(Exists(same_title))) | _alike_in_measures()


def _alike_in_measures() -> Q:
    """Return the condition that a file of about the same size and length is there, which came late enough."""
    size, length = OuterRef("file_size"), OuterRef("duration")
    measures = (
        Video.objects.present()
        .alias(size=_SIZE)
        .filter(
            size__gte=size * (1 - SIZE_TOLERANCE),
            size__lte=size * (1 + SIZE_TOLERANCE),
            duration__gte=length - LENGTH_TOLERANCE_SECONDS,
            duration__lte=length + LENGTH_TOLERANCE_SECONDS,
            added_date__gte=OuterRef("missing_since") - Value(MADE_BEFORE_LOSS, DurationField()),
        )
    )
    return Q(file_size__gt=0, duration__gte=SHORTEST_MEASURED_SECONDS) & Q(Exists(measures))


def _without_extension(name: Any) -> Any:
    """Return the expression for a file name without its extension and the dot before that.

    Cutting all signs but dots off the end leaves the name up to its last dot.
    """
    signs = Replace(name, Value("."), Value(""))
    to_dot = Func(name, signs, function="RTRIM", output_field=CharField())
    return Substr(to_dot, 1, Length(to_dot) - 1)


def _in_bytes(name: str) -> Any:
    # PostgreSQL would compare as a language does.
    return F(name) if connection.vendor == "sqlite" else Collate(name, "C")


def _likely(missing: Sequence[Video]) -> list[FoundAgain]:
    """Return the candidates of these by any evidence, the strongest first. One query."""
    if not missing:
        return []
    parts = [_with_titles({video.title_key for video in missing if video.title_key}), *_near(missing)]
    there = {video.pk: video for video in Video.objects.filter(any_of(parts))}
    by_stem, by_name = _grouped(there.values(), _stem), _grouped(there.values(), _bare_name)
    by_size = sorted((video for video in there.values() if video.file_size), key=attrgetter("file_size"))
    by_content = _grouped((video for video in there.values() if video.fingerprint), _content)
    found = {video.pk: _candidates(video, by_content, by_stem, by_name, by_size) for video in missing}
    claims = Counter(other.pk for candidates in found.values() for other, _kind in candidates)
    return [
        FoundAgain(
            video,
            [other for other, _kind in candidates[:MOST_NAMES]],
            max(claims[other.pk] for other, _kind in candidates),
            [kind for _other, kind in candidates[:MOST_NAMES]],
            further=len(candidates[MOST_NAMES:]),
        )
        for video in missing
        if (candidates := found[video.pk])
    ]


def _near(missing: Sequence[Video]) -> list[VideoQuerySet]:
    """Return the videos that lie beside these under their name, that have their content, or about their measures.

    Three querysets: in one, an OR would keep the database from its indexes, and the many of some measures could crowd
    out those that lie beside a file.
    """
    stems = [posixpath.splitext(video.filename)[0] for video in missing]
    ranges = (Q(name_in_bytes__gte=f"{stem}.", name_in_bytes__lt=f"{stem}/") for stem in stems)
    there = Video.objects.present()
    beside = there.alias(name_in_bytes=_in_bytes("filename")).filter(reduce(or_, ranges))
    same = Video.objects.with_content().filter(fingerprint__in={video.fingerprint for video in missing} - {""})
    measures = [Q(pk__in=[])]
    for video in missing:
        if video.missing_since is not None and _is_measured(video):
            low, high = video.file_size * (1 - SIZE_TOLERANCE), video.file_size * (1 + SIZE_TOLERANCE)  # type: ignore[operator]
            # Each with the condition of the index of lengths: a database takes none from outside of an OR.
            measures.append(
                Q(missing_since=None, added_date__gte=video.missing_since - MADE_BEFORE_LOSS)
                & Q(size__gte=math.floor(low), size__lte=math.ceil(high))
                & Q(duration__gte=video.duration - LENGTH_TOLERANCE_SECONDS)  # type: ignore[operator]
                & Q(duration__lte=video.duration + LENGTH_TOLERANCE_SECONDS)  # type: ignore[operator]
            )
    measured = Video.objects.alias(size=_SIZE).filter(reduce(or_, measures)).order_by("filename")
    return [beside, same, measured[:_MOST_NEAR]]


def _candidates(
    missing: Video,
    by_content: Mapping[_Content, Sequence[Video]],
    by_stem: Mapping[str, Sequence[Video]],
    by_name: Mapping[str, Sequence[Video]],
    by_size: Sequence[Video],
) -> list[tuple[Video, Evidence]]:
    """Return (video, what speaks for it), the strongest evidence first, then by name."""
    kinds: dict[int, tuple[Video, Evidence]] = {}
    if _is_measured(missing):
        low, high = missing.file_size * (1 - SIZE_TOLERANCE), missing.file_size * (1 + SIZE_TOLERANCE)  # type: ignore[operator]
        start = bisect_left(by_size, low, key=attrgetter("file_size"))
        for other in by_size[start : bisect_right(by_size, high, key=attrgetter("file_size"))]:
            if _may_be_made_of(other, missing):
                kinds[other.pk] = other, Evidence.MEASURES
    for other in by_stem.get(_stem(missing), ()):
        kinds[other.pk] = other, Evidence.PLACE
    # Of a video whose content is known, a file of the same name elsewhere says nothing: cameras call all alike.
    if not missing.fingerprint:
        for other in by_name.get(_bare_name(missing), ()):
            if missing.file_size is None:
                kinds[other.pk] = other, Evidence.NAME
            elif missing.file_size == other.file_size:
                kinds[other.pk] = other, Evidence.NAME_AND_SIZE
    for other in by_content.get(_content(missing), ()):
        kinds[other.pk] = other, Evidence.CONTENT
    return sorted(kinds.values(), key=lambda found: (_STRENGTH.index(found[1]), found[0].filename))


def _grouped(videos: Iterable[Video], key: Callable[[Video], _Key]) -> dict[_Key, list[Video]]:
    groups: dict[_Key, list[Video]] = defaultdict(list)
    for video in videos:
        groups[key(video)].append(video)
    return groups


def _may_be_made_of(other: Video, missing: Video) -> bool:
    """Return whether a file of about the same size has the length, and came when one that was made anew would."""
    if other.duration is None or missing.duration is None or missing.missing_since is None:
        return False
    is_late = other.added_date >= missing.missing_since - MADE_BEFORE_LOSS
    return is_late and abs(other.duration - missing.duration) <= LENGTH_TOLERANCE_SECONDS


def _is_measured(video: Video) -> bool:
    return bool(video.file_size) and video.duration is not None and video.duration >= SHORTEST_MEASURED_SECONDS


def _stem(video: Video) -> str:
    """Return folder and name without the extension, in one form whatever the case and the Unicode form."""
    return nfc(posixpath.splitext(video.filename)[0]).casefold()


def _with_titles(keys: set[str]) -> VideoQuerySet:
    """Return the videos that are there with these titles, some of each: a camera calls ten thousand "IMG_0001"."""
    videos = Video.objects.present().filter(title_key__in=keys)
    ranked = videos.annotate(rank=Window(RowNumber(), partition_by=[F("title_key")], order_by="filename"))
    return ranked.filter(rank__lte=_MOST_OF_A_TITLE).order_by("filename")


def _bare_name(video: Video) -> str:
    return nfc(posixpath.basename(video.filename))


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


def relink(viewer: Any, missing_id: int, present_id: int, generated: Path) -> BulkAction:
    """Make the missing video and the one that has its file one, and return the action that undoes it.

    The missing one's id and history stay.
    What people said of either is kept (userdata/united.py). Whether the files are alike is for the person to say who
    asks for it. Raises CannotRelink.
    """
    with write_transaction():
        missing = Video.objects.missing().select_for_update().filter(pk=missing_id).first()
        present = Video.objects.present().select_for_update().filter(pk=present_id).first()
        if missing is None or present is None:
            raise CannotRelink(gettext("One of the two has changed since the page was loaded. Nothing was changed."))
        action = unite(viewer, missing, present)
    remove_pictures(generated, [present_id])
    return action
