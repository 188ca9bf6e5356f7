"""Tests of publications: published claims as the exports get them."""

import json

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from claims.models import PublishedClaim, Rating
from claims.record import publications as reading
from claims.record.publications import publications
from tests.factories import ClaimantFactory, ClaimFactory, corrected, published, renamed, withdrawn

pytestmark = pytest.mark.django_db


def test_they_are_the_published_claims_in_the_given_order() -> None:
    first, second = published(), published()
    withdrawn(published())
    ClaimFactory()
    found = list(publications(PublishedClaim.objects.order_by("slug")))
    assert [one.slug for one in found] == sorted([first.slug, second.slug])
    assert [one.body for one in found] == [
        claim.revision.body for claim in PublishedClaim.objects.select_related("revision").order_by("slug")
    ]


def test_a_corrected_claim_has_every_correction_oldest_first() -> None:
    claim = corrected(published(), summary="The sum is right.", reason="A figure.")
    claim = corrected(claim, rating=Rating.objects.get(slug="unverified"), reason="The source is gone.")
    published()
    one = next(one for one in publications(PublishedClaim.objects.all()) if one.slug == claim.slug)
    assert [(found["version"], found["act"], found["reason"]) for found in one.corrections] == [
        (2, "correct", "A figure."),
        (3, "rerate", "The source is gone."),
    ]
    assert (one.corrections[1]["rating_before"], one.corrections[1]["rating_after"]) == ("Mostly false", "Unverified")


def test_a_document_is_the_signed_body_in_its_envelope(settings: LazySettings) -> None:
    settings.SITE_URL, settings.SITE_NAME = "https://check.example", "The Daily Check"
    claim = corrected(published(statement="Ünïcödé & <b>\u2028"), summary="Mended.")
    (one,) = publications(PublishedClaim.objects.all())
    with translation.override("es"):
        document = json.loads(one.document)
    assert one.document.endswith(one.body.encode()[1:])
    envelope = {"address", "version_address", "first_published_at", "corrections", "license", "attribution"}
    assert {name: value for name, value in document.items() if name not in envelope} == one.content
    assert document["address"] == f"https://check.example/claims/{claim.slug}/"
    assert document["version_address"] == f"https://check.example/claims/{claim.slug}/revisions/2/"
    assert document["attribution"] == "The Daily Check, https://check.example/"


def test_many_cost_no_more_queries_than_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_BATCH", 2)
    for _ in range(4):
        corrected(published(), summary="Mended.")
    with CaptureQueriesContext(connection) as queries:
        assert len(list(publications(PublishedClaim.objects.all()))) == 4
    assert len(queries) == 4  # the newsroom's pages, the claims, and the corrections of two batches


def test_a_changed_name_is_not_a_correction() -> None:
    claimant = ClaimantFactory()
    published(claimant=claimant)
    renamed(claimant, name="Another name")
    (one,) = publications(PublishedClaim.objects.all())
    assert one.corrections == ()
    assert one.number == 2
