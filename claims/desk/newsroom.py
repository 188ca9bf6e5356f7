"""The pages that the newsroom writes about itself. One person proposes a text, another brings it to readers."""

from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from claims.choices import PageKind, ProposalState
from claims.desk import locks
from claims.desk.rules import RULES, Refused, needed
from claims.models import PageProposal, PageVersion
from claims.record import purging
from factcheck.accounts import security
from factcheck.accounts.models import SecurityKind, User

_OUTDATED = "This page was changed since you opened it. Compare both texts, then propose yours again."
_WAITS = "Another change of this page is waiting. Publish or decline that one first."


@transaction.atomic
def propose(page: PageKind, *, base: int, by: User, reason: str, **words: Any) -> PageProposal:
    """Propose a text of a page: `text`, `owner`, `funders` and `removes_earlier`. `base` is the version that `by` read.

    A desk of one (`FOUR_EYES=off`) publishes it at once. Raises Refused without a reason, if nothing differs, if
    another proposal waits, and if the page has changed since `base`.
    """
    RULES["page"].check(by)
    reason = needed(reason, "Tell readers what changes, and why.")
    newest = newest_of(page)
    if (newest.number if newest else 0) != base:
        raise Refused(_OUTDATED)
    proposal = PageProposal(page=page, base=base, proposer=by, reason=reason, **words)
    if proposal.words == (newest.words if newest else ("", "", [])) and not proposal.removes_earlier:
        raise Refused("Nothing differs from what readers see. Change the text first.")
    proposal.proposed_by, proposal.proposed_by_id = by.signature, by.initials
    try:
        with transaction.atomic():
            proposal.save()
    except IntegrityError as error:
        raise Refused(_WAITS) from error
    if not settings.FOUR_EYES:
        publish(proposal, by=by)
    return proposal


@transaction.atomic
def publish(proposal: PageProposal, *, by: User) -> PageVersion:
    """Bring the proposed text to readers. `by` must be another person than the proposer, unless the desk is one person.

    Raises Refused for the proposer, and for a proposal that was decided already.
    """
    proposal = _waiting(proposal, by)
    alone = proposal.proposer_id == by.pk
    if alone and settings.FOUR_EYES:
        raise Refused("You proposed this page. Another person must publish it.")
    # No other version can come first: the proposal that waits is the only one of its page.
    version = PageVersion(
        **{name: getattr(proposal, name) for name in PageVersion.PUBLIC},
        number=proposal.base + 1,
        published_by=by.signature,
        published_by_id=by.initials,
        decided_alone=alone,
    )
    version.save(force_insert=True)
    _decide(proposal, ProposalState.PUBLISHED, by)
    security.note(SecurityKind.PAGE, actor=by, about=str(proposal.page), number=version.number)
    # The foot of every page links to the pages that are written.
    purging.note_everything()
    return version


@transaction.atomic
def decline(proposal: PageProposal, *, reason: str, by: User) -> PageProposal:
    """Decline a proposed text. The proposer may do that too. Raises Refused without a reason."""
    proposal = _waiting(proposal, by)
    proposal.why_declined = needed(reason, "Say why this is declined.")
    return _decide(proposal, ProposalState.DECLINED, by)


def newest_of(page: str) -> PageVersion | None:
    """The version of a page that readers see now."""
    newest: PageVersion | None = PageVersion.objects.of(page).first()
    return newest


def versions_of(page: str) -> list[PageVersion]:
    """All versions of a page, newest first."""
    return list(PageVersion.objects.of(page))


def _waiting(proposal: PageProposal, by: User) -> PageProposal:
    """The proposal, locked. Raises Refused if it was decided already or the person may not decide it."""
    RULES["page"].check(by)
    with locks.patience():
        proposal = PageProposal.objects.select_for_update(no_key=True).get(pk=proposal.pk)
    if proposal.state != ProposalState.PROPOSED:
        raise Refused("Somebody has already decided this change. Open it again to see how.")
    return proposal


def _decide(proposal: PageProposal, state: ProposalState, by: User) -> PageProposal:
    proposal.state, proposal.decider, proposal.decided_by = state, by, by.signature
    proposal.decided_at = timezone.now()
    proposal.save(update_fields=["state", "decider", "decided_by", "decided_at", "why_declined"])
    return proposal
