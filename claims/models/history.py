from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from claims.choices import EventKind, State
from claims.models.claim import Claim
from factcheck.core.fields.keys import KeyManager


class ClaimEvent(models.Model):
    """One act on a claim: who did it, the states before and after, and the new version. Never changed or deleted."""

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="events")
    version = models.PositiveIntegerField(help_text="The claim's version after the act.")
    kind = models.CharField(max_length=30, choices=EventKind)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    # Also kept as text, so that the event is readable in a copy of the data without the accounts.
    actor_name = models.CharField(max_length=300)
    at = models.DateTimeField(default=timezone.now)
    from_state = models.CharField(max_length=20, choices=State, blank=True)
    to_state = models.CharField(max_length=20, choices=State)
    note = models.TextField(blank=True)

    objects = KeyManager("claim__slug", "version")

    class Meta:
        verbose_name = "activity"
        verbose_name_plural = "activity"
        ordering = ["claim_id", "version"]
        constraints = [
            models.UniqueConstraint(fields=["claim", "version"], name="event_once_per_version"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} by {self.actor_name}"

    def natural_key(self) -> tuple[str, int]:
        return (self.claim.slug, self.version)

    natural_key.dependencies = ["claims.claim", "accounts.user"]  # type: ignore[attr-defined]


class Approval(models.Model):
    """What a person approved: the complete public body, without its signing, as it was at that moment."""

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="approvals")
    version = models.PositiveIntegerField(help_text="The claim's version after the approval, as its event has it.")
    alone = models.BooleanField(
        default=False, help_text="The person who approved also wrote in the claim, as in a newsroom of one."
    )
    digest = models.CharField(max_length=64, help_text="SHA-256 of the body.")
    body = models.TextField(help_text="The public body without its signing, canonical JSON (RFC 8785).")

    objects = KeyManager("claim__slug", "version")

    class Meta:
        ordering = ["claim_id", "version"]
        constraints = [
            models.UniqueConstraint(fields=["claim", "version"], name="approval_once_per_version"),
            models.CheckConstraint(
                name="approval_has_a_digest",
                condition=Q(digest__regex=r"^[0-9a-f]{64}$"),
                violation_error_message="An approval must have the SHA-256 of what was approved.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.claim.slug} as approved in version {self.version}"

    def natural_key(self) -> tuple[str, int]:
        return (self.claim.slug, self.version)

    natural_key.dependencies = ["claims.claim"]  # type: ignore[attr-defined]


class ReplacedText(models.Model):
    """The desk's text of a claim before an act replaced it as a whole, so that the act can be undone.

    It is the public body, so it has nothing of a protected source that readers may not have.
    """

    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="replaced_texts")
    version = models.PositiveIntegerField(help_text="The claim's version that had this text.")
    body = models.TextField(help_text="The public body without its signing, canonical JSON (RFC 8785).")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["claim_id", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["claim", "version"], name="replaced_text_once_per_version"),
        ]

    def __str__(self) -> str:
        return f"{self.claim.slug} as it was in version {self.version}"
