"""The data dictionary: the meaning of every table and column, and how to read each kind of file."""

from collections.abc import Iterator

from django.conf import settings

from claims.formats.tables import CORRECTIONS, TABLES
from claims.record import imprint
from factcheck.core import spreadsheet

HEADER = ["table", "column", "kind", "may_be_empty", "meaning"]

# How to read each kind of file.
READING = {
    "csv": (
        "CSV is RFC 4180 in UTF-8 without a byte order mark: commas, and a first line with the names of the columns. "
        "An empty cell means no value. A list is a JSON array. An apostrophe is put before text that a spreadsheet "
        "would read as a formula: at the start of a cell, and after a semicolon, a tab or a line break in it. To "
        "remove it, replace each match of this regular expression with its first group: " + spreadsheet.MARK
    ),
    "xlsx": (
        "XLSX has a sheet for each table. An empty cell means no value. A list is a JSON array. Days and times are "
        "texts. A text that is too long for a cell is cut, and ends with a note that says so."
    ),
    "parquet": (
        "Parquet has typed columns: text, integer, boolean, date, timestamp in UTC, and list of texts. Null means no "
        "value. The licence, the attribution and the meaning of each column are in the file's metadata, as JSON under "
        "the key about."
    ),
    "json": (
        "JSON is one object with license, attribution and claims. NDJSON has one claim on each line. Each claim is an "
        "object: first its address, version_address, first_published_at, corrections, license and attribution, then "
        "all keys of its published version as it was published."
    ),
}


def about() -> list[str]:
    """The content of the files and their terms of use, as a list of sentences."""
    return [
        f"Published fact-checks of {settings.SITE_NAME}, {settings.SITE_URL}/",
        "Selection: the newest version of each published claim that isn't withdrawn.",
        f"Licence: {settings.DATA_LICENSE}",
        f"Attribution: {imprint.attribution()}",
    ]


def rows() -> Iterator[list[str | bool]]:
    """The dictionary as a table: a header, and one row for each column of each table."""
    yield [*HEADER]
    for table in (*TABLES.values(), CORRECTIONS):
        for column in table.columns:
            yield [table.name, column.name, str(column.kind), column.may_be_empty, column.meaning]


def as_csv() -> Iterator[bytes]:
    header, *others = rows()
    return (line.encode() for line in spreadsheet.lines([str(name) for name in header], others))


def as_markdown() -> Iterator[bytes]:
    """The dictionary as Markdown, as in docs/reference/data-dictionary.md."""
    for line in _lines():
        yield f"{line}\n".encode()


def _lines() -> Iterator[str]:
    yield "# Data dictionary"
    yield ""
    yield "The tables and columns in the files of published claims. A column never changes its name or meaning."
    yield "New columns are added at the end."
    yield ""
    yield "## How to read each kind of file"
    yield ""
    for reading in READING.values():
        sentence, pattern, _nothing = reading.partition(spreadsheet.MARK)
        yield f"- {sentence}`{pattern}`" if pattern else f"- {sentence}"
    for table in (*TABLES.values(), CORRECTIONS):
        yield ""
        yield f"## {table.name}"
        yield ""
        yield table.meaning
        yield ""
        yield "| column | kind | may be empty | meaning |"
        yield "|---|---|---|---|"
        for column in table.columns:
            empty = "yes" if column.may_be_empty else ""
            yield f"| `{column.name}` | {column.kind} | {empty} | {column.meaning} |"
