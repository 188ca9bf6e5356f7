"""Tests of the requests and responses of Google's Fact Check Tools API."""

import json
from typing import Any

import pytest
from django.conf import LazySettings
from hypothesis import given
from hypothesis import strategies as st

from claims.formats import factchecktools
from claims.formats.factchecktools import (
    ALL_FIELDS,
    DEFAULT_PAGE_SIZE,
    MAX_OFFSET,
    MAX_PAGE_SIZE,
    Refused,
    SearchRequest,
    parse_fields,
    select_fields,
)
from claims.models import Claim, PublishedClaim, Rating
from claims.record.publications import publications
from tests.factories import ClaimantFactory, corrected, published
from tests.properties import examples

ANSWER: Any = {
    "claims": [
        {
            "text": "They built three.",
            "claimReview": [{"publisher": {"name": "Desk", "site": "a.example"}, "url": "https://a.example/1"}],
        },
        {"text": "Two.", "claimant": "Ana Roe", "claimReview": [{"url": "https://a.example/2"}]},
    ],
    "nextPageToken": "x",
}
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def asked(**parameters: str) -> SearchRequest:
    return factchecktools.parse_request({"query": ["bridges"]} | {name: [value] for name, value in parameters.items()})


def of(claim: Claim) -> dict[str, Any]:
    (one,) = publications(PublishedClaim.objects.filter(claim=claim))
    return factchecktools.claim_of(one)


class TestARequest:
    def test_missing_parameters_have_the_api_s_defaults(self) -> None:
        found = asked()
        assert (found.size, found.offset, found.max_age, found.token) == (DEFAULT_PAGE_SIZE, 0, 0, "")
        assert found.fields == ALL_FIELDS
        assert found.is_pretty

    def test_missing_empty_and_zero_mean_the_same(self) -> None:
        empty = {"pageSize": "", "offset": "", "maxAgeDays": "", "pageToken": "", "languageCode": "", "fields": ""}
        zero = {"pageSize": "0", "offset": "0", "maxAgeDays": "0"}
        assert asked() == asked(**empty) == asked(**zero)

    def test_a_page_is_never_larger_than_the_largest(self) -> None:
        assert asked(pageSize="7").size == 7
        assert asked(pageSize="1000").size == MAX_PAGE_SIZE

    def test_the_standard_parameters_of_googles_apis_are_accepted(self) -> None:
        ignored = {"key": "AIza", "quotaUser": "me", "$.xgafv": "2", "alt": "json", "access_token": "y"}
        assert asked(**ignored) == asked()
        assert not asked(prettyPrint="false").is_pretty

    def test_a_site_is_read_without_www_and_in_lower_case(self) -> None:
        assert asked(reviewPublisherSiteFilter=" WWW.Check.example ").site == "check.example"

    def test_a_query_or_a_site_is_required(self) -> None:
        assert factchecktools.parse_request({"reviewPublisherSiteFilter": ["a.example"]}).query == ""
        for parameters in ({}, {"query": [" \0 "]}, {"languageCode": ["en"]}, {"reviewPublisherSiteFilter": ["www."]}):
            with pytest.raises(Refused, match="one of them is required"):
                factchecktools.parse_request(parameters)

    @pytest.mark.parametrize(
        ("name", "value", "told"),
        [
            ("pagesize", "5", 'Unknown name "pagesize": Cannot bind query parameter'),
            ("pageSize", "-1", "whole number from 0"),
            ("pageSize", "ten", "whole number from 0"),
            ("pageSize", "٣", "whole number from 0"),
            ("pageSize", "1_0", "whole number from 0"),
            ("maxAgeDays", str(2**31), "whole number from 0"),
            ("offset", str(MAX_OFFSET + 1), "to 10000"),
            ("languageCode", "english please", "language tag such as"),
            ("languageCode", "en\n", "language tag such as"),
            ("alt", "proto", "alt must be json"),
            ("prettyPrint", "yes", "true or false"),
            ("$.xgafv", "3", "1 or 2"),
            ("callback", "alert", "JSONP isn't supported"),
            ("fields", "claims(text", "no closing bracket after claims"),
        ],
    )
    def test_an_invalid_parameter_is_refused_with_its_name(self, name: str, value: str, told: str) -> None:
        with pytest.raises(Refused, match=told) as refused:
            asked(**{name: value})
        assert refused.value.parameter == name

    def test_a_parameter_given_twice_is_refused(self) -> None:
        with pytest.raises(Refused, match="more than once"):
            factchecktools.parse_request({"query": ["a", "b"]})

    @examples(400)
    @given(st.dictionaries(st.sampled_from(sorted({*factchecktools.SEARCH, *factchecktools.STANDARD})) | WORDS, WORDS))
    def test_any_request_is_read_or_refused(self, parameters: dict[str, str]) -> None:
        try:
            found = asked(**parameters)
        except Refused:
            return
        assert 1 <= found.size <= MAX_PAGE_SIZE
        assert 0 <= found.offset <= MAX_OFFSET
        assert found.query or found.site


class TestFields:
    @pytest.mark.parametrize(
        ("text", "left"),
        [
            ("*", ANSWER),
            ("claims,nextPageToken", ANSWER),
            ("claims/*, nextPageToken", ANSWER),
            ("nextPageToken", {"nextPageToken": "x"}),
            ("claims/text", {"claims": [{"text": "They built three."}, {"text": "Two."}]}),
            ("claims.text", {"claims": [{"text": "They built three."}, {"text": "Two."}]}),
            ("claims/claimant", {"claims": [{}, {"claimant": "Ana Roe"}]}),
            (
                "claims(text,claimReview/url),nextPageToken",
                {
                    "claims": [
                        {"text": "They built three.", "claimReview": [{"url": "https://a.example/1"}]},
                        {"text": "Two.", "claimReview": [{"url": "https://a.example/2"}]},
                    ],
                    "nextPageToken": "x",
                },
            ),
            (
                "claims/claimReview(publisher(site)),claims/claimReview/url",
                {
                    "claims": [
                        {"claimReview": [{"publisher": {"site": "a.example"}, "url": "https://a.example/1"}]},
                        {"claimReview": [{"url": "https://a.example/2"}]},
                    ]
                },
            ),
            ("claims,claims/text", {"claims": ANSWER["claims"]}),
        ],
    )
    def test_a_response_has_only_the_requested_fields(self, text: str, left: Any) -> None:
        assert select_fields(ANSWER, parse_fields(text)) == left

    @pytest.mark.parametrize(
        "text",
        [
            *("claims(", "claims)", "claims(text))", "claims()", "claims/", ",", "claims,", "claims text", "rating"),
            *("claims/claimReview/ratingValue", "nextPageToken/x", "*/text", "claims(text;url)", "*(text)", "é"),
            "claims(" * 5_000,
            "(" * 5_000,
        ],
    )
    def test_an_invalid_selection_is_refused(self, text: str) -> None:
        with pytest.raises(Refused, match=r"Invalid field selection|no closing bracket"):
            parse_fields(text)

    @examples(400)
    @given(
        st.text(st.sampled_from("*/.,() "), max_size=6)
        | st.lists(
            st.sampled_from([*"*/.,()", "claims", "text", "claimReview", "url", "publisher", "nextPageToken"]),
            max_size=12,
        ).map("".join)
    )
    def test_a_selection_never_adds_to_an_answer(self, text: str) -> None:
        try:
            left = select_fields(ANSWER, parse_fields(text))
        except Refused:
            return
        assert set(left) <= set(ANSWER)
        assert all(
            claim.items() <= whole.items() or "claimReview" in claim
            for claim, whole in zip(left.get("claims", []), ANSWER["claims"], strict=False)
        )


@pytest.mark.django_db
class TestAClaim:
    def test_it_says_what_the_published_version_says(self, settings: LazySettings) -> None:
        settings.SITE_URL, settings.SITE_NAME = "https://www.check.example:8443", "The Daily Check"
        claim = published(
            slug="bridges",
            statement="They built three.",
            claimed_on="2025-06-21",
            claimant=ClaimantFactory(name="Ana Roe"),
        )
        published_at = PublishedClaim.objects.get().first_published_at
        assert of(corrected(claim, summary="Two, in fact.")) == {
            "text": "They built three.",
            "claimant": "Ana Roe",
            "claimDate": "2025-06-21T00:00:00Z",
            "claimReview": [
                {
                    "publisher": {"name": "The Daily Check", "site": "check.example"},
                    "url": "https://www.check.example:8443/claims/bridges/",
                    "title": "Mostly false: They built three.",
                    "reviewDate": f"{published_at:%Y-%m-%dT%H:%M:%S}Z",
                    "textualRating": "Mostly false",
                    "languageCode": "en",
                }
            ],
        }

    def test_an_unknown_claimant_is_left_out(self) -> None:
        assert "claimant" not in of(published(claimant=None))

    @pytest.mark.parametrize("made", ["", "2025", "2025-06"])
    def test_an_unknown_day_is_left_out(self, made: str) -> None:
        assert "claimDate" not in of(published(claimed_on=made))

    def test_no_rating_is_a_number(self) -> None:
        for rating in Rating.objects.all():
            told = of(published(rating=rating, statement="They built three."))
            (review,) = told["claimReview"]
            assert review["textualRating"] == rating.label
            assert set(review) == {"publisher", "url", "title", "reviewDate", "textualRating", "languageCode"}
            assert not [value for value in [*told.values(), *review.values()] if isinstance(value, int | float)]

    def test_a_caution_begins_the_title(self) -> None:
        (review,) = of(published(statement="They built three.", notice="Not reviewed yet."))["claimReview"]
        assert review["title"] == "Not reviewed yet. Mostly false: They built three."


class TestTheDiscoveryDocument:
    def test_it_has_exactly_the_fields_of_our_responses(self) -> None:
        assert {
            "claims": {
                "text": {},
                "claimant": {},
                "claimDate": {},
                "claimReview": {
                    "publisher": {"name": {}, "site": {}},
                    **{name: {} for name in ("url", "title", "reviewDate", "textualRating", "languageCode")},
                },
            },
            "nextPageToken": {},
        } == ALL_FIELDS

    def test_it_links_only_to_this_site(self, settings: LazySettings) -> None:
        settings.SITE_URL = "https://check.example"
        text = json.dumps(factchecktools.discovery())
        assert json.loads(text)["rootUrl"] == "https://check.example/"
        assert "googleapis.com" not in text
