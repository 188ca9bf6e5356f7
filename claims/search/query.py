"""Search: parse what a reader types and find the published claims that match it best.

The database selects at most `MOST_CANDIDATES` candidates by the rarest words of the query, and BM25 ranks them. Only
tables made from the record are read. So a draft can't affect the results, their order, the corrections or the
completions.
"""

import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from math import log
from typing import Any

from django.db import connection
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from factcheck.core import words

# The limits of one search, whatever is typed.
MOST_CHARACTERS = 1_000
MOST_WORDS = 40
MOST_CANDIDATES = 10_000
_MOST_RANKED_TERMS = 24
_MOST_LANGUAGES = 8
_MOST_COMPLETIONS = 12
_MOST_CORRECTIONS = 4

# The BM25 parameters k1 and b, for short texts: repeated words and length count for less than usual.
_SATURATION = 0.6
_LENGTH = 0.4
# A claim is shown if its matched words, added up by rarity, come to at least this share of the best claim's.
_LEAST_COVERED = 0.5
_SHORTEST_TO_CORRECT = 4
_SHORTEST_TO_COMPLETE = 2
_LEAST_ALIKE = 0.72

_QUOTED = re.compile(r"(?P<not>(?<!\S)-)?[\"“”„«»](?P<phrase>[^\"“”„«»]*)[\"“”„«»]")
_EXCLUDED = re.compile(r"(?<!\S)-(?=[^\W\d])(\S+)")


@dataclass(frozen=True)
class Query:
    """A parsed query. Its words are plain: see `factcheck.core.words.plain`."""

    words: list[str]
    phrases: list[list[str]]
    excluded: list[str]
    excluded_phrases: list[list[str]]
    # The word that the reader may still be typing.
    unfinished: str = ""

    @classmethod
    def parse(cls, text: str) -> "Query":
        """Parse quoted phrases, exclusions (`-word` and `-"phrase"`) and words. Accepts any text."""
        phrases: list[list[str]] = []
        excluded_phrases: list[list[str]] = []

        def take_phrase(quoted: re.Match[str]) -> str:
            if found := words.plain(quoted["phrase"])[:MOST_WORDS]:
                (excluded_phrases if quoted["not"] else phrases).append(found)
            return " "

        text = text[:MOST_CHARACTERS]
        rest = _QUOTED.sub(take_phrase, text)
        excluded = words.plain(" ".join(word[1] for word in _EXCLUDED.finditer(rest)))
        rest = _EXCLUDED.sub(" ", rest)
        loose = words.plain(rest)
        every = dict.fromkeys([*(word for phrase in phrases for word in phrase), *loose])
        return cls(
            words=list(every)[:MOST_WORDS],
            phrases=phrases,
            excluded=excluded[:MOST_WORDS],
            excluded_phrases=excluded_phrases,
            unfinished=loose[-1] if loose and text[-1:].isalnum() and rest.endswith(text[-1:]) else "",
        )


@dataclass(frozen=True)
class Found:
    """The claims that match a query: the place of each by its primary key. Equal claims share a place."""

    places: dict[int, int] = field(default_factory=dict)
    # True if there were more than `MOST_CANDIDATES` candidates.
    is_capped: bool = False
    # Typed words that no claim has, each with the word that was searched instead.
    corrections: dict[str, str] = field(default_factory=dict)
    # Typed words that no claim has and that are not similar to any word.
    unknown: list[str] = field(default_factory=list)
    # False if the query has no word that can be searched for.
    has_words: bool = True
    # True if no claim has the quoted words in their order, so that they were searched without the quotes.
    is_loose: bool = False
    # The hashed stems to mark in texts.
    marks: frozenset[int] = frozenset()

    def corrected(self, text: str) -> str:
        """`text` with the corrections applied."""
        for typed, correction in self.corrections.items():
            text = _with_correction(text, typed, correction)
        return text

    def marked(self, text: str, language: str) -> SafeString:
        """`text` as safe HTML, with the words that were searched for in `<mark>`."""
        parts, end = [], 0
        for start, stop, found in words.pieces(text) if self.marks else ():
            stems = {words.hashed(stem) for stem in words.stems(found, language)}
            if stems and stems <= self.marks:
                parts += [escape(text[end:start]), "<mark>", escape(text[start:stop]), "</mark>"]
                end = stop
        return mark_safe("".join([*parts, escape(text[end:])]))  # noqa: S308 — every part is escaped above


@dataclass(frozen=True)
class _Term:
    """One stem to look up for a word of the query. Of the terms with the same part, only the best one counts."""

    hash: int
    part: int
    share: float = 1.0


def find(text: str) -> Found:
    """The published claims that match `text`, best first. Accepts any text and takes bounded time."""
    query = Query.parse(text)
    if not (query.words or query.excluded or query.excluded_phrases):
        return Found(has_words=False)
    total, languages = _languages()
    found = _find(query, total, languages)
    if query.phrases and not found.places:
        return replace(_find(replace(query, phrases=[]), total, languages), is_loose=True)
    return found


def _find(query: Query, total: int, languages: list[str]) -> Found:
    frequency = _frequencies(_stems(query.words, languages))
    searched, corrections = _searched_words(query, languages, frequency)
    terms = list(_terms(searched, languages))
    frequency |= _frequencies({term.hash for term in terms} - frequency.keys())
    terms = [term for term in terms if term.hash in frequency]
    if query.words and not terms:
        return Found(has_words=all(_stems(query.words, [language]) for language in languages))
    ranked = _rarest(terms, frequency)
    rarity = {
        term: term.share * log(1 + (total - df + 0.5) / (df + 0.5))
        for term in ranked
        for df in [min(frequency[term.hash], total)]
    }
    conditions, values = _conditions(query, languages, _lookup_stems(ranked, frequency))
    scored = _scored(conditions, values, rarity)
    best = max((covered for _pk, _score, covered in scored), default=0.0)
    kept = [(pk, score) for pk, score, covered in scored if covered >= best * _LEAST_COVERED]
    return Found(
        places=_places(kept),
        is_capped=len(scored) > MOST_CANDIDATES,
        corrections=corrections,
        unknown=[word for word, used in searched.items() if not _is_known(used, languages, frequency)],
        marks=frozenset(term.hash for term in ranked),
    )


def _places(scored: Iterable[tuple[int, float]]) -> dict[int, int]:
    """The place of each claim. Scores that differ only by rounding errors share a place."""
    newest = sorted(scored, reverse=True)[:MOST_CANDIDATES]
    rounded = {pk: round(score, 6) for pk, score in newest}
    place = {score: number for number, score in enumerate(sorted(set(rounded.values()), reverse=True))}
    return {pk: place[score] for pk, score in rounded.items()}


# The words of the query


def _languages() -> tuple[int, list[str]]:
    """The number of published claims, and their most common languages."""
    rows = _rows("SELECT value, claims FROM claims_facet WHERE kind = 'language' ORDER BY claims DESC, value")
    return sum(claims for _language, claims in rows), [language for language, _claims in rows[:_MOST_LANGUAGES]]


def _stems(found: Iterable[str], languages: Iterable[str]) -> set[int]:
    return {words.hashed(stem) for language in languages for stem in words.stems(found, language)}


def _is_known(found: Iterable[str], languages: list[str], frequency: Container[int]) -> bool:
    """True if a claim has any of these words, or if they are all stop words in one of the languages."""
    found = list(found)
    if not all(_stems(found, [language]) for language in languages):
        return True
    return any(stem in frequency for stem in _stems(found, languages))


def _frequencies(hashes: Iterable[int]) -> dict[int, int]:
    """The number of claims that have each stem. Stems that no claim has are left out."""
    if not (hashes := list(hashes)):
        return {}
    return dict(_rows("SELECT hash, claims FROM claims_stem WHERE hash = ANY(%s) AND claims > 0", [hashes]))


def _searched_words(
    query: Query, languages: list[str], frequency: Container[int]
) -> tuple[dict[str, list[str]], dict[str, str]]:
    """The words to look up for each word of the query, and the corrections among them.

    A word that the record has is looked up itself. Of the other words, the one being typed is replaced by its
    completions, and others by the most similar word of the record, if there is one.
    """
    searched = {word: [word] for word in query.words}
    corrections: dict[str, str] = {}
    quoted = {word for phrase in query.phrases for word in phrase}
    for word in query.words:
        if word in quoted or _is_known([word], languages, frequency):
            continue
        if word == query.unfinished and (completed := _completions(word)):
            searched[word] = completed
        elif len(corrections) < _MOST_CORRECTIONS and (correction := _correction(word)):
            searched[word], corrections[word] = [correction], correction
    return searched, corrections


def _completions(beginning: str) -> list[str]:
    """The most common words of the record with this beginning."""
    if len(beginning) < _SHORTEST_TO_COMPLETE:
        return []
    pattern = beginning.replace("%", r"\%") + "%"
    return [
        word
        for (word,) in _rows(
            "SELECT word FROM claims_word WHERE word LIKE %s AND claims > 0 ORDER BY claims DESC, word LIMIT %s",
            [pattern, _MOST_COMPLETIONS],
        )
    ]


def _correction(typed: str) -> str:
    """The word of the record that is most similar to `typed`, or the empty text if none is similar enough."""
    if len(typed) < _SHORTEST_TO_CORRECT or typed[0].isdigit():
        return ""
    rows = _rows(
        "SELECT word, claims FROM claims_word WHERE word %% %s AND claims > 0 "
        "ORDER BY similarity(word, %s) DESC, claims DESC, word LIMIT 30",
        [typed, typed],
    )
    alike = [(SequenceMatcher(None, typed, word, autojunk=False).ratio(), claims, word) for word, claims in rows]
    likeness, _claims, word = max(alike, default=(0.0, 0, ""))
    return word if likeness >= _LEAST_ALIKE else ""


def _terms(searched: dict[str, list[str]], languages: list[str]) -> Iterator[_Term]:
    """Every stem that the words can have in the languages of the record."""
    part = 0
    for alternatives in searched.values():
        whole: dict[int, None] = {}
        pieces: dict[int, None] = {}
        for word in alternatives:
            for language in languages:
                stems = [words.hashed(stem) for stem in words.stems([word], language)]
                (whole if len(stems) == 1 else pieces).update(dict.fromkeys(stems))
        yield from (_Term(stem, part) for stem in whole)
        for number, stem in enumerate(pieces, start=1):
            yield _Term(stem, part + number, share=1 / len(pieces))
        part += 1 + len(pieces)


def _by_part(terms: Iterable[_Term], frequency: dict[int, int]) -> list[list[_Term]]:
    """The terms of each part. The part that the fewest claims have comes first."""
    parts: dict[int, list[_Term]] = {}
    for term in terms:
        parts.setdefault(term.part, []).append(term)
    return sorted(parts.values(), key=lambda part: sum(frequency[term.hash] for term in part))


def _rarest(terms: Iterable[_Term], frequency: dict[int, int]) -> list[_Term]:
    return [term for part in _by_part(terms, frequency) for term in part][:_MOST_RANKED_TERMS]


def _lookup_stems(terms: Iterable[_Term], frequency: dict[int, int]) -> list[int]:
    """The stems that select candidates, rarest first: as many as `MOST_CANDIDATES` allows."""
    stems: list[int] = []
    claims = 0
    for part in _by_part(terms, frequency):
        claims += sum(frequency[term.hash] for term in part)
        if stems and claims > MOST_CANDIDATES:
            break
        stems += [term.hash for term in part]
    return stems


# The database


def _conditions(query: Query, languages: list[str], lookup: list[int]) -> tuple[str, list[Any]]:
    """The SQL condition that selects candidates, with its parameters."""
    conditions: list[str] = []
    values: list[Any] = []

    def where(condition: str, value: Any) -> None:
        conditions.append(condition)
        values.append(value)

    if lookup:
        where("words && %s::int4[]", lookup)
    for phrase in query.phrases:
        for word in dict.fromkeys(phrase):
            if stems := sorted(_stems([word], languages)):
                where("words && %s::int4[]", stems)
        where("position(%s in text) > 0", f" {' '.join(phrase)} ")
    if left_out := sorted(_stems(query.excluded, languages)):
        where("NOT words && %s::int4[]", left_out)
    for phrase in query.excluded_phrases:
        where("position(%s in text) = 0", f" {' '.join(phrase)} ")
    return " AND ".join(conditions) or "true", values


def _scored(conditions: str, values: list[Any], rarity: dict[_Term, float]) -> list[tuple[int, float, float]]:
    """The primary key, BM25 score and summed rarity of each candidate. Only the newest if there are too many."""
    candidates = (
        "SELECT published_id, words, weights, length FROM claims_searchrow "  # noqa: S608 — see _conditions
        f"WHERE {conditions} ORDER BY published_id DESC LIMIT {MOST_CANDIDATES + 1}"
    )
    if not rarity:
        return [(pk, 0.0, 0.0) for pk, *_rest in _rows(candidates, values)]
    return _rows(
        f"""
        WITH candidate AS MATERIALIZED ({candidates}),
        part AS (
            SELECT published_id,
                   max(rarity * times * {_SATURATION + 1} / (times + {_SATURATION}
                       * (1 - {_LENGTH} + {_LENGTH} * length / greatest(average, 1)))) AS score,
                   max(rarity) AS covered
            FROM (SELECT *, avg(length) OVER () AS average FROM candidate) AS candidate
            CROSS JOIN unnest(%s::int4[], %s::int4[], %s::float8[]) AS term (hash, part, rarity)
            CROSS JOIN LATERAL (SELECT weights[array_position(words, hash)] / 2.0::float8 AS times) AS found
            WHERE times IS NOT NULL
            GROUP BY published_id, part
        )
        SELECT published_id, sum(score), sum(covered) FROM part GROUP BY published_id
        """,  # noqa: S608 — constant numbers; see _conditions
        [
            *values,
            [term.hash for term in rarity],
            [term.part for term in rarity],
            list(rarity.values()),
        ],
    )


def _rows(sql: str, values: list[Any] | None = None) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def _with_correction(text: str, typed: str, correction: str) -> str:
    """`text` with every spelling of `typed` replaced by `correction`."""
    for start, stop, found in reversed(list(words.pieces(text))):
        if found == [typed]:
            text = text[:start] + correction + text[stop:]
    return text
