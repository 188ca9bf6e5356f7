"""No cell is a program, and nothing is lost."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.core.spreadsheet import inert, lines
from factcheck.core.text import clean, for_xml


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "＝", "＠", "'=", "''="])
def test_a_formula_becomes_text(start: str) -> None:
    assert inert(f"{start}1+1") == f"'{start}1+1"


@pytest.mark.parametrize("text", ["", "1+1", "a = b", "'quoted'", "it's"])
def test_other_text_stays(text: str) -> None:
    assert inert(text) == text


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\n")), min_size=1))
def test_a_table_reads_back(cells: list[str]) -> None:
    _header, row = csv.reader(io.StringIO("".join(lines(["x"] * len(cells), [cells])), newline=""))
    assert [cell[1:] if inert(cell[1:]) == cell else cell for cell in row] == cells


def test_other_values_have_one_form() -> None:
    assert list(lines(["a", "b", "c", "d"], [[None, True, -3, ["x", "y"]]])) == ["a,b,c,d\r\n", ",true,-3,x y\r\n"]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_xml_gets_what_xml_can_hold(text: str) -> None:
    kept = for_xml(text)
    assert for_xml(kept) == kept
    assert not set(kept) & set(map(chr, [*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF]))
    assert for_xml(clean("plain\ttext\n")) == "plain\ttext"
