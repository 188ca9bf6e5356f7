"""Webhook subscribers and the outbox of messages to them. These are rows of the desk and are never exported."""

import secrets
from base64 import b64encode

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from claims.choices import DeliveryState, WebhookEvent
from claims.models.record import Revision
from factcheck.core.fields.addresses import AddressField

# A key of 24 bytes or more in base64, as the Standard Webhooks convention requires.
_KEY_FORMAT = r"^whsec_([A-Za-z0-9+/]{4}){8,}([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
# A host, or an IPv6 address in brackets, and perhaps a port.
_ADDRESS_FORMAT = r"^https?://([^][/?#@:\\[:space:][:cntrl:]]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?([/?#]|$)"

# The events that a subscriber can choose. A test message is sent only on request.
ANNOUNCED = [event for event in WebhookEvent if event != WebhookEvent.TEST]


def announced() -> list[str]:
    """The values of all events that a subscriber can choose."""
    return [event.value for event in ANNOUNCED]


def new_secret() -> str:
    """A new key of 256 random bits, in the format of the Standard Webhooks convention."""
    return f"whsec_{b64encode(secrets.token_bytes(32)).decode()}"


def new_message_id() -> str:
    """A new id for a message, unique and impossible to guess."""
    return f"msg_{secrets.token_hex(16)}"


class Subscriber(models.Model):
    """A receiver of webhook messages about public acts."""

    name = models.CharField(max_length=200, unique=True)
    address = AddressField(
        help_text="We send messages to it by POST. Use https, so that nobody can read them on the way."
    )
    events = ArrayField(models.CharField(max_length=30, choices=WebhookEvent), default=announced)
    is_active = models.BooleanField(
        "active",
        default=True,
        help_text="If it isn't active, we send it nothing, and it doesn't get those messages later.",
    )
    secret = models.CharField(
        max_length=100,
        default=new_secret,
        editable=False,
        help_text="Give it to the receiver and to nobody else. Anybody who has it can sign messages in our name.",
    )
    old_secret = models.CharField(max_length=100, blank=True, editable=False)
    old_secret_until = models.DateTimeField(null=True, editable=False)
    # Set by the sender. A receiver that fails gets fewer requests, so that it doesn't delay the others.
    failures = models.PositiveIntegerField("failures in a row", default=0, editable=False)
    resting_until = models.DateTimeField(default=timezone.now, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                name="subscriber_hears_of_something",
                condition=~Q(events=[]),
                violation_error_message="Choose at least one event.",
            ),
            models.CheckConstraint(
                name="subscriber_old_secret_ends",
                condition=Q(old_secret="") | Q(old_secret_until__isnull=False),
                violation_error_message="A replaced secret must have an end date.",
            ),
            models.CheckConstraint(
                name="subscriber_secret_is_a_key",
                condition=Q(secret__regex=_KEY_FORMAT) & (Q(old_secret="") | Q(old_secret__regex=_KEY_FORMAT)),
                violation_error_message="This secret isn't a key. Give the subscriber a new secret.",
            ),
            models.CheckConstraint(
                name="subscriber_address_has_a_host",
                condition=Q(address__iregex=_ADDRESS_FORMAT),
                violation_error_message="We can't send anything to this web address. Enter one with a host, as in https://example.org/.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """One message to one subscriber: a row of the outbox, written in the transaction of the act that it reports.

    The text isn't stored. It's made from the revision each time it's sent, so no copy of it remains after a withdrawal.
    """

    subscriber = models.ForeignKey(Subscriber, on_delete=models.PROTECT, related_name="deliveries")
    message_id = models.CharField(max_length=40, unique=True, default=new_message_id)
    event = models.CharField(max_length=30, choices=WebhookEvent)
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=20, choices=DeliveryState, default=DeliveryState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    # The attempts of all time that the receiver took, or of which we don't know the outcome: it didn't answer, or the
    # sender was killed. An attempt counts from its beginning, until an answer shows that the receiver didn't take it.
    possible_arrivals = models.PositiveSmallIntegerField("times it may have arrived", default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    last_status = models.PositiveSmallIntegerField("last answer", null=True)
    last_error = models.CharField("what went wrong", max_length=200, blank=True)
    delivered_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["subscriber", "revision"], name="delivery_once_per_revision"),
            models.CheckConstraint(
                name="delivery_of_a_revision_or_a_test",
                condition=Q(event=WebhookEvent.TEST, revision__isnull=True)
                | (~Q(event=WebhookEvent.TEST) & Q(revision__isnull=False)),
                violation_error_message="A message must report a revision, unless it is a test.",
            ),
            models.CheckConstraint(
                name="delivery_that_arrived_has_its_time",
                condition=Q(state=DeliveryState.DELIVERED, delivered_at__isnull=False)
                | (~Q(state=DeliveryState.DELIVERED) & Q(delivered_at__isnull=True)),
                violation_error_message="Only a delivered message has a time of delivery.",
            ),
        ]
        indexes = [
            models.Index(
                fields=["subscriber", "next_attempt_at"],
                name="delivery_waiting",
                condition=Q(state=DeliveryState.WAITING),
            )
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.message_id}"
