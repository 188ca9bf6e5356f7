"""The rows that acts write: the event and, for public acts, the revision and the rows that follow from it.

Only acts call these functions, in their transaction and with their locks.
"""

import datetime
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, connection
from django.db.models import Count, F, Min
from django.utils import timezone
from psycopg.errors import CheckViolation

from claims.choices import Act, CorrectionKind, EventKind, State
from claims.desk import locks
from claims.desk.rules import Refused
from claims.models import Claim, ClaimEvent, Correction, PublishedClaim, Revision
from claims.record import outbox, purging
from claims.record.body import SIGNATURES, Signing, dated
from claims.record.canonical import as_recorded, written
from claims.record.rows import Entry, columns, entries
from claims.schema import Content
from claims.search import indexing
from factcheck.accounts import security
from factcheck.accounts.models import SecurityKind, User
from factcheck.core.database import reason_of

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
        with storing():
            claim.save(force_update=True)
    event = _event(claim, kind, by=by, text=text, named=named)
    event.from_state = came_from
    event.save(force_insert=True)
    if kind in _SECURITY:
        security.note(_SECURITY[kind], actor=by, about=claim.slug, version=claim.version)
    return claim


@contextmanager
def storing() -> Iterator[None]:
    """Raises Refused, in the words of the constraint, if a value of a claim that the block stores isn't allowed."""
    try:
        yield
    except IntegrityError as error:
        if not isinstance(error.__cause__, CheckViolation):
            raise
        raise Refused(reason_of(error, Claim)) from error


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
    shown: Mapping[int, PublishedClaim],
) -> None:
    """Add to each claim the revision that is made for it, and bring the rows that readers query to them.

    `shown` are the rows of these claims, by claim, that readers see until now, with their revisions. It runs the same
    number of queries for one claim and for many. The caller has locked the claims. The lock of the record is taken
    last, and everything that takes time is done before.
    """
    versions = _versions(made, act, by=by, reason=reason, correction=correction, shown=shown)
    documents = {version.claim.pk: indexing.Document.of(version.content) for version in versions}
    rows = {version.claim.pk: columns(version.content) for version in versions}
    changed, gone = _names_that_differ(
        {claim: row.revision.content for claim, row in shown.items()},
        {version.claim.pk: version.content for version in versions},
    )
    locks.hold(locks.RECORD)
    revisions = _add(versions)
    published = PublishedClaim.objects.bulk_create(
        [
            PublishedClaim(
                claim_id=revision.claim_id,
                revision=revision,
                first_published_at=version.first_published_at or revision.at,
                revised_at=revision.at,
                is_corrected=version.is_corrected,
                **rows[revision.claim_id],
            )
            for revision, version in zip(revisions, versions, strict=True)
        ],
        update_conflicts=True,
        unique_fields=["claim"],
        update_fields=_COLUMNS,
    )
    indexing.write(published, documents, are_new=not shown)
    write_names(changed)
    _drop_unshown(gone)


def hide(claim: Claim, shown: PublishedClaim, make: MakeContent, *, by: User, reason: str) -> None:
    """Add the revision that withdraws the claim, and delete the rows that readers query."""
    named = list(entries(shown.revision.content))
    void, rows = CorrectionKind.VOID, {claim.pk: shown}
    versions = _versions({claim: make}, Act.WITHDRAW, by=by, reason=reason, correction=void, shown=rows)
    locks.hold(locks.RECORD)
    _add(versions)
    drop_row(shown)
    _drop_unshown(named)


def drop_row(shown: PublishedClaim) -> None:
    """Delete the public row of a claim and its share of search. The caller holds the record's lock."""
    indexing.remove(shown)
    shown.delete()


def write_row(claim: int, values: Mapping[str, Any]) -> None:
    """Give the claim a public row with these values. The caller holds the record's lock."""
    PublishedClaim.objects.update_or_create(claim_id=claim, defaults=values)


@dataclass
class _Version:
    """The next version of a claim, complete but for its time, and the correction that explains it if it is one."""

    claim: Claim
    content: Content
    correction: Correction | None
    first_published_at: datetime.datetime | None
    is_corrected: bool

    @property
    def number(self) -> int:
        return int(self.content["revision"]["number"])


def _versions(
    made: Mapping[Claim, MakeContent],
    act: Act,
    *,
    by: User,
    reason: str,
    correction: CorrectionKind | None,
    shown: Mapping[int, PublishedClaim],
) -> list[_Version]:
    """The next version of each claim. `shown` are the rows that readers see until now."""
    before = Revision.objects.filter(claim__in=made).order_by().values_list("claim")
    counted = before.annotate(versions=Count("pk"), first=Min("at"), corrections=Count("correction"))
    history = {claim: (count, first, corrections > 0) for claim, count, first, corrections in counted}
    versions = []
    for claim, make in made.items():
        count, first, was_corrected = history.get(claim.pk, (0, None, False))
        signing = Signing(
            number=count + 1,
            act=act,
            at=timezone.now(),
            signed_by=by.signature,
            signed_by_id=by.initials,
            reason=reason,
            correction=correction or "",
        )
        # Rows and search say exactly what the record will.
        content = as_recorded(make(signing))
        explained = correction and Correction(
            kind=correction,
            reason=reason,
            rating_before=shown[claim.pk].rating_label if claim.pk in shown else "",
            rating_after=content["rating"]["label"] if "rating" in content else "",
        )
        versions.append(_Version(claim, content, explained or None, first, was_corrected or bool(correction)))
    return versions


def _add(versions: Sequence[_Version]) -> list[Revision]:
    """Add these versions and their corrections now, and the messages for subscribers and caches.

    No two revisions have the same time. The caller holds the record's lock until the transaction ends.
    """
    at = _next_moment()
    revisions = []
    for place, version in enumerate(versions):
        moment = at + place * _INSTANT
        version.content = dated(version.content, moment)
        signing = version.content["revision"]
        revision = Revision(
            claim=version.claim,
            slug=version.claim.slug,
            number=version.number,
            act=signing["act"],
            reason=signing["reason"],
            **{name: signing[name] for name in SIGNATURES},
            at=moment,
            body=written(version.content),
        )
        revisions.append(revision)
        if version.correction:
            version.correction.revision, version.correction.at = revision, moment
    Revision.objects.bulk_create(revisions)
    Correction.objects.bulk_create(version.correction for version in versions if version.correction)
    outbox.announce(revisions)
    purging.note(revisions)
    return revisions


def _names_that_differ(before: Mapping[int, Content], after: Mapping[int, Content]) -> tuple[list[Entry], list[Entry]]:
    """The names that these claims show otherwise than before or didn't show, and those that they show no longer.

    Most acts change few names or none, so only what differs is written and looked for.
    """
    changed: dict[tuple[str, str], Entry] = {}
    gone: dict[tuple[str, str], Entry] = {}
    for claim, content in after.items():
        were = {(entry.kind, entry.slug): entry for entry in entries(before[claim])} if claim in before else {}
        now = {(entry.kind, entry.slug): entry for entry in entries(content)}
        changed |= {key: entry for key, entry in now.items() if were.get(key) != entry}
        gone |= {key: entry for key, entry in were.items() if key not in now}
    return list(changed.values()), list(gone.values())


def write_names(named: Iterable[Entry]) -> None:
    """Put these names into the index as they are. The caller holds the record's lock."""
    rows = [(str(one.kind), one.slug, one.name, one.sort_key, written(one.body)) for one in named]
    if rows:
        with connection.cursor() as cursor:
            # A row that is the same already isn't written: a new claim has a dozen names that others have too.
            cursor.execute(
                "INSERT INTO claims_indexentry AS entry (kind, slug, name, sort_key, body) "
                "SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::jsonb[]) "
                "ON CONFLICT (kind, slug) DO UPDATE "
                "SET name = EXCLUDED.name, sort_key = EXCLUDED.sort_key, body = EXCLUDED.body "
                "WHERE (entry.name, entry.sort_key, entry.body) "
                "IS DISTINCT FROM (EXCLUDED.name, EXCLUDED.sort_key, EXCLUDED.body)",
                [list(column) for column in zip(*rows, strict=True)],
            )


def _next_moment() -> datetime.datetime:
    """The time of a public act: now, or just after the last act if the clock was set back.

    Clients that follow the record by time (feeds, `since`, mirrors) then miss nothing. The caller holds the record's
    lock.
    """
    last = Revision.objects.last_act()
    return max(timezone.now(), last[1] + _INSTANT) if last else timezone.now()


# True if a claim shows the name. The counts that search keeps say it, or else the lists in the rows of the claims, each
# by an index.
_SHOWN = """
CASE entry.kind
    WHEN 'article' THEN EXISTS (SELECT FROM claims_publishedclaim WHERE articles @> ARRAY[entry.slug])
    WHEN 'source' THEN EXISTS (SELECT FROM claims_publishedclaim WHERE sources @> ARRAY[entry.slug])
    ELSE EXISTS (SELECT FROM claims_facet WHERE kind = entry.kind AND value = entry.slug AND claims > 0)
        OR entry.kind = 'claimant'
            AND EXISTS (SELECT FROM claims_publishedclaim WHERE attributed @> ARRAY[entry.slug])
END
"""


_READ_BY_INDEX = "SELECT set_config('enable_seqscan', %s, true), set_config('enable_indexscan', %s, true)"


def _drop_unshown(named: Iterable[Entry]) -> None:
    """Delete those of these names from the index that no published claim shows any longer.

    Call it after the counts of search are written. It reads as much for a million claims as for a hundred.
    """
    found = list(named)
    if not found:
        return
    with connection.cursor() as cursor:
        # Reading row after row, the planner expects to meet the name soon. For a name that is gone it reads them all.
        cursor.execute(_READ_BY_INDEX, ["off", "off"])
        cursor.execute(
            "DELETE FROM claims_indexentry AS entry USING unnest(%s::text[], %s::text[]) AS named (kind, slug) "  # noqa: S608
            f"WHERE entry.kind = named.kind AND entry.slug = named.slug AND NOT {_SHOWN}",
            [[str(entry.kind) for entry in found], [entry.slug for entry in found]],
        )
        cursor.execute(_READ_BY_INDEX, ["on", "on"])
