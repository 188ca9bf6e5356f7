"""The tables for search and for the counts beside a list. They can be rebuilt from the record at any time.

`claims.search.indexing` writes them in the transaction that publishes. They are never exported.
"""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func
from django.db.models.expressions import RawSQL

from claims.choices import FacetKind
from claims.models.record import PublishedClaim
from factcheck.core.words import LONGEST_WORD

# The index of words also has the block of 4,096 keys that a claim is in, so that the newest claims with a common word
# are found without reading the others.
BLOCK = 12
BLOCK_SQL = f"ARRAY[(published_id >> {BLOCK})::int4]"
_BLOCK = RawSQL(f"({BLOCK_SQL})", ())  # noqa: S611 — a constant


class SearchRow(models.Model):
    """The searchable words of one published claim.

    In the database, `words` and `weights` stay in the row however long it is (`SET STORAGE MAIN`), because a search
    looks up each of its words in each candidate. Those that were stored elsewhere were read anew for each.
    """

    published = models.OneToOneField(PublishedClaim, on_delete=models.CASCADE, primary_key=True, related_name="search")
    version = models.PositiveSmallIntegerField(help_text="Of the clean-up that made the words.")
    words = ArrayField(models.IntegerField(), help_text="Its stems, hashed, each once, in ascending order.")
    weights = ArrayField(models.SmallIntegerField(), help_text="How often each word occurs, in halves.")
    length = models.PositiveIntegerField(help_text="The sum of the weights.")
    text = models.TextField(help_text="All words in their order, a line for each field, for quoted phrases.")

    class Meta:
        # No list of pending entries, so that a search doesn't have to process what was published before it.
        indexes = [GinIndex("words", _BLOCK, name="search_words_of_blocks", fastupdate=False)]

    def __str__(self) -> str:
        return self.text


class Stem(models.Model):
    """The number of published claims that contain a stem. Rare stems count for more in ranking."""

    hash = models.IntegerField(primary_key=True)
    claims = models.IntegerField()

    def __str__(self) -> str:
        return str(self.hash)


class Word(models.Model):
    """A word that published claims contain. Used to correct misspelled words and to complete unfinished ones."""

    word = models.CharField(max_length=LONGEST_WORD, primary_key=True)
    claims = models.IntegerField()

    class Meta:
        indexes = [GinIndex(fields=["word"], name="word_resembles", opclasses=["gin_trgm_ops"])]

    def __str__(self) -> str:
        return self.word


class Facet(models.Model):
    """One value that claims are counted by, with the number of published claims that have it."""

    kind = models.CharField(max_length=20, choices=FacetKind)
    value = models.CharField(max_length=100)
    claims = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "value"], name="facet_once")]
        indexes = [models.Index(fields=["kind", "-claims", "value"], name="facet_by_claims")]

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"


# A claim is in the sample of a share of all claims if this hash is in the lowest share of its range. It draws evenly,
# whatever the order in which claims were published.
DRAW = Func(F("published"), function="hashint8", output_field=models.IntegerField())


class ClaimFacets(models.Model):
    """What the facets of one published claim are counted from: the ids of its values, and the days it may be from.

    The row is narrow. One index finds a sample of the rows, and another the claims with some values.
    """

    published = models.OneToOneField(PublishedClaim, on_delete=models.CASCADE, primary_key=True, related_name="facets")
    facets = ArrayField(models.BigIntegerField())
    claimed_from = models.DateField(null=True)
    claimed_until = models.DateField(null=True)

    class Meta:
        verbose_name_plural = "claim facets"
        indexes = [
            models.Index(DRAW, name="facets_sample"),
            # No list of pending entries, so that a reader doesn't have to process what was published before.
            GinIndex(fields=["facets"], name="facets_values", fastupdate=False),
            models.Index(fields=["claimed_from"], name="facets_claimed_from"),
            models.Index(fields=["claimed_until"], name="facets_claimed_until"),
        ]

    def __str__(self) -> str:
        return str(self.facets)
