"""Public addresses that cost more than a page share one limit for each network, and other pages have none."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from claims.models import Claim
from factcheck.core.web import limits
from factcheck.core.web.caching import SHARED
from tests.claims.outlets.pages.pages import (
    FILES_AND_FEEDS,
    MAPS,
    TEXTS,
    claim_pages,
    claim_sitemaps,
    name_pages,
    rating_pictures,
)
from tests.factories import TopicFactory, published
from tests.once import once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("claim")]

NARROWED = [
    *("/claims/?q=council", "/claims/?rating=false&page=2", "/claims/?sort=newest-claim", "/claims/?x=1"),
    *("/es/claims/?q=council", "/statistics/?topic=water", "/corrections/?kind=rating", "/claims/?since=tomorrow"),
]
WHOLE = [
    "/",
    "/claims/",
    "/claims/?page=2",
    "/claims/?page=999",
    "/statistics/",
    "/corrections/",
    "/corrections/?page=1",
]
OEMBED = "/oembed?url=http://127.0.0.1:8000/claims/bridges/"
ONE_OF_EACH = ["/claims/?q=council", "/claims.csv", "/claims.rss", OEMBED, "/claims/bridges/card.png"]


claim = once(lambda: published(slug="bridges", topics=[TopicFactory(slug="water")]))


def machine_addresses() -> list[str]:
    """Files, feeds, pictures, oEmbed and sitemaps."""
    return [
        *FILES_AND_FEEDS,
        *("/claims.csv?since=tomorrow", "/feeds/claimreview.json", "/feeds/claimreview.ndjson?since=2020-01-01"),
        *("/claims/bridges/card.png", "/claims/bridges/revisions/1/card.png", *rating_pictures()),
        *(OEMBED, f"{OEMBED}&format=xml", "/oembed", "/data/archives/newest.zip", "/data/archives/none.zip"),
        *(address for address in MAPS if "sitemap" in address),
        *claim_sitemaps(),
    ]


def allow(requests: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(limits.LIMITS, "public", limits.Limit(requests=requests, seconds=60))


def test_whole_lists_and_other_pages_have_no_limit(
    client: Client, claim: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(0, monkeypatch)
    addresses = [
        *WHOLE,
        *TEXTS,
        *name_pages(),
        *claim_pages(claim),
        *("/embed/claims/bridges/", "/claims/bridges.jsonld", "/claims/bridges/cite.bib", "/claims/bridges/cite.json"),
        *("/robots.txt", "/api/", "/nothing/"),
    ]
    for address in addresses:
        response = client.get(address)
        assert response.status_code in {200, 404}, address
        assert "RateLimit" not in response.headers


def test_the_limit_is_the_one_of_the_documentation() -> None:
    # For all tests `conftest.py` raises the limit in use.
    assert limits.Limit(requests=600, seconds=60) == limits.PUBLIC


def test_all_of_them_share_one_count_and_the_api_has_its_own(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    allow(3, monkeypatch)
    for address in ("/claims/?q=council", "/claims.rss", "/claims/bridges/card.png"):
        assert client.get(address).status_code == 200
    refused = [client.get(address) for address in [*NARROWED, *machine_addresses()]]
    assert {response.status_code for response in refused} == {429}
    assert {client.get(address).status_code for address in (*WHOLE[:3], "/claims/bridges/", "/api/v1/claims/")} <= {
        200,
        404,
    }


@pytest.mark.parametrize(
    "address", ["/claims/?q=council", "/claims.csv", "/claims.rss", OEMBED, "/claims/bridges/card.png"]
)
def test_head_conditional_requests_and_refused_methods_count(
    client: Client, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    allow(4, monkeypatch)
    got = client.get(address)
    got.getvalue()
    tag = {"if-none-match": got.headers["ETag"]}
    answers = [client.head(address), client.get(address, headers=tag), client.post(address)]
    assert [answer.status_code for answer in answers] == [200, 304, 405]
    assert client.get(address).status_code == 429
    assert client.head(address).status_code == 429
    assert client.get(address, headers=tag).status_code == 429


@pytest.mark.parametrize("address", ["/claims/nothing/card.png", "/claims/?q=x&page=999", "/claims.csv?since=tomorrow"])
def test_requests_that_find_nothing_or_are_invalid_count(
    client: Client, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    allow(1, monkeypatch)
    assert [client.get(address).status_code for _ in range(2)] in ([404, 429], [400, 429])


def test_searches_files_feeds_pictures_and_oembed_are_refused_with_when_to_return_and_not_stored(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(0, monkeypatch)
    for address in [*NARROWED, *machine_addresses()]:
        refused = client.get(address)
        assert refused.status_code == 429, address
        assert 1 <= int(refused.headers["Retry-After"]) <= 60
        assert refused.headers["Cache-Control"] == "no-store"
        assert refused.headers["RateLimit-Policy"] == '"public";q=0;w=60'
        kind = "text/html" if address in NARROWED else "text/plain"
        assert refused.headers["Content-Type"] == f"{kind}; charset=utf-8"


def test_programs_get_one_sentence(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    allow(0, monkeypatch)
    refused = client.get("/claims.csv")
    text = refused.content.decode()
    assert text.startswith("Your network sent more than 0 requests in 60 seconds. Try again in ")
    assert text.endswith("\n")
    assert refused.headers["Access-Control-Allow-Origin"] == "*"


def test_readers_get_a_page_that_leads_back_to_what_they_typed(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    allow(0, monkeypatch)
    for prefix, language in (("", "en"), ("/es", "es")):
        with CaptureQueriesContext(connection) as queries:
            html = client.get(f"{prefix}/claims/?q=%22the+council%22&rating=false").content.decode()
        assert len(queries) == 1, "only the request is counted"
        assert f'<html lang="{language}"' in html
        assert f'href="{prefix}/claims/?q=%22the+council%22&amp;rating=false" rel="nofollow"' in html
        assert '<meta name="robots" content="noindex">' in html


@pytest.mark.parametrize(
    "address", ["/claims/?q=council", "/claims.csv", "/claims.rss", OEMBED, "/claims/bridges/card.png"]
)
def test_what_caches_may_keep_stays_so(client: Client, address: str) -> None:
    first, second = client.get(address), client.get(address)
    for response in (first, second):
        assert response.headers["Cache-Control"] == SHARED
        assert response.headers.get("Vary") in {None, "Accept-Encoding"}
        assert not response.cookies
        response.getvalue()
    assert first.headers["ETag"] == second.headers["ETag"]
