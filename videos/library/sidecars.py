"""Subtitle files -> rows: which of them lie beside which video."""

import posixpath
from collections import defaultdict
from collections.abc import Collection

from videos.library.extensions import has_video_extension
from videos.library.identity import chunks
from videos.library.walk import Walk
from videos.media.subtitles import match
from videos.models import Subtitle, Video
from videos.querysets import below
from videos.transactions import write_transaction


def match_sidecars(walk: Walk) -> None:
    """Bring the subtitle rows of the folders that were listed in line with the files there. Writes only differences."""
    known = _known(walk)
    if not (walk.subtitles or known):
        return
    found = _found(walk)
    gone = [pk for key, pk in known.items() if key not in found]
    new = [Subtitle(filename=name, video_id=pk, **found[name, pk]) for name, pk in found.keys() - known.keys()]
    if gone or new:
        with write_transaction():
            for part in chunks(gone):
                Subtitle.objects.filter(pk__in=part).delete()
            Subtitle.objects.bulk_create(new, ignore_conflicts=True, batch_size=200)


def _known(walk: Walk) -> dict[tuple[str, int], int]:
    """Return {(filename, video id): id} of the subtitles that the walk could have seen."""
    rows = Subtitle.objects.values_list("filename", "video_id", "pk")
    if walk.scope is None:
        return {(name, video_id): pk for name, video_id, pk in rows if walk.knows(name)}
    listed = set(walk.listed)
    return {
        (name, video_id): pk
        for folder in listed
        for name, video_id, pk in below(rows, folder)
        if _folder(name) == folder
    }


def _found(walk: Walk) -> dict[tuple[str, int], dict[str, str]]:
    """Return {(filename, video id): language and label} of the subtitles on the disk that a video has."""
    folders = {_folder(name) for name in walk.subtitles}
    by_stem: dict[str, list[str]] = defaultdict(list)
    for name in (*walk.files, *walk.beside):
        if _folder(name) in folders and has_video_extension(name):
            by_stem[posixpath.splitext(name)[0]].append(name)
    matches = [(name, sidecar) for name in _texts(walk.subtitles) if (sidecar := match(name, by_stem))]
    wanted = sorted({video for _, sidecar in matches for video in by_stem[sidecar.stem]})
    ids: dict[str, int] = {}
    for part in chunks(wanted):
        ids |= dict(Video.objects.present().filter(filename__in=part).values_list("filename", "pk"))
    return {
        (name, ids[video]): {"language": sidecar.language, "label": sidecar.label[:200]}
        for name, sidecar in matches
        for video in by_stem[sidecar.stem]
        if video in ids
    }


def _texts(names: Collection[str]) -> list[str]:
    """Return the subtitle files without those of VobSub, whose .sub holds pictures and has an .idx beside it."""
    indexed = {stem for stem, extension in map(posixpath.splitext, names) if extension.lower() == ".idx"}
    return [
        name
        for name in names
        if not name.lower().endswith(".idx")
        and not (name.lower().endswith(".sub") and posixpath.splitext(name)[0] in indexed)
    ]


def _folder(filename: str) -> str:
    return filename[: filename.rfind("/") + 1]
