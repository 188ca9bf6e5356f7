"""Check that the record is whole: acts lead to the public text, and all queried rows follow from it.

Only reads. It starts from the stored rows, and doesn't use the code that writes them.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import groupby, pairwise
from operator import attrgetter
from typing import Any

from django.db.models import Count, Max, Q, QuerySet

from claims.choices import PUBLIC_STATES, Act, CorrectionKind, EntryKind, EventKind, NameChangeState, NameKind, State
from claims.desk import approvals, names
from claims.models import (
    Approval,
    Claim,
    Claimant,
    ClaimEvent,
    Correction,
    FigureCount,
    IndexEntry,
    NameChange,
    PictureFile,
    PublishedClaim,
    Rating,
    Revision,
    Topic,
)
from claims.record import figure_counts
from claims.record.body import (
    GUARDED,
    OF_THE_TEXT,
    SIGNATURES,
    Named,
    Signing,
    body_of,
    card_of,
    cited,
    people,
    unsigned,
    without_cards,
    without_source,
)
from claims.record.canonical import canonical, moment
from claims.record.pictures import ending_of, is_whole
from claims.record.rows import columns, entries
from claims.schema import SCHEMA, Content, is_sound, read
from claims.search import indexing
from sources.models import Source

_BATCH, _BODIES = 100, 50
# From this schema on, an approval is stored with the body that it covers, and two people change a name.
_SIGNED_BY_TWO = 2
# From this schema on, a version names the people who wrote its text.
_NAMES_WRITERS = 3

# The event of each public act.
_EVENT_OF = {
    Act.PUBLISH: EventKind.PUBLISHED,
    Act.REPUBLISH: EventKind.PUBLISHED,
    Act.CORRECT: EventKind.CORRECTED,
    Act.RERATE: EventKind.RERATED,
    Act.RENAME: EventKind.RENAMED,
    Act.WITHDRAW: EventKind.WITHDRAWN,
    Act.REDACT: EventKind.REDACTED,
}
_PUBLIC = set(_EVENT_OF.values())
_NEEDS_APPROVAL = {Act.PUBLISH, Act.REPUBLISH, Act.CORRECT, Act.RERATE}
_CORRECTS = {Act.CORRECT, Act.RERATE, Act.WITHDRAW}

Name = tuple[str, str]
Line = tuple[str, str, str]


@dataclass(frozen=True)
class Fault:
    """A fault that no act can have caused: the model and key of the row, and a sentence about it."""

    model: str
    key: tuple[Hashable, ...]
    text: str

    def __str__(self) -> str:
        return f"{self.model} {' '.join(map(str, self.key))}: {self.text}."


def faults(*, search: bool = True, advance: Callable[[int], None] = lambda _claims: None) -> Iterator[Fault]:
    """The faults of the record, claim by claim. Call this in a repeatable read.

    A name whose change is on its way to readers may be old on one page and new on another. Without `search`, the search
    tables aren't checked.
    """
    check = _Check(search=search)
    last = 0
    while claims := list(Claim.objects.preload().filter(pk__gt=last).order_by("pk")[:_BATCH]):
        yield from check.claims(claims)
        last = claims[-1].pk
        advance(len(claims))
    yield from check.index()
    for digest in _without_bytes():
        yield Fault(PictureFile._meta.label_lower, (digest,), "the storage doesn't have the bytes with this hash")
    for table in indexing.miscounted() if search else []:
        yield Fault(table, (), "the counts that search uses aren't those of the published claims")
    for figure, row, column, _change in figure_counts.differing():
        yield Fault(FigureCount._meta.db_table, (figure, row, column), "the statistics count something else")


def _without_bytes() -> list[str]:
    """The hashes of the pictures of the desk and of all versions whose bytes are missing or differ."""
    named = {(file.sha256, file.ending) for file in PictureFile.objects.iterator()}
    for body in Revision.objects.with_pictures().values_list("body", flat=True).iterator(chunk_size=_BODIES):
        named |= {(item["sha256"], ending_of(item)) for item in read(body)["pictures"]}
    return sorted(digest for digest, ending in named if not is_whole(digest, ending))


def moving_names() -> set[Name]:
    """The names whose change is on its way to readers, as (kind, slug) in the index."""
    moving: set[Name] = set()
    for change in NameChange.objects.unfinished():
        # After a merge, both names can change; a merge that is undone gives them back one after the other.
        slugs = [change.slug, change.into or (names.merge_undone_by(change).into if change.is_merge else "")]
        match NameKind(change.kind):
            case NameKind.SCALE:
                ratings = Rating.objects.filter(scale__slug=change.slug).values_list("slug", flat=True)
                moving |= {(str(EntryKind.RATING), slug) for slug in ratings}
            case NameKind.PUBLISHER:
                moving |= {(str(EntryKind.OUTLET), slug) for slug in slugs}
                sources = Source.objects.filter(publisher__slug__in=slugs).values_list("slug", flat=True)
                moving |= {(str(kind), slug) for slug in sources for kind in (EntryKind.SOURCE, EntryKind.ARTICLE)}
            case NameKind.SOURCE:
                known = {slug for source in Source.objects.filter(slug__in=slugs) for slug in source.record_slugs}
                moving |= {(str(k), slug) for slug in {*slugs, *known} for k in (EntryKind.SOURCE, EntryKind.ARTICLE)}
            case kind:
                moving |= {(str(kind), slug) for slug in slugs}
    return moving


def merged_names() -> dict[Name, str]:
    """One slug for all names that were ever merged with each other, by (kind, slug). A merge may be undone since."""
    became: dict[Name, str] = {}
    merges = NameChange.objects.exclude(into="").exclude(state__in=[NameChangeState.PROPOSED, NameChangeState.DECLINED])
    for kind, slug, into in merges.order_by("pk").values_list("kind", "slug", "into"):
        first, second = became.get((kind, slug), slug), became.get((kind, into), into)
        became |= {key: second for key, root in became.items() if key[0] == kind and root == first}
        became |= {(kind, slug): second, (kind, into): second, (kind, first): second}
    return became


def _claim_fault(claim: Claim, text: str) -> Fault:
    return Fault(Claim._meta.label_lower, claim.natural_key(), text)


def _revision_fault(revision: Revision, text: str) -> Fault:
    return Fault(Revision._meta.label_lower, revision.natural_key(), text)


class _Check:
    """One pass over the record. It collects every name that published claims show."""

    def __init__(self, *, search: bool) -> None:
        self.search = search
        self.shown: dict[Name, set[Line]] = defaultdict(set)

    def claims(self, claims: list[Claim]) -> Iterator[Fault]:
        own = Q(claim__in=claims)
        events = _by_claim(ClaimEvent.objects.filter(own).order_by("version"))
        given = _by_claim(Approval.objects.filter(own).defer("body"))
        corrections = {row.revision_id: row for row in Correction.objects.filter(revision__claim__in=claims)}
        public = {row.claim_id: row for row in PublishedClaim.objects.filter(own)}
        revisions = Revision.objects.filter(own).with_redaction().order_by("claim_id", "number")
        sums = {
            row["claim"]: (row["count"], row["withdrawn"] or 0)
            for row in Revision.objects.filter(own)
            .values("claim")
            .annotate(count=Count("pk"), withdrawn=Max("number", filter=Q(act=Act.WITHDRAW)))
            .order_by()
        }
        for claim, versions in _grouped(claims, revisions):
            one = _History(
                claim=claim,
                events=events[claim.pk],
                approvals={approval.version: approval for approval in given[claim.pk]},
                corrections=corrections,
                public=public.get(claim.pk),
                sums=sums.get(claim.pk, (0, 0)),
                became=self._became,
            )
            yield from one.faults(versions)
            if one.is_shown:
                yield from self._names(claim, one.content)
        for row in indexing.outdated(row.pk for row in public.values()) if self.search else []:
            yield Fault(PublishedClaim._meta.label_lower, row.natural_key(), "its search row is out of date")

    def _names(self, claim: Claim, content: Content) -> Iterator[Fault]:
        for entry in entries(content):
            self.shown[entry.kind, entry.slug].add((entry.name, entry.sort_key, canonical(entry.body)))
        for card in _cards(content):
            if card not in self._desk and card[:2] not in self._moving:
                yield _claim_fault(claim, f"readers see another {card[0]} {card[1]} than the desk has")

    @cached_property
    def _desk(self) -> set[tuple[str, str, str]]:
        """Each name as (kind, slug, card), as readers should see it."""
        rows: Iterable[tuple[EntryKind, Iterable[Named]]] = (
            (EntryKind.CLAIMANT, Claimant.objects.prefetch_related("affiliations")),
            (EntryKind.TOPIC, Topic.objects.all()),
            (EntryKind.RATING, Rating.objects.select_related("scale")),
            (EntryKind.SOURCE, Source.objects.select_related("publisher")),
        )
        cards = ((kind, card) for kind, found in rows for row in found if (card := card_of(row)))
        return {(str(kind), card["slug"], canonical(card)) for kind, card in cards}

    @cached_property
    def _became(self) -> dict[Name, str]:
        return merged_names()

    @cached_property
    def _moving(self) -> set[Name]:
        return moving_names()

    def index(self) -> Iterator[Fault]:
        """The faults of the index of names. Call this after `claims` has seen every claim."""
        label = IndexEntry._meta.label_lower
        missing = dict(self.shown)
        for row in IndexEntry.objects.order_by("pk").iterator(chunk_size=500):
            lines = missing.pop((row.kind, row.slug), set())
            # The only claim that showed the new name may have been withdrawn before the next one shows it.
            is_moving = bool(lines) and (row.kind, row.slug) in self._moving
            if (row.name, row.sort_key, canonical(row.body)) not in lines and not is_moving:
                yield Fault(label, row.natural_key(), "no published claim shows this name like this")
            elif len(lines) > 1 and not is_moving:
                yield Fault(label, row.natural_key(), "published claims show this name in different ways")
        for key in missing:
            yield Fault(label, key, "a published claim shows this name, and the index doesn't have it")


def _by_claim(rows: Iterable[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.claim_id].append(row)
    return found


def _grouped(claims: list[Claim], revisions: QuerySet[Revision]) -> Iterator[tuple[Claim, Iterator[Revision]]]:
    """Each claim with its versions. Both are in the order of the claims, and few versions are in memory at a time."""
    groups = groupby(revisions.iterator(chunk_size=_BODIES), key=attrgetter("claim_id"))
    found, versions = next(groups, (0, iter(())))
    for claim in claims:
        if claim.pk == found:
            yield claim, versions
            found, versions = next(groups, (0, iter(())))
        else:
            yield claim, iter(())


def _cards(content: Content) -> set[tuple[str, str, str]]:
    """Each name that a body shows, as (kind, slug, card)."""
    cards = [(EntryKind.RATING, content["rating"]), *((EntryKind.TOPIC, card) for card in content["topics"])]
    cards += [(EntryKind.SOURCE, card) for card in cited(content)]
    cards += [(EntryKind.CLAIMANT, card) for card in people(content)]
    return {(str(kind), card["slug"], canonical(card)) for kind, card in cards}


@dataclass
class _History:
    """The events and versions of one claim."""

    claim: Claim
    events: list[ClaimEvent]
    approvals: dict[int, Approval]
    corrections: dict[int, Correction]
    public: PublishedClaim | None
    # The number of versions, and the number of the last one that withdrew the claim.
    sums: tuple[int, int]
    # What each name that was merged became.
    became: dict[Name, str] = field(default_factory=dict)
    versions: list[Revision] = field(default_factory=list)
    content: Content = field(default_factory=dict)

    @cached_property
    def acts(self) -> list[ClaimEvent]:
        return [event for event in self.events if event.kind in _PUBLIC]

    @cached_property
    def without_events(self) -> int:
        """The number of versions that came from a file without their events."""
        is_loaded = bool(self.events) and self.events[0].kind == EventKind.LOADED
        return self.sums[0] - len(self.acts) if is_loaded else 0

    @property
    def is_shown(self) -> bool:
        return bool(self.content) and not _is_cut(self.content)

    def faults(self, revisions: Iterator[Revision]) -> Iterator[Fault]:
        """The faults of the claim and its versions. `revisions` are in the order of their numbers."""
        yield from self._events()
        yield from self._approvals()
        for revision in revisions:
            yield from self._version(revision)
            revision.body = ""  # a claim can have many long bodies
            self.versions.append(revision)
        yield from self._numbers()
        yield from self._public()

    # The desk

    def _events(self) -> Iterator[Fault]:
        first = self.events[0] if self.events else None
        if first is None or not (
            first.from_state == ""
            and (first.kind == EventKind.LOADED or (first.kind, first.version) == (EventKind.LOGGED, 1))
        ):
            yield _claim_fault(self.claim, "its events don't begin with being logged or loaded")
            return
        if [event.version for event in self.events] != list(range(first.version, self.claim.version + 1)):
            yield _claim_fault(self.claim, "it doesn't have one event for each version")
        leads = all(before.to_state == after.from_state for before, after in pairwise(self.events))
        if not leads or self.events[-1].to_state != self.claim.state:
            yield _claim_fault(self.claim, f"its events don't lead from state to state to “{self.claim.state}”")

    def _approvals(self) -> Iterator[Fault]:
        for place, event in enumerate(self.events):
            approval = self.approvals.get(event.version)
            if event.kind != EventKind.APPROVED or approval is None:
                continue
            wrote = approvals.writers(self.claim.author_id, self.events[:place])
            if event.actor_id in wrote and not approval.alone:
                yield _claim_fault(self.claim, f"version {event.version} was approved by a person who wrote in it")
        strange = set(self.approvals) - {event.version for event in self.events if event.kind == EventKind.APPROVED}
        for version in sorted(strange):
            yield _claim_fault(self.claim, f"there is no event for the approval of version {version}")

    # The record

    def _version(self, revision: Revision) -> Iterator[Fault]:
        try:
            stored: Content = json.loads(revision.body)
            as_signed = is_sound(stored) and canonical(stored) == revision.body
        except (ValueError, RecursionError):
            as_signed = False
        if not as_signed:
            yield _revision_fault(revision, f"its body isn't canonical JSON of a schema up to {SCHEMA}")
            return
        before, after = self.content, revision.content
        signing = after["revision"]
        repeated = ("number", "act", "reason", *SIGNATURES)
        body_says = [signing["at"], after["slug"], *(signing[name] for name in repeated)]
        columns_say = [moment(revision.at), revision.slug, *(getattr(revision, name) for name in repeated)]
        if body_says != columns_say or revision.slug != self.claim.slug:
            yield _revision_fault(revision, "its columns and its body differ")
        if not self._has_right_correction(revision, before, after):
            yield _revision_fault(revision, "its correction and its body differ")
        if not _follows(before, after, self.became):
            yield _revision_fault(revision, f"“{revision.act}” doesn't follow from the version before it")
        if _is_cut(after):
            if revision.number > self.sums[1] and revision.redacted_in is None:
                yield _revision_fault(revision, "readers may read it, but its body has no claim in it")
        elif stored["schema"] >= _SIGNED_BY_TWO:
            yield from self._signatures(revision, after, schema=stored["schema"])
        self.content = after

    def _has_right_correction(self, revision: Revision, before: Content, after: Content) -> bool:
        """True if a correction or withdrawal has a correction row that says the same, and other acts have none."""
        correction, said = self.corrections.get(revision.pk), after["revision"]["correction"]
        if revision.act not in _CORRECTS or correction is None:
            return revision.act not in _CORRECTS and correction is None and not said
        labels = ((before, correction.rating_before), (after, correction.rating_after))
        return (
            (correction.kind, correction.reason, correction.at) == (said, revision.reason, revision.at)
            and (said == CorrectionKind.VOID) == (revision.act == Act.WITHDRAW)
            and all(_is_cut(content) or content["rating"]["label"] == label for content, label in labels)
        )

    def _signatures(self, revision: Revision, content: Content, *, schema: int) -> Iterator[Fault]:
        """Faults of the second person: an approval must cover the text, and two people must have changed a name."""
        signing = content["revision"]
        if revision.act == Act.RENAME:
            alone = signing["proposed_by_id"] == signing["signed_by_id"]
            if not signing["proposed_by"] or (alone and not signing["proposed_alone"]):
                yield _revision_fault(revision, "one person changed a name")
        event = self._event_of(revision)
        if revision.act not in _NEEDS_APPROVAL or event is None:
            return
        version = max((number for number in self.approvals if number < event.version), default=0)
        approval = self.approvals.get(version)
        approved = next((event for event in self.events if event.version == version), None)
        if approval is None or approved is None or not _covers(approval, content):
            yield _revision_fault(revision, "its text isn't what was approved")
        elif (signing["approved_by"], signing["approved_alone"]) != (approved.actor_name, approval.alone):
            yield _revision_fault(revision, "it names another approver")
        wrote = approvals.signatures_of_writers(one for one in self.events if one.version < event.version)
        if schema >= _NAMES_WRITERS and signing["checked_by"] != list(wrote):
            yield _revision_fault(revision, "it names other people as those who wrote it")

    def _event_of(self, revision: Revision) -> ClaimEvent | None:
        """The event of the act that made the version. None for a version that was loaded without its event."""
        place = revision.number - 1 - self.without_events
        return self.acts[place] if 0 <= place < len(self.acts) else None

    def _numbers(self) -> Iterator[Fault]:
        if [revision.number for revision in self.versions] != list(range(1, len(self.versions) + 1)):
            yield _claim_fault(self.claim, "its versions aren't numbered from one")
        pairs = [(revision, self._event_of(revision)) for revision in self.versions]
        if len(self.acts) != len(self.versions) - self.without_events or any(
            event.kind != _EVENT_OF[Act(revision.act)] for revision, event in pairs if event is not None
        ):
            yield _claim_fault(self.claim, "it doesn't have one version for each public act")

    def _public(self) -> Iterator[Fault]:
        """Faults of the rows that lists query, and of the desk's text: both must match the newest version."""
        claim, public = self.claim, self.public
        if (public is not None) != self.is_shown:
            yield _claim_fault(claim, "its newest version and its public row don't match")
        if (claim.state in PUBLIC_STATES and not self.is_shown) or (claim.state == State.WITHDRAWN and self.is_shown):
            yield _claim_fault(claim, f"it is “{claim.state}” at the desk but not in public")
        if public is None or not self.is_shown:
            return
        newest = self.versions[-1]
        expected = {
            **columns(self.content),
            "revision_id": newest.pk,
            "first_published_at": self.versions[0].at,
            "revised_at": newest.at,
            "is_corrected": any(revision.pk in self.corrections for revision in self.versions),
        }
        differing = [name for name, value in expected.items() if getattr(public, name) != value]
        if differing:
            yield _claim_fault(claim, f"its public row has another {', '.join(differing)} than its newest version")
        if claim.state in PUBLIC_STATES:
            signing = Signing(number=1, act=Act.PUBLISH, at=newest.at, signed_by="")
            desk = without_cards(body_of(claim, signing), became=self.became)
            if canonical(desk) != canonical(without_cards(self.content, became=self.became)):
                yield _claim_fault(claim, f"it is “{claim.state}” and the desk's text differs from the published one")


def _is_cut(content: Content) -> bool:
    """True for a body that has only its signing, or nothing."""
    return "rating" not in content


def _covers(approval: Approval, content: Content) -> bool:
    text = canonical(unsigned(content))
    if hashlib.sha256(text.encode()).hexdigest() == approval.digest:
        return True
    # The approval may be older than the newest schema.
    body = Approval.objects.values_list("body", flat=True).get(pk=approval.pk)
    is_whole = hashlib.sha256(body.encode()).hexdigest() == approval.digest
    return is_whole and bool(read(body) == unsigned(content))


def _follows(before: Content, after: Content, became: dict[Name, str]) -> bool:
    """True if the act of a version can lead from the body before it to this one. Bodies that were cut match any."""
    act = Act(after["revision"]["act"])
    if not before or before["revision"]["act"] == Act.WITHDRAW:
        return act == (Act.REPUBLISH if before else Act.PUBLISH)
    if act in {Act.PUBLISH, Act.REPUBLISH} or (act == Act.WITHDRAW) > _is_cut(after):
        return False
    if _is_cut(before) or _is_cut(after):
        return True
    if act in {Act.CORRECT, Act.RERATE}:
        return bool(before["rating"]["slug"] == after["rating"]["slug"]) == (act == Act.CORRECT)
    same_signers = all(before["revision"][name] == after["revision"][name] for name in OF_THE_TEXT)
    if act == Act.RENAME:
        text = partial(without_cards, became=became)
        return same_signers and (text(before) == text(after) or _changes_protection(before, after))
    return same_signers and unsigned(before) == unsigned(after)


def _changes_protection(before: Content, after: Content) -> bool:
    """True if only the protection of a source can explain the difference.

    All that cites it is gone, or cites it by another slug, maybe without the words that would say more of it.
    """
    lists = ("appearances", "evidence")
    rest = ({**without_cards(content), **dict.fromkeys(lists)} for content in (before, after))
    left = {card["slug"] for card in cited(after)}
    for name in lists:
        old = iter(before[name])
        for item in after[name]:
            match = next((one for one in old if _is_same_but_guarded(one, item) or one["source"]["slug"] in left), None)
            if match is None or not _is_same_but_guarded(match, item):
                return False
        if any(one["source"]["slug"] in left for one in old):
            return False
    return next(rest) == next(rest)


def _is_same_but_guarded(before: Content, after: Content) -> bool:
    """True if this is the same appearance or evidence, and what differs was left out to protect its source."""
    one, other = before["source"], after["source"]
    if not (one["is_protected"] or other["is_protected"]):
        return without_source(before) == without_source(after) and bool(one["slug"] == other["slug"])
    return all(
        after[name] == value
        or name == "source"
        or (name in GUARDED and after[name] in ("", other["title"]))
        or (name == "date" and value.startswith(after[name]))
        for name, value in before.items()
    )
