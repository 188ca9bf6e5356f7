"""Every act has a page. People who can do the act now get its form, all others a refusal."""

import re
from html import unescape

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from claims.choices import State
from claims.desk import workflow
from claims.desk.admin.acts import ACTS
from claims.models import Claim, Correction, PublishedClaim, Rating
from factcheck.accounts.models import User
from sources.models import Source
from tests import factories
from tests.claims.desk.admin.browser import Fields, fields_of
from tests.claims.desk.situations import SITUATIONS, edited
from tests.factories import ClaimFactory, UserFactory

pytestmark = pytest.mark.django_db

ROLES = ["Reporter", "Editor", "Chief editor", "Assessor"]
ARGUMENTS: dict[str, Fields] = {
    "plan": {"priority": ["1"]},
    "send-back": {"reason": ["Correct the sum."]},
    "decline": {"reason": ["Not ours."]},
    "republish": {"reason": ["It was right."]},
    "correct": {"reason": ["A figure."], "kind": ["minor"]},
    "publish-fix": {"reason": ["A word."], "kind": ["minor"]},
    "rerate": {"reason": ["A document."], "kind": ["substantial"]},
    "withdraw": {"reason": ["Forged."]},
    "redact": {"reason": ["It named a private person."]},
}


def at_desk(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page_of(claim: Claim, act: str) -> str:
    return reverse("admin:claims_claim_act", args=[claim.pk, act])


def do(client: Client, claim: Claim, act: str, **fields: list[str]) -> int:
    sent = {"version": [str(claim.version)], **ARGUMENTS.get(act, {}), **fields}
    return client.post(page_of(claim, act), sent).status_code


def buttons(client: Client, claim: Claim) -> set[str]:
    page = client.get(reverse("admin:claims_claim_change", args=[claim.pk])).content.decode()
    return {name for name in ACTS if f'href="{page_of(claim, name)}"' in page}


def editor() -> User:
    return UserFactory(role="Editor")


@pytest.mark.parametrize("act", ACTS)
def test_anonymous_visitors_are_sent_to_the_sign_in(act: str) -> None:
    claim = ClaimFactory()
    for response in (Client().get(page_of(claim, act)), Client().post(page_of(claim, act), {"version": "1"})):
        assert response.status_code == 302
        assert "/login/" in response.headers["Location"]


def test_an_act_without_a_token_is_refused() -> None:
    claim = ClaimFactory()
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(UserFactory(role="Editor"))
    assert strict.post(page_of(claim, "start"), {"version": "1"}).status_code == 403
    assert Claim.objects.get().state == State.LOGGED


def test_reporters_act_on_their_own_claims() -> None:
    reporter = UserFactory(role="Reporter")
    claim = ClaimFactory(by=reporter)
    desk = at_desk(reporter)
    assert buttons(desk, claim) == {"start", "submit"}
    assert do(desk, claim, "submit") == 302


def test_nobody_approves_a_claim_that_they_logged_or_submitted(settings: LazySettings) -> None:
    author, submitter = UserFactory(role="Editor"), UserFactory(role="Chief editor")
    claim = workflow.submit(ClaimFactory(by=author), by=submitter, version=1)
    for person in (author, submitter):
        assert "approve" not in buttons(at_desk(person), claim)
        assert do(at_desk(person), claim, "approve") == 409
    settings.FOUR_EYES = False
    assert "approve" in buttons(at_desk(author), claim)


def test_an_outdated_page_keeps_the_reason_and_does_nothing() -> None:
    claim = SITUATIONS["in review"]()
    desk = at_desk(UserFactory(role="Editor"))
    workflow.assign(claim, to=None, by=UserFactory(role="Editor"), version=claim.version)
    response = desk.post(page_of(claim, "send-back"), {"version": claim.version, "reason": "Typed with care."})
    assert response.status_code == 409
    page = response.content.decode()
    assert "This claim was changed since you opened it" in page
    again = fields_of(response)
    assert again["reason"] == ["Typed with care."]
    assert desk.post(page_of(claim, "send-back"), again).status_code == 302


def test_an_act_sent_twice_is_done_once() -> None:
    claim = SITUATIONS["approved"]()
    desk = at_desk(UserFactory(role="Editor"))
    assert do(desk, claim, "publish") == 302
    assert do(desk, claim, "publish") == 409
    assert PublishedClaim.objects.count() == 1


@pytest.mark.parametrize("act", sorted(ARGUMENTS))
@pytest.mark.parametrize("version", ["", "x", "-1", "0", "9" * 30, "1\0"])
def test_nothing_typed_into_an_act_breaks_it(act: str, version: str) -> None:
    claim = SITUATIONS["in review"]()
    desk = at_desk(UserFactory(role="Chief editor"))
    for fields in (
        {},
        {"reason": ["a\0b"]},
        {"reason": [" \u2028 "], "kind": ["void"]},
        {"kind": ["x"], "to": ["x"]},
    ):
        assert do(desk, claim, act, **{**fields, "version": [version]}) in {400, 409}


def test_an_act_without_its_reason_says_so_and_keeps_the_rest() -> None:
    claim = SITUATIONS["approved, readers see it"]()
    response = at_desk(UserFactory(role="Editor")).post(
        page_of(claim, "correct"), {"version": claim.version, "kind": "minor", "reason": ""}
    )
    assert response.status_code == 400
    assert "This field is required." in response.content.decode()
    assert fields_of(response)["kind"] == ["minor"]


def test_a_correction_is_published_as_it_was_typed() -> None:
    claim = SITUATIONS["approved, readers see it"]()
    do(at_desk(UserFactory(role="Editor")), claim, "correct", reason=["The year was wrong."])
    assert Correction.objects.get().reason == "The year was wrong."


def test_the_page_of_a_correction_shows_what_changes_for_readers() -> None:
    claim = factories.approved(edited(factories.published(), summary="Other."))
    page = at_desk(UserFactory(role="Editor")).get(page_of(claim, "correct")).content.decode()
    assert "<ins>Other.</ins>" in page


def test_the_page_of_a_redaction_says_what_is_removed_what_stays_and_that_it_is_permanent() -> None:
    claim = SITUATIONS["corrected"]()
    desk = at_desk(UserFactory(role="Chief editor"))
    page = unescape(desk.get(page_of(claim, "redact")).content.decode())
    for part in ("of any version before the newest", "The newest version doesn't change", "can't undo this"):
        assert part in page
    do(desk, claim, "redact", reason=["It named a private person."])
    newest = claim.revisions.latest("number")
    assert (newest.number, newest.act, newest.reason) == (3, "redact", "It named a private person.")


def test_a_claim_is_assigned_only_to_people_who_can_work_on_it() -> None:
    claim = ClaimFactory()
    desk = at_desk(UserFactory(role="Editor"))
    reporter, assessor = UserFactory(role="Reporter"), UserFactory(role="Assessor")
    page = desk.get(page_of(claim, "assign")).content.decode()
    assert f'value="{reporter.pk}"' in page
    assert f'value="{assessor.pk}"' not in page
    assert do(desk, claim, "assign", to=[str(assessor.pk)]) == 400
    assert do(desk, claim, "assign", to=[str(reporter.pk)]) == 302
    assert Claim.objects.get().assignee == reporter


def test_unknown_acts_and_claims_are_not_found() -> None:
    desk = at_desk(UserFactory(role="Editor"))
    claim = ClaimFactory()
    assert desk.get(page_of(claim, "burn")).status_code == 404
    for key in ("x", "0", "9" * 40, f"0_{claim.pk}", f"+{claim.pk}", f" {claim.pk}"):
        assert desk.get(f"/admin/claims/claim/{key}/act/start/").status_code == 404
        assert desk.get(f"/admin/claims/claim/{key}/preview/").status_code == 404


def test_people_who_may_not_see_claims_see_no_page_of_theirs() -> None:
    stranger = UserFactory()
    stranger.user_permissions.add(Permission.objects.get(codename="view_topic"))
    desk = at_desk(stranger)
    claim = ClaimFactory()
    assert desk.get(page_of(claim, "start")).status_code == 403
    assert desk.get(reverse("admin:claims_claim_preview", args=[claim.pk])).status_code == 403
    assert desk.get(reverse("admin:claims_claim_changelist")).status_code == 403
    assert desk.post(reverse("admin:claims_claim_markdown"), {"text": "x"}).status_code == 403


@pytest.mark.parametrize("act", ["publish", "correct", "rerate"])
def test_what_changed_since_the_approval_is_shown_and_what_was_typed_is_kept(act: str) -> None:
    claim: Claim = ClaimFactory.create()
    if act != "publish":
        claim = factories.published(claim)
        claim.summary = "A draft."
        claim.rating = Rating.objects.get(slug="true") if act == "rerate" else claim.rating
        claim = workflow.edit(claim, by=editor(), version=claim.version)
    claim = factories.approved(claim)
    Source.objects.filter(evidence__claim=claim).update(title="Somebody changed this")
    sent = {"version": claim.version, "kind": "minor", "reason": "I typed this reason."}
    response = at_desk(editor()).post(page_of(claim, act), sent)
    page = response.content.decode()
    assert response.status_code == 409
    assert "so this claim is back in review" in page
    assert "What changed since the approval" in page
    assert re.search(r"<ins>.*Somebody changed this", page)
    assert act == "publish" or "I typed this reason." in page
    claim.refresh_from_db()
    assert claim.state == State.IN_REVIEW


def test_an_author_sees_why_they_cannot_approve_and_who_can(desk_people: tuple[User, User]) -> None:
    author, other = desk_people
    claim = ClaimFactory.create(by=author)
    claim = workflow.submit(claim, by=author, version=claim.version)
    page = unescape(at_desk(author).get(reverse("admin:claims_claim_change", args=[claim.pk])).content.decode())
    assert re.search(r"<button[^>]* disabled[^>]*>Approve</button>", page)
    assert "You worked on this claim since it was last approved." in page
    assert f"Who can: {other.signature}." in page
    assert "approve" in buttons(at_desk(other), claim)


def test_a_reporter_sees_whom_to_ask_to_publish(desk_people: tuple[User, User]) -> None:
    _author, editor = desk_people
    reporter = UserFactory.create(role="Reporter")
    claim = factories.approved(ClaimFactory.create(by=reporter))
    page = unescape(at_desk(reporter).get(reverse("admin:claims_claim_change", args=[claim.pk])).content.decode())
    assert re.search(r"<button[^>]* disabled[^>]*>Publish</button>", page)
    assert editor.signature in page


@pytest.fixture
def desk_people() -> tuple[User, User]:
    """Two editors, the only ones at the desk."""
    return UserFactory.create(role="Editor"), UserFactory.create(role="Editor")
