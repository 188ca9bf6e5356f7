"""How often a search finds a claim again by a part of its statement, at several sizes of the record, beside FTS5.

    DATABASE_URL=postgresql://user@host/name BENCHMARK_DATA=/path .venv/bin/python benchmarks/found_again.py 10000

Builds the records that aren't there yet (see `build.py`) and keeps them. Of claims drawn by chance it types the whole
statement, some words of it, a phrase, and a common word with the claimant as a filter. It prints in how many of a
hundred cases the claim is among the first twenty, and the time of a search. The statements are put together from parts
of real ones, so many claims share their words, and nothing finds all of them. SQLite's FTS5 ranks the claims that have
one of the words by BM25, and knows no filter and no languages.
"""

import json
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import bulk
import peers

CLAIMS, SHOWN = 100, 20
# What a typed query is at most: see `claims.search.parsing`.
LONGEST = 159

Search = Callable[[str, str], list[str]]


def queries(statement: str, claimant: str) -> dict[str, tuple[str, str]]:
    """What somebody could type for a claim, and the claimant to filter by."""
    plain = statement.replace('"', " ").split()
    middle = len(plain) // 2
    longest = max(plain, key=len, default="")
    return {
        "the whole statement": (statement[:LONGEST], ""),
        "five words": (" ".join(plain[1:6]), ""),
        "three words": (" ".join(plain[middle : middle + 3]), ""),
        "a phrase of four words": (f'"{" ".join(plain[1:5])}"', ""),
        "its longest word and the claimant": (longest, claimant),
    }


def ours(text: str, claimant: str) -> list[str]:
    """The slugs of the first page."""
    from django.http import QueryDict  # noqa: PLC0415 — Django is set up only now

    from claims.models import PublishedClaim  # noqa: PLC0415
    from claims.search.filters import ClaimFilterSet  # noqa: PLC0415

    given = QueryDict(urlencode({"q": text, "claimant": claimant}))
    filters = ClaimFilterSet(given, queryset=PublishedClaim.objects.all())
    assert not filters.errors, filters.errors
    return list(filters.first(SHOWN).values_list("slug", flat=True)[:SHOWN])


def fts5(made: sqlite3.Connection) -> Search:
    """The best by BM25."""

    def search(text: str, _claimant: str) -> list[str]:
        from factcheck.core import words  # noqa: PLC0415 — Django is set up only now

        plain = words.plain(text)
        wanted = f'"{" ".join(plain)}"' if text.startswith('"') else " OR ".join(f'"{word}"' for word in plain)
        found = made.execute(
            "SELECT claim.slug FROM claim_fts JOIN claim ON claim.rowid = claim_fts.rowid WHERE claim_fts MATCH ? "
            f"ORDER BY rank LIMIT {SHOWN}",
            [wanted],
        )
        return [slug for (slug,) in found]

    return search


def measured(search: Search) -> dict[str, tuple[int, float, float]]:
    """For each kind of query: of how many in a hundred the claim is found, and the median and 95th percentile in ms."""
    from claims.models import PublishedClaim  # noqa: PLC0415 — Django is set up only now

    chance = random.Random(3)  # noqa: S311 — nothing is kept secret with it
    drawn = [f"claim-{number}" for number in chance.sample(range(PublishedClaim.objects.count()), CLAIMS)]
    claims = PublishedClaim.objects.filter(slug__in=drawn).exclude(claimant="").order_by("pk")
    hits: dict[str, list[bool]] = {}
    took: dict[str, list[float]] = {}
    for slug, statement, claimant in claims.values_list("slug", "statement", "claimant"):
        for kind, (text, by) in queries(statement, claimant).items():
            started = time.perf_counter()
            found = search(text, by)
            took.setdefault(kind, []).append(1000 * (time.perf_counter() - started))
            hits.setdefault(kind, []).append(slug in found)
    return {kind: (round(100 * sum(some) / len(some)), *peers.spread(took[kind])) for kind, some in hits.items()}


def one_size() -> None:
    """Measure the database of DATABASE_URL and print the figures as JSON."""
    import django  # noqa: PLC0415 — settings come first

    django.setup()
    from django.conf import settings  # noqa: PLC0415

    settings.DEBUG = False
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "claims.sqlite"
        peers.export(file)
        with sqlite3.connect(file) as made:
            print(json.dumps({"search": measured(ours), "FTS5": measured(fts5(made))}))


def main() -> None:
    """Build what is missing, measure each size in a process of its own, and print one table."""
    if sys.argv[1:] == ["--one"]:
        one_size()
        return
    sizes = [int(one) for one in sys.argv[1:]] or [10_000, 100_000]
    results = []
    for size in sizes:
        bulk.build(size)
        with bulk.scratch(str(size), keep=True):
            command = [sys.executable, __file__, "--one"]
            output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout  # noqa: S603
            results.append(json.loads(output))
    print("| found among the first twenty, of 100 |" + "".join(f" {size:,} | p50 ms | p95 ms |" for size in sizes))
    print("|---|" + "---|---|---|" * len(sizes))
    for name in results[0]:
        for kind in results[0][name]:
            cells = [result[name][kind] for result in results]
            print(f"| {name}: {kind} |" + "".join(f" {hits} | {p50:.0f} | {p95:.0f} |" for hits, p50, p95 in cells))


if __name__ == "__main__":
    main()
