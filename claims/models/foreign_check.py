"""Fact-checks by other publishers, in their own words, and what their labels mean."""

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, HashIndex
from django.db import models
from django.db.models import Q

from claims.choices import ForeignMeaning
from claims.models.import_run import ImportRun
from claims.models.querysets import words_of
from factcheck.core.fields.addresses import AddressField
from factcheck.core.fields.dates import PartialDateField


class ForeignLabel(models.Model):
    """A label of another publisher, word for word, and the class that somebody gave it.

    Labels belong to a publisher, by the host of its site: two publishers can mean different things by one word. The
    class is blank until somebody decides, and has the version of the table that proposed it, if that was taken over.
    """

    publisher = models.CharField(max_length=255, help_text="The host of the publisher's site, without www.")
    label = models.CharField(max_length=500)
    meaning = models.CharField("class", max_length=20, choices=ForeignMeaning, blank=True)
    table_version = models.PositiveIntegerField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField("decided", null=True, blank=True)

    class Meta:
        ordering = ["publisher", "label"]
        verbose_name = "label of another publisher"
        verbose_name_plural = "labels of other publishers"
        constraints = [
            models.UniqueConstraint(fields=["publisher", "label"], name="foreign_label_once_per_publisher"),
            models.CheckConstraint(
                name="foreign_label_decided_with_its_time",
                condition=Q(meaning="", decided_at=None) | (~Q(meaning="") & ~Q(decided_at=None)),
            ),
        ]

    def __str__(self) -> str:
        return self.label


class ForeignCheck(models.Model):
    """A fact-check by another publisher: their words, their label and their numbers, as an import brought them.

    It's the same one if its feed and its reference there are the same, whatever it says.
    """

    feed = models.SlugField(max_length=100, db_index=False)
    reference = models.CharField(max_length=2000)
    claim = models.TextField()
    claimant = models.TextField(blank=True)
    title = models.TextField(blank=True)
    publisher = models.TextField(blank=True)
    address = AddressField()
    publisher_address = AddressField(blank=True)
    claimed_on = PartialDateField()
    reviewed_on = PartialDateField()
    language = models.CharField(max_length=35, blank=True)
    # None if the publisher gives none.
    label = models.ForeignKey(ForeignLabel, on_delete=models.PROTECT, null=True, blank=True, related_name="checks")
    value = models.CharField(max_length=50, blank=True)
    best = models.CharField(max_length=50, blank=True)
    worst = models.CharField(max_length=50, blank=True)
    run = models.ForeignKey(ImportRun, on_delete=models.PROTECT, related_name="created")
    changed_in = models.ForeignKey(ImportRun, on_delete=models.PROTECT, null=True, blank=True, related_name="changed")

    class Meta:
        ordering = ["-pk"]
        verbose_name = "fact-check by others"
        verbose_name_plural = "fact-checks by others"
        constraints = [
            models.UniqueConstraint(fields=["feed", "reference"], name="foreign_check_once_per_feed"),
            models.CheckConstraint(
                name="foreign_check_has_a_claim_and_an_address",
                condition=~Q(feed="") & ~Q(reference="") & ~Q(claim="") & ~Q(address=""),
            ),
        ]
        indexes = [
            GinIndex(words_of("claim"), name="foreign_check_by_words"),
            HashIndex(fields=["address"], name="foreign_check_by_address"),
        ]

    def __str__(self) -> str:
        return self.claim
