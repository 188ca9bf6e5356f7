from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from claims.choices import MatchDecisionKind
from claims.models.appearance import Appearance
from claims.models.claim import Claim
from sources.models import Source


class MatchDecisionQuerySet(models.QuerySet["MatchDecision"]):
    """Decisions about sentences."""

    def in_force(self, source: Source) -> list["MatchDecision"]:
        """The newest decision about each sentence of the source and each claim, without those that were undone."""
        newest = self.filter(source=source).order_by("sha256", "claim_id", "-pk").distinct("sha256", "claim_id")
        found = [one for one in newest.select_related("claim") if one.kind != MatchDecisionKind.UNDONE]
        return sorted(found, key=lambda one: -one.pk)


class MatchDecision(models.Model):
    """What an editor said of words in an article and a claim: the same, not the same, or neither any more.

    Rows are only added: undoing is a decision too. Of the words only the hash is kept.
    """

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="match_decisions")
    sha256 = models.CharField(
        max_length=64, validators=[RegexValidator(r"^[0-9a-f]{64}\Z", "64 hexadecimal digits in lower case.")]
    )
    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="match_decisions")
    kind = models.CharField(max_length=20, choices=MatchDecisionKind)
    # The place that was added because the words are the same claim.
    place = models.ForeignKey(Appearance, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    objects = MatchDecisionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="match_decision_place_only_if_same",
                condition=Q(place__isnull=True) | Q(kind=MatchDecisionKind.SAME),
                violation_error_message="Only the same claim gets a place.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.claim}"
