"""Changes of names that claims show: claimants, topics, ratings and their scales, sources, publishers.

One person can change a name that readers don't see yet. Unpublished claims that show it get an event. A change of a
name that readers see needs two people: one proposes it, another brings it to readers. That adds a revision (act
*rename*) to every published claim that shows the name. It is made from the newest *published* body, so that
unpublished changes stay unpublished. Many claims are revised in batches, each in its own transaction: `write_some`
continues where the last batch ended.
"""

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial, reduce
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from claims.choices import PUBLIC_STATES, Act, EventKind, NameChangeState, NameKind, State
from claims.desk import journal, locks
from claims.desk.rules import RULES, NotAllowed, Refused, needed
from claims.models import (
    Affiliation,
    Claim,
    Claimant,
    NameChange,
    PublishedClaim,
    Rating,
    RatingScale,
    Revision,
    Topic,
)
from claims.models.name_change import NAMES_PEOPLE
from claims.record import differences, purging
from claims.record.body import Named, Signing, card_of, cited, people, publishers, signed_again, with_updated_card
from claims.record.canonical import canonical
from claims.record.merged import survivors
from claims.schema import Content
from factcheck.accounts import security
from factcheck.accounts.models import SecurityKind, User
from sources.choices import Protection
from sources.models import Publisher, Source, seen_by

Subject = Claimant | Topic | Rating | RatingScale | Source | Publisher | Claim
Values = dict[str, Any]

# How many claims are revised in the editor's request, and how many in one transaction of a batch: others wait for it.
AT_ONCE, BATCH = 100, 25
# States of claims that aren't published. They get an event if a name that they show changes.
_UNPUBLISHED = (State.LOGGED, State.RESEARCHING, State.IN_REVIEW, State.APPROVED)

MODELS: dict[NameKind, type[models.Model]] = {
    NameKind.CLAIMANT: Claimant,
    NameKind.TOPIC: Topic,
    NameKind.RATING: Rating,
    NameKind.SCALE: RatingScale,
    NameKind.SOURCE: Source,
    NameKind.PUBLISHER: Publisher,
}
# Claims aren't names, but two of them can be merged as names can.
ROWS = MODELS | {NameKind.CLAIM: Claim}
_KINDS = {model: kind for kind, model in ROWS.items()}
# The fields that readers see. Only the desk sees all others.
_FIELDS: dict[NameKind, list[str]] = {
    NameKind.CLAIMANT: ["name", "kind", "role", "wikidata"],
    NameKind.TOPIC: ["name", "description", "translations"],
    NameKind.RATING: ["scale", "label", "definition", "translations", "on_scale", "value", "is_offered"],
    NameKind.SCALE: ["worst", "best"],
    NameKind.SOURCE: [
        *("title", "publisher", "kind", "address", "address_is_private", "archived_address"),
        *("is_copy", "original_address", "authors", "published", "language", "interest", "summary"),
        *("protection", "described_as", "described_date"),
    ],
    NameKind.PUBLISHER: ["name", "address"],
}
_AFFILIATIONS = "affiliations"
# Also among the values of a proposal: what readers would see, with what other rows put in it, such as a publisher.
_SHOWN = "shown"
# A change of one of these always changes the meaning: it is never only a spelling.
_MEANING: dict[NameKind, set[str]] = {
    NameKind.CLAIMANT: {"kind", "wikidata", _AFFILIATIONS},
    NameKind.RATING: set(_FIELDS[NameKind.RATING]),
    NameKind.SCALE: set(_FIELDS[NameKind.SCALE]),
    NameKind.SOURCE: {
        *("address", "archived_address", "address_is_private", "is_copy", "original_address", "publisher"),
        *("protection", "described_as", "described_date"),
    },
    NameKind.PUBLISHER: {"address"},
}


@dataclass(frozen=True)
class Outcome:
    """The result of saving a name: the proposal or change, and the approved claims that are back in review."""

    change: NameChange | None = None
    sent_back: list[Claim] = field(default_factory=list)


# Saving a name


class Unseen(Refused):
    """A change brings another name to readers too, and the person hasn't seen that one as it is now.

    The text shows what readers would get, and `digest` is what a person who read it sends back.
    """

    def __init__(self, text: str, cards: list[str]) -> None:
        self.digest = hashlib.sha256("\n".join(cards).encode()).hexdigest()
        shown = text.replace("\n", " · ")
        super().__init__(
            f"It names something that readers don't see yet. They would get: {shown}. Save again if it's right."
        )


NEEDS_REASON = "Readers see this name. Tell them why it changes."


@transaction.atomic
def save(
    subject: Subject,
    store: Callable[[], object],
    *,
    by: User,
    reason: str = "",
    spelling_only: bool = False,
    seen: str = "",
) -> Outcome:
    """Change a name that is stored already, by calling `store`.

    If readers would see the difference, it is undone and proposed instead. So is less protection of a source, whoever
    sees it now. Fields that only the desk sees are stored in both cases. Raises Refused, and stores nothing, while
    another change of the name is open, and for a source that `by` may not see. If readers see the name or a source
    would be protected less, it also does so without a reason and for a person who may not change it. Raises Unseen if
    the change shows readers another name, such as a new publisher, that only one person may have seen: `seen` is the
    digest of what this one saw of it.
    """
    kind = kind_of(subject)
    hold(subject)
    before = row_of(kind, pk=subject.pk)
    _check_seen(before, by)
    locks.hold_names(beside(before) | beside(subject))
    old_cards, old_values, text = cards_of(before), values_of(before), text_of(before)
    savepoint = transaction.savepoint()
    store()
    after = row_of(kind, pk=subject.pk)
    is_looser = isinstance(after, Source) and isinstance(before, Source) and after.is_looser_than(before)
    is_new_in_list = _is_listed(before) != _is_listed(after) and not showing(before).exists()
    if cards_of(after) == old_cards and not is_looser and not is_new_in_list:
        transaction.savepoint_commit(savepoint)
        return Outcome()
    check_none_waits(kind, before.slug)
    if isinstance(after, Source) and not after.is_public:
        _hide_changes(after)
    if not is_shown(before) and not is_looser and not is_new_in_list:
        transaction.savepoint_commit(savepoint)
        return Outcome(sent_back=tell_drafts(after, EventKind.NAME_CHANGED, by=by))
    RULES["rename"].check(by)
    sentence = "More people would see this source. Say why." if is_looser else NEEDS_REASON
    reason = needed(reason, sentence)
    named_anew = [row_of(name_kind, lock=False, pk=pk) for name_kind, pk in beside(after) - beside(before)]
    new_values, new_text = values_of(after), text_of(after)
    people = list(after.people.all()) if isinstance(after, Source) else []
    transaction.savepoint_rollback(savepoint)
    unseen = Unseen(new_text, new_values[_SHOWN])
    if settings.FOUR_EYES and seen != unseen.digest and not all(map(is_shown, named_anew)):
        raise unseen
    _store_desk_fields(before, after)
    if isinstance(before, Source):
        before.people.set(people)
    changed = {name for name in new_values if new_values[name] != old_values.get(name)}
    change: NameChange = NameChange.objects.propose(
        kind,
        before.slug,
        by=by,
        old_values=old_values,
        new_values=new_values,
        before=text if not is_new_in_list or _is_listed(before) else "",
        after=new_text if not is_new_in_list or _is_listed(after) else "",
        reason=reason,
        changes_meaning=not spelling_only or bool(changed & _MEANING.get(kind, set())),
    )
    return Outcome(change) if settings.FOUR_EYES else accept(change, by=by)


# The second person

_OUTDATED = "This was changed since the proposal. Decline the proposal, then propose what is still to change."


def check_none_waits(kind: NameKind, *slugs: str) -> None:
    """Raises Refused while a change of one of these names, or a merge into one, isn't finished."""
    if NameChange.objects.open_for(kind, *slugs).exists():
        raise Refused("Another change of this name is waiting. Accept or decline that one first.")


@transaction.atomic
def accept(change: NameChange, *, by: User) -> Outcome:
    """Bring a proposed change to the desk and to readers. `by` must be another person than the proposer.

    If more than `AT_ONCE` claims show the name, `write_some` does the rest. Raises Refused for the proposer, for a
    change that was decided already, and if the name has changed since the proposal.
    """
    change = proposed(change, by=by)
    if change.is_merge:
        raise Refused("This is a merge. Look at what it changes, then publish it.")
    alone = is_alone(change, by)
    kind = NameKind(change.kind)
    row, wanted = row_of(kind, slug=change.slug), row_of(kind, slug=change.slug)
    _check_seen(row, by)
    _give(wanted, change.new_values)
    locks.hold_names(beside(row) | beside(wanted))
    if values_of(row) != change.old_values:
        raise Refused(_OUTDATED)
    before = row_of(kind, slug=change.slug)
    _apply(row, change.new_values)
    row = row_of(kind, slug=change.slug)
    reopened: set[int] = set()
    if isinstance(row, Source) and isinstance(before, Source):
        if not (before.is_public and row.is_public):
            _hide_changes(row)
            change.is_hidden = True
        if row.is_looser_than(before):
            reopened = set(_published_on(row).values_list("pk", flat=True))
    if cards_of(row) != change.new_values[_SHOWN]:
        # A row that it names was changed: nobody but who changed that has seen what readers would get.
        raise Refused(_OUTDATED)
    change.state, change.decided_alone = NameChangeState.ACCEPTED, alone
    change.claims = showing(row).count()
    # Readers saw neither what it was nor what it is, or only in versions that went meanwhile.
    change.words_withheld = kind in NAMES_PEOPLE and not change.claims
    at_once = change.claims <= AT_ONCE
    # All at once and in their order: two changes of names may concern the same claims.
    shown = showing(row).values_list("claim_id", flat=True) if at_once else []
    locks.locked_rows({*drafts_of(row).values_list("pk", flat=True), *shown, *reopened})
    decide(change, by)
    security.note(SecurityKind.RENAME, actor=by, about=f"{change.kind} {_slug_of(row)}", number=change.number)
    sent_back = tell_drafts(row, EventKind.NAME_AGREED, by=by)
    if isinstance(row, Source):
        _reopen(reopened, row, by=by)
    if at_once:
        while not write_some(change):
            pass
        change.refresh_from_db()
    return Outcome(change, sent_back)


@transaction.atomic
def decline(change: NameChange, *, reason: str, by: User) -> NameChange:
    """Decline a proposed change. The proposer may do that too."""
    change = proposed(change, by=by)
    if unseen(by).filter(pk=change.pk).exists():
        raise NotAllowed(_NOT_NAMED)
    change.why_declined = needed(reason, "Say why this is declined.")
    change.state = NameChangeState.DECLINED
    decide(change, by)
    return change


@transaction.atomic
def write_some(change: NameChange, *, most: int = BATCH) -> bool:
    """Revise the next published claims that show an accepted change. Returns True if none is left.

    Continues after the last claim that was looked at. At any time, each claim shows either the old name or the new one.
    Calls at the same time wait for each other.
    """
    kind, slug = NameKind(change.kind), change.into or change.slug
    row = row_of(kind, lock=False, slug=slug)
    hold(row, alone=False)
    locks.hold_names(beside(row))
    change = NameChange.objects.select_related("decider").select_for_update(of=("self",), no_key=True).get(pk=change.pk)
    if change.state != NameChangeState.ACCEPTED:
        return True
    row = row_of(kind, slug=slug)
    left = _to_revise(change, row).filter(claim_id__gt=change.position).order_by("claim_id")
    claims = list(left.values_list("claim_id", flat=True)[:most])
    if claims:
        change.revised += _revise(claims, row, change)
        change.position = claims[-1]
    if len(claims) < most:
        change.state = NameChangeState.DONE
    change.save(update_fields=["revised", "position", "state"])
    return change.state == NameChangeState.DONE


# Protected sources

_NO_QUOTES = "without quotes"
_NOT_NAMED = "Only the people named for this source can change it."


def _check_seen(subject: Subject, by: User) -> None:
    """Raises NotAllowed for a source that this person may not see."""
    if isinstance(subject, Source) and not subject.is_seen_by(by):
        raise NotAllowed(_NOT_NAMED)


def _hide_changes(source: Source) -> None:
    """Hide all changes of a protected source from readers. Those would say what it is."""
    NameChange.objects.filter(kind=NameKind.SOURCE, slug=source.slug).update(is_hidden=True)


def _event_text(subject: Subject) -> str:
    """The text of a claim's event about the name. Events stay, so it has only the alias of a protected source."""
    is_protected = isinstance(subject, Source) and not subject.is_public
    return f"{kind_of(subject).label}: {_slug_of(subject) if is_protected else subject}"[:500]


def _slug_of(subject: Subject) -> str:
    """The slug of the name for logs and events, which more people read than may see a protected source."""
    return subject.shown_slug if isinstance(subject, Source) else str(subject.slug)


def _published_on(source: Source) -> QuerySet[Claim]:
    """The claims without draft changes that rest on the source, whether or not readers see it."""
    rests = Q(appearances__source=source) | Q(evidence__source=source)
    return Claim.objects.filter(rests, state__in=PUBLIC_STATES).distinct().order_by("pk")


def _reopen(claims: Iterable[int], source: Source, *, by: User) -> None:
    """Return these published claims to research: readers may see more of the source, once two people approve it."""
    for pk in claims:
        claim = locks.locked(Claim(pk=pk))
        if claim.state in PUBLIC_STATES:
            text = _event_text(source)
            journal.note(claim, EventKind.NAME_AGREED, by=by, to=State.RESEARCHING, text=text)


def may_need_redacting(change: NameChange) -> QuerySet[Revision]:
    """The revisions by which a source became more protected for readers. What came before them still shows it."""
    if not protects_more(change) or change.decided_at is None:
        return Revision.objects.none()
    made = Revision.objects.filter(act=Act.RENAME, reason=change.reason, at__gte=change.decided_at)
    return made.filter(proposed_by_id=change.proposed_by_id).order_by("pk")


def protects_more(change: NameChange) -> bool:
    """True if the change takes a source from readers, or its name."""
    before, after = (values.get("protection") for values in (change.old_values, change.new_values))
    if change.kind != NameKind.SOURCE or not before or not after:
        return False
    return Protection(after).strength > Protection(before).strength


def unseen(by: User) -> QuerySet[NameChange]:
    """The changes of sources that this person may not see."""
    return NameChange.objects.filter(kind=NameKind.SOURCE, slug__in=Source.objects.exclude(seen_by(by)).values("slug"))


# Merges


def _to_revise(change: NameChange, row: Subject) -> QuerySet[PublishedClaim]:
    """The published claims that show what the change concerns; after a merge, also what became this row."""
    if change.undoes is not None:
        return showing(row) | showing(row_of(kind_of(row), lock=False, slug=merge_undone_by(change).into))
    if not change.into or isinstance(row, Publisher):
        return showing(row)
    merged = showing(type(row)(slug=change.slug))
    # The row itself changed only if something of the other one, such as an affiliation, is now its own.
    return merged | showing(row) if change.moved.get("is_changed", True) else merged


def merge_undone_by(change: NameChange) -> NameChange:
    """The merge that the change undoes."""
    merge: NameChange = NameChange.objects.get(kind=change.kind, slug=change.slug, number=change.undoes or 0)
    return merge


# Locks of names


def hold(subject: Subject, *, alone: bool = True) -> None:
    """Wait for the lock of this name, and hold it until the transaction ends. Raises Busy.

    A scale is shown by its ratings, so these are shared at the same time.
    """
    own = {(kind_of(subject), subject.pk)}
    ratings = subject.ratings.values_list("pk", flat=True) if isinstance(subject, RatingScale) else []
    beside = {(NameKind.RATING, pk) for pk in ratings}
    locks.hold_names(beside if alone else beside | own, alone=own if alone else ())


def beside(subject: Subject) -> set[locks.Name]:
    """The other name that readers see in this one."""
    match subject:
        case Source() if subject.publisher_id:
            return {(NameKind.PUBLISHER, subject.publisher_id)}
        case Rating():
            return {(NameKind.SCALE, subject.scale_id)}
    return set()


# The words of names in the lists of changes

# The slugs of the people, sources and publishers that versions show.
Shown = dict[NameKind, set[str]]
# At most as many versions are read to find words that readers can read there. What wasn't found is withheld.
_MOST_READ = 500


def named_by(claim: Claim) -> Shown:
    """The people, sources and publishers that any version of the claim showed, and what these became by merges."""
    found: Shown = {kind: set() for kind in NAMES_PEOPLE}
    for version in Revision.objects.filter(claim=claim).order_by("number").iterator(chunk_size=BATCH):
        for kind, slug, _card in _cards_in(version.content):
            found[kind].add(slug)
    return {
        kind: slugs | {*survivors(kind, slugs, for_readers=False).values()} for kind, slugs in found.items() if slugs
    }


def hold_words(shown: Shown) -> None:
    """Hold the names whose words `settle_words` may hide, so that none of them changes meanwhile."""
    found = {
        (kind, pk)
        for kind, slugs in shown.items()
        for pk in MODELS[kind]._default_manager.filter(_known_as(kind, slugs)).values_list("pk", flat=True)
    }
    locks.hold_names(alone=found)


def _known_as(kind: NameKind, slugs: Collection[str]) -> Q:
    """A condition for the rows that readers know by these slugs."""
    return Q(slug__in=slugs) | Q(alias__in=slugs) if kind == NameKind.SOURCE else Q(slug__in=slugs)


def settle_words(shown: Shown) -> None:
    """Hide the text of changes of these names from readers, except where they can read each line of it in a version.

    Call it when an act has taken versions from readers, or given some back, with the record's lock: then none of the
    versions that it reads can go. A change that another act is deciding is left as it is, and not waited for. To
    hide those too, hold the names (`hold_words`).
    """
    about = reduce(
        Q.__or__, (Q(pk__in=NameChange.objects.about(*one).values("pk")) for one in shown.items()), Q(pk=None)
    )
    decided = NameChange.objects.filter(about).exclude(state__in=[NameChangeState.PROPOSED, NameChangeState.DECLINED])
    changes = list(decided.select_for_update(skip_locked=True, no_key=True).order_by("pk"))
    if not changes:
        return
    unread = _unreadable(changes)
    for change in changes:
        change.words_withheld = change in unread
    NameChange.objects.bulk_update(changes, ["words_withheld"])


def _unreadable(changes: list[NameChange]) -> set[NameChange]:
    """Those of these changes that have a line which no version that readers can read says of the name."""
    merges = {(change.kind, change.slug, change.number): change.into for change in changes}
    wanted = {}
    for change in changes:
        into = change.into or merges.get((change.kind, change.slug, change.undoes or 0), "")
        lines = {line for line in f"{change.before}\n{change.after}".splitlines() if line}
        wanted[change] = ({(NameKind(change.kind), slug) for slug in (change.slug, into) if slug}, lines)
    names = set().union(*(keys for keys, _lines in wanted.values()))
    read: dict[tuple[NameKind, str], set[str]] = {name: set() for name in names}
    versions = Revision.objects.readable().filter(claim__in=_showing_any(names).order_by().values("claim"))
    for version in versions.order_by("claim", "number")[:_MOST_READ].iterator(chunk_size=BATCH):
        for kind, slug, card in _cards_in(version.content):
            if (kind, slug) in read:
                read[kind, slug].update(differences.card_in_words(card).splitlines())
        wanted = {
            change: (keys, lines)
            for change, (keys, lines) in wanted.items()
            if not lines or not lines <= set().union(*(read[key] for key in keys))
        }
        if not wanted:
            break
    return set(wanted)


def _showing_any(names: Iterable[tuple[NameKind, str]]) -> QuerySet[PublishedClaim]:
    """The published claims that show one of these names, or what it became."""
    slugs: Shown = {kind: set() for kind in NAMES_PEOPLE}
    for kind, slug in names:
        slugs[kind].add(slug)
    persons, known, published_by = (
        slugs[kind] | {*survivors(kind, slugs[kind], for_readers=False).values()} for kind in NAMES_PEOPLE
    )
    shown = Q(publisher__slug__in=published_by, protection=Protection.PUBLIC)
    sources = Source.objects.filter(_known_as(NameKind.SOURCE, known) | shown)
    cited_as = [slug for source in sources for slug in source.record_slugs]
    return PublishedClaim.objects.filter(
        Q(claimant__in=persons) | Q(attributed__overlap=sorted(persons)) | Q(sources__overlap=cited_as)
    )


def _cards_in(content: Content) -> Iterator[tuple[NameKind, str, Content]]:
    """The card of each person, source and publisher that a body shows, with its kind and slug."""
    if "rating" not in content:  # of a withdrawal
        return
    for kind, cards in (
        (NameKind.CLAIMANT, people(content)),
        (NameKind.SOURCE, cited(content)),
        (NameKind.PUBLISHER, publishers(content)),
    ):
        for card in cards:
            yield kind, card["slug"], card


# Where a name is shown


def is_shown(subject: Subject) -> bool:
    """True if readers see this name anywhere: on a claim, or in the list of ratings."""
    return _is_listed(subject) or showing(subject).exists()


def _is_listed(subject: Subject) -> bool:
    """True if readers find this among the ratings, whether or not a claim has it."""
    match subject:
        case Rating():
            return subject.is_offered
        case RatingScale():
            return bool(subject.ratings.offered().exists())
    return False


def needs_reason(subject: Subject) -> bool:
    """True if a change of this name may need a reason: readers see it, or could see it or more of it afterwards."""
    may_become_seen = isinstance(subject, Rating) or (isinstance(subject, Source) and not subject.is_public)
    return may_become_seen or is_shown(subject)


def showing(subject: Subject) -> QuerySet[PublishedClaim]:
    """The published claims in which readers see the name."""
    claims = PublishedClaim.objects.all()
    match subject:
        case Claimant():
            return claims.naming(subject.slug)
        case Topic():
            return claims.on_topic(subject.slug)
        case Rating() | RatingScale():
            ratings = subject.ratings.all() if isinstance(subject, RatingScale) else [subject]
            return claims.rated(*(rating.slug for rating in ratings))
        case Source():
            return claims.citing(*subject.record_slugs)
        case Publisher():
            shown = subject.sources.filter(protection=Protection.PUBLIC)
            return claims.filter(sources__overlap=list(shown.values_list("slug", flat=True)))
        case Claim():
            return claims.filter(claim=subject)


def drafts_of(subject: Subject) -> QuerySet[Claim]:
    """The unpublished claims that show the name."""
    shown: dict[NameKind, list[str]] = {
        NameKind.CLAIMANT: ["claimant", "appearances__attributed_to"],
        NameKind.TOPIC: ["topics"],
        NameKind.RATING: ["rating"],
        NameKind.SCALE: ["rating__scale"],
        NameKind.SOURCE: ["appearances__source", "evidence__source"],
        NameKind.PUBLISHER: ["appearances__source__publisher", "evidence__source__publisher"],
    }
    ways: Iterable[QuerySet[Any]] = (
        Claim.objects.filter(**{path: subject}).values("pk") for path in shown[kind_of(subject)]
    )
    found = reduce(Q.__or__, (Q(pk__in=way) for way in ways))
    return Claim.objects.filter(found, state__in=_UNPUBLISHED).order_by("pk")


def sends_back(subject: Subject) -> QuerySet[Claim]:
    """The approved claims that a change of this name sends back to review."""
    return drafts_of(subject).filter(state=State.APPROVED)


def tell_drafts(subject: Subject, event: EventKind, *, by: User) -> list[Claim]:
    """Add an event to every unpublished claim that shows the name. Returns those whose approval ended.

    The claims get a new version, so that nobody submits or approves what they haven't seen.
    """
    sent_back = []
    for pk in list(drafts_of(subject).values_list("pk", flat=True)):
        claim = locks.locked(Claim(pk=pk))
        if claim.state not in _UNPUBLISHED:
            continue
        was_approved = claim.state == State.APPROVED
        to = State.IN_REVIEW if was_approved else None
        journal.note(claim, event, by=by, to=to, text=_event_text(subject))
        if was_approved:
            sent_back.append(claim)
    return sent_back


def _revise(claims: list[int], subject: Subject, change: NameChange) -> int:
    """Bring published claims to the name as it is now; returns how many didn't show it yet.

    A claim that was withdrawn meanwhile is left out.
    """
    locked = locks.locked_rows(claims)
    shown = {row.claim_id: row for row in PublishedClaim.objects.select_related("revision").filter(claim__in=claims)}
    update, made = _updating(subject, change, claims), {}
    for claim in (claim for claim in locked if claim.pk in shown):
        content = shown[claim.pk].revision.content
        renamed = update(claim, content)
        if canonical(renamed) != canonical(content):
            made[claim] = partial(_signed, renamed, change)
    by = change.decider
    assert by is not None  # noqa: S101 — only a loaded change has none, and that one is done
    if made:
        journal.note_renamed(list(made), by=by, text=change.reason)
        before = {claim.pk: shown[claim.pk] for claim in made}
        journal.reveal(made, Act.RENAME, by=by, reason=change.reason, shown=before)
        slugs = subject.record_slugs if isinstance(subject, Source) else [subject.slug]
        purging.note_name(NameKind(change.kind), *filter(None, {*slugs, change.slug, change.into}))
    return len(made)


def _updating(subject: Subject, change: NameChange, claims: list[int]) -> Callable[[Claim, Content], Content]:
    """The function that brings the body of one of these claims to the name as it is now."""
    if change.undoes is None:
        named = _named(subject)
        with_card = partial(with_updated_card, merged=change.slug) if change.into else with_updated_card
        return lambda _claim, content: reduce(with_card, named, content)
    merge = merge_undone_by(change)
    other = _named(row_of(kind_of(subject), lock=False, slug=merge.into))
    merged = set(merge.moved["published"]).intersection(claims)
    before = previous_contents(merged)
    # A claim that the merge revised gets the names of the version before. The others show what the merge left.
    return lambda claim, content: before.get(claim.pk) or reduce(with_updated_card, [*_named(subject), *other], content)


def previous_contents(claims: Iterable[int]) -> dict[int, Content]:
    """The body of the version before the newest, for each of these claims that has one."""
    found = Revision.objects.filter(claim__in=claims).order_by("claim_id", "-number")
    before: dict[int, Content] = {}
    newest = 0
    for revision in found.iterator(chunk_size=BATCH):
        if revision.claim_id == newest:
            before.setdefault(newest, revision.content)
        newest = revision.claim_id
    return before


def _signed(content: Content, change: NameChange, signing: Signing) -> Content:
    """The body, signed with who proposed the name and who brought it to readers."""
    by = replace(
        signing,
        proposed_by=change.proposed_by,
        proposed_by_id=change.proposed_by_id,
        proposed_alone=change.decided_alone,
    )
    return signed_again(content, by)


# Rows and their values


def kind_of(subject: models.Model) -> NameKind:
    """The kind of name that the row is."""
    return _KINDS[type(subject)]


def values_of(subject: Subject) -> Values:
    """The public fields of the row as JSON values, with other rows by their slugs; and what readers see of it."""
    values: Values = {_SHOWN: cards_of(subject)}
    for name in _FIELDS[kind_of(subject)]:
        value = getattr(subject, name)
        values[name] = value.slug if isinstance(value, Publisher | RatingScale) else value
    if isinstance(subject, Claimant):
        values[_AFFILIATIONS] = [
            {"name": one.name, "started": one.started, "ended": one.ended} for one in subject.affiliations.all()
        ]
    return values


def _apply(row: Subject, values: Values) -> None:
    """Store these values. Raises Refused if the row's rules no longer allow them."""
    _give(row, values)
    try:
        row.full_clean()
        with transaction.atomic():
            row.save()
            if isinstance(row, Claimant):
                row.affiliations.all().delete()
                Affiliation.objects.bulk_create(Affiliation(claimant=row, **one) for one in values[_AFFILIATIONS])
    except (ValidationError, IntegrityError) as error:
        sentences = error.messages if isinstance(error, ValidationError) else ["Something else already has this name."]
        raise Refused(f"This can't be saved any more. {' '.join(sentences)}") from error


def _give(row: Subject, values: Values) -> None:
    """Set the public fields of the row. Raises Refused if a row that they name was deleted, or a field came since."""
    for name in _FIELDS[kind_of(row)]:
        if name not in values:
            raise Refused(_OUTDATED)
        target = row._meta.get_field(name).related_model
        value = values[name]
        if isinstance(target, type) and not (value is None and row._meta.get_field(name).null):
            value = target._default_manager.filter(slug=value).first()
            if value is None:
                raise Refused(_OUTDATED)
        setattr(row, name, value)


def _store_desk_fields(row: Subject, typed: Subject) -> None:
    """Store the values of the fields that only the desk sees."""
    # The alias stays even if it was made for a proposal: both people must see the same one.
    public = {*_FIELDS[kind_of(row)], "slug", "canonical_address", "lookup_key"}
    own = [
        field.name
        for field in row._meta.concrete_fields
        if not field.primary_key
        and field.name not in public
        and getattr(row, field.attname) != getattr(typed, field.attname)
    ]
    for name in own:
        setattr(row, name, getattr(typed, name))
    if own:
        row.save(update_fields=own)


def row_of(kind: NameKind, *, lock: bool = True, **key: Any) -> Subject:
    """The stored row, locked until the transaction ends. Raises Refused if there is none."""
    rows: Any = ROWS[kind]._default_manager.filter(**key)
    with locks.patience():
        subject: Subject | None = (rows.select_for_update(no_key=True) if lock else rows).first()
    if subject is None:
        raise Refused("This was deleted, so it can't be changed.")
    return subject


def _named(subject: Subject) -> list[Named]:
    """The rows that claims show, with all that their cards need: the row, or for a scale its ratings."""
    if isinstance(subject, Claimant):
        models.prefetch_related_objects([subject], _AFFILIATIONS)
    if isinstance(subject, Claim):
        return []
    return list(subject.ratings.all()) if isinstance(subject, RatingScale) else [subject]


def cards_of(subject: Subject) -> list[str]:
    """The row as readers see it, in the form of the record. For a source, also what they see of its words."""
    cards = [canonical(card) for one in _named(subject) if (card := card_of(one)) is not None]
    quotes = [] if not isinstance(subject, Source) or subject.protection != Protection.NAMED else [_NO_QUOTES]
    return cards + (quotes if cards else [])


def text_of(subject: Subject) -> str:
    """The row as readers see it, as lines of text."""
    return "\n".join(differences.card_in_words(card_of(one)) for one in _named(subject))


def proposed(change: NameChange, *, by: User) -> NameChange:
    """The change, locked, for a person who may decide it. Raises Refused if it was decided already."""
    rows: Any = ROWS[NameKind(change.kind)]._default_manager
    subject: Subject | None = rows.filter(slug=change.slug).first()
    if subject is not None:
        hold(subject)
    with locks.patience():
        change = NameChange.objects.select_for_update(no_key=True).get(pk=change.pk)
    if change.state != NameChangeState.PROPOSED:
        raise Refused("Somebody has already decided this change. Open it again to see how.")
    RULES["rename"].check(by)
    return change


def is_alone(change: NameChange, by: User) -> bool:
    """True if `by` decides what they proposed. Raises Refused unless this desk lets one person do both."""
    alone = change.proposer_id == by.pk
    if alone and settings.FOUR_EYES:
        raise Refused("You proposed this change. Another person must publish it.")
    return alone


def decide(change: NameChange, by: User) -> None:
    """Store the change as it is now, with the person who decided it."""
    change.decider, change.decided_by, change.decided_by_id = by, by.signature, by.initials
    change.decided_at = timezone.now()
    change.save()
