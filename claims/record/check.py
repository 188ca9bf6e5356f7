"""Check that loaded rows of the record are the rows that the workflow would have written.

Public pages show the record without further checks. So a fixture must not add a body that doesn't fit its schema, an
invalid address, or a row that contradicts its revision.
"""

import json
from collections import defaultdict
from collections.abc import Iterable

from claims.choices import PUBLIC_STATES, Act, State
from claims.models import Claim, Correction, IndexEntry, PublishedClaim, Revision
from claims.record.canonical import canonical, moment
from claims.record.rows import Entry, columns, entries
from claims.schema import SCHEMA, Content, is_sound

Name = tuple[str, str]


class RecordMismatch(Exception):
    """A row of the record contradicts its revisions. `subject` is its natural key; the text says what is wrong."""

    def __init__(self, subject: tuple[str | int, ...], fault: str) -> None:
        self.subject = subject
        super().__init__(fault)


def check(claims: Iterable[int], names: Iterable[Name]) -> None:
    """Compare the record of these claims (primary keys) and these index entries with the revisions.

    Each index entry in `names` must be shown by one of `claims`. Raises RecordMismatch if a row contradicts its
    revisions.
    """
    shown: dict[Name, list[Entry]] = defaultdict(list)
    for pk in claims:
        claim = Claim.objects.only("slug", "state").get(pk=pk)
        for entry in _checked_entries(claim):
            if entry not in shown[entry.kind, entry.slug]:
                shown[entry.kind, entry.slug].append(entry)
    for kind, slug in names:
        row = IndexEntry.objects.get(kind=kind, slug=slug)
        stored = (row.name, row.sort_key, row.body)
        if stored not in [(entry.name, entry.sort_key, entry.body) for entry in shown[kind, slug]]:
            raise RecordMismatch((kind, slug), "no published claim shows this name with these values")


# The rows


def _checked_entries(claim: Claim) -> list[Entry]:
    """The index entries of the names that one claim shows to readers.

    Raises RecordMismatch if the rows of its record contradict each other.
    """
    revisions = Revision.objects.filter(claim=claim).with_redaction().order_by("number")
    corrections = {row.revision_id: row for row in Correction.objects.filter(revision__claim=claim)}
    public = PublishedClaim.objects.filter(claim=claim).first()
    withdrawn = revisions.filter(act=Act.WITHDRAW).values_list("number", flat=True).last() or 0
    content: Content = {}
    for revision in revisions.iterator(chunk_size=50):
        content = _checked_content(claim, revision, corrections.get(revision.pk))
        is_tombstone = "rating" not in content
        if is_tombstone and revision.number > withdrawn and revision.redacted_in is None:
            raise RecordMismatch(revision.natural_key(), "readers can see this version, but its body has no claim")
        if not is_tombstone and revision.act == Act.WITHDRAW:
            raise RecordMismatch(revision.natural_key(), "it withdraws the claim, but its body still shows the claim")
    is_shown = bool(content) and content["revision"]["act"] != Act.WITHDRAW
    if is_shown != (public is not None) or is_shown < (claim.state in PUBLIC_STATES):
        raise RecordMismatch((claim.slug,), "its newest revision, its state and its published row don't agree")
    if public is None:
        return []
    if claim.state == State.WITHDRAWN:
        raise RecordMismatch((claim.slug,), "its state is withdrawn, but its newest revision is still published")
    newest, first = revisions.latest("number"), revisions.earliest("number")
    expected = {
        **columns(content),
        "revision_id": newest.pk,
        "first_published_at": first.at,
        "revised_at": newest.at,
        "is_corrected": bool(corrections),
    }
    differing = [name for name, value in expected.items() if getattr(public, name) != value]
    if differing:
        raise RecordMismatch((claim.slug,), f"it differs from its newest revision in {', '.join(differing)}")
    return list(entries(content))


def _checked_content(claim: Claim, revision: Revision, correction: Correction | None) -> Content:
    """The content of the revision's body.

    Raises RecordMismatch if the body isn't canonical, doesn't fit its schema, or contradicts the columns.
    """
    try:
        content: Content = json.loads(revision.body)
        is_valid = is_sound(content) and canonical(content) == revision.body
    except (ValueError, RecursionError):
        is_valid = False
    if not is_valid:
        raise RecordMismatch(revision.natural_key(), f"its body isn't canonical JSON of a schema up to {SCHEMA}")
    signing = content["revision"]
    in_body = [content["slug"], *(signing[name] for name in ("number", "act", "at", "signed_by", "reason"))]
    in_columns = [revision.number, revision.act, moment(revision.at), revision.signed_by, revision.reason]
    agrees = in_body == [claim.slug, *in_columns] and revision.slug == claim.slug
    if correction:
        agrees &= (correction.kind, correction.reason, correction.at) == (
            signing["correction"],
            revision.reason,
            revision.at,
        )
    if not agrees or bool(signing["correction"]) != bool(correction):
        raise RecordMismatch(revision.natural_key(), "its columns, its body and its correction don't match")
    return revision.content
