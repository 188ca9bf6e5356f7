"""How long readers and editors wait for locks while an upgrade runs, migration by migration.

    DATABASE_URL=postgresql://user@host/name BENCHMARK_DATA=/path .venv/bin/python benchmarks/upgrade_waits.py 200000

A copy of the record of that size (`benchmarks/build.py` makes it) is taken back to the state after a migration of
`claims`, 0019 unless another is named after the size. Then the later ones run one by one, while readers and editors
take the locks of pages and acts on each table of the site, and hold them for part of a second. What they wait for is
measured by two others. In the end an index is made as no migration may make it, which shows that a wait is seen.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import bulk
import psycopg
from psycopg import sql

BACK_TO = "0019"
# A page holds a lock for as long as its slowest query, an act until its transaction ends.
SECONDS_OF_A_PAGE, SECONDS_OF_AN_ACT = 0.3, 0.1
# Who measures goes on soon, to be there when a table is locked.
SECONDS_OF_A_LOOK = 0.005
AS_READER, AS_EDITOR = "ACCESS SHARE", "ROW EXCLUSIVE"
_TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '^(claims|sources)_' ORDER BY reltuples DESC"


class Waits:
    """The longest wait for a lock since the last look, of readers and of editors, with the table."""

    def __init__(self) -> None:
        self.longest = {AS_READER: (0.0, ""), AS_EDITOR: (0.0, "")}

    def taken(self) -> dict[str, tuple[float, str]]:
        found, self.longest = self.longest, {AS_READER: (0.0, ""), AS_EDITOR: (0.0, "")}
        return found


def use_tables(mode: str, hold: float, waits: Waits | None, stop: threading.Event) -> None:
    """Take this lock on one table after the other, and hold it for so many seconds."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        while not stop.is_set():
            for (table,) in connection.execute(_TABLES).fetchall():
                started = time.monotonic()
                try:
                    with connection.transaction():
                        connection.execute(
                            sql.SQL("LOCK TABLE {} IN {} MODE").format(sql.Identifier(table), sql.SQL(mode))
                        )
                        waited = time.monotonic() - started
                        time.sleep(hold)
                except psycopg.errors.UndefinedTable:
                    continue  # a migration has just removed it
                if waits and waited > waits.longest[mode][0]:
                    waits.longest[mode] = waited, table


@contextmanager
def load() -> Iterator[Waits]:
    waits, stop = Waits(), threading.Event()
    people = [(AS_READER, SECONDS_OF_A_PAGE), (AS_READER, SECONDS_OF_A_PAGE), (AS_EDITOR, SECONDS_OF_AN_ACT)]
    users: list[tuple[str, float, Waits | None]] = [(mode, hold, None) for mode, hold in people]
    users += [(mode, SECONDS_OF_A_LOOK, waits) for mode in (AS_READER, AS_EDITOR)]
    threads = [threading.Thread(target=use_tables, args=(*user, stop)) for user in users]
    for thread in threads:
        thread.start()
    try:
        yield waits
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def manage(*arguments: str) -> None:
    subprocess.run([sys.executable, str(bulk.ROOT / "manage.py"), *arguments, "-v0"], check=True)  # noqa: S603


def later_than(number: str) -> list[str]:
    names = sorted(path.stem for path in (bulk.ROOT / "claims/migrations").glob("[0-9]*.py"))
    return [name for name in names if name[:4] > number]


def say(name: str, seconds: float, waits: Waits) -> None:
    longest = waits.taken()
    shown = [f"{seconds_:5.2f} s {table:<26}" for seconds_, table in (longest[AS_READER], longest[AS_EDITOR])]
    print(f"{name:<50}{seconds:7.1f} s   readers {shown[0]} editors {shown[1]}", flush=True)


def main(back_to: str) -> None:
    """Print a line for each migration: how long it took, and the longest wait of readers and of editors."""
    manage("migrate", "claims", back_to)
    with load() as waits:
        for name in later_than(back_to):
            started = time.monotonic()
            manage("migrate", "claims", name)
            say(name, time.monotonic() - started, waits)
        started = time.monotonic()
        with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
            connection.execute("CREATE INDEX unwise ON claims_searchrow USING gin (words)")
        time.sleep(1)  # until those who waited have noted it
        say("an index made with a lock", time.monotonic() - started, waits)


if __name__ == "__main__":
    with bulk.scratch("upgrade", copy_of=sys.argv[1]):
        main(sys.argv[2] if len(sys.argv) > 2 else BACK_TO)
