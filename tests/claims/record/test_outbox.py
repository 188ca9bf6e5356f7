"""Tests of webhooks: each public act makes a signed message for each subscriber, from the record alone."""

import json
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import standardwebhooks
from django.conf import LazySettings
from django.conf import settings as of_every_test
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from claims.choices import Act, CorrectionKind, DeliveryState, WebhookEvent
from claims.desk import workflow
from claims.desk.rules import Refused
from claims.formats import webhook
from claims.models import Claim, Delivery, PublishedClaim, Rating, Subscriber
from claims.models.webhook import ANNOUNCED
from claims.record import outbox
from tests.claims.formats.files import exported
from tests.factories import (
    ClaimantFactory,
    ClaimFactory,
    SubscriberFactory,
    UserFactory,
    approved,
    corrected,
    published,
    renamed,
    withdrawn,
)

pytestmark = pytest.mark.django_db

ADDRESS = "http://127.0.0.1:8000"


def with_new_name(claim: Claim) -> Claim:
    claimant = claim.claimant
    assert claimant is not None
    renamed(claimant, name="The new name")
    claim.refresh_from_db()
    return claim


def republished(claim: Claim) -> Claim:
    editor = UserFactory.create(role="Editor")
    claim = approved(workflow.edit(claim, by=editor, version=claim.version))
    return workflow.publish(claim, reason="The source was real.", by=editor, version=claim.version)


def rerated(claim: Claim) -> Claim:
    return corrected(claim, rating=Rating.objects.get(slug="unverified"))


# Functions that do acts on a claim, with the events that its subscribers get.
EXPECTED: dict[str, tuple[Callable[[], Claim], list[str]]] = {
    "published": (published, ["claim.published"]),
    "corrected": (lambda: corrected(published()), ["claim.published", "claim.corrected"]),
    "rerated": (lambda: rerated(published()), ["claim.published", "claim.rerated"]),
    "renamed": (lambda: with_new_name(published()), ["claim.published", "claim.revised"]),
    "withdrawn": (lambda: withdrawn(published()), ["claim.published", "claim.withdrawn"]),
    "published again": (
        lambda: republished(withdrawn(published())),
        ["claim.published", "claim.withdrawn", "claim.published"],
    ),
}


def waiting_for(subscriber: Subscriber) -> list[Delivery]:
    return list(subscriber.deliveries.order_by("pk"))


def messages(subscriber: Subscriber) -> list[dict[str, Any]]:
    return [json.loads(webhook.body(delivery)) for delivery in waiting_for(subscriber)]


# The outbox


@pytest.mark.parametrize("done", EXPECTED)
def test_each_public_act_makes_one_message_for_each_subscriber(done: str) -> None:
    subscribers = SubscriberFactory.create_batch(2)
    act, events = EXPECTED[done]
    claim = act()
    for subscriber in subscribers:
        rows = waiting_for(subscriber)
        assert [row.event for row in rows] == events
        assert [row.revision for row in rows] == list(claim.revisions.order_by("number"))
        assert {(row.state, row.attempts) for row in rows} == {("waiting", 0)}
    assert len(set(Delivery.objects.values_list("message_id", flat=True))) == 2 * len(events)


def test_every_act_has_an_event_and_every_event_an_act() -> None:
    assert set(outbox.EVENTS) == set(Act)
    assert set(outbox.EVENTS.values()) == set(ANNOUNCED)


def test_a_subscriber_gets_only_the_events_it_chose_and_only_while_active() -> None:
    chosen = SubscriberFactory.create(events=["claim.corrected", "claim.withdrawn"])
    inactive = SubscriberFactory.create(is_active=False)
    withdrawn(corrected(published()))
    assert [row.event for row in waiting_for(chosen)] == ["claim.corrected", "claim.withdrawn"]
    assert waiting_for(inactive) == []


def test_work_at_the_desk_makes_no_messages() -> None:
    SubscriberFactory.create()
    claim = published()
    Delivery.objects.all().delete()
    editor = UserFactory.create(role="Editor")
    claim = approved(workflow.edit(claim, by=editor, version=claim.version))
    workflow.send_back(claim, reason="Mend it.", by=editor, version=claim.version)
    approved(ClaimFactory.create())
    assert not Delivery.objects.exists()


def test_an_act_that_is_refused_or_rolled_back_makes_no_messages() -> None:
    SubscriberFactory.create()
    claim, reporter = approved(ClaimFactory.create()), UserFactory.create(role="Reporter")
    with pytest.raises(Refused):
        workflow.publish(claim, by=reporter, version=claim.version)
    with transaction.atomic():
        workflow.publish(claim, by=UserFactory.create(role="Editor"), version=claim.version)
        assert Delivery.objects.count() == 1
        transaction.set_rollback(True)
    assert not Delivery.objects.exists()
    assert not PublishedClaim.objects.exists()


def test_an_act_fails_if_its_message_cannot_be_saved() -> None:
    SubscriberFactory.create()
    claim = approved(ClaimFactory.create())
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE claims_delivery ADD CONSTRAINT full_disk CHECK (false)")
    with pytest.raises(IntegrityError, match="full_disk"), transaction.atomic():
        workflow.publish(claim, by=UserFactory.create(role="Editor"), version=claim.version)
    assert not PublishedClaim.objects.exists()
    assert not claim.revisions.exists()


# The message


def test_the_message_about_a_publication_has_its_verdict_and_addresses(settings: LazySettings) -> None:
    subscriber = SubscriberFactory.create()
    claim = published(slug="bridges", notice="Starter data.")
    (message,) = messages(subscriber)
    revision = claim.revisions.get()
    assert message == {
        "type": "claim.published",
        "timestamp": revision.content["revision"]["at"],
        "data": {
            "slug": "bridges",
            "address": f"{ADDRESS}/claims/bridges/",
            "version_address": f"{ADDRESS}/claims/bridges/revisions/1/",
            "version": 1,
            "act": "publish",
            "reason": "",
            "correction": "",
            "statement": claim.statement,
            "language": "en",
            "notice": "Starter data.",
            "rating": {"slug": "mostly-false", "label": "Mostly false", "value": 2, "worst": 1, "best": 5},
            "rating_before": None,
            "license": settings.DATA_LICENSE,
            "attribution": f"{settings.SITE_NAME}, {ADDRESS}/",
        },
    }


def test_the_message_about_a_changed_rating_has_both_and_no_number_off_the_scale() -> None:
    subscriber = SubscriberFactory.create()
    rerated(published())
    _, message = messages(subscriber)
    assert message["type"] == "claim.rerated"
    assert message["data"]["rating"] == {"slug": "unverified", "label": "Unverified"}
    assert message["data"]["rating_before"]["value"] == 2
    assert (message["data"]["correction"], message["data"]["reason"]) == ("substantial", "A figure was wrong.")


@pytest.mark.parametrize("done", ["corrected", "renamed", "published again"])
def test_an_unchanged_rating_has_no_rating_before(done: str) -> None:
    subscriber = SubscriberFactory.create()
    EXPECTED[done][0]()
    assert [message["data"].get("rating_before") for message in messages(subscriber)] == [None] * len(EXPECTED[done][1])


def test_the_message_about_a_withdrawal_has_only_the_address_and_the_reason() -> None:
    subscriber = SubscriberFactory.create()
    claim = withdrawn(published())
    _, message = messages(subscriber)
    assert message["data"] == {
        "slug": claim.slug,
        "address": f"{ADDRESS}/claims/{claim.slug}/",
        "version": 2,
        "act": "withdraw",
        "reason": "The source was forged.",
    }


@pytest.mark.parametrize("done", EXPECTED)
def test_a_draft_changes_no_message(done: str) -> None:
    subscriber = SubscriberFactory.create()
    claim = EXPECTED[done][0]()
    before = [webhook.body(delivery) for delivery in waiting_for(subscriber)]
    claim.statement, claim.summary, claim.claimant = "A draft.", "A draft.", ClaimantFactory.create(name="A draft")
    claim.rating = Rating.objects.get(slug="true")
    workflow.edit(claim, by=UserFactory.create(role="Editor"), version=claim.version, note="A draft.")
    assert [webhook.body(delivery) for delivery in waiting_for(subscriber)] == before


def test_a_message_of_a_claim_that_was_withdrawn_since_is_outdated() -> None:
    subscriber = SubscriberFactory.create()
    claim = corrected(published())
    assert not any(map(outbox.is_outdated, waiting_for(subscriber)))
    claim = withdrawn(claim)
    assert [outbox.is_outdated(row) for row in waiting_for(subscriber)] == [True, True, False]
    republished(claim)
    assert not any(map(outbox.is_outdated, waiting_for(subscriber)))


def test_a_test_message_says_who_sends_it(settings: LazySettings) -> None:
    subscriber = SubscriberFactory.create()
    outbox.announce_test(subscriber)
    (message,) = messages(subscriber)
    assert message["type"] == "webhook.test"
    assert message["data"] == {"site": settings.SITE_NAME, "address": f"{ADDRESS}/"}


# The signature


def sent(subscriber: Subscriber) -> tuple[str, dict[str, str]]:
    """The message as it would be sent now, and its headers."""
    delivery = subscriber.deliveries.select_related("subscriber")[0]
    text = webhook.body(delivery)
    return text, webhook.headers(delivery, text, at=timezone.now())


@pytest.fixture
def notified() -> Subscriber:
    """A subscriber with one message, about the publication of a claim."""
    subscriber: Subscriber = SubscriberFactory.create()
    published(statement="Rents rose — by 4 %, “they” said.")
    return subscriber


def test_the_library_of_the_convention_accepts_our_signature(notified: Subscriber) -> None:
    text, headers = sent(notified)
    assert standardwebhooks.Webhook(notified.secret).verify(text, headers) == json.loads(text)
    assert headers["webhook-id"] == notified.deliveries.get().message_id


@pytest.mark.parametrize("changed", ["webhook-id", "webhook-timestamp", "webhook-signature", "body"])
def test_it_rejects_a_message_that_was_changed(notified: Subscriber, changed: str) -> None:
    text, headers = sent(notified)
    if changed == "body":
        text = text.replace("mostly-false", "true")
    else:
        other = {"webhook-id": "msg_x", "webhook-timestamp": "1", "webhook-signature": "v1,AAAA"}
        headers[changed] = other[changed]
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(notified.secret).verify(text, headers)


def test_each_subscriber_has_a_secret_of_its_own_that_nobody_can_guess() -> None:
    secrets = {subscriber.secret for subscriber in SubscriberFactory.create_batch(5)}
    assert len(secrets) == 5
    assert all(secret.startswith("whsec_") and len(secret) == 50 for secret in secrets)


def test_a_new_secret_is_used_at_once_and_the_old_one_for_another_day(notified: Subscriber) -> None:
    old = notified.secret
    outbox.renew_secret(notified)
    notified.refresh_from_db()
    assert notified.secret != old
    text, headers = sent(notified)
    for secret in (old, notified.secret):
        assert standardwebhooks.Webhook(secret).verify(text, headers)

    Subscriber.objects.update(old_secret_until=timezone.now() - timedelta(seconds=1))
    text, headers = sent(notified)
    assert standardwebhooks.Webhook(notified.secret).verify(text, headers)
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(old).verify(text, headers)


def test_no_text_form_of_a_subscriber_has_its_secret(notified: Subscriber) -> None:
    delivery = notified.deliveries.get()
    for text in (str(notified), repr(notified), str(delivery), repr(delivery)):
        assert notified.secret not in text


# Old messages

DAY = timedelta(days=1)


def kept_after(days_ago: timedelta, **columns: Any) -> bool:
    """True if `prune` keeps the first of two messages, which came to its state this long ago."""
    subscriber = SubscriberFactory.create()
    corrected(published())
    old, _newest = waiting_for(subscriber)
    at = timezone.now() - days_ago
    time = {"delivered_at": at} if columns["state"] == "delivered" else {"next_attempt_at": at}
    Delivery.objects.filter(pk=old.pk).update(created_at=at, **time, **columns)
    outbox.prune(timezone.now())
    return Delivery.objects.filter(pk=old.pk).exists()


@pytest.mark.parametrize(
    ("state", "days", "is_kept"),
    [
        *[("delivered", 29, True), ("delivered", 31, False), ("given-up", 89, True), ("given-up", 91, False)],
        ("waiting", 1000, True),
    ],
)
def test_messages_are_kept_for_30_days_after_delivery_and_90_after_they_were_given_up(
    state: str, days: int, is_kept: bool
) -> None:
    assert kept_after(days * DAY, state=state) == is_kept


def test_the_newest_message_of_each_subscriber_is_kept() -> None:
    subscribers = SubscriberFactory.create_batch(2)
    corrected(published())
    newest = {subscriber.deliveries.latest("pk").pk for subscriber in subscribers}
    Delivery.objects.update(state="delivered", delivered_at=timezone.now() - 1000 * DAY)
    assert outbox.prune(timezone.now()) == 2
    assert set(Delivery.objects.values_list("pk", flat=True)) == newest
    assert outbox.prune(timezone.now()) == 0


def test_old_messages_are_deleted_in_small_batches_the_oldest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "PRUNED_AT_ONCE", 2)
    SubscriberFactory.create()
    corrected(corrected(corrected(published())))
    Delivery.objects.update(state="delivered", delivered_at=timezone.now() - 1000 * DAY)
    before = list(Delivery.objects.order_by("pk").values_list("pk", flat=True))
    assert outbox.prune(timezone.now()) == 2
    assert list(Delivery.objects.order_by("pk").values_list("pk", flat=True)) == before[2:]
    assert [outbox.prune(timezone.now()) for _ in range(2)] == [1, 0]


# The page for receivers

PAGE = Path(of_every_test.BASE_DIR, "docs/how-to/receive-webhooks.md")


def block(language: str) -> str:
    """The only example on the page in this language."""
    page = PAGE.read_text(encoding="utf-8")
    (found,) = (part.partition("```")[0] for part in page.split(f"```{language}\n")[1:])
    return found


def test_the_example_on_the_page_is_a_real_message(settings: LazySettings) -> None:
    settings.SITE_URL = "https://facts.example.org"
    subscriber = SubscriberFactory.create()
    claim = published(slug="council-spent-4-million-on-bridges", statement="The council spent 4 million on bridges.")
    claim.rating = Rating.objects.get(slug="half-true")
    editor = UserFactory.create(role="Editor")
    claim = approved(workflow.edit(claim, by=editor, version=claim.version))
    rerate = partial(workflow.rerate, kind=CorrectionKind.SUBSTANTIAL, reason="The council paid half of it after all.")
    rerate(claim, by=editor, version=claim.version)

    example, message = json.loads(block("json")), messages(subscriber)[-1]
    assert example | {"timestamp": message["timestamp"]} == message


def test_the_program_on_the_page_accepts_only_genuine_messages(notified: Subscriber) -> None:
    program: dict[str, Any] = {}
    exec(block("python"), program)  # noqa: S102 — a page of our own docs
    text, headers = sent(notified)
    assert program["is_genuine"](notified.secret, headers, text.encode()) is True
    assert program["is_genuine"](notified.secret, headers, text.encode() + b" ") is False
    assert program["is_genuine"](SubscriberFactory.create().secret, headers, text.encode()) is False
    assert program["is_genuine"](notified.secret, headers | {"webhook-timestamp": "1"}, text.encode()) is False


def test_sending_again_keeps_the_message_id_and_resets_the_attempts(notified: Subscriber) -> None:
    row = notified.deliveries.get()
    Delivery.objects.update(state=DeliveryState.DELIVERED, delivered_at=timezone.now(), attempts=3)
    assert outbox.send_again(Delivery.objects.all()) == 1
    again = notified.deliveries.get()
    assert (again.message_id, again.state, again.attempts, again.delivered_at) == (row.message_id, "waiting", 0, None)


def test_every_event_is_named_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert {event.value for event in WebhookEvent if f"`{event.value}`" not in page} == set()


def test_no_export_holds_subscribers_or_messages(notified: Subscriber) -> None:
    for options in ([], ["--published"]):
        file = exported(*options)
        assert notified.name not in file
        assert notified.secret not in file
        assert "claims.delivery" not in file
