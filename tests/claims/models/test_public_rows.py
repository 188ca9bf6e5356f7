"""What readers find follows from the newest version, whoever writes: the database refuses everything else."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from claims.choices import State
from claims.models import Claim, Correction, PublishedClaim, Revision, SearchRow
from tests.factories import (
    ClaimFactory,
    TopicFactory,
    approved,
    corrected,
    published,
    redacted,
    renamed,
    withdrawn,
)

pytestmark = pytest.mark.django_db


def at_the_end() -> None:
    """What the end of the transaction would check."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


CHANGES: dict[str, Any] = {
    **dict.fromkeys(["statement", "headline", "summary", "notice", "rating_label", "claimant_name"], "Forged."),
    **dict.fromkeys(["slug", "rating", "claimant"], "forged"),
    **dict.fromkeys(["supports", "refutes"], 7),
    "kind": "quote",
    "language": "fr",
    "rating_value": 5,
    "attributed": ["forged"],
    "topics": ["forged"],
    "articles": ["forged"],
    "outlets": ["forged"],
    "sources": ["forged"],
    "parts": ["forged"],
    "claimed_from": "2001-01-01",
    "claimed_until": "2001-01-01",
    "first_published_at": timezone.now() + timedelta(days=1),
    "revised_at": timezone.now() + timedelta(days=1),
    "is_corrected": True,
}
# The search's own number for the row, the row's key and its claim, and what `check_record` compares.
LEFT_OUT = {"id", "claim", "revision", "origins"}


def test_every_column_is_tried() -> None:
    assert {field.name for field in PublishedClaim._meta.concrete_fields} == CHANGES.keys() | LEFT_OUT


@pytest.mark.parametrize("column", CHANGES)
def test_a_row_says_what_the_newest_version_says(column: str) -> None:
    published(topics=[TopicFactory.create()], claimed_on="2024-05")
    PublishedClaim.objects.update(**{column: CHANGES[column]})
    with pytest.raises(IntegrityError, match=rf"by another .*\b{column}\b.* than its newest version has"):
        at_the_end()


def _older_version() -> None:
    claim = corrected(published())
    PublishedClaim.objects.update(revision=Revision.objects.get(claim=claim, number=1))


def _no_row() -> None:
    published()
    SearchRow.objects.all().delete()
    PublishedClaim.objects.all().delete()


def _row_of_a_withdrawn_claim() -> None:
    row = PublishedClaim.objects.get(claim=published())
    withdrawn(Claim.objects.get(pk=row.claim_id))
    row.save(force_insert=True)


def _state(state: State, claim: Callable[[], Claim]) -> Callable[[], None]:
    def forge() -> None:
        Claim.objects.filter(pk=claim().pk).update(state=state)

    return forge


@pytest.mark.parametrize(
    "forge",
    [
        _older_version,
        _no_row,
        _row_of_a_withdrawn_claim,
        _state(State.PUBLISHED, lambda: approved(ClaimFactory.create())),
        _state(State.CORRECTED, lambda: withdrawn(published())),
        _state(State.WITHDRAWN, published),
    ],
)
def test_readers_find_a_claim_exactly_if_its_newest_version_is_public(forge: Callable[[], None]) -> None:
    forge()
    with pytest.raises(IntegrityError, match="claim "):
        at_the_end()


def test_a_version_is_never_dated_before_the_one_it_follows() -> None:
    newest = Revision.objects.get(claim=published())
    newest.pk, newest.number, newest.at = None, 2, newest.at - timedelta(microseconds=1)
    with pytest.raises(IntegrityError, match="revision 2 is dated before revision 1"):
        newest.save(force_insert=True)


def test_every_act_leaves_what_the_rules_allow() -> None:
    claim = published(claimed_on="2024", topics=[TopicFactory.create()])
    renamed(claim.topics.get(), name="Another topic")
    redacted(corrected(Claim.objects.get(pk=claim.pk)))
    withdrawn(published(claimed_on="2024-02"))
    approved(ClaimFactory.create())
    published(claimed_on="2024-02-29")
    assert Correction.objects.exists()
    at_the_end()
