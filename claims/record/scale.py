"""The order of ratings, and their groups from true to false. Everything follows from the numbers that ratings carry."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from claims.schema import Content

Side = Literal["high", "middle", "low", "off"]


def in_order(cards: Iterable[Content]) -> list[Content]:
    """Rating cards from best to worst, then those off the scale, in the same order in every language."""
    return sorted(cards, key=lambda card: (not on_scale(card), -_height(card), card["slug"]))


def on_scale(card: Content) -> bool:
    return "value" in card


def side_of(card: Content) -> Side:
    """The half of its scale that a rating is in: high, low, or the middle between them. Off the scale it has none."""
    if not on_scale(card):
        return "off"
    height = _height(card)
    return "middle" if height == 0 else "high" if height > 0 else "low"


def _height(card: Content) -> float:
    """How far above the middle of its scale a rating is: from -1 for the worst to 1 for the best."""
    if not on_scale(card):
        return 0
    best, worst = int(card["best"]), int(card["worst"])
    return (2 * int(card["value"]) - best - worst) / (best - worst)


@dataclass(frozen=True)
class Group:
    """The ratings of some claims that are on one side of their scale, and the number of those claims."""

    side: Side
    cards: list[Content]
    count: int


def groups(counts: Iterable[tuple[Content, int]]) -> list[Group]:
    """The claims with each rating, put together by side: high, middle, low, off. Sides without claims are left out."""
    found = [(card, count) for card, count in counts if count]
    sides: tuple[Side, ...] = ("high", "middle", "low", "off")
    split = {side: [(card, count) for card, count in found if side_of(card) == side] for side in sides}
    return [
        Group(side, in_order(card for card, _count in pairs), sum(count for _card, count in pairs))
        for side, pairs in split.items()
        if pairs
    ]
