"""The pieces of words that the sentence model reads: WordPiece as in BERT's uncased models.

The rules are those of google-research/bert, `tokenization.py`: `BasicTokenizer` and `WordpieceTokenizer`.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

# A word of more characters is one unknown piece.
_LONGEST_WORD = 100
# The model was trained on texts of up to this many pieces.
MOST_PIECES = 256
# No text of more characters is read: each piece has at least one.
_MOST_CHARACTERS = 20 * MOST_PIECES

# Blocks of ideographs, each of which is a word of its own.
_IDEOGRAPHS = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)


class Vocabulary:
    """The pieces with their numbers."""

    def __init__(self, pieces: Iterable[str]) -> None:
        self._numbers: Mapping[str, int] = {piece: number for number, piece in enumerate(pieces)}
        self._unknown = self._numbers["[UNK]"]
        self._first, self._last = self._numbers["[CLS]"], self._numbers["[SEP]"]

    def numbers(self, text: str) -> list[int]:
        """The numbers of the pieces of a text between the signs of its start and end, at most `MOST_PIECES`."""
        pieces = (number for word in _words(text[:_MOST_CHARACTERS]) for number in self._of_word(word))
        return [self._first, *islice(pieces, MOST_PIECES - 2), self._last]

    def _of_word(self, word: str) -> list[int]:
        """The longest piece that the word begins with, and so on. If a part of it has none, it is unknown."""
        if len(word) > _LONGEST_WORD:
            return [self._unknown]
        found: list[int] = []
        start = 0
        while start < len(word):
            ends = range(len(word), start, -1)
            mark = "##" if start else ""
            end = next((end for end in ends if mark + word[start:end] in self._numbers), None)
            if end is None:
                return [self._unknown]
            found.append(self._numbers[mark + word[start:end]])
            start = end
        return found


def _words(text: str) -> Iterator[str]:
    """The words of a text without case and accents. A punctuation mark or an ideograph is a word."""
    cleaned = "".join(map(_cleaned, text))
    plain = "".join(sign for sign in unicodedata.normalize("NFD", cleaned) if unicodedata.category(sign) != "Mn")
    for word in plain.lower().split():
        start = 0
        for place, sign in enumerate(word):
            if _is_punctuation(sign):
                if place > start:
                    yield word[start:place]
                yield sign
                start = place + 1
        if start < len(word):
            yield word[start:]


def _cleaned(sign: str) -> str:
    if sign.isspace():
        return " "
    if sign == "\ufffd" or unicodedata.category(sign).startswith("C"):
        return ""
    code = ord(sign)
    return f" {sign} " if any(first <= code <= last for first, last in _IDEOGRAPHS) else sign


def _is_punctuation(sign: str) -> bool:
    """True for punctuation, and for each sign of ASCII that is neither a letter, a digit nor a space."""
    return (sign.isascii() and not sign.isalnum()) or unicodedata.category(sign).startswith("P")
