"""Text that people typed is normalised."""

import re
import string
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factcheck.core.text import (
    clean,
    first_sentence,
    folded,
    loosely,
    one_line,
    shortened,
    slug_from,
    with_marks_visible,
)

anything = st.text(st.characters(exclude_categories=["Cs"]))


@settings(deadline=None)
@given(anything)
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@settings(deadline=None)
@given(anything)
def test_clean_text_is_nfc_and_holds_no_control_character_but_tab_and_line_feed(text: str) -> None:
    cleaned = clean(text)
    assert unicodedata.is_normalized("NFC", cleaned)
    assert {character for character in cleaned if unicodedata.category(character) == "Cc"} <= {"\t", "\n"}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Denver \n", "Denver"),
        ("one\r\ntwo\rthree\u2028four", "one\ntwo\nthree\nfour"),
        ("e\u0301", "é"),
        ("a\x00b\x1b[31mc", "ab[31mc"),
        ("a\tb", "a\tb"),
    ],
)
def test_what_cleaning_keeps(typed: str, kept: str) -> None:
    assert clean(typed) == kept


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(ValueError, match="half of a character"):
        clean("a\ud800")


def test_marks_that_turn_the_direction_are_replaced_by_their_names() -> None:
    assert with_marks_visible("a\u202elive\u2069 שלום") == "a‹U+202E›live‹U+2069› שלום"


@settings(deadline=None)
@given(anything)
def test_one_line_is_one_line(text: str) -> None:
    assert not re.search(r"[^\S ]|  ", one_line(text))


@pytest.mark.parametrize(
    ("one", "other"),
    [("Müller", "MULLER"), ("señor  ruiz", "Senor Ruiz"), ("STRASSE", "straße"), ("Ångström", "angstrom")],
)
def test_equal_spellings_fold_to_the_same_text(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@settings(deadline=None)
@given(anything, st.integers(min_value=1, max_value=100))
def test_a_slug_fits_an_address(text: str, length: int) -> None:
    slug = slug_from(text, length=length)
    assert len(slug) <= length
    assert re.fullmatch(r"(?:[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?)?", slug)


@settings(deadline=None)
@given(st.text(string.ascii_lowercase + string.digits + " -"))
def test_a_slug_is_cut_between_words(text: str) -> None:
    words = [word for word in re.split("[ -]+", text) if word]
    kept = [word for word in slug_from(text, length=12).split("-") if word]
    assert kept == words[: len(kept)] or len(words[0]) > 12


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("95.0% of it", "95-0-of-it"),
        ("2.5 and .5", "2-5-and-5"),
        ("1,5 millones", "1-5-millones"),
        ("$1,000 in the U.S.", "1000-in-the-us"),
        ("$1,234,567", "1234567"),
        ("1/2 or ½ of 10²", "1-2-or-1-2-of-10-2"),
        ("5–10 at 10:30", "5-10-at-10-30"),
        ("١٫٥ و ٢٠٢٥", "1-5-w-2025"),
    ],
)
def test_two_numbers_are_not_joined_into_another_one(text: str, slug: str) -> None:
    assert slug_from(text) == slug


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Путин подписал закон о COVID-19", "putin-podpisal-zakon-o-covid-19"),
        ("Ο Μητσοτάκης στην Αθήνα", "o-mitsotakis-stin-athina"),
        ("الحكومة والم", "lhkwmh-wlm"),
        ("北京市の人口", "bei-jing-shino-ren-kou"),
        ("서울 인구", "seo-ul-in-gu"),
        ("भारत की नदी", "bhart-ki-ndi"),
        ("Łódź, İstanbul, Straße", "lodz-istanbul-strasse"),
        ("Zu\u0308rich 😀", "zurich"),
    ],
)
def test_a_slug_of_any_script_can_be_read(text: str, slug: str) -> None:
    assert slug_from(text) == slug


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Denver’s office", " DENVER'S  Office.", True),
        ("Été – «a»", 'ete - "a"', True),
        ("Office 1", "Office 2", False),
        ("a b", "ab", False),
    ],
)
def test_spellings_of_one_text_are_found_to_be_the_same(one: str, other: str, same: bool) -> None:
    assert (loosely(one) == loosely(other)) is same


def test_text_without_a_letter_gives_no_slug() -> None:
    assert slug_from("«…»") == ""


@settings(deadline=None)
@given(anything, st.integers(min_value=1, max_value=60))
def test_shortened_text_fits_and_shows_that_it_was_cut(text: str, length: int) -> None:
    short = shortened(text, length)
    assert len(short) <= length
    assert short == one_line(text) or short.endswith("…")


@pytest.mark.parametrize(
    ("first", "rest"),
    [
        ("The figure exists, but it is not the city's.", "It is an estimate."),
        ("The share fell to 3.5 percent in May 2025!", "“So” it stayed."),
        ("The law was signed by Gov. Jared Polis in 2019.", "It holds."),
        ("The document never reached the U.S. Senate at all.", "It was lost."),
        ("The sum covers approx. ten years of work by others.", "Not one."),
        ("He said in a speech: “It cost us ten million.”", "It did not."),
        ("هذا الرقم موجود لكنه ليس إنفاق المدينة.", "إنه تقدير."),
        ("A summary of one sentence has nothing after it.", ""),
        ("A summary without a full stop", ""),
        ("", ""),
    ],
)
def test_the_first_sentence_ends_where_another_begins(first: str, rest: str) -> None:
    assert first_sentence(f"{first} {rest}".strip()) == (first, rest)


@pytest.mark.parametrize("text", ["a. " * 20_000, "x" * 100_000, "A. B. " * 20_000, "." * 100_000])
def test_no_text_takes_long_or_loses_a_word(text: str) -> None:
    first, rest = first_sentence(text)
    assert (first + rest).replace(" ", "") == text.replace(" ", "")
