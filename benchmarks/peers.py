"""What the programs beside us need for the same lists and searches: Datasette, SQLite's FTS5 and tantivy.

    /PEERS/bin/python benchmarks/peers.py FILE '{"three": ["tax cut vote"], "common": ["tax"]}'

`doors.py` calls it, with the Python of BENCHMARK_PEERS, in which `benchmarks/requirements.txt` is installed, and a file
that `export` made. It prints CPU milliseconds of this process as JSON: the median and the 95th percentile of each door.
"""

import asyncio
import json
import math
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

TIMES = 20
COLUMNS = "slug statement summary kind language rating claimant topic outlet year first_published_at"
FILTERS = {"rating": "false", "topic": "topic-0", "year": "2020"}
FACETED = ("rating", "topic", "claimant", "outlet", "kind", "language", "year")
BATCH = 2_000

Figures = dict[str, tuple[float, float]]


def plain_site(model: type[Any], plain: type[Any]) -> None:
    """Serve Django's own admin of `model`, as `plain` sets it up, under /plain/ to everybody. Django must be set up."""
    from django.contrib import admin  # noqa: PLC0415 — settings come first
    from django.urls import path  # noqa: PLC0415

    from factcheck import urls  # noqa: PLC0415

    class Everybody(admin.AdminSite):
        def has_permission(self, request: Any) -> bool:
            return True

        def get_urls(self) -> list[Any]:
            # The project's templates of lists lead to these pages.
            of_model = f"{model._meta.app_label}_{model._meta.model_name}"
            ours = ("my_mail", *(f"{of_model}_{page}" for page in ("csv", "check", "filters")))
            return [*(path(f"{name}/", self.index, name=name) for name in ours), *super().get_urls()]

    site = Everybody(name="plain")
    site.register(model, plain)
    urls.urlpatterns.insert(0, path("plain/", site.urls))


def export(file: Path) -> None:
    """Write the published claims of our database into an SQLite file, with the indexes that a site of them needs."""
    from django.db import connection, transaction  # noqa: PLC0415 — Django is set up only now

    names = COLUMNS.split()
    with sqlite3.connect(file) as made, transaction.atomic(), connection.connection.cursor("export") as rows:
        made.execute("PRAGMA synchronous = off")
        made.execute(f"CREATE TABLE claim ({', '.join(['slug PRIMARY KEY', *names[1:]])})")
        made.execute("CREATE VIRTUAL TABLE claim_fts USING fts5(words, content='')")
        rows.itersize = BATCH
        rows.execute(
            "SELECT c.slug, c.statement, c.summary, c.kind, c.language, c.rating, c.claimant, c.topics[1],"
            " c.outlets[1], extract(year FROM c.claimed_from)::int::text, c.first_published_at::text, s.text"
            " FROM claims_publishedclaim c JOIN claims_searchrow s ON s.published_id = c.id ORDER BY c.id"
        )
        number = 0
        while found := rows.fetchmany(BATCH):
            claims = [(number + place, *row) for place, row in enumerate(found, start=1)]
            number += len(found)
            places = ", ".join("?" * len(names))
            made.executemany(
                f"INSERT INTO claim (rowid, {', '.join(names)}) VALUES (?, {places})", [one[:-1] for one in claims]
            )
            made.executemany(
                "INSERT INTO claim_fts (rowid, words) VALUES (?, ?)", [(one[0], one[-1]) for one in claims]
            )
        for name in (*FACETED, "first_published_at"):
            made.execute(f"CREATE INDEX claim_{name} ON claim ({name})")
        made.execute("ANALYZE")
    made.close()


def figure(call: Callable[[str], object], arguments: list[str]) -> tuple[float, float]:
    """The median and the 95th percentile of a few calls, after one that isn't counted."""
    call(arguments[0])
    took = []
    for number in range(TIMES):
        started = time.process_time()
        call(arguments[(number + 1) % len(arguments)])
        took.append(1000 * (time.process_time() - started))
        if took[-1] > 10_000:  # enough of what is this slow
            break
    return spread(took)


def spread(took: list[float]) -> tuple[float, float]:
    """The median and the 95th percentile (nearest rank)."""
    took = sorted(took)
    return took[len(took) // 2], took[math.ceil(len(took) * 0.95) - 1]


def sqlite(file: Path, searches: dict[str, list[str]]) -> Iterator[tuple[str, tuple[float, float]]]:
    """The best twenty by BM25 of the claims that have one of the words."""
    with sqlite3.connect(file) as made:

        def run(text: str) -> None:
            made.execute(
                "SELECT claim.* FROM claim_fts JOIN claim ON claim.rowid = claim_fts.rowid WHERE claim_fts MATCH ? "
                "ORDER BY rank LIMIT 20",
                [" OR ".join(f'"{word}"' for word in text.split())],
            ).fetchall()

        for name, texts in searches.items():
            yield f"SQLite FTS5: search {name}", figure(run, texts)


def tantivy(file: Path, searches: dict[str, list[str]]) -> Iterator[tuple[str, tuple[float, float]]]:
    """The same by tantivy, in the statements and summaries alone, with its index in memory."""
    library: Any = import_module("tantivy")
    builder = library.SchemaBuilder()
    builder.add_text_field("slug", stored=True, tokenizer_name="raw")
    builder.add_text_field("words", stored=False)
    index = library.Index(builder.build())
    writer = index.writer(heap_size=200_000_000, num_threads=1)
    with sqlite3.connect(file) as made:
        for slug, text in made.execute("SELECT slug, statement || ' ' || summary FROM claim"):
            writer.add_document(library.Document(slug=slug, words=text))
    writer.commit()
    index.reload()
    searcher = index.searcher()

    def run(text: str) -> None:
        found = searcher.search(index.parse_query(text, ["words"]), 20)
        for _score, address in found.hits:
            searcher.doc(address)

    for name, texts in searches.items():
        yield f"tantivy: search {name}", figure(run, texts)


def datasette(file: Path, searches: dict[str, list[str]]) -> Iterator[tuple[str, tuple[float, float]]]:
    """Pages of Datasette, which counts its facets exactly."""
    library: Any = import_module("datasette.app")
    limits = {"sql_time_limit_ms": 120_000, "facet_time_limit_ms": 120_000, "num_sql_threads": 1}
    tables = {"claim": {"fts_table": "claim_fts", "fts_pk": "rowid", "searchmode": "raw"}}
    metadata = {"databases": {file.stem: {"tables": tables}}}
    site = library.Datasette([str(file)], settings=limits, metadata=metadata)
    loop = asyncio.new_event_loop()
    facets = "&".join(f"_facet={name}" for name in FACETED)
    filters = "&".join(f"{name}={value}" for name, value in FILTERS.items())
    words = {name: [quote_plus(" OR ".join(text.split())) for text in texts] for name, texts in searches.items()}

    def get(query: str) -> None:
        response = loop.run_until_complete(site.client.get(f"/{file.stem}/claim?_size=20&{query}"))
        assert response.status_code == 200, (query, response.text[:300])

    asked = {
        "list": ["_sort_desc=first_published_at"],
        "list with facets": [f"_sort_desc=first_published_at&{facets}"],
        "3 filters with facets": [f"{filters}&{facets}"],
        **{f"search {name}": [f"_search={text}" for text in texts] for name, texts in words.items()},
        **{
            f"search {name} with facets": [f"_search={text}&{facets}" for text in texts]
            for name, texts in words.items()
        },
    }
    for name, queries in asked.items():
        yield f"Datasette: {name}", figure(get, queries)


def main() -> None:
    """Measure each peer that is installed, and print the figures as JSON."""
    file, searches = Path(sys.argv[1]), json.loads(sys.argv[2])
    figures: Figures = {}
    for peer in (sqlite, tantivy, datasette):
        try:
            figures |= dict(peer(file, searches))
        except ImportError as error:
            print(f"Without {peer.__name__}: {error}. See benchmarks/requirements.txt.", file=sys.stderr)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
