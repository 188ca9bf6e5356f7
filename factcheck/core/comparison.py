"""Compare two texts word by word, for people to read."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Literal

Mark = Literal["same", "added", "removed"]
Part = tuple[Mark, str]

# The time for a comparison grows with the product of both lengths: 20,000 words at once took 10 seconds. One comparison
# looks at most at this many pairs. Texts beyond that are shown as removed and added as a whole.
MAX_PAIRS = 1_000_000
_WORD = re.compile(r"\s*\S+|\s+")
_PARAGRAPH = re.compile(r"[^\n]+\n*|\n+")


def of_texts(before: str, after: str) -> list[Part]:
    """The parts of two texts: words that both have, and words that only one of them has."""
    return list(Comparison().parts(before, after))


class Comparison:
    """Compares texts until its budget of pairs is used up."""

    def __init__(self) -> None:
        self.pairs_left = MAX_PAIRS

    def parts(self, before: str, after: str) -> Iterator[Part]:
        """The parts of two texts. They are compared by paragraphs, and changed paragraphs by words."""
        joined: list[tuple[Mark, list[str]]] = []
        for kind, text in self._parts(before, after):
            if joined and joined[-1][0] == kind:
                joined[-1][1].append(text)
            elif text:
                joined.append((kind, [text]))
        return ((kind, "".join(texts)) for kind, texts in joined)

    def _parts(self, before: str, after: str) -> Iterator[Part]:
        for old, new in self._blocks(_PARAGRAPH.findall(before), _PARAGRAPH.findall(after)):
            if old == new:
                yield "same", "".join(new)
            elif len(old) == len(new):
                for one, other in zip(old, new, strict=True):
                    yield from self._words(one, other)
            else:
                yield from self._words("".join(old), "".join(new))

    def _words(self, before: str, after: str) -> Iterator[Part]:
        for old, new in self._blocks(_WORD.findall(before), _WORD.findall(after)):
            if old == new:
                yield "same", "".join(new)
            else:
                yield "removed", "".join(old)
                yield "added", "".join(new)

    def _blocks(self, before: list[str], after: list[str]) -> Iterator[tuple[list[str], list[str]]]:
        """Both lists cut into matching blocks, equal or not. One block if the budget is too small."""
        pairs = len(before) * len(after)
        if before == after or pairs > self.pairs_left:
            yield before, after
            return
        self.pairs_left -= pairs
        for _tag, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
            yield before[i1:i2], after[j1:j2]
