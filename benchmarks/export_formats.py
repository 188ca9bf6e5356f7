"""Time and memory of each file of published claims, beside `dumpdata` and a bare COPY of the same columns, in one run.

    DATABASE_URL=postgresql://user@host/name .venv/bin/python benchmarks/export_formats.py 100000

Makes a scratch database `<name>_benchmark` on that server, fills it with so many claims of one appearance and five
pieces of evidence each, and drops it. Every way of writing is a process of its own. COPY takes what the columns of the
record hold from there, and the rest out of the bodies.
"""

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import bulk
import psycopg

BODIES = """
    SELECT published.*, revision.number, revision.body::jsonb AS body
    FROM claims_publishedclaim AS published JOIN claims_revision AS revision ON revision.id = published.revision_id
    OFFSET 0
"""
TERMS = "'https://licence.example/', 'The Daily Check, https://check.example/'"
SOURCE = """
    item #>> '{source,slug}', item #>> '{source,title}', item #>> '{source,kind}', item #>> '{source,address}',
    item #>> '{source,archived_address}', item #>> '{source,published}', item #>> '{source,language}',
    item #> '{source,authors}', item #>> '{source,interest}', item #>> '{source,publisher,slug}',
    item #>> '{source,publisher,name}'
"""
COPIES = {
    "claims": f"""
        SELECT slug, 'https://check.example/claims/' || slug || '/', statement, rating, rating_label, rating_value,
            summary, notice, claimant, claimant_name, claimed_from, claimed_until, kind, language, topics, articles,
            outlets, supports, refutes, origins, first_published_at, revised_at, is_corrected, number,
            'https://check.example/claims/' || slug || '/revisions/' || number || '/', body #> '{{rating,worst}}',
            body #> '{{rating,best}}', body ->> 'explanation', body ->> 'method', body -> 'missing',
            body ->> 'claimed_on', body ->> 'date_note', body -> 'places', body #>> '{{claimant,kind}}',
            body #>> '{{claimant,role}}', body -> 'checkable', body ->> 'why_not_checkable',
            body ->> 'selection_reason', body #>> '{{revision,signed_by}}', body #>> '{{revision,approved_by}}', {TERMS}
        FROM ({BODIES}) AS bodies
    """,
    "evidence": f"""
        SELECT slug, number, place, item ->> 'stance', item ->> 'finding', item ->> 'quote', item ->> 'locator',
            item ->> 'origin', item -> 'primary', item ->> 'secondary_reason', item ->> 'note', {SOURCE}, {TERMS}
        FROM ({BODIES}) AS bodies, jsonb_array_elements(body -> 'evidence') WITH ORDINALITY AS items (item, place)
    """,
    "appearances": f"""
        SELECT slug, number, place, item ->> 'exact', item ->> 'prefix', item ->> 'suffix', item ->> 'locator',
            item -> 'position', item ->> 'date', {SOURCE}, {TERMS}
        FROM ({BODIES}) AS bodies, jsonb_array_elements(body -> 'appearances') WITH ORDINALITY AS items (item, place)
    """,
    "bodies": "SELECT body FROM claims_publishedclaim JOIN claims_revision ON claims_revision.id = revision_id",
}
# Each of our files, and what COPY has to write for the same.
LIKE = {
    "claims.csv": ["claims"],
    "evidence.csv": ["evidence"],
    "appearances.csv": ["appearances"],
    "claims.json": ["bodies"],
    "claims.ndjson": ["bodies"],
    "claims.xlsx": ["claims", "evidence", "appearances"],
    "claims.parquet": ["claims"],
    "evidence.parquet": ["evidence"],
    "appearances.parquet": ["appearances"],
}


class Taken(NamedTuple):
    """What one way of writing took."""

    seconds: float
    memory: float
    size: float


def write(name: str, file: Path) -> None:
    """Write one of our files, as the site and the archive do."""
    import django  # noqa: PLC0415 — only the process that writes needs it

    django.setup()
    from django.conf import settings  # noqa: PLC0415

    from claims.formats.files import FILES  # noqa: PLC0415
    from claims.models import PublishedClaim  # noqa: PLC0415
    from claims.record.publications import publications  # noqa: PLC0415
    from factcheck.core.database import repeatable_read  # noqa: PLC0415

    assert LIKE.keys() == FILES.keys()
    settings.DEBUG = False
    with repeatable_read(), file.open("wb") as out:
        out.writelines(FILES[name].write(publications(PublishedClaim.objects.all())))


def copy(name: str, file: Path) -> None:
    """Let the database write the same columns."""
    import django  # noqa: PLC0415

    django.setup()
    from django.db import connection  # noqa: PLC0415

    from claims.formats.tables import TABLES  # noqa: PLC0415

    query = f"COPY ({COPIES[name]}) TO STDOUT"
    with connection.cursor() as cursor, file.open("wb") as out, cursor.copy(query) as rows:
        out.writelines(rows)
    if name in TABLES:
        with file.open("rb") as written:
            assert written.readline().count(b"\t") == len(TABLES[name].header) - 1, name


def measured(file: Path, *arguments: str) -> Taken:
    seconds, memory = bulk.measured(*arguments)
    taken = Taken(seconds, memory, file.stat().st_size / 1e6)
    file.unlink()
    return taken


def main() -> None:
    """Fill a scratch database, write it in each way, and print a line for each."""
    count = int(sys.argv[1])
    with bulk.scratch(), TemporaryDirectory() as folder:
        file = Path(folder) / "out.jsonl"
        seconds, _memory = bulk.measured("benchmarks/published_claims.py", str(count))
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
            server.execute("VACUUM ANALYZE")
        print(f"{count:,} claims, {5 * count:,} pieces of evidence, written in {seconds:.0f} s")
        dump = ["dumpdata", "claims.publishedclaim", "claims.revision", "-o", str(file)]
        dumped = measured(file, "manage.py", *dump, "--format", "jsonl")
        copied = {name: measured(file, __file__, "copy", name, str(file)) for name in COPIES}
        print(f"{'':24}{'s':>8}{'MB':>9}{'peak MB':>9}{'rows/s':>10}   time: / COPY  / dumpdata   peak: / dumpdata")
        report("dumpdata", count, dumped, dumped, None)
        for name, taken in copied.items():
            report(f"COPY {name}", count, taken, dumped, None)
        for name, like in LIKE.items():
            taken = measured(file, __file__, "write", name, str(file))
            report(name, count, taken, dumped, sum(copied[one].seconds for one in like))


def report(name: str, count: int, taken: Taken, dumped: Taken, copied: float | None) -> None:
    rows = count * (7 if name.endswith("xlsx") else 5 if "evidence" in name else 1)
    beside = f"{taken.seconds / copied:>9.1f}" if copied else f"{'':9}"
    print(
        f"{name:24}{taken.seconds:>8.1f}{taken.size:>9.1f}{taken.memory:>9.0f}{rows / taken.seconds:>10,.0f}"
        f"{beside:>18}{taken.seconds / dumped.seconds:>12.2f}{taken.memory / dumped.memory:>18.2f}",
        flush=True,
    )


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["write", name, file]:
            write(name, Path(file))
        case ["copy", name, file]:
            copy(name, Path(file))
        case _:
            main()
