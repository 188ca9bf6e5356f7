"""Who is told of public acts by a request of ours, and what each is still to be told. Desk rows, in no export."""

import secrets
from base64 import b64encode

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from claims.choices import DeliveryState, WebhookEvent
from claims.models.record import Revision
from factcheck.core.fields.addresses import AddressField

# A subscriber chooses among these; a test message comes when somebody sends one.
ANNOUNCED = [event for event in WebhookEvent if event != WebhookEvent.TEST]


def announced() -> list[str]:
    """Every event that a subscriber can be told of."""
    return [event.value for event in ANNOUNCED]


def new_secret() -> str:
    """A key of 256 random bits, as the Standard Webhooks convention writes one."""
    return f"whsec_{b64encode(secrets.token_bytes(32)).decode()}"


def new_message_id() -> str:
    """A name for a message that no other has, and nobody can guess."""
    return f"msg_{secrets.token_hex(16)}"


class Subscriber(models.Model):
    """A receiver that wants to be told of public acts."""

    name = models.CharField(max_length=200, unique=True)
    address = AddressField(help_text="Messages are sent to it by POST. https keeps them from being read on the way.")
    events = ArrayField(models.CharField(max_length=30, choices=WebhookEvent), default=announced)
    is_active = models.BooleanField(
        "active", default=True, help_text="One that is not is told nothing, nor later of what happens meanwhile."
    )
    secret = models.CharField(
        max_length=100,
        default=new_secret,
        editable=False,
        help_text="Give it to the receiver, and to nobody else: who has it can sign in our name.",
    )
    old_secret = models.CharField(max_length=100, blank=True, editable=False)
    old_secret_until = models.DateTimeField(null=True, editable=False)
    # Kept by who sends: a receiver that fails gets fewer requests, and takes no time from the others.
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
                violation_error_message="A secret that was replaced is taken for a limited time.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """One message to one subscriber: a row of the outbox, written by the act that it tells of.

    The text is not kept here. It is made of the revision when it is sent, so no copy outlives what readers may see.
    """

    subscriber = models.ForeignKey(Subscriber, on_delete=models.PROTECT, related_name="deliveries")
    message_id = models.CharField(max_length=40, unique=True, default=new_message_id)
    event = models.CharField(max_length=30, choices=WebhookEvent)
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=20, choices=DeliveryState, default=DeliveryState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
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
                violation_error_message="A message tells of a revision, unless it is a test.",
            ),
            models.CheckConstraint(
                name="delivery_that_arrived_has_its_time",
                condition=Q(state=DeliveryState.DELIVERED, delivered_at__isnull=False)
                | (~Q(state=DeliveryState.DELIVERED) & Q(delivered_at__isnull=True)),
                violation_error_message="A delivered message has the time of its delivery, and no other has one.",
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
