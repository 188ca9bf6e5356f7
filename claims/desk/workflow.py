"""What people do to claims: one function an act.

Each act is one transaction: it locks the claim, checks the person, the version and the state, changes the desk,
writes the event, and, where the public is touched, the revision and the rows that readers query. Nothing else sets
`Claim.state`, publishes or withdraws. An act that may not be done raises `Refused`, whose text is a sentence for the
person who tried; then nothing has changed.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import chain, count

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from psycopg.errors import DeadlockDetected, LockNotAvailable

from claims.choices import (
    LOCKED_STATES,
    PUBLIC_STATES,
    Act,
    CorrectionKind,
    EventKind,
    State,
)
from claims.desk import readiness
from claims.models import (
    Claim,
    Claimant,
    ClaimEvent,
    Correction,
    IndexEntry,
    PublishedClaim,
    Rating,
    Revision,
    Topic,
)
from claims.record import outbox
from claims.record.body import Named, Signing, body_of, signed_again, tombstone, with_updated_card
from claims.record.canonical import canonical
from claims.record.rows import Entry, columns, entries
from claims.schema import Content
from claims.search import indexing
from factcheck.accounts.models import User
from factcheck.core.text import clean, slug_from
from sources.models import Publisher, Source

# Name the advisory locks: on what readers see, and on the slugs that logging gives.
_RECORD_LOCK, _SLUG_LOCK = 0x5EC0BD, 0x51C6
# What an edit never changes, whatever the form sent.
_KEPT = ("author", "assignee", "approver", "approved_by", "approved_alone", "version", "logged_at")

MakeContent = Callable[[Signing], Content]


class Refused(Exception):
    """An act that may not be done now, by this person, or on this version. The text says why and what to do."""


class NotAllowed(Refused):
    """The person may not do this at all."""


class Conflict(Refused):
    """Somebody else changed the claim since this person read it."""

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        super().__init__("Somebody else changed this claim since you opened it. Compare both texts, then save again.")


class Busy(Refused):
    """Another act held what this one needs for longer than the database lets it wait."""

    def __init__(self) -> None:
        super().__init__("Somebody else is changing this right now. Nothing was saved; try again in a moment.")


# Logging and editing


@transaction.atomic
def log(claim: Claim, *, by: User) -> Claim:
    """Store a new claim in state logged, with `by` as its author; without a slug it gets one from its statement."""
    _permit(by, "add_claim")
    claim.slug = claim.slug or _free_slug(claim.statement)
    claim.author, claim.state, claim.version = by, State.LOGGED, 1
    claim.save(force_insert=True)
    _event(claim, EventKind.LOGGED, by=by, before="")
    return claim


@transaction.atomic
def edit(claim: Claim, *, by: User, version: int, note: str = "") -> Claim:
    """Store the changed text of `claim`, which `by` read at `version`; appearances and evidence are saved beside it.

    A published claim goes back to research: readers keep what they have until it is approved and corrected.
    Raises Refused while it is in review or approved, Conflict when `version` is no longer the newest.
    """
    stored = _locked(claim, version=version)
    check_edit(stored, by=by)
    if stored.slug != claim.slug and Revision.objects.filter(claim=stored).exists():
        raise Refused("The address of a claim that was published stays as it is. Put the old slug back.")
    before = stored.state
    claim.state = State.RESEARCHING if before in {*PUBLIC_STATES, State.WITHDRAWN} else State(before)
    for name in _KEPT:
        setattr(claim, name, getattr(stored, name))
    _event(claim, EventKind.EDITED, by=by, before=before, note=_cleaned(note))
    return claim


def check_edit(claim: Claim, *, by: User) -> None:
    """Raises NotAllowed or Refused when `by` may not change the text of `claim` as it stands."""
    _permit(by, "change_claim")
    if not may_change(claim, by):
        raise NotAllowed("This claim is another reporter's. Ask an editor to assign it to you.")
    if claim.state in LOCKED_STATES:
        raise Refused(f"This claim is {claim.get_state_display().lower()}. Send it back before you change it.")


@transaction.atomic
def assign(claim: Claim, *, to: User | None, by: User, version: int) -> Claim:
    """Make `to` the person who works on the claim, or nobody."""
    claim = _locked(claim, version=version)
    _permit(by, "assign_claim")
    if to is not None and not (to.is_active and to.has_perm("claims.change_claim")):
        raise Refused(f"{to.signature} cannot work on claims. Choose somebody who can.")
    claim.assignee = to
    _event(claim, EventKind.ASSIGNED, by=by, note=f"To {to.signature}." if to else "To nobody.")
    return claim


@transaction.atomic
def start_research(claim: Claim, *, by: User, version: int) -> Claim:
    """Begin to check a logged claim, or take up a declined one again."""
    claim = _locked(claim, State.LOGGED, State.DECLINED, version=version)
    _permit(by, "change_claim")
    if not may_change(claim, by):
        raise NotAllowed("This claim is another reporter's. Ask an editor to assign it to you.")
    _event(claim, EventKind.STARTED, by=by, to=State.RESEARCHING)
    return claim


# Review


@transaction.atomic
def submit(claim: Claim, *, by: User, version: int) -> Claim:
    """Hand a complete claim to another person. From here until it is sent back or published its text stands still."""
    claim = _locked(claim, State.LOGGED, State.RESEARCHING, version=version)
    _permit(by, "submit_claim")
    if not may_change(claim, by):
        raise NotAllowed("This claim is another reporter's. Ask an editor to assign it to you.")
    stops = readiness.blockers(claim)
    if stops:
        raise Refused("This claim is not complete. " + " ".join(stops))
    _event(claim, EventKind.SUBMITTED, by=by, to=State.IN_REVIEW)
    return claim


@transaction.atomic
def send_back(claim: Claim, *, reason: str, by: User, version: int) -> Claim:
    """Return a claim in review, or an approved one, to research, with a reason for its author."""
    claim = _locked(claim, *LOCKED_STATES, version=version)
    _permit(by, "send_back_claim")
    _event(claim, EventKind.SENT_BACK, by=by, to=State.RESEARCHING, note=_needed(reason, "Say what is to be mended."))
    return claim


@transaction.atomic
def approve(claim: Claim, *, by: User, version: int) -> Claim:
    """Sign what stands there, as another person than its author and than the one who submitted it.

    Text does not move between the two acts, so two people have signed the same words. The setting FOUR_EYES
    switches that off for a desk of one; the record then says so.
    """
    claim = _locked(claim, State.IN_REVIEW, version=version)
    _permit(by, "approve_claim")
    stops = readiness.blockers(claim)
    if stops:
        raise Refused("This claim is not complete. " + " ".join(stops))
    alone = is_own(claim, by)
    if alone and settings.FOUR_EYES:
        raise Refused("You logged or submitted this claim. Another person must approve it.")
    claim.approver, claim.approved_by, claim.approved_alone = by, by.signature, alone
    _event(claim, EventKind.APPROVED, by=by, to=State.APPROVED)
    return claim


@transaction.atomic
def decline(claim: Claim, *, reason: str, by: User, version: int) -> Claim:
    """Decide not to check a claim that readers have never seen."""
    claim = _locked(claim, State.LOGGED, State.RESEARCHING, State.IN_REVIEW, version=version)
    _permit(by, "decline_claim")
    if Revision.objects.filter(claim=claim).exists():
        raise Refused("This claim was published. It cannot be declined, only corrected or withdrawn.")
    _event(claim, EventKind.DECLINED, by=by, to=State.DECLINED, note=_needed(reason, "Say why it is declined."))
    return claim


# The public


@transaction.atomic
def publish(claim: Claim, *, by: User, version: int, reason: str = "") -> Claim:
    """Put an approved claim that readers cannot see into the record.

    A claim that was withdrawn before is published again, and then `reason` tells readers why.
    """
    claim = _locked(claim, State.APPROVED, version=version, public=True)
    _permit(by, "publish_claim")
    if PublishedClaim.objects.filter(claim=claim).exists():
        raise Refused("This claim is published. Correct it, so that readers learn what changed and why.")
    again = Revision.objects.filter(claim=claim).exists()
    reason = _needed(reason, "Tell readers why this is published again.") if again else _cleaned(reason)
    claim = _event(claim, EventKind.PUBLISHED, by=by, to=State.PUBLISHED, note=reason)
    _reveal(claim, Act.REPUBLISH if again else Act.PUBLISH, _desk_state(claim), by=by, reason=reason)
    return claim


@transaction.atomic
def correct(claim: Claim, *, kind: CorrectionKind, reason: str, by: User, version: int) -> Claim:
    """Replace what readers see by the approved text, and tell them how much changed and why. The rating stays.

    Raises Refused when the rating differs: that is `rerate`, and readers are told so.
    """
    return _correct(claim, Act.CORRECT, kind=kind, reason=reason, by=by, version=version)


@transaction.atomic
def rerate(claim: Claim, *, kind: CorrectionKind, reason: str, by: User, version: int) -> Claim:
    """Replace what readers see by the approved text with its other rating, and tell them how much changed and why."""
    return _correct(claim, Act.RERATE, kind=kind, reason=reason, by=by, version=version)


@transaction.atomic
def withdraw(claim: Claim, *, reason: str, by: User, version: int) -> Claim:
    """Take a claim out of what readers see. Its address then gives the reason, and its history stays."""
    claim = _locked(claim, version=version, public=True)
    _permit(by, "withdraw_claim")
    shown = _shown(claim)
    if shown is None:
        raise Refused("Readers do not see this claim, so there is nothing to withdraw.")
    reason = _needed(reason, "Tell readers why this is withdrawn.")
    claim = _event(claim, EventKind.WITHDRAWN, by=by, to=State.WITHDRAWN, note=reason)
    content = shown.revision.content
    _add_revision(
        claim,
        Act.WITHDRAW,
        lambda signing: tombstone(content, signing),
        by=by,
        reason=reason,
        correction=CorrectionKind.VOID,
        before=shown.rating_label,
    )
    indexing.remove(shown)
    shown.delete()
    _drop_unshown(entries(content))
    return claim


@transaction.atomic
def redact(claim: Claim, *, reason: str, by: User, version: int) -> Claim:
    """Take the text of every earlier version out of what readers see, for good; they keep the newest as it stands.

    No revision changes: the one that this adds makes those before it redacted (`RevisionQuerySet.with_redaction`).
    """
    claim = _locked(claim, version=version, public=True)
    _permit(by, "redact_claim")
    shown = _shown(claim)
    if shown is None:
        raise Refused("Readers do not see this claim, so there is nothing to redact.")
    if not has_readable_past(claim):
        raise Refused(
            "Readers see the newest version alone. To take something out of that one, correct the claim first."
        )
    reason = _needed(reason, "Tell readers why the earlier versions are redacted.")
    claim = _event(claim, EventKind.REDACTED, by=by, note=reason)
    _reveal(claim, Act.REDACT, partial(signed_again, shown.revision.content), by=by, reason=reason)
    return claim


@transaction.atomic
def rename(subject: Named, *, reason: str, by: User) -> int:
    """Bring every published claim that shows `subject` to how the desk now has it; returns how many were revised.

    The desk saves the claimant, topic, source, publisher or rating first, in the same transaction. Unpublished
    changes to those claims stay unpublished. Nothing happens when readers see no difference.
    Raises Refused without a reason when they do, and for a person who may not.
    """
    _lock(_RECORD_LOCK)
    revised = 0
    for claim_id in list(_showing(subject).order_by("claim_id").values_list("claim_id", flat=True)):
        claim = _locked(Claim(pk=claim_id))
        revision = PublishedClaim.objects.select_related("revision").get(claim=claim).revision
        renamed = with_updated_card(revision.content, subject)
        if canonical(renamed) == revision.body:
            continue
        _permit(by, "rename_in_record")
        note = _needed(reason, "Readers see this name. Tell them why it changes.")
        claim = _event(claim, EventKind.RENAMED, by=by, note=note)
        _reveal(claim, Act.RENAME, partial(signed_again, renamed), by=by, reason=note)
        revised += 1
    return revised


@transaction.atomic
def refresh_search(claims: Iterable[int]) -> None:
    """Bring what search needs of the published claims with these ids to their revisions; the record stays as it is."""
    _lock(_RECORD_LOCK)
    indexing.write(list(PublishedClaim.objects.select_related("revision").filter(pk__in=claims)))


@transaction.atomic
def recount_search() -> None:
    """Count anew what searching and the counts beside a list rest on."""
    _lock(_RECORD_LOCK)
    indexing.recount()


def shown_in_record(subject: Named) -> bool:
    """Whether readers see this name anywhere."""
    return _showing(subject).exists()


def has_readable_past(claim: Claim) -> bool:
    """Whether readers can read another version of this claim than the newest."""
    return Revision.objects.readable().filter(claim=claim).count() > 1


# What the acts share


def _locked(claim: Claim, *states: State, version: int | None = None, public: bool = False) -> Claim:
    """The claim as stored, locked until the transaction ends; refused in another state or at another version.

    A public act locks the record first: taken the other way round, it and a renaming act would wait for each other.
    """
    if public:
        _lock(_RECORD_LOCK)
    with _patience():
        stored: Claim = Claim.objects.select_for_update(of=("self",)).preload().get(pk=claim.pk)
    if version is not None and stored.version != version:
        raise Conflict(stored)
    if states and stored.state not in states:
        allowed = " or ".join(str(state.label).lower() for state in states)
        raise Refused(f"This claim is {stored.get_state_display().lower()}; this can be done when it is {allowed}.")
    return stored


def _lock(name: int) -> None:
    """Wait until no other act holds this lock, and hold it until the transaction ends.

    Acts that touch the public go one after the other. Side by side, a claim could keep a name that another act is
    changing, or lose from the index a name that it has just begun to show.
    """
    with _patience(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [name])


@contextmanager
def _patience() -> Iterator[None]:
    """Raises Busy when a lock cannot be had in the time that the database gives."""
    try:
        yield
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable | DeadlockDetected):
            raise Busy from error
        raise


def _permit(by: User, permission: str) -> None:
    if not (by.is_active and by.has_perm(f"claims.{permission}")):
        raise NotAllowed("Your role does not allow this. Ask a chief editor.")


def may_change(claim: Claim, by: User) -> bool:
    """Reporters change what they logged or were given; editors change everything."""
    return by.has_perm("claims.change_any_claim") or by.pk in {claim.author_id, claim.assignee_id}


def is_own(claim: Claim, by: User) -> bool:
    """Whether `by` logged the claim, or was the last to submit it, so that approving it would be signing alone."""
    submitted = claim.events.filter(kind=EventKind.SUBMITTED).order_by("-version")
    return by.pk in {claim.author_id, submitted.values_list("actor_id", flat=True).first()}


def _needed(reason: str, sentence: str) -> str:
    """The reason, cleaned. Raises Refused with `sentence` when there is none."""
    reason = _cleaned(reason)
    if not reason:
        raise Refused(sentence)
    return reason


def _cleaned(note: str) -> str:
    try:
        return clean(note)
    except ValueError as error:
        raise Refused(str(error)) from error


def _event(
    claim: Claim, kind: EventKind, *, by: User, to: State | None = None, before: str | None = None, note: str = ""
) -> Claim:
    """Store the claim in its next state and version, with the event that took it there."""
    came_from = claim.state if before is None else before
    if kind != EventKind.LOGGED:
        claim.version += 1
        claim.state = to or State(claim.state)
        claim.changed_at = timezone.now()
        claim.save(force_update=True)
    ClaimEvent.objects.create(
        claim=claim,
        version=claim.version,
        kind=kind,
        actor=by,
        actor_name=by.signature,
        at=claim.changed_at,
        from_state=came_from,
        to_state=claim.state,
        note=note,
    )
    return claim


def _shown(claim: Claim) -> PublishedClaim | None:
    return PublishedClaim.objects.select_related("revision").filter(claim=claim).first()


def _showing(subject: Named) -> QuerySet[PublishedClaim]:
    """The published claims in which readers see `subject`."""
    published = PublishedClaim.objects.all()
    match subject:
        case Claimant():
            return published.by_claimant(subject.slug)
        case Topic():
            return published.on_topic(subject.slug)
        case Rating():
            return published.rated(subject.slug)
        case Source():
            return published.citing(subject.slug)
        case Publisher():
            return published.filter(sources__overlap=list(subject.sources.values_list("slug", flat=True)))


def _correct(claim: Claim, act: Act, *, kind: CorrectionKind, reason: str, by: User, version: int) -> Claim:
    claim = _locked(claim, State.APPROVED, version=version, public=True)
    _permit(by, "publish_claim")
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
    reason = _needed(reason, "Tell readers what was wrong and what is right now.")
    event = EventKind.RERATED if rerated else EventKind.CORRECTED
    claim = _event(claim, event, by=by, to=State.CORRECTED, note=reason)
    _reveal(claim, act, _desk_state(claim), by=by, reason=reason, correction=kind)
    return claim


def _desk_state(claim: Claim) -> MakeContent:
    """The desk's text, with the approval that was given to it."""
    return lambda signing: body_of(
        claim, replace(signing, approved_by=claim.approved_by, approved_alone=claim.approved_alone)
    )


def _reveal(
    claim: Claim, act: Act, make: MakeContent, *, by: User, reason: str, correction: CorrectionKind | None = None
) -> None:
    """Add the revision that `make` gives, and bring the rows that readers query to it."""
    shown = _shown(claim)
    revision = _add_revision(
        claim,
        act,
        make,
        by=by,
        reason=reason,
        correction=correction,
        before=shown.rating_label if shown else "",
    )
    content = revision.content
    published, _created = PublishedClaim.objects.update_or_create(
        claim=claim,
        defaults={
            **columns(content),
            "revision": revision,
            "first_published_at": Revision.objects.get(claim=claim, number=1).at,
            "revised_at": revision.at,
            "is_corrected": Correction.objects.filter(revision__claim=claim).exists(),
        },
    )
    IndexEntry.objects.bulk_create(
        [
            IndexEntry(kind=entry.kind, slug=entry.slug, name=entry.name, sort_key=entry.sort_key, body=entry.body)
            for entry in entries(content)
        ],
        update_conflicts=True,
        unique_fields=["kind", "slug"],
        update_fields=["name", "sort_key", "body"],
    )
    if shown:
        _drop_unshown(entries(shown.revision.content))
    indexing.write([published])


def _add_revision(
    claim: Claim,
    act: Act,
    make: MakeContent,
    *,
    by: User,
    reason: str,
    correction: CorrectionKind | None,
    before: str,
) -> Revision:
    """Add the next revision, the correction that tells readers of it, and what subscribers are to be told."""
    at = timezone.now()
    number = Revision.objects.filter(claim=claim).count() + 1
    content = make(
        Signing(
            number=number,
            act=act,
            at=at,
            signed_by=by.signature,
            reason=reason,
            correction=correction or "",
        )
    )
    revision = Revision.objects.create(
        claim=claim,
        slug=claim.slug,
        number=number,
        act=act,
        reason=reason,
        signed_by=by.signature,
        at=at,
        body=canonical(content),
    )
    if correction:
        Correction.objects.create(
            revision=revision,
            kind=correction,
            reason=reason,
            rating_before=before,
            rating_after=content["rating"]["label"] if "rating" in content else "",
            at=at,
        )
    outbox.announce(revision)
    return revision


def _drop_unshown(entries: Iterable[Entry]) -> None:
    """Take out of the index those of these names that no published claim shows any longer."""
    named = Q(pk__in=[])
    for entry in entries:
        named |= Q(kind=entry.kind, slug=entry.slug)
    IndexEntry.objects.filter(named).unshown(PublishedClaim.objects.all()).delete()


def _free_slug(statement: str) -> str:
    """A slug for a new claim that no other claim has, nor one that is being logged at this moment."""
    _lock(_SLUG_LOCK)
    base = slug_from(statement) or "claim"
    taken = set(Claim.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    numbered = (f"{base}-{number}" for number in count(2))
    return next(slug for slug in chain([base], numbered) if slug not in taken)
