"""XLSX: one workbook with a sheet for each table, and one that says what they are (ECMA-376, transitional)."""

import datetime
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any

import orjson
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet, _preserve_whitespace

from claims.formats import dictionary
from claims.formats.tables import TABLES, TooLong, Value
from claims.record.publications import Publication
from factcheck.core.spreadsheet import escape_formulas
from factcheck.core.web.streams import blocks_of

# What Excel holds: rows of a sheet, and UTF-16 units of a cell.
MOST_ROWS = 1_048_576
MOST_IN_A_CELL = 32_767
CUT = " … [cut here, because a cell holds no more; the other files have the whole text]"

# The workbook says when it was made. It says the same for the same data.
_MADE = datetime.datetime(1980, 1, 1, tzinfo=datetime.UTC)


class _Sheet(Worksheet):  # type: ignore[misc]
    """A sheet whose texts are always text, and whose rows are written to disk one by one."""

    # The texts that were cut to fit into a cell, and the next row.
    cut = next_row = 0

    def _xml_rich_inline_string(self, string: str, attributes: Any) -> None:
        """Write as text what the library would write as markup: a text from `<r>` to `</r>`."""
        self._xml_inline_string(string, _preserve_whitespace(string), attributes)

    def add(self, row: Sequence[Value], plain: Format | None, quoted: Format | None = None) -> None:
        """Write a row. A text that would be a formula if it were typed gets the format `quoted`. Raises TooLong."""
        if self.next_row == MOST_ROWS:
            raise TooLong(f"A sheet holds {MOST_ROWS:,} rows, and these are more.")
        for place, value in enumerate(row):
            match value:
                case None | "":
                    continue
                case bool():
                    self.write_boolean(self.next_row, place, value, plain)
                case int():
                    self.write_number(self.next_row, place, value, plain)
                case _:
                    text = self._fitting(value if isinstance(value, str) else orjson.dumps(value).decode())
                    self.write_string(self.next_row, place, text, plain if escape_formulas(text) == text else quoted)
        self.next_row += 1

    def _fitting(self, text: str) -> str:
        """The text, cut so that a cell can hold it, and then saying so. Never cuts a character in half."""
        if len(text) * 2 <= MOST_IN_A_CELL:
            return text
        units = text.encode("utf-16-le")
        if len(units) <= 2 * MOST_IN_A_CELL:
            return text
        self.cut += 1
        return units[: 2 * (MOST_IN_A_CELL - len(CUT))].decode("utf-16-le", errors="ignore") + CUT


def write(publications: Iterable[Publication]) -> Iterator[bytes]:
    """The workbook; its first bytes come when the last claim was read. Raises TooLong."""
    with TemporaryDirectory() as folder, TemporaryFile() as file:
        options = {"constant_memory": True, "tmpdir": folder, "use_zip64": True}
        with closing(xlsxwriter.Workbook(file, options)) as book:
            book.set_properties({"created": _MADE})
            head, quoted = book.add_format({"bold": True}), book.add_format({"quote_prefix": True})
            sheets = {name: _new_sheet(book, name, table.header, head) for name, table in TABLES.items()}
            for publication in publications:
                for name, table in TABLES.items():
                    for row in table.rows([publication]):
                        sheets[name].add(row, None, quoted)
            about = _new_sheet(book, "About", ["About these data"], head)
            for line in _about(sum(sheet.cut for sheet in sheets.values())):
                about.add(line, None, quoted)
        file.seek(0)
        yield from blocks_of(file)


def _new_sheet(book: xlsxwriter.Workbook, name: str, header: Sequence[str], bold: Format) -> _Sheet:
    sheet: _Sheet = book.add_worksheet(name, worksheet_class=_Sheet)
    sheet.freeze_panes(1, 0)
    sheet.add(header, bold, bold)
    return sheet


def _about(cut: int) -> Iterator[Sequence[Value]]:
    for sentence in [*dictionary.about(), dictionary.READING["xlsx"]]:
        yield [sentence]
    yield [f"Cells that were cut: {cut}."]
    yield []
    yield from dictionary.rows()
