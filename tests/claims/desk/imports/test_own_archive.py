"""A newsroom's own archive becomes its published record: imported, submitted by one person, signed by another."""

import csv
import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from claims.choices import State
from claims.models import Approval, Claim, ImportRun, PublishedClaim, Revision
from tests.claims.desk.admin.browser import fields_of
from tests.desk import read, signed_in
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

CLAIMS = reverse("admin:claims_claim_changelist")
IMPORTS = "/admin/claims/importrun/"


def archived(number: int) -> dict[str, str]:
    """A row of the archive."""
    return {
        "reference": str(number),
        "statement": f"The bridge of Ostwick cost {number} million euros.",
        "article_address": f"https://paper.example/bridge-{number}",
        "article_title": "A bridge opens",
        "exact": f"cost {number} million",
        "rating": "Lie",
        "summary": f"The bridge cost {number + 1} million.",
        "explanation": "The register lists it.",
        "evidence_1_address": "https://office.example/register",
        "evidence_1_title": "Register of bridges",
        "evidence_1_publisher": "Office of roads",
        "evidence_1_stance": "Contradicts",
        "evidence_1_finding": "It cost more.",
        "originally_published": f"201{number}-05-10",
        "original_address": f"https://old.example/checks/{number}",
    }


def written(*rows: dict[str, str]) -> bytes:
    """The rows as a CSV file."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def brought_in(client: Client, *rows: dict[str, str]) -> ImportRun:
    """The archive, imported at the desk."""
    file = SimpleUploadedFile("archive.csv", written(*rows))
    client.post(f"{IMPORTS}add/", {"what": "claims:sheet", "feed": "our-archive", "file": file})
    run = ImportRun.objects.get()
    client.post(f"{IMPORTS}{run.pk}/columns/", fields_of(client.get(f"{IMPORTS}{run.pk}/columns/")))
    client.post(f"{IMPORTS}{run.pk}/ratings/", {"rating-0": "false"})
    client.post(f"{IMPORTS}{run.pk}/act/apply/")
    run.refresh_from_db()
    return run


def act(client: Client, claim: Claim, name: str) -> Claim:
    address = reverse("admin:claims_claim_act", args=[claim.pk, name])
    client.post(address, {"version": str(claim.version)})
    claim.refresh_from_db()
    return claim


def test_an_own_archive_is_published_with_its_dates_once_two_people_signed(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    author, second, reader = signed_in("Editor"), signed_in("Editor"), Client()
    run = brought_in(author, *map(archived, (1, 2, 3)))
    assert run.counts["created"] == 3, run.counts
    claims = list(Claim.objects.order_by("pk"))
    assert {claim.state for claim in claims} == {State.LOGGED}
    assert not Approval.objects.exists()

    keys = [str(claim.pk) for claim in claims]
    page = author.post(CLAIMS, {"action": "submit_selected", "_selected_action": keys, "index": "0"})
    answer = author.post(CLAIMS, fields_of(page), follow=True)
    assert "Submit for review: 3 claims." in answer.content.decode()
    claims = list(Claim.objects.order_by("pk"))
    assert {claim.state for claim in claims} == {State.IN_REVIEW}

    for claim in claims:
        assert act(author, claim, "approve").state == State.IN_REVIEW
        assert reader.get(f"/claims/{claim.slug}/").status_code == 404
        assert act(second, claim, "approve").state == State.APPROVED
        assert not Revision.objects.filter(claim=claim).exists()
        assert act(second, claim, "publish").state == State.PUBLISHED
    assert PublishedClaim.objects.count() == 3

    slug = claims[0].slug
    text = reader.get(f"/claims/{slug}/").content.decode()
    assert "First published: 10 May 2011." in text
    assert "https://old.example/checks/1" in text
    node = reader.get(f"/claims/{slug}.jsonld").json()
    assert (node["isBasedOn"]["url"], node["isBasedOn"]["datePublished"]) == (
        *("https://old.example/checks/1", "2011-05-10"),
    )
    assert node["reviewRating"]["alternateName"] == "False"
    assert "https://old.example/checks/1" in read(reader.get("/claims.csv")).decode()
    for feed in ("/claims.atom", "/feeds/claimreview.json", "/feeds/claimreview.ndjson"):
        assert f"/claims/{slug}/" in read(reader.get(feed)).decode(), feed


def test_an_import_of_an_archive_signs_nothing(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    brought_in(signed_in("Chief editor"), {**archived(1), "state": "published", "approved_by": UserFactory().username})
    assert Claim.objects.get().state == State.LOGGED
    assert not Approval.objects.exists()
    assert not Revision.objects.exists()
