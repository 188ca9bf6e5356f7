"""Feeds of claims and of corrections: one list in three formats, with verdicts, notices and corrections."""

import json
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils.feedgenerator import rfc2822_date, rfc3339_date

from claims.desk import workflow
from claims.models import Claim, PublishedClaim, Rating, Revision
from claims.outlets import feeds
from claims.search.filters import ClaimFilterSet
from factcheck.core.feeds import FORMATS
from tests.claims.outlets.pages.pages import text_of
from tests.factories import (
    ClaimantFactory,
    TopicFactory,
    UserFactory,
    approved,
    corrected,
    published,
    redacted,
    renamed,
    withdrawn,
)
from tests.once import once

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"
ENDINGS = list(FORMATS)


@pytest.fixture(autouse=True)
def _site(settings: LazySettings) -> None:
    settings.SITE_URL, settings.SITE_NAME = "https://check.example", "The Daily Check"


def items(client: Client, address: str) -> list[dict[str, Any]]:
    """The items of the JSON Feed at an address."""
    found: list[dict[str, Any]] = json.loads(client.get(address).content)["items"]
    return found


def atom(client: Client, address: str) -> ET.Element:
    return ET.fromstring(client.get(address).content)  # noqa: S314 — ours


class TestForms:
    @pytest.mark.parametrize(
        ("ending", "kind"),
        [("rss", "application/rss+xml"), ("atom", "application/atom+xml"), ("feed.json", "application/feed+json")],
    )
    @pytest.mark.parametrize("name", ["claims", "corrections"])
    def test_each_names_itself_and_its_page_on_the_site_s_own_host(
        self, client: Client, name: str, ending: str, kind: str
    ) -> None:
        response = client.get(f"/{name}.{ending}", {"kind": "event" if name == "claims" else "minor", "utm": "x"})
        assert response.headers["Content-Type"] == f"{kind}; charset=utf-8"
        query = "?kind=event" if name == "claims" else "?kind=minor"
        text = response.content.decode()
        assert f"https://check.example/{name}.{ending}{query}" in text
        assert f"https://check.example/{name}/{query}" in text
        assert "utm" not in text

    @pytest.mark.parametrize("ending", ENDINGS)
    @pytest.mark.parametrize("name", ["claims", "corrections"])
    def test_its_bytes_stay_until_the_record_changes(self, client: Client, name: str, ending: str) -> None:
        claim = published()
        empty = client.get(f"/{name}.{ending}?kind=minor" if name == "corrections" else f"/{name}.{ending}?rating=x")
        before = client.get(f"/{name}.{ending}")
        again = client.get(f"/{name}.{ending}", headers={"If-None-Match": before.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        last_act = Revision.objects.get().at
        dates = [rfc3339_date(last_act), rfc2822_date(last_act), '"items": []']
        assert any(date in empty.content.decode() for date in dates)
        corrected(claim, summary="Mended.")
        assert client.get(f"/{name}.{ending}").headers["ETag"] != before.headers["ETag"]

    @pytest.mark.parametrize("ending", ENDINGS)
    @pytest.mark.parametrize("address", ["/claims.{}?since=tomorrow", "/corrections.{}?kind=rumour"])
    def test_an_invalid_value_is_refused_in_plain_text(self, client: Client, address: str, ending: str) -> None:
        response = client.get(address.format(ending))
        assert response.status_code == 400
        assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert response.content.decode().startswith(("since: ", "kind: "))

    def test_each_has_author_and_licence(self, client: Client, settings: LazySettings) -> None:
        settings.DATA_LICENSE = "https://license.example/by?a=1&b=2"
        published()
        feed = atom(client, "/claims.atom")
        assert feed.findtext(f"{ATOM}rights") == settings.DATA_LICENSE
        assert feed.findtext(f"{ATOM}author/{ATOM}name") == "The Daily Check"
        rss = atom(client, "/claims.rss")
        assert rss.findtext("channel/copyright") == settings.DATA_LICENSE
        assert rss.findtext("channel/item/{http://purl.org/dc/elements/1.1/}creator") == "The Daily Check"
        found = client.get("/claims.feed.json").json()
        assert found["_rights"]["license"] == settings.DATA_LICENSE
        assert found["authors"] == [{"name": "The Daily Check", "url": "https://check.example/"}]

    @pytest.mark.parametrize(
        ("page", "feeds"),
        [("/", ["claims", "corrections"]), ("/claims/", ["claims"]), ("/corrections/", ["corrections"])],
    )
    @pytest.mark.parametrize("language", ["", "/es"])
    def test_pages_link_to_them(self, client: Client, language: str, page: str, feeds: list[str]) -> None:
        published()
        head, _, body = text_of(client, f"{language}{page}").partition("</head>")
        for name in feeds:
            for ending, form in FORMATS.items():
                assert f'<link rel="alternate" type="{form.media_type}" title="The Daily Check: ' in head
                assert f'href="https://check.example/{name}.{ending}"' in head
                assert page == "/" or f'<a href="/{name}.{ending}">{form.name}</a>' in body

    def test_a_narrowed_list_has_narrowed_feeds(self, client: Client) -> None:
        published()
        corrected(published(), summary="Mended.")
        assert 'href="/claims.atom?rating=mostly-false"' in text_of(client, "/claims/?rating=mostly-false")
        assert 'href="/corrections.atom?kind=substantial"' in text_of(client, "/corrections/?kind=substantial")


class TestClaims:
    def test_an_entry_says_what_readers_see(self, client: Client) -> None:
        claim = published(
            statement="They built <b>half</b>.",
            summary="It was all of it.",
            notice="Proposed.",
            topics=[TopicFactory(name="Water")],
        )
        (item,) = items(client, "/claims.feed.json")
        shown = PublishedClaim.objects.get()
        assert item == {
            "id": f"https://check.example/claims/{claim.slug}/",
            "url": f"https://check.example/claims/{claim.slug}/",
            "title": "Mostly false: “They built <b>half</b>”",
            "content_text": "Proposed.\n\nIt was all of it.",
            "date_published": shown.first_published_at.isoformat(),
            "date_modified": shown.first_published_at.isoformat(),
            "tags": ["Mostly false", "Water"],
        }

    def test_a_correction_keeps_the_entry_and_comes_first_in_it(self, client: Client) -> None:
        claim = published()
        (before,) = items(client, "/claims.feed.json")
        claim = corrected(claim, reason="A figure was wrong.", summary="Mended.")
        (corrected_item,) = items(client, "/claims.feed.json")
        assert (corrected_item["id"], corrected_item["date_published"]) == (before["id"], before["date_published"])
        assert corrected_item["date_modified"] > before["date_modified"]
        assert corrected_item["content_text"] == "Corrected: A figure was wrong.\n\nMended."
        corrected(claim, reason="New data.", rating=Rating.objects.get(slug="true"))
        (rerated,) = items(client, "/claims.feed.json")
        assert rerated["title"].startswith("True: ")
        assert rerated["content_text"].startswith("Rating changed: Mostly false → True. New data.\n\n")

    def test_a_new_name_does_not_hide_the_correction_before_it(self, client: Client) -> None:
        claimant = ClaimantFactory()
        corrected(published(claimant=claimant), reason="A figure was wrong.", summary="Mended.")
        (before,) = items(client, "/claims.feed.json")
        renamed(claimant, name="Another")
        (after,) = items(client, "/claims.feed.json")
        assert after["content_text"] == before["content_text"]
        assert after["date_modified"] > before["date_modified"]

    def test_a_redaction_of_earlier_versions_does_not_either(self, client: Client) -> None:
        claim = corrected(published(statement="Half."), reason="A figure was wrong.", statement="All.")
        (before,) = items(client, "/claims.feed.json")
        redacted(claim)
        (after,) = items(client, "/claims.feed.json")
        assert after["content_text"] == before["content_text"]
        assert "Half." not in client.get("/corrections.feed.json").content.decode()

    def test_what_is_published_again_says_why(self, client: Client) -> None:
        claim = withdrawn(published())
        assert items(client, "/claims.feed.json") == []
        editor = UserFactory(role="Editor")
        claim = approved(workflow.edit(claim, by=editor, version=claim.version))
        workflow.publish(claim, by=editor, version=claim.version, reason="The letter is real.")
        (item,) = items(client, "/claims.feed.json")
        assert item["content_text"].startswith("Published again: The letter is real.")

    def test_only_the_first_of_the_list_are_in_it_in_the_list_s_order(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(feeds, "ITEMS_IN_A_FEED", 5)
        for number in range(6):
            published(slug=f"c{number}", claimed_on=str(1970 + number))
        for query in ("", "sort=newest-claim", "q=council&until=1973"):
            filters = ClaimFilterSet(dict(pair.split("=") for pair in query.split("&") if pair))
            expected = [f"https://check.example/claims/{claim.slug}/" for claim in filters.qs[:5]]
            assert len(expected) == (4 if "until" in query else 5)
            assert [item["url"] for item in items(client, f"/claims.feed.json?{query}")] == expected
            feed = atom(client, f"/claims.atom?{query}")
            assert [entry.findtext(f"{ATOM}id") for entry in feed.findall(f"{ATOM}entry")] == expected
            rss = atom(client, f"/claims.rss?{query}")
            assert [item.findtext("link") for item in rss.findall("channel/item")] == expected

    def test_a_long_claim_is_cut_after_its_verdict(self, client: Client) -> None:
        published(statement="word " * 200)
        (item,) = items(client, "/claims.feed.json")
        assert item["title"].startswith("Mostly false: “word")
        assert item["title"].endswith("…”")

    @pytest.mark.parametrize("ending", ["rss", "atom"])
    def test_any_text_is_well_formed_and_inert(self, client: Client, ending: str) -> None:
        published(
            statement="Bad \ufffe ]]> & <b> \u2028 text",
            summary="\uffff & <script>alert(1)</script>",
            topics=[TopicFactory(name='Wat\ufffeer "><x')],
        )
        root = atom(client, f"/claims.{ending}")
        texts = [element.text or "" for element in root.iter()]
        assert any("]]> & <b>" in text for text in texts)
        assert any("<p> &amp; &lt;script&gt;alert(1)&lt;/script&gt;</p>" in text for text in texts)


def three_changes() -> list[Claim]:
    mended = published(statement="Mended.", notice="Proposed.")
    rerated = published(statement="Rerated.")
    taken_back = published(statement="Taken back.")
    return [
        corrected(mended, reason="A figure was wrong.", summary="Now right."),
        corrected(rerated, reason="New data.", rating=Rating.objects.get(slug="false")),
        withdrawn(
            corrected(taken_back, reason="A date was wrong.", summary="Now right."), reason="The letter was forged."
        ),
    ]


changes = once(three_changes)


class TestCorrections:
    def test_each_is_an_entry_of_its_own_newest_first(self, client: Client, changes: list[Claim]) -> None:
        corrected_claim, rerated, withdrawn_claim = changes
        found = items(client, "/corrections.feed.json")
        said = [(item["url"], item["title"], item["content_text"], item["tags"]) for item in found]
        site = "https://check.example/claims"
        assert said == [
            (
                f"{site}/{withdrawn_claim.slug}/revisions/3/",
                "Withdrawn: A claim that we withdrew",
                "Withdrawn: The letter was forged.",
                ["Withdrawal"],
            ),
            (
                f"{site}/{withdrawn_claim.slug}/revisions/2/",
                "Corrected: A claim that we withdrew",
                "Corrected: A date was wrong.",
                ["Substantial correction"],
            ),
            (
                f"{site}/{rerated.slug}/revisions/2/",
                "Rating changed: False: “Rerated”",
                "Rating changed: Mostly false → False. New data.",
                ["Substantial correction"],
            ),
            (
                f"{site}/{corrected_claim.slug}/revisions/2/",
                "Corrected: Mostly false: “Mended”",
                "Corrected: A figure was wrong.\n\nProposed.",
                ["Substantial correction"],
            ),
        ]
        assert len({item["id"] for item in found}) == 4

    @pytest.mark.usefixtures("changes")
    @pytest.mark.parametrize(
        ("kind", "listed"),
        [("substantial", 3), ("rating", 1), ("void", 1), ("minor", 0)],
    )
    @pytest.mark.parametrize("ending", ENDINGS)
    def test_they_can_be_narrowed_as_the_page_can(self, client: Client, ending: str, kind: str, listed: int) -> None:
        text = client.get(f"/corrections.{ending}?kind={kind}").content.decode()
        assert sum(text.count(mark) for mark in ("<item>", "<entry>", '"id": ')) == listed

    def test_an_older_entry_has_the_current_verdict(self, client: Client) -> None:
        rerated = corrected(published(statement="Rerated."), rating=Rating.objects.get(slug="false"))
        corrected(rerated, reason="It was right.", rating=Rating.objects.get(slug="true"))
        newer, older = items(client, "/corrections.feed.json")
        assert newer["title"] == older["title"] == "Rating changed: True: “Rerated”"
        assert older["content_text"].startswith("Rating changed: Mostly false → False.")

    @pytest.mark.usefixtures("changes")
    @pytest.mark.parametrize("ending", ENDINGS)
    def test_nothing_of_a_withdrawn_claim_is_in_any_feed(self, client: Client, ending: str) -> None:
        for name in ("claims", "corrections"):
            assert "Taken back." not in client.get(f"/{name}.{ending}").content.decode()
