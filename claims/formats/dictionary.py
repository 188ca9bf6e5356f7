"""The data dictionary: what every table and column means, and how each kind of file is read. Made of the tables."""

from collections.abc import Iterator

from django.conf import settings

from claims.formats.tables import CORRECTIONS, TABLES
from claims.record import imprint
from factcheck.core import spreadsheet

HEADER = ["table", "column", "kind", "may_be_empty", "meaning"]

# How each kind of file says what the tables and documents hold.
READING = {
    "csv": (
        "CSV is RFC 4180 in UTF-8 without a byte order mark: commas, and a first line with the names of the columns. "
        "Nothing is an empty cell. A list is a JSON array. An apostrophe stands before what a spreadsheet would take "
        "for a formula: at the beginning of a cell, and in it after a semicolon, a tab or a line break. To take it "
        "away, put the first group of this regular expression in the place of all that it finds: " + spreadsheet.MARK
    ),
    "xlsx": (
        "XLSX has a sheet for each table. Nothing is an empty cell. A list is a JSON array; days and times are texts. "
        "A text that is too long for a cell is cut and says so."
    ),
    "parquet": (
        "Parquet has the types: text, integer, boolean, date, timestamp in UTC, and list of texts. Nothing is null. "
        "Licence, attribution and the meaning of each column stand in the file's metadata, as JSON under about."
    ),
    "json": (
        "JSON is one object with license, attribution and claims; NDJSON has one claim a line. Each claim is an "
        "object: its published version as it was signed, and before that its address, version_address, "
        "first_published_at, corrections, license and attribution."
    ),
}


def about() -> list[str]:
    """What the files are, and under which terms, a sentence each."""
    return [
        f"Published fact-checks of {settings.SITE_NAME}, {settings.SITE_URL}/",
        "Selection: every claim that was published and is not withdrawn, in its newest version, and nothing else.",
        f"Licence: {settings.DATA_LICENSE}",
        f"Attribution: {imprint.attribution()}",
    ]


def rows() -> Iterator[list[str | bool]]:
    """The dictionary as a table: the header, and one row for each column of each table."""
    yield [*HEADER]
    for table in (*TABLES.values(), CORRECTIONS):
        for column in table.columns:
            yield [table.name, column.name, str(column.kind), column.may_be_empty, column.meaning]


def as_csv() -> Iterator[bytes]:
    header, *others = rows()
    return (line.encode() for line in spreadsheet.lines([str(name) for name in header], others))


def as_markdown() -> Iterator[bytes]:
    """The dictionary for people: as it stands in docs/reference/data-dictionary.md."""
    for line in _lines():
        yield f"{line}\n".encode()


def _lines() -> Iterator[str]:
    yield "# Data dictionary"
    yield ""
    yield "What the files of published claims hold. A column keeps its name and meaning for ever; new ones come last."
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
