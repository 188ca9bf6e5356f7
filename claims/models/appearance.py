from django.db import models

from claims.models.claim import Claim
from claims.models.claimant import Claimant
from factcheck.core.fields.dates import PartialDateField
from factcheck.core.fields.keys import KeyManager
from sources.models import Source


class Appearance(models.Model):
    """One place where a claim was made, identified by its exact words (W3C TextQuoteSelector)."""

    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="appearances")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="appearances", verbose_name="article")
    order = models.PositiveSmallIntegerField(default=0, help_text="Place in the claim's list, from 0.")
    exact = models.TextField("exact words", blank=True, help_text="A short quote, copied exactly.")
    words_not_recorded = models.BooleanField(
        "the exact words aren't recorded",
        default=False,
        help_text="Tick this if you can't get them. Readers then see that they are missing.",
    )
    prefix = models.CharField("words before", max_length=200, blank=True)
    suffix = models.CharField("words after", max_length=200, blank=True)
    locator = models.CharField(
        max_length=200, blank=True, help_text="Where in the article: paragraph 14, page 3, 12:40."
    )
    position = models.PositiveIntegerField(
        "reading order", default=0, help_text="A number that sorts the article's claims: paragraph, page or second."
    )
    appeared_on = PartialDateField("date", help_text="When it was said or published there, if you know.")
    attributed_to = models.ForeignKey(
        Claimant, on_delete=models.PROTECT, null=True, blank=True, related_name="appearances",
        help_text="Who said it according to the article, if that isn't the claimant.",
    )  # fmt: skip

    objects = KeyManager("claim__slug", "order")

    class Meta:
        ordering = ["claim_id", "order"]
        constraints = [
            models.UniqueConstraint(
                fields=["claim", "order"],
                name="appearance_order_once_per_claim",
                deferrable=models.Deferrable.DEFERRED,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source}, {self.locator}" if self.locator else str(self.source)

    def natural_key(self) -> tuple[str, int]:
        return (self.claim.slug, self.order)

    natural_key.dependencies = ["claims.claim", "claims.claimant", "sources.source"]  # type: ignore[attr-defined]
