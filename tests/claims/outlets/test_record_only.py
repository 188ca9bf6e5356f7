"""Public pages read only the record: nothing from the desk leaks, and query counts don't grow."""

import html
import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.apps import apps
from django.conf import LazySettings, settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver, is_valid_path, resolve

from claims.choices import ClaimKind, PageKind, Stance
from claims.desk import names, workflow
from claims.models import (
    Claim,
    ClaimFacets,
    ClaimVector,
    Correction,
    Facet,
    FigureCount,
    IndexEntry,
    NameChange,
    PageVersion,
    PublishedClaim,
    Rating,
    RatingScale,
    RecordRefresh,
    Revision,
    SearchRow,
    Stem,
    SynonymGroup,
    Word,
)
from tests.claims.outlets.pages.pages import (
    FILES_AND_FEEDS,
    LISTS,
    MAPS,
    SEARCHES,
    all_addresses,
    all_claim_files,
    claim_files,
    claim_pages,
    claim_sitemaps,
    embed_addresses,
    name_pages,
)
from tests.factories import (
    ClaimantFactory,
    ClaimFactory,
    EvidenceFactory,
    PictureFactory,
    SourceFactory,
    TopicFactory,
    UserFactory,
    approved,
    corrected,
    newsroom_page,
    picture_bytes,
    published,
    redacted,
    renamed,
    withdrawn,
)
from tests.once import once

pytestmark = pytest.mark.django_db

# The synonyms are rows of the desk, without a word that readers see.
OF_SEARCH = (SearchRow, Stem, Word, Facet, ClaimFacets, SynonymGroup, ClaimVector)
RECORD = {
    model._meta.db_table
    for model in (
        Revision,
        PublishedClaim,
        IndexEntry,
        FigureCount,
        Correction,
        NameChange,
        PageVersion,
        RecordRefresh,
        Rating,
        RatingScale,
        *OF_SEARCH,
    )
}
# Of changes of names, pages read those that readers saw, and nothing that only the desk sees.
SEEN_CHANGES = re.compile(r""""state" IN \('accepted', 'done'(, 'undone')?\)""")
DESK = {model._meta.db_table for model in apps.get_models(include_auto_created=True)} - RECORD


@pytest.fixture(scope="module")
def pictures_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pictures")


@pytest.fixture(autouse=True)
def _pictures(settings: LazySettings, pictures_folder: Path) -> None:
    settings.MEDIA_ROOT = pictures_folder


def pictured(**fields: Any) -> Claim:
    """A published claim with a picture."""
    claim = ClaimFactory(**fields)
    PictureFactory(claim=claim)
    return published(claim)


def five_claims() -> list[Claim]:
    """A published claim, one corrected, one with a changed rating, one withdrawn and one redacted."""
    topic = TopicFactory(slug="water")
    for kind in PageKind:
        newsroom_page(kind)
    return [
        pictured(topics=[topic], places=["Denver"], missing="The contract", method="By hand.", claimed_on="2024-05"),
        corrected(published(topics=[topic]), summary="The sum is right."),
        corrected(published(), rating=Rating.objects.get(slug="unverified")),
        withdrawn(pictured()),
        redacted(corrected(published(topics=[topic]), summary="The sum is right.")),
    ]


record = once(five_claims)


def _routes(patterns: Iterable[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    """Every public route below these patterns, in the form of `ResolverMatch.route`."""
    for pattern in patterns:
        route = f"{before}{pattern.pattern}"
        if route.startswith("admin/"):
            continue
        if isinstance(pattern, URLPattern):
            yield route
        else:
            yield from _routes(pattern.url_patterns, route)


@pytest.mark.usefixtures("record")
def test_the_crawl_covers_every_route() -> None:
    asked = {urlsplit(address).path for address in [*all_addresses(), *all_claim_files()]}
    matches = (resolve(path) for path in asked if is_valid_path(path))
    assert {match.route for match in matches} == set(_routes(get_resolver().url_patterns))


@pytest.mark.parametrize("name", ["sessionid", "csrftoken"])
def test_a_malformed_cookie_sets_no_cookie(name: str) -> None:
    response = Client(headers={"cookie": f"{name}=x"}).get("/claims/")
    assert response.status_code == 200
    assert not response.cookies


def _answer(client: Client, address: str) -> tuple[int, bytes, dict[str, str]]:
    answer = client.get(address)
    content = answer.getvalue()  # a file is only written while it is read
    assert not answer.cookies, address
    assert "Cookie" not in answer.headers.get("Vary", ""), address
    # The number of requests left doesn't depend on the content.
    return answer.status_code, content, {name: value for name, value in answer.headers.items() if name != "RateLimit"}


def test_no_page_reads_a_desk_table_and_drafts_proposals_and_cookies_change_no_byte(
    client: Client, record: list[Claim]
) -> None:
    hidden = [f"/claims/draft-{n}/" for n in range(5)] + [
        "/claimants/hidden/",
        "/topics/hidden/",
        "/sources/hidden/",
        "/api/v1/claims/draft-0/",
        "/api/v1/claimants/hidden/",
        f"/pictures/{sha256(picture_bytes('red')).hexdigest()}.png",
    ]
    named = ClaimantFactory(name="An accepted name's past")
    published(claimant=named)
    renamed(named, name="An accepted name")
    with CaptureQueriesContext(connection) as queries:
        addresses = [*all_addresses(), *all_claim_files(), *hidden]
    assert any('"claims_claim"' in query["sql"] for query in queries), "this test doesn't see any table"
    before = {address: _answer(client, address) for address in addresses}
    assert {status for status, *_ in before.values()} == {200, 303, 400, 404, 410}
    told = b"".join(content for _, content, _ in before.values()).decode(errors="replace")
    assert "An accepted name's past" in html.unescape(told)

    named.name = "Only proposed"
    names.save(named, named.save, by=UserFactory(role="Editor"), reason="Only a proposal.")
    claimant, topic, source = (
        ClaimantFactory(slug="hidden"),
        TopicFactory(slug="hidden"),
        SourceFactory(slug="hidden"),
    )
    for n in range(5):
        draft = ClaimFactory(slug=f"draft-{n}", claimant=claimant, topics=[topic], appearances=[source])
        PictureFactory(claim=draft, colour="red")
        if n % 3 == 0:
            approved(draft)
    editor = UserFactory(role="Editor")
    for claim in record:
        claim.statement, claim.summary, claim.kind = "Changed.", "Changed.", ClaimKind.EVENT
        claim.claimant, claim.rating = claimant, Rating.objects.get(slug="true")
        claim.topics.set([topic])
        EvidenceFactory(claim=claim, source=source, stance=Stance.SUPPORTS)
        PictureFactory(claim=claim, colour="red")
        workflow.edit(claim, by=editor, version=claim.version)

    client.cookies["sessionid"] = "a-session"
    for address, answer in before.items():
        with CaptureQueriesContext(connection) as queries:
            assert _answer(client, address) == answer, address
        tables = {table for table in DESK for query in queries if f'"{table}"' in query["sql"]}
        assert not tables, f"{address} reads {tables}"
        of_changes = [query["sql"] for query in queries if '"claims_namechange"' in query["sql"]]
        assert all(SEEN_CHANGES.search(sql) and "_values" not in sql for sql in of_changes), address


@pytest.mark.parametrize(
    "address",
    [
        *(f"/claims/{{}}/{suffix}" for suffix in ["", "revisions/1/", "card.png", "revisions/1/card.png", "cite.bib"]),
        "/embed/claims/{}/",
        f"/oembed?url={settings.SITE_URL}/claims/{{}}/",
    ],
)
def test_hidden_equals_never_existed(client: Client, address: str) -> None:
    ClaimFactory(slug="draft")
    approved(ClaimFactory(slug="waiting"))
    answers = [client.get(address.format(slug)) for slug in ("draft", "waiting", "nothing")]
    assert {answer.status_code for answer in answers} == {404}
    for answer in answers:
        answer.headers.pop("RateLimit", None)  # the number of requests left
    assert len({(answer.content, str(answer.headers)) for answer in answers}) == 1


def test_query_counts_do_not_grow(client: Client) -> None:
    article, topic, claimant = SourceFactory(), TopicFactory(), ClaimantFactory()

    def publish(pieces: int) -> Claim:
        claim = ClaimFactory(appearances=[article], topics=[topic], claimant=claimant, evidence=[article])
        for _ in range(pieces):
            EvidenceFactory(claim=claim)
        return corrected(published(claim))

    def counts(addresses: list[str]) -> dict[str, int]:
        found = {}
        for address in addresses:
            with CaptureQueriesContext(connection) as queries:
                answer = client.get(address)
                assert (answer.status_code, bool(answer.getvalue())) == (200, True), address
            # In a test, a page that reads in one moment does so within a savepoint.
            found[address] = sum(not query["sql"].startswith(("SAVEPOINT", "RELEASE")) for query in queries)
        return found

    # Two claims, so that the first has a related claim.
    first, _ = publish(0), publish(0)
    addresses = [*LISTS, *name_pages()]
    addresses += [*(f"/es{address}" for address in addresses), *FILES_AND_FEEDS, *SEARCHES, *MAPS, *claim_sitemaps()]
    small, one = counts(addresses), counts([*claim_pages(first), *claim_files(first), *embed_addresses(first)[:-1]])
    last = [publish(pieces) for pieces in (0, 0, 5)][-1]
    assert counts(addresses) == small
    assert list(counts([*claim_pages(last), *claim_files(last), *embed_addresses(last)[:-1]]).values()) == list(
        one.values()
    )
    assert max(small.values()) <= 16
    assert max(one.values()) <= 5
