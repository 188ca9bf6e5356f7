"""Spreadsheets for tests."""

import io
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


def read(data: bytes, reader: str = "csv", **limits: int) -> list[dict[str, Any]]:
    """All that the reader answers."""
    return list(read_sheet.answer(io.BytesIO(data), reader, {**LIMITS.as_json(len(data)), **limits}))


def cells(data: bytes, reader: str = "csv") -> list[list[str]]:
    """The cells of the rows that were read whole."""
    return [line["cells"] for line in read(data, reader) if "cells" in line]
