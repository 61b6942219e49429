"""Long lists in parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videos.core.batching import batched


@given(st.lists(st.integers()), st.integers(1, 20))
def test_batches_hold_every_item_once_in_order_and_only_the_last_is_shorter(items: list[int], size: int) -> None:
    batches = list(batched(items, size))
    assert [item for batch in batches for item in batch] == items
    assert all(len(batch) == size for batch in batches[:-1])
    assert all(0 < len(batch) <= size for batch in batches)


def test_items_are_taken_only_as_batches_are_asked_for() -> None:
    taken: list[int] = []
    batches = batched((taken.append(number) or number for number in range(10)), 3)
    assert (next(batches), taken) == ([0, 1, 2], [0, 1, 2])


def test_a_batch_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        list(batched([1], 0))
