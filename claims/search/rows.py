"""Rows of the tables that search reads, as tuples."""

from collections.abc import Sequence
from typing import Any

from factcheck.core.postgres.reading import reading


def rows(sql: str, values: Sequence[Any] | None = None) -> list[Any]:
    """The rows of a statement."""
    with reading().cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
