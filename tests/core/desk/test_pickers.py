"""Pickers at the desk: two rows of one name are told apart, in a fixed number of queries."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.desk import signed_in
from tests.factories import ClaimantFactory, ClaimFactory, PublisherFactory, SourceFactory, TopicFactory, UserFactory

pytestmark = pytest.mark.django_db


def offered(client: Client, model: str, field: str, term: str) -> list[str]:
    """The labels that a picker offers for this text."""
    app, name = model.split(".")
    asked = {"app_label": app, "model_name": name, "field_name": field, "term": term}
    found: list[dict[str, Any]] = client.get(reverse("admin:autocomplete"), asked).json()["results"]
    return [item["text"] for item in found]


def test_claimants_of_one_name_show_their_role_or_affiliation_or_slug() -> None:
    ClaimantFactory.create(name="John Smith", slug="john-smith", role="Mayor of Denver")
    party = ClaimantFactory.create(name="John Smith", slug="john-smith-2", role="")
    party.affiliations.create(name="Green Party", started="2020")
    ClaimantFactory.create(name="John Smith", slug="john-smith-3", role="")

    assert offered(signed_in("Reporter"), "claims.claim", "claimant", "Smith") == [
        "John Smith (Mayor of Denver)",
        "John Smith (Green Party, john-smith-2)",
        "John Smith (john-smith-3)",
    ]


def test_sources_of_one_title_show_publisher_date_and_host() -> None:
    for slug, published in (("budget", "2025-06"), ("budget-2", "")):
        publisher = PublisherFactory.create(name=f"City {slug}")
        SourceFactory.create(
            title="Budget", slug=slug, publisher=publisher, published=published, address=f"https://{slug}.example/"
        )

    assert offered(signed_in("Reporter"), "claims.evidence", "source", "Budget") == [
        "Budget (City budget, June 2025, budget.example, budget)",
        "Budget (City budget-2, budget-2.example, budget-2)",
    ]


def test_publishers_show_their_host_and_topics_a_slug_of_their_own() -> None:
    PublisherFactory.create(name="The Post", slug="the-post", address="https://www.post.example/")
    PublisherFactory.create(name="The Post.", slug="other-post", address="")
    TopicFactory.create(name="Water", slug="water")
    TopicFactory.create(name="Water.", slug="water-2")
    client = signed_in("Reporter")

    assert set(offered(client, "sources.source", "publisher", "Post")) == {
        "The Post (post.example)",
        "The Post. (other-post)",
    }
    assert set(offered(client, "claims.claim", "topics", "water")) == {"Water", "Water. (water-2)"}


def test_people_of_one_name_show_their_user_name() -> None:
    UserFactory.create(username="ana", first_name="Ana", last_name="Ruiz", role="Reporter")
    claim = ClaimFactory.create()
    page = signed_in("Chief editor").get(f"/admin/claims/claim/{claim.pk}/act/assign/").content.decode()
    assert "Ana Ruiz (ana)" in page


def test_a_form_shows_the_chosen_row_as_its_picker_does() -> None:
    claimant = ClaimantFactory.create(name="John Smith", slug="john-smith", role="Mayor of Denver")
    source = SourceFactory.create(title="Budget", publisher=PublisherFactory.create(name="City"))
    claim = ClaimFactory.create(claimant=claimant, appearances=[source])
    page = signed_in("Editor").get(reverse("admin:claims_claim_change", args=[claim.pk])).content.decode()
    assert "John Smith (Mayor of Denver)" in page
    assert "Budget (City, " in page


def test_a_filter_tells_namesakes_apart() -> None:
    for slug in ("john-smith", "john-smith-2"):
        ClaimFactory.create(claimant=ClaimantFactory.create(name="John Smith", slug=slug, role=""))
    page = signed_in("Editor").get("/admin/claims/claim/").content.decode()
    assert "John Smith (john-smith-2)" in page


@pytest.mark.parametrize(
    ("model", "field", "make"),
    [
        ("claims.claim", "claimant", ClaimantFactory.create),
        ("claims.claim", "topics", TopicFactory.create),
        ("claims.evidence", "source", SourceFactory.create),
        ("sources.source", "publisher", PublisherFactory.create),
    ],
)
def test_a_picker_reads_more_rows_with_as_many_queries(model: str, field: str, make: Any) -> None:
    client, counts = signed_in("Reporter"), []
    for _ in range(2):
        for _row in range(5):
            make()
        with CaptureQueriesContext(connection) as queries:
            offered(client, model, field, "")
        counts.append(len(queries))
    assert counts[0] == counts[1]
