"""What is in a folder, from the index: some tens of milliseconds for a million videos, cached until a change."""

from dataclasses import dataclass

import numpy as np

from videos.core.sort_keys import name_key
from videos.listing.columns import MISSING, PRESENT
from videos.listing.index import LibraryIndex, library_index


@dataclass(frozen=True)
class Inside:
    """The subfolders, as (name, number of videos below, id of one for the cover), and the ids of the videos, by title.

    `missing` counts the videos in the folder and below it whose file is missing.
    """

    subfolders: tuple[tuple[str, int, int], ...]
    videos: tuple[int, ...]
    missing: int

    def __bool__(self) -> bool:
        """Whether the folder exists."""
        return bool(self.subfolders or self.videos or self.missing)


def inside(folder: str) -> Inside:
    """Return the content of a folder: "trips/", or "" for the video folder itself."""
    with library_index.reading() as index:
        found: Inside = index.counted(("inside", folder), lambda: _inside(index, folder))
        return found


def beside(video_id: int, limit: int) -> list[int]:
    """Return the ids of the video before this one in its folder, of itself, and of the next `limit` ones, by title.

    The order is that of the folder's page. If the file of this video is missing, it still has its place; other missing
    videos are left out.
    """
    with library_index.reading() as index:
        columns, slot = index.columns, index.columns.slot(video_id)
        if slot is None:
            return []
        chosen = (columns.folder == columns.folder[slot]) & (columns.state == PRESENT)
        chosen[slot] = True
        order = index.order("title")
        own = order[chosen[order]]
        found = np.flatnonzero(own == slot)
        if not len(found):  # it has just been removed
            return []
        place = int(found[0])
        ids: list[int] = columns.ids[own[max(place - 1, 0) : place + 1 + limit]].tolist()
        return ids


def _inside(index: LibraryIndex, folder: str) -> Inside:
    columns, order = index.columns, index.order("title")
    here = order[columns.state[order] == PRESENT]
    folders, length = columns.folder[here], len(columns.folders)
    counts = np.bincount(folders, minlength=length)
    gone = np.bincount(columns.folder[columns.state == MISSING], minlength=length)
    # Assigning in reverse order leaves the first video by title.
    first = np.zeros(length, np.int64)
    first[folders[::-1]] = here[::-1]
    below = [(name, n) for name, n in sorted(columns.folders.numbers.items()) if name.startswith(folder)]
    subfolders: dict[str, tuple[int, int]] = {}
    for name, number in below:
        if counts[number] and name != folder:
            child = name[len(folder) : name.index("/", len(folder))]
            known, cover = subfolders.get(child, (0, int(columns.ids[first[number]])))
            subfolders[child] = known + int(counts[number]), cover
    own = columns.folders.numbers.get(folder, -1)
    as_people_sort = sorted(subfolders, key=lambda name: (name_key(name), name))
    return Inside(
        tuple((name, *subfolders[name]) for name in as_people_sort),
        tuple(columns.ids[here[folders == own]].tolist()),
        sum(int(gone[number]) for _name, number in below),
    )
