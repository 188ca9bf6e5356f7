"""Approvals: each covers the complete public body of a claim, byte for byte. Also, who may give one."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from claims.choices import WRITES, Act, EventKind, NameKind, State
from claims.desk import journal
from claims.desk.rules import Refused
from claims.models import Approval, Claim, ClaimEvent, NameChange
from claims.record.body import Signing, body_of, unsigned
from claims.record.canonical import as_recorded, written
from claims.record.differences import Change, between
from claims.schema import Content, read
from factcheck.accounts.models import User
from factcheck.core.text import shortened
from sources.choices import Protection
from sources.models import Source, seen_by

_LONGEST = 80


class ApprovalOutdated(Refused):
    """The claim would publish something that wasn't approved. It is back in review."""

    def __init__(self, claim: Claim, changes: list[Change]) -> None:
        self.claim, self.changes = claim, changes
        super().__init__(
            "Something that readers would see has changed since the approval, so this claim is back in review. "
            f"{in_words(changes)}"
        )


def store(claim: Claim) -> Approval:
    """Store the approval of the claim's current body. Call this after the event of the approval is stored."""
    body = written(body_to_approve(claim))
    digest = digest_of(body)
    alone = claim.approved_alone
    return Approval.objects.create(claim=claim, version=claim.version, alone=alone, digest=digest, body=body)


def digest_of(body: str) -> str:
    """The SHA-256 of a body, in hexadecimal, by which an approval and a page name it."""
    return hashlib.sha256(body.encode()).hexdigest()


def body_to_approve(claim: Claim) -> Content:
    """The public body that the desk would publish now, without its signing, in the form of the record."""
    signing = Signing(number=1, act=Act.PUBLISH, at=timezone.now(), signed_by="")
    body: Content = as_recorded(unsigned(body_of(claim, signing)))
    return body


def check(claim: Claim) -> Content:
    """The claim's body, without its signing, in the form of the record.

    Raises ApprovalOutdated if it differs from the body that was approved last.
    """
    approval = Approval.objects.filter(claim=claim).order_by("-version").first()
    now = body_to_approve(claim)
    if approval and approval.body == written(now):
        return now
    # An approval of an older schema covers the same body if its newer fields are blank.
    before: Content = read(approval.body) if approval else {"schema": now["schema"], "slug": claim.slug}
    if before != now:
        raise ApprovalOutdated(claim, between(before, now))
    return now


def covered(act: Callable[..., Claim]) -> Callable[..., Claim]:
    """Decorate an act that publishes: if it raises ApprovalOutdated, store that the claim is back in review.

    The act must raise before it writes anything.
    """

    @wraps(act)
    def run(claim: Claim, *, by: User, **options: Any) -> Claim:
        with transaction.atomic():
            try:
                return act(claim, by=by, **options)
            except ApprovalOutdated as refusal:
                outdated = refusal
                journal.note(
                    outdated.claim, EventKind.REOPENED, by=by, to=State.IN_REVIEW, text=in_words(outdated.changes)
                )
        raise outdated

    return run


def in_words(changes: list[Change]) -> str:
    """A sentence for each change, with long texts shortened."""
    sentences = []
    for change in changes:
        before, after = (
            shortened("".join(text for kind, text in change.parts if kind in kinds), _LONGEST)
            for kinds in (("same", "removed"), ("same", "added"))
        )
        sentences.append(f"{change.label}: “{before}” is now “{after}”.")
    return " ".join(sentences) or "The address of a name changed."


def writers(author: int | None, events: Sequence[ClaimEvent]) -> set[int | None]:
    """The people who may not approve a claim: its author, and everybody who wrote in it since the last approval.

    Logging, editing and submitting count as writing. So does changing a name after the claim was submitted, because the
    submitter hasn't seen that.
    """
    kinds = [event.kind for event in events]
    wrote = {event.actor_id for event in events[_after_last(kinds, EventKind.APPROVED) :] if event.kind in WRITES}
    unseen = events[_after_last(kinds, EventKind.SUBMITTED) :]
    return {author} | wrote | {event.actor_id for event in unseen if event.kind == EventKind.NAME_CHANGED}


def writers_of(claim: Claim) -> set[int | None]:
    """The people who may not approve this claim: its writers, and those of claims that were merged into it."""
    events = list(claim.events.only("kind", "actor_id", "claim_id", "at").order_by("version"))
    return writers(claim.author_id, events) | _writers_of_merged(claim, events)


def _writers_of_merged(claim: Claim, events: Sequence[ClaimEvent]) -> set[int | None]:
    """The people who wrote in a claim that was merged into this one since its last approval: it has their text."""
    merges = NameChange.objects.merges().filter(kind=NameKind.CLAIM, into=claim.slug)
    approvals = [event.at for event in events if event.kind == EventKind.APPROVED]
    slugs = list((merges.filter(decided_at__gt=approvals[-1]) if approvals else merges).values_list("slug", flat=True))
    if not slugs:
        return set()
    merged = Claim.objects.filter(slug__in=slugs)
    wrote = ClaimEvent.objects.filter(claim__in=merged, kind__in=WRITES).values_list("actor_id", flat=True)
    return {*wrote, *merged.values_list("author_id", flat=True)}


def signatures_of_writers(events: Iterable[ClaimEvent]) -> tuple[str, ...]:
    """The people who logged, edited or submitted a claim, in the order they began, each by their newest signature."""
    return tuple(
        {event.actor_id: event.actor_name for event in events if event.kind in WRITES and event.actor_id}.values()
    )


def _after_last(kinds: list[str], kind: EventKind) -> int:
    """The index after the last event of this kind, or 0 if there is none."""
    return max((place for place, found in enumerate(kinds, start=1) if found == kind), default=0)


def why_not(claim: Claim, by: User) -> str:
    """The sentence that says why `by` isn't a second person for this claim; empty if they are."""
    return why_not_after(writers_of(claim), by)


def why_not_after(wrote: set[int | None], by: User) -> str:
    """The sentence that says why `by` isn't a second person for what these people wrote; empty if they are.

    Whoever invited a person or made their link may use that account until another chief editor has confirmed it. So
    what it wrote counts as theirs too.
    """
    if by.pk in wrote:
        return "You worked on this claim since it was last approved. Another person must approve it."
    if User.objects.filter(pk__in=[pk for pk in wrote if pk], confirmed_at=None, invited_by=by).exists():
        return (
            "Somebody you invited worked on this claim, and their account isn't confirmed yet. "
            "Another person must approve it."
        )
    return ""


def why_unseen(claim: Claim, by: User) -> str:
    """The sentence that says that the claim rests on a source that `by` may not see; empty if they see all.

    Nobody approves what they can't see, also on a desk of one person.
    """
    able = _who_see(_unseen(claim, by))
    return able and (f"This claim rests on a protected source that you can't see, so you can't approve it. {able}")


def why_unseen_text(claim: Claim, slugs: Iterable[str], by: User) -> str:
    """The same for replacing the claim's text with one that cites these sources."""
    known = Q(slug__in=slugs) | Q(alias__in=slugs)
    able = _who_see(_unseen(claim, by, known))
    return able and f"One of the two texts rests on a protected source that you can't see. {able}"


def _unseen(claim: Claim, by: User, also: Q | None = None) -> QuerySet[Source]:
    """The protected sources that the claim cites, and those of `also`, that `by` may not see."""
    cites = Q(pk__in=claim.evidence.values("source")) | Q(pk__in=claim.appearances.values("source"))
    cited = Source.objects.filter(cites | also if also else cites, protection=Protection.NAMED)
    return cited.exclude(seen_by(by))


def _who_see(unseen: QuerySet[Source]) -> str:
    """A sentence that names the people who see these sources. Empty if there are no such sources."""
    if not unseen.exists():
        return ""
    able = User.objects.filter(protected_sources__in=unseen, is_active=True).distinct().order_by("first_name", "pk")
    names = ", ".join(person.signature for person in able)
    return f"These people see it: {names or 'nobody any more'}."


def may_sign(claim: Claim, by: User) -> bool:
    """True if `by` can approve the claim without being one who wrote it."""
    return not why_not(claim, by)
