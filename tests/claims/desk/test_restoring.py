"""Discarding changes and restoring earlier texts: nothing is lost, and what can't be done says what to do."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from claims.choices import NameKind, Stance, State
from claims.desk import restoring, workflow
from claims.desk.merging import acts as merging
from claims.desk.merging.preview import preview
from claims.desk.rules import NotAllowed, Refused
from claims.models import Claim, ClaimEvent, Revision
from factcheck.accounts.models import User
from sources.choices import Protection
from sources.models import Source
from tests.claims.desk.admin.browser import fields_of
from tests.claims.desk.situations import edited
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
    redacted,
)

pytestmark = pytest.mark.django_db


def editor() -> User:
    return UserFactory.create(role="Editor")


def everything_changed(claim: Claim) -> Claim:
    """The published claim after an edit of every sort of field and row."""
    claim = edited(
        claim,
        statement="Another claim.",
        claimant=ClaimantFactory.create(),
        rating=None,
        missing="A letter.\nA map.",
        places=["Boulder"],
        claimed_on="2024-05",
    )
    claim.topics.set([TopicFactory.create()])
    claim.evidence.all().delete()
    EvidenceFactory.create(claim=claim, stance=Stance.SUPPORTS)
    appearance = claim.appearances.get()
    appearance.exact, appearance.attributed_to = "other words", ClaimantFactory.create()
    appearance.save()
    AppearanceFactory.create(claim=claim)
    return Claim.objects.get(pk=claim.pk)


def text_of(claim: Claim) -> dict[str, Any]:
    return restoring.text_of(Claim.objects.preload().get(pk=claim.pk))


def test_discarded_changes_leave_the_text_that_readers_see_and_the_claim_is_published_again() -> None:
    claim = published(ClaimFactory.create(topics=[TopicFactory.create()], missing="A map.", places=["Denver"]))
    before = text_of(claim)
    claim = everything_changed(claim)
    claim = workflow.discard(claim, by=editor(), version=claim.version)
    assert (text_of(claim), claim.state, claim.revisions.count()) == (before, State.PUBLISHED, 1)
    event = ClaimEvent.objects.filter(claim=claim).latest("version")
    assert (event.kind, event.note) == ("claim.restored", "The changes were discarded.")


def test_whoever_discards_changes_did_not_write_the_text() -> None:
    claim, by = edited(published()), editor()
    claim = workflow.discard(claim, by=by, version=claim.version)
    claim = edited(claim)
    claim = workflow.submit(claim, by=editor(), version=claim.version)
    assert workflow.approve(claim, by=by, version=claim.version).state == State.APPROVED


def test_discarded_changes_can_be_restored() -> None:
    claim = everything_changed(published())
    changed = text_of(claim)
    claim = workflow.discard(claim, by=editor(), version=claim.version)
    [discarded] = restoring.earlier(claim)
    claim = workflow.restore(claim, text=discarded.name, by=editor(), version=claim.version)
    assert (text_of(claim), claim.state) == (changed, State.RESEARCHING)


def test_a_restored_version_is_an_edit_that_can_be_undone() -> None:
    claim = corrected(published(summary="It is 21."), summary="It is 12.")
    by = editor()
    claim = workflow.restore(claim, text="version-1", by=by, version=claim.version)
    assert (claim.summary, claim.state, claim.published.summary) == ("It is 21.", State.RESEARCHING, "It is 12.")
    event = ClaimEvent.objects.filter(claim=claim).latest("version")
    assert (event.kind, event.actor, event.note) == ("claim.edited", by, "Restored the text of version 1.")
    replaced = restoring.earlier(claim)[-1].name
    claim = workflow.restore(claim, text=replaced, by=by, version=claim.version)
    assert (claim.summary, claim.state, claim.revisions.count()) == ("It is 12.", State.CORRECTED, 2)


@pytest.mark.parametrize("text", ["version-2", "version-9", "replaced-1", "", "version-1'"])
def test_a_text_that_the_claim_has_or_never_had_is_refused(text: str) -> None:
    claim = corrected(published())
    with pytest.raises(Refused, match="Choose"):
        workflow.restore(claim, text=text, by=editor(), version=claim.version)
    assert Claim.objects.get(pk=claim.pk).version == claim.version


def test_a_redacted_version_cannot_be_restored() -> None:
    claim = redacted(corrected(published()))
    with pytest.raises(Refused, match="Choose one of the earlier texts"):
        workflow.restore(claim, text="version-1", by=editor(), version=claim.version)


def test_a_name_that_is_gone_is_named_in_the_refusal() -> None:
    topic = TopicFactory.create(name="Rivers")
    claim = edited(published())
    claim.topics.set([topic])
    claim = workflow.discard(claim, by=editor(), version=claim.version)
    topic.delete()
    with pytest.raises(Refused, match=r"no longer exists: “Rivers”\. Copy what you need of it into the form"):
        workflow.restore(claim, text=restoring.earlier(claim)[-1].name, by=editor(), version=claim.version)


def test_a_name_that_was_merged_is_what_it_became() -> None:
    gone, kept = TopicFactory.create(), TopicFactory.create()
    claim = corrected(published(ClaimFactory.create(topics=[gone])))
    seen = preview(NameKind.TOPIC, gone=gone.pk, kept=kept.pk).digest
    change = merging.merge(
        NameKind.TOPIC, gone=gone.pk, kept=kept.pk, reason="The same.", seen=seen, by=editor()
    ).change
    assert change
    merging.accept(change, by=editor(), seen=seen)
    claim.refresh_from_db()
    claim = workflow.restore(claim, text="version-1", by=editor(), version=claim.version)
    assert list(claim.topics.all()) == [kept]


def test_what_only_the_desk_has_of_a_protected_source_stays() -> None:
    described = SourceFactory.create(protection=Protection.DESCRIBED, described_as="An official")
    secret = SourceFactory.create(protection=Protection.DESK)
    claim = ClaimFactory.create(evidence=[])
    EvidenceFactory.create(claim=claim, source=described, locator="page 3", origin="The clerk")
    EvidenceFactory.create(claim=claim, source=secret, finding="Only for us.")
    claim = edited(published(claim))
    row = claim.evidence.get(source=described)
    row.finding = "Something else."
    row.save()
    workflow.discard(claim, by=editor(), version=claim.version)
    row.refresh_from_db()
    assert (row.finding, row.locator, row.origin) == ("The document gives another figure.", "page 3", "The clerk")
    assert claim.evidence.get(source=secret).finding == "Only for us."


def test_words_of_a_protected_source_are_never_discarded() -> None:
    claim = edited(published())
    source = SourceFactory.create(protection=Protection.DESCRIBED, described_as="An official")
    EvidenceFactory.create(claim=claim, source=source, locator="page 3")
    with pytest.raises(Refused, match="Remove it in the form first"):
        workflow.discard(claim, by=editor(), version=claim.version)
    assert claim.evidence.filter(locator="page 3").exists()


def test_nobody_replaces_a_text_with_a_source_that_they_cannot_see() -> None:
    claim = edited(published())
    source = SourceFactory.create(protection=Protection.NAMED)
    source.people.add(UserFactory.create(first_name="Ana", role="Editor"))
    EvidenceFactory.create(claim=claim, source=source)
    with pytest.raises(Refused, match=r"that you can't see\. These people see it: Ana"):
        workflow.discard(claim, by=editor(), version=claim.version)


def test_a_replaced_text_is_hidden_from_those_who_may_no_longer_see_its_source() -> None:
    source = SourceFactory.create(title="Quxmarker letter")
    claim = published()
    EvidenceFactory.create(claim=claim, source=source)
    claim = workflow.edit(claim, by=editor(), version=claim.version)
    claim = workflow.discard(claim, by=editor(), version=claim.version)
    Source.objects.filter(pk=source.pk).update(
        protection=Protection.NAMED, alias="source-a1", canonical_address=None, lookup_key=""
    )
    client = Client()
    client.force_login(editor())
    page = reverse("admin:claims_claim_act", args=[claim.pk, "restore"])
    response = client.get(f"{page}?text={restoring.earlier(claim)[-1].name}")
    assert response.status_code == 409
    assert "Quxmarker" not in response.content.decode()


def test_another_reporters_claim_cannot_be_discarded_and_the_button_says_who_can() -> None:
    claim, reporter = edited(published()), UserFactory.create(role="Reporter")
    with pytest.raises(NotAllowed, match="another reporter's"):
        workflow.discard(claim, by=reporter, version=claim.version)
    client = Client()
    client.force_login(reporter)
    page = client.get(reverse("admin:claims_claim_change", args=[claim.pk])).content.decode()
    assert 'aria-describedby="barred-discard"' in page


def test_the_page_of_each_act_shows_what_goes_before_it_is_confirmed() -> None:
    claim = edited(corrected(published(summary="It is 21."), summary="It is 12."), summary="It is 34.")
    client = Client()
    client.force_login(editor())
    page = client.get(reverse("admin:claims_claim_change", args=[claim.pk])).content.decode()
    restore = reverse("admin:claims_claim_act", args=[claim.pk, "restore"])
    assert f'href="{restore}?text=version-1"' in page
    discard = client.get(reverse("admin:claims_claim_act", args=[claim.pk, "discard"])).content.decode()
    assert "34." in discard
    choice = client.get(restore)
    assert "?text=version-1" in choice.content.decode()
    assert "text" not in fields_of(choice)
    chosen = client.get(f"{restore}?text=version-1")
    assert "21" in chosen.content.decode()
    assert client.post(f"{restore}?text=version-1", fields_of(chosen)).status_code == 302
    claim.refresh_from_db()
    assert claim.summary == "It is 21."


def test_a_correction_of_nothing_is_a_disabled_button_that_says_what_to_do() -> None:
    claim = published()
    claim = workflow.edit(claim, by=editor(), version=claim.version)
    claim = workflow.submit(claim, by=editor(), version=claim.version)
    claim = workflow.approve(claim, by=editor(), version=claim.version)
    client = Client()
    client.force_login(editor())
    page = client.get(reverse("admin:claims_claim_change", args=[claim.pk])).content.decode()
    assert 'aria-describedby="barred-correct"' in page
    assert "Readers already see this text. Send the claim back" in page


def test_a_withdrawn_claim_comes_back_without_an_edit() -> None:
    claim = published()
    claim = workflow.withdraw(
        claim, reason="Forged.", by=UserFactory.create(role="Chief editor"), version=claim.version
    )
    claim = workflow.start_research(claim, by=editor(), version=claim.version)
    claim = workflow.submit(claim, by=editor(), version=claim.version)
    claim = workflow.approve(claim, by=editor(), version=claim.version)
    claim = workflow.publish(claim, reason="It was real.", by=editor(), version=claim.version)
    assert (claim.state, Revision.objects.filter(claim=claim).count()) == (State.PUBLISHED, 3)
