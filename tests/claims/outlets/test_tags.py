"""A client that has a page gets 304 only if the page has the same bytes now, and mostly before the page is made."""

from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from claims.models import Claim, PublishedClaim, Rating
from claims.outlets import software
from tests.factories import (
    ClaimantFactory,
    SourceFactory,
    TopicFactory,
    corrected,
    published,
    redacted,
    renamed,
    withdrawn,
)

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.django_db


def fresh(claim: Claim) -> Claim:
    return Claim.objects.get(pk=claim.pk)


@pytest.mark.slow
def test_whatever_happens_a_304_means_the_same_bytes(client: Client, settings: LazySettings) -> None:
    claimant, topic, article = ClaimantFactory(), TopicFactory(), SourceFactory()
    rating, other = Rating.objects.order_by("pk")[:2]
    shared: dict[str, Any] = {"claimant": claimant, "topics": [topic], "appearances": [article], "rating": rating}
    first, beside = published(slug="first", **shared), published(slug="beside", **shared)
    addresses = [
        *("/", "/claims/", f"/claims/?topic={topic.slug}", "/claims/?q=first"),
        *("/claims/first/", "/es/claims/first/", "/claims/beside/", "/claims/first/revisions/1/"),
        *(f"/topics/{topic.slug}/", f"/sources/{article.slug}/", "/ratings/"),
    ]
    had: dict[str, dict[str, bytes]] = {address: {} for address in addresses}

    def reads_everything() -> None:
        for address, known in had.items():
            now = client.get(address)
            if tag := now.headers.get("ETag", ""):
                assert known.setdefault(tag, now.content) == now.content, address
            # The first and the last two, and one of another address.
            tags = [*list(known)[:1], *list(known)[-2:], *list(had["/"])[-1:]]
            for sent in dict.fromkeys(tags):
                again = client.get(address, headers={"If-None-Match": sent})
                if again.status_code == 304:
                    assert now.status_code == 200, address
                    assert now.content == known[sent], address
                else:
                    assert (again.status_code, again.content) == (now.status_code, now.content)

    def damages_a_row() -> None:
        published(slug="fourth", **shared)
        PublishedClaim.objects.filter(slug="fourth").update(statement="Changed by hand.")

    def refreshes_the_record() -> None:
        call_command("refresh_record", verbosity=0, stdout=StringIO(), stderr=StringIO())

    def set_name() -> None:
        settings.SITE_NAME = "Another Desk"

    # To read everything takes longest, so the acts that publish something share it. The others are read alone.
    acts: list[Callable[[], object]] = [
        reads_everything,
        lambda: corrected(fresh(beside), summary="A better sum."),
        lambda: corrected(fresh(beside), rating=other),
        lambda: renamed(topic, name="Another topic"),
        lambda: renamed(rating, label="Another label"),
        reads_everything,
        lambda: renamed(rating.scale, name="Another scale"),
        lambda: published(slug="third", **shared),
        lambda: redacted(fresh(beside)),
        damages_a_row,
        reads_everything,
        refreshes_the_record,
        reads_everything,
        set_name,
        reads_everything,
        lambda: withdrawn(fresh(first)),
        lambda: withdrawn(fresh(beside)),
        reads_everything,
    ]
    for act in acts:
        act()


@pytest.mark.parametrize("address", ["/claims/first/", "/claims/", "/", "/es/claims/first/", "/claims/first.jsonld"])
def test_a_client_with_the_page_costs_one_query(client: Client, address: str) -> None:
    published(slug="first")
    tag = client.get(address).headers["ETag"]
    with CaptureQueriesContext(connection) as queries:
        again = client.get(address, headers={"If-None-Match": tag})
    assert (again.status_code, again.headers["ETag"], len(queries)) == (304, tag, 1)
    assert client.get(address, headers={"If-None-Match": f'"other", {tag}'}).status_code == 304
    assert client.get(address, headers={"If-None-Match": "*"}).status_code == 304
    assert client.head(address, headers={"If-None-Match": tag}).status_code == 304


def test_an_act_on_another_claim_leaves_the_bytes_and_gives_them_a_new_tag(client: Client) -> None:
    published(slug="first", claimant=None, topics=[])
    before = client.get("/claims/first/").headers["ETag"]
    published(slug="apart", claimant=None, topics=[])
    again = client.get("/claims/first/", headers={"If-None-Match": before})
    assert again.status_code == 304
    assert again.headers["ETag"] != before
    with CaptureQueriesContext(connection) as queries:
        client.get("/claims/first/", headers={"If-None-Match": again.headers["ETag"]})
    assert len(queries) == 1


def test_a_search_and_a_page_that_is_being_changed_are_always_made(client: Client, settings: LazySettings) -> None:
    published(slug="first", statement="The bridge was closed.")
    assert "-" not in client.get("/claims/?q=bridge").headers["ETag"]
    settings.DEBUG = True
    assert "-" not in client.get("/claims/first/").headers["ETag"]


def test_the_software_is_told_by_its_files_and_by_the_settings_that_pages_show(settings: LazySettings) -> None:
    before = software.digest()
    assert software.digest() == before
    settings.CONTACT = "desk@facts.example"
    assert software.digest() != before
