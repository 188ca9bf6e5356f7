"""Find fact-checks by other publishers that may be of a claim: by the words of the claim, or by their web address."""

from collections import Counter
from itertools import combinations

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from claims.matching.documents import Document, average_length, bm25
from claims.matching.drafts import patterns
from claims.models import ForeignCheck
from claims.search.indexing import FULL
from claims.search.parsing import Query
from claims.search.reading import Index, read_posts
from claims.search.rows import rows
from factcheck.core import words
from factcheck.core.fields import addresses

MOST_FOUND = 20
# The rarest words of a text that rows are looked up by, together and then fewer and fewer of them.
_MOST_WORDS = 6
# The rows that are read for each set of words, and for all; and those of them that are compared in full.
_MOST_OF_A_SET, _MOST_READ, _MOST_COMPARED = 50, 3_000, 600
_WITH_WORDS = f"""
    SELECT found.id FROM unnest(%s::text[]) AS pattern CROSS JOIN LATERAL (
        SELECT id FROM {ForeignCheck._meta.db_table}
        WHERE to_tsvector('simple', left(claim, 10000)) @@ pattern::tsquery LIMIT %s
    ) AS found LIMIT %s
"""  # noqa: S608 — names of our models


def find(text: str, *, language: str = "") -> list[ForeignCheck]:
    """The fact-checks at an address, or those whose claims share most with a text, best first: at most `MOST_FOUND`.

    Accepts any text. `language` is its language if it is known. Runs a constant number of queries.
    """
    text = text.replace("\0", "").strip()
    checks = ForeignCheck.objects.select_related("label")
    if (there := at_address(text, checks)) is not None:
        return list(there.order_by("-pk")[:MOST_FOUND])
    index = Index()
    (pattern,) = patterns([text], index, language)
    terms = pattern.split(" | ")[:_MOST_WORDS] if pattern else []
    sets = [" & ".join(some) for size in range(len(terms), 0, -1) for some in combinations(terms, size)]
    read = rows(_WITH_WORDS, [sets, _MOST_OF_A_SET, _MOST_READ])
    near = list(dict.fromkeys(pk for (pk,) in read))[:_MOST_COMPARED]
    found = {check.pk: check for check in checks.filter(pk__in=near)}
    (reading,) = read_posts([Query.post(text)], index, language=language)
    documents = {(True, pk): _document(check, language) for pk, check in found.items()}
    scores = bm25(reading, documents, average_length(list(documents.values())))
    best = sorted(found, key=lambda pk: (-scores.get((True, pk), 0.0), near.index(pk)))
    return [found[pk] for pk in best[:MOST_FOUND]]


def at_address(text: str, checks: QuerySet[ForeignCheck]) -> QuerySet[ForeignCheck] | None:
    """Those of the fact-checks that are at an address, however it's spelled. None if the text isn't an address."""
    try:
        canonical = addresses.canonical(text)
    except ValidationError:
        return None
    one = {text, canonical}
    spellings = one | {address.rstrip("/") for address in one} | {f"{address.rstrip('/')}/" for address in one}
    return checks.filter(address__in=spellings)


def _document(check: ForeignCheck, language: str) -> Document:
    tag = check.language or language
    stems = Counter(words.hashed(stem, tag) for stem in words.stems(words.plain(check.claim), tag))
    return Document({stem: FULL * times for stem, times in stems.items()}, FULL * stems.total())
