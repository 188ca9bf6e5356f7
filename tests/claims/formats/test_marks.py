"""Tests of the marks: every rating has one with a different shape."""

import re

import pytest

from claims.formats.marks import MARKS, OFF, mark_of, tone_of
from claims.models import Rating
from claims.record.body import rating_card


@pytest.mark.django_db
def test_every_default_rating_has_a_shape_of_its_own() -> None:
    cards = [rating_card(rating) for rating in Rating.objects.select_related("scale")]
    assert len(cards) >= 10
    assert len({MARKS[mark_of(card)] for card in cards}) == len(cards)
    assert OFF not in {mark_of(card) for card in cards}


def test_marks_use_only_the_supported_path_commands() -> None:
    for part in (part for parts in MARKS.values() for part in parts):
        commands = re.findall(r"([A-Za-z])([^A-Za-z]*)", part.path)
        assert "".join(name + rest for name, rest in commands) == part.path
        for name, rest in commands:
            numbers = [float(number) for number in rest.split()]
            assert len(numbers) == {"M": 2, "L": 2, "C": 6, "Z": 0}[name], part.path
            assert all(0 <= number <= 24 for number in numbers), part.path
        assert commands[0][0] == "M"


@pytest.mark.parametrize(("worst", "best"), [(1, 2), (1, 5), (1, 10), (3, 9)])
def test_the_ends_of_every_scale_have_the_marks_of_the_ends(worst: int, best: int) -> None:
    marks = [mark_of({"slug": "x", "value": value, "worst": worst, "best": best}) for value in range(worst, best + 1)]
    assert (marks[0], marks[-1]) == ("1", "5")
    assert marks == sorted(marks)
    assert [tone_of(mark) for mark in marks] == marks


@pytest.mark.parametrize("slug", ["our-own-word", "5", "off", ""])
def test_a_rating_off_the_scale_never_has_the_mark_of_a_step(slug: str) -> None:
    assert mark_of({"slug": slug}) == mark_of({}) == OFF
    assert tone_of(mark_of({"slug": "satire"})) == OFF
