"""The place of a row is said in the language of who reads it."""

from typing import Any

import pytest

from claims.desk.imports import where


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        ("line 12", "LINE 12"),
        ("Checks, 2020, row 3", "Checks, 2020, ROW 3"),
        ("claims 4, review 2", "claims 4, REVIEW 2"),
        ("https://checks.example/a, b", "https://checks.example/a, b"),
        ("baseline 3", "baseline 3"),
        ("", ""),
    ],
)
def test_a_place_is_said_in_other_words_and_names_stay(stored: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    words: dict[str, Any] = {name: f"{name.upper()} %(number)s" for name in where._WORDS}
    monkeypatch.setattr(where, "_WORDS", words)
    assert where.in_words(stored) == said


def test_every_place_that_a_reading_process_says_has_words() -> None:
    assert where.in_words("line 1, row 2, item 3, post 4, review 5") == "line 1, row 2, item 3, post 4, review 5"
