"""Consistent reads from the database, and locks that can't be had."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction
from psycopg.errors import DeadlockDetected, LockNotAvailable


@contextmanager
def repeatable_read() -> Iterator[None]:
    """Make all queries inside see the same state of the database, whatever other transactions commit.

    Inside a transaction that is already open, the isolation level stays as it is.
    """
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def is_lock_failure(error: OperationalError) -> bool:
    """True if a lock was not free in the time that the database gives, or two transactions waited for each other."""
    return isinstance(error.__cause__, LockNotAvailable | DeadlockDetected)
