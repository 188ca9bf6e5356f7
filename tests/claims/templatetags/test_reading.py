"""How the record's values stand on a page."""

import pytest

from claims.templatetags.reading import short_answer


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
def test_the_short_answer_is_the_first_sentence(first: str, rest: str) -> None:
    assert short_answer(f"{first} {rest}".strip()) == (first, rest)


@pytest.mark.parametrize("text", ["a. " * 20_000, "x" * 100_000, "A. B. " * 20_000, "." * 100_000])
def test_no_text_takes_long_or_loses_a_word(text: str) -> None:
    first, rest = short_answer(text)
    assert (first + rest).replace(" ", "") == text.replace(" ", "")
