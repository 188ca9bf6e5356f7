"""The page with statistics, and the charts on other pages."""

import re

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from claims.choices import Stance
from claims.models import Claim, Rating
from tests.claims.outlets.pages.pages import assert_inert, text_of
from tests.factories import (
    AppearanceFactory,
    ClaimantFactory,
    ClaimFactory,
    EvidenceFactory,
    PublisherFactory,
    SourceFactory,
    TopicFactory,
    corrected,
    published,
    withdrawn,
)

pytestmark = pytest.mark.django_db

SELECTION_RULE = "We choose which claims to check"
HOSTILE = "</text></svg><script>alert(1)</script>\"' onload=x"


def words(html: str) -> str:
    """The text of a page without tags, with single spaces."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def counted(html: str) -> str:
    """The number of published claims on the page."""
    found = re.search(r"claims published</dt><dd>(\d+)", html)
    assert found
    return found[1]


def test_an_empty_record_has_a_statistics_page(client: Client) -> None:
    text = text_of(client, "/statistics/")
    assert "No claim has been published yet." in text
    assert SELECTION_RULE in text


def test_each_figure_comes_with_its_total(client: Client) -> None:
    corrected(published(topics=[TopicFactory(name="Water")], claimed_on="2024-05-01"), summary="Other.")
    published()
    withdrawn(published())
    text = words(text_of(client, "/statistics/"))
    for said in (
        "2 claims. Most frequent rating: Mostly false (2).",
        "Corrected at least once: 1 of 2 published claims.",
        "1 more was withdrawn and is in no other figure here.",
        "for 1 of 2 claims",
        "we give none under 10",
        SELECTION_RULE,
        "Water",
    ):
        assert said in text
    assert not re.search(r"\d\s?%", text)


def test_statistics_follow_the_filters_of_the_list(client: Client) -> None:
    published(topics=[TopicFactory(slug="water", name="Clean water")])
    published()
    assert counted(text_of(client, "/statistics/")) == "2"
    text = text_of(client, "/statistics/?topic=water&utm_source=x")
    assert counted(text) == "1"
    assert 'href="/claims/?topic=water"' in text
    assert "Topic: Clean water" in words(text)
    assert "withdrawn" not in text
    assert "No published claim fits these filters." in text_of(client, "/statistics/?topic=fire")


def test_an_invalid_filter_is_refused_with_a_link_to_the_list(client: Client) -> None:
    published()
    text = text_of(client, "/statistics/?since=tomorrow", status=400)
    assert "nothing is counted" in text
    assert 'href="/claims/?since=tomorrow"' in text
    assert "claims published" not in text


def test_statistics_are_current_after_every_public_act(client: Client) -> None:
    claim = published()
    assert counted(text_of(client, "/statistics/")) == "1"
    other = published()
    assert counted(text_of(client, "/statistics/")) == "2"
    withdrawn(other)
    assert counted(text_of(client, "/statistics/")) == "1"
    corrected(claim, summary="Other.")
    assert "1 of 1 published claim." in text_of(client, "/statistics/")


def test_statistics_are_cached_until_the_next_public_act(client: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            text_of(client, "/statistics/")
        return len(asked)

    def publish() -> Claim:
        return corrected(published(topics=[TopicFactory(), TopicFactory()]), summary="Other.")

    publish()
    cache.clear()
    first, again = queries(), queries()
    assert again < first <= 30
    publish()
    assert (queries(), queries()) == (first, again)


def test_a_claimant_is_never_given_a_share_of_a_few_claims(client: Client) -> None:
    claimant = ClaimantFactory(slug="somebody")
    published(claimant=claimant)
    assert "Most frequent" not in text_of(client, "/claimants/somebody/")
    for _ in range(8):
        published(claimant=claimant)
    text = words(text_of(client, "/claimants/somebody/"))
    assert "9 claims." in text
    assert "Too few claims for percentages" in text
    assert not re.search(r"\d\s?%", text)
    published(claimant=claimant)
    text = words(text_of(client, "/claimants/somebody/"))
    assert "100%" in text
    assert SELECTION_RULE in text


def test_a_topic_and_an_article_show_how_their_claims_were_rated(client: Client) -> None:
    topic, article = TopicFactory(slug="water"), SourceFactory(slug="article")
    for rating in ("true", "true", "unverified"):
        published(rating=Rating.objects.get(slug=rating), topics=[topic], appearances=[article])
    for address, selection in {"/topics/water/": "topic=water", "/articles/article/": "article=article"}.items():
        text = text_of(client, address)
        assert "3 claims. Most frequent rating: True (2)." in words(text)
        assert f'href="/statistics/?{selection}"' in text


def test_each_mark_of_an_article_leads_to_its_claim(client: Client) -> None:
    article = SourceFactory(slug="article")
    claim = ClaimFactory(slug="bridge", statement="The bridge is red.", appearances=[])
    for position in (4, 2):
        AppearanceFactory(claim=claim, source=article, position=position, locator=f"paragraph {position}")
    published(claim)
    text = text_of(client, "/articles/article/")
    assert text.count('href="#claim-bridge"') == 2
    assert text.count('id="claim-bridge"') == 1
    marks = words(text[text.index('<ol class="places">') : text.index("</ol>")])
    assert marks == "paragraph 2 Mostly false: The bridge is red. paragraph 4 Mostly false: The bridge is red."


def test_a_claim_shows_its_evidence_by_origin(client: Client) -> None:
    claim = ClaimFactory(slug="bridge", evidence=[])
    for origin, stance in [("Census", Stance.REFUTES), ("census ", Stance.REFUTES), ("Mayor", Stance.SUPPORTS)]:
        EvidenceFactory(claim=claim, origin=origin, stance=stance)
    published(claim)
    for address in ("/claims/bridge/", "/claims/bridge/revisions/1/"):
        assert "Supports: 1 origin. Refutes: 1 origin." in words(text_of(client, address))


def test_a_claim_shows_its_timeline(client: Client) -> None:
    corrected(published(slug="bridge", claimed_on="2024-05-01"), rating=Rating.objects.get(slug="true"))
    text = words(text_of(client, "/claims/bridge/"))
    assert "days after it was made. Corrected 1 time since." in text
    assert "1 May 2024 Made" in text
    assert "Rating changed · Substantial correction: Mostly false → True" in text


def test_a_withdrawn_claim_has_a_timeline_without_its_text(client: Client) -> None:
    withdrawn(corrected(published(slug="bridge", claimed_on="2024-05-01"), summary="Other."))
    text = words(text_of(client, "/claims/bridge/", status=410))
    assert "Withdrawn · Withdrawal" in text
    assert "Made" not in text


def test_hostile_text_stays_text_in_every_chart(client: Client) -> None:
    paper = PublisherFactory(name=HOSTILE)
    article = SourceFactory(slug="article", title=HOSTILE, publisher=paper)
    claim = ClaimFactory(slug="bridge", statement=HOSTILE, claimed_on="2024-05-01", appearances=[], evidence=[])
    AppearanceFactory(claim=claim, source=article, locator=HOSTILE, appeared_on="2024-06")
    EvidenceFactory(claim=claim, origin=HOSTILE)
    claim.topics.set([TopicFactory(slug="water", name=HOSTILE)])
    published(claim)
    for address in ("/statistics/", "/claims/bridge/", "/articles/article/", "/topics/water/"):
        html = text_of(client, address)
        assert HOSTILE not in html
        assert "&lt;script&gt;" in html
        assert_inert(html)
