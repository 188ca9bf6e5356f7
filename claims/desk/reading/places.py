"""Where words stand in a text: found again from a quote with its context, and described for a claim.

A place is two offsets in code points into the canonical text of a snapshot (`sources.extraction.canonical_text`). A
quote is a W3C TextQuoteSelector: the exact words with the words before and after them. White space and the form of
quotation marks and dashes don't count; everything else does, so a quote is never moved to words that only look alike.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from claims.matching.sentences import spans
from factcheck.core.text import alike_marks, one_line

# How much context a quote gets: what tells it apart, and at most what a column holds.
_CONTEXT, _CONTEXT_MOST = 40, 200
# Places of one quote that are looked at. Words that stand in a text more often aren't a quote.
_MOST = 1_000

# Characters that belong to the one before: variation selectors, joiners, skin tones.
_JOINED = re.compile("[\u200c\u200d\ufe00-\ufe0f\U0001f3fb-\U0001f3ff]")


class Standing(StrEnum):
    """What became of a quote in a text."""

    FOUND = "found"
    LOST = "lost"
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, order=True)
class Span:
    """A stretch of a text, from `start` up to and without `end`."""

    start: int
    end: int


@dataclass(frozen=True)
class Quote:
    """Words, and those before and after them. Without context, an empty string."""

    exact: str
    prefix: str = ""
    suffix: str = ""


@dataclass(frozen=True)
class Found:
    """Where a quote stands. `span` is set if it was found; `alike` are the same words with other words around them."""

    standing: Standing
    span: Span | None = None
    alike: tuple[Span, ...] = ()


class Text:
    """A canonical text with its paragraphs, its sentences, and where words stand in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        # Of the same length as the text, because each mark has one character.
        self._alike = _without_forms(text)

    @cached_property
    def paragraphs(self) -> list[Span]:
        """The paragraphs; the first is number 1."""
        ends = [*(match.start() for match in re.finditer("\n", self.text)), len(self.text)]
        return [Span(start, end) for start, end in zip([0, *(end + 1 for end in ends)], ends, strict=False)]

    @cached_property
    def _starts(self) -> list[int]:
        return [paragraph.start for paragraph in self.paragraphs]

    @cached_property
    def sentences(self) -> list[Span]:
        """The sentences in reading order. Each is within one paragraph."""
        return [
            Span(start, end)
            for paragraph in self.paragraphs
            for start, end in spans(self.text, paragraph.start, paragraph.end)
        ]

    def words(self, span: Span) -> str:
        """The words at this place."""
        return self.text[span.start : span.end]

    def paragraph_of(self, offset: int) -> int:
        """The number of the paragraph at this offset, from 1."""
        return bisect_right(self._starts, offset)

    # From a selection to a quote

    def selection(self, start: int, end: int) -> Span | None:
        """The whole words that a selection touches, without space around them. None if there are none."""
        start, end = max(0, min(start, end)), min(len(self.text), max(start, end))
        words = self.text[start:end]
        start, end = start + len(words) - len(words.lstrip()), end - (len(words) - len(words.rstrip()))
        if start >= end:
            return None
        while start > 0 and self._is_inside(start):
            start -= 1
        while end < len(self.text) and self._is_inside(end):
            end += 1
        return Span(start, end)

    def quote(self, span: Span) -> Quote:
        """The quote for this place, with enough context to find it, taken from its own paragraphs if they have it."""
        first, last = self.paragraph_of(span.start), self.paragraph_of(span.end - 1)
        own = Span(self.paragraphs[first - 1].start, self.paragraphs[last - 1].end)
        whole = Span(0, len(self.text))
        quote = self._quote(span, own, _CONTEXT)
        if not (quote.prefix or quote.suffix):
            quote = self._quote(span, whole, _CONTEXT)
        for within, length in ((own, _CONTEXT_MOST), (whole, _CONTEXT_MOST)):
            if self.find(quote).standing == Standing.FOUND:
                break
            quote = self._quote(span, within, length)
        return quote

    def _quote(self, span: Span, within: Span, length: int) -> Quote:
        """The quote with at most `length` characters of context on each side, cut between words."""
        start, end = max(within.start, span.start - length), min(within.end, span.end + length)
        while start > within.start and start < span.start and self._is_inside(start):
            start += 1
        while end < within.end and end > span.end and self._is_inside(end):
            end -= 1
        return Quote(
            self.words(span),
            one_line(self.text[start : span.start]),
            one_line(self.text[span.end : end]),
        )

    def locator(self, span: Span) -> str:
        """Where the place is, in the language of the site, because readers see it: “paragraph 12”."""
        first, last = self.paragraph_of(span.start), self.paragraph_of(span.end - 1)
        with translation.override(settings.LANGUAGE_CODE):
            if first == last:
                return _("paragraph %(number)d") % {"number": first}
            return _("paragraphs %(first)d–%(last)d") % {"first": first, "last": last}

    def _is_inside(self, offset: int) -> bool:
        """True if the characters around this offset belong together: one character, or one word or number."""
        before, after = self.text[offset - 1], self.text[offset]
        if before.isspace() or after.isspace():
            return False
        if unicodedata.combining(after) or _JOINED.match(after) or before == "\u200d":
            return True
        return (_is_of_word(before) or unicodedata.combining(before) > 0) and _is_of_word(after)

    # From a quote to its place

    def find(self, quote: Quote) -> Found:
        """Where the quote stands: once, not at all, or more than once.

        The words before and after must be there too, where the quote has them. Part of a word or number is no match
        unless the quote's context has the rest of it.
        """
        exact, prefix, suffix = (_without_forms(one_line(part)) for part in (quote.exact, quote.prefix, quote.suffix))
        if not exact:
            return Found(Standing.LOST)
        same: list[Span] = []
        alike: list[Span] = []
        for span in self._occurrences(exact):
            fits = self._before(span, prefix).endswith(prefix) and self._after(span, suffix).startswith(suffix)
            (same if fits and self._is_whole(span, prefix, suffix) else alike).append(span)
        if len(same) == 1:
            return Found(Standing.FOUND, same[0])
        return Found(Standing.AMBIGUOUS if same else Standing.LOST, None, tuple(same or alike))

    def within(self, words: str, span: Span) -> Span | None:
        """Where these words stand in `span`, or else in its paragraphs. None if they don't, or there more than once."""
        exact = _without_forms(one_line(words))
        first, last = self.paragraph_of(span.start), self.paragraph_of(span.end - 1)
        around = Span(self.paragraphs[first - 1].start, self.paragraphs[last - 1].end)
        for where in (span, around):
            start = self._alike.find(exact, where.start, where.end)
            if exact and start >= 0:
                again = self._alike.find(exact, start + 1, where.end)
                return Span(start, start + len(exact)) if again < 0 or where == span else None
        return None

    def _occurrences(self, exact: str) -> Iterator[Span]:
        start = -1
        for _number in range(_MOST):
            start = self._alike.find(exact, start + 1)
            if start < 0:
                return
            yield Span(start, start + len(exact))

    def _before(self, span: Span, prefix: str) -> str:
        """The text before the place, as long as the prefix."""
        return self._alike[max(0, span.start - len(prefix) - 1) : span.start].rstrip()

    def _after(self, span: Span, suffix: str) -> str:
        return self._alike[span.end : span.end + len(suffix) + 1].lstrip()

    def _is_whole(self, span: Span, prefix: str, suffix: str) -> bool:
        """True if the place neither begins nor ends inside a word, except where the context has the rest."""
        begins = span.start == 0 or bool(prefix) or not self._is_inside(span.start)
        ends = span.end == len(self.text) or bool(suffix) or not self._is_inside(span.end)
        return begins and ends


def _is_of_word(character: str) -> bool:
    """True for digits and letters of scripts that put spaces between words. Others have no case."""
    return character.isdigit() or character.lower() != character.upper()


def _without_forms(text: str) -> str:
    return alike_marks(text).replace("\n", " ")
