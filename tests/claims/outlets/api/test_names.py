"""The API's names, ratings, corrections and statistics."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from claims.models import Rating
from tests.factories import (
    ClaimantFactory,
    ClaimFactory,
    PublisherFactory,
    SourceFactory,
    TopicFactory,
    corrected,
    published,
    renamed,
    withdrawn,
)
from tests.once import once

pytestmark = pytest.mark.django_db


def answer(client: Client, path: str) -> Any:
    response = client.get(f"/api/v1/{path}")
    assert response.status_code == 200, response.content
    return response.json()


def three_claims() -> None:
    """Two claims with the same article, claimant and topic, another claim, and a draft."""
    article = SourceFactory(slug="monday", publisher=PublisherFactory(slug="paper"))
    shared: dict[str, Any] = {
        "appearances": [article],
        "claimant": ClaimantFactory(slug="ana"),
        "topics": [TopicFactory(slug="water")],
        "evidence": [SourceFactory(slug="law")],
    }
    published(**shared)
    published(**shared)
    published(claimant=ClaimantFactory(slug="bob"))
    ClaimFactory(claimant=ClaimantFactory(slug="hidden"), topics=[TopicFactory(slug="secret")])


record = once(three_claims)


@pytest.mark.usefixtures("record")
@pytest.mark.parametrize(
    ("kind", "slug", "has_page", "is_counted"),
    [
        ("article", "monday", True, False),
        ("source", "law", True, False),
        ("claimant", "ana", True, True),
        ("topic", "water", True, True),
        ("outlet", "paper", False, True),
    ],
)
def test_a_name_leads_to_its_claims(client: Client, kind: str, slug: str, has_page: bool, is_counted: bool) -> None:
    listed = {entry["slug"]: entry for entry in answer(client, f"{kind}s/")["results"]}
    one = answer(client, f"{kind}s/{slug}/")
    assert listed[slug] == one
    assert len(client.get(one["claims_address"]).json()["results"]) == 2
    assert one.get("published_claims") == (2 if is_counted else None)
    assert ("page_address" in one) == has_page
    if has_page:
        assert client.get(urlsplit(one["page_address"]).path).status_code == 200


@pytest.mark.usefixtures("record")
@pytest.mark.parametrize("address", ["claimants/hidden/", "topics/secret/", "outlets/monday/", "ratings/nothing/"])
def test_a_name_that_no_published_claim_shows_is_404(client: Client, address: str) -> None:
    assert client.get(f"/api/v1/{address}").status_code == 404


@pytest.mark.usefixtures("record")
def test_names_come_by_slug_page_by_page(client: Client) -> None:
    first = answer(client, "claimants/?page_size=1")
    assert [entry["slug"] for entry in first["results"]] == ["ana"]
    second = client.get(first["next"]).json()
    assert [entry["slug"] for entry in second["results"]] == ["bob"]
    assert second["next"] is None
    assert client.get(second["previous"]).json()["results"] == first["results"]


@pytest.mark.usefixtures("record")
def test_a_rating_off_the_scale_has_no_number(client: Client) -> None:
    ratings = answer(client, "ratings/?page_size=100")["results"]
    assert {rating["slug"] for rating in ratings} == set(Rating.objects.values_list("slug", flat=True))
    for rating in ratings:
        assert rating["definition"]
        assert {"value", "worst", "best"} & rating.keys() == (
            {"value", "worst", "best"} if rating["on_scale"] else set()
        )
        assert answer(client, f"ratings/{rating['slug']}/") == rating
        assert rating["published_claims"] == (3 if rating["slug"] == "mostly-false" else 0)


def test_corrections_are_listed_newest_first_and_by_kind(client: Client) -> None:
    corrected_claim = corrected(published(), summary="Mended.", reason="A figure.")
    rerated = corrected(published(), rating=Rating.objects.get(slug="true"), reason="The source is back.")
    gone = withdrawn(published(), reason="Forged.")
    every = answer(client, "corrections/")["results"]
    assert [(one["slug"], one["act"], one["reason"]) for one in every] == [
        (gone.slug, "withdraw", "Forged."),
        (rerated.slug, "rerate", "The source is back."),
        (corrected_claim.slug, "correct", "A figure."),
    ]
    assert (every[1]["rating_before"], every[1]["rating_after"]) == ("Mostly false", "True")
    assert every[0]["rating_after"] == ""
    assert every[2]["version_address"].endswith(f"/claims/{corrected_claim.slug}/revisions/2/")
    assert [one["slug"] for one in answer(client, "corrections/?kind=rating")["results"]] == [rerated.slug]
    listed_by_page, following = [], "/api/v1/corrections/?page_size=1"
    while following:
        page = client.get(following).json()
        listed_by_page += page["results"]
        following = page["next"]
    assert listed_by_page == every


def test_statistics_are_those_of_the_page_with_their_totals(client: Client) -> None:
    water = TopicFactory(slug="water", name="Clean water")
    corrected(published(topics=[water], claimed_on="2024-05-01"), summary="Other.")
    published(rating=Rating.objects.get(slug="unverified"))
    withdrawn(published())
    figures = answer(client, "statistics/")
    assert figures["ratings"]["total"] == 2
    assert [(one["rating"]["slug"], one["count"], one["share"]) for one in figures["ratings"]["counts"]] == [
        ("mostly-false", 1, None),
        ("unverified", 1, None),
    ]
    assert figures["by_topic"]["rows"] == [
        {"slug": "water", "name": "Clean water", "total": 1, "counts": {"mostly-false": 1}}
    ]
    assert (figures["turn_round"]["dated"], figures["turn_round"]["total"]) == (1, 2)
    assert (figures["corrections"]["corrected"], figures["corrections"]["total"]) == (1, 2)
    assert figures["withdrawn"] == {"withdrawn": 1, "ever": 3}
    assert "We choose which claims to check" in figures["selection_rule"]
    narrowed = answer(client, "statistics/?topic=water")
    assert narrowed["ratings"]["total"] == 1
    assert narrowed["withdrawn"] is None


def test_a_name_that_changed_keeps_its_place(client: Client) -> None:
    ana, bob = ClaimantFactory(slug="ana", name="Ana"), ClaimantFactory(slug="bob", name="Bob")
    published(claimant=ana)
    published(claimant=bob)
    first = answer(client, "claimants/?page_size=1")
    renamed(ana, name="Zoe")
    assert [entry["name"] for entry in client.get(first["next"]).json()["results"]] == ["Bob"]
    assert answer(client, "claimants/ana/")["name"] == "Zoe"
