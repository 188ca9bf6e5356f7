"""Django's PostgreSQL backend with a time limit for each request: readers' is short, the desk's longer, commands' none.

The limit holds for the server (`statement_timeout`), which cancels a slow statement and keeps the connection, and a
little longer for the client, which gives up on a server that doesn't answer at all. The client also adds up the waits
of a reader's request, because twenty answers that are each a little late are late together.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connections, transaction
from django.db.backends.postgresql import base
from psycopg import IsolationLevel, OperationalError, sql

from factcheck.core.postgres.driver import Connection, Waited, connect_within
from factcheck.core.postgres.outage import outages

# How much longer than the server's limit the client waits, so that a slow statement is told apart from a silent server.
_GRACE = 0.3


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection whose waits are limited to `seconds`. None, as in commands, is no limit."""

    seconds: float | None = None
    # What the waits of this request add up to, if `seconds` is for all of them together.
    waited: Waited | None = None
    # Parameters of the server for each transaction, behind a pooler that gives each transaction another session.
    parameters: Mapping[str, str]
    # The limit that the server has, or None if that isn't known.
    _server_seconds: float | None = None

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.parameters = self.settings_dict.get("PARAMETERS", {})
        if self.parameters:
            self.execute_wrappers.append(_in_a_transaction)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A new connection. Raises OperationalError at once while an earlier request waits for the server."""
        self._server_seconds = None
        if self.seconds is None:
            return self._connect(conn_params)
        # Connecting takes milliseconds, so even the desk doesn't wait for it longer than readers.
        most = min(self.seconds, settings.READER_SECONDS)
        outage = outages[self.alias]
        if not outage.may_try(most):
            raise OperationalError("The database didn't answer a moment ago, so this request doesn't wait for it.")
        try:
            with connect_within(most, hosts=str(conn_params.get("host") or "").count(",") + 1):
                made = self._connect(conn_params)
                made.most_seconds, made.outage = most, outage
        except Exception:
            outage.begin()
            raise
        outage.end()
        return made

    def _connect(self, conn_params: dict[str, Any]) -> Any:
        if self.pool:
            return super().get_new_connection(conn_params)
        # Django's own method, with our class of connection.
        self.isolation_level = IsolationLevel.READ_COMMITTED
        return Connection.connect(**conn_params, autocommit=True)

    def create_cursor(self, name: str | None = None) -> Any:
        """A cursor, whose statements have the limit of now."""
        self._set_limit()
        return super().create_cursor(name)

    def _set_autocommit(self, autocommit: bool) -> None:
        """Begin or end a transaction. It keeps the limit that it begins with."""
        if not autocommit:
            self._set_limit()
        super()._set_autocommit(autocommit)  # type: ignore[misc]
        if self.parameters and not autocommit:
            wanted = {**self.parameters, "statement_timeout": str(int((self.seconds or 0) * 1000))}
            # SET, because a query would be too early for the isolation level.
            local = [
                sql.SQL("SET LOCAL {} = {}").format(sql.Identifier(name), sql.Literal(value))
                for name, value in wanted.items()
            ]
            with self.wrap_database_errors:
                self.connection.execute(sql.SQL("; ").join(local))

    def _set_limit(self) -> None:
        """Give the server and the client the limit of now, if they have another. Does nothing in a transaction.

        Django also looks at connections between requests, where there is no limit, so only a statement or a transaction
        sets one. That takes a round trip to the server, when a thread goes from one door to another.
        """
        wanted = self.seconds or 0
        self.connection.waited = self.waited
        if self._server_seconds == wanted or not self.connection.autocommit:
            return
        with self.wrap_database_errors:
            self.connection.most_seconds = self.seconds and self.seconds + _GRACE
            if self.parameters:
                self._server_seconds = wanted
                return
            # Without a limit, a new connection keeps the one that the operator gave to the role or the server.
            if self.seconds or self._server_seconds or self.pool:
                milliseconds = sql.Literal(int(wanted * 1000))
                # On the connection itself, because it isn't a query of the page.
                self.connection.execute(sql.SQL("SET statement_timeout = {}").format(milliseconds))
        self._server_seconds = wanted

    def is_usable(self) -> bool:
        """True if the server answers on this connection. Never waits longer than a reader may."""
        if self.connection is None:
            return False
        before, self.connection.most_seconds = self.connection.most_seconds, settings.READER_SECONDS
        self.connection.waited = None
        try:
            return bool(super().is_usable())
        finally:
            if self.connection is not None:
                self.connection.most_seconds = before


def _in_a_transaction(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Run a request's statement in a transaction, whose beginning sets the parameters. A command's is left alone."""
    connection = context["connection"]
    if connection.in_atomic_block or connection.seconds is None or not connection.get_autocommit():
        return execute(sql, params, many, context)
    with transaction.atomic(using=connection.alias):
        return execute(sql, params, many, context)


def begin_again() -> None:
    """Let all waits of this request together have the whole limit once more, because it turns to another server."""
    wrappers: list[Any] = list(connections.all())
    for wrapper in wrappers:
        if wrapper.waited:
            wrapper.waited.seconds = 0.0


@contextmanager
def time_limit(seconds: float | None, *, in_all: bool = False) -> Iterator[None]:
    """Limit each wait for the database in this block, or with `in_all` all waits together.

    Inside a transaction that is already open, nothing changes.
    """
    wrappers: list[Any] = list(connections.all())
    before = [(wrapper.seconds, wrapper.waited) for wrapper in wrappers]
    waited = Waited() if in_all else None
    try:
        for wrapper in wrappers:
            wrapper.seconds, wrapper.waited = seconds, waited
        yield
    finally:
        for wrapper, values in zip(wrappers, before, strict=True):
            wrapper.seconds, wrapper.waited = values
