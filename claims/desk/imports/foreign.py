"""Fact-checks by others, written many at a time: a batch is one statement, and the database says what it did."""

from collections.abc import Iterator, Sequence
from typing import Any

import orjson
from django.db import connection
from django.utils.translation import gettext as _

from claims.choices import ImportOutcome, ImportState
from claims.desk.imports import labels
from claims.desk.imports.limits import BATCH, MOST_NEW_LABELS
from claims.desk.imports.reviews import FIELDS, site_of
from claims.desk.imports.rows import Problem, Row
from claims.desk.imports.targets import Checked, Tally
from claims.desk.merging.references import references_to
from claims.models import ForeignCheck, ImportedRow, ImportRun

# The columns that come from a row. The label is a row of its own.
_TEXTS = [name for name in FIELDS if name != "label"]
_COLUMNS = [*_TEXTS, "label_id"]
_CHECKS = ForeignCheck._meta.db_table
_ROWS = ImportedRow._meta.db_table
# Rows that are named when a run can't be undone.
_NAMED = 100


def _listed(pattern: str, separator: str = ", ") -> str:
    return separator.join(pattern.format(name) for name in _COLUMNS)


def _is_used(check: str) -> str:
    """SQL that is true if something at the desk refers to a fact-check, other than imports."""
    used = [
        f"EXISTS (SELECT FROM {one.model._meta.db_table} u WHERE u.{one.column} = {check}.id)"
        for one in references_to(ForeignCheck)
        if one.model is not ImportedRow
    ]
    return f"({' OR '.join(used) or 'false'})"


_AS_JSON = f"json_build_object({_listed(chr(39) + '{0}' + chr(39) + ', {{row}}.{0}')})"
# A batch as rows, and those of them that are there.
_GIVEN = f"""
    WITH given AS MATERIALIZED (
        SELECT * FROM json_to_recordset(%(rows)s::json)
        AS r(number bigint, "where" text, {", ".join(f"{name} text" for name in _TEXTS)}, label_id bigint)
    ), known AS MATERIALIZED (
        SELECT g.number, f.id, {_is_used("f")} AS is_used,
               {_listed("f.{0} IS DISTINCT FROM g.{0}", " OR ")} AS differs
        FROM given g JOIN {_CHECKS} f ON f.feed = %(feed)s AND f.reference = g.reference
    )
"""  # noqa: S608 — names of our models
_OUTCOMES = f"""
    SELECT number, CASE WHEN NOT differs THEN '{ImportOutcome.UNCHANGED}' WHEN is_used THEN '{ImportOutcome.SUGGESTED}'
                        ELSE '{ImportOutcome.UPDATED}' END FROM known
"""  # noqa: S608
_CHECK = _GIVEN + _OUTCOMES
_APPLY = f"""{_GIVEN}, kept AS (
        INSERT INTO {_ROWS} (run_id, number, "where", outcome, reference, problems, foreign_id, before, "values", after)
        SELECT %(run)s, g.number, g."where",
               CASE WHEN k.is_used THEN '{ImportOutcome.SUGGESTED}' ELSE '{ImportOutcome.UPDATED}' END,
               g.reference, '[]', f.id,
               (to_jsonb({_AS_JSON.format(row="f")}) || jsonb_build_object('changed_in_id', f.changed_in_id)),
               CASE WHEN k.is_used THEN to_jsonb({_AS_JSON.format(row="g")}) END, ''
        FROM given g JOIN known k ON k.number = g.number JOIN {_CHECKS} f ON f.id = k.id WHERE k.differs
    ), changed AS (
        UPDATE {_CHECKS} f SET {_listed("{0} = g.{0}")}, changed_in_id = %(run)s
        FROM given g JOIN known k ON k.number = g.number WHERE f.id = k.id AND k.differs AND NOT k.is_used
    ), made AS (
        INSERT INTO {_CHECKS} (feed, run_id, {", ".join(_COLUMNS)})
        SELECT %(feed)s, %(run)s, {_listed("g.{0}")} FROM given g
        WHERE NOT EXISTS (SELECT FROM known k WHERE k.number = g.number)
    ) {_OUTCOMES}
"""  # noqa: S608

_OBSTACLES = f"""
    SELECT reference, is_used FROM (
        SELECT f.id, f.reference, {_is_used("f")} AS is_used, f.changed_in_id IS NOT NULL AS is_changed
        FROM {_CHECKS} f WHERE f.run_id = %(run)s
        UNION ALL
        SELECT f.id, coalesce(f.reference, r.reference), coalesce({_is_used("f")}, false),
               f.changed_in_id IS DISTINCT FROM r.run_id
        FROM {_ROWS} r LEFT JOIN {_CHECKS} f ON f.id = r.foreign_id
        WHERE r.run_id = %(run)s AND r.outcome = '{ImportOutcome.UPDATED}'
    ) touched WHERE is_used OR is_changed ORDER BY id LIMIT %(most)s
"""  # noqa: S608
_BEFORE = ", ".join(f"{name} = r.before->>'{name}'" for name in _TEXTS)
_UNDO = [
    f"""UPDATE {_CHECKS} f SET {_BEFORE}, label_id = (r.before->>'label_id')::bigint,
            changed_in_id = (r.before->>'changed_in_id')::bigint
        FROM {_ROWS} r WHERE r.run_id = %(run)s AND r.outcome = '{ImportOutcome.UPDATED}' AND f.id = r.foreign_id""",  # noqa: S608
    f"UPDATE {_ROWS} SET foreign_id = NULL WHERE foreign_id IN (SELECT id FROM {_CHECKS} WHERE run_id = %(run)s)",  # noqa: S608
    f"DELETE FROM {_CHECKS} WHERE run_id = %(run)s",  # noqa: S608
]


class ForeignChecks:
    """The target for fact-checks by others. A label that nobody decided about stops the import before it begins."""

    batch, reads_ahead = BATCH, True

    def __init__(self, run: ImportRun) -> None:
        self.run = run
        self.labels = labels.known()
        self.found: dict[labels.Key, labels.Found] = {}

    def check(self, rows: Sequence[Row]) -> Tally:
        for row in rows:
            if row.values["label"] and len(self.found) <= MOST_NEW_LABELS:
                key = (site_of(row.values), row.values["label"])
                self.found.setdefault(key, labels.Found(where=row.where)).add(row.values)
        return self._done(_CHECK, rows)

    def apply(self, rows: Sequence[Row]) -> Tally:
        return self._done(_APPLY, rows)

    def checked(self, *, dry_run: bool) -> Checked:
        """Asks for a decision about each label that has none, and says which scales are reversed."""
        if len(self.found) > MOST_NEW_LABELS:
            reason = _("The file has more than %(count)d labels. The column of the label is probably another one.")
            return Checked(ImportState.STOPPED, reason=reason % {"count": MOST_NEW_LABELS})
        if not dry_run:
            labels.ask(self.found)
        return labels.questions(labels.as_json(self.found))

    def _done(self, statement: str, rows: Sequence[Row]) -> Tally:
        given = [self._columns(row) for row in rows]
        values = {"rows": orjson.dumps(given).decode(), "feed": self.run.feed, "run": self.run.pk}
        with connection.cursor() as cursor, connection.wrap_database_errors:
            # Without Django's log of statements: with DEBUG it would keep each batch, which is megabytes.
            cursor.cursor.execute(statement, values)
            return Tally({number: ImportOutcome(outcome) for number, outcome in cursor.fetchall()})

    def _columns(self, row: Row) -> dict[str, Any]:
        values = row.values
        label = self.labels.get((site_of(values), values["label"])) if values["label"] else None
        return {**values, "number": row.number, "where": row.where[:100], "label_id": label and label.pk}

    # Undo

    def obstacles(self) -> Iterator[Problem]:
        used, changed = _("A claim or a decision at the desk uses it."), _("It was changed since.")
        with connection.cursor() as cursor:
            cursor.execute(_OBSTACLES, {"run": self.run.pk, "most": _NAMED})
            for reference, is_used in cursor.fetchall():
                yield Problem(reference, used if is_used else changed)

    def undo(self) -> None:
        with connection.cursor() as cursor:
            for statement in _UNDO:
                cursor.execute(statement, {"run": self.run.pk})
