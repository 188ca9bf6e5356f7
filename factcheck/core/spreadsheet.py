"""CSV that no spreadsheet takes for a program."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence

import orjson

# What Excel, LibreOffice and Google Sheets take for the beginning of a formula, also in full width; and where a cell
# may begin: a spreadsheet whose language parts cells by semicolons takes no notice of our quotes, and takes each
# semicolon, tab and line break in a text for the end of a cell.
_RUNS = r"""['"]*[=+\-@＝＋－＠]"""
_WOULD_RUN = re.compile(rf"""^(?=['"]*[\t\r\n])|(^|[;\t\r\n])(?={_RUNS})""")
_SUSPECT = frozenset("'\"=+-@＝＋－＠\t\r\n")
# Where `inert` has put its apostrophe: to take it away, put the first group in the place of what this finds.
MARK = rf"""^'(?=['"]*[\t\r\n])|(^|[;\t\r\n])'(?={_RUNS})"""


class _Line:
    """A file that gives each line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def inert(text: str) -> str:
    """`text` so that it stays text in a spreadsheet: with an apostrophe before what would be a formula.

    Taking the apostrophe away from where `MARK` finds it gives `text` back.
    """
    # Most cells are done with the first look; the pattern takes thirty times as long.
    if text[:1] in _SUSPECT or ";" in text or "\n" in text or "\t" in text or "\r" in text:
        return _WOULD_RUN.sub(r"\1'", text)
    return text


def lines(header: Sequence[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """The table as RFC 4180 has it, line by line. A list is a JSON array, nothing is an empty cell."""
    writer = csv.writer(_Line())
    yield writer.writerow(header)
    for row in rows:
        yield writer.writerow([_cell(value) for value in row])


def _cell(value: object) -> object:
    match value:
        case str():
            return inert(value)
        case bool():
            return "true" if value else "false"
        case list():
            return inert(orjson.dumps(value).decode())
    return value
