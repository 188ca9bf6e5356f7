"""Whether loaded rows of the record are what the workflow would have written.

Public pages print what stands there without a second look, so a fixture must not bring in a body of another shape,
an address that is none, or a row that says something else than its revision.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError

from claims import record
from claims.choices import (
    PUBLIC_STATES,
    Act,
    ClaimantKind,
    ClaimKind,
    CorrectionKind,
    EntryKind,
    Stance,
    State,
)
from claims.models import Claim, Correction, IndexEntry, PublishedClaim, Revision
from factcheck.core.addresses import check_address
from factcheck.core.dates import check_partial_date
from sources.choices import SourceKind

Names = set[tuple[str, str]]
Shape = Any

# The shape of a body


def _accepted(check: Callable[[str], None], value: Any) -> bool:
    """Whether `value` is empty text, or text that a validator takes."""
    try:
        return isinstance(value, str) and (value == "" or check(value) is None)
    except ValidationError:
        return False


_ADDRESS = partial(_accepted, check_address)
_DATE = partial(_accepted, check_partial_date)
_SCALE = {"value": int, "worst": int, "best": int}
_RATING = {"slug": str, "label": str, "definition": str}
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
_SIGNING = {
    **{"number": int, "act": set(Act.values), "at": str, "signed_by": str, "reason": str},
    **{"approved_by": str, "approved_alone": bool, "correction": {"", *CorrectionKind.values}},
}
_TOMBSTONE = {"schema": {record.SCHEMA}, "slug": str, "revision": _SIGNING}
_BODY = {
    **_TOMBSTONE,
    **{"statement": str, "kind": set(ClaimKind.values), "checkable": bool, "why_not_checkable": str},
    "claimant": (None, _CLAIMANT),
    **{"claimed_on": _DATE, "date_note": str, "places": [str], "language": str},
    "topics": [{"slug": str, "name": str, "description": str}],
    "selection_reason": str,
    "rating": (_RATING, _RATING | _SCALE),
    **{"summary": str, "explanation": str, "method": str, "missing": [str], "notice": str},
    "appearances": [
        {
            **{"source": _SOURCE, "exact": str, "prefix": str, "suffix": str},
            **{"locator": str, "position": int, "date": _DATE},
        }
    ],
    "evidence": [
        {
            **{"source": _SOURCE, "stance": set(Stance.values), "finding": str, "quote": str, "locator": str},
            **{"origin": str, "primary": bool, "secondary_reason": str, "note": str},
        }
    ],
}


def fits(shape: Shape, value: Any) -> bool:
    """Whether `value` has the shape: a type, a set of values, a tuple of shapes, a list, an object, or a test."""
    match shape:
        case type():
            return type(value) is shape
        case set():
            return isinstance(value, str | int) and value in shape
        case tuple():
            return any(fits(one, value) for one in shape)
        case list():
            return isinstance(value, list) and all(fits(shape[0], item) for item in value)
        case dict():
            return (
                isinstance(value, dict)
                and value.keys() == shape.keys()
                and all(fits(inner, value[name]) for name, inner in shape.items())
            )
        case None:
            return value is None
    return bool(shape(value))


# The rows


def faults(claims: Iterable[Any], names: Names) -> dict[str, str]:
    """What is wrong with the record of these claims, by their numbers, and with these lines of its index.

    Returns a sentence for each faulty claim's slug, and for a faulty line of the index under “kind slug”.
    """
    found: dict[str, str] = {}
    shown: dict[tuple[str, str], list[record.Entry]] = defaultdict(list)
    for number in claims:
        claim = Claim.objects.only("slug", "state").get(pk=number)
        fault = _fault_of(claim, shown if names else None)
        if fault:
            found[claim.slug] = fault
    if not found:
        for kind, slug in names:
            row = IndexEntry.objects.get(kind=kind, slug=slug)
            if not any(_equals(row, entry) for entry in shown[kind, slug]):
                found[f"{kind} {slug}"] = "no published claim shows this name so"
    return found


def _equals(row: IndexEntry, entry: record.Entry) -> bool:
    return (row.name, row.sort_key, row.body) == (entry.name, entry.sort_key, entry.body)


def _fault_of(claim: Claim, shown: dict[tuple[str, str], list[record.Entry]] | None) -> str:
    """What is wrong with one claim's record; empty when nothing is. Collects the names that readers see of it."""
    public = PublishedClaim.objects.filter(claim=claim).first()
    corrections = {row.revision_id: row for row in Correction.objects.filter(revision__claim=claim)}
    newest, content, first_at = None, {}, None
    for revision in Revision.objects.filter(claim=claim).order_by("number").iterator(chunk_size=50):
        try:
            content = json.loads(revision.body)
            is_canonical = record.canonical(content) == revision.body
        except (ValueError, RecursionError, AttributeError):
            is_canonical = False
        if not is_canonical:
            return f"the body of revision {revision.number} is not canonical JSON"
        if not fits((_TOMBSTONE, _BODY), content):
            return f"the body of revision {revision.number} has not the shape of schema {record.SCHEMA}"
        correction = corrections.get(revision.pk)
        if not _is_told(claim, revision, correction, content):
            return f"revision {revision.number} and its body do not say the same"
        newest, first_at = revision, first_at or revision.at
    if newest is None or newest.act == Act.WITHDRAW:
        if public:
            return "it is shown to readers, and its newest revision does not show it"
        return (
            "its state says that readers see it, and no revision shows it"
            if claim.state in PUBLIC_STATES
            else ""
        )
    if public is None:
        return "its newest revision shows it, and the row that readers find is missing"
    if claim.state == State.WITHDRAWN or not fits(_BODY, content):
        return "its newest revision does not say what its state says"
    expected = {
        **record.columns(content),
        "revision_id": newest.pk,
        "first_published_at": first_at,
        "revised_at": newest.at,
        "is_corrected": bool(corrections),
    }
    differing = [name for name, value in expected.items() if getattr(public, name) != value]
    if differing:
        return f"what readers find differs from the newest revision: {', '.join(differing)}"
    if shown is not None:
        for entry in record.entries(content):
            known = shown[entry.kind, entry.slug]
            if entry not in known:
                known.append(entry)
    return ""


def _is_told(
    claim: Claim, revision: Revision, correction: Correction | None, content: record.Content
) -> bool:
    """Whether the columns of a revision and its correction are those that its body tells."""
    signing = content["revision"]
    told = (signing["number"], signing["act"], signing["at"], signing["signed_by"], signing["reason"])
    stored = (revision.number, revision.act, record.moment(revision.at), revision.signed_by, revision.reason)
    kind = correction.kind if correction else ""
    same_claim = content["slug"] == revision.slug == claim.slug
    same_reason = correction is None or (correction.reason, correction.at) == (revision.reason, revision.at)
    return same_claim and told == stored and signing["correction"] == kind and same_reason
