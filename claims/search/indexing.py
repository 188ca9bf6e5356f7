"""Write the tables for search and facets when a claim is published.

Each function updates these tables from the record, in the caller's transaction.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from claims.choices import FacetKind
from claims.models import ClaimFacets, Facet, PublishedClaim, SearchRow, Stem, Word
from claims.record.body import attributed, cited
from claims.schema import Content
from claims.search import addresses
from factcheck.core import words

# The weight of a word each time it is there, in quarters: in the statement and the names, in the summary, and in the
# longer texts. However often a word is repeated in the summary and the longer texts, one in the statement counts more.
FULL, _HALF, _LITTLE = 4, 2, 1
_MOST_IN_TEXTS = 2
_MOST_BELOW_STATEMENT = FULL - 1
# The largest number of different stems stored for one claim. Those of the statement and the names come first.
MOST_STEMS = 2_000
# The largest weight of a word. Above it, more repetitions make no difference to the ranking.
_MAX_WEIGHT = 100
# The number of claims in a batch when many are written.
BATCH = 200

FacetKey = tuple[str, str]


@dataclass(frozen=True)
class Document:
    """The indexed words of one claim, in the order of their numbers, so that one is found in few steps."""

    words: list[int]
    weights: list[int]
    text: str

    @classmethod
    def of(cls, content: Content) -> "Document":
        """The document of a revision's body."""
        language = content["language"]
        weights: dict[int, Counter[int]] = {weight: Counter() for weight in (FULL, _HALF, _LITTLE)}
        lines = []
        for weight, text in _fields(content):
            line, found = words_and_stems(text, language)
            lines.append(f" {line} ")
            weights[weight].update(found)
            if weight == FULL:
                weights[weight].update(words.hashed(stem, language) for stem in words.initials(text))
        for weight, address in _addresses(content):
            weights[weight].update(filter(None, [addresses.key_of(address)]))
        full, half, little = weights[FULL], weights[_HALF], weights[_LITTLE]
        counted = {
            word: min(full[word] * FULL, _MAX_WEIGHT)
            + min(half[word] * _HALF + min(little[word], _MOST_IN_TEXTS), _MOST_BELOW_STATEMENT)
            for word in islice(dict.fromkeys(chain(full, half, little)), MOST_STEMS)
        }
        kept = dict(sorted(counted.items()))
        return cls(list(kept), list(kept.values()), "\n".join(lines))

    def row(self, claim: PublishedClaim) -> SearchRow:
        return SearchRow(
            published=claim,
            version=words.VERSION,
            words=self.words,
            weights=self.weights,
            length=sum(self.weights),
            text=self.text,
        )


def words_and_stems(text: str, language: str) -> tuple[str, tuple[int, ...]]:
    """The words of a text in their order, on one line, and the hashed stems by which it is found."""
    plain = words.plain(text)
    found = (*words.stems(plain, language), *words.characters(plain))
    return " ".join(plain), tuple(words.hashed(stem, language) for stem in found)


def _fields(content: Content) -> Iterator[tuple[int, str]]:
    """The searchable texts of a body, each with its weight."""
    yield FULL, content["statement"]
    yield FULL, content["headline"]
    if content["claimant"]:
        yield FULL, content["claimant"]["name"]
    for name in dict.fromkeys(card["name"] for card in attributed(content)):
        yield FULL, name
    for topic in content["topics"]:
        yield FULL, topic["name"]
    yield _HALF, content["summary"]
    for appearance in content["appearances"]:
        yield _LITTLE, appearance["exact"]
    for item in content["evidence"]:
        yield _LITTLE, item["quote"]
        yield _LITTLE, item["finding"]
    yield _LITTLE, content["explanation"]
    sources = {source["slug"]: source for source in cited(content)}
    for source in sources.values():
        yield _LITTLE, source["title"]
        if source["publisher"]:
            yield _LITTLE, source["publisher"]["name"]


def _addresses(content: Content) -> Iterator[tuple[int, str]]:
    """The web addresses that a pasted address is compared with, each with its weight."""
    for weight, items in ((FULL, content["appearances"]), (_LITTLE, content["evidence"])):
        for item in items:
            yield from ((weight, address) for address in addresses.of(item["source"]))


def facet_keys(claim: PublishedClaim) -> set[FacetKey]:
    """The kinds and values that the claim is counted by."""
    values: dict[FacetKind, Iterable[Any]] = {
        FacetKind.RATING: [claim.rating],
        FacetKind.TOPIC: claim.topics,
        FacetKind.CLAIMANT: [claim.claimant],
        FacetKind.OUTLET: claim.outlets,
        FacetKind.KIND: [claim.kind],
        FacetKind.YEAR: [claim.claimed_from.year] if claim.claimed_from else [],
        FacetKind.LANGUAGE: [claim.language],
    }
    return {(str(kind), str(value)) for kind, found in values.items() for value in found if value}


def facets_row(claim: PublishedClaim, ids: Mapping[FacetKey, int]) -> ClaimFacets:
    """The row of a claim that facets are counted from, with the ids of the values."""
    return ClaimFacets(
        published=claim,
        facets=sorted(ids[key] for key in facet_keys(claim)),
        claimed_from=claim.claimed_from,
        claimed_until=claim.claimed_until,
    )


def write(
    claims: Sequence[PublishedClaim], made: Mapping[int, Document] | None = None, *, are_new: bool = False
) -> None:
    """Update the search tables for these claims. Their `revision` must be loaded.

    `made` has the documents of the claims by their ids at the desk, where the caller made them before. Claims that
    `are_new` have no rows yet.
    """
    made = {claim.claim_id: Document.of(claim.revision.content) for claim in claims} if made is None else made
    documents = {claim.pk: made[claim.claim_id] for claim in claims}
    keys = {claim.pk: facet_keys(claim) for claim in claims}
    before = _stored_counts([] if are_new else claims)
    _update_counts(Facet, before.facets, Counter(chain.from_iterable(keys.values())))
    _update_counts(Stem, before.stems, Counter((stem,) for one in documents.values() for stem in one.words))
    _update_counts(Word, before.words, Counter((word,) for one in documents.values() for word in words_of(one.text)))
    ids = facet_ids(set(chain.from_iterable(keys.values())))
    SearchRow.objects.bulk_create(
        [documents[claim.pk].row(claim) for claim in claims],
        update_conflicts=True,
        unique_fields=["published"],
        update_fields=["version", "words", "weights", "length", "text"],
    )
    ClaimFacets.objects.bulk_create(
        [facets_row(claim, ids) for claim in claims],
        update_conflicts=True,
        unique_fields=["published"],
        update_fields=["facets", "claimed_from", "claimed_until"],
    )


def remove(claim: PublishedClaim) -> None:
    """Remove a claim from search and from every count. Call it before its row is deleted."""
    before = _stored_counts([claim])
    _update_counts(Facet, before.facets, Counter())
    _update_counts(Stem, before.stems, Counter())
    _update_counts(Word, before.words, Counter())
    SearchRow.objects.filter(published=claim).delete()
    ClaimFacets.objects.filter(published=claim).delete()


def stale() -> QuerySet[PublishedClaim]:
    """The published claims that aren't indexed, or were indexed by an older version of `words`."""
    return PublishedClaim.objects.exclude(search__version=words.VERSION, facets__isnull=False).order_by("pk")


def outdated(ids: Iterable[int]) -> list[PublishedClaim]:
    """Those of the published claims with these ids of which search knows something else than their revisions say."""
    claims = PublishedClaim.objects.filter(pk__in=ids).select_related("revision", "search", "facets").order_by("pk")
    counted = set(chain.from_iterable(claim.facets.facets for claim in claims if hasattr(claim, "facets")))
    keys = {row.pk: (row.kind, row.value) for row in Facet.objects.filter(pk__in=counted)}

    def is_current(claim: PublishedClaim) -> bool:
        if not (hasattr(claim, "search") and hasattr(claim, "facets")):
            return False
        stored, facets = claim.search, claim.facets
        expected = Document.of(claim.revision.content).row(claim)
        return (
            all(
                getattr(stored, field.attname) == getattr(expected, field.attname)
                for field in SearchRow._meta.concrete_fields
            )
            and sorted(facet_keys(claim)) == sorted(keys.get(pk, ("", "")) for pk in facets.facets)
            and (facets.claimed_from, facets.claimed_until) == (claim.claimed_from, claim.claimed_until)
        )

    return [claim for claim in claims if not is_current(claim)]


# For each table of counts, the query that makes it from the claims' rows.
_COUNTS = {
    "claims_stem": (
        "hash, claims",
        "SELECT stem, count(*) FROM claims_searchrow, unnest(words) AS stem GROUP BY stem",
    ),
    "claims_word": (
        "word, claims",
        (
            r"SELECT word, count(DISTINCT published_id) FROM claims_searchrow, regexp_split_to_table(text, '\s+') word "
            "WHERE length(word) > 1 GROUP BY word"
        ),
    ),
    "claims_facet": (
        "id, claims",
        "SELECT facet, count(*) FROM claims_claimfacets, unnest(facets) AS facet GROUP BY facet",
    ),
}


# The tables of counts, with the type of their keys.
COUNTED = {"claims_stem": "int4", "claims_word": "text", "claims_facet": "int8"}


def miscounted() -> list[str]:
    """The tables of counts that hold something else than the claims' rows add up to."""
    return [table for table in COUNTED if miscounts(table)]


def miscounts(table: str) -> list[tuple[Any, int]]:
    """The keys of this table whose counts aren't what the claims' rows add up to, sorted, and by how much."""
    columns, counted = _COUNTS[table]
    key = columns.partition(",")[0]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {key}, coalesce(counted.claims, 0) - coalesce(stored.claims, 0) "  # noqa: S608 — names of ours
            f"FROM (SELECT {columns} FROM {table}) AS stored "
            f"FULL JOIN ({counted}) AS counted ({columns}) USING ({key}) "
            f"WHERE stored.claims IS DISTINCT FROM counted.claims ORDER BY {key}"
        )
        return list(cursor.fetchall())


def correct_counts(table: str, changes: Sequence[tuple[Any, int]]) -> None:
    """Add the changes that `miscounts` found to the counts. What was published since then stays counted.

    The caller holds the record's lock.
    """
    key = _COUNTS[table][0].partition(",")[0]
    keys, added = [found for found, _change in changes], [change for _found, change in changes]
    wrong = f"unnest(%s::{COUNTED[table]}[], %s::int4[]) AS wrong (key, change)"
    with connection.cursor() as cursor:
        if table != Facet._meta.db_table:  # a facet that a claim has is never without its row
            cursor.execute(
                f"INSERT INTO {table} ({key}, claims) SELECT key, 0 FROM {wrong} "  # noqa: S608 — names of ours
                "ON CONFLICT DO NOTHING",
                [keys, added],
            )
        cursor.execute(
            f"UPDATE {table} SET claims = claims + change FROM {wrong} WHERE {key} = wrong.key",  # noqa: S608
            [keys, added],
        )
        cursor.execute(
            f"DELETE FROM {table} USING {wrong} WHERE {key} = wrong.key AND claims <= 0",  # noqa: S608
            [keys, added],
        )


# Counting


@dataclass(frozen=True)
class _StoredCounts:
    """The share of some claims in the counts, according to their stored rows."""

    stems: Counter[tuple[int]]
    words: Counter[tuple[str]]
    facets: Counter[FacetKey]


def _stored_counts(claims: Iterable[PublishedClaim]) -> _StoredCounts:
    ids = [claim.pk for claim in claims]
    if not ids:
        return _StoredCounts(Counter(), Counter(), Counter())
    rows = list(SearchRow.objects.filter(pk__in=ids).values_list("words", "text"))
    facets = Counter(chain.from_iterable(ClaimFacets.objects.filter(pk__in=ids).values_list("facets", flat=True)))
    keys = {row.pk: (row.kind, row.value) for row in Facet.objects.filter(pk__in=facets)}
    return _StoredCounts(
        stems=Counter((stem,) for stems, _text in rows for stem in stems),
        words=Counter((word,) for _stems, text in rows for word in words_of(text)),
        facets=Counter({keys[pk]: times for pk, times in facets.items() if pk in keys}),
    )


def words_of(text: str) -> set[str]:
    """The words of a text that can be suggested as corrections and completions."""
    return {word for word in text.split() if len(word) > 1}


def _changes(before: Counter[Any], after: Counter[Any]) -> list[tuple[Any, int]]:
    """The change in each count, sorted, so that concurrent transactions lock rows in the same order (no deadlock)."""
    return sorted((key, after[key] - before[key]) for key in before | after if after[key] != before[key])


def _update_counts(model: Any, before: Counter[Any], after: Counter[Any]) -> None:
    """Add the changes to the counts, and delete the rows of values that no claim has any more."""
    changes = _changes(before, after)
    if not changes:
        return
    table, columns, types = _COUNT_TABLES[model]
    keys = ", ".join(columns)
    arrays = ", ".join(f"%s::{kind}[]" for kind in [*types, "int4"])
    values = [list(column) for column in zip(*(key for key, _change in changes), strict=True)]
    gone = [[key[place] for key, change in changes if change < 0] for place in range(len(columns))]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({keys}, claims) SELECT * FROM unnest({arrays}) "  # noqa: S608 — constant names
            f"ON CONFLICT ({keys}) DO UPDATE SET claims = {table}.claims + EXCLUDED.claims",
            [*values, [change for _key, change in changes]],
        )
        if gone[0]:
            gone_arrays = ", ".join(f"%s::{kind}[]" for kind in types)
            cursor.execute(
                f"DELETE FROM {table} WHERE claims <= 0 "  # noqa: S608 — constant names
                f"AND ({keys}) IN (SELECT * FROM unnest({gone_arrays}))",
                gone,
            )


# The table, the key columns and their types for each model with counts.
_COUNT_TABLES: dict[Any, tuple[str, list[str], list[str]]] = {
    Stem: ("claims_stem", ["hash"], ["int4"]),
    Word: ("claims_word", ["word"], ["text"]),
    Facet: ("claims_facet", ["kind", "value"], ["text", "text"]),
}


def facet_ids(keys: Iterable[FacetKey]) -> dict[FacetKey, int]:
    values: dict[str, set[str]] = {}
    for kind, value in keys:
        values.setdefault(kind, set()).add(value)
    wanted = Q(pk__in=[])
    for kind, found in values.items():
        wanted |= Q(kind=kind, value__in=found)
    return {(facet.kind, facet.value): facet.pk for facet in Facet.objects.filter(wanted)}
