"""The triggers with which the database guards the record, as the migrations create them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from django.db import connection
from django.db.migrations import Migration, RunSQL
from django.db.migrations.loader import MigrationLoader

_CREATED = re.compile(r"CREATE (?:CONSTRAINT )?TRIGGER (\w+)\s.*?\sON (\w+)\s.*?EXECUTE FUNCTION (\w+)", re.DOTALL)
_DROPPED = re.compile(r"DROP TRIGGER (\w+) ON (\w+)")
# A table with a trigger of this name refuses updates and deletions.
_APPEND_ONLY = "_only_grows_update"
_IN_FORCE = """
    SELECT tgname, relname, proname FROM pg_trigger
    JOIN pg_class ON pg_class.oid = tgrelid JOIN pg_proc ON pg_proc.oid = tgfoid
    WHERE relnamespace = 'public'::regnamespace AND NOT tgisinternal AND tgenabled IN ('O', 'A')
"""


@dataclass(frozen=True)
class Guard:
    """A trigger on a table, and the function that it calls."""

    name: str
    table: str
    function: str

    def __str__(self) -> str:
        return f"{self.name} on {self.table}"


@cache
def expected() -> dict[Guard, Migration]:
    """The guards that a migrated database has, and the migration that creates each. Read from the migrations' SQL."""
    graph = MigrationLoader(None).graph
    found: dict[Guard, Migration] = {}
    # In this order each migration comes after those that it depends on.
    plan = dict.fromkeys(key for leaf in sorted(graph.leaf_nodes()) for key in graph.forwards_plan(leaf))
    for migration in (graph.nodes[key] for key in plan):
        for statement in _statements(migration):
            dropped = set(_DROPPED.findall(statement))
            found = {guard: made for guard, made in found.items() if (guard.name, guard.table) not in dropped}
            found |= {Guard(*parts): migration for parts in _CREATED.findall(statement)}
    return found


def in_force() -> set[Guard]:
    """The triggers of the database that are switched on."""
    with connection.cursor() as cursor:
        cursor.execute(_IN_FORCE)
        return {Guard(*row) for row in cursor.fetchall()}


def append_only_tables() -> set[str]:
    """The tables whose rows are never updated or deleted."""
    return {guard.table for guard in expected() if guard.name.endswith(_APPEND_ONLY)}


def _statements(migration: Migration) -> Iterator[str]:
    for operation in migration.operations:
        if isinstance(operation, RunSQL):
            yield from [operation.sql] if isinstance(operation.sql, str) else map(str, operation.sql)
