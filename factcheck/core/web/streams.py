"""Long answers: made while they are read, few at a time, and never cut short without a sign of it."""

import time
import weakref
from collections.abc import Generator, Iterable, Iterator
from functools import partial
from threading import BoundedSemaphore
from typing import IO

# So many long answers does one process give at a time: each holds a thread and a connection to the database.
AT_ONCE = 2
# So long may one be read. As long, the database keeps for it what others have deleted meanwhile.
MOST_SECONDS = 30 * 60
BLOCK = 64 * 1024
# What a reader finds at the end of an answer that failed: in no JSON, and in no CSV that is read strictly, is it valid.
BROKEN = b'\n"This file is not complete. Something went wrong while it was sent: ask for it again.'

_places = BoundedSemaphore(AT_ONCE)


class Busy(Exception):
    """As many long answers as one process gives are being given."""


class TooSlow(Exception):
    """An answer was not read to its end in the time that there is."""


class Stream(Iterator[bytes]):
    """The pieces of a long answer. Raises Busy when there is no place for it.

    The place is free again when the answer is closed or forgotten. An answer that fails, or is not read in time, ends
    with BROKEN and then with the failure, so that whoever sends it cuts the connection. With `begun` its first piece is
    made at once, and what goes wrong before it is raised here.
    """

    def __init__(self, pieces: Iterator[bytes], *, begun: bool = False) -> None:
        if not _places.acquire(blocking=False):
            raise Busy("As many files are being written as this site writes at a time. Try again in half a minute.")
        self._leave = weakref.finalize(self, _places.release)
        try:
            first = [next(pieces, b"")] if begun else []
        except BaseException:
            self._leave()
            raise
        self._pieces = _to_the_end(first, pieces)

    def __next__(self) -> bytes:
        return next(self._pieces)

    def close(self) -> None:
        """Stop, and let go of everything that the answer holds."""
        self._pieces.close()
        self._leave()


def _to_the_end(first: Iterable[bytes], others: Iterator[bytes]) -> Generator[bytes]:
    try:
        yield from first
        yield from _in_time(others)
    except Exception:
        yield BROKEN
        raise


def _in_time(pieces: Iterable[bytes]) -> Iterator[bytes]:
    until = time.monotonic() + MOST_SECONDS
    for piece in pieces:
        if time.monotonic() > until:
            raise TooSlow(f"This was not read in {MOST_SECONDS:,} seconds.")
        yield piece


def joined(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in fewer pieces: each a block or more, but for the last."""
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
    """What is left of a file, block by block."""
    return iter(partial(file.read, BLOCK), b"")
