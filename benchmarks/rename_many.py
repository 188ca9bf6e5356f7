"""A new name for a claimant whom many published claims show, while readers read and editors publish.

    DATABASE_URL=postgresql://user@host/name .venv/bin/python benchmarks/rename_many.py [CLAIMS]

One editor proposes the name, another accepts it, and `manage.py write_name_changes` writes it in a process of its own.
Meanwhile one process asks for pages, each of which must show the old name or the new one and never both, and another
publishes and corrects other claims. Beside it, in the same run: the same name in one row of a plain table, and in one
UPDATE of as many rows with the columns and indexes of `PublishedClaim`. Neither of these keeps a history.
"""

import logging
import multiprocessing
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.synchronize import Event
from typing import Any

import bulk
import peers

FULL = 100_000
OLD, NEW = "The mayor", "Mayor of the city"
# Readers and editors think between two requests. Without a pause they would measure how two cores are shared.
PAUSE = 0.05
SECONDS_BEFORE = 10
PROCESSES = multiprocessing.get_context("fork")

Samples = dict[str, list[tuple[float, str]]]


@dataclass(frozen=True)
class Desk:
    """Three editors, and what the claims show that they publish meanwhile."""

    editors: list[Any]
    claimant: Any
    source: Any


@dataclass(frozen=True)
class Plain:
    """The seconds that the alternatives took."""

    one_row: float
    every_row: float


# Those who read and publish meanwhile


def read(stop: Event, claims: int, _desk: Desk) -> Samples:
    """Ask for pages until the time is over; the seconds that each took, and which name it showed."""
    from django.conf import settings  # noqa: PLC0415 — Django is set up only now
    from django.test import Client  # noqa: PLC0415

    settings.DEBUG, settings.ALLOWED_HOSTS = False, ["*"]
    chance = random.Random(1)  # noqa: S311 — nothing is kept secret with it
    pages = max(1, claims // 20)
    kinds: dict[str, Callable[[], str]] = {
        "claim": lambda: f"/claims/claim-{chance.randrange(claims)}/",
        "claimant": lambda: f"/claimants/mayor/?page={chance.randint(1, min(pages, 100))}",
        "list": lambda: f"/claims/?page={chance.randint(1, min(pages, 100))}",
        "list, filtered": lambda: f"/claims/?claimant=mayor&page={chance.randint(1, min(pages, 100))}",
    }
    seen: Samples = {kind: [] for kind in kinds}
    while not stop.is_set():
        for kind, address in kinds.items():
            # A network of its own for each request: these readers are many.
            client = Client(REMOTE_ADDR=f"10.{chance.randrange(256)}.{chance.randrange(256)}.{chance.randrange(256)}")
            path = address()
            started = time.perf_counter()
            response = client.get(path)
            took = time.perf_counter() - started
            page = response.content.decode()
            assert response.status_code == 200, (path, response.status_code)
            names = [name for name in (OLD, NEW) if name in page]
            seen[kind].append((took, "neither" if not names else "mix" if len(names) > 1 else names[0]))
            time.sleep(PAUSE)
    return seen


def publish(stop: Event, _claims: int, desk: Desk) -> Samples:
    """Publish a claim of somebody else and correct it, until the time is over; the seconds that each act took."""
    from claims.choices import CorrectionKind  # noqa: PLC0415 — Django is set up only now
    from claims.desk import workflow  # noqa: PLC0415
    from claims.desk.rules import Busy  # noqa: PLC0415
    from tests import factories  # noqa: PLC0415

    first, second, third = desk.editors
    took: Samples = {"publish": [], "correct": []}

    def do(act: str, claim: Any, **said: Any) -> Any:
        """Try until it is done, as an editor does whom the desk asks to try again."""
        started, busy = time.perf_counter(), 0
        while True:
            try:
                done = getattr(workflow, act)(claim, by=third, version=claim.version, **said)
            except Busy:
                busy += 1
                continue
            took[act].append((time.perf_counter() - started, "busy" if busy else "done"))
            return done

    def approved(claim: Any) -> Any:
        return factories.approved(claim, submitter=first, approver=second)

    number = 0
    while not stop.is_set():
        number += 1
        claim = factories.ClaimFactory.create(
            by=first,
            slug=f"other-{time.monotonic_ns()}",
            claimant=desk.claimant,
            appearances=[desk.source],
            evidence=[desk.source],
        )
        claim = do("publish", approved(claim))
        claim.summary = f"The sum is right, the payer is not: {number}."
        claim = approved(workflow.edit(claim, by=first, version=claim.version))
        do("correct", claim, kind=CorrectionKind.MINOR, reason="A figure was wrong.")
        time.sleep(PAUSE)
    return took


@contextmanager
def meanwhile(claims: int, desk: Desk) -> Iterator[Samples]:
    """Let one process read and another publish, and collect what they measured in the end."""
    from django.db import connections  # noqa: PLC0415 — Django is set up only now

    connections.close_all()
    stop, came = PROCESSES.Event(), PROCESSES.SimpleQueue()
    workers = [PROCESSES.Process(target=_work, args=(task, stop, claims, desk, came)) for task in (read, publish)]
    for worker in workers:
        worker.start()
    measured: Samples = {}
    try:
        yield measured
    finally:
        stop.set()
        # A worker that failed has sent None. Read before joining: a full pipe would hold the worker.
        results = [came.get() for _ in workers]
        for worker in workers:
            worker.join()
        assert None not in results, "a process that read or published failed"
        for result in results:
            measured |= result


def _work(task: Callable[[Event, int, Desk], Samples], stop: Event, claims: int, desk: Desk, came: Any) -> None:
    result = None
    try:
        result = task(stop, claims, desk)
    finally:
        came.put(result)


# The change


def rename(claims: int, desk: Desk) -> tuple[float, float]:
    """Bring the new name to every claim; the seconds of the editor's request that accepts, and of the writing."""
    from claims.desk import names  # noqa: PLC0415 — Django is set up only now
    from claims.models import Claimant, NameChange, PublishedClaim  # noqa: PLC0415

    first, second, _third = desk.editors
    mayor = Claimant.objects.get(slug="mayor")
    mayor.name = NEW
    proposal = names.save(mayor, mayor.save, by=first, reason="The office has another name now.").change
    assert proposal is not None
    started = time.perf_counter()
    names.accept(proposal, by=second)
    accepting = time.perf_counter() - started
    writing, _memory = bulk.measured("manage.py", "write_name_changes", "--once", "-v0")
    change = NameChange.objects.get()
    assert (change.state, change.revised) == ("done", claims), (change.state, change.revised)
    assert not PublishedClaim.objects.filter(claimant_name=OLD).exists()
    return accepting, writing


def plain() -> Plain:
    """The same change in an application without a record."""
    from django.db import connection  # noqa: PLC0415 — Django is set up only now

    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE plain_claimant AS SELECT slug, name FROM claims_claimant")
        cursor.execute("CREATE TABLE plain_claim (LIKE claims_publishedclaim INCLUDING ALL)")
        cursor.execute("INSERT INTO plain_claim SELECT * FROM claims_publishedclaim")
        cursor.execute("VACUUM ANALYZE plain_claim")
        took = []
        for update in (
            "UPDATE plain_claimant SET name = %s WHERE slug = 'mayor'",
            "UPDATE plain_claim SET claimant_name = %s WHERE claimant = 'mayor'",
        ):
            started = time.perf_counter()
            cursor.execute(update, [f"{NEW} again"])
            took.append(time.perf_counter() - started)
        cursor.execute("DROP TABLE plain_claimant, plain_claim")
    return Plain(*took)


# What is printed


def report(title: str, before: Samples, during: Samples) -> None:
    """Print a line for each kind of page or act: times before and during the change, and what came of it."""
    outcomes = list(dict.fromkeys(outcome for found in during.values() for _took, outcome in found))
    print(f"{title:18}{'before: p50':>12}{'p95':>8}{'max':>8}{'during: p50':>14}{'p95':>8}{'max':>8}", end="")
    print("".join(f"{outcome:>19}" for outcome in outcomes))
    for kind, found in during.items():
        cells = ""
        for width, samples in ((12, before[kind]), (14, found)):
            times = [1000 * took for took, _outcome in samples]
            median, p95 = peers.spread(times)
            cells += f"{median:>{width}.0f}{p95:>8.0f}{max(times):>8.0f}"
        counts = Counter(outcome for _took, outcome in found)
        print(f"{kind:18}{cells}" + "".join(f"{counts[outcome]:>19,}" for outcome in outcomes))


def main() -> None:
    """Fill a database of its own, change the name, and print what that took and what the others saw."""
    claims = int(sys.argv[1]) if len(sys.argv) > 1 else FULL
    with bulk.scratch():
        import django  # noqa: PLC0415 — settings come first

        django.setup()
        logging.disable()
        from django.db import connection, connections  # noqa: PLC0415

        from tests import factories  # noqa: PLC0415

        filling, _memory = bulk.measured("benchmarks/published_claims.py", str(claims))
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        print(f"{claims:,} claims written in {filling:.0f} s", flush=True)
        desk = Desk(
            [factories.UserFactory.create(role="Editor") for _ in range(3)],
            factories.ClaimantFactory.create(slug="other", name="Somebody else"),
            factories.SourceFactory.create(slug="other"),
        )
        with meanwhile(claims, desk) as before:
            time.sleep(SECONDS_BEFORE)
        with meanwhile(claims, desk) as during:
            accepting, writing = rename(claims, desk)
        alternative = plain()
        subprocess.run(  # noqa: S603
            [sys.executable, str(bulk.ROOT / "manage.py"), "check_record"], check=True, stderr=subprocess.DEVNULL
        )
        connections.close_all()
    acts = ("publish", "correct")
    print(f"\nThe request that accepts: {1000 * accepting:.0f} ms")
    print(f"The writing: {writing:.1f} s, {claims / writing:.0f} claims/s", end="")
    print(f"; {FULL:,} would take {writing * FULL / claims / 60:.0f} min" if claims < FULL else "")
    for name, seconds in (("one row", alternative.one_row), (f"{claims:,} rows", alternative.every_row)):
        ratio = writing / seconds
        print(f"Plain UPDATE of {name}: {1000 * seconds:,.1f} ms; the writing takes {ratio:,.0f} times as long")
    print("\nMilliseconds, and the pages by the name that they showed or the acts by what became of them")
    for title, kinds in (("Readers", [kind for kind in during if kind not in acts]), ("Other editors", acts)):
        report(title, before, {kind: during[kind] for kind in kinds})


if __name__ == "__main__":
    main()
