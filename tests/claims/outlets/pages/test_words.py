"""The words of ratings and topics on pages, the language of a check, and dates: each in the language of the page."""

import datetime
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from claims.models import Claim, Rating
from factcheck.core.fields import dates
from tests.claims.outlets.pages.pages import embed_addresses, in_english, in_spanish, text_of
from tests.factories import (
    AppearanceFactory,
    ClaimantFactory,
    ClaimFactory,
    EvidenceFactory,
    SourceFactory,
    TopicFactory,
    corrected,
    published,
    withdrawn,
)
from tests.once import once

pytestmark = pytest.mark.django_db

SITE = "https://check.example"
WATER = [{"language": "es", "name": "Agua", "description": "Ríos y embalses."}]


@pytest.fixture(autouse=True)
def site(settings: Any) -> None:
    settings.SITE_URL = SITE


def three_claims() -> list[Claim]:
    """Claims on one topic with two ratings: one with a changed rating, one withdrawn."""
    topic = TopicFactory.create(slug="water", name="Water", description="Rivers and lakes.", translations=WATER)
    kept = published(topics=[topic])
    return [kept, corrected(published(topics=[topic]), rating=Rating.objects.get(slug="true")), withdrawn(published())]


record = once(three_claims)


def shown(client: Client, address: str) -> str:
    """The HTML of a page without what is the same in every language: data for programs, and the text of changes."""
    html = client.get(address).content.decode()
    html = re.sub(r'<script type="application/ld\+json">.*?</script>', "", html, flags=re.DOTALL)
    return re.sub(r'<dl class="changes">.*?</dl>', "", html, flags=re.DOTALL)


def pages(addresses: list[str], claims: list[Claim], prefix: str) -> Iterator[str]:
    """Every page of a language, with filtered lists, charts and embeds."""
    yield from addresses
    yield f"{prefix}/claims/?rating=mostly-false&topic=water"
    yield f"{prefix}/statistics/?rating=mostly-false&topic=water"
    for claim in claims:
        yield from (one for one in embed_addresses(claim) if one.startswith(f"{prefix}/embed/"))


class Spoken(HTMLParser):
    """The texts of a page with the language of each, and the elements that repeat the language around them."""

    VOID = frozenset({"meta", "link", "input", "br", "hr", "img", "wbr"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[tuple[str, str]] = []
        self.repeated: list[str] = []
        self._open: list[str] = [""]
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        own = given.get("lang")
        # The switch between languages names each in itself.
        if own is not None and own == self._open[-1] and not given.keys() & {"hreflang", "aria-current"}:
            self.repeated.append(self.get_starttag_text() or "")
        if tag not in self.VOID:
            self._open.append(own or self._open[-1])

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self.texts.append((self._open[-1], data))


@pytest.fixture
def in_many_languages(db: None) -> list[Claim]:
    """Claims in two languages with sources in a third one. Each text begins with its language: "xx-de", "xx-es" …"""
    claims = []
    for language in ("en", "es"):
        ours = f"xx-{language} text"
        source = SourceFactory.create(
            title="xx-de Titel", language="de", interest="xx-en interest", summary="xx-de Kurzfassung"
        )
        claim = ClaimFactory.create(
            **dict.fromkeys(("statement", "headline", "summary", "explanation", "method", "missing"), ours),
            **dict.fromkeys(("notice", "date_note", "selection_reason"), ours),
            claimant=ClaimantFactory.create(role="xx-en role"),
            places=[ours],
            language=language,
            appearances=[],
            evidence=[],
        )
        for position in (1, 2):
            locator = f"{ours} {position}"
            AppearanceFactory.create(
                claim=claim, source=source, exact="xx-de Wort", prefix="xx-de", locator=locator, position=position
            )
        for origin in "abcde":
            EvidenceFactory.create(
                claim=claim, source=source, finding=ours, quote="xx-de Satz", origin=f"{ours} {origin}", locator=ours,
                note=ours, is_primary=False, secondary_reason=f"{ours} {origin}",
            )  # fmt: skip
        claims.append(corrected(published(claim), summary=f"{ours} anew", reason=f"{ours} reason"))
    return claims


def test_every_text_says_its_language_where_the_page_is_in_another_one(
    client: Client, in_many_languages: list[Claim]
) -> None:
    found = set()
    for language, addresses, prefix in (("en", in_english(), ""), ("es", in_spanish(), "/es")):
        for address in pages(addresses, in_many_languages, prefix):
            # A citation is one sentence of both languages.
            out = r'<head>.*?</head>|<dl class="citations">.*?</dl>'
            html = re.sub(out, "", shown(client, address), flags=re.DOTALL)
            page = Spoken(html)
            for spoken, text in page.texts:
                for tagged in re.findall(r"xx-(\w\w)", text):
                    assert spoken == tagged, (address, text)
                    found.add((language, tagged))
            assert page.repeated == [], address
    assert found == {(page, text) for page in ("en", "es") for text in ("en", "es", "de")}


ENGLISH = ("Mostly false", "has some truth in it", "Water", "Rivers and lakes.")
SPANISH = ("Mayormente falso", "tiene algo de verdad", "Agua", "Ríos y embalses.")


def test_every_page_has_the_words_of_ratings_and_topics_in_its_language(client: Client, record: list[Claim]) -> None:
    for addresses, prefix, own, others in (
        (in_english(), "", ENGLISH, SPANISH),
        (in_spanish(), "/es", SPANISH, ENGLISH),
    ):
        texts = {address: shown(client, address) for address in pages(addresses, record, prefix)}
        assert {word for word in own if any(word in text for text in texts.values())} == set(own)
        for word in others:
            assert [address for address, text in texts.items() if word in text] == []


def test_a_title_a_preview_and_a_citation_have_them_too(client: Client, record: list[Claim]) -> None:
    text = shown(client, f"/es/claims/{record[0].slug}/")
    for element in ("<title>", '<meta name="description" content="', '<meta property="og:title" content="'):
        assert f"{element}Mayormente falso: " in text
    assert "Factcheck. Mayormente falso: “" in text
    found = client.get("/oembed", {"url": f"{SITE}/es/claims/{record[0].slug}/"}).json()
    assert found["title"].startswith("Mayormente falso: ")


def test_words_that_are_missing_are_shown_in_their_own_language_and_say_so(client: Client) -> None:
    Rating.objects.filter(slug="mostly-false").update(translations=[])
    topic = TopicFactory.create(name="Water <1>", translations=[{**WATER[0], "description": ""}], description="Rivers.")
    claim = published(topics=[topic, TopicFactory.create(name="Roads")])
    text = shown(client, f"/es/claims/{claim.slug}/")
    assert '<span class="rating-word"><span lang="en" dir="auto">Mostly false</span></span>' in text
    assert '<span lang="en" dir="auto">The claim has some truth in it' in text
    assert '<span lang="en" dir="auto">Roads</span>' in text
    assert "<title>Mostly false: " in text
    page = shown(client, f"/es/topics/{topic.slug}/")
    assert "<h1>Agua</h1>" in page
    assert '<span lang="en" dir="auto">Rivers.</span>' in page
    assert "<title>Agua – " in page
    # In the language of the site there is nothing to say.
    assert '<span lang="en"' not in shown(client, f"/topics/{topic.slug}/")


def test_hostile_words_stay_text_in_every_language(client: Client) -> None:
    hostile = "</title><script>alert(1)</script>"
    words = {"language": "es", "label": hostile, "definition": hostile}
    Rating.objects.filter(slug="mostly-false").update(translations=[words], label=f"En {hostile}"[:100])
    names = [{"language": "es", "name": hostile, "description": hostile}]
    published(topics=[TopicFactory.create(slug="water", name=f"En {hostile}", translations=names)])
    claim = corrected(published(), rating=Rating.objects.get(slug="true"))
    for prefix, addresses in (("", in_english()), ("/es", in_spanish())):
        for address in pages(addresses, [claim], prefix):
            assert "<script>alert" not in client.get(address).content.decode(), address


def test_a_correction_names_its_ratings_in_the_language_of_the_page(client: Client, record: list[Claim]) -> None:
    kept, changed, _gone = record
    for address in ("/corrections/", f"/claims/{changed.slug}/", f"/embed/claims/{changed.slug}/"):
        english, spanish = shown(client, address), shown(client, f"/es{address}")
        assert re.search(r"Mostly false\S* → \S*True", english), address
        assert re.search(r"Mayormente falso\S* → \S*Verdadero", spanish), address
    # A label that no rating has any more is shown as signed.
    corrected(kept, rating=Rating.objects.get(slug="false"))
    assert '<span lang="en" dir="auto">Mostly false</span>' in shown(client, f"/es/claims/{changed.slug}/")


def test_a_feed_has_the_words_of_the_language_of_each_claim(client: Client) -> None:
    topic = TopicFactory.create(name="Water", translations=WATER)
    published(language="es-MX", statement="El puente cuesta tres millones.", topics=[topic])
    published(language="ar", statement="الجسر", topics=[topic])
    items = client.get("/claims.feed.json")
    text = items.content.decode() if items.status_code == 200 else client.get("/feeds/claims.json").content.decode()
    assert "Mayormente falso: “El puente cuesta tres millones”" in text
    assert "Mostly false: “الجسر”" in text


# The language of the check


@pytest.mark.parametrize(
    ("tag", "home", "english", "spanish"),
    [
        ("en", "", None, "inglés"),
        ("en-GB", "", None, "inglés"),
        ("es", "/es", "only in Spanish.", None),
        ("es-419", "/es", "only in Spanish.", None),
        ("ar", "", "only in Arabic.", "árabe"),
        ("zh-Hant", "", "only in Traditional Chinese.", "chino tradicional"),
        ("qaa", "", "in a different language from this page.", ""),
    ],
)
def test_a_page_in_another_language_than_its_check_says_so_and_leads_search_engines_home(
    client: Client, tag: str, home: str, english: str | None, spanish: str | None
) -> None:
    claim = published(language=tag)
    for prefix, sentence in (("", english), ("/es", spanish)):
        for page in (f"/claims/{claim.slug}/", f"/claims/{claim.slug}/revisions/1/", f"/embed/claims/{claim.slug}/"):
            text = text_of(client, f"{prefix}{page}")
            canonical = f"{SITE}{home}{page.removeprefix('/embed')}"
            assert f'<link rel="canonical" href="{canonical}">' in text
            assert "hreflang=" not in text
            if page.startswith("/claims/"):
                before = text.partition('<header class="claim-head">')[2].partition("<h1")[0]
                assert ("version-note" in before) == (sentence is not None), page
                assert (sentence or "") in before, page


def test_lists_and_names_stay_in_both_languages(client: Client) -> None:
    published(language="ar", topics=[TopicFactory.create(slug="water")])
    for page in ("/", "/claims/", "/topics/", "/topics/water/", "/corrections/"):
        for prefix in ("", "/es"):
            text = text_of(client, f"{prefix}{page}")
            assert f'<link rel="canonical" href="{SITE}{prefix}{page}">' in text
            assert f'<link rel="alternate" hreflang="es" href="{SITE}/es{page}">' in text


# Dates


def test_dates_are_written_in_one_way_in_each_language(client: Client, record: list[Claim]) -> None:
    for date in ("2025-06-21", "2025-06", "2025"):
        published(claimed_on=date)
    american = re.compile(r"\b(Jan|Feb|March|April|May|June|July|Aug|Sept|Oct|Nov|Dec)\.? \d{1,2}, \d{4}")
    machine = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d:\d\dZ)?)?)?")
    for addresses, prefix in ((in_english(), ""), (in_spanish(), "/es")):
        for address in pages(addresses, record, prefix):
            text = client.get(address).content.decode()
            assert not american.search(text), address
            assert all(machine.fullmatch(found) for found in re.findall(r'datetime="([^"]*)"', text)), address
    text = text_of(client, "/claims/")
    assert all(f"· {words}" in text for words in ("21 June 2025", "June 2025", "2025"))
    text = text_of(client, "/es/claims/")
    assert all(f"· {words}" in text for words in ("21 de junio de 2025", "junio de 2025", "2025"))


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Niue"])
def test_pages_show_days_in_the_newsroom_s_time_zone(client: Client, settings: Any, zone: str) -> None:
    claim = corrected(published())
    gone = withdrawn(published())
    settings.TIME_ZONE = zone
    day = dates.day_in_words(timezone.now())
    other = dates.day_in_words(timezone.now() + datetime.timedelta(days=1 if "Niue" in zone else -1))
    addresses = ["/", "/claims/", f"/claims/{claim.slug}/", f"/claims/{claim.slug}/revisions/1/", "/corrections/"]
    for address in [*addresses, f"/embed/claims/{claim.slug}/", f"/claims/{gone.slug}/"]:
        text = client.get(address).content.decode()
        assert day in text, address
        assert other not in text, address


def test_files_and_the_api_say_times_in_utc(client: Client, settings: Any) -> None:
    claim = corrected(published())
    addresses = ["/claims.csv", "/claims.json", f"/api/v1/claims/{claim.slug}/", "/corrections.csv", "/sitemap.xml"]

    def contents() -> list[bytes]:
        return [client.get(address).getvalue() for address in addresses]

    before = contents()
    settings.TIME_ZONE = "Pacific/Kiritimati"
    assert contents() == before


def test_one_sentence_counts_the_sources_wherever_they_are_counted(client: Client) -> None:
    claim = ClaimFactory.create(slug="counted", evidence=[])
    for stance, origin in (("refutes", "One"), ("refutes", "one"), ("supports", "Two"), ("context", "Three")):
        EvidenceFactory.create(claim=claim, origin=origin, stance=stance)
    published(claim)
    said = {
        "": "1 independent source contradicts the claim, 1 supports it. 1 more gives background.",
        "/es": "1 fuente independiente contradice la afirmación",
    }
    for prefix, sentence in said.items():
        for address in ("/claims/counted/", "/claims/counted/revisions/1/", "/embed/claims/counted/"):
            text = text_of(client, prefix + address)
            assert sentence in text, prefix + address
