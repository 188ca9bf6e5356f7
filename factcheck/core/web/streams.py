"""Long responses, generated while they are sent: a limited number at a time, and never cut off without a mark."""

import time
import weakref
from collections.abc import Generator, Iterable, Iterator
from functools import partial
from threading import BoundedSemaphore
from typing import IO

from django.conf import settings

from factcheck.core.postgres.base import time_limit

# The number of long responses that one process sends at a time. Each takes a thread and a database connection.
MAX_STREAMS = 2
# The time limit for one response. For that long, its transaction stops the database from cleaning up deleted rows.
MAX_SECONDS = 30 * 60
BLOCK = 64 * 1024
# Sent at the end of a response that failed. It makes JSON invalid, and CSV too if it is read strictly.
INCOMPLETE = b'\n"This file is not complete. Something went wrong while it was sent. Download it again.'

_free_places = BoundedSemaphore(MAX_STREAMS)


class Busy(Exception):
    """This process already sends as many long responses as it can."""


class TooSlow(Exception):
    """The client didn't read the response within the time limit."""


class Stream(Iterator[bytes]):
    """The pieces of a long response. Raises Busy if this process already sends `MAX_STREAMS` of them.

    Each wait for the database may take as long as one of the desk, because a whole list takes longer than a page. Its
    place is freed when it is closed or garbage-collected. A stream that fails or isn't read in time yields
    INCOMPLETE and then raises, so that the server cuts the connection. With `begun` the first piece is generated in the
    constructor, which raises any error that happens until then.
    """

    def __init__(self, pieces: Iterator[bytes], *, begun: bool = False) -> None:
        if not _free_places.acquire(blocking=False):
            raise Busy("The site is busy with other downloads. Try again in 30 seconds.")
        self._free_place = weakref.finalize(self, _free_places.release)
        try:
            with time_limit(settings.DESK_SECONDS):
                first = [next(pieces, b"")] if begun else []
        except BaseException:
            self._free_place()
            raise
        self._pieces = _or_incomplete(first, pieces)

    def __next__(self) -> bytes:
        with time_limit(settings.DESK_SECONDS):
            return next(self._pieces)

    def close(self) -> None:
        """Stop, and release everything that the response holds."""
        self._pieces.close()
        self._free_place()


def _or_incomplete(first: Iterable[bytes], others: Iterator[bytes]) -> Generator[bytes]:
    try:
        yield from first
        yield from _within_time(others)
    except Exception:
        yield INCOMPLETE
        raise


def _within_time(pieces: Iterable[bytes]) -> Iterator[bytes]:
    until = time.monotonic() + MAX_SECONDS
    for piece in pieces:
        if time.monotonic() > until:
            raise TooSlow(f"The client didn't read the response within {MAX_SECONDS:,} seconds.")
        yield piece


def in_blocks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in fewer pieces. All but the last have at least `BLOCK` bytes."""
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= BLOCK:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)


def blocks_of(file: IO[bytes]) -> Iterator[bytes]:
    """The rest of a file, block by block."""
    return iter(partial(file.read, BLOCK), b"")
