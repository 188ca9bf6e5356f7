"""The geometry of charts: from rows and bodies to shapes. Nothing here reads the database or sets colours.

Horizontal positions are percentages of the chart's width, so that a chart fills a phone and a wide page without scaling
its marks or text. Heights are in CSS pixels.
"""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from claims.choices import Act
from claims.models import Revision
from claims.record.statistics import Table
from claims.schema import Content
from factcheck.core.fields import dates


def percent(part: float, whole: float) -> str:
    """`part` of `whole` as a percentage with two decimals, such as "33.33%". It's "0.00%" if `whole` is 0."""
    return f"{100 * part / whole if whole else 0:.2f}%"


# Bars


@dataclass(frozen=True)
class Segment:
    """A segment of a bar: the number of its column, its count, its position and its width."""

    column: int
    count: int
    x: str
    width: str


@dataclass(frozen=True)
class Bar:
    """The bar of a row, in proportion to the longest bar in its table."""

    slug: str
    name: str
    total: int
    counts: list[int]
    segments: list[Segment]


def bars(table: Table) -> list[Bar]:
    """The rows of `table` as bars of segments, in the order of its columns. Only counts are drawn, never shares."""
    longest = max((row.total for row in table.rows), default=0)
    return [Bar(row.slug, row.name, row.total, row.counts, _segments(row.counts, longest)) for row in table.rows]


def _segments(counts: Sequence[int], whole: int) -> list[Segment]:
    return [
        Segment(column, count, percent(sum(counts[:column]), whole), percent(count, whole))
        for column, count in enumerate(counts)
        if count
    ]


# The life of a claim


@dataclass(frozen=True)
class Event:
    """A public event in the life of a claim. Its kind is `made`, `appeared`, `repeated`, or an act of the record."""

    kind: str
    # A day, month or year, as in the record.
    date: str
    revision: Revision | None = None
    source: Content | None = None


@dataclass(frozen=True)
class Mark:
    """An event on the timeline: its middle, the span of days that its date covers, and its distance from the top."""

    event: Event
    x: str
    start: str
    width: str
    top: int


@dataclass(frozen=True)
class Timeline:
    """Events in chronological order, stacked in lanes, and the number of events without a date."""

    marks: list[Mark]
    lanes: int
    undated: int
    first: str
    last: str
    # Days from the claim to its first check. None if the day of the claim isn't known.
    days: int | None
    corrections: int
    withdrawn: str

    @property
    def events(self) -> list[Event]:
        return [mark.event for mark in self.marks]

    @property
    def line(self) -> int:
        return LANE * self.lanes

    @property
    def height(self) -> int:
        return self.line + 10


# The pixels between two stacked marks, and the percentage of the width within which marks would touch.
LANE = 26
_TOUCH = 8.0
_LANES = 5
# The space at both ends of the line, in percent, for half a mark.
_MARGIN = 4.0
# Acts that aren't shown. A changed name is in the version history, but it isn't an event in the life of the claim.
_HIDDEN_ACTS = (Act.RENAME,)


def timeline(content: Content, history: Iterable[Revision]) -> Timeline:
    """The timeline of a claim: made, appeared, checked, corrected and withdrawn, from its body and all its versions."""
    events = _events(content, history)
    dated = sorted((event for event in events if event.date), key=lambda event: dates.latest(event.date))
    checked = next((event.date for event in dated if event.kind == Act.PUBLISH), "")
    made = content.get("claimed_on") or ""
    gap = (dates.earliest(checked) - dates.earliest(made)).days if checked and len(made) == len(checked) else None
    newest = max((event.revision for event in events if event.revision), key=lambda found: found.number, default=None)
    lanes, marks = _marks(dated)
    return Timeline(
        marks=marks,
        lanes=lanes,
        undated=len(events) - len(dated),
        first=dated[0].date if dated else "",
        last=dated[-1].date if dated else "",
        days=gap if gap is not None and gap >= 0 else None,
        corrections=sum(event.kind in (Act.CORRECT, Act.RERATE) for event in dated),
        withdrawn=newest.at.date().isoformat() if newest and newest.act == Act.WITHDRAW else "",
    )


def _events(content: Content, history: Iterable[Revision]) -> list[Event]:
    made = content.get("claimed_on") or ""
    places = {
        (item["date"] or item["source"]["published"], item["source"]["slug"]): item["source"]
        for item in content.get("appearances", [])
    }
    first = min((date for date, _slug in places if date), default="")
    return [
        *([Event("made", made)] if made else []),
        *(
            Event("appeared" if date in ("", first) else "repeated", date, source=source)
            for (date, _slug), source in places.items()
        ),
        *(
            Event(revision.act, revision.at.date().isoformat(), revision=revision)
            for revision in sorted(history, key=lambda revision: revision.number)
            if revision.act not in _HIDDEN_ACTS
        ),
    ]


def _marks(events: list[Event]) -> tuple[int, list[Mark]]:
    """The number of lanes, and the marks. A mark that would touch another is put in a lane above it."""
    spans = [(dates.earliest(event.date), dates.latest(event.date)) for event in events]
    begin = min((start for start, _ in spans), default=datetime.date.min)
    end = max((end for _, end in spans), default=datetime.date.min)
    days = (end - begin).days

    def place(day: float) -> float:
        return _MARGIN + (100 - 2 * _MARGIN) * (day / days if days else 0.5)

    found = []
    last = [-_TOUCH] * _LANES
    for start, until in spans:
        left, right = place((start - begin).days), place((until - begin).days)
        middle = (left + right) / 2
        lane = next((lane for lane, taken in enumerate(last) if middle - taken >= _TOUCH), last.index(min(last)))
        last[lane] = middle
        found.append((left, middle, right, lane))
    lanes = 1 + max((lane for *_, lane in found), default=0)
    return lanes, [
        Mark(event, f"{middle:.2f}%", f"{left:.2f}%", f"{right - left:.2f}%", LANE * (lanes - 1 - lane))
        for event, (left, middle, right, lane) in zip(events, found, strict=True)
    ]
