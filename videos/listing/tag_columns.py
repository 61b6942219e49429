"""Which videos have which tags, as two parallel arrays."""

# ruff: noqa: S608  the statements are made of our own names

from collections.abc import Callable, Collection, Iterable
from itertools import chain

import numpy as np
from django.db import connection

from videos.core.folding import fold, letters_of
from videos.core.tag_names import clean_tag_name, fold_tag_name
from videos.listing.columns import VideoColumns
from videos.models import Tag, Video

_TABLE = Video.tags.through._meta.db_table


class TagColumns:
    """`videos[n]` is a slot, and `tags[n]` the number of one of its tags; `names` are the tags' names by number."""

    def __init__(self, columns: VideoColumns) -> None:
        self._numbers: dict[int, int] = {}
        self._names: list[str] | None = None
        self._by_key: dict[str, list[int]] = {}
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT video_id, tag_id FROM {_TABLE}")
            self.videos, self.tags = self._known(columns, cursor)

    def update(self, ids: Collection[int], found: list[tuple[int, int]], columns: VideoColumns) -> None:
        """Replace the tags of these videos by the rows found: (video, tag)."""
        is_read = np.zeros(len(columns), bool)
        is_read[columns.slots(ids)] = True
        stays, (videos, tags) = ~is_read[self.videos], self._known(columns, found)
        self.videos = np.concatenate([self.videos[stays], videos])
        self.tags = np.concatenate([self.tags[stays], tags])

    @property
    def wants_names(self) -> bool:
        """Whether the names have to be read again."""
        return self._names is None

    @property
    def names(self) -> list[str]:
        """The names of the tags by number, read when needed: milliseconds for some thousand."""
        if self._names is None or len(self._names) < len(self._numbers):
            self.take_names(dict(Tag.objects.order_by().values_list("pk", "name")))
        assert self._names is not None
        return self._names

    def take_names(self, names: dict[int, str]) -> None:
        """Set the names, given by tag id."""
        self._names = [names.get(tag_id, "") for tag_id in self._numbers]
        self._by_key = {}
        for number, name in enumerate(self._names):
            for key in {fold_tag_name(name), fold(name), letters_of(name)}:
                self._by_key.setdefault(key, []).append(number)

    def forget_names(self) -> None:
        """Read the names again when they are needed."""
        self._names = None

    def _named(self, key: str, fold_name: Callable[[str], str]) -> list[int]:
        names = self.names
        return [number for number in self._by_key.get(key, []) if fold_name(names[number]) == key]

    def carriers(self, name: str, length: int) -> np.ndarray:
        """Return the mask of the slots with this tag, ignoring case."""
        return self._carriers(self._named(fold_tag_name(name), fold_tag_name), length)

    def carriers_of_like(self, name: str, length: int) -> np.ndarray:
        """Return the slots with this tag, ignoring case; if there are none, also ignoring accents, then punctuation."""
        exact = self._named(fold_tag_name(name), fold_tag_name)
        cleaned = clean_tag_name(name)
        like = exact or self._named(fold(cleaned), fold)
        return self._carriers(like or self._named(letters_of(cleaned), letters_of), length)

    def counts(self, mask: np.ndarray) -> np.ndarray:
        """Return how many of the selected slots have each tag, by its number."""
        return np.bincount(self.tags[mask[self.videos]], minlength=len(self._numbers))

    def _carriers(self, numbers: Iterable[int], length: int) -> np.ndarray:
        found = np.zeros(length, bool)
        for number in numbers:
            found[self.videos[self.tags == number]] = True
        return found

    def _known(self, columns: VideoColumns, found: Iterable[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
        """Return the slots and tag numbers of these (video, tag) pairs, without videos that have no slot."""
        pairs = np.fromiter(chain.from_iterable(found), np.int64).reshape(-1, 2)
        slots = np.searchsorted(columns.ids, pairs[:, 0])
        known = slots < len(columns)
        known[known] = columns.ids[slots[known]] == pairs[known, 0]
        tag_ids, inverse = np.unique(pairs[known, 1], return_inverse=True)
        numbers = [self._numbers.setdefault(tag_id, len(self._numbers)) for tag_id in tag_ids.tolist()]
        return slots[known].astype(np.int32), np.array(numbers, np.int32)[inverse].astype(np.int32)
