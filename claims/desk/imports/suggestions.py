"""What an import suggests for a claim that somebody worked on: values to accept, as ordinary edits, or to dismiss."""

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from claims.choices import ImportOutcome, ImportState
from claims.desk import workflow
from claims.desk.imports.columns import label_of
from claims.desk.imports.imported_claims import OF_CLAIM, OUR_RATING, RowRefused, change
from claims.desk.rules import RULES, Refused, check_may_change
from claims.models import Claim, ImportedClaim, ImportedRow, Rating
from factcheck.accounts.models import User

# Said together with the value that it explains.
_WITH = {"rating": OUR_RATING, "claimant_kind": "claimant_name"}


@dataclass(frozen=True)
class Suggested:
    """One value: its column, its words, what the claim has and what the import suggests."""

    name: str
    label: str
    ours: str
    theirs: str
    can_accept: bool


def newest(claim: Claim) -> ImportedRow | None:
    """The newest suggestion for a claim that isn't decided. None if there is none."""
    rows = ImportedRow.objects.filter(claim=claim, outcome=ImportOutcome.SUGGESTED, values__isnull=False)
    applied = rows.filter(run__state=ImportState.APPLIED).exclude(values={})
    return applied.select_related("run").order_by("-run", "-number").first()


def values_of(row: ImportedRow, claim: Claim) -> list[Suggested]:
    """The values that a suggestion has, beside those of the claim."""
    values = row.values or {}
    ours = _ours(claim)
    return [
        Suggested(
            name,
            _("Rating") if name == OUR_RATING else label_of(name),
            ours.get(name, ""),
            _rating(value) if name == OUR_RATING else value,
            name in OF_CLAIM,
        )
        for name, value in values.items()
        if _WITH.get(name) not in values
    ]


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
    row, claim, values = _decided(row, name)
    if name not in OF_CLAIM:
        raise Refused(_("Change this in the form of the claim. Then dismiss the suggestion."))
    given = {other: value for other, value in values.items() if name in {other, _WITH.get(other)}}
    try:
        claim = change(claim, given, set(given), by=by, version=version)
    except RowRefused as refused:
        raise Refused(str(refused)) from None
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
    if stored.claim is None or name not in values:
        raise Refused(_("Somebody has decided about this meanwhile."))
    decided = {name, *(other for other in values if _WITH.get(other) == name)}
    stored.values = {other: value for other, value in values.items() if other not in decided}
    stored.save(update_fields=["values"])
    known = ImportedClaim.objects.filter(claim=stored.claim).first()
    if known:
        merged = {**known.values, **{other: values[other] for other in decided}}
        known.values = {other: value for other, value in merged.items() if value or other == OUR_RATING}
        known.save(update_fields=["values"])
    return stored, stored.claim, values
