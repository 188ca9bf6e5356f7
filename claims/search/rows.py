"""Rows of the tables that search reads, as tuples."""

from collections.abc import Iterable, Sequence
from typing import Any

from factcheck.core.postgres.reading import reading


def rows(sql: str, values: Sequence[Any] | None = None) -> list[Any]:
    """The rows of a statement."""
    with reading().cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def known_facets(asked: Iterable[tuple[str, str]]) -> list[tuple[str, str, int, int]]:
    """The languages of the record and the facets that are asked for: kind, value, id and number of claims."""
    return rows(
        "SELECT kind, value, id, claims FROM claims_facet WHERE kind = 'language' AND claims > 0 "
        "UNION SELECT kind, value, id, claims FROM claims_facet "
        "JOIN unnest(%s::text[], %s::text[]) AS asked (kind, value) USING (kind, value) WHERE claims > 0",
        [*as_columns(asked)],
    )


def as_columns(pairs: Iterable[tuple[str, str]]) -> tuple[list[str], list[str]]:
    """The pairs as two lists, for `unnest`."""
    pairs = list(pairs)
    return [kind for kind, _value in pairs], [value for _kind, value in pairs]
