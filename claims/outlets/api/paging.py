"""Keyset pagination: pages of lists that stay stable while rows are added and removed.

A cursor is a place in an order, not a number of rows to skip. So a claim that is published or withdrawn before the
place doesn't move the rows after it. A cursor is plain text with only public data, and every text that matches its
pattern is a valid place.
"""

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Generic, TypeVar

from django.db.models import Q, QuerySet

T = TypeVar("T")

# The default and the maximum number of rows on a page.
DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE = 20, 100

SLUG = "[-a-zA-Z0-9_]{1,100}"
NUMBER = "[0-9]{1,18}"
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_MICROSECOND = datetime.timedelta(microseconds=1)


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some rows of a list, and the cursors of the next and the previous page. A cursor is empty where the list ends."""

    rows: Sequence[T]
    next: str = ""
    previous: str = ""


def leads_back(cursor: str) -> bool:
    """True if a cursor asks for the page before its place."""
    return cursor.startswith("p")


def page_of(found: Sequence[T], cursor: str, size: int, place: Callable[[T], str]) -> Page[T]:
    """The page of the first `size` rows of `found`, which has one row more if other rows follow.

    `found` is in reverse order if the cursor leads back. `place` returns the place of a row, as in a cursor.
    """
    back, more = leads_back(cursor), len(found) > size
    rows = found[:size][:: -1 if back else 1]
    return Page(
        rows,
        next=f"n.{place(rows[-1])}" if rows and (back or more) else "",
        previous=f"p.{place(rows[0])}" if rows and (more if back else cursor) else "",
    )


@dataclass(frozen=True)
class Column:
    """A column of an order: the pattern of its values in a cursor, and the functions that write and read them there."""

    name: str
    pattern: str
    write: Callable[[Any], str] = str
    read: Callable[[str], Any] = str
    descending: bool = False

    def is_beyond(self, value: Any, *, back: bool, same: bool = False) -> Q:
        """The condition for rows after this value, or before it with `back`. With `same`, it includes this value."""
        return Q((f"{self.name}__{'lt' if self.descending != back else 'gt'}{'e' if same else ''}", value))


def slug(name: str) -> Column:
    """A column of slugs, in ascending order."""
    return Column(name, SLUG)


def greatest_first(name: str) -> Column:
    """A column of whole numbers, in descending order."""
    return Column(name, NUMBER, read=int, descending=True)


def newest_first(name: str) -> Column:
    """A column of times, in descending order. A cursor has them in microseconds since 1970."""
    return Column(
        name,
        "[0-9]{1,16}",
        write=lambda at: str((at - _EPOCH) // _MICROSECOND),
        read=lambda text: _EPOCH + int(text) * _MICROSECOND,
        descending=True,
    )


@dataclass(frozen=True)
class Keyset:
    """An order by columns that never change and that are unique together. Its cursors begin with its name."""

    name: str
    columns: Sequence[Column]

    @property
    def pattern(self) -> str:
        """The regular expression of all cursors of this order."""
        return r"\.".join(["[np]", self.name, *(column.pattern for column in self.columns)])

    def page(self, rows: QuerySet[Any], cursor: str, size: int) -> Page[Any]:
        """The page of `rows` after the place in the cursor, or before it."""
        back = leads_back(cursor)
        if cursor:
            rows = rows.filter(self.beyond(self.read(cursor), back=back))
        order = [f"{'-' if column.descending != back else ''}{column.name}" for column in self.columns]
        return page_of(list(rows.order_by(*order)[: size + 1]), cursor, size, self.place)

    def place(self, row: Any) -> str:
        """The place of a row, as in a cursor."""
        return ".".join([self.name, *(column.write(getattr(row, column.name)) for column in self.columns)])

    def read(self, cursor: str) -> list[Any]:
        """The values of the columns at the place in the cursor."""
        texts = cursor.split(".")[-len(self.columns) :]
        return [column.read(text) for column, text in zip(self.columns, texts, strict=True)]

    def beyond(self, values: Sequence[Any], *, back: bool) -> Q:
        """The condition for rows after these values, or before them with `back`."""
        first, *others = zip(self.columns, values, strict=True)
        bound, same = first[0].is_beyond(first[1], back=back, same=True), Q((first[0].name, first[1]))
        found = [first[0].is_beyond(first[1], back=back)]
        for column, value in others:
            found.append(same & column.is_beyond(value, back=back))
            same &= Q((column.name, value))
        # The bound follows from the other conditions. With it, PostgreSQL starts an index scan at the page.
        return bound & reduce(Q.__or__, found)
