"""The files of published claims: each with its name, its media type and the function that writes it.

Each file is made from publications and nothing else. It's written in pieces, so memory use is constant.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

import orjson
from django.conf import settings

from claims.formats import bibliography
from claims.formats.tables import TABLES, Table
from claims.record import imprint
from claims.record.publications import Publication
from factcheck.core import spreadsheet
from factcheck.core.web.streams import in_blocks
from sources.references import FORMS

# Part of the cache key of files. Raise the number with every change to the bytes of a file.
SHAPE = (2, *(tuple(table.header) for table in TABLES.values()))

Write = Callable[[Iterable[Publication]], Iterator[bytes]]


class MissingPackage(Exception):
    """A file needs a package that isn't installed. The text says which, and where it's listed."""


@dataclass(frozen=True)
class File:
    """One file. `most` is the largest number of claims in it; None means no limit."""

    name: str
    form: str
    media_type: str
    write: Write
    most: int | None = None
    # True if nothing is written until the last claim is read.
    is_buffered: bool = False

    @property
    def of(self) -> str:
        """The name of the table in the file. Files with several tables or with whole documents have `claims`."""
        return self.name.partition(".")[0]

    @property
    def route(self) -> str:
        """The name of the file's route: `list-csv` for claims.csv, `evidence-csv` for evidence.csv."""
        return f"{'list' if self.of == 'claims' else self.of}-{self.ending}"

    @property
    def ending(self) -> str:
        return self.name.partition(".")[2]

    @property
    def content_type(self) -> str:
        return f"{self.media_type}; charset=utf-8" if self.media_type.startswith("text/") else self.media_type


def csv(table: Table, objects: Iterable[Any]) -> Iterator[bytes]:
    """The table as CSV, for these source objects (see `Table`)."""
    lines = spreadsheet.lines(table.header, table.rows(objects))
    return in_blocks(line.encode() for line in lines)


def json(publications: Iterable[Publication]) -> Iterator[bytes]:
    """One JSON object with the document of every claim."""
    return in_blocks(_json(publications))


def _json(publications: Iterable[Publication]) -> Iterator[bytes]:
    terms = orjson.dumps({"license": settings.DATA_LICENSE, "attribution": imprint.attribution()})
    yield terms[:-1] + b',"claims":['
    separator = b"\n"
    for publication in publications:
        yield separator + publication.document
        separator = b",\n"
    yield b"\n]}\n"


def ndjson(publications: Iterable[Publication]) -> Iterator[bytes]:
    """The document of every claim, each on its own line."""
    return in_blocks(publication.document + b"\n" for publication in publications)


def xlsx(publications: Iterable[Publication]) -> Iterator[bytes]:
    """All tables as one workbook. Raises TooLong."""
    # Imported only when needed, because the import of its package takes 70 ms of the start of every process.
    written: Iterator[bytes] = import_module("claims.formats.xlsx").write(publications)
    return written


def parquet(table: Table, publications: Iterable[Publication]) -> Iterator[bytes]:
    """The table as Parquet. Raises MissingPackage if a package that it needs isn't installed."""
    try:
        # Imported only when needed, because its packages are optional and use much memory.
        written: Iterator[bytes] = import_module("claims.formats.parquet").write(table, publications)
    except ModuleNotFoundError as error:
        raise MissingPackage(
            f"Parquet isn't available on this site: the package {error.name}, listed in requirements-extra.txt, "
            "isn't installed. Use CSV or NDJSON."
        ) from error
    return written


FILES = {
    file.name: file
    for file in [
        *(File(f"{name}.csv", "CSV", "text/csv", partial(csv, table)) for name, table in TABLES.items()),
        File("claims.json", "JSON", "application/json", json),
        File("claims.ndjson", "NDJSON", "application/x-ndjson", ndjson),
        File(
            "claims.xlsx",
            "XLSX",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            xlsx,
            most=10_000,
            is_buffered=True,
        ),
        *(
            File(
                f"{name}.parquet", "Parquet", "application/vnd.apache.parquet", partial(parquet, table),
                is_buffered=True,
            )
            for name, table in TABLES.items()
        ),
    ]
}  # fmt: skip

# The sources of a list of claims. They are no tables, so no archive has them, and a list for reading has an end.
SOURCE_LISTS = {
    file.name: file
    for file in [
        File(f"sources.{form.ending}", form.name, form.media_type, partial(bibliography.write, form), most=1_000)
        for form in FORMS.values()
    ]
}


def offered(claims: int) -> list[File]:
    """The files that can hold so many claims."""
    return [file for file in (FILES | SOURCE_LISTS).values() if file.most is None or claims <= file.most]
