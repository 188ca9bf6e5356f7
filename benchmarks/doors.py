"""Every door of a reader at several sizes of the record, in one run: a Markdown table.

    DATABASE_URL=postgresql://user@host/name BENCHMARK_DATA=/path .venv/bin/python benchmarks/doors.py 10000 1000000

Builds the records that aren't there yet (see `build.py`) and keeps them. A figure is CPU time in milliseconds of our
process and of its database process together, because that doesn't depend on what else the machine does: the median and
the 95th percentile of twenty calls after one that isn't counted. With `--only WORD` it measures the doors whose names
have that word. The database must be on this machine.
"""

import argparse
import json
import os
import random
import runpy
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote_plus

import bulk
import peers

# Sizes up to here are checked by `manage.py check_record` after they are built.
CHECKED = 10_000


class Figure(NamedTuple):
    """CPU milliseconds, queries, and rows that the database read for one call."""

    median: float
    p95: float
    queries: int
    rows: int


def doors() -> dict[str, list[str]]:
    """The addresses of each door, which are asked for in turn."""
    from django.db import connection  # noqa: PLC0415 — Django is set up only now

    from claims.choices import FacetKind, Order  # noqa: PLC0415
    from claims.models import Facet, PublishedClaim  # noqa: PLC0415

    total = PublishedClaim.objects.count()
    chance = random.Random(1)  # noqa: S311 — nothing is kept secret with it

    def narrow(kind: FacetKind) -> str:
        return Facet.objects.filter(kind=kind, claims__gte=10).order_by("claims", "value")[0].value

    def search(*texts: str, more: str = "") -> list[str]:
        return [f"/claims/?q={quote_plus(text)}{more}" for text in texts]

    claims = chance.sample(range(total), 40)
    slugs = [f"claim-{number}" for number in claims]
    corrected = list(PublishedClaim.objects.filter(is_corrected=True).values_list("slug", flat=True)[:20])
    statements = list(PublishedClaim.objects.filter(slug__in=slugs, language="en").values_list("statement", flat=True))
    common, middling, rare, three = (found for found in searches().values())
    typed = [" ".join(text.split()[2:5]) for text in statements[:20]]
    misspelt = [f"{text[:2]}{text[3]}{text[2]}{text[4:]}" for text in rare if len(text) > 5] or ["govrenment"]
    topic, claimant = narrow(FacetKind.TOPIC), narrow(FacetKind.CLAIMANT)
    filters = "rating=false&topic=topic-0&year=2020"
    deep = f"/api/v1/claims/?cursor={_deep_cursor()}"
    last = min(100, total // 20)
    recent = PublishedClaim.objects.order_by("-revised_at").values_list("revised_at", flat=True)[199]
    with connection.cursor() as cursor:
        cursor.execute("SELECT language FROM claims_publishedclaim GROUP BY 1 ORDER BY count(*) DESC OFFSET 2 LIMIT 1")
        (language,) = cursor.fetchone()
    return {
        "home": ["/"],
        "claim": [f"/claims/{slug}/" for slug in slugs],
        "claim corrected": [f"/claims/{slug}/" for slug in corrected],
        "list": ["/claims/"],
        "list last page": [f"/claims/?page={last}"],
        "list wide facet (rating 50 %)": ["/claims/?rating=false"],
        "list narrow facet (topic)": [f"/claims/?topic={topic}"],
        "list claimant 10 %": ["/claims/?claimant=claimant-0"],
        "list claimant narrow": [f"/claims/?claimant={claimant}"],
        "list 3 filters": [f"/claims/?{filters}"],
        "list 3 filters + common word": search(*common, more=f"&{filters}"),
        "list 3 filters + 3 words": search(*three, more=f"&{filters}"),
        "list since": ["/claims/?since=2015-06", "/claims/?since=2020-01-31"],
        "list oldest claim sort": [f"/claims/?sort={Order.NEWEST_CLAIM}"],
        "list empty (no such article)": ["/claims/?article=nothing"],
        "list kind + language": [f"/claims/?kind=event&language={language}", "/claims/?kind=event&language=en"],
        "search rare": search(*rare),
        "search middling": search(*middling),
        "search common": search(*common),
        "search 3 words": search(*three),
        "search 3 words of a claim": search(*typed),
        "search whole statement": search(*statements[:20]),
        "search misspelt": search(*misspelt),
        "search number": search("5 million", "2020", "50 percent", "1,000"),
        "search phrase": search(*(f'"{" ".join(text.split()[:2])}"' for text in statements[:10])),
        "search begun": search(*(text[:4] for text in middling)),
        "search minus": search(*(f"{one} -{other}" for one, other in zip(common, middling, strict=False))),
        "search common, newest": search(*common, more=f"&sort={Order.NEWEST_VERDICT}"),
        "article 1,000 claims": ["/articles/article-0/"],
        "claimants": ["/claimants/"],
        "topics": ["/topics/"],
        "claimant 10 %": ["/claimants/claimant-0/"],
        "topic 50 %": ["/topics/topic-0/"],
        "topic narrow": [f"/topics/{topic}/"],
        "source 1 %": ["/sources/source-0/"],
        "statistics": ["/statistics/"],
        "statistics filtered": ["/statistics/?topic=topic-0", "/statistics/?year=2020"],
        "corrections": ["/corrections/"],
        "corrections rating": ["/corrections/?kind=rating"],
        "corrections last page": [f"/corrections/?page={min(100, total // 1000)}"],
        "claims.rss": ["/claims.rss"],
        "claims.rss?q": [f"/claims.rss?q={one}" for one in common],
        "corrections.rss": ["/corrections.rss"],
        "claimreview feed, 200 changes": [f"/feeds/claimreview.json?since={quote_plus(recent.isoformat())}"],
        "api list": ["/api/v1/claims/"],
        "api deep cursor": [deep],
        "api search": [f"/api/v1/claims/?q={one}" for one in common],
        "api 3 filters": [f"/api/v1/claims/?{filters}"],
        "api claim": [f"/api/v1/claims/{slug}/" for slug in slugs[:20]],
        "api topics": ["/api/v1/topics/"],
        "api ratings": ["/api/v1/ratings/"],
        "api articles": ["/api/v1/articles/"],
        "google search": [f"/v1alpha1/claims:search?query={one}" for one in common],
        "google max age": [f"/v1alpha1/claims:search?query={one}&maxAgeDays=300" for one in common],
        "sitemap": ["/sitemap.xml"],
        "sitemap part": ["/sitemap-claims-1.xml"],
        "sitemap articles": ["/sitemap-articles-1.xml"],
        "share image": [f"/claims/{slug}/card.png" for slug in slugs[:5]],
        "embed": [f"/embed/claims/{slug}/" for slug in slugs[:20]],
        "Django's admin: list": ["/plain/claims/publishedclaim/"],
        "Django's admin: 3 filters": ["/plain/claims/publishedclaim/?rating=false&kind=event&language=en"],
        "Django's admin: search common": [f"/plain/claims/publishedclaim/?q={one}" for one in common],
        "Django's admin: search 3 words": [f"/plain/claims/publishedclaim/?q={quote_plus(one)}" for one in three],
    }


def searches() -> dict[str, list[str]]:
    """What is searched for: words of one claim in ten, of one in two hundred, of few, and all three."""
    from claims.models import PublishedClaim, Word  # noqa: PLC0415 — Django is set up only now

    total = PublishedClaim.objects.count()

    def words(most: float, pattern: str) -> list[str]:
        found = Word.objects.filter(claims__lte=max(most, 20), word__regex=pattern).order_by("-claims", "word")
        return [row.word for row in found[:5]]

    common, middling = words(total * 0.1, "^[a-z]{4,12}$"), words(total * 0.005, "^[a-z]{4,12}$")
    rare = words(20, "^[a-z]{6,12}$")
    three = [" ".join(found) for found in zip(common, middling, rare, strict=False)]
    return {"common": common, "middling": middling, "rare": rare, "3 words": three}


def plain_admin() -> None:
    """Serve Django's own admin of the public rows, without signing in, under /plain/."""
    from django.contrib import admin  # noqa: PLC0415 — Django is set up only now

    from claims.models import PublishedClaim  # noqa: PLC0415

    class Claims(admin.ModelAdmin[PublishedClaim]):
        list_display = ("statement", "rating", "claimant_name", "kind", "language", "first_published_at")
        list_filter = ("rating", "kind", "language")
        list_per_page = 20
        search_fields = ("statement", "summary", "claimant_name")

        def has_view_permission(self, request: Any, obj: Any = None) -> bool:
            return True

    peers.plain_site(PublishedClaim, Claims)


def beside() -> dict[str, Figure]:
    """The figures of the peers that have a Python of their own."""
    if not (python := os.environ.get("BENCHMARK_PEERS")):
        print("Without Datasette, FTS5 and tantivy: BENCHMARK_PEERS names no Python that has them.", file=sys.stderr)
        return {}
    chosen = {name: texts for name, texts in searches().items() if name in {"common", "3 words"}}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "claims.sqlite"
        peers.export(file)
        command = [python, peers.__file__, str(file), json.dumps(chosen)]
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout  # noqa: S603
    return {name: Figure(median, p95, 0, 0) for name, (median, p95) in json.loads(output).items()}


def _deep_cursor() -> str:
    """The cursor in the middle of the API's list, as its link to the next page gives it."""
    from claims.choices import Order  # noqa: PLC0415 — Django is set up only now
    from claims.models import PublishedClaim  # noqa: PLC0415
    from claims.outlets.api import paging  # noqa: PLC0415

    middle = PublishedClaim.objects.filter(pk__gte=PublishedClaim.objects.count() // 2).order_by("pk")[0]
    at = paging.newest_first("first_published_at").write(middle.first_published_at)
    return f"n.{Order.NEWEST_VERDICT}.{at}.{middle.slug}"


def floors() -> dict[str, str]:
    """The least that any program must do: the same rows by one statement."""
    from django.db import connection  # noqa: PLC0415 — Django is set up only now

    with connection.cursor() as cursor:
        cursor.execute("SELECT claims_searchrow.words[1:3] FROM claims_searchrow LIMIT 1")
        (stems,) = cursor.fetchone()
    newest = "ORDER BY first_published_at DESC, slug LIMIT 20"
    return {
        "psycopg: claim": "SELECT * FROM claims_revision WHERE slug = 'claim-77'",
        "psycopg: list": f"SELECT * FROM claims_publishedclaim {newest}",
        "psycopg: 3 filters": (
            "SELECT * FROM claims_publishedclaim WHERE rating = 'false' AND topics @> '{topic-0}' "
            f"AND claimed_from BETWEEN '2020-01-01' AND '2020-12-31' {newest}"
        ),
        "psycopg: 3 filters, counted": (
            "SELECT count(*) FROM claims_publishedclaim WHERE rating = 'false' AND topics @> '{topic-0}' "
            "AND claimed_from BETWEEN '2020-01-01' AND '2020-12-31'"
        ),
        "psycopg: search 3 words": f"SELECT * FROM claims_searchrow WHERE words @> '{{{','.join(map(str, stems))}}}'",
    }


def measure(only: str) -> dict[str, Figure]:
    """The figure of each door in the database of DATABASE_URL."""
    from django.db import DatabaseError, connection  # noqa: PLC0415 — Django is set up only now
    from django.test import Client  # noqa: PLC0415

    results = {}
    chance = random.Random(2)  # noqa: S311

    def get(address: str) -> None:
        # A network of its own for each request: these readers are many.
        network = f"10.{chance.randrange(256)}.{chance.randrange(256)}.{chance.randrange(256)}"
        response = Client(REMOTE_ADDR=network).get(address)
        body = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
        assert response.status_code == 200, (address, response.status_code, body[:500])

    def run(sql: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            cursor.fetchall()

    work: list[tuple[str, Callable[[str], None], list[str]]] = [
        *((name, get, addresses) for name, addresses in doors().items()),
        *((name, run, [statement]) for name, statement in floors().items()),
    ]
    for name, call, arguments in work:
        if only not in name:
            continue
        try:
            results[name] = _figure(call, arguments, connection)
        except (AssertionError, DatabaseError) as error:
            print(name, str(error)[:500], file=sys.stderr)
    if only in "peers":
        results |= beside()
    return results


def _figure(call: Callable[[str], None], arguments: list[str], connection: Any) -> Figure:
    queries: list[str] = []

    def note(execute: Any, sql: Any, parameters: Any, many: bool, context: Any) -> Any:
        queries.append(str(sql))
        return execute(sql, parameters, many, context)

    before = _rows_read()
    with connection.execute_wrapper(note):
        call(arguments[0])
    rows = _rows_read() - before
    took = []
    for number in range(peers.TIMES):
        started = _cpu(connection)
        wall = time.perf_counter()
        call(arguments[(number + 1) % len(arguments)])
        took.append(1000 * (_cpu(connection) - started))
        if time.perf_counter() - wall > 20:  # enough of what is this slow
            break
    return Figure(*peers.spread(took), len(queries), rows)


def _cpu(connection: Any) -> float:
    """Seconds of CPU of this process and of the connection's process in the database."""
    connection.ensure_connection()
    pid = connection.connection.info.backend_pid
    nanoseconds = int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])
    return time.process_time() + nanoseconds / 1e9


def _rows_read() -> int:
    """The rows that all processes have read from tables so far."""
    from django.db import connection  # noqa: PLC0415 — Django is set up only now

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT 1")
        cursor.execute("SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint FROM pg_stat_user_tables")
        (rows,) = cursor.fetchone()
    return int(rows)


def one_size(only: str) -> None:
    """Measure the database of DATABASE_URL and print the figures as JSON."""
    import django  # noqa: PLC0415 — settings come first

    django.setup()
    from django.conf import settings  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    settings.DEBUG, settings.ALLOWED_HOSTS = False, ["*"]
    plain_admin()
    # As a worker of the site begins.
    runpy.run_path(str(bulk.ROOT / "deploy" / "gunicorn.conf.py"))["post_worker_init"](None)
    # The time of other processes of the database isn't counted.
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("SET max_parallel_workers_per_gather = 0")
    print(json.dumps(measure(only)))


def main() -> None:
    """Build what is missing, measure each size in a process of its own, and print one table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("sizes", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--only", default="")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        one_size(options.only)
        return
    here = Path(__file__).resolve()
    results: list[dict[str, Any]] = []
    for size in options.sizes:
        bulk.build(size, *(["--check"] if size <= CHECKED else []))
        with bulk.scratch(str(size), keep=True):
            # Only to measure what would be cut off. A busy machine needs longer than a reader would wait.
            os.environ["READER_TIME_LIMIT"] = "60000"
            command = [sys.executable, str(here), "--one", "--only", options.only]
            output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=os.environ).stdout  # noqa: S603
        results.append(json.loads(output))
    print("| door | queries |" + "".join(f" {size:,}: p50 | p95 | rows |" for size in options.sizes) + " growth |")
    print("|---|---|" + "---|---|---|" * len(options.sizes) + "---|")
    for name in dict.fromkeys(name for result in results for name in result):
        found = [Figure(*result[name]) for result in results if name in result]
        cells = "".join(f" {one.median:.0f} | {one.p95:.0f} | {one.rows:,} |" for one in found)
        growth = found[-1].median / max(found[0].median, 0.1)
        print(f"| {name} | {found[-1].queries} |{cells} {growth:.1f} |")


if __name__ == "__main__":
    main()
