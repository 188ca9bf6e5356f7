"""Lists of the desk as CSV: the same rows as the page, safe in a spreadsheet, and nothing of protected sources."""

import csv
from io import StringIO

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from claims.desk import workflow
from claims.models import Claim
from factcheck.accounts.models import SecurityEvent, SecurityKind
from sources.choices import Protection
from tests.desk import read, signed_in
from tests.factories import ClaimFactory, PublisherFactory, SourceFactory, UserFactory, published

pytestmark = pytest.mark.django_db


def rows_of(client: Client, address: str) -> list[list[str]]:
    response = client.get(address)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.reader(StringIO(read(response).decode())))


def test_it_has_the_rows_that_the_filters_choose_with_whole_texts() -> None:
    ClaimFactory.create()
    claim = published(statement="The bridge " * 30)
    client = signed_in("Assessor")
    header, *rows = rows_of(client, "/admin/claims/claim/csv/?state=published")
    assert header[:3] == ["Claim", "State", "Rating"]
    assert [row[:3] for row in rows] == [[claim.statement, "Published", "Mostly false"]]
    assert 'href="/admin/claims/claim/csv/?state=published"' in (
        client.get("/admin/claims/claim/?state=published").content.decode()
    )
    event = SecurityEvent.objects.get(kind=SecurityKind.EXPORT)
    assert event.facts["rows"] == 1


@pytest.mark.parametrize("start", ["=1+1", "+cmd", "-2", "@SUM(A1)", "\t=1", "＝1"])
def test_no_cell_is_a_formula(start: str) -> None:
    Claim.objects.filter(pk=ClaimFactory.create().pk).update(statement=f"{start} is a claim.")
    [_header, row] = rows_of(signed_in("Editor"), "/admin/claims/claim/csv/")
    assert row[0].startswith("'")


@pytest.mark.parametrize("level", [Protection.DESCRIBED, Protection.DESK, Protection.NAMED])
def test_it_has_nothing_of_protected_sources(level: Protection) -> None:
    by = UserFactory.create(role="Chief editor")
    source = SourceFactory.create(
        title="Quxmarker letter",
        publisher=PublisherFactory.create(name="Quxmarker clinic"),
        protection=level,
        described_as="An official" if level == Protection.DESCRIBED else "",
    )
    source.people.add(by)
    ClaimFactory.create(appearances=[source], evidence=[source])
    client = Client()
    client.force_login(by)
    for table in ("claims/claim", "sources/source", "sources/publisher", "sources/snapshot", "claims/namechange"):
        assert "quxmarker" not in str(rows_of(client, f"/admin/{table}/csv/")).lower()


def test_a_filter_that_the_list_does_not_have_is_no_error() -> None:
    client = signed_in("Editor")
    for filters in ("kind__exact=nothing&p=x", "q=%00"):
        response = client.get(f"/admin/sources/source/csv/?{filters}")
        read(response)
        assert response.status_code in {200, 302}
    assert client.get("/admin/claims/claim/csv/?state=nothing").status_code == 302


def test_more_rows_need_no_more_queries() -> None:
    client = signed_in("Editor")
    counts = []
    for _n in range(2):
        claim = ClaimFactory.create()
        workflow.assign(claim, to=UserFactory.create(role="Editor"), by=UserFactory.create(role="Editor"), version=1)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            rows_of(client, "/admin/claims/claim/csv/")
        counts.append(len(captured))
    assert counts[0] == counts[1]
