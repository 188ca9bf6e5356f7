"""Words are found where they stand, or said to be lost, and never moved to words that look alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.desk.reading.places import Quote, Span, Standing, Text
from sources.extraction import canonical_text

ARTICLE = Text(
    "The council of Ostwick built 12 bridges in 2019.\n"
    "Mayor Ana Ruiz said: “Ten percent of the budget went to bridges.” The opposition denied it.\n"
    "Ten percent of the budget went to schools, party sources said."
)


def span_of(text: Text, words: str, number: int = 0) -> Span:
    start = -1
    for _ in range(number + 1):
        start = text.text.index(words, start + 1)
    return Span(start, start + len(words))


def test_the_words_before_and_after_tell_repeated_words_apart() -> None:
    first, second = (span_of(ARTICLE, "Ten percent of the budget", number) for number in (0, 1))
    assert ARTICLE.find(Quote("Ten percent of the budget")).standing == Standing.AMBIGUOUS
    assert ARTICLE.find(Quote("Ten percent of the budget", suffix="went to bridges")).span == first
    assert ARTICLE.find(Quote("Ten percent of the budget", suffix="went to schools")).span == second


def test_white_space_and_the_form_of_marks_do_not_count() -> None:
    quote = Quote('"Ten   percent of\nthe budget went to bridges."', prefix=" said:")
    assert ARTICLE.find(quote).span == span_of(ARTICLE, "“Ten percent of the budget went to bridges.”")


@pytest.mark.parametrize(
    "quote",
    [
        Quote("Ten percent of the budget", prefix="Nobody said:"),
        Quote("Ten percent of the budget", suffix="went to roads"),
        Quote("2 bridges"),
        Quote("art"),
        Quote("201"),
        Quote("ten percent"),
        Quote("words that aren't there"),
        Quote(" \n"),
    ],
    ids=str,
)
def test_words_that_only_look_alike_are_not_the_place(quote: Quote) -> None:
    found = ARTICLE.find(quote)
    assert (found.standing, found.span) == (Standing.LOST, None)


def test_the_same_words_in_other_company_are_named() -> None:
    found = ARTICLE.find(Quote("12 bridges", prefix="The council of Westwick built"))
    assert found.alike == (span_of(ARTICLE, "12 bridges"),)


def test_a_place_across_paragraphs_is_found_again() -> None:
    span = Span(ARTICLE.text.index("The opposition"), ARTICLE.text.index(" went to schools"))
    assert ARTICLE.find(ARTICLE.quote(span)).span == span
    assert ARTICLE.locator(span) == "paragraphs 2–3"


def test_a_new_version_keeps_places_whose_paragraph_stayed() -> None:
    span = span_of(ARTICLE, "12 bridges")
    quote = ARTICLE.quote(span)
    newer = Text("A new first paragraph.\n" + ARTICLE.text.replace("Mayor Ana Ruiz", "The mayor"))
    found = newer.find(quote).span
    assert found is not None
    assert (newer.words(found), newer.locator(found)) == ("12 bridges", "paragraph 2")
    assert Text(ARTICLE.text.replace("2019", "2020")).find(quote).standing == Standing.LOST


@pytest.mark.parametrize(
    ("text", "start", "end", "words"),
    [
        ("built 12 bridges", 7, 9, "12"),
        ("the party said", 6, 9, "party"),
        ("  a  word ", 1, 5, "a"),
        ("max\u0302s", 0, 3, "max\u0302s"),
        ("x\u0302 is here", 0, 1, "x\u0302"),
        ("a 👩🏽‍🔬 here", 2, 3, "👩🏽‍🔬"),
        ("他说十座桥", 2, 4, "十座"),
        ("بنى المجلس", 4, 10, "المجلس"),
    ],
)
def test_a_selection_takes_whole_characters_and_words(text: str, start: int, end: int, words: str) -> None:
    span = Text(text).selection(start, end)
    assert span is not None
    assert Text(text).words(span) == words


@pytest.mark.parametrize(("start", "end"), [(3, 3), (3, 4), (900, 950), (-5, -1)])
def test_a_selection_without_words_is_none(start: int, end: int) -> None:
    assert ARTICLE.selection(start, end) is None


def test_sentences_end_where_readers_stop() -> None:
    text = Text(
        "Dr. Ruiz spent 3.5 million, e.g. on bridges. “Why?” asked Bo. No. 7 was dear! It’s so… he said.\n"
        "他来了。他走了。"
    )
    assert [text.words(sentence) for sentence in text.sentences] == [
        "Dr. Ruiz spent 3.5 million, e.g. on bridges.",
        "“Why?” asked Bo.",
        "No. 7 was dear!",
        "It’s so… he said.",
        "他来了。",
        "他走了。",
    ]


PARAGRAPHS = st.lists(
    st.text(st.sampled_from("ab1 é.’\u0301\u200d你ا👩\U0001f3fd")) | st.sampled_from(["a a a", "ab ab", "1 11 111"]),
    min_size=1,
)


@given(PARAGRAPHS.map(canonical_text).filter(bool), st.data())
def test_what_was_selected_is_found_there_or_not_at_all(text: str, data: st.DataObject) -> None:
    whole = Text(text)
    start = data.draw(st.integers(0, len(text)))
    span = whole.selection(start, data.draw(st.integers(start, len(text))))
    if span is None:
        return
    quote = whole.quote(span)
    found = whole.find(quote)
    assert found.standing != Standing.LOST
    assert found.span in {span, None}
    assert max(len(quote.prefix), len(quote.suffix)) <= 200
    assert "paragraph" in whole.locator(span)


@given(PARAGRAPHS.map(canonical_text).filter(bool))
def test_sentences_hold_every_word_once(text: str) -> None:
    whole = Text(text)
    assert "".join(map(whole.words, whole.sentences)).replace(" ", "") == text.replace(" ", "").replace("\n", "")
    assert whole.sentences == sorted(whole.sentences)
