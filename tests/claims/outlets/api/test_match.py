"""A program asks whether a text was checked."""

import datetime

import pytest
from django.test import Client

from claims.models import PublishedClaim
from tests.factories import ClaimFactory, SourceFactory, published, withdrawn

pytestmark = pytest.mark.django_db

STATEMENT = "The water district lost 53 records in a flood."


@pytest.fixture
def flood() -> None:
    """A published claim among others."""
    for statement in ("The mayor sold the zoo.", "Schools must teach cursive writing.", "A bridge costs 356 million."):
        published(statement=statement)
    published(slug="flood", statement=STATEMENT)


@pytest.mark.usefixtures("flood")
def test_it_gives_the_claims_with_outcome_and_reasons(client: Client) -> None:
    day = PublishedClaim.objects.get(slug="flood").first_published_at.date() - datetime.timedelta(days=1)
    answer = client.get("/api/v1/match/", {"text": "53 water records lost in flood", "date": day.isoformat()}).json()
    match = answer["matches"][0]
    assert (answer["outcome"], match["outcome"]) == ("probably-the-same",) * 2
    assert match["claim"]["slug"] == "flood"
    assert match["reasons"]["numbers"] == ["53"]
    assert match["reasons"]["days"] == 1
    assert 0.5 < match["reasons"]["covered"] <= 1


@pytest.mark.usefixtures("flood")
def test_without_a_date_a_claim_is_perhaps_related(client: Client) -> None:
    answer = client.get("/api/v1/match/", {"text": "53 water records lost in flood"}).json()
    assert (answer["outcome"], answer["matches"][0]["reasons"]["days"]) == ("perhaps-related", None)


@pytest.mark.usefixtures("flood")
def test_it_gives_the_article_at_a_link(client: Client) -> None:
    source = SourceFactory(address="https://paper.example/story", title="The story", slug="story")
    published(slug="told", appearances=[source])
    page = client.get("/api/v1/match/", {"text": "http://paper.example/story"}).json()["page"]
    assert (page["kind"], page["slug"], [claim["slug"] for claim in page["claims"]]) == ("article", "story", ["told"])


def test_it_knows_neither_drafts_nor_withdrawn_claims(client: Client) -> None:
    ClaimFactory(statement=STATEMENT)
    withdrawn(published(statement=STATEMENT))
    assert client.get("/api/v1/match/", {"text": STATEMENT}).json() == {
        "outcome": "nothing-found",
        "matches": [],
        "page": None,
    }


@pytest.mark.parametrize(
    ("given", "name", "sentence"),
    [
        ({}, "text", "Say which text to compare: `text=…`."),
        ({"text": " "}, "text", "Say which text to compare: `text=…`."),
        ({"text": "a", "date": "2025-06"}, "date", "Write the date as 2025-06-21."),
        ({"text": "a", "language": "not a language"}, "language", ""),
        ({"text": "a", "drafts": "1"}, "drafts", "This endpoint doesn't have this parameter."),
    ],
)
def test_a_wrong_parameter_is_refused_with_what_to_do(
    client: Client, given: dict[str, str], name: str, sentence: str
) -> None:
    response = client.get("/api/v1/match/", given)
    assert response.status_code == 400
    assert response.json()["errors"][name][0].startswith(sentence)


def test_a_text_that_is_too_long_for_an_address_is_refused(client: Client) -> None:
    assert client.get("/api/v1/match/", {"text": "x" * 4_001}).status_code == 414
