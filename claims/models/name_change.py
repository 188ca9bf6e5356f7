from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from claims.choices import NameChangeState, NameKind
from factcheck.core.fields.keys import KeyManager

OPEN = (NameChangeState.PROPOSED, NameChangeState.ACCEPTED)


class NameChange(models.Model):
    """A change of a name or fact that published claims show: proposed by one person, brought to readers by another."""

    kind = models.CharField(max_length=20, choices=NameKind)
    slug = models.SlugField(max_length=100)
    number = models.PositiveIntegerField(help_text="Counts the changes of this name from 1.")
    # What the row's public fields were and will be, as the desk has them: a withheld address is among them.
    old_values = models.JSONField(default=dict)
    new_values = models.JSONField(default=dict)
    # The same for readers, as lines of text.
    before = models.TextField()
    after = models.TextField()
    reason = models.TextField(help_text="For readers.")
    changes_meaning = models.BooleanField(
        default=True, help_text="Listed on the corrections page, with the words before and after. A spelling is not."
    )
    state = models.CharField(max_length=20, choices=NameChangeState, default=NameChangeState.PROPOSED)

    proposer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    proposed_by = models.CharField(max_length=300)
    proposed_by_id = models.CharField("initials of who proposed it", max_length=12)
    proposed_at = models.DateTimeField(default=timezone.now)
    decider = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    decided_by = models.CharField(max_length=300, blank=True)
    decided_by_id = models.CharField("initials of who decided", max_length=12, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_alone = models.BooleanField(default=False)
    why_declined = models.TextField(blank=True, help_text="For the desk.")

    # How far it has come: the claims are taken in the order of their rows.
    claims = models.PositiveIntegerField(default=0, help_text="Published claims that showed it when it was accepted.")
    revised = models.PositiveIntegerField(default=0, help_text="Published claims that were revised so far.")
    position = models.BigIntegerField(default=0, help_text="The last claim that was looked at.")

    objects = KeyManager("kind", "slug", "number")

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "slug", "number"], name="name_change_number_once"),
            models.UniqueConstraint(
                fields=["kind", "slug"],
                name="name_change_one_at_a_time",
                condition=Q(state__in=OPEN),
                violation_error_message="Another change of this is under way. Accept or decline that one first.",
            ),
            models.CheckConstraint(
                name="name_change_gives_its_reason",
                condition=~Q(reason=""),
                violation_error_message="Tell readers why this changes.",
            ),
            models.CheckConstraint(
                name="name_change_decision_is_signed",
                condition=Q(state=NameChangeState.PROPOSED, decided_by="", decided_at=None)
                | (~Q(state=NameChangeState.PROPOSED) & ~Q(decided_by="") & ~Q(decided_at=None)),
                violation_error_message="A decision names the person who made it.",
            ),
            models.CheckConstraint(
                name="name_change_accepted_by_another",
                condition=Q(state__in=[NameChangeState.PROPOSED, NameChangeState.DECLINED])
                | Q(decider=None)
                | ~Q(decider=F("proposer"))
                | Q(decided_alone=True),
                violation_error_message="Another person than the proposer brings a change to readers.",
            ),
        ]
        indexes = [models.Index(fields=["-decided_at"], name="name_change_newest", condition=Q(changes_meaning=True))]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.slug}, change {self.number}"

    def natural_key(self) -> tuple[Any, ...]:
        return (self.kind, self.slug, self.number)

    natural_key.dependencies = ["accounts.user"]  # type: ignore[attr-defined]
