from django.db import models
from django.db.models import F, Q

from claims.models.claim import Claim
from factcheck.core.fields.keys import KeyManager


class ClaimPart(models.Model):
    """A claim that is one of the parts of another claim, and is checked and rated by itself."""

    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="parts")
    part = models.ForeignKey(
        Claim, on_delete=models.PROTECT, related_name="wholes", help_text="A claim of its own, with its own rating."
    )
    order = models.PositiveSmallIntegerField(default=0, help_text="Place in the claim's list, from 0.")

    objects = KeyManager("claim__slug", "order")

    class Meta:
        ordering = ["claim_id", "order"]
        constraints = [
            models.UniqueConstraint(
                fields=["claim", "order"], name="part_order_once_per_claim", deferrable=models.Deferrable.DEFERRED
            ),
            models.UniqueConstraint(
                fields=["claim", "part"],
                name="part_once_per_claim",
                violation_error_message="This claim is listed as a part already. Remove one of the two.",
            ),
            models.CheckConstraint(
                name="part_is_another_claim",
                condition=~Q(claim=F("part")),
                violation_error_message="A claim can't be a part of itself. Choose another claim.",
            ),
        ]

    def __str__(self) -> str:
        return str(self.part)

    def natural_key(self) -> tuple[str, int]:
        return (self.claim.slug, self.order)

    natural_key.dependencies = ["claims.claim"]  # type: ignore[attr-defined]
