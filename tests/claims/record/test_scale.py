"""The order of ratings, and their groups."""

import pytest

from claims.record import scale
from claims.schema import Content


def card(slug: str, value: int | None = None, *, worst: int = 1, best: int = 5) -> Content:
    """The card of a rating."""
    return {"slug": slug, "label": slug} | ({} if value is None else {"value": value, "worst": worst, "best": best})


def test_ratings_go_from_best_to_worst_and_those_off_the_scale_are_last_in_one_order() -> None:
    cards = [card("unverified"), card("b", 2), card("not-checkable"), card("a", 5), card("c", 1)]
    for given in (cards, cards[::-1]):
        assert [found["slug"] for found in scale.in_order(given)] == ["a", "b", "c", "not-checkable", "unverified"]


@pytest.mark.parametrize(
    ("value", "worst", "best", "side"),
    [
        (5, 1, 5, "high"),
        (4, 1, 5, "high"),
        (3, 1, 5, "middle"),
        (2, 1, 5, "low"),
        (2, 1, 3, "middle"),
        (2, 1, 4, "low"),
        (3, 1, 4, "high"),
        (2, 1, 2, "high"),
        (1, 1, 2, "low"),
        (None, 1, 5, "off"),
    ],
)
def test_a_rating_is_on_a_side_of_whatever_scale_it_belongs_to(
    value: int | None, worst: int, best: int, side: str
) -> None:
    assert scale.side_of(card("x", value, worst=worst, best=best)) == side


def test_claims_are_counted_by_side_and_no_side_is_empty() -> None:
    found = scale.groups([(card("false", 1), 2), (card("off"), 1), (card("mostly-false", 2), 5), (card("true", 5), 0)])
    assert [(group.side, [one["slug"] for one in group.cards], group.count) for group in found] == [
        ("low", ["mostly-false", "false"], 7),
        ("off", ["off"], 1),
    ]
