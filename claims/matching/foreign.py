"""Find fact-checks by other publishers that may be of a claim: by the words of the claim, or by their web address."""

from collections import Counter

from django.core.exceptions import ValidationError

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
# The fact-checks with the rarest words that are looked at, and those that are compared in full.
_MOST_READ = 3_000
_MOST_COMPARED = 50
_NEAREST = f"""
    SELECT id FROM (SELECT id, claim FROM {ForeignCheck._meta.db_table}
                    WHERE to_tsvector('simple', left(claim, 10000)) @@ %s::tsquery LIMIT %s) AS found
    ORDER BY ts_rank(to_tsvector('simple', left(claim, 10000)), %s::tsquery) DESC, id DESC LIMIT %s
"""  # noqa: S608 — names of our models


def find(text: str, *, language: str = "") -> list[ForeignCheck]:
    """The fact-checks at an address, or those whose claims share most with a text, best first: at most `MOST_FOUND`.

    Accepts any text. `language` is its language if it is known. Runs a constant number of queries.
    """
    text = text.replace("\0", "").strip()
    checks = ForeignCheck.objects.select_related("label")
    if spellings := _spellings(text):
        return list(checks.filter(address__in=spellings).order_by("-pk")[:MOST_FOUND])
    index = Index()
    (pattern,) = patterns([text], index, language)
    if not pattern:
        return []
    near = [pk for (pk,) in rows(_NEAREST, [pattern, _MOST_READ, pattern, _MOST_COMPARED])]
    found = {check.pk: check for check in checks.filter(pk__in=near)}
    (reading,) = read_posts([Query.post(text)], index, language=language)
    documents = {(True, pk): _document(check, language) for pk, check in found.items()}
    scores = bm25(reading, documents, average_length(list(documents.values())))
    best = sorted(found, key=lambda pk: (-scores.get((True, pk), 0.0), near.index(pk)))
    return [found[pk] for pk in best[:MOST_FOUND]]


def _spellings(text: str) -> set[str]:
    """The ways in which the address in a text may be stored. Empty if the text isn't an address."""
    try:
        canonical = addresses.canonical(text)
    except ValidationError:
        return set()
    one = {text, canonical}
    return one | {address.rstrip("/") for address in one} | {f"{address.rstrip('/')}/" for address in one}


def _document(check: ForeignCheck, language: str) -> Document:
    tag = check.language or language
    stems = Counter(words.hashed(stem, tag) for stem in words.stems(words.plain(check.claim), tag))
    return Document({stem: FULL * times for stem, times in stems.items()}, FULL * stems.total())
