"""A hundred searches as readers type them, judged by hand before the ranking was made: see docs/reference/search.md."""

import json
from pathlib import Path

import pytest
from django.core.management import call_command

from claims.choices import Order
from claims.desk import starter
from claims.models import PublishedClaim
from claims.search import query as search
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

QUERIES = json.loads((Path(__file__).parent / "readers_queries.json").read_text(encoding="utf-8"))
# Of a hundred, those that show a right claim among the first three, or rightly nothing.
PROMISED = 95


def is_answered(text: str, right: list[str]) -> bool:
    claims = PublishedClaim.objects.found(search.find(text).places).in_order(Order.RELEVANCE)
    first = list(claims.values_list("slug", flat=True)[:3])
    return bool(set(first) & set(right)) if right else not first


def test_readers_find_the_right_claim_among_the_first_three() -> None:
    call_command("loaddata", starter.FIXTURE, verbosity=0)
    submitter, approver = UserFactory(role="Chief editor"), UserFactory(role="Chief editor")
    assert list(starter.publish(starter.waiting(), submitter=submitter, approver=approver))
    missed = [query["query"] for query in QUERIES if not is_answered(query["query"], query["claims"])]
    assert len(QUERIES) - len(missed) >= PROMISED, missed


def test_the_expected_claims_are_those_of_the_starter() -> None:
    records = json.loads(starter.FIXTURE.read_text(encoding="utf-8"))
    slugs = {record["fields"]["slug"] for record in records if record["model"] == "claims.claim"}
    assert len(QUERIES) == len({query["query"] for query in QUERIES})
    assert {slug for query in QUERIES for slug in query["claims"]} <= slugs
