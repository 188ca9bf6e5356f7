"""Charts on a page. Each shows its numbers, and says in words what it shows."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from claims.choices import CorrectionKind
from claims.formats import charts, marks
from claims.models import Revision
from claims.record.scale import Group
from claims.record.statistics import Distribution, Row, Table
from claims.schema import Content
from claims.templatetags.reading import tone
from factcheck.core.fields import dates

register = template.Library()


@register.filter
def percent_of(part: int, whole: int) -> str:
    """The length of a bar, such as "33.33%"."""
    return charts.percent(part, whole)


@register.filter
def period(slug: str) -> str:
    """A month, quarter or year in words, such as "November 2026", "2026, quarter 4" or "2026"."""
    year, _sign, quarter = slug.partition("-Q")
    return _("%(year)s, quarter %(quarter)s") % {"year": year, "quarter": quarter} if quarter else dates.in_words(slug)


@dataclass(frozen=True)
class Column:
    """The meaning of a segment of a bar: its label, its colour as a CSS class (`look`), and its texture."""

    label: str
    look: str
    texture: str
    card: Content | None = None


_OFF_TEXTURES = ("off", "off-2", "off-3")
# Kinds of correction share the textures of ratings, because no table has both.
_CORRECTION_TEXTURES = {
    CorrectionKind.MINOR: "off",
    CorrectionKind.UPDATE: "3",
    CorrectionKind.SUBSTANTIAL: "5",
    CorrectionKind.VOID: "1",
}


def _rating_columns(cards: Iterable[Content]) -> list[Column]:
    # Ratings off the scale have the same colour, so they get different textures.
    off = cycle(_OFF_TEXTURES)
    return [
        Column(card["label"], f"rating-{look}", next(off) if look == marks.OFF else look, card)
        for card, look in ((card, tone(card)) for card in cards)
    ]


@register.inclusion_tag("claims/charts/bars.html")
def rating_bars(table: Table, head: str, parameter: str = "") -> dict[str, Any]:
    """Rows of counts by rating. `head` is the heading of the rows. `parameter` is the filter for a row's claims.

    The legend of these bars is the one of `rating_bar`, once on the page.
    """
    return _bars(table, _rating_columns(table.columns), head) | {"parameter": parameter}


@register.inclusion_tag("claims/charts/scale.html")
def rating_bar(distribution: Distribution) -> dict[str, Any]:
    """One bar of all claims from true to false, then those off the scale, with a legend that holds the numbers."""
    counts = [found.count for found in distribution.counts]
    columns = _rating_columns(found.card for found in distribution.counts)
    (bar,) = charts.bars(Table([found.card for found in distribution.counts], [Row("", "", counts)], is_cut=False))
    return {
        "parts": [(segment, columns[segment.column]) for segment in bar.segments],
        "legend": list(zip(columns, distribution.counts, strict=True)),
        "has_shares": distribution.has_shares,
    }


@register.filter
def in_words(group: Group) -> str:
    """The number of claims on one side of the scale and their ratings, such as "9 true or mostly true"."""
    number = number_format(group.count, force_grouping=True)
    if group.side == "off":
        return ngettext(
            "%(number)s could not be rated true or false", "%(number)s could not be rated true or false", group.count
        ) % {"number": number}
    *first, last = [card["label"][:1].lower() + card["label"][1:] for card in group.cards]
    ratings = _("%(ratings)s or %(rating)s") % {"ratings": ", ".join(first), "rating": last} if first else last
    return _("%(number)s %(ratings)s") % {"number": number, "ratings": ratings}


@register.inclusion_tag("claims/charts/bars.html")
def correction_bars(table: Table, head: str) -> dict[str, Any]:
    """Rows of counts by kind of correction. `head` is the heading of the rows."""
    kinds = [CorrectionKind(kind) for kind in table.columns]
    columns = [Column(str(kind.label), f"correction-{kind}", _CORRECTION_TEXTURES[kind]) for kind in kinds]
    return _bars(table, columns, head) | {"has_legend": True}


def _bars(table: Table, columns: list[Column], head: str) -> dict[str, Any]:
    rows = [
        (bar, bar.name or period(bar.slug), [(segment, columns[segment.column]) for segment in bar.segments])
        for bar in charts.bars(table)
    ]
    return {
        "columns": columns,
        "rows": rows,
        "head": head,
    }


@register.inclusion_tag("claims/charts/timeline.html")
def claim_timeline(content: Content | None, history: Iterable[Revision]) -> dict[str, Any]:
    """The timeline of a claim. `content` is None if readers can no longer see its body."""
    return {"timeline": charts.timeline(content or {}, history)}
