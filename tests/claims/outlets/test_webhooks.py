"""Messages reach their receivers: once when all is well, again when not, and never twice at the same time.

What a message says makes no difference to most of this, so most are test messages, for which no claim is published.
"""

import ipaddress
import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import standardwebhooks
from django.conf import LazySettings
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.http import http_date

from claims.models import Delivery, Subscriber
from claims.outlets import webhooks as sending
from claims.record import outbox
from tests.factories import SubscriberFactory, corrected, published, redacted, withdrawn
from tests.receiver import Receiver, listening
from tests.side_by_side import Colleague
from tests.test_settings import database_url

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _loopback(settings: LazySettings) -> None:
    settings.OUTGOING_ALLOW = [ipaddress.ip_network("127.0.0.0/8")]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as found:
        yield found


@pytest.fixture
def subscriber(receiver: Receiver) -> Subscriber:
    found: Subscriber = SubscriberFactory.create(name="Example Desk", address=receiver.address)
    return found


def deliver(**options: Any) -> str:
    """Send what is due, and return what the command says."""
    said = StringIO()
    call_command("deliver_webhooks", stdout=said, **{"once": True, **options})
    return said.getvalue()


def announce_tests(*subscribers: Subscriber) -> None:
    """A test message for each of them, in this order."""
    for subscriber in subscribers:
        outbox.announce_test(subscriber)


def later() -> None:
    """Let every pause be over."""
    past = timezone.now() - timedelta(seconds=1)
    Delivery.objects.update(next_attempt_at=past)
    Subscriber.objects.update(resting_until=past)


def seconds_to(moment: datetime) -> float:
    return (moment - timezone.now()).total_seconds()


# One message


def test_a_message_arrives_as_it_was_signed(receiver: Receiver, subscriber: Subscriber) -> None:
    claim = published()
    said = deliver()
    (request,) = receiver.received
    assert (request.method, request.headers["content-type"]) == ("POST", "application/json")
    message = standardwebhooks.Webhook(subscriber.secret).verify(request.body, request.headers)
    assert message["data"]["slug"] == claim.slug
    row = Delivery.objects.get()
    assert (row.state, row.attempts, row.last_status, row.last_error) == ("delivered", 1, 204, "")
    assert row.delivered_at is not None
    assert said.splitlines() == [
        f"claim.published {claim.slug} version 1 to Example Desk: Delivered.",
        "1 delivered, 0 to be tried again, 0 given up.",
    ]
    assert deliver() == "0 delivered, 0 to be tried again, 0 given up.\n"
    assert len(receiver.received) == 1


def test_a_dry_run_sends_nothing_and_says_how_much_waits(receiver: Receiver, subscriber: Subscriber) -> None:
    SubscriberFactory.create(is_active=False)
    corrected(published())
    assert deliver(dry_run=True) == "2 messages are due, to 1 of the subscribers.\n"
    assert receiver.received == []
    assert set(Delivery.objects.values_list("attempts", flat=True)) == {0}


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_answer_of_success_is_enough(receiver: Receiver, subscriber: Subscriber, status: int) -> None:
    receiver.statuses = [status]
    outbox.announce_test(subscriber)
    deliver()
    assert Delivery.objects.get().state == "delivered"


@pytest.mark.parametrize("status", [301, 307, 400, 401, 404, 429, 500, 503])
def test_any_other_answer_is_tried_again(receiver: Receiver, subscriber: Subscriber, status: int) -> None:
    receiver.statuses, receiver.headers = [status], {"Location": receiver.address}
    outbox.announce_test(subscriber)
    said = deliver()
    assert f"It answered {status}." in said
    assert len(receiver.received) == 1
    row = Delivery.objects.get()
    assert (row.state, row.attempts, row.last_status) == ("waiting", 1, status)
    assert (row.last_error, row.delivered_at) == (f"It answered {status}.", None)


def test_the_pauses_grow_as_the_convention_proposes_and_the_tenth_attempt_is_the_last(
    receiver: Receiver, subscriber: Subscriber
) -> None:
    outbox.announce_test(subscriber)
    receiver.statuses = [500] * 10
    pauses = []
    for _ in range(10):
        later()
        deliver()
        row = Delivery.objects.get()
        pauses.append(seconds_to(row.next_attempt_at))
    assert (row.state, row.attempts, row.last_error) == ("given-up", 10, "It answered 500.")
    for pause, expected in zip(pauses[:-1], [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400], strict=True):
        assert expected * 0.5 < pause <= expected * 1.1
    later()
    deliver()
    assert len(receiver.received) == 10
    assert len({request.headers["webhook-id"] for request in receiver.received}) == 1
    assert len({request.body for request in receiver.received}) == 1
    assert Subscriber.objects.get().is_active


def test_a_message_that_arrives_late_has_arrived(receiver: Receiver, subscriber: Subscriber) -> None:
    receiver.statuses = [500, 503]
    outbox.announce_test(subscriber)
    for _ in range(3):
        later()
        deliver()
    row = Delivery.objects.get()
    assert (row.state, row.attempts, row.last_status, row.last_error) == ("delivered", 3, 204, "")
    assert Subscriber.objects.get().failures == 0


def test_who_is_gone_is_switched_off(receiver: Receiver, subscriber: Subscriber) -> None:
    announce_tests(subscriber, subscriber)
    receiver.statuses = [410]
    deliver()
    later()
    deliver()
    assert len(receiver.received) == 1
    assert not Subscriber.objects.get().is_active
    assert sorted(Delivery.objects.values_list("state", "attempts")) == [("given-up", 1), ("waiting", 0)]


def test_a_receiver_that_is_not_there_is_said_so() -> None:
    with listening() as gone:
        outbox.announce_test(SubscriberFactory.create(address=gone.address))
    assert "Could not connect to this address." in deliver()
    row = Delivery.objects.get()
    assert (row.state, row.last_status, row.last_error) == ("waiting", None, "Could not connect to this address.")


def test_the_address_is_checked_again_each_time_it_is_sent_to(
    receiver: Receiver, subscriber: Subscriber, settings: LazySettings
) -> None:
    settings.OUTGOING_ALLOW = []
    outbox.announce_test(subscriber)
    assert "We don't send requests to this address." in deliver()
    assert receiver.received == []
    assert Delivery.objects.get().state == "waiting"


def test_a_message_is_not_sent_once_its_version_is_redacted(receiver: Receiver, subscriber: Subscriber) -> None:
    receiver.statuses = [500]
    claim = published(statement="Zoe Quill was there.")
    deliver()
    redacted(corrected(claim, statement="A resident was there."))
    later()
    deliver()
    first, *others = (request.body.decode() for request in receiver.received)
    assert "Quill" in first
    assert "Quill" not in "".join(others)
    assert [json.loads(body)["data"]["version"] for body in others] == [3]


def test_a_message_is_not_sent_once_its_claim_is_withdrawn(receiver: Receiver, subscriber: Subscriber) -> None:
    receiver.statuses = [500]
    claim = published(statement="What nobody may read any more.")
    deliver()
    withdrawn(claim)
    later()
    deliver()
    assert [json.loads(request.body)["type"] for request in receiver.received[1:]] == ["claim.withdrawn"]
    first = Delivery.objects.get(event="claim.published")
    assert (first.state, first.last_error) == (
        "given-up",
        "Readers can no longer have this text.",
    )

    outbox.send_again(Delivery.objects.all())
    later()
    deliver()
    assert b"nobody may read" not in b"".join(request.body for request in receiver.received[1:])


def test_what_is_sent_again_arrives_again_under_its_name(receiver: Receiver, subscriber: Subscriber) -> None:
    corrected(published())
    deliver()
    outbox.send_again(Delivery.objects.filter(event="claim.published"))
    deliver()
    names = [request.headers["webhook-id"] for request in receiver.received]
    assert len(names) == 3
    assert names[2] == names[0] != names[1]
    assert set(Delivery.objects.values_list("state", flat=True)) == {"delivered"}


def test_a_test_message_goes_the_same_way(receiver: Receiver, subscriber: Subscriber) -> None:
    outbox.announce_test(subscriber)
    assert deliver().startswith("webhook.test to Example Desk: Delivered.")
    message = standardwebhooks.Webhook(subscriber.secret).verify(
        receiver.received[0].body, receiver.received[0].headers
    )
    assert message["type"] == "webhook.test"


# One that can't be served


def change_against_the_rules(statement: str, *values: Any) -> None:
    """Run a statement without the constraints and triggers that would refuse it, as in a database that is damaged."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE claims_subscriber DROP CONSTRAINT IF EXISTS subscriber_secret_is_a_key")
        cursor.execute("ALTER TABLE claims_subscriber DROP CONSTRAINT IF EXISTS subscriber_address_has_a_host")
        cursor.execute("ALTER TABLE claims_revision DISABLE TRIGGER USER")
        cursor.execute(statement, values)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE claims_revision ENABLE TRIGGER USER")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


SECRET = "UPDATE claims_subscriber SET secret = %s WHERE id = %s"
ADDRESS = "UPDATE claims_subscriber SET address = %s WHERE id = %s"
NO_KEY = "The message can't be signed, because the secret isn't a key. Give the subscriber a new secret."
REFUSED = "We don't send requests to this address."
NOT_SAVED = "The database refused to save what happened to this message. The log says more."
# Statements that make it impossible to serve a subscriber, and the sentence at the desk.
UNSERVABLE: dict[str, tuple[str, str, str]] = {
    "a secret that isn't base64": (SECRET, "whsec_?", NO_KEY),
    "an empty secret": (SECRET, "", NO_KEY),
    "a secret of other letters": (SECRET, "whsec_" + "é" * 40, NO_KEY),
    "an address that urlsplit refuses": (ADDRESS, "http://[::1", REFUSED),
    "an address that IDNA refuses": (ADDRESS, "http://xn--a.example/", REFUSED),
    "a label that is too long": (ADDRESS, f"http://{'a' * 70}.example/", REFUSED),
}


@pytest.mark.parametrize("broken", UNSERVABLE)
def test_a_subscriber_that_cannot_be_served_stops_nobody_and_the_desk_says_why(receiver: Receiver, broken: str) -> None:
    unservable = SubscriberFactory.create(address=receiver.address)
    well = SubscriberFactory.create(address=receiver.address)
    announce_tests(unservable, well, unservable, well)
    statement, value, sentence = UNSERVABLE[broken]
    change_against_the_rules(statement, value, unservable.pk)
    deliver()
    assert [row.state for row in well.deliveries.all()] == ["delivered"] * 2
    first = unservable.deliveries.earliest("pk")
    assert (first.state, first.attempts, first.last_error) == ("waiting", 1, sentence)
    assert first.possible_arrivals == 0
    assert seconds_to(first.next_attempt_at) > 0
    later()
    deliver()
    assert unservable.deliveries.get(pk=first.pk).attempts == 2


@pytest.mark.parametrize("body", ["x", "[]", "{}x", '{"rating": 1}', '{"rating": {"slug": "true"}}'])
def test_a_message_that_cannot_be_made_stops_no_other_message(
    receiver: Receiver, subscriber: Subscriber, body: str
) -> None:
    published()
    change_against_the_rules("UPDATE claims_revision SET body = %s", body)
    published()
    deliver()
    Subscriber.objects.update(resting_until=timezone.now())
    deliver()
    first, second = Delivery.objects.order_by("pk")
    assert (first.state, first.attempts, second.state) == ("waiting", 1, "delivered")
    assert first.last_error == "The message can't be made from this version. Please report this as a bug."


@pytest.mark.parametrize(
    ("rule", "is_sent"), [("attempts = 0", False), ("last_status IS NULL", True), ("last_error <> ''", False)]
)
def test_a_row_that_the_database_refuses_to_change_stops_no_other(
    receiver: Receiver, rule: str, is_sent: bool, caplog: pytest.LogCaptureFixture
) -> None:
    with listening() as other:
        refused = SubscriberFactory.create(address=other.address)
        well = SubscriberFactory.create(address=receiver.address)
        announce_tests(refused, well, refused, well)
        first = refused.deliveries.earliest("pk")
        change_against_the_rules(f"ALTER TABLE claims_delivery ADD CHECK (id <> {first.pk} OR ({rule})) NOT VALID")
        deliver()
        assert len(other.received) == is_sent
    assert [row.state for row in well.deliveries.all()] == ["delivered"] * 2
    first.refresh_from_db()
    assert (first.state, first.last_error) == ("waiting", NOT_SAVED)
    assert "can't be saved" in caplog.text


def test_a_message_that_stops_its_sender_each_time_is_given_up_in_the_end(subscriber: Subscriber) -> None:
    outbox.announce_test(subscriber)
    for _ in range(10):
        assert sending.take() is not None
        later()
    assert sending.take() is None
    row = Delivery.objects.get()
    assert (row.state, row.attempts) == ("given-up", 10)
    assert row.last_error == "The sender was stopped during the last attempt."


# Repeats


@pytest.mark.parametrize(("status", "is_repeat"), [(500, False), (429, False), (404, False), (502, True), (504, True)])
def test_a_message_is_marked_as_a_repeat_if_it_may_have_arrived(
    receiver: Receiver, subscriber: Subscriber, status: int, is_repeat: bool
) -> None:
    receiver.statuses = [status]
    outbox.announce_test(subscriber)
    deliver()
    later()
    said = deliver()
    first, second = receiver.received
    assert "webhook-repeat" not in first.headers
    assert second.headers.get("webhook-repeat") == ("true" if is_repeat else None)
    assert ("to Example Desk, again: Delivered." in said) == is_repeat
    assert Delivery.objects.get().possible_arrivals == 1 + is_repeat
    assert standardwebhooks.Webhook(subscriber.secret).verify(second.body, second.headers)


def test_a_message_that_was_never_sent_is_no_repeat(subscriber: Subscriber, settings: LazySettings) -> None:
    settings.OUTGOING_ALLOW = []
    outbox.announce_test(subscriber)
    deliver()
    assert Delivery.objects.get().possible_arrivals == 0


# Retry-After


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("asked", "pause"),
    [
        *(("7200", 7200), ("in two hours", 7200), ("600", 600)),
        *((text, 5) for text in ("0", "1", "-600", "soon", "", "Sun, 06 Nov 1994 08:49:37 GMT")),
        *((text, 86400) for text in ("9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT")),
    ],
)
def test_retry_after_makes_a_pause_longer_within_limits_and_never_shorter(
    receiver: Receiver, subscriber: Subscriber, status: int, asked: str, pause: int
) -> None:
    in_two_hours = http_date(timezone.now().timestamp() + 7200)
    receiver.statuses, receiver.headers = [status], {"Retry-After": asked.replace("in two hours", in_two_hours)}
    outbox.announce_test(subscriber)
    deliver()
    row = Delivery.objects.select_related("subscriber").get()
    assert pause * 0.5 < seconds_to(row.next_attempt_at) <= pause * 1.1
    rest = min(pause, 3600)
    assert rest * 0.5 < seconds_to(row.subscriber.resting_until) <= rest


@pytest.mark.parametrize("status", [400, 404, 500, 502])
def test_other_answers_cannot_ask_for_a_pause(receiver: Receiver, subscriber: Subscriber, status: int) -> None:
    receiver.statuses, receiver.headers = [status], {"Retry-After": "7200"}
    outbox.announce_test(subscriber)
    deliver()
    assert seconds_to(Delivery.objects.get().next_attempt_at) < 60


def test_a_receiver_that_always_asks_to_wait_is_given_up_like_any_other(
    receiver: Receiver, subscriber: Subscriber
) -> None:
    receiver.statuses, receiver.headers = [503] * 10, {"Retry-After": "9" * 30}
    outbox.announce_test(subscriber)
    for _ in range(10):
        later()
        deliver()
    assert Delivery.objects.get().state == "given-up"


# Old messages


def test_the_command_deletes_old_messages_while_it_runs(receiver: Receiver, subscriber: Subscriber) -> None:
    announce_tests(*[subscriber] * 3)
    deliver()
    long_ago = timezone.now() - outbox.DELIVERED_KEPT - timedelta(days=1)
    Delivery.objects.update(delivered_at=long_ago)
    assert "2 old messages deleted." in deliver()
    assert "deleted" not in deliver()
    assert Delivery.objects.count() == 1


def test_many_old_messages_delay_no_new_one(
    receiver: Receiver, subscriber: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "PRUNED_AT_ONCE", 1)
    announce_tests(*[subscriber] * 3)
    deliver()
    Delivery.objects.update(delivered_at=timezone.now() - outbox.DELIVERED_KEPT - timedelta(days=1))
    outbox.announce_test(subscriber)
    lines = deliver().splitlines()
    assert lines.count("1 old message deleted.") == 3
    assert lines.index("1 old message deleted.") <= 1
    assert [line for line in lines if line.endswith("Delivered.")]
    assert list(Delivery.objects.values_list("state", flat=True)) == ["delivered"]


# Many


def test_everybody_is_served_in_turn_and_one_that_fails_rests(receiver: Receiver) -> None:
    with listening() as gone:
        dead = SubscriberFactory.create(address=gone.address)
    well = SubscriberFactory.create(address=receiver.address)
    announce_tests(*[dead, well] * 3)
    deliver()
    assert [row.state for row in well.deliveries.all()] == ["delivered"] * 3
    assert sum(row.attempts for row in dead.deliveries.all()) == 1
    rests = []
    for _ in range(3):
        dead.refresh_from_db()
        rests.append((dead.failures, 0 < seconds_to(dead.resting_until) <= (5 if dead.failures == 1 else 60)))
        later()
        deliver()
    assert rests == [(1, True), (2, True), (3, True)]


def test_who_was_served_longest_ago_comes_first() -> None:
    early, late = SubscriberFactory.create_batch(2)
    announce_tests(early, late, early, late)
    served = []
    for _ in range(4):
        job = sending.take()
        assert job is not None
        served.append(job.delivery.subscriber_id)
        sending.record(job.delivery, sending.Outcome(status=204))
    assert served == [early.pk, late.pk, early.pk, late.pk]


def test_of_what_waits_a_withdrawal_is_told_first(receiver: Receiver, subscriber: Subscriber) -> None:
    claims = [published(), published()]
    withdrawn(claims[1])
    deliver()
    told = [json.loads(request.body) for request in receiver.received]
    assert [message["type"] for message in told] == ["claim.withdrawn", "claim.published"]
    assert [message["data"]["slug"] for message in told] == [claims[1].slug, claims[0].slug]


def test_a_subscriber_gets_one_message_at_a_time() -> None:
    announce_tests(*[SubscriberFactory.create()] * 2)
    job = sending.take()
    assert job is not None
    assert sending.take() is None
    sending.record(job.delivery, sending.Outcome(status=204))
    assert sending.take() is not None


def test_taking_a_message_costs_the_same_however_many_wait() -> None:
    subscribers = SubscriberFactory.create_batch(2)

    def queries() -> int:
        with CaptureQueriesContext(connection) as counted:
            assert sending.take() is not None
        later()
        return len(counted)

    published()
    few = queries()
    SubscriberFactory.create_batch(5)
    published()
    assert queries() == few
    assert subscribers


def test_an_outcome_that_comes_too_late_does_not_take_back_a_delivery() -> None:
    """A sender that slept through its lease, while another delivered."""
    outbox.announce_test(SubscriberFactory.create())
    slow = sending.take()
    later()
    other = sending.take()
    assert slow
    assert other
    sending.record(other.delivery, sending.Outcome(status=204))
    sending.record(slow.delivery, sending.Outcome(error="The request timed out."))
    assert Delivery.objects.get().state == "delivered"


# Several processes, real commits


@contextmanager
def sender(*options: str) -> Iterator["subprocess.Popen[str]"]:
    """`deliver_webhooks` in a process of its own; killed at the end, if it is still there."""
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "OUTGOING_ALLOW": "127.0.0.0/8",
        "DEBUG": "on",
        "PYTHONWARNINGS": "error",
    }
    with subprocess.Popen(
        [sys.executable, "manage.py", "deliver_webhooks", *options], env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def stopped(process: "subprocess.Popen[str]", number: signal.Signals, receiver: Receiver) -> str:
    """Tell a sender to stop before the receiver answers what it is being sent. Returns what the sender said."""
    process.send_signal(number)
    receiver.open.set()
    said, _ = process.communicate()
    assert process.returncode == 0
    return said


def until(condition: Callable[[], bool]) -> None:
    """Wait until it is so."""
    while not condition():
        threading.Event().wait(0.02)


def delivered(count: int) -> Callable[[], bool]:
    return lambda: Delivery.objects.filter(state="delivered").count() == count


@pytest.mark.usefixtures("committed")
class TestSideBySide:
    def test_a_sender_killed_while_it_sends_loses_nothing_and_keeps_the_name(
        self, receiver: Receiver, subscriber: Subscriber
    ) -> None:
        published()
        receiver.open.clear()
        with sender() as process:
            receiver.wait()
            process.kill()
            process.wait()
        row = Delivery.objects.get()
        assert (row.state, row.attempts) == ("waiting", 1)
        assert deliver() == "0 delivered, 0 to be tried again, 0 given up.\n", "its lease is not over"
        receiver.open.set()
        later()
        deliver()
        assert Delivery.objects.get().state == "delivered"
        first, second = receiver.received
        assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)
        assert "webhook-repeat" not in first.headers
        assert second.headers["webhook-repeat"] == "true"
        assert Delivery.objects.get().possible_arrivals == 2

    def test_several_senders_send_each_message_once_and_outlive_lost_connections(self, receiver: Receiver) -> None:
        SubscriberFactory.create_batch(4, address=receiver.address)
        with sender() as one, sender() as other:
            until(lambda: connections() > 2)
            for count in (8, 16):
                published()
                published()
                until(delivered(count))
                with connection.cursor() as cursor:
                    cursor.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )
            receiver.wait(16)
            said = [stopped(one, signal.SIGTERM, receiver)]
            receiver.open.clear()
            corrected(published())
            receiver.wait(4)
            said.append(stopped(other, signal.SIGINT, receiver))
        counts = [text.splitlines()[-1].split(" delivered, ") for text in said]
        assert [rest for _count, rest in counts] == ["0 to be tried again, 0 given up."] * 2
        assert sum(int(count) for count, _rest in counts) == len(receiver.received) == 20
        assert set(Counter(request.headers["webhook-id"] for request in receiver.received).values()) == {1}
        # What was being sent came to its end, and nothing new began.
        waiting = Delivery.objects.filter(event="claim.corrected")
        assert set(waiting.values_list("state", "attempts")) == {("waiting", 0)}

    def test_a_dead_receiver_keeps_nobody_waiting_and_can_still_answer_when_the_sender_stops(
        self, receiver: Receiver
    ) -> None:
        SubscriberFactory.create(address=receiver.address)
        with listening() as dead, sender() as process:
            dead.open.clear()
            silent = SubscriberFactory.create(address=dead.address)
            published()
            published()
            dead.wait()
            until(delivered(2))
            assert len(dead.received) == 1
            said = stopped(process, signal.SIGTERM, dead)
        assert said.endswith("3 delivered, 0 to be tried again, 0 given up.\n")
        assert len(receiver.received) == 2
        assert sorted(silent.deliveries.values_list("state", "attempts")) == [("delivered", 1), ("waiting", 0)]

    def test_a_sender_ends_with_the_process_that_started_it(self) -> None:
        """However that one ends. The shell here becomes something else, as the demo becomes the web server."""
        command = f'{sys.executable} manage.py deliver_webhooks --parent "$$" & echo $!; exec sleep 600'
        environment = {**os.environ, "DATABASE_URL": database_url(), "DEBUG": "on"}
        with subprocess.Popen(
            ["sh", "-c", command], env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
        ) as parent:
            assert parent.stdout is not None
            child = int(parent.stdout.readline())
            until(lambda: connections() > 1)
            parent.kill()
            parent.wait()
            assert parent.stdout.readline() == "0 delivered, 0 to be tried again, 0 given up.\n"
            until(lambda: not is_running(child))

    def test_publishing_and_sending_do_not_wait_for_each_other(
        self, receiver: Receiver, subscriber: Subscriber
    ) -> None:
        published()
        with transaction.atomic():
            published()
            job = Colleague().does(sending.take).result()
            assert job is not None
            assert job.delivery.subscriber_id == subscriber.pk
        assert Delivery.objects.count() == 2


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def connections() -> int:
    """How many processes use this test's database, this one among them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        (count,) = cursor.fetchone()
    return int(count)
