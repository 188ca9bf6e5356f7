"""A record that many tests read: it is published once in a process, and copied for each test from then on."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection

_COLUMNS = """
SELECT relname, string_agg(quote_ident(attname), ', ' ORDER BY attnum)
FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
GROUP BY relname
"""


@dataclass(frozen=True)
class _Kept:
    """What `make` returned, and the content of each table that it changed, by the table with its columns."""

    made: Any
    tables: dict[str, bytes]


def once(make: Callable[[], Any]) -> Any:
    """A fixture of what `make` does to an empty database, and with what it returns.

    The rows have the same keys in each test. To copy them takes a fraction of the time in which they are published.
    """
    kept: list[_Kept] = []

    @pytest.fixture
    def rows(db: None) -> Any:
        if kept:
            _restore(kept[0].tables)
        else:
            before, made = _contents(), make()
            after = _contents().items()
            kept.append(_Kept(made, {table: content for table, content in after if content != before[table]}))
        return deepcopy(kept[0].made)

    return rows


def _contents() -> dict[str, bytes]:
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS)
        found = {}
        for table, columns in cursor.fetchall():
            with cursor.copy(f"COPY {table} ({columns}) TO STDOUT") as copy:
                found[f"{table} ({columns})"] = b"".join(map(bytes, copy))
    return found


def _restore(tables: dict[str, bytes]) -> None:
    """Replace the content of these tables. No trigger fires: what triggers wrote is part of the content."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table, content in tables.items():
            cursor.execute(f"DELETE FROM {table.partition(' ')[0]}")  # noqa: S608 — a table of ours
            with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                copy.write(content)
        cursor.execute("SET LOCAL session_replication_role = origin")
