"""The outbox: a row for each message that a webhook subscriber is to get, written by the act that it tells of.

`claims.formats.webhook` writes the messages, `claims.outlets.webhooks` sends them.
"""

from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from claims.choices import Act, DeliveryState, WebhookEvent
from claims.models import Delivery, PublishedClaim, Revision, Subscriber

EVENTS: dict[Act, WebhookEvent] = {
    Act.PUBLISH: WebhookEvent.PUBLISHED,
    Act.REPUBLISH: WebhookEvent.PUBLISHED,
    Act.CORRECT: WebhookEvent.CORRECTED,
    Act.RERATE: WebhookEvent.RERATED,
    Act.RENAME: WebhookEvent.REVISED,
    Act.REDACT: WebhookEvent.REVISED,
    Act.WITHDRAW: WebhookEvent.WITHDRAWN,
}
# After a new secret was given, messages are signed with the old one as well, for so long.
OLD_SECRET_LASTS = timedelta(hours=24)


def announce(revision: Revision) -> None:
    """Put a message about the revision into the outbox of each subscriber who wants it.

    Called in the transaction that makes the revision: both are there, or neither.
    """
    event = EVENTS[Act(revision.act)]
    told = Subscriber.objects.filter(is_active=True, events__contains=[event])
    Delivery.objects.bulk_create(Delivery(subscriber=subscriber, event=event, revision=revision) for subscriber in told)


def announce_test(subscriber: Subscriber) -> None:
    """Put a test message into the subscriber's outbox."""
    Delivery.objects.create(subscriber=subscriber, event=WebhookEvent.TEST)


def send_again(deliveries: QuerySet[Delivery]) -> int:
    """Let these messages be sent once more, at once and under the names they have; returns how many."""
    return deliveries.update(state=DeliveryState.WAITING, attempts=0, next_attempt_at=timezone.now(), delivered_at=None)


def renew_secret(subscriber: Subscriber) -> None:
    """Give the subscriber a new secret; for a day, messages are signed with the old one too."""
    now = timezone.now()
    subscriber.old_secret, subscriber.old_secret_until = subscriber.secret, now + OLD_SECRET_LASTS
    subscriber.secret = Subscriber._meta.get_field("secret").get_default()
    subscriber.save(update_fields=["secret", "old_secret", "old_secret_until"])


def is_outdated(delivery: Delivery) -> bool:
    """Whether the message would tell what readers may no longer read: its claim was withdrawn since."""
    revision = delivery.revision
    if revision is None or revision.act == Act.WITHDRAW:
        return False
    return not PublishedClaim.objects.filter(claim=revision.claim_id).exists()
