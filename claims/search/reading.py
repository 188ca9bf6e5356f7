"""Read a query in each language of the record: what it looks for, and how much each part of it counts."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import log
from typing import NamedTuple

from django.conf import settings

from claims.search import spelling
from claims.search.parsing import Query
from claims.search.rows import rows
from claims.search.synonyms import Expression, Synonyms
from factcheck.core import words

# A synonym counts for less than the word itself.
_SYNONYM = 0.75
# An expression of which only one word isn't a stop word, such as "on the run", is looked up by that word alone.
_ONE_WORD_OF_SEVERAL = 0.5
# However common a word is, a claim that has it covers this share of what the rarest word of the query counts.
_COMMON_WORD = 0.4


@dataclass(frozen=True)
class Term:
    """One stem of an expression. `gain` is its share of the score, `cover` its share of the query.

    Only claims in its `language` can have it, because that is a part of the hash.
    """

    hash: int
    language: str
    unit: int
    expression: int
    gain: float
    cover: float


class Lookup(NamedTuple):
    """Stems of one language that select claims, and an upper bound of the claims that have one of them."""

    claims: int
    language: str
    stems: list[int]


@dataclass(frozen=True)
class Reading:
    """What a query looks for."""

    # Of the terms of a unit, those of its best expression count.
    terms: list[Term] = field(default_factory=list)
    # What each claim in a language is taken to have, because it is a stop word there and not in others. Else those in
    # which the word is rare, as a quotation, would seem to fit better. Their hash is 0.
    stop_words: list[Term] = field(default_factory=list)
    # Rarest first.
    lookups: list[Lookup] = field(default_factory=list)
    corrections: dict[str, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    # False if all words are stop words.
    has_words: bool = True

    def by_language(self) -> dict[str, list[Lookup]]:
        """The lookups of each language, rarest first."""
        found: dict[str, list[Lookup]] = {}
        for one in self.lookups:
            found.setdefault(one.language, []).append(one)
        return found

    def rarest(self, most: int) -> list[Lookup]:
        """The rarest lookup of each language, and as many of the others as together are in at most `most` claims.

        A word that is common in one language can be rare in others, where few claims quote it. So without those of its
        own language, the claims that were meant wouldn't be found.
        """
        by_language = self.by_language().values()
        chosen = [first for first, *_others in by_language]
        claims = sum(one.claims for one in chosen)
        for one in sorted(one for _first, *others in by_language for one in others):
            claims += one.claims
            if claims > most:
                break
            chosen.append(one)
        return chosen

    def together(self, claims: int, most: int) -> list[list[Lookup]]:
        """The rarest lookups of each language, two or more, that together should be in at most `most` of all claims.

        By these a claim with all words of the query is found where each of them is common.
        """
        found = []
        for first, *others in self.by_language().values():
            chosen, expected = [first], float(first.claims)
            for one in others:
                if len(chosen) == 1 or expected > most:
                    chosen.append(one)
                    expected *= one.claims / max(1, claims)
            if len(chosen) > 1:
                found.append(chosen)
        return found


class Index:
    """What one search reads from the tables, each row once."""

    def __init__(self) -> None:
        self._frequencies: dict[int, int] = {}
        self._asked: set[int] = set()

    def claims_by_language(self) -> Counter[str]:
        """The number of published claims in each language."""
        return Counter(dict(rows("SELECT value, claims FROM claims_facet WHERE kind = 'language' AND claims > 0")))

    @cached_property
    def _claims_by_language(self) -> Counter[str]:
        return self.claims_by_language()

    @cached_property
    def total(self) -> int:
        """The number of published claims."""
        return self._claims_by_language.total()

    @cached_property
    def newest(self) -> int:
        """The primary key of the newest claim. 0 if there is none."""
        ((newest,),) = rows("SELECT coalesce(max(published_id), 0) FROM claims_searchrow")
        return int(newest)

    def rarity(self, claims: int) -> float:
        """What a word that this many claims have counts in ranking (the idf of BM25)."""
        having = min(claims, self.total)
        return log(1 + (self.total - having + 0.5) / (having + 0.5))

    @cached_property
    def languages(self) -> list[str]:
        """The languages of the record, without regions."""
        return sorted({words.primary(language) for language in self._claims_by_language})

    @cached_property
    def synonyms(self) -> Synonyms:
        """The groups of the desk."""
        return Synonyms.stored()

    def frequencies(self, hashes: Iterable[int]) -> dict[int, int]:
        """The number of claims that have each of these stems. Stems that no claim has are left out."""
        hashes = set(hashes)
        if wanted := list(hashes - self._asked):
            self._asked.update(wanted)
            found = rows("SELECT hash, claims FROM claims_stem WHERE hash = ANY(%s) AND claims > 0", [wanted])
            self._frequencies.update(found)
        return {one: self._frequencies[one] for one in hashes if one in self._frequencies}

    def hashes(self, expression: Iterable[str], language: str) -> list[int]:
        """The stems of an expression in a language, hashed, each once."""
        return list(dict.fromkeys(words.hashed(stem, language) for stem in words.stems(expression, language)))

    def hashes_in_all(self, expression: Iterable[str]) -> set[int]:
        """The stems of an expression in every language of the record, hashed."""
        expression = list(expression)
        return {one for language in self.languages for one in self.hashes(expression, language)}

    def is_stop_word(self, word: str) -> bool:
        """True if the word is a stop word in one of the languages."""
        return any(words.is_stop_word(word, language) for language in self.languages)

    def is_common(self, word: str) -> bool:
        """True if the word is a real word of a language of the record or of the pages. It isn't misspelled."""
        languages = {*self.languages, *(words.primary(language) for language, _name in settings.LANGUAGES)}
        return any(words.is_common(word, language) for language in languages)


def read(query: Query, index: Index) -> Reading:
    """What the query looks for. Runs at most six queries."""
    language = words.told_language(query.words)
    typed = [word for word in query.words if not words.is_stop_word(word, language)]
    searched, corrections = _searched(typed, query, index)
    units = list(_units(query.words, searched, index))
    terms, stop_words, lookups = _terms(units, index, language if language in index.languages else "")
    known = index.frequencies(one for word in typed for one in index.hashes_in_all(searched[word]))
    return Reading(
        terms=terms,
        stop_words=stop_words,
        lookups=lookups,
        corrections=corrections,
        unknown=[
            word
            for word in typed
            if known.keys().isdisjoint(index.hashes_in_all(searched[word])) and not index.is_stop_word(word)
        ],
        has_words=any(not index.is_stop_word(word) for word in typed),
    )


def read_posts(posts: Sequence[Query], index: Index, *, language: str = "") -> list[Reading]:
    """What each of these posts looks for. Runs at most three queries, however many posts there are.

    `language` is that of all posts. Without it, it is told from the words of all of them.
    """
    language = words.primary(language) if language else words.told_language(word for one in posts for word in one.words)
    own_language = language if language in index.languages else ""
    units = []
    for post in posts:
        searched = {word: [word] for word in post.words if not words.is_stop_word(word, language)}
        units.append(list(_units(post.words, searched, index)))
    # Ask for the frequencies of all stems at once, so that `_terms` needs no query.
    index.frequencies(
        one
        for some in units
        for expressions in some
        for expression in expressions
        for tag in _languages_of(expression, index, own_language)
        for one in index.hashes(expression, tag)
    )
    return [Reading(*_terms(some, index, own_language)) for some in units]


def _searched(typed: list[str], query: Query, index: Index) -> tuple[dict[str, list[str]], dict[str, str]]:
    """The words to look up for each word of the query, and the corrections among them.

    A word that the record has, that is a real word or that is quoted is looked up as it is. Of the others, the one
    being typed is replaced by its completions, and misspelled ones by the words that were probably meant.
    """
    searched = {word: [word] for word in typed}
    if query.is_post:
        return searched, {}
    known = index.frequencies(index.hashes_in_all(typed))
    misspelled = [
        word
        for word in typed
        if word not in query.quoted
        and known.keys().isdisjoint(index.hashes_in_all([word]))
        and not index.is_stop_word(word)
        and not index.is_common(word)
    ]
    if query.unfinished in misspelled and (completed := spelling.completions(query.unfinished)):
        misspelled.remove(query.unfinished)
        searched[query.unfinished] = completed
    corrections = spelling.corrections(misspelled)
    return searched | {word: [correction] for word, correction in corrections.items()}, corrections


def _units(every: list[str], searched: dict[str, list[str]], index: Index) -> Iterator[dict[Expression, float]]:
    """The parts of the query that have one meaning each, as the expressions for it with the share that each counts.

    `every` has the stop words too, which can be a part of an expression.
    """
    first = [searched.get(word, [word])[0] for word in every]
    matches = dict(index.synonyms.matches(first)) if searched else {}
    place = 0
    while place < len(every):
        match = matches.get(place)
        if match:
            own = tuple(first[place : place + match.length])
            yield dict.fromkeys(match.others, _SYNONYM) | {own: 1.0}
        elif every[place] in searched:
            yield {(word,): 1.0 for word in searched[every[place]]}
        place += match.length if match else 1


def _languages_of(expression: Expression, index: Index, own_language: str) -> list[str]:
    is_common = own_language and all(words.is_common(word, own_language) for word in expression)
    return [own_language] if is_common else index.languages


def _certainty(expression: Expression, language: str) -> float:
    searched = [word for word in expression if not words.is_stop_word(word, language)]
    return _ONE_WORD_OF_SEVERAL if len(searched) == 1 < len(expression) else 1.0


def _terms(
    units: list[dict[Expression, float]], index: Index, own_language: str
) -> tuple[list[Term], list[Term], list[Lookup]]:
    """The terms of the units, those that are stop words in some language, and the stems that select candidates.

    If the query's own language is known, its common words are looked up in that language alone. Names and numbers are
    looked up in all, and so is everything if the language isn't known.
    """
    hashed = [
        (unit, number, language, share * _certainty(expression, language), len(expression) > 1, hashes)
        for unit, expressions in enumerate(units)
        for number, (expression, share) in enumerate(expressions.items())
        for language in _languages_of(expression, index, own_language)
        if (hashes := index.hashes(expression, language))
    ]
    frequency = index.frequencies(one for *_unit, hashes in hashed for one in hashes)
    claims: dict[tuple[int, int], int] = {}
    single: dict[tuple[int, str], dict[int, int]] = {}
    pieces: dict[int, tuple[int, str]] = {}
    for unit, number, language, _share, is_of_words, hashes in hashed:
        known = {one: frequency[one] for one in hashes if one in frequency}
        if not known:
            continue
        claims[unit, number] = claims.get((unit, number), 0) + min(known.values())
        if is_of_words:
            # A claim with the whole expression has the rarest of its words.
            rarest = min(known, key=known.__getitem__)
            single.setdefault((unit, language), {})[rarest] = known[rarest]
        elif len(hashes) == 1:
            single.setdefault((unit, language), {}).update(known)
        else:
            pieces.update({one: (count, language) for one, count in known.items()})
    rarity: dict[int, float] = {}
    for (unit, _number), count in claims.items():
        rarity[unit] = min(rarity.get(unit, index.rarity(count)), index.rarity(count))
    most = max(rarity.values(), default=1.0)

    def term(one: int, language: str, unit: int, expression: int, share: float) -> Term:
        cover = _COMMON_WORD + (1 - _COMMON_WORD) * rarity[unit] / most
        return Term(one, language, unit, expression, gain=rarity[unit] * share, cover=cover * share)

    terms = [
        term(one, language, unit, number, share / len(hashes))
        for unit, number, language, share, _is_of_words, hashes in hashed
        for one in hashes
        if one in frequency
    ]
    stop_words = [
        term(0, language, unit, 0, 1.0)
        for unit in rarity
        for language in dict.fromkeys(one.language for one in terms)
        if all(words.is_stop_word(word, language) for expression in units[unit] for word in expression)
    ]
    lookups = [Lookup(sum(group.values()), language, sorted(group)) for (_unit, language), group in single.items()]
    lookups += [Lookup(count, language, [one]) for one, (count, language) in pieces.items()]
    return terms, stop_words, sorted(lookups)
