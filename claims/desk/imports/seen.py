"""The references of one file, to find one that is there twice: on disk, so large files need no memory.

They aren't in the database, because the web role may not make temporary tables there, and a pooler would drop them
between two transactions.
"""

import os
import sqlite3
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from hashlib import blake2b
from types import TracebackType
from typing import Any, Self

import orjson

from claims.desk.imports.rows import Row

_TABLE = "CREATE TABLE seen (reference BLOB PRIMARY KEY, number INTEGER, digest BLOB) WITHOUT ROWID"
_ADD = "INSERT OR IGNORE INTO seen VALUES (?, ?, ?)"


class Seen:
    """The references that came so far, each with its first row."""

    def __enter__(self) -> Self:
        descriptor, self._path = tempfile.mkstemp(prefix="import-")
        os.close(descriptor)
        self._database = sqlite3.connect(self._path, isolation_level=None)
        for setting in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -16000"):
            self._database.execute(f"PRAGMA {setting}")
        self._database.execute(_TABLE)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()
        with suppress(OSError):
            os.unlink(self._path)

    def add(self, rows: Sequence[Row]) -> dict[int, tuple[int, bool]]:
        """Add these rows. Returns those whose reference an earlier row has: that row, and True if both are the same."""
        keys = [(_digest(row.reference), row.number, _digest(row.values)) for row in rows]
        before = self._database.total_changes
        self._database.execute("BEGIN")
        self._database.executemany(_ADD, keys)
        self._database.execute("COMMIT")
        if self._database.total_changes - before == len(keys):
            return {}
        found = {}
        for reference, number, digest in keys:
            first, its_digest = self._database.execute(
                "SELECT number, digest FROM seen WHERE reference = ?", [reference]
            ).fetchone()
            if first != number:
                found[number] = first, its_digest == digest
        return found


def _digest(value: Any) -> bytes:
    data = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else orjson.dumps(value)
    return blake2b(data, digest_size=16).digest()
