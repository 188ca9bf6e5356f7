"""The database that a reader's request reads from: the primary, or one of its standbys.

Code that reads the record asks the ORM, `repeatable_read` or `reading()`, and all three give it the same database. What
writes, and what must see the newest state, uses Django's `connection`, which is always the primary.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

_alias: ContextVar[str] = ContextVar("reads_from", default=DEFAULT_DB_ALIAS)


def alias() -> str:
    """The alias of the database to read from."""
    return _alias.get()


def reading() -> BaseDatabaseWrapper:
    """The connection to read from, for SQL that the ORM can't express."""
    return connections[alias()]


@contextmanager
def reading_from(database: str) -> Iterator[None]:
    """In this block, the database with this alias is read."""
    before = _alias.set(database)
    try:
        yield
    finally:
        _alias.reset(before)


def read_from(database: str) -> None:
    """Read the database with this alias for the rest of the block of `reading_from`."""
    _alias.set(database)


class ReadRouter:
    """Django's router: reads go where the request reads from, writes and migrations to the primary."""

    def db_for_read(self, model: type[models.Model], **hints: Any) -> str:
        """The database of this request."""
        return alias()

    def db_for_write(self, model: type[models.Model], **hints: Any) -> str:
        """The primary."""
        return DEFAULT_DB_ALIAS

    def allow_relation(self, one: models.Model, other: models.Model, **hints: Any) -> bool:
        """All databases hold the same rows."""
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        """A standby gets the tables from the primary."""
        return db == DEFAULT_DB_ALIAS
