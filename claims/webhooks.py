"""Webhooks: who is told of which public act, in which words, signed how.

Names, headers and signature follow the Standard Webhooks convention (standardwebhooks.com), so that receivers can
check a message with a library they have. `claims.sending` brings the messages on their way.
"""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from claims import imprint, record
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


# Writing down what is to be told


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


# The message


def is_outdated(delivery: Delivery) -> bool:
    """Whether the message would tell what readers may no longer read: its claim was withdrawn since."""
    revision = delivery.revision
    if revision is None or revision.act == Act.WITHDRAW:
        return False
    return not PublishedClaim.objects.filter(claim=revision.claim_id).exists()


def body(delivery: Delivery) -> str:
    """The message, as canonical JSON: the same bytes each time it is sent."""
    revision = delivery.revision
    if revision is None:
        at, data = delivery.created_at, {"site": settings.SITE_NAME, "address": imprint.address("claims:home")}
    else:
        at, data = revision.at, _told(revision)
    return record.canonical({"type": delivery.event, "timestamp": record.moment(at), "data": data})


def _told(revision: Revision) -> dict[str, Any]:
    """What the message tells of the revision; of a claim that was taken back, only that and why."""
    content = revision.content
    told = {
        "slug": revision.slug,
        "address": imprint.claim_address(revision.slug),
        "version": revision.number,
        "act": revision.act,
        "reason": revision.reason,
    }
    if "rating" not in content:
        return told
    before = Revision.objects.filter(claim=revision.claim_id, number=revision.number - 1).first()
    rating, was = _rating(content), _rating(before.content) if before else None
    return told | {
        "version_address": imprint.version_address(revision.slug, revision.number),
        "correction": content["revision"]["correction"],
        "statement": content["statement"],
        "language": content["language"],
        "notice": content["notice"],
        "rating": rating,
        "rating_before": None if was == rating else was,
        "license": settings.DATA_LICENSE,
        "attribution": imprint.attribution(),
    }


def _rating(content: record.Content) -> record.Content | None:
    """The rating without its definition; a number only on the scale. None for a claim that was taken back."""
    card = content.get("rating")
    return {name: value for name, value in card.items() if name != "definition"} if card else None


def headers(delivery: Delivery, text: str, *, at: datetime) -> dict[str, str]:
    """The headers of the message when it is sent at this moment."""
    subscriber, sent = delivery.subscriber, int(at.timestamp())
    secrets = [subscriber.secret]
    if subscriber.old_secret_until and subscriber.old_secret_until > at:
        secrets.append(subscriber.old_secret)
    return {
        "Content-Type": "application/json",
        "webhook-id": delivery.message_id,
        "webhook-timestamp": str(sent),
        "webhook-signature": " ".join(_signature(secret, f"{delivery.message_id}.{sent}.{text}") for secret in secrets),
    }


def _signature(secret: str, signed: str) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, signed.encode(), hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"
