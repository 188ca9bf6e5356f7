"""Statistics of published claims, as plain rows that the page, the API and the embed share.

A figure counts published claims, which we chose to check, and nothing else. docs/reference/statistics.md says what each
figure counts, and out of what. No figure adds ratings up to a score.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

from django.db.models import Count, Q

from claims.choices import CorrectionKind, EntryKind, FacetKind, FigureKind
from claims.models import Facet, IndexEntry
from claims.models.querysets import PublishedClaimQuerySet
from claims.record import figure_counts, scale
from claims.schema import Content

# Below this number of claims a percentage would be misleading, above all about a person. Then only counts are shown.
MINIMUM_FOR_SHARES = 10
# The figures of a selection and the distribution of a list count at most this many claims, the newest, so that their
# cost doesn't grow with the table.
MOST_COUNTED = 10_000
# A table has at most this many topics or outlets: those with the most claims.
NAMES_SHOWN = 12
# A table has at most this many months, or else quarters, or else years.
PERIODS_SHOWN = 24


def share(part: int, whole: int) -> int | None:
    """`part` as a whole percentage of `whole`. None if `whole` is less than `MINIMUM_FOR_SHARES`."""
    return round(100 * part / whole) if whole >= MINIMUM_FOR_SHARES else None


# Ratings of a list


@dataclass(frozen=True)
class RatingCount:
    """The number of claims with a rating, and their percentage if there are enough claims for one."""

    card: Content
    count: int
    share: int | None


@dataclass(frozen=True)
class Distribution:
    """The number of claims with each rating: first the scale from best to worst, then the ratings off the scale."""

    counts: list[RatingCount]
    total: int
    # True if only the newest `MOST_COUNTED` claims are counted.
    is_cut: bool
    # True if the numbers are estimated from a sample.
    is_estimated: bool = False

    @property
    def minimum(self) -> int:
        return MINIMUM_FOR_SHARES

    @property
    def has_shares(self) -> bool:
        return self.total >= MINIMUM_FOR_SHARES

    @property
    def groups(self) -> list[scale.Group]:
        """The counts put together by the sides of the scale: high, middle, low, off."""
        return scale.groups((found.card, found.count) for found in self.counts)


def distribution(claims: PublishedClaimQuerySet) -> Distribution:
    """The distribution of ratings over the newest `MOST_COUNTED` of `claims`. Runs two queries."""
    cards = rating_cards()
    newest = claims.order_by("-first_published_at", "slug").values("pk", "rating")[:MOST_COUNTED]
    found = newest.aggregate(
        total=Count("pk"), **{f"rated_{n}": Count("pk", filter=Q(rating=slug)) for n, slug in enumerate(cards)}
    )
    counts = {slug: found[f"rated_{n}"] for n, slug in enumerate(cards)}
    return _distribution(counts, cards, is_cut=found["total"] == MOST_COUNTED)


def distribution_of(counts: Mapping[str, int], *, is_estimated: bool = False) -> Distribution:
    """The distribution that these counts of claims by the slug of the rating make. Runs one query."""
    cards = rating_cards()
    found = _distribution({slug: counts.get(slug, 0) for slug in cards}, cards, is_cut=False)
    return replace(found, is_estimated=is_estimated)


def _distribution(counts: Mapping[str, int], cards: Mapping[str, Content], *, is_cut: bool) -> Distribution:
    total = sum(counts.values())
    return Distribution(
        [RatingCount(card, counts[slug], share(counts[slug], total)) for slug, card in cards.items() if counts[slug]],
        total,
        is_cut,
    )


def rating_cards() -> dict[str, Content]:
    """The card of each rating in the record: first the scale from best to worst, then the ratings off the scale."""
    cards = scale.in_order(IndexEntry.objects.of(EntryKind.RATING).values_list("body", flat=True))
    return {card["slug"]: card for card in cards}


# Tables: counts by something and by rating, or by kind of correction


@dataclass(frozen=True)
class Row:
    """The counts of one topic, outlet or period: one for each column of its table."""

    slug: str
    name: str
    counts: list[int]
    # Of a topic, which has a name in several languages.
    card: Content | None = None

    @property
    def total(self) -> int:
        return sum(self.counts)


@dataclass(frozen=True)
class Table:
    """Rows of counts. A column is the card of a rating, or a kind of correction."""

    columns: list[Any]
    rows: list[Row]
    # True if there are more rows than these.
    is_cut: bool


def _by_name(found: Counter[tuple[str, str]], kind: EntryKind, ratings: Mapping[str, Content]) -> Table:
    """The table of these numbers of claims by name and rating, for the names with the most claims."""
    totals: Counter[str] = Counter()
    for (name, _rating), count in found.items():
        totals[name] += count
    shown = sorted(totals, key=lambda name: (-totals[name], name))[:NAMES_SHOWN]
    entries = {entry.slug: entry for entry in IndexEntry.objects.filter(kind=kind, slug__in=shown)}
    cards = {slug: card for slug, card in ratings.items() if any(found[name, slug] for name in shown)}
    rows = []
    for name in shown:
        # It's missing if the last claim with the name was withdrawn between the two queries.
        entry = entries.get(name)
        card = entry.body if entry and kind == EntryKind.TOPIC else None
        rows.append(Row(name, entry.name if entry else name, [found[name, slug] for slug in cards], card))
    return Table(list(cards.values()), rows, is_cut=len(totals) > len(shown))


def _periods(found: Counter[tuple[str, str]], columns: list[str]) -> tuple[list[Row], bool]:
    """Rows of the counts by month, quarter or year: the shortest period that needs at most `PERIODS_SHOWN` rows.

    The counts are by month (`2026-11`) and column. Newest first, without gaps. Also returns True if there are more
    periods than rows.
    """
    if not found:
        return [], False
    numbers = {month: 12 * int(month[:-3]) + int(month[-2:]) - 1 for month, _ in found}
    first, last = min(numbers.values()), max(numbers.values())
    size = next((size for size in (1, 3) if last // size - first // size < PERIODS_SHOWN), 12)
    periods = range(last // size, first // size - 1, -1)
    summed: Counter[tuple[int, str]] = Counter()
    for (month, column), count in found.items():
        summed[numbers[month] // size, column] += count
    rows = [
        Row(_period(period, size), "", [summed[period, column] for column in columns])
        for period in periods[:PERIODS_SHOWN]
    ]
    return rows, len(periods) > len(rows)


def _period(number: int, size: int) -> str:
    """The name of a period: `2026-11`, `2026-Q4` or `2026`."""
    year, part = divmod(number * size, 12)
    return {1: f"{year:04}-{part + 1:02}", 3: f"{year:04}-Q{part // 3 + 1}", 12: f"{year:04}"}[size]


# Time from claim to check


@dataclass(frozen=True)
class Step:
    """The number of claims checked within `days` days, but not within those of the step before."""

    days: int | None
    count: int


@dataclass(frozen=True)
class TurnRound:
    """The time from the day a claim was made to the day our check was first published.

    Only claims dated to the day can be measured, and those with a notice aren't: a notice says that a check isn't an
    ordinary one, such as a draft that came with the software. The time from logging to publication isn't in the record,
    because it concerns only the desk.
    """

    # The number of claims whose exact day is known and that carry no notice, out of all claims. Others aren't measured.
    dated: int
    total: int
    # In days. None if too few claims are measured, or if more than a third of all aren't.
    median: int | None
    steps: list[Step]

    @property
    def most(self) -> int:
        """The largest number of claims in a step."""
        return max(step.count for step in self.steps)


# The upper limits of the steps in days. The last step has none.
_STEPS = (1, 7, 30, 90, 365, None)


def _turn_round(counted: Counter[tuple[str, str]]) -> TurnRound:
    """From the numbers of claims by the days that they took. The days are an empty text if they can't be measured."""
    measured = sorted((int(days), count) for (days, _), count in counted.items() if days and int(days) >= 0)
    dated = sum(count for _days, count in measured)
    steps: Counter[int | None] = Counter()
    for days, count in measured:
        steps[next(end for end in _STEPS if end is None or days <= end)] += count
    total = sum(counted.values())
    return TurnRound(
        dated,
        total,
        _median(measured) if dated >= MINIMUM_FOR_SHARES and 3 * dated >= 2 * total else None,
        [Step(end, steps[end]) for end in _STEPS],
    )


def _median(measured: Sequence[tuple[int, int]]) -> int:
    """The smallest number of days within which half of the claims were checked, from sorted pairs (days, claims)."""
    running = list(accumulate(count for _days, count in measured))
    return measured[bisect_left(running, running[-1] / 2)][0]


# Corrections


@dataclass(frozen=True)
class Corrections:
    """The number of claims that were ever corrected, and the corrections by period and kind."""

    corrected: int
    total: int
    share: int | None
    periods: Table


def _corrections(found: Counter[tuple[str, str]], *, corrected: int, total: int) -> Corrections:
    """From the numbers of corrections by month and kind."""
    kinds = [kind for kind in CorrectionKind.values if any(kind == other for _month, other in found)]
    rows, is_cut = _periods(found, kinds)
    return Corrections(corrected, total, share(corrected, total), Table(kinds, rows, is_cut))


@dataclass(frozen=True)
class Withdrawn:
    """The number of claims that were withdrawn and not published again, and of those that were ever published."""

    withdrawn: int
    ever: int


# All figures of a page


@dataclass(frozen=True)
class Figures:
    """All figures of one selection of claims.

    `withdrawn` is None for a selection, because readers must not learn what a withdrawn claim was about.
    """

    ratings: Distribution
    over_time: Table
    by_topic: Table
    by_outlet: Table
    turn_round: TurnRound
    corrections: Corrections
    withdrawn: Withdrawn | None
    # True if only the newest `MOST_COUNTED` of the selected claims are counted.
    is_cut: bool


def figures_of(claims: PublishedClaimQuerySet, *, query: str) -> Figures:
    """All figures of `claims`, which `query` selects, or of all published claims if it is empty."""
    return figures(claims) if query else all_figures()


def all_figures() -> Figures:
    """All figures of the published claims, from the counts that the database keeps. Reads no claim."""
    kinds = (FigureKind.RATING, FigureKind.DAYS, FigureKind.CORRECTED, FigureKind.CORRECTION, FigureKind.EVER)
    cells = figure_counts.cells(*kinds)
    for figure, facet in ((FigureKind.TOPIC, FacetKind.TOPIC), (FigureKind.OUTLET, FacetKind.OUTLET)):
        # Of the names, only those with the most claims are read.
        most = Facet.objects.filter(kind=facet, claims__gt=0).order_by("-claims", "value")
        cells |= figure_counts.cells(figure, rows=most.values_list("value", flat=True)[: NAMES_SHOWN + 1])
    found = _figures(cells, is_cut=False)
    ever = cells[FigureKind.EVER].total()
    return replace(found, withdrawn=Withdrawn(ever - found.ratings.total, ever))


def figures(claims: PublishedClaimQuerySet) -> Figures:
    """All figures of the newest `MOST_COUNTED` of `claims`, which one of its queries reads."""
    cells, is_cut = figure_counts.cells_of(claims, most=MOST_COUNTED)
    return _figures(cells, is_cut=is_cut)


def _figures(cells: figure_counts.Cells, *, is_cut: bool) -> Figures:
    """From the numbers of claims in each cell of each figure."""
    rated: Counter[str] = Counter()
    for (_month, rating), count in cells[FigureKind.RATING].items():
        rated[rating] += count
    cards = rating_cards()
    corrected = cells[FigureKind.CORRECTED].total()
    return Figures(
        _distribution(rated, cards, is_cut=is_cut),
        _over_time(cells[FigureKind.RATING], {slug: card for slug, card in cards.items() if rated[slug]}),
        _by_name(cells[FigureKind.TOPIC], EntryKind.TOPIC, cards),
        _by_name(cells[FigureKind.OUTLET], EntryKind.OUTLET, cards),
        _turn_round(cells[FigureKind.DAYS]),
        _corrections(cells[FigureKind.CORRECTION], corrected=corrected, total=rated.total()),
        None,
        is_cut=is_cut,
    )


def _over_time(months: Counter[tuple[str, str]], cards: Mapping[str, Content]) -> Table:
    """Ratings by period, from the numbers of claims by month and rating."""
    rows, is_cut = _periods(months, list(cards))
    return Table(list(cards.values()), rows, is_cut)
