"""Many things at a time, without holding all of them."""

from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from django.conf import settings
from django.utils.translation import get_language, override

T = TypeVar("T")


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in order, in lists of `size`; the last may have fewer. As `itertools.batched` of Python 3.12."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def ahead(items: Generator[T]) -> Iterator[T]:
    """The items in order, each made in a thread of its own while the one before is used.

    The language is the same there. The generator must not use the database: a connection belongs to a thread. It's
    closed in that thread.
    """
    language = get_language() or settings.LANGUAGE_CODE

    def following() -> object:
        with override(language):
            return next(items, nothing)

    nothing = object()
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(following)
        try:
            while (item := waiting.result()) is not nothing:
                waiting = thread.submit(following)
                yield item  # type: ignore[misc]
        finally:
            thread.submit(items.close).result()
