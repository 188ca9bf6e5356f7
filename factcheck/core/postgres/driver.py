"""A psycopg connection with a time limit for each wait, and for all waits of a request together.

PostgreSQL's own limits need a server that still answers, and each counts for one statement.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import psycopg
from psycopg.abc import PQGen, PQGenConn

from factcheck.core.postgres.outage import Outage

T = TypeVar("T")

# Until when the connection that is being made must be ready, and how many seconds each of its hosts has.
_until: ContextVar[tuple[float, float] | None] = ContextVar("until", default=None)


@dataclass
class Waited:
    """How many seconds a request has waited for the database so far."""

    seconds: float = 0.0


class Connection(psycopg.Connection[Any]):
    """A connection that is closed once the server hasn't answered for `most_seconds`. None is no limit."""

    most_seconds: float | None = None
    # All waits that are added up here have `most_seconds` together. Without it, each has as many.
    waited: Waited | None = None
    # Gets a report if the server falls silent.
    outage: Outage | None = None

    @classmethod
    def _connect_gen(cls, conninfo: str = "") -> PQGenConn[Self]:
        """Connect within the time of `connect_within`, which may be shorter than libpq's least, two seconds."""
        within = _until.get()
        connecting = super()._connect_gen(conninfo)
        if within is None:
            return (yield from connecting)
        # psycopg tries one host after the other. A silent one leaves time for the next.
        until = min(within[0], time.monotonic() + within[1])
        try:
            wait = next(connecting)
            while True:
                # psycopg resumes this every tenth of a second, with 0 if nothing happened. A server whose answer comes
                # byte by byte is always ready.
                ready = yield wait
                if time.monotonic() > until:
                    connecting.close()
                    raise psycopg.errors.ConnectionTimeout("The database didn't answer in time.")
                # While nothing happened it is still waiting for the same thing.
                wait = connecting.send(ready) if ready else wait
        except StopIteration as done:
            made: Self = done.value
            return made

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        """Wait for the server. Raises OperationalError, and closes the connection, after `most_seconds`."""
        limit = self.most_seconds if timeout is None else timeout
        began = time.monotonic()
        try:
            if self.waited and limit is not None and timeout is None:
                return super().wait(gen, interval, max(limit - self.waited.seconds, 0))
            return super().wait(gen, interval, limit)
        except psycopg.errors._WaitTimeout:  # noqa: SLF001 — its base class is any failure
            if timeout is not None:
                raise
            self.close()
            if self.outage:
                self.outage.begin()
            raise psycopg.OperationalError(f"The database didn't answer within {limit} seconds.") from None
        finally:
            if self.waited:
                self.waited.seconds += time.monotonic() - began


@contextmanager
def connect_within(seconds: float, *, hosts: int = 1) -> Iterator[None]:
    """Inside the block a new connection is ready within this time, or ConnectionTimeout is raised.

    Each of several hosts gets the same part of the time.
    """
    before = _until.set((time.monotonic() + seconds, seconds / hosts))
    try:
        yield
    finally:
        _until.reset(before)
