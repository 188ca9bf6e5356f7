"""What stops publication, and what an editor had better look at."""

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


def test_nothing_stops_a_complete_claim() -> None:
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
def test_each_thing_that_is_missing_stops_it_by_itself(build: Callable[[], Claim], sentence: str) -> None:
    assert [str(stop) for stop in readiness.blockers(loaded(build()))] == [sentence]


def test_a_rating_off_the_scale_needs_no_evidence() -> None:
    claim = ClaimFactory.create(rating=off_scale(), checkable=False, why_not_checkable="An opinion.", evidence=[])
    assert readiness.blockers(loaded(claim)) == []


def well_founded() -> Claim:
    claim = ClaimFactory.create(selection_reason="Many shared it.", method="We read the budget.", evidence=[])
    for origin in ("Budget office", "Court"):
        EvidenceFactory.create(
            claim=claim,
            origin=origin,
            source=SourceFactory.create(archived_address="https://archive.example/1"),
        )
    return claim


def test_a_well_founded_claim_needs_no_advice() -> None:
    assert readiness.advice(loaded(well_founded())) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda claim: claim.evidence.update(origin="Budget office"), "has one origin"),
        (
            lambda claim: claim.evidence.update(is_primary=False, secondary_reason="Closed."),
            "No evidence is primary",
        ),
        (lambda claim: Claim.objects.update(claimant=None), "No claimant is named"),
        (lambda claim: Claim.objects.update(selection_reason=""), "Tell readers why"),
        (lambda claim: Claim.objects.update(method=" "), "Tell readers how"),
        (
            lambda claim: [
                type(item.source).objects.update(address="", canonical_address=None) for item in claim.evidence.all()
            ],
            "2 of 2 pieces of evidence have no address",
        ),
        (
            lambda claim: [type(item.source).objects.update(archived_address="") for item in claim.evidence.all()],
            "2 of 2 pieces of evidence have no archived copy",
        ),
    ],
)
def test_each_weakness_is_named_by_itself(change: Callable[[Claim], object], words: str) -> None:
    claim = well_founded()
    change(claim)
    (advice,) = readiness.advice(loaded(claim))
    assert words in str(advice)
