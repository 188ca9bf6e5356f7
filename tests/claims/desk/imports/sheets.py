"""Spreadsheets for tests."""

import io
import zipfile
from collections.abc import Callable
from typing import Any

import xlsxwriter

from claims.desk.imports import read_sheet
from claims.desk.imports.limits import LIMITS


def xlsx(fill: Callable[[Any, Any], None]) -> bytes:
    """A workbook that `fill` writes, which gets it and its first sheet, “Claims”."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        fill(book, book.add_worksheet("Claims"))
    return out.getvalue()


def ods(*rows: str, manifest: str = "", also: str = "") -> bytes:
    """A workbook as LibreOffice saves it, with a sheet of these rows, each as XML. `also` names another file in it."""
    names = {prefix: f"urn:oasis:names:tc:opendocument:xmlns:{prefix}:1.0" for prefix in ("office", "table", "text")}
    table = "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "content.xml",
            f"<office:document-content {' '.join(f'xmlns:{prefix}={uri!r}' for prefix, uri in names.items())}>"
            f'<office:body><office:spreadsheet><table:table table:name="Claims">{table}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
        uri = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
        archive.writestr("META-INF/manifest.xml", f'<m:manifest xmlns:m="{uri}">{manifest}</m:manifest>')
        if also:
            archive.writestr(also, "x")
    return out.getvalue()


def ods_row(*cells: str) -> str:
    """A row of an ODS sheet with these texts."""
    return "".join(
        f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>' for cell in cells
    )


def read(data: bytes, reader: str = "csv", **limits: int) -> list[dict[str, Any]]:
    """All that the reader answers."""
    return list(read_sheet.answer(io.BytesIO(data), reader, {**LIMITS.as_json(len(data)), **limits}))


def cells(data: bytes, reader: str = "csv") -> list[list[str]]:
    """The cells of the rows that were read whole."""
    return [line["cells"] for line in read(data, reader) if "cells" in line]
