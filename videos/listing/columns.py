"""What the videos themselves are filtered and sorted by, as arrays: one place, the slot, for each, in the order of ids.

A slot is never given to another video, so that arrays by slot stay right while videos come and go.
"""

# ruff: noqa: S608  the statements are made of our own names

from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from typing import Any

import numpy as np
from django.db import connection

from videos.core.filenames import folder_of
from videos.listing.loader import FACTS
from videos.models import Video

GONE, PRESENT, MISSING = 0, 1, 2
UNKNOWN = -1
# A moment that is not known, or was not.
NEVER = np.iinfo(np.int64).min
# An address may name a number that no row can have.
NO_ID = 2**63
ROWS_AT_ONCE = 20_000
_TYPES: dict[str, Any] = {
    "ids": np.int64,
    "state": np.uint8,
    "added": np.int64,  # microseconds since 1970
    "size": np.int64,  # bytes
    "duration": np.float64,  # seconds
    "height": np.int32,  # pixels
    "shorter": np.int32,  # the shorter side, pixels
    "video_codec": np.int32,
    "audio_codec": np.int32,
    "folder": np.int32,
    "title": np.int64,  # a hash of what it sorts by: whether that changed
}


class NotInOrder(Exception):
    """A video came with an id before the last one's, so that there is no slot for it: all is to be read anew."""


class Names:
    """Numbers for names that many videos share, such as folders, from 0 on."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def number(self, name: str) -> int:
        return self.numbers.setdefault(name, len(self.numbers))

    def __iter__(self) -> Iterator[str]:
        return iter(self.numbers)

    def __len__(self) -> int:
        return len(self.numbers)


class Facts:
    """The arrays, all as long as there are slots. Numbers that are not known are UNKNOWN."""

    ids: np.ndarray
    state: np.ndarray
    added: np.ndarray
    size: np.ndarray
    duration: np.ndarray
    height: np.ndarray
    shorter: np.ndarray
    video_codec: np.ndarray
    audio_codec: np.ndarray
    folder: np.ndarray
    title: np.ndarray

    def __init__(self) -> None:
        """Read all videos: about two seconds for a million."""
        self.codecs, self.folders = Names(), Names()
        for column, array in _joined(list(self._read())).items():
            setattr(self, column, array)

    def __len__(self) -> int:
        return len(self.ids)

    def slots(self, ids: "Collection[int] | np.ndarray") -> np.ndarray:
        """Return the slots of those of the videos that have one, in the order of their ids. Each id once."""
        wanted = np.sort(ids if isinstance(ids, np.ndarray) else np.fromiter(ids, np.int64, len(ids)))
        places = np.searchsorted(self.ids, wanted)
        inside = places < len(self.ids)
        places, wanted = places[inside], wanted[inside]
        return places[self.ids[places] == wanted]

    def slot(self, video_id: int) -> int | None:
        if not 0 < video_id < NO_ID:
            return None
        found = self.slots([video_id])
        return int(found[0]) if len(found) else None

    def follow(self, ids: Collection[int], found: list[tuple[Any, ...]]) -> dict[str, np.ndarray]:
        """Take these videos as they were found, in the order of ids, and return {column: slots where it changed}.

        Raises NotInOrder.
        """
        slots, rows = self.slots(ids), _joined([self._arrays(found)] if found else [])
        is_new = ~np.isin(rows["ids"], self.ids[slots], assume_unique=True)
        if is_new.any() and len(self) and rows["ids"][is_new][0] < self.ids[-1]:
            raise NotInOrder
        known = np.searchsorted(self.ids, rows["ids"][~is_new])
        changed = {column: self._written(column, known, rows[column][~is_new]) for column in _TYPES}
        gone = np.setdiff1d(slots, known, assume_unique=True)
        changed["state"] = np.union1d(changed["state"], gone[self.state[gone] != GONE])
        self.state[gone] = GONE
        if not is_new.any():
            return changed
        new = np.arange(len(self), len(self) + int(is_new.sum()))
        for column in _TYPES:
            setattr(self, column, np.concatenate([getattr(self, column), rows[column][is_new]]))
        return {column: np.concatenate([slots, new]) for column, slots in changed.items()}

    def _written(self, column: str, slots: np.ndarray, values: np.ndarray) -> np.ndarray:
        array = getattr(self, column)
        differs = array[slots] != values
        array[slots[differs]] = values[differs]
        return slots[differs]

    def _read(self) -> Iterator[dict[str, np.ndarray]]:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(FACTS)} FROM {Video._meta.db_table} ORDER BY id")
            while rows := cursor.fetchmany(ROWS_AT_ONCE):
                yield self._arrays(rows)

    def _arrays(self, rows: list[tuple[Any, ...]]) -> dict[str, np.ndarray]:
        ids, missing, added, sizes, durations, widths, heights, video, audio, names, titles = zip(*rows, strict=True)
        sides = [min(pair) if None not in pair else UNKNOWN for pair in zip(widths, heights, strict=True)]
        values: dict[str, Any] = {
            "ids": ids,
            "state": [MISSING if is_missing else PRESENT for is_missing in missing],
            "added": microseconds(added),
            "size": _known(sizes),
            "duration": _known(durations),
            "height": _known(heights),
            "shorter": sides,
            "video_codec": [self.codecs.number(codec.lower()) for codec in video],
            "audio_codec": [self.codecs.number(codec.lower()) for codec in audio],
            "folder": [self.folders.number(folder_of(name)) for name in names],
            "title": list(map(hash, zip(titles, names, strict=True))),
        }
        return {column: np.array(values[column], kind) for column, kind in _TYPES.items()}


def microseconds(moments: Collection[Any]) -> np.ndarray:
    """Return moments as a database gives them, as microseconds since 1970; NEVER for None."""
    if all(isinstance(moment, str) for moment in moments):
        return np.array(moments, "datetime64[us]").astype(np.int64)
    return np.array([NEVER if moment is None else _microsecond(moment) for moment in moments], np.int64)


def _microsecond(moment: Any) -> int:
    if isinstance(moment, str):
        return int(np.datetime64(moment, "us").astype(np.int64))
    return moment_in_microseconds(moment)


def moment_in_microseconds(moment: datetime) -> int:
    naive = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    return int(np.datetime64(naive, "us").astype(np.int64))


def _known(values: Collection[Any]) -> list[Any]:
    return [UNKNOWN if value is None else value for value in values]


def _joined(parts: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    return {
        column: np.concatenate([part[column] for part in parts]) if parts else np.array([], kind)
        for column, kind in _TYPES.items()
    }
