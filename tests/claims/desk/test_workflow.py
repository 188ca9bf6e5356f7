"""What people do to claims, act by act: who may, when, and what it leaves."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection, transaction
from django.db.models import ProtectedError
from django.test.utils import CaptureQueriesContext

from claims.choices import CorrectionKind, EventKind, State
from claims.desk import workflow
from claims.desk.rules import Busy, Conflict, NotAllowed, Refused
from claims.models import Claim, Claimant, Correction, IndexEntry, PublishedClaim, Rating, Revision
from factcheck.accounts.models import User
from sources.models import Publisher
from tests.claims import invariants
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


def log_by_reporter() -> Claim:
    return ClaimFactory.create(by=UserFactory.create(role="Reporter"))


def edited(claim: Claim, **changes: Any) -> Claim:
    """A claim whose desk text differs from what readers see."""
    for name, value in changes.items():
        setattr(claim, name, value)
    return workflow.edit(claim, by=UserFactory.create(role="Editor"), version=claim.version)


def in_review(claim: Claim) -> Claim:
    return workflow.submit(claim, by=UserFactory.create(role="Editor"), version=claim.version)


def researching() -> Claim:
    claim = log_by_reporter()
    return workflow.start_research(claim, by=UserFactory.create(role="Editor"), version=claim.version)


def declined() -> Claim:
    claim = log_by_reporter()
    by = UserFactory.create(role="Editor")
    return workflow.decline(claim, reason="Nobody can know.", by=by, version=claim.version)


def other_rating() -> Rating:
    return Rating.objects.get(slug="unverified")


# A situation is where a claim stands and what readers see of it.
SITUATIONS: dict[str, Callable[[], Claim]] = {
    "logged": log_by_reporter,
    "researching": researching,
    "in review": lambda: in_review(log_by_reporter()),
    "approved": lambda: approved(log_by_reporter()),
    "declined": declined,
    "published": lambda: published(log_by_reporter()),
    "corrected": lambda: corrected(published(log_by_reporter())),
    "redacted": lambda: redacted(corrected(published(log_by_reporter()))),
    "researching, readers see two versions": lambda: edited(corrected(published(log_by_reporter()))),
    "researching, readers see it": lambda: edited(published(log_by_reporter())),
    "in review, readers see it": lambda: in_review(edited(published(log_by_reporter()))),
    "approved, readers see it": lambda: approved(edited(published(log_by_reporter()))),
    "approved with another rating": lambda: approved(edited(published(log_by_reporter()), rating=other_rating())),
    "withdrawn": lambda: withdrawn(published(log_by_reporter())),
    "approved after a withdrawal": lambda: approved(edited(withdrawn(published(log_by_reporter())))),
}
SEEN = {
    *("published", "corrected", "redacted", "researching, readers see it", "researching, readers see two versions"),
    "in review, readers see it",
    *("approved, readers see it", "approved with another rating"),
}
LOCKED = {name for name in SITUATIONS if name.startswith(("in review", "approved"))}
WORKS = {"logged", "researching", "researching, readers see it", "researching, readers see two versions"}

ACTS: dict[str, Callable[..., Any]] = {
    "edit": workflow.edit,
    "assign": partial(workflow.assign, to=None),
    "start research": workflow.start_research,
    "submit": workflow.submit,
    "send back": partial(workflow.send_back, reason="Mend it."),
    "approve": workflow.approve,
    "decline": partial(workflow.decline, reason="Nobody can know."),
    "publish": partial(workflow.publish, reason="It is so."),
    "correct": partial(workflow.correct, kind=CorrectionKind.MINOR, reason="A figure was wrong."),
    "rerate": partial(workflow.rerate, kind=CorrectionKind.SUBSTANTIAL, reason="We were wrong."),
    "withdraw": partial(workflow.withdraw, reason="The source was forged."),
    "redact": partial(workflow.redact, reason="It named a private person."),
}
WHEN = {
    "edit": set(SITUATIONS) - LOCKED,
    "assign": set(SITUATIONS),
    "start research": {"logged", "declined"},
    "submit": WORKS,
    "send back": LOCKED,
    "approve": {name for name in SITUATIONS if name.startswith("in review")},
    "decline": {"logged", "researching", "in review"},
    "publish": {"approved", "approved after a withdrawal"},
    "correct": {"approved, readers see it"},
    "rerate": {"approved with another rating"},
    "withdraw": SEEN,
    "redact": {"corrected", "researching, readers see two versions"},
}
EDITORS_MAY = set(ACTS) - {"withdraw", "redact"}
WHO = {
    "the reporter who logged it": {"edit", "start research", "submit"},
    "another reporter": set[str](),
    "a reporter to whom it was assigned": {"edit", "start research", "submit"},
    "an editor": EDITORS_MAY,
    "a chief editor": set(ACTS),
    "an assessor": set[str](),
    "somebody without a role": set[str](),
    "a chief editor who has left": set[str](),
}


def people(claim: Claim) -> dict[str, User]:
    assert claim.author is not None
    assigned = UserFactory.create(role="Reporter")
    Claim.objects.filter(pk=claim.pk).update(assignee=assigned)
    return {
        "the reporter who logged it": claim.author,
        "another reporter": UserFactory.create(role="Reporter"),
        "a reporter to whom it was assigned": assigned,
        "an editor": UserFactory.create(role="Editor"),
        "a chief editor": UserFactory.create(role="Chief editor"),
        "an assessor": UserFactory.create(role="Assessor"),
        "somebody without a role": UserFactory.create(),
        "a chief editor who has left": UserFactory.create(role="Chief editor", is_active=False),
    }


def outcome(act: Callable[[], Any]) -> str:
    """Do it and take it back: empty when it was done, else the refusal, which has changed nothing."""
    refusal = ""
    before = invariants.everything()
    with transaction.atomic():
        try:
            act()
        except Refused as refused:
            refusal = str(refused)
            assert invariants.everything() == before
        else:
            assert invariants.broken() == []
        transaction.set_rollback(True)
    return refusal


@pytest.mark.django_db
@pytest.mark.parametrize("situation", SITUATIONS)
def test_every_act_is_done_by_whom_and_when_the_tables_say_and_else_changes_nothing(situation: str) -> None:
    claim = SITUATIONS[situation]()
    for who, by in people(claim).items():
        for name, act in ACTS.items():
            fresh = Claim.objects.get(pk=claim.pk)
            refusal = outcome(partial(act, fresh, by=by, version=fresh.version))
            expected = situation in WHEN[name] and name in WHO[who]
            assert (not refusal) == expected, f"{who}, {name}, {situation}: {refusal or 'done'}"
            assert expected or refusal.endswith(".")


@pytest.mark.django_db
@pytest.mark.parametrize("act", sorted(ACTS))
def test_an_act_on_an_older_version_is_a_conflict_that_carries_the_newest(act: str) -> None:
    claim = SITUATIONS[min(WHEN[act])]()
    chief = UserFactory.create(role="Chief editor")
    stale = claim.version
    workflow.assign(claim, to=None, by=chief, version=stale)
    with pytest.raises(Conflict) as conflict:
        ACTS[act](Claim.objects.get(pk=claim.pk), by=chief, version=stale)
    assert conflict.value.claim.version == stale + 1


@pytest.mark.django_db
@pytest.mark.parametrize("act", ["send back", "decline", "publish", "correct", "rerate", "withdraw", "redact"])
@pytest.mark.parametrize("reason", ["", " \n\t", "\x00", "\ud800"])
def test_an_act_that_owes_a_reason_is_refused_without_one(act: str, reason: str) -> None:
    claim = SITUATIONS["approved after a withdrawal" if act == "publish" else min(WHEN[act])]()
    before = invariants.everything()
    with pytest.raises(Refused):
        ACTS[act](claim, by=UserFactory.create(role="Chief editor"), version=claim.version, reason=reason)
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
    claim = workflow.log(Claim(statement="租金上涨了一半。"), by=UserFactory.create(role="Reporter"))
    assert claim.slug == "claim"


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("statement", "", "Claim: This field cannot be blank."),
        ("kind", "rumour", "is not a valid choice"),
        ("claimed_on", "June 2025", "Write the date as 2025-06-21"),
        ("language", "English", "Write the language as a tag"),
        ("notice", "x" * 301, "at most 300 characters"),
        ("checkable", False, "Say why this claim cannot be checked."),
    ],
)
@pytest.mark.django_db
def test_no_act_stores_what_no_form_would_take(field: str, value: Any, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        ClaimFactory.create(**{field: value})
    claim = ClaimFactory.create()
    with pytest.raises(Refused, match=sentence):
        edited(claim, **{field: value})
    assert Claim.objects.get().version == claim.version


@pytest.mark.django_db
def test_an_assessor_logs_nothing() -> None:
    with pytest.raises(NotAllowed):
        workflow.log(Claim(statement="Rents rose."), by=UserFactory.create(role="Assessor"))
    assert not Claim.objects.exists()


@pytest.mark.django_db
def test_an_edit_keeps_what_only_acts_may_set() -> None:
    claim = approved(ClaimFactory.create())
    claim = workflow.send_back(claim, reason="Mend it.", by=UserFactory.create(role="Editor"), version=claim.version)
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
        with pytest.raises(Refused, match="stays as it is"):
            workflow.edit(claim, by=UserFactory.create(role="Chief editor"), version=claim.version)
    assert Claim.objects.get(pk=claim.pk).slug == "a-better-slug"


@pytest.mark.django_db
def test_a_claim_is_assigned_to_people_who_can_work_on_it() -> None:
    claim, editor = ClaimFactory.create(), UserFactory.create(role="Editor")
    for who in (UserFactory.create(role="Assessor"), UserFactory.create(role="Reporter", is_active=False)):
        with pytest.raises(Refused, match="cannot work on claims"):
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
def test_nobody_approves_what_they_logged_or_submitted() -> None:
    author, submitter, third = (UserFactory.create(role="Editor") for _ in range(3))
    claim = workflow.submit(ClaimFactory.create(by=author), by=submitter, version=1)
    for by in (author, submitter):
        with pytest.raises(Refused, match="Another person must approve it"):
            workflow.approve(claim, by=by, version=claim.version)
    claim = workflow.approve(claim, by=third, version=claim.version)
    assert (claim.approver, claim.approved_by, claim.approved_alone) == (third, third.signature, False)


@pytest.mark.django_db
def test_it_is_the_last_submission_that_counts() -> None:
    first, second = UserFactory.create(role="Editor"), UserFactory.create(role="Editor")
    claim = workflow.submit(ClaimFactory.create(), by=first, version=1)
    claim = workflow.send_back(claim, reason="Mend it.", by=second, version=claim.version)
    claim = workflow.submit(claim, by=second, version=claim.version)
    with pytest.raises(Refused, match="Another person"):
        workflow.approve(claim, by=second, version=claim.version)
    assert workflow.approve(claim, by=first, version=claim.version).approver == first


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


# The public


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
def test_a_correction_tells_readers_what_changed_and_why() -> None:
    claim = corrected(published(), reason="The sum was 12, not 21.", summary="It is 12.")
    told = Correction.objects.get()
    assert (told.kind, told.reason) == (CorrectionKind.SUBSTANTIAL, "The sum was 12, not 21.")
    assert (told.rating_before, told.rating_after) == ("Mostly false", "Mostly false")
    row = PublishedClaim.objects.get(claim=claim)
    assert (row.summary, row.is_corrected, row.revision.number, claim.state) == (
        "It is 12.",
        True,
        2,
        State.CORRECTED,
    )


@pytest.mark.django_db
def test_a_changed_rating_is_told_as_one() -> None:
    claim = corrected(published(), rating=other_rating())
    told = Correction.objects.get()
    assert (told.rating_before, told.rating_after) == ("Mostly false", "Unverified")
    assert claim.revisions.latest("number").act == "rerate"
    assert set(IndexEntry.objects.filter(kind="rating").values_list("slug", flat=True)) == {"unverified"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("act", "situation"),
    [("correct", "approved with another rating"), ("rerate", "approved, readers see it")],
)
def test_a_changed_rating_is_never_called_a_correction_nor_the_other_way_round(act: str, situation: str) -> None:
    claim = SITUATIONS[situation]()
    with pytest.raises(Refused, match="rating"):
        ACTS[act](claim, by=UserFactory.create(role="Editor"), version=claim.version)


@pytest.mark.django_db
def test_a_correction_is_not_a_withdrawal() -> None:
    claim = SITUATIONS["approved, readers see it"]()
    with pytest.raises(Refused, match="Say how much changes"):
        workflow.correct(
            claim,
            kind=CorrectionKind.VOID,
            reason="So.",
            by=UserFactory.create(role="Editor"),
            version=claim.version,
        )


@pytest.mark.django_db
def test_a_withdrawal_takes_the_claim_and_the_names_that_no_other_shows() -> None:
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
    told = Correction.objects.get(revision=last)
    assert (told.kind, told.rating_before, told.rating_after) == (CorrectionKind.VOID, "Unverified", "")


@pytest.mark.django_db
def test_nobody_is_said_to_have_approved_a_withdrawal() -> None:
    signing = withdrawn(published()).revisions.latest("number").content["revision"]
    assert (signing["approved_by"], signing["approved_alone"]) == ("", False)


@pytest.mark.django_db
def test_a_claim_published_again_goes_on_counting_from_its_first_day() -> None:
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


# Redaction


def readable(claim: Claim) -> list[int]:
    """The numbers of the versions whose text readers may have."""
    return sorted(Revision.objects.readable().filter(claim=claim).values_list("number", flat=True))


@pytest.mark.django_db
def test_a_redaction_takes_the_text_of_every_version_before_it_and_of_no_other() -> None:
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
    told = Revision.objects.with_redaction().filter(claim=claim).order_by("number")
    assert list(told.values_list("redacted_in", flat=True)) == [3, 3, 7, 7, 7, 7, None]


@pytest.mark.django_db
def test_a_redaction_changes_no_row_of_the_record_and_nothing_that_the_newest_says() -> None:
    claim = corrected(published(), summary="Mended.")
    before = list(claim.revisions.order_by("number").values())
    row: dict[str, Any] = {**PublishedClaim.objects.values().get(claim=claim)}
    told = list(Correction.objects.values())
    claim = redacted(claim, reason="It named a private person.")
    *earlier, newest = claim.revisions.order_by("number")
    assert list(claim.revisions.filter(number__lte=2).order_by("number").values()) == before
    assert (newest.act, newest.reason) == ("redact", "It named a private person.")
    assert {**newest.content, "revision": None} == {**earlier[-1].content, "revision": None}
    changed = {name for name, value in PublishedClaim.objects.values().get(claim=claim).items() if value != row[name]}
    assert changed == {"revision_id", "revised_at"}
    assert list(Correction.objects.values()) == told
    assert claim.state == State.CORRECTED
    event = claim.events.latest("version")
    assert (event.kind, event.note) == (EventKind.REDACTED, "It named a private person.")


@pytest.mark.django_db
def test_a_redaction_leaves_the_draft_and_gives_the_text_the_approval_it_had() -> None:
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
        ("published", "the newest version alone"),
        ("redacted", "the newest version alone"),
        ("withdrawn", "Readers do not see this claim"),
        ("approved after a withdrawal", "Readers do not see this claim"),
    ],
)
def test_where_readers_see_no_earlier_text_there_is_nothing_to_redact(situation: str, sentence: str) -> None:
    claim = SITUATIONS[situation]()
    with pytest.raises(Refused, match=sentence):
        redacted(claim)


# Names

RENAMES: dict[str, tuple[Callable[[Claim], Any], str]] = {
    "claimant": (lambda claim: claim.claimant, "name"),
    "topic": (lambda claim: claim.topics.get(), "name"),
    "rating": (lambda claim: claim.rating, "label"),
    "source": (lambda claim: claim.evidence.get().source, "title"),
    "article": (lambda claim: claim.appearances.get().source, "title"),
    "publisher": (lambda claim: claim.appearances.get().source.publisher, "name"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("kind", RENAMES)
def test_a_new_name_reaches_every_claim_that_shows_it_and_no_other(kind: str) -> None:
    find, attribute = RENAMES[kind]
    shared = {
        "claimant": ClaimantFactory.create(),
        "topics": [TopicFactory.create()],
        "appearances": [SourceFactory.create()],
        "evidence": [SourceFactory.create()],
    }
    showing = [published(ClaimFactory.create(**shared)) for _ in range(2)]
    hidden = [ClaimFactory.create(**shared), withdrawn(published(ClaimFactory.create(**shared)))]
    other = published(ClaimFactory.create(rating=other_rating()))
    drafted = edited(showing[1], statement="A draft nobody may see.", claimant=None, rating=other_rating())
    numbers = {claim.pk: claim.revisions.count() for claim in [*showing, *hidden, other]}
    named = find(showing[0])
    old = getattr(named, attribute)
    setattr(named, attribute, "A new name")
    named.save()
    revised = workflow.rename(named, reason="It has another name now.", by=UserFactory.create(role="Editor"))
    assert revised == 2
    assert {claim.pk: claim.revisions.count() - numbers[claim.pk] for claim in [*showing, *hidden, other]} == {
        **{claim.pk: 1 for claim in showing},
        **{claim.pk: 0 for claim in [*hidden, other]},
    }
    assert "A new name" in PublishedClaim.objects.get(claim=drafted).revision.body
    assert old not in "".join(PublishedClaim.objects.values_list("revision__body", flat=True))
    assert invariants.leaked({"A draft nobody may see."}) == set()
    drafted.refresh_from_db()
    assert (drafted.state, drafted.statement) == (State.RESEARCHING, "A draft nobody may see.")
    assert invariants.broken() == []


@pytest.mark.django_db
def test_a_renaming_keeps_the_approval_of_the_text_that_readers_see() -> None:
    claim = published()
    given = claim.approved_by
    claim = approved(edited(claim))
    assert claim.approved_by != given
    claimant = claim.claimant
    assert claimant is not None
    claimant.name = "Somebody else"
    claimant.save()
    workflow.rename(claimant, reason="We misspelt it.", by=UserFactory.create(role="Editor"))
    assert claim.published.revision.content["revision"]["approved_by"] == given


@pytest.mark.django_db
def test_a_source_that_changes_publisher_takes_the_outlet_along() -> None:
    claim = published()
    article, publisher = claim.appearances.get().source, claim.appearances.get().source.publisher
    article.publisher = Publisher.objects.create(slug="gazette", name="Gazette")
    article.save()
    workflow.rename(article, reason="The paper was sold.", by=UserFactory.create(role="Editor"))
    assert PublishedClaim.objects.get().outlets == ["gazette"]
    assert not IndexEntry.objects.filter(kind="outlet", slug=publisher.slug).exists()


@pytest.mark.django_db
def test_a_change_that_readers_do_not_see_revises_nothing_and_needs_no_reason() -> None:
    claim = published()
    claimant = claim.claimant
    assert claimant is not None
    claimant.note = "Ask for an interview."
    claimant.save()
    assert workflow.rename(claimant, reason="", by=UserFactory.create(role="Reporter")) == 0
    assert claim.revisions.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "reason", "refusal"),
    [("Editor", "", Refused), ("Reporter", "We misspelt it.", NotAllowed)],
)
def test_a_refused_renaming_revises_nothing(role: str, reason: str, refusal: type[Refused]) -> None:
    claim = published()
    claimant = claim.claimant
    assert claimant is not None
    assert workflow.shown_in_record(claimant)
    claimant.name = "Somebody else"
    claimant.save()
    with pytest.raises(refusal):
        workflow.rename(claimant, reason=reason, by=UserFactory.create(role=role))
    assert claim.revisions.count() == 1


@pytest.mark.django_db
def test_a_name_in_a_draft_alone_is_not_shown_in_the_record() -> None:
    claim = ClaimFactory.create(topics=[TopicFactory.create()])
    for find, _ in RENAMES.values():
        assert not workflow.shown_in_record(find(claim))


@pytest.mark.django_db
def test_publishing_takes_the_same_number_of_queries_however_much_evidence_there_is() -> None:
    counts = []
    for evidence in (1, 30):
        source = SourceFactory.create()
        claim = ClaimFactory.create(evidence=[])
        for order in range(evidence):
            EvidenceFactory.create(claim=claim, source=source, order=order)
        claim, by = approved(claim), UserFactory.create(role="Editor")
        with CaptureQueriesContext(connection) as counted:
            workflow.publish(claim, by=by, version=claim.version)
        counts.append(len(counted))
    assert counts[0] == counts[1]


# Side by side: real connections, real commits


class Colleague:
    """Somebody at another desk: does one thing on a connection of their own."""

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(max_workers=1)

    def does(self, act: Callable[[], Any]) -> "Future[Any]":
        def work() -> Any:
            try:
                return act()
            finally:
                connection.close()

        return self.pool.submit(work)


def waits_for_a_lock() -> bool:
    """Whether some connection to this database waits for another."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
        return cursor.fetchone() is not None


@contextmanager
def meanwhile(act: Callable[[], Any]) -> Iterator["Future[Any]"]:
    """What stands in the block is done and not yet committed while a colleague starts `act` and waits."""
    with transaction.atomic():
        future: Future[Any] = Future()
        yield future
        result = Colleague().does(act)
        while not (waits_for_a_lock() or result.done()):
            threading.Event().wait(0.01)
    error = result.exception(timeout=30)
    if error:
        future.set_exception(error)
    else:
        future.set_result(result.result())


def renaming(claimant: Claimant, by: User, name: str = "The new name") -> Callable[[], int]:
    def act() -> int:
        with transaction.atomic():
            Claimant.objects.filter(pk=claimant.pk).update(name=name)
            return workflow.rename(Claimant.objects.get(pk=claimant.pk), reason="It has another name now.", by=by)

    return act


@pytest.mark.usefixtures("committed")
class TestSideBySide:
    def test_a_claim_published_while_its_claimant_is_renamed_shows_the_new_name(self) -> None:
        claimant, editor = ClaimantFactory.create(), UserFactory.create(role="Editor")
        published(ClaimFactory.create(claimant=claimant))
        claim = approved(ClaimFactory.create(claimant=claimant))
        with meanwhile(partial(workflow.publish, claim, by=editor, version=claim.version)) as publishing:
            renaming(claimant, editor)()
        publishing.result()
        assert invariants.broken() == []
        assert set(PublishedClaim.objects.values_list("claimant_name", flat=True)) == {"The new name"}

    def test_a_claimant_renamed_while_a_claim_is_published_is_renamed_there_too(self) -> None:
        claimant, editor = ClaimantFactory.create(), UserFactory.create(role="Editor")
        published(ClaimFactory.create(claimant=claimant))
        claim = approved(ClaimFactory.create(claimant=claimant))
        with meanwhile(renaming(claimant, editor)) as revised:
            workflow.publish(claim, by=editor, version=claim.version)
        assert revised.result() == 2
        assert invariants.broken() == []

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

    def test_two_corrections_that_swap_their_names_do_not_wait_for_each_other_for_ever(self) -> None:
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

    def test_of_two_edits_the_second_is_a_conflict_and_the_first_stands(self) -> None:
        claim, editor = ClaimFactory.create(), UserFactory.create(role="Editor")
        theirs = Claim.objects.get(pk=claim.pk)
        theirs.statement, claim.statement = "Theirs.", "Ours."
        with meanwhile(partial(workflow.edit, theirs, by=editor, version=theirs.version)) as second:
            workflow.edit(claim, by=editor, version=claim.version)
        error = second.exception()
        assert isinstance(error, Conflict)
        assert error.claim.statement == "Ours."
        assert Claim.objects.get(pk=claim.pk).statement == "Ours."

    def test_two_claims_of_the_same_words_logged_at_once_get_two_slugs(self) -> None:
        editor = UserFactory.create(role="Editor")
        log = partial(workflow.log, by=editor)
        with meanwhile(lambda: log(Claim(statement="Rents rose."))) as second:
            log(Claim(statement="Rents rose."))
        assert second.result().slug == "rents-rose-2"

    def test_who_waits_too_long_is_told_so_and_has_changed_nothing(self) -> None:
        claim, editor = approved(ClaimFactory.create()), UserFactory.create(role="Editor")

        def impatiently() -> None:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '50ms'")
            workflow.publish(claim, by=editor, version=claim.version)

        with transaction.atomic():
            workflow.assign(claim, to=editor, by=editor, version=claim.version)
            with pytest.raises(Busy, match="try again in a moment"):
                Colleague().does(impatiently).result(timeout=30)
        assert not Revision.objects.exists()

    def test_many_people_at_once_break_nothing(self) -> None:
        claimant, source, chief = (
            ClaimantFactory.create(),
            SourceFactory.create(),
            UserFactory.create(role="Chief editor"),
        )
        claims = [approved(ClaimFactory.create(claimant=claimant, appearances=[source])) for _ in range(6)]
        acts: list[Callable[[], Any]] = [
            *(partial(workflow.publish, claim, by=chief, version=claim.version) for claim in claims),
            *(renaming(claimant, chief, f"Name {number}") for number in range(4)),
        ]
        people = [Colleague().does(act) for act in acts]
        for person in people:
            person.result(timeout=60)
        assert PublishedClaim.objects.count() == len(claims)
        assert PublishedClaim.objects.values("claimant_name").distinct().count() == 1
        assert invariants.broken() == []


@pytest.mark.django_db
def test_a_name_written_with_other_bytes_that_read_the_same_revises_nothing() -> None:
    claimant = ClaimantFactory(name="José")
    published(claimant=claimant)
    claimant.name = "Jose\u0301 "
    claimant.save()
    assert workflow.rename(claimant, reason="", by=UserFactory(role="Editor")) == 0
