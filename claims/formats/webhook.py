"""The messages that webhooks send about public acts, and their signatures.

Names, headers and signature follow the Standard Webhooks convention (standardwebhooks.com), so that receivers can
verify a message with an existing library.
"""

import base64
import hashlib
import hmac
from datetime import datetime
from typing import Any

from django.conf import settings

from claims.models import Delivery, Revision
from claims.record import imprint
from claims.record.canonical import canonical, moment
from claims.schema import Content

# The bytes that the convention requires of a key.
_SHORTEST_KEY = 24


class NotMade(Exception):
    """The message or its signature can't be made. The message of the exception says why, for the desk."""


def body(delivery: Delivery) -> str:
    """The message as canonical JSON: the same bytes each time it's sent.

    Raises NotMade if the version doesn't have what the message needs.
    """
    revision = delivery.revision
    try:
        if revision is None:
            at, data = delivery.created_at, {"site": settings.SITE_NAME, "address": imprint.address("claims:home")}
        else:
            at, data = revision.at, _revision_data(revision)
        return canonical({"type": delivery.event, "timestamp": moment(at), "data": data})
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise NotMade("The message can't be made from this version. Please report this as a bug.") from error


def _revision_data(revision: Revision) -> dict[str, Any]:
    """The revision's data for the message. For a withdrawal, only the claim's address, the act and the reason."""
    content = revision.content
    data = {
        "slug": revision.slug,
        "address": imprint.claim_address(revision.slug),
        "version": revision.number,
        "act": revision.act,
        "reason": revision.reason,
    }
    if "rating" not in content:
        return data
    before = Revision.objects.filter(claim=revision.claim_id, number=revision.number - 1).first()
    rating, rating_before = _rating(content), _rating(before.content) if before else None
    return data | {
        "version_address": imprint.version_address(revision.slug, revision.number),
        "correction": content["revision"]["correction"],
        "statement": content["statement"],
        "language": content["language"],
        "notice": content["notice"],
        "rating": rating,
        "rating_before": None if rating_before == rating else rating_before,
        "license": settings.DATA_LICENSE,
        "attribution": imprint.attribution(),
    }


def _rating(content: Content) -> Content | None:
    """The rating without its definition, and without numbers off the scale. None for a withdrawal."""
    card = content.get("rating")
    return {name: value for name, value in card.items() if name not in {"definition", "translations"}} if card else None


def headers(delivery: Delivery, text: str, *, at: datetime, is_repeat: bool = False) -> dict[str, str]:
    """The headers of the message if it's sent at this time. With `is_repeat` they say that it may have come before.

    Raises NotMade if the subscriber's secret isn't a key.
    """
    subscriber, sent = delivery.subscriber, int(at.timestamp())
    secrets = [subscriber.secret]
    if subscriber.old_secret_until and subscriber.old_secret_until > at:
        secrets.append(subscriber.old_secret)
    return {
        "Content-Type": "application/json",
        "webhook-id": delivery.message_id,
        "webhook-timestamp": str(sent),
        "webhook-signature": " ".join(_signature(secret, f"{delivery.message_id}.{sent}.{text}") for secret in secrets),
        **({"webhook-repeat": "true"} if is_repeat else {}),
    }


def _signature(secret: str, signed: str) -> str:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError:
        key = b""
    if len(key) < _SHORTEST_KEY:
        raise NotMade("The message can't be signed, because the secret isn't a key. Give the subscriber a new secret.")
    digest = hmac.new(key, signed.encode(), hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"
