"""Lists of claims, page by page, in each order.

A claim that stays in the list appears on exactly one page, however long a client takes to read all pages and whatever
is published, corrected or withdrawn in the meantime.
"""

import datetime
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple, cast

from django.db.models import (
    BigIntegerField,
    DateField,
    Exists,
    F,
    Func,
    JSONField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Length, NullIf, Substr
from django.db.models.query import EmptyQuerySet

from claims.choices import Act, Order
from claims.models import Correction, PublishedClaim, Revision
from claims.models.querysets import PublishedClaimQuerySet
from claims.outlets.api import paging
from claims.outlets.api.paging import NUMBER, SLUG, Column, Keyset, Page, leads_back
from claims.search.filters import ClaimFilterSet

# The number of search results in order of relevance. The other results follow, newest first.
MOST_RANKED = 300
# If more corrections than this were made since the first page of a list by date of claim, it must be started again.
MOST_CORRECTED = 200


class Outdated(Exception):
    """The list can't be continued from this cursor. The message says what to do."""


def _day(ordinal: int) -> datetime.date:
    return datetime.date.fromordinal(min(max(ordinal, 1), datetime.date.max.toordinal()))


_IDS = rf"{NUMBER}(?:-{NUMBER}){{0,{MOST_RANKED - 1}}}"
_NEWEST = Keyset(Order.NEWEST_VERDICT, [paging.newest_first("first_published_at"), paging.slug("slug")])
_REST = Keyset(rf"rest\.{_IDS}", _NEWEST.columns)
_DAY = Column(
    "day", "[0-9]{1,7}", write=lambda day: str(day.toordinal()), read=lambda text: _day(int(text)), descending=True
)
# The first day that `claimed_on` in a body can mean, the same as in `claims.record.body.columns`.
_CLAIMED_ON = NullIf(KeyTextTransform("claimed_on", Cast("body", JSONField())), Value(""))
_MISSING = Substr(Value("0001-01-01"), Length(_CLAIMED_ON) + 1)
_FIRST_DAY = Cast(Func(_CLAIMED_ON, Value(10), _MISSING, function="rpad", output_field=TextField()), DateField())
_DATED, _UNDATED = Keyset("dated", [_DAY, paging.slug("slug")]), Keyset("undated", [paging.slug("slug")])

# The pattern of all cursors of lists of claims.
PATTERN = "|".join(
    [
        _NEWEST.pattern,
        rf"[np]\.{Order.NEWEST_CLAIM}\.{NUMBER}\.(?:{_DAY.pattern}|none)\.{SLUG}",
        rf"[np]\.{Order.RELEVANCE}\.{_IDS}\.[0-9]{{1,3}}",
        _REST.pattern,
    ]
)


def claim_page(filters: ClaimFilterSet, cursor: str, size: int) -> Page[int]:
    """A page of the keys of the claims that match the filters.

    Without a cursor it is the first page, in the order that the filters say. With a cursor the list continues in the
    order it began in. Raises Outdated if it can't be continued.
    """
    match cursor.split(".")[1] if cursor else filters.order:
        case Order.NEWEST_VERDICT:
            return _newest_verdict_page(_found(filters), _NEWEST, cursor, size)
        case Order.NEWEST_CLAIM:
            return _newest_claim_page(_found(filters), cursor, size)
        case Order.RELEVANCE:
            return _ranked_page(filters, cursor, size) if cursor else _first_ranked_page(filters, size)
    return _unranked_page(filters, cursor.split(".")[2], cursor, size)


def _found(filters: ClaimFilterSet, *, without: str = "") -> PublishedClaimQuerySet:
    return cast("PublishedClaimQuerySet", filters.narrowed(PublishedClaim.objects.order_by(), without=without))


# Newest verdict first. The time of the first verdict never changes.


def _newest_verdict_page(found: QuerySet[Any], order: Keyset, cursor: str, size: int) -> Page[int]:
    page = order.page(found.values_list("pk", "first_published_at", "slug", named=True), cursor, size)
    return replace(page, rows=[row.pk for row in page.rows])


# Best match first. The first page ranks the claims, and all cursors carry that ranking.


def _first_ranked_page(filters: ClaimFilterSet, size: int) -> Page[int]:
    most = max(size + 1, MOST_RANKED)
    ids = list(filters.first(most).values_list("pk", flat=True)[:most])
    ranked = "-".join(map(str, ids[:MOST_RANKED]))
    return Page(ids[:size], next=f"n.{_ranked_cursor(ranked, size)}" if len(ids) > size else "")


def _ranked_page(filters: ClaimFilterSet, cursor: str, size: int) -> Page[int]:
    """A page of the claims that the first page ranked, without those that no longer match or were withdrawn."""
    _direction, _name, ids, offset = cursor.split(".")
    ranked = [int(pk) for pk in ids.split("-")]
    at = min(int(offset), len(ranked))
    start, end = (max(0, at - size), at) if leads_back(cursor) else (at, at + size)
    if start == len(ranked):
        return _unranked_page(filters, ids, "", size)
    on_page = ranked[start:end]
    shown = set(_found(filters, without="q").filter(pk__in=on_page).values_list("pk", flat=True))
    return Page(
        [pk for pk in on_page if pk in shown],
        next=f"n.{_ranked_cursor(ids, end)}" if end < len(ranked) or len(ranked) == MOST_RANKED else "",
        previous=f"p.{_ranked_cursor(ids, start)}" if start else "",
    )


def _unranked_page(filters: ClaimFilterSet, ids: str, cursor: str, size: int) -> Page[int]:
    """A page of the search results that were not ranked, newest verdict first."""
    ranked = [int(pk) for pk in ids.split("-")]
    page = _newest_verdict_page(
        _found(filters).exclude(pk__in=ranked), replace(_REST, name=f"rest.{ids}"), cursor, size
    )
    return replace(page, previous=page.previous or f"p.{_ranked_cursor(ids, len(ranked))}")


def _ranked_cursor(ids: str, at: int) -> str:
    return f"{Order.RELEVANCE}.{ids}.{at}"


# Newest claim first. A correction may change the date, so each claim keeps the place it had when the list began.


class _Place(NamedTuple):
    pk: int
    day: datetime.date | None
    slug: str
    as_of: int

    def __str__(self) -> str:
        return f"{Order.NEWEST_CLAIM}.{self.as_of}.{_DAY.write(self.day) if self.day else 'none'}.{self.slug}"


def _newest_claim_page(found: PublishedClaimQuerySet, cursor: str, size: int) -> Page[int]:
    """A page by date of claim. It takes a single query, so that nothing changes between its parts."""
    if isinstance(found, EmptyQuerySet):  # a search without results: Django can't make a union of empty querysets
        return Page([])
    back = leads_back(cursor)
    order: list[Any] = [F("day").asc(nulls_first=True), "-slug"] if back else [F("day").desc(nulls_last=True), "slug"]
    parts = [part.order_by(*order).values_list(*_Place._fields)[: size + 1] for part in _parts(found, cursor)]
    rows = parts[0].union(*parts[1:], all=True).order_by(*order)[: size + 1] if len(parts) > 1 else parts[0]
    page = paging.page_of([_Place(*row) for row in rows], cursor, size, str)
    return Page([row.pk for row in page.rows], page.next, page.previous)


def _parts(found: PublishedClaimQuerySet, cursor: str) -> Iterator[PublishedClaimQuerySet]:
    """The claims beyond the cursor. Those that were corrected since the first page keep their former place."""
    if not cursor:
        newest = Revision.objects.order_by("-pk").values("pk")[:1]
        yield found.annotate(day=F("claimed_from"), as_of=Subquery(newest))
        return
    _direction, _name, since, day, slug = cursor.split(".")
    as_of = int(since)
    # Every act that can change the date of a claim, or remove and republish it, makes a correction.
    newer = Correction.objects.order_by().filter(revision__gt=as_of)
    if newer[: MOST_CORRECTED + 1].count() > MOST_CORRECTED:
        raise Outdated("Too many claims were corrected since the first page. Start again, without a cursor.")
    redated = Exists(newer.filter(revision__claim=OuterRef("claim")))
    unchanged = found.filter(~redated).annotate(day=F("claimed_from"))
    then = Revision.objects.filter(claim=OuterRef("claim"), pk__lte=as_of).order_by("-number")[:1]
    # The former place would reveal the date in a version that was redacted since, so these claims are left out.
    redacted = Exists(Revision.objects.filter(claim=OuterRef("claim"), pk__gt=as_of, act=Act.REDACT))
    moved = found.filter(redated, ~redacted).annotate(
        was=Subquery(then.values("act")), day=Subquery(then.values(day=_FIRST_DAY))
    )
    moved = moved.filter(was__isnull=False).exclude(was=Act.WITHDRAW)
    for beyond in _beyond(day, slug, back=leads_back(cursor)):
        for claims in (unchanged, moved):
            yield claims.annotate(as_of=Value(as_of, BigIntegerField())).filter(beyond)


def _beyond(day: str, slug: str, *, back: bool) -> Iterator[Q]:
    """Conditions for the claims beyond a place, among those with a date and among those without, which come last."""
    if day != "none":
        yield Q(day__isnull=False) & _DATED.beyond([_DAY.read(day), slug], back=back)
    elif back:
        yield Q(day__isnull=False)
    if day == "none":
        yield Q(day__isnull=True) & _UNDATED.beyond([slug], back=back)
    elif not back:
        yield Q(day__isnull=True)
