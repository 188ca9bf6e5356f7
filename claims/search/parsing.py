"""What a search says: the words, quoted phrases, excluded words and web addresses of a text that somebody typed.

A text is read in one of two ways. What a person types has a syntax: quotation marks and minus signs mean something. A
post, a paragraph or a message that somebody pasted has none: it is only words, without the dates. The author's name and
handle are words too: many claims name who posted them.
"""

import re
from dataclasses import dataclass, field, replace

from claims.search import addresses
from factcheck.core import words

# The limits of one search, whatever is typed.
MOST_CHARACTERS = 10_000
MOST_WORDS = 40
MOST_WORDS_OF_A_POST = 100
# A longer text is a post, and so is one that looks like one.
_LONGEST_TYPED = 160

_QUOTED = re.compile(r"(?P<not>(?<!\S)-)?[\"“”„«»](?P<phrase>[^\"“”„«»]*)[\"“”„«»]")
_EXCLUDED = re.compile(r"(?<!\S)-(?=[^\W\d])(\S+)")

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DATE = rf"(?:{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}|\d{{1,2}}\.?\s+{_MONTH},?\s+\d{{4}}|\d{{4}}-\d\d-\d\d)"
# The last line of a copied post: — Name (@handle) June 22, 2025
_ATTRIBUTION = re.compile(rf"(?<![—–-])[—–-]++\s*+[^—–\n]{{0,80}}\(@\w+\)\s*+(?:{_DATE}\s*+)?$", re.IGNORECASE)
_HANDLE = re.compile(r"(?<!\w)@\w+")
_DATES = re.compile(rf"\b{_DATE}", re.IGNORECASE)


@dataclass(frozen=True)
class Query:
    """A search. Its words are plain: see `factcheck.core.words.plain`."""

    words: list[str]
    phrases: list[list[str]] = field(default_factory=list)
    excluded: list[str] = field(default_factory=list)
    excluded_phrases: list[list[str]] = field(default_factory=list)
    # Words in quotation marks. They aren't corrected.
    quoted: set[str] = field(default_factory=set)
    # The word that the reader may still be typing.
    unfinished: str = ""
    # Web addresses, as typed.
    addresses: list[str] = field(default_factory=list)
    # True if the text is a pasted post: it has no syntax, and its words aren't corrected.
    is_post: bool = False

    @classmethod
    def parse(cls, text: str) -> "Query":
        """The search that a text says. Accepts any text."""
        text = text[:MOST_CHARACTERS]
        pasted = addresses.in_text(text)
        text = addresses.without(text) if pasted else text
        return _post(text, pasted) if _is_post(text) else _typed(text, pasted)

    @classmethod
    def post(cls, text: str) -> "Query":
        """The words of a text without any syntax, whatever its length. Accepts any text."""
        text = text[:MOST_CHARACTERS]
        pasted = addresses.in_text(text)
        return _post(addresses.without(text) if pasted else text, pasted)

    @property
    def says_anything(self) -> bool:
        """True if there is something to look for, or to leave out, besides addresses."""
        return bool(self.words or self.excluded or self.excluded_phrases)

    def without_phrases(self) -> "Query":
        """The query with its quoted words in any order. Those still aren't corrected if a phrase is one word."""
        return replace(self, phrases=[], quoted={phrase[0] for phrase in self.phrases if len(phrase) == 1})


def _is_post(text: str) -> bool:
    return len(text) > _LONGEST_TYPED or bool(_ATTRIBUTION.search(text)) or (" " in text and bool(_HANDLE.search(text)))


def _post(text: str, pasted: list[str]) -> Query:
    found = words.plain(_DATES.sub(" ", text))
    return Query(list(dict.fromkeys(found))[:MOST_WORDS_OF_A_POST], addresses=pasted, is_post=True)


def _typed(text: str, pasted: list[str]) -> Query:
    phrases: list[list[str]] = []
    excluded_phrases: list[list[str]] = []

    def take_phrase(quoted: re.Match[str]) -> str:
        if found := words.plain(quoted["phrase"])[:MOST_WORDS]:
            (excluded_phrases if quoted["not"] else phrases).append(found)
        return " "

    rest = _QUOTED.sub(take_phrase, text)
    excluded = words.plain(" ".join(word[1] for word in _EXCLUDED.finditer(rest)))
    rest = _EXCLUDED.sub(" ", rest)
    loose = words.plain(rest)
    every = dict.fromkeys([*(word for phrase in phrases for word in phrase), *loose])
    return Query(
        words=list(every)[:MOST_WORDS],
        phrases=phrases,
        quoted={word for phrase in phrases for word in phrase},
        excluded=excluded[:MOST_WORDS],
        excluded_phrases=excluded_phrases,
        unfinished=loose[-1] if loose and text[-1:].isalnum() and rest.endswith(text[-1:]) else "",
        addresses=pasted,
    )
