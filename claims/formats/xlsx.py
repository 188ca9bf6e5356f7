"""XLSX: one workbook with a sheet for each table, and one that says what they are (ECMA-376, transitional).

Written here and by no library: the one that writes row by row takes a text that begins with `<r>` for its own markup,
and a claim that quotes some would put formulas into the sheet. Every text is an inline string, which never runs.
"""

import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import chain, product
from string import ascii_uppercase
from tempfile import TemporaryFile
from typing import IO
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import orjson

from claims.formats import dictionary
from claims.formats.tables import TABLES, Value
from claims.record.publications import Publication
from factcheck.core.spreadsheet import escape_formulas
from factcheck.core.web.streams import blocks_of

# What Excel holds: rows of a sheet, and UTF-16 units of a cell.
MOST_ROWS = 1_048_576
MOST_IN_A_CELL = 32_767
CUT = " … [cut here, because a cell holds no more; the other files have the whole text]"

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
# What no XML document holds, and what would be taken for its stand-in (ECMA-376 part 1, 22.9.2.19).
_STANDS_IN = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|_(?=x[0-9A-Fa-f]{4}_)")
_PLAIN, _HEAD, _QUOTED = 0, 1, 2
# A to Z, AA to ZZ.
_COLUMNS = [*ascii_uppercase, *map("".join, product(ascii_uppercase, repeat=2))]
_LONG_AGO = (1980, 1, 1, 0, 0, 0)


class TooLong(Exception):
    """More rows than a sheet holds."""


def write(publications: Iterable[Publication]) -> Iterator[bytes]:
    """The workbook; its first bytes come when the last claim was read. Raises TooLong."""
    with ExitStack() as files:
        sheets = {name: _Sheet(files.enter_context(TemporaryFile()), table.header) for name, table in TABLES.items()}
        for publication in publications:
            for name, table in TABLES.items():
                sheets[name].add(table.rows([publication]))
        about = _Sheet(files.enter_context(TemporaryFile()), ["About these data"])
        about.add(_about(sum(sheet.cut for sheet in sheets.values())))
        book = files.enter_context(TemporaryFile())
        _bind({**sheets, "About": about}, book)
        yield from blocks_of(book)


def _about(cut: int) -> Iterator[Sequence[Value]]:
    for sentence in [*dictionary.about(), dictionary.READING["xlsx"]]:
        yield [sentence]
    yield [f"Cells that were cut: {cut}."]
    yield []
    yield from dictionary.rows()


class _Sheet:
    """A sheet that is being written to a file of its own."""

    def __init__(self, file: IO[bytes], header: Sequence[str]) -> None:
        self.file = file
        self.rows = self.cut = 0
        frozen = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        self._put(f'{_DECLARATION}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">{frozen}')
        self._put("</sheetView></sheetViews><sheetData>\n")
        self.add([header], style=_HEAD)

    def add(self, rows: Iterable[Sequence[Value]], *, style: int = _PLAIN) -> None:
        """Write these rows. Raises TooLong."""
        for row in rows:
            if self.rows == MOST_ROWS:
                raise TooLong(f"A sheet holds {MOST_ROWS:,} rows, and these are more.")
            self.rows += 1
            number = self.rows
            cells = [self._cell(f"{_COLUMNS[place]}{number}", value, style) for place, value in enumerate(row)]
            self._put(f'<row r="{number}">{"".join(cells)}</row>\n')

    def _cell(self, place: str, value: Value, style: int) -> str:
        match value:
            case None | "":
                return ""
            case str():
                text = value
            case bool():
                return f'<c r="{place}" t="b"><v>{value:d}</v></c>'
            case int():
                return f'<c r="{place}"><v>{value}</v></c>'
            case _:
                text = orjson.dumps(value).decode()
        whole = text
        if len(text) * 2 > MOST_IN_A_CELL:
            text = _fitting(text)
            self.cut += text != whole
        if style == _PLAIN and escape_formulas(text) != text:
            # Whoever edits the cell and leaves it as it was does not make a formula of it.
            style = _QUOTED
        styled = f' s="{style}"' if style else ""
        return f'<c r="{place}"{styled} t="inlineStr"><is><t xml:space="preserve">{_text(text)}</t></is></c>'

    def _put(self, xml: str) -> None:
        self.file.write(xml.encode())

    def finish(self) -> int:
        """Close the sheet, and go to its beginning. Returns its size."""
        self._put("</sheetData></worksheet>\n")
        size = self.file.tell()
        self.file.seek(0)
        return size


def _fitting(text: str) -> str:
    """The text, cut so that a cell can hold it, and then saying so. Half of a character is none."""
    units = text.encode("utf-16-le")
    if len(units) <= 2 * MOST_IN_A_CELL:
        return text
    return units[: 2 * (MOST_IN_A_CELL - len(CUT))].decode("utf-16-le", errors="ignore") + CUT


def _text(text: str) -> str:
    if not text.isprintable() or "_x" in text:
        text = _STANDS_IN.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
    return escape(text)


def _bind(sheets: dict[str, _Sheet], book: IO[bytes]) -> None:
    """Put the sheets and what a workbook needs beside them into one package; the same sheets give the same bytes."""
    with ZipFile(book, "w", ZIP_DEFLATED) as package:
        for name, xml in _parts(list(sheets)).items():
            package.writestr(_entry(name), _DECLARATION + xml)
        for number, sheet in enumerate(sheets.values(), start=1):
            entry = _entry(f"xl/worksheets/sheet{number}.xml")
            # Not every spreadsheet reads the form for large files where a small one would do.
            entry.file_size = sheet.finish()
            with package.open(entry, "w") as part:
                shutil.copyfileobj(sheet.file, part)
    book.seek(0)


def _entry(name: str) -> ZipInfo:
    entry = ZipInfo(name, _LONG_AGO)
    entry.compress_type = ZIP_DEFLATED
    return entry


def _parts(names: list[str]) -> dict[str, str]:
    """What stands in the package beside the sheets, by its place there."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    numbers = range(1, len(names) + 1)
    overrides = chain(
        [("/xl/workbook.xml", "sheet.main"), ("/xl/styles.xml", "styles")],
        ((f"/xl/worksheets/sheet{number}.xml", "worksheet") for number in numbers),
    )
    related = chain(
        ((f"s{number}", "worksheet", f"worksheets/sheet{number}.xml") for number in numbers),
        [("styles", "styles", "styles.xml")],
    )
    return {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        + "".join(f'<Override PartName="{part}" ContentType="{kind}.{of}+xml"/>' for part, of in overrides)
        + "</Types>",
        "_rels/.rels": _relations([("book", "officeDocument", "xl/workbook.xml")]),
        "xl/_rels/workbook.xml.rels": _relations(related),
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>'
        + "".join(
            f'<sheet name="{name}" sheetId="{number}" r:id="s{number}"/>' for number, name in enumerate(names, start=1)
        )
        + "</sheets></workbook>",
        # Styles by number: plain, bold for the header, and text that is never read as a formula.
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}">'
        '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
        '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        '<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
        '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
        '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1"/></cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
    }


def _relations(related: Iterable[tuple[str, str, str]]) -> str:
    return (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        + "".join(
            f'<Relationship Id="{name}" Type="{_RELATIONS}/{of}" Target="{target}"/>' for name, of, target in related
        )
        + "</Relationships>"
    )
