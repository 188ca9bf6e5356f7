"""People who act at the same time: real connections, real commits."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction


class Colleague:
    """A second person, who does one thing on a database connection of their own."""

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(max_workers=1)

    def does(self, act: Callable[[], Any]) -> "Future[Any]":
        def work() -> Any:
            try:
                # A busy machine is no reason to give up; the tests of giving up set a time of their own.
                with connection.cursor() as cursor:
                    cursor.execute("SET lock_timeout = '500s'")
                return act()
            finally:
                connection.close()

        return self.pool.submit(work)


def waits_for_a_lock() -> bool:
    """True if a connection to this database waits for another."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
        return cursor.fetchone() is not None


@contextmanager
def meanwhile(act: Callable[[], Any]) -> Iterator["Future[Any]"]:
    """Run the block, then start `act` on another connection before the block is committed, so that `act` waits."""
    with transaction.atomic():
        future: Future[Any] = Future()
        yield future
        result = Colleague().does(act)
        while not (waits_for_a_lock() or result.done()):
            threading.Event().wait(0.01)
    error = result.exception()
    if error:
        future.set_exception(error)
    else:
        future.set_result(result.result())
