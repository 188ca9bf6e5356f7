"""What people do to claims: one function an act.

Each act is one transaction: it locks the claim, checks the person, the version and the state, changes the desk, and
writes its event and, where readers are touched, the revision and the rows that they query. An act that can't be done
raises `Refused`, whose text is a sentence for the person who tried; then nothing has changed. The one exception: an act
that would publish something else than what was approved sends the claim back to review before it is refused.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from itertools import chain, count

from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.utils.text import capfirst

from claims.choices import PUBLIC_STATES, Act, CorrectionKind, EventKind, State
from claims.desk import approvals, journal, locks, readiness
from claims.desk.rules import RULES, Refused, check_may_change, cleaned, needed
from claims.models import Claim, PublishedClaim, Revision
from claims.record.body import Signing, body_of, signed_again, tombstone
from claims.schema import Content
from claims.search import indexing
from factcheck.accounts.models import User
from factcheck.core.text import slug_from

# What an edit never changes, whatever the form sent.
_KEPT = (
    *("author", "assignee", "approver", "approved_by", "approved_by_id", "approved_alone"),
    *("version", "logged_at"),
)


# Logging and editing


@transaction.atomic
def log(claim: Claim, *, by: User) -> Claim:
    """Store a new claim in state logged, with `by` as its author; without a slug it gets one from its statement."""
    RULES["log"].check(by)
    claim.slug = claim.slug or _free_slug(claim.statement)
    claim.author, claim.state, claim.version = by, State.LOGGED, 1
    check_fields(claim)
    claim.save(force_insert=True)
    return journal.note(claim, EventKind.LOGGED, by=by, before="")


@transaction.atomic
def edit(claim: Claim, *, by: User, version: int, note: str = "") -> Claim:
    """Store the changed text of `claim`, which `by` read at `version`; appearances and evidence are saved beside it.

    A published claim goes back to research: readers keep what they have until the change is approved and published.
    Raises Refused while it is in review or approved, Conflict when `version` is no longer the newest.
    """
    stored = locks.locked(claim, version=version)
    check_edit(stored, by=by)
    if stored.slug != claim.slug and Revision.objects.filter(claim=stored).exists():
        raise Refused("The address of a claim that was published stays as it is. Put the old slug back.")
    before = stored.state
    claim.state = State.RESEARCHING if before in {*PUBLIC_STATES, State.WITHDRAWN} else State(before)
    for name in _KEPT:
        setattr(claim, name, getattr(stored, name))
    check_fields(claim)
    return journal.note(claim, EventKind.EDITED, by=by, before=before, text=cleaned(note))


def check_edit(claim: Claim, *, by: User) -> None:
    """Raises NotAllowed or Refused when `by` can't change the text of `claim` as it is now."""
    RULES["edit"].check(by)
    check_may_change(claim, by)
    if claim.state not in RULES["edit"].states:
        raise Refused(f"This claim is {claim.get_state_display().lower()}. Send it back before you change it.")


@transaction.atomic
def assign(claim: Claim, *, to: User | None, by: User, version: int) -> Claim:
    """Make `to` the person who works on the claim, or nobody."""
    claim = _begin(claim, "assign", by=by, version=version)
    if to is not None and not to.has_perm("claims.change_claim"):
        raise Refused(f"{to.signature} cannot work on claims. Choose somebody who can.")
    claim.assignee = to
    return journal.note(claim, EventKind.ASSIGNED, by=by, text=f"To {to.signature}." if to else "To nobody.")


@transaction.atomic
def start_research(claim: Claim, *, by: User, version: int) -> Claim:
    """Begin to check a logged claim, or take up a declined one again."""
    claim = _begin(claim, "start", by=by, version=version)
    check_may_change(claim, by)
    return journal.note(claim, EventKind.STARTED, by=by, to=State.RESEARCHING)


# Review


@transaction.atomic
def submit(claim: Claim, *, by: User, version: int) -> Claim:
    """Hand a complete claim to another person. From here until it is sent back or published its text can't change."""
    claim = _begin(claim, "submit", by=by, version=version)
    check_may_change(claim, by)
    _check_complete(claim)
    return journal.note(claim, EventKind.SUBMITTED, by=by, to=State.IN_REVIEW)


@transaction.atomic
def send_back(claim: Claim, *, reason: str, by: User, version: int) -> Claim:
    """Return a claim in review, or an approved one, to research, with a reason for its author."""
    claim = _begin(claim, "send-back", by=by, version=version)
    reason = needed(reason, "Say what needs to change.")
    return journal.note(claim, EventKind.SENT_BACK, by=by, to=State.RESEARCHING, text=reason)


@transaction.atomic
def approve(claim: Claim, *, by: User, version: int) -> Claim:
    """Approve the complete public body of the claim, as somebody who didn't write in it since the last approval.

    What was submitted, another person has now seen too, to the last byte: names and addresses of sources included. The
    setting FOUR_EYES switches the second person off for a desk of one; the record then says so.
    """
    claim = _begin(claim, "approve", by=by, version=version, public=True)
    _check_complete(claim)
    alone = not approvals.may_sign(claim, by)
    if alone and settings.FOUR_EYES:
        raise Refused("You wrote in this claim since it was last approved. Another person must approve it.")
    claim.approver, claim.approved_by, claim.approved_by_id = by, by.signature, by.initials
    claim.approved_alone = alone
    claim = journal.note(claim, EventKind.APPROVED, by=by, to=State.APPROVED)
    approvals.store(claim)
    return claim


@transaction.atomic
def decline(claim: Claim, *, reason: str, by: User, version: int) -> Claim:
    """Decide not to check a claim that readers have never seen."""
    claim = _begin(claim, "decline", by=by, version=version)
    if Revision.objects.filter(claim=claim).exists():
        raise Refused("This claim was published. It cannot be declined, only corrected or withdrawn.")
    reason = needed(reason, "Say why it is declined.")
    return journal.note(claim, EventKind.DECLINED, by=by, to=State.DECLINED, text=reason)


# The public


@approvals.covered
def publish(claim: Claim, *, by: User, version: int, reason: str = "") -> Claim:
    """Put an approved claim that readers can't see into the record.

    A claim that was withdrawn is published again, and then `reason` tells readers why.
    """
    claim = _begin(claim, "publish", by=by, version=version, public=True)
    if PublishedClaim.objects.filter(claim=claim).exists():
        raise Refused("This claim is published. Correct it, so that readers learn what changed and why.")
    again = Revision.objects.filter(claim=claim).exists()
    reason = needed(reason, "Tell readers why this is published again.") if again else cleaned(reason)
    approvals.check(claim)
    claim = journal.note(claim, EventKind.PUBLISHED, by=by, to=State.PUBLISHED, text=reason)
    act = Act.REPUBLISH if again else Act.PUBLISH
    journal.reveal({claim: partial(_approved_body, claim)}, act, by=by, reason=reason)
    return claim


@approvals.covered
def correct(claim: Claim, *, kind: CorrectionKind, reason: str, by: User, version: int) -> Claim:
    """Replace what readers see by the approved text, and tell them how much changed and why. The rating stays.

    Raises Refused when the rating differs: that is `rerate`, and readers learn of it as such.
    """
    return _correct(claim, Act.CORRECT, kind=kind, reason=reason, by=by, version=version)


@approvals.covered
def rerate(claim: Claim, *, kind: CorrectionKind, reason: str, by: User, version: int) -> Claim:
    """Replace what readers see by the approved text with its other rating, and tell them how much changed and why."""
    return _correct(claim, Act.RERATE, kind=kind, reason=reason, by=by, version=version)


@transaction.atomic
def withdraw(claim: Claim, *, reason: str, by: User, version: int) -> Claim:
    """Take a claim out of what readers see. Its address then gives the reason, and its history stays."""
    claim = _begin(claim, "withdraw", by=by, version=version, public=True)
    shown = _shown(claim)
    if shown is None:
        raise Refused("Readers do not see this claim, so there is nothing to withdraw.")
    reason = needed(reason, "Tell readers why this is withdrawn.")
    claim = journal.note(claim, EventKind.WITHDRAWN, by=by, to=State.WITHDRAWN, text=reason)
    journal.hide(claim, shown, partial(tombstone, shown.revision.content), by=by, reason=reason)
    return claim


@transaction.atomic
def redact(claim: Claim, *, reason: str, by: User, version: int) -> Claim:
    """Take the text of every earlier version out of what readers see, permanently; they keep the newest as it is.

    No revision changes: the one that this adds makes those before it redacted (`RevisionQuerySet.with_redaction`).
    """
    claim = _begin(claim, "redact", by=by, version=version, public=True)
    shown = _shown(claim)
    if shown is None:
        raise Refused("Readers do not see this claim, so there is nothing to redact.")
    if not has_readable_past(claim):
        raise Refused(
            "Readers see the newest version alone. To take something out of that one, correct the claim first."
        )
    reason = needed(reason, "Tell readers why the earlier versions are redacted.")
    claim = journal.note(claim, EventKind.REDACTED, by=by, text=reason)
    journal.reveal({claim: partial(signed_again, shown.revision.content)}, Act.REDACT, by=by, reason=reason)
    journal.withhold_words(shown.revision.content)
    return claim


def has_readable_past(claim: Claim) -> bool:
    """True if readers can read another version of this claim than the newest."""
    return Revision.objects.readable().filter(claim=claim).count() > 1


# What follows from the record, made again


@transaction.atomic
def refresh_search(claims: Iterable[int]) -> None:
    """Bring what search needs of the published claims with these ids to their revisions; the record stays as it is."""
    locks.hold(locks.RECORD)
    indexing.write(list(PublishedClaim.objects.select_related("revision").filter(pk__in=claims)))


@transaction.atomic
def recount_search() -> None:
    """Count again what searching and the counts beside a list use."""
    locks.hold(locks.RECORD)
    indexing.recount()


# What the acts share


def check_fields(claim: Claim) -> None:
    """Raises Refused when a field holds what no form would take, whoever calls the act."""
    references = {field.name for field in Claim._meta.fields if field.is_relation}
    try:
        claim.full_clean(exclude=references, validate_unique=False)
    except ValidationError as error:
        sentences = [
            " ".join(messages)
            if name == NON_FIELD_ERRORS
            else f"{capfirst(Claim._meta.get_field(name).verbose_name)}: {' '.join(messages)}"  # type: ignore[union-attr]
            for name, messages in error.message_dict.items()
        ]
        raise Refused(" ".join(sentences)) from error


def _begin(claim: Claim, act: str, *, by: User, version: int, public: bool = False) -> Claim:
    """The claim as stored, locked until the transaction ends, for an act that `by` does on this version of it.

    Raises Conflict for another version, Refused for a state in which the act can't be done, NotAllowed for a role.
    """
    stored, rule = locks.locked(claim, version=version, public=public), RULES[act]
    if stored.state not in rule.states:
        allowed = " or ".join(str(state.label).lower() for state in rule.states)
        raise Refused(f"This claim is {stored.get_state_display().lower()}; this can be done when it is {allowed}.")
    rule.check(by)
    return stored


def _check_complete(claim: Claim) -> None:
    stops = readiness.blockers(claim)
    if stops:
        raise Refused("This claim is not complete. " + " ".join(stops))


def _correct(claim: Claim, act: Act, *, kind: CorrectionKind, reason: str, by: User, version: int) -> Claim:
    claim = _begin(claim, str(act), by=by, version=version, public=True)
    shown = _shown(claim)
    if shown is None:
        raise Refused("Readers do not see this claim yet. Publish it.")
    rerated = claim.rating is not None and claim.rating.slug != shown.rating
    if rerated and act != Act.RERATE:
        raise Refused("The rating changes. Choose “Change the rating”, so that readers learn of it.")
    if not rerated and act == Act.RERATE:
        raise Refused("The rating is the one readers see. Choose “Correct”.")
    if kind not in {CorrectionKind.MINOR, CorrectionKind.UPDATE, CorrectionKind.SUBSTANTIAL}:
        raise Refused("Say how much changes: a minor correction, an update or a substantial correction.")
    reason = needed(reason, "Tell readers what was wrong and what is right now.")
    approvals.check(claim)
    event = EventKind.RERATED if rerated else EventKind.CORRECTED
    claim = journal.note(claim, event, by=by, to=State.CORRECTED, text=reason)
    journal.reveal({claim: partial(_approved_body, claim)}, act, by=by, reason=reason, correction=kind)
    return claim


def _approved_body(claim: Claim, signing: Signing) -> Content:
    """The desk's text, with the approval that was given to it."""
    given = replace(
        signing,
        approved_by=claim.approved_by,
        approved_by_id=claim.approved_by_id,
        approved_alone=claim.approved_alone,
    )
    return body_of(claim, given)


def _shown(claim: Claim) -> PublishedClaim | None:
    return PublishedClaim.objects.select_related("revision").filter(claim=claim).first()


def _free_slug(statement: str) -> str:
    """A slug for a new claim that no other claim has, nor one that is being logged at this moment."""
    locks.hold(locks.SLUGS)
    base = slug_from(statement) or "claim"
    taken = set(Claim.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    numbered = (f"{base}-{number}" for number in count(2))
    return next(slug for slug in chain([base], numbered) if slug not in taken)
