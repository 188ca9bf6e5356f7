"""Tests of the counts beside a list: exact where few fit, and estimates that say so and are near."""

from collections.abc import Callable
from itertools import product

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from claims.choices import ClaimKind, FacetKind
from claims.models import Claimant, PublishedClaim, Rating, Topic
from claims.search import candidates, counting, indexing
from claims.search.counting import Count, Counted
from claims.search.filters import ClaimFilterSet
from tests.factories import ClaimantFactory, SourceFactory, TopicFactory, published
from tests.once import once

pytestmark = pytest.mark.django_db

QUERIES = [
    "rating=false",
    "rating=false&rating=true",
    "rating=false&topic=water",
    "rating=false&topic=water&year=2020",
    "claimant=ana&kind=event",
    "claimant=nobody",
    "since=2020-06",
    "until=2020",
    "since=2019&until=2020-06&rating=true",
    "language=es",
    "topic=water&topic=fire",
    "article=monday&rating=false",
    "source=monday",
    "q=bridge&topic=fire",
    "year=2020&rating=nothing",
]


def thirty_claims() -> None:
    """Thirty claims, of which no two properties go together."""
    water, fire = TopicFactory(slug="water"), TopicFactory(slug="fire")
    ana, monday, tuesday = ClaimantFactory(slug="ana"), SourceFactory(slug="monday"), SourceFactory(slug="tuesday")
    for number in range(30):
        published(
            statement=f"{'The bridge' if number % 4 else 'A tunnel'} number {number} is new.",
            rating=Rating.objects.get(slug="true" if number % 3 == 0 else "false"),
            topics=[[], [water], [fire], [water, fire]][number % 4],
            claimant=ana if number % 5 else None,
            kind=ClaimKind.EVENT if number % 2 else ClaimKind.STATISTIC,
            claimed_on=["2019", "2020-05-03", "2020-11", ""][number % 4],
            language="es" if number % 7 == 0 else "en",
            appearances=[monday if number % 6 == 0 else tuesday],
        )


claims = once(thirty_claims)


def chosen(query: str) -> ClaimFilterSet:
    filters = ClaimFilterSet(QueryDict(query), queryset=PublishedClaim.objects.all())
    assert not filters.errors
    return filters


def counted(query: str) -> Counted:
    return counting.count(chosen(query))


def plain(query: str) -> dict[tuple[str, str], int]:
    """The number of claims with each value under all filters except its own, counted one by one."""
    filters = chosen(query)
    found: dict[tuple[str, str], int] = {}
    for kind in FacetKind:
        claims = filters.narrowed(PublishedClaim.objects.all(), without=str(kind))
        for claim in claims:
            for key in indexing.facet_keys(claim):
                if key[0] == kind:
                    found[key] = found.get(key, 0) + 1
    return found


def values(found: Counted) -> dict[tuple[str, str], Count]:
    return {(kind, value): count for kind, counts in found.values.items() for value, count in counts.items()}


def sampled(monkeypatch: pytest.MonkeyPatch, *, exact: int, few: int = 0) -> None:
    """Take a sample of half of the thirty claims, as a large site does."""
    monkeypatch.setattr(counting, "SAMPLE", 15)
    monkeypatch.setattr(counting, "MOST_EXACT", exact)
    monkeypatch.setattr(counting, "_FEW", few)


@pytest.mark.usefixtures("claims")
class TestExact:
    # One record for all queries: to publish it takes far longer than to count.
    def test_a_small_site_counts_every_claim(self) -> None:
        for query in ("", *QUERIES):
            found = counted(query)
            assert found.total == Count(chosen(query).qs.count()), query
            assert values(found) == {key: Count(claims) for key, claims in plain(query).items()}, query

    def test_a_large_site_counts_exactly_where_few_fit(self, monkeypatch: pytest.MonkeyPatch) -> None:
        expected = {query: plain(query) for query in QUERIES}
        sampled(monkeypatch, exact=1_000)
        for query in QUERIES:
            found = counted(query)
            assert found.total == Count(chosen(query).qs.count()), query
            assert values(found) == {key: Count(claims) for key, claims in expected[query].items()}, query

    def test_the_stored_number_is_used_for_one_value(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sampled(monkeypatch, exact=0)
        assert counted("rating=false").total == Count(20)
        assert counted("rating=false").values["rating"] == {"false": Count(20), "true": Count(10)}

    def test_a_value_that_few_claims_have_is_counted_exactly(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sampled(monkeypatch, exact=0, few=1_000)
        query = "rating=false&kind=event"
        found, expected = counted(query), plain(query)
        assert found.total.is_estimated
        assert all(count == Count(expected[key]) for key, count in values(found).items())

    def test_a_search_is_always_counted_exactly(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sampled(monkeypatch, exact=0)
        for query in ("q=bridge", "q=bridge&rating=false", "article=monday&topic=water", "source=monday&year=2020"):
            assert values(counted(query)) == {key: Count(claims) for key, claims in plain(query).items()}


@pytest.mark.usefixtures("claims")
class TestSearchInFew:
    """Too many claims have the word to compare them all, but few fit a filter, and those are all compared."""

    QUERIES = (
        "q=bridge&language=es",
        "q=bridge&article=monday",
        "q=bridge&source=monday&kind=event",
        "q=new+bridge&language=es&rating=false",
        "q=%22the+bridge%22&language=es",
        "q=-tunnel&language=es",
        "q=bridge&year=2019&language=es&topic=water&topic=fire",
    )

    def test_the_list_and_its_counts_are_complete(self, monkeypatch: pytest.MonkeyPatch) -> None:
        expected = {query: (list(chosen(query).qs), plain(query)) for query in self.QUERIES}
        assert sum(len(claims) for claims, _counts in expected.values()) > 10
        monkeypatch.setattr(candidates, "MOST_CANDIDATES", 6)
        for query, (claims, counts) in expected.items():
            filters = chosen(query)
            found = counting.count(filters)
            assert filters.found
            assert not filters.found.is_capped
            assert list(filters.first(100, fitting=found.keys)) == list(filters.qs) == claims, query
            assert found.total == Count(len(claims))
            own = filters.searched_in
            assert own in ("language", "article", "source")
            assert {key: count for key, count in values(found).items() if key[0] != own} == {
                key: Count(claims) for key, claims in counts.items() if key[0] != own
            }, query

    def test_of_that_filter_only_the_chosen_values_are_listed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(candidates, "MOST_CANDIDATES", 9)
        assert counted("q=bridge&language=es").values["language"] == {"es": Count(3)}
        monkeypatch.setattr(candidates, "MOST_CANDIDATES", 10)
        found = counted("q=bridge&rating=true&kind=event").values
        assert set(found["rating"]) == {"true"}
        assert set(found["kind"]) == {"event", "statistic"}

    def test_a_value_that_no_claim_has_is_no_reason_to_say_that_there_are_too_many(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(candidates, "MOST_CANDIDATES", 4)
        for query in ("q=bridge&year=1990", "q=bridge&language=fr", "q=bridge&article=nothing"):
            filters = chosen(query)
            assert filters.found
            assert not filters.found.is_capped
            assert counting.count(filters).total == Count(0)

    def test_a_filter_that_many_claims_fit_leaves_the_newest(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(candidates, "MOST_CANDIDATES", 4)
        filters = chosen("q=bridge&rating=false")
        assert filters.found
        assert filters.found.is_capped
        assert not filters.searched_in


@pytest.mark.usefixtures("claims")
class TestEstimates:
    def test_an_estimate_is_the_share_of_the_sample(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sampled(monkeypatch, exact=0)
        with connection.cursor() as cursor:
            cursor.execute("SELECT published_id FROM claims_claimfacets WHERE hashint8(published_id) < 0")
            sample = {pk for (pk,) in cursor.fetchall()}
        assert 5 < len(sample) < 25
        for query in ("rating=false&kind=event", "since=2020-06"):
            fitting = len([pk for pk in chosen(query).qs.values_list("pk", flat=True) if pk in sample])
            assert counted(query).total == Count(round(30 * fitting / len(sample)), is_estimated=True)

    def test_it_is_never_more_than_all_that_have_the_value(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sampled(monkeypatch, exact=0)
        stored = {key: count.claims for key, count in values(counted("")).items()}
        for query in QUERIES:
            for key, count in values(counted(query)).items():
                assert count.claims <= stored[key], (query, key)

    def test_it_has_two_digits(self) -> None:
        numbers = [7, 42, 123_456, 9_951, 10_049]
        assert [counting._estimated(number).claims for number in numbers] == [7, 42, 120_000, 10_000, 10_000]

    def test_the_page_says_so_wherever_it_shows_one(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        sampled(monkeypatch, exact=0)
        monkeypatch.setattr("factcheck.core.web.pagination.MAX_PAGES", 0)
        page = client.get("/claims/?kind=event&since=2020").content.decode()
        assert "claims (an estimate)." in page
        assert ">about " in page
        assert "These numbers are estimates:" in page
        exact = client.get("/claims/").content.decode()
        assert "estimate" not in exact
        assert ">about " not in exact


@pytest.mark.usefixtures("claims")
def test_it_takes_as_many_queries_for_any_record(monkeypatch: pytest.MonkeyPatch) -> None:
    def queries(query: str, count: Callable[[str], Counted] = counted) -> int:
        with CaptureQueriesContext(connection) as found:
            count(query)
        return len(found)

    small = {query: queries(query) for query in ("", "rating=false", "rating=false&topic=water&year=2020")}
    assert small == {"": 2, "rating=false": 3, "rating=false&topic=water&year=2020": 2}
    sampled(monkeypatch, exact=0)
    for query, few in small.items():
        assert queries(query) <= few
    sampled(monkeypatch, exact=1_000)
    for query, few in small.items():
        assert queries(query) <= few + 1 + query.count("=")


def test_it_finds_what_no_claim_has() -> None:
    assert counted("") == Counted(Count(0), {})
    assert {name: len(found) for name, found in counted("rating=false&year=1990").values.items()} == {}
    assert (Claimant.objects.count(), Topic.objects.count()) == (0, 0)


@pytest.mark.usefixtures("claims")
def test_every_pair_of_filters_counts_as_the_list_does(monkeypatch: pytest.MonkeyPatch) -> None:
    sampled(monkeypatch, exact=1_000)
    for first, second in product(
        ["rating=true", "topic=fire", "since=2020"], ["kind=event", "language=es", "until=2020"]
    ):
        assert counted(f"{first}&{second}").total == Count(chosen(f"{first}&{second}").qs.count())
