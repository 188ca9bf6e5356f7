"""Changes of names that claims show: claimants, topics, ratings and their scales, sources, publishers.

One person can change a name that readers don't see yet. Unpublished claims that show it get an event. A change of a
name that readers see needs two people: one proposes it, another brings it to readers. That adds a revision (act
*rename*) to every published claim that shows the name. It is made from the newest *published* body, so that
unpublished changes stay unpublished. Many claims are revised in batches, each in its own transaction: `write_some`
continues where the last batch ended.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial, reduce
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from claims.choices import Act, EventKind, NameChangeState, NameKind, State
from claims.desk import journal, locks
from claims.desk.rules import RULES, Refused, needed
from claims.models import Affiliation, Claim, Claimant, NameChange, PublishedClaim, Rating, RatingScale, Topic
from claims.models.name_change import OPEN
from claims.record import differences, purging
from claims.record.body import Named, Signing, card_of, cited, people, signed_again, with_updated_card
from claims.record.canonical import canonical
from claims.schema import Content
from factcheck.accounts import security
from factcheck.accounts.models import SecurityKind, User
from sources.models import Publisher, Source

Subject = Claimant | Topic | Rating | RatingScale | Source | Publisher
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
_KINDS = {model: kind for kind, model in MODELS.items()}
# The fields that readers see. Only the desk sees all others.
_FIELDS: dict[NameKind, list[str]] = {
    NameKind.CLAIMANT: ["name", "kind", "role", "wikidata"],
    NameKind.TOPIC: ["name", "description", "translations"],
    NameKind.RATING: ["scale", "label", "definition", "translations", "on_scale", "value"],
    NameKind.SCALE: ["worst", "best"],
    NameKind.SOURCE: [
        *("title", "publisher", "kind", "address", "address_is_private", "archived_address"),
        *("is_copy", "original_address", "authors", "published", "language", "interest", "summary"),
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
    },
    NameKind.PUBLISHER: {"address"},
}


@dataclass(frozen=True)
class Outcome:
    """The result of saving a name: the proposal or change, and the approved claims that are back in review."""

    change: NameChange | None = None
    sent_back: list[Claim] = field(default_factory=list)


# Saving a name


@transaction.atomic
def save(
    subject: Subject, store: Callable[[], object], *, by: User, reason: str = "", spelling_only: bool = False
) -> Outcome:
    """Change a name that is stored already, by calling `store`.

    If readers would see the difference, it is undone and proposed instead. Fields that only the desk sees are stored in
    both cases. Raises Refused, and stores nothing, while another change of the name is open. If readers see the name,
    it also does so without a reason and for a person who may not change it.
    """
    kind = kind_of(subject)
    hold(subject)
    before = _row(kind, pk=subject.pk)
    locks.hold_names(_beside(before) | _beside(subject))
    old_cards, old_values, text = _cards(before), values_of(before), _text(before)
    savepoint = transaction.savepoint()
    store()
    after = _row(kind, pk=subject.pk)
    if _cards(after) == old_cards:
        transaction.savepoint_commit(savepoint)
        return Outcome()
    earlier = NameChange.objects.filter(kind=kind, slug=before.slug)
    if earlier.filter(state__in=OPEN).exists():
        raise Refused("Another change of this name is waiting. Accept or decline that one first.")
    if not is_shown(before):
        transaction.savepoint_commit(savepoint)
        return Outcome(sent_back=_tell_drafts(after, EventKind.NAME_CHANGED, by=by))
    RULES["rename"].check(by)
    reason = needed(reason, "Readers see this name. Tell them why it changes.")
    new_values, new_text = values_of(after), _text(after)
    transaction.savepoint_rollback(savepoint)
    _store_desk_fields(before, after)
    changed = {name for name in new_values if new_values[name] != old_values.get(name)}
    change = NameChange.objects.create(
        kind=kind,
        slug=before.slug,
        number=earlier.count() + 1,
        old_values=old_values,
        new_values=new_values,
        before=text,
        after=new_text,
        reason=reason,
        changes_meaning=not spelling_only or bool(changed & _MEANING.get(kind, set())),
        proposer=by,
        proposed_by=by.signature,
        proposed_by_id=by.initials,
    )
    return Outcome(change) if settings.FOUR_EYES else accept(change, by=by)


# The second person

_OUTDATED = "This was changed since the proposal. Decline the proposal, then propose what is still to change."


@transaction.atomic
def accept(change: NameChange, *, by: User) -> Outcome:
    """Bring a proposed change to the desk and to readers. `by` must be another person than the proposer.

    If more than `AT_ONCE` claims show the name, `write_some` does the rest. Raises Refused for the proposer, for a
    change that was decided already, and if the name has changed since the proposal.
    """
    change = _proposed(change, by=by)
    alone = change.proposer_id == by.pk
    if alone and settings.FOUR_EYES:
        raise Refused("You proposed this change. Another person must publish it.")
    kind = NameKind(change.kind)
    row, wanted = _row(kind, slug=change.slug), _row(kind, slug=change.slug)
    _give(wanted, change.new_values)
    locks.hold_names(_beside(row) | _beside(wanted))
    if values_of(row) != change.old_values:
        raise Refused(_OUTDATED)
    _apply(row, change.new_values)
    row = _row(kind, slug=change.slug)
    if _cards(row) != change.new_values[_SHOWN]:
        # A row that it names was changed: nobody but who changed that has seen what readers would get.
        raise Refused(_OUTDATED)
    change.state, change.decided_alone = NameChangeState.ACCEPTED, alone
    change.claims = showing(row).count()
    at_once = change.claims <= AT_ONCE
    # All at once and in their order: two changes of names may concern the same claims.
    shown = showing(row).values_list("claim_id", flat=True) if at_once else []
    locks.locked_rows({*_drafts(row).values_list("pk", flat=True), *shown})
    _decide(change, by)
    security.note(SecurityKind.RENAME, actor=by, about=f"{change.kind} {change.slug}", number=change.number)
    sent_back = _tell_drafts(row, EventKind.NAME_AGREED, by=by)
    if at_once:
        while not write_some(change):
            pass
        change.refresh_from_db()
    return Outcome(change, sent_back)


@transaction.atomic
def decline(change: NameChange, *, reason: str, by: User) -> NameChange:
    """Decline a proposed change. The proposer may do that too."""
    change = _proposed(change, by=by)
    change.why_declined = needed(reason, "Say why this is declined.")
    change.state = NameChangeState.DECLINED
    _decide(change, by)
    return change


@transaction.atomic
def write_some(change: NameChange, *, most: int = BATCH) -> bool:
    """Revise the next published claims that show an accepted change. Returns True if none is left.

    Continues after the last claim that was looked at. At any time, each claim shows either the old name or the new one.
    Calls at the same time wait for each other.
    """
    row = _row(NameKind(change.kind), lock=False, slug=change.slug)
    hold(row, alone=False)
    locks.hold_names(_beside(row))
    change = NameChange.objects.select_related("decider").select_for_update(of=("self",)).get(pk=change.pk)
    if change.state != NameChangeState.ACCEPTED:
        return True
    row = _row(NameKind(change.kind), slug=change.slug)
    left = showing(row).filter(claim_id__gt=change.position).order_by("claim_id")
    claims = list(left.values_list("claim_id", flat=True)[:most])
    if claims:
        change.revised += _revise(claims, row, change)
        change.position = claims[-1]
    if len(claims) < most:
        change.state = NameChangeState.DONE
    change.save(update_fields=["revised", "position", "state"])
    return change.state == NameChangeState.DONE


# Locks of names


def hold(subject: Subject, *, alone: bool = True) -> None:
    """Wait for the lock of this name, and hold it until the transaction ends. Raises Busy.

    A scale is shown by its ratings, so these are shared at the same time.
    """
    own = {(kind_of(subject), subject.pk)}
    ratings = subject.ratings.values_list("pk", flat=True) if isinstance(subject, RatingScale) else []
    beside = {(NameKind.RATING, pk) for pk in ratings}
    locks.hold_names(beside if alone else beside | own, alone=own if alone else ())


def _beside(subject: Subject) -> set[locks.Name]:
    """The other name that readers see in this one."""
    match subject:
        case Source():
            return {(NameKind.PUBLISHER, subject.publisher_id)}
        case Rating():
            return {(NameKind.SCALE, subject.scale_id)}
    return set()


def hold_words(content: Content) -> None:
    """Hold the names of a body whose words `withhold_words` will hide, so that none of them changes meanwhile."""
    found = {
        (kind, pk)
        for kind, slugs in _named_in(content).items()
        for pk in MODELS[kind]._default_manager.filter(slug__in=slugs).values_list("pk", flat=True)
    }
    locks.hold_names(alone=found)


def withhold_words(content: Content) -> None:
    """Hide the text of earlier changes of the people and sources in a body from readers."""
    shown = reduce(Q.__or__, (Q(kind=kind, slug__in=slugs) for kind, slugs in _named_in(content).items()))
    NameChange.objects.filter(shown).exclude(state=NameChangeState.PROPOSED).update(words_withheld=True)


def _named_in(content: Content) -> dict[NameKind, list[str]]:
    """The slugs of the people, sources and publishers that a body shows."""
    cards = cited(content)
    return {
        NameKind.CLAIMANT: [card["slug"] for card in people(content)],
        NameKind.SOURCE: [card["slug"] for card in cards],
        NameKind.PUBLISHER: [card["publisher"]["slug"] for card in cards],
    }


# Where a name is shown


def is_shown(subject: Subject) -> bool:
    """True if readers see this name anywhere."""
    return showing(subject).exists()


def showing(subject: Subject) -> QuerySet[PublishedClaim]:
    """The published claims in which readers see the name."""
    claims = PublishedClaim.objects.all()
    match subject:
        case Claimant():
            return claims.naming(subject.slug)
        case Topic():
            return claims.on_topic(subject.slug)
        case Rating():
            return claims.rated(subject.slug)
        case RatingScale():
            return claims.rated(*subject.ratings.values_list("slug", flat=True))
        case Source():
            return claims.citing(subject.slug)
        case Publisher():
            return claims.filter(sources__overlap=list(subject.sources.values_list("slug", flat=True)))


def _drafts(subject: Subject) -> QuerySet[Claim]:
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
    return _drafts(subject).filter(state=State.APPROVED)


def _tell_drafts(subject: Subject, event: EventKind, *, by: User) -> list[Claim]:
    """Add an event to every unpublished claim that shows the name. Returns those whose approval ended.

    The claims get a new version, so that nobody submits or approves what they haven't seen.
    """
    sent_back = []
    for pk in list(_drafts(subject).values_list("pk", flat=True)):
        claim = locks.locked(Claim(pk=pk))
        if claim.state not in _UNPUBLISHED:
            continue
        was_approved = claim.state == State.APPROVED
        to = State.IN_REVIEW if was_approved else None
        journal.note(claim, event, by=by, to=to, text=f"{kind_of(subject).label}: {subject}"[:500])
        if was_approved:
            sent_back.append(claim)
    return sent_back


def _revise(claims: list[int], subject: Subject, change: NameChange) -> int:
    """Bring published claims to the name as it is now; returns how many didn't show it yet.

    A claim that was withdrawn meanwhile is left out.
    """
    locked = locks.locked_rows(claims)
    shown = {row.claim_id: row for row in PublishedClaim.objects.select_related("revision").filter(claim__in=claims)}
    named, made = _named(subject), {}
    for claim in (claim for claim in locked if claim.pk in shown):
        content = shown[claim.pk].revision.content
        renamed = reduce(with_updated_card, named, content)
        if canonical(renamed) != canonical(content):
            made[claim] = partial(_signed, renamed, change)
    by = change.decider
    assert by is not None  # noqa: S101 — only a loaded change has none, and that one is done
    if made:
        journal.note_renamed(list(made), by=by, text=change.reason)
        before = {claim.pk: shown[claim.pk] for claim in made}
        journal.reveal(made, Act.RENAME, by=by, reason=change.reason, shown=before)
        purging.note_name(NameKind(change.kind), change.slug)
    return len(made)


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
    values: Values = {_SHOWN: _cards(subject)}
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
    """Set the public fields of the row. Raises Refused if a row that they name was deleted."""
    for name in _FIELDS[kind_of(row)]:
        target = row._meta.get_field(name).related_model
        value = values[name]
        if isinstance(target, type):
            value = target._default_manager.filter(slug=value).first()
            if value is None:
                raise Refused(_OUTDATED)
        setattr(row, name, value)


def _store_desk_fields(row: Subject, typed: Subject) -> None:
    """Store the values of the fields that only the desk sees."""
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


def _row(kind: NameKind, *, lock: bool = True, **key: Any) -> Subject:
    """The stored row, locked until the transaction ends. Raises Refused if there is none."""
    rows: Any = MODELS[kind]._default_manager.filter(**key)
    with locks.patience():
        subject: Subject | None = (rows.select_for_update(no_key=True) if lock else rows).first()
    if subject is None:
        raise Refused("This was deleted, so it can't be changed.")
    return subject


def _named(subject: Subject) -> list[Named]:
    """The rows that claims show, with all that their cards need: the row, or for a scale its ratings."""
    if isinstance(subject, Claimant):
        models.prefetch_related_objects([subject], _AFFILIATIONS)
    return list(subject.ratings.all()) if isinstance(subject, RatingScale) else [subject]


def _cards(subject: Subject) -> list[str]:
    """The row as readers see it, in the form of the record."""
    return [canonical(card_of(one)) for one in _named(subject)]


def _text(subject: Subject) -> str:
    """The row as readers see it, as lines of text."""
    return "\n".join(differences.card_in_words(card_of(one)) for one in _named(subject))


def _proposed(change: NameChange, *, by: User) -> NameChange:
    """The change, locked, for a person who may decide it. Raises Refused if it was decided already."""
    rows: Any = MODELS[NameKind(change.kind)]._default_manager
    subject: Subject | None = rows.filter(slug=change.slug).first()
    if subject is not None:
        hold(subject)
    with locks.patience():
        change = NameChange.objects.select_for_update().get(pk=change.pk)
    if change.state != NameChangeState.PROPOSED:
        raise Refused("Somebody has already decided this change. Open it again to see how.")
    RULES["rename"].check(by)
    return change


def _decide(change: NameChange, by: User) -> None:
    change.decider, change.decided_by, change.decided_by_id = by, by.signature, by.initials
    change.decided_at = timezone.now()
    change.save()
