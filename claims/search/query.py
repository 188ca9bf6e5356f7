"""Find the published claims that match a search best.

The query is read in each language of the record, and a claim is compared with the reading in its own language. The
database selects and ranks the claims: see `claims.search.candidates`. Only tables made from the record are read, and
the synonyms of the desk. So a draft can't affect the results, their order, the corrections or the completions.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from heapq import nsmallest

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from claims.choices import EntryKind
from claims.models import IndexEntry, PublishedClaim
from claims.search import addresses, candidates, spelling
from claims.search.parsing import Query
from claims.search.reading import Index, Reading, Term, read
from claims.search.rows import rows
from factcheck.core import words


@dataclass(frozen=True)
class Found:
    """The claims that match a query: the place of each by its primary key. Equal claims share a place."""

    places: dict[int, int] = field(default_factory=dict)
    # True if only the newest candidates were compared, because there are too many.
    is_capped: bool = False
    # True if, for the same reason, only the claims were compared `among` which the search was.
    is_among: bool = False
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

    def best(self, most: int) -> dict[int, int]:
        """The places of the `most` best claims, and of those that share the last place with them."""
        if len(self.places) <= most:
            return self.places
        last = nsmallest(most, self.places.values())[-1]
        return {pk: place for pk, place in self.places.items() if place <= last}

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


def find(text: str, among: candidates.Among = lambda: None) -> Found:
    """The published claims that match `text`, best first. Accepts any text and takes bounded time.

    If too many claims have the words to compare them all, those `among` which the search is are compared instead.
    """
    query = Query.parse(text)
    index = Index()
    on_page = _on_page(query, index)
    if not query.says_anything:
        return on_page or Found(has_words=False, address=next(iter(query.addresses), ""))
    found = _find(query, index, among)
    if query.phrases and not found.places:
        loose = _find(query.without_phrases(), index, among)
        found = replace(loose, is_loose=any(len(one) > 1 for one in query.phrases))
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


def newest_with_each_word(text: str, most: int) -> list[int]:
    """The claims whose newest version has each word of `text`, in any form: their keys, the `most` newest ones.

    For the desk, where a list isn't ordered by relevance. The syntax is that of a search. A word that no claim has is
    taken for the beginning of others. If all words are stop words, every claim has them. Accepts any text.
    """
    index, query = Index(), Query.parse(text)
    if not query.says_anything:
        return []
    condition = candidates.Condition.of(query, index)
    searched = {word: [word] for word in query.words}
    index.frequencies(index.hashes_in_all(query.words))  # in one query, and not in one for each word
    for word in query.words:
        if not index.frequencies(index.hashes_in_all([word])) and not index.is_stop_word(word):
            searched[word] = spelling.completions(word)
    in_each_language = [
        groups for one in index.languages if (groups := _groups(searched.values(), one, index)) is not None
    ]
    if not in_each_language:
        return []
    claims = sum(min((sum(stems.values()) for stems in groups), default=index.total) for groups in in_each_language)
    found: list[int] = []
    for within in candidates.where_newest(claims, most, index):
        wanted = " OR ".join(
            " AND ".join([*(f"words && ARRAY{sorted(stems)}::int4[]" for stems in groups), within])
            for groups in in_each_language
        )
        # OFFSET keeps PostgreSQL from walking all claims from the newest on, where few have the words.
        matching = f"SELECT published_id FROM claims_searchrow WHERE ({wanted}) AND {condition.sql} OFFSET 0"  # noqa: S608 — ours
        newest = f"SELECT published_id FROM ({matching}) AS matching ORDER BY published_id DESC LIMIT {most}"  # noqa: S608
        claims_of = f"SELECT claim_id FROM ({newest}) AS newest JOIN claims_publishedclaim ON id = published_id"  # noqa: S608
        found = [claim for (claim,) in rows(claims_of, condition.values)]
        if len(found) >= most:
            break
    return found


def _groups(searched: Iterable[list[str]], language: str, index: Index) -> list[dict[int, int]] | None:
    """What a claim in this language must have of each word: one of these stems, each with the number of its claims.

    A stop word of the language demands nothing. None if no claim in the language can have all words.
    """
    groups = []
    for some in searched:
        if some and all(words.is_stop_word(word, language) for word in some):
            continue
        stems = index.frequencies(one for word in some for one in index.hashes([word], language))
        if not stems:
            return None
        groups.append(stems)
    return groups


def _find(query: Query, index: Index, among: candidates.Among = lambda: None) -> Found:
    reading = read(query, index)
    if query.words and not reading.terms:
        return Found(has_words=reading.has_words, unknown=reading.unknown)
    selected = candidates.select(query, reading, index, among)
    return Found(
        places=selected.places,
        is_capped=selected.are_newest,
        is_among=selected.are_among,
        corrections=reading.corrections,
        unknown=reading.unknown,
        marks=frozenset(term.hash for term in reading.terms),
    )


# Pages


def _on_page(query: Query, index: Index) -> Found | None:
    """The claims of the first page among the addresses of the query that a claim shows. None if there is none."""
    for address in query.addresses:
        key = addresses.key_of(address)
        if key is not None and key in index.frequencies([key]):
            (claims,) = index.frequencies([key]).values()
            reading = Reading([Term(key, "", 0, 0, 1.0, 1.0)])
            found = candidates.ranked({key: [key]}, claims, reading, index, candidates.Condition())
            page = _page(found.places, key)
            return Found(found.places, is_capped=found.are_newest, address=address, page=page)
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
    newest = sorted(places, reverse=True)[: candidates.MOST_CANDIDATES]
    return replace(found, places={pk: places[pk] for pk in newest}, address=on_page.address, page=on_page.page)


def _with_replaced(text: str, typed: str, other: str) -> str:
    """`text` with every spelling of `typed` replaced by `other`."""
    for start, stop, found in reversed(list(words.pieces(text))):
        if found == [typed]:
            text = text[:start] + other + text[stop:]
    return text
