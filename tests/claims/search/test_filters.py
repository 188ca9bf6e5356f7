"""Tests of the filters of lists, which the pages, the API, the feeds and the files share."""

import pytest
from django.http import QueryDict

from claims.choices import ClaimKind
from claims.models import PublishedClaim, Rating
from claims.search.filters import ClaimFilterSet
from tests.factories import ClaimantFactory, PublisherFactory, SourceFactory, TopicFactory, published
from tests.once import once

pytestmark = pytest.mark.django_db


def filters(query: str) -> ClaimFilterSet:
    return ClaimFilterSet(QueryDict(query), queryset=PublishedClaim.objects.all())


def found(query: str) -> set[str]:
    chosen = filters(query)
    assert not chosen.errors
    return set(chosen.qs.values_list("slug", flat=True))


def three_claims() -> None:
    paper = PublisherFactory(slug="paper")
    published(
        slug="a",
        rating=Rating.objects.get(slug="true"),
        claimant=ClaimantFactory(slug="ana"),
        topics=[TopicFactory(slug="water"), TopicFactory(slug="bridges")],
        appearances=[SourceFactory(slug="monday", publisher=paper)],
        kind=ClaimKind.LAW_OR_POLICY,
        language="es",
        claimed_on="2025-06-21",
    )
    published(
        slug="b",
        rating=Rating.objects.get(slug="false"),
        topics=[TopicFactory(slug="fire")],
        appearances=[SourceFactory(slug="tuesday", publisher=paper)],
        claimed_on="2025",
    )
    published(slug="c", rating=Rating.objects.get(slug="unverified"))


claims = once(three_claims)


@pytest.mark.usefixtures("claims")
@pytest.mark.parametrize(
    ("query", "slugs"),
    [
        ("", "abc"),
        ("rating=true", "a"),
        ("rating=true&rating=false", "ab"),
        ("rating=", "abc"),
        ("topic=water", "a"),
        ("topic=water&topic=fire", "ab"),
        ("topic=water&rating=false", ""),
        ("claimant=ana", "a"),
        ("article=monday", "a"),
        ("outlet=paper", "ab"),
        ("kind=legal-policy", "a"),
        ("language=es", "a"),
        ("since=2025-06-22", "b"),
        ("since=2025-06", "ab"),
        ("until=2025-05", "b"),
        ("until=2024", ""),
        ("since=2025-06-21&until=2025-06-21", "ab"),
        ("rating=nothing", ""),
        ("unknown=1&slug=a&rating__in=true", "abc"),
    ],
)
def test_each_narrows_the_list(query: str, slugs: str) -> None:
    assert found(query) == set(slugs)


@pytest.mark.parametrize(
    "query",
    [
        *(
            "since=x",
            "until=2025-02-30",
            "since=2025-06-21T00:00",
            "kind=x",
            "language=EN!",
            "rating=a b",
            "topic=%00",
        ),
        *("claimant=" + "x" * 101, "article=../x", "&".join(f"rating=r{n}" for n in range(21))),
    ],
)
def test_an_invalid_value_is_refused(query: str) -> None:
    chosen = filters(query)
    assert set(chosen.errors) == {query.split("=", maxsplit=1)[0]}


def test_the_query_string_has_only_known_filters() -> None:
    assert (
        filters("utm=1&topic=a&rating=&topic=b&claimant=x&claimant=ana&page=2").query == "topic=a&topic=b&claimant=ana"
    )


def test_a_plain_dictionary_is_accepted() -> None:
    chosen = ClaimFilterSet({"kind": "event", "since": "2025"}, queryset=PublishedClaim.objects.all())
    assert not chosen.errors
    assert chosen.query == "kind=event&since=2025"


def test_choices_are_read_only_when_the_form_is_drawn(django_assert_num_queries: object) -> None:
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert found("rating=true&topic=x&claimant=y&article=z&outlet=o&kind=event&since=2025") == set()
