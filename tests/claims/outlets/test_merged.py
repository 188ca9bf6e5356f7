"""The addresses of what was merged: each leads to what it became, in one hop, at every door."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from claims.choices import NameKind
from claims.models import Claim
from tests.claims.desk.merging.test_acts import MADE, claim_with, merged, undone
from tests.factories import ClaimantFactory, ClaimFactory, TopicFactory, published

pytestmark = pytest.mark.django_db

PAGES: dict[NameKind, list[str]] = {
    NameKind.CLAIMANT: ["/claimants/{}/", "/es/claimants/{}/", "/api/v1/claimants/{}/"],
    NameKind.TOPIC: ["/topics/{}/", "/es/topics/{}/", "/api/v1/topics/{}/"],
    NameKind.SOURCE: [
        "/sources/{}/",
        "/articles/{}/",
        "/es/articles/{}/",
        "/api/v1/sources/{}/",
        "/api/v1/articles/{}/",
    ],
    NameKind.PUBLISHER: ["/api/v1/outlets/{}/"],
    NameKind.CLAIM: [
        *("/claims/{}/", "/es/claims/{}/", "/embed/claims/{}/", "/claims/{}.jsonld", "/claims/{}/card.png"),
        *("/claims/{}/cite.bib", "/api/v1/claims/{}/"),
    ],
}
FILTERED = [
    *("/claims/?{}={}", "/es/claims/?page=1&{}={}", "/claims.atom?{}={}", "/api/v1/claims/?{}={}"),
    *("/feeds/claimreview.json?{}={}", "/statistics/?{}={}", "/api/v1/statistics/?{}={}"),
]


def public(kind: NameKind, row: Any) -> Claim:
    return published(row if isinstance(row, Claim) else claim_with(kind, row))


def pair(kind: NameKind) -> tuple[Any, Any]:
    gone, kept = MADE[kind](), MADE[kind]()
    public(kind, gone)
    public(kind, kept)
    return gone, kept


@pytest.mark.parametrize(("kind", "place"), [(kind, place) for kind, places in PAGES.items() for place in places])
def test_an_old_address_redirects_to_the_new_one_with_its_query(client: Client, kind: NameKind, place: str) -> None:
    gone, kept = pair(kind)
    assert client.get(place.format(gone.slug)).status_code == 200
    merged(kind, gone, kept)
    # The API refuses parameters that it doesn't have.
    query = "" if place.startswith("/api/") else "?page=2&x=%C3%A9"

    response = client.get(place.format(gone.slug) + query)

    assert (response.status_code, response["Location"]) == (301, place.format(kept.slug) + query)
    assert client.head(place.format(gone.slug))["Location"] == place.format(kept.slug)
    assert client.get(place.format(kept.slug)).status_code == 200


@pytest.mark.parametrize("address", FILTERED)
def test_a_list_of_a_merged_name_redirects_to_that_of_what_it_became(client: Client, address: str) -> None:
    gone, kept = pair(NameKind.TOPIC)
    merged(NameKind.TOPIC, gone, kept)

    response = client.get(address.format("topic", gone.slug))

    assert (response.status_code, response["Location"]) == (301, address.format("topic", kept.slug))


def test_two_merges_in_a_row_redirect_in_one_hop(client: Client) -> None:
    first, second = pair(NameKind.CLAIMANT)
    third = ClaimantFactory.create()
    merged(NameKind.CLAIMANT, first, second)
    merged(NameKind.CLAIMANT, second, third)

    for gone in (first, second):
        assert client.get(f"/claimants/{gone.slug}/")["Location"] == f"/claimants/{third.slug}/"


def test_a_name_that_readers_never_saw_has_no_address(client: Client) -> None:
    gone, kept = TopicFactory.create(), TopicFactory.create()
    public(NameKind.TOPIC, kept)
    merged(NameKind.TOPIC, gone, kept)

    assert client.get(f"/topics/{gone.slug}/").status_code == 404
    assert client.get(f"/claims/?topic={gone.slug}").status_code == 200


def test_the_history_of_a_merged_claim_stays_readable(client: Client) -> None:
    gone, kept = pair(NameKind.CLAIM)
    merged(NameKind.CLAIM, gone, kept)

    page = client.get(f"/claims/{gone.slug}/revisions/1/")

    assert page.status_code == 200
    assert gone.statement in page.content.decode()
    assert "We merged this fact-check into another one" in page.content.decode()
    assert client.get(f"/claims/{gone.slug}/revisions/2/").status_code == 200
    assert client.get(f"/claims/{gone.slug}/revisions/3/").status_code == 404
    assert client.get(f"/api/v1/claims/{gone.slug}/revisions/1/").json()["statement"] == gone.statement
    assert len(client.get(f"/api/v1/claims/{gone.slug}/revisions/").json()["results"]) == 2
    assert gone.slug not in str(client.get("/api/v1/claims/").json()["results"])
    assert gone.slug in str(client.get("/api/v1/corrections/").json()["results"])


def test_after_undoing_a_merge_of_claims_the_old_page_gives_the_reason(client: Client) -> None:
    gone, kept = pair(NameKind.CLAIM)
    undone(merged(NameKind.CLAIM, gone, kept))

    assert client.get(f"/claims/{gone.slug}/").status_code == 410
    assert client.get(f"/claims/{gone.slug}/revisions/1/").status_code == 410


def test_an_address_in_an_embed_request_finds_the_claim_that_stayed(client: Client) -> None:
    gone, kept = pair(NameKind.CLAIM)
    merged(NameKind.CLAIM, gone, kept)

    answer = client.get("/oembed", {"url": f"{settings.SITE_URL}/claims/{gone.slug}/"})

    assert f"/embed/claims/{kept.slug}/" in answer.json()["html"]


def test_a_draft_that_was_merged_has_no_address(client: Client) -> None:
    gone, kept = ClaimFactory.create(), published()
    merged(NameKind.CLAIM, gone, kept)

    assert client.get(f"/claims/{gone.slug}/").status_code == 404
