"""Time and memory of `export_fixture` beside Django's `dumpdata`, on the same rows, in one run.

    DATABASE_URL=postgresql://user@host/name .venv/bin/python benchmarks/export_fixture.py 10000

Makes a scratch database `<name>_benchmark` on that server, fills it with so many claims, and drops it.
"""

import os
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent


def measured(*arguments: str) -> tuple[float, float]:
    """Run one of our programs; returns seconds and the most memory it held, in MB."""
    started = time.monotonic()
    command = [sys.executable, str(ROOT / arguments[0]), *arguments[1:]]
    process = os.posix_spawn(sys.executable, command, os.environ)
    _, status, usage = os.wait4(process, 0)
    assert status == 0, arguments
    return time.monotonic() - started, usage.ru_maxrss / 1024


def main() -> None:
    """Fill a scratch database, write it in each way, and print what that took."""
    count = int(sys.argv[1])
    address = os.environ["DATABASE_URL"]
    name = f"{urlsplit(address).path.removeprefix('/')}_benchmark"
    scratch = urlsplit(address)._replace(path=f"/{name}").geturl()
    with psycopg.connect(address, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            os.environ.update(
                DATABASE_URL=scratch,
                DEBUG="on",
                DJANGO_SETTINGS_MODULE="factcheck.settings",
                PYTHONPATH=str(ROOT),
            )
            measured("manage.py", "migrate", "-v0")
            measured("benchmarks/published_claims.py", str(count))
            compare(count)
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def compare(count: int) -> None:
    """Print a line for each way of writing, against `dumpdata`."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "fixture.jsonl"
        keys = ["--natural-primary", "--natural-foreign", "-o", str(file), "--format", "jsonl"]
        ways = {
            "dumpdata": ["dumpdata", "accounts", "claims", "sources", *keys],
            "export_fixture": ["export_fixture", "--output", str(file)],
            "export_fixture --published": ["export_fixture", "--published", "--output", str(file)],
        }
        taken = {}
        for way, arguments in ways.items():
            taken[way] = measured("manage.py", *arguments)
            seconds, memory = taken[way]
            faster, smaller = taken["dumpdata"][0] / seconds, taken["dumpdata"][1] / memory
            size = file.stat().st_size / 1e6
            print(
                f"{count} claims  {way:<28} {seconds:7.1f} s ({faster:.1f} times as fast)  "
                f"{memory:6.0f} MB ({smaller:.1f} times less)  file {size:.1f} MB"
            )


if __name__ == "__main__":
    main()
