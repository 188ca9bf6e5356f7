"""Sitemaps: every public page is in one, in every language, and nothing else."""

import datetime
import re
from xml.etree import ElementTree as ET

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from claims import urls
from claims.models import PublishedClaim, Revision, querysets
from claims.models.querysets import MOST_PARTS
from claims.outlets import sitemaps
from claims.record import imprint
from factcheck.core.web.caching import SHARED
from tests.claims.outlets.pages.pages import in_english, in_spanish, text_of
from tests.factories import ClaimFactory, TopicFactory, approved, corrected, published, withdrawn

pytestmark = pytest.mark.django_db
NAMESPACES = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}
SITE = "https://check.example"


@pytest.fixture(autouse=True)
def _site(settings: LazySettings) -> None:
    settings.SITE_URL = SITE


def parsed(client: Client, address: str) -> ET.Element:
    response = client.get(address.removeprefix(SITE))
    assert response.status_code == 200, address
    assert response.headers["Content-Type"] == "application/xml; charset=utf-8"
    return ET.fromstring(response.content)  # noqa: S314 — ours


def index(client: Client) -> dict[str, str]:
    """The addresses of the parts, with the time of their newest change."""
    parts = parsed(client, "/sitemap.xml").findall("s:sitemap", NAMESPACES)
    return {part.findtext("s:loc", "", NAMESPACES): part.findtext("s:lastmod", "", NAMESPACES) for part in parts}


def pages(client: Client, part: str) -> dict[str, tuple[str, dict[str, str]]]:
    """The pages of a part, each with the time of its newest change and its addresses by language."""
    return {
        url.findtext("s:loc", "", NAMESPACES): (
            url.findtext("s:lastmod", "", NAMESPACES),
            {link.attrib["hreflang"]: link.attrib["href"] for link in url.findall("x:link", NAMESPACES)},
        )
        for url in parsed(client, part).findall("s:url", NAMESPACES)
    }


def all_pages(client: Client) -> set[str]:
    return {page for part in index(client) for page in pages(client, part)}


def claim_parts(client: Client) -> list[str]:
    return [part for part in index(client) if "-claims-" in part]


def test_it_has_every_page_in_every_language_of_its_text_and_nothing_else(client: Client) -> None:
    published()
    corrected(published(), summary="Mended.")
    gone = withdrawn(published())
    ClaimFactory(slug="draft")
    approved(ClaimFactory(slug="waiting"))
    expected = {
        f"{SITE}{path}"
        for path in [*in_english(), *in_spanish()]
        # The form for a text has nothing for search engines (noindex).
        if not path.endswith("/check/") and "?" not in path and "/revisions/" not in path and gone.slug not in path
    } - {f"{SITE}/es/claims/{claim.slug}/" for claim in PublishedClaim.objects.all()}
    assert all_pages(client) == expected
    assert all(client.get(page.removeprefix(SITE)).status_code == 200 for page in expected)


def test_no_page_without_parts_is_forgotten() -> None:
    plain = {f"claims:{pattern.name}" for pattern in urls.urlpatterns if not pattern.pattern.converters}
    assert plain - {*imprint.PAGES.values()} - {"claims:check", "claims:components", "claims:search"} == set(
        sitemaps.PAGES
    )


def test_a_claim_says_when_its_newest_version_was_made(client: Client) -> None:
    first, second = published(), published()
    claim = corrected(first, summary="Mended.")
    newest = Revision.objects.filter(claim=claim).latest("number").at
    (part,) = claim_parts(client)
    found = pages(client, part)
    changed, alternates = found[f"{SITE}/claims/{claim.slug}/"]
    assert datetime.datetime.fromisoformat(changed) == newest
    assert alternates == {}
    assert datetime.datetime.fromisoformat(index(client)[part]) == newest
    assert f"{SITE}/claims/{second.slug}/" in found


def test_a_claim_is_listed_in_the_language_of_its_text_or_in_the_site_s_own(client: Client) -> None:
    claims = [published(language=tag) for tag in ("en", "en-GB", "es", "es-MX", "ar", "qaa")]
    codes = ("en", "en", "es", "es", "en", "en")
    assert set(pages(client, claim_parts(client)[0])) == {
        imprint.address("claims:detail", claim.slug, language=code) for claim, code in zip(claims, codes, strict=True)
    }


def test_withdrawn_claims_leave_and_new_claims_come_at_once(client: Client) -> None:
    assert claim_parts(client) == []
    claim = published()
    page = f"{SITE}/claims/{claim.slug}/"
    assert page in all_pages(client)
    withdrawn(claim)
    assert page not in all_pages(client)
    assert claim_parts(client) == []


def test_every_claim_is_in_one_part(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(querysets, "ROWS_IN_A_PART", 2)
    expected = {f"{SITE}/claims/{published().slug}/" for _ in range(5)}
    parts = [[page for page in pages(client, part) if "/es/" not in page] for part in claim_parts(client)]
    assert len(parts) >= 3
    assert {len(part) for part in parts} <= {1, 2}
    assert sorted(page for part in parts for page in part) == sorted(expected)


def test_every_name_is_in_one_part_and_there_is_a_last_part(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sitemaps, "NAMES_IN_A_PART", 2)
    published(topics=[TopicFactory() for _ in range(5)])
    parts = [part for part in index(client) if "-topics-" in part]
    assert [len(pages(client, part)) for part in parts] == [4, 4, 2]
    assert len({page for part in parts for page in pages(client, part)}) == 10
    monkeypatch.setattr(sitemaps, "MOST_PARTS_OF_NAMES", 2)
    assert [part for part in index(client) if "-topics-" in part] == parts[:2]
    text_of(client, "/sitemap-topics-3.xml", status=404)


def test_the_index_is_read_from_an_index_and_takes_as_many_queries_for_any_site(client: Client) -> None:
    def asked() -> list[str]:
        with CaptureQueriesContext(connection) as queries:
            index(client)
        _count, *found = queries
        return [query["sql"] for query in found]

    published()
    few = asked()
    for _ in range(5):
        published()
    assert len(asked()) == len(few) == 1 + len(sitemaps.KINDS)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {few[0]}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    # With few claims, PostgreSQL may use either index: the one by part, or the one by last act.
    assert re.search(r"Index (Only )?Scan( Backward)? using published_(part|last_act)", plan), plan
    assert "Seq Scan" not in plan


@pytest.mark.parametrize(
    "address",
    [
        "/sitemap-claims-0.xml",
        "/sitemap-claims-999.xml",
        f"/sitemap-claims-{MOST_PARTS + 1}.xml",
        "/sitemap-claims-99999999999999999999.xml",
        "/sitemap-topics-0.xml",
        "/sitemap-topics-2.xml",
        f"/sitemap-sources-{sitemaps.MOST_PARTS_OF_NAMES + 1}.xml",
        "/sitemap-people-1.xml",
        "/sitemap-.xml",
        "/es/sitemap.xml",
    ],
)
def test_a_missing_part_is_404(client: Client, address: str) -> None:
    text_of(client, address, status=404)


def test_robots_txt_names_it(client: Client) -> None:
    assert re.search(rf"^Sitemap: {SITE}/sitemap\.xml$", text_of(client, "/robots.txt"), re.MULTILINE)


def test_a_client_that_has_it_gets_304(client: Client) -> None:
    published()
    for address in ["/sitemap.xml", *(part.removeprefix(SITE) for part in index(client))]:
        first = client.get(address)
        assert first.headers["Cache-Control"] == SHARED
        again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")


def test_every_text_in_it_is_escaped(client: Client, settings: LazySettings) -> None:
    settings.SITE_URL = f"{SITE}/a&b"
    published()
    for address in ["/sitemap.xml", "/sitemap-pages.xml", "/sitemap-sources-1.xml"]:
        assert b"/a&amp;b/" in ET.tostring(parsed(client, address))
