"""The acts that link a claim to fact-checks by other publishers. Each is an edit of the claim."""

from django.core.exceptions import ValidationError
from django.db import transaction

from claims.desk import locks, workflow
from claims.desk.rules import Refused
from claims.models import Claim, ForeignCheck, ForeignLink
from claims.models.foreign_link import WORDS
from factcheck.accounts.models import User
from factcheck.core.text import shortened

# So many fact-checks by others are shown on a claim's page.
MOST_OTHERS = 20


@transaction.atomic
def link(claim: Claim, check: ForeignCheck, *, by: User, version: int) -> Claim:
    """Link a fact-check by another publisher to a claim, which `by` read at `version`.

    Raises Refused if it is linked already, and as `workflow.edit` does.
    """
    others = claim.others.all()
    claim = _begin(claim, by=by, version=version)
    if others.filter(address=check.address).exists():
        raise Refused("This fact-check is linked to the claim already.")
    if others.count() >= MOST_OTHERS:
        raise Refused(f"A claim can have {MOST_OTHERS} linked fact-checks. Remove one first.")
    row = ForeignLink.of(claim, check)
    try:
        row.full_clean(exclude={"claim", "foreign"}, validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        raise Refused(f"This fact-check can't be linked. {' '.join(error.messages)}") from error
    return _store(row, "Linked", by=by, version=version)


@transaction.atomic
def unlink(claim: Claim, row: ForeignLink, *, by: User, version: int) -> Claim:
    """Remove a linked fact-check from a claim. Raises Refused as `workflow.edit` does."""
    _check_is_of(claim, row)
    claim = _begin(claim, by=by, version=version)
    claim = workflow.edit(claim, by=by, version=version, note=_note("Removed", row))
    row.delete()
    workflow.settle(claim, by=by)
    return claim


@transaction.atomic
def update(claim: Claim, row: ForeignLink, *, by: User, version: int) -> Claim:
    """Give a linked fact-check the words and the class that the desk has now. Raises Refused if they are the same."""
    _check_is_of(claim, row)
    claim = _begin(claim, by=by, version=version)
    if row.foreign is None or not row.is_outdated:
        raise Refused("This fact-check has the newest words already.")
    now = ForeignLink.of(claim, row.foreign)
    for name in WORDS:
        setattr(row, name, getattr(now, name))
    return _store(row, "Updated", by=by, version=version)


def _begin(claim: Claim, *, by: User, version: int) -> Claim:
    """The stored claim, locked for an edit."""
    stored = locks.locked(claim, version=version)
    workflow.check_edit(stored, by=by)
    return stored


def _check_is_of(claim: Claim, row: ForeignLink) -> None:
    if row.claim_id != claim.pk:
        raise Refused("This fact-check is linked to another claim. Open the claim again.")


def _store(row: ForeignLink, verb: str, *, by: User, version: int) -> Claim:
    claim = workflow.edit(row.claim, by=by, version=version, note=_note(verb, row))
    row.save()
    workflow.settle(claim, by=by)
    return claim


def _note(verb: str, row: ForeignLink) -> str:
    return f"{verb} the fact-check by {shortened(row.publisher, 100)}: {row.address}"
