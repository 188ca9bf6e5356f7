"""Tests of related claims: they share something, and the reason says what."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims.models import Claim, Revision
from claims.search.related import MOST, beside
from tests.factories import ClaimantFactory, SourceFactory, TopicFactory, published, withdrawn

pytestmark = pytest.mark.django_db


def found(claim: Claim) -> list[tuple[str, tuple[str, ...]]]:
    content = Revision.objects.of(claim.slug)[0].content
    return [(other.claim.slug, other.reasons) for other in beside(content).related]


def test_claims_are_ranked_by_what_they_share_with_reasons() -> None:
    article, claimant = SourceFactory(), ClaimantFactory()
    water, money = TopicFactory(name="Water"), TopicFactory(name="Money")
    claim = published(slug="this", appearances=[article], claimant=claimant, topics=[water, money])
    published(slug="topic", topics=[water])
    published(slug="topics", topics=[money, water])
    published(slug="speaker", claimant=claimant, topics=[money])
    published(slug="article", appearances=[article], claimant=claimant)
    published(slug="nothing")
    assert [slug for slug, _ in found(claim)] == ["article", "speaker", "topics", "topic"]
    assert dict(found(claim))["article"] == ("same article", "same person or outlet")
    assert dict(found(claim))["speaker"] == ("same person or outlet", "same topic: Money")
    assert dict(found(claim))["topics"] == ("same topic: Water, Money",)


def test_the_newest_of_equals_come_first_and_few_are_shown() -> None:
    topic = TopicFactory()
    claim = published(topics=[topic])
    others = [published(topics=[topic]).slug for _ in range(MOST + 2)]
    assert [slug for slug, _ in found(claim)] == others[::-1][:MOST]


def test_nothing_shared_and_nothing_withdrawn_is_related() -> None:
    topic = TopicFactory()
    claim = published(topics=[topic], claimant=None)
    published(claimant=None)
    withdrawn(published(topics=[topic]))
    assert found(claim) == []


def test_it_always_takes_one_query() -> None:
    article, claimant, topic = SourceFactory(), ClaimantFactory(), TopicFactory()
    claim = published(appearances=[article], claimant=claimant, topics=[topic])
    content = Revision.objects.of(claim.slug)[0].content
    for others in (1, 5):
        for _ in range(others):
            published(appearances=[article], claimant=claimant, topics=[topic])
        with CaptureQueriesContext(connection) as queries:
            assert beside(content).related
        assert len(queries) == 1
