"""The counts behind the figures of all published claims: read, compare them with the record, and correct them."""

from collections import Counter
from collections.abc import Iterable, Sequence

from django.db import connection

from claims.choices import FigureKind
from claims.models import FigureCount

# A cell: the figure, the row and the column; and the change that its count needs.
Change = tuple[str, str, str, int]

_DIFFERING = """
SELECT figure, "row", "column", coalesce(recorded.claims, 0) - coalesce(stored.claims, 0)
FROM claims_figurecount AS stored FULL JOIN claims_figures() AS recorded USING (figure, "row", "column")
WHERE coalesce(stored.claims, 0) <> coalesce(recorded.claims, 0) ORDER BY 1, 2, 3
"""
_CORRECT = """
INSERT INTO claims_figurecount AS stored (figure, "row", "column", claims)
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::int4[])
ON CONFLICT (figure, "row", "column") DO UPDATE SET claims = stored.claims + EXCLUDED.claims
"""


def cells(*figures: FigureKind, rows: Iterable[str] | None = None) -> dict[str, Counter[tuple[str, str]]]:
    """The counts of each figure by row and column, of these rows if they are given. Runs one query."""
    found = FigureCount.objects.filter(figure__in=figures, claims__gt=0)
    chosen = found if rows is None else found.filter(row__in=rows)
    counted: dict[str, Counter[tuple[str, str]]] = {str(figure): Counter() for figure in figures}
    for figure, row, column, claims in chosen.values_list("figure", "row", "column", "claims"):
        counted[figure][row, column] = claims
    return counted


def differing() -> list[Change]:
    """The changes that bring the counts to what the record adds up to, sorted. Reads the whole record."""
    with connection.cursor() as cursor:
        cursor.execute(_DIFFERING)
        return list(cursor.fetchall())


def correct(changes: Sequence[Change]) -> None:
    """Make these changes. What was published since they were found stays counted.

    The caller holds the record's lock.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CORRECT, [list(column) for column in zip(*changes, strict=True)])
