"""The columns of the videos that lists are filtered and sorted by, as arrays. A video's place in them is its slot.

WorkerSlots are in the order of ids. A slot is never reused, so arrays by slot stay valid while videos come and go.
"""

# ruff: noqa: S608  the statements are made of our own names

from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from typing import Any

import numpy as np
from django.db import connection

from videos.core.filenames import folder_of
from videos.listing.loader import VIDEO_COLUMNS
from videos.models import Video

GONE, PRESENT, MISSING = 0, 1, 2
UNKNOWN = -1
# A date that is unknown, or of something that never happened.
NEVER = np.iinfo(np.int64).min
# A URL may hold a number that is too large for an id.
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
    "title": np.int64,  # a hash of the sort key, to notice when it changes
}


class NotInOrder(Exception):
    """A video was added with an id below the last one, for which there is no slot: everything is read again."""


class Names:
    """Numbers, from 0, for names that many videos share, such as folders."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def number(self, name: str) -> int:
        return self.numbers.setdefault(name, len(self.numbers))

    def __iter__(self) -> Iterator[str]:
        return iter(self.numbers)

    def __len__(self) -> int:
        return len(self.numbers)


class VideoColumns:
    """The arrays, all of the same length. Unknown numbers are UNKNOWN."""

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
        """Read all videos: about two seconds per million."""
        self.codecs, self.folders = Names(), Names()
        for column, array in _joined(list(self._read())).items():
            setattr(self, column, array)

    def __len__(self) -> int:
        return len(self.ids)

    def slots(self, ids: "Collection[int] | np.ndarray") -> np.ndarray:
        """Return the slots of these videos, in the order of ids, without those that have none. Ids must be unique."""
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

    def update(self, ids: Collection[int], found: list[tuple[Any, ...]]) -> dict[str, np.ndarray]:
        """Replace these videos by the rows found, in the order of ids; return {column: slots where it changed}.

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
            cursor.execute(f"SELECT {', '.join(VIDEO_COLUMNS)} FROM {Video._meta.db_table} ORDER BY id")
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
    """Return dates from the database as microseconds since 1970; NEVER for None."""
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
