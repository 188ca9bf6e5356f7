"""What search and the counts beside a list read. All of it follows from the record and can be made anew from it.

Written by `claims.search.indexing` in the transaction that publishes, never exported.
"""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from claims.choices import FacetKind
from claims.models.record import PublishedClaim
from factcheck.core.words import LONGEST_WORD


class SearchRow(models.Model):
    """The words of one published claim."""

    published = models.OneToOneField(PublishedClaim, on_delete=models.CASCADE, primary_key=True, related_name="search")
    version = models.PositiveSmallIntegerField(help_text="Of the clean-up that made the words.")
    words = ArrayField(models.IntegerField(), help_text="Its stems, hashed, each once.")
    weights = ArrayField(models.SmallIntegerField(), help_text="How often each word stands there, in halves.")
    length = models.PositiveIntegerField(help_text="The sum of the weights.")
    text = models.TextField(help_text="All words in their order, a line for each field, for quoted phrases.")

    class Meta:
        # Without a list of pending entries a search never pays for what was published before it.
        indexes = [GinIndex(fields=["words"], name="search_words", fastupdate=False)]

    def __str__(self) -> str:
        return self.text


class Stem(models.Model):
    """In how many published claims a stem stands: the rarer, the more it tells."""

    hash = models.IntegerField(primary_key=True)
    claims = models.IntegerField()

    def __str__(self) -> str:
        return str(self.hash)


class Word(models.Model):
    """A word that published claims hold, for what is typed wrong or only begun."""

    word = models.CharField(max_length=LONGEST_WORD, primary_key=True)
    claims = models.IntegerField()

    class Meta:
        indexes = [GinIndex(fields=["word"], name="word_resembles", opclasses=["gin_trgm_ops"])]

    def __str__(self) -> str:
        return self.word


class Facet(models.Model):
    """One value that claims are counted by, and how many published claims have it."""

    kind = models.CharField(max_length=20, choices=FacetKind)
    value = models.CharField(max_length=100)
    claims = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "value"], name="facet_once")]
        indexes = [models.Index(fields=["kind", "-claims", "value"], name="facet_by_claims")]

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"


class ClaimFacets(models.Model):
    """The values of one published claim, in a narrow row: to count 200,000 claims is to read 20 MB."""

    published = models.OneToOneField(PublishedClaim, on_delete=models.CASCADE, primary_key=True, related_name="facets")
    facets = ArrayField(models.BigIntegerField())

    class Meta:
        verbose_name_plural = "claim facets"

    def __str__(self) -> str:
        return str(self.facets)
