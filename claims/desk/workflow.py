"""The acts on claims, one function each.

Each act is one transaction. It locks the claim, checks the person, the version and the state, changes the claim and
writes its event. A public act also writes the revision and the rows that readers query.

An act that can't be done raises `Refused`, with a sentence for the person who tried, and changes nothing. There is one
exception: an act that would publish something that wasn't approved sends the claim back to review, then raises.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.text import capfirst

from claims.choices import PUBLIC_STATES, Act, CorrectionKind, EventKind, NoticeKind, Priority, State
from claims.desk import approvals, journal, locks, names, notices, readiness, restoring
from claims.desk.rules import RULES, Refused, check_may_change, cleaned, for_others, needed
from claims.models import Claim, PublishedClaim, Revision
from claims.record.body import Signing, signed_again, tombstone
from claims.record.differences import between
from claims.schema import Content
from factcheck.accounts.models import User
from factcheck.core.fields.keys import free_slug

NOTHING_DIFFERS = "Readers already see this text. Send the claim back, and it is published again as it was."
# An edit never changes these, even if the form sent them.
_KEPT = (
    *("author", "assignee", "approver", "approved_by", "approved_by_id", "approved_alone"),
    *("version", "logged_at", "due_on", "priority"),
)


# Logging and editing


@transaction.atomic
def log(claim: Claim, *, by: User) -> Claim:
    """Store a new claim in state logged, with `by` as its author. An empty slug is made from the statement."""
    RULES["log"].check(by)
    claim.slug = claim.slug or _free_slug(claim.statement)
    claim.author, claim.state, claim.version = by, State.LOGGED, 1
    check_fields(claim)
    with journal.storing():
        claim.save(force_insert=True)
    return journal.note(claim, EventKind.LOGGED, by=by, before="")


@transaction.atomic
def edit(claim: Claim, *, by: User, version: int, note: str = "") -> Claim:
    """Store the changed text of `claim`, which `by` read at `version`. The caller saves appearances and evidence.

    A published claim goes back to research. Readers see the published text until the change is approved and published.
    Raises Refused if the claim is in review or approved, Conflict if `version` isn't the newest.
    """
    stored = locks.locked(claim, version=version)
    check_edit(stored, by=by)
    if stored.slug != claim.slug and Revision.objects.filter(claim=stored).exists():
        raise Refused("The slug of a published claim can't change. Restore the old one.")
    before = stored.state
    claim.state = State.RESEARCHING if before in {*PUBLIC_STATES, State.WITHDRAWN} else State(before)
    for name in _KEPT:
        setattr(claim, name, getattr(stored, name))
    check_fields(claim)
    return journal.note(claim, EventKind.EDITED, by=by, before=before, text=cleaned(note))


@transaction.atomic
def restore(claim: Claim, *, text: str, by: User, version: int) -> Claim:
    """Make an earlier text of the claim the desk's text, as an edit. `text` is the name of one in `restoring.earlier`.

    The text that it replaces is kept. Raises Refused if the claim has this text already, and as `restoring.fill` does.
    """
    stored = locks.locked_text(claim, version=version)
    check_edit(stored, by=by)
    found = restoring.find(stored, text)
    if restoring.is_same(stored, found.content):
        raise Refused("The claim has this text already. Choose another one.")
    restoring.keep(stored)
    restoration = restoring.fill(stored, found.content, by=by)
    of = f"version {found.version.number}" if found.version else f"the desk's version {found.replaced.version}"  # type: ignore[union-attr]
    edit(stored, by=by, version=version, note=f"Restored the text of {of}.")
    restoration.save_rows()
    settle(stored, by=by)
    stored.refresh_from_db()
    return stored


@transaction.atomic
def discard(claim: Claim, *, by: User, version: int) -> Claim:
    """Replace the desk's changes of a published claim with the text that readers see. It is then published again.

    The discarded text is kept. Raises Refused as `restoring.fill` does, and while a change of a name in the text is
    being brought to readers.
    """
    claim = _begin(claim, "discard", by=by, version=version, lock=locks.locked_text)
    check_may_change(claim, by)
    shown = _shown(claim)
    if shown is None:
        raise Refused("Readers don't see this claim, so you can't go back to what they see. Change it in the form.")
    restoring.keep(claim)
    restoration = restoring.fill(claim, shown.revision.content, by=by)
    check_fields(claim)
    with journal.storing():
        claim.save(force_update=True)
    restoration.save_rows()
    if not settle(claim, by=by, note="The changes were discarded."):
        now = restoring.text_of(locks.locked_text(claim))
        raise Refused(
            "A name in this claim is being changed, so the text can't be what readers see. Publish or decline the "
            f"change of the name, then try again. {approvals.in_words(between(shown.revision.content, now))}"
        )
    claim.refresh_from_db()
    return claim


@transaction.atomic
def settle(claim: Claim, *, by: User, note: str = "") -> bool:
    """Return a changed claim to its public state if its text is again what readers see. True if it is.

    Call it when the rows of an edit are saved. Readers got this text approved, so it needs no new approval.
    """
    stored = locks.locked(claim)
    shown = _shown(stored) if stored.state == State.RESEARCHING and stored.rating_id else None
    if shown is None:
        return False
    stored = locks.locked_text(stored)
    if not restoring.is_same(stored, shown.revision.content):
        return False
    signed = shown.revision.content["revision"]
    if (stored.approved_by, stored.approved_by_id) != (signed["approved_by"], signed["approved_by_id"]):
        # Somebody approved another text since.
        stored.approver = None
    stored.approved_by, stored.approved_by_id = signed["approved_by"], signed["approved_by_id"]
    stored.approved_alone = signed["approved_alone"]
    to = State.CORRECTED if shown.is_corrected else State.PUBLISHED
    journal.note(stored, EventKind.RESTORED, by=by, to=to, text=note)
    return True


@transaction.atomic
def fix(claim: Claim, *, reason: str, by: User, version: int) -> Claim:
    """Change words of a published claim and submit them, with the `reason` that another person then gives to readers.

    Raises Refused for a claim that isn't published or waits already with other changes, and if nothing differs.
    """
    stored = locks.locked(claim, version=version)
    if stored.state not in PUBLIC_STATES:
        raise Refused("Only a published claim without other changes can be fixed here. Use its form.")
    reason = needed(reason, "Tell readers what was wrong and what is right now.")
    claim = edit(claim, by=by, version=version, note=reason)
    if settle(claim, by=by):
        raise Refused("Nothing differs from what readers see. Change the text first.")
    return submit(claim, by=by, version=claim.version)


def reason_of_fix(claim: Claim) -> str:
    """The reason of the fix that waits for review. Empty if the claim has no fix, or others changed it since."""
    events = list(claim.events.order_by("-version")[:2])
    if [event.kind for event in events] != [EventKind.SUBMITTED, EventKind.EDITED]:
        return ""
    return str(events[1].note)


def check_edit(claim: Claim, *, by: User) -> None:
    """Raises NotAllowed or Refused if `by` can't change the text of `claim` now."""
    RULES["edit"].check(by)
    check_may_change(claim, by)
    if claim.state not in RULES["edit"].states:
        raise Refused(f"This claim is {claim.get_state_display().lower()}. Send it back before you change it.")


@transaction.atomic
def assign(claim: Claim, *, to: User | None, by: User, version: int) -> Claim:
    """Assign the claim to a person, or to nobody."""
    claim = _begin(claim, "assign", by=by, version=version)
    if to is not None and not to.has_perm("claims.change_claim"):
        raise Refused(f"{to.signature} can't work on claims. Choose somebody who can.")
    claim.assignee = to
    notices.tell(claim, NoticeKind.ASSIGNED, people=[to], by=by)
    return journal.note(claim, EventKind.ASSIGNED, by=by, text=f"To {to.signature}." if to else "To nobody.")


@transaction.atomic
def plan(claim: Claim, *, due_on: date | None, priority: Priority, by: User, version: int) -> Claim:
    """Set the due date and the priority of the work. A new due date must be today or later."""
    claim = _begin(claim, "plan", by=by, version=version)
    if due_on and due_on != claim.due_on and due_on < timezone.localdate():
        raise Refused("This due date is over. Choose today or a later day.")
    claim.due_on, claim.priority = due_on, priority
    when = f"Due on {due_on.isoformat()}" if due_on else "No due date"
    return journal.note(claim, EventKind.PLANNED, by=by, text=f"{when}, priority {str(priority.label).lower()}.")


@transaction.atomic
def start_research(claim: Claim, *, by: User, version: int) -> Claim:
    """Start research on a logged claim, or again on one that was declined or withdrawn."""
    claim = _begin(claim, "start", by=by, version=version)
    check_may_change(claim, by)
    return journal.note(claim, EventKind.STARTED, by=by, to=State.RESEARCHING)


# Review


@transaction.atomic
def submit(claim: Claim, *, by: User, version: int) -> Claim:
    """Submit a complete claim for review. Its text can't change until it is sent back or published."""
    claim = _begin(claim, "submit", by=by, version=version, lock=locks.locked_text)
    check_may_change(claim, by)
    _check_complete(claim)
    return journal.note(claim, EventKind.SUBMITTED, by=by, to=State.IN_REVIEW)


@transaction.atomic
def send_back(claim: Claim, *, reason: str, by: User, version: int) -> Claim:
    """Send a claim in review, or an approved one, back to research, with a reason for its author.

    A claim whose text is what readers see returns to its public state instead.
    """
    claim = _begin(claim, "send-back", by=by, version=version)
    reason = needed(reason, "Say what needs to change.")
    claim = journal.note(claim, EventKind.SENT_BACK, by=by, to=State.RESEARCHING, text=reason)
    notices.tell(claim, NoticeKind.SENT_BACK, people=[claim.author, claim.assignee], by=by)
    if settle(claim, by=by):
        claim.refresh_from_db()
    return claim


@transaction.atomic
def approve(claim: Claim, *, by: User, version: int, digest: str = "") -> Claim:
    """Approve the complete public body of the claim, including the names and addresses of its sources.

    With `digest`, the SHA-256 of the body that the person read, another body is refused.
    Raises Refused for a person who may not see one of its sources, and for one who wrote in the claim since the last
    approval. For a desk of one person, the setting FOUR_EYES turns that last rule off. The record then says that they
    approved alone.
    """
    claim = _begin(claim, "approve", by=by, version=version, lock=locks.locked_with_names)
    _check_complete(claim)
    if why_unseen := approvals.why_unseen(claim, by):
        raise Refused(why_unseen)
    why_not = approvals.why_not(claim, by)
    if why_not and settings.FOUR_EYES:
        raise Refused(why_not)
    claim.approver, claim.approved_by, claim.approved_by_id = by, by.signature, by.initials
    claim.approved_alone = bool(why_not)
    claim = journal.note(claim, EventKind.APPROVED, by=by, to=State.APPROVED)
    approval = approvals.store(claim)
    if digest and approval.digest != digest:
        raise Refused("What readers would see has changed since you read it. Read it again.")
    notices.tell(claim, NoticeKind.APPROVED, people=[claim.author, claim.assignee], by=by)
    return claim


@transaction.atomic
def decline(claim: Claim, *, reason: str, by: User, version: int) -> Claim:
    """Decide not to check a claim that was never published."""
    claim = _begin(claim, "decline", by=by, version=version)
    if Revision.objects.filter(claim=claim).exists():
        raise Refused("This claim was published. It can't be declined, only corrected or withdrawn.")
    reason = needed(reason, "Say why it is declined.")
    return journal.note(claim, EventKind.DECLINED, by=by, to=State.DECLINED, text=reason)


# Public acts


@approvals.covered
def publish(claim: Claim, *, by: User, version: int, reason: str = "") -> Claim:
    """Publish an approved claim, or publish a withdrawn one again, with the `reason` for readers."""
    claim = _begin(claim, "publish", by=by, version=version, lock=locks.locked_with_names)
    newest = Revision.objects.filter(claim=claim).order_by("-number").values_list("act", flat=True).first()
    if newest not in {None, Act.WITHDRAW}:
        raise Refused("This claim is published. Correct it, so that readers see what changed and why.")
    again = newest is not None
    reason = needed(reason, "Tell readers why this is published again.") if again else for_others(reason)
    _check_complete(claim)
    body = approvals.check(claim)
    claim = journal.note(claim, EventKind.PUBLISHED, by=by, to=State.PUBLISHED, text=reason)
    act = Act.REPUBLISH if again else Act.PUBLISH
    named = names.named_by(claim) if again else {}
    journal.reveal({claim: partial(_signed, body, claim)}, act, by=by, reason=reason, shown={})
    if again:
        # Readers have the versions before the withdrawal again.
        names.settle_words(named)
    return claim


@approvals.covered
def correct(claim: Claim, *, kind: CorrectionKind, reason: str, by: User, version: int) -> Claim:
    """Replace the published text with the approved text, and publish how much changed and why.

    Raises Refused if the rating differs (use `rerate` then), and if readers already see the same text.
    """
    return _correct(claim, Act.CORRECT, kind=kind, reason=reason, by=by, version=version)


@approvals.covered
def rerate(claim: Claim, *, kind: CorrectionKind, reason: str, by: User, version: int) -> Claim:
    """Replace the published text and rating with the approved ones, and publish how much changed and why."""
    return _correct(claim, Act.RERATE, kind=kind, reason=reason, by=by, version=version)


@transaction.atomic
def publish_fix(claim: Claim, *, kind: CorrectionKind, reason: str, by: User, version: int) -> Claim:
    """Approve what another person changed in a published claim, and correct it with that, in one act."""
    approved = approve(claim, by=by, version=version)
    return correct(approved, kind=kind, reason=reason, by=by, version=approved.version)


@transaction.atomic
def withdraw(claim: Claim, *, reason: str, by: User, version: int) -> Claim:
    """Withdraw a claim from readers. Its address then gives the reason, and its history stays."""
    claim = _begin(claim, "withdraw", by=by, version=version)
    shown = _shown(claim)
    if shown is None:
        raise Refused("Readers don't see this claim, so there is nothing to withdraw.")
    reason = needed(reason, "Tell readers why this is withdrawn.")
    claim = journal.note(claim, EventKind.WITHDRAWN, by=by, to=State.WITHDRAWN, text=reason)
    named = names.named_by(claim)
    journal.hide(claim, shown, partial(tombstone, shown.revision.content), by=by, reason=reason)
    names.settle_words(named)
    return claim


@transaction.atomic
def redact(claim: Claim, *, reason: str, by: User, version: int) -> Claim:
    """Hide the text of every version before the newest from readers, permanently.

    No revision changes. The new revision marks those before it as redacted (`RevisionQuerySet.with_redaction`).
    """
    named = names.named_by(claim)
    names.hold_words(named)
    claim = _begin(claim, "redact", by=by, version=version)
    shown = _shown(claim)
    if shown is None:
        raise Refused("Readers don't see this claim, so there is nothing to redact.")
    if not has_readable_past(claim):
        raise Refused("Readers see only the newest version. To remove something from it, correct the claim.")
    reason = needed(reason, "Tell readers why the earlier versions are redacted.")
    claim = journal.note(claim, EventKind.REDACTED, by=by, text=reason)
    again = {claim: partial(signed_again, shown.revision.content)}
    journal.reveal(again, Act.REDACT, by=by, reason=reason, shown={claim.pk: shown})
    names.settle_words(named)
    return claim


def has_readable_past(claim: Claim) -> bool:
    """True if readers can read a version of this claim before the newest."""
    return Revision.objects.readable().filter(claim=claim).count() > 1


# Shared by the acts


def check_fields(claim: Claim) -> None:
    """Raises Refused if a field has a value that a form would reject. `journal.storing` does so for the constraints."""
    # To ask the database for each constraint takes three queries, and it says the same for nothing.
    references = {field.name for field in Claim._meta.fields if field.is_relation}
    try:
        claim.full_clean(exclude=references, validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        sentences = [
            f"{capfirst(Claim._meta.get_field(name).verbose_name)}: {' '.join(messages)}"  # type: ignore[union-attr]
            for name, messages in error.message_dict.items()
        ]
        raise Refused(" ".join(sentences)) from error


def _begin(claim: Claim, act: str, *, by: User, version: int, lock: Callable[..., Claim] = locks.locked) -> Claim:
    """The stored claim, locked until the transaction ends, for an act by `by`. `lock` is a function of `locks`.

    Raises Conflict for another version, Refused if the act can't be done in this state, NotAllowed if the role doesn't
    allow it.
    """
    stored, rule = lock(claim, version=version), RULES[act]
    if stored.state not in rule.states:
        allowed = " or ".join(str(state.label).lower() for state in rule.states)
        raise Refused(f"This claim is {stored.get_state_display().lower()}. You can do this only when it is {allowed}.")
    rule.check(by)
    return stored


def _check_complete(claim: Claim) -> None:
    """Raises Refused if something is missing. A part of the claim can be withdrawn after the approval."""
    blockers = readiness.blockers(claim)
    if blockers:
        raise Refused("This claim isn't complete. " + " ".join(blockers))


def _correct(claim: Claim, act: Act, *, kind: CorrectionKind, reason: str, by: User, version: int) -> Claim:
    claim = _begin(claim, str(act), by=by, version=version, lock=locks.locked_with_names)
    shown = _shown(claim)
    if shown is None:
        raise Refused("Readers don't see this claim yet. Publish it.")
    rerated = claim.rating is not None and claim.rating.slug != shown.rating
    if rerated and act != Act.RERATE:
        raise Refused("The rating changes. Choose “Change the rating”, so that readers see both.")
    if not rerated and act == Act.RERATE:
        raise Refused("The rating hasn't changed. Choose “Correct”.")
    if restoring.is_same(claim, shown.revision.content):
        raise Refused(NOTHING_DIFFERS)
    if kind not in {CorrectionKind.MINOR, CorrectionKind.UPDATE, CorrectionKind.SUBSTANTIAL}:
        raise Refused("Choose the kind of correction: minor, update or substantial.")
    reason = needed(reason, "Tell readers what was wrong and what is right now.")
    _check_complete(claim)
    body = approvals.check(claim)
    event = EventKind.RERATED if rerated else EventKind.CORRECTED
    claim = journal.note(claim, event, by=by, to=State.CORRECTED, text=reason)
    made = {claim: partial(_signed, body, claim)}
    journal.reveal(made, act, by=by, reason=reason, correction=kind, shown={claim.pk: shown})
    return claim


def _signed(body: Content, claim: Claim, signing: Signing) -> Content:
    """The approved body, signed with its approval and with the people who wrote it."""
    given = replace(
        signing,
        approved_by=claim.approved_by,
        approved_by_id=claim.approved_by_id,
        approved_alone=claim.approved_alone,
        checked_by=approvals.signatures_of_writers(claim.events.order_by("version")),
    )
    return {**body, "revision": given.as_content()}


def _shown(claim: Claim) -> PublishedClaim | None:
    return PublishedClaim.objects.select_related("revision").filter(claim=claim).first()


def _free_slug(statement: str) -> str:
    """A slug that no other claim has, nor one that is being logged at the same time."""
    locks.hold(locks.SLUGS)
    return free_slug(Claim, statement)
