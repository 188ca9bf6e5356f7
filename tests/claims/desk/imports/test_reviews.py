"""Fact-checks by others in all their forms."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.desk.imports import reviews
from tests.claims.desk.imports.test_read import JSON

REVIEW = {
    "@type": "ClaimReview",
    "url": "https://checks.example/rain",
    "claimReviewed": "It rained 40 days.",
    "datePublished": "2020-02-26T10:00:00+01:00",
    "inLanguage": "en-GB",
    "author": {"@type": "Organization", "name": "Checks", "url": "https://www.checks.example/"},
    "itemReviewed": {"@type": "Claim", "datePublished": "2020-02", "author": {"@type": "Person", "name": "Noah"}},
    "reviewRating": {"ratingValue": "2", "worstRating": 1, "bestRating": "5.0", "alternateName": "Mostly false"},
}


def one(node: Any) -> dict[str, str]:
    ((_, values, problems),) = reviews.found_in(node)
    assert problems == ()
    return values


def fields_refused(**changes: Any) -> list[str]:
    ((_, _, problems),) = reviews.found_in(REVIEW | changes)
    assert all(problem.reason and problem.remedy for problem in problems)
    return [problem.field for problem in problems]


def test_texts_label_and_numbers_are_kept_as_given() -> None:
    assert one(REVIEW) == {
        "reference": "https://checks.example/rain",
        "claim": "It rained 40 days.",
        "claimant": "Noah",
        "title": "",
        "publisher": "Checks",
        "address": "https://checks.example/rain",
        "publisher_address": "https://www.checks.example/",
        "claimed_on": "2020-02",
        "reviewed_on": "2020-02-26",
        "language": "en-GB",
        "label": "Mostly false",
        "value": "2",
        "best": "5.0",
        "worst": "1",
    }


@pytest.mark.parametrize(
    "node",
    [
        [REVIEW],
        {"@graph": [{"@type": "WebPage"}, REVIEW]},
        {"@type": "WebPage", "mainEntity": REVIEW},
        {"@type": "DataFeedItem", "item": [None, REVIEW]},
        {"@type": ["Article"], "review": {"x": [REVIEW]}},
        REVIEW | {"@type": ["Review", "ClaimReview"]},
        REVIEW | {"claimReviewed": {"@type": "Claim", "text": "It rained 40 days."}},
        REVIEW | {"claimReviewed": None, "itemReviewed": [REVIEW["itemReviewed"] | {"text": "It rained 40 days."}]},  # type: ignore[operator]
    ],
)
def test_a_review_is_found_wherever_it_is(node: Any) -> None:
    assert one(node)["claim"] == "It rained 40 days."


@pytest.mark.parametrize(
    ("author", "name"),
    [
        ("Ada", "Ada"),
        (["Ada", {"name": "Bo"}], "Ada, Bo"),
        ({"name": ["Ada"]}, "Ada"),
        ([], ""),
        (None, ""),
        (5, ""),
    ],
)
def test_an_author_may_be_a_text_or_a_list(author: Any, name: str) -> None:
    assert one(REVIEW | {"itemReviewed": {"author": author}})["claimant"] == name


def test_a_page_with_several_reviews_gives_each_a_reference() -> None:
    other = REVIEW | {"claimReviewed": "It snowed."}
    found = [values for _, values, _ in reviews.found_in([REVIEW, other])]
    assert [values["claim"] for values in found] == ["It rained 40 days.", "It snowed."]
    assert reviews.other_reference(found[0]) != reviews.other_reference(found[1])


def test_an_answer_of_googles_api_gives_each_review() -> None:
    claim = {
        "text": "It rained.",
        "claimant": "Noah",
        "claimDate": "2020-02-01T00:00:00Z",
        "claimReview": [
            {
                "publisher": {"name": "Checks", "site": "checks.example"},
                "url": "https://checks.example/rain",
                "title": "No rain",
                "reviewDate": "2020-02-26T00:00:00Z",
                "textualRating": "False",
                "languageCode": "en",
            },
            {"publisher": {"site": "other.example"}, "url": "https://other.example/1", "textualRating": "No"},
        ],
    }
    first, second = (values for _, values, problems in reviews.found_in(claim))
    assert first["label"] == "False"
    assert first["claimed_on"] == "2020-02-01"
    assert (second["publisher"], second["publisher_address"]) == ("other.example", "https://other.example/")


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"url": ""}, ["reference", "address"]),
        ({"url": "javascript:alert(1)"}, ["address"]),
        ({"url": "https://user@checks.example/"}, ["address"]),
        ({"claimReviewed": None}, ["claim"]),
        ({"claimReviewed": "x" * 20_001}, ["claim"]),
        ({"reviewRating": {"ratingValue": 3}}, ["label"]),
        ({"datePublished": "03/04/2020"}, ["reviewed_on"]),
        ({"datePublished": "soon"}, ["reviewed_on"]),
        ({"inLanguage": "English please"}, []),
    ],
)
def test_what_cannot_be_stored_is_refused_by_its_field(changes: dict[str, Any], fields: list[str]) -> None:
    assert fields_refused(**changes) == fields


def test_an_object_without_a_review_is_refused() -> None:
    ((_, _, problems),) = reviews.found_in({"@type": "Article"})
    assert [problem.field for problem in problems] == ["type"]


@settings(max_examples=300, deadline=None)
@given(JSON, st.sampled_from(sorted(REVIEW)))
def test_any_value_of_any_property_gives_values_or_problems(value: Any, name: str) -> None:
    for _, values, problems in reviews.found_in([REVIEW | {name: value}, {"claimReview": value}, value]):
        assert problems or set(values) == set(reviews.FIELDS)
        assert all(isinstance(text, str) for text in values.values())
