"""A newsroom's own archive becomes its published record: imported, submitted by one person, signed by another."""

import csv
import io
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from claims.choices import State
from claims.desk.admin import import_claims
from claims.desk.imports import claims_of_run
from claims.models import Approval, Claim, ImportRun, Revision
from factcheck.accounts.models import SecurityEvent, SecurityKind
from sources.models import Source
from tests.claims.desk.admin.browser import fields_of
from tests.desk import read, signed_in
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

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


def acted(client: Client, run: ImportRun, name: str) -> str:
    """The page after an act on the claims of the import."""
    return client.post(f"{IMPORTS}{run.pk}/act/{name}/", follow=True).content.decode()


def ticked(page: str) -> list[str]:
    """What the boxes of the page on which claims are read send when somebody ticks them. None is ticked before."""
    return re.findall(r'name="read" value="([^"]+)">', page)


def states() -> list[str]:
    return list(Claim.objects.order_by("pk").values_list("state", flat=True))


def test_an_own_archive_is_published_with_its_dates_once_two_people_signed(
    settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MEDIA_ROOT = tmp_path
    author, second, reader = signed_in("Editor"), signed_in("Editor"), Client()
    run = brought_in(author, *map(archived, (1, 2, 3)))
    assert run.counts["created"] == 3, run.counts
    claims = list(Claim.objects.order_by("pk"))
    assert not Approval.objects.exists()
    Claim.objects.filter(pk=claims[2].pk).update(summary="")
    page = acted(author, run, "submit")
    assert "2 done, 1 refused." in page
    assert "Write the summary" in page
    Claim.objects.filter(pk=claims[2].pk).update(summary="The bridge cost 4 million.")
    assert "1 done, 0 refused." in acted(author, run, "submit")
    assert states() == [State.IN_REVIEW] * 3

    # Nobody approves what they imported.
    address = f"{IMPORTS}{run.pk}/read/"
    assert (
        "Another person must approve it"
        in author.post(address, {"read": ticked(author.get(address).content.decode())}, follow=True).content.decode()
    )
    assert not Approval.objects.exists()

    # A second person reads all that readers would see, and approves exactly that.
    with CaptureQueriesContext(connection) as of_three:
        page = second.get(address).content.decode()
    shown = ["cost 3 million euros", "The register lists it.", "A bridge opens", "https://office.example/register"]
    assert all(text in page for text in [*shown, "Office of roads", "10 May 2013", "https://old.example/checks/3"])
    Source.objects.filter(address="https://paper.example/bridge-3").update(title="Another title")
    answer = second.post(address, {"read": [*ticked(page), "x", "1:1:", "999:1:x"]}, follow=True).content.decode()
    assert "2 claims are approved." in answer
    assert "has changed since you read it" in answer
    assert states() == [State.APPROVED, State.APPROVED, State.IN_REVIEW]
    with CaptureQueriesContext(connection) as of_one:
        page = second.get(address).content.decode()
    assert len(of_one) == len(of_three)
    assert "Another title" in page
    assert "Tick the claims" in second.post(address, follow=True).content.decode()
    second.post(address, {"read": ticked(page)})
    assert states() == [State.APPROVED] * 3
    assert not Revision.objects.exists()

    # In the background it goes on after the last claim that is stored.
    monkeypatch.setattr(import_claims, "_FEW", 0)
    monkeypatch.setattr(claims_of_run, "BATCH_OF_CLAIMS", 2)
    assert "in the background" in acted(second, run, "publish")
    assert "Wait until the last step is done." in acted(second, run, "publish")
    assert reader.get(f"/claims/{claims[0].slug}/").status_code == 404
    call_command("run_imports", once=True, verbosity=0)
    assert states() == [State.PUBLISHED] * 3
    assert "3 done, 0 refused." in second.get(f"{IMPORTS}{run.pk}/change/").content.decode()

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


def test_a_refusal_of_somebody_who_is_not_confirmed_is_recorded(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    editor = signed_in("Editor")
    invited = signed_in("Editor", confirmed_at=None, invited_by=UserFactory(role="Chief editor"))
    run = brought_in(editor, *map(archived, (1, 2)))
    acted(editor, run, "submit")
    address = f"{IMPORTS}{run.pk}/read/"
    assert invited.post(address, {"read": ticked(invited.get(address).content.decode())}).status_code == 302
    assert not Approval.objects.exists()
    assert invited.post(f"{IMPORTS}{run.pk}/act/publish/").status_code == 409
    recorded = SecurityEvent.objects.filter(kind=SecurityKind.REFUSED).order_by("pk")
    assert list(recorded.values_list("about", flat=True)) == [*[address] * 2, f"{IMPORTS}{run.pk}/act/publish/"]
