"""Whether loaded rows of the record are what the workflow would have written.

Public pages print what stands there without a second look, so a fixture must not bring in a body of another
shape, an address that is none, or a row that says something else than its revision.
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


class Unfaithful(Exception):
    """The record of `subject`, a natural key, is not what its revisions say. The text says in what."""

    def __init__(self, subject: tuple[str | int, ...], fault: str) -> None:
        self.subject = subject
        super().__init__(fault)


def check(claims: Iterable[int], names: Iterable[Name]) -> None:
    """Compare the record of these claims, by their numbers, and these lines of its index, with the revisions.

    Every line of the index among `names` must be shown by one of `claims`. Raises Unfaithful.
    """
    shown: dict[Name, list[Entry]] = defaultdict(list)
    for number in claims:
        claim = Claim.objects.only("slug", "state").get(pk=number)
        for entry in _shown_by(claim):
            if entry not in shown[entry.kind, entry.slug]:
                shown[entry.kind, entry.slug].append(entry)
    for kind, slug in names:
        row = IndexEntry.objects.get(kind=kind, slug=slug)
        stored = (row.name, row.sort_key, row.body)
        if stored not in [(entry.name, entry.sort_key, entry.body) for entry in shown[kind, slug]]:
            raise Unfaithful((kind, slug), "no published claim shows this name so")


# The rows


def _shown_by(claim: Claim) -> list[Entry]:
    """The names that readers see of one claim. Raises Unfaithful when its record contradicts itself."""
    revisions = Revision.objects.filter(claim=claim).with_redaction().order_by("number")
    corrections = {row.revision_id: row for row in Correction.objects.filter(revision__claim=claim)}
    public = PublishedClaim.objects.filter(claim=claim).first()
    withdrawn = revisions.filter(act=Act.WITHDRAW).values_list("number", flat=True).last() or 0
    content: Content = {}
    for revision in revisions.iterator(chunk_size=50):
        content = _content(claim, revision, corrections.get(revision.pk))
        is_cut = "rating" not in content
        if is_cut and revision.number > withdrawn and revision.redacted_in is None:
            raise Unfaithful(revision.natural_key(), "readers may read it, and its body has nothing to show")
        if not is_cut and revision.act == Act.WITHDRAW:
            raise Unfaithful(revision.natural_key(), "it withdraws the claim, and its body still shows it")
    is_shown = bool(content) and content["revision"]["act"] != Act.WITHDRAW
    if is_shown != (public is not None) or is_shown < (claim.state in PUBLIC_STATES):
        raise Unfaithful((claim.slug,), "its newest revision and what readers find do not agree")
    if public is None:
        return []
    if claim.state == State.WITHDRAWN:
        raise Unfaithful((claim.slug,), "readers find it, and its newest revision has nothing to show")
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
        raise Unfaithful((claim.slug,), f"it differs from its newest revision in {', '.join(differing)}")
    return list(entries(content))


def _content(claim: Claim, revision: Revision, correction: Correction | None) -> Content:
    """The body of a revision that is canonical, has the shape of a body and says what the columns say."""
    try:
        content: Content = json.loads(revision.body)
        as_signed = is_sound(content) and canonical(content) == revision.body
    except (ValueError, RecursionError):
        as_signed = False
    if not as_signed:
        raise Unfaithful(revision.natural_key(), f"its body is no canonical JSON of a schema up to {SCHEMA}")
    signing = content["revision"]
    told = [content["slug"], *(signing[name] for name in ("number", "act", "at", "signed_by", "reason"))]
    stored = [revision.number, revision.act, moment(revision.at), revision.signed_by, revision.reason]
    is_told = told == [claim.slug, *stored] and revision.slug == claim.slug
    if correction:
        is_told &= (correction.kind, correction.reason, correction.at) == (
            signing["correction"],
            revision.reason,
            revision.at,
        )
    if not is_told or bool(signing["correction"]) != bool(correction):
        raise Unfaithful(revision.natural_key(), "its columns, its body and its correction do not say the same")
    return revision.content
