"""What a merge will do, made by doing it and taking it back: so the preview can't differ from the merge."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial, reduce
from typing import Any, cast

from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.db.models import QuerySet

from claims.choices import EntryKind, NameKind, State
from claims.desk import locks, names
from claims.desk.merging import references
from claims.desk.merging.references import Moves
from claims.desk.names import Subject
from claims.desk.rules import Refused
from claims.models import Claim, IndexEntry, PublishedClaim, Revision
from claims.record import differences
from claims.record.body import Named, with_updated_card
from claims.record.differences import Change
from sources.choices import Protection
from sources.models import Publisher, Source

# Two rows of one of these kinds can become one.
KINDS = (NameKind.CLAIMANT, NameKind.TOPIC, NameKind.SOURCE, NameKind.PUBLISHER, NameKind.CLAIM)
# How many published claims a preview shows word for word, and how many names of them it lists.
SHOWN, LISTED = 10, 50
# The pages of each kind of name in the index. Readers have no page of a publisher, only programs have.
_PAGES: dict[NameKind, list[EntryKind]] = {
    NameKind.CLAIMANT: [EntryKind.CLAIMANT],
    NameKind.TOPIC: [EntryKind.TOPIC],
    NameKind.SOURCE: [EntryKind.SOURCE, EntryKind.ARTICLE],
    NameKind.PUBLISHER: [EntryKind.OUTLET],
}


@dataclass
class Preview:
    """What merging one row into another will do."""

    kind: NameKind
    gone: Subject
    kept: Subject
    moves: Moves
    # What readers see of both before, and of the one that stays afterwards.
    before: str
    after: str
    # True if what stays gets something that readers see, such as an affiliation.
    is_changed: bool
    # The published claims that change, and how the first of them do.
    published: list[tuple[str, int]] = field(default_factory=list)
    changes: list[tuple[str, list[Change]]] = field(default_factory=list)
    # The claims that cite both, which then cite one source twice.
    citing_both: list[str] = field(default_factory=list)
    drafts: int = 0
    sent_back: list[Claim] = field(default_factory=list)
    # The kinds of pages whose addresses redirect.
    redirects: list[str] = field(default_factory=list)
    is_public: bool = False

    @cached_property
    def digest(self) -> str:
        """Differs if anything in the preview does, or any of the rows that it concerns."""
        parts = [self.kind, self.gone.slug, self.kept.slug, self.before, self.after, self.is_public]
        parts += [sorted(self.published), sorted(self.citing_both), self.drafts, self.moves.as_json()]
        return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()

    @property
    def more(self) -> int:
        """The number of published claims that change and aren't shown word for word."""
        return len(self.published) - len(self.changes)


def mergeable(kind: NameKind) -> QuerySet[Any]:
    """The rows of this kind that can be merged: all but protected sources, and publishers that only those have."""
    rows: QuerySet[Any] = names.ROWS[kind]._default_manager.all()
    match kind:
        case NameKind.SOURCE:
            return rows.filter(protection=Protection.PUBLIC)
        case NameKind.PUBLISHER:
            return rows & Publisher.objects.seen_by(AnonymousUser())
    return rows


def pair(kind: NameKind, gone: int, kept: int) -> tuple[Any, Any]:
    """Two rows of this kind, locked until the transaction ends, as nobody can refer to them meanwhile.

    Raises Refused if they are one row, or if one of them doesn't exist or is protected.
    """
    if gone == kept:
        raise Refused("Choose two different rows.")
    rows = mergeable(kind)
    locks.hold_names(alone={(kind, gone), (kind, kept)})
    with locks.patience():
        found = {row.pk: row for row in rows.select_for_update(of=("self",)).filter(pk__in=[gone, kept]).order_by("pk")}
    if len(found) != len({gone, kept}):
        raise Refused("One of the two doesn't exist any more, or is a protected source. Look at the list again.")
    first, second = found[gone], found[kept]
    locks.hold_names(names.beside(first) | names.beside(second))
    return first, second


@transaction.atomic
def preview(kind: NameKind, *, gone: int, kept: int) -> Preview:
    """What merging the row `gone` into the row `kept` will do. Nothing is stored. Raises Refused if it can't be done.

    The rows stay locked until the transaction ends.
    """
    first, second = pair(kind, gone, kept)
    savepoint = transaction.savepoint()
    try:
        return _of_claims(first, second) if kind == NameKind.CLAIM else _of_names(kind, first, second)
    finally:
        transaction.savepoint_rollback(savepoint)


def _of_names(kind: NameKind, gone: Any, kept: Any) -> Preview:
    was, shown = names.text_of(kept), names.showing(gone)
    found = Preview(kind, gone, kept, Moves(), names.text_of(gone), was, is_changed=False)
    found.is_public = names.is_shown(gone) or names.is_shown(kept)
    found.drafts, found.sent_back = names.drafts_of(gone).count(), list(names.sends_back(gone)[:LISTED])
    entries = IndexEntry.objects.filter(kind__in=_PAGES[kind], slug=gone.slug)
    found.redirects = [str(EntryKind(entry.kind).label) for entry in entries]
    if isinstance(gone, Source):
        found.citing_both = sorted(_citing(gone) & _citing(kept))
    claims = shown.values_list("pk", flat=True)
    concerned = set(claims)
    found.moves = references.move(gone, kept)
    gone.pk = found.moves.row["pk"] if found.moves.row else gone.pk
    kept = type(kept)._default_manager.get(pk=kept.pk)
    found.after = names.text_of(kept)
    found.is_changed = found.after != was
    if found.is_changed:
        found.before = f"{found.before}\n\n{was}"
        concerned |= set(names.showing(kept).values_list("pk", flat=True))
    with_card = cast("Callable[[Any, Named], Any]", partial(with_updated_card, merged=gone.slug))
    _show(found, PublishedClaim.objects.filter(pk__in=concerned), lambda content: reduce(with_card, [kept], content))
    return found


def _citing(source: Source) -> set[str]:
    """The slugs of the claims at the desk that cite a source."""
    slugs = {*source.evidence.values_list("claim__slug", flat=True)}
    return slugs | {*source.appearances.values_list("claim__slug", flat=True)}


def _show(found: Preview, claims: QuerySet[PublishedClaim], update: Callable[[Any], Any]) -> None:
    """Note the published claims that change, and how the first of them do."""
    found.published = list(claims.order_by("claim_id").values_list("slug", "revision__number"))
    for claim in claims.select_related("revision").order_by("claim_id")[:SHOWN]:
        content = claim.revision.content
        found.changes.append((claim.statement, differences.between(content, update(content))))


# Claims

_LOCKED = "This claim is {state}: {slug}. Send it back before you merge it."


def _of_claims(gone: Claim, kept: Claim) -> Preview:
    for claim in (gone, kept):
        if claim.state in (State.IN_REVIEW, State.APPROVED):
            raise Refused(_LOCKED.format(state=claim.get_state_display().lower(), slug=claim.slug))
    shown = PublishedClaim.objects.filter(claim=gone).first()
    if shown is None and Revision.objects.filter(claim=gone).exists():
        raise Refused(f"This claim is withdrawn, and its page gives the reason: {gone.slug}. So it can't be merged.")
    is_kept_public = PublishedClaim.objects.filter(claim=kept).exists()
    if shown and not is_kept_public:
        raise Refused("Readers see only one of the two. Keep that one.")
    if kept.state == State.DECLINED:
        raise Refused(f"This claim is declined: {kept.slug}. Start research on it again, or keep the other one.")
    found = Preview(NameKind.CLAIM, gone, kept, Moves(), gone.statement, kept.statement, is_changed=False)
    found.is_public = bool(shown)
    if shown:
        found.published = [(shown.slug, shown.revision_id)]
        found.redirects = [str(NameKind.CLAIM.label)]
    found.moves = references.move(gone, kept)
    return found
