"""The evidence of a body as an argument: grouped by independent source, strongest first, and counted in one sentence.

An independent source is an origin: reports that repeat one statement have one origin and count once.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from claims.choices import TAKES_A_SIDE, Stance
from claims.record.rows import origin_key
from claims.schema import Content

# The order of stances that have as many independent sources.
_ORDER = (Stance.REFUTES, Stance.SUPPORTS, Stance.MIXED, Stance.CONTEXT)
_FIRST = {
    Stance.REFUTES: ngettext_lazy(
        "%(n)d independent source contradicts the claim", "%(n)d independent sources contradict the claim", "n"
    ),
    Stance.SUPPORTS: ngettext_lazy(
        "%(n)d independent source supports the claim", "%(n)d independent sources support the claim", "n"
    ),
    Stance.MIXED: ngettext_lazy(
        "%(n)d independent source partly supports and partly contradicts the claim",
        "%(n)d independent sources partly support and partly contradict the claim",
        "n",
    ),
}
_NEXT = {
    Stance.REFUTES: ngettext_lazy("%(n)d contradicts it", "%(n)d contradict it", "n"),
    Stance.SUPPORTS: ngettext_lazy("%(n)d supports it", "%(n)d support it", "n"),
    Stance.MIXED: ngettext_lazy("%(n)d does both", "%(n)d do both", "n"),
}
_BACKGROUND = ngettext_lazy("%(n)d more gives background.", "%(n)d more give background.", "n")
_ONLY_BACKGROUND = ngettext_lazy(
    "%(n)d independent source gives background. It doesn't speak for or against the claim.",
    "%(n)d independent sources give background. None of them speaks for or against the claim.",
    "n",
)


@dataclass(frozen=True)
class Origin:
    """An independent source: its stance over all evidence that leads back to it, and that evidence, strongest first."""

    name: str
    stance: Stance
    evidence: list[Content]

    @property
    def is_primary(self) -> bool:
        """True if we have the original, and not only reports of it."""
        return any(item["primary"] for item in self.evidence)


def by_origin(evidence: Iterable[Content]) -> list[Origin]:
    """The evidence of a body by independent source, strongest first.

    Sources that take a side come before background, originals before reports of them, and the side that more sources
    take before the other. Among equals the editor's order is kept. How often a statement was repeated doesn't count.

    A source is mixed if its evidence has different stances. Background counts only if it has no other evidence.
    """
    items: dict[str, list[Content]] = {}
    for item in evidence:
        items.setdefault(origin_key(item["origin"]), []).append(item)
    origins = [Origin(group[0]["origin"], _stance(group), _sorted(group)) for group in items.values()]
    sides = _sides(origins)
    return sorted(
        origins,
        key=lambda origin: (origin.stance == Stance.CONTEXT, not origin.is_primary, sides.index(origin.stance)),
    )


def in_a_sentence(evidence: Iterable[Content]) -> str:
    """How many independent sources contradict and support the claim, in the reader's language. Empty without any."""
    origins = by_origin(evidence)
    counts = {side: sum(origin.stance == side for origin in origins) for side in _sides(origins)}
    background = counts.pop(Stance.CONTEXT)
    taking = [(side, count) for side, count in counts.items() if count]
    if not taking:
        return str(_ONLY_BACKGROUND % {"n": background}) if background else ""
    parts = [(_NEXT if place else _FIRST)[side] % {"n": count} for place, (side, count) in enumerate(taking)]
    sentence = _("%(counts)s.") % {"counts": ", ".join(parts)}
    return f"{sentence} {_BACKGROUND % {'n': background}}" if background else sentence


def _stance(items: Iterable[Content]) -> Stance:
    sides = {item["stance"] for item in items} & set(TAKES_A_SIDE)
    return Stance.MIXED if len(sides) > 1 else Stance(next(iter(sides), Stance.CONTEXT))


def _sorted(items: list[Content]) -> list[Content]:
    return sorted(items, key=lambda item: (item["stance"] == Stance.CONTEXT, not item["primary"]))


def _sides(origins: list[Origin]) -> list[Stance]:
    """All stances, the one of the most origins first, and background last."""
    taken = [origin.stance for origin in origins]
    return sorted(_ORDER, key=lambda side: (side == Stance.CONTEXT, -taken.count(side), _ORDER.index(side)))
