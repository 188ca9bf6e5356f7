"""The files in which published claims leave the site: every one once, with its name, its media type and what writes it.

Each is a function of publications and of nothing else, and gives bytes as they come: memory stays flat.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

import orjson
from django.conf import settings

from claims.formats import xlsx
from claims.formats.tables import TABLES, Table
from claims.record import imprint
from claims.record.publications import Publication
from factcheck.core import spreadsheet
from factcheck.core.web.streams import in_blocks

# Part of what a file is cached by: raise the number with every change to the bytes of one.
SHAPE = (1, *(tuple(table.header) for table in TABLES.values()))

Write = Callable[[Iterable[Publication]], Iterator[bytes]]


class Missing(Exception):
    """A file needs what is not installed. The text says what to install."""


@dataclass(frozen=True)
class File:
    """One file. `most` is how many claims can be asked for in it; None when there is no limit."""

    name: str
    form: str
    media_type: str
    write: Write
    most: int | None = None
    # Whether the first byte is there only when the last claim was read.
    is_made_whole: bool = False

    @property
    def of(self) -> str:
        """The table whose rows it holds; what holds whole claims is of the claims."""
        return self.name.partition(".")[0]

    @property
    def route(self) -> str:
        """The name of its address: `list-csv` for claims.csv, `evidence-csv` for evidence.csv."""
        return f"{'list' if self.of == 'claims' else self.of}-{self.ending}"

    @property
    def ending(self) -> str:
        return self.name.partition(".")[2]

    @property
    def content_type(self) -> str:
        return f"{self.media_type}; charset=utf-8" if self.media_type.startswith("text/") else self.media_type


def csv(table: Table, things: Iterable[Any]) -> Iterator[bytes]:
    """The table as CSV."""
    lines = spreadsheet.lines(table.header, table.rows(things))
    return in_blocks(line.encode() for line in lines)


def json(publications: Iterable[Publication]) -> Iterator[bytes]:
    """One JSON object with every claim, each as its document."""
    return in_blocks(_json(publications))


def _json(publications: Iterable[Publication]) -> Iterator[bytes]:
    terms = orjson.dumps({"license": settings.DATA_LICENSE, "attribution": imprint.attribution()})
    yield terms[:-1] + b',"claims":['
    before = b"\n"
    for publication in publications:
        yield before + publication.document
        before = b",\n"
    yield b"\n]}\n"


def ndjson(publications: Iterable[Publication]) -> Iterator[bytes]:
    """One document a line."""
    return in_blocks(publication.document + b"\n" for publication in publications)


def parquet(table: Table, publications: Iterable[Publication]) -> Iterator[bytes]:
    """The table as Parquet. Raises Missing."""
    try:
        # Loaded when it is asked for, since it may be absent, and takes much memory.
        written: Iterator[bytes] = import_module("claims.formats.parquet").write(table, publications)
    except ModuleNotFoundError as error:
        raise Missing(
            f"Parquet is not to be had on this site, because {error.name} is not installed there: "
            "its packages are in requirements-extra.txt. Take CSV or NDJSON."
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
            xlsx.write,
            most=10_000,
            is_made_whole=True,
        ),
        *(
            File(
                f"{name}.parquet", "Parquet", "application/vnd.apache.parquet", partial(parquet, table),
                is_made_whole=True,
            )
            for name, table in TABLES.items()
        ),
    ]
}  # fmt: skip
