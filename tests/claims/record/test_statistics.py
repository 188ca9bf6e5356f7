"""Tests of the statistics: they count published claims, and claim no more than is known."""

import datetime
from dataclasses import replace
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims.choices import CorrectionKind
from claims.desk import workflow
from claims.models import Claim, PublishedClaim, Rating
from claims.record import figure_counts, statistics
from tests.factories import (
    ClaimantFactory,
    ClaimFactory,
    PublisherFactory,
    SourceFactory,
    TopicFactory,
    UserFactory,
    approved,
    corrected,
    published,
    renamed,
    withdrawn,
)
from tests.guards import without_guards

pytestmark = pytest.mark.django_db


def rated(slug: str, **kwargs: Any) -> Claim:
    """A published claim with this rating."""
    return published(rating=Rating.objects.get(slug=slug), **kwargs)


def first_published(claim: Claim, day: str) -> None:
    """Set the day of the claim's first publication in the record."""
    at = datetime.datetime.fromisoformat(f"{day}T12:00:00Z")
    with without_guards("claims_publishedclaim"):
        PublishedClaim.objects.filter(claim=claim).update(first_published_at=at)


def everything() -> statistics.Figures:
    return statistics.figures(PublishedClaim.objects.all())


def table(found: statistics.Table) -> dict[str, dict[str, int]]:
    """The counts above zero, by row and column."""
    columns = [column if isinstance(column, str) else column["slug"] for column in found.columns]
    return {
        row.slug: {column: count for column, count in zip(columns, row.counts, strict=True) if count}
        for row in found.rows
    }


def test_an_empty_record_has_empty_figures() -> None:
    found = everything()
    assert found.ratings.counts == []
    assert found.ratings.groups == []
    assert [found.over_time.rows, found.by_topic.rows, found.by_outlet.rows] == [[], [], []]
    assert found.turn_round.median is None
    assert found.corrections.share is None
    assert statistics.all_figures() == replace(found, withdrawn=statistics.Withdrawn(0, 0))


def test_ratings_are_listed_from_best_to_worst_with_those_off_the_scale_last() -> None:
    for slug in ("unverified", "false", "true", "false", "half-true"):
        rated(slug)
    found = statistics.distribution(PublishedClaim.objects.all())
    assert [(count.card["slug"], count.count) for count in found.counts] == [
        ("true", 1),
        ("half-true", 1),
        ("false", 2),
        ("unverified", 1),
    ]
    assert found.total == 5


def test_only_published_claims_are_counted() -> None:
    rated("true")
    ClaimFactory()
    withdrawn(rated("false"))
    found = everything()
    assert [count.card["slug"] for count in found.ratings.counts] == ["true"]
    assert statistics.all_figures().withdrawn == statistics.Withdrawn(1, 2)


def test_fewer_than_ten_claims_have_no_shares() -> None:
    claimant = ClaimantFactory(slug="somebody")
    for _ in range(9):
        rated("false", claimant=claimant)
    theirs = PublishedClaim.objects.by_claimant("somebody")
    few = statistics.distribution(theirs)
    assert [(count.count, count.share) for count in few.counts] == [(9, None)]
    rated("true", claimant=claimant)
    enough = statistics.distribution(theirs)
    assert [(count.count, count.share) for count in enough.counts] == [(1, 10), (9, 90)]


def test_a_list_counts_its_newest_claims_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    first_published(rated("true"), "2020-01-01")
    first_published(rated("false"), "2021-01-01")
    first_published(rated("false"), "2022-01-01")
    assert not statistics.distribution(PublishedClaim.objects.all()).is_cut
    monkeypatch.setattr(statistics, "MOST_COUNTED", 2)
    bounded = statistics.distribution(PublishedClaim.objects.all())
    assert bounded.is_cut
    assert [(count.card["slug"], count.count) for count in bounded.counts] == [("false", 2)]


def test_a_claim_on_two_topics_counts_in_both_and_the_largest_topic_is_first() -> None:
    water, roads = TopicFactory(slug="water", name="Water"), TopicFactory(slug="roads", name="Roads")
    rated("true", topics=[water])
    rated("false", topics=[water, roads])
    found = everything().by_topic
    assert table(found) == {"water": {"true": 1, "false": 1}, "roads": {"false": 1}}
    assert [row.name for row in found.rows] == ["Water", "Roads"]
    assert not found.is_cut


def test_only_the_topics_with_most_claims_are_in_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "NAMES_SHOWN", 1)
    water, roads = TopicFactory(slug="water"), TopicFactory(slug="roads")
    rated("true", topics=[water, roads])
    rated("false", topics=[water])
    found = everything().by_topic
    assert table(found) == {"water": {"true": 1, "false": 1}}
    assert found.is_cut


def test_an_outlet_counts_the_claims_that_appeared_in_it() -> None:
    paper = PublisherFactory(slug="paper", name="The paper")
    articles = [SourceFactory(publisher=paper), SourceFactory(publisher=paper), SourceFactory()]
    rated("true", appearances=articles[:2])
    rated("false", appearances=articles[1:])
    found = everything().by_outlet
    assert table(found)["paper"] == {"true": 1, "false": 1}
    assert found.rows[0].name == "The paper"
    assert len(found.rows) == 2


@pytest.mark.parametrize(
    ("days", "rows"),
    [
        (["2026-11-30", "2026-09-01"], ["2026-11", "2026-10", "2026-09"]),
        (["2026-11-30", "2024-02-01"], ["2026-Q4", "2026-Q3", "2026-Q2", "2026-Q1", "2025-Q4"]),
        (["2026-11-30", "2016-02-01"], ["2026", "2025", "2024", "2023", "2022"]),
        (["2026-11-30", "1816-02-01"], ["2026", "2025", "2024", "2023", "2022"]),
    ],
)
def test_time_runs_without_gaps_in_the_finest_periods_that_fit(days: list[str], rows: list[str]) -> None:
    for day in days:
        first_published(rated("true"), day)
    found = everything().over_time
    assert [row.slug for row in found.rows][:5] == rows
    assert len(found.rows) <= statistics.PERIODS_SHOWN
    assert found.rows[0].total == 1
    assert found.is_cut == (days[1] < "2000")
    assert sum(row.total for row in found.rows) == (1 if found.is_cut else 2)


def test_the_months_of_a_quarter_are_added() -> None:
    for day in ("2026-11-30", "2026-10-01", "2024-02-01"):
        first_published(rated("true"), day)
    newest = everything().over_time.rows[0]
    assert (newest.slug, newest.total) == ("2026-Q4", 2)


def test_time_from_claim_to_check_is_measured_where_the_day_is_known() -> None:
    for day in ("2026-01-01", "2025-12-25", "2025-12-24", "2020-01-01", "2026-01-02", "2025-12", ""):
        first_published(published(claimed_on=day), "2026-01-01")
    found = everything().turn_round
    assert (found.dated, found.total) == (4, 7)
    assert {step.days: step.count for step in found.steps if step.count} == {1: 1, 7: 1, 30: 1, None: 1}
    assert found.median is None


def test_the_median_time_needs_ten_claims() -> None:
    for day in range(10, 20):
        first_published(published(claimed_on=f"2026-01-{day}"), "2026-01-20")
    assert everything().turn_round.median == 5
    first_published(published(claimed_on="2026-01-20"), "2026-01-20")
    assert everything().turn_round.median == 5
    first_published(published(claimed_on="2026-01-20"), "2026-01-20")
    assert everything().turn_round.median == 4


@pytest.mark.parametrize("left_out", [{"claimed_on": "2026"}, {"claimed_on": "2026-01-10", "notice": "A draft."}])
def test_no_median_is_given_when_more_than_a_third_of_the_claims_cannot_count(left_out: dict[str, Any]) -> None:
    for _ in range(10):
        first_published(published(claimed_on="2026-01-10"), "2026-01-20")
    for _ in range(5):
        first_published(published(**left_out), "2026-01-20")
    assert everything().turn_round.median == 10
    first_published(published(**left_out), "2026-01-20")
    found = everything().turn_round
    assert (found.median, found.dated, found.total) == (None, 10, 16)


def test_corrections_are_counted_by_kind_and_claims_once() -> None:
    corrected(corrected(published(), summary="Other."), rating=Rating.objects.get(slug="true"))
    published()
    withdrawn(corrected(published(), summary="Other."))
    found = everything().corrections
    assert (found.corrected, found.total, found.share) == (1, 2, None)
    month = f"{datetime.datetime.now(tz=datetime.UTC):%Y-%m}"
    assert table(found.periods) == {month: {CorrectionKind.SUBSTANTIAL: 2}}


def test_figures_of_a_selection_leave_out_every_other_claim() -> None:
    water = TopicFactory(slug="water")
    rated("true", topics=[water])
    corrected(rated("false"), summary="Other.")
    found = statistics.figures(PublishedClaim.objects.on_topic("water"))
    assert found.ratings.total == found.turn_round.total == found.corrections.total == 1
    assert (found.corrections.corrected, found.corrections.periods.rows) == (0, [])


def test_the_number_of_queries_is_fixed() -> None:
    def queries() -> list[int]:
        counts = []
        for figures in (everything, statistics.all_figures):
            with CaptureQueriesContext(connection) as asked:
                figures()
            counts.append(len(asked))
        return counts

    corrected(published(topics=[TopicFactory()]), summary="Other.")
    few = queries()
    for slug in ("true", "false", "unverified"):
        corrected(rated(slug, topics=[TopicFactory(), TopicFactory()]), summary="Other.")
    assert queries() == few
    assert max(few) <= 6


def test_figures_of_a_selection_read_its_claims_once() -> None:
    corrected(rated("true", topics=[TopicFactory()]), summary="Other.")
    with CaptureQueriesContext(connection) as asked:
        everything()
    assert len([query["sql"] for query in asked if "claims_publishedclaim" in query["sql"]]) == 1
    assert len(asked) == 4


def test_the_figures_of_all_claims_read_no_claim() -> None:
    rated("true", topics=[TopicFactory()])
    with CaptureQueriesContext(connection) as asked:
        statistics.all_figures()
    assert not [query["sql"] for query in asked if "claims_publishedclaim" in query["sql"]]


def test_the_kept_figures_of_all_claims_are_those_that_the_claims_add_up_to() -> None:
    def check(withdrawn_claims: int, ever: int) -> None:
        kept, counted = statistics.all_figures(), everything()
        assert kept == replace(counted, withdrawn=statistics.Withdrawn(withdrawn_claims, ever))
        assert figure_counts.differing() == []

    water, roads = TopicFactory(slug="water"), TopicFactory(slug="roads")
    first = rated("false", topics=[water], claimed_on="2024-02-28")
    claimant = ClaimantFactory.create()
    second = rated("true", topics=[water, roads], claimed_on="2024", claimant=claimant)
    check(0, 2)
    first.refresh_from_db()
    first = corrected(first, rating=Rating.objects.get(slug="true"))
    renamed(claimant, name="Another name")
    check(0, 2)
    second.refresh_from_db()
    second = withdrawn(second)
    check(1, 2)
    second = workflow.edit(second, by=UserFactory(role="Editor"), version=second.version)
    second = approved(second)
    chief = UserFactory(role="Chief editor")
    workflow.publish(second, by=chief, version=second.version, reason="A document confirms it.")
    check(0, 2)


def test_figures_of_a_large_selection_are_those_of_its_newest_claims(monkeypatch: pytest.MonkeyPatch) -> None:
    water = TopicFactory(slug="water")
    for rating, day in (("true", "2020-01-01"), ("false", "2021-01-01"), ("false", "2022-01-01")):
        first_published(rated(rating, topics=[water]), day)
    selected = PublishedClaim.objects.on_topic("water")
    assert not statistics.figures(selected).is_cut
    monkeypatch.setattr(statistics, "MOST_COUNTED", 2)
    found = statistics.figures(selected)
    assert found.is_cut
    assert table(found.by_topic) == {"water": {"false": 2}}
    assert (found.ratings.total, found.turn_round.total, found.corrections.total) == (2, 2, 2)


@pytest.mark.parametrize("day", ["2026-10-31T23:30:00Z", "2026-10-31T12:00:00Z"])
def test_a_month_is_that_of_utc_whatever_the_time_zone_of_the_site(day: str, settings: LazySettings) -> None:
    settings.TIME_ZONE = "Pacific/Auckland"
    claim = published(claimed_on="2026-10-30")
    with without_guards("claims_publishedclaim"):
        PublishedClaim.objects.filter(claim=claim).update(first_published_at=datetime.datetime.fromisoformat(day))
    figure_counts.correct(figure_counts.differing())
    for found in (everything(), statistics.all_figures()):
        assert [row.slug for row in found.over_time.rows] == ["2026-10"]
        assert {step.days: step.count for step in found.turn_round.steps if step.count} == {1: 1}
