"""No cell runs as a formula, and no text is lost."""

import csv
import io
import json
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from factcheck.core.spreadsheet import MARK, escape_formulas, lines
from factcheck.core.text import clean, for_xml

FORMULA = re.compile(r'"*[=+\-@＝＋－＠]')
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
HOSTILE = st.text("'\"=+-@;\t\r\n＝ ,x1", max_size=12)


def plain(cell: str) -> str:
    return re.sub(MARK, r"\1", cell)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "＝", "＠", "'=", "''=", "\"='"])
def test_a_formula_becomes_text(start: str) -> None:
    assert escape_formulas(f"{start}1+1") == f"'{start}1+1"


@pytest.mark.parametrize("text", ["", "1+1", "a = b", "'quoted'", '"quoted"', "it's", "one; two", "one\ntwo", "a - b"])
def test_other_text_stays(text: str) -> None:
    assert escape_formulas(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sums;=1+1", "sums;'=1+1"),
        ('sums;;"=1+1"', 'sums;;\'"=1+1"'),
        ("points:\n- one\n- two", "points:\n'- one\n'- two"),
        ("\t=1", "'\t'=1"),
    ],
)
def test_a_formula_after_a_cell_separator_inside_text_is_escaped(text: str, expected: str) -> None:
    assert escape_formulas(text) == expected


@given(HOSTILE | ANY_TEXT)
@example("='\"'=")
def test_the_apostrophes_can_be_removed(text: str) -> None:
    assert plain(escape_formulas(text)) == text


@given(HOSTILE)
@example(';"=1"')
def test_no_cell_is_a_formula_with_any_separator(text: str) -> None:
    """In the worst case, a spreadsheet ignores quotes."""
    line = "".join(lines(["x"], [["x", text]])).partition("\r\n")[2]
    parted = {mark: csv.reader(io.StringIO(line, newline=""), delimiter=mark) for mark in ",;\t"}
    cells = [cell for rows in parted.values() for row in rows for cell in row] + re.split(r"[;\t\r\n]", line)
    assert [cell for cell in cells if FORMULA.match(cell)] == []


@given(st.lists(HOSTILE | ANY_TEXT, min_size=1), st.lists(HOSTILE | ANY_TEXT))
def test_a_table_reads_back(cells: list[str], items: list[str]) -> None:
    file = io.StringIO("".join(lines(["x"] * (len(cells) + 1), [[*cells, items]])), newline="")
    _header, (*texts, array) = csv.reader(file, strict=True)
    assert list(map(plain, texts)) == cells
    assert json.loads(plain(array)) == items


def test_other_values_in_cells() -> None:
    row = [None, True, -3, ["x y", "z"], []]
    assert list(lines(["a", "b", "c", "d", "e"], [row])) == ["a,b,c,d,e\r\n", ',true,-3,"[""x y"",""z""]",[]\r\n']


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_xml_text_has_no_forbidden_characters(text: str) -> None:
    kept = for_xml(text)
    assert for_xml(kept) == kept
    assert not set(kept) & set(map(chr, [*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF]))
    assert for_xml(clean("plain\ttext\n")) == "plain\ttext"
