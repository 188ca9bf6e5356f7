"""Reads a hostile spreadsheet, CSV, XLSX or ODS, in a process of its own: bytes in, JSON Lines out.

`process` starts it. It imports nothing of ours, and answers with one object a line. The first of a table has `about`:
the encoding and the delimiter, or the name of the sheet. One with `cells` has a row as texts, and `errors` has the
cells whose formula has no value, by their place. One with `problem` says why a row wasn't read. The last has `done` or
`refused`.
"""

import codecs
import csv
import datetime
import io
import json
import re
import resource
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from typing import IO, Any

Limits = dict[str, int]
Line = dict[str, Any]

_CHUNK = 64 * 1024
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_DELIMITERS = ",;\t|"
# The lines that show which character separates the cells.
_SHOWN = 20
# Bytes that a text in windows-1252 doesn't have.
_NOT_IN_WINDOWS = frozenset(b"\0\x81\x8d\x8f\x90\x9d")
# Of an unpacked workbook, in bytes, and how many files it may have.
_UNPACKED, _FILES, _FREE = 300_000_000, 2_000, 10_000_000
_COLUMNS = 1_000
# What a spreadsheet program shows in place of a value, and stores as a text in ODS.
_ERROR = re.compile(r"#(?:DIV/0!|N/A|NAME\?|NULL!|NUM!|REF!|VALUE!)|Err:\d{3}")
_NUMBERS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_OFFICE = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"


class Refused(Exception):
    """The rest of the file can't be read. The message is the code of the reason."""

    def __init__(self, code: str, **about: Any) -> None:
        self.about = about
        super().__init__(code)


def limit(limits: Limits) -> None:
    """Limit the memory, the time and the files of this process."""
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory"], limits["memory"]))
    resource.setrlimit(resource.RLIMIT_CPU, (limits["seconds"], limits["seconds"] + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


# CSV


def separated(file: IO[bytes], limits: Limits) -> Iterator[Line]:
    """The rows of a CSV file, whatever its encoding and delimiter. Raises Refused."""
    encoding = _encoding(file)
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    start = [line for _, line in zip(range(_SHOWN), _lines(text, limits), strict=False)]
    named = bool(start) and start[0].startswith("sep=") and len(start[0].strip()) == len("sep=;")
    delimiter = start[0][4] if named else _delimiter(start)
    text.seek(0)
    yield {"number": 0, "about": {"encoding": encoding.removesuffix("-sig"), "delimiter": delimiter}}
    csv.field_size_limit(limits["value"])
    reader = csv.reader(_lines(text, limits), delimiter=delimiter, strict=True)
    number, line = 0, 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise Refused("long" if "limit" in str(error) else "csv", line=line) from None
        if cells is None:
            return
        if any(cells) and not (named and line == 1):
            number += 1
            yield _row(number, f"line {line}", cells, limits)
        line = reader.line_num + 1


def _lines(text: io.TextIOWrapper, limits: Limits) -> Iterator[str]:
    """The lines with their ends. Raises Refused for one that is too long or isn't in the encoding."""
    number = 1
    try:
        while line := text.readline(limits["row"] + 1):
            if len(line) > limits["row"]:
                raise Refused("long", line=number)
            yield line
            number += 1
    except UnicodeDecodeError:
        raise Refused("encoding", line=number) from None


def _encoding(file: IO[bytes]) -> str:
    """The encoding of the text: by its first bytes, or UTF-8 if all of it is that, or windows-1252. Raises Refused."""
    file.seek(0)
    start = file.read(_CHUNK)
    if not start.strip():
        raise Refused("empty")
    if start.startswith((_ZIP, _OLE)):
        raise Refused("type")
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in start:
        return _utf16(start)
    if _is_utf8(file):
        return "utf-8-sig"
    file.seek(0)
    if start.startswith(codecs.BOM_UTF8) or any(not _NOT_IN_WINDOWS.isdisjoint(data) for data in _chunks(file)):
        raise Refused("encoding")
    return "windows-1252"


def _utf16(start: bytes) -> str:
    """The order of the bytes: of Latin letters in UTF-16, every second byte is null. Raises Refused."""
    first, second = (start[place::2].count(b"\0") for place in (0, 1))
    if max(first, second) < len(start) // 4 or min(first, second) > len(start) // 100:
        raise Refused("encoding")
    return "utf-16-be" if first > second else "utf-16-le"


def _is_utf8(file: IO[bytes]) -> bool:
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for data in _chunks(file):
            decoder.decode(data)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while data := file.read(_CHUNK):
        yield data


def _delimiter(lines: list[str]) -> str:
    """The character that gives most lines the same number of cells, more than one. A comma if none does."""

    def score(delimiter: str) -> tuple[int, int]:
        widths: list[int] = []
        try:
            widths.extend(len(cells) for cells in csv.reader(lines, delimiter=delimiter, strict=True) if cells)
        except csv.Error as error:
            if "end of data" not in str(error):  # a cell that goes on after these lines
                return 0, 0
        usual = max(set(widths), key=widths.count, default=0)
        return (widths.count(usual), usual) if usual > 1 else (0, 0)

    return max(_DELIMITERS, key=score)


def _row(number: int, where: str, cells: list[str], limits: Limits, errors: dict[int, str] | None = None) -> Line:
    """A row, or the problem that it has."""
    line: Line = {"number": number, "where": where}
    if len(cells) > _COLUMNS:
        return {**line, "problem": "columns"}
    if sum(map(len, cells)) > limits["row"] or any(len(cell) > limits["value"] for cell in cells):
        return {**line, "problem": "long"}
    if any("\0" in cell for cell in cells):
        return {**line, "problem": "characters"}
    return {**line, "cells": cells, **({"errors": errors} if errors else {})}


# XLSX and ODS


def xlsx(file: IO[bytes], limits: Limits) -> Iterator[Line]:
    """The rows of the visible sheets of an XLSX file, with the values that its formulas had. Raises Refused."""
    paths = _sheets(_archive(file, limits))
    return _rows_of(file, limits, lambda sheet: _without_value(file, paths.get(sheet, "")))


def ods(file: IO[bytes], limits: Limits) -> Iterator[Line]:
    """The rows of the visible sheets of an ODS file, with the values that its formulas had. Raises Refused."""
    archive = _archive(file, limits)
    if "content.xml" not in archive.namelist():
        raise Refused("broken-workbook")
    if any(name.startswith(("Basic/", "Scripts/")) for name in archive.namelist()):
        raise Refused("macros")
    if any(True for _ in _elements(archive, "META-INF/manifest.xml", "{*}encryption-data")):
        raise Refused("encrypted")
    return _rows_of(file, limits, None)


def _rows_of(
    file: IO[bytes], limits: Limits, errors_in: Callable[[str], dict[int, dict[int, str]]] | None
) -> Iterator[Line]:
    """The rows of the visible sheets. `errors_in` finds the cells of a sheet without a value. Without it, words do."""
    calamine = import_module("python_calamine")
    file.seek(0)
    try:
        book = calamine.CalamineWorkbook.from_filelike(file)
    except calamine.PasswordError:
        raise Refused("encrypted") from None
    except (calamine.CalamineError, OSError):
        raise Refused("broken-workbook") from None
    number = 0
    for place, about in enumerate(book.sheets_metadata):
        if str(about.visible).rpartition(".")[2] != "Visible" or str(about.typ).rpartition(".")[2] != "WorkSheet":
            continue
        yield {"number": number, "about": {"sheet": about.name}}
        try:
            sheet = book.get_sheet_by_index(place)
            merged = sheet.merged_cell_ranges or []
            rows = sheet.iter_rows()
        except calamine.CalamineError:
            raise Refused("broken-workbook") from None
        errors = errors_in(about.name) if errors_in else {}
        for line, cells in _unmerged(rows, merged):
            if not errors_in and (found := {place: cell for place, cell in enumerate(cells) if _ERROR.fullmatch(cell)}):
                errors = {line: found}
            if any(cells) or line in errors:
                number += 1
                yield _row(number, f"{about.name}, row {line}", cells, limits, errors.get(line))


def _archive(file: IO[bytes], limits: Limits) -> zipfile.ZipFile:
    """The files in the workbook. Raises Refused for what unpacks to too much, or isn't a workbook without macros."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    start = file.read(4)
    if not size:
        raise Refused("empty")
    if start == _OLE:
        raise Refused("encrypted")
    try:
        archive = zipfile.ZipFile(file)
        files = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError):
        raise Refused("broken-workbook") from None
    unpacked = sum(one.file_size for one in files)
    if len(files) > _FILES or unpacked > _UNPACKED or unpacked > max(limits["ratio"] * size, _FREE):
        raise Refused("bomb")
    if any(one.filename.lower().endswith(".bin") and "vba" in one.filename.lower() for one in files):
        raise Refused("macros")
    return archive


def _sheets(archive: zipfile.ZipFile) -> dict[str, str]:
    """The place of each sheet of an XLSX file, by its name. Raises Refused."""
    if "xl/workbook.xml" not in archive.namelist():
        raise Refused("broken-workbook")
    targets = {
        element.get("Id"): str(element.get("Target", ""))
        for element in _elements(archive, "xl/_rels/workbook.xml.rels", "{*}Relationship")
    }
    return {
        str(element.get("name")): _path(targets.get(element.get(f"{_OFFICE}id"), ""))
        for element in _elements(archive, "xl/workbook.xml", f"{_NUMBERS}sheet")
    }


def _path(target: str) -> str:
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"


def _elements(archive: zipfile.ZipFile, name: str, tag: str) -> Iterator[Any]:
    """The elements with this tag, one after the other, in flat memory. None if the file isn't there. Raises Refused."""
    etree = import_module("lxml.etree")
    try:
        with archive.open(name) as file:
            options = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}
            for _event, element in etree.iterparse(file, tag=tag, **options):
                if element.getroottree().docinfo.doctype:
                    raise Refused("broken-workbook")
                yield element
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]
    except KeyError:
        return
    except (etree.LxmlError, zipfile.BadZipFile, OSError, import_module("zlib").error, NotImplementedError):
        raise Refused("broken-workbook") from None


def _without_value(file: IO[bytes], path: str) -> dict[int, dict[int, str]]:
    """The cells whose formula failed or has no stored value, by row from 1 and place from 0: the error, or nothing."""
    found: dict[int, dict[int, str]] = {}
    with zipfile.ZipFile(file) as archive:
        for row in _elements(archive, path, f"{_NUMBERS}row"):
            for cell in row.iterchildren(f"{_NUMBERS}c"):
                value = cell.findtext(f"{_NUMBERS}v")
                is_error = cell.get("t") == "e"
                if not is_error and (cell.find(f"{_NUMBERS}f") is None or value or cell.get("t") == "str"):
                    continue
                letters = str(cell.get("r", "")).rstrip("0123456789")
                digits = str(cell.get("r", ""))[len(letters) :]
                if letters.isascii() and letters.isalpha() and len(letters) <= 3 and digits.isdecimal():  # noqa: PLR2004
                    found.setdefault(int(digits), {})[_place(letters.upper())] = str(value or "") if is_error else ""
    return found


def _place(letters: str) -> int:
    place = 0
    for letter in letters:
        place = 26 * place + ord(letter) - ord("A") + 1
    return place - 1


def _unmerged(rows: Iterable[list[Any]], merged: list[Any]) -> Iterator[tuple[int, list[str]]]:
    """Each row with its number from 1, as texts. A cell merged with those below it counts for all of them."""
    starts: dict[int, list[tuple[int, int]]] = {}
    for (top, left), (bottom, _right) in merged:
        if bottom > top:
            starts.setdefault(top, []).append((left, bottom))
    # By column: the text, and the last row for which it counts.
    held: dict[int, tuple[str, int]] = {}
    for place, values in enumerate(rows):
        cells = [_text(value) for value in values]
        for left, bottom in starts.get(place, ()):
            if left < len(cells):
                held[left] = cells[left], bottom
        held = {left: (text, bottom) for left, (text, bottom) in held.items() if place <= bottom}
        for left, (text, _bottom) in held.items():
            if left < len(cells):
                cells[left] = text
        yield place + 1, cells


def _text(value: Any) -> str:
    """The value of a cell as text: a date as 2021-05-03, a number without a needless fraction."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)  # noqa: PLR2004
    if isinstance(value, datetime.datetime):
        is_day = value.time() == datetime.time()
        return value.date().isoformat() if is_day else value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value)


READERS: dict[str, Callable[[IO[bytes], Limits], Iterator[Line]]] = {"csv": separated, "xlsx": xlsx, "ods": ods}


def answer(file: IO[bytes], reader: str, limits: Limits) -> Iterator[Line]:
    """The lines of the answer, the last with `done` or `refused`."""
    number = 0
    try:
        for line in READERS[reader](file, limits):
            if line["number"] > limits["rows"]:
                yield {"refused": "rows", "after": number}
                return
            number = line["number"]
            yield line
        yield {"done": number} if number else {"refused": "empty"}
    except Refused as refused:
        yield {"refused": str(refused), "after": number, **refused.about}
    except MemoryError:
        yield {"refused": "costly", "after": number}
    except Exception:  # noqa: BLE001 — whatever a parser raises, the file is what it can't read
        yield {"refused": "broken", "after": number}


def main() -> None:
    """Read the file from standard input and write the answer to standard output."""
    limits: Limits = json.loads(sys.argv[2])
    limit(limits)
    out = sys.stdout
    for line in answer(sys.stdin.buffer, sys.argv[1], limits):
        out.write(json.dumps(line) + "\n")
    out.flush()


if __name__ == "__main__":
    main()
