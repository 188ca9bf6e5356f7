"""Changes of names that claims show: by one person until readers see the name, and by two from then on."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from claims.choices import EventKind, NameChangeState, State, WebhookEvent
from claims.desk import names, workflow
from claims.desk.names import Outcome
from claims.desk.rules import Conflict, NotAllowed, Refused
from claims.models import (
    Affiliation,
    Claim,
    Claimant,
    Delivery,
    IndexEntry,
    NameChange,
    PublishedClaim,
    Rating,
    RatingScale,
    Revision,
    Topic,
)
from claims.schema import CLAIMANT, PUBLISHER, SOURCE, TOPIC, Object
from factcheck.accounts.models import User
from sources.models import Publisher, Source
from tests.claims import invariants
from tests.claims.desk.situations import edited, other_rating
from tests.factories import (
    ClaimantFactory,
    ClaimFactory,
    PublisherFactory,
    SourceFactory,
    SubscriberFactory,
    TopicFactory,
    UserFactory,
    approved,
    corrected,
    published,
    renamed,
    saved_name,
    withdrawn,
)
from tests.once import once
from tests.side_by_side import Colleague, meanwhile

REASON = "It has another name now."
NAMES: dict[str, tuple[Callable[[Claim], Any], str]] = {
    "claimant": (lambda claim: claim.claimant, "name"),
    "named by an article": (lambda claim: claim.appearances.get().attributed_to, "name"),
    "topic": (lambda claim: claim.topics.get(), "name"),
    "rating": (lambda claim: claim.rating, "label"),
    "source": (lambda claim: claim.evidence.get().source, "title"),
    "article": (lambda claim: claim.appearances.get().source, "title"),
    "publisher": (lambda claim: claim.appearances.get().source.publisher, "name"),
}


def editor() -> User:
    return UserFactory.create(role="Editor")


def with_topic(**kwargs: Any) -> Claim:
    claim = ClaimFactory.create(topics=[TopicFactory.create()], **kwargs)
    claim.appearances.update(attributed_to=ClaimantFactory.create())
    return claim


def saved(subject: Any, *, by: User | None = None, reason: str = REASON, **changes: Any) -> Outcome:
    for name, value in changes.items():
        setattr(subject, name, value)
    return saved_name(subject, by=by or editor(), reason=reason)


def proposed(subject: Any, **changes: Any) -> NameChange:
    change = saved(subject, **changes).change
    assert change is not None
    return change


def claimant_of(claim: Claim) -> Claimant:
    assert claim.claimant is not None
    return Claimant.objects.get(pk=claim.claimant.pk)


def shown_names() -> set[str]:
    return set(PublishedClaim.objects.values_list("claimant_name", flat=True))


def newest(claim: Claim) -> Any:
    """The newest public body of the claim."""
    return PublishedClaim.objects.get(claim=claim).revision.content


pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("build", "card"),
    [(ClaimantFactory, CLAIMANT), (TopicFactory, TOPIC), (SourceFactory, SOURCE), (PublisherFactory, PUBLISHER)],
)
def test_a_change_of_any_field_that_readers_see_of_a_name_is_proposed(build: Any, card: Object) -> None:
    # Whether a source is protected follows from its level.
    assert {one.name for one in card.fields} - {"slug", "is_protected"} <= names.values_of(build.create()).keys()


class TestANameThatReadersSee:
    def test_stays_until_a_second_person_brings_its_change_to_readers(self) -> None:
        claim = published(with_topic())
        for number, (find, attribute) in enumerate(NAMES.values(), start=1):
            named = find(claim)
            old = getattr(named, attribute)
            change = proposed(named, **{attribute: "A new name"})
            named.refresh_from_db()
            assert getattr(named, attribute) == old
            assert claim.revisions.count() == number
            with pytest.raises(Refused, match="Another person must publish it"):
                names.accept(change, by=change.proposer)  # type: ignore[arg-type]
            names.accept(change, by=editor())
            named.refresh_from_db()
            assert getattr(named, attribute) == "A new name"
            assert claim.revisions.count() == number + 1
            assert invariants.broken() == []

    def test_reaches_every_claim_that_shows_it_and_no_other(self) -> None:
        shared: dict[str, Any] = {
            "claimant": ClaimantFactory.create(),
            "topics": [TopicFactory.create()],
            "appearances": [SourceFactory.create()],
            "evidence": [SourceFactory.create()],
        }
        quoted = ClaimantFactory.create()

        def logged() -> Claim:
            claim = ClaimFactory.create(**shared)
            claim.appearances.update(attributed_to=quoted)
            return claim

        showing = [published(logged()) for _ in range(2)]
        hidden = [logged(), withdrawn(published(logged()))]
        other = published(ClaimFactory.create(rating=other_rating()))
        drafted = edited(showing[1], statement="A draft nobody may see.", claimant=None, rating=other_rating())
        for number, (kind, (find, attribute)) in enumerate(NAMES.items(), start=1):
            named = find(showing[0])
            old = getattr(named, attribute)
            change = renamed(named, **{attribute: f"A new {kind}"})  # type: ignore[arg-type]
            assert change is not None
            assert (change.claims, change.revised, change.state) == (2, 2, NameChangeState.DONE)
            assert [claim.revisions.count() for claim in showing] == [1 + number] * 2
            assert [claim.revisions.count() for claim in [*hidden, other]] == [0, 2, 1]
            assert f"A new {kind}" in PublishedClaim.objects.get(claim=drafted).revision.body
            assert old not in "".join(PublishedClaim.objects.values_list("revision__body", flat=True))
            assert invariants.leaked({"A draft nobody may see."}) == set()
            drafted.refresh_from_db()
            assert (drafted.state, drafted.statement) == (State.RESEARCHING, "A draft nobody may see.")
            assert invariants.broken() == []

    def test_is_signed_by_both_and_the_text_keeps_its_approval(self) -> None:
        claim = published()
        given = claim.approved_by
        claim = approved(edited(claim))
        assert claim.approved_by != given
        first, second = editor(), editor()
        renamed(claimant_of(claim), name="Somebody else", by=first, second=second)
        signing = newest(claim)["revision"]
        assert signing["approved_by"] == given
        assert (signing["proposed_by"], signing["proposed_by_id"]) == (first.signature, first.initials)
        assert (signing["signed_by"], signing["signed_by_id"]) == (second.signature, second.initials)
        assert signing["proposed_alone"] is False

    def test_changes_by_one_person_at_a_desk_of_one_and_readers_can_see_that(self, settings: LazySettings) -> None:
        settings.FOUR_EYES = False
        claim, alone = published(), editor()
        change = proposed(claimant_of(claim), name="Somebody else", by=alone)
        assert (change.state, change.decided_alone, change.decider) == (NameChangeState.DONE, True, alone)
        assert newest(claim)["revision"]["proposed_alone"] is True

    def test_needs_a_reason_and_a_role(self) -> None:
        claimant = claimant_of(published())
        with pytest.raises(Refused, match="Tell them why"):
            saved(claimant, reason=" ", name="Somebody else")
        with pytest.raises(NotAllowed):
            saved(claimant, by=UserFactory.create(role="Reporter"), name="Somebody else")
        assert not NameChange.objects.exists()

    def test_is_brought_only_by_people_whose_role_allows_it(self) -> None:
        change = proposed(claimant_of(published()), name="Somebody else")
        for role in ("Reporter", "Assessor"):
            with pytest.raises(NotAllowed):
                names.accept(change, by=UserFactory.create(role=role))
        assert shown_names() != {"Somebody else"}

    def test_has_one_change_under_way_at_a_time(self) -> None:
        claimant = claimant_of(published())
        change = proposed(claimant, name="Somebody else")
        with pytest.raises(Refused, match="is waiting"):
            saved(claimant, name="Another")
        names.decline(change, reason="It is the old name.", by=editor())
        assert proposed(claimant, name="Another").number == 2

    def test_keeps_its_old_form_when_a_change_is_declined(self) -> None:
        claim = published()
        claimant, old = claimant_of(claim), claimant_of(claim).name
        change = proposed(claimant, name="Somebody else")
        with pytest.raises(Refused, match="Say why"):
            names.decline(change, reason="", by=editor())
        proposer = change.proposer
        assert proposer is not None
        change = names.decline(change, reason="It was a joke.", by=proposer)
        assert (change.state, change.why_declined) == (NameChangeState.DECLINED, "It was a joke.")
        for act in (partial(names.accept, change), partial(names.decline, change, reason="Again.")):
            with pytest.raises(Refused, match="already decided"):
                act(by=editor())
        assert claimant_of(claim).name == old
        assert claim.revisions.count() == 1

    def test_is_not_changed_by_a_proposal_that_is_out_of_date(self) -> None:
        claimant = claimant_of(published())
        change = proposed(claimant, name="Somebody else")
        Claimant.objects.filter(pk=claimant.pk).update(role="Mayor")
        with pytest.raises(Refused, match="changed since the proposal"):
            names.accept(change, by=editor())

    def test_is_not_changed_where_a_publisher_that_it_names_was_changed_since(self) -> None:
        """Readers don't see that publisher yet, so one person changes its name; the second person never saw it."""
        article = published().appearances.get().source
        gazette = PublisherFactory.create(name="Gazette")
        change = proposed(article, publisher=gazette)
        saved(gazette, reason="", name="Nobody's Paper")
        with pytest.raises(Refused, match="changed since the proposal"):
            names.accept(change, by=editor())
        article.refresh_from_db()
        assert article.publisher != gazette

    def test_is_not_changed_where_the_scale_that_it_names_was_changed_since(self) -> None:
        rating = published().rating
        assert rating is not None
        scale = RatingScale.objects.create(slug="ten", name="Ten", best=10)
        change = proposed(rating, scale=scale)
        saved(scale, reason="", best=100)
        with pytest.raises(Refused, match="changed since the proposal"):
            names.accept(change, by=editor())

    def test_is_not_changed_to_a_value_that_a_rule_forbids_by_then(self) -> None:
        rating = published().rating
        assert rating is not None
        Rating.objects.get(slug="false").delete()
        change = proposed(rating, value=1)
        Rating.objects.filter(slug="true").update(value=1)
        with pytest.raises(Refused, match="can't be saved any more"):
            names.accept(change, by=editor())
        assert NameChange.objects.get().state == NameChangeState.PROPOSED

    def test_adds_an_event_to_drafts_that_show_it_and_ends_their_approvals(self) -> None:
        claim = published()
        draft = approved(edited(claim, statement="A draft nobody may see."))
        change = proposed(claimant_of(claim), name="Somebody else")
        outcome = names.accept(change, by=editor())
        assert [found.pk for found in outcome.sent_back] == [draft.pk]
        draft.refresh_from_db()
        assert draft.state == State.IN_REVIEW
        assert draft.events.filter(kind=EventKind.NAME_AGREED).count() == 1

    def test_stores_fields_that_only_the_desk_sees_at_once(self) -> None:
        claimant = claimant_of(published())
        change = proposed(claimant, name="Somebody else", note="Ring before noon.")
        stored = Claimant.objects.get(pk=claimant.pk)
        assert (stored.note, stored.name == "Somebody else") == ("Ring before noon.", False)
        assert "note" not in change.new_values

    def test_may_be_one_of_many_fields_and_rows(self) -> None:
        claim = published()
        claimant = claimant_of(claim)

        def store() -> None:
            claimant.save()
            Affiliation.objects.create(claimant=claimant, name="City council", started="2023")

        change = names.save(claimant, store, by=editor(), reason=REASON).change
        assert change is not None
        assert not Affiliation.objects.exists()
        names.accept(change, by=editor())
        assert newest(claim)["claimant"]["affiliations"] == [{"name": "City council", "started": "2023", "ended": ""}]

    def test_can_be_the_publisher_of_a_source(self) -> None:
        claim = published()
        article, publisher = claim.appearances.get().source, claim.appearances.get().source.publisher
        renamed(article, publisher=PublisherFactory.create(slug="gazette", name="Gazette"))
        assert PublishedClaim.objects.get().outlets == ["gazette"]
        assert publisher
        assert not IndexEntry.objects.filter(kind="outlet", slug=publisher.slug).exists()


class TestWhatReadersDoNotSee:
    def test_a_name_only_in_drafts_is_changed_by_one_person_without_a_reason(self) -> None:
        # Those in use are in a list that readers see.
        Rating.objects.update(is_offered=False)
        claim = with_topic()
        for find, attribute in NAMES.values():
            assert not names.is_shown(find(claim))
            outcome = saved(find(claim), by=UserFactory.create(role="Reporter"), reason="", **{attribute: "New"})
            assert outcome == Outcome()
            assert getattr(find(Claim.objects.get(pk=claim.pk)), attribute) == "New"

    def test_a_field_that_only_the_desk_sees_is_changed_by_one_person(self) -> None:
        claim = published()
        assert saved(claimant_of(claim), reason="", note="Ask for an interview.") == Outcome()
        assert claimant_of(claim).note == "Ask for an interview."
        assert claim.revisions.count() == 1

    def test_other_bytes_that_read_the_same_change_nothing(self) -> None:
        claimant = ClaimantFactory(name="José")
        published(claimant=claimant)
        assert saved(claimant, reason="", name="Jose\u0301 ") == Outcome()

    def test_a_slug_is_changed_like_a_name(self) -> None:
        claim = approved(ClaimFactory.create())
        assert saved(claimant_of(claim), reason="", slug="another").sent_back == [claim]

    def test_a_name_with_a_change_under_way_waits_even_if_readers_no_longer_see_it(self) -> None:
        claim = published()
        change = proposed(claimant_of(claim), name="Somebody else")
        withdrawn(claim)
        with pytest.raises(Refused, match="is waiting"):
            saved(claimant_of(claim), slug="another")
        names.accept(change, by=editor())
        assert claimant_of(claim).name == "Somebody else"

    def test_a_deleted_name_cannot_be_changed(self) -> None:
        source = SourceFactory.create()
        claim = published(evidence=[source, SourceFactory.create()])
        change = proposed(source, title="Another")
        claim = edited(withdrawn(claim))
        claim.evidence.filter(source=source).delete()
        source.delete()
        with pytest.raises(Refused, match="was deleted"):
            names.accept(change, by=editor())
        names.decline(change, reason="It is gone.", by=editor())

    @pytest.mark.parametrize("kind", NAMES)
    def test_an_approved_claim_that_shows_it_is_back_in_review(self, kind: str) -> None:
        find, attribute = NAMES[kind]
        Rating.objects.update(is_offered=False)
        claim = approved(with_topic())
        assert list(names.sends_back(find(claim))) == [claim]
        who = UserFactory.create(role="Reporter")
        outcome = saved(find(claim), by=who, reason="", **{attribute: "New"})
        assert outcome.sent_back == [claim]
        claim.refresh_from_db()
        assert claim.state == State.IN_REVIEW
        assert claim.events.get(version=claim.version).kind == EventKind.NAME_CHANGED
        assert invariants.broken() == []

    def test_a_person_who_changes_a_name_of_a_submitted_claim_may_not_approve_it(self) -> None:
        claim = ClaimFactory.create()
        claim = workflow.submit(claim, by=editor(), version=claim.version)
        meddler = editor()
        saved(claimant_of(claim), by=meddler, reason="", name="New")
        claim.refresh_from_db()
        with pytest.raises(Refused, match="You worked on this claim"):
            workflow.approve(claim, by=meddler, version=claim.version)
        assert workflow.approve(claim, by=editor(), version=claim.version).state == State.APPROVED


class TestAChangeOfMeaning:
    @pytest.mark.parametrize(
        ("find", "change"),
        [
            (lambda claim: claim.rating, {"label": "Mostly wrong"}),
            (lambda claim: claim.rating, {"definition": "Another definition."}),
            (lambda claim: claim.rating, {"value": None, "on_scale": False}),
            (lambda claim: claim.claimant, {"kind": "government-agency"}),
            (lambda claim: claim.claimant, {"wikidata": "https://www.wikidata.org/wiki/Q1"}),
            (lambda claim: claim.evidence.get().source, {"address": "https://elsewhere.example/"}),
            (lambda claim: claim.evidence.get().source, {"is_copy": True}),
            (
                lambda claim: claim.evidence.get().source,
                {"is_copy": True, "original_address": "https://elsewhere.example/"},
            ),
            (lambda claim: claim.evidence.get().source.publisher, {"address": "https://elsewhere.example/"}),
        ],
    )
    def test_is_never_only_a_spelling_even_if_the_editor_says_so(self, find: Any, change: dict[str, Any]) -> None:
        done = renamed(find(published()), spelling_only=True, **change)
        assert done is not None
        assert done.changes_meaning

    def test_of_a_name_changes_its_meaning_unless_the_editor_says_it_is_a_spelling(self) -> None:
        claimant = claimant_of(published())
        spelt, other = (renamed(claimant, name=f"Name {flag}", spelling_only=flag) for flag in (True, False))
        assert spelt is not None
        assert other is not None
        assert (spelt.changes_meaning, other.changes_meaning) == (False, True)

    def test_keeps_the_words_before_and_after(self) -> None:
        rating = published().rating
        assert rating is not None
        label = rating.label
        change = renamed(rating, label="Mostly wrong")
        assert change is not None
        assert label in change.before
        assert "Mostly wrong" not in change.before
        assert "Mostly wrong" in change.after

    def test_keeps_an_address_that_is_withheld_from_readers_out_of_the_words(self) -> None:
        source = published().evidence.get().source
        change = renamed(source, address="https://secret.example/", address_is_private=True)
        assert change is not None
        assert "secret.example" not in change.before + change.after
        assert invariants.leaked({"secret.example"}) == set()


Five = tuple[Claimant, list[Claim]]


def five_claims_of_one() -> Five:
    claimant = ClaimantFactory.create(name="Old")
    return claimant, [published(claimant=claimant) for _ in range(5)]


five = once(five_claims_of_one)


class TestManyClaims:
    """More claims than are revised at once. The command revises them in batches."""

    @pytest.fixture(autouse=True)
    def _small(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(names, "AT_ONCE", 2)

    def test_are_revised_batch_by_batch_and_each_page_shows_the_old_name_or_the_new_one(self, five: Five) -> None:
        claimant, claims = five
        change = renamed(claimant, name="New")
        assert change is not None
        assert (change.state, change.claims, change.revised) == (NameChangeState.ACCEPTED, 5, 0)
        assert claimant.name == "New"
        assert shown_names() == {"Old"}
        counts = []
        while not names.write_some(change, most=2):
            counts.append(PublishedClaim.objects.filter(claimant_name="New").count())
            assert shown_names() <= {"Old", "New"}
            assert invariants.broken() == []
        assert counts == [2, 4]
        change.refresh_from_db()
        assert (change.state, change.revised) == (NameChangeState.DONE, 5)
        assert shown_names() == {"New"}
        assert [claim.revisions.count() for claim in claims] == [2] * 5
        assert names.write_some(change)
        assert Revision.objects.count() == 10

    def test_take_as_many_queries_in_a_batch_as_one_of_them(self, five: Five) -> None:
        change = renamed(five[0], name="New")
        assert change is not None
        counts = []
        for most in (1, 3):
            with CaptureQueriesContext(connection) as queries:
                names.write_some(change, most=most)
            counts.append(len(queries))
        assert counts[0] == counts[1]

    def test_get_versions_with_times_of_their_own_and_a_message_each(self, five: Five) -> None:
        subscriber = SubscriberFactory.create()
        change = renamed(five[0], name="New")
        assert change is not None
        names.write_some(change, most=5)
        versions = Revision.objects.filter(act="rename").order_by("claim_id")
        times = list(versions.values_list("at", flat=True))
        assert times == sorted(set(times))
        assert len(times) == 5
        told = Delivery.objects.filter(subscriber=subscriber, event=WebhookEvent.REVISED)
        assert sorted(told.values_list("revision", flat=True)) == sorted(version.pk for version in versions)

    def test_can_be_published_corrected_and_withdrawn_between_batches(self, five: Five) -> None:
        claimant, claims = five
        waiting = ClaimFactory.create(claimant=claimant)
        change = renamed(claimant, name="New")
        assert change is not None
        names.write_some(change, most=1)
        withdrawn(Claim.objects.get(pk=claims[1].pk))
        corrected(Claim.objects.get(pk=claims[2].pk), summary="A better sum.")
        published(Claim.objects.get(pk=waiting.pk))
        assert shown_names() == {"Old", "New"}
        while not names.write_some(change, most=1):
            assert invariants.broken() == []
        assert shown_names() == {"New"}
        assert NameChange.objects.get().revised == 3
        assert list(IndexEntry.objects.filter(kind="claimant").values_list("name", flat=True)) == ["New"]

    def test_of_which_the_only_new_one_is_withdrawn_leave_the_record_whole(self, five: Five) -> None:
        claimant, claims = five
        change = renamed(claimant, name="New")
        assert change is not None
        names.write_some(change, most=1)
        withdrawn(Claim.objects.get(pk=claims[0].pk))
        assert invariants.broken() == []
        while not names.write_some(change):
            pass
        assert invariants.broken() == []

    def test_wait_for_the_end_of_one_change_before_the_next(self, five: Five) -> None:
        renamed(five[0], name="New")
        with pytest.raises(Refused, match="is waiting"):
            saved(five[0], name="Newer")

    def test_a_batch_that_fails_leaves_no_trace_and_is_done_again(
        self, five: Five, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        change = renamed(five[0], name="New")
        assert change is not None
        revise, calls = names._revise, list[int]()

        def failing(*arguments: Any) -> int:
            calls.append(revise(*arguments))
            if len(calls) == 1:
                raise RuntimeError("the machine stopped")
            return calls[-1]

        monkeypatch.setattr(names, "_revise", failing)
        with pytest.raises(RuntimeError), transaction.atomic():
            names.write_some(change)
        assert shown_names() == {"Old"}
        assert invariants.broken() == []
        while not names.write_some(change):
            pass
        assert shown_names() == {"New"}


class TestTheTable:
    def test_takes_no_decision_by_the_proposer_and_forgets_none(self) -> None:
        change = proposed(claimant_of(published()), name="Somebody else")
        rows = NameChange.objects.filter(pk=change.pk)
        with pytest.raises(IntegrityError, match="name_change_accepted_by_another"), transaction.atomic():
            rows.update(state="accepted", decider=change.proposer, decided_by="X", decided_at=change.proposed_at)
        with pytest.raises(IntegrityError, match="name_change_decision_is_signed"), transaction.atomic():
            rows.update(state="accepted")
        with pytest.raises(DatabaseError, match=r"claims_namechange"), transaction.atomic():
            rows.delete()

    def test_every_name_that_claims_show_is_in_it(self) -> None:
        assert set(names.MODELS.values()) == {Claimant, Topic, Rating, RatingScale, Source, Publisher}


# Side by side: real connections, real commits


def accepting(claimant: Claimant, by: User, name: str = "The new name") -> Callable[[], Any]:
    return partial(names.accept, proposed(Claimant.objects.get(pk=claimant.pk), name=name), by=by)


@pytest.mark.usefixtures("committed")
@pytest.mark.django_db(transaction=True)
class TestSideBySide:
    def test_a_claim_published_while_its_claimant_is_renamed_goes_back_to_review(self) -> None:
        claimant, second = ClaimantFactory.create(), editor()
        published(ClaimFactory.create(claimant=claimant))
        claim = approved(ClaimFactory.create(claimant=claimant))
        rename = accepting(claimant, second)
        with meanwhile(partial(workflow.publish, claim, by=second, version=claim.version)) as publishing:
            rename()
        assert isinstance(publishing.exception(), Conflict)
        assert invariants.broken() == []
        assert shown_names() == {"The new name"}

    def test_a_claimant_renamed_while_a_claim_is_published_is_renamed_there_too(self) -> None:
        claimant, second = ClaimantFactory.create(), editor()
        published(ClaimFactory.create(claimant=claimant))
        claim = approved(ClaimFactory.create(claimant=claimant))
        with meanwhile(accepting(claimant, second)) as accepted:
            workflow.publish(claim, by=second, version=claim.version)
        assert accepted.result().change.revised == 2
        assert shown_names() == {"The new name"}
        assert invariants.broken() == []

    def test_a_change_accepted_twice_at_once_is_accepted_once(self) -> None:
        claim = published()
        accept = accepting(claimant_of(claim), editor())
        with meanwhile(accept) as second:
            accept()
        assert isinstance(second.exception(), Refused)
        assert claim.revisions.count() == 2

    def test_many_people_at_once_break_nothing(self) -> None:
        source, chief = SourceFactory.create(), UserFactory.create(role="Chief editor")
        claimants = ClaimantFactory.create_batch(3)
        for claimant in claimants:
            published(claimant=claimant)
        claims = [approved(ClaimFactory.create(claimant=claimants[n % 3], appearances=[source])) for n in range(6)]
        acts: list[Callable[[], Any]] = [
            *(partial(workflow.publish, claim, by=chief, version=claim.version) for claim in claims),
            *(accepting(claimant, chief, "The new name") for claimant in claimants),
        ]
        people = [Colleague().does(act) for act in acts]
        for person in people:
            assert isinstance(person.exception(), Conflict | None)
        assert shown_names() == {"The new name"}
        assert invariants.broken() == []
