"""Consistent reads from the database, and what to do when it doesn't answer or a lock isn't free."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import Error, InterfaceError, OperationalError, models, transaction
from psycopg.errors import DeadlockDetected, IdleInTransactionSessionTimeout, LockNotAvailable, ReadOnlySqlTransaction

from factcheck.core.postgres.reading import alias, reading


@contextmanager
def repeatable_read() -> Iterator[None]:
    """Make all queries inside see the same state of the database, whatever other transactions commit.

    Inside a transaction that is already open, the isolation level stays as it is.
    """
    outermost = not reading().in_atomic_block
    with transaction.atomic(using=alias()):
        if outermost:
            with reading().cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def is_away(error: Exception) -> bool:
    """True if the error was raised because the connection to the database was lost or can't be made.

    False for any other error, such as a broken constraint, a lock that isn't free, or a time limit.
    """
    cause = error.__cause__
    if isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError):
        # Without a code the error comes from the client: there is no server. The codes are "connection exception" and
        # "operator intervention". The connection of now says nothing, because Django may have made another.
        return cause.sqlstate is None or cause.sqlstate.startswith(("08", "57P"))
    return isinstance(error, Error) and not reading().is_usable()


def is_lock_failure(error: OperationalError) -> bool:
    """True if a lock was not free in the time that the database gives, or two transactions waited for each other."""
    return isinstance(error.__cause__, LockNotAvailable | DeadlockDetected)


def is_unavailable(error: BaseException) -> bool:
    """True if the database can't do now what is asked, and may be able to later.

    It is away, starting, full or read-only, has no free connection, or took longer than the time limit.
    """
    if isinstance(error, OperationalError | InterfaceError):
        return True
    return isinstance(error.__cause__, ReadOnlySqlTransaction | IdleInTransactionSessionTimeout)


def reason_of(error: Exception, model: type[models.Model]) -> str:
    """Why the database refused a row of `model`, in the words of the constraint if it has its own."""
    diagnosis = getattr(error.__cause__, "diag", None)
    for constraint in model._meta.constraints:
        if diagnosis and constraint.name == diagnosis.constraint_name:
            own = constraint.violation_error_message
            if own and own != constraint.default_violation_error_message:
                return str(own)
    primary = getattr(diagnosis, "message_primary", None) or str(error).partition("\n")[0]
    detail = getattr(diagnosis, "message_detail", None) or getattr(diagnosis, "message_hint", None) or ""
    return f"{primary}. {detail}".strip(" .")
