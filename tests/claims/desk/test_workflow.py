"""The acts on claims: who may do them, in which states, and their effects."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection, transaction
from django.db.models import ProtectedError
from django.test.utils import CaptureQueriesContext

from claims.choices import CorrectionKind, EventKind, State
from claims.desk import approvals, workflow
from claims.desk.rules import Busy, Conflict, NotAllowed, Refused
from claims.models import (
    Affiliation,
    Claim,
    Claimant,
    ClaimEvent,
    Correction,
    IndexEntry,
    PublishedClaim,
    Rating,
    Revision,
)
from sources.models import Publisher, Source
from tests.claims import invariants
from tests.claims.desk.situations import ACTS, SITUATIONS, WHEN, edited, other_rating
from tests.factories import (
    ClaimantFactory,
    ClaimFactory,
    EvidenceFactory,
    SourceFactory,
    TopicFactory,
    UserFactory,
    approved,
    corrected,
    published,
    redacted,
    withdrawn,
)
from tests.properties import IS_LONG
from tests.side_by_side import Colleague, meanwhile


@pytest.mark.django_db
@pytest.mark.parametrize("act", sorted(ACTS))
def test_an_act_on_an_older_version_is_a_conflict_that_carries_the_newest(act: str) -> None:
    claim = SITUATIONS[WHEN[act]]()
    chief = UserFactory.create(role="Chief editor")
    stale = claim.version
    workflow.assign(claim, to=None, by=chief, version=stale)
    with pytest.raises(Conflict) as conflict:
        ACTS[act](Claim.objects.get(pk=claim.pk), by=chief, version=stale)
    assert conflict.value.claim.version == stale + 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "act", ["send-back", "decline", "republish", "correct", "publish-fix", "rerate", "withdraw", "redact"]
)
def test_an_act_that_needs_a_reason_is_refused_without_one(act: str) -> None:
    claim, chief = SITUATIONS[WHEN[act]](), UserFactory.create(role="Chief editor")
    before = invariants.everything()
    for reason in ("", " \n\t", "\x00", "\ud800"):
        with pytest.raises(Refused):
            ACTS[act](claim, by=chief, version=claim.version, reason=reason)
        assert invariants.everything() == before


# Logging and editing


@pytest.mark.django_db
def test_a_logged_claim_has_its_author_a_slug_of_its_own_and_its_first_event() -> None:
    reporter = UserFactory.create(role="Reporter", first_name="Ada", last_name="Reyes")
    claims = [workflow.log(Claim(statement="Rents rose by half."), by=reporter) for _ in range(3)]
    assert [claim.slug for claim in claims] == [
        "rents-rose-by-half",
        "rents-rose-by-half-2",
        "rents-rose-by-half-3",
    ]
    assert {(claim.state, claim.version, claim.author) for claim in claims} == {(State.LOGGED, 1, reporter)}
    event = claims[0].events.get()
    assert (event.kind, event.actor_name, event.from_state, event.to_state) == (
        *(EventKind.LOGGED, "Ada Reyes"),
        *("", State.LOGGED),
    )


@pytest.mark.django_db
def test_a_statement_without_letters_gets_a_slug_too() -> None:
    claim = workflow.log(Claim(statement="✅ → ❌！"), by=UserFactory.create(role="Reporter"))
    assert claim.slug == "claim"


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("statement", "", "Claim: This field cannot be blank."),
        ("kind", "rumour", "is not a valid choice"),
        ("claimed_on", "June 2025", "Write the date as 2025-06-21"),
        ("language", "English", "Write the language as a tag"),
        ("notice", "x" * 301, "at most 300 characters"),
        ("checkable", False, "Say why this claim can't be checked."),
    ],
)
@pytest.mark.django_db
def test_no_act_stores_what_a_form_would_refuse(field: str, value: Any, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        ClaimFactory.create(**{field: value})
    ClaimFactory.create()
    with pytest.raises(Refused, match=sentence):
        edited(Claim.objects.get(), **{field: value})
    assert (Claim.objects.get().version, ClaimEvent.objects.count()) == (1, 1)


@pytest.mark.django_db
def test_an_assessor_logs_nothing() -> None:
    with pytest.raises(NotAllowed):
        workflow.log(Claim(statement="Rents rose."), by=UserFactory.create(role="Assessor"))
    assert not Claim.objects.exists()


@pytest.mark.django_db
def test_an_edit_keeps_what_only_acts_may_set() -> None:
    claim = approved(ClaimFactory.create())
    claim = workflow.send_back(
        claim, reason="Correct the sum.", by=UserFactory.create(role="Editor"), version=claim.version
    )
    before = Claim.objects.get(pk=claim.pk)
    meddler = UserFactory.create(role="Editor")
    claim.statement, claim.state, claim.approved_alone = "Rents fell.", State.PUBLISHED, True
    claim.author = claim.assignee = claim.approver = meddler
    claim.approved_by, claim.logged_at = "Nobody", claim.logged_at.replace(year=1999)
    workflow.edit(claim, by=meddler, version=claim.version)
    after = Claim.objects.get(pk=claim.pk)
    assert (after.statement, after.state, after.version) == ("Rents fell.", before.state, before.version + 1)
    for name in ("author", "assignee", "approver", "approved_by", "approved_alone", "logged_at"):
        assert getattr(after, name) == getattr(before, name)


@pytest.mark.django_db
def test_an_edited_published_claim_goes_back_to_research_and_readers_keep_what_they_have() -> None:
    claim = published()
    body = claim.published.revision.body
    claim = edited(claim, statement="A draft nobody may see.")
    assert claim.state == State.RESEARCHING
    assert Revision.objects.get(claim=claim).body == body
    assert invariants.leaked({"A draft nobody may see."}) == set()


@pytest.mark.django_db
def test_the_slug_is_fixed_once_published_and_free_before() -> None:
    claim = edited(ClaimFactory.create(), slug="a-better-slug")
    claim = published(claim)
    for gone in (False, True):
        if gone:
            claim = withdrawn(Claim.objects.get(pk=claim.pk))
        claim.slug = "yet-another"
        with pytest.raises(Refused, match="can't change"):
            workflow.edit(claim, by=UserFactory.create(role="Chief editor"), version=claim.version)
    assert Claim.objects.get(pk=claim.pk).slug == "a-better-slug"


@pytest.mark.django_db
def test_a_claim_is_assigned_to_people_who_can_work_on_it() -> None:
    claim, editor = ClaimFactory.create(), UserFactory.create(role="Editor")
    for who in (UserFactory.create(role="Assessor"), UserFactory.create(role="Reporter", is_active=False)):
        with pytest.raises(Refused, match="can't work on claims"):
            workflow.assign(claim, to=who, by=editor, version=claim.version)
    reporter = UserFactory.create(role="Reporter")
    assert workflow.assign(claim, to=reporter, by=editor, version=claim.version).assignee == reporter


# Review


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        ({"rating": None}, "Choose a rating."),
        ({"summary": " "}, "Write the summary"),
        ({"explanation": ""}, "Write the explanation"),
        ({"appearances": []}, "add at least one appearance"),
        ({"evidence": []}, "Add evidence"),
    ],
)
def test_an_incomplete_claim_is_not_submitted(missing: dict[str, Any], sentence: str) -> None:
    claim = ClaimFactory.create(**missing)
    with pytest.raises(Refused, match=sentence):
        workflow.submit(claim, by=UserFactory.create(role="Editor"), version=claim.version)


@pytest.mark.django_db
def test_nobody_approves_a_claim_they_logged_or_submitted() -> None:
    author, submitter, third = (UserFactory.create(role="Editor") for _ in range(3))
    claim = workflow.submit(ClaimFactory.create(by=author), by=submitter, version=1)
    for by in (author, submitter):
        with pytest.raises(Refused, match="Another person must approve it"):
            workflow.approve(claim, by=by, version=claim.version)
    claim = workflow.approve(claim, by=third, version=claim.version)
    assert (claim.approver, claim.approved_by, claim.approved_alone) == (third, third.signature, False)


@pytest.mark.django_db
def test_a_person_who_wrote_since_the_last_approval_may_not_approve() -> None:
    """Logging, editing and submitting all count as writing, for any author."""
    author, second, third, fourth = (UserFactory.create(role="Editor") for _ in range(4))
    claim = workflow.submit(ClaimFactory.create(by=author), by=second, version=1)
    claim = workflow.send_back(claim, reason="The sum is wrong.", by=fourth, version=claim.version)
    claim.summary = "Another sum."
    claim = workflow.edit(claim, by=third, version=claim.version)
    claim = workflow.submit(claim, by=author, version=claim.version)
    for by in (author, second, third):
        with pytest.raises(Refused, match="Another person must approve it"):
            workflow.approve(claim, by=by, version=claim.version)
    claim = workflow.approve(claim, by=fourth, version=claim.version)
    assert claim.approver == fourth


@pytest.mark.django_db
def test_whoever_invited_a_person_does_not_approve_what_they_wrote_unconfirmed() -> None:
    """They may hold the link, and write and sign with two accounts."""
    chief = UserFactory.create(role="Chief editor")
    invited = UserFactory.create(role="Editor", confirmed_at=None, invited_by=chief)
    claim = ClaimFactory.create()
    claim = workflow.edit(claim, by=invited, version=claim.version)
    claim = workflow.submit(claim, by=UserFactory.create(role="Editor"), version=claim.version)
    with pytest.raises(Refused, match="Somebody you invited worked on this claim"):
        workflow.approve(claim, by=chief, version=claim.version)
    invited.confirm(UserFactory.create(role="Chief editor"))
    assert workflow.approve(claim, by=chief, version=claim.version).approver == chief


@pytest.mark.django_db
def test_a_person_who_wrote_before_the_last_approval_may_approve_what_another_wrote_since() -> None:
    author, second, third = (UserFactory.create(role="Editor") for _ in range(3))
    claim = ClaimFactory.create(by=author)
    claim = workflow.edit(claim, by=second, version=claim.version)
    claim = approved(claim, submitter=second, approver=third)
    claim = workflow.publish(claim, by=third, version=claim.version)
    claim = approved(workflow.edit(claim, by=third, version=claim.version), submitter=third, approver=second)
    assert claim.approver == second


# What an approval covers


@pytest.mark.django_db
def test_a_version_names_everybody_who_wrote_it_once_and_in_order() -> None:
    ana, bo, cy, eve = (
        UserFactory.create(role="Editor", first_name=name, last_name="Lee") for name in ("Ana", "Bo", "Cy", "Eve")
    )
    claim = ClaimFactory.create(by=ana)
    claim = workflow.edit(claim, by=bo, version=claim.version)
    claim = workflow.edit(claim, by=ana, version=claim.version)
    claim = workflow.publish(approved(claim, submitter=cy), by=eve, version=claim.version + 2)
    signing = claim.published.revision.content["revision"]
    assert signing["checked_by"] == ["Ana Lee", "Bo Lee", "Cy Lee"]
    newest = redacted(corrected(claim)).revisions.order_by("-number")
    first = [revision.content["revision"]["checked_by"] for revision in newest[:2]]
    assert first[0] == first[1]
    assert first[0][:3] == ["Ana Lee", "Bo Lee", "Cy Lee"]
    assert "Eve Lee" not in first[0]


COVERED: dict[str, Callable[[Claim], Any]] = {
    "a claimant's name": lambda claim: Claimant.objects.filter(claims=claim).update(name="Else"),
    "an affiliation": lambda claim: Affiliation.objects.create(claimant_id=claim.claimant_id or 0, name="The council"),
    "a topic's name": lambda claim: claim.topics.update(name="Else"),
    "a topic more": lambda claim: claim.topics.add(TopicFactory.create()),
    "a topic less": lambda claim: claim.topics.clear(),
    "a rating's words": lambda claim: Rating.objects.filter(claims=claim).update(definition="Else"),
    "a source's address": lambda claim: Source.objects.filter(evidence__claim=claim).update(
        address="https://e.example/"
    ),
    "a source withheld": lambda claim: Source.objects.filter(evidence__claim=claim).update(address_is_private=True),
    "a publisher's name": lambda claim: Publisher.objects.filter(sources__appearances__claim=claim).update(name="Else"),
    "a finding": lambda claim: claim.evidence.update(finding="Else"),
    "evidence more": lambda claim: EvidenceFactory.create(claim=claim),
    "evidence less": lambda claim: claim.evidence.earliest("order").delete(),
    "whom the article names": lambda claim: claim.appearances.update(attributed_to=ClaimantFactory.create()),
    "the finding as a headline": lambda claim: Claim.objects.filter(pk=claim.pk).update(headline="Else"),
    "the date it is about": lambda claim: Claim.objects.filter(pk=claim.pk).update(about_on="2017-08-31"),
    "an article in short": lambda claim: Source.objects.filter(appearances__claim=claim).update(summary="Else"),
    "words in the article": lambda claim: claim.appearances.update(exact="Else"),
    "the statement": lambda claim: Claim.objects.filter(pk=claim.pk).update(statement="Else"),
    "the notice": lambda claim: Claim.objects.filter(pk=claim.pk).update(notice="Else"),
}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("act", "change"),
    [
        pytest.param(act, change, id=f"{act}-{name}")
        for place, (name, change) in enumerate(COVERED.items())
        for turn, act in enumerate(["publish", "correct", "rerate"])
        if IS_LONG or turn == place % 3
    ],
)
def test_a_change_after_an_approval_is_never_published(act: str, change: Callable[[Claim], Any]) -> None:
    """The change may come from a form, a command or a row in the database. The acts take turns: they ask one rule."""
    sources = SourceFactory.create_batch(2)
    claim = ClaimFactory.create(topics=[TopicFactory.create()], evidence=sources, by=UserFactory.create(role="Editor"))
    if act != "publish":
        claim = edited(published(claim), **({"rating": other_rating()} if act == "rerate" else {}))
    claim = approved(claim)
    change(claim)
    by = UserFactory.create(role="Editor")
    with pytest.raises(approvals.ApprovalOutdated, match="has changed since the approval") as refusal:
        ACTS[act](claim, by=by, version=claim.version)
    claim.refresh_from_db()
    assert claim.state == State.IN_REVIEW
    event = claim.events.get(version=claim.version)
    assert (event.kind, event.actor, event.from_state) == (EventKind.REOPENED, by, State.APPROVED)
    assert claim.revisions.count() == (0 if act == "publish" else 1)
    assert refusal.value.changes or "address of a name" in str(refusal.value)
    claim = workflow.approve(claim, by=UserFactory.create(role="Editor"), version=claim.version)
    ACTS[act](claim, by=by, version=claim.version)
    assert invariants.broken() == []


@pytest.mark.django_db
def test_the_refusal_says_what_changed() -> None:
    claim = approved(ClaimFactory.create())
    Claim.objects.filter(pk=claim.pk).update(summary="The sum is wrong.")
    with pytest.raises(Refused, match=r"Summary: “The sum is right, the payer is not\.” is now “The sum is wrong\.”\."):
        ACTS["publish"](claim, by=UserFactory.create(role="Editor"), version=claim.version)


@pytest.mark.django_db
def test_a_change_that_only_the_desk_sees_ends_no_approval() -> None:
    claim = approved(ClaimFactory.create())
    Claimant.objects.update(note="Ring before noon.")
    Source.objects.update(note="We have the paper.")
    claim = workflow.assign(claim, to=None, by=UserFactory.create(role="Editor"), version=claim.version)
    ACTS["publish"](claim, by=UserFactory.create(role="Editor"), version=claim.version)


@pytest.mark.django_db
def test_a_desk_of_one_approves_its_own_claim_and_the_record_says_so(settings: LazySettings) -> None:
    settings.FOUR_EYES = False
    one = UserFactory.create(role="Editor")
    claim = approved(ClaimFactory.create(by=one), submitter=one, approver=one)
    claim = workflow.publish(claim, by=one, version=claim.version)
    signing = claim.published.revision.content["revision"]
    assert (signing["approved_by"], signing["approved_alone"]) == (one.signature, True)


@pytest.mark.django_db
def test_two_people_at_a_desk_of_one_have_not_approved_alone(settings: LazySettings) -> None:
    settings.FOUR_EYES = False
    assert approved(ClaimFactory.create()).approved_alone is False


# Public acts


@pytest.mark.django_db
def test_a_published_claim_has_one_revision_one_public_row_and_its_names_in_the_index() -> None:
    topic, article, source = TopicFactory.create(), SourceFactory.create(), SourceFactory.create()
    claim = published(ClaimFactory.create(topics=[topic], appearances=[article], evidence=[source]))
    assert claim.state == State.PUBLISHED
    assert claim.revisions.get().act == "publish"
    assert set(IndexEntry.objects.values_list("kind", "slug")) == {
        ("rating", "mostly-false"),
        ("claimant", claim.published.claimant),
        ("topic", topic.slug),
        ("article", article.slug),
        ("outlet", article.publisher.slug),
        ("source", article.slug),
        ("source", source.slug),
    }
    assert not Correction.objects.exists()


@pytest.mark.django_db
def test_a_correction_shows_readers_what_changed_and_why() -> None:
    claim = corrected(published(), reason="The sum was 12, not 21.", summary="It is 12.")
    correction = Correction.objects.get()
    assert (correction.kind, correction.reason) == (CorrectionKind.SUBSTANTIAL, "The sum was 12, not 21.")
    assert (correction.rating_before, correction.rating_after) == ("Mostly false", "Mostly false")
    row = PublishedClaim.objects.get(claim=claim)
    assert (row.summary, row.is_corrected, row.revision.number, claim.state) == (
        "It is 12.",
        True,
        2,
        State.CORRECTED,
    )


@pytest.mark.django_db
def test_a_changed_rating_is_published_as_one() -> None:
    claim = corrected(published(), rating=other_rating())
    correction = Correction.objects.get()
    assert (correction.rating_before, correction.rating_after) == ("Mostly false", "Unverified")
    assert claim.revisions.latest("number").act == "rerate"
    assert set(IndexEntry.objects.filter(kind="rating").values_list("slug", flat=True)) == {"unverified"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("act", "situation"),
    [("correct", "approved with another rating"), ("rerate", "approved, readers see it")],
)
def test_a_changed_rating_is_never_called_a_correction_nor_the_reverse(act: str, situation: str) -> None:
    claim = SITUATIONS[situation]()
    with pytest.raises(Refused, match="rating"):
        ACTS[act](claim, by=UserFactory.create(role="Editor"), version=claim.version)


@pytest.mark.django_db
def test_a_correction_of_nothing_is_refused_and_sending_the_claim_back_publishes_it_again() -> None:
    claim = published()
    editor = UserFactory.create(role="Editor")
    claim = approved(workflow.edit(claim, by=editor, version=claim.version))
    with pytest.raises(Refused, match="Readers already see this text"):
        ACTS["correct"](claim, by=editor, version=claim.version)
    claim = workflow.send_back(claim, reason="Nothing changed.", by=editor, version=claim.version)
    assert (claim.state, claim.revisions.count()) == (State.PUBLISHED, 1)


@pytest.mark.django_db
def test_a_correction_is_not_a_withdrawal() -> None:
    claim = SITUATIONS["approved, readers see it"]()
    with pytest.raises(Refused, match="Choose the kind of correction"):
        workflow.correct(
            claim,
            kind=CorrectionKind.VOID,
            reason="So.",
            by=UserFactory.create(role="Editor"),
            version=claim.version,
        )


@pytest.mark.django_db
def test_a_withdrawal_removes_the_claim_and_the_names_that_no_other_claim_shows() -> None:
    shared = SourceFactory.create()
    kept = published(ClaimFactory.create(appearances=[shared], evidence=[shared]))
    topic, claimant = TopicFactory.create(), ClaimantFactory.create()
    gone = withdrawn(
        published(ClaimFactory.create(topics=[topic], claimant=claimant, appearances=[shared], rating=other_rating()))
    )
    assert gone.state == State.WITHDRAWN
    assert list(PublishedClaim.objects.all()) == [kept.published]
    entries = set(IndexEntry.objects.values_list("kind", "slug"))
    assert ("source", shared.slug) in entries
    assert not entries & {("topic", topic.slug), ("rating", "unverified"), ("claimant", claimant.slug)}
    last = gone.revisions.latest("number")
    assert set(last.content) == {"schema", "slug", "revision"}
    assert last.content["revision"]["reason"] == "The source was forged."
    correction = Correction.objects.get(revision=last)
    assert (correction.kind, correction.rating_before, correction.rating_after) == (
        CorrectionKind.VOID,
        "Unverified",
        "",
    )


@pytest.mark.django_db
def test_nobody_is_said_to_have_approved_a_withdrawal() -> None:
    signing = withdrawn(published()).revisions.latest("number").content["revision"]
    assert (signing["approved_by"], signing["approved_alone"]) == ("", False)


@pytest.mark.django_db
def test_a_claim_published_again_keeps_its_first_day_and_its_numbering() -> None:
    claim = published()
    first = claim.published.first_published_at
    claim = approved(edited(withdrawn(claim)))
    claim = workflow.publish(
        claim, reason="The source was real.", by=UserFactory.create(role="Editor"), version=claim.version
    )
    row = PublishedClaim.objects.get(claim=claim)
    assert (row.first_published_at, row.revision.number, row.revision.act) == (first, 3, "republish")
    assert row.revised_at > first


@pytest.mark.django_db
def test_a_first_publication_may_give_a_reason_and_it_is_kept_clean() -> None:
    claim = approved(ClaimFactory.create())
    claim = workflow.publish(
        claim, reason=" Re\u0301union\x00 ", by=UserFactory.create(role="Editor"), version=claim.version
    )
    assert claim.revisions.get().reason == "Réunion"


@pytest.mark.django_db
def test_a_claim_readers_saw_cannot_be_deleted_nor_can_the_people_who_signed() -> None:
    claim = withdrawn(published())
    rows: list[Any] = [claim, claim.author, claim.approver]
    for row in rows:
        with pytest.raises(ProtectedError):
            row.delete()


@pytest.mark.django_db
def test_a_public_act_runs_as_many_queries_for_a_claim_with_many_sources_as_for_one_with_few() -> None:
    chief = UserFactory.create(role="Chief editor")

    def queries(sources: int) -> list[int]:
        cited = SourceFactory.create_batch(sources)
        claim = approved(
            ClaimFactory.create(evidence=cited, appearances=cited, topics=TopicFactory.create_batch(sources))
        )
        counts = []
        for act in (workflow.publish, partial(workflow.withdraw, reason="The source was forged.")):
            with CaptureQueriesContext(connection) as counted:
                act(claim, by=chief, version=claim.version)
            claim.refresh_from_db()
            counts.append(len(counted))
        return counts

    queries(1)  # what is read once in a process
    assert queries(6) == queries(1)


@pytest.mark.django_db
def test_publishing_writes_no_name_again_that_readers_see_already() -> None:
    claimant = ClaimantFactory.create()
    published(claimant=claimant)

    def place() -> str:
        """Where the row is stored: elsewhere after each update."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT ctid::text FROM claims_indexentry WHERE slug = %s", [claimant.slug])
            (found,) = cursor.fetchone()
        return str(found)

    before = place()
    published(claimant=claimant)
    assert place() == before


# Redaction


def readable(claim: Claim) -> list[int]:
    """The numbers of the versions whose text readers may have."""
    return sorted(Revision.objects.readable().filter(claim=claim).values_list("number", flat=True))


@pytest.mark.django_db
def test_a_redaction_hides_the_text_of_every_version_before_it_and_of_no_other() -> None:
    claim = published()
    other = corrected(published())
    claim = corrected(claim)
    assert readable(claim) == [1, 2]
    claim = redacted(claim)
    assert readable(claim) == [3]
    claim = corrected(claim)
    assert readable(claim) == [3, 4]
    claim = withdrawn(claim)
    assert readable(claim) == []
    editor = UserFactory.create(role="Editor")
    claim = approved(edited(claim))
    claim = workflow.publish(claim, reason="It was right.", by=editor, version=claim.version)
    assert readable(claim) == [3, 4, 5, 6]
    claim = redacted(claim)
    assert readable(claim) == [7]
    assert readable(other) == [1, 2]
    revisions = Revision.objects.with_redaction().filter(claim=claim).order_by("number")
    assert list(revisions.values_list("redacted_in", flat=True)) == [3, 3, 7, 7, 7, 7, None]


@pytest.mark.django_db
def test_a_redaction_changes_no_row_of_the_record_and_nothing_that_the_newest_says() -> None:
    claim = corrected(published(), summary="Amended.")
    before = list(claim.revisions.order_by("number").values())
    row: dict[str, Any] = {**PublishedClaim.objects.values().get(claim=claim)}
    corrections = list(Correction.objects.values())
    claim = redacted(claim, reason="It named a private person.")
    *earlier, newest = claim.revisions.order_by("number")
    assert list(claim.revisions.filter(number__lte=2).order_by("number").values()) == before
    assert (newest.act, newest.reason) == ("redact", "It named a private person.")
    assert {**newest.content, "revision": None} == {**earlier[-1].content, "revision": None}
    changed = {name for name, value in PublishedClaim.objects.values().get(claim=claim).items() if value != row[name]}
    assert changed == {"revision_id", "revised_at"}
    assert list(Correction.objects.values()) == corrections
    assert claim.state == State.CORRECTED
    event = claim.events.latest("version")
    assert (event.kind, event.note) == (EventKind.REDACTED, "It named a private person.")


@pytest.mark.django_db
def test_a_redaction_keeps_the_draft_and_the_approval_of_the_text() -> None:
    claim = corrected(published())
    given = claim.approved_by
    claim = approved(edited(claim, statement="A draft nobody may see."))
    assert claim.approved_by != given
    claim = redacted(claim)
    assert claim.published.revision.content["revision"]["approved_by"] == given
    assert invariants.leaked({"A draft nobody may see."}) == set()
    claim.refresh_from_db()
    assert (claim.state, claim.statement) == (State.APPROVED, "A draft nobody may see.")
    assert invariants.broken() == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("situation", "sentence"),
    [
        ("published", "only the newest version"),
        ("redacted", "only the newest version"),
        ("withdrawn", "Readers don't see this claim"),
        ("approved after a withdrawal", "Readers don't see this claim"),
    ],
)
def test_where_readers_see_no_earlier_text_there_is_nothing_to_redact(situation: str, sentence: str) -> None:
    claim = SITUATIONS[situation]()
    with pytest.raises(Refused, match=sentence):
        redacted(claim)


# Side by side: real connections, real commits


@pytest.mark.usefixtures("committed")
class TestSideBySide:
    def test_a_name_withdrawn_by_one_and_published_by_another_stays_in_the_index(self) -> None:
        claimant, chief = ClaimantFactory.create(), UserFactory.create(role="Chief editor")
        gone = published(ClaimFactory.create(claimant=claimant))
        claim = approved(ClaimFactory.create(claimant=claimant))
        withdraw = partial(workflow.withdraw, gone, reason="It was forged.", by=chief, version=gone.version)
        with meanwhile(withdraw) as withdrawing:
            workflow.publish(claim, by=chief, version=claim.version)
        withdrawing.result()
        assert invariants.broken() == []
        assert IndexEntry.objects.filter(kind="claimant", slug=claimant.slug).exists()

    def test_two_corrections_that_swap_their_names_do_not_deadlock(self) -> None:
        one, other, editor = (
            ClaimantFactory.create(),
            ClaimantFactory.create(),
            UserFactory.create(role="Editor"),
        )
        first, second = (published(ClaimFactory.create(claimant=claimant)) for claimant in (one, other))
        first, second = approved(edited(first, claimant=other)), approved(edited(second, claimant=one))
        said: dict[str, Any] = {"kind": CorrectionKind.UPDATE, "reason": "Another spoke.", "by": editor}
        with meanwhile(partial(workflow.correct, second, version=second.version, **said)) as correcting:
            workflow.correct(first, version=first.version, **said)
        correcting.result()
        assert invariants.broken() == []

    @pytest.mark.parametrize(
        ("situation", "act"),
        [
            *(("logged", "submit"), ("in review", "approve"), ("approved", "publish")),
            *(("published", "withdraw"), ("corrected", "redact")),
        ],
    )
    def test_the_same_act_twice_has_one_effect(self, situation: str, act: str) -> None:
        claim, chief = SITUATIONS[situation](), UserFactory.create(role="Chief editor")
        twice = partial(ACTS[act], claim, by=chief, version=claim.version)
        with meanwhile(twice) as second:
            twice()
        assert isinstance(second.exception(), Conflict)
        assert invariants.broken() == []

    def test_the_second_of_two_edits_is_a_conflict_and_the_first_is_kept(self) -> None:
        claim, editor = ClaimFactory.create(), UserFactory.create(role="Editor")
        theirs = Claim.objects.get(pk=claim.pk)
        theirs.statement, claim.statement = "Theirs.", "Ours."
        with meanwhile(partial(workflow.edit, theirs, by=editor, version=theirs.version)) as second:
            workflow.edit(claim, by=editor, version=claim.version)
        error = second.exception()
        assert isinstance(error, Conflict)
        assert error.claim.statement == "Ours."
        assert Claim.objects.get(pk=claim.pk).statement == "Ours."

    def test_two_claims_with_the_same_statement_logged_at_once_get_two_slugs(self) -> None:
        editor = UserFactory.create(role="Editor")
        log = partial(workflow.log, by=editor)
        with meanwhile(lambda: log(Claim(statement="Rents rose."))) as second:
            log(Claim(statement="Rents rose."))
        assert second.result().slug == "rents-rose-2"

    def test_an_act_that_waits_too_long_for_a_lock_is_refused_and_changes_nothing(self) -> None:
        claim, editor = approved(ClaimFactory.create()), UserFactory.create(role="Editor")

        def impatiently() -> None:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '50ms'")
            workflow.publish(claim, by=editor, version=claim.version)

        with transaction.atomic():
            workflow.assign(claim, to=editor, by=editor, version=claim.version)
            with pytest.raises(Busy, match="try again in a moment"):
                Colleague().does(impatiently).result()
        assert not Revision.objects.exists()
