"""One page for a typo on a published claim: the editor sends it, another person publishes it with one click."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from claims.choices import CorrectionKind, State
from claims.models import Claim, Correction, PublishedClaim
from tests.desk import signed_in
from tests.factories import published

pytestmark = pytest.mark.django_db


@pytest.fixture
def claim() -> Claim:
    return published(summary="The sum is rihgt.")


@pytest.fixture
def editor() -> Client:
    return signed_in("Editor")


def page_of(claim: Claim, name: str = "fix") -> str:
    return reverse(f"admin:claims_claim_{name}", args=[claim.pk])


def words(claim: Claim, **sent: object) -> dict[str, object]:
    """What the page sends when only these fields are changed."""
    own = {name: getattr(claim, name) for name in ("statement", "headline", "summary", "explanation")}
    return {**own, "summary": "The sum is right.", "reason": "We misspelled a word.", "version": claim.version} | sent


def test_two_people_and_two_pages_bring_a_typo_to_readers(claim: Claim, editor: Client) -> None:
    assert page_of(claim) in editor.get(page_of(claim, "change")).content.decode()
    assert editor.post(page_of(claim), words(claim)).status_code == 302
    claim.refresh_from_db()
    assert claim.state == State.IN_REVIEW
    other, page = signed_in("Editor"), reverse("admin:claims_claim_act", args=[claim.pk, "publish-fix"])
    shown = other.get(page)
    assert re.search("<del>[^<]*rihgt", shown.content.decode())
    assert "A typo, a link, or a date" in shown.content.decode()
    form = shown.context["form"]
    sent = {name: form[name].value() for name in ("kind", "reason", "version")}
    assert other.post(page, sent).status_code == 302
    correction = Correction.objects.get()
    assert (correction.kind, correction.revision.reason) == (CorrectionKind.MINOR, "We misspelled a word.")
    assert PublishedClaim.objects.get().revision.content["summary"] == "The sum is right."
    claim.refresh_from_db()
    assert claim.state == State.CORRECTED


def test_who_made_the_fix_doesnt_publish_it(claim: Claim, editor: Client) -> None:
    editor.post(page_of(claim), words(claim))
    page = reverse("admin:claims_claim_act", args=[claim.pk, "publish-fix"])
    claim.refresh_from_db()
    sent = {"kind": "minor", "reason": "Mine.", "version": claim.version}
    assert editor.post(page, sent).status_code == 409
    assert not Correction.objects.exists()
    claim.refresh_from_db()
    assert claim.state == State.IN_REVIEW


def test_the_difference_is_shown_before_anything_is_stored(claim: Claim, editor: Client) -> None:
    answer = editor.post(page_of(claim), words(claim) | {"look": "1"})
    assert answer.status_code == 200
    assert re.search("<ins>[^<]*right", answer.content.decode())
    claim.refresh_from_db()
    assert (claim.state, claim.summary) == (State.PUBLISHED, "The sum is rihgt.")


@pytest.mark.parametrize(
    ("sent", "status", "sentence"),
    [
        ({"summary": "The sum is rihgt."}, 409, "Nothing differs"),
        ({"reason": " "}, 400, "saved anything"),
        ({"statement": ""}, 400, "saved anything"),
        ({"version": 1}, 409, "since you opened it"),
        ({"version": "x"}, 400, "which version"),
    ],
)
def test_what_cant_be_sent_comes_back_with_its_text(
    claim: Claim, editor: Client, sent: dict[str, object], status: int, sentence: str
) -> None:
    answer = editor.post(page_of(claim), words(claim, **sent))
    assert answer.status_code == status
    assert sentence in answer.content.decode()
    claim.refresh_from_db()
    assert (claim.state, claim.summary) == (State.PUBLISHED, "The sum is rihgt.")


@pytest.mark.parametrize("role", ["Reporter", "Assessor"])
def test_nobody_fixes_a_claim_that_they_may_not_change(claim: Claim, role: str) -> None:
    client = signed_in(role)
    assert client.post(page_of(claim), words(claim)).status_code == 403
    assert page_of(claim) not in client.get(page_of(claim, "change")).content.decode()
