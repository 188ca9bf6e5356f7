"""Equal spellings give the same words."""

import string

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from factcheck.core.words import LONGEST_WORD, hashed, pieces, plain, stems
from tests.properties import examples

anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


@pytest.mark.parametrize(
    "same",
    [
        *(["356M", "$356 million", "356,000,000", "US$ 356m", "356 000 000", "€356 Mio.", "356 million dollars"],),
        *(["75 %", "75%", "75 percent", "75 per cent", "75 pct"], ["2.5 billion", "2,500,000,000", "$2.5bn"]),
        *(["1,5 Millionen", "1.5 million", "1500000"], ["5 mil millones", "5 billion"], ["10k", "10 thousand"]),
        *(["Señor Müller", "senor muller", "SEÑOR MÜLLER"], ["Straße", "STRASSE"], ["ﬁve", "five"]),
        *(["U.S. plan", "US plan"], ["Denver's", "Denver’s", "denver"], ["stop the steal", "#StopTheSteal"]),
        *(["@JohnHickenlooper", "John Hickenlooper"], ["COVID-19", "covid 19", "#covid19"]),
        *(["see https://a.example/b?c=d here", "see here"], ["city-wide", "city wide"]),
    ],
)
def test_equal_spellings_give_the_same_words(same: list[str]) -> None:
    assert plain(same[0])
    assert {tuple(plain(spelling)) for spelling in same} == {tuple(plain(same[0]))}


@pytest.mark.parametrize(
    ("left", "right"),
    [("75 %", "75"), ("356 million", "356 thousand"), ("1.5", "15"), ("0.125", "125"), ("2017", "2018")],
)
def test_different_numbers_stay_different(left: str, right: str) -> None:
    assert plain(left) != plain(right)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The 2017 ordinance, in Denver.", ["the", "2017", "ordinance", "in", "denver"]),
        ("Nov. 3, 2020", ["nov", "3", "2020"]),
        ("हिन्दी में दावा।", ["हिन्दी", "में", "दावा"]),
        ("🎉 \0 --- ''", []),
        ("a_b", ["a", "b"]),
    ],
)
def test_text_is_split_into_words(text: str, words: list[str]) -> None:
    assert plain(text) == words


figures = st.from_regex(r"\A[0-9]{1,40}([., '][0-9]{1,40})?( ?(k|million|billion|trillion)){0,9} ?%?\Z")


@examples(200)
@example("1.0010")
@given(anything | figures)
def test_normalising_a_word_again_changes_nothing(text: str) -> None:
    for word in plain(text):
        assert plain(word) == [word]
        assert 0 < len(word) <= LONGEST_WORD


@settings(deadline=None)
@given(st.integers(1, 10**12))
def test_a_number_is_found_however_it_is_grouped(number: int) -> None:
    spellings = [str(number), f"{number:,}", f"${number:,}", f"{number:,}".replace(",", " "), f"{number} dollars"]
    assert {tuple(plain(spelling)) for spelling in spellings} == {(str(number),)}


@settings(deadline=None)
@given(st.integers(1, 999), st.sampled_from([("k", 3), ("M", 6), (" million", 6), ("bn", 9), (" billion", 9)]))
def test_a_number_is_found_however_it_is_scaled(number: int, scale: tuple[str, int]) -> None:
    assert plain(f"{number}{scale[0]}") == plain(f"{number * 10 ** scale[1]:,}")


@examples(200)
@given(anything)
def test_pieces_have_their_positions_in_the_text(text: str) -> None:
    end = 0
    for start, stop, found in pieces(text):
        assert end <= start < stop <= len(text)
        assert found == plain(text[start:stop])
        end = stop


def test_stems_follow_the_language() -> None:
    assert stems(plain("The claims were checked"), "en") == stems(plain("claim check"), "en-GB")
    assert stems(plain("las manzanas"), "es") == stems(plain("manzana"), "es-MX")
    assert stems(plain("the claims"), "en") != stems(plain("the claims"), "es")


def test_a_language_without_a_stemmer_gives_pieces() -> None:
    assert stems(["slovo"], "sl") == ["slov", "lovo"]
    assert stems(["abc"], "sl") == ["abc"]
    assert stems(["東京都"], "ja") == ["東京", "京都"]
    assert stems(["356000000"], "sl") == ["356000000"]


@given(st.text(string.printable))
def test_a_hash_fits_the_database(stem: str) -> None:
    assert 0 <= hashed(stem, "en") < 2**31


def test_long_input_is_fast() -> None:
    for hostile in ("9" * 100_000, "9," * 50_000, "a" * 100_000, "$" * 100_000, "1 million " * 10_000, "#" * 100_000):
        plain(hostile)
