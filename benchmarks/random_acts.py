"""Random acts of six people in several processes that are killed at random moments; the record must stay whole.

    DATABASE_URL=postgresql://user@host/name .venv/bin/python benchmarks/random_acts.py [ACTS [SEED]]

The parent kills one process after the other with SIGKILL, which mostly hits it in the middle of an act, and starts
another. `manage.py check_record` looks at the record every few hundred acts, while they go on, and in the end. What a
process tries follows from the seed; who comes first, and when a process is killed, also from the machine.
"""

import json
import logging
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from typing import Any

import bulk
import psycopg

ACTS, SEED = 10_000, 1
WORKERS, CLAIMS, EDITORS = 4, 24, 3
ACTS_BETWEEN_CHECKS = 500
SECONDS_TO_LIVE = (0.2, 3.0)
PROCESSES = multiprocessing.get_context("fork")
# The counts of each process, in shared memory without a lock: a killed process would keep the lock.
DONE, REFUSED, FAILED = range(3)


@dataclass(frozen=True)
class Desk:
    """The ids of what the acts are about."""

    people: list[int]
    claimants: list[int]
    topics: list[int]
    sources: list[int]
    ratings: list[int]


def open_desk() -> Desk:
    """Six people of all roles, names that claims share, some claims, and a subscriber who hears of every revision."""
    from claims.models import Rating  # noqa: PLC0415 — Django is set up only now
    from tests import factories  # noqa: PLC0415

    roles = [*["Editor"] * EDITORS, "Reporter", "Chief editor", "Assessor"]
    people = [factories.UserFactory.create(role=role) for role in roles]
    claimants = factories.ClaimantFactory.create_batch(3)
    topics, sources = factories.TopicFactory.create_batch(3), factories.SourceFactory.create_batch(4)
    factories.SubscriberFactory.create()
    for number in range(CLAIMS):
        claim = factories.ClaimFactory.create(
            by=people[number % 4],
            claimant=claimants[0],
            topics=topics[:1],
            appearances=sources[:1],
            evidence=sources[1:2],
        )
        if number % 2:
            factories.published(claim)
    ratings = Rating.objects.filter(slug__in=["mostly-false", "true", "unverified"])
    return Desk(*([row.pk for row in rows] for rows in (people, claimants, topics, sources, ratings)))


class Hand:
    """One process of people at work. `act` does the next random act."""

    def __init__(self, desk: Desk, seed: str) -> None:
        self.desk = desk
        self.chance = random.Random(seed)  # noqa: S311 — nothing is kept secret with it
        self.seed = seed
        self.words = 0

    def act(self) -> None:
        """Raises Refused for what can't be done."""
        from claims.choices import State  # noqa: PLC0415 — Django is set up only now
        from claims.models import Claim  # noqa: PLC0415

        fitting: dict[str, list[Callable[[Any], object]]] = {
            State.LOGGED: [self.edit, self.simply("start_research"), self.simply("submit")],
            State.RESEARCHING: [self.edit, self.simply("submit"), self.simply("submit")],
            State.IN_REVIEW: [self.simply("approve"), self.simply("approve"), self.with_reason("send_back")],
            State.APPROVED: [*[self.bring] * 5, self.with_reason("send_back")],
            State.PUBLISHED: [self.edit, self.edit, self.with_reason("withdraw")],
            State.CORRECTED: [self.edit, self.edit, self.with_reason("withdraw"), self.with_reason("redact")],
            State.WITHDRAWN: [self.edit],
            State.DECLINED: [self.simply("start_research")],
        }
        everything = [
            *(self.edit, self.bring, self.simply("submit"), self.simply("approve"), self.simply("start_research")),
            *(self.with_reason(act) for act in ("send_back", "decline", "withdraw", "redact")),
        ]
        kind = self.chance.random()
        if kind < 0.005:
            return self.log()
        if kind < 0.1:
            return self.chance.choice([self.propose, self.decide, self.write])()
        claims = list(Claim.objects.order_by("pk").values_list("pk", flat=True))
        claim = Claim.objects.get(pk=self.chance.choice(claims))
        self.chance.choice(fitting[claim.state] if self.chance.random() < 0.8 else everything)(claim)
        return None

    def person(self) -> Any:
        from factcheck.accounts.models import User  # noqa: PLC0415 — Django is set up only now

        # Mostly the editors, or few acts would come through a review.
        people = self.desk.people if self.chance.random() < 0.3 else self.desk.people[:EDITORS]
        return User.objects.get(pk=self.chance.choice(people))

    def word(self) -> str:
        self.words += 1
        return f"Word {self.words} of {self.seed}."

    # Claims

    def log(self) -> None:
        from claims.desk import workflow  # noqa: PLC0415 — Django is set up only now
        from claims.models import Claim  # noqa: PLC0415

        workflow.log(Claim(statement=self.word()), by=self.person())

    def edit(self, claim: Any) -> None:
        from django.db import transaction  # noqa: PLC0415 — Django is set up only now

        from claims.desk import workflow  # noqa: PLC0415
        from sources.models import Source  # noqa: PLC0415
        from tests import factories  # noqa: PLC0415

        chance, desk = self.chance, self.desk
        claim.statement = claim.summary = claim.explanation = self.word()
        claim.rating_id = chance.choice(desk.ratings)
        claim.claimant_id = chance.choice([*desk.claimants, None])
        topics = chance.sample(desk.topics, chance.randrange(len(desk.topics)))
        cited = chance.sample(desk.sources, 2)
        with transaction.atomic():
            workflow.edit(claim, by=self.person(), version=claim.version)
            claim.topics.set(topics)
            for rows, make in (
                (claim.appearances, factories.AppearanceFactory),
                (claim.evidence, factories.EvidenceFactory),
            ):
                rows.all().delete()
                make.create(claim=claim, source=Source.objects.get(pk=chance.choice(cited)))

    def simply(self, act: str) -> Callable[[Any], object]:
        from claims.desk import workflow  # noqa: PLC0415 — Django is set up only now

        return lambda claim: getattr(workflow, act)(claim, by=self.person(), version=claim.version)

    def with_reason(self, act: str) -> Callable[[Any], object]:
        from claims.desk import workflow  # noqa: PLC0415 — Django is set up only now

        does = getattr(workflow, act)
        return lambda claim: does(claim, reason=self.word(), by=self.person(), version=claim.version)

    def bring(self, claim: Any) -> None:
        """Publish, correct or rerate: whatever fits."""
        from claims.choices import CorrectionKind  # noqa: PLC0415 — Django is set up only now
        from claims.desk import workflow  # noqa: PLC0415
        from claims.models import PublishedClaim  # noqa: PLC0415

        said: dict[str, Any] = {"reason": self.word(), "by": self.person(), "version": claim.version}
        shown = PublishedClaim.objects.filter(claim=claim).first()
        if shown is None:
            workflow.publish(claim, **said)
        elif claim.rating and claim.rating.slug != shown.rating:
            workflow.rerate(claim, kind=CorrectionKind.SUBSTANTIAL, **said)
        else:
            workflow.correct(claim, kind=CorrectionKind.MINOR, **said)

    # Names

    def propose(self) -> None:
        from claims.desk import names  # noqa: PLC0415 — Django is set up only now
        from claims.models import Claimant, Rating, Topic  # noqa: PLC0415
        from sources.models import Source  # noqa: PLC0415

        desk = self.desk
        model, keys, attribute = self.chance.choice(
            [
                (Claimant, desk.claimants, "name"),
                (Topic, desk.topics, "name"),
                (Source, desk.sources, "title"),
                (Rating, desk.ratings, "label"),
            ]
        )
        row: Any = model._default_manager.get(pk=self.chance.choice(keys))
        setattr(row, attribute, self.word())
        names.save(row, row.save, by=self.person(), reason=self.word())

    def decide(self) -> None:
        from claims.desk import names  # noqa: PLC0415 — Django is set up only now
        from claims.models import NameChange  # noqa: PLC0415

        change = NameChange.objects.proposed().first()
        if change is None:
            return self.propose()
        if self.chance.random() < 0.2:
            names.decline(change, reason=self.word(), by=self.person())
        else:
            names.accept(change, by=self.person())
        return None

    def write(self) -> None:
        from claims.desk import names  # noqa: PLC0415 — Django is set up only now
        from claims.models import NameChange  # noqa: PLC0415

        change = NameChange.objects.unfinished().first()
        if change is None:
            return self.decide()
        names.write_some(change, most=2)
        return None


def work(desk: Desk, seed: str, counts: Any, place: int) -> None:
    """Act until this process is killed, or its parent is."""
    from claims.desk import names  # noqa: PLC0415 — Django is set up only now
    from claims.desk.rules import Refused  # noqa: PLC0415

    # Few claims show a name here, so that a change of it is often on its way when the process is killed.
    names.AT_ONCE = 3
    hand, parent = Hand(desk, seed), os.getppid()
    while os.getppid() == parent:
        try:
            hand.act()
            outcome = DONE
        except Refused:
            outcome = REFUSED
        except Exception:  # noqa: BLE001 — whatever it is, it is a fault
            traceback.print_exc()
            outcome = FAILED
        counts[3 * place + outcome] += 1


@dataclass
class Run:
    """The processes, their counts, and the faults that were found so far."""

    desk: Desk
    seed: int
    counts: Any = field(default_factory=lambda: PROCESSES.RawArray("L", 3 * WORKERS))
    workers: dict[int, BaseProcess] = field(default_factory=dict)
    started: int = 0
    kills: int = 0
    checks: int = 0
    faults: list[str] = field(default_factory=list)

    def count(self, outcome: int) -> int:
        return sum(self.counts[outcome::3])

    def start(self, place: int) -> None:
        seed = f"{self.seed}-{self.started}"
        self.started += 1
        self.workers[place] = PROCESSES.Process(target=work, args=(self.desk, seed, self.counts, place), daemon=True)
        self.workers[place].start()

    def kill(self, place: int) -> None:
        worker = self.workers.pop(place)
        assert worker.pid is not None
        os.kill(worker.pid, signal.SIGKILL)
        worker.join()
        self.kills += 1

    def check(self) -> None:
        """Look at the record, whatever is going on in it."""
        command = [sys.executable, str(bulk.ROOT / "manage.py"), "check_record", "--json"]
        found = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)  # noqa: S603
        faults = [str(fault) for fault in json.loads(found.stdout)["faults"]]
        with psycopg.connect(os.environ["DATABASE_URL"]) as server:
            silent = server.execute(
                "SELECT slug, number FROM claims_revision r "
                "WHERE (SELECT count(*) FROM claims_delivery WHERE revision_id = r.id) <> 1"
            ).fetchall()
        faults += [f"{slug} {number} isn't announced once" for slug, number in silent]
        self.checks += 1
        print(
            f"after {self.acts:,} acts and {self.kills:,} kills: {len(faults):,} faults", *faults, sep="\n", flush=True
        )
        self.faults += faults

    @property
    def acts(self) -> int:
        return self.count(DONE) + self.count(REFUSED) + self.count(FAILED)


def main() -> None:
    """Let people act, kill them and look at the record, and print what came of it."""
    acts, seed = (int(argument) for argument in [*sys.argv[1:], *[str(ACTS), str(SEED)][len(sys.argv) - 1 :]])
    with bulk.scratch():
        import django  # noqa: PLC0415 — settings come first

        django.setup()
        logging.disable()
        from django.db import connections  # noqa: PLC0415

        run = Run(open_desk(), seed)
        connections.close_all()
        chance = random.Random(seed)  # noqa: S311 — nothing is kept secret with it
        began = time.monotonic()
        for place in range(WORKERS):
            run.start(place)
        while run.acts < acts:
            until = min(acts, (run.checks + 1) * ACTS_BETWEEN_CHECKS)
            while run.acts < until:
                time.sleep(chance.uniform(*SECONDS_TO_LIVE) / WORKERS)
                place = chance.randrange(WORKERS)
                run.kill(place)
                run.start(place)
            if run.acts < acts:
                run.check()
        took = time.monotonic() - began
        for place in list(run.workers):
            run.kill(place)
        run.check()
        with psycopg.connect(os.environ["DATABASE_URL"]) as server:
            rows = server.execute(
                "SELECT r.act, count(*) FROM claims_revision r GROUP BY r.act ORDER BY count(*) DESC"
            ).fetchall()
    made = ", ".join(f"{number:,} {act}" for act, number in rows)
    print(f"{run.acts:,} acts by six people in {WORKERS} processes, seed {seed}: {run.acts / took:.0f}/s")
    print(
        f"{run.count(DONE):,} done, {run.count(REFUSED):,} refused, {run.count(FAILED):,} failed; {run.kills:,} kills"
    )
    print(f"Versions that readers got: {made}")
    print(f"{run.checks:,} checks of the record: {len(run.faults):,} faults")
    if run.faults or run.count(FAILED):
        sys.exit(1)


if __name__ == "__main__":
    main()
