"""Time and memory of `export_fixture` beside Django's `dumpdata`, on the same rows, in one run.

    DATABASE_URL=postgresql://user@host/name .venv/bin/python benchmarks/export_fixture.py 10000

Makes a scratch database `<name>_benchmark` on that server, fills it with so many claims, and drops it.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import bulk


def main() -> None:
    """Fill a scratch database, write it in each way, and print what that took."""
    count = int(sys.argv[1])
    with bulk.scratch():
        bulk.measured("benchmarks/published_claims.py", str(count))
        compare(count)


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
            taken[way] = bulk.measured("manage.py", *arguments)
            seconds, memory = taken[way]
            faster, smaller = taken["dumpdata"][0] / seconds, taken["dumpdata"][1] / memory
            size = file.stat().st_size / 1e6
            print(
                f"{count} claims  {way:<28} {seconds:7.1f} s ({faster:.1f} times as fast)  "
                f"{memory:6.0f} MB ({smaller:.1f} times less)  file {size:.1f} MB"
            )


if __name__ == "__main__":
    main()
