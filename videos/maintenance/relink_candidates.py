"""The files that may belong to missing videos, and the evidence for each."""

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
from typing import Any, TypeVar

from django.db import connection
from django.db.models import CharField, Count, DurationField, Exists, F, Func, OuterRef, Q, Value, Window
from django.db.models.functions import Collate, Concat, Length, Replace, RowNumber, Substr
from django.utils.translation import gettext

from videos.core.batching import batched
from videos.library.paths import nfc
from videos.maintenance.duplicates import MAX_NAMED, Content, content_of, duplicates_by_content
from videos.models import Video, VideoQuerySet, any_of

_MAX_PER_TITLE, _MAX_BY_MEASURES, _BATCH_SIZE = 100, 1_000, 50
# A film that was remuxed keeps its duration, and about its size. Very short clips are too similar to compare so.
SIZE_TOLERANCE, LENGTH_TOLERANCE_SECONDS, SHORTEST_MEASURED_SECONDS = 0.02, 0.5, 2.0
# A file that existed long before the other went missing is no remux of it: clips of one camera have equal durations.
MADE_BEFORE_LOSS = timedelta(days=30)
_Key = TypeVar("_Key")
# Few videos share a duration, many share a size: "+ 0" keeps the database from using the index of sizes.
_SIZE = F("file_size") + 0


class Evidence(StrEnum):
    """Why a file may belong to a missing video, the strongest evidence first."""

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
    """A missing video and the videos whose files may be its own.

    `evidence` is the evidence for each candidate. Only the first candidates by evidence and name are listed; `further`
    counts the others. `claims` is the largest number of missing videos that one of the candidates may belong to.
    """

    missing: Video
    candidates: Sequence[Video]
    claims: int
    evidence: Sequence[Evidence]
    further: int = 0

    @property
    def choices(self) -> list[tuple[Video, str]]:
        """Return (video, evidence in words) of each candidate."""
        return [(video, kind.words) for video, kind in zip(self.candidates, self.evidence, strict=True)]

    @property
    def is_sure(self) -> bool:
        """Return whether there is nothing to choose: one candidate, with the same content, for this video only."""
        return list(self.evidence) == [Evidence.CONTENT] and self.claims == 1


def found_again(limit: int) -> list[FoundAgain]:
    """Return up to `limit` missing videos that have candidates, the ones that went missing last first."""
    offered = Video.objects.missing().annotate(has_same=_with_same_content())
    offered = offered.filter((~Q(fingerprint="") & Q(has_same=True)) | _alike_otherwise())
    missing = list(offered.order_by("-missing_since", "-id")[:limit])
    by_content = [video for video in missing if video.fingerprint and video.has_same]
    found = _same_content(by_content) + _likely([video for video in missing if video not in by_content])
    return sorted(found, key=lambda one: (one.missing.missing_since, one.missing.pk), reverse=True)


def where_it_may_be(video: Video) -> FoundAgain | None:
    """Return the candidates for a missing video, or None if there are none."""
    if video.missing_since is None:
        return None
    found = _likely([video])
    if found and found[0].evidence[0] is Evidence.CONTENT:
        found = _same_content([video])
    return found[0] if found else None


def undecided(ids: Collection[int]) -> set[int]:
    """Return the ids of those missing videos that have candidates."""
    among = Video.objects.missing().filter(pk__in=ids)
    by_content = set(among.exclude(fingerprint="").filter(_with_same_content()).values_list("pk", flat=True))
    # Not by _likely(), which limits the candidates with similar measures.
    by_measures = set(among.filter(_alike_in_measures()).values_list("pk", flat=True))
    certain = by_content | by_measures
    likely = list(among.exclude(pk__in=certain).filter(_alike_otherwise()))
    offered = map(_likely, batched(likely, _BATCH_SIZE))
    return certain | {found.missing.pk for some in offered for found in some}


def _with_same_content() -> Exists:
    same = Video.objects.with_content().filter(fingerprint=OuterRef("fingerprint"), file_size=OuterRef("file_size"))
    return Exists(same)


def _same_content(missing: Sequence[Video]) -> list[FoundAgain]:
    """Return the candidates with the content of these. Two queries."""
    there = duplicates_by_content({content_of(video) for video in missing}, MAX_NAMED)
    claiming = Video.objects.missing().filter(fingerprint__in={video.fingerprint for video in missing})
    claims = dict(claiming.values_list("fingerprint").annotate(Count("pk")).order_by())
    # A file may have gone, or come back, between the queries.
    still = [video for video in missing if content_of(video) in there and video.fingerprint in claims]
    return [
        FoundAgain(
            video,
            duplicates.videos,
            claims[video.fingerprint],
            [Evidence.CONTENT] * len(duplicates.videos),
            further=duplicates.further,
        )
        for video, duplicates in ((video, there[content_of(video)]) for video in still)
    ]


def _alike_otherwise() -> Q:
    """Return the condition that a present file resembles the missing video in anything but its content.

    A title is the file name without folder and extension until somebody edits it, and its key is the same for any case
    and Unicode form. The index of file names finds "film.mp4" between "film." and "film/".
    """
    there = Video.objects.present()
    stem = _without_extension(OuterRef("filename"))
    beside = there.alias(name_in_bytes=_in_bytes("filename")).filter(
        name_in_bytes__gte=Concat(stem, Value(".")), name_in_bytes__lt=Concat(stem, Value("/"))
    )
    same_title = there.filter(title_key=OuterRef("title_key"))
    return Q(Exists(beside)) | (~Q(title_key="") & Q(Exists(same_title))) | _alike_in_measures()


def _alike_in_measures() -> Q:
    """Return the condition that a present file has about the same size and duration, and was added late enough."""
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
    """Return the SQL expression for a file name without its extension.

    Trimming all characters other than dots from the end leaves the name up to its last dot.
    """
    signs = Replace(name, Value("."), Value(""))
    to_dot = Func(name, signs, function="RTRIM", output_field=CharField())
    return Substr(to_dot, 1, Length(to_dot) - 1)


def _in_bytes(name: str) -> Any:
    # PostgreSQL would compare by the rules of a language.
    return F(name) if connection.vendor == "sqlite" else Collate(name, "C")


def _likely(missing: Sequence[Video]) -> list[FoundAgain]:
    """Return the candidates for these by any evidence, the strongest first. One query."""
    if not missing:
        return []
    parts = [_with_titles({video.title_key for video in missing if video.title_key}), *_near(missing)]
    there = {video.pk: video for video in Video.objects.filter(any_of(parts))}
    by_stem, by_name = _grouped(there.values(), _stem), _grouped(there.values(), _bare_name)
    by_size = sorted((video for video in there.values() if video.file_size), key=attrgetter("file_size"))
    by_content = _grouped((video for video in there.values() if video.fingerprint), content_of)
    found = {video.pk: _candidates(video, by_content, by_stem, by_name, by_size) for video in missing}
    claims = Counter(other.pk for candidates in found.values() for other, _kind in candidates)
    return [
        FoundAgain(
            video,
            [other for other, _kind in candidates[:MAX_NAMED]],
            max(claims[other.pk] for other, _kind in candidates),
            [kind for _other, kind in candidates[:MAX_NAMED]],
            further=len(candidates[MAX_NAMED:]),
        )
        for video in missing
        if (candidates := found[video.pk])
    ]


def _near(missing: Sequence[Video]) -> list[VideoQuerySet]:
    """Return the videos with the same folder and name, with the same content, and with similar measures.

    Three querysets: in one, an OR would keep the database from using its indexes, and many videos with similar measures
    could crowd out the others.
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
            # Each part repeats the condition of the partial index: a database does not take it from outside an OR.
            measures.append(
                Q(missing_since=None, added_date__gte=video.missing_since - MADE_BEFORE_LOSS)
                & Q(size__gte=math.floor(low), size__lte=math.ceil(high))
                & Q(duration__gte=video.duration - LENGTH_TOLERANCE_SECONDS)  # type: ignore[operator]
                & Q(duration__lte=video.duration + LENGTH_TOLERANCE_SECONDS)  # type: ignore[operator]
            )
    measured = Video.objects.alias(size=_SIZE).filter(reduce(or_, measures)).order_by("filename")
    return [beside, same, measured[:_MAX_BY_MEASURES]]


def _candidates(
    missing: Video,
    by_content: Mapping[Content, Sequence[Video]],
    by_stem: Mapping[str, Sequence[Video]],
    by_name: Mapping[str, Sequence[Video]],
    by_size: Sequence[Video],
) -> list[tuple[Video, Evidence]]:
    """Return (video, evidence), the strongest evidence first, then by name."""
    kinds: dict[int, tuple[Video, Evidence]] = {}
    if _is_measured(missing):
        low, high = missing.file_size * (1 - SIZE_TOLERANCE), missing.file_size * (1 + SIZE_TOLERANCE)  # type: ignore[operator]
        start = bisect_left(by_size, low, key=attrgetter("file_size"))
        for other in by_size[start : bisect_right(by_size, high, key=attrgetter("file_size"))]:
            if _may_be_made_of(other, missing):
                kinds[other.pk] = other, Evidence.MEASURES
    for other in by_stem.get(_stem(missing), ()):
        kinds[other.pk] = other, Evidence.PLACE
    # If the content is known, an equal name in another folder is no evidence: cameras reuse names.
    if not missing.fingerprint:
        for other in by_name.get(_bare_name(missing), ()):
            if missing.file_size is None:
                kinds[other.pk] = other, Evidence.NAME
            elif missing.file_size == other.file_size:
                kinds[other.pk] = other, Evidence.NAME_AND_SIZE
    for other in by_content.get(content_of(missing), ()):
        kinds[other.pk] = other, Evidence.CONTENT
    return sorted(kinds.values(), key=lambda found: (_STRENGTH.index(found[1]), found[0].filename))


def _grouped(videos: Iterable[Video], key: Callable[[Video], _Key]) -> dict[_Key, list[Video]]:
    groups: dict[_Key, list[Video]] = defaultdict(list)
    for video in videos:
        groups[key(video)].append(video)
    return groups


def _may_be_made_of(other: Video, missing: Video) -> bool:
    """Return whether a file of about the same size has the same duration, and was added late enough."""
    if other.duration is None or missing.duration is None or missing.missing_since is None:
        return False
    is_late = other.added_date >= missing.missing_since - MADE_BEFORE_LOSS
    return is_late and abs(other.duration - missing.duration) <= LENGTH_TOLERANCE_SECONDS


def _is_measured(video: Video) -> bool:
    return bool(video.file_size) and video.duration is not None and video.duration >= SHORTEST_MEASURED_SECONDS


def _stem(video: Video) -> str:
    """Return folder and name without the extension, the same for any case and Unicode form."""
    return nfc(posixpath.splitext(video.filename)[0]).casefold()


def _with_titles(keys: set[str]) -> VideoQuerySet:
    """Return present videos with these titles, a limited number of each: a camera names thousands "IMG_0001"."""
    videos = Video.objects.present().filter(title_key__in=keys)
    ranked = videos.annotate(rank=Window(RowNumber(), partition_by=[F("title_key")], order_by="filename"))
    return ranked.filter(rank__lte=_MAX_PER_TITLE).order_by("filename")


def _bare_name(video: Video) -> str:
    return nfc(posixpath.basename(video.filename))
