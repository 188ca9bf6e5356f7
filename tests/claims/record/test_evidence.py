"""The evidence is grouped by independent source, strongest first, and counted in one sentence."""

from typing import Any

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from claims.choices import Stance
from claims.record.evidence import by_origin, in_a_sentence
from claims.record.rows import count_origins


def evidence(*links: tuple[str, Stance, bool]) -> list[dict[str, Any]]:
    return [{"origin": origin, "stance": str(stance), "primary": primary} for origin, stance, primary in links]


def test_reports_of_one_statement_are_one_source_with_the_original_first() -> None:
    (origin,) = by_origin(
        evidence(
            ("Census", Stance.CONTEXT, True), (" census ", Stance.REFUTES, False), ("CENSUS", Stance.REFUTES, True)
        )
    )
    assert (origin.name, origin.stance, origin.is_primary) == ("Census", Stance.REFUTES, True)
    assert [item["origin"] for item in origin.evidence] == ["CENSUS", " census ", "Census"]


@pytest.mark.parametrize(
    ("stances", "together"),
    [
        ([Stance.SUPPORTS, Stance.REFUTES], Stance.MIXED),
        ([Stance.SUPPORTS, Stance.MIXED], Stance.MIXED),
        ([Stance.CONTEXT, Stance.REFUTES], Stance.REFUTES),
        ([Stance.CONTEXT, Stance.CONTEXT], Stance.CONTEXT),
    ],
)
def test_a_source_has_one_stance_over_all_its_evidence(stances: list[Stance], together: Stance) -> None:
    (origin,) = by_origin(evidence(*(("Census", stance, False) for stance in stances)))
    assert origin.stance == together


def test_background_comes_last_originals_first_and_the_side_of_most_sources_before_the_other() -> None:
    origins = by_origin(
        evidence(
            ("background", Stance.CONTEXT, True),
            ("against", Stance.REFUTES, False),
            ("for 1", Stance.SUPPORTS, False),
            ("for 2", Stance.SUPPORTS, False),
            ("against, original", Stance.REFUTES, True),
            ("for 3", Stance.SUPPORTS, False),
            ("both", Stance.MIXED, False),
        )
    )
    names = ["against, original", "for 1", "for 2", "for 3", "against", "both", "background"]
    assert [origin.name for origin in origins] == names


@pytest.mark.parametrize(
    ("stances", "sentence"),
    [
        ([], ""),
        ([Stance.REFUTES], "1 independent source contradicts the claim."),
        (
            [Stance.SUPPORTS, Stance.SUPPORTS, Stance.REFUTES],
            "2 independent sources support the claim, 1 contradicts it.",
        ),
        (
            [Stance.REFUTES, Stance.REFUTES, Stance.SUPPORTS, Stance.MIXED, Stance.CONTEXT],
            "2 independent sources contradict the claim, 1 supports it, 1 does both. 1 more gives background.",
        ),
        ([Stance.MIXED], "1 independent source partly supports and partly contradicts the claim."),
        (
            [Stance.CONTEXT, Stance.CONTEXT],
            "2 independent sources give background. None of them speaks for or against the claim.",
        ),
    ],
)
def test_one_sentence_counts_the_sources(stances: list[Stance], sentence: str) -> None:
    assert in_a_sentence(evidence(*((f"Origin {n}", stance, False) for n, stance in enumerate(stances)))) == sentence


@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "A ", "b", "c", "d"]), st.sampled_from(list(Stance)), st.booleans()),
        max_size=12,
    )
)
def test_every_piece_is_kept_once_and_the_counts_agree(links: list[tuple[str, Stance, bool]]) -> None:
    given_evidence = evidence(*links)
    origins = by_origin(given_evidence)
    kept = [id(item) for origin in origins for item in origin.evidence]
    assert sorted(kept) == sorted(map(id, given_evidence))
    taking_a_side = [origin for origin in origins if origin.stance != Stance.CONTEXT]
    assert len(taking_a_side) == count_origins(given_evidence)
    with translation.override("en"):
        numbers = [int(word) for word in in_a_sentence(given_evidence).split() if word.isdigit()]
    assert sum(numbers) == len(origins)
