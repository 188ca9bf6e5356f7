"""Sends the messages that `claims.record.outbox` queued, until each is delivered or given up.

The rows of the outbox are the queue. In a short transaction the sender takes a message: it moves the next attempt a
minute ahead, so that no other sender takes it. Then it sends the message outside any transaction and records the
outcome. If the sender is killed in between, nothing is lost: after that minute the message is due again, with the same
id and marked as a repeat. A subscriber gets one message at a time, from all senders together, and none for a while
after a failure.

Whatever goes wrong with one message or one subscriber is an outcome of that message. It never stops the others.
"""

import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from queue import Empty, SimpleQueue
from typing import Any

from django.db import Error, connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from claims.choices import DeliveryState, WebhookEvent
from claims.formats import webhook
from claims.models import Delivery, Subscriber
from claims.record import outbox
from factcheck.core import daemon, http
from factcheck.core.database import is_away
from factcheck.core.text import one_line

# The pauses between attempts that the Standard Webhooks convention proposes: ten attempts in about three days.
SCHEDULE = [5, 5 * 60, 30 * 60, *(hours * 3600 for hours in (2, 5, 10, 14, 20, 24))]
# Each pause is made longer by up to a tenth at random, so that messages that failed together don't return together.
_JITTER = 1.1
# The seconds that a subscriber gets nothing after its first failure in a row, and after each further one.
_RESTS = [5, 60]
# The longest `Retry-After` in seconds: for the message itself, and for the other messages to the subscriber. A receiver
# can't put a message off for longer than we would, and soon gets others, such as withdrawals.
LONGEST_PAUSE = SCHEDULE[-1]
LONGEST_REST = 3600

# The time limit of one request. It ends long before another sender may take the message.
_SECONDS = 15.0
_LEASE = timedelta(seconds=60)
AT_ONCE = 8
# The seconds between two looks at the outbox, and the longest wait at the end for messages that are being sent.
_TICK = 0.5
_FAREWELL = 5.0
_SECONDS_BETWEEN_PRUNINGS = 3600.0

_TAKEN, _GONE, _MAY_RETRY_AFTER = range(200, 300), 410, {429, 503}
# A gateway answers this if it lost the receiver behind it, which may have the message.
_UNCLEAR = {502, 504}
_BUG = "The message couldn't be sent because of a bug in Factcheck. Please report it. The log says more."
_NOT_SAVED = "The database refused to save what happened to this message. The log says more."

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """A message that was taken, ready to be sent. If it can't be made, `error` says why."""

    delivery: Delivery
    is_repeat: bool
    headers: dict[str, str] = field(default_factory=dict)
    text: str = ""
    error: str = ""

    def __str__(self) -> str:
        revision = self.delivery.revision
        about = f" {revision.slug} version {revision.number}" if revision else ""
        again = ", again" if self.is_repeat else ""
        return f"{self.delivery.event}{about} to {one_line(self.delivery.subscriber.name)}{again}"


@dataclass(frozen=True)
class Outcome:
    """The outcome of one attempt: the status of the answer, if there was one, and the error, if it failed.

    `was_sent` is false if nothing was sent. `retry_after` is the number of seconds that the receiver asks us to wait.
    """

    status: int | None = None
    error: str = ""
    was_sent: bool = True
    retry_after: float = 0.0

    @property
    def may_have_arrived(self) -> bool:
        """False if it's certain that the receiver didn't take the message."""
        return self.was_sent and (self.status is None or self.status in _TAKEN or self.status in _UNCLEAR)


class RowFailed(Exception):
    """The database answers, but this message can't be taken from it."""

    def __init__(self, delivery: Delivery) -> None:
        super().__init__(f"Delivery {delivery.pk} can't be taken.")
        self.delivery = delivery


# One message


def due() -> QuerySet[Delivery]:
    """The messages that may be sent now."""
    now = timezone.now()
    waiting = Delivery.objects.filter(state=DeliveryState.WAITING, next_attempt_at__lte=now)
    return waiting.filter(subscriber__is_active=True, subscriber__resting_until__lte=now)


def take(*, without: Collection[int] = (), without_subscribers: Collection[int] = ()) -> Job | None:
    """Take the next message that is due, except those named. None if there is none.

    No other sender takes it for a minute.
    The subscriber served longest ago comes first, and its withdrawals come before its other messages. A message about a
    claim that readers no longer see is given up. Raises RowFailed if the database refuses to give out one message.
    """
    due_now = due().exclude(pk__in=without).exclude(subscriber__in=without_subscribers)
    while True:
        delivery = None
        try:
            with transaction.atomic():
                subscriber = (
                    Subscriber.objects.select_for_update(skip_locked=True, no_key=True)
                    .filter(Exists(due_now.filter(subscriber=OuterRef("pk"))))
                    .order_by("resting_until", "pk")
                    .first()
                )
                if subscriber is None:
                    return None
                found = due_now.filter(subscriber=subscriber).select_related("revision")
                found = found.annotate(is_withdrawal=Q(event=WebhookEvent.WITHDRAWN))
                delivery = found.order_by("-is_withdrawal", "next_attempt_at", "pk").first()
                if delivery is None or not _begin_attempt(delivery, subscriber):
                    continue  # another sender took it between the two queries, or it was given up
        except Exception as error:
            if delivery is None or is_away(error):
                raise
            raise RowFailed(delivery) from error
        return _job(delivery)


def _begin_attempt(delivery: Delivery, subscriber: Subscriber) -> bool:
    """Reserve the message and its subscriber for one attempt. Returns False if the message is given up instead."""
    now = timezone.now()
    if outbox.is_outdated(delivery):
        _end(delivery, DeliveryState.GIVEN_UP, Outcome(error="Readers can no longer have this text."))
        return False
    if delivery.attempts > len(SCHEDULE):
        _end(delivery, DeliveryState.GIVEN_UP, Outcome(error="The sender was stopped during the last attempt."))
        return False
    leased = now + _LEASE
    Subscriber.objects.filter(pk=subscriber.pk).update(resting_until=leased)
    Delivery.objects.filter(pk=delivery.pk).update(
        attempts=F("attempts") + 1,
        possible_arrivals=F("possible_arrivals") + 1,
        next_attempt_at=leased,
        last_status=None,
        last_error="",
    )
    delivery.attempts += 1
    delivery.subscriber = subscriber
    return True


def _job(delivery: Delivery) -> Job:
    """The job of a message that was taken. Raises a database error if the database is away."""
    is_repeat = delivery.possible_arrivals > 0
    try:
        text = webhook.body(delivery)
        headers = webhook.headers(delivery, text, at=timezone.now(), is_repeat=is_repeat)
    except Exception as error:
        if is_away(error):
            raise
        _log.exception("Delivery %s can't be made.", delivery.pk)
        return Job(delivery, is_repeat, error=str(error) if isinstance(error, webhook.NotMade) else _BUG)
    return Job(delivery, is_repeat, headers, text)


def attempt(job: Job) -> Outcome:
    """Send the message once. This needs no database, so many attempts can run at the same time."""
    if job.error:
        return Outcome(error=job.error, was_sent=False)
    try:
        answer = http.send(
            "POST",
            job.delivery.subscriber.address,
            content=job.text.encode(),
            headers=job.headers,
            seconds=_SECONDS,
            max_bytes=0,
        )
    except (http.Refused, http.NotConnected) as failure:
        return Outcome(error=str(failure), was_sent=False)
    except http.NoAnswer as failure:
        return Outcome(error=str(failure))
    except Exception:  # noqa: BLE001 — an error in one attempt never stops the others
        _log.exception("Delivery %s can't be sent.", job.delivery.pk)
        return Outcome(error=_BUG)
    if answer.status in _TAKEN:
        return Outcome(answer.status)
    retry_after = answer.retry_after if answer.status in _MAY_RETRY_AFTER else 0.0
    return Outcome(answer.status, f"It answered {answer.status}.", retry_after=retry_after)


@transaction.atomic
def record(delivery: Delivery, outcome: Outcome) -> DeliveryState:
    """Record the outcome of an attempt. Returns the new state: delivered, waiting for another attempt, or given up."""
    now = timezone.now()
    subscriber = Subscriber.objects.filter(pk=delivery.subscriber_id)
    if not outcome.error:
        _end(delivery, DeliveryState.DELIVERED, outcome, delivered_at=now)
        subscriber.update(failures=0, resting_until=now)
        return DeliveryState.DELIVERED
    arrivals = {} if outcome.may_have_arrived else {"possible_arrivals": F("possible_arrivals") - 1}
    rest = max(_RESTS[min(delivery.subscriber.failures, len(_RESTS) - 1)], min(outcome.retry_after, LONGEST_REST))
    subscriber.update(failures=F("failures") + 1, resting_until=now + timedelta(seconds=rest))
    if outcome.status == _GONE:
        subscriber.update(is_active=False)
    if outcome.status == _GONE or delivery.attempts > len(SCHEDULE):
        _end(delivery, DeliveryState.GIVEN_UP, outcome, **arrivals)
        return DeliveryState.GIVEN_UP
    pause = SCHEDULE[delivery.attempts - 1] * random.uniform(1, _JITTER)  # noqa: S311 — no secret
    pause = max(pause, min(outcome.retry_after, LONGEST_PAUSE))
    _end(delivery, DeliveryState.WAITING, outcome, next_attempt_at=now + timedelta(seconds=pause), **arrivals)
    return DeliveryState.WAITING


def _end(delivery: Delivery, state: DeliveryState, outcome: Outcome, **columns: Any) -> None:
    """Write the outcome into the row, unless another sender or the desk has changed the row since."""
    row = Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.WAITING)
    if state != DeliveryState.DELIVERED:
        # "Send again" at the desk sets the attempts to 0.
        row = row.filter(attempts=delivery.attempts)
    if state == DeliveryState.GIVEN_UP:
        columns["next_attempt_at"] = timezone.now()
    row.update(state=state, last_status=outcome.status, last_error=outcome.error, **columns)


# All of them


def deliver(*, once: bool, parent: int | None, report: Callable[[str], None]) -> Counter[DeliveryState]:
    """Send what is due until the process is stopped, or with `once` until nothing is due: see `daemon.run`.

    Calls `report` with a line for each outcome. Returns the number of messages that came to each state.
    At the end it waits a few seconds for what is being sent. What takes longer is sent again by the next sender.
    """
    sender = Sender(report)
    daemon.run(sender.work, once=once, parent=parent)
    sender.finish()
    return sender.done


class Sender:
    """Sends several messages at a time, and deletes old ones now and then."""

    def __init__(self, report: Callable[[str], None]) -> None:
        self.done: Counter[DeliveryState] = Counter()
        self._report = report
        self._under_way = 0
        self._outcomes: SimpleQueue[tuple[Job, Outcome]] = SimpleQueue()
        self._prune_at = time.monotonic()
        # Rows that the database refuses to change, and their subscribers.
        self._deliveries, self._subscribers = _SetAside(), _SetAside()

    def work(self) -> bool:
        """Begin to send the next message, or record an outcome. Returns False if there is nothing to do."""
        if self._under_way < AT_ONCE and self._begin():
            return True
        has_pruned = time.monotonic() >= self._prune_at and self._prune()
        if not self._under_way:
            return has_pruned
        self._record_next(0 if has_pruned else _TICK)
        return True

    def finish(self) -> None:
        """Wait a few seconds for what is being sent, and record it."""
        until = time.monotonic() + _FAREWELL
        while self._under_way and time.monotonic() < until:
            try:
                self._record_next(_TICK)
            except Error as error:
                _log.warning("The database doesn't answer: %s", one_line(str(error)))
                connection.close()
                time.sleep(_TICK)

    def _begin(self) -> bool:
        try:
            job = take(without=self._deliveries.current(), without_subscribers=self._subscribers.current())
        except RowFailed as failure:
            self._set_aside(failure.delivery)
            return True
        if job is None:
            return False
        threading.Thread(target=lambda: self._outcomes.put((job, attempt(job))), daemon=True).start()
        self._under_way += 1
        return True

    def _record_next(self, seconds: float) -> None:
        """Record the next outcome, if there is one in time. Raises a database error if the database is away."""
        try:
            job, outcome = self._outcomes.get(timeout=seconds)
        except Empty:
            return
        try:
            state = record(job.delivery, outcome)
        except Exception as error:
            if is_away(error):
                self._outcomes.put((job, outcome))
                raise
            self._under_way -= 1
            self._set_aside(job.delivery)
            return
        self._under_way -= 1
        self.done[state] += 1
        self._report(f"{job}: {outcome.error or 'Delivered.'}")

    def _set_aside(self, delivery: Delivery) -> None:
        """Leave a message alone for a while that the database refuses to change. Call this in an `except` block."""
        _log.exception("Delivery %s to subscriber %s can't be saved.", delivery.pk, delivery.subscriber_id)
        self._deliveries.add(delivery.pk, SCHEDULE[1])
        self._subscribers.add(delivery.subscriber_id, _RESTS[-1])
        # The database may refuse this as well. Then only the log shows the failure.
        with suppress(Error), transaction.atomic():
            Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.WAITING).update(last_error=_NOT_SAVED)

    def _prune(self) -> bool:
        """Delete some old messages. Returns False if there were none, and then does it again in an hour."""
        try:
            deleted = outbox.prune(timezone.now())
        except Exception as error:
            if is_away(error):
                raise
            _log.exception("Old deliveries can't be deleted.")
            deleted = 0
        if not deleted:
            self._prune_at = time.monotonic() + _SECONDS_BETWEEN_PRUNINGS
            return False
        self._report(f"{deleted:,} old message{'' if deleted == 1 else 's'} deleted.")
        return True


class _SetAside:
    """Keys that are left out for some seconds."""

    def __init__(self) -> None:
        self._until: dict[int, float] = {}

    def add(self, key: int, seconds: float) -> None:
        self._until[key] = time.monotonic() + seconds

    def current(self) -> list[int]:
        now = time.monotonic()
        self._until = {key: until for key, until in self._until.items() if until > now}
        return list(self._until)
