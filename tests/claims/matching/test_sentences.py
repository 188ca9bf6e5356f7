"""A text is divided into the sentences that a person would see."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.matching.sentences import MOST_SENTENCES, sentences


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("He said “No.” Then he left.", ["He said “No.”", "Then he left."]),
        ("Dr. Doe met J. Smith. Both left.", ["Dr. Doe met J. Smith.", "Both left."]),
        ("It cost 3.5 million. ¿Why?", ["It cost 3.5 million.", "¿Why?"]),
        ("A title\n\nA paragraph", ["A title", "A paragraph"]),
        ("これは一つ。これは二つ。", ["これは一つ。", "これは二つ。"]),
        ("about 5 p.m. on Monday", ["about 5 p.m. on Monday"]),
        ("… !!! —", []),
        ("", []),
    ],
)
def test_sentences_end_where_a_person_would_end_them(text: str, found: list[str]) -> None:
    assert sentences(text) == found


def test_there_are_at_most_so_many() -> None:
    assert len(sentences("One. " * 1_000)) == MOST_SENTENCES


@given(st.text(max_size=300))
def test_no_letter_of_a_text_is_lost(text: str) -> None:
    letters = [sign for sign in "".join(sentences(text)) if sign.isalnum()]
    assert letters == [sign for sign in text if sign.isalnum()][: len(letters)]
    if len(sentences(text)) < MOST_SENTENCES:
        assert len(letters) == sum(sign.isalnum() for sign in text)
