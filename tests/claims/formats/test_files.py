"""Tests of the files: each contains everything that was published, and can be read back."""

import csv
import io
import json
import re
import sys
import tracemalloc
from collections.abc import Iterable, Iterator
from typing import Any
from zipfile import ZipFile

import pytest
from django.conf import LazySettings
from hypothesis import given
from hypothesis import strategies as st

from claims.formats import parquet
from claims.formats.files import FILES, File, MissingPackage
from claims.formats.tables import TABLES, Column, Kind, Table
from claims.record.publications import Publication
from factcheck.core.spreadsheet import MARK
from tests.claims.formats.made import appearance, evidence, publication, publications
from tests.properties import examples

RUNS = re.compile(r"[=+\-@＝＋－＠]")


def written(name: str, claims: Iterable[Publication]) -> bytes:
    return b"".join(FILES[name].write(claims))


def cells_of(table: Table, claims: Iterable[Publication]) -> list[list[Any]]:
    return list(table.rows(claims))


def read(column: Column, cell: str) -> Any:
    """The value of a CSV cell, read as the data dictionary describes."""
    text = re.sub(MARK, r"\1", cell)
    match column.kind:
        case Kind.TRUTH:
            return {"true": True, "false": False}[text]
        case Kind.TEXTS:
            return json.loads(text)
        case Kind.NUMBER:
            return int(text) if text else None
        case Kind.DAY:
            return text or None
    return text


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
@examples(60)
@given(claims=st.lists(publications(), max_size=3))
def test_csv_can_be_read_back_and_has_no_formulas(table: Table, claims: list[Publication]) -> None:
    text = written(f"{table.name}.csv", claims).decode()
    header, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    assert header == table.header
    found = [[read(column, cell) for column, cell in zip(table.columns, row, strict=True)] for row in rows]
    assert found == cells_of(table, claims)
    numbers = {place for place, column in enumerate(table.columns) if column.kind == Kind.NUMBER}
    texts = [cell for row in rows for place, cell in enumerate(row) if place not in numbers]
    assert [cell for cell in texts if RUNS.match(cell) or RUNS.match(cell.lstrip('"'))] == []


@examples(60)
@given(claims=st.lists(publications(), max_size=3))
def test_json_contains_each_body_as_it_was_signed(claims: list[Publication]) -> None:
    lines = written("claims.ndjson", claims).split(b"\n")
    assert lines.pop() == b""
    for line, claim in zip(lines, claims, strict=True):
        assert line == claim.document
        assert line.endswith(claim.body.encode()[1:])
    whole = json.loads(written("claims.json", claims))
    assert whole["claims"] == [json.loads(line) for line in lines]


def test_a_file_without_claims_is_valid(settings: LazySettings) -> None:
    settings.SITE_NAME, settings.DATA_LICENSE = "The Daily Check", "https://licence.example/"
    whole = json.loads(written("claims.json", []))
    assert whole == {
        "license": "https://licence.example/",
        "attribution": f"The Daily Check, {settings.SITE_URL}/",
        "claims": [],
    }
    assert written("claims.ndjson", []) == b""
    for table in TABLES.values():
        assert written(f"{table.name}.csv", []).decode() == ",".join(table.header) + "\r\n"


def test_csv_begins_with_the_name_of_its_first_column() -> None:
    """It has no byte order mark, which most parsers would read as part of that name."""
    assert written("claims.csv", []).startswith(b"slug,")


@pytest.mark.parametrize("file", FILES.values(), ids=FILES)
def test_each_file_has_the_attribution_and_the_licence(file: File, settings: LazySettings) -> None:
    settings.SITE_NAME, settings.DATA_LICENSE = "The Daily Check", "https://licence.example/"
    found = b"".join(file.write([publication(evidence=[evidence()], appearances=[appearance()])]))
    if file.form == "XLSX":
        package = ZipFile(io.BytesIO(found))
        found = b"".join(map(package.read, package.namelist()))
    assert b"https://licence.example/" in found
    assert b"The Daily Check" in found


@pytest.mark.parametrize("file", FILES.values(), ids=FILES)
def test_the_same_claims_give_the_same_bytes(file: File) -> None:
    claims = [publication(statement=f"Statement {number}.", evidence=[evidence()]) for number in range(3)]
    assert b"".join(file.write(claims)) == b"".join(file.write(claims))


def many(count: int) -> Iterator[Publication]:
    for number in range(count):
        text = f"{number} " * 300
        yield publication(slug=f"claim-{number}", explanation=text, evidence=[evidence(text)] * 3)


@pytest.mark.parametrize("file", FILES.values(), ids=FILES)
def test_memory_does_not_grow_with_the_claims(file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "_ROWS", 50)

    def peak(count: int) -> int:
        tracemalloc.start()
        for _piece in file.write(many(count)):
            pass
        _now, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(10)  # fills the caches
    assert peak(200) < 1.5 * peak(50) + 200_000


def test_the_memory_test_fails_for_a_file_that_keeps_everything() -> None:
    """Checks that the test above can fail."""

    def keeping(claims: Iterable[Publication]) -> Iterator[bytes]:
        yield b"".join([claim.document for claim in claims])

    hoarder = File("claims.x", "X", "text/plain", keeping)
    with pytest.raises(AssertionError):
        test_memory_does_not_grow_with_the_claims(hoarder, pytest.MonkeyPatch())


def test_a_missing_package_is_named_in_the_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "arro3.io", None)
    monkeypatch.delitem(sys.modules, "claims.formats.parquet", raising=False)
    with pytest.raises(MissingPackage, match=r"arro3.io, listed in requirements-extra.txt, isn't installed"):
        FILES["claims.parquet"].write([])
