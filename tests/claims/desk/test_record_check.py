"""`manage.py check_record` finds everything that acts can't have caused, and nothing else."""

import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims.desk import names, record_check
from claims.models import (
    Approval,
    Claim,
    Claimant,
    ClaimEvent,
    ClaimFacets,
    Correction,
    Facet,
    IndexEntry,
    PublishedClaim,
    Rating,
    Revision,
    SearchRow,
    Stem,
    Word,
)
from claims.schema import CLAIM, Content, Object
from tests.claims import invariants
from tests.factories import (
    ClaimantFactory,
    ClaimFactory,
    approved,
    corrected,
    published,
    redacted,
    renamed,
    withdrawn,
)
from tests.guards import without_guards

pytestmark = pytest.mark.django_db


def checked(*arguments: str) -> tuple[str, str]:
    """The output of the command and its final error."""
    output, end = StringIO(), ""
    try:
        call_command("check_record", *arguments, stdout=output)
    except CommandError as error:
        end = str(error)
    return output.getvalue(), end


def tamper(table: str, statement: str, *parameters: Any) -> None:
    with without_guards(table), connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def sql(table: str, statement: str) -> Callable[[], None]:
    return lambda: tamper(table, statement.format(table=table))


def public_rows(**change: Any) -> Callable[[], None]:
    def run() -> None:
        with without_guards("claims_publishedclaim"):
            PublishedClaim.objects.update(**change)

    return run


def no_public_rows() -> None:
    SearchRow.objects.all().delete()
    with without_guards("claims_publishedclaim"):
        PublishedClaim.objects.all().delete()


def no_versions() -> None:
    no_public_rows()
    sql("claims_revision", "DELETE FROM {table}")()


def a_bit_of_everything() -> None:
    published()
    withdrawn(published())
    claim = redacted(corrected(published()))
    renamed(Claimant.objects.get(claims=claim), name="Another name")
    approved(ClaimFactory.create())


TAMPERED: dict[str, tuple[Callable[[], Any], str]] = {
    **{
        f"{name} of a public row": (
            public_rows(**{name: value}),
            f"its public row has another {name} than its newest version",
        )
        for name, value in {
            "statement": "Another statement.",
            "rating": "true",
            "topics": ["made-up"],
            "origins": 9,
            "is_corrected": True,
            "first_published_at": "2020-01-01T00:00:00Z",
        }.items()
    },
    "a public row that is gone": (
        no_public_rows,
        "its newest version and its public row don't match",
    ),
    "a name that the index lacks": (
        lambda: IndexEntry.objects.filter(kind="claimant").delete(),
        "the index doesn't have it",
    ),
    "a name that the index has too many": (
        lambda: IndexEntry.objects.create(kind="topic", slug="odd", name="Odd", sort_key="odd", body={}),
        "no published claim shows this name like this",
    ),
    "a name of the index": (
        lambda: IndexEntry.objects.update(name="Odd"),
        "no published claim shows this name like this",
    ),
    "a name at the desk": (lambda: Claimant.objects.update(name="Odd"), "readers see another claimant"),
    "text at the desk": (lambda: Claim.objects.update(summary="Odd"), "the desk's text differs"),
    "a state": (sql("claims_claim", "UPDATE {table} SET state = 'corrected'"), "don't lead from state to state"),
    "a version": (lambda: Claim.objects.update(version=9), "one event for each version"),
    "words of search": (lambda: SearchRow.objects.update(text="odd"), "its search row is out of date"),
    "missing words of search": (lambda: SearchRow.objects.all().delete(), "its search row is out of date"),
    "facets": (lambda: ClaimFacets.objects.update(facets=[]), "its search row is out of date"),
    "counts of stems": (lambda: Stem.objects.update(claims=9), "claims_stem"),
    "counts of words": (lambda: Word.objects.all().delete(), "claims_word"),
    "counts of facets": (lambda: Facet.objects.update(claims=9), "claims_facet"),
    "an event that is gone": (
        sql("claims_claimevent", "DELETE FROM {table} WHERE version = 2"),
        "one event for each version",
    ),
    "the first event": (
        sql("claims_claimevent", "DELETE FROM {table} WHERE version = 1"),
        "don't begin with being logged or loaded",
    ),
    "who approved": (
        sql("claims_claimevent", "UPDATE {table} SET actor_id = (SELECT min(actor_id) FROM {table})"),
        "was approved by a person who wrote in it",
    ),
    "an approval that is gone": (sql("claims_approval", "DELETE FROM {table}"), "its text isn't what was approved"),
    "an approval": (
        sql("claims_approval", "UPDATE {table} SET body = '{{}}', digest = repeat('0', 64)"),
        "its text isn't what was approved",
    ),
    "a byte of a body": (
        sql("claims_revision", "UPDATE {table} SET body = replace(body, 'bridges', 'Bridges')"),
        "its text isn't what was approved",
    ),
    "who wrote it": (
        sql("claims_claimevent", "UPDATE {table} SET actor_name = 'Odd' WHERE version <= 2"),
        "it names other people as those who wrote it",
    ),
    "the form of a body": (
        sql("claims_revision", "UPDATE {table} SET body = ' ' || body"),
        "isn't canonical JSON",
    ),
    "a signature": (sql("claims_revision", "UPDATE {table} SET signed_by = 'Odd'"), "columns and its body differ"),
    "the initials of a signature": (
        sql("claims_revision", "UPDATE {table} SET signed_by_id = 'odd'"),
        "columns and its",
    ),
    "a version that is gone": (no_versions, "one version for each public act"),
}


@pytest.mark.parametrize(("tamper", "fault"), TAMPERED.values(), ids=TAMPERED)
def test_tampering_is_found(tamper: Callable[[], Any], fault: str) -> None:
    published()
    assert checked() == ("The record of 1 claims is whole.\n", "")
    tamper()
    said, end = checked()
    assert fault in said
    assert "faults in 1 claims" in end


def test_a_correction_that_says_something_else_is_found() -> None:
    corrected(published())
    tamper("claims_correction", "UPDATE claims_correction SET rating_before = 'Odd'")
    assert "its correction and its body differ" in checked()[0]
    tamper("claims_correction", "DELETE FROM claims_correction")
    assert "its correction and its body differ" in checked()[0]


def test_a_name_that_one_person_changed_is_found() -> None:
    claim = published()
    renamed(Claimant.objects.get(claims=claim), name="Another name")
    newest = Revision.objects.latest("number")
    forged = newest.body.replace(
        f'"proposed_by_id":"{newest.content["revision"]["proposed_by_id"]}"',
        f'"proposed_by_id":"{newest.signed_by_id}"',
    )
    assert forged != newest.body
    tamper("claims_revision", "UPDATE claims_revision SET body = %s WHERE id = %s", forged, newest.pk)
    assert "one person changed a name" in checked()[0]


def test_a_renaming_that_changes_the_text_is_found() -> None:
    claim = published()
    renamed(Claimant.objects.get(claims=claim), name="Another name")
    tamper("claims_revision", "UPDATE claims_revision SET body = replace(body, 'bridges', 'Bridges') WHERE number = 2")
    assert "“rename” doesn't follow from the version before it" in checked()[0]


def test_the_record_is_whole_after_all_acts_and_the_check_changes_nothing() -> None:
    a_bit_of_everything()
    before = invariants.everything()
    assert checked() == ("The record of 4 claims is whole.\n", "")
    assert invariants.everything() == before


def test_json_says_the_same_for_programs() -> None:
    a_bit_of_everything()
    assert json.loads(checked("--json")[0]) == {"claims": 4, "faults": []}
    Claimant.objects.update(name="Odd")
    said, end = checked("--json")
    found = json.loads(said)
    assert {fault["model"] for fault in found["faults"]} == {"claims.claim"}
    assert str(len(found["faults"])) in end


def test_a_name_on_its_way_to_readers_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "AT_ONCE", 0)
    claimant = ClaimantFactory.create()
    for _ in range(3):
        published(claimant=claimant)
    change = renamed(claimant, name="Another name")
    assert change is not None
    names.write_some(change, most=1)
    assert checked() == ("The record of 3 claims is whole.\n", "")


def test_the_number_of_queries_does_not_grow_with_the_claims() -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as counted:
            assert list(record_check.faults()) == []
        return len(counted)

    a_bit_of_everything()
    few = queries()
    for _ in range(2):
        a_bit_of_everything()
    assert queries() == few


def in_schema(version: int, what: Object, content: Content) -> Content:
    """The content as that version of the schema would have it."""

    def cut(kind: Any, value: Any) -> Any:
        if isinstance(value, list):
            return [cut(kind, item) for item in value]
        return in_schema(version, kind, value) if isinstance(kind, Object) and value else value

    return {one.name: cut(one.kind, content[one.name]) for one in what.fields_in(version) if one.name in content}


def test_a_claim_from_before_approvals_were_stored_is_whole() -> None:
    """Bodies of the first schema have no stored approval, and need none."""
    Rating.objects.update(translations=[])  # as an upgrade leaves them
    claim = published()
    body = in_schema(1, CLAIM, json.loads(Revision.objects.get().body))
    old = json.dumps(body | {"schema": 1}, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    tamper("claims_revision", "UPDATE claims_revision SET body = %s, signed_by_id = ''", old)
    tamper("claims_approval", "DELETE FROM claims_approval")
    assert not Approval.objects.exists()
    assert checked() == ("The record of 1 claims is whole.\n", "")
    assert ClaimEvent.objects.filter(claim=claim).count() == claim.version
    assert not Correction.objects.exists()
