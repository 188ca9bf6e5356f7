"""The fact-checks by other publishers that an editor linked to a claim."""

from django.db import models
from django.db.models import Q

from claims.choices import ForeignClass, ForeignMeaning
from claims.models.claim import Claim
from claims.models.foreign_check import ForeignCheck
from factcheck.core.fields import addresses
from factcheck.core.fields.addresses import AddressField
from factcheck.core.fields.dates import PartialDateField
from factcheck.core.fields.keys import KeyManager


class ForeignLink(models.Model):
    """A fact-check by another publisher that readers see on a claim, as it was when an editor linked it.

    It has the words itself, so that neither an import nor a new class of a label changes what two people approved.
    """

    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="others")
    # None in a claim that came from a file, which has the words alone.
    foreign = models.ForeignKey(ForeignCheck, on_delete=models.PROTECT, null=True, blank=True, related_name="links")
    publisher = models.TextField()
    address = AddressField()
    title = models.TextField(blank=True)
    statement = models.TextField("claim", help_text="The claim in the publisher's words.")
    label = models.TextField(blank=True)
    meaning = models.CharField("class", max_length=20, choices=ForeignClass, blank=True)
    reviewed_on = PartialDateField()
    value = models.CharField(max_length=50, blank=True)
    best = models.CharField(max_length=50, blank=True)
    worst = models.CharField(max_length=50, blank=True)

    objects = KeyManager("claim__slug", "address")

    class Meta:
        ordering = ["claim_id", "address"]
        verbose_name = "linked fact-check by others"
        verbose_name_plural = "linked fact-checks by others"
        constraints = [
            models.UniqueConstraint(
                fields=["claim", "address"],
                name="foreign_link_once_per_claim",
                violation_error_message="This fact-check is linked to the claim already.",
            ),
            models.CheckConstraint(
                name="foreign_link_says_who_checked_what",
                condition=~Q(publisher="") & ~Q(address="") & ~Q(statement=""),
                violation_error_message="A linked fact-check must have a publisher, a web address and a claim.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.publisher}: {self.address}"

    def natural_key(self) -> tuple[str, str]:
        return (self.claim.slug, self.address)

    natural_key.dependencies = ["claims.claim"]  # type: ignore[attr-defined]

    @classmethod
    def of(cls, claim: Claim, check: ForeignCheck) -> "ForeignLink":
        """The link of a fact-check to a claim, as the desk has both now. It isn't stored."""
        meaning = check.label.meaning if check.label else ""
        return cls(
            claim=claim,
            foreign=check,
            publisher=check.publisher.strip() or addresses.host(check.address),
            address=check.address,
            title=check.title,
            statement=check.claim,
            label=check.label.label if check.label else "",
            meaning="" if meaning == ForeignMeaning.DECLINED else meaning,
            reviewed_on=check.reviewed_on,
            value=check.value,
            best=check.best,
            worst=check.worst,
        )

    @property
    def is_outdated(self) -> bool:
        """True if the desk has the fact-check with other words or another class now."""
        if self.foreign is None:
            return False
        now = ForeignLink.of(self.claim, self.foreign)
        return any(getattr(self, name) != getattr(now, name) for name in WORDS)


# What a link has of its fact-check.
WORDS = ("publisher", "address", "title", "statement", "label", "meaning", "reviewed_on", "value", "best", "worst")
