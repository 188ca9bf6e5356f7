"""`manage.py refresh_record` makes again whatever follows from the versions, and changes nothing else."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from claims.desk import locks, names, record_check, record_refresh, workflow
from claims.models import Claim, ClaimFacets, Facet, IndexEntry, PublishedClaim, SearchRow, Stem, Word
from tests.claims import invariants
from tests.factories import (
    ClaimantFactory,
    ClaimFactory,
    TopicFactory,
    UserFactory,
    approved,
    corrected,
    published,
    renamed,
    withdrawn,
)
from tests.guards import without_guards
from tests.once import once
from tests.side_by_side import Colleague

pytestmark = pytest.mark.django_db


def some_claims() -> None:
    """Three claims that readers see, one of them corrected, and one withdrawn."""
    claimant = ClaimantFactory.create(slug="mayor", name="The mayor")
    for slug in ("bridges", "rents", "gone"):
        published(slug=slug, claimant=claimant, topics=[TopicFactory.create(slug=f"about-{slug}")])
    corrected(published(slug="schools", claimant=claimant), summary="It is right.")
    withdrawn(PublishedClaim.objects.get(slug="gone").claim)


_record = once(some_claims)


def refreshed(*arguments: str) -> list[str]:
    output = StringIO()
    call_command("refresh_record", *arguments, stdout=output)
    return output.getvalue().splitlines()


def without_counts(lines: list[str]) -> set[str]:
    """The differences, without the counts: rows that are made again count themselves."""
    return {line for line in lines[:-1] if not line.endswith(" counts")}


def faults() -> list[str]:
    return [str(fault) for fault in record_check.faults()]


def public(**change: Any) -> Callable[[], None]:
    def run() -> None:
        with without_guards("claims_publishedclaim"):
            PublishedClaim.objects.filter(slug="bridges").update(**change)

    return run


def no_public_rows() -> None:
    """Rows of search stay behind, as they would if somebody deleted by SQL without the keys being checked."""
    with without_guards("claims_publishedclaim"), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("DELETE FROM claims_publishedclaim WHERE slug = 'bridges'")
        cursor.execute("SET LOCAL session_replication_role = origin")


def a_withdrawn_claim_in_public() -> None:
    with without_guards("claims_publishedclaim"):
        row = PublishedClaim.objects.get(slug="bridges")
        gone = Claim.objects.get(slug="gone")
        row.pk, row.claim, row.slug = None, gone, "gone"
        row.revision = gone.revisions.get(number=2)
        row.save(force_insert=True)


def no_search() -> None:
    for model in (SearchRow, ClaimFacets, Stem, Word, Facet):
        model._default_manager.all().delete()


def wrong_counts() -> None:
    for model in (Stem, Word, Facet):
        model._default_manager.update(claims=77)
    Word.objects.create(word="nothing", claims=3)


DAMAGES: dict[str, Callable[[], object]] = {
    "another statement": public(statement="Nobody said this."),
    "another time": public(revised_at="2001-01-01T00:00:00Z"),
    "a wrong number of sources": public(origins=9),
    "no public row": no_public_rows,
    "a withdrawn claim in public": a_withdrawn_claim_in_public,
    "no index": lambda: IndexEntry.objects.all().delete(),
    "a name that differs": lambda: IndexEntry.objects.filter(slug="mayor").update(name="Another"),
    "names that nobody shows": lambda: [
        IndexEntry.objects.create(kind=kind, slug="nobody", name="N", sort_key="n", body={})
        for kind in ("rating", "claimant", "topic", "article", "outlet", "source")
    ],
    "no search": no_search,
    "no facets": lambda: Facet.objects.all().delete(),
    "other words": lambda: SearchRow.objects.filter(published__slug="bridges").update(words=[1], weights=[1]),
    "wrong counts": wrong_counts,
}


@pytest.mark.usefixtures("_record")
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damage_is_made_good_and_said(damage: Callable[[], object]) -> None:
    before = invariants.everything()
    damage()
    assert faults()
    would = refreshed("--dry-run")
    assert faults(), "a dry run changes nothing"
    made = refreshed()
    assert len(made) > 1
    # What follows from a row that is missing is right again once the row is.
    assert without_counts(made) <= without_counts(would)
    assert faults() == []
    assert refreshed() == ["Nothing differs."]
    after = invariants.everything()
    assert {table for table in before if before[table] != after[table]} <= {
        "claims_publishedclaim",
        "claims_indexentry",
    }


@pytest.mark.usefixtures("_record")
def test_a_whole_record_is_left_as_it_is_without_a_lock() -> None:
    with CaptureQueriesContext(connection) as queries:
        assert refreshed() == ["Nothing differs."]
    assert not [query["sql"] for query in queries if "pg_advisory" in query["sql"] or "FOR UPDATE" in query["sql"]]


@pytest.mark.usefixtures("_record")
def test_more_claims_cost_no_more_queries() -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            list(record_refresh.refresh())
        return len(found)

    few = queries()
    for _ in range(5):
        published()
    assert queries() == few


def test_a_name_on_its_way_to_readers_keeps_both_forms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "AT_ONCE", 0)
    claimant = ClaimantFactory.create()
    for _ in range(2):
        published(claimant=claimant)
    change = renamed(claimant, name="The new name")
    assert change is not None
    names.write_some(change, most=1)
    assert refreshed() == ["Nothing differs."]


@pytest.mark.usefixtures("committed")
@pytest.mark.django_db(transaction=True)
def test_what_is_published_between_counting_and_correcting_stays_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    published(statement="The council built bridges.")
    wrong_counts()
    claim, editor = (
        approved(ClaimFactory.create(statement="The council built houses.")),
        UserFactory.create(role="Editor"),
    )
    hold, done = locks.hold, list[bool]()

    def publishing_first(name: int) -> None:
        if not done:
            done.append(True)
            publish = lambda: workflow.publish(claim, by=editor, version=claim.version)  # noqa: E731
            Colleague().does(publish).result()
        hold(name)

    monkeypatch.setattr(locks, "hold", publishing_first)
    list(record_refresh.refresh())
    monkeypatch.undo()
    assert done
    assert faults() == []
    with transaction.atomic():
        assert invariants.broken() == []
