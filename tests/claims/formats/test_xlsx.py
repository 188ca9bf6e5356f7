"""A workbook holds every cell, none of them runs, and what did not fit says so."""

import io
import json
import re
from typing import Any
from xml.etree import ElementTree as ET
from zipfile import ZipFile

import pytest
from django.conf import LazySettings
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from claims.formats import xlsx
from claims.formats.tables import CLAIMS, TABLES, Column, Kind, TooLong
from claims.formats.xlsx import CUT, MOST_IN_A_CELL
from claims.record.publications import Publication
from tests.claims.formats.made import TEXT, publication, publications
from tests.properties import examples

SPREADSHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def written(claims: list[Publication]) -> bytes:
    return b"".join(xlsx.write(claims))


def sheet(book: bytes, name: str) -> list[list[Any]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_name(name).to_python(skip_empty_area=False)


def elements(book: bytes) -> list[ET.Element]:
    """All cells of all sheets, as XML."""
    with ZipFile(io.BytesIO(book)) as package:
        parts = [name for name in package.namelist() if name.startswith("xl/worksheets/")]
        return [cell for part in parts for cell in ET.fromstring(package.read(part)).iter(f"{SPREADSHEET}c")]  # noqa: S314 — ours


def read(column: Column, cell: Any) -> Any:
    if isinstance(cell, str):
        # The library leaves the stand-ins of these two as they are; Excel does not.
        cell = cell.replace("_xFFFE_", "\ufffe").replace("_xFFFF_", "\uffff")
    match column.kind:
        case Kind.TEXTS:
            return json.loads(cell)
        case Kind.NUMBER:
            return int(cell) if cell != "" else None
        case Kind.DAY:
            return cell or None
    return cell


@examples(60)
@given(claims=st.lists(publications(), max_size=3))
def test_it_reads_back(claims: list[Publication]) -> None:
    book = written(claims)
    for table in TABLES.values():
        header, *rows = sheet(book, table.name)
        assert header == table.header
        found = [[read(column, cell) for column, cell in zip(table.columns, row, strict=True)] for row in rows]
        assert found == list(table.rows(claims))


@examples(60)
@given(claims=st.lists(publications(), max_size=2))
def test_no_cell_of_it_runs(claims: list[Publication]) -> None:
    """A formula has an element of its own, and text stands in an inline string alone."""
    for cell in elements(written(claims)):
        assert cell.find(f"{SPREADSHEET}f") is None
        assert cell.get("t") in {"inlineStr", "b", None}
        assert [part.tag for part in cell.iter()][1:] in (
            [f"{SPREADSHEET}is", f"{SPREADSHEET}t"],
            [f"{SPREADSHEET}v"],
        )


def test_markup_in_a_text_stays_text() -> None:
    text = '<r><t>1</t></r></is></c><c r="A9"><f>1+1</f></c><c><is><r></r>'
    (_header, row) = sheet(written([publication(statement=text)]), "claims")
    assert row[CLAIMS.header.index("statement")] == text


def test_a_text_that_would_run_if_it_were_typed_anew_is_marked_as_text() -> None:
    """Whoever edits such a cell and changes nothing would make a formula of it."""
    cells = elements(written([publication(statement="=1+1", summary="1+1")]))
    styles = {cell.findtext(f"{SPREADSHEET}is/{SPREADSHEET}t"): cell.get("s") for cell in cells}
    assert styles["=1+1"] == "2"
    assert styles["1+1"] is None


@pytest.mark.parametrize("character", ["x", "é", "\U0001f600"])
def test_what_is_too_long_for_a_cell_is_cut_and_says_so(character: str) -> None:
    fits, more = character * (MOST_IN_A_CELL // 2), character * MOST_IN_A_CELL
    book = written([publication(explanation=fits), publication(explanation=more + character)])
    first, second = (row[CLAIMS.header.index("explanation")] for row in sheet(book, "claims")[1:])
    assert first == fits
    assert second.endswith(CUT)
    assert more.startswith(second.removesuffix(CUT))
    assert len(second.encode("utf-16-le")) // 2 <= MOST_IN_A_CELL
    assert ["Cells that were cut: 1."] in [row[:1] for row in sheet(book, "About")]


def test_more_rows_than_a_sheet_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "MOST_ROWS", 1_000)
    assert len(sheet(written([publication()] * 999), "claims")) == 1_000
    with pytest.raises(TooLong, match="holds 1,000 rows"):
        written([publication()] * 1_000)


def test_it_says_what_it_is(settings: LazySettings) -> None:
    settings.SITE_NAME, settings.DATA_LICENSE = "The Daily Check", "https://licence.example/"
    about = [row[0] for row in sheet(written([]), "About")]
    assert "Licence: https://licence.example/" in about
    assert any("The Daily Check" in line for line in about)
    meanings = [row for row in sheet(written([]), "About") if row[0] == "claims"]
    assert [row[1] for row in meanings] == CLAIMS.header


@examples()
@given(TEXT)
def test_every_part_of_it_is_a_document_of_its_own(text: str) -> None:
    with ZipFile(io.BytesIO(written([publication(statement=text)]))) as package:
        assert package.testzip() is None
        for part in package.namelist():
            ET.fromstring(package.read(part))  # noqa: S314 — ours
        related = re.findall(r'Target="([^"]+)"', package.read("xl/_rels/workbook.xml.rels").decode())
        assert {f"xl/{target}" for target in related} <= set(package.namelist())


def test_the_same_data_give_the_same_bytes() -> None:
    assert written([publication(statement="=1+1")]) == written([publication(statement="=1+1")])
