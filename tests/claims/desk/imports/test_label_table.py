"""The table that proposes what a label of another publisher means."""

import pytest

from claims.choices import ForeignMeaning
from claims.desk.imports import label_table


def test_every_label_of_the_table_is_found_and_is_there_once() -> None:
    keys = label_table.known()
    assert len(set(keys)) == len(keys)
    assert [key for key in keys if label_table.key_of(key) != key or not label_table.proposed(key)] == []


def test_every_class_but_declined_is_proposed() -> None:
    assert {label_table.proposed(key) for key in label_table.known()} == set(ForeignMeaning) - {ForeignMeaning.DECLINED}


@pytest.mark.parametrize("label", ["Pants on Fire!", "pants-on-fire", " PANTS  ON FIRE ", "Größtenteils falsch"])
def test_a_label_is_found_however_it_is_written(label: str) -> None:
    assert label_table.proposed(label) == ForeignMeaning.FALSE


@pytest.mark.parametrize("label", ["", "Not false", "3/10", "🔥"])
def test_a_label_that_is_not_in_the_table_has_no_proposal(label: str) -> None:
    assert label_table.proposed(label) == ""
