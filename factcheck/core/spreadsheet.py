"""CSV whose cells no spreadsheet runs as formulas."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence

import orjson

# The characters that begin a formula in Excel, LibreOffice and Google Sheets, including full-width forms.
# A cell can begin inside our text too: in a language that separates cells by semicolons, a spreadsheet may ignore our
# quotes and treat every semicolon, tab and line break as the end of a cell.
_FORMULA_START = r"""['"]*[=+\-@＝＋－＠]"""
_WOULD_BE_FORMULA = re.compile(rf"""^(?=['"]*[\t\r\n])|(^|[;\t\r\n])(?={_FORMULA_START})""")
_SUSPECT = frozenset("'\"=+-@＝＋－＠\t\r\n")
# Matches the apostrophes that `escape_formulas` adds. To remove them, replace each match by its first group.
MARK = rf"""^'(?=['"]*[\t\r\n])|(^|[;\t\r\n])'(?={_FORMULA_START})"""


class _Echo:
    """A file whose `write` returns the line, as in the Python docs for `csv`."""

    def write(self, line: str) -> str:
        return line


def escape_formulas(text: str) -> str:
    """The text with an apostrophe before everything that a spreadsheet would run as a formula.

    Removing the apostrophes that `MARK` matches gives `text` back.
    """
    # This check is enough for most cells; the pattern takes thirty times as long.
    if text[:1] in _SUSPECT or ";" in text or "\n" in text or "\t" in text or "\r" in text:
        return _WOULD_BE_FORMULA.sub(r"\1'", text)
    return text


def lines(header: Sequence[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """The lines of the table as CSV (RFC 4180). A list becomes a JSON array, None an empty cell."""
    writer = csv.writer(_Echo())
    yield writer.writerow(header)
    for row in rows:
        yield writer.writerow([_cell(value) for value in row])


def _cell(value: object) -> object:
    match value:
        case str():
            return escape_formulas(value)
        case bool():
            return "true" if value else "false"
        case list():
            return escape_formulas(orjson.dumps(value).decode())
    return value
