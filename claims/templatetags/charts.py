"""Charts on a page. Each shows its numbers, and says in words what it shows."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from django import template
from django.utils.translation import gettext as _

from claims.choices import CorrectionKind
from claims.formats import charts, marks
from claims.models import Revision
from claims.record.statistics import Table
from claims.record.wording import name_of
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


@register.inclusion_tag("claims/charts/bars.html")
def rating_bars(table: Table, head: str, parameter: str = "") -> dict[str, Any]:
    """Rows of counts by rating. `head` is the heading of the rows. `parameter` is the filter for a row's claims."""
    # Ratings off the scale have the same colour, so they get different textures.
    off = cycle(_OFF_TEXTURES)
    columns = [
        Column(name_of(card).html(), f"rating-{look}", next(off) if look == marks.OFF else look, card)
        for card, look in ((card, tone(card)) for card in table.columns)
    ]
    return _bars(table, columns, head) | {"parameter": parameter}


@register.inclusion_tag("claims/charts/bars.html")
def correction_bars(table: Table, head: str) -> dict[str, Any]:
    """Rows of counts by kind of correction. `head` is the heading of the rows."""
    kinds = [CorrectionKind(kind) for kind in table.columns]
    return _bars(
        table, [Column(str(kind.label), f"correction-{kind}", _CORRECTION_TEXTURES[kind]) for kind in kinds], head
    )


def _name(bar: charts.Bar) -> str:
    return name_of(bar.card).html() if bar.card else bar.name or period(bar.slug)


def _bars(table: Table, columns: list[Column], head: str) -> dict[str, Any]:
    rows = [
        (bar, _name(bar), [(segment, columns[segment.column]) for segment in bar.segments])
        for bar in charts.bars(table)
    ]
    most = max((bar.total for bar, _name, _parts in rows), default=0)
    return {
        "columns": columns,
        "rows": rows,
        "head": head,
        "most": most,
        "leaders": [name for bar, name, _parts in rows if bar.total == most],
    }


@register.inclusion_tag("claims/charts/timeline.html")
def claim_timeline(content: Content | None, history: Iterable[Revision]) -> dict[str, Any]:
    """The timeline of a claim. `content` is None if readers can no longer see its body."""
    return {"timeline": charts.timeline(content or {}, history)}


@register.inclusion_tag("claims/charts/places.html")
def article_places(cited: Iterable[tuple[Any, list[Content]]]) -> dict[str, Any]:
    """The claims of an article in reading order. `cited` has each claim's card with its appearances in the article."""
    return {
        "places": charts.places(
            (charts.Placed(card.claim.slug, card.claim.statement, card.claim.language, card.rating), appearances)
            for card, appearances in cited
        )
    }
