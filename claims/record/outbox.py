"""The outbox: a row for each message to a webhook subscriber, written in the transaction of the act that it reports.

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
# After a secret is replaced, messages are also signed with the old one for this long.
OLD_SECRET_LASTS = timedelta(hours=24)


def announce(revision: Revision) -> None:
    """Add a message about the revision to the outbox for each active subscriber that chose its event.

    Call it in the transaction that makes the revision, so that both are saved or neither is.
    """
    event = EVENTS[Act(revision.act)]
    subscribers = Subscriber.objects.filter(is_active=True, events__contains=[event])
    Delivery.objects.bulk_create(
        Delivery(subscriber=subscriber, event=event, revision=revision) for subscriber in subscribers
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
    """True if the message reports a claim that was withdrawn since, which readers may no longer see."""
    revision = delivery.revision
    if revision is None or revision.act == Act.WITHDRAW:
        return False
    return not PublishedClaim.objects.filter(claim=revision.claim_id).exists()
