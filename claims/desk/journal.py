"""The rows that acts write: the event and, for public acts, the revision and the rows that follow from it.

Only acts call these functions, in their transaction and with their locks.
"""

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence

from django.db.models import Count, F, Q
from django.utils import timezone

from claims.choices import Act, CorrectionKind, EventKind, NameChangeState, NameKind, State
from claims.models import Claim, ClaimEvent, Correction, IndexEntry, NameChange, PublishedClaim, Revision
from claims.record import outbox, purging
from claims.record.body import SIGNATURES, Signing, people
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
# What a row of `PublishedClaim` takes from its newest revision.
_COLUMNS = [field.name for field in PublishedClaim._meta.concrete_fields if field.name not in {"id", "claim"}]
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
    event = _event(claim, kind, by=by, text=text, named=named)
    event.from_state = came_from
    event.save(force_insert=True)
    if kind in _SECURITY:
        security.note(_SECURITY[kind], actor=by, about=claim.slug, version=claim.version)
    return claim


def note_renamed(claims: Sequence[Claim], *, by: User, text: str) -> None:
    """Store these claims in their next version, each in the state that it has: a name that they show changed."""
    now = timezone.now()
    Claim.objects.filter(pk__in=[claim.pk for claim in claims]).update(version=F("version") + 1, changed_at=now)
    for claim in claims:
        claim.version, claim.changed_at = claim.version + 1, now
    ClaimEvent.objects.bulk_create(_event(claim, EventKind.RENAMED, by=by, text=text) for claim in claims)


def _event(claim: Claim, kind: EventKind, *, by: User | None, text: str, named: str = "") -> ClaimEvent:
    """The event of an act on the claim as it is now; it isn't saved."""
    return ClaimEvent(
        claim=claim,
        version=claim.version,
        kind=kind,
        actor=by,
        actor_name=by.signature if by else named,
        at=claim.changed_at,
        from_state=claim.state,
        to_state=claim.state,
        note=text,
    )


def reveal(
    made: Mapping[Claim, MakeContent],
    act: Act,
    *,
    by: User,
    reason: str,
    correction: CorrectionKind | None = None,
) -> None:
    """Add to each claim the revision that is made for it, and bring the rows that readers query to them.

    It runs the same number of queries for one claim and for many.
    """
    shown = {row.claim_id: row for row in PublishedClaim.objects.select_related("revision").filter(claim__in=made)}
    labels = {claim: row.rating_label for claim, row in shown.items()}
    revisions = _add_revisions(made, act, by=by, reason=reason, correction=correction, labels=labels)
    first = dict(Revision.objects.filter(claim__in=made, number=1).values_list("claim_id", "at"))
    corrections = Correction.objects.filter(revision__claim__in=made)
    corrected = set(corrections.values_list("revision__claim_id", flat=True))
    contents = {revision.claim_id: revision.content for revision in revisions}
    published = PublishedClaim.objects.bulk_create(
        [
            PublishedClaim(
                claim_id=revision.claim_id,
                revision=revision,
                first_published_at=first[revision.claim_id],
                revised_at=revision.at,
                is_corrected=revision.claim_id in corrected,
                **columns(contents[revision.claim_id]),
            )
            for revision in revisions
        ],
        update_conflicts=True,
        unique_fields=["claim"],
        update_fields=_COLUMNS,
    )
    _update_index({claim: row.revision.content for claim, row in shown.items()}, contents)
    indexing.write(published)


def hide(claim: Claim, shown: PublishedClaim, make: MakeContent, *, by: User, reason: str) -> None:
    """Add the revision that withdraws the claim, and delete the rows that readers query."""
    content = shown.revision.content
    labels = {claim.pk: shown.rating_label}
    _add_revisions({claim: make}, Act.WITHDRAW, by=by, reason=reason, correction=CorrectionKind.VOID, labels=labels)
    indexing.remove(shown)
    shown.delete()
    _drop_unshown(entries(content))


def withhold_words(content: Content) -> None:
    """Hide the text of earlier changes of the people and sources in a body from readers."""
    shown = Q(kind=NameKind.CLAIMANT, slug__in=[card["slug"] for card in people(content)])
    cards = [item["source"] for item in [*content["appearances"], *content["evidence"]]]
    shown |= Q(kind=NameKind.SOURCE, slug__in=[card["slug"] for card in cards])
    shown |= Q(kind=NameKind.PUBLISHER, slug__in=[card["publisher"]["slug"] for card in cards])
    NameChange.objects.filter(shown).exclude(state=NameChangeState.PROPOSED).update(words_withheld=True)


def _add_revisions(
    made: Mapping[Claim, MakeContent],
    act: Act,
    *,
    by: User,
    reason: str,
    correction: CorrectionKind | None,
    labels: Mapping[int, str],
) -> list[Revision]:
    """Add the next revision of each claim, the corrections if it is one, and the messages for subscribers and caches.

    `labels` are the ratings that readers saw until now. No two revisions have the same time.
    """
    at = _next_moment()
    counts = Revision.objects.filter(claim__in=made).order_by().values("claim").annotate(count=Count("pk"))
    numbers = {row["claim"]: row["count"] for row in counts}
    revisions, corrections = [], []
    for place, (claim, make) in enumerate(made.items()):
        signing = Signing(
            number=numbers.get(claim.pk, 0) + 1,
            act=act,
            at=at + place * _INSTANT,
            signed_by=by.signature,
            signed_by_id=by.initials,
            reason=reason,
            correction=correction or "",
        )
        content = make(signing)
        revision = Revision(
            claim=claim,
            slug=claim.slug,
            number=signing.number,
            act=act,
            reason=reason,
            **{name: content["revision"][name] for name in SIGNATURES},
            at=signing.at,
            body=canonical(content),
        )
        revisions.append(revision)
        if correction:
            corrections.append(
                Correction(
                    revision=revision,
                    kind=correction,
                    reason=reason,
                    rating_before=labels.get(claim.pk, ""),
                    rating_after=content["rating"]["label"] if "rating" in content else "",
                    at=signing.at,
                )
            )
    Revision.objects.bulk_create(revisions)
    Correction.objects.bulk_create(corrections)
    outbox.announce(revisions)
    purging.note(revisions)
    return revisions


def _update_index(before: Mapping[int, Content], after: Mapping[int, Content]) -> None:
    """Bring the index to the names that these claims show now, and take out those that no claim shows any longer.

    Most acts change few names or none, so only what differs is written and looked for.
    """
    changed: dict[tuple[str, str], Entry] = {}
    gone: dict[tuple[str, str], Entry] = {}
    for claim, content in after.items():
        were = {(entry.kind, entry.slug): entry for entry in entries(before[claim])} if claim in before else {}
        now = {(entry.kind, entry.slug): entry for entry in entries(content)}
        changed |= {key: entry for key, entry in now.items() if were.get(key) != entry}
        gone |= {key: entry for key, entry in were.items() if key not in now}
    IndexEntry.objects.bulk_create(
        [
            IndexEntry(kind=entry.kind, slug=entry.slug, name=entry.name, sort_key=entry.sort_key, body=entry.body)
            for entry in changed.values()
        ],
        update_conflicts=True,
        unique_fields=["kind", "slug"],
        update_fields=["name", "sort_key", "body"],
    )
    if gone:
        _drop_unshown(gone.values())


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
