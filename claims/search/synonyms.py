"""Words that search treats as equal, from the groups that the desk keeps: `raid`, `operation`, `arrest`.

They expand the query and not the index, so a changed group counts from the next search on.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from claims.search.rows import rows
from factcheck.core import words

# Groups beyond this number aren't read.
MOST_GROUPS = 2_000

# A word, or several: `tipped off`.
Expression = tuple[str, ...]


@dataclass(frozen=True)
class Match:
    """A part of a query that a group has, with the other expressions of the group."""

    length: int
    others: list[Expression]


class Synonyms:
    """All groups. A group is read by the rules of its language and finds claims in every language."""

    def __init__(self, groups: Iterable[tuple[str, str]]) -> None:
        self._by_first: dict[tuple[str, str], list[tuple[Expression, list[Expression]]]] = defaultdict(list)
        self._languages: dict[str, None] = {}
        for language, text in groups:
            expressions = [tuple(words.plain(line)) for line in text.splitlines()]
            expressions = [expression for expression in dict.fromkeys(expressions) if expression]
            self._languages.setdefault(language)
            for expression in expressions:
                stems = _stems(expression, language)
                others = [other for other in expressions if other != expression]
                self._by_first[language, stems[0]].append((stems, others))

    @classmethod
    def stored(cls) -> "Synonyms":
        """The groups of this site. Runs one query."""
        found = rows(
            "SELECT language, words FROM claims_synonymgroup WHERE is_active ORDER BY id LIMIT %s", [MOST_GROUPS]
        )
        return _built(tuple(found))

    def matches(self, typed: Sequence[str]) -> Iterator[tuple[int, Match]]:
        """The place of each part of the words that a group has, longest parts first, none twice."""
        stems = {language: _stems(typed, language) for language in self._languages}
        place = 0
        while place < len(typed):
            match = self._at(place, stems)
            if match:
                yield place, match
            place += match.length if match else 1

    def _at(self, place: int, stems: dict[str, Expression]) -> Match | None:
        found = [
            (len(expression), others)
            for language, in_language in stems.items()
            for expression, others in self._by_first.get((language, in_language[place]), [])
            if in_language[place : place + len(expression)] == expression
        ]
        if not found:
            return None
        longest = max(length for length, _others in found)
        others = dict.fromkeys(other for length, some in found if length == longest for other in some)
        return Match(longest, list(others))


@lru_cache(maxsize=2)
def _built(groups: tuple[tuple[str, str], ...]) -> Synonyms:
    return Synonyms(groups)


def _stems(expression: Iterable[str], language: str) -> Expression:
    """One text for each word, the same for all its forms. Stop words have one too: `at large`."""
    return tuple("".join(words.stems([word], language)) or word for word in expression)
