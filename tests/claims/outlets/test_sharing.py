"""Pictures and citations of a claim, for sharing."""

import io
import json

import pytest
from django.conf import LazySettings
from django.test import Client
from PIL import Image

from claims.desk import workflow
from factcheck.core.web.caching import SHARED
from sources.bibliographies import read
from sources.choices import Protection
from tests.claims.outlets.pages.pages import CLAIM_FILES, claim_files, text_of
from tests.factories import (
    ClaimFactory,
    SourceFactory,
    UserFactory,
    approved,
    corrected,
    published,
    redacted,
    withdrawn,
)

pytestmark = pytest.mark.django_db


def test_a_claim_and_each_version_have_a_picture(client: Client) -> None:
    claim = corrected(published(), summary="Mended.")
    pictures = [client.get(f"/claims/{claim.slug}/{place}card.png") for place in ("", "revisions/1/", "revisions/2/")]
    for picture in pictures:
        assert picture.headers["Content-Type"] == "image/png"
        assert picture.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert Image.open(io.BytesIO(picture.content)).size == (1200, 630)
    newest, first, second = [picture.content for picture in pictures]
    assert newest == second != first


def test_a_picture_is_kept_as_long_as_a_page_because_a_version_can_be_redacted(client: Client) -> None:
    claim = published()
    kept = client.get(f"/claims/{claim.slug}/revisions/1/card.png")
    assert kept.headers["Cache-Control"] == SHARED
    newest = client.get(f"/claims/{claim.slug}/card.png")
    assert newest.headers["Cache-Control"] == SHARED
    again = client.get(f"/claims/{claim.slug}/card.png", headers={"If-None-Match": newest.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_picture_names_the_site_as_it_is_called_today(client: Client, settings: LazySettings) -> None:
    address = f"/claims/{published().slug}/card.png"
    before = client.get(address).content
    settings.SITE_NAME = "The Daily Check"
    assert client.get(address).content != before


def test_a_citation_names_the_version_that_it_cites(client: Client, settings: LazySettings) -> None:
    settings.SITE_URL, settings.SITE_NAME = "https://check.example", "The Daily Check"
    claim = corrected(published(statement="They built 100 % of {it}."), statement="They built {half}.")
    stays = f"https://check.example/claims/{claim.slug}/revisions"
    for place, number, words in [("", 2, "half"), ("revisions/1/", 1, "it"), ("revisions/2/", 2, "half")]:
        response = client.get(f"/claims/{claim.slug}/{place}cite.bib")
        assert response.headers["Content-Type"] == "application/x-bibtex; charset=utf-8"
        assert response.headers["Content-Disposition"] == f'attachment; filename="{claim.slug}-v{number}.bib"'
        assert f"url = {{{stays}/{number}/}}" in response.content.decode()
        assert f"\\textbraceleft{{}}{words}\\textbraceright{{}}" in response.content.decode()
        response = client.get(f"/claims/{claim.slug}/{place}cite.json")
        assert response.headers["Content-Type"] == "application/vnd.citationstyles.csl+json"
        (item,) = json.loads(response.content)
        assert item["URL"] == f"{stays}/{number}/"
        assert f"{{{words}}}" in item["title"]


def test_a_withdrawn_claim_has_no_files(client: Client) -> None:
    claim = withdrawn(corrected(published(), summary="Mended."), reason="The letter was forged.")
    for address in claim_files(claim):
        response = client.get(address)
        assert (response.status_code, response.headers["Content-Type"]) == (410, "text/html; charset=utf-8"), address
        assert response.headers["Cache-Control"] == SHARED
        assert "The letter was forged." in response.content.decode()
        assert claim.statement not in response.content.decode()


def test_a_redacted_version_has_no_files(client: Client) -> None:
    claim = corrected(published(statement="He lives at number 5."), statement="He lives there.")
    files = CLAIM_FILES
    taken = {file: client.get(f"/claims/{claim.slug}/revisions/1/{file}") for file in files}
    redacted(claim, reason="It named a private person.")
    for file in files:
        response = client.get(
            f"/claims/{claim.slug}/revisions/1/{file}", headers={"If-None-Match": taken[file].headers["ETag"]}
        )
        assert (response.status_code, response.headers["Content-Type"]) == (410, "text/html; charset=utf-8"), file
        assert response.headers["Cache-Control"] == SHARED
        assert "It named a private person." in response.content.decode()
        assert "number 5" not in response.content.decode()
        for place in ("", "revisions/3/"):
            assert client.get(f"/claims/{claim.slug}/{place}{file}").status_code == 200


def test_a_withdrawing_version_has_no_files(client: Client) -> None:
    claim = withdrawn(published())
    claim = approved(workflow.edit(claim, by=UserFactory(role="Editor"), version=claim.version))
    workflow.publish(claim, by=UserFactory(role="Editor"), version=claim.version, reason="The letter is real.")
    for file in ("card.png", "cite.bib", "cite.json"):
        assert client.get(f"/claims/{claim.slug}/revisions/1/{file}").status_code == 200
        text_of(client, f"/claims/{claim.slug}/revisions/2/{file}", status=404)


@pytest.mark.parametrize("number", ["0", "2", "99999999999999999999"])
def test_a_missing_version_has_no_files(client: Client, number: str) -> None:
    claim = published()
    ClaimFactory(slug="draft")
    for file in ("card.png", "cite.bib", "cite.json"):
        text_of(client, f"/claims/{claim.slug}/revisions/{number}/{file}", status=404)
        text_of(client, f"/claims/draft/{file}", status=404)


def test_every_rating_that_readers_see_has_a_picture(client: Client) -> None:
    published()
    picture = client.get("/ratings/mostly-false.png")
    assert picture.headers["Content-Type"] == "image/png"
    assert picture.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert Image.open(io.BytesIO(picture.content)).size == (480, 360)
    assert client.get("/ratings/true.png").status_code == 404  # no claim has it


def test_a_claim_s_page_has_the_same_claimreview_as_its_file(client: Client) -> None:
    hostile = "</script><script>alert(1)</script> <!-- &"
    claim = corrected(published(statement=hostile), summary=hostile, reason=hostile)
    for prefix in ("", "/es"):
        page = text_of(client, f"{prefix}/claims/{claim.slug}/")
        before, _, after = page.partition('<script type="application/ld+json">')
        block, _, rest = after.partition("</script>")
        assert before
        assert 'application/ld+json">' not in rest
        assert not {"<", ">", "&"} & set(block)
        alone = client.get(f"/claims/{claim.slug}.jsonld")
        assert alone.headers["Content-Type"] == "application/ld+json"
        assert json.loads(block) == alone.json()
        assert alone.json()["claimReviewed"] == claim.statement
    assert "ld+json" not in text_of(client, f"/claims/{claim.slug}/revisions/1/")
    assert client.get(f"/claims/{withdrawn(claim).slug}.jsonld").status_code == 410


def test_the_sources_of_a_claim_are_bibliographies_that_name_each_once(client: Client) -> None:
    page = SourceFactory.create(title="The bridges", address="https://post.example/bridges")
    hidden = SourceFactory.create(
        title="The clerk’s letter", protection=Protection.DESCRIBED, described_as="A letter from the office"
    )
    claim = published(evidence=[page, page, hidden])
    first = client.get(f"/claims/{claim.slug}/sources.json")
    assert first.headers["Content-Type"] == "application/vnd.citationstyles.csl+json"
    assert first.headers["Content-Disposition"] == f'attachment; filename="{claim.slug}-v1-sources.json"'
    assert [item["title"] for item in json.loads(first.content)][:1] == ["The bridges"]
    for ending in ("bib", "ris", "json"):
        newest = client.get(f"/claims/{claim.slug}/sources.{ending}").content
        assert newest == client.get(f"/claims/{claim.slug}/revisions/1/sources.{ending}").content
        entries = read(newest)
        assert [entry.reference.key for entry in entries if entry.reference].count(page.slug) == 1
        assert b"letter" not in newest.lower()
    assert f"/claims/{claim.slug}/revisions/1/sources.ris" in text_of(client, f"/claims/{claim.slug}/")


def test_the_sources_of_a_list_are_those_of_its_claims(client: Client) -> None:
    page = SourceFactory.create(title="The bridges")
    for statement in ("zeppelin", "zeppelin again"):
        published(statement=statement, evidence=[page])
    published(statement="Another.")
    for ending in ("bib", "ris", "json"):
        response = client.get(f"/sources.{ending}?q=zeppelin")
        entries = read(response.getvalue())
        assert [entry.reference.key for entry in entries if entry.reference].count(page.slug) == 1
        assert len(entries) < len(read(client.get(f"/sources.{ending}").getvalue()))
        assert f"/sources.{ending}?q=zeppelin" in text_of(client, "/claims/?q=zeppelin")
