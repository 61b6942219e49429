"""Which videos carry which tags, as two arrays side by side."""

# ruff: noqa: S608  the statements are made of our own names

from collections.abc import Collection, Iterable
from itertools import islice

import numpy as np
from django.db import connection

from videos.catalog.facts import IDS_AT_ONCE, Facts
from videos.models import Tag, Video
from videos.search.folding import fold
from videos.tag_names import clean_tag_name, fold_tag_name

_TABLE = Video.tags.through._meta.db_table


class Links:
    """`videos[n]` is a slot, and `tags[n]` the number of a tag that it carries; `names` are the tags', by number."""

    def __init__(self, facts: Facts) -> None:
        self._numbers: dict[int, int] = {}
        self.names: list[str] = []
        self._by_key: dict[str, list[int]] = {}
        self.videos, self.tags = self._read(facts, "", [])
        self.read_names()

    def follow(self, ids: Collection[int], facts: Facts) -> None:
        """Read the tags of these videos anew."""
        is_read = np.zeros(len(facts), bool)
        is_read[facts.slots(ids)] = True
        stays = ~is_read[self.videos]
        videos, tags, wanted = [self.videos[stays]], [self.tags[stays]], iter(sorted(ids))
        while some := list(islice(wanted, IDS_AT_ONCE)):
            more = self._read(facts, f" WHERE video_id IN ({', '.join(['%s'] * len(some))})", some)
            videos.append(more[0])
            tags.append(more[1])
        self.videos, self.tags = np.concatenate(videos), np.concatenate(tags)
        if len(self._numbers) > len(self.names):
            self.read_names()

    def read_names(self) -> None:
        """Read what the tags are called. Some thousand take milliseconds."""
        names = dict(Tag.objects.order_by().values_list("pk", "name"))
        self.names = [names.get(tag_id, "") for tag_id in self._numbers]
        self._by_key = {}
        for number, name in enumerate(self.names):
            for key in {fold_tag_name(name), fold(name)}:
                self._by_key.setdefault(key, []).append(number)

    def carriers(self, name: str, length: int) -> np.ndarray:
        """Return which slots carry the tag, in any case."""
        key = fold_tag_name(name)
        return self._carriers([n for n in self._by_key.get(key, []) if fold_tag_name(self.names[n]) == key], length)

    def carriers_without_accents(self, name: str, length: int) -> np.ndarray:
        """Return which slots carry the tag, in any case; if there is none, those that it is without accents."""
        key, plain = fold_tag_name(name), fold(clean_tag_name(name))
        exact = [n for n in self._by_key.get(key, []) if fold_tag_name(self.names[n]) == key]
        alike = [n for n in self._by_key.get(plain, []) if fold(self.names[n]) == plain]
        return self._carriers(exact or alike, length)

    def counts(self, mask: np.ndarray) -> np.ndarray:
        """Return how many of the chosen slots carry each tag, by its number."""
        return np.bincount(self.tags[mask[self.videos]], minlength=len(self.names))

    def _carriers(self, numbers: Iterable[int], length: int) -> np.ndarray:
        found = np.zeros(length, bool)
        for number in numbers:
            found[self.videos[self.tags == number]] = True
        return found

    def _read(self, facts: Facts, condition: str, ids: Iterable[int]) -> tuple[np.ndarray, np.ndarray]:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT video_id, tag_id FROM {_TABLE}{condition}", list(ids))
            pairs = np.fromiter((number for row in cursor for number in row), np.int64).reshape(-1, 2)
        slots = np.searchsorted(facts.ids, pairs[:, 0])
        known = slots < len(facts)
        known[known] = facts.ids[slots[known]] == pairs[known, 0]
        tag_ids, inverse = np.unique(pairs[known, 1], return_inverse=True)
        numbers = [self._numbers.setdefault(tag_id, len(self._numbers)) for tag_id in tag_ids.tolist()]
        return slots[known].astype(np.int32), np.array(numbers, np.int32)[inverse].astype(np.int32)
