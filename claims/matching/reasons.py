"""Why a claim may be what a text says: words, names and numbers that both have or that only one of them has."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from claims.matching.answers import Reasons
from claims.search.reading import Index
from factcheck.core import words

# A name: words that begin with a capital, and the short words between them.
_CAPITAL = r"[^\W\d_a-zß-öø-ÿ][^\W_]*(?:['’-][^\W_]+)*"
_NAME = re.compile(rf"{_CAPITAL}(?:\s(?:(?:of|the|and|for|des?|del|la|los|da|do|van|von)\s){{0,2}}{_CAPITAL})*")
# A reason lists at most this many words, names or numbers.
_MOST = 8


@dataclass(frozen=True)
class Words:
    """A text as the words that it is compared by: in order, and each hashed stem with its word."""

    plain: tuple[str, ...]
    stems: Mapping[int, str]

    @classmethod
    def of(cls, text: str, languages: Iterable[str]) -> "Words":
        """The words of a text, with their stems in each of these languages."""
        plain = tuple(words.plain(text))
        stems: dict[int, str] = {}
        for language in languages:
            for word in plain:
                for stem in words.stems([word], language):
                    stems.setdefault(words.hashed(stem, language), word)
        return cls(plain, stems)


@lru_cache(maxsize=1_000)
def words_of(statement: str, language: str) -> Words:
    """The words of a statement or name. Those of the last ones are kept, because claims come up again."""
    return Words.of(statement, [language])


def reasons(
    text: Words,
    statement: str,
    language: str,
    *,
    maker: str,
    index: Index,
    days: int | None,
    likeness: float | None = None,
) -> Reasons:
    """What the text and a claim share. `maker` is who made the claim. Runs no query if `index` has its stems."""
    said = words_of(statement, language)
    weights = {stem: index.rarity(count) for stem, count in index.frequencies(said.stems).items()}
    whole = sum(weights.values())
    shared = sorted(said.stems.keys() & text.stems.keys(), key=lambda stem: (-weights.get(stem, 0.0), said.stems[stem]))
    named = dict.fromkeys([*([maker] if maker else []), *names_in(statement, language)])
    has = {name: _is_named(name, text, language) for name in named}
    of_claim, of_text = _numbers(said.plain), _numbers(text.plain)
    only_claim = [number for number in of_claim if number not in of_text]
    only_text = [number for number in of_text if number not in of_claim]
    return Reasons(
        words=tuple(dict.fromkeys(said.stems[stem] for stem in shared))[:_MOST],
        names=tuple(name for name in named if has[name])[:_MOST],
        missing_names=tuple(name for name in named if not has[name])[:_MOST],
        numbers=tuple(number for number in of_claim if number in of_text)[:_MOST],
        numbers_of_claim=tuple(only_claim)[:_MOST] if only_text else (),
        numbers_of_text=tuple(only_text)[:_MOST] if only_claim else (),
        covered=sum(weights.get(stem, 0.0) for stem in shared) / whole if whole else 0.0,
        days=days,
        likeness=likeness,
    )


def names_in(text: str, language: str) -> Iterator[str]:
    """The names in a text, as written. A word that only begins a sentence, or that is a common word, is none."""
    for found in _NAME.finditer(text):
        name = found[0]
        head, _space, rest = name.partition(" ")
        if rest and words.is_common(words.folded(head), language) and _begins_sentence(text, found.start()):
            name = rest.removeprefix("the ").removeprefix("of ")
        if " " in name or not (
            words.is_common(words.folded(name), language) or words.is_stop_word(words.folded(name), language)
        ):
            yield name


def _begins_sentence(text: str, place: int) -> bool:
    return not text[:place].strip(" \"'“‘«(") or text[:place].rstrip(" \"'“‘«(")[-1:] in {".", "!", "?", ":"}


def _is_named(name: str, text: Words, language: str) -> bool:
    """True if the text has the last word of a name, such as the family name of a person."""
    stems = list(words_of(name, language).stems)
    return bool(stems) and stems[-1] in text.stems


def _numbers(plain: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(word for word in plain if word[0].isdigit()))
