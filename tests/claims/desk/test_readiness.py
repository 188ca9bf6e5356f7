"""What blocks publication, and advice for editors."""

from collections.abc import Callable

import pytest

from claims.desk import readiness
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
    ],
)
def test_each_weakness_gets_its_own_advice(change: Callable[[Claim], object], words: str) -> None:
    claim = well_supported()
    change(claim)
    (advice,) = readiness.advice(loaded(claim))
    assert words in str(advice)
