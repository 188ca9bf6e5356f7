"""What holds between the desk and the record after every act, whoever did what in whichever order."""

from collections.abc import Iterator
from typing import Any

from django.db import connection, models

from claims.choices import PUBLIC_STATES, SIGNED_STATES, Act, CorrectionKind, EventKind, State
from claims.models import (
    Appearance,
    Claim,
    Claimant,
    ClaimEvent,
    Correction,
    Evidence,
    IndexEntry,
    PublishedClaim,
    Rating,
    Revision,
    Topic,
)
from claims.record.body import Signing, body_of, claimant_card, rating_card, source_card, topic_card
from claims.record.canonical import canonical, moment
from claims.record.rows import columns, entries
from factcheck.core.text import folded
from sources.models import Publisher, Source

DESK: list[type[models.Model]] = [Claim, Claim.topics.through, Appearance, Evidence, ClaimEvent]
NAMES: list[type[models.Model]] = [Claimant, Topic, Rating, Publisher, Source]
RECORD: list[type[models.Model]] = [Revision, PublishedClaim, IndexEntry, Correction]
Cards = dict[tuple[str, str], dict[str, Any]]
TELLS_READERS = {Act.CORRECT, Act.RERATE, Act.WITHDRAW}
PUBLIC_EVENTS = [
    *(EventKind.PUBLISHED, EventKind.CORRECTED, EventKind.RERATED, EventKind.RENAMED, EventKind.WITHDRAWN),
    EventKind.REDACTED,
]


def everything() -> dict[str, str]:
    """Each table of the desk and of the record with all it holds, in one query."""
    return dict(_rows([*DESK, *NAMES, *RECORD], "coalesce(string_agg(t::text, ' ' ORDER BY id), '')"))


def _rows(tables: list[type[models.Model]], expression: str) -> list[tuple[str, str]]:
    named = [table._meta.db_table for table in tables]
    query = " UNION ALL ".join(f"SELECT '{name}', {expression} FROM {name} t" for name in named)  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def broken() -> list[str]:
    """Each promise that does not hold now, as a sentence; empty when all is well."""
    desk = _desk_cards()
    claims = Claim.objects.preload().prefetch_related("revisions__correction", "events", "published")
    return [*_broken_index(), *(found for claim in claims for found in _broken(claim, desk))]


def leaked(secrets: set[str]) -> set[str]:
    """Those of these words that stand anywhere in the record."""
    held = str(_rows(RECORD, "t::text"))
    return {secret for secret in secrets if secret in held}


def _broken(claim: Claim, desk: Cards) -> Iterator[str]:
    revisions = sorted(claim.revisions.all(), key=lambda revision: revision.number)
    events = sorted(claim.events.all(), key=lambda event: event.version)
    yield from _broken_history(claim, events, revisions)
    for before, revision in zip([None, *revisions], revisions, strict=False):
        yield from _broken_revision(before, revision)
    yield from _broken_readability(claim, revisions)
    if claim.state in SIGNED_STATES and not (
        claim.rating and claim.summary and claim.explanation and claim.approved_by
    ):
        yield f"{claim.slug} is {claim.state} without rating, text or signature."
    yield from _broken_public_row(claim, revisions, desk)


def _broken_history(claim: Claim, events: list[ClaimEvent], revisions: list[Revision]) -> Iterator[str]:
    if [event.version for event in events] != list(range(1, claim.version + 1)):
        yield f"{claim.slug} has not one event for each version."
    states = ["", *(event.to_state for event in events)]
    if [event.from_state for event in events] != states[:-1] or states[-1] != claim.state:
        yield f"{claim.slug}: the events do not lead from state to state to {claim.state}."
    submitter = None
    for event in events:
        if event.kind == EventKind.SUBMITTED:
            submitter = event.actor_id
        if event.kind == EventKind.APPROVED and event.actor_id in {claim.author_id, submitter}:
            yield f"{claim.slug} was approved by its author or submitter."
    if [revision.number for revision in revisions] != list(range(1, len(revisions) + 1)):
        yield f"{claim.slug}: the revisions are not numbered from one."
    if sum(event.kind in PUBLIC_EVENTS for event in events) != len(revisions):
        yield f"{claim.slug} has not one revision for each public act."


def _broken_revision(before: Revision | None, revision: Revision) -> Iterator[str]:
    name, content = str(revision), revision.content
    if canonical(content) != revision.body:
        yield f"{name} is not in canonical form."
    signing = content["revision"]
    if (signing["number"], signing["act"], signing["reason"], signing["signed_by"], signing["at"]) != (
        *(revision.number, revision.act, revision.reason, revision.signed_by),
        moment(revision.at),
    ):
        yield f"{name}: body and columns differ."
    if {revision.slug, content["slug"]} != {revision.claim.slug}:
        yield f"{name} has another address than its claim."
    was = before.content if before else {}
    label = {key: body["rating"]["label"] if "rating" in body else "" for key, body in [("was", was), ("is", content)]}
    follows = {
        Act.PUBLISH: before is None,
        Act.REPUBLISH: before is not None and before.act == Act.WITHDRAW,
        Act.RERATE: "rating" in was and was["rating"]["slug"] != content.get("rating", {}).get("slug"),
        Act.CORRECT: "rating" in was and was["rating"]["slug"] == content.get("rating", {}).get("slug"),
        Act.RENAME: "rating" in was,
        Act.WITHDRAW: "rating" in was and set(content) == {"schema", "slug", "revision"},
        Act.REDACT: "rating" in was
        and before is not None
        and before.number > 1
        and before.act != Act.REDACT
        and {**was, "revision": None} == {**content, "revision": None},
    }
    if not follows[Act(revision.act)]:
        yield f"{name}: {revision.act} does not follow from what stood before."
    if revision.act in {Act.RENAME, Act.REDACT} and _approval(was) != _approval(content):
        yield f"{name} gives the text another approval than it had."
    told = getattr(revision, "correction", None)
    if (told is not None) != (revision.act in TELLS_READERS):
        yield f"{name}: readers are told of corrections, and of nothing else."
    if told and (
        (told.kind == CorrectionKind.VOID) != (revision.act == Act.WITHDRAW)
        or told.reason != revision.reason
        or (told.rating_before, told.rating_after) != (label["was"], label["is"])
    ):
        yield f"{name}: the correction says something else than the revision."


def _broken_readability(claim: Claim, revisions: list[Revision]) -> Iterator[str]:
    """Readers have the text of what stands from the last redaction on, and of nothing once it is withdrawn."""
    first = max((revision.number for revision in revisions if revision.act == Act.REDACT), default=1)
    hidden = not revisions or revisions[-1].act == Act.WITHDRAW
    expected = [] if hidden else list(range(first, len(revisions) + 1))
    found = Revision.objects.readable().filter(claim=claim).order_by("number").values_list("number", flat=True)
    if list(found) != expected:
        yield f"{claim.slug}: readers may have the text of {list(found)}, and should of {expected}."


def _approval(content: dict[str, Any]) -> tuple[str, bool]:
    return content["revision"]["approved_by"], content["revision"]["approved_alone"]


def _broken_public_row(claim: Claim, revisions: list[Revision], desk: Cards) -> Iterator[str]:
    row = getattr(claim, "published", None)
    shown = bool(revisions) and revisions[-1].act != Act.WITHDRAW
    if (row is not None) != shown:
        yield f"{claim.slug}: readers see it though they should not, or the other way round."
    if (claim.state in PUBLIC_STATES and not shown) or (claim.state == State.WITHDRAWN and shown):
        yield f"{claim.slug} is {claim.state} at the desk and not so in public."
    if row is None or not shown:
        return
    newest = revisions[-1]
    expected = {
        **columns(newest.content),
        "revision_id": newest.pk,
        "first_published_at": revisions[0].at,
        "revised_at": newest.at,
        "is_corrected": any(hasattr(revision, "correction") for revision in revisions),
    }
    for column, value in expected.items():
        if getattr(row, column) != value:
            yield f"{claim.slug}: {column} is {getattr(row, column)!r} and the newest revision has {value!r}."
    signing = Signing(number=newest.number, act=Act(newest.act), at=newest.at, signed_by=newest.signed_by)
    draft = body_of(claim, signing) if claim.state in PUBLIC_STATES else newest.content
    if {**draft, "revision": None} != {**newest.content, "revision": None}:
        yield f"{claim.slug} is {claim.state} and the desk has another text than readers."
    yield from _broken_cards(claim.slug, newest.content, desk)


def _desk_cards() -> Cards:
    return {
        **{
            ("claimant", found.slug): claimant_card(found)
            for found in Claimant.objects.prefetch_related("affiliations")
        },
        **{("topic", found.slug): topic_card(found) for found in Topic.objects.all()},
        **{("rating", found.slug): rating_card(found) for found in Rating.objects.select_related("scale")},
        **{("source", found.slug): source_card(found) for found in Source.objects.select_related("publisher")},
    }


def _broken_cards(slug: str, content: dict[str, Any], desk: Cards) -> Iterator[str]:
    """Whatever a draft holds, a name that readers see reads as the desk has it."""
    cards = [("rating", content["rating"]), *(("topic", card) for card in content["topics"])]
    cards += [("source", item["source"]) for item in [*content["appearances"], *content["evidence"]]]
    cards += [("claimant", content["claimant"])] if content["claimant"] else []
    for kind, card in cards:
        if desk[kind, card["slug"]] != card:
            yield f"{slug} shows an old {kind} {card['slug']}."


def _broken_index() -> Iterator[str]:
    expected: dict[tuple[str, str], tuple[str, str, Any]] = {}
    for row in PublishedClaim.objects.select_related("revision"):
        for entry in entries(row.revision.content):
            line = (entry.name, folded(entry.name)[:500], entry.body)
            if expected.setdefault((entry.kind, entry.slug), line) != line:
                yield f"Two published claims show {entry.kind} {entry.slug} differently."
    lines = {(line.kind, line.slug): (line.name, line.sort_key, line.body) for line in IndexEntry.objects.all()}
    if lines != expected:
        yield f"The index differs from what is published: {sorted(set(lines) ^ set(expected))}."
