"""Random people do random things to claims that share names; after each of them every promise holds."""

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from claims.choices import PUBLIC_STATES, CorrectionKind, State
from claims.desk import workflow
from claims.desk.rules import Refused
from claims.models import Claim, Claimant, IndexEntry, PublishedClaim, Rating
from tests.claims import invariants
from tests.factories import (
    AppearanceFactory,
    ClaimantFactory,
    ClaimFactory,
    EvidenceFactory,
    SourceFactory,
    TopicFactory,
    UserFactory,
    corrected,
    published,
)

if TYPE_CHECKING:
    from claims.record.body import Named

REASONS = st.sampled_from(["", "  ", "A figure was wrong.", "e\u0301\x00 it was so"])
KINDS = st.sampled_from(list(CorrectionKind))
INDEX = st.integers(min_value=0, max_value=2)


class Desk(RuleBasedStateMachine):
    """Three claims that share claimants, topics and sources; six people of all roles."""

    def __init__(self) -> None:
        super().__init__()
        self.example = transaction.atomic()
        self.example.__enter__()
        self.words = 0
        self.secrets: set[str] = set()
        self.statements: dict[int, str] = {}

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.example.__exit__(None, None, None)

    @initialize()
    def open_the_desk(self) -> None:
        self.editors = [UserFactory.create(role="Editor") for _ in range(3)]
        self.people = [
            *self.editors,
            UserFactory.create(role="Reporter"),
            UserFactory.create(role="Chief editor"),
            UserFactory.create(role="Assessor"),
        ]
        self.claimants = ClaimantFactory.create_batch(2)
        self.topics = TopicFactory.create_batch(2)
        self.sources = SourceFactory.create_batch(3)
        self.ratings = list(Rating.objects.filter(slug__in=["mostly-false", "true", "unverified"]))
        self.claims = [
            ClaimFactory.create(
                by=self.people[2 + index % 2],
                claimant=self.claimants[0],
                topics=self.topics[:1],
                appearances=self.sources[:1],
                evidence=self.sources[1:],
                statement=self.secret(),
            ).pk
            for index in range(3)
        ]
        for pk in self.claims:
            self.statements[pk] = Claim.objects.get(pk=pk).statement
        self.reveal(corrected(published(self.claim(0))))
        self.reveal(published(self.claim(1)))

    def secret(self) -> str:
        """A word that the record must not hold until it is published."""
        self.words += 1
        word = f"draft-{self.words:03}-end"
        self.secrets.add(word)
        return word

    def claim(self, index: int) -> Claim:
        return Claim.objects.get(pk=self.claims[index])

    def attempt(self, act: Any) -> bool:
        """Do it. A refusal is a sentence, and has changed nothing."""
        before = invariants.everything()
        refusal = ""
        try:
            with transaction.atomic():
                act()
        except Refused as refused:
            refusal = str(refused)
        if refusal:
            assert refusal.endswith(".")
            assert invariants.everything() == before
        return not refusal

    def reveal(self, claim: Claim) -> None:
        self.secrets.discard(self.statements[claim.pk])

    @rule(index=INDEX, person=st.integers(0, 5), data=st.data())
    def edit(self, index: int, person: int, data: st.DataObject) -> None:
        claim, word = self.claim(index), self.secret()
        claim.statement = word
        claim.rating = data.draw(st.sampled_from([*self.ratings, *self.ratings, None]), label="rating")
        claim.claimant = data.draw(st.sampled_from([*self.claimants, None]), label="claimant")
        topics = data.draw(st.lists(st.sampled_from(self.topics), unique_by=lambda topic: topic.pk), label="topics")
        article = data.draw(st.sampled_from([*self.sources, *self.sources, None]), label="article")
        evidence = data.draw(st.sampled_from(self.sources), label="evidence")

        def act() -> None:
            workflow.edit(claim, by=self.people[person], version=claim.version)
            claim.topics.set(topics)
            claim.appearances.all().delete()
            if article:
                AppearanceFactory.create(claim=claim, source=article)
            claim.evidence.all().delete()
            EvidenceFactory.create(claim=claim, source=evidence, finding=word)

        if self.attempt(act):
            self.statements[claim.pk] = word

    @rule(
        index=INDEX,
        person=st.integers(0, 5),
        act=st.sampled_from([workflow.start_research, workflow.submit, workflow.approve]),
        behind=st.booleans(),
    )
    def move(self, index: int, person: int, act: Any, behind: bool) -> None:
        claim = self.claim(index)
        version = claim.version - behind
        done = self.attempt(lambda: act(claim, by=self.people[person], version=version))
        assert not (done and behind)

    @rule(
        index=INDEX,
        person=st.integers(0, 5),
        act=st.sampled_from([workflow.send_back, workflow.decline, workflow.withdraw, workflow.redact]),
        reason=REASONS,
    )
    def turn_down(self, index: int, person: int, act: Any, reason: str) -> None:
        claim = self.claim(index)
        done = self.attempt(lambda: act(claim, reason=reason, by=self.people[person], version=claim.version))
        assert not (done and not reason.strip())

    @rule(index=INDEX, person=st.integers(0, 5), to=st.integers(0, 6))
    def assign(self, index: int, person: int, to: int) -> None:
        claim, assignee = self.claim(index), [*self.people, None][to]
        self.attempt(lambda: workflow.assign(claim, to=assignee, by=self.people[person], version=claim.version))

    @rule(index=INDEX, person=st.integers(0, 5), act=st.integers(0, 2), reason=REASONS, kind=KINDS)
    def go_public(self, index: int, person: int, act: int, reason: str, kind: CorrectionKind) -> None:
        claim = self.claim(index)
        does: Any = [
            workflow.publish,
            partial(workflow.correct, kind=kind),
            partial(workflow.rerate, kind=kind),
        ][act]
        if self.attempt(lambda: does(claim, reason=reason, by=self.people[person], version=claim.version)):
            self.reveal(claim)

    @rule(index=INDEX, reason=st.just("The source was forged."))
    def take_back(self, index: int, reason: str) -> None:
        claim = self.claim(index)
        self.attempt(lambda: workflow.withdraw(claim, reason=reason, by=self.people[4], version=claim.version))

    @rule(index=INDEX, reason=st.just("It named a private person."))
    def redact(self, index: int, reason: str) -> None:
        claim = self.claim(index)
        self.attempt(lambda: workflow.redact(claim, reason=reason, by=self.people[4], version=claim.version))
        assert self.claim(index).state == claim.state

    @rule(index=INDEX, data=st.data())
    def mend(self, index: int, data: st.DataObject) -> None:
        """Random walks seldom come through a review; this one takes the ordinary way."""
        self.edit(index, 0, data)
        self.finish(index)

    @rule(index=INDEX, person=st.integers(0, 2))
    def sign_alone(self, index: int, person: int) -> None:
        claim, by = self.claim(index), self.people[person]

        def act() -> None:
            submitted = workflow.submit(claim, by=by, version=claim.version)
            workflow.approve(submitted, by=by, version=submitted.version)

        assert not self.attempt(act)

    @rule(index=INDEX)
    def finish(self, index: int) -> None:
        claim = self.claim(index)
        if claim.state not in {State.LOGGED, State.RESEARCHING, State.IN_REVIEW, State.APPROVED}:
            return
        first, second, third = self.editors
        shown = PublishedClaim.objects.filter(claim=claim).first()
        rerated = shown and claim.rating and shown.rating != claim.rating.slug

        def act() -> None:
            current = claim
            if current.state in {State.LOGGED, State.RESEARCHING}:
                current = workflow.submit(current, by=first, version=current.version)
            if current.state == State.IN_REVIEW:
                submitter = current.events.filter(kind="claim.submitted").latest("version").actor
                signed = {current.author, submitter}
                approver = next(by for by in (second, third, first) if by not in signed)
                current = workflow.approve(current, by=approver, version=current.version)
            said: dict[str, Any] = {"reason": "It is so.", "by": third, "version": current.version}
            if shown is None:
                workflow.publish(current, **said)
            else:
                does: Any = workflow.rerate if rerated else workflow.correct
                does(current, kind=CorrectionKind.UPDATE, **said)

        if self.attempt(act):
            self.reveal(claim)
            assert self.claim(index).state in PUBLIC_STATES

    @rule(subject=st.integers(0, 9), person=st.sampled_from([0, 0, 3, 4]), reason=REASONS)
    def rename(self, subject: int, person: int, reason: str) -> None:
        pool: list[Named] = [*self.claimants, *self.topics, *self.sources, *self.ratings]
        named = pool[subject]
        named = type(named).objects.get(pk=named.pk)
        self.words += 1
        attribute = {"Rating": "label", "Source": "title"}.get(type(named).__name__, "name")
        setattr(named, attribute, f"Name {self.words}")

        def act() -> None:
            named.save()
            workflow.rename(named, reason=reason, by=self.people[person])

        self.attempt(act)

    @invariant()
    def every_promise_holds(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        assert invariants.broken() == []

    @invariant()
    def no_draft_is_in_the_record(self) -> None:
        assert invariants.leaked(self.secrets) == set()


@pytest.mark.django_db
def test_whatever_people_do_every_promise_holds() -> None:
    run_state_machine_as_test(
        Desk,
        settings=settings(
            deadline=None,
            max_examples=12,
            stateful_step_count=25,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )


# Negative controls: the checker sees what it is there to see.


@pytest.mark.django_db
def test_all_is_well_after_a_claim_is_published() -> None:
    published()
    assert invariants.broken() == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        {"statement": "Another statement."},
        {"rating": "true"},
        {"topics": ["made-up"]},
        {"origins": 9},
        {"is_corrected": True},
    ],
)
def test_the_check_sees_a_public_row_that_was_tampered_with(change: dict[str, Any]) -> None:
    published()
    PublishedClaim.objects.update(**change)
    assert invariants.broken() != []


@pytest.mark.django_db
def test_the_check_sees_a_missing_and_a_strange_name_in_the_index() -> None:
    published()
    IndexEntry.objects.filter(kind="claimant").delete()
    assert len(invariants.broken()) == 1
    IndexEntry.objects.create(kind="topic", slug="strange", name="Strange", sort_key="strange", body={})
    assert "strange" in invariants.broken()[0]


@pytest.mark.django_db
def test_the_check_sees_a_public_row_that_is_gone_and_a_state_nobody_led_to() -> None:
    claim = published()
    PublishedClaim.objects.all().delete()
    Claim.objects.filter(pk=claim.pk).update(state=State.CORRECTED)
    found = " ".join(invariants.broken())
    assert "readers see it though they should not, or the other way round" in found
    assert "do not lead" in found


@pytest.mark.django_db
def test_the_check_sees_a_name_changed_behind_the_record() -> None:
    published()
    Claimant.objects.update(name="Somebody else")
    assert "shows an old claimant" in " ".join(invariants.broken())


@pytest.mark.django_db
def test_the_check_sees_a_draft_in_the_record() -> None:
    published(ClaimFactory.create(statement="A secret word."))
    assert invariants.leaked({"secret word", "other word"}) == {"secret word"}
