"""What a public act costs, and how many eight editors do in a second, at several sizes of the record: a Markdown table.

    DATABASE_URL=postgresql://user@host/name BENCHMARK_DATA=/path .venv/bin/python benchmarks/public_acts.py 10000

Builds the records that aren't there yet (see `build.py`) and works in a copy of each. For one editor: the queries of an
act, the CPU milliseconds of our process and of its database process, and the milliseconds on the clock. Then acts a
second of one editor and of eight, each a process. Their claims share ratings, people, topics and sources, as those of a
desk do. With `--profile` it prints the queries of each act and where Python spends its time. The database must be on
this machine.
"""

import argparse
import cProfile
import json
import logging
import multiprocessing
import os
import pstats
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import bulk
import corpus
import peers

ALONE, EDITORS, EACH = 31, 8, 16
PROCESSES = multiprocessing.get_context("fork")
Act = Callable[[Any], object]


class Figure(NamedTuple):
    """The queries of an act, its CPU milliseconds, and the milliseconds on the clock."""

    queries: int
    cpu: float
    p50: float
    p95: float


class Result(NamedTuple):
    """The figures of each act, and the acts a second of one editor and of all."""

    acts: dict[str, Figure]
    one: float
    all: float


def approved_claims(count: int) -> list[Any]:
    """Claims that two people have prepared; each has two appearances and five pieces of evidence."""
    from tests import factories  # noqa: PLC0415 — Django is set up only now

    chance = random.Random(2)  # noqa: S311 — nothing is kept secret with it
    rows = (factories.ClaimantFactory, factories.TopicFactory, factories.SourceFactory, factories.PublisherFactory)
    for factory in (*rows, factories.UserFactory):
        factory.reset_sequence(20_000_000)  # the record and `desk_pages.py` have names of lower numbers
    real = corpus.Corpus(10 * count)
    claimants, topics = factories.ClaimantFactory.create_batch(5), factories.TopicFactory.create_batch(5)
    sources = factories.SourceFactory.create_batch(40)
    people = [factories.UserFactory.create(role="Editor") for _ in range(3)]
    made = []
    for number in range(count):
        said = real[number][-1]
        claim = factories.ClaimFactory.create(
            by=people[0],
            slug=f"act-{number}",
            **{name: said[name] for name in ("statement", "language", "summary", "explanation")},
            claimant=chance.choice(claimants),
            topics=chance.sample(topics, 2),
            appearances=chance.sample(sources, 2),
            evidence=chance.sample(sources, 5),
        )
        made.append(factories.approved(claim, submitter=people[1], approver=people[2]))
    return made


def acts() -> dict[str, tuple[Act, Act]]:
    """For each act on a claim what goes before it, which isn't measured, and the act."""
    from claims.choices import CorrectionKind  # noqa: PLC0415 — Django is set up only now
    from claims.desk import workflow  # noqa: PLC0415
    from tests import factories  # noqa: PLC0415

    by = factories.UserFactory.create(role="Chief editor")
    writer, approver = factories.UserFactory.create_batch(2, role="Editor")

    def change(claim: Any) -> None:
        claim.refresh_from_db()
        claim.summary += " The sum is right."
        changed = workflow.edit(claim, by=writer, version=claim.version)
        factories.approved(changed, submitter=writer, approver=approver)
        claim.refresh_from_db()

    def correct(claim: Any) -> None:
        kind, reason = CorrectionKind.MINOR, "A figure was wrong."
        workflow.correct(claim, by=by, version=claim.version, kind=kind, reason=reason)

    return {
        "publish": (lambda claim: claim, lambda claim: workflow.publish(claim, by=by, version=claim.version)),
        "correct": (change, correct),
        "withdraw": (
            lambda claim: claim.refresh_from_db(),
            lambda claim: workflow.withdraw(claim, by=by, version=claim.version, reason="It was wrong."),
        ),
    }


def alone(prepare: Act, act: Act, claims: list[Any], *, profiled: bool) -> Figure:
    """The figure of an act by one editor. The first is counted but not timed."""
    from django.db import connection  # noqa: PLC0415 — Django is set up only now

    queries: list[tuple[float, str]] = []
    profile = cProfile.Profile()

    def note(execute: Any, sql: Any, parameters: Any, many: bool, context: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(sql, parameters, many, context)
        finally:
            queries.append((1000 * (time.perf_counter() - started), str(sql)))

    first, *others = claims
    prepare(first)
    with connection.execute_wrapper(note):
        act(first)
    if profiled:
        for claim in others[: ALONE // 2]:
            prepare(claim)
            profile.runcall(act, claim)
        print("\n".join(f"{took:6.1f} ms  {' '.join(sql.split())[:150]}" for took, sql in queries), file=sys.stderr)
        pstats.Stats(profile, stream=sys.stderr).sort_stats("cumulative").print_stats("claims|factcheck|psycopg", 45)
        others = others[ALONE // 2 :]
    cpu, wall = [], []
    for claim in others:
        prepare(claim)
        began, started = _cpu(connection), time.perf_counter()
        act(claim)
        wall.append(1000 * (time.perf_counter() - started))
        cpu.append(1000 * (_cpu(connection) - began))
    return Figure(len(queries), median(cpu), *peers.spread(wall))


def _cpu(connection: Any) -> float:
    """Seconds of CPU of this process and of the connection's process in the database."""
    pid = connection.connection.info.backend_pid
    return time.process_time() + int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def together(editors: int, claims: list[Any]) -> float:
    """Acts a second of so many editors, who publish these claims at the same time."""
    from django.db import connections  # noqa: PLC0415 — Django is set up only now

    from tests import factories  # noqa: PLC0415

    people = factories.UserFactory.create_batch(editors, role="Editor")
    connections.close_all()
    begin, done = PROCESSES.Barrier(editors + 1), PROCESSES.SimpleQueue()
    workers = [
        PROCESSES.Process(target=_publish, args=(person, claims[place::editors], begin, done))
        for place, person in enumerate(people)
    ]
    for worker in workers:
        worker.start()
    begin.wait()
    started = time.perf_counter()
    published: int = sum(done.get() for _ in workers)
    seconds = time.perf_counter() - started
    for worker in workers:
        worker.join()
    assert published == len(claims) - editors, (published, len(claims))
    return published / seconds


def _publish(by: Any, claims: list[Any], begin: Any, done: Any) -> None:
    """One editor's day: publish the first claim, and the others as soon as everybody has done that."""
    from claims.desk import workflow  # noqa: PLC0415 — Django is set up only now

    first, *others = claims
    workflow.publish(first, by=by, version=first.version)
    published = 0
    begin.wait()
    try:
        for claim in others:
            workflow.publish(claim, by=by, version=claim.version)
            published += 1
    finally:
        done.put(published)


def one_size(*, profiled: bool) -> None:
    """Measure the database of DATABASE_URL and print the figures as JSON."""
    import django  # noqa: PLC0415 — settings come first

    django.setup()
    logging.disable()
    from django.conf import settings  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    settings.DEBUG = False
    claims = approved_claims(ALONE + 2 * EACH + EDITORS * EACH)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    figures = {name: alone(prepare, act, claims[:ALONE], profiled=profiled) for name, (prepare, act) in acts().items()}
    one = together(1, claims[ALONE : ALONE + 2 * EACH])
    print(json.dumps(Result(figures, one, together(EDITORS, claims[ALONE + 2 * EACH :]))))


def main() -> None:
    """Build what is missing, measure each size in a process of its own, and print one table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("sizes", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        one_size(profiled=options.profile)
        return
    here = Path(__file__).resolve()
    print("| claims | act | queries | CPU ms | p50 | p95 | acts a second: 1 editor | 8 editors |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for size in options.sizes:
        bulk.build(size)
        with bulk.scratch("acts", copy_of=str(size)):
            command = [sys.executable, str(here), "--one", *(["--profile"] if options.profile else [])]
            output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=os.environ).stdout  # noqa: S603
        figures, one, everybody = json.loads(output)
        for name, figure in figures.items():
            queries, *times = figure
            rates = f" {one:.0f} | {everybody:.0f} |" if name == "publish" else " | |"
            cells = "".join(f" {took:.0f} |" for took in times)
            print(f"| {size:,} | {name} | {queries} |{cells}{rates}", flush=True)


if __name__ == "__main__":
    main()
