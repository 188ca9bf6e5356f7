"""Charts on a page. Each is drawn with its numbers beside it, and says in words what it shows."""

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
from claims.schema import Content
from claims.templatetags.reading import tone
from factcheck.core.fields import dates

register = template.Library()


@register.filter
def percent_of(part: int, whole: int) -> str:
    """The length of a bar: "33.33%"."""
    return charts.percent(part, whole)


@register.filter
def period(slug: str) -> str:
    """A month, quarter or year in words: "November 2026", "2026, quarter 4", "2026"."""
    year, _sign, quarter = slug.partition("-Q")
    return _("%(year)s, quarter %(quarter)s") % {"year": year, "quarter": quarter} if quarter else dates.in_words(slug)


@dataclass(frozen=True)
class Column:
    """What a segment of a bar stands for: its word, its colour as a class, and its texture."""

    label: str
    look: str
    texture: str
    card: Content | None = None


_OFF_TEXTURES = ("off", "off-2", "off-3")
# The textures of kinds of correction are those of the ratings, which stand in no table with them.
_CORRECTION_TEXTURES = {
    CorrectionKind.MINOR: "off",
    CorrectionKind.UPDATE: "3",
    CorrectionKind.SUBSTANTIAL: "5",
    CorrectionKind.VOID: "1",
}


@register.inclusion_tag("claims/charts/bars.html")
def rating_bars(table: Table, head: str, parameter: str = "") -> dict[str, Any]:
    """Counts by rating in rows. `head` says what a row is, `parameter` asks the list of claims for a row's."""
    # Ratings off the scale share a colour; side by side in a bar their textures tell them apart.
    off = cycle(_OFF_TEXTURES)
    columns = [
        Column(card["label"], f"rating-{look}", next(off) if look == marks.OFF else look, card)
        for card, look in ((card, tone(card)) for card in table.columns)
    ]
    return _bars(table, columns, head) | {"parameter": parameter}


@register.inclusion_tag("claims/charts/bars.html")
def correction_bars(table: Table, head: str) -> dict[str, Any]:
    """Counts by kind of correction in rows."""
    kinds = [CorrectionKind(kind) for kind in table.columns]
    return _bars(
        table, [Column(str(kind.label), f"correction-{kind}", _CORRECTION_TEXTURES[kind]) for kind in kinds], head
    )


def _bars(table: Table, columns: list[Column], head: str) -> dict[str, Any]:
    rows = [
        (bar, bar.name or period(bar.slug), [(segment, columns[segment.column]) for segment in bar.segments])
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


@register.inclusion_tag("claims/charts/balance.html")
def evidence_balance(evidence: Iterable[Content]) -> dict[str, Any]:
    """The evidence of a body by stance, each origin once."""
    return {"sides": charts.balance(evidence)}


@register.inclusion_tag("claims/charts/timeline.html")
def claim_timeline(content: Content | None, history: Iterable[Revision]) -> dict[str, Any]:
    """The life of a claim; `content` is None when readers see its body no longer."""
    return {"timeline": charts.timeline(content or {}, history)}


@register.inclusion_tag("claims/charts/places.html")
def article_places(cited: Iterable[tuple[Any, list[Content]]]) -> dict[str, Any]:
    """The claims of an article along its reading order, from its cards with their appearances in it."""
    return {
        "places": charts.places(
            (charts.Placed(card.claim.slug, card.claim.statement, card.claim.language, card.rating), appearances)
            for card, appearances in cited
        )
    }
