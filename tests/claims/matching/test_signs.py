"""What in a sentence can often be checked."""

import pytest

from claims.matching.signs import Sign, signs


@pytest.mark.parametrize(
    ("sentence", "language", "found"),
    [
        ("The city spent $356 million on it.", "en", ["figure"]),
        ("Three quarters of those arrested came back.", "en-GB", ["figure"]),
        ("According to the mayor, rents fell.", "en", ["attribution", "comparison"]),
        ("“Nobody asked,” the clerk wrote.", "en", ["attribution"]),
        ("It is the largest camp in the country.", "en", ["comparison"]),
        ("It was a cold day.", "en", []),
        ("Según el informe, la mitad volvió.", "es", ["figure", "attribution"]),
        ("Las rentas subieron más que nunca.", "es", ["comparison"]),
        ("Es waren ٣٥ Leute, „sehr viele“.", "de", ["figure", "attribution"]),
        ("Mehr als die Hälfte kam.", "de", []),
        ("", "", []),
    ],
)
def test_figures_speakers_and_comparisons_are_found(sentence: str, language: str, found: list[str]) -> None:
    assert signs(sentence, language) == found
    assert all(sign.label for sign in Sign)
