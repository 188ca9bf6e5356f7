"""CSV that no spreadsheet takes for a program."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence

# What makes Excel, LibreOffice or Google Sheets read a cell as a formula, also in full width; and the mark itself.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")


class _Line:
    """A file that gives each line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def inert(text: str) -> str:
    """`text` so that it stays text in a spreadsheet: with an apostrophe before what would be a formula.

    Taking one apostrophe away from what begins with one and a formula gives `text` back.
    """
    return f"'{text}" if _FORMULA.match(text) else text


def lines(header: Sequence[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """The table as RFC 4180 has it, line by line. Lists are joined by spaces, nothing is an empty cell."""
    writer = csv.writer(_Line())
    yield writer.writerow(header)
    for row in rows:
        yield writer.writerow([_cell(value) for value in row])


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case list():
            return inert(" ".join(map(str, value)))
    return inert(str(value))
