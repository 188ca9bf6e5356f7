import secrets
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Lower
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import gettext

from factcheck.core.desk import log
from factcheck.core.fields import dates
from factcheck.core.fields.addresses import AddressField, canonical, host, lookup_key, site_key
from factcheck.core.fields.dates import PartialDateField
from factcheck.core.fields.indexes import contains
from factcheck.core.fields.keys import KeyManager, check_language, own_slug
from factcheck.core.fields.names import check_reading_order
from sources.choices import UNPUBLISHED_KINDS, Protection, SourceKind

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from factcheck.accounts.models import User


def seen_by(user: "User | AnonymousUser", path: str = "") -> Q:
    """A condition for the rows whose source this person may see. `path` leads to the source, as `source__`.

    Only the named people see a source that is protected for them, whatever their role.
    """
    theirs = Source.people.through._default_manager.filter(user=user.pk).values("source")
    return ~Q(**{f"{path}protection": Protection.NAMED}) | Q(**{f"{path}pk__in": theirs})


class PublisherQuerySet(models.QuerySet[Any]):
    """Publishers."""

    def seen_by(self, user: "User | AnonymousUser") -> Self:
        """The publishers without those that the desk has only for sources that this person may not see."""
        sources = Source.objects.filter(publisher=OuterRef("pk"))
        unseen = Source.objects.exclude(seen_by(user)).filter(publisher__isnull=False).values("publisher")
        return self.exclude(Q(pk__in=unseen) & ~Exists(sources.filter(seen_by(user))))

    def at(self, address: str) -> Self:
        """The publishers of the site of this address: by their own address, or by that of a source of theirs."""
        site = site_key(address)
        if not site:
            return self.none()
        named = [
            publisher.pk for publisher in self.filter(address__icontains=site) if site_key(publisher.address) == site
        ]
        sources = Source.objects.filter(lookup_key__istartswith=f"{site}/", publisher__isnull=False)
        return self.filter(Q(pk__in=named) | Q(pk__in=sources.values("publisher")))


class SourceQuerySet(models.QuerySet[Any]):
    """Sources."""

    def findable(self) -> Self:
        """The sources by whose words others may find a claim."""
        return self.exclude(protection=Protection.NAMED)

    def seen_by(self, user: "User | AnonymousUser") -> Self:
        """The sources that this person may see at the desk."""
        return self.filter(seen_by(user))

    def at(self, address: str) -> Self:
        """The source at this address, in any spelling that browsers read as the same, or else those of its page."""
        page = lookup_key(address)
        exact = self.filter(canonical_address=canonical(address)) if page else self.none()
        return exact if not page or exact.exists() else self.filter(lookup_key=page)


class SnapshotQuerySet(models.QuerySet[Any]):
    """Snapshots."""

    def seen_by(self, user: "User | AnonymousUser") -> Self:
        """The snapshots of sources that this person may see."""
        return self.filter(seen_by(user, "source__"))


class Publisher(models.Model):
    """A publisher of sources: a newspaper, a ministry, a think tank, a personal site."""

    slug = models.SlugField(
        max_length=100, unique=True, help_text="The name in web addresses. You can't change it once readers see it."
    )
    name = models.CharField(max_length=200, unique=True, validators=[check_reading_order])
    address = AddressField("web address", blank=True)
    objects = KeyManager.from_queryset(PublisherQuerySet)("slug")

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
    """A document: the article being checked, a law, a data set, a report, a statement, a news story.

    `protection` says who learns of it. Readers know a protected source by its alias, which says nothing. Its text for
    logs and messages is the alias too if only named people may see it.
    """

    slug = models.SlugField(
        max_length=100, unique=True, help_text="The name in web addresses. You can't change it once readers see it."
    )
    title = models.CharField(max_length=500, validators=[check_reading_order])
    publisher = models.ForeignKey(
        Publisher,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="sources",
        help_text="Leave it empty for what nobody published: an interview, a letter, a leaked document.",
    )
    kind = models.CharField(max_length=30, choices=SourceKind)
    address = AddressField("web address", blank=True, help_text="Where you can read it now.")
    canonical_address = models.CharField(max_length=2000, null=True, unique=True, editable=False)  # noqa: DJ001
    lookup_key = models.CharField(max_length=2000, default="", editable=False)
    address_is_private = models.BooleanField(
        "leave out the link",
        default=False,
        help_text="If the address itself names or accuses a private person. Readers still see publisher and title, "
        "so this doesn't protect the source.",
    )
    protection = models.CharField(
        max_length=20,
        choices=Protection,
        default=Protection.PUBLIC,
        help_text="Who learns of this source. Less protection needs a second person.",
    )
    described_as = models.CharField(
        "description for readers",
        max_length=300,
        blank=True,
        validators=[check_reading_order],
        help_text="What readers see instead of the title: “A person who works at the clinic”. "
        "If only named people see the source and you leave this empty, readers learn nothing of it.",
    )
    described_date = PartialDateField(
        "date for readers",
        help_text="The date of a described source that readers may see: 2025-06 or 2025. Leave it empty for none.",
    )
    people = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        blank=True,
        related_name="protected_sources",
        verbose_name="named people",
        help_text="Who may see the source if only named people may. They alone can change this list. "
        "You are always on it.",
    )
    alias = models.SlugField(max_length=100, unique=True, null=True, editable=False)  # noqa: DJ001
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

    objects = KeyManager.from_queryset(SourceQuerySet)("slug")

    class Meta:
        ordering = [Lower("title"), "slug"]
        constraints = [
            models.CheckConstraint(
                name="source_address_and_canonical_together",
                # That somebody logs the address of a named people's source must not show that we have it.
                condition=Q(protection=Protection.NAMED, canonical_address__isnull=True)
                | (Q(address="", canonical_address__isnull=True) & ~Q(protection=Protection.NAMED))
                | (~Q(address="") & ~Q(protection=Protection.NAMED) & Q(canonical_address__isnull=False)),
                violation_error_message="A source with a web address must have its canonical form.",
            ),
            models.CheckConstraint(
                name="source_public_has_a_publisher",
                condition=Q(publisher__isnull=False) | Q(kind__in=UNPUBLISHED_KINDS) | ~Q(protection=Protection.PUBLIC),
                violation_error_message="Choose the publisher. Only an interview, a letter, a leaked document or a "
                "protected source can do without one.",
            ),
            models.CheckConstraint(
                name="source_described_has_a_description",
                condition=~Q(protection=Protection.DESCRIBED) | ~Q(described_as=""),
                violation_error_message="Describe the source for readers, without naming anybody.",
            ),
            models.CheckConstraint(
                name="source_described_date_is_coarser",
                condition=Q(described_date="") | Q(published__startswith=F("described_date")),
                violation_error_message="The date for readers must be the date of the source, or its month or year.",
            ),
            models.CheckConstraint(
                name="source_protected_has_an_alias",
                condition=Q(protection=Protection.PUBLIC) | Q(alias__isnull=False),
                violation_error_message="A protected source needs an alias.",
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
            models.Index(fields=["id"], name="source_named_people", condition=Q(protection=Protection.NAMED)),
            models.Index(Lower("title"), "slug", name="source_by_title"),
            contains("title", name="source_title_contains"),
            contains("lookup_key", name="source_address_contains"),
            contains("slug", name="source_slug_contains"),
        ]

    def __str__(self) -> str:
        if self.protection == Protection.NAMED:
            return gettext("Protected source %(alias)s") % {"alias": self.alias or ""}
        return f"{self.title} ({self.publisher})" if self.publisher_id else self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.derive_from_address()
        self.take_alias()
        hides = self.protection == Protection.NAMED and not self._state.adding
        before = Source.objects.select_related("publisher").filter(pk=self.pk).first() if hides else None
        super().save(*args, **kwargs)
        if before and before.protection != Protection.NAMED:
            log.replace_name(str(before), str(self))

    def natural_key(self) -> tuple[str]:
        return (self.slug,)

    @property
    def details(self) -> list[str]:
        """What tells this source from another with its title: publisher, date, host and slug.

        Empty if only named people may see it: then its text says all that a picker may show.
        """
        if self.protection == Protection.NAMED:
            return []
        return [
            self.publisher.name if self.publisher else "",
            dates.in_words(self.published) if self.published else "",
            host(self.address),
            self.slug,
        ]

    natural_key.dependencies = ["sources.publisher"]  # type: ignore[attr-defined]

    def clean(self) -> None:
        """Set the canonical address. Raises ValidationError if another source has the same one."""
        super().clean()
        self.take_alias()
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
        """Set the columns that follow from the address. Raises ValidationError if it isn't valid.

        They are empty if only named people may see the source. So nobody finds it by its address.
        """
        can_be_found = self.address and self.protection != Protection.NAMED
        self.canonical_address = canonical(self.address) if can_be_found else None
        self.lookup_key = lookup_key(self.address) if can_be_found else ""

    def take_alias(self) -> None:
        """Set the alias of a protected source. It stays for good. A new source has it as its slug too."""
        if self.protection != Protection.PUBLIC:
            self.alias = self.alias or f"source-{secrets.token_hex(6)}"
            self.slug = self.alias if self._state.adding else self.slug

    @property
    def is_public(self) -> bool:
        """True if readers see the source itself."""
        return self.protection == Protection.PUBLIC

    @property
    def is_described(self) -> bool:
        """True if readers see a description of the source and nothing else."""
        return self.protection == Protection.DESCRIBED or (
            self.protection == Protection.NAMED and bool(self.described_as)
        )

    @property
    def is_shown(self) -> bool:
        """True if readers learn that the source exists."""
        return self.is_public or self.is_described

    @property
    def shown_slug(self) -> str:
        """The slug by which readers know the source."""
        return self.slug if self.is_public else str(self.alias)

    @property
    def record_slugs(self) -> list[str]:
        """The slugs by which published claims may know the source: the first is the one for readers now."""
        other = self.alias if self.is_public else self.slug
        return [self.shown_slug, *([other] if other and other != self.shown_slug else [])]

    def is_seen_by(self, user: "User | AnonymousUser") -> bool:
        """True if this person may see the source at the desk."""
        return self.protection != Protection.NAMED or (user.pk is not None and self.people.filter(pk=user.pk).exists())

    def is_looser_than(self, other: "Source") -> bool:
        """True if this version of the source is protected less than the other: readers or the desk learn more."""
        is_weaker = Protection(self.protection).strength < Protection(other.protection).strength
        return is_weaker or (self.is_shown and not other.is_shown)

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

    objects = KeyManager.from_queryset(SnapshotQuerySet)("source__slug", "sha256")

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


class SnapshotText(models.Model):
    """The text of a snapshot, for the desk alone: it is somebody's copyright. Deleting it keeps the snapshot's hash.

    It is a table of its own, so that no export, fixture or page that knows snapshots has the text.
    """

    snapshot = models.OneToOneField(Snapshot, on_delete=models.CASCADE, primary_key=True, related_name="text_row")
    text = models.TextField(help_text="One paragraph a line. The places of words refer to it.")
    found = models.JSONField(default=list, help_text="What the source says of itself: field, value, and where from.")

    class Meta:
        verbose_name = "text of a snapshot"
        verbose_name_plural = "texts of snapshots"
        constraints = [
            models.CheckConstraint(
                name="snapshot_text_is_not_empty",
                condition=~Q(text=""),
                violation_error_message="A text needs words.",
            ),
        ]

    def __str__(self) -> str:
        return str(self.snapshot)

    @property
    def paragraphs(self) -> list[str]:
        """The paragraphs in reading order."""
        return self.text.split("\n")


def path_of_file(_file: "SourceFile", name: str) -> str:
    """A path that says nothing of the source and that nobody can guess."""
    return f"sources/{secrets.token_hex(16)}.{name.rpartition('.')[2]}"


class SourceFile(models.Model):
    """A scan, a photo or a PDF of a source, for the desk alone. Deleting the row deletes the file."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="files")
    file = models.FileField(upload_to=path_of_file, max_length=200)
    name = models.CharField(max_length=110, help_text="Under which it was uploaded, with the ending of what it is.")
    media_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField(help_text="In bytes.")
    sha256 = models.CharField(max_length=64)
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["added_at", "pk"]
        verbose_name = "file of a source"
        verbose_name_plural = "files of sources"
        constraints = [models.UniqueConstraint(fields=["source", "sha256"], name="source_file_once_per_content")]

    def __str__(self) -> str:
        return f"{self.source}: {self.sha256[:12]}"


@receiver(post_delete, sender=SourceFile)
def _delete_file(instance: SourceFile, **_: Any) -> None:
    """Delete the file once its row is gone for good."""
    transaction.on_commit(partial(instance.file.storage.delete, str(instance.file.name)))


class PassedSentence(models.Model):
    """A sentence of a source in which the desk saw nothing to check. Only its hash is kept, not its words."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="passed_sentences")
    sha256 = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "sha256"], name="sentence_passed_once_per_source")]

    def __str__(self) -> str:
        return f"{self.source}: {self.sha256[:12]}"
