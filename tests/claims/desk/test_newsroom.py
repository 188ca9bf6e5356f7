"""The newsroom's own pages: two people, and words that never change between them."""

from typing import Any

import pytest
from django.conf import LazySettings
from django.db import DatabaseError, transaction

from claims.choices import PageKind, ProposalState
from claims.desk import newsroom
from claims.desk.rules import NotAllowed, Refused
from claims.models import PageProposal, PageVersion
from factcheck.accounts.models import User
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def chiefs() -> tuple[User, User]:
    return UserFactory(role="Chief editor"), UserFactory(role="Chief editor")


def proposed(by: User, text: str = "We check claims.", base: int = 0, **words: Any) -> PageProposal:
    return newsroom.propose(
        PageKind.METHODOLOGY, base=base, by=by, reason="Said for the first time.", text=text, **words
    )


def test_a_second_person_publishes_exactly_what_was_proposed(chiefs: tuple[User, User]) -> None:
    one, other = chiefs
    version = newsroom.publish(proposed(one), by=other)
    assert (version.text, version.number, version.reason) == ("We check claims.", 1, "Said for the first time.")
    assert (version.proposed_by_id, version.published_by_id) == (one.initials, other.initials)
    assert PageProposal.objects.get().state == ProposalState.PUBLISHED


def test_nobody_publishes_what_they_proposed(chiefs: tuple[User, User]) -> None:
    with pytest.raises(Refused, match="Another person must publish it"):
        newsroom.publish(proposed(chiefs[0]), by=chiefs[0])
    assert not PageVersion.objects.exists()


def test_a_desk_of_one_publishes_at_once_and_says_so(chiefs: tuple[User, User], settings: LazySettings) -> None:
    settings.FOUR_EYES = False
    proposed(chiefs[0])
    assert PageVersion.objects.get().decided_alone


@pytest.mark.parametrize("role", ["Editor", "Reporter", "Assessor"])
def test_only_chief_editors_speak_for_the_newsroom(chiefs: tuple[User, User], role: str) -> None:
    person = UserFactory(role=role)
    with pytest.raises(NotAllowed):
        proposed(person)
    with pytest.raises(NotAllowed):
        newsroom.publish(proposed(chiefs[0]), by=person)


def test_somebody_who_is_not_confirmed_signs_nothing(chiefs: tuple[User, User]) -> None:
    User.objects.filter(pk=chiefs[0].pk).update(confirmed_at=None)
    with pytest.raises(NotAllowed, match="confirmed"):
        proposed(User.objects.get(pk=chiefs[0].pk))


def test_the_words_never_change_once_they_are_proposed(chiefs: tuple[User, User]) -> None:
    proposal = proposed(chiefs[0])
    for change in ({"text": "Another."}, {"owner": "X"}, {"reason": "Y"}, {"removes_earlier": True}):
        with pytest.raises(DatabaseError), transaction.atomic():
            PageProposal.objects.filter(pk=proposal.pk).update(**change)
    version = newsroom.publish(proposal, by=chiefs[1])
    for act in (lambda: PageVersion.objects.update(text="Another."), version.delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()


def test_two_proposals_of_one_page_dont_wait_at_once(chiefs: tuple[User, User]) -> None:
    first = proposed(chiefs[0])
    with pytest.raises(Refused, match="Another change of this page is waiting"):
        proposed(chiefs[1], "Other words.")
    newsroom.decline(first, reason="Not yet.", by=chiefs[0])
    assert proposed(chiefs[1], "Other words.").state == ProposalState.PROPOSED
    with pytest.raises(Refused, match="already decided"):
        newsroom.publish(first, by=chiefs[1])


def test_a_proposal_from_an_old_text_is_refused(chiefs: tuple[User, User]) -> None:
    newsroom.publish(proposed(chiefs[0]), by=chiefs[1])
    with pytest.raises(Refused, match="since you opened it"):
        proposed(chiefs[0], "Other words.", base=0)
    with pytest.raises(Refused, match="Nothing differs"):
        proposed(chiefs[0], base=1)


def test_nothing_is_proposed_or_declined_without_a_reason(chiefs: tuple[User, User]) -> None:
    with pytest.raises(Refused, match="Tell readers"):
        newsroom.propose(PageKind.ABOUT, base=0, by=chiefs[0], reason=" ", text="We.")
    with pytest.raises(Refused, match="Say why"):
        newsroom.decline(proposed(chiefs[0]), reason="", by=chiefs[1])
