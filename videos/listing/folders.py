"""What folders hold, from the arrays: some tens of milliseconds for a million videos, and kept until a change."""

from dataclasses import dataclass

import numpy as np

from videos.core.sort_keys import name_key
from videos.listing.columns import MISSING, PRESENT
from videos.listing.index import Catalog, the_catalog


@dataclass(frozen=True)
class Inside:
    """(name, videos below it, the id of one of them) of each subfolder, the ids of the videos beside them, by title.

    `missing` is how many videos are in the folder or below it whose file is not there.
    """

    subfolders: tuple[tuple[str, int, int], ...]
    videos: tuple[int, ...]
    missing: int

    def __bool__(self) -> bool:
        """Return whether there is such a folder."""
        return bool(self.subfolders or self.videos or self.missing)


def inside(folder: str) -> Inside:
    """Return what is in a folder: "trips/", or "" for the video folder itself."""
    with the_catalog.reading() as catalog:
        found: Inside = catalog.counted(("inside", folder), lambda: _inside(catalog, folder))
        return found


def beside(video_id: int, limit: int) -> list[int]:
    """Return the ids of a video, the one before it in its own folder, and so many that follow, by title.

    The order is that of the folder's page. A video whose file is missing has its place, and is nobody's neighbour.
    """
    with the_catalog.reading() as catalog:
        facts, slot = catalog.facts, catalog.facts.slot(video_id)
        if slot is None:
            return []
        chosen = (facts.folder == facts.folder[slot]) & (facts.state == PRESENT)
        chosen[slot] = True
        order = catalog.order("title")
        own = order[chosen[order]]
        found = np.flatnonzero(own == slot)
        if not len(found):  # removed this very moment
            return []
        place = int(found[0])
        ids: list[int] = facts.ids[own[max(place - 1, 0) : place + 1 + limit]].tolist()
        return ids


def _inside(catalog: Catalog, folder: str) -> Inside:
    facts, order = catalog.facts, catalog.order("title")
    here = order[facts.state[order] == PRESENT]
    folders, length = facts.folder[here], len(facts.folders)
    counts = np.bincount(folders, minlength=length)
    gone = np.bincount(facts.folder[facts.state == MISSING], minlength=length)
    # Of those written to one place the last stays: the first by title.
    first = np.zeros(length, np.int64)
    first[folders[::-1]] = here[::-1]
    below = [(name, n) for name, n in sorted(facts.folders.numbers.items()) if name.startswith(folder)]
    subfolders: dict[str, tuple[int, int]] = {}
    for name, number in below:
        if counts[number] and name != folder:
            child = name[len(folder) : name.index("/", len(folder))]
            known, cover = subfolders.get(child, (0, int(facts.ids[first[number]])))
            subfolders[child] = known + int(counts[number]), cover
    own = facts.folders.numbers.get(folder, -1)
    as_people_sort = sorted(subfolders, key=lambda name: (name_key(name), name))
    return Inside(
        tuple((name, *subfolders[name]) for name in as_people_sort),
        tuple(facts.ids[here[folders == own]].tolist()),
        sum(int(gone[number]) for _name, number in below),
    )
