"""The API returns each claim as it was signed, and nothing of withdrawn claims and redacted versions."""

import json
from typing import Any

import pytest
from django.test import Client

from claims.desk import workflow
from claims.models import Claim, PublishedClaim, Rating, Revision
from claims.record.publications import publications
from tests.factories import (
    ClaimantFactory,
    ClaimFactory,
    TopicFactory,
    UserFactory,
    approved,
    corrected,
    published,
    redacted,
    renamed,
    withdrawn,
)

pytestmark = pytest.mark.django_db
CLAIMS = "/api/v1/claims/"


def results(client: Client, query: str = "") -> list[dict[str, Any]]:
    answer = client.get(f"{CLAIMS}{query}")
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def test_a_list_holds_each_claim_byte_for_byte_as_it_was_signed(client: Client) -> None:
    corrected(published(statement="Ünïcödé & <b>\u2028"), summary="Mended.")
    published(rating=Rating.objects.get(slug="unverified"))
    content = client.get(CLAIMS).content
    claims = list(publications(PublishedClaim.objects.all()))
    assert len(claims) == 2
    for claim in claims:
        assert claim.document in content
        assert client.get(f"{CLAIMS}{claim.slug}/").content == claim.document


def test_a_list_follows_the_filters_and_the_search_of_the_site(client: Client) -> None:
    topic = TopicFactory(slug="water")
    wet = published(topics=[topic], statement="The river is clean.", claimed_on="2024")
    dry = published(statement="The dessert is clean.", claimed_on="2023")
    for query, slugs in [
        ("?topic=water", [wet.slug]),
        ("?q=dessrt", [dry.slug]),
        ("?sort=newest-claim", [wet.slug, dry.slug]),
        ("?until=2023", [dry.slug]),
        (f"?source={wet.appearances.get().source.slug}", [wet.slug]),
        ("?rating=true", []),
    ]:
        assert [claim["slug"] for claim in results(client, query)] == slugs, query


def test_some_fields_are_given_in_the_order_asked_for(client: Client) -> None:
    claim = published()
    assert [list(one) for one in results(client, "?fields=statement,rating,slug")] == [["statement", "rating", "slug"]]
    for address in (f"{CLAIMS}{claim.slug}/", f"{CLAIMS}{claim.slug}/revisions/1/"):
        whole = client.get(address).json()
        assert client.get(f"{address}?fields=revision,address").json() == {
            "revision": whole["revision"],
            "address": whole["address"],
        }


def test_versions_are_listed_without_their_bodies_newest_first(client: Client) -> None:
    claim = corrected(published(), summary="Mended.", reason="A figure.")
    claimant = claim.claimant
    assert claimant
    renamed(claimant, name="Another name", reason="Married.")
    versions = client.get(f"{CLAIMS}{claim.slug}/revisions/").json()["results"]
    assert [(version["number"], version["act"], version["reason"]) for version in versions] == [
        (3, "rename", "Married."),
        (2, "correct", "A figure."),
        (1, "publish", ""),
    ]
    assert [version["correction"] and version["correction"]["kind"] for version in versions] == [
        *(None, "substantial", None)
    ]
    assert versions[0]["version_address"].endswith(f"/claims/{claim.slug}/revisions/3/")
    for version in versions:
        whole = client.get(version["document_address"]).json()
        assert whole["revision"]["number"] == version["number"]


def test_a_version_is_its_body_with_the_corrections_up_to_it(client: Client) -> None:
    claim = corrected(published(summary="Wrong."), summary="Right.", reason="A figure.")
    corrected(claim, rating=Rating.objects.get(slug="true"), reason="The source is back.")
    for number, summary, reasons in [(1, "Wrong.", []), (2, "Right.", ["A figure."])]:
        address = f"{CLAIMS}{claim.slug}/revisions/{number}/"
        version = client.get(address)
        body = Revision.objects.get(slug=claim.slug, number=number).body
        assert version.content.endswith(body.encode()[1:])
        content = version.json()
        assert content["summary"] == summary
        assert [correction["reason"] for correction in content["corrections"]] == reasons
        assert content["version_address"].endswith(f"/revisions/{number}/")


@pytest.mark.parametrize("number", ["0", "2", "99999999999999999999", "-1", "x"])
def test_a_version_that_is_not_there_is_not_found(client: Client, number: str) -> None:
    claim = published()
    assert client.get(f"{CLAIMS}{claim.slug}/revisions/{number}/").status_code == 404


def test_a_withdrawn_claim_gives_its_public_reason_and_nothing_else(client: Client) -> None:
    claim = withdrawn(corrected(published(summary="secret"), summary="secret too"), reason="The source was forged.")
    assert results(client) == []
    for suffix in ("", "revisions/", "revisions/1/", "revisions/3/"):
        answer = client.get(f"{CLAIMS}{claim.slug}/{suffix}")
        assert answer.status_code == 410
        gone = answer.json()
        assert gone["type"].endswith("/api/#withdrawn")
        assert gone["reason"] == "The source was forged."
        assert "The source was forged." in gone["detail"]
        assert b"secret" not in answer.content


def test_after_republication_the_withdrawing_version_is_still_410(client: Client) -> None:
    claim, editor = withdrawn(published()), UserFactory(role="Editor")
    claim = approved(workflow.edit(claim, by=editor, version=claim.version))
    workflow.publish(claim, by=editor, version=claim.version, reason="It was right.")
    statuses = [client.get(f"{CLAIMS}{claim.slug}/revisions/{number}/").status_code for number in (1, 2, 3)]
    assert statuses == [200, 410, 200]


def test_a_redacted_version_gives_its_reason_and_nothing_else(client: Client) -> None:
    claim = redacted(corrected(published(summary="secret"), summary="Open."), reason="It named a private person.")
    for number in (1, 2):
        gone = client.get(f"{CLAIMS}{claim.slug}/revisions/{number}/")
        assert gone.status_code == 410
        assert gone.json()["type"].endswith("/api/#redacted")
        assert gone.json()["reason"] == "It named a private person."
        assert b"secret" not in gone.content
    assert client.get(f"{CLAIMS}{claim.slug}/revisions/3/").json()["summary"] == "Open."
    assert client.get(f"{CLAIMS}{claim.slug}/").json()["summary"] == "Open."
    versions = client.get(f"{CLAIMS}{claim.slug}/revisions/").json()["results"]
    assert [version["redacted_in"] for version in versions] == [None, 3, 3]


@pytest.mark.parametrize("suffix", ["", "revisions/", "revisions/1/"])
def test_hidden_equals_never_existed(client: Client, suffix: str) -> None:
    ClaimFactory(slug="draft")
    approved(ClaimFactory(slug="waiting"))
    answers = [client.get(f"{CLAIMS}{slug}/{suffix}") for slug in ("draft", "waiting", "nothing")]
    assert {answer.status_code for answer in answers} == {404}
    headers = [{name: value for name, value in answer.headers.items() if name != "RateLimit"} for answer in answers]
    assert len({(answer.content, str(said)) for answer, said in zip(answers, headers, strict=True)}) == 1


def test_a_claim_without_a_claimant_has_null_in_its_place(client: Client) -> None:
    claim: Claim = published(claimant=None)
    assert json.loads(client.get(f"{CLAIMS}{claim.slug}/").content)["claimant"] is None
    published(claimant=ClaimantFactory(slug="ana"))
    assert [one["claimant"]["slug"] for one in results(client, "?claimant=ana")] == ["ana"]
