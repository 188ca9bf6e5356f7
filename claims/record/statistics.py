"""Statistics of published claims, as plain rows that the page, the API and the embed share.

A figure counts published claims, which we chose to check, and nothing else. docs/reference/statistics.md says what each
figure counts, and out of what. No figure adds ratings up to a score.
"""

import datetime
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import accumulate
from typing import Any

from django.core.cache import cache
from django.core.exceptions import EmptyResultSet
from django.db.models import Case, Count, F, Func, IntegerField, Q, QuerySet, SlugField, When
from django.db.models.functions import TruncDate, TruncMonth

from claims.choices import CorrectionKind, EntryKind
from claims.models import Correction, IndexEntry, PublishedClaim, Revision
from claims.models.querysets import PublishedClaimQuerySet
from claims.record import scale
from claims.schema import Content
from factcheck.core.postgres.reading import reading

# Below this number of claims a percentage would be misleading, above all about a person. Then only counts are shown.
MINIMUM_FOR_SHARES = 10
# The distribution of a list counts at most this many claims, the newest, so that its cost doesn't grow with the table.
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


def by_topic(claims: PublishedClaimQuerySet) -> Table:
    """Ratings by topic, for the topics with the most claims. A claim on two topics counts in both."""
    return _by_name(claims, "topics", EntryKind.TOPIC)


def by_outlet(claims: PublishedClaimQuerySet) -> Table:
    """Ratings by outlet, for the outlets with the most claims. A claim that appeared in two outlets counts in both."""
    return _by_name(claims, "outlets", EntryKind.OUTLET)


class Unnest(Func):
    """PostgreSQL's `unnest`: one row for each element of an array."""

    function = "unnest"
    set_returning = True
    output_field = SlugField()


def _by_name(claims: PublishedClaimQuerySet, column: str, kind: EntryKind) -> Table:
    found = _count_pairs(claims.order_by().values_list(Unnest(column), "rating"))
    totals: Counter[str] = Counter()
    for (name, _rating), count in found.items():
        totals[name] += count
    shown = sorted(totals, key=lambda name: (-totals[name], name))[:NAMES_SHOWN]
    entries = {entry.slug: entry for entry in IndexEntry.objects.filter(kind=kind, slug__in=shown)}
    cards = {slug: card for slug, card in rating_cards().items() if any(found[name, slug] for name in shown)}
    rows = []
    for name in shown:
        # It's missing if the last claim with the name was withdrawn between the two queries.
        entry = entries.get(name)
        card = entry.body if entry and kind == EntryKind.TOPIC else None
        rows.append(Row(name, entry.name if entry else name, [found[name, slug] for slug in cards], card))
    return Table(list(cards.values()), rows, is_cut=len(totals) > len(shown))


def _periods(found: Counter[tuple[datetime.date, str]], columns: list[str]) -> tuple[list[Row], bool]:
    """Rows of the counts by month, quarter or year: the shortest period that needs at most `PERIODS_SHOWN` rows.

    Newest first, without gaps. Also returns True if there are more periods than rows.
    """
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
    """The name of a period: `2026-11`, `2026-Q4` or `2026`."""
    year, part = divmod(number * size, 12)
    return {1: f"{year:04}-{part + 1:02}", 3: f"{year:04}-Q{part // 3 + 1}", 12: f"{year:04}"}[size]


def _count_pairs(pairs: QuerySet[Any, Any]) -> Counter[tuple[str, str]]:
    """The number of times that each pair occurs.

    Raw SQL, because Django would group and unnest in one step, and PostgreSQL would then sort all the pairs.
    """
    try:
        sql, params = pairs.query.sql_with_params()
    except EmptyResultSet:
        return Counter()
    with reading().cursor() as cursor:
        cursor.execute(f"SELECT pair.*, count(*) FROM ({sql}) AS pair GROUP BY 1, 2", params)  # noqa: S608 — Django's
        return Counter({(first, second): count for first, second, count in cursor})


# Time from claim to check


@dataclass(frozen=True)
class Step:
    """The number of claims checked within `days` days, but not within those of the step before."""

    days: int | None
    count: int


@dataclass(frozen=True)
class TurnRound:
    """The time from the day a claim was made to the publication of our check."""

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


class DaysBetween(Func):
    """The number of whole days from the second date to the first."""

    template = "(%(expressions)s)"
    arg_joiner = " - "
    output_field = IntegerField()


# The upper limits of the steps in days. The last step has none.
_STEPS = (1, 7, 30, 90, 365, None)


def turn_round(claims: PublishedClaimQuerySet) -> TurnRound:
    """Days from the day a claim was made to the day our check was first published. Runs one query.

    Only claims dated to the day can be measured, and those with a notice aren't: a notice says that a check isn't an
    ordinary one, such as a draft that came with the software. The time from logging to publication isn't in the record,
    because it concerns only the desk.
    """
    day = Case(When(claimed_from=F("claimed_until"), notice="", then=F("claimed_until")))
    took = DaysBetween(TruncDate("first_published_at"), day)
    counted = dict(claims.order_by().values_list(took).annotate(count=Count("pk")))
    measured = sorted((days, count) for days, count in counted.items() if days is not None and days >= 0)
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


def corrections(claims: PublishedClaimQuerySet, *, corrected: int, total: int) -> Corrections:
    """The corrections of `claims`. Runs one query: the caller gives the total and the number of corrected claims.

    Withdrawn claims aren't published claims: see `withdrawn`.
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
    """The number of withdrawn claims, and the number of claims that were ever published."""

    withdrawn: int
    ever: int


def withdrawn() -> Withdrawn:
    """The number of claims that were withdrawn and not published again."""
    ever = Revision.objects.filter(number=1).count()
    return Withdrawn(ever - PublishedClaim.objects.count(), ever)


# All figures of a page


@dataclass(frozen=True)
class Figures:
    """All figures of one selection of claims."""

    ratings: Distribution
    over_time: Table
    by_topic: Table
    by_outlet: Table
    turn_round: TurnRound
    corrections: Corrections


def figures(claims: PublishedClaimQuerySet) -> Figures:
    """All figures of `claims`, in a fixed number of queries. Five of the queries read every claim."""
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


# The cache

# Figures stay in the cache for this long. They can't become wrong, because every public act changes the cache key.
SECONDS_CACHED = 60 * 60


@dataclass(frozen=True)
class CachedFigures:
    """The figures of some published claims, with the withdrawn ones if they are all published claims."""

    figures: Figures
    withdrawn: Withdrawn | None


def cached_figures(claims: PublishedClaimQuerySet, *, query: str) -> CachedFigures:
    """The figures of `claims`, the claims that `query` selects. Cached until the next public act.

    `withdrawn` is None if there is a query, because readers must not learn what a withdrawn claim was about.
    """
    key = cache_key(query)
    found: CachedFigures | None = cache.get(key)
    if found is None:
        found = CachedFigures(figures(claims), None if query else withdrawn())
        cache.set(key, found, SECONDS_CACHED)
    return found


def cache_key(query: str) -> str:
    """The cache key for the figures of the claims that `query` selects. It changes with every public act."""
    return f"figures-{sha256(repr((Revision.objects.last_act(), query)).encode()).hexdigest()}"
