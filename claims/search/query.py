"""What a reader types, and the published claims that fit it best.

The database finds candidates by the rarest words of the query, and never more than `MOST_CANDIDATES`; BM25 puts them
in order. Only tables that follow from the record are read, so a draft can influence neither what is found nor the
order, the corrections or the completions.
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

# The bounds of one search, whatever is typed.
MOST_CHARACTERS = 1_000
MOST_WORDS = 40
MOST_CANDIDATES = 10_000
_MOST_RANKED_TERMS = 24
_MOST_LANGUAGES = 8
_MOST_COMPLETIONS = 12
_MOST_CORRECTIONS = 4

# BM25 for short texts: a word that comes back says little more, and length counts for less than usual.
_SATURATION = 0.6
_LENGTH = 0.4
# A claim is shown when it holds this much of what the best one holds of the query, by the rarity of the words.
_LEAST_COVERED = 0.5
_SHORTEST_TO_CORRECT = 4
_SHORTEST_TO_COMPLETE = 2
_LEAST_ALIKE = 0.72

_QUOTED = re.compile(r"(?P<not>(?<!\S)-)?[\"“”„«»](?P<phrase>[^\"“”„«»]*)[\"“”„«»]")
_EXCLUDED = re.compile(r"(?<!\S)-(?=[^\W\d])(\S+)")


@dataclass(frozen=True)
class Query:
    """What was typed, taken apart. Words are plain: see `factcheck.core.words.plain`."""

    words: list[str]
    phrases: list[list[str]]
    excluded: list[str]
    excluded_phrases: list[list[str]]
    # The word that the reader may still be typing.
    begun: str = ""

    @classmethod
    def parse(cls, text: str) -> "Query":
        """Quoted phrases, `-word` and `-"phrase"` to leave out, and words. Takes anything."""
        phrases: list[list[str]] = []
        excluded_phrases: list[list[str]] = []

        def take(quoted: re.Match[str]) -> str:
            if found := words.plain(quoted["phrase"])[:MOST_WORDS]:
                (excluded_phrases if quoted["not"] else phrases).append(found)
            return " "

        text = text[:MOST_CHARACTERS]
        rest = _QUOTED.sub(take, text)
        excluded = words.plain(" ".join(word[1] for word in _EXCLUDED.finditer(rest)))
        rest = _EXCLUDED.sub(" ", rest)
        loose = words.plain(rest)
        every = dict.fromkeys([*(word for phrase in phrases for word in phrase), *loose])
        return cls(
            words=list(every)[:MOST_WORDS],
            phrases=phrases,
            excluded=excluded[:MOST_WORDS],
            excluded_phrases=excluded_phrases,
            begun=loose[-1] if loose and text[-1:].isalnum() and rest.endswith(text[-1:]) else "",
        )


@dataclass(frozen=True)
class Found:
    """The claims that fit a query: their ids, and for each its place, where equal claims share one."""

    places: dict[int, int] = field(default_factory=dict)
    is_capped: bool = False
    # A typed word that no claim holds, and the word that was searched in its place.
    corrections: dict[str, str] = field(default_factory=dict)
    # Typed words that no claim holds and that resemble none.
    unknown: list[str] = field(default_factory=list)
    has_words: bool = True
    # No claim has the quoted words in their order, so the words were searched without the quotes.
    is_loose: bool = False
    marks: frozenset[int] = frozenset()

    def corrected(self, text: str) -> str:
        """`text` with the corrections in it."""
        for typed, meant in self.corrections.items():
            text = _replaced(text, typed, meant)
        return text

    def marked(self, text: str, language: str) -> SafeString:
        """`text` as safe HTML with the words that were searched in `<mark>`."""
        parts, end = [], 0
        for start, stop, found in words.pieces(text) if self.marks else ():
            stems = {words.hashed(stem) for stem in words.stems(found, language)}
            if stems and stems <= self.marks:
                parts += [escape(text[end:start]), "<mark>", escape(text[start:stop]), "</mark>"]
                end = stop
        return mark_safe("".join([*parts, escape(text[end:])]))  # noqa: S308 — every part is escaped above


@dataclass(frozen=True)
class _Term:
    """One spelling under which a word of the query is looked for. Of the terms of one part the best counts."""

    hash: int
    part: int
    share: float = 1.0


def find(text: str) -> Found:
    """The published claims that fit `text`, best first. Takes anything, and a bounded time."""
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
    meant, corrections = _meant(query, languages, frequency)
    terms = list(_terms(meant, languages))
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
    conditions, values = _conditions(query, languages, _gate(ranked, frequency))
    scored = _scored(conditions, values, rarity)
    best = max((covered for _pk, _score, covered in scored), default=0.0)
    kept = [(pk, score) for pk, score, covered in scored if covered >= best * _LEAST_COVERED]
    return Found(
        places=_places(kept),
        is_capped=len(scored) > MOST_CANDIDATES,
        corrections=corrections,
        unknown=[word for word, used in meant.items() if not _known(used, languages, frequency)],
        marks=frozenset(term.hash for term in ranked),
    )


def _places(scored: Iterable[tuple[int, float]]) -> dict[int, int]:
    """The place of each claim; what differs only in the noise of floats shares one."""
    newest = sorted(scored, reverse=True)[:MOST_CANDIDATES]
    rounded = {pk: round(score, 6) for pk, score in newest}
    place = {score: number for number, score in enumerate(sorted(set(rounded.values()), reverse=True))}
    return {pk: place[score] for pk, score in rounded.items()}


# The words of the query


def _languages() -> tuple[int, list[str]]:
    """The number of published claims, and the languages that most of them are in."""
    rows = _rows("SELECT value, claims FROM claims_facet WHERE kind = 'language' ORDER BY claims DESC, value")
    return sum(claims for _language, claims in rows), [language for language, _claims in rows[:_MOST_LANGUAGES]]


def _stems(found: Iterable[str], languages: Iterable[str]) -> set[int]:
    return {words.hashed(stem) for language in languages for stem in words.stems(found, language)}


def _known(found: Iterable[str], languages: list[str], frequency: Container[int]) -> bool:
    """Whether a claim holds any of these words; nobody asks that of what is a stop word in some language."""
    found = list(found)
    if not all(_stems(found, [language]) for language in languages):
        return True
    return any(stem in frequency for stem in _stems(found, languages))


def _frequencies(hashes: Iterable[int]) -> dict[int, int]:
    """In how many claims each stem stands; those in none are missing."""
    if not (hashes := list(hashes)):
        return {}
    return dict(_rows("SELECT hash, claims FROM claims_stem WHERE hash = ANY(%s) AND claims > 0", [hashes]))


def _meant(query: Query, languages: list[str], known: Container[int]) -> tuple[dict[str, list[str]], dict[str, str]]:
    """For each word of the query the words to look for, and those that were corrected.

    A word that the record holds stands for itself. Of the others, the one being typed stands for all that begin
    with it, and each that resembles a word of the record for that one.
    """
    meant = {word: [word] for word in query.words}
    corrections: dict[str, str] = {}
    quoted = {word for phrase in query.phrases for word in phrase}
    for word in query.words:
        if word in quoted or _known([word], languages, known):
            continue
        if word == query.begun and (completed := _completions(word)):
            meant[word] = completed
        elif len(corrections) < _MOST_CORRECTIONS and (correction := _correction(word)):
            meant[word], corrections[word] = [correction], correction
    return meant, corrections


def _completions(begun: str) -> list[str]:
    """The commonest words of the record that begin so."""
    if len(begun) < _SHORTEST_TO_COMPLETE:
        return []
    pattern = begun.replace("%", r"\%") + "%"
    return [
        word
        for (word,) in _rows(
            "SELECT word FROM claims_word WHERE word LIKE %s AND claims > 0 ORDER BY claims DESC, word LIMIT %s",
            [pattern, _MOST_COMPLETIONS],
        )
    ]


def _correction(typed: str) -> str:
    """The word of the record that `typed` resembles most; none when nothing is near."""
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


def _terms(meant: dict[str, list[str]], languages: list[str]) -> Iterator[_Term]:
    """Every stem that the words may have in the languages of the record."""
    part = 0
    for alternatives in meant.values():
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
    """The terms of each part, the part that the fewest claims hold first."""
    parts: dict[int, list[_Term]] = {}
    for term in terms:
        parts.setdefault(term.part, []).append(term)
    return sorted(parts.values(), key=lambda part: sum(frequency[term.hash] for term in part))


def _rarest(terms: Iterable[_Term], frequency: dict[int, int]) -> list[_Term]:
    return [term for part in _by_part(terms, frequency) for term in part][:_MOST_RANKED_TERMS]


def _gate(terms: Iterable[_Term], frequency: dict[int, int]) -> list[int]:
    """The stems, rarest first, that claims are looked up by: as many as the bound on candidates allows."""
    gate: list[int] = []
    claims = 0
    for part in _by_part(terms, frequency):
        claims += sum(frequency[term.hash] for term in part)
        if gate and claims > MOST_CANDIDATES:
            break
        gate += [term.hash for term in part]
    return gate


# The database


def _conditions(query: Query, languages: list[str], gate: list[int]) -> tuple[str, list[Any]]:
    """Which rows are candidates, as SQL with its values."""
    conditions: list[str] = []
    values: list[Any] = []

    def where(condition: str, value: Any) -> None:
        conditions.append(condition)
        values.append(value)

    if gate:
        where("words && %s::int4[]", gate)
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
    """Id, BM25 score and covered rarity of each candidate, the newest candidates when there are too many."""
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
        """,  # noqa: S608 — numbers of ours; see _conditions
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


def _replaced(text: str, typed: str, meant: str) -> str:
    """`text` with `meant` where it has `typed` in any spelling."""
    for start, stop, found in reversed(list(words.pieces(text))):
        if found == [typed]:
            text = text[:start] + meant + text[stop:]
    return text
