"""Sending what `claims.record.outbox` wrote down, until it is taken or given up.

The rows of the outbox are the queue. Taking a message moves its next attempt ahead, in a short transaction; then it is
sent, outside any; then the outcome is written. A sender that is killed in between has lost nothing: when the time
it took is over, the message is due again, under the same name. A subscriber gets one message at a time, whoever
sends, and rests after a failure, so one that is dead costs the others little.
"""

import logging
import math
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from claims.choices import DeliveryState, WebhookEvent
from claims.formats import webhook
from claims.models import Delivery, Subscriber
from claims.record import outbox
from factcheck.core import http
from factcheck.core.text import one_line

# The pauses between attempts that the Standard Webhooks convention proposes: ten attempts in about three days.
SCHEDULE = [5, 5 * 60, 30 * 60, *(hours * 3600 for hours in (2, 5, 10, 14, 20, 24))]
# A pause is so much longer by chance, so that what failed together does not come back together.
_JITTER = 1.1
# How long a subscriber rests after its first failure in a row, and after each further one.
_RESTS = [5, 60]

# One request may take so long. It is over well before others may take the message.
_SECONDS = 15.0
_LEASE = timedelta(seconds=60)
AT_ONCE = 8
# How often the outbox is looked at, and how long whoever leaves waits for what is under way.
_TICK = 0.5
_FAREWELL = 5.0

_TAKEN, _GONE = range(200, 300), 410

_log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True)
class Job:
    """A message that was taken, ready to be sent."""

    delivery: Delivery
    headers: dict[str, str]
    text: str

    def __str__(self) -> str:
        revision = self.delivery.revision
        about = f" {revision.slug} version {revision.number}" if revision else ""
        return f"{self.delivery.event}{about} to {one_line(self.delivery.subscriber.name)}"


@dataclass(frozen=True)
class Outcome:
    """What came of one attempt: the answer's status, if any, and what went wrong, if anything."""

    status: int | None = None
    error: str = ""


# One message


def due() -> QuerySet[Delivery]:
    """The messages that may be sent now."""
    now = timezone.now()
    waiting = Delivery.objects.filter(state=DeliveryState.WAITING, next_attempt_at__lte=now)
    return waiting.filter(subscriber__is_active=True, subscriber__resting_until__lte=now)


def take() -> Job | None:
    """The next message to send, nobody else's until its lease ends; None when nothing is due.

    Whoever was served longest ago is served first, and told first of what was withdrawn. A message that readers may
    no longer read is given up.
    """
    while True:
        with transaction.atomic():
            subscriber = (
                Subscriber.objects.select_for_update(skip_locked=True, no_key=True)
                .filter(Exists(due().filter(subscriber=OuterRef("pk"))))
                .order_by("resting_until", "pk")
                .first()
            )
            if subscriber is None:
                return None
            found = due().filter(subscriber=subscriber).select_related("revision")
            found = found.annotate(takes_back=Q(event=WebhookEvent.WITHDRAWN))
            delivery = found.order_by("-takes_back", "next_attempt_at", "pk").first()
            if delivery is None:
                continue  # another sender was faster, between the two questions
            if outbox.is_outdated(delivery):
                _write(delivery, DeliveryState.GIVEN_UP, Outcome(error="The claim was withdrawn before it was sent."))
                continue
            now = timezone.now()
            delivery.attempts += 1
            delivery.next_attempt_at = subscriber.resting_until = now + _LEASE
            delivery.save(update_fields=["attempts", "next_attempt_at"])
            subscriber.save(update_fields=["resting_until"])
            delivery.subscriber = subscriber
            text = webhook.body(delivery)
            return Job(delivery, webhook.headers(delivery, text, at=now), text)


def attempt(job: Job) -> Outcome:
    """Send the message, once. Asks nothing of the database, so that many can be under way."""
    try:
        answer = http.send(
            "POST",
            job.delivery.subscriber.address,
            content=job.text.encode(),
            headers=job.headers,
            seconds=_SECONDS,
            max_bytes=0,
        )
    except (http.Refused, http.NoAnswer) as failure:
        return Outcome(error=str(failure))
    return Outcome(answer.status, "" if answer.status in _TAKEN else f"It answered {answer.status}.")


@transaction.atomic
def record(delivery: Delivery, outcome: Outcome) -> DeliveryState:
    """Write down what came of an attempt: delivered, to be tried again, or given up."""
    now = timezone.now()
    subscriber = Subscriber.objects.filter(pk=delivery.subscriber_id)
    if not outcome.error:
        _write(delivery, DeliveryState.DELIVERED, outcome, delivered_at=now)
        subscriber.update(failures=0, resting_until=now)
        return DeliveryState.DELIVERED
    rest = _RESTS[min(delivery.subscriber.failures, len(_RESTS) - 1)]
    subscriber.update(failures=F("failures") + 1, resting_until=now + timedelta(seconds=rest))
    if outcome.status == _GONE:
        subscriber.update(is_active=False)
    if outcome.status == _GONE or delivery.attempts > len(SCHEDULE):
        _write(delivery, DeliveryState.GIVEN_UP, outcome)
        return DeliveryState.GIVEN_UP
    pause = SCHEDULE[delivery.attempts - 1] * random.uniform(1, _JITTER)  # noqa: S311 — no secret
    _write(delivery, DeliveryState.WAITING, outcome, next_attempt_at=now + timedelta(seconds=pause))
    return DeliveryState.WAITING


def _write(delivery: Delivery, state: DeliveryState, outcome: Outcome, **columns: Any) -> None:
    row = Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.WAITING)
    if state != DeliveryState.DELIVERED:
        # Whoever sends it again at the desk lets it count anew.
        row = row.filter(attempts=delivery.attempts)
    row.update(state=state, last_status=outcome.status, last_error=outcome.error, **columns)


# All of them


def deliver(*, once: bool, is_over: Callable[[], bool], tell: Callable[[str], None]) -> Counter[DeliveryState]:
    """Send what is due, several messages at a time, and tell of each; returns how many came to which state.

    With `once`, until nothing is due; else until `is_over`, and while the database is away it waits for it.
    Whoever ends it waits a few seconds for what is under way; what takes longer is sent again by the next sender.
    """
    outcomes: SimpleQueue[tuple[Job, Outcome]] = SimpleQueue()
    done: Counter[DeliveryState] = Counter()
    under_way, leave_at = 0, math.inf
    while True:
        if is_over():
            leave_at = min(leave_at, time.monotonic() + _FAREWELL)
        leaving = leave_at < math.inf
        job = None if leaving or under_way == AT_ONCE else _answered(take, once=once)
        if job:
            threading.Thread(target=_run, args=(job, outcomes), daemon=True).start()
            under_way += 1
            continue
        if (not under_way and (once or leaving)) or time.monotonic() > leave_at:
            return done
        try:
            job, outcome = outcomes.get(timeout=_TICK)
        except Empty:
            continue
        state = _answered(partial(record, job.delivery, outcome), once=once)
        if state is None:
            outcomes.put((job, outcome))
            continue
        under_way -= 1
        done[state] += 1
        tell(f"{job}: {outcome.error or 'Delivered.'}")


def _run(job: Job, outcomes: "SimpleQueue[tuple[Job, Outcome]]") -> None:
    outcome = Outcome(error="It could not be sent.")
    try:
        outcome = attempt(job)
    finally:
        outcomes.put((job, outcome))


def _answered(question: Callable[[], T], *, once: bool) -> T | None:
    """What the database says; None when it is away, after a moment."""
    try:
        return question()
    except (OperationalError, InterfaceError) as error:
        if once:
            raise
        _log.warning("The database does not answer: %s", one_line(str(error)))
        connection.close()
        time.sleep(_TICK)
        return None
