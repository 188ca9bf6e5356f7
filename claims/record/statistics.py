"""Figures of the record: from a queryset of published claims to plain rows, which page, API and embed share.

A figure counts claims that we chose to check and that stand in public, and nothing else; docs/reference/statistics.md
says of each what is counted, out of what. None adds ratings up to a score.
"""

import datetime
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import accumulate
from typing import Any

from django.core.cache import cache
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Case, Count, F, Func, IntegerField, Q, QuerySet, SlugField, When
from django.db.models.functions import TruncDate, TruncMonth

from claims.choices import CorrectionKind, EntryKind
from claims.models import Correction, IndexEntry, PublishedClaim, Revision
from claims.models.querysets import PublishedClaimQuerySet
from claims.schema import Content

# Under so many claims a percentage says more than is known, most of all of a person: then there are counts only.
MINIMUM_FOR_SHARES = 10
# A list's picture counts so many of its claims, the newest, so that its cost does not grow with the table.
MOST_COUNTED = 10_000
# So many topics or outlets stand in a table, those with the most claims.
NAMES_SHOWN = 12
# So many months, else quarters, else years stand in a table.
PERIODS_SHOWN = 24


def share(part: int, whole: int) -> int | None:
    """`part` as a whole percentage of `whole`; None when `whole` is too small for one."""
    return round(100 * part / whole) if whole >= MINIMUM_FOR_SHARES else None


# Ratings of a list


@dataclass(frozen=True)
class RatingCount:
    """How many claims have a rating, and their percentage where there are enough claims for one."""

    card: Content
    count: int
    share: int | None


@dataclass(frozen=True)
class Distribution:
    """How often each rating was given, from the best to the worst and those off the scale last."""

    counts: list[RatingCount]
    total: int
    # Whether only the newest `MOST_COUNTED` claims are counted.
    is_cut: bool

    @property
    def minimum(self) -> int:
        return MINIMUM_FOR_SHARES

    @property
    def has_shares(self) -> bool:
        return self.total >= MINIMUM_FOR_SHARES

    @property
    def most(self) -> int:
        """How often the most frequent rating was given."""
        return max((found.count for found in self.counts), default=0)

    @property
    def leaders(self) -> list[RatingCount]:
        """The ratings that were given most often: several when they tie."""
        return [found for found in self.counts if found.count == self.most]


def distribution(claims: PublishedClaimQuerySet) -> Distribution:
    """How often each rating was given to the newest `MOST_COUNTED` of `claims`, in two queries."""
    cards = rating_cards()
    newest = claims.order_by("-first_published_at", "slug").values("pk", "rating")[:MOST_COUNTED]
    found = newest.aggregate(
        total=Count("pk"), **{f"rated_{n}": Count("pk", filter=Q(rating=slug)) for n, slug in enumerate(cards)}
    )
    counts = {slug: found[f"rated_{n}"] for n, slug in enumerate(cards)}
    return _distribution(counts, cards, is_cut=found["total"] == MOST_COUNTED)


def _distribution(counts: Mapping[str, int], cards: Mapping[str, Content], *, is_cut: bool) -> Distribution:
    total = sum(counts.values())
    return Distribution(
        [RatingCount(card, counts[slug], share(counts[slug], total)) for slug, card in cards.items() if counts[slug]],
        total,
        is_cut,
    )


def rating_cards() -> dict[str, Content]:
    """What the record says of each rating, from the best to the worst and those off the scale last."""
    cards = IndexEntry.objects.of(EntryKind.RATING).values_list("slug", "body")
    return dict(sorted(cards, key=lambda card: ("value" not in card[1], -card[1].get("value", 0))))


# Tables: counts by something and by rating, or by kind of correction


@dataclass(frozen=True)
class Row:
    """The counts of one topic, outlet or period, one for each column of its table."""

    slug: str
    name: str
    counts: list[int]

    @property
    def total(self) -> int:
        return sum(self.counts)


@dataclass(frozen=True)
class Table:
    """Counts in rows. A column is a rating's card, or the slug of a kind of correction."""

    columns: list[Any]
    rows: list[Row]
    # Whether there are rows that are not here.
    is_cut: bool


def by_topic(claims: PublishedClaimQuerySet) -> Table:
    """Ratings by topic, for the topics with most claims. A claim on two topics counts in both."""
    return _by_name(claims, "topics", EntryKind.TOPIC)


def by_outlet(claims: PublishedClaimQuerySet) -> Table:
    """Ratings by outlet, for those with most claims. A claim that two outlets carried counts in both."""
    return _by_name(claims, "outlets", EntryKind.OUTLET)


class Unnest(Func):
    """Each element of an array in a row of its own."""

    function = "unnest"
    set_returning = True
    output_field = SlugField()


def _by_name(claims: PublishedClaimQuerySet, column: str, kind: EntryKind) -> Table:
    found = _counted(claims.order_by().values_list(Unnest(column), "rating"))
    totals: Counter[str] = Counter()
    for (name, _rating), count in found.items():
        totals[name] += count
    shown = sorted(totals, key=lambda name: (-totals[name], name))[:NAMES_SHOWN]
    names = dict(IndexEntry.objects.filter(kind=kind, slug__in=shown).values_list("slug", "name"))
    cards = {slug: card for slug, card in rating_cards().items() if any(found[name, slug] for name in shown)}
    rows = [Row(name, names.get(name, name), [found[name, slug] for slug in cards]) for name in shown]
    return Table(list(cards.values()), rows, is_cut=len(totals) > len(shown))


def _periods(found: Counter[tuple[datetime.date, str]], columns: list[str]) -> tuple[list[Row], bool]:
    """Counts by month as rows by the finest period of which not too many are needed, without gaps, newest first."""
    if not found:
        return [], False
    numbers = {12 * month.year + month.month - 1 for month, _ in found}
    first, last = min(numbers), max(numbers)
    size = next((size for size in (1, 3) if last // size - first // size < PERIODS_SHOWN), 12)
    periods = range(last // size, first // size - 1, -1)
    summed: Counter[tuple[int, str]] = Counter()
    for (month, column), count in found.items():
        summed[(12 * month.year + month.month - 1) // size, column] += count
    rows = [
        Row(_period(period, size), "", [summed[period, column] for column in columns])
        for period in periods[:PERIODS_SHOWN]
    ]
    return rows, len(periods) > len(rows)


def _period(number: int, size: int) -> str:
    """The period as `2026-11`, `2026-Q4` or `2026`."""
    year, part = divmod(number * size, 12)
    return {1: f"{year:04}-{part + 1:02}", 3: f"{year:04}-Q{part // 3 + 1}", 12: f"{year:04}"}[size]


def _counted(pairs: QuerySet[Any, Any]) -> Counter[tuple[str, str]]:
    """How often each pair comes. Django would group and unnest in one step, and PostgreSQL then sorts all the pairs."""
    try:
        sql, params = pairs.query.sql_with_params()
    except EmptyResultSet:
        return Counter()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pair.*, count(*) FROM ({sql}) AS pair GROUP BY 1, 2", params)  # noqa: S608 — Django's
        return Counter({(first, second): count for first, second, count in cursor})


# How long it took


@dataclass(frozen=True)
class Step:
    """How many claims were published within so many days, and not within those of the step before."""

    days: int | None
    count: int


@dataclass(frozen=True)
class TurnRound:
    """How long after a claim was made our check of it was published."""

    # Claims whose day is known, out of all; the others cannot be measured.
    dated: int
    total: int
    # In days; None when too few claims are dated.
    median: int | None
    steps: list[Step]

    @property
    def most(self) -> int:
        """The greatest number of claims in a step."""
        return max(step.count for step in self.steps)


class DaysBetween(Func):
    """Whole days from the second date to the first."""

    template = "(%(expressions)s)"
    arg_joiner = " - "
    output_field = IntegerField()


# Upper ends of the steps in days; a last step has none.
_STEPS = (1, 7, 30, 90, 365, None)


def turn_round(claims: PublishedClaimQuerySet) -> TurnRound:
    """Days from the day a claim was made to the day our check of it was first published, in one query.

    Only claims that are dated to the day can be measured. The time from logging to publishing is the desk's own
    and not in the record.
    """
    day = Case(When(claimed_from=F("claimed_until"), then=F("claimed_until")))
    took = DaysBetween(TruncDate("first_published_at"), day)
    counted = dict(claims.order_by().values_list(took).annotate(count=Count("pk")))
    measured = sorted((days, count) for days, count in counted.items() if days is not None and days >= 0)
    dated = sum(count for _days, count in measured)
    steps: Counter[int | None] = Counter()
    for days, count in measured:
        steps[next(end for end in _STEPS if end is None or days <= end)] += count
    return TurnRound(
        dated,
        sum(counted.values()),
        _median(measured) if dated >= MINIMUM_FOR_SHARES else None,
        [Step(end, steps[end]) for end in _STEPS],
    )


def _median(measured: Sequence[tuple[int, int]]) -> int:
    """The least number of days within which half of them lie, from sorted pairs of days and how many took them."""
    running = list(accumulate(count for _days, count in measured))
    return measured[bisect_left(running, running[-1] / 2)][0]


# Corrections


@dataclass(frozen=True)
class Corrections:
    """How many of the claims were ever corrected, and what was mended when."""

    corrected: int
    total: int
    share: int | None
    periods: Table


def corrections(claims: PublishedClaimQuerySet, *, corrected: int, total: int) -> Corrections:
    """Corrections of `claims`, in one query: of these `total` claims, `corrected` are known to have one.

    A withdrawn claim is not among published claims: see `withdrawn`.
    """
    counted = (
        Correction.objects.filter(revision__claim__in=claims.filter(is_corrected=True).order_by().values("claim"))
        .order_by()
        .values_list(TruncMonth("at"), "kind")
        .annotate(count=Count("pk"))
    )
    found = Counter({(month.date(), kind): count for month, kind, count in counted})
    kinds = [kind for kind in CorrectionKind.values if any(kind == other for _month, other in found)]
    rows, is_cut = _periods(found, kinds)
    return Corrections(corrected, total, share(corrected, total), Table(kinds, rows, is_cut))


@dataclass(frozen=True)
class Withdrawn:
    """How many of all claims that were ever published readers do not see any longer."""

    withdrawn: int
    ever: int


def withdrawn() -> Withdrawn:
    """Claims that were taken back and not published again."""
    ever = Revision.objects.filter(number=1).count()
    return Withdrawn(ever - PublishedClaim.objects.count(), ever)


# The figures of a page, together


@dataclass(frozen=True)
class Figures:
    """Everything that is counted of one selection of claims."""

    ratings: Distribution
    over_time: Table
    by_topic: Table
    by_outlet: Table
    turn_round: TurnRound
    corrections: Corrections


def figures(claims: PublishedClaimQuerySet) -> Figures:
    """Every figure of `claims`, over all of them, in a fixed number of queries. Five of them read every claim."""
    counted = list(
        claims.order_by()
        .values_list(TruncMonth("first_published_at"), "rating", "is_corrected")
        .annotate(count=Count("pk"))
    )
    ratings: Counter[str] = Counter()
    months: Counter[tuple[datetime.date, str]] = Counter()
    for month, rating, _is_corrected, count in counted:
        ratings[rating] += count
        months[month.date(), rating] += count
    cards = {slug: card for slug, card in rating_cards().items() if slug in ratings}
    rows, is_cut = _periods(months, list(cards))
    return Figures(
        _distribution(ratings, cards, is_cut=False),
        Table(list(cards.values()), rows, is_cut),
        by_topic(claims),
        by_outlet(claims),
        turn_round(claims),
        corrections(
            claims,
            corrected=sum(count for *_, is_corrected, count in counted if is_corrected),
            total=sum(ratings.values()),
        ),
    )


# What is kept between two counts

# Figures that nobody asks for any longer make room after so many seconds; until then they stay as right as they were.
SECONDS_KEPT = 60 * 60


@dataclass(frozen=True)
class Counted:
    """The figures of some published claims; what was withdrawn beside them when they are all there are."""

    figures: Figures
    withdrawn: Withdrawn | None


def counted(claims: PublishedClaimQuerySet, *, query: str) -> Counted:
    """The figures of the claims that `query` asks for, counted anew only after a public act: that reads every claim.

    Nothing is said of withdrawn claims under a filter: readers are not told what a withdrawn claim was about.
    """
    key = cache_key(query)
    found: Counted | None = cache.get(key)
    if found is None:
        found = Counted(figures(claims), None if query else withdrawn())
        cache.set(key, found, SECONDS_KEPT)
    return found


def cache_key(query: str) -> str:
    """A name for the figures of the claims that `query` asks for, another one after every public act."""
    return f"figures-{sha256(repr((Revision.objects.last_act(), query)).encode()).hexdigest()}"
