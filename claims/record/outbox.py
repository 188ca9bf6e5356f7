"""The outbox: a row for each message to a webhook subscriber, written in the transaction of the act that it reports.

`claims.formats.webhook` writes the messages, `claims.outlets.webhooks` sends them.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from claims.choices import Act, DeliveryState, WebhookEvent
from claims.models import Delivery, Revision, Subscriber

EVENTS: dict[Act, WebhookEvent] = {
    Act.PUBLISH: WebhookEvent.PUBLISHED,
    Act.REPUBLISH: WebhookEvent.PUBLISHED,
    Act.CORRECT: WebhookEvent.CORRECTED,
    Act.RERATE: WebhookEvent.RERATED,
    Act.RENAME: WebhookEvent.REVISED,
    Act.REDACT: WebhookEvent.REVISED,
    Act.WITHDRAW: WebhookEvent.WITHDRAWN,
}
# After a secret is replaced, messages are also signed with the old one for this long.
OLD_SECRET_LASTS = timedelta(hours=24)
# How long messages are kept after they were delivered or given up.
DELIVERED_KEPT = timedelta(days=30)
GIVEN_UP_KEPT = timedelta(days=90)
# The number of rows that one call of `prune` deletes at most, so that each transaction is short.
PRUNED_AT_ONCE = 500


def announce(revisions: Iterable[Revision]) -> None:
    """Add a message about each revision to the outbox for each active subscriber that chose its event.

    Call it in the transaction that makes the revisions, so that both are saved or neither is.
    """
    subscribers = list(Subscriber.objects.filter(is_active=True))
    pairs = [(revision, EVENTS[Act(revision.act)]) for revision in revisions]
    Delivery.objects.bulk_create(
        Delivery(subscriber=subscriber, event=event, revision=revision)
        for revision, event in pairs
        for subscriber in subscribers
        if event in subscriber.events
    )


def announce_test(subscriber: Subscriber) -> None:
    """Add a test message for the subscriber to the outbox."""
    Delivery.objects.create(subscriber=subscriber, event=WebhookEvent.TEST)


def send_again(deliveries: QuerySet[Delivery]) -> int:
    """Queue these messages to be sent again now, with the same message ids. Returns their number."""
    return deliveries.update(state=DeliveryState.WAITING, attempts=0, next_attempt_at=timezone.now(), delivered_at=None)


def renew_secret(subscriber: Subscriber) -> None:
    """Give the subscriber a new secret. For 24 hours, messages are also signed with the old one."""
    now = timezone.now()
    subscriber.old_secret, subscriber.old_secret_until = subscriber.secret, now + OLD_SECRET_LASTS
    subscriber.secret = Subscriber._meta.get_field("secret").get_default()
    subscriber.save(update_fields=["secret", "old_secret", "old_secret_until"])


def is_outdated(delivery: Delivery) -> bool:
    """True if readers may no longer have its text: the claim was withdrawn, or the version redacted."""
    revision = delivery.revision
    if revision is None or revision.act == Act.WITHDRAW:
        return False
    return not Revision.objects.readable().filter(pk=revision.pk).exists()


def prune(now: datetime) -> int:
    """Delete up to `PRUNED_AT_ONCE` messages that were delivered or given up too long ago. Returns their number.

    Messages that wait are kept, and so is the newest message of each subscriber. Several processes can do this at once.
    """
    newest = Delivery.objects.order_by().values("subscriber").annotate(newest=Max("pk")).values("newest")
    # A message that was given up has the time of that in `next_attempt_at`.
    old = Q(state=DeliveryState.DELIVERED, delivered_at__lt=now - DELIVERED_KEPT) | Q(
        state=DeliveryState.GIVEN_UP, next_attempt_at__lt=now - GIVEN_UP_KEPT
    )
    with transaction.atomic():
        found = Delivery.objects.filter(old).exclude(pk__in=newest).order_by("pk").select_for_update(skip_locked=True)
        keys = list(found.values_list("pk", flat=True)[:PRUNED_AT_ONCE])
        Delivery.objects.filter(pk__in=keys).delete()
    return len(keys)
