"""Write subtitle files into the rows, each with the video that it belongs to."""

import posixpath
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from videos.core.batching import VALUES_AT_ONCE, batched
from videos.core.filenames import folder_of
from videos.core.problems import Problem
from videos.db.transactions import write_transaction
from videos.library.extensions import has_video_extension
from videos.library.walk import Walk
from videos.media.subtitles.names import Stems, home_of, match
from videos.models import Subtitle, Video, below

_Key = tuple[str, int]  # filename, video id


# For more folders than this, all names are read in one query.
_MANY_FOLDERS = 300


class _Naming(NamedTuple):
    language: str
    label: str


def match_sidecars(walk: Walk) -> None:
    """Update the subtitle rows of the listed folders. Writes only differences."""
    for name in filter(_is_index, walk.subtitles):
        walk.skipped.add(name, _PICTURES_OF_TEXT)
    known = _known(walk)
    if not (walk.subtitles or known):
        return
    found = _found(walk)
    gone = [pk for key, (pk, _) in known.items() if key not in found]
    new = [
        Subtitle(filename=name, video_id=video_id, language=naming.language, label=naming.label)
        for (name, video_id), naming in found.items()
        if (name, video_id) not in known
    ]
    renamed = [
        Subtitle(pk=pk, language=found[key].language, label=found[key].label)
        for key, (pk, before) in known.items()
        if key in found and found[key] != before
    ]
    if gone or new or renamed:
        with write_transaction():
            for part in batched(gone, VALUES_AT_ONCE):
                Subtitle.objects.filter(pk__in=part).delete()
            Subtitle.objects.bulk_create(new, ignore_conflicts=True, batch_size=200)
            Subtitle.objects.bulk_update(renamed, ["language", "label"], batch_size=200)


def _known(walk: Walk) -> dict[_Key, tuple[int, _Naming]]:
    """Return {(filename, video id): (row id, language and label)} of the rows that the walk could have seen."""
    fields = Subtitle.objects.values_list("filename", "video_id", "pk", "language", "label")
    if walk.scope is None:
        rows: Iterable[tuple[str, int, int, str, str]] = fields.iterator()
    else:
        listed = set(walk.listed)
        homes = {home_of(f"{folder}_") for folder in listed} | listed
        seen = (
            row for home in homes for row in below(fields, home) if home_of(row[0]) == home or folder_of(row[0]) == home
        )
        # Removed folders were not listed.
        rows = [*seen, *(row for folder in walk.scope.folders for row in below(fields, folder))]
    return {
        (name, video_id): (pk, _Naming(language, label))
        for name, video_id, pk, language, label in rows
        if walk.knows(name)
    }


def _found(walk: Walk) -> dict[_Key, _Naming]:
    """Return {(filename, video id): language and label} of the subtitles on disk that belong to a video."""
    by_home: dict[str, list[str]] = defaultdict(list)
    for name in _texts(walk.subtitles):
        by_home[home_of(name)].append(name)
    folders = set(by_home).union(*({folder_of(name) for name in names} for names in by_home.values()))
    films = _films_in(folders)
    # Folder by folder, so that a large library's names are not all held in memory.
    matches = [found for home, names in by_home.items() for found in _matches(home, names, films)]
    ids: dict[str, int] = {}
    for part in batched(sorted({video for _, video, _ in matches}), VALUES_AT_ONCE):
        ids |= dict(Video.objects.present().filter(filename__in=part).values_list("filename", "pk"))
    return _with_distinct_labels({(name, ids[video]): naming for name, video, naming in matches if video in ids})


def _films_in(folders: set[str]) -> dict[str, list[str]]:
    """Return {folder: names of the videos in it}, as the scan has just saved them."""
    names = Video.objects.present().order_by().values_list("filename", flat=True)
    if len(folders) <= _MANY_FOLDERS:
        # For the video folder itself, only files directly in it.
        in_root = names.exclude(filename__contains="/") if "" in folders else names.none()
        names = in_root.union(below(names, *folders - {""}), all=True)
    films: dict[str, list[str]] = defaultdict(list)
    for name in names.iterator(chunk_size=10_000):
        if (folder := folder_of(name)) in folders and has_video_extension(name):
            films[folder].append(name)
    return films


def _matches(home: str, names: Iterable[str], films: Mapping[str, list[str]]) -> Iterator[tuple[str, str, _Naming]]:
    """Yield (subtitle file, video, language and label) for the subtitles of one folder of videos."""
    by_stem: dict[str, list[str]] = defaultdict(list)
    for folder in {home, *map(folder_of, names)}:
        for video in films.get(folder, ()):
            by_stem[posixpath.splitext(video)[0]].append(video)
    whole_names = [video for videos in by_stem.values() for video in videos]
    stems = Stems(by_stem, whole_names)
    for name in names:
        if sidecar := match(name, stems):
            naming = _Naming(sidecar.language, sidecar.label[:_LONGEST_LABEL])
            for video in by_stem.get(sidecar.stem, [sidecar.stem]):
                yield name, video, naming


_LONGEST_LABEL = 190


def _with_distinct_labels(found: dict[_Key, _Naming]) -> dict[_Key, _Naming]:
    """Return the same with a number added to labels that a video has twice: "English", "English (2)"."""
    counts: dict[tuple[int, str], int] = defaultdict(int)
    apart = {}
    for key in sorted(found):
        naming = found[key]
        counts[key[1], naming.label] += 1
        number = counts[key[1], naming.label]
        apart[key] = naming if number == 1 else naming._replace(label=f"{naming.label} ({number})")
    return apart


_PICTURES_OF_TEXT = Problem.PICTURE_SUBTITLES.sentence


def _is_index(name: str) -> bool:
    return name.lower().endswith(".idx")


def _texts(names: Collection[str]) -> list[str]:
    """Return the subtitle files without VobSub, whose .sub holds pictures and has an .idx beside it."""
    indexed = {stem for stem, extension in map(posixpath.splitext, names) if extension.lower() == ".idx"}
    return [
        name
        for name in names
        if not _is_index(name) and not (name.lower().endswith(".sub") and posixpath.splitext(name)[0] in indexed)
    ]
