"""How long a public act takes alone, and how many eight editors do in a second, at a size of the record.

    DATABASE_URL=postgresql://user@host/name .venv/bin/python benchmarks/public_acts.py [CLAIMS]

Each editor is a process. Their claims share ratings, people, topics and sources, as those of a desk do.
"""

import logging
import multiprocessing
import random
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import bulk
import corpus

CLAIMS, EDITORS, EACH, ALONE = 10_000, 8, 20, 30
PROCESSES = multiprocessing.get_context("fork")


def approved_claims(count: int) -> list[int]:
    """Claims that two people have prepared; each has two appearances and five pieces of evidence."""
    from tests import factories  # noqa: PLC0415 — Django is set up only now

    chance = random.Random(2)  # noqa: S311 — nothing is kept secret with it
    words = [
        word
        for (body, *_later) in map(corpus.Corpus(200).__getitem__, range(200))
        for word in body["statement"].split()
    ]
    claimants, topics = factories.ClaimantFactory.create_batch(5), factories.TopicFactory.create_batch(5)
    sources = factories.SourceFactory.create_batch(40)
    people = [factories.UserFactory.create(role="Editor") for _ in range(3)]

    def text(length: int) -> str:
        return " ".join(chance.choices(words, k=length))

    made = list[int]()
    for number in range(count):
        claim = factories.ClaimFactory.create(
            by=people[0],
            slug=f"act-{number}",
            statement=text(14),
            summary=text(25),
            explanation=text(60),
            claimant=chance.choice(claimants),
            topics=chance.sample(topics, 2),
            appearances=chance.sample(sources, 2),
            evidence=chance.sample(sources, 5),
        )
        made.append(factories.approved(claim, submitter=people[1], approver=people[2]).pk)
    return made


def timed(act: Callable[[Any], object], claims: list[int]) -> list[float]:
    """Milliseconds of the act on each claim."""
    from claims.models import Claim  # noqa: PLC0415 — Django is set up only now

    took = []
    for claim in Claim.objects.filter(pk__in=claims).order_by("pk"):
        started = time.perf_counter()
        act(claim)
        took.append(1000 * (time.perf_counter() - started))
    return took


def publish_all(claims: list[int], editor: int, begin: Any, results: Any) -> None:
    """One editor's day: publish these claims as soon as everybody is ready."""
    from claims.desk import workflow  # noqa: PLC0415 — Django is set up only now
    from factcheck.accounts.models import User  # noqa: PLC0415

    by = User.objects.get(pk=editor)
    begin.wait()
    results.put(timed(lambda claim: workflow.publish(claim, by=by, version=claim.version), claims))


def main() -> None:
    """Measure acts alone and together, and print both."""
    size = int((sys.argv[1:] or [str(CLAIMS)])[0])
    with bulk.scratch():
        import django  # noqa: PLC0415 — settings come first

        django.setup()
        logging.disable()
        from django.conf import settings  # noqa: PLC0415
        from django.db import connection, connections  # noqa: PLC0415

        from claims.desk import workflow  # noqa: PLC0415
        from tests import factories  # noqa: PLC0415

        settings.DEBUG = False
        corpus.build(size)
        claims = approved_claims(ALONE + EDITORS * EACH)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        by = factories.UserFactory.create(role="Chief editor")
        alone, theirs = claims[:ALONE], claims[ALONE:]
        print(f"{size:,} claims; milliseconds alone (median, longest), then acts a second of {EDITORS} editors")
        for name, act in (
            ("publish", lambda claim: workflow.publish(claim, by=by, version=claim.version)),
            ("withdraw", lambda claim: workflow.withdraw(claim, by=by, version=claim.version, reason="It was wrong.")),
        ):
            took = timed(act, alone)
            print(f"{name:10}{median(took):>8.0f}{max(took):>8.0f}", flush=True)
        editors = [factories.UserFactory.create(role="Editor").pk for _ in range(EDITORS)]
        connections.close_all()
        begin, results = PROCESSES.Barrier(EDITORS + 1), PROCESSES.Queue()
        workers = [
            PROCESSES.Process(target=publish_all, args=(theirs[place::EDITORS], editor, begin, results))
            for place, editor in enumerate(editors)
        ]
        for worker in workers:
            worker.start()
        begin.wait()
        started = time.perf_counter()
        took = [each for _ in workers for each in results.get()]
        seconds = time.perf_counter() - started
        for worker in workers:
            worker.join()
        took.sort()
        print(
            f"{len(took) / seconds:.0f} acts a second; one took {median(took):.0f} ms in the middle, "
            f"{took[len(took) * 95 // 100]:.0f} at the 95th percentile"
        )


if __name__ == "__main__":
    main()
