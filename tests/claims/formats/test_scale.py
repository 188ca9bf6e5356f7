"""A rating's place on its scale is drawn from the scale itself."""

import pytest

from claims.formats.scale import MOST_STEPS, scale_of


@pytest.mark.parametrize("best", [2, 3, 5, 10])
def test_a_scale_has_as_many_steps_as_values_and_one_is_the_ratings_own(best: int) -> None:
    for value in range(1, best + 1):
        scale = scale_of({"value": value, "worst": 1, "best": best})
        assert scale
        assert scale.filled == [number == value for number in range(1, best + 1)]


def test_a_scale_need_not_begin_at_one() -> None:
    scale = scale_of({"value": 4, "worst": 3, "best": 6})
    assert scale
    assert (scale.step, scale.steps) == (2, 4)


def test_a_long_scale_is_drawn_with_few_steps_and_keeps_its_ends() -> None:
    ends = [scale_of({"value": value, "worst": 1, "best": 100}) for value in (1, 100)]
    assert [(scale.step, scale.steps) for scale in ends if scale] == [(1, MOST_STEPS), (MOST_STEPS, MOST_STEPS)]


def test_a_rating_off_the_scale_has_no_place_on_it() -> None:
    assert scale_of({"slug": "satire", "label": "Satire"}) is None
