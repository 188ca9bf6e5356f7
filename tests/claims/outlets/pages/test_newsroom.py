"""What readers see of the newsroom: only what it wrote, with every version."""

import re

import pytest
from django.conf import LazySettings
from django.test import Client

from claims.choices import PageKind
from tests.claims.outlets.pages.pages import assert_inert, text_of
from tests.factories import newsroom_page, published

pytestmark = pytest.mark.django_db
ADDRESSES = ["/about/", *(f"/about/{page}/" for page in ("methodology", "corrections", "funding", "staff", "contact"))]


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_that_nobody_wrote_isnt_there_and_nothing_links_to_it(client: Client, address: str) -> None:
    claim = published()
    text_of(client, address, status=404)
    for page in ("/", f"/claims/{claim.slug}/", "/about/how-it-works/", "/sitemap-pages.xml"):
        text = text_of(client, page)
        assert f'"{address}"' not in text
        assert f"{address}<" not in text
    assert "correctionsPolicy" not in text_of(client, f"/claims/{claim.slug}/")


def test_the_site_says_nothing_about_money_or_owners_by_itself(client: Client) -> None:
    for address in ("/", "/about/how-it-works/", "/about/ratings/"):
        assert not re.search(r"fund|owns|pays|advertis|private individual", text_of(client, address), re.IGNORECASE)


def test_a_page_is_shown_linked_and_named_to_programs_once_it_is_newsroom_page(
    client: Client, settings: LazySettings
) -> None:
    settings.SITE_URL = "https://check.example"
    claim = published()
    before = client.get(f"/claims/{claim.slug}/")
    for kind in PageKind:
        newsroom_page(kind)
    for address in ADDRESSES:
        text = text_of(client, address)
        assert "<strong>laws</strong>" in text
        assert_inert(text)
        assert f'href="{address}"' in text_of(client, "/")
        assert f"<loc>https://check.example{address}</loc>" in text_of(client, "/sitemap-pages.xml")
    after = client.get(f"/claims/{claim.slug}/", headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert '"ownershipFundingInfo": "https://check.example/about/funding/"' in after.content.decode()


def test_every_version_stays_with_its_difference_reason_and_people(client: Client) -> None:
    first = newsroom_page()
    second = newsroom_page(text="We read **laws** and maps.")
    text = text_of(client, "/about/methodology/")
    assert "Reason 1." in text
    assert "Reason 2." in text
    assert second.published_by in text
    assert "maps" not in text_of(client, "/about/methodology/versions/1/").partition("<main")[2]
    assert "<ins>" in text_of(client, "/about/methodology/versions/2/")
    assert first.proposed_by in text_of(client, "/about/methodology/versions/1/")
    for address in ("/about/methodology/versions/3/", "/about/nothing/versions/1/", "/about/staff/versions/1/"):
        text_of(client, address, status=404)


def test_a_removed_text_is_gone_at_every_door(client: Client) -> None:
    newsroom_page(PageKind.STAFF, "Ana lives at Elm Street.")
    newsroom_page(PageKind.STAFF, "Ana works here.", removes_earlier=True)
    for address, status in (
        ("/about/staff/", 200),
        ("/about/staff/versions/1/", 410),
        ("/about/staff/versions/2/", 200),
    ):
        text = text_of(client, address, status=status)
        assert "Elm" not in text
        assert "Reason 1." in text


def test_an_empty_version_removes_the_page(client: Client) -> None:
    newsroom_page()
    newsroom_page(text="")
    text_of(client, "/about/methodology/", status=404)
    assert "/about/methodology/" not in text_of(client, "/")


def test_a_page_cant_run_anything_or_load_anything(client: Client) -> None:
    newsroom_page(text="<script>x</script> ![a](https://other.example/x.png) [b](javascript:x)")
    text = text_of(client, "/about/methodology/")
    assert_inert(text)
    assert "<script>x" not in text
    assert 'href="javascript' not in text
