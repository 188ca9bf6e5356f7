"""What an import of a table must be told: the columns, the sheet, the order of dates, and what ratings mean.

A feed's last import of the same kind says it for the next one. What isn't known is proposed, and a person decides.
"""

from collections.abc import Iterable, Mapping
from typing import IO, Any

from claims.desk.imports import kinds, sheets
from claims.desk.imports.check_columns import CHECK_COLUMNS
from claims.desk.imports.columns import COLUMNS, Column, label_of, recognised
from claims.desk.imports.sheets import Table
from claims.models import ImportRun, Rating
from factcheck.core.text import folded

Chosen = dict[str, Any]
# The columns of each kind whose headings somebody must choose.
COLUMNS_OF: Mapping[str, Mapping[str, Column]] = {"sheet": COLUMNS, "table": CHECK_COLUMNS}


def remembered(feed: str, kind: str) -> Chosen:
    """What the feed's last import of this kind used. Empty if there was none."""
    runs = ImportRun.objects.filter(feed=feed, kind=kind, mapping__has_key="columns")
    return runs.order_by("-pk").values_list("mapping", flat=True).first() or {}


def tables_of(kind: str, file: IO[bytes], file_name: str) -> list[Table]:
    """The tables of a file that have headings. Raises Unreadable."""
    one = kinds.KINDS[kind]
    lines = kinds.lines(one, file, file_name)
    has_cells = kind == "sheet" or one.reader(file_name) in kinds.WORKBOOKS
    return sheets.tables(lines) if has_cells else kinds.first_rows(lines)


def proposed(tables: list[Table], feed: str, kind: str = "sheet") -> Chosen:
    """A mapping for this file: as the feed's last import, and for the rest by the headings, with the best sheet."""
    before = remembered(feed, kind)
    columns = [recognised(table.headings, before.get("columns"), COLUMNS_OF[kind]) for table in tables]
    best = max(range(len(tables)), key=lambda place: len(columns[place]), default=None)
    mapping = {"dates": before.get("dates", ""), "ratings": before.get("ratings", {})}
    if best is None:
        return {**mapping, "columns": {}, "sheet": ""}
    return {**mapping, "columns": columns[best], "sheet": tables[best].sheet}


def proposed_ratings(labels: Iterable[str]) -> dict[str, str]:
    """The slug of our rating that has the words of each label. Empty if none has."""
    ours = {
        folded(words): slug for slug, label in Rating.objects.values_list("slug", "label") for words in (slug, label)
    }
    return {label: ours.get(folded(label), "") for label in labels}


def missing(columns: Iterable[str], kind: str = "sheet") -> list[str]:
    """The words of the columns that every import of this kind needs and that aren't there."""
    given = set(columns)
    needed = [name for name, column in COLUMNS_OF[kind].items() if column.is_needed and name not in given]
    return [label_of(name) if kind == "sheet" else str(COLUMNS_OF[kind][name].label) for name in needed]
