"""Acts wait for those that concern the same claim or the same name, and for no others until their last moment."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction

from claims.choices import NameKind, State
from claims.desk import locks, names, workflow
from claims.desk.rules import Busy
from claims.models import Claim, Claimant, NameChange, PublishedClaim, Rating, Revision
from factcheck.accounts.models import User
from tests import factories
from tests.claims import invariants
from tests.factories import (
    ClaimantFactory,
    ClaimFactory,
    PublisherFactory,
    SourceFactory,
    TopicFactory,
    UserFactory,
    approved,
    published,
)
from tests.side_by_side import Colleague, meanwhile

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("committed")]


def editor() -> User:
    return UserFactory.create(role="Editor")


def publishing(claim: Claim) -> Callable[[], Claim]:
    return partial(workflow.publish, claim, by=editor(), version=claim.version)


def impatiently(act: Callable[[], Any]) -> Any:
    """The result of the act by a colleague who waits for no lock. Raises Busy if there is one."""

    def work() -> Any:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '50ms'")
            return act()

    return Colleague().does(work).result()


@contextmanager
def changing(*named: names.Subject) -> Iterator[None]:
    """In the block, these names are being changed."""
    with transaction.atomic():
        locks.hold_names(alone=[(names.kind_of(one), one.pk) for one in named])
        yield


def test_an_act_does_not_wait_for_a_change_of_a_name_that_its_claim_does_not_show() -> None:
    claim = approved(ClaimFactory.create())
    publish = publishing(claim)
    with changing(ClaimantFactory.create(), SourceFactory.create(), TopicFactory.create()):
        impatiently(publish)
    assert PublishedClaim.objects.get().slug == claim.slug


def test_a_claim_waits_for_a_change_of_each_name_that_it_shows() -> None:
    claim = ClaimFactory.create(topics=[TopicFactory.create()])
    claim.appearances.update(attributed_to=ClaimantFactory.create())
    appearance, rating = claim.appearances.get(), Rating.objects.get(pk=claim.rating_id)
    shown: list[Any] = [claim.claimant, claim.topics.get(), rating, rating.scale, appearance.attributed_to]
    shown += [appearance.source, claim.evidence.get().source.publisher]
    claim = workflow.submit(claim, by=editor(), version=claim.version)
    for act in (workflow.approve, workflow.publish):
        does = partial(act, claim, by=editor(), version=claim.version)
        for name in shown:
            with changing(name), pytest.raises(Busy):
                impatiently(does)
            assert Claim.objects.get().state == claim.state, name
        claim = does()
    assert claim.state == State.PUBLISHED


def test_a_claim_can_be_approved_while_another_is_published() -> None:
    claimant = ClaimantFactory.create()
    claims = ClaimFactory.create_batch(2, claimant=claimant)
    publish, second = publishing(approved(claims[0])), workflow.submit(claims[1], by=editor(), version=1)
    approve = partial(workflow.approve, second, by=editor(), version=second.version)
    with transaction.atomic():
        publish()
        claim = impatiently(approve)
    assert claim.state == State.APPROVED


def test_names_of_different_claims_change_at_the_same_time() -> None:
    one, other = ClaimantFactory.create(), ClaimantFactory.create()
    one.name, other.name, by = "One new name", "Another new name", editor()
    with transaction.atomic():
        names.save(one, one.save, by=by)
        impatiently(partial(names.save, other, other.save, by=by))
    assert Claimant.objects.filter(name__endswith="new name").count() == 2


def test_versions_appear_in_the_order_of_their_times() -> None:
    """Whoever follows the record by time would miss a version that appears after a later one."""
    first, second = approved(ClaimFactory.create()), approved(ClaimFactory.create())
    with meanwhile(publishing(second)):
        publishing(first)()
    times = Revision.objects.order_by("at").values_list("slug", "pk")
    assert [slug for slug, _pk in times] == [first.slug, second.slug]
    assert [pk for _slug, pk in times] == sorted(pk for _slug, pk in times)


def test_a_source_is_not_shown_with_a_publisher_whose_name_is_changing() -> None:
    source, publisher = SourceFactory.create(), PublisherFactory.create()
    source.publisher = publisher
    with changing(publisher), pytest.raises(Busy):
        impatiently(partial(names.save, source, source.save, by=editor()))


def test_a_rating_does_not_change_while_its_scale_does() -> None:
    rating = published().rating
    assert rating is not None
    rating.label = "Not so true"
    with changing(rating.scale), pytest.raises(Busy):
        impatiently(partial(names.save, rating, rating.save, by=editor(), reason="It is clearer."))


def test_a_claim_withdrawn_while_a_name_reaches_it_stays_withdrawn() -> None:
    claimant, chief = ClaimantFactory.create(), UserFactory.create(role="Chief editor")
    gone, stays = published(claimant=claimant), published(claimant=claimant)
    claimant.name = "The new name"
    proposal = names.save(claimant, claimant.save, by=editor(), reason="It has a new name.").change
    assert proposal is not None
    with meanwhile(partial(names.accept, proposal, by=editor())) as accepted:
        workflow.withdraw(gone, reason="It was forged.", by=chief, version=gone.version)
    accepted.result()
    assert list(PublishedClaim.objects.values_list("slug", "claimant_name")) == [(stays.slug, "The new name")]
    assert invariants.broken() == []


def test_words_are_redacted_while_a_change_of_the_name_reaches_other_claims(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "AT_ONCE", 0)
    claimant, chief = ClaimantFactory.create(), UserFactory.create(role="Chief editor")
    claim = factories.corrected(published(claimant=claimant), summary="It is right.")
    published(claimant=claimant)
    change = factories.renamed(claimant, name="The new name")
    assert change is not None
    with meanwhile(partial(names.write_some, change)) as writing:
        workflow.redact(claim, reason="It named a person.", by=chief, version=claim.version)
    assert writing.result()
    change.refresh_from_db()
    assert change.words_withheld
    assert invariants.broken() == []


def test_a_redaction_waits_for_a_change_of_a_name_that_only_an_older_version_shows() -> None:
    claimant, chief = ClaimantFactory.create(), UserFactory.create(role="Chief editor")
    claim = factories.corrected(published(claimant=claimant), claimant=ClaimantFactory.create())
    redact = partial(workflow.redact, claim, reason="It named a person.", by=chief, version=claim.version)
    with changing(claimant), pytest.raises(Busy):
        impatiently(redact)
    redact()


def test_a_withdrawal_does_not_wait_for_a_change_of_a_name() -> None:
    claimant, chief = ClaimantFactory.create(), UserFactory.create(role="Chief editor")
    claim = published(claimant=claimant)
    factories.renamed(claimant, name="The new name")
    claim.refresh_from_db()
    with changing(claimant):
        NameChange.objects.select_for_update(no_key=True).get()
        impatiently(partial(workflow.withdraw, claim, reason="It was forged.", by=chief, version=claim.version))
    assert invariants.broken() == []


def test_every_kind_of_name_has_a_lock_of_its_own() -> None:
    row = ClaimantFactory.create()
    with transaction.atomic():
        locks.hold_names(alone=[(NameKind.CLAIMANT, row.pk)])
        others = [(kind, row.pk) for kind in NameKind if kind != NameKind.CLAIMANT]

        def hold() -> None:
            with transaction.atomic():
                locks.hold_names(alone=others)

        impatiently(hold)
