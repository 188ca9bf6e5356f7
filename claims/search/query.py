"""Find the published claims that match a search best.

The query is read in each language of the record, and a claim is compared with the reading in its own language. The
database selects at most `MOST_CANDIDATES` candidates by the rarest words of the query, and BM25 ranks them. Only tables
made from the record are read, and the synonyms of the desk. So a draft can't affect the results, their order, the
corrections or the completions.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from claims.choices import EntryKind
from claims.models import IndexEntry, PublishedClaim
from claims.search import addresses, spelling
from claims.search.indexing import FULL
from claims.search.parsing import Query
from claims.search.reading import Index, Reading, Term, read
from claims.search.rows import rows
from factcheck.core import words

MOST_CANDIDATES = 10_000
# Many words need fewer: the rarest of them are in the right claim.
_MANY_WORDS = 6
_MOST_CANDIDATES_OF_MANY_WORDS = 3_000

# The BM25 parameters k1 and b, for short texts: repeated words and length count for less than usual.
SATURATION = 0.9
LENGTH = 0.4
# A word that is only in the longer texts of a claim covers this share of what one in its statement does.
_IN_TEXTS = 0.6
# A claim is shown if it covers at least this share of what the best one covers of the query.
_LEAST_COVERED = 0.5
_NO_STEM = "NULL::int4"


@dataclass(frozen=True)
class Found:
    """The claims that match a query: the place of each by its primary key. Equal claims share a place."""

    places: dict[int, int] = field(default_factory=dict)
    # True if there were more than `MOST_CANDIDATES` candidates.
    is_capped: bool = False
    # Typed words that no claim has, each with the word that was searched instead.
    corrections: dict[str, str] = field(default_factory=dict)
    # Typed words that no claim has and that weren't corrected. They were left out.
    unknown: list[str] = field(default_factory=list)
    # False if the query has no word that can be searched for.
    has_words: bool = True
    # True if no claim has the quoted words in their order, so that they were searched without the quotes.
    is_loose: bool = False
    # The web address in the query, as typed. Empty if the query has none, or words that were searched instead.
    address: str = ""
    # The checked article, or else the source, at that address. Its claims come first.
    page: IndexEntry | None = None
    # The hashed stems to mark in texts.
    marks: frozenset[int] = frozenset()

    def corrected(self, text: str) -> str:
        """`text` with the corrections applied."""
        for typed, correction in self.corrections.items():
            text = _with_replaced(text, typed, correction)
        return text

    def as_typed(self, text: str) -> str:
        """`text` with the corrected words in quotation marks, which searches for them as they are."""
        for typed in self.corrections:
            text = _with_replaced(text, typed, f'"{typed}"')
        return text

    def marked(self, text: str, language: str) -> SafeString:
        """`text` as safe HTML, with the words that were searched for in `<mark>`."""
        parts, end = [], 0
        for start, stop, found in words.pieces(text) if self.marks else ():
            stems = {words.hashed(stem, language) for stem in words.stems(found, language)}
            if stems and stems <= self.marks:
                parts += [escape(text[end:start]), "<mark>", escape(text[start:stop]), "</mark>"]
                end = stop
        return mark_safe("".join([*parts, escape(text[end:])]))  # noqa: S308 — every part is escaped above


def find(text: str) -> Found:
    """The published claims that match `text`, best first. Accepts any text and takes bounded time."""
    query = Query.parse(text)
    index = Index()
    on_page = _on_page(query, index)
    if not query.says_anything:
        return on_page or Found(has_words=False, address=next(iter(query.addresses), ""))
    found = _find(query, index)
    if query.phrases and not found.places:
        found = replace(_find(query.without_phrases(), index), is_loose=any(len(one) > 1 for one in query.phrases))
    return _page_first(on_page, found) if on_page else found


def page_in(text: str) -> Found | None:
    """The claims of the first page among the web addresses of a text that a claim shows. None if there is none."""
    return _on_page(Query.post(text), Index())


def nearest(text: str) -> Found:
    """The published claims that come closest to `text`, for a page whose search found none. Often there are none.

    They have words that look like those of the query, so a page calls them a guess: "The closest claims that we have
    checked". `PublishedClaim.objects.found(nearest(text).places).in_order(Order.RELEVANCE)[:3]` are the claims.
    """
    index = Index()
    typed = [word for word in Query.parse(text).words if not index.is_stop_word(word)]
    found = spelling.nearest(typed)
    return replace(_find(Query(words=found), index), corrections={}, unknown=[]) if found else Found()


def _find(query: Query, index: Index) -> Found:
    reading = read(query, index)
    if query.words and not reading.terms:
        return Found(has_words=reading.has_words, unknown=reading.unknown)
    candidates, values = _candidates(query, reading, index)
    scored = _scored(candidates, values, reading.terms)
    best = max((covered for _pk, _score, covered in scored), default=0.0)
    kept = [
        # A typed query is mostly meant whole. Of a post, a claim answers only some part.
        (pk, score * covered / best if best and not query.is_post else score)
        for pk, score, covered in scored
        if covered >= best * _LEAST_COVERED
    ]
    return Found(
        places=_places(kept),
        is_capped=len(scored) > MOST_CANDIDATES,
        corrections=reading.corrections,
        unknown=reading.unknown,
        marks=frozenset(term.hash for term in reading.terms),
    )


def _places(scored: Iterable[tuple[int, float]]) -> dict[int, int]:
    """The place of each claim. Scores that differ only by rounding errors share a place."""
    newest = sorted(scored, reverse=True)[:MOST_CANDIDATES]
    rounded = {pk: round(score, 6) for pk, score in newest}
    place = {score: number for number, score in enumerate(sorted(set(rounded.values()), reverse=True))}
    return {pk: place[score] for pk, score in rounded.items()}


# Pages


def _on_page(query: Query, index: Index) -> Found | None:
    """The claims of the first page among the addresses of the query that a claim shows. None if there is none."""
    for address in query.addresses:
        key = addresses.key_of(address)
        if key is not None and key in index.frequencies([key]):
            (claims,) = index.frequencies([key]).values()
            selected = _select([key], "true", claims, index)
            scored = _scored(selected, [], [Term(key, "", 0, 0, 1.0, 1.0)])
            places = _places((pk, score) for pk, score, _covered in scored)
            return Found(places, is_capped=len(scored) > MOST_CANDIDATES, address=address, page=_page(places, key))
    return None


def _page(places: dict[int, int], key: int) -> IndexEntry | None:
    """The article at the address with this key, or else the source, from the claim that has it first."""
    best = min(places, key=lambda pk: (places[pk], pk))
    shown = PublishedClaim.objects.filter(pk=best).values_list("sources", flat=True)
    named = IndexEntry.objects.filter(kind__in=[EntryKind.ARTICLE, EntryKind.SOURCE], slug__in=next(iter(shown), []))
    found = [entry for entry in named if key in map(addresses.key_of, addresses.of(entry.body))]
    return min(found, key=lambda entry: (entry.kind != EntryKind.ARTICLE, entry.slug), default=None)


def _page_first(on_page: Found, found: Found) -> Found:
    """The claims of a page in the order of `found`, then the rest of the page, then the rest of `found`."""
    last = 1 + max(found.places.values(), default=0) + max(on_page.places.values(), default=0)
    places = {
        pk: found.places.get(pk, last + on_page.places.get(pk, 0)) + (0 if pk in on_page.places else 2 * last)
        for pk in on_page.places | found.places
    }
    newest = sorted(places, reverse=True)[:MOST_CANDIDATES]
    return replace(found, places={pk: places[pk] for pk in newest}, address=on_page.address, page=on_page.page)


# The database


def _candidates(query: Query, reading: Reading, index: Index) -> tuple[str, list[Any]]:
    """The SQL that selects candidates, and its parameters. Only the newest if there may be too many."""
    conditions: list[str] = []
    values: list[Any] = []

    def where(condition: str, value: Any) -> None:
        conditions.append(condition)
        values.append(value)

    def known(stems: Iterable[int]) -> list[int]:
        # Of a word, most languages' stems are in no claim. Each costs time for each candidate.
        return sorted(index.frequencies(stems))

    has_many_words = len({term.unit for term in reading.terms}) > _MANY_WORDS
    most = _MOST_CANDIDATES_OF_MANY_WORDS if has_many_words else MOST_CANDIDATES
    lookup, claims = _lookup(reading, most)
    for phrase in query.phrases:
        for word in dict.fromkeys(phrase):
            if stems := index.hashes_in_all([word]):
                where("words && %s::int4[]", known(stems))
        where("position(%s in text) > 0", f" {' '.join(phrase)} ")
    # Compared one by one, because the operator for arrays compares each word of a claim with each of these.
    left_out = known(index.hashes_in_all(query.excluded))
    conditions += [f"words[width_bucket({one}, words)] IS DISTINCT FROM {one}" for one in left_out]
    for phrase in query.excluded_phrases:
        where("position(%s in text) = 0", f" {' '.join(phrase)} ")
    condition = " AND ".join(conditions) or "true"
    return _select(lookup, condition, claims, index), values


def _select(lookup: list[int], condition: str, claims: int, index: Index) -> str:
    """The SQL that selects candidates: claims that have one of the stems, with that stem, and meet the condition.

    The stems are in at most `claims` claims. Its parameters are those of the condition.
    """
    stems = f"ARRAY{lookup}::int4[]"
    if lookup and claims <= MOST_CANDIDATES:
        # Each stem is looked up by itself. For all together, PostgreSQL expects far more claims than there are, and
        # compares the words of every claim instead of reading the index. OFFSET keeps it from taking them together.
        return (
            "SELECT DISTINCT ON (published_id) published_id, words, weights, length, stem "  # noqa: S608 — see _candidates
            f"FROM unnest({stems}) AS stem (stem) CROSS JOIN LATERAL (SELECT published_id, words, weights, length "
            f"FROM claims_searchrow WHERE words @> ARRAY[stem] AND {condition} OFFSET 0) AS claim"
        )
    # Most claims are in the language whose stem most claims have, so it is compared first.
    commonest = sorted(lookup, key=index.frequencies(lookup).__getitem__, reverse=True)
    cases = " ".join(f"WHEN words[width_bucket({one}, words)] = {one} THEN {one}" for one in commonest)
    stem = f"CASE {cases} END" if lookup else _NO_STEM
    # There are two ways to the newest claims with a stem: to read from the index which claims have one, and to sort
    # their keys; and to walk all claims from the newest on until there are enough. The second reads fewer if many have
    # one. The sum keeps PostgreSQL from it, and the case from the first.
    if not lookup:
        chosen = f"{condition} ORDER BY published_id"
    elif claims * claims < MOST_CANDIDATES * index.total:
        chosen = f"words && {stems} AND {condition} ORDER BY published_id + 0"
    else:
        chosen = f"{stem} IS NOT NULL AND {condition} ORDER BY published_id"
    return (
        f"SELECT published_id, words, weights, length, {stem} AS stem FROM claims_searchrow WHERE published_id IN "  # noqa: S608
        f"(SELECT published_id FROM claims_searchrow WHERE {chosen} DESC LIMIT {MOST_CANDIDATES + 1})"
    )


def _lookup(reading: Reading, most: int) -> tuple[list[int], int]:
    """The stems that select candidates, rarest first, and an upper bound of their claims.

    As many stems as together are in at most `most` claims, and at least those of the rarest word.
    """
    stems: list[int] = []
    claims = 0
    for count, group in reading.lookups:
        if stems and claims + count > most:
            break
        claims += count
        stems += group
    return stems, claims


def _scored(candidates: str, values: list[Any], terms: list[Term]) -> list[tuple[int, float, float]]:
    """The primary key, BM25 score and covered share of each candidate.

    Of a candidate whose stem is known, the language is known, and only the terms of that language are looked up.
    """
    if not terms:
        return [(pk, 0.0, 0.0) for pk, *_rest in rows(candidates, values)]
    of_it = "CROSS JOIN term" if _NO_STEM in candidates else "JOIN spoken USING (stem) JOIN term USING (language)"
    return rows(
        f"""
        WITH candidate AS MATERIALIZED ({candidates}),
        usual AS MATERIALIZED (SELECT greatest(avg(length), 1) AS length FROM candidate),
        term AS (
            SELECT * FROM unnest(%s::int4[], %s::text[], %s::int4[], %s::int4[], %s::float8[], %s::float8[])
                AS term (hash, language, unit, expression, gain, cover)
        ),
        spoken AS MATERIALIZED (SELECT DISTINCT hash AS stem, language FROM term),
        found AS MATERIALIZED (
            SELECT published_id, length, unit, expression, gain, cover, weight / {FULL}::float8 AS times
            FROM candidate {of_it}
            CROSS JOIN LATERAL (SELECT width_bucket(hash, words) AS place OFFSET 0) AS place
            CROSS JOIN LATERAL (SELECT weights[place] AS weight) AS weight WHERE words[place] = hash
        ),
        expression AS (
            SELECT published_id, unit,
                   sum(gain * times * {SATURATION + 1} / (times + {SATURATION}
                       * (1 - {LENGTH} + {LENGTH} * found.length / usual.length))) AS score,
                   sum(cover * CASE WHEN times >= 1 THEN 1 ELSE {_IN_TEXTS} END) AS covered
            FROM found CROSS JOIN usual
            GROUP BY published_id, unit, expression
        ),
        unit AS (
            SELECT published_id, max(score) AS score, max(covered) AS covered FROM expression
            GROUP BY published_id, unit
        )
        SELECT published_id, sum(score), sum(covered) FROM unit GROUP BY published_id
        """,  # noqa: S608 — constant numbers; see _candidates
        [
            *values,
            [term.hash for term in terms],
            [term.language for term in terms],
            [term.unit for term in terms],
            [term.expression for term in terms],
            [term.gain for term in terms],
            [term.cover for term in terms],
        ],
    )


def _with_replaced(text: str, typed: str, other: str) -> str:
    """`text` with every spelling of `typed` replaced by `other`."""
    for start, stop, found in reversed(list(words.pieces(text))):
        if found == [typed]:
            text = text[:start] + other + text[stop:]
    return text
