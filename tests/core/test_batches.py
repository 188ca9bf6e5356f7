"""Tests of batches: every item is in one list, in order, and no more are read than are needed."""

from collections.abc import Generator
from itertools import count

import pytest
from django.utils.translation import get_language, override

from factcheck.core.batches import ahead, batched


@pytest.mark.parametrize(
    ("items", "batches"), [("", []), ("ab", ["ab"]), ("abc", ["abc"]), ("abcdefg", ["abc", "def", "g"])]
)
def test_items_come_in_their_order_and_the_last_list_may_be_shorter(items: str, batches: list[str]) -> None:
    assert ["".join(batch) for batch in batched(items, 3)] == batches


def test_only_the_items_of_one_list_are_read_ahead() -> None:
    assert next(batched(count(), 2)) == [0, 1]


def numbers(most: int, events: list[str]) -> Generator[int]:
    try:
        yield from range(most)
        raise ValueError("the last")
    finally:
        events.append("closed")


def test_items_made_ahead_come_in_order_and_an_error_comes_after_them() -> None:
    events: list[str] = []
    made = ahead(numbers(3, events))
    assert [next(made), next(made), next(made)] == [0, 1, 2]
    with pytest.raises(ValueError, match="the last"):
        next(made)
    assert events == ["closed"]


def test_what_makes_items_ahead_is_closed_with_who_uses_them() -> None:
    events: list[str] = []
    made = ahead(numbers(9, events))
    next(made)
    made.close()  # type: ignore[attr-defined]
    assert events == ["closed"]


def test_what_makes_items_ahead_speaks_the_language_of_who_uses_them() -> None:
    def languages() -> Generator[str]:
        yield get_language() or ""

    with override("es"):
        assert list(ahead(languages())) == ["es"]
