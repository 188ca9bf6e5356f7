"""Imports: one row for each file or list of pages that was brought in, and one for each of its rows worth keeping."""

from typing import Any

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from claims.choices import ImportOutcome, ImportState, ImportTarget, ImportTask
from claims.models.claim import Claim
from factcheck.core.fields.addresses import AddressField
from factcheck.core.fields.dates import PartialDateField
from factcheck.core.fields.keys import KeyManager


def path_of_import(run: "ImportRun", _name: str) -> str:
    """The place of an uploaded file among the files of the desk: under its hash, because its name is the sender's."""
    return f"imports/{run.file_sha256}"


class ImportRun(models.Model):
    """One file or list of pages, imported once: who did it, when, from what, and what came of it.

    `feed` says where the rows come from. Together with a row's own reference it is the identity of what was imported,
    so the next file of the same feed updates the same rows. `mapping` has what else the reader needs, such as the
    column of each field.
    """

    feed = models.SlugField(
        max_length=100,
        db_index=False,
        help_text="The same name for every file from this publisher or archive, as in politifact.",
    )
    kind = models.CharField("format", max_length=30)
    target = models.CharField("imports", max_length=20, choices=ImportTarget)
    file_name = models.CharField(max_length=255)
    file_sha256 = models.CharField(
        "SHA-256",
        max_length=64,
        validators=[RegexValidator(r"^[0-9a-f]{64}\Z", "64 hexadecimal digits in lower case.")],
    )
    file_size = models.PositiveBigIntegerField(help_text="In bytes.")
    # The content, if it was uploaded. A command reads the file where it is.
    file = models.FileField(upload_to=path_of_import, max_length=200, blank=True)
    mapping = models.JSONField(default=dict, blank=True)
    whole = models.BooleanField(
        "whole file or nothing",
        default=False,
        help_text="If one row is refused, import none.",
    )
    state = models.CharField(max_length=20, choices=ImportState, default=ImportState.UPLOADED)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    begun_at = models.DateTimeField("begun", default=timezone.now)
    ended_at = models.DateTimeField("ended", null=True, blank=True)
    # The number of rows by outcome, of all rows read as `rows`, and what was found out about the labels.
    counts = models.JSONField(default=dict, blank=True)
    # The last row whose effect is stored. An apply that was interrupted goes on after it.
    at_row = models.PositiveBigIntegerField(default=0)
    # The last time that a process worked on it. The worker takes a run that is left alone for a minute.
    active_at = models.DateTimeField(null=True, blank=True)
    # What is being done with its claims, by whom, and the last one that is done.
    task = models.CharField(max_length=20, choices=ImportTask, blank=True)
    task_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    task_at = models.PositiveBigIntegerField(default=0)
    # Why it stopped, for people.
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "import"
        constraints = [
            models.UniqueConstraint(
                fields=["feed"],
                condition=Q(state=ImportState.APPLYING),
                name="import_run_one_at_a_time_per_feed",
                violation_error_message="Another import of this feed is running. Wait until it has ended.",
            ),
            models.CheckConstraint(name="import_run_has_a_feed", condition=~Q(feed="")),
            models.CheckConstraint(
                name="import_run_undone_by_somebody_if_undone",
                condition=Q(undone_by=None) | Q(state=ImportState.UNDONE),
                violation_error_message="Only an import that is undone says who undid it.",
            ),
            models.CheckConstraint(
                name="import_run_task_is_done_by_somebody",
                condition=Q(task="") | Q(task_by__isnull=False),
                violation_error_message="Acts on claims are done by a person.",
            ),
            models.CheckConstraint(
                name="import_run_file_has_a_hash", condition=Q(file_sha256__regex=r"^[0-9a-f]{64}$")
            ),
        ]
        indexes = [models.Index(fields=["feed", "file_sha256"], name="import_run_same_file")]

    def __str__(self) -> str:
        return f"{self.feed}: {self.file_name}"


class ImportBatch(models.Model):
    """Rows of a checked run that aren't written yet, as the check read them. It's deleted when they are written."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="batches", db_index=False)
    number = models.PositiveBigIntegerField(help_text="The number of its last row.")
    # As `claims.desk.imports.rows.packed` makes it.
    rows = models.TextField()

    class Meta:
        ordering = ["run_id", "number"]
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="import_batch_once_per_run")]

    def __str__(self) -> str:
        return f"{self.run}: {self.number}"


class ImportedRow(models.Model):
    """One row of a run that changed something that was there, or that was refused.

    Unchanged rows have none, nor have created foreign fact-checks, which refer to their run: a file of a million rows
    would double the table. `before` has the values that an undo restores. `after` identifies what the import left, so
    that an undo finds a row that something else changed since.
    """

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="rows")
    number = models.PositiveBigIntegerField()
    where = models.CharField(max_length=100, help_text="The place in the file, such as line 12.")
    outcome = models.CharField(max_length=20, choices=ImportOutcome)
    reference = models.TextField(blank=True)
    # A list of objects with `field`, `reason` and `remedy`.
    problems: models.JSONField[list[dict[str, str]], Any] = models.JSONField(default=list, blank=True)
    foreign = models.ForeignKey(
        "claims.ForeignCheck", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    claim = models.ForeignKey(Claim, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    # Of a suggestion: the new values, which somebody may take over.
    values = models.JSONField(null=True, blank=True)
    before = models.JSONField(null=True, blank=True)
    after = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["run_id", "number"]
        verbose_name = "imported row"
        constraints = [
            models.UniqueConstraint(fields=["run", "number"], name="imported_row_once_per_run"),
            models.CheckConstraint(
                name="imported_row_refused_with_a_reason",
                condition=~Q(outcome=ImportOutcome.REFUSED) | ~Q(problems=[]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.where}: {self.get_outcome_display()}"


class ImportedClaim(models.Model):
    """The origin of a claim that was imported: its identity, what its file said last, and where it was published first.

    `version` is the claim's version after its last import. If the claim has another one, somebody worked on it since.
    """

    claim = models.OneToOneField(Claim, on_delete=models.PROTECT, related_name="imported")
    feed = models.SlugField(max_length=100, db_index=False)
    reference = models.CharField(max_length=500)
    version = models.PositiveIntegerField()
    values: models.JSONField[dict[str, str], Any] = models.JSONField(default=dict, blank=True)
    originally_published = PartialDateField("date of first publication")
    address = AddressField("web address of first publication", blank=True)

    objects = KeyManager("claim__slug")

    class Meta:
        ordering = ["feed", "reference"]
        constraints = [
            models.UniqueConstraint(fields=["feed", "reference"], name="imported_claim_once_per_feed"),
            models.CheckConstraint(
                name="imported_claim_has_a_reference",
                condition=~Q(feed="") & ~Q(reference=""),
                violation_error_message="An imported claim must have a feed and a reference.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.feed}: {self.reference}"

    def natural_key(self) -> tuple[str]:
        return (self.claim.slug,)

    natural_key.dependencies = ["claims.claim"]  # type: ignore[attr-defined]
