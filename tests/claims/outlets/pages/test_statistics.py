"""The page with statistics, and the charts on other pages."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from claims.choices import Stance
from claims.models import Claim, Rating
from claims.record import statistics
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
    assert "Nothing is published yet." in text
    assert SELECTION_RULE in text


def test_each_figure_comes_with_its_total(client: Client) -> None:
    corrected(published(topics=[TopicFactory(name="Water")], claimed_on="2024-05-01"), summary="Other.")
    published()
    withdrawn(published())
    text = words(text_of(client, "/statistics/"))
    for said in (
        "2 claims: 2 mostly false",
        "Corrected at least once: 1 of 2 published claims.",
        "We withdrew 1 more. It isn’t counted anywhere else here.",
        "for 1 of 2 claims",
        "Fewer than 10 claims, so we show no percentages.",
        SELECTION_RULE,
        "Water",
    ):
        assert said in text
    assert not re.search(r"\d%", text)


def test_statistics_follow_the_filters_of_the_list(client: Client) -> None:
    published(topics=[TopicFactory(slug="water", name="Clean water")])
    published()
    assert counted(text_of(client, "/statistics/")) == "2"
    text = text_of(client, "/statistics/?topic=water&utm_source=x")
    assert counted(text) == "1"
    assert 'href="/claims/?topic=water"' in text
    assert "Topic: Clean water" in words(text)
    assert "withdrawn" not in text
    assert "No check has all of these." in text_of(client, "/statistics/?year=1999")


@pytest.mark.parametrize("query", ["since=tomorrow", "topic=fire", "sort=rumour"])
def test_a_filter_that_means_nothing_is_left_out_and_reported(client: Client, query: str) -> None:
    published()
    text = text_of(client, f"/statistics/?{query}")
    assert 'role="alert"' in text
    assert query.partition("=")[2] in text
    assert counted(text) == "1"


def test_statistics_are_current_after_every_public_act(client: Client) -> None:
    claim = published()
    assert counted(text_of(client, "/statistics/")) == "1"
    other = published()
    assert counted(text_of(client, "/statistics/")) == "2"
    withdrawn(other)
    assert counted(text_of(client, "/statistics/")) == "1"
    corrected(claim, summary="Other.")
    assert "1 of 1 published claim." in text_of(client, "/statistics/")


@pytest.mark.parametrize("address", ["/statistics/", "/statistics/?kind=other"])
def test_statistics_take_the_same_number_of_queries_after_more_acts(client: Client, address: str) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            text_of(client, address)
        return len(asked)

    def publish() -> Claim:
        return corrected(published(topics=[TopicFactory(), TopicFactory()]), summary="Other.")

    publish()
    first = queries()
    publish()
    assert queries() == first <= 30


def test_figures_of_a_large_selection_say_that_they_count_the_newest(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    water = TopicFactory.create(slug="water")
    for _ in range(3):
        published(topics=[water])
    sentence = "These figures count the newest 2 of them."
    assert sentence not in text_of(client, "/statistics/?topic=water")
    monkeypatch.setattr(statistics, "MOST_COUNTED", 2)
    cut = text_of(client, "/statistics/?topic=water")
    assert sentence in cut
    assert counted(cut) == "2"
    assert client.get("/api/v1/statistics/?topic=water").json()["is_cut"] is True
    everything = text_of(client, "/statistics/")
    assert "These figures count the newest" not in everything
    assert counted(everything) == "3"
    assert client.get("/api/v1/statistics/").json()["is_cut"] is False


def test_a_claimant_is_never_given_a_share_of_a_few_claims(client: Client) -> None:
    claimant = ClaimantFactory(slug="somebody")
    published(claimant=claimant)
    assert 'class="distribution"' not in text_of(client, "/claimants/somebody/")
    for _ in range(8):
        published(claimant=claimant)
    text = words(text_of(client, "/claimants/somebody/"))
    assert "9 claims: 9 mostly false" in text
    assert "we show no percentages" in text
    assert not re.search(r"\d%", text)
    published(claimant=claimant)
    text = words(text_of(client, "/claimants/somebody/"))
    assert "10 claims: 10 mostly false" in text
    assert SELECTION_RULE in text
    published(claimant=claimant, rating=Rating.objects.get(slug="true"))
    assert "Mostly false 10 (91%)" in words(text_of(client, "/claimants/somebody/"))


def test_a_topic_and_an_article_show_how_their_claims_were_rated(client: Client) -> None:
    topic, article = TopicFactory(slug="water"), SourceFactory(slug="article")
    for rating in ("true", "mostly-true", "half-true", "unverified", "not-checkable"):
        published(rating=Rating.objects.get(slug=rating), topics=[topic], appearances=[article])
    for address, selection in {"/topics/water/": "topic=water", "/articles/article/": "article=article"}.items():
        text = text_of(client, address)
        said = "5 claims: 2 true or mostly true · 1 half true · 2 could not be rated true or false"
        assert said in words(text)
        assert f'href="/claims/?{selection}&amp;rating=true&amp;rating=mostly-true"' in text
        assert f'href="/statistics/?{selection}"' in text
        assert "Most frequent" not in text


def test_what_has_one_row_is_a_sentence_and_no_chart(client: Client) -> None:
    water, article = TopicFactory(name="Clean water"), SourceFactory()
    for _ in range(2):
        published(topics=[water], appearances=[article])
    text = text_of(client, "/statistics/")
    assert '<svg class="bar' not in text
    assert "Clean water : 2" in words(text)


def test_every_version_of_a_claim_counts_its_independent_sources(client: Client) -> None:
    claim = ClaimFactory(slug="bridge", evidence=[])
    for origin, stance in [("Census", Stance.REFUTES), ("census ", Stance.REFUTES), ("Mayor", Stance.SUPPORTS)]:
        EvidenceFactory(claim=claim, origin=origin, stance=stance)
    published(claim)
    for address in ("/claims/bridge/", "/claims/bridge/revisions/1/"):
        assert "1 independent source contradicts the claim, 1 supports it." in words(text_of(client, address))


def test_a_page_has_one_legend(client: Client) -> None:
    for rating in ("true", "false"):
        published(rating=Rating.objects.get(slug=rating), topics=[TopicFactory(), TopicFactory()])
    assert text_of(client, "/statistics/").count('class="legend"') == 1


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
