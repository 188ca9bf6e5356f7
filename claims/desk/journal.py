"""The rows that acts write: the event and, for public acts, the revision and the rows that follow from it.

Only acts call these functions, in their transaction and with their locks.
"""

import datetime
from collections.abc import Callable, Iterable

from django.db.models import Q
from django.utils import timezone

from claims.choices import Act, CorrectionKind, EventKind, NameChangeState, NameKind, State
from claims.models import Claim, ClaimEvent, Correction, IndexEntry, NameChange, PublishedClaim, Revision
from claims.record import outbox
from claims.record.body import SIGNATURES, Signing
from claims.record.canonical import canonical
from claims.record.rows import Entry, columns, entries
from claims.schema import Content
from claims.search import indexing
from factcheck.accounts import security
from factcheck.accounts.models import SecurityKind, User

MakeContent = Callable[[Signing], Content]
_SECURITY = {
    EventKind.APPROVED: SecurityKind.APPROVE,
    EventKind.PUBLISHED: SecurityKind.PUBLISH,
    EventKind.CORRECTED: SecurityKind.CORRECT,
    EventKind.RERATED: SecurityKind.RERATE,
    EventKind.WITHDRAWN: SecurityKind.WITHDRAW,
    EventKind.REDACTED: SecurityKind.REDACT,
}
_INSTANT = datetime.timedelta(microseconds=1)


def note(
    claim: Claim,
    kind: EventKind,
    *,
    by: User | None,
    to: State | None = None,
    before: str | None = None,
    text: str = "",
    named: str = "",
) -> Claim:
    """Store the claim with its next state and version, and the event of the act.

    `named` is the name of who did it if that wasn't a person with an account.
    """
    came_from = claim.state if before is None else before
    if kind not in {EventKind.LOGGED, EventKind.LOADED}:
        claim.version += 1
        claim.state = to or State(claim.state)
        claim.changed_at = timezone.now()
        claim.save(force_update=True)
    ClaimEvent.objects.create(
        claim=claim,
        version=claim.version,
        kind=kind,
        actor=by,
        actor_name=by.signature if by else named,
        at=claim.changed_at,
        from_state=came_from,
        to_state=claim.state,
        note=text,
    )
    if kind in _SECURITY:
        security.note(_SECURITY[kind], actor=by, about=claim.slug, version=claim.version)
    return claim


def reveal(
    claim: Claim,
    act: Act,
    make: MakeContent,
    *,
    by: User,
    reason: str,
    correction: CorrectionKind | None = None,
) -> None:
    """Add the revision that `make` returns, and update the rows that readers query."""
    shown = PublishedClaim.objects.select_related("revision").filter(claim=claim).first()
    before = shown.rating_label if shown else ""
    revision = _add_revision(claim, act, make, by=by, reason=reason, correction=correction, before=before)
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


def hide(claim: Claim, shown: PublishedClaim, make: MakeContent, *, by: User, reason: str) -> None:
    """Add the revision that withdraws the claim, and delete the rows that readers query."""
    content = shown.revision.content
    _add_revision(
        claim,
        Act.WITHDRAW,
        make,
        by=by,
        reason=reason,
        correction=CorrectionKind.VOID,
        before=shown.rating_label,
    )
    indexing.remove(shown)
    shown.delete()
    _drop_unshown(entries(content))


def withhold_words(content: Content) -> None:
    """Hide the text of earlier changes of the people and sources in a body from readers."""
    shown = Q(kind=NameKind.CLAIMANT, slug=content["claimant"]["slug"]) if content["claimant"] else Q(pk=None)
    cards = [item["source"] for item in [*content["appearances"], *content["evidence"]]]
    shown |= Q(kind=NameKind.SOURCE, slug__in=[card["slug"] for card in cards])
    shown |= Q(kind=NameKind.PUBLISHER, slug__in=[card["publisher"]["slug"] for card in cards])
    NameChange.objects.filter(shown).exclude(state=NameChangeState.PROPOSED).update(words_withheld=True)


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
    """Add the next revision, its correction if there is one, and the messages for webhook subscribers."""
    at = _next_moment()
    number = Revision.objects.filter(claim=claim).count() + 1
    signing = Signing(
        number=number,
        act=act,
        at=at,
        signed_by=by.signature,
        signed_by_id=by.initials,
        reason=reason,
        correction=correction or "",
    )
    content = make(signing)
    revision = Revision.objects.create(
        claim=claim,
        slug=claim.slug,
        number=number,
        act=act,
        reason=reason,
        **{name: content["revision"][name] for name in SIGNATURES},
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


def _next_moment() -> datetime.datetime:
    """The time of a public act: now, or just after the last act if the clock was set back.

    Clients that follow the record by time (feeds, `since`, mirrors) then miss nothing. The caller holds the record's
    lock.
    """
    last = Revision.objects.last_act()
    return max(timezone.now(), last[1] + _INSTANT) if last else timezone.now()


def _drop_unshown(named: Iterable[Entry]) -> None:
    """Delete those of these names from the index that no published claim shows any longer."""
    wanted = Q(pk__in=[])
    for entry in named:
        wanted |= Q(kind=entry.kind, slug=entry.slug)
    IndexEntry.objects.filter(wanted).unshown(PublishedClaim.objects.all()).delete()
