"""Tests of the data dictionary: the page in docs/ matches the tables."""

import csv
import io
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from claims.formats.tables import CORRECTIONS, TABLES

PAGE = Path(settings.BASE_DIR) / "docs/reference/data-dictionary.md"


def printed(*arguments: str) -> str:
    out = StringIO()
    call_command("print_dictionary", *arguments, stdout=out)
    return out.getvalue()


def test_the_page_in_the_docs_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == printed(), (
        "Run `manage.py print_dictionary > docs/reference/data-dictionary.md`."
    )


def test_every_column_has_a_row() -> None:
    header, *rows = csv.reader(io.StringIO(printed("--format", "csv"), newline=""))
    assert header == ["table", "column", "kind", "may_be_empty", "meaning"]
    tables = [*TABLES.values(), CORRECTIONS]
    assert [row[:2] for row in rows] == [[table.name, name] for table in tables for name in table.header]


@pytest.mark.parametrize("table", [*TABLES.values(), CORRECTIONS], ids=lambda table: table.name)
def test_no_meaning_breaks_the_markdown_table(table: object) -> None:
    assert all("|" not in column.meaning and "\n" not in column.meaning for column in table.columns)  # type: ignore[attr-defined]
