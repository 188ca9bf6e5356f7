"""Pages of lists that stand still while their rows come and go.

A cursor is a place in an order, not a number of rows to skip: what is published or taken back before it moves nothing
behind it. It is plain text that holds nothing but what is public, and every text that fits its pattern is a place.
"""

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Generic, TypeVar

from django.db.models import Q, QuerySet

T = TypeVar("T")

# The rows of a page unless another number is asked for, and the most that it can have.
PAGE, MOST = 20, 100

SLUG = "[-a-zA-Z0-9_]{1,100}"
NUMBER = "[0-9]{1,18}"
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_MICROSECOND = datetime.timedelta(microseconds=1)


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some rows of a list, and the cursors of the pages beside it; empty where the list ends."""

    rows: Sequence[T]
    next: str = ""
    previous: str = ""


def leads_back(cursor: str) -> bool:
    """Whether the page that a cursor asks for lies before its place."""
    return cursor.startswith("p")


def page_of(found: Sequence[T], cursor: str, size: int, place: Callable[[T], str]) -> Page[T]:
    """The page that begins with `found`, which has a row more than asked for where others follow.

    Where the cursor leads back, `found` is in reverse order.
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
    """A column of an order, and how its values stand in a cursor."""

    name: str
    pattern: str
    write: Callable[[Any], str] = str
    read: Callable[[str], Any] = str
    descending: bool = False

    def is_beyond(self, value: Any, *, back: bool, same: bool = False) -> Q:
        """The rows after this value, or before it; `same` takes those that have it along."""
        return Q((f"{self.name}__{'lt' if self.descending != back else 'gt'}{'e' if same else ''}", value))


def slug(name: str) -> Column:
    return Column(name, SLUG)


def greatest_first(name: str) -> Column:
    return Column(name, NUMBER, read=int, descending=True)


def newest_first(name: str) -> Column:
    return Column(
        name,
        "[0-9]{1,16}",
        write=lambda at: str((at - _EPOCH) // _MICROSECOND),
        read=lambda text: _EPOCH + int(text) * _MICROSECOND,
        descending=True,
    )


@dataclass(frozen=True)
class Keyset:
    """An order by columns that never change, of which no two rows have the same. Its cursors begin with its name."""

    name: str
    columns: Sequence[Column]

    @property
    def pattern(self) -> str:
        """What all cursors of this order look like."""
        return r"\.".join(["[np]", self.name, *(column.pattern for column in self.columns)])

    def page(self, rows: QuerySet[Any], cursor: str, size: int) -> Page[Any]:
        """The page of `rows` after the place in the cursor, or before it."""
        back = leads_back(cursor)
        if cursor:
            rows = rows.filter(self.beyond(self.read(cursor), back=back))
        order = [f"{'-' if column.descending != back else ''}{column.name}" for column in self.columns]
        return page_of(list(rows.order_by(*order)[: size + 1]), cursor, size, self.place)

    def place(self, row: Any) -> str:
        """Where the row stands, as a cursor says it."""
        return ".".join([self.name, *(column.write(getattr(row, column.name)) for column in self.columns)])

    def read(self, cursor: str) -> list[Any]:
        """The values of the columns at the place in the cursor."""
        texts = cursor.split(".")[-len(self.columns) :]
        return [column.read(text) for column, text in zip(self.columns, texts, strict=True)]

    def beyond(self, values: Sequence[Any], *, back: bool) -> Q:
        """The rows after these values, or before them."""
        first, *others = zip(self.columns, values, strict=True)
        bound, same = first[0].is_beyond(first[1], back=back, same=True), Q((first[0].name, first[1]))
        found = [first[0].is_beyond(first[1], back=back)]
        for column, value in others:
            found.append(same & column.is_beyond(value, back=back))
            same &= Q((column.name, value))
        # The bound follows from the rest; it lets an index begin where the page does.
        return bound & reduce(Q.__or__, found)
