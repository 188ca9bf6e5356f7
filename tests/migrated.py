"""A migrated database that test databases are copied from. It is made once for each state of the code.

To migrate takes a quarter of a minute for each process and each run; to copy takes a second. After a test that commits,
the rows of migrations are copied back: the receivers of `post_migrate` would need four times as long to make them.
"""

import hashlib
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder

_PREFIX = "migrated_"
# The lock that the first process holds while it migrates, and that the others wait for.
_LOCK = 0x3A11
_ROOT = Path(__file__).parent.parent


def template() -> str:
    """The name of the migrated database on the server of the tests. Makes it, and drops older ones, if needed."""
    name = _PREFIX + _digest()
    # The lock belongs to a transaction, because a pooler may give each statement outside of one another session. No
    # database can be made in a transaction, so that takes a connection of its own.
    with connection._nodb_cursor() as lock, connection._nodb_cursor() as server:
        lock.execute("BEGIN")
        lock.execute("SET LOCAL lock_timeout = 0")
        lock.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        server.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [_PREFIX])
        made = {database for (database,) in server.fetchall()}
        if name not in made:
            for database in made:
                server.execute(f"DROP DATABASE {database} WITH (FORCE)")
            _make(server, name)
    return name


class Rows:
    """The rows of each table of a migrated database."""

    def __init__(self) -> None:
        introspection = connection.introspection
        known = introspection.django_table_names(only_existing=True)
        # Those without a model, which Django doesn't empty.
        self._others = {*introspection.table_names()} - {*known, MigrationRecorder.Migration._meta.db_table}
        self._copies: dict[str, list[bytes]] = {}
        with connection.cursor() as cursor:
            for table in known:
                with cursor.copy(f'COPY "{table}" TO STDOUT') as copy:
                    if rows := [bytes(row) for row in copy]:
                        self._copies[table] = rows

    @transaction.atomic
    def restore(self, *_: object, **__: object) -> None:
        """Copy the rows back, after Django has emptied the tables of models."""
        with connection.cursor() as cursor:
            for table in self._others:
                cursor.execute(f'DELETE FROM "{table}"')  # noqa: S608 — the name of a table
            for table, rows in self._copies.items():
                with cursor.copy(f'COPY "{table}" FROM STDIN') as copy:
                    for row in rows:
                        copy.write(row)


def _digest() -> str:
    """Of all code and requirements that a migrated database is made from."""
    digest = hashlib.sha256()
    code = [file for app in ("claims", "factcheck", "sources") for file in (_ROOT / app).rglob("*.py")]
    for file in [*sorted(code), _ROOT / "requirements.txt"]:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _make(server: Any, name: str) -> None:
    """Migrate a new database. It gets its name last, so that a process that is killed leaves none half done."""
    unfinished = f"{_PREFIX}unfinished"
    server.execute(f"CREATE DATABASE {unfinished}")
    own = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = unfinished
    try:
        call_command("migrate", verbosity=0)
    finally:
        connection.close()
        connection.settings_dict["NAME"] = own
    server.execute(f"ALTER DATABASE {unfinished} RENAME TO {name}")
