"""Whether loaded rows of the record are what the workflow would have written.

Public pages print what stands there without a second look, so a fixture must not bring in a body of another
shape, an address that is none, or a row that says something else than its revision.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError

from claims.choices import PUBLIC_STATES, Act, ClaimantKind, ClaimKind, CorrectionKind, Stance, State
from claims.models import Claim, Correction, IndexEntry, PublishedClaim, Revision
from claims.record.body import SCHEMA
from claims.record.canonical import Content, canonical, moment
from claims.record.rows import Entry, columns, entries
from factcheck.core.fields.addresses import check_address
from factcheck.core.fields.dates import check_partial_date
from sources.choices import SourceKind

Name = tuple[str, str]
Shape = Any


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


# The shape of a body


def _accepted(check: Callable[[str], None], value: Any) -> bool:
    """Whether `value` is empty text, or text that a validator takes."""
    if not isinstance(value, str):
        return False
    try:
        if value:
            check(value)
    except ValidationError:
        return False
    return True


_ADDRESS = partial(_accepted, check_address)
_DATE = partial(_accepted, check_partial_date)
_SCALE = {"value": int, "worst": int, "best": int}
_RATING = {"slug": str, "label": str, "definition": str}


def _on_its_scale(rating: Any) -> bool:
    """Whether the value is a rating with a number that lies on a scale which rises from one or more."""
    return (
        fits(_RATING | _SCALE, rating) and 1 <= rating["worst"] <= rating["value"] <= rating["best"] > rating["worst"]
    )


_CLAIMANT = {
    "slug": str,
    "name": str,
    "kind": set(ClaimantKind.values),
    "role": str,
    "wikidata": _ADDRESS,
    "affiliations": [{"name": str, "started": _DATE, "ended": _DATE}],
}
_SOURCE = {
    "slug": str,
    "title": str,
    "publisher": {"slug": str, "name": str, "address": _ADDRESS},
    "kind": set(SourceKind.values),
    "address": _ADDRESS,
    "archived_address": _ADDRESS,
    "address_is_private": bool,
    "authors": [str],
    "published": _DATE,
    "language": str,
    "interest": str,
}
_SIGNING = dict.fromkeys(["at", "signed_by", "reason", "approved_by"], str) | {
    "number": int,
    "act": set(Act.values),
    "approved_alone": bool,
    "correction": {"", *CorrectionKind.values},
}
_APPEARANCE = dict.fromkeys(["exact", "prefix", "suffix", "locator"], str) | {
    "source": _SOURCE,
    "position": int,
    "date": _DATE,
}
_EVIDENCE = dict.fromkeys(["finding", "quote", "locator", "origin", "secondary_reason", "note"], str) | {
    "source": _SOURCE,
    "stance": set(Stance.values),
    "primary": bool,
}
_TOMBSTONE = {"schema": {SCHEMA}, "slug": str, "revision": _SIGNING}
_TEXTS = [
    *("statement", "why_not_checkable", "date_note", "language", "selection_reason"),
    *("summary", "explanation", "method", "notice"),
]
_BODY = (
    _TOMBSTONE
    | dict.fromkeys(_TEXTS, str)
    | {
        "kind": set(ClaimKind.values),
        "checkable": bool,
        "claimant": (None, _CLAIMANT),
        "claimed_on": _DATE,
        "places": [str],
        "topics": [{"slug": str, "name": str, "description": str}],
        "rating": (_RATING, _on_its_scale),
        "missing": [str],
        "appearances": [_APPEARANCE],
        "evidence": [_EVIDENCE],
    }
)


def fits(shape: Shape, value: Any) -> bool:
    """Whether `value` has the shape: a type, a set of values, a choice of shapes, a list, object or test."""
    match shape:
        case type():
            found = type(value) is shape
        case set():
            found = isinstance(value, str | int) and value in shape
        case tuple():
            found = any(fits(one, value) for one in shape)
        case list():
            found = isinstance(value, list) and all(fits(shape[0], item) for item in value)
        case dict():
            found = isinstance(value, dict) and value.keys() == shape.keys()
            found = found and all(fits(inner, value[name]) for name, inner in shape.items())
        case None:
            found = value is None
        case _:
            found = shape(value)
    return found


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
        is_sound = fits((_TOMBSTONE, _BODY), content) and canonical(content) == revision.body
    except (ValueError, RecursionError):
        is_sound = False
    if not is_sound:
        raise Unfaithful(revision.natural_key(), f"its body is no canonical JSON of schema {SCHEMA}")
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
    return content
