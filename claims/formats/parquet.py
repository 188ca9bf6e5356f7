"""Parquet files: one table with typed columns. Needs the packages in requirements-extra.txt."""

import datetime
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from tempfile import TemporaryFile
from typing import Any

import orjson
from arro3.core import Array, DataType, Field, RecordBatch, RecordBatchReader, Schema, list_array
from arro3.io import write_parquet
from django.conf import settings

from claims.formats.tables import Column, Kind, Table
from claims.record import imprint
from claims.record.publications import Publication
from factcheck.core.batches import batched
from factcheck.core.web.streams import blocks_of

# The number of rows in memory at once, and the number of rows in a row group of the file.
_ROWS, _ROWS_IN_A_GROUP = 5_000, 20_000
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_MICROSECOND = datetime.timedelta(microseconds=1)

TYPES = {
    Kind.TEXT: DataType.string(),
    Kind.NUMBER: DataType.int64(),
    Kind.TRUTH: DataType.bool(),
    Kind.DAY: DataType.date32(),
    Kind.MOMENT: DataType.timestamp("us", tz="UTC"),
    Kind.TEXTS: DataType.list(Field("item", DataType.string(), nullable=False)),
}


def write(table: Table, publications: Iterable[Publication]) -> Iterator[bytes]:
    """The table as Parquet. The first bytes are returned after the last claim is read."""
    schema = Schema([_field(column) for column in table.columns])
    rows = table.rows(publications)
    failed: list[BaseException] = []

    def batches() -> Iterator[RecordBatch]:
        try:
            for batch in batched(rows, _ROWS):
                cells = zip(*batch, strict=True)
                arrays = [_array(column, values) for column, values in zip(table.columns, cells, strict=True)]
                yield RecordBatch.from_arrays(arrays, schema=schema)
        except BaseException as error:
            failed.append(error)
            raise

    with TemporaryFile() as file:
        try:
            write_parquet(
                RecordBatchReader.from_batches(schema, batches()),
                file,
                compression="zstd(3)",
                max_row_group_size=_ROWS_IN_A_GROUP,
                key_value_metadata=_metadata(table),
            )
        finally:
            if failed:
                # The library replaces an exception from its input with one of its own.
                raise failed[0] from None
        file.seek(0)
        yield from blocks_of(file)


def _metadata(table: Table) -> dict[str, str]:
    """The metadata of the file. A single entry, because the library writes several in random order."""
    columns = {column.name: {"kind": str(column.kind), "meaning": column.meaning} for column in table.columns}
    about = {
        "license": settings.DATA_LICENSE,
        "attribution": imprint.attribution(),
        "meaning": table.meaning,
        "columns": columns,
    }
    return {"about": orjson.dumps(about).decode()}


def _field(column: Column) -> Field:
    return Field(column.name, TYPES[column.kind], nullable=column.may_be_empty)


def _array(column: Column, cells: Sequence[Any]) -> Array:
    """The Arrow array for the cells of one column."""
    match column.kind:
        case Kind.DAY:
            days = [day and (datetime.date.fromisoformat(day) - _EPOCH.date()).days for day in cells]
            return Array(days, type=DataType.int32()).cast(TYPES[Kind.DAY])
        case Kind.MOMENT:
            ticks = [(datetime.datetime.fromisoformat(moment) - _EPOCH) // _MICROSECOND for moment in cells]
            return Array(ticks, type=DataType.int64()).cast(TYPES[Kind.MOMENT])
        case Kind.TEXTS:
            ends = [0]
            for texts in cells:
                ends.append(ends[-1] + len(texts))
            items = Array(list(chain.from_iterable(cells)), type=DataType.string())
            return list_array(Array(ends, type=DataType.int32()), items, type=_field(column))
    return Array(cells, type=TYPES[column.kind])
