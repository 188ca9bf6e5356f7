"""The data dictionary is made of the tables, and written down."""

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


def test_what_is_written_down_is_what_holds() -> None:
    assert PAGE.read_text(encoding="utf-8") == printed(), "Run `manage.py print_dictionary` into it."


def test_every_column_has_a_row() -> None:
    header, *rows = csv.reader(io.StringIO(printed("--format", "csv"), newline=""))
    assert header == ["table", "column", "kind", "may_be_empty", "meaning"]
    tables = [*TABLES.values(), CORRECTIONS]
    assert [row[:2] for row in rows] == [[table.name, name] for table in tables for name in table.header]


@pytest.mark.parametrize("table", [*TABLES.values(), CORRECTIONS], ids=lambda table: table.name)
def test_no_meaning_breaks_the_table_it_stands_in(table: object) -> None:
    assert all("|" not in column.meaning and "\n" not in column.meaning for column in table.columns)  # type: ignore[attr-defined]
