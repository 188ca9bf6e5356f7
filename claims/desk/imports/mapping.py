"""What an import of a spreadsheet must be told: the columns, the sheet, the order of dates, and what ratings mean.

A feed's last import of claims says it for the next one. What isn't known is proposed, and a person decides.
"""

from collections.abc import Iterable
from typing import IO, Any

from claims.choices import ImportTarget
from claims.desk.imports import kinds, sheets
from claims.desk.imports.columns import COLUMNS, label_of, recognised
from claims.desk.imports.sheets import Table
from claims.models import ImportRun, Rating
from factcheck.core.text import folded

Mapping = dict[str, Any]


def remembered(feed: str) -> Mapping:
    """What the feed's last import of claims used. Empty if there was none."""
    runs = ImportRun.objects.filter(feed=feed, target=ImportTarget.CLAIMS, mapping__has_key="columns")
    return runs.order_by("-pk").values_list("mapping", flat=True).first() or {}


def tables_of(file: IO[bytes], file_name: str) -> list[Table]:
    """The tables of a spreadsheet that have headings. Raises Unreadable."""
    return sheets.tables(kinds.lines(kinds.KINDS["sheet"], file, file_name))


def proposed(tables: list[Table], feed: str) -> Mapping:
    """A mapping for this file: as the feed's last import, and for the rest by the headings, with the best sheet."""
    before = remembered(feed)
    columns = [recognised(table.headings, before.get("columns")) for table in tables]
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


def missing(columns: Iterable[str]) -> list[str]:
    """The words of the columns that every import needs and that aren't there."""
    given = set(columns)
    return [label_of(name) for name, column in COLUMNS.items() if column.is_needed and name not in given]
