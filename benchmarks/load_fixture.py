"""Time and memory of `loaddata`, beside Django's own and a bare COPY of the same rows, in one run.

    DATABASE_URL=postgresql://user@host/name .venv/bin/python benchmarks/load_fixture.py 1000

Django's own neither checks the record nor makes search. A COPY of all tables does neither, and checks no keys.
"""

import os
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import bulk
import psycopg

DJANGO = """
import django; django.setup()
from django.core.management import call_command
from django.core.management.commands import loaddata
call_command(loaddata.Command(), r"{file}", verbosity=0)
"""
TABLES = """
SELECT relname FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname ~ '^(claims|sources|accounts_user$)'
"""


def main() -> None:
    """Write a fixture of so many claims, load it in each way into an empty database, and print what that took."""
    count = int(sys.argv[1])
    with TemporaryDirectory() as folder:
        file, script = Path(folder) / "fixture.jsonl", Path(folder) / "django_own.py"
        script.write_text(DJANGO.format(file=file))
        with bulk.scratch():
            bulk.measured("benchmarks/published_claims.py", str(count))
            bulk.measured("manage.py", "export_fixture", "--output", str(file))
            copied = copy_out(Path(folder))
        taken = {}
        with bulk.scratch():
            taken["COPY"] = (copy_in(Path(folder), copied), 0.0)
        for way, arguments in (
            ("Django's loaddata", [str(script)]),
            ("loaddata", ["manage.py", "loaddata", str(file)]),
        ):
            with bulk.scratch():
                taken[way] = bulk.measured(*arguments)
        for way, (seconds, memory) in taken.items():
            print(f"{count:,} claims  {way:<20}{seconds:>8.1f} s{count / seconds:>10,.0f} claims/s{memory:>8.0f} MB")


def copy_out(folder: Path) -> list[str]:
    """Copy each table into a file. Returns the tables."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as server:
        tables = [name for (name,) in server.execute(TABLES).fetchall()]
        for table in tables:
            with (folder / table).open("wb") as file, server.cursor().copy(f"COPY {table} TO STDOUT") as rows:
                for data in rows:
                    file.write(data)
    return tables


def copy_in(folder: Path, tables: list[str]) -> float:
    """Copy the tables from their files, with the keys, indexes and triggers that they have; returns seconds."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as server:
        server.execute(f"TRUNCATE {', '.join(tables)} CASCADE")
        started = time.monotonic()
        server.execute("SET session_replication_role = replica")
        for table in tables:
            with (folder / table).open("rb") as file, server.cursor().copy(f"COPY {table} FROM STDIN") as rows:
                while data := file.read(1 << 20):
                    rows.write(data)
        server.commit()
        return time.monotonic() - started


if __name__ == "__main__":
    main()
