from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from factcheck.core.fields import dates
from factcheck.core.fields.addresses import AddressField, canonical, host, lookup_key
from factcheck.core.fields.dates import PartialDateField
from factcheck.core.fields.indexes import contains
from factcheck.core.fields.keys import KeyManager, check_language, own_slug
from factcheck.core.fields.names import check_reading_order
from sources.choices import SourceKind


class Publisher(models.Model):
    """A publisher of sources: a newspaper, a ministry, a think tank, a personal site."""

    slug = models.SlugField(
        max_length=100, unique=True, help_text="The name in web addresses. You can't change it once readers see it."
    )
    name = models.CharField(max_length=200, unique=True, validators=[check_reading_order])
    address = AddressField("web address", blank=True)
    objects = KeyManager("slug")

    class Meta:
        ordering = [Lower("name")]

    def __str__(self) -> str:
        return self.name

    @property
    def details(self) -> list[str]:
        """What tells this publisher from one whose name looks alike: the host of its site, or else its slug."""
        return [host(self.address) or own_slug(self.slug, self.name)]

    def natural_key(self) -> tuple[str]:
        return (self.slug,)


class Source(models.Model):
    """A document: the article being checked, a law, a data set, a report, a statement, a news story."""

    slug = models.SlugField(
        max_length=100, unique=True, help_text="The name in web addresses. You can't change it once readers see it."
    )
    title = models.CharField(max_length=500, validators=[check_reading_order])
    publisher = models.ForeignKey(Publisher, on_delete=models.PROTECT, related_name="sources")
    kind = models.CharField(max_length=30, choices=SourceKind)
    address = AddressField("web address", blank=True, help_text="Where you can read it now.")
    canonical_address = models.CharField(max_length=2000, null=True, unique=True, editable=False)  # noqa: DJ001
    lookup_key = models.CharField(max_length=2000, default="", editable=False)
    address_is_private = models.BooleanField(
        "leave out the link",
        default=False,
        help_text="If the address itself names or accuses a private person. Readers then see only publisher and title.",
    )
    archived_address = AddressField(
        "archived copy", blank=True, help_text="The web address of a copy in a public archive."
    )
    is_copy = models.BooleanField(
        "copy on another site",
        default=False,
        help_text="If you read it on a site other than the publisher’s own, such as a paper that printed it too.",
    )
    original_address = AddressField(
        "web address of the original",
        blank=True,
        help_text="Where the publisher has it. If you can’t find that, leave it empty.",
    )
    authors = ArrayField(models.CharField(max_length=200), default=list, blank=True, help_text="Separated by commas.")
    published = PartialDateField(help_text="2025-06-21. If you don't know the day or the month: 2025-06 or 2025.")
    language = models.CharField(
        max_length=20, default="en", validators=[check_language], help_text="As a tag: en, es, pt-BR."
    )
    interest = models.TextField(blank=True, help_text="What this source could gain. Readers see it.")
    summary = models.TextField(
        "in short", blank=True, help_text="What the article says, in about three sentences. Readers see it."
    )
    note = models.TextField("desk note", blank=True, help_text="Readers don't see it.")

    objects = KeyManager("slug")

    class Meta:
        ordering = [Lower("title"), "slug"]
        constraints = [
            models.CheckConstraint(
                name="source_address_and_canonical_together",
                condition=Q(address="", canonical_address__isnull=True)
                | (~Q(address="") & Q(canonical_address__isnull=False)),
                violation_error_message="A source with a web address must have its canonical form.",
            ),
            models.CheckConstraint(
                name="source_original_only_of_a_copy",
                condition=Q(original_address="") | Q(is_copy=True),
                violation_error_message="Only a copy has an original elsewhere. Tick “Copy on another site”, "
                "or clear the original’s web address.",
            ),
        ]
        indexes = [
            models.Index(fields=["lookup_key"], name="source_lookup_key"),
            models.Index(Lower("title"), "slug", name="source_by_title"),
            contains("title", name="source_title_contains"),
            contains("lookup_key", name="source_address_contains"),
            contains("slug", name="source_slug_contains"),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.publisher})" if self.publisher_id else self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.derive_from_address()
        super().save(*args, **kwargs)

    def natural_key(self) -> tuple[str]:
        return (self.slug,)

    @property
    def details(self) -> list[str]:
        """What tells this source from another with its title: publisher, date, host and slug."""
        return [
            self.publisher.name,
            dates.in_words(self.published) if self.published else "",
            host(self.address),
            self.slug,
        ]

    natural_key.dependencies = ["sources.publisher"]  # type: ignore[attr-defined]

    def clean(self) -> None:
        """Set the canonical address. Raises ValidationError if another source has the same one."""
        super().clean()
        try:
            self.derive_from_address()
        except ValidationError:
            return  # the field's own validator reports the error
        if self.canonical_address:
            duplicate = Source.objects.exclude(pk=self.pk).filter(canonical_address=self.canonical_address).first()
            if duplicate:
                raise ValidationError(
                    {"address": f"This address is already logged as “{duplicate.title}” ({duplicate.slug})."}
                )

    def derive_from_address(self) -> None:
        """Set the columns that follow from the address. Raises ValidationError if it isn't valid."""
        self.canonical_address = canonical(self.address) if self.address else None
        self.lookup_key = lookup_key(self.address)

    def twins(self) -> models.QuerySet["Source"]:
        """Other sources that seem to be the same page, under this address or another one."""
        twins = Source.objects.exclude(pk=self.pk).filter(lookup_key=self.lookup_key).order_by("pk")
        return twins if self.lookup_key else twins.none()


class Snapshot(models.Model):
    """Our dated copy of a source, with its hash."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="snapshots")
    taken_at = models.DateTimeField(default=timezone.now)
    media_type = models.CharField(max_length=100, default="text/html")
    size = models.PositiveBigIntegerField(help_text="In bytes.")
    sha256 = models.CharField(
        max_length=64, validators=[RegexValidator(r"^[0-9a-f]{64}\Z", "64 hexadecimal digits in lower case.")]
    )

    objects = KeyManager("source__slug", "sha256")

    class Meta:
        ordering = ["-taken_at"]
        constraints = [
            models.CheckConstraint(
                name="snapshot_hash_is_set",
                condition=Q(sha256__regex=r"^[0-9a-f]{64}$"),
                violation_error_message="A snapshot needs the SHA-256 of its content.",
            ),
            models.UniqueConstraint(fields=["source", "sha256"], name="snapshot_once_per_content"),
        ]

    def __str__(self) -> str:
        return f"{self.source} at {self.taken_at:%Y-%m-%d %H:%M}"

    def natural_key(self) -> tuple[str, str]:
        return (self.source.slug, self.sha256)

    natural_key.dependencies = ["sources.source"]  # type: ignore[attr-defined]
