"""The claims of the desk that readers don't see, or don't see as they are now. Only the desk may ask for them.

PostgreSQL finds them by an index of their statements, so a draft is found as soon as it is saved, whatever saved it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from claims.choices import PUBLIC_STATES, State
from claims.matching.answers import Draft
from claims.matching.documents import Document
from claims.models import Claim
from claims.search.indexing import FULL
from claims.search.reading import Index
from claims.search.rows import rows
from factcheck.core import words

# The words of a text that drafts are looked up by: its rarest ones.
_MOST_WORDS = 12
# Of the drafts with these words, this many are compared in full: those that share most.
_MOST_COMPARED = 50

# As the index has it.
_PUBLIC = ", ".join(f"'{state}'" for state in PUBLIC_STATES)
_TOKEN = re.compile(r"\w+")


@dataclass(frozen=True)
class Drafts:
    """The drafts that share words with some texts: for each text their primary keys, and all of them."""

    candidates: list[list[int]] = field(default_factory=list)
    drafts: dict[int, Draft] = field(default_factory=dict)
    documents: dict[int, Document] = field(default_factory=dict)


class DeskIndex(Index):
    """The words of the record and of some drafts."""

    def __init__(self, drafts: Drafts) -> None:
        super().__init__()
        self._of_drafts = Counter(stem for document in drafts.documents.values() for stem in document.stems)
        self._drafts = drafts

    def claims_by_language(self) -> Counter[str]:
        return super().claims_by_language() + Counter(draft.language for draft in self._drafts.drafts.values())

    def frequencies(self, hashes: Iterable[int]) -> dict[int, int]:
        wanted = set(hashes)
        in_record = super().frequencies(wanted)
        return {one: count for one in wanted if (count := in_record.get(one, 0) + self._of_drafts[one])}


def find(texts: Sequence[str], index: Index, most: int, *, language: str = "") -> Drafts:
    """The drafts with the rarest words of each text. Runs two queries, besides those of the index."""
    wanted = {place: pattern for place, pattern in enumerate(patterns(texts, index, language)) if pattern}
    found = rows(
        f"""
        SELECT place, near.id FROM unnest(%s::text[], %s::int4[]) AS asked (pattern, place) CROSS JOIN LATERAL (
            SELECT id FROM (
                SELECT id, statement FROM claims_claim
                WHERE to_tsvector('simple', left(statement, 10000)) @@ pattern::tsquery AND NOT (state IN ({_PUBLIC}))
                LIMIT %s
            ) AS candidate
            ORDER BY ts_rank(to_tsvector('simple', left(statement, 10000)), pattern::tsquery) DESC, id DESC LIMIT %s
        ) AS near
        """,  # noqa: S608 — constants of ours
        [list(wanted.values()), list(wanted), most, _MOST_COMPARED],
    )
    candidates: list[list[int]] = [[] for _text in texts]
    for place, pk in found:
        candidates[place].append(pk)
    read = Claim.objects.filter(pk__in={pk for _place, pk in found}).values_list(
        "pk", "slug", "statement", "language", "state"
    )
    drafts = {
        pk: Draft(pk, slug, statement, tag, state, str(State(state).label)) for pk, slug, statement, tag, state in read
    }
    return Drafts(candidates, drafts, {pk: _document(draft) for pk, draft in drafts.items()})


def _document(draft: Draft) -> Document:
    stems = Counter(
        words.hashed(stem, draft.language) for stem in words.stems(words.plain(draft.statement), draft.language)
    )
    return Document({stem: FULL * times for stem, times in stems.items()}, FULL * stems.total())


def patterns(texts: Sequence[str], index: Index, language: str = "") -> list[str]:
    """For each text a query for statements with one of its rarest words, whatever their endings."""
    tokens = [dict.fromkeys(_TOKEN.findall(text.casefold())) for text in texts]
    told = language or words.told_language(token for some in tokens for token in some)
    plain = {token: words.plain(token)[:1] for some in tokens for token in some}
    stems = {token: index.hashes_in_all(found) or set() for token, found in plain.items()}
    counts = index.frequencies(stem for some in stems.values() for stem in some)
    found = []
    for some in tokens:
        rarest = sorted(
            (
                token
                for token in some
                if plain[token] and len(token) <= words.LONGEST_WORD and not _is_stop_word(plain[token][0], told, index)
            ),
            key=lambda token: sum(counts.get(stem, 0) for stem in stems[token]),
        )
        found.append(" | ".join(f"'{_beginning(token, told)}':*" for token in rarest[:_MOST_WORDS]))
    return found


def _is_stop_word(word: str, told: str, index: Index) -> bool:
    return words.is_stop_word(word, told) if told else index.is_stop_word(word)


def _beginning(token: str, language: str) -> str:
    """The part of a word that its other forms have too, as the stemmer of the language sees it."""
    stem = "".join(words.stems(words.plain(token), language)) if language else token
    same = 0
    while same < min(len(stem), len(token)) and stem[same] == words.folded(token[same]):
        same += 1
    return token[:same] if same > len(token) // 2 else token
