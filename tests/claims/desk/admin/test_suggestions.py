"""What an import suggests for a claim that somebody edited is accepted or dismissed, value by value."""

from typing import Any

import pytest
from django.test import Client

from claims.choices import State
from claims.desk import workflow
from claims.desk.imports import suggestions
from claims.models import Claim, Evidence
from tests.claims.desk.imports.test_imported_claims import ROW, imported
from tests.desk import signed_in
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def claim() -> Claim:
    """A claim that an editor changed, with a suggestion of the next import: two values of its own, and evidence."""
    editor = UserFactory(role="Editor")
    imported(ROW, by=editor)
    claim = Claim.objects.get()
    claim.summary = "Ours."
    workflow.edit(claim, by=editor, version=1)
    changed = {**ROW, "summary": "Theirs.", "claimant_name": "Bo Example", "evidence_1_finding": "Theirs too."}
    imported(changed, by=editor)
    return Claim.objects.get()


@pytest.fixture
def editor() -> Client:
    return signed_in("Editor")


def address(claim: Claim) -> str:
    return f"/admin/claims/claim/{claim.pk}/suggestion/"


def decide(client: Client, claim: Claim, **sent: Any) -> Any:
    return client.post(address(claim), {"version": claim.version, **sent}, follow=True)


def left(claim: Claim) -> set[str]:
    row = suggestions.newest(claim)
    return set(row.values or {}) if row else set()


def test_the_form_of_the_claim_says_that_an_import_suggests_something(editor: Client, claim: Claim) -> None:
    form = editor.get(f"/admin/claims/claim/{claim.pk}/change/").content.decode()
    assert "The import of archive" in form
    page = editor.get(address(claim)).content.decode()
    assert all(text in page for text in ("Ours.", "Theirs.", "Bo Example", "Theirs too."))


def test_accepting_a_value_is_an_edit_of_that_field_alone(editor: Client, claim: Claim) -> None:
    decide(editor, claim, accept="summary")

    after = Claim.objects.get()
    assert (after.summary, str(after.claimant), after.version) == ("Theirs.", "Ana Example", claim.version + 1)
    assert str(after.events.order_by("-version")[0].actor_id) == editor.session["_auth_user_id"]
    assert left(claim) == {"claimant_name", "evidence_1_finding"}


def test_a_dismissed_value_isnt_suggested_again_by_the_same_file(editor: Client, claim: Claim) -> None:
    for name in ("summary", "claimant_name", "evidence_1"):
        decide(editor, claim, dismiss=name)
    assert "Every value is decided." in editor.get(address(claim)).content.decode()

    changed = {**ROW, "summary": "Theirs.", "claimant_name": "Bo Example", "evidence_1_finding": "Theirs too."}
    run = imported(changed, {**ROW, "reference": "2"}, by=UserFactory(role="Editor"))
    assert (run.counts["unchanged"], run.counts["suggested"]) == (1, 0)
    assert Claim.objects.get(pk=claim.pk).summary == "Ours."


def test_evidence_is_accepted_as_a_whole_and_keeps_what_somebody_added_to_it(editor: Client, claim: Claim) -> None:
    piece = claim.evidence.get(order=0)
    Evidence.objects.filter(pk=piece.pk).update(locator="p. 3")
    new = {"evidence_3_address": "https://office.example/new", "evidence_3_stance": "supports"}
    removed = dict.fromkeys((name for name in ROW if name.startswith("evidence_2")), "")
    changed = {**ROW, **removed, **new, "evidence_1_finding": "Theirs too.", "evidence_3_finding": "It is long."}
    imported(changed, by=UserFactory(role="Editor"))
    page = editor.get(address(claim)).content.decode()
    assert all(
        text in page for text in ("Theirs too.", "The file doesn’t have it any more.", "https://office.example/new")
    )

    for start in ("evidence_1", "evidence_2", "evidence_3"):
        decide(editor, Claim.objects.get(), accept=start)
    found = [(one.finding, one.locator, one.source.address) for one in claim.evidence.order_by("order")]
    assert found == [
        ("Theirs too.", "p. 3", "https://office.example/register"),
        ("It is long.", "", "https://office.example/new"),
    ]
    assert left(claim) == set()
    assert Claim.objects.get().version == claim.version + 3


def test_evidence_that_isnt_there_any_more_or_was_added_is_changed_in_the_form(editor: Client, claim: Claim) -> None:
    claim.evidence.get(order=0).delete()
    answer = decide(editor, claim, accept="evidence_1")
    assert answer.status_code == 409
    assert "we can’t say which one it is. Change it in the form, then dismiss it." in answer.content.decode()
    assert left(claim) == {"summary", "claimant_name", "evidence_1_finding"}
    decide(editor, claim, dismiss="evidence_1")
    assert left(claim) == {"summary", "claimant_name"}


def test_a_claim_that_somebody_changed_meanwhile_is_refused(editor: Client, claim: Claim) -> None:
    answer = decide(editor, claim, accept="summary", version=claim.version - 1)

    assert answer.status_code == 409
    assert Claim.objects.get().summary == "Ours."
    assert "summary" in left(claim)


def test_what_was_decided_or_never_suggested_is_refused(editor: Client, claim: Claim) -> None:
    for sent in ({"accept": "state"}, {"accept": "headline"}, {"dismiss": ""}, {}):
        assert decide(editor, claim, **sent).status_code == 409
    assert Claim.objects.get().state == State.LOGGED


def test_a_reporter_decides_nothing_about_the_claims_of_others(claim: Claim) -> None:
    reporter = signed_in("Reporter")
    for act in ("accept", "dismiss"):
        assert decide(reporter, claim, **{act: "summary"}).status_code == 403
    assert "summary" in left(claim)


def test_accepting_for_a_claim_in_review_is_refused(editor: Client, claim: Claim) -> None:
    Claim.objects.update(state=State.IN_REVIEW)
    assert decide(editor, claim, accept="summary").status_code == 409
    assert Claim.objects.get().summary == "Ours."
