"""What blocks publication, and advice for editors."""

from collections.abc import Callable

import pytest

from claims.desk import readiness, rules
from claims.desk.rules import Refused
from claims.models import Claim, Rating
from tests.factories import ClaimFactory, EvidenceFactory, SourceFactory

pytestmark = pytest.mark.django_db


def loaded(claim: Claim) -> Claim:
    found: Claim = Claim.objects.preload().get(pk=claim.pk)
    return found


def off_scale() -> Rating:
    return Rating.objects.get(slug="not-checkable")


def test_a_complete_claim_can_be_submitted() -> None:
    assert readiness.blockers(loaded(ClaimFactory.create())) == []


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda: ClaimFactory.create(rating=None), "Choose a rating."),
        (
            lambda: ClaimFactory.create(summary=" \n"),
            "Write the summary: the short answer in one or two sentences.",
        ),
        (
            lambda: ClaimFactory.create(explanation=""),
            "Write the explanation: why the rating follows from the evidence.",
        ),
        (
            lambda: ClaimFactory.create(appearances=[]),
            "Say where the claim appears: add at least one appearance.",
        ),
        (
            lambda: ClaimFactory.create(evidence=[]),
            "Add evidence: a rating on the scale needs some.",
        ),
        (
            lambda: ClaimFactory.create(checkable=False, why_not_checkable="An opinion."),
            "A claim that can't be checked needs a rating off the scale.",
        ),
    ],
)
def test_each_missing_part_blocks_submission(build: Callable[[], Claim], sentence: str) -> None:
    assert [str(stop) for stop in readiness.blockers(loaded(build()))] == [sentence]


def test_each_appearance_has_its_words_or_says_that_they_are_not_recorded() -> None:
    claim = ClaimFactory.create()
    claim.appearances.update(exact=" ")
    [sentence] = readiness.blockers(loaded(claim))
    assert sentence == "Quote the exact words at each appearance, or tick that they aren't recorded."
    claim.appearances.update(words_not_recorded=True)
    assert readiness.blockers(loaded(claim)) == []


@pytest.mark.parametrize(
    ("language", "statement", "words"),
    [
        ("en", "Denver's leadership has further entrenched these limits.", "these limits"),
        ("en", "The episode was a Denver incident.", "The episode"),
        ("en", "The network announced that ICE had left.", "The network"),
        ("en", "Spending was still running on that scale in 2025.", "on that scale"),
        ("en", "A man had not been found when the article was written.", "the article"),
        ("en", "He was convicted in Italy.", "He was"),
        ("en-GB", "This is a lie.", "This is"),
        ("es", "Esta medida costó 3 millones.", "Esta medida"),
        ("es", "Denver reforzó esos límites.", "esos límites"),
        ("es", "La red anunció que ICE se había ido.", "La red"),
        ("es", "Denver gastó más, dice el artículo.", "el artículo"),
    ],
)
def test_a_statement_that_needs_its_article_gets_a_warning_and_stops_nothing(
    language: str, statement: str, words: str
) -> None:
    claim = loaded(ClaimFactory.create(statement=statement, language=language))
    assert any(f"“{words}”" in sentence for sentence in readiness.advice(claim))
    assert readiness.blockers(claim) == []


@pytest.mark.parametrize(
    ("language", "statement"),
    [
        ("en", "The man ICE sought in Longmont escaped from federal custody."),
        ("en", "The mayor of Denver pledged to use the police."),
        ("en", "The failed arrest in Longmont was a Denver incident."),
        ("en", "The earth is flat."),
        ("en", "The article 14 procedure was used in Denver."),
        ("es", "La alcaldesa de Denver gastó 3 millones."),
        ("es", "El hombre que buscaba ICE escapó."),
        ("es", "Está prohibido fumar en Denver."),
        ("de", "Diese Stadt ist groß."),
    ],
)
def test_a_statement_that_names_its_subject_gets_none(language: str, statement: str) -> None:
    assert readiness.unclear_words(Claim(statement=statement, language=language)) == ""


def test_a_rating_off_the_scale_needs_no_evidence() -> None:
    claim = ClaimFactory.create(rating=off_scale(), checkable=False, why_not_checkable="An opinion.", evidence=[])
    assert readiness.blockers(loaded(claim)) == []


def well_supported() -> Claim:
    claim = ClaimFactory.create(selection_reason="Many shared it.", method="We read the budget.", evidence=[])
    for origin in ("Budget office", "Court"):
        EvidenceFactory.create(
            claim=claim,
            origin=origin,
            source=SourceFactory.create(archived_address="https://archive.example/1"),
        )
    return claim


def test_a_claim_with_good_evidence_gets_no_advice() -> None:
    assert readiness.advice(loaded(well_supported())) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda claim: claim.evidence.update(origin="Budget office"), "comes from one independent source"),
        (
            lambda claim: claim.evidence.update(is_primary=False, secondary_reason="Closed."),
            "None of the evidence is an original",
        ),
        (lambda claim: Claim.objects.update(claimant=None), "No claimant is named"),
        (lambda claim: Claim.objects.update(selection_reason=""), "Tell readers why"),
        (lambda claim: Claim.objects.update(method=" "), "Tell readers how"),
        (
            lambda claim: [
                type(item.source).objects.update(address="", canonical_address=None) for item in claim.evidence.all()
            ],
            "2 of 2 pieces of evidence have no web address",
        ),
        (
            lambda claim: [type(item.source).objects.update(archived_address="") for item in claim.evidence.all()],
            "2 of 2 pieces of evidence have no archived copy",
        ),
        (
            lambda claim: [type(item.source).objects.update(is_copy=True) for item in claim.evidence.all()],
            "2 of 2 pieces of evidence are copies on another site",
        ),
    ],
)
def test_each_weakness_gets_its_own_advice(change: Callable[[Claim], object], words: str) -> None:
    claim = well_supported()
    change(claim)
    (advice,) = readiness.advice(loaded(claim))
    assert words in str(advice)


def test_a_text_that_people_read_in_another_order_than_it_is_in_blocks_submission_unless_it_is_a_quote() -> None:
    turned = "The mayor \u202eton did\u202c it."
    claim = ClaimFactory.create()
    evidence, appearance = claim.evidence.get(), claim.appearances.get()
    for row, names in (
        (claim, ["summary", "explanation", "method", "missing", "notice", "selection_reason", "date_note"]),
        (evidence, ["finding", "origin", "locator", "note"]),
        (evidence.source, ["interest", "summary", "authors"]),
    ):
        for name in names:
            before = getattr(row, name)
            # As an import could store it, or a form of an older version.
            type(row).objects.filter(pk=row.pk).update(**{name: [turned] if isinstance(before, list) else turned})
            (blocker,) = readiness.blockers(loaded(claim))
            assert "in another order" in blocker, name
            type(row).objects.filter(pk=row.pk).update(**{name: before})
    type(evidence).objects.filter(pk=evidence.pk).update(quote=turned)
    type(appearance).objects.filter(pk=appearance.pk).update(exact=turned)
    assert readiness.blockers(loaded(claim)) == []


def test_a_reason_that_people_read_in_another_order_than_it_is_in_is_refused() -> None:
    with pytest.raises(Refused, match="in another order"):
        rules.needed("A figure \u202egnorw\u202c was wrong.", "Say why.")


@pytest.mark.parametrize("field", ["explanation", "method"])
def test_a_link_that_shows_another_site_than_it_leads_to_blocks_submission(field: str) -> None:
    claim = ClaimFactory.create(**{field: "See [https://good.example/](https://evil.example/)."})
    (blocker,) = readiness.blockers(loaded(claim))
    assert "https://good.example/" in blocker
