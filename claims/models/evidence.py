from typing import Any, Self

from django.db import models
from django.db.models import Q, Value

from claims.choices import Stance
from claims.models.claim import Claim
from factcheck.core.fields.indexes import contains
from factcheck.core.fields.keys import KeyManager
from sources.choices import Protection
from sources.models import Source


class EvidenceQuerySet(models.QuerySet[Any]):
    """Evidence."""

    def findable(self) -> Self:
        """The evidence by whose words others may find a claim."""
        return self.exclude(source__protection=Protection.NAMED)


class Evidence(models.Model):
    """A source linked to a claim: its stance, its finding, the place in the source, and its origin."""

    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="evidence")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="evidence")
    order = models.PositiveSmallIntegerField(default=0, help_text="Place in the claim's list, from 0.")
    stance = models.CharField("position", max_length=20, choices=Stance)
    finding = models.TextField("what the source says", help_text="What it says about the claim, in our words.")
    quote = models.TextField(blank=True, help_text="Copied exactly.")
    locator = models.CharField(
        max_length=200, blank=True, help_text="Where in the source: page 3, table 2, section 28-250."
    )
    origin = models.CharField(
        "independent source",
        max_length=300,
        help_text="Where the information comes from. Write it the same way for all reports of one statement.",
    )
    is_primary = models.BooleanField("original", default=True, help_text="The original, not a report of it.")
    secondary_reason = models.CharField(
        "why not the original", max_length=500, blank=True, help_text="Required for a report. Readers see it."
    )
    note = models.TextField(blank=True, help_text="A caution for readers, such as “reports on itself”.")

    objects = KeyManager.from_queryset(EvidenceQuerySet)("claim__slug", "order")

    class Meta:
        ordering = ["claim_id", "order"]
        verbose_name_plural = "evidence"
        indexes = [
            contains("finding", name="evidence_finding_contains"),
            models.Index(fields=["claim"], condition=Q(is_primary=False), name="evidence_of_reports"),
        ]
        constraints = [
            models.CheckConstraint(
                name="evidence_says_why_secondary",
                condition=Q(is_primary=True) | ~Q(secondary_reason=Value("")),
                violation_error_message="Say why you used a report and not the original.",
            ),
            models.CheckConstraint(
                name="evidence_names_its_origin",
                condition=~Q(origin=""),
                violation_error_message="Say where the information comes from.",
            ),
            models.UniqueConstraint(
                fields=["claim", "order"],
                name="evidence_order_once_per_claim",
                deferrable=models.Deferrable.DEFERRED,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_stance_display()}: {self.source}"

    def natural_key(self) -> tuple[str, int]:
        return (self.claim.slug, self.order)

    natural_key.dependencies = ["claims.claim", "sources.source"]  # type: ignore[attr-defined]

    @property
    def counted_as(self) -> dict[str, Any]:
        """What counting independent sources needs of it, as in a body."""
        return {"origin": self.origin, "stance": self.stance, "primary": self.is_primary}
