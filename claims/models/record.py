"""The record: everything that the public sees and has seen.

Only `claims.desk.workflow` writes it, and outlets read nothing else.
"""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from claims import schema
from claims.choices import Act, ClaimKind, CorrectionKind, EntryKind
from claims.models.claim import Claim
from claims.models.querysets import ROWS_IN_A_PART, IndexEntryQuerySet, PublishedClaimQuerySet, RevisionQuerySet
from factcheck.core.fields.keys import KeyManager


class Revision(models.Model):
    """One published version of one claim. Rows can only be added: the database refuses updates and deletions."""

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="revisions")
    # A copy of the claim's slug, because outlets need it for addresses and must not query the desk. It never changes
    # after the first publication.
    slug = models.SlugField(max_length=100, db_index=False)
    number = models.PositiveIntegerField()
    act = models.CharField(max_length=20, choices=Act)
    reason = models.TextField(blank=True, help_text="For readers.")
    signed_by = models.CharField(max_length=300)
    signed_by_id = models.CharField("initials of who signed it", max_length=12, blank=True)
    # Only for the act *rename*: who proposed what `signed_by` brought to readers.
    proposed_by = models.CharField(max_length=300, blank=True)
    proposed_by_id = models.CharField("initials of who proposed it", max_length=12, blank=True)
    at = models.DateTimeField()
    # Text and not jsonb, because jsonb doesn't keep the exact bytes.
    body = models.TextField(help_text="The complete public state, canonical JSON (RFC 8785).")
    # Not columns: annotations of `RevisionQuerySet`, by `with_redaction`, `with_shown_body` and `with_last_act`.
    redacted_in: int | None
    shown_body: str | None
    last_act: list[int | str]

    objects = KeyManager.from_queryset(RevisionQuerySet)("slug", "number")

    class Meta:
        ordering = ["slug", "number"]
        constraints = [
            models.UniqueConstraint(fields=["claim", "number"], name="revision_number_once_per_claim"),
            models.UniqueConstraint(fields=["slug", "number"], name="revision_number_once_per_address"),
            models.CheckConstraint(
                name="revision_numbers_from_one",
                condition=Q(number__gte=1),
                violation_error_message="The revisions of a claim start at 1.",
            ),
            models.CheckConstraint(
                name="revision_after_the_first_has_a_reason",
                condition=Q(number=1) | ~Q(reason=""),
                violation_error_message="Tell readers why you change this.",
            ),
        ]
        # Few revisions change the rating, and the list of corrections can show these alone.
        indexes = [models.Index(fields=["at"], condition=Q(act=Act.RERATE), name="revision_rerated")]

    def __str__(self) -> str:
        return f"{self.slug} revision {self.number}"

    def natural_key(self) -> tuple[str, int]:
        return (self.slug, self.number)

    natural_key.dependencies = ["claims.claim"]  # type: ignore[attr-defined]

    @property
    def content(self) -> schema.Content:
        """The body, upgraded to the newest schema."""
        return schema.read(self.body)


class PublishedClaim(models.Model):
    """A claim that readers may see, with the columns that lists need. One row for each such claim."""

    claim = models.OneToOneField(Claim, on_delete=models.PROTECT, related_name="published")
    revision = models.OneToOneField(Revision, on_delete=models.PROTECT, related_name="+")
    slug = models.SlugField(max_length=100, unique=True)
    statement = models.TextField()
    headline = models.CharField(max_length=200, blank=True)
    summary = models.TextField()
    notice = models.CharField(max_length=300, blank=True)
    kind = models.CharField(max_length=30, choices=ClaimKind)
    language = models.CharField(max_length=20)
    rating = models.SlugField(max_length=100)
    rating_label = models.CharField(max_length=100)
    rating_value = models.PositiveSmallIntegerField(null=True)
    claimant = models.SlugField(max_length=100, blank=True)
    claimant_name = models.CharField(max_length=200, blank=True)
    # A default, because files of older versions don't have it.
    attributed = ArrayField(models.SlugField(max_length=100), default=list)
    topics = ArrayField(models.SlugField(max_length=100))
    articles = ArrayField(models.SlugField(max_length=100))
    outlets = ArrayField(models.SlugField(max_length=100))
    sources = ArrayField(models.SlugField(max_length=100))
    parts = ArrayField(models.SlugField(max_length=100), default=list)
    supports = models.PositiveSmallIntegerField()
    refutes = models.PositiveSmallIntegerField()
    origins = models.PositiveSmallIntegerField()
    claimed_from = models.DateField(null=True, help_text="The first day on which it may have been made.")
    claimed_until = models.DateField(null=True, help_text="The last day on which it may have been made.")
    first_published_at = models.DateTimeField()
    revised_at = models.DateTimeField()
    is_corrected = models.BooleanField()

    objects = KeyManager.from_queryset(PublishedClaimQuerySet)("slug")

    class Meta:
        ordering = ["-first_published_at", "slug"]
        indexes = [
            models.Index(fields=["-first_published_at", "slug"], name="published_newest"),
            models.Index(fields=["revised_at", "slug"], name="published_last_act"),
            models.Index(fields=["rating", "-first_published_at"], name="published_by_rating"),
            models.Index(fields=["claimant", "-first_published_at"], name="published_by_claimant"),
            models.Index(F("claimed_from").desc(nulls_last=True), "slug", name="published_newest_claim"),
            models.Index(F("id") / ROWS_IN_A_PART, F("revised_at").desc(), name="published_part"),
            GinIndex(fields=["attributed"], name="published_attributed"),
            GinIndex(fields=["topics"], name="published_topics"),
            GinIndex(fields=["articles"], name="published_articles"),
            GinIndex(fields=["outlets"], name="published_outlets"),
            GinIndex(fields=["sources"], name="published_sources"),
            GinIndex(fields=["parts"], name="published_parts"),
        ]

    def __str__(self) -> str:
        return self.statement

    def get_absolute_url(self) -> str:
        return reverse("claims:detail", args=[self.slug])

    def natural_key(self) -> tuple[str]:
        return (self.slug,)

    natural_key.dependencies = ["claims.claim", "claims.revision"]  # type: ignore[attr-defined]


class IndexEntry(models.Model):
    """A name that at least one published claim shows, with its public data. The rows are the index of the record."""

    kind = models.CharField(max_length=20, choices=EntryKind)
    slug = models.SlugField(max_length=100)
    name = models.CharField(max_length=500)
    sort_key = models.CharField(max_length=500)
    body = models.JSONField()

    objects = KeyManager.from_queryset(IndexEntryQuerySet)("kind", "slug")

    class Meta:
        ordering = ["kind", "sort_key", "slug"]
        verbose_name_plural = "index entries"
        constraints = [models.UniqueConstraint(fields=["kind", "slug"], name="entry_once")]
        indexes = [models.Index(fields=["kind", "sort_key", "slug"], name="entry_by_name")]

    def __str__(self) -> str:
        return self.name

    def natural_key(self) -> tuple[str, str]:
        return (self.kind, self.slug)


class Correction(models.Model):
    """The public note on a revision that corrects or withdraws an earlier version, with its reason."""

    revision = models.OneToOneField(Revision, on_delete=models.PROTECT, related_name="correction")
    kind = models.CharField(max_length=20, choices=CorrectionKind)
    reason = models.TextField()
    rating_before = models.CharField(max_length=100)
    rating_after = models.CharField(max_length=100, blank=True, help_text="Empty for a withdrawal.")
    at = models.DateTimeField()

    objects = KeyManager("revision__slug", "revision__number")

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="correction_gives_its_reason",
                condition=~Q(reason=""),
                violation_error_message="Tell readers why you change this.",
            ),
        ]
        indexes = [models.Index(fields=["-at"], name="correction_newest")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.reason}"

    def natural_key(self) -> tuple[str, int]:
        return self.revision.natural_key()

    natural_key.dependencies = ["claims.revision"]  # type: ignore[attr-defined]
