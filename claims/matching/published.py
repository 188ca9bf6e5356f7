"""The published claims that share the rarest words with a text. Only the record is read."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from heapq import nlargest

from claims.matching.documents import Document
from claims.search.reading import Reading
from claims.search.rows import rows

# Of the claims with rare words of a text, this many are compared in full: those that share most. Of all texts together,
# about this many.
_MOST_COMPARED, _LEAST_COMPARED = 200, 30
_MOST_COMPARED_IN_ALL = 6_000
# If even the rarest word of a text is in too many claims, those with this many of its rarest words are found.
_TOGETHER = (2, 3)

# Stems that a claim must have together.
_Stems = tuple[int, ...]


def candidates(readings: Sequence[Reading], most: int) -> list[list[int]]:
    """For each reading, the published claims with its rarest stems, as primary keys. Runs one query.

    Of the index, about `most` entries are read for a reading, and those of the rarest word of each language.
    """
    chosen = [dict(_lookups(reading, most)) for reading in readings]
    wanted = sorted({stems for lookups in chosen for stems in lookups})
    found: dict[str, list[int]] = dict(
        rows(
            "SELECT wanted, array_agg(published_id) FROM unnest(%s::text[]) AS wanted CROSS JOIN LATERAL "
            "(SELECT published_id FROM claims_searchrow WHERE words @> wanted::int4[] LIMIT %s) AS found "
            "GROUP BY wanted",
            [[_array(stems) for stems in wanted], most],
        )
    )
    compared = max(_LEAST_COMPARED, min(_MOST_COMPARED, _MOST_COMPARED_IN_ALL // max(1, len(readings))))
    lists = []
    for lookups in chosen:
        gains: dict[int, float] = defaultdict(float)
        for stems, gain in lookups.items():
            for pk in found.get(_array(stems), ()):
                gains[pk] += gain
        lists.append([pk for _gain, pk in nlargest(compared, ((gain, pk) for pk, gain in gains.items()))])
    return lists


def documents(ids: Iterable[int]) -> dict[int, Document]:
    """The documents of these published claims. Runs one query."""
    found = rows(
        "SELECT published_id, words, weights, length, first_published_at FROM claims_searchrow "
        "JOIN claims_publishedclaim ON id = published_id WHERE published_id = ANY(%s)",
        [sorted(set(ids))],
    )
    return {
        pk: Document(dict(zip(stems, weights, strict=True)), length, at.date())
        for pk, stems, weights, length, at in found
    }


def _lookups(reading: Reading, most: int) -> Iterable[tuple[_Stems, float]]:
    """What to look up in the index, each with what a claim gains that has it."""
    gains: dict[int, float] = {}
    for term in reading.terms:
        gains[term.hash] = gains.get(term.hash, 0.0) + term.gain
    for one in reading.rarest(most):
        yield from (((stem,), gains[stem]) for stem in one.stems)
    for first, *others in reading.by_language().values():
        if first.claims > most:
            rarest = [one.stems[0] for one in (first, *others)]
            for length in _TOGETHER:
                if len(rarest) >= length:
                    together = tuple(sorted(rarest[:length]))
                    yield together, sum(gains[stem] for stem in together)


def _array(stems: _Stems) -> str:
    return f"{{{','.join(map(str, stems))}}}"
