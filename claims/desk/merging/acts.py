"""Merge two rows that are one thing: claimants, topics, sources, publishers or claims. And undo it.

A merge is a change of a name (`NameChange`) that makes it another one. If readers see either name, two people do it as
they change a name: one proposes, another publishes. All references of the row that goes then refer to the one that
stays, the published claims that showed it get a revision, and its addresses redirect.

Of two claims, the one that goes stays a row, because its history is its own. It is withdrawn if readers saw it, and
else declined. Its appearances and evidence are then those of the claim that stays, which is back in research with them.
"""

from functools import partial
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from claims.choices import LOCKED_STATES, PUBLIC_STATES, Act, EventKind, NameChangeState, NameKind, State
from claims.desk import journal, locks, names
from claims.desk.merging import duplicates, references
from claims.desk.merging.preview import Preview, pair, preview
from claims.desk.merging.references import ChangedSince, Moves
from claims.desk.names import Outcome, Subject
from claims.desk.rules import RULES, Refused, needed
from claims.models import Claim, ClaimEvent, NameChange, PublishedClaim
from claims.models.name_change import NAMES_PEOPLE
from claims.record.body import tombstone, unsigned, with_updated_card
from claims.record.canonical import canonical
from factcheck.accounts import security
from factcheck.accounts.models import SecurityKind, User
from factcheck.core.batches import batched

_RULE = RULES["merge"]
_CLAIMS_AT_ONCE = 200
# What the acts of a merge note at the claims that show the names.
_OWN_EVENTS = {EventKind.NAME_CHANGED, EventKind.NAME_AGREED, EventKind.RENAMED, EventKind.MERGED, EventKind.WITHDRAWN}


class PreviewOutdated(Refused):
    """What the merge would do isn't what the person saw."""

    def __init__(self) -> None:
        super().__init__("Something changed since you opened this page. Look at the preview again, then confirm.")


@transaction.atomic
def merge(kind: NameKind, *, gone: int, kept: int, reason: str, seen: str, by: User) -> Outcome:
    """Merge the row `gone` into the row `kept`, or propose it if readers see either of them.

    `seen` is the digest of the preview that the person saw. Raises PreviewOutdated if the merge would now do something
    else, Refused without a reason, for one row, and while a change of either name is open.
    """
    _RULE.check(by)
    found = preview(kind, gone=gone, kept=kept)
    if found.digest != seen:
        raise PreviewOutdated
    sentence = names.NEEDS_REASON if found.is_public else "Say why these are the same."
    reason = needed(reason, sentence)
    names.check_none_waits(kind, found.gone.slug, found.kept.slug)
    change = NameChange.objects.propose(
        kind,
        found.gone.slug,
        by=by,
        into=found.kept.slug,
        before=found.before,
        after=found.after,
        reason=reason,
        # A withdrawn claim is listed with the corrections by itself.
        changes_meaning=found.is_public and kind != NameKind.CLAIM,
    )
    if found.is_public and settings.FOUR_EYES:
        return Outcome(change)
    return accept(change, by=by, seen=seen)


def preview_of(change: NameChange) -> Preview:
    """What publishing a proposed merge will do now. Raises Refused if it can't be done any more."""
    kind = NameKind(change.kind)
    return preview(kind, gone=_key(kind, change.slug), kept=_key(kind, change.into))


@transaction.atomic
def accept(change: NameChange, *, by: User, seen: str) -> Outcome:
    """Do a proposed merge. If readers see one of the names, `by` must be another person than the proposer.

    Raises PreviewOutdated if `seen` isn't the digest of what it does now.
    """
    kind = NameKind(change.kind)
    rows = dict(names.ROWS[kind]._default_manager.filter(slug__in=[change.slug, change.into]).values_list("slug", "pk"))
    if len(rows) > 1:
        pair(kind, rows[change.slug], rows[change.into])
    change = names.proposed(change, by=by)
    if not change.into:
        raise Refused("This isn't a merge.")
    found = preview_of(change)
    if found.digest != seen:
        raise PreviewOutdated
    change.decided_alone = names.is_alone(change, by) if found.is_public else change.proposer_id == by.pk
    change.before, change.after = found.before, found.after
    gone, kept = pair(kind, found.gone.pk, found.kept.pk)
    if kind == NameKind.CLAIM:
        outcome = _merge_claims(change, gone, kept, by=by)
    else:
        outcome = _merge_names(change, gone, kept, found, by=by)
    duplicates.forget(kind, found.gone.pk)
    security.note(SecurityKind.RENAME, actor=by, about=f"{kind} {change.slug}", number=change.number)
    return outcome


def _merge_names(change: NameChange, gone: Any, kept: Any, found: Preview, *, by: User) -> Outcome:
    published = list(names.showing(gone).order_by("claim_id").values_list("claim_id", flat=True))
    sent_back = _tell(gone, [slug for slug, _number in found.published], by=by, is_public=found.is_public)
    # Readers see only the one that stays. What the other was may have been removed.
    change.words_withheld = change.kind in NAMES_PEOPLE and not published
    moves = references.move(gone, kept)
    change.moved = {**moves.as_json(), "is_changed": found.is_changed, "published": published}
    return _publish(change, len(found.published), sent_back, by=by)


def _tell(subject: Subject, slugs: list[str], *, by: User, is_public: bool) -> list[Claim]:
    """Note the change at the unpublished claims that show the name; returns those whose approval ended.

    Locks them, and the published claims if few will be revised, all at once and in their order.
    """
    ids = set(names.drafts_of(subject).values_list("pk", flat=True))
    if len(slugs) <= names.AT_ONCE:
        ids |= set(PublishedClaim.objects.filter(slug__in=slugs).values_list("claim_id", flat=True))
    locks.locked_rows(ids)
    return names.tell_drafts(subject, EventKind.NAME_AGREED if is_public else EventKind.NAME_CHANGED, by=by)


def _publish(change: NameChange, claims: int, sent_back: list[Claim], *, by: User) -> Outcome:
    """Store the decision, and revise the published claims now if they are few. A command revises many."""
    change.claims, change.state = claims, NameChangeState.ACCEPTED
    names.decide(change, by)
    if claims <= names.AT_ONCE:
        while not names.write_some(change):
            pass
        change.refresh_from_db()
    return Outcome(change, sent_back)


def _merge_claims(change: NameChange, gone: Claim, kept: Claim, *, by: User) -> Outcome:
    shown = PublishedClaim.objects.select_related("revision").filter(claim=gone).first()
    if shown:
        RULES["withdraw"].check(by)
    moves = references.move(gone, kept)
    into = f"Into {kept.slug}. {change.reason}"
    if shown:
        journal.note(gone, EventKind.WITHDRAWN, by=by, to=State.WITHDRAWN, text=change.reason)
        make = partial(tombstone, shown.revision.content)
        named = names.named_by(gone)
        journal.hide(gone, shown, make, by=by, reason=change.reason)
        names.settle_words(named)
    else:
        journal.note(gone, EventKind.MERGED, by=by, to=State.DECLINED, text=into)
    journal.note(kept, EventKind.MERGED, by=by, to=_reopened(kept), text=f"With {gone.slug}. {change.reason}")
    change.moved = moves.as_json() | {"version": gone.version}
    change.claims = change.revised = int(shown is not None)
    change.state = NameChangeState.DONE
    names.decide(change, by)
    return Outcome(change)


def _reopened(claim: Claim) -> State | None:
    """The state of a claim whose text changed, if that is another one."""
    return State.RESEARCHING if claim.state in {*PUBLIC_STATES, State.WITHDRAWN} else None


# Undoing

_UNDONE_ONCE = "Only a merge that is done can be undone."
_FROM_A_FILE = "This merge was loaded from a file, so we don't know which rows it moved. It can't be undone."
_CHANGED = "This changed since the merge, so the merge can't be undone: {what}."
_TAKEN = "Something else has its name or web address now, so the merge can't be undone."


@transaction.atomic
def undo(merge: NameChange, *, reason: str, by: User) -> Outcome:
    """Make two rows of a merge again, or propose that if readers saw the merge.

    Each row that was moved must be as the merge left it. Raises Refused if one isn't, and says which.
    """
    _RULE.check(by)
    reason = needed(reason, "Say why these aren't the same.")
    kind = NameKind(merge.kind)
    _hold_both(merge)
    merge.refresh_from_db()
    names.check_none_waits(kind, merge.slug, merge.into)
    savepoint = transaction.savepoint()
    _part(merge)
    transaction.savepoint_rollback(savepoint)
    is_public = merge.claims > 0
    change = NameChange.objects.propose(
        kind,
        merge.slug,
        by=by,
        undoes=merge.number,
        before=merge.after,
        after=merge.before,
        reason=reason,
        changes_meaning=merge.changes_meaning,
    )
    return Outcome(change) if is_public and settings.FOUR_EYES else accept_undoing(change, by=by)


@transaction.atomic
def accept_undoing(change: NameChange, *, by: User) -> Outcome:
    """Undo a merge as it was proposed. If readers saw the merge, `by` must be another person than the proposer."""
    merge = names.merge_undone_by(change)
    _hold_both(merge)
    change = names.proposed(change, by=by)
    merge.refresh_from_db()
    is_public = merge.claims > 0
    change.words_withheld = merge.words_withheld  # they have the same words
    change.decided_alone = names.is_alone(change, by) if is_public else change.proposer_id == by.pk
    gone, kept = _part(merge)
    if isinstance(kept, Claim):
        _part_claims(change, gone, kept, by=by)
        return Outcome(change)
    found = names.showing(gone) | names.showing(kept)
    shown = list(found.values_list("slug", flat=True)) if is_public else []
    sent_back = _tell(gone, shown, by=by, is_public=is_public)
    return _publish(change, len(shown), sent_back, by=by)


def _hold_both(merge: NameChange) -> None:
    """Hold both names of a merge alone; that of a row that isn't there by the key that it had."""
    kind = NameKind(merge.kind)
    slugs = [merge.slug, merge.into]
    keys = set(names.ROWS[kind]._default_manager.filter(slug__in=slugs).values_list("pk", flat=True))
    row = merge.moved.get("row")
    locks.hold_names(alone={(kind, key) for key in keys | ({row["pk"]} if row else set())})


def _part(merge: NameChange) -> tuple[Any, Any]:
    """Undo what a merge did to the desk's rows, and return both. Raises Refused if something changed since."""
    if merge.state != NameChangeState.DONE or not merge.into:
        raise Refused(_UNDONE_ONCE)
    if not merge.moved:
        raise Refused(_FROM_A_FILE)
    kind = NameKind(merge.kind)
    kept = names.row_of(kind, slug=merge.into)
    moves = Moves.of({name: merge.moved[name] for name in ("moved", "set_aside", "row")})
    _check_claims(merge, moves)
    if isinstance(kept, Claim):
        _check_both_claims(merge, kept)
    else:
        _check_published(merge, kept)
    merge.state = NameChangeState.UNDONE
    merge.save(update_fields=["state"])
    try:
        with transaction.atomic():
            references.restore(moves)
    except ChangedSince as changed:
        raise Refused(_CHANGED.format(what=changed)) from changed
    except IntegrityError as error:
        raise Refused(_TAKEN) from error
    return names.row_of(kind, slug=merge.slug), kept


def _check_claims(merge: NameChange, moves: Moves) -> None:
    """Raises Refused if an act of somebody else changed a claim that the merge changed."""
    keys = [int(key) for one in moves.moved if one.model == Claim._meta.label for key in one.rows]
    later = ClaimEvent.objects.filter(claim__in=keys, at__gt=merge.decided_at).exclude(kind__in=_OWN_EVENTS)
    if event := later.select_related("claim").order_by("pk").first():
        raise Refused(_CHANGED.format(what=event.claim.slug))


def _check_published(merge: NameChange, kept: Any) -> None:
    """Raises Refused if a claim that the merge revised has another version since."""
    for some in batched(merge.moved["published"], _CLAIMS_AT_ONCE):
        shown = {row.claim_id: row for row in PublishedClaim.objects.select_related("revision").filter(claim__in=some)}
        before = names.previous_contents(some)
        for pk in some:
            row, old = shown.get(pk), before.get(pk)
            if (
                row is None
                or old is None
                or row.revision.act != Act.RENAME
                or canonical(unsigned(with_updated_card(old, kept, merged=merge.slug)))
                != canonical(unsigned(row.revision.content))
            ):
                slug = Claim.objects.values_list("slug", flat=True).get(pk=pk)
                raise Refused(_CHANGED.format(what=slug))


def _check_both_claims(merge: NameChange, kept: Claim) -> None:
    """Raises Refused if the claim that went was changed since, or the other one can't be changed now."""
    gone = Claim.objects.get(slug=merge.slug)
    if gone.version != merge.moved["version"]:
        raise Refused(_CHANGED.format(what=gone.slug))
    if kept.state in LOCKED_STATES:
        raise Refused(f"This claim is {kept.get_state_display().lower()}: {kept.slug}. Send it back first.")


def _part_claims(change: NameChange, gone: Claim, kept: Claim, *, by: User) -> None:
    """Both claims are back in research; readers see the one that was withdrawn when it is published again."""
    journal.note(gone, EventKind.PARTED, by=by, to=State.RESEARCHING, text=f"From {kept.slug}. {change.reason}")
    journal.note(kept, EventKind.PARTED, by=by, to=_reopened(kept), text=f"From {gone.slug}. {change.reason}")
    change.state = NameChangeState.DONE
    names.decide(change, by)


# Shared


def _key(kind: NameKind, slug: str) -> int:
    """The key of the row with this slug, or 0 if there is none."""
    return names.ROWS[kind]._default_manager.filter(slug=slug).values_list("pk", flat=True).first() or 0
