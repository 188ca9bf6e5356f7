"""Cost of `import_checks`, beside Django's `loaddata` and a bare COPY of the same rows; memory at any size.

    DATABASE_URL=postgresql://user@host/name .venv/bin/python benchmarks/import_checks.py 100000
    DATABASE_URL=postgresql://user@host/name .venv/bin/python benchmarks/import_checks.py --megabytes 1000

The first imports invented fact-checks as a feed of Data Commons and as a table, and prints seconds of CPU for checking
and for applying them, of our processes and of those of the database together: they don't depend on what else the
machine does. The database must be on this machine. COPY is of the same columns, into the same table with its keys and
constraints, and into one without any. The second imports a feed of that size, and prints the most memory that the
command and its process held. Its fact-checks are those of PolitiFact in the data that `bulk.DATA` names, again and
again, each time at another address.
"""

import argparse
import gzip
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count as count_from
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import bulk
import load_fixture
import orjson
import psycopg

COLUMNS = (
    "feed, reference, claim, claimant, title, publisher, address, publisher_address, claimed_on, reviewed_on, "
    "language, label_id, value, best, worst, run_id"
)
LABELS = ["False", "Mostly false", "Mixture", "Mostly true", "True"]
WORDS = (
    *("the", "city", "council", "says", "rent", "rose", "by", "a", "third"),
    *("since", "March", "and", "nobody", "in", "office", "knew", "of", "it"),
)


def rows(count: int) -> Iterator[dict[str, str]]:
    """Invented fact-checks, each about as long as real ones."""
    for number in range(count):
        words = " ".join(WORDS[(number + place * 7) % len(WORDS)] for place in range(18))
        yield {
            "reference": f"https://checks.example/articles/{number}",
            "claim": f"{words} {number}",
            "claimant": f"Speaker {number % 997}",
            "title": f"Fact-check {number}: {words[:60]}",
            "publisher": "Checks",
            "address": f"https://checks.example/articles/{number}",
            "publisher_address": "https://checks.example/",
            "claimed_on": f"20{10 + number % 10}-0{1 + number % 9}-1{number % 10}",
            "reviewed_on": f"20{10 + number % 10}-0{1 + number % 9}-2{number % 9}",
            "language": "en",
            "label": LABELS[number % 5],
            "value": str(1 + number % 5),
            "best": "5",
            "worst": "1",
        }


def real_rows() -> Iterator[dict[str, str]]:
    """The fact-checks of PolitiFact without an end. From the second time on, the address says which time it is."""
    for time_ in count_from(0):
        with gzip.open(bulk.DATA / "politifact-claims" / "claims.jsonl.gz") as lines:
            for one in map(orjson.loads, lines):
                address = f"{one['url']}?copy={time_}" if time_ else one["url"]
                yield {
                    "address": address,
                    "claim": one["claim"],
                    "claimant": one["speaker"],
                    "title": one["title"],
                    "publisher": one["publisher"],
                    "publisher_address": "https://www.politifact.com/",
                    "claimed_on": one["stated_on"],
                    "reviewed_on": one["published_on"],
                    "language": one["lang"],
                    "label": one["rating"],
                    "value": "",
                    "best": "",
                    "worst": "",
                }


def feed(given: Iterable[dict[str, str]], megabytes: int = 0) -> Iterator[bytes]:
    """The rows as a feed of Data Commons, in pieces. With `megabytes`, it ends when it's so large."""
    yield b'{"@context":"https://schema.org","@type":"DataFeed","dataFeedElement":['
    size = 0
    for number, row in enumerate(given):
        review: dict[str, Any] = {
            "@type": "ClaimReview",
            "url": row["address"],
            "claimReviewed": row["claim"],
            "headline": row["title"],
            "datePublished": row["reviewed_on"],
            "inLanguage": row["language"],
            "author": {"@type": "Organization", "name": row["publisher"], "url": row["publisher_address"]},
            "itemReviewed": {
                "@type": "Claim",
                "datePublished": row["claimed_on"],
                "author": {"@type": "Person", "name": row["claimant"]},
            },
            "reviewRating": {
                "@type": "Rating",
                "alternateName": row["label"],
                "ratingValue": row["value"],
                "bestRating": row["best"],
                "worstRating": row["worst"],
            },
        }
        item = {"@type": "DataFeedItem", "dateCreated": row["reviewed_on"], "item": [review]}
        piece = (b"," if number else b"") + orjson.dumps(item)
        size += len(piece)
        yield piece
        if megabytes and size > megabytes * 1_000_000:
            break
    yield b"]}"


def table(count: int) -> Iterator[bytes]:
    """The rows as JSON Lines."""
    for row in rows(count):
        yield orjson.dumps(row) + b"\n"


def fixture(run: int, labels: dict[str, int], count: int) -> Iterator[bytes]:
    """The rows as `loaddata` reads them."""
    for number, row in enumerate(rows(count), 1):
        fields = {**row, "label": labels[row["label"]], "feed": "bench", "run": run, "changed_in": None}
        yield orjson.dumps({"model": "claims.foreigncheck", "pk": number, "fields": fields}) + b"\n"


def write(path: Path, pieces: Iterator[bytes]) -> None:
    with path.open("wb") as file:
        for piece in pieces:
            file.write(piece)


@dataclass
class Cost:
    """Seconds of a clock and of CPU, and the most memory in MB."""

    seconds: float
    cpu: float
    memory: float = 0.0

    def __sub__(self, other: "Cost") -> "Cost":
        return Cost(self.seconds - other.seconds, self.cpu - other.cpu, self.memory)


def measured(*arguments: str) -> Cost:
    """Run one of our programs."""
    command = [sys.executable, str(bulk.ROOT / arguments[0]), *arguments[1:]]
    with server() as connection:
        before, started = _cpu_of_database(connection), time.monotonic()
        process = os.posix_spawn(sys.executable, command, os.environ)
        _, status, usage = os.wait4(process, 0)
        assert status == 0, arguments
        cpu = usage.ru_utime + usage.ru_stime + _cpu_of_database(connection) - before
        return Cost(time.monotonic() - started, cpu, usage.ru_maxrss / 1024)


def _cpu_of_database(connection: psycopg.Connection[Any]) -> float:
    """The seconds of CPU that all processes of the server have used, those that have ended included."""
    postmaster = _fields(connection.info.backend_pid)[1]
    own = _fields(int(postmaster))
    children = [_fields(int(pid)) for pid in _read(Path(f"/proc/{postmaster}/task/{postmaster}/children")).split()]
    ticks = sum(map(int, own[11:15])) + sum(int(part) for child in children for part in child[11:13])
    return ticks / os.sysconf("SC_CLK_TCK")


def _fields(process: int) -> list[str]:
    """The fields of proc(5)'s stat after the name, from the state on. Zeros if the process has ended."""
    return _read(Path(f"/proc/{process}/stat")).rpartition(")")[2].split() or ["0"] * 50


def imported(*arguments: str) -> Cost:
    """Run `import_checks`."""
    return measured("manage.py", "import_checks", "--feed", "bench", "--verbosity", "0", *arguments)


def start_of_django() -> Cost:
    """What any command costs before it does anything."""
    return measured("manage.py", "check", "--verbosity", "0")


def compare(count: int) -> None:
    columns = [f"--column={name}={name}" for name in next(rows(1))]
    with TemporaryDirectory() as name, bulk.scratch("imports"):
        folder = Path(name)
        write(folder / "feed.json", feed(rows(count)))
        write(folder / "table.jsonl", table(count))
        first = folder / "first.json"
        write(first, feed(rows(5)))
        imported(str(first), "--accept-proposed")  # decides the labels
        with server() as connection:
            _clear(connection)
            run, labels = _ids(connection)
            write(folder / "fixture.jsonl", fixture(run, labels, count))
        taken: dict[str, Cost] = {}
        overhead = start_of_django()
        for way, file, options in (("feed", "feed.json", []), ("table", "table.jsonl", columns)):
            checked = imported(str(folder / file), *options, "--dry-run")
            whole = imported(str(folder / file), *options)
            taken[f"check of the {way}"] = checked - overhead
            taken[f"import of the {way}"] = whole - checked
            taken[f"both, {way}"] = whole - overhead
            with server() as connection:
                assert connection.execute("SELECT count(*) FROM claims_foreigncheck").fetchone() == (count,)
                if way == "feed":
                    _copy_out(connection, folder / "rows")
                _clear(connection)
        script = folder / "django_own.py"
        script.write_text(load_fixture.DJANGO.format(file=folder / "fixture.jsonl"))
        taken["Django's loaddata"] = measured(str(script)) - overhead
        with server() as connection:
            _clear(connection)
            taken["COPY into the table"] = _copy_in(connection, "claims_foreigncheck", folder / "rows")
            connection.execute("CREATE TABLE plain (LIKE claims_foreigncheck INCLUDING IDENTITY)")
            connection.execute("ALTER TABLE plain ALTER changed_in_id DROP NOT NULL")
            taken["COPY without keys"] = _copy_in(connection, "plain", folder / "rows")
    others = taken["Django's loaddata"].cpu, taken["COPY into the table"].cpu
    print(f"| {count:,} rows | CPU s | rows a CPU second | times loaddata | of COPY into the table | MB | clock s |")
    print("|---|---|---|---|---|---|---|")
    for way, cost in taken.items():
        loaddata, copy = (other / cost.cpu for other in others)
        print(
            f"| {way} | {cost.cpu:.2f} | {count / cost.cpu:,.0f} | {loaddata:.1f} | {copy:.2f} "
            f"| {cost.memory:.0f} | {cost.seconds:.1f} |"
        )


def server() -> psycopg.Connection[Any]:
    return psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)


def _clear(connection: psycopg.Connection[Any]) -> None:
    connection.execute("TRUNCATE claims_foreigncheck, claims_importedrow CASCADE")


def _ids(connection: psycopg.Connection[Any]) -> tuple[int, dict[str, int]]:
    (run,) = connection.execute("SELECT max(id) FROM claims_importrun").fetchone() or (0,)
    return run, dict(connection.execute("SELECT label, id FROM claims_foreignlabel").fetchall())


def _copy_out(connection: psycopg.Connection[Any], path: Path) -> None:
    statement = f"COPY (SELECT {COLUMNS} FROM claims_foreigncheck ORDER BY id) TO STDOUT"
    with path.open("wb") as file, connection.cursor().copy(statement) as data:
        for piece in data:
            file.write(piece)


def _copy_in(connection: psycopg.Connection[Any], table_name: str, path: Path) -> Cost:
    started, own, before = time.monotonic(), time.process_time(), _cpu_of_database(connection)
    statement = f"COPY {table_name} ({COLUMNS}) FROM STDIN"
    with path.open("rb") as file, connection.cursor().copy(statement) as data:
        while piece := file.read(1 << 20):
            data.write(piece)
    cpu = time.process_time() - own + _cpu_of_database(connection) - before
    return Cost(time.monotonic() - started, cpu)


def memory(megabytes: int) -> None:
    """Import a feed of this size, and print the most memory of the command and of the process that reads it."""
    with TemporaryDirectory() as name, bulk.scratch("imports"):
        file = Path(name) / "feed.json"
        write(file, feed(real_rows(), megabytes))
        command = [sys.executable, str(bulk.ROOT / "manage.py"), "import_checks", str(file), "--feed", "bench"]
        started = time.monotonic()
        command += ["--accept-proposed", "--verbosity", "0"]
        process = subprocess.Popen(command)  # noqa: S603 — our own command
        most = {"command": 0, "reader": 0}
        while process.poll() is None:
            most["command"] = max(most["command"], _memory(process.pid))
            for children in Path(f"/proc/{process.pid}/task").glob("*/children"):
                for child in _read(children).split():
                    most["reader"] = max(most["reader"], _memory(int(child)))
            time.sleep(0.2)
        seconds = time.monotonic() - started
        with server() as connection:
            [(counts,)] = connection.execute("SELECT counts FROM claims_importrun").fetchall()
        count = counts["rows"]
        print(
            f"{file.stat().st_size / 1e6:,.0f} MB, {count:,} rows, {seconds:.0f} s, {count / seconds:,.0f} rows/s; MB:",
            most,
        )


def _memory(process: int) -> int:
    """The most memory that the process has held so far, in MB."""
    found = re.search(r"VmHWM:\s+(\d+)", _read(Path(f"/proc/{process}/status")))
    return int(found[1]) // 1024 if found else 0


def _read(path: Path) -> str:
    """The content of a file of a process. Empty if it has ended."""
    try:
        return path.read_text()
    except OSError:
        return ""


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("count", type=int, nargs="?", default=100_000)
    parser.add_argument("--megabytes", type=int)
    given = parser.parse_args()
    if given.megabytes:
        memory(given.megabytes)
    else:
        compare(given.count)
