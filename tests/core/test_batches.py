"""Tests of batches: every item is in one list, in order, and no more are read than are needed."""

from itertools import count

import pytest

from factcheck.core.batches import batched


@pytest.mark.parametrize(
    ("items", "batches"), [("", []), ("ab", ["ab"]), ("abc", ["abc"]), ("abcdefg", ["abc", "def", "g"])]
)
def test_items_come_in_their_order_and_the_last_list_may_be_shorter(items: str, batches: list[str]) -> None:
    assert ["".join(batch) for batch in batched(items, 3)] == batches


def test_only_the_items_of_one_list_are_read_ahead() -> None:
    assert next(batched(count(), 2)) == [0, 1]
