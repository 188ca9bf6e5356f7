"""What an import suggests for a claim that somebody worked on: values to accept, as ordinary edits, or to dismiss.

A piece of evidence is accepted as a whole: one that is new, or one that the claim has exactly once by its source, as
the last import had it. Which piece is meant can't be told otherwise, and an editor changes it in the form.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from claims.choices import ImportOutcome, ImportState
from claims.desk import workflow
from claims.desk.imports.columns import label_of, starts_in
from claims.desk.imports.imported_claims import (
    OF_CLAIM,
    OUR_RATING,
    RowRefused,
    add_evidence,
    change,
    change_evidence,
    found_source,
)
from claims.desk.rules import RULES, Refused, check_may_change
from claims.models import Claim, Evidence, ImportedClaim, ImportedRow, Rating
from factcheck.accounts.models import User

# Said together with the value that it explains.
_WITH = {"rating": OUR_RATING, "claimant_kind": "claimant_name"}
# What an import says of a source only if it creates it.
_OF_SOURCE = {
    *("address", "title", "publisher", "kind", "date"),
    *("archived_address", "language", "authors", "interest"),
}


@dataclass(frozen=True)
class Suggested:
    """A value, or a piece of evidence: its column, its words, what the claim has and what the import suggests.

    `why_not` says why it can't be accepted here. It's empty if it can.
    """

    name: str
    label: str
    ours: str
    theirs: str
    why_not: str = ""


@dataclass(frozen=True)
class _Piece:
    """A piece of evidence that is suggested: the claim's own, or None if it's new, and what differs in it.

    `values` are all its values after accepting it. Without any, the file has it no more.
    """

    own: Evidence | None
    values: dict[str, str]
    changed: set[str]
    why_not: str = ""


def newest(claim: Claim) -> ImportedRow | None:
    """The newest suggestion for a claim that isn't decided. None if there is none."""
    rows = ImportedRow.objects.filter(claim=claim, outcome=ImportOutcome.SUGGESTED, values__isnull=False)
    applied = rows.filter(run__state=ImportState.APPLIED).exclude(values={})
    return applied.select_related("run").order_by("-run", "-number").first()


def values_of(row: ImportedRow, claim: Claim) -> list[Suggested]:
    """The values that a suggestion has, beside those of the claim."""
    values: dict[str, str] = row.values or {}
    ours, known = _ours(claim), _known(claim)
    return [
        *(
            Suggested(
                name,
                _("Rating") if name == OUR_RATING else label_of(name),
                ours.get(name, ""),
                _rating(value) if name == OUR_RATING else value,
                "" if name in OF_CLAIM else _("This can’t be accepted here."),
            )
            for name, value in values.items()
            if _WITH.get(name) not in values and not name.startswith("evidence_")
        ),
        *(_suggested(start, _piece(start, values, known, claim), values) for start in starts_in(values, "evidence")),
    ]


def _suggested(start: str, piece: _Piece, values: Mapping[str, str]) -> Suggested:
    own = f"{piece.own}\n{piece.own.finding}" if piece.own else ""
    given = [f"{label_of(name)}: {value or '–'}" for name, value in _of(start, values).items()]
    theirs = "\n".join(given) if piece.values else _("The file doesn’t have it any more.")
    label = _("Evidence %(number)s") % {"number": start.rpartition("_")[2]}
    return Suggested(start, label, own, theirs, piece.why_not)


def _of(start: str, values: Mapping[str, str]) -> dict[str, str]:
    """The values of the piece of evidence whose values begin with `start`."""
    return {name: value for name, value in values.items() if name.startswith(f"{start}_")}


def _known(claim: Claim) -> dict[str, str]:
    """The values that the last import knew of the claim."""
    found: dict[str, str] | None = ImportedClaim.objects.filter(claim=claim).values_list("values", flat=True).first()
    return found or {}


def _piece(start: str, values: Mapping[str, str], known: Mapping[str, str], claim: Claim) -> _Piece:
    """Which piece of the claim's evidence a suggestion means, and whether it can be accepted."""
    given, before = _of(start, values), _of(start, known)
    after = {name: value for name, value in {**before, **given}.items() if value}
    changed = {name.removeprefix(f"{start}_") for name in given}
    try:
        old, new = (found_source(start, one) if one else None for one in (before, after))
    except RowRefused as refused:
        return _Piece(None, after, changed, str(refused))
    if not before:
        is_there = new is not None and claim.evidence.filter(source=new).exists()
        return _Piece(None, after, changed, _("The claim has evidence from this source already.") if is_there else "")
    own = list(claim.evidence.select_related("source").filter(source=old)[:2]) if old else []
    if len(own) != 1:
        return _Piece(None, after, changed, _("Somebody changed this evidence, so we can’t say which one it is."))
    is_of_source = after and old == new and changed <= _OF_SOURCE
    return _Piece(
        own[0], after, changed, _("This is about the source, which has a page of its own.") if is_of_source else ""
    )


def _rating(slug: str) -> str:
    found = Rating.objects.filter(slug=slug).values_list("label", flat=True).first()
    return found or _("Not rated")


def _ours(claim: Claim) -> dict[str, str]:
    return {
        **{name: str(getattr(claim, name)) for name in OF_CLAIM if hasattr(claim, name) and name != "topics"},
        "claimant_name": str(claim.claimant or ""),
        "topics": "; ".join(topic.name for topic in claim.topics.all()),
        OUR_RATING: str(claim.rating or _("Not rated")),
    }


@transaction.atomic
def accept(row: ImportedRow, name: str, *, by: User, version: int) -> Claim:
    """Give the claim, which `by` read at `version`, the value that is suggested. Raises Refused."""
    known = _known(row.claim) if row.claim else {}
    row, claim, values = _decided(row, name)
    if name in starts_in(values, "evidence"):
        return _accept_piece(_piece(name, values, known, claim), name, claim, by=by, version=version)
    if name not in OF_CLAIM:
        raise Refused(_("Change this in the form of the claim. Then dismiss the suggestion."))
    given = {other: value for other, value in values.items() if name in {other, _WITH.get(other)}}
    try:
        claim = change(claim, given, set(given), by=by, version=version)
    except RowRefused as refused:
        raise Refused(str(refused)) from None
    workflow.settle(claim, by=by)
    return claim


def _accept_piece(piece: _Piece, start: str, claim: Claim, *, by: User, version: int) -> Claim:
    if piece.why_not:
        raise Refused(piece.why_not)
    claim = workflow.edit(claim, by=by, version=version)
    try:
        if piece.own is None:
            order = 1 + max((one.order for one in claim.evidence.all()), default=-1)
            add_evidence(claim, start, piece.values, order)
        elif piece.values:
            change_evidence(piece.own, start, piece.values, piece.changed)
        else:
            piece.own.delete()
    except RowRefused as refused:
        raise Refused(str(refused)) from None
    except ValidationError as error:
        raise Refused(" ".join(error.messages)) from None
    workflow.settle(claim, by=by)
    return claim


@transaction.atomic
def dismiss(row: ImportedRow, name: str, *, by: User) -> None:
    """Keep what the claim has. The same value isn't suggested again. Raises Refused."""
    claim = _decided(row, name)[1]
    RULES["edit"].check(by)
    check_may_change(claim, by)


def _decided(row: ImportedRow, name: str) -> tuple[ImportedRow, Claim, dict[str, str]]:
    """Take a value out of a suggestion, as one that was decided. Returns the values that it had. Raises Refused."""
    stored = (
        ImportedRow.objects.select_for_update(of=("self",), no_key=True).select_related("claim", "run").get(pk=row.pk)
    )
    values: dict[str, str] = stored.values or {}
    if stored.claim is None or name not in {*values, *starts_in(values, "evidence")}:
        raise Refused(_("Somebody has decided about this meanwhile."))
    decided = {other for other in values if name in {other, _WITH.get(other)} or other.startswith(f"{name}_")}
    stored.values = {other: value for other, value in values.items() if other not in decided}
    stored.save(update_fields=["values"])
    known = ImportedClaim.objects.filter(claim=stored.claim).first()
    if known:
        merged = {**known.values, **{other: values[other] for other in decided}}
        known.values = {other: value for other, value in merged.items() if value or other == OUR_RATING}
        known.save(update_fields=["values"])
    return stored, stored.claim, values
