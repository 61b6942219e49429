"""Long lists in parts, for statements that take only so many values."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

# Values that one statement names: SQLite takes 32,766, and a writer waits for each statement to end.
VALUES_AT_ONCE = 500


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield the items in lists of `size`, the last one shorter. Raises ValueError for a size below 1.

    Like itertools.batched, which Python has from 3.12 on, but the batches are lists.
    """
    if size < 1:
        raise ValueError("a batch holds at least one item")
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
