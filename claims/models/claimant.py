from django.db import models
from django.db.models.functions import Left, Length, Lower

from claims.choices import ClaimantKind
from factcheck.accounts.lookalikes import Skeleton
from factcheck.core.fields.addresses import AddressField
from factcheck.core.fields.dates import PartialDateField
from factcheck.core.fields.indexes import contains
from factcheck.core.fields.keys import KeyManager, own_slug
from factcheck.core.fields.names import check_reading_order


class Claimant(models.Model):
    """A person, an organisation or a publication that makes claims."""

    slug = models.SlugField(
        max_length=100, unique=True, help_text="The name in web addresses. You can't change it once readers see it."
    )
    name = models.CharField(max_length=200, validators=[check_reading_order])
    kind = models.CharField(max_length=30, choices=ClaimantKind)
    role = models.CharField(max_length=300, blank=True, help_text="Readers see it: “Mayor of Denver since 2023”.")
    wikidata = AddressField("Wikidata address", blank=True, help_text="https://www.wikidata.org/wiki/Q…")
    note = models.TextField("desk note", blank=True, help_text="Readers don't see it.")

    objects = KeyManager("slug")

    class Meta:
        ordering = [Lower("name"), "slug"]
        indexes = [
            contains("name", name="claimant_name_contains"),
            models.Index(Skeleton("name"), name="claimant_by_skeleton"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def details(self) -> list[str]:
        """What tells this claimant from a namesake: the role, or else the affiliations, and a slug of its own."""
        known = self.role or ", ".join(one.name for one in self.affiliations.all() if not one.ended)
        return [known, own_slug(self.slug, self.name)]

    def natural_key(self) -> tuple[str]:
        return (self.slug,)


class Affiliation(models.Model):
    """A party or organisation that a claimant belongs or belonged to, with its dates."""

    claimant = models.ForeignKey(Claimant, on_delete=models.CASCADE, related_name="affiliations")
    name = models.CharField(
        max_length=200, validators=[check_reading_order], help_text="A party, a ministry, a company. Readers see it."
    )
    started = PartialDateField(help_text="2025-06-21, 2025-06 or 2025. Leave empty if you don't know.")
    ended = PartialDateField(help_text="Leave empty if it hasn't ended.")

    objects = KeyManager("claimant__slug", "name", "started")

    class Meta:
        ordering = ["started", "name"]
        constraints = [
            models.UniqueConstraint(fields=["claimant", "name", "started"], name="affiliation_once"),
            models.CheckConstraint(
                name="affiliation_ends_after_its_start",
                # Compared at the precision that both dates have: from 2025-06 until 2025 is allowed.
                condition=models.Q(ended="") | models.Q(ended__gte=Left("started", Length("ended"))),
                violation_error_message="The end date must not be before the start date.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def natural_key(self) -> tuple[str, str, str]:
        return (self.claimant.slug, self.name, self.started)

    natural_key.dependencies = ["claims.claimant"]  # type: ignore[attr-defined]
