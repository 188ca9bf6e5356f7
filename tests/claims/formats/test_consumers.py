"""Tests of the consumers' rules for our ClaimReview: each rule can be broken, and says what to do then."""

from collections.abc import Callable
from copy import deepcopy
from io import StringIO
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from claims.formats import claimreview, consumers
from claims.formats.consumers import RULES, Consumer, Level, Rule
from claims.models import PublishedClaim, Rating
from claims.record.publications import publications
from tests.factories import ClaimantFactory, SourceFactory, corrected, published

pytestmark = pytest.mark.django_db

Given = dict[Consumer, dict[str, Any]]


@pytest.fixture
def given(settings: LazySettings) -> Given:
    """The markup of a claim that breaks no rule, for each consumer."""
    settings.SITE_URL = "https://check.example"
    claimant = ClaimantFactory(name="Ana Roe", wikidata="https://www.wikidata.org/wiki/Q0")
    corrected(published(claimed_on="2025-06-21", claimant=claimant), summary="Mended.")
    (one,) = publications(PublishedClaim.objects.all())
    review = claimreview.review(one)
    return {Consumer.GOOGLE: claimreview.serialise(review), Consumer.DUKE: claimreview.feed_item(review)}


def _set(consumer: Consumer, path: str, value: Any) -> Callable[[Given], None]:
    def change(given: Given) -> None:
        node = given[consumer]
        *way, last = path.split(".")
        for name in way:
            node = node[name]
        if value is None:
            node.pop(last, None)
        else:
            node[last] = value

    return change


def _remove_address(given: Given) -> None:
    del given[Consumer.GOOGLE]["itemReviewed"]["firstAppearance"]["url"]


GOOGLE, DUKE = Consumer.GOOGLE, Consumer.DUKE
BROKEN: list[tuple[str, Callable[[Given], None]]] = [
    ("The claim is missing.", _set(GOOGLE, "claimReviewed", "")),
    ("The address of the fact-check isn't on this site.", _set(GOOGLE, "url", "https://elsewhere.example/1")),
    ("The rating has no label.", _set(GOOGLE, "reviewRating.alternateName", None)),
    ("The rating's numbers aren't on a valid scale.", _set(GOOGLE, "reviewRating.bestRating", 0)),
    ("The rating's numbers aren't on a valid scale.", _set(GOOGLE, "reviewRating.worstRating", None)),
    ("The rating's numbers aren't on a valid scale.", _set(GOOGLE, "reviewRating.ratingValue", "2")),
    ("The fact-checker has no name.", _set(GOOGLE, "author", {"@type": "Organization"})),
    ("The claimant has no name.", _set(GOOGLE, "itemReviewed.author.name", "")),
    (
        "The claim is longer than 75 characters, so Google may cut it off.",
        _set(GOOGLE, "claimReviewed", "x" * 76),
    ),
    ("The claim contains the words of its rating.", _set(GOOGLE, "claimReviewed", "That is mostly  FALSE.")),
    (
        "The rating's label is longer than 40 characters, so Google may show only its beginning.",
        _set(GOOGLE, "reviewRating.alternateName", "x" * 41),
    ),
    ("The rating has no explanation.", _set(GOOGLE, "reviewRating.ratingExplanation", None)),
    ("No appearance of the claim has an address.", _remove_address),
    (
        "The claim appears only on this site.",
        _set(GOOGLE, "itemReviewed.firstAppearance.url", "https://check.example/claims/1/"),
    ),
    ("The claimant is identified only by name.", _set(GOOGLE, "itemReviewed.author.sameAs", None)),
    (
        "The claim isn't dated to the day, so it can't be sorted by date.",
        _set(GOOGLE, "itemReviewed.datePublished", "2025-06"),
    ),
    ("No evidence has an address.", _set(GOOGLE, "citation", [{"@type": "CreativeWork", "name": "A report"}])),
    ("The markup has a property that isn't in the schema.", _set(DUKE, "citation", [])),
    ("A date isn't a full day.", _set(DUKE, "datePublished", "2026-11-24T00:00:00Z")),
    ("A date isn't a full day.", _set(DUKE, "itemReviewed.datePublished", "2025")),
    (
        "The rating has no label, a property that isn't in the schema, or an invalid number.",
        _set(DUKE, "reviewRating.ratingValue", 2),
    ),
    (
        "The rating has no label, a property that isn't in the schema, or an invalid number.",
        _set(DUKE, "reviewRating.author", "x"),
    ),
    ("The item reviewed has no type.", _set(DUKE, "itemReviewed.@type", None)),
    ("The fact-checker has no address.", _set(DUKE, "author.url", None)),
    (
        "The claimant is an organisation without an address.",
        _set(DUKE, "itemReviewed.author", {"@type": "Organization", "name": "The council"}),
    ),
]


def test_a_complete_claim_breaks_no_rule(given: Given) -> None:
    assert consumers.broken(given) == []


@pytest.mark.parametrize(("fault", "breaks"), BROKEN, ids=[f"{n}" for n, _ in enumerate(BROKEN)])
def test_a_broken_rule_says_what_is_wrong_and_what_to_do(
    given: Given, fault: str, breaks: Callable[[Given], None]
) -> None:
    spoiled = deepcopy(given)
    breaks(spoiled)
    broken = consumers.broken(spoiled)
    assert fault in [rule.fault for rule in broken]
    assert all(rule.fix.endswith(".") for rule in broken)


def test_every_rule_can_be_broken() -> None:
    assert {rule.fault for rule in RULES} == {fault for fault, _ in BROKEN}


def test_errors_come_before_advice() -> None:
    published(statement="x" * 80, claimant=ClaimantFactory(kind="publication"))
    (one,) = publications(PublishedClaim.objects.all())
    levels = [rule.level for rule in consumers.findings(claimreview.review(one))]
    assert levels[0] == Level.ERROR
    assert levels == sorted(levels, key=list(Level).index)


@pytest.mark.parametrize("rating", ["true", "false", "unverified", "satire", "not-checkable"])
def test_no_rating_that_the_desk_can_publish_is_an_error(rating: str) -> None:
    published(rating=Rating.objects.get(slug=rating))
    (one,) = publications(PublishedClaim.objects.all())
    assert not [rule for rule in errors_of(claimreview.review(one)) if rule.place.startswith("reviewRating")]


def errors_of(review: claimreview.Review) -> list[Rule]:
    return [rule for rule in consumers.findings(review) if rule.level == Level.ERROR]


class TestCommand:
    def test_it_prints_the_faults_of_each_claim_and_their_totals(self) -> None:
        for slug in ("bridges", "roads"):
            published(slug=slug, statement="x" * 80)
        out = StringIO()
        call_command("lint_exports", stdout=out)
        lines = out.getvalue().splitlines()
        fault = "Google advice, claimReviewed: The claim is longer than 75 characters, so Google may cut it off."
        assert f"bridges: {fault} Shorten the claim, and put the context in the summary." in lines
        assert f"2 × {fault}" in lines
        assert lines[-1].startswith(f"2 claims checked by {len(RULES)} rules: 0 errors, ")

    def test_it_fails_if_a_consumer_would_reject_a_claim(self) -> None:
        published(claimant=ClaimantFactory(kind="publication"), evidence=[SourceFactory(address="")])
        out = StringIO()
        with pytest.raises(CommandError, match=r"1 claims checked by \d+ rules: 1 errors\."):
            call_command("lint_exports", errors=True, stdout=out)
        assert "Duke error" in out.getvalue()
        assert "advice" not in out.getvalue()
