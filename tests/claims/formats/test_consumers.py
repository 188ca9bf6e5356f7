"""What consumers ask of our ClaimReview is told where it is not so, and each rule can be broken."""

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
    """What consumers get of a claim that breaks no rule."""
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


def _nowhere(given: Given) -> None:
    del given[Consumer.GOOGLE]["itemReviewed"]["firstAppearance"]["url"]


GOOGLE, DUKE = Consumer.GOOGLE, Consumer.DUKE
BROKEN: list[tuple[str, Callable[[Given], None]]] = [
    ("There is no claim.", _set(GOOGLE, "claimReviewed", "")),
    ("The check is not at an address of this site.", _set(GOOGLE, "url", "https://elsewhere.example/1")),
    ("The rating has no words.", _set(GOOGLE, "reviewRating.alternateName", None)),
    ("The rating's numbers lie on no scale that rises from 1.", _set(GOOGLE, "reviewRating.bestRating", 0)),
    ("The rating's numbers lie on no scale that rises from 1.", _set(GOOGLE, "reviewRating.worstRating", None)),
    ("The rating's numbers lie on no scale that rises from 1.", _set(GOOGLE, "reviewRating.ratingValue", "2")),
    ("Nobody is named as the one who checked.", _set(GOOGLE, "author", {"@type": "Organization"})),
    ("The claimant has no name.", _set(GOOGLE, "itemReviewed.author.name", "")),
    (
        "The claim is longer than 75 characters, and may be cut where it is shown.",
        _set(GOOGLE, "claimReviewed", "x" * 76),
    ),
    ("The claim holds the words of its rating.", _set(GOOGLE, "claimReviewed", "That is mostly  FALSE.")),
    (
        "The rating's words are longer than 40 characters; only their beginning may be seen.",
        _set(GOOGLE, "reviewRating.alternateName", "x" * 41),
    ),
    ("The rating is not explained.", _set(GOOGLE, "reviewRating.ratingExplanation", None)),
    ("No place where the claim was made has an address.", _nowhere),
    (
        "The claim appears on this site alone.",
        _set(GOOGLE, "itemReviewed.firstAppearance.url", "https://check.example/claims/1/"),
    ),
    ("The claimant is known by name alone.", _set(GOOGLE, "itemReviewed.author.sameAs", None)),
    (
        "The day on which the claim was made is not known, so it cannot be sorted by age.",
        _set(GOOGLE, "itemReviewed.datePublished", "2025-06"),
    ),
    ("No evidence has an address.", _set(GOOGLE, "citation", [{"@type": "CreativeWork", "name": "A report"}])),
    ("There is a property that the schema does not know.", _set(DUKE, "citation", [])),
    ("A date is no day.", _set(DUKE, "datePublished", "2026-11-24T00:00:00Z")),
    ("A date is no day.", _set(DUKE, "itemReviewed.datePublished", "2025")),
    (
        "The rating has no words, a property that the schema does not know, or a number that is none.",
        _set(DUKE, "reviewRating.ratingValue", 2),
    ),
    (
        "The rating has no words, a property that the schema does not know, or a number that is none.",
        _set(DUKE, "reviewRating.author", "x"),
    ),
    ("What was checked has no type.", _set(DUKE, "itemReviewed.@type", None)),
    ("Whoever checked has no address.", _set(DUKE, "author.url", None)),
    (
        "The claimant is an organisation without an address.",
        _set(DUKE, "itemReviewed.author", {"@type": "Organization", "name": "The council"}),
    ),
]


def test_a_claim_that_lacks_nothing_breaks_no_rule(given: Given) -> None:
    assert consumers.broken(given) == []


@pytest.mark.parametrize(("fault", "breaks"), BROKEN, ids=[f"{n}" for n, _ in enumerate(BROKEN)])
def test_what_is_not_so_is_told_with_how_to_mend_it(given: Given, fault: str, breaks: Callable[[Given], None]) -> None:
    spoiled = deepcopy(given)
    breaks(spoiled)
    broken = consumers.broken(spoiled)
    assert fault in [rule.fault for rule in broken]
    assert all(rule.mend.endswith(".") for rule in broken)


def test_every_rule_can_be_broken() -> None:
    assert {rule.fault for rule in RULES} == {fault for fault, _ in BROKEN}


def test_what_is_refused_comes_before_advice() -> None:
    published(statement="x" * 80, claimant=ClaimantFactory(kind="publication"))
    (one,) = publications(PublishedClaim.objects.all())
    levels = [rule.level for rule in consumers.findings(claimreview.review(one))]
    assert levels[0] == Level.ERROR
    assert levels == sorted(levels, key=list(Level).index)


@pytest.mark.parametrize("rating", ["true", "false", "unverified", "satire", "not-checkable"])
def test_nothing_that_the_desk_can_publish_is_refused_for_its_rating(rating: str) -> None:
    published(rating=Rating.objects.get(slug=rating))
    (one,) = publications(PublishedClaim.objects.all())
    assert not [rule for rule in errors_of(claimreview.review(one)) if rule.place.startswith("reviewRating")]


def errors_of(review: claimreview.Review) -> list[Rule]:
    return [rule for rule in consumers.findings(review) if rule.level == Level.ERROR]


class TestCommand:
    def test_it_tells_each_claim_s_faults_and_how_often_each_came(self) -> None:
        for slug in ("bridges", "roads"):
            published(slug=slug, statement="x" * 80)
        out = StringIO()
        call_command("lint_exports", stdout=out)
        lines = out.getvalue().splitlines()
        fault = (
            "Google advice, claimReviewed: The claim is longer than 75 characters, and may be cut where it is shown."
        )
        assert f"bridges: {fault} Say it in fewer words; what surrounds it belongs in the summary." in lines
        assert f"2 × {fault}" in lines
        assert lines[-1].startswith(f"2 claims checked by {len(RULES)} rules: 0 errors, ")

    def test_it_fails_where_a_consumer_would_refuse(self) -> None:
        published(claimant=ClaimantFactory(kind="publication"), evidence=[SourceFactory(address="")])
        out = StringIO()
        with pytest.raises(CommandError, match=r"1 claims checked by \d+ rules: 1 errors\."):
            call_command("lint_exports", errors=True, stdout=out)
        assert "Duke error" in out.getvalue()
        assert "advice" not in out.getvalue()
