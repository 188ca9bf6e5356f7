"""An article as the desk reads it: its text in sentences, and the places of claims and evidence in it."""

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from itertools import pairwise

from claims.choices import MatchDecisionKind
from claims.desk.reading.places import Found, Quote, Span, Standing, Text
from claims.matching import Answer, Outcome, ask_all
from claims.matching.signs import Sign, signs
from claims.models import Appearance, Claim, Evidence, MatchDecision
from sources import texts
from sources.models import PassedSentence, SnapshotText, Source

# An article has a few claims, a hearing or a debate about a hundred.
MOST = 500
# A line under a paragraph names a claim that has the same words or shares this part of them. Marked words name more.
LEAST_SHARED = 0.3


@dataclass(frozen=True)
class Mark:
    """A claim or a piece of evidence at its place in the text. `found` is None if its words aren't recorded."""

    row: Appearance | Evidence
    found: Found | None
    number: int = 0
    # The paragraph in which the words are now, if the row says another.
    moved_to: str = ""

    @property
    def claim(self) -> Claim:
        return self.row.claim

    @property
    def is_evidence(self) -> bool:
        return isinstance(self.row, Evidence)

    @property
    def anchor(self) -> str:
        """The name of the mark in addresses within the page."""
        return f"{'evidence' if self.is_evidence else 'place'}-{self.row.pk}"

    @property
    def span(self) -> Span | None:
        return self.found.span if self.found else None

    @property
    def is_lost(self) -> bool:
        return self.found is not None and self.found.standing == Standing.LOST

    @property
    def is_ambiguous(self) -> bool:
        return self.found is not None and self.found.standing == Standing.AMBIGUOUS

    @property
    def words(self) -> str:
        return self.row.quote if isinstance(self.row, Evidence) else self.row.exact


@dataclass(frozen=True)
class Segment:
    """Words of one sentence with the same marks on them. `ends` are the marks that end with it."""

    words: str
    marks: list[Mark]
    ends: list[Mark]
    is_selected: bool


@dataclass(frozen=True)
class Sentence:
    """A sentence, with the space behind it in its segments."""

    span: Span
    words: str
    is_passed: bool
    segments: list[Segment]

    @property
    def start(self) -> str:
        """The offsets as an address has them, without separators of thousands."""
        return str(self.span.start)

    @property
    def end(self) -> str:
        return str(self.span.end)

    @property
    def plain(self) -> str:
        """The sentence with the space behind it if nothing is marked in it, otherwise "". Most sentences are plain."""
        [first, *more] = self.segments
        return "" if more or first.marks or first.is_selected else first.words

    @property
    def is_marked(self) -> bool:
        return any(segment.marks for segment in self.segments)

    @property
    def is_open(self) -> bool:
        """True if nobody marked or passed it."""
        return not (self.is_marked or self.is_passed)

    def signs(self, language: str) -> list[Sign]:
        """What in it can often be checked."""
        return signs(self.words, language)


@dataclass(frozen=True)
class Checked:
    """A sentence with the claims that may be what it says."""

    sentence: Sentence
    answer: Answer

    @property
    def is_near(self) -> bool:
        """True if the first claim is near enough to be named under a paragraph."""
        first = next(iter(self.answer.matches), None)
        return first is not None and (first.outcome != Outcome.PERHAPS or first.reasons.covered >= LEAST_SHARED)


@dataclass(frozen=True)
class Open:
    """A sentence that nobody marked or passed: what in it can often be checked, and the number of its paragraph."""

    sentence: Sentence
    signs: list[Sign]
    paragraph: int


@dataclass(frozen=True)
class Decided:
    """What an editor said of words and a claim. `words` is empty if this text doesn't have them as one sentence."""

    decision: MatchDecision
    words: str

    @property
    def is_same(self) -> bool:
        return self.decision.kind == MatchDecisionKind.SAME


@dataclass(frozen=True)
class Paragraph:
    """A paragraph with its number, from 1, and what was checked before of its sentences, if that was asked for."""

    number: int
    sentences: list[Sentence] = field(default_factory=list)
    checked: list[Checked] = field(default_factory=list)


def sentence_hash(words: str) -> str:
    """The hash by which a sentence that was passed is known again."""
    return sha256(words.encode("utf-8")).hexdigest()


class Reading:
    """The text of an article with what was logged from it. `selected` is the place that the editor marked."""

    def __init__(
        self, article: Source, *, version: int = 0, start: int = 0, end: int = 0, is_sorted: bool = False
    ) -> None:
        self.article = article
        # True if the editor goes through the sentences by what can often be checked in them, not in reading order.
        self.is_sorted = is_sorted
        self.versions = texts.of(article)
        chosen = [text for text in self.versions if text.pk == version]
        self.stored: SnapshotText | None = next(iter(chosen or self.versions), None)
        self.text = Text(self.stored.text if self.stored else "")
        # Offsets mean nothing in another text than the one in which they were chosen.
        is_same = self.stored is not None and version in {0, self.stored.pk}
        self.selected = self.text.selection(start, end) if is_same else None

    def anew(self) -> "Reading":
        """The same text read again, with nothing marked."""
        return Reading(self.article, version=self.stored.pk if self.stored else 0, is_sorted=self.is_sorted)

    @property
    def is_newest(self) -> bool:
        return not self.versions or self.stored == self.versions[0]

    @property
    def selected_words(self) -> str:
        return self.text.words(self.selected) if self.selected else ""

    @cached_property
    def marks(self) -> list[Mark]:
        """The places of claims and evidence in reading order, numbered. Those whose words aren't found come last."""
        rows: list[Appearance | Evidence] = [
            *Appearance.objects.filter(source=self.article).select_related("claim__rating")[:MOST],
            *Evidence.objects.filter(source=self.article).select_related("claim__rating")[:MOST],
        ]
        marks = sorted((self._mark(row) for row in rows), key=self._order)
        return [replace(mark, number=number) for number, mark in enumerate(marks, start=1)]

    def _mark(self, row: Appearance | Evidence) -> Mark:
        quote = Quote(row.quote) if isinstance(row, Evidence) else Quote(row.exact, row.prefix, row.suffix)
        found = self.text.find(quote) if self.stored and quote.exact else None
        span = found.span if found else None
        named = set(map(int, re.findall(r"[0-9]{1,9}", row.locator)))
        is_moved = span is not None and bool(named) and self.text.paragraph_of(span.start) not in named
        return Mark(row, found, moved_to=self.text.locator(span) if span and is_moved else "")

    def _order(self, mark: Mark) -> tuple[int, int, int, int]:
        row = mark.row
        position = row.position if isinstance(row, Appearance) else 0
        paragraph = self.text.paragraph_of(mark.span.start) if mark.span else position or MOST
        return paragraph, mark.span.start if mark.span else -1, row.claim_id, row.pk

    @property
    def places(self) -> list[Mark]:
        return [mark for mark in self.marks if not mark.is_evidence]

    @property
    def evidence(self) -> list[Mark]:
        return [mark for mark in self.marks if mark.is_evidence]

    @property
    def unplaced(self) -> list[Mark]:
        """The marks whose words aren't in this text, or are in it more than once."""
        return [mark for mark in self.marks if mark.is_lost or mark.is_ambiguous]

    @cached_property
    def passed(self) -> set[str]:
        return set(PassedSentence.objects.filter(source=self.article).values_list("sha256", flat=True))

    @cached_property
    def _in_force(self) -> list[MatchDecision]:
        return MatchDecision.objects.in_force(self.article)

    @property
    def decided(self) -> list[Decided]:
        """What was decided about words of the article that may repeat a claim, the newest first."""
        words = {sentence_hash(one): one for one in map(self.text.words, self.text.sentences)}
        return [Decided(one, words.get(one.sha256, "")) for one in self._in_force]

    @cached_property
    def paragraphs(self) -> list[Paragraph]:
        """The paragraphs with their sentences, cut where marks begin and end."""
        if not self.stored:
            return []
        placed = [(mark, mark.span) for mark in self.marks if mark.span]
        paragraphs = [Paragraph(number) for number, _span in enumerate(self.text.paragraphs, start=1)]
        sentences = self.text.sentences
        followers: list[Span | None] = [*sentences[1:], None]
        for span, follower in zip(sentences, followers, strict=True):
            number = self.text.paragraph_of(span.start)
            end = self.text.paragraphs[number - 1].end
            if follower and follower.start < end:
                end = follower.start
            words = self.text.words(span)
            here = [(mark, place) for mark, place in placed if place.start < end and place.end > span.start]
            segments = list(self._segments(Span(span.start, end), here))
            is_passed = bool(self.passed) and sentence_hash(words) in self.passed
            paragraphs[number - 1].sentences.append(Sentence(span, words, is_passed, segments))
        return paragraphs

    def _segments(self, whole: Span, placed: list[tuple[Mark, Span]]) -> Iterator[Segment]:
        spans = [*(place for _mark, place in placed), *([self.selected] if self.selected else [])]
        cuts = {whole.start, whole.end} | {cut for span in spans for cut in (span.start, span.end)}
        inside = sorted(cut for cut in cuts if whole.start <= cut <= whole.end)
        for start, end in pairwise(inside):
            marks = [(mark, place) for mark, place in placed if place.start <= start < place.end]
            yield Segment(
                self.text.words(Span(start, end)),
                [mark for mark, _place in marks],
                [mark for mark, place in marks if place.end == end],
                self.selected is not None and self.selected.start <= start < self.selected.end,
            )

    def compare(self) -> None:
        """Ask what was checked before of each sentence that nobody marked or passed, drafts included.

        Runs a constant number of queries. The first 300 sentences are compared.
        """
        every = [(paragraph, sentence) for paragraph in self.paragraphs for sentence in paragraph.sentences]
        answers = self._matches([sentence.words for _paragraph, sentence in every])
        for (paragraph, sentence), answer in zip(every, answers, strict=True):
            checked = Checked(sentence, answer)
            if checked.is_near and sentence.is_open:
                paragraph.checked.append(checked)

    @cached_property
    def selected_answer(self) -> Answer | None:
        """What was checked before of the marked words."""
        return self._matches([self.selected_words])[0] if self.selected else None

    def _matches(self, sentences: list[str]) -> list[Answer]:
        published, language = self.article.published, self.article.language
        is_day = len(published) == len("2025-06-21")
        date = datetime.date.fromisoformat(published) if is_day else None
        answers = ask_all(sentences, drafts=True, date=date, language=language)
        refused = {(one.sha256, one.claim_id) for one in self._in_force if one.kind == MatchDecisionKind.OTHER}
        return [self._without(refused, answer) for answer in answers] if refused else answers

    @staticmethod
    def _without(refused: set[tuple[str, int]], answer: Answer) -> Answer:
        """The answer without the claims that an editor said these words aren't."""
        digest = sentence_hash(answer.text)
        return replace(answer, matches=[one for one in answer.matches if (digest, one.desk_pk) not in refused])

    @cached_property
    def sentences(self) -> list[Sentence]:
        """All sentences, in reading order, or by their signs: figures first, then who said it, then comparisons."""
        found = [sentence for paragraph in self.paragraphs for sentence in paragraph.sentences]
        if not self.is_sorted:
            return found
        return sorted(found, key=lambda one: [sign not in one.signs(self.article.language) for sign in Sign])

    @property
    def open_sentences(self) -> list[Open]:
        """The sentences that nobody marked or passed, in the order of `sentences`."""
        return [
            Open(one, one.signs(self.article.language), self.text.paragraph_of(one.span.start))
            for one in self.sentences
            if one.is_open
        ]

    def next_after(self, offset: int) -> Span | None:
        """The next open sentence, in the order of `sentences`, after that which ends at this offset or behind it."""
        last = next(
            (number for number, one in enumerate(self.sentences) if one.span.start < offset <= one.span.end), -1
        )
        return next((one.span for one in self.sentences[last + 1 :] if one.is_open), None)
