"""Random people do random things to claims that share names; after each of them every promise holds.

The machine keeps its own account of four eyes: who wrote what, and who saw it. Every byte that readers get must have
been approved by a person who hadn't written it since, or be a name that one person proposed and another accepted.
"""

from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from claims.choices import PUBLIC_STATES, Act, CorrectionKind, State
from claims.desk import names, workflow
from claims.desk.approvals import ApprovalOutdated
from claims.desk.rules import Refused
from claims.models import Claim, NameChange, PublishedClaim, Rating, Revision
from claims.record.body import Signing, body_of, unsigned, without_cards
from claims.record.canonical import canonical
from factcheck.accounts.models import User
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

    claims: list[int]

    def __init__(self) -> None:
        super().__init__()
        self.example = transaction.atomic()
        self.example.__enter__()
        self.words = 0
        self.secrets: set[str] = set()
        self.statements: dict[int, str] = {}
        # Who wrote in a claim since it was approved, who changed a name it shows unseen, and what was approved.
        self.writers: dict[int, set[int]] = defaultdict(set)
        self.meddlers: dict[int, set[int]] = defaultdict(set)
        self.approved: dict[int, set[str]] = defaultdict(set)
        self.revisions = 0

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
        for index, pk in enumerate(self.claims):
            self.statements[pk] = Claim.objects.get(pk=pk).statement
            self.writers[pk].add(self.people[2 + index % 2].pk)
        self.reveal(corrected(published(self.claim(0))))
        self.reveal(published(self.claim(1)))
        for index in (0, 1):
            self.writers[self.claims[index]].clear()
        self.revisions = Revision.objects.latest("pk").pk

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
            outdated = isinstance(refused, ApprovalOutdated)
        if refusal:
            assert not outdated, "whoever changes a name ends the approvals of it"
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
            self.writers[claim.pk].add(self.people[person].pk)

    @rule(
        index=INDEX,
        person=st.integers(0, 5),
        act=st.sampled_from([workflow.start_research, workflow.submit, workflow.approve]),
        behind=st.booleans(),
    )
    def move(self, index: int, person: int, act: Any, behind: bool) -> None:
        claim, by = self.claim(index), self.people[person]
        version = claim.version - behind
        done = self.attempt(lambda: act(claim, by=by, version=version))
        assert not (done and behind)
        if done:
            self.see(act, claim, by)

    def see(self, act: Any, claim: Claim, by: User) -> None:
        """Take down who wrote and who saw what."""
        if act is workflow.submit:
            self.writers[claim.pk].add(by.pk)
            self.meddlers[claim.pk].clear()
        elif act is workflow.approve:
            author = claim.author_id
            assert by.pk not in self.writers[claim.pk] | self.meddlers[claim.pk] | {author}
            self.writers[claim.pk].clear()
            self.approved[claim.pk].add(self.body(claim))

    @staticmethod
    def body(claim: Claim) -> str:
        """What readers would get of the claim, without its signing."""
        signing = Signing(number=1, act=Act.PUBLISH, at=timezone.now(), signed_by="")
        return canonical(unsigned(body_of(Claim.objects.preload().get(pk=claim.pk), signing)))

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
        first, _, third = self.editors
        shown = PublishedClaim.objects.filter(claim=claim).first()
        rerated = shown and claim.rating and shown.rating != claim.rating.slug

        def does(act: Any, by: User) -> Any:
            def step() -> None:
                act(self.claim(index), by=by, version=self.claim(index).version)
                self.see(act, claim, by)

            return step

        if claim.state in {State.LOGGED, State.RESEARCHING} and not self.attempt(does(workflow.submit, first)):
            return
        if self.claim(index).state == State.IN_REVIEW:
            barred = self.writers[claim.pk] | self.meddlers[claim.pk] | {claim.author_id}
            free = [by for by in (*self.editors, self.people[4]) if by.pk not in barred]
            if not free or not self.attempt(does(workflow.approve, free[0])):
                return
        said: dict[str, Any] = {"reason": "It is so.", "by": third}
        publish: Any = workflow.publish if shown is None else workflow.rerate if rerated else workflow.correct
        said |= {} if shown is None else {"kind": CorrectionKind.UPDATE}
        if self.attempt(lambda: publish(self.claim(index), version=self.claim(index).version, **said)):
            self.reveal(claim)
            assert self.claim(index).state in PUBLIC_STATES

    # Names: each a row that claims share

    @rule(
        subject=st.integers(0, 9),
        person=st.integers(0, 5),
        second=st.integers(0, 5),
        reason=REASONS,
        decide=st.sampled_from(["accept", "accept", "decline", "later"]),
    )
    def rename(self, subject: int, person: int, second: int, reason: str, decide: str) -> None:
        pool: list[Named] = [*self.claimants, *self.topics, *self.sources, *self.ratings]
        named: Any = type(pool[subject]).objects.get(pk=pool[subject].pk)
        self.words += 1
        attribute = {"Rating": "label", "Source": "title"}.get(type(named).__name__, "name")
        setattr(named, attribute, f"Name {self.words}")
        by, other = self.people[person], self.people[second]
        seen, drafts = names.is_shown(named), list(names.sends_back(named).values_list("pk", flat=True))
        showing = [pk for pk in self.claims if pk in {claim.pk for claim in names._drafts(named)}]
        if not self.attempt(lambda: names.save(named, named.save, by=by, reason=reason)):
            return
        if not seen:
            for pk in showing:
                self.meddlers[pk].add(by.pk)
            assert all(Claim.objects.get(pk=pk).state == State.IN_REVIEW for pk in drafts)
            return
        change = NameChange.objects.latest("pk")
        if decide != "later":
            self.decide(change, other, decide)

    @rule(person=st.integers(0, 5), decide=st.sampled_from(["accept", "decline"]))
    def decide_later(self, person: int, decide: str) -> None:
        change = NameChange.objects.proposed().first()
        if change:
            self.decide(change, self.people[person], decide)

    def decide(self, change: NameChange, by: User, decide: str) -> None:
        if decide == "decline":
            self.attempt(lambda: names.decline(change, reason="It was right.", by=by))
        elif self.attempt(lambda: names.accept(change, by=by)):
            assert change.proposer_id != by.pk

    @rule()
    def revise_some(self) -> None:
        for change in NameChange.objects.unfinished():
            names.write_some(change, most=1)

    @invariant()
    def every_promise_holds(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        assert invariants.broken() == []

    @invariant()
    def two_people_saw_what_readers_get(self) -> None:
        for revision in Revision.objects.filter(pk__gt=self.revisions).order_by("pk"):
            before = Revision.objects.filter(claim=revision.claim_id, number=revision.number - 1).first()
            text = canonical(unsigned(revision.content))
            match revision.act:
                case Act.WITHDRAW:
                    pass
                case Act.REDACT:
                    assert before is not None
                    assert text == canonical(unsigned(before.content))
                case Act.RENAME:
                    assert before is not None
                    assert without_cards(revision.content) == without_cards(before.content)
                    signing = revision.content["revision"]
                    assert signing["proposed_by_id"] not in {"", signing["signed_by_id"]}
                case _:
                    assert text in self.approved[revision.claim_id]
            self.revisions = revision.pk

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


@pytest.mark.django_db
def test_a_word_of_a_draft_is_seen_in_the_record() -> None:
    published(ClaimFactory.create(statement="A secret word."))
    assert invariants.leaked({"secret word", "other word"}) == {"secret word"}
