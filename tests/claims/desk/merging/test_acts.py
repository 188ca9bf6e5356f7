"""Two rows that are one thing become one: for the desk, for readers, and back."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import IntegrityError, connection, transaction

from claims.choices import Act, EventKind, NameChangeState, NameKind, State, WebhookEvent
from claims.desk import names, workflow
from claims.desk.merging import acts, references
from claims.desk.merging.acts import PreviewOutdated
from claims.desk.merging.preview import preview
from claims.desk.names import Outcome
from claims.desk.rules import NotAllowed, Refused
from claims.models import Affiliation, Claim, Delivery, IndexEntry, NameChange, PublishedClaim, Revision, Topic
from factcheck.accounts.models import User
from sources.models import PassedSentence, Snapshot, SnapshotText
from tests.claims import invariants
from tests.claims.desk.situations import declined, edited, in_review
from tests.factories import (
    ClaimantFactory,
    ClaimFactory,
    EvidenceFactory,
    PublisherFactory,
    SourceFactory,
    SubscriberFactory,
    TopicFactory,
    UserFactory,
    approved,
    corrected,
    published,
    redacted,
    renamed,
    withdrawn,
)

REASON = "They are one and the same."
MADE: dict[NameKind, Callable[[], Any]] = {
    NameKind.CLAIMANT: ClaimantFactory.create,
    NameKind.TOPIC: TopicFactory.create,
    NameKind.SOURCE: SourceFactory.create,
    NameKind.PUBLISHER: PublisherFactory.create,
    NameKind.CLAIM: ClaimFactory.create,
}
NAMED = [kind for kind in MADE if kind != NameKind.CLAIM]


def editor() -> User:
    return UserFactory.create(role="Editor")


def claim_with(kind: NameKind, row: Any, **kwargs: Any) -> Claim:
    """A claim that shows the row, in every place that it can."""
    match kind:
        case NameKind.CLAIMANT:
            claim = ClaimFactory.create(claimant=row, **kwargs)
            claim.appearances.update(attributed_to=row)
            return claim
        case NameKind.TOPIC:
            return ClaimFactory.create(topics=[row], **kwargs)
        case NameKind.SOURCE:
            return ClaimFactory.create(appearances=[row], evidence=[row], **kwargs)
    source = SourceFactory.create(publisher=row)
    return ClaimFactory.create(appearances=[source], evidence=[source], **kwargs)


def proposed(kind: NameKind, gone: Any, kept: Any, *, by: User | None = None, reason: str = REASON) -> Outcome:
    seen = preview(kind, gone=gone.pk, kept=kept.pk).digest
    return acts.merge(kind, gone=gone.pk, kept=kept.pk, reason=reason, seen=seen, by=by or editor())


def accepted(change: NameChange | None, *, by: User | None = None) -> NameChange:
    assert change
    seen = acts.preview_of(change).digest
    done = acts.accept(change, by=by or UserFactory.create(role="Chief editor"), seen=seen).change
    assert done
    return done


def merged(kind: NameKind, gone: Any, kept: Any) -> NameChange:
    change = proposed(kind, gone, kept).change
    assert change
    return accepted(change) if change.state == NameChangeState.PROPOSED else change


def undone(merge: NameChange) -> NameChange:
    change = acts.undo(merge, reason="They are two.", by=editor()).change
    assert change
    if change.state == NameChangeState.PROPOSED:
        acts.accept_undoing(change, by=editor())
    change.refresh_from_db()
    return change


@pytest.mark.django_db
@pytest.mark.parametrize("kind", NAMED)
class TestNames:
    def test_a_name_that_only_the_desk_sees_is_merged_by_one_person(self, kind: NameKind) -> None:
        gone, kept = MADE[kind](), MADE[kind]()
        claim = claim_with(kind, gone)

        change = proposed(kind, gone, kept).change

        assert change
        assert (change.state, change.decided_alone, change.claims) == (NameChangeState.DONE, True, 0)
        assert not type(gone).objects.filter(slug=gone.slug).exists()
        assert claim in names.drafts_of(kept)
        assert claim.events.filter(kind=EventKind.NAME_CHANGED).exists()
        assert not NameChange.objects.brought_to_readers().exists()
        assert invariants.broken() == []

    def test_a_name_that_readers_see_is_merged_by_two_people_and_each_claim_gets_a_revision(
        self, kind: NameKind
    ) -> None:
        gone, kept = MADE[kind](), MADE[kind]()
        shows_gone, shows_kept = published(claim_with(kind, gone)), published(claim_with(kind, kept))
        SubscriberFactory.create()

        change = proposed(kind, gone, kept).change
        assert change
        assert change.state == NameChangeState.PROPOSED
        assert Revision.objects.count() == 2
        change = accepted(change)

        assert (change.state, change.claims, change.revised) == (NameChangeState.DONE, 1, 1)
        newest = Revision.objects.of(shows_gone.slug)[0]
        assert (newest.number, newest.act, newest.reason) == (2, Act.RENAME, REASON)
        assert gone.slug not in newest.body.replace(kept.slug, "").split('"')
        assert Revision.objects.of(shows_kept.slug).count() == 1
        assert not IndexEntry.objects.filter(slug=gone.slug).exists()
        assert names.showing(kept).count() == 2
        assert Delivery.objects.get().event == WebhookEvent.REVISED
        assert invariants.broken() == []

    def test_nobody_accepts_what_they_proposed(self, kind: NameKind) -> None:
        gone, kept, by = MADE[kind](), MADE[kind](), editor()
        published(claim_with(kind, kept))
        change = proposed(kind, gone, kept, by=by).change

        with pytest.raises(Refused, match="You proposed this"):
            accepted(change, by=by)

        assert type(gone).objects.filter(pk=gone.pk).exists()

    def test_the_merge_can_be_undone_and_then_everything_is_as_it_was(self, kind: NameKind) -> None:
        gone, kept = MADE[kind](), MADE[kind]()
        claim = published(claim_with(kind, gone))
        published(claim_with(kind, kept))
        before = Revision.objects.of(claim.slug)[0].content
        merge = merged(kind, gone, kept)

        undone(merge)

        gone.refresh_from_db()
        merge.refresh_from_db()
        assert merge.state == NameChangeState.UNDONE
        after = Revision.objects.of(claim.slug)[0].content
        assert {**after, "revision": None} == {**before, "revision": None}
        assert names.showing(gone).count() == names.showing(kept).count() == 1
        assert invariants.broken() == []

    def test_the_slug_of_what_was_merged_stays_taken(self, kind: NameKind) -> None:
        gone, kept = MADE[kind](), MADE[kind]()
        merged(kind, gone, kept)

        with pytest.raises(IntegrityError, match="was merged into another"), transaction.atomic():
            type(kept).objects.filter(pk=kept.pk).update(slug=gone.slug)

    def test_two_claims_that_are_revised_in_batches_are_whole_in_between(
        self, kind: NameKind, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(names, "AT_ONCE", 1)
        gone, kept = MADE[kind](), MADE[kind]()
        for _ in range(2):
            published(claim_with(kind, gone))
        merge = merged(kind, gone, kept)
        assert merge.state == NameChangeState.ACCEPTED
        assert invariants.broken() == []

        assert not names.write_some(merge, most=1)
        assert invariants.broken() == []
        assert not names.write_some(merge, most=1)
        assert names.write_some(merge, most=1)

        assert names.showing(kept).count() == 2
        assert invariants.broken() == []


@pytest.mark.django_db
class TestClaims:
    def test_a_draft_is_declined_and_the_other_claim_has_its_places_and_evidence(self) -> None:
        gone, kept = ClaimFactory.create(), published()
        EvidenceFactory.create(claim=gone, order=5)
        topic = TopicFactory.create()
        gone.topics.add(topic)
        kept.topics.add(topic)

        merge = merged(NameKind.CLAIM, gone, kept)

        gone.refresh_from_db()
        kept.refresh_from_db()
        assert (gone.state, kept.state, merge.claims) == (State.DECLINED, State.RESEARCHING, 0)
        assert [gone.evidence.count(), gone.appearances.count()] == [0, 0]
        assert [one.order for one in kept.evidence.all()] == [0, 1, 6]
        assert kept.appearances.count() == 2
        assert kept.events.latest("version").kind == EventKind.MERGED
        assert invariants.broken() == []

        undone(merge)

        gone.refresh_from_db()
        assert gone.state == State.RESEARCHING
        assert [one.order for one in gone.evidence.all()] == [0, 5]
        assert list(gone.topics.all()) == list(kept.topics.all()) == [topic]
        assert invariants.broken() == []

    def test_a_published_claim_is_withdrawn_by_two_people_and_readers_keep_the_other(self) -> None:
        gone, kept = published(), published()
        SubscriberFactory.create()
        change = proposed(NameKind.CLAIM, gone, kept).change
        assert change
        with pytest.raises(NotAllowed):
            accepted(change, by=editor())

        accepted(change)

        gone.refresh_from_db()
        assert gone.state == State.WITHDRAWN
        assert Revision.objects.of(gone.slug)[0].reason == REASON
        assert [row.slug for row in PublishedClaim.objects.all()] == [kept.slug]
        assert Delivery.objects.get().event == WebhookEvent.WITHDRAWN
        assert invariants.broken() == []

        undone(NameChange.objects.get(into=kept.slug))
        gone.refresh_from_db()
        assert gone.state == State.RESEARCHING
        again = approved(gone)
        workflow.publish(again, by=editor(), version=again.version, reason="It is another claim.")
        assert invariants.broken() == []

    def test_who_wrote_in_the_claim_that_went_does_not_approve_the_other(self) -> None:
        author = editor()
        gone, kept = ClaimFactory.create(by=author), ClaimFactory.create()
        merged(NameKind.CLAIM, gone, kept)
        kept.refresh_from_db()

        with pytest.raises(Refused, match="Another person must approve it"):
            approved(kept, approver=author)

    @pytest.mark.parametrize(
        ("gone", "kept", "sentence"),
        [
            (lambda: in_review(ClaimFactory.create()), ClaimFactory.create, "Send it back before you merge it"),
            (ClaimFactory.create, lambda: approved(ClaimFactory.create()), "Send it back before you merge it"),
            (lambda: withdrawn(published()), published, "is withdrawn"),
            (published, ClaimFactory.create, "Readers see only one of the two"),
            (ClaimFactory.create, declined, "is declined"),
        ],
        ids=["gone in review", "kept approved", "withdrawn", "kept is a draft", "kept is declined"],
    )
    def test_some_claims_cannot_be_merged(
        self, gone: Callable[[], Claim], kept: Callable[[], Claim], sentence: str
    ) -> None:
        with pytest.raises(Refused, match=sentence):
            merged(NameKind.CLAIM, gone(), kept())
        assert not NameChange.objects.exists()


@pytest.mark.django_db
class TestReferences:
    def test_every_reference_to_a_row_moves_but_the_history_and_the_record_of_a_claim(self) -> None:
        """Found in the tables' constraints and not in the models, so that none is forgotten."""
        tables = [names.ROWS[kind]._meta.db_table for kind in MADE]
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT conrelid::regclass::text FROM pg_constraint "
                "WHERE contype = 'f' AND confrelid::regclass::text = ANY(%s)",
                [tables],
            )
            found = sorted(table for (table,) in cursor.fetchall())
        moved = sorted(one.model._meta.db_table for kind in MADE for one in references.references_to(names.ROWS[kind]))
        stays = sorted(model._meta.db_table for model in references.STAYS)
        assert sorted([*moved, *stays]) == found

    def test_what_both_have_is_kept_once_and_undoing_brings_it_back(self) -> None:
        gone, kept = SourceFactory.create(), SourceFactory.create()
        for source in (gone, kept):
            snapshot = Snapshot.objects.create(source=source, size=1, sha256="0" * 64)
            PassedSentence.objects.create(source=source, sha256="1" * 64)
        Snapshot.objects.create(source=gone, size=1, sha256="2" * 64)
        text = SnapshotText.objects.create(snapshot=gone.snapshots.get(sha256="0" * 64), text="Words.")

        merge = merged(NameKind.SOURCE, gone, kept)

        assert {one.sha256[0] for one in kept.snapshots.all()} == {"0", "2"}
        assert kept.passed_sentences.count() == 1
        assert SnapshotText.objects.get().snapshot == snapshot
        assert "Words." not in str(merge.moved)
        undone(merge)
        assert gone.snapshots.count() == 2
        assert (kept.snapshots.count(), gone.passed_sentences.count()) == (1, 1)
        assert SnapshotText.objects.get().snapshot_id == text.snapshot_id

    def test_a_new_affiliation_changes_all_published_claims_of_who_stays(self) -> None:
        gone, kept = ClaimantFactory.create(), ClaimantFactory.create()
        for claimant, party in ((gone, "Green"), (gone, "Blue"), (kept, "Blue")):
            Affiliation.objects.create(claimant=claimant, name=party, started="2020")
        claim = published(claimant=kept)

        merge = merged(NameKind.CLAIMANT, gone, kept)

        assert merge.claims == merge.revised == 1
        assert "Green" in Revision.objects.of(claim.slug)[0].body
        assert invariants.broken() == []
        undone(merge)
        assert "Green" not in Revision.objects.of(claim.slug)[0].body
        assert gone.affiliations.count() == 2
        assert invariants.broken() == []

    def test_a_claim_on_both_topics_is_on_one(self) -> None:
        gone, kept = TopicFactory.create(), TopicFactory.create()
        claim = published(topics=[gone, kept])

        merge = merged(NameKind.TOPIC, gone, kept)

        assert [card["slug"] for card in Revision.objects.of(claim.slug)[0].content["topics"]] == [kept.slug]
        assert invariants.broken() == []
        undone(merge)
        assert set(claim.topics.all()) == {gone, kept}
        assert invariants.broken() == []


@pytest.mark.django_db
class TestUndoing:
    def test_it_is_refused_if_a_row_that_moved_changed_since(self) -> None:
        gone, kept = SourceFactory.create(), SourceFactory.create()
        evidence = EvidenceFactory.create(claim=ClaimFactory.create(), source=gone)
        merge = merged(NameKind.SOURCE, gone, kept)
        evidence.refresh_from_db()
        evidence.finding = "Another."
        evidence.save()

        with pytest.raises(Refused, match="changed since the merge"):
            undone(merge)

        merge.refresh_from_db()
        assert merge.state == NameChangeState.DONE
        assert not NameChange.objects.filter(undoes=1).exists()

    def test_it_is_refused_if_a_claim_has_another_version_or_was_edited_since(self) -> None:
        gone, kept = ClaimantFactory.create(), ClaimantFactory.create()
        claim, draft = published(claimant=gone), ClaimFactory.create(claimant=kept)
        merge = merged(NameKind.CLAIMANT, gone, kept)
        draft.refresh_from_db()
        edited(draft, statement="Another one.")  # it showed the one that stayed, so it doesn't count
        claim = Claim.objects.get(pk=claim.pk)
        corrected(claim, summary="Another.")

        with pytest.raises(Refused, match=claim.slug):
            undone(merge)

    def test_it_is_refused_if_what_stayed_was_merged_itself_or_its_address_is_taken(self) -> None:
        gone, kept, third = (SourceFactory.create() for _ in range(3))
        first = merged(NameKind.SOURCE, gone, kept)
        SourceFactory.create(address=gone.address)
        with pytest.raises(Refused, match="Something else has its name"):
            undone(first)

        merged(NameKind.SOURCE, kept, third)
        with pytest.raises(Refused, match="deleted"):
            undone(first)

    def test_it_happens_once_and_the_rows_can_be_merged_again(self) -> None:
        gone, kept = TopicFactory.create(), TopicFactory.create()
        merge = merged(NameKind.TOPIC, gone, kept)
        undone(merge)
        merge.refresh_from_db()

        with pytest.raises(Refused, match="Only a merge that is done"):
            undone(merge)
        merged(NameKind.TOPIC, gone, kept)
        assert [one.number for one in NameChange.objects.order_by("pk")] == [1, 2, 3]


@pytest.mark.django_db
class TestRefusals:
    def test_another_change_of_either_name_comes_first(self) -> None:
        gone, kept = ClaimantFactory.create(), ClaimantFactory.create()
        published(claimant=kept)
        proposed(NameKind.CLAIMANT, gone, kept)

        for subject in (gone, kept):
            with pytest.raises(Refused, match="Another change of this name is waiting"):
                renamed(subject, name="Another name")
        with pytest.raises(Refused, match="Another change of this name is waiting"):
            proposed(NameKind.CLAIMANT, kept, ClaimantFactory.create())

    def test_two_rows_are_never_merged_in_a_circle(self) -> None:
        first, second = TopicFactory.create(), TopicFactory.create()
        merged(NameKind.TOPIC, first, second)

        with pytest.raises(Refused, match="doesn't exist any more"):
            merged(NameKind.TOPIC, second, first)

    def test_a_preview_that_is_out_of_date_merges_nothing(self) -> None:
        gone, kept = TopicFactory.create(), TopicFactory.create()
        with pytest.raises(PreviewOutdated):
            acts.merge(NameKind.TOPIC, gone=gone.pk, kept=kept.pk, reason=REASON, seen="", by=editor())
        assert Topic.objects.count() == 2

    def test_one_person_merges_what_readers_see_where_four_eyes_are_off(self, settings: LazySettings) -> None:
        settings.FOUR_EYES = False
        gone, kept = ClaimantFactory.create(), ClaimantFactory.create()
        claim = published(claimant=gone)

        assert proposed(NameKind.CLAIMANT, gone, kept).change.state == NameChangeState.DONE  # type: ignore[union-attr]

        assert Revision.objects.of(claim.slug)[0].content["revision"]["proposed_alone"]
        assert invariants.broken() == []

    def test_a_redacted_claim_is_merged_and_its_past_stays_hidden(self) -> None:
        gone, kept = ClaimantFactory.create(), ClaimantFactory.create()
        claim = redacted(corrected(published(claimant=gone), summary="Another."))
        merged(NameKind.CLAIMANT, gone, kept)
        versions = Revision.objects.of(claim.slug).with_redaction()
        assert [one.redacted_in for one in versions] == [None, None, 3, 3]
        assert invariants.broken() == []
