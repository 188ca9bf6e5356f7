"""The claims that could be what a text says, as the words that they are compared by."""

import datetime
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from claims.search.candidates import LENGTH, SATURATION
from claims.search.indexing import FULL
from claims.search.reading import Reading, Term

# A claim: True if it is a draft, and its primary key, or that of its public row.
Key = tuple[bool, int]


@dataclass(frozen=True)
class Document:
    """The stems of a claim with their weights, and the day on which readers could first read it."""

    stems: Mapping[int, int]
    length: int
    day: datetime.date | None = None


def bm25(reading: Reading, documents: Mapping[Key, Document], average: float) -> dict[Key, float]:
    """The score of each document for what a text looks for. `average` is the length of a usual document."""
    terms: dict[int, list[Term]] = {}
    for term in reading.terms:
        terms.setdefault(term.hash, []).append(term)
    return {key: _score(document, terms, average) for key, document in documents.items()}


def average_length(documents: Sequence[Document]) -> float:
    """The mean length, at least 1."""
    return max(1.0, sum(document.length for document in documents) / max(1, len(documents)))


def _score(document: Document, terms: Mapping[int, Sequence[Term]], average: float) -> float:
    saturation = SATURATION * (1 - LENGTH + LENGTH * document.length / average)
    scores: dict[tuple[int, int], float] = defaultdict(float)
    for stem in terms.keys() & document.stems.keys():
        times = document.stems[stem] / FULL
        for term in terms[stem]:
            scores[term.unit, term.expression] += term.gain * times * (SATURATION + 1) / (times + saturation)
    best: dict[int, float] = {}
    for (unit, _expression), score in scores.items():
        best[unit] = max(best.get(unit, 0.0), score)
    return sum(best.values())
