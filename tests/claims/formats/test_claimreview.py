"""Tests of ClaimReview: it matches the record, and no scale can be reversed."""

import json
from typing import Any

import pytest
from django.conf import LazySettings
from hypothesis import given
from hypothesis import strategies as st

from claims.formats import claimreview
from claims.formats.claimreview import (
    Amendment,
    Grade,
    Label,
    Publisher,
    Review,
    Speaker,
    Work,
    parse,
    review,
    serialise,
)
from claims.models import PublishedClaim, Rating
from claims.record.imprint import POLICIES
from claims.record.publications import publications
from tests.factories import (
    AppearanceFactory,
    ClaimantFactory,
    ClaimFactory,
    EvidenceFactory,
    SourceFactory,
    corrected,
    published,
)
from tests.properties import examples

LABEL = {"reviewRating": {"alternateName": "Four Pinocchios"}}
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
WORDS = TEXT.filter(bool)
GRADES = st.tuples(st.integers(1, 9), st.integers(1, 90), st.integers(0, 90)).map(
    lambda three: Grade(three[0] + min(three[2], three[1]), three[0], three[0] + three[1])
)
WORKS = st.builds(Work, *[TEXT] * 8)
REVIEWS = st.builds(
    Review,
    address=WORDS,
    claim=WORDS,
    label=st.builds(Label, WORDS, TEXT, TEXT, st.none() | GRADES),
    publisher=st.builds(Publisher, TEXT, TEXT, st.dictionaries(st.sampled_from(sorted(POLICIES)), WORDS)),
    speaker=st.none() | st.builds(Speaker, WORDS, st.booleans(), TEXT, TEXT),
    claimed_on=TEXT,
    first_appearance=st.none() | WORKS,
    appearances=st.lists(WORKS, max_size=3).map(tuple),
    citations=st.lists(WORKS, max_size=3).map(tuple),
    published=TEXT,
    modified=TEXT,
    version=st.none() | st.integers(1, 2**31),
    language=TEXT,
    license=TEXT,
    corrections=st.lists(st.builds(Amendment, TEXT, TEXT), max_size=3).map(tuple),
    others=st.lists(WORKS, max_size=3).map(tuple),
    original=st.none() | WORKS,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "url", "@type"]), inner),
    max_leaves=6,
)


def of(claim: Any) -> Review:
    (one,) = publications(PublishedClaim.objects.filter(claim=claim))
    return review(one)


@examples(400)
@given(REVIEWS)
def test_a_serialised_review_can_be_read_back(one: Review) -> None:
    assert parse(json.loads(json.dumps(serialise(one)))) == one


@examples(400)
@given(REVIEWS)
def test_no_scale_is_reversed_and_off_the_scale_there_is_no_number(one: Review) -> None:
    for rating in (serialise(one)["reviewRating"], claimreview.feed_item(one)["reviewRating"]):
        numbers = [rating.get(name) for name in ("worstRating", "ratingValue", "bestRating")]
        if one.label.grade is None:
            assert numbers == [None, None, None]
        else:
            worst, value, best = map(int, numbers)
            assert 1 <= worst <= value <= best
            assert worst < best
            assert (worst, value, best) == (one.label.grade.worst, one.label.grade.value, one.label.grade.best)


@pytest.mark.parametrize(
    ("value", "worst", "best"), [(1, 5, 1), (1, 1, 1), (0, 0, 5), (6, 1, 5), (0, 1, 5), (-1, -1, 5)]
)
def test_a_grade_on_an_invalid_scale_is_refused(value: int, worst: int, best: int) -> None:
    with pytest.raises(ValueError, match="isn't on a valid scale"):
        Grade(value, worst, best)


@examples(400)
@given(
    st.dictionaries(
        st.sampled_from(
            [*("@type", "url", "claimReviewed", "reviewRating", "itemReviewed"), *("author", "publisher", "citation")]
        ),
        JSON | st.just("ClaimReview"),
    )
)
def test_any_markup_is_read_or_refused(node: dict[str, Any]) -> None:
    try:
        found = parse({"@type": "ClaimReview", **node})
    except ValueError:
        return
    assert found.address
    assert found.claim
    assert found.label.name


def test_numbers_from_other_sites_are_read_only_on_a_valid_scale() -> None:
    def grade(**rating: Any) -> Grade | None:
        rating |= {"alternateName": "Four Pinocchios"}
        return parse(
            {"@type": ["ClaimReview"], "url": "https://a.example", "claimReviewed": "x", "reviewRating": rating}
        ).label.grade

    assert grade(ratingValue="2", worstRating="1", bestRating="5") == Grade(2, 1, 5)
    assert grade(ratingValue=2, worstRating=6, bestRating=1) is None
    assert grade(ratingValue=-1, worstRating=-1, bestRating=-1) is None
    assert grade(ratingValue=2) is None
    assert grade(ratingValue=True, worstRating=0, bestRating=5) is None


def test_works_of_other_sites_are_read_by_headline_and_identifier() -> None:
    work = {"headline": "The budget", "url": {"@id": "https://city.example/b"}}
    found = parse({"@type": "ClaimReview", "url": "https://a.example", "claimReviewed": "x", "citation": work} | LABEL)
    assert [(one.name, one.address) for one in found.citations] == [("The budget", "https://city.example/b")]


@pytest.mark.django_db
class TestOfAPublishedClaim:
    def test_it_says_what_the_body_says(self, settings: LazySettings) -> None:
        settings.SITE_URL, settings.SITE_NAME = "https://check.example", "The Daily Check"
        source = SourceFactory(
            title="The budget",
            address="https://copier.example/b",
            archived_address="https://a.example/b",
            is_copy=True,
            original_address="https://city.example/b",
        )
        claim = ClaimFactory(
            slug="bridges",
            statement="They built three.",
            claimed_on="2025-06-21",
            appearances=[],
            evidence=[source],
            claimant=ClaimantFactory(name="Ana Roe", role="Mayor", wikidata="https://www.wikidata.org/wiki/Q0"),
        )
        early, late = (
            SourceFactory(title="Early", published="2025-06"),
            SourceFactory(title="Late", published="2025-07"),
        )
        for place in (late, early):
            AppearanceFactory(claim=claim, source=place)
        counted = corrected(published(claim), summary="Two, in fact.", reason="A bridge was counted twice.")
        node = serialise(of(counted))
        assert node["@context"] == "https://schema.org"
        assert node["url"] == "https://check.example/claims/bridges/"
        assert node["claimReviewed"] == node["itemReviewed"]["text"] == "They built three."
        assert node["reviewRating"] == {
            "@type": "Rating",
            "alternateName": "Mostly false",
            "ratingValue": 2,
            "worstRating": 1,
            "bestRating": 5,
            "ratingExplanation": "Two, in fact.",
            "image": "https://check.example/ratings/mostly-false.png",
        }
        assert node["itemReviewed"]["author"] == {
            "@type": "Person",
            "name": "Ana Roe",
            "jobTitle": "Mayor",
            "sameAs": "https://www.wikidata.org/wiki/Q0",
        }
        assert node["itemReviewed"]["firstAppearance"]["name"] == "Early"
        assert [work["name"] for work in node["itemReviewed"]["appearance"]] == ["Late"]
        (cited,) = node["citation"]
        assert (cited["name"], cited["url"], cited["archivedAt"]) == (
            *("The budget", "https://copier.example/b", "https://a.example/b"),
        )
        assert (cited["keywords"], cited["abstract"]) == ("refutes", "The document gives another figure.")
        assert node["version"] == 2
        assert node["datePublished"] < node["dateModified"]
        assert [told["text"] for told in node["correction"]] == ["A bridge was counted twice."]
        assert node["author"] == {
            "@type": "Organization",
            "name": "The Daily Check",
            "url": "https://check.example/",
        }
        assert set(node["publisher"]) == {"@type", "name", "url"}, "no page of the newsroom is written"
        assert node["license"] == settings.DATA_LICENSE
        assert node["inLanguage"] == "en"

    def test_a_claim_without_an_author_has_none(self) -> None:
        node = serialise(of(published(claimant=None)))
        assert "author" not in node["itemReviewed"]

    def test_a_notice_comes_before_the_explanation(self) -> None:
        one = of(published(notice="Proposed, not yet reviewed.", summary="It is not the city's money."))
        for rating in (serialise(one)["reviewRating"], claimreview.feed_item(one)["reviewRating"]):
            assert rating["ratingExplanation"] == "Proposed, not yet reviewed. It is not the city's money."

    def test_off_the_scale_there_is_no_number(self) -> None:
        for rating in Rating.objects.filter(on_scale=False):
            node = serialise(of(published(rating=rating)))["reviewRating"]
            assert set(node) == {"@type", "alternateName", "ratingExplanation", "image"}
            assert node["alternateName"] == rating.label

    @pytest.mark.parametrize(("one", "other"), [("2025", "2025-06"), ("", "2025"), ("2025-06-21", "2025-06-21")])
    def test_the_first_appearance_is_given_only_if_the_dates_show_it(self, one: str, other: str) -> None:
        claim = ClaimFactory(appearances=[])
        for date in (one, other):
            AppearanceFactory(claim=claim, source=SourceFactory(published=""), appeared_on=date)
        found = of(published(claim))
        assert found.first_appearance is None
        assert len(found.appearances) == 2

    def test_two_places_in_one_article_are_one_work(self) -> None:
        claim, article = ClaimFactory(appearances=[]), SourceFactory(published="2025")
        for date in ("2025-06-22", "2025-06-21", ""):
            AppearanceFactory(claim=claim, source=article, appeared_on=date)
        found = of(published(claim))
        assert found.appearances == ()
        assert found.first_appearance is not None
        assert found.first_appearance.published == "2025-06-21"

    def test_a_private_address_is_not_in_it(self) -> None:
        hidden = SourceFactory(address="https://news.example/accuses", address_is_private=True)
        node = serialise(of(published(appearances=[hidden], evidence=[hidden])))
        assert "accuses" not in json.dumps(node)
        assert node["itemReviewed"]["firstAppearance"]["name"] == hidden.title

    def test_a_feed_item_has_only_the_keys_that_consumers_accept_and_numbers_as_texts(self) -> None:
        claim = ClaimFactory(claimed_on="2025-06", evidence=[SourceFactory()])
        EvidenceFactory(claim=claim)
        node = claimreview.feed_item(of(corrected(published(claim), summary="Mended.")))
        assert set(node) == {
            *("@context", "@type", "url", "datePublished", "claimReviewed", "author", "itemReviewed"),
            *("reviewRating", "sdPublisher"),
        }
        assert set(node["reviewRating"]) <= {
            *("@type", "ratingValue", "bestRating", "worstRating", "image", "alternateName", "ratingExplanation"),
        }
        assert node["reviewRating"]["ratingValue"] == "2"
        assert "datePublished" not in node["itemReviewed"]  # a month isn't a full date
        assert set(node["itemReviewed"]["firstAppearance"]) == {"@type", "url"}
