"""Words that no published claim has: completions of unfinished ones, and corrections of misspelled ones.

Both come from the words of the record alone.
"""

from collections.abc import Iterable, Sequence
from string import ascii_lowercase

from claims.search.rows import rows

# The limits of one search.
_MOST_COMPLETIONS = 12
_MOST_TO_CORRECT = 6
_MOST_NEAREST = 4

_SHORTEST_TO_COMPLETE = 2
_SHORTEST_TO_CORRECT = 4
# A word of at least this length may have two mistakes.
_LONG_WORD = 8


def completions(beginning: str) -> list[str]:
    """The most common words of the record with this beginning."""
    if len(beginning) < _SHORTEST_TO_COMPLETE:
        return []
    pattern = beginning.replace("%", r"\%") + "%"
    return [
        word
        for (word,) in rows(
            "SELECT word FROM claims_word WHERE word LIKE %s AND claims > 0 ORDER BY claims DESC, word LIMIT %s",
            [pattern, _MOST_COMPLETIONS],
        )
    ]


def corrections(typed: Iterable[str]) -> dict[str, str]:
    """The misspelled ones of these words, each with the word of the record that was probably meant.

    That word begins with the same letter and differs by one mistake, or by two if the word is long. A mistake is a
    letter too many, missing, wrong, or swapped with its neighbour. So no word becomes its opposite by losing a prefix.
    """
    wanted = [word for word in typed if len(word) >= _SHORTEST_TO_CORRECT and not word[0].isdigit()]
    wanted = wanted[:_MOST_TO_CORRECT]
    if not wanted:
        return {}
    near = rows(
        """
        SELECT typed, word, claims FROM unnest(%s::text[]) AS typed CROSS JOIN LATERAL (
            SELECT word, claims FROM claims_word WHERE word %% typed AND claims > 0 AND left(word, 1) = left(typed, 1)
            ORDER BY similarity(word, typed) DESC, claims DESC, word LIMIT 30
        ) AS similar_word
        UNION SELECT typed, word, claims FROM unnest(%s::text[], %s::text[]) AS variant (typed, word)
        JOIN claims_word USING (word) WHERE claims > 0
        """,
        [wanted, *_variants(wanted)],
    )
    found: dict[str, tuple[int, int, str]] = {}
    for word, other, claims in near:
        mistakes = distance(word, other)
        if mistakes <= (2 if len(word) >= _LONG_WORD else 1) and word[0] == other[0]:
            found[word] = min(found.get(word, (9, 0, "")), (mistakes, -claims, other))
    return {word: found[word][2] for word in wanted if word in found}


def nearest(typed: Iterable[str]) -> list[str]:
    """The words of the record that look most like these: for a reader whose words no claim has."""
    wanted = [word for word in typed if len(word) >= _SHORTEST_TO_CORRECT][:_MOST_TO_CORRECT]
    if not wanted:
        return []
    found = rows(
        """
        SELECT word FROM unnest(%s::text[]) AS typed CROSS JOIN LATERAL (
            SELECT word, similarity(word, typed) AS likeness FROM claims_word WHERE word %% typed AND claims > 0
            ORDER BY similarity(word, typed) DESC, claims DESC, word LIMIT %s
        ) AS similar_word ORDER BY likeness DESC, word
        """,
        [wanted, _MOST_NEAREST],
    )
    return list(dict.fromkeys(word for (word,) in found))


def distance(left: str, right: str) -> int:
    """The number of letters to add, remove, replace or swap with a neighbour (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for place, letter in enumerate(left, start=1):
        older, before, row = before, row, [place]
        for other, (right_letter, diagonal) in enumerate(zip(right, before, strict=False), start=1):
            best = min(before[other] + 1, row[-1] + 1, diagonal + (letter != right_letter))
            swapped = place > 1 < other and left[place - 2 : place] == right[other - 2 : other][::-1]
            row.append(min(best, older[other - 2] + 1) if swapped else best)
    return row[-1]


def _variants(typed: Sequence[str]) -> tuple[list[str], list[str]]:
    """Each word beside every word of Latin letters that one mistake after its first letter leads to.

    Trigrams miss most of them: `devner` and `denver` have three of eleven in common.
    """
    words, variants = [], []
    for word in typed:
        if not word.isascii():
            continue
        made: set[str] = set()
        for place in range(1, len(word) + 1):
            head, tail = word[:place], word[place:]
            made.update(head + letter + tail for letter in ascii_lowercase)
            made.update(head + letter + tail[1:] for letter in ascii_lowercase if tail)
            made.add(head + tail[1:])
            made.add(head + tail[1:2] + tail[:1] + tail[2:])
        words += [word] * len(made)
        variants += sorted(made)
    return words, variants
