"""The counts behind the figures of published claims.

Those of all claims are kept by the database: read them here, compare them with the record, and correct them. Those of a
selection are counted from its claims, by the same rules.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from django.core.exceptions import EmptyResultSet
from django.db import connection

from claims.choices import FigureKind
from claims.models import FigureCount
from claims.models.querysets import PublishedClaimQuerySet
from factcheck.core.postgres.reading import reading

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

# What the claims of a selection count in: as `claims_figures()` in the database says it of all claims. They are read
# once. `selected` has one claim more than are counted, if there are more.
_OF_SELECTION = """
WITH selected AS MATERIALIZED ({selected}),
shown AS MATERIALIZED (SELECT * FROM selected ORDER BY first_published_at DESC, slug LIMIT %s),
counted AS (
    SELECT '' AS figure, '' AS "row", '' AS "column" FROM selected
    UNION ALL
    SELECT 'rating', to_char(first_published_at AT TIME ZONE 'UTC', 'YYYY-MM'), rating FROM shown
    UNION ALL SELECT 'corrected', '', '' FROM shown WHERE is_corrected
    UNION ALL SELECT 'topic', topic, rating FROM shown, unnest(topics) AS topic
    UNION ALL SELECT 'outlet', outlet, rating FROM shown, unnest(outlets) AS outlet
    UNION ALL
    SELECT 'days', CASE WHEN claimed_from = claimed_until AND notice = ''
        THEN ((first_published_at AT TIME ZONE 'UTC')::date - claimed_until)::text ELSE '' END, '' FROM shown
    UNION ALL
    SELECT 'correction', to_char(correction.at AT TIME ZONE 'UTC', 'YYYY-MM'), correction.kind
    FROM shown JOIN claims_revision AS revision USING (claim_id)
    JOIN claims_correction AS correction ON correction.revision_id = revision.id
    WHERE is_corrected
)
SELECT figure, "row", "column", count(*) FROM counted GROUP BY 1, 2, 3
"""
_READ = (
    "claim_id",
    "slug",
    "first_published_at",
    "rating",
    "is_corrected",
    "topics",
    "outlets",
    "claimed_from",
    "claimed_until",
    "notice",
)

Cells = dict[str, Counter[tuple[str, str]]]


def cells(*figures: FigureKind, rows: Iterable[str] | None = None) -> Cells:
    """The counts of each figure by row and column, of these rows if they are given. Runs one query."""
    found = FigureCount.objects.filter(figure__in=figures, claims__gt=0)
    chosen = found if rows is None else found.filter(row__in=rows)
    counted: Cells = {str(figure): Counter() for figure in figures}
    for figure, row, column, claims in chosen.values_list("figure", "row", "column", "claims"):
        counted[figure][row, column] = claims
    return counted


def cells_of(claims: PublishedClaimQuerySet, *, most: int) -> tuple[Cells, bool]:
    """The counts of each figure but `EVER` by row and column, of the newest `most` of `claims`. Runs one query.

    Also returns True if there are more claims.
    """
    counted: Cells = {"": Counter(), **{str(figure): Counter() for figure in FigureKind}}
    newest = claims.order_by("-first_published_at", "slug").values_list(*_READ)[: most + 1]
    try:
        sql, parameters = newest.query.sql_with_params()
    except EmptyResultSet:
        return counted, False
    with reading().cursor() as cursor:
        cursor.execute(_OF_SELECTION.format(selected=sql), [*parameters, most])
        for figure, row, column, number in cursor:
            counted[figure][row, column] = number
    return counted, counted[""].total() > most


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
