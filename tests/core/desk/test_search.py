"""Search at the desk finds the rows that have each word in one of the fields, and reads indexes to do so."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from claims.models import Claim
from factcheck.core.desk import filters, search
from factcheck.core.desk.search import containing
from sources.models import Source
from tests.desk import signed_in
from tests.factories import ClaimantFactory, ClaimFactory, EvidenceFactory, PublisherFactory, SourceFactory

pytestmark = pytest.mark.django_db

CLAIM_FIELDS = ["statement", "slug", "claimant__name", "appearances__source__title"]


def found(text: str) -> list[str]:
    return sorted(claim.slug for claim in containing(Claim.objects.all(), CLAIM_FIELDS, text))


@pytest.fixture
def _claims() -> None:
    ClaimFactory.create(
        slug="bridges",
        statement="The council spent 5 million on bridges.",
        claimant=ClaimantFactory.create(name="Ana Kovač"),
        appearances=[SourceFactory.create(title="Budget of 2025"), SourceFactory.create(title="Budget of 2026")],
    )
    ClaimFactory.create(slug="rents", statement="Rents rose by 10% in 2025.", claimant=None, appearances=[])


@pytest.mark.usefixtures("_claims")
@pytest.mark.parametrize(
    ("text", "slugs"),
    [
        *(("council", ["bridges"]), ("COUNCIL", ["bridges"]), ("rents", ["rents"]), ("kovač", ["bridges"])),
        *(("budget", ["bridges"]), ("council kovač budget", ["bridges"]), ("council rents", [])),
        *(("2025", ["bridges", "rents"]), ('"spent 5 million"', ["bridges"]), ('"spent million"', [])),
        *(("10%", ["rents"]), ("_", []), ("%", ["rents"]), ('"', []), ("it's", []), ("", ["bridges", "rents"])),
    ],
)
def test_each_word_is_in_one_of_the_fields_whatever_its_case(text: str, slugs: list[str]) -> None:
    assert found(text) == slugs


def test_a_source_is_found_by_its_publisher_once() -> None:
    publisher = PublisherFactory.create(name="The Post")
    sources = SourceFactory.create_batch(2, publisher=publisher)
    EvidenceFactory.create_batch(2, claim=ClaimFactory.create(evidence=[], appearances=[]), source=sources[0])
    rows = containing(Source.objects.all(), ["title", "publisher__name"], "the post")
    assert set(rows) == set(sources)
    assert rows.count() == 2


def test_every_list_and_picker_with_a_search_can_be_searched() -> None:
    chief = signed_in("Chief editor")
    for name in (
        "claims_claim",
        "claims_claimant",
        "claims_topic",
        "claims_rating",
        "sources_source",
        "sources_snapshot",
    ):
        response = chief.get(reverse(f"admin:{name}_changelist"), {"q": "two words"})
        assert response.status_code == 200, name


def plan_of(queries: list[Any]) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_indexscan = off")
        plans = []
        for query in queries:
            cursor.execute(f"EXPLAIN {query}")
            plans += [line for (line,) in cursor.fetchall()]
    return "\n".join(plans)


@pytest.mark.usefixtures("_claims")
def test_no_table_is_read_whole() -> None:
    with CaptureQueriesContext(connection) as queries:
        found("council")
    plan = plan_of([query["sql"].replace("ORDER BY", "-- ORDER BY") for query in queries])
    assert {*re.findall(r"on (\w+_contains)", plan)} == {
        *("claim_statement_contains", "claim_slug_contains", "claimant_name_contains", "source_title_contains")
    }, plan
    assert "Seq Scan" not in plan


@pytest.mark.usefixtures("_claims")
def test_the_view_of_changed_claims_reads_an_index_of_those_in_work() -> None:
    plan = plan_of(
        [
            str(Claim.objects.changed_since_published().order_by().query).replace(
                "(published, corrected)", "('published', 'corrected')"
            )
        ]
    )
    assert "claim_in_work_by_age" in plan, plan


@pytest.mark.parametrize("few", [0, 100])
def test_rows_are_found_in_the_order_of_the_list_however_many_there_are(
    monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(search, "_FEW", few)
    for title in ("Budget B", "Other", "Budget A"):
        SourceFactory.create(title=title)
    page = signed_in("Chief editor").get(reverse("admin:sources_source_changelist"), {"q": "budget"})
    assert [source.title for source in page.context["cl"].result_list] == ["Budget A", "Budget B"]


def test_of_a_word_that_many_rows_of_another_table_have_some_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MOST_ELSEWHERE", 1)
    for name in ("Ana Kovač", "Ana Perić"):
        ClaimFactory.create(claimant=ClaimantFactory.create(name=name))
    assert len(found("ana")) == 1


def test_no_list_counts_more_rows_than_it_shows() -> None:
    SourceFactory.create_batch(3)
    with CaptureQueriesContext(connection) as queries:
        signed_in("Chief editor").get(reverse("admin:sources_source_changelist"))
    counts = [query["sql"] for query in queries if "COUNT(*)" in query["sql"] and "sources_source" in query["sql"]]
    assert counts
    assert all("LIMIT 5001" in sql for sql in counts), counts


def test_a_filter_offers_what_the_newest_rows_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filters, "_NEWEST", 2)
    for language in ("de", "en", "es"):
        SourceFactory.create(language=language)
    page = signed_in("Chief editor").get(reverse("admin:sources_source_changelist")).content.decode()
    assert [language for language in ("de", "en", "es") if f"language={language}" in page] == ["en", "es"]
