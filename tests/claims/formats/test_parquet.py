"""Tests of Parquet files: every column has its type, and every cell can be read back."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from arro3.io import read_parquet
from django.conf import LazySettings
from hypothesis import given
from hypothesis import strategies as st

from claims.formats import parquet
from claims.formats.tables import CLAIMS, TABLES, Column, Kind, Table
from claims.record.canonical import moment
from claims.record.publications import Publication
from tests.claims.formats.made import publication, publications
from tests.properties import examples


def read(table: Table, claims: list[Publication]) -> Any:
    return read_parquet(b"".join(parquet.write(table, claims))).read_all()


def plain(column: Column, cell: Any) -> Any:
    match column.kind:
        case Kind.DAY if cell is not None:
            return cell.isoformat()
        case Kind.MOMENT:
            return moment(cell)
    return cell


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
@examples(50)
@given(claims=st.lists(publications(), max_size=3))
def test_it_reads_back(table: Table, claims: list[Publication]) -> None:
    found = read(table, claims)
    assert found.column_names == table.header
    columns = [[plain(column, cell) for cell in found[column.name].to_pylist()] for column in table.columns]
    assert [list(row) for row in zip(*columns, strict=True)] == list(table.rows(claims))


def test_each_column_has_the_type_of_its_kind_and_is_nullable_only_if_it_may_be_empty() -> None:
    schema = read(CLAIMS, []).schema
    for column in CLAIMS.columns:
        field = schema.field(column.name)
        assert field.type == parquet.TYPES[column.kind], column.name
        assert field.nullable == column.may_be_empty, column.name


def test_the_metadata_has_the_meanings_of_the_columns(settings: LazySettings) -> None:
    settings.DATA_LICENSE = "https://licence.example/"
    about = json.loads(read(CLAIMS, []).schema.metadata_str["about"])
    assert about["license"] == "https://licence.example/"
    assert list(about["columns"]) == CLAIMS.header


def test_many_rows_come_in_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "_ROWS", 2)
    claims = [publication(slug=f"claim-{number}") for number in range(5)]
    assert read(CLAIMS, claims)["slug"].to_pylist() == [claim.slug for claim in claims]


def test_an_error_while_reading_claims_is_raised_unchanged() -> None:
    def broken() -> Iterator[Publication]:
        yield publication()
        raise ConnectionError("The database went away.")

    with pytest.raises(ConnectionError, match="went away"):
        list(parquet.write(CLAIMS, broken()))
